"""What a pixel is described by without a network: bands and indices, and random features fitted to the scenes.

Random features are ReLU responses to whitened pixels and 5×5 patches of the scenes themselves (Coates and Ng 2012; Rolf
et al. 2021, doi:10.1038/s41467-021-24638-z). Averaged over a window they describe the mixture of spectra in it. Knows
arrays; nothing of scenes, labels or encoders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

FloatArray = NDArray[np.floating]

INDEX_PAIRS = (("B8", "B4"), ("B3", "B8"), ("B8", "B12"), ("B8", "B11"))
COLORS = ("B4", "B3", "B2")
DENOMINATOR = 10.0  # reflectance × 10⁴: sums below 0.001 are noise
CLIP = 6.0  # standard deviations
MOST_INPUTS = 48  # beyond, spectral inputs are replaced by their first principal components
COMPONENTS = 12
POINT_FILTERS, POINT_RIDGE = 128, 0.1
PATCH_FILTERS, PATCH_RIDGE, PATCH_SIDE_PX = 64, 1.0, 5
_NAMES = ("mean", "std", "components", "points", "point_bias", "patches", "patch_bias")


@dataclass(frozen=True)
class RandomFeatures:
    """Maps of a window: its inputs z, and random features of them.

    Attributes:
        bands: Names of the bands, or of the channels of an embedding; a name comes once for each date. Then the layers.
        spectral: Whether bands are reflectances, of which indices are made.
        mean, std: (B + L + I,) of bands, layers and indices.
        components: (D, B + L + I) acts on the standardised values; (0, 0) where they are z themselves.
        points, point_bias: (128, D) and (128,): relu(points · z + point_bias).
        patches, patch_bias: (64, D, 5, 5) and (64,), the same for patches; none where an input has very many channels.
        num_layers: L, how many of the bands are channels of extra rasters, of which no index is made.
    """

    bands: tuple[str, ...]
    spectral: bool
    mean: FloatArray
    std: FloatArray
    components: FloatArray
    points: FloatArray
    point_bias: FloatArray
    patches: FloatArray
    patch_bias: FloatArray
    num_layers: int = field(default=0, kw_only=True)

    @property
    def band_columns(self) -> slice:
        """Which of the inputs z are bands themselves, before layers and indices; all of z where z is components."""
        return slice(0, self.num_inputs if self.components.size else len(self.bands) - self.num_layers)

    @property
    def num_inputs(self) -> int:
        """D."""
        return int(self.points.shape[1])

    @property
    def num_random(self) -> int:
        """How many random features there are."""
        return len(self.points) + len(self.patches)

    def inputs(self, values: Tensor, valid: Tensor) -> Tensor:
        """Returns z, (D, rows, cols), standardised and clipped; 0 where not valid.

        Args:
            values: (B + L, rows, cols), reflectance × 10⁴, or the channels of an embedding; then layers.
            valid: (rows, cols) bool.
        """
        stacked = with_indices(values, self.bands[: len(self.bands) - self.num_layers]) if self.spectral else values
        mean, std = (torch.from_numpy(part)[:, None, None] for part in (self.mean, self.std))
        z = ((stacked - mean) / std).clamp_(-CLIP, CLIP)
        if self.components.size:
            z = torch.einsum("db,bhw->dhw", torch.from_numpy(self.components), z)
        return z.mul_(valid)

    def maps(self, inputs: Tensor) -> Tensor:
        """Returns the random features, (n, rows, cols), of z; patches see zeros beyond its edges."""
        flat = inputs.flatten(1)
        responses = torch.addmm(torch.from_numpy(self.point_bias)[:, None], torch.from_numpy(self.points), flat)
        parts = [responses.relu_().view(-1, *inputs.shape[1:])]
        if len(self.patches):
            filters, bias = torch.from_numpy(self.patches), torch.from_numpy(self.patch_bias)
            parts.append(functional.conv2d(inputs[None], filters, bias, padding=PATCH_SIDE_PX // 2)[0].relu_())
        return torch.cat(parts)

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads ("random.mean", …)."""
        return {f"random.{name}": np.ascontiguousarray(getattr(self, name), np.float32) for name in _NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray], bands: tuple[str, ...], spectral: bool) -> RandomFeatures:
        """Rebuilds what `to_tensors` gave.

        Raises:
            KeyError: an array is missing.
        """
        return cls(bands, spectral, *(np.asarray(tensors[f"random.{name}"], np.float32) for name in _NAMES))

    def check_shapes(self) -> None:
        """Raises ValueError where arrays do not fit each other or the bands, as in a file that was tampered with."""
        spectral_bands = self.bands[: len(self.bands) - self.num_layers]
        indices = with_indices(torch.zeros(len(self.bands), 1, 1), spectral_bands) if self.spectral else self.bands
        inputs, side = self.num_inputs, PATCH_SIDE_PX if len(self.patches) else 1
        wanted = {
            "mean": (len(indices),),
            "std": (len(indices),),
            "components": (inputs, len(indices)) if self.components.size else (0, 0),
            "points": (len(self.points), inputs),
            "point_bias": (len(self.points),),
            "patches": (len(self.patches), inputs, side, side),
            "patch_bias": (len(self.patches),),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"random.{name} has shape {getattr(self, name).shape}, not {shape}")
        if not self.components.size and inputs != len(indices):
            raise ValueError(f"random.points take {inputs} inputs, of which there are {len(indices)}")
        if self.std.min() <= 0:
            raise ValueError("random.std holds a deviation that is not positive")


