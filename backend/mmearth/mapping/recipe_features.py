"""Features of the default recipe: random features, inputs and an encoder's maps, averaged over several widths.

A box mean and a linear head commute, so a map needs means of a few logits and not of hundreds of features. Means are
over the valid pixels of a box. Knows windows; nothing of labels or classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from rasterio.windows import Window
from torch import Tensor

from mmearth.embedding.features import WindowFeatures, apply_linear
from mmearth.mapping.random_features import FloatArray, RandomFeatures
from mmearth.models.heads import Head, Pooled

WIDTHS = (3, 9, 27)  # sides of the box means in pixels; each is three boxes of the one before
ENCODER_WIDTHS = (3, 9)
RANDOM_WEIGHT, ENCODER_WEIGHT, INPUT_WEIGHT = 0.6, 0.6, 0.5
LAST_STAGE = 1  # stages 2 and 3 did not help a 10 m map: docs/decisions/0003-few-shot-features.md
HALO_PX = 16  # 27 // 2 for the widest box, 2 for the patches, and one
SPREAD_FLOOR = 0.1  # of the median deviation of a group, added to the deviation of each feature in squares
CHUNK_PX = 8192  # the random features of so many pixels stay in the processor's cache
DENSE_ROWS = 32  # rows whose features a head that is not linear sees at a time
POOLED_LOGITS = 4  # whose box means are built at a time: their sums stay in the processor's cache
POINTS_CHANNELS = 48  # channels whose box means are built at a time


class Estimator(Protocol):
    """A regression that is not linear."""

    def estimates(self, features: FloatArray) -> FloatArray:
        """Returns (n, 3) value, low and high end of its interval for (n, d) features."""


@dataclass(frozen=True)
class Group:
    """Features that belong together.

    Attributes:
        source: "input", "random" or "encoder".
        width: Side of the box mean in pixels, 1 or one of `WIDTHS`.
        channels: How many there are.
        weight: Length of the whole group in a feature vector, about.
    """

    source: str
    width: int
    channels: int
    weight: float


def grown(window: Window) -> Window:
    """Returns a window with the halo that its features need."""
    return Window(
        window.col_off - HALO_PX, window.row_off - HALO_PX, window.width + 2 * HALO_PX, window.height + 2 * HALO_PX
    )


def inside(maps: np.ndarray) -> np.ndarray:
    """Returns arrays (…, rows, cols) of a grown window without its halo."""
    return maps[..., HALO_PX:-HALO_PX, HALO_PX:-HALO_PX]


def recipe_groups(random: RandomFeatures, encoder_channels: int) -> tuple[Group, ...]:
    """Returns the groups of the default recipe.

    Args:
        random: Inputs and random features.
        encoder_channels: Of all stages together; 0 without an encoder.
    """
    groups = [Group("random", width, random.num_random, RANDOM_WEIGHT) for width in WIDTHS]
    if encoder_channels:
        groups += [Group("encoder", width, encoder_channels, ENCODER_WEIGHT) for width in ENCODER_WIDTHS]
    elif not random.spectral:
        groups += [Group("input", width, random.num_inputs, ENCODER_WEIGHT) for width in ENCODER_WIDTHS]
    return (*groups, Group("input", 1, random.num_inputs, INPUT_WEIGHT))


@dataclass(frozen=True)
class RecipeFeatures:
    """Turns windows with a halo of `HALO_PX` into features x of pixels, or into the logits of a linear head on x.

    Attributes:
        random: Inputs and random features.
        groups: In the order of the columns of x.
        mean, scale: (d,): x = (v - mean) · scale.
    """

    random: RandomFeatures
    groups: tuple[Group, ...]
    mean: FloatArray
    scale: FloatArray

    def at(self, features: WindowFeatures, rows: NDArray[np.integer], cols: NDArray[np.integer]) -> FloatArray:
        """Returns x, (n, d) float32, of pixels of a window with its halo.

        Args:
            features: Also beyond the scene's edges, where it is not valid.
            rows, cols: (n,) in the window, at least `HALO_PX` from its edges.
        """
        raw = self.raw_at(features, rows, cols)
        result: FloatArray = (raw - self.mean) * self.scale
        return result

    def raw_at(self, features: WindowFeatures, rows: NDArray[np.integer], cols: NDArray[np.integer]) -> FloatArray:
        """Returns v, (n, d) float32: the same as `at` before standardisation."""
        valid = torch.from_numpy(features.valid)
        inputs = self.random.inputs(features.bands, valid)
        r, c = torch.from_numpy(rows), torch.from_numpy(cols)
        sources = {group.source for group in self.groups}
        maps = {"input": inputs}
        if "random" in sources:
            maps["random"] = self.random.maps(inputs)
        if "encoder" in sources:
            maps["encoder"] = encoder_maps(features)
        pooled: dict[str, dict[int, Tensor]] = {}
        for source, found in maps.items():
            widths = {group.width for group in self.groups if group.source == source}
            pieces = [_means_at(part, valid, r, c, widths) for part in torch.split(found, POINTS_CHANNELS)]
            pooled[source] = {width: torch.cat([piece[width] for piece in pieces]) for width in widths}
        columns = torch.cat([pooled[group.source][group.width] for group in self.groups])
        return np.ascontiguousarray(columns.T.numpy())

    def standardised(self, sample: FloatArray) -> RecipeFeatures:
        """Returns the same features, standardised over a sample (n, d) of `raw_at`, with the groups' weights."""
        mean, variance = sample.mean(axis=0, dtype=np.float64), sample.var(axis=0, dtype=np.float64)
        scale, start = np.zeros(len(mean)), 0
        for group in self.groups:
            own = slice(start, start + group.channels)
            floor = SPREAD_FLOOR * np.median(np.sqrt(variance[own]))
            scale[own] = group.weight / np.sqrt(group.channels * (variance[own] + floor**2 + 1e-12))
            start += group.channels
        return replace(self, mean=mean.astype(np.float32), scale=scale.astype(np.float32))

    def logits(self, features: WindowFeatures, weight: FloatArray, bias: FloatArray) -> Tensor:
        """Returns (M, rows, cols): weight · x + bias at every valid pixel of the window.

        Args:
            features: A window with its halo: the outermost `HALO_PX` pixels on each side are not right.
            weight: (M, d) on x.
            bias: (M,).
        """
        folded = weight * self.scale.astype(np.float64)
        offset = torch.from_numpy((bias - folded @ self.mean.astype(np.float64)).astype(np.float32))
        parts = torch.split(torch.from_numpy(folded.astype(np.float32)), [g.channels for g in self.groups], dim=1)
        valid = torch.from_numpy(features.valid)
        inputs = self.random.inputs(features.bands, valid)
        sums = {width: torch.zeros(len(weight), *valid.shape) for width in (1, *WIDTHS)}
        chosen = [(group, part) for group, part in zip(self.groups, parts, strict=True) if group.source == "random"]
        if chosen:
            scores = self._random_scores(inputs, torch.cat([part for _, part in chosen]))
            for (group, _), score in zip(chosen, torch.split(scores, len(weight)), strict=True):
                sums[group.width] += score
        for group, part in zip(self.groups, parts, strict=True):
            if group.source == "input":
                sums[group.width] += torch.einsum("md,dhw->mhw", part, inputs)
            elif group.source == "encoder":
                sums[group.width] += _encoder_scores(features, part)
        pooled = _nested_means([sums[width] for width in WIDTHS], valid)
        return sums[1] + pooled + offset[:, None, None]

    def scores(self, features: WindowFeatures, *heads: Head | Pooled | Estimator) -> FloatArray:
        """Returns what heads say of a window without its halo, one after the other; of no use where it is not valid.

        Args:
            features: A window with its halo.
            heads: Whose features are x. Where all are linear their logits are pooled together; else features of all
                pixels are made, some rows at a time.

        Returns:
            (M, rows, cols) float32: K probabilities of a classifier; value, low and high of a regression; one distance
            of a novelty.
        """
        linear = [head for head in heads if isinstance(head, Pooled)]
        if len(linear) == len(heads):
            folds = [head.linear() for head in linear]
            weight, bias = (np.concatenate(part) for part in zip(*folds, strict=True))
            logits = inside(self.logits(features, weight, bias).numpy())
            parts = np.split(logits, np.cumsum([len(own) for _, own in folds])[:-1])
            found = [head.combine(part) for head, part in zip(linear, parts, strict=True)]
            return np.concatenate([part.reshape(-1, *logits.shape[1:]) for part in found])
        valid = inside(features.valid)
        dense: FloatArray | None = None
        for top in range(0, len(valid), DENSE_ROWS):
            bottom = min(top + DENSE_ROWS, len(valid))
            rows, cols = np.nonzero(valid[top:bottom])
            if not len(rows):
                continue
            part = features.rows(top, bottom + 2 * HALO_PX)
            x = self.at(part, rows + HALO_PX, cols + HALO_PX)
            columns = np.concatenate([_scores_of(head, x) for head in heads])
            if dense is None:
                dense = np.zeros((len(columns), *valid.shape), np.float32)
            dense[:, rows + top, cols] = columns
        if dense is None:
            raise ValueError("no pixel of the window is valid")
        return dense

    def _random_scores(self, inputs: Tensor, weight: Tensor) -> Tensor:
        """Returns (M, rows, cols) = weight · random maps, some rows at a time."""
        rows, cols = inputs.shape[1:]
        out = torch.empty(len(weight), rows, cols)
        halo = self.random.patches.shape[-1] // 2
        step = max(1, CHUNK_PX // cols)
        for top in range(0, rows, step):
            bottom = min(rows, top + step)
            first, last = max(0, top - halo), min(rows, bottom + halo)
            inner = slice(top - first, bottom - first)
            maps = self.random.maps(inputs[:, first:last])[:, inner]
            out[:, top:bottom] = (weight @ maps.flatten(1)).view(-1, bottom - top, cols)
        return out

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {**self.random.to_tensors(), "features.mean": self.mean, "features.scale": self.scale}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, FloatArray], bands: tuple[str, ...], spectral: bool, groups: tuple[Group, ...]
    ) -> RecipeFeatures:
        """Rebuilds what `to_tensors` gave.

        Raises:
            KeyError: an array is missing.
        """
        random = RandomFeatures.from_tensors(tensors, bands, spectral)
        return cls(random, groups, tensors["features.mean"], tensors["features.scale"])


def encoder_maps(features: WindowFeatures) -> Tensor:
    """Returns (C, rows, cols): the stages at pixel resolution."""
    return torch.cat([features.resize(maps.float(), stage, 1).cpu() for stage, maps in features.stages.items()])


def _scores_of(head: Head | Pooled | Estimator, x: FloatArray) -> FloatArray:
    """Returns (M, n) for features x, (n, d)."""
    if isinstance(head, Pooled):
        weight, bias = head.linear()
        return head.combine((x @ weight.T + bias).T).reshape(-1, len(x))
    return head.probabilities(x).T if hasattr(head, "probabilities") else head.estimates(x).T


def _encoder_scores(features: WindowFeatures, weight: Tensor) -> Tensor:
    scores = torch.zeros(len(weight), *features.valid.shape)
    for stage, maps in features.stages.items():
        count = len(maps)
        part, weight = weight[:, :count], weight[:, count:]
        scores += features.resize(apply_linear(maps.float(), part), stage, 1).cpu()
    return scores


def _means_at(maps: Tensor, valid: Tensor, rows: Tensor, cols: Tensor, widths: set[int]) -> dict[int, Tensor]:
    """Returns width → (C, n) means over the valid pixels of the box around each point."""
    found = {1: maps[:, rows, cols]} if 1 in widths else {}
    sums, counts, dilation = maps * valid, valid.float()[None], 1
    for width in WIDTHS:
        if width > max(widths, default=0):
            break
        sums, counts, dilation = _three(sums, dilation), _three(counts, dilation), width
        if width in widths:
            found[width] = sums[:, rows, cols] / counts[:, rows, cols].clamp_min(1)
    return found