def with_indices(values: Tensor, bands: tuple[str, ...]) -> Tensor:
    """Returns (B + L + I, rows, cols): values, then normalised differences of each date, or shares of plain colours.

    Args:
        values: (B + L, rows, cols), reflectance × 10⁴; then layers.
        bands: Names of the B bands; those of several dates follow each other, date by date.
    """
    parts = [values]
    for first, second in _index_numbers(bands):
        a, b = values[first], values[second]
        parts.append(((a - b) / (a + b).clamp_min(DENOMINATOR)).clamp_(-1, 1)[None])
    if set(bands) == set(COLORS):
        for start in range(0, len(bands), len(COLORS)):
            end = start + len(COLORS)
            colors = values[start:end]
            parts.append((colors / colors.sum(dim=0).clamp_min(DENOMINATOR)).clamp_(-1, 1))
    return torch.cat(parts)


def fit_random_features(
    images: list[tuple[FloatArray, NDArray[np.bool_]]],
    bands: tuple[str, ...],
    *,
    spectral: bool,
    seed: int,
    draws: int,
    num_layers: int = 0,
) -> RandomFeatures:
    """Fits inputs and random features to a sample of the scenes; the same sample and seed give the same features.

    Args:
        images: Windows of the scenes: (B + L, rows, cols) reflectance × 10⁴, then layers; and where they are valid.
        bands: Names of the bands, then of the layers.
        spectral: See `RandomFeatures`.
        seed: Of the pixels that are drawn.
        draws: Pixels and patches drawn; at least as many as features are wanted are of use.
        num_layers: L.
    """
    rng = np.random.default_rng(seed)
    tensors = [(torch.from_numpy(np.ascontiguousarray(v, np.float32)), torch.from_numpy(m)) for v, m in images]
    places = _draw(images, draws, rng)
    named = bands[: len(bands) - num_layers]
    stacked = [with_indices(values, named) if spectral else values for values, _ in tensors]
    pixels = np.concatenate([s.numpy()[:, at[:, 0], at[:, 1]].T for s, at in zip(stacked, places, strict=True)])
    mean, std = pixels.mean(axis=0, dtype=np.float64), pixels.std(axis=0, dtype=np.float64)
    std = np.where(std > 1e-6 * np.maximum(np.abs(mean), 1e-6), std, 1.0)
    standardised = np.clip((pixels - mean) / std, -CLIP, CLIP)
    components: FloatArray = np.zeros((0, 0))
    if spectral and len(mean) > MOST_INPUTS:
        components = _whitened_components(standardised)
    none = np.zeros(0, np.float32)
    width = len(components) or len(mean)
    empty = RandomFeatures(
        bands, spectral, mean.astype(np.float32), std.astype(np.float32), components.astype(np.float32),
        np.zeros((0, width), np.float32), none, np.zeros((0, width, 1, 1), np.float32), none, num_layers=num_layers,
    )  # fmt: skip
    z = [empty.inputs(values, valid) for values, valid in tensors]
    points = np.concatenate([m.numpy()[:, at[:, 0], at[:, 1]].T for m, at in zip(z, places, strict=True)])
    point_filters, point_bias = _filters(points, POINT_FILTERS, POINT_RIDGE, rng)
    patch_filters, patch_bias = np.zeros((0, width, 1, 1), np.float32), none
    if width <= MOST_INPUTS:
        patches = np.concatenate([_patches(m, at) for m, at in zip(z, places, strict=True)])
        flat, patch_bias = _filters(patches, PATCH_FILTERS, PATCH_RIDGE, rng)
        patch_filters = flat.reshape(-1, width, PATCH_SIDE_PX, PATCH_SIDE_PX)
    return replace(empty, points=point_filters, point_bias=point_bias, patches=patch_filters, patch_bias=patch_bias)


def _index_numbers(bands: tuple[str, ...]) -> list[tuple[int, int]]:
    numbers: dict[str, list[int]] = {}
    for number, name in enumerate(bands):
        numbers.setdefault(name, []).append(number)
    return [
        pair
        for first, second in INDEX_PAIRS
        for pair in zip(numbers.get(first, []), numbers.get(second, []), strict=False)
    ]


def _draw(
    images: list[tuple[FloatArray, NDArray[np.bool_]]], draws: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Draws valid pixels of all images together, without replacement; returns (n, 2) rows and columns of each image."""
    places = [np.argwhere(valid) for _, valid in images]
    owner = np.repeat(np.arange(len(places)), [len(at) for at in places])
    chosen = np.sort(rng.permutation(len(owner))[:draws])
    starts = np.cumsum([0, *(len(at) for at in places)])
    return [at[chosen[owner[chosen] == i] - starts[i]] for i, at in enumerate(places)]


def _whitened_components(standardised: FloatArray) -> FloatArray:
    variances, axes = np.linalg.eigh(np.cov(standardised, rowvar=False))
    first = slice(None, -COMPONENTS - 1, -1)
    result: FloatArray = (axes[:, first] / np.sqrt(np.maximum(variances[first], 1e-6))).T
    return result


def _patches(inputs: Tensor, places: NDArray[np.int64]) -> FloatArray:
    half = PATCH_SIDE_PX // 2
    padded = functional.pad(inputs, (half,) * 4).numpy()
    windows = np.lib.stride_tricks.sliding_window_view(padded, (PATCH_SIDE_PX, PATCH_SIDE_PX), axis=(1, 2))
    found: FloatArray = windows[:, places[:, 0], places[:, 1]].transpose(1, 0, 2, 3).reshape(len(places), -1)
    return found


def _filters(samples: FloatArray, count: int, ridge: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Returns (count, D) filters and their biases: directions of whitened samples, acting on whitened vectors."""
    samples = samples.astype(np.float64)
    mean = samples.mean(axis=0)
    centred = samples - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    variances = np.maximum(variances, 0)
    whitening = (axes / np.sqrt(variances + ridge * variances.mean() + 1e-12)) @ axes.T
    directions = centred[rng.permutation(len(centred))[:count]] @ whitening
    directions /= np.linalg.norm(directions, axis=1, keepdims=True) + 1e-9
    filters = directions @ whitening
    return filters.astype(np.float32), (-filters @ mean).astype(np.float32)