def _nested_means(maps: list[Tensor], valid: Tensor) -> Tensor:
    """Returns the sum of box means, the first maps over the first of `WIDTHS`, and so on, over valid pixels."""
    counts, dilation = [valid.float()[None]], 1
    for width in WIDTHS:
        counts.append(_three(counts[-1], dilation))
        dilation = width
    result = torch.zeros_like(maps[0])
    for chunk in torch.split(torch.arange(len(result)), POOLED_LOGITS):
        own = slice(int(chunk[0]), int(chunk[-1]) + 1)
        sums, dilation = torch.cat([part[own] for part in maps]).mul_(valid), 1
        for width, count in zip(WIDTHS, counts[1:], strict=True):
            sums, dilation = _three(sums, dilation), width
            mine, sums = sums.tensor_split([len(chunk)])
            result[own].addcdiv_(mine, count.clamp_min(1).expand_as(mine))
    return result


def _three(maps: Tensor, dilation: int) -> Tensor:
    """Returns sums over 3 × 3 places that lie `dilation` pixels apart, zeros beyond the edges."""
    for axis in (1, 2):
        length = maps.shape[axis]
        total = maps.clone()
        if dilation < length:
            kept = length - dilation
            total.narrow(axis, dilation, kept).add_(maps.narrow(axis, 0, kept))
            total.narrow(axis, 0, kept).add_(maps.narrow(axis, dilation, kept))
        maps = total
    return maps
