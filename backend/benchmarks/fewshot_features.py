"""Features of the few-shot benchmark's pixels: raw bands, random convolutions, and what an encoder makes of them.

Knows nothing of classifiers or scores.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.fewshot_tasks import Scene, Task, thin
from mmearth.embedding.features import CLIP
from mmearth.models.convnextv2 import SIZES, Encoder, best_dtype

EMBEDDING_C, BANDS_C = 0.01, 1.0
RCF_FILTERS, RCF_SIDE_PX, RCF_PATCHES = 512, 5, 4000
SMOOTHING = {0: 5, 1: 3}  # stage → side of the box mean, in cells of the stage
MARGIN_PX = 16  # scenes are mirrored at their edges by at least this much

Features = dict[str, np.ndarray]  # scene → (points, D)


@dataclass(frozen=True)
class Method:
    """How features of a task are made, and how strongly the head on them is regularised."""

    features: Callable[[Task], Features]
    c: float = EMBEDDING_C


def raw_bands(task: Task) -> Features:
    """Returns the file's own values."""
    return {name: _at_points(torch.from_numpy(scene.values), scene) for name, scene in task.scenes.items()}


def random_convolutions(task: Task) -> Features:
    """Returns RCF: whitened patches of the scenes to be mapped as filters, ReLU, mean over 5×5 pixels.

    Coates and Ng 2012 (filters); Rolf et al. 2021, doi:10.1038/s41467-021-24638-z (as features of satellite images).
    """
    rng = np.random.default_rng(0)
    side, margin = RCF_SIDE_PX, RCF_SIDE_PX // 2
    mapped = [task.scenes[name] for name in task.mapped]
    pixels = np.concatenate([thin(scene.values[:, scene.valid].T, 20000) for scene in mapped])
    mean, std = pixels.mean(axis=0)[:, None, None], pixels.std(axis=0)[:, None, None] + 1e-6
    patches = []
    for _ in range(RCF_PATCHES):
        scene = mapped[rng.integers(len(mapped))]
        top, left = (int(rng.integers(length - side + 1)) for length in scene.valid.shape)
        rows, cols = slice(top, top + side), slice(left, left + side)
        patches.append(((scene.values[:, rows, cols] - mean) / std).ravel())
    stack = np.stack(patches)
    centre = stack.mean(axis=0)
    stack -= centre
    _, singular, axes = np.linalg.svd(stack, full_matrices=False)
    variance = singular**2 / len(stack)
    whitening = (axes.T / np.sqrt(variance + 0.1 * variance.mean())) @ axes
    filters = stack[rng.permutation(len(stack))[:RCF_FILTERS]] @ whitening
    filters = (filters / np.linalg.norm(filters, axis=1, keepdims=True)) @ whitening
    kernels = torch.from_numpy(filters.astype(np.float32)).view(len(filters), -1, side, side)
    bias = -torch.from_numpy((filters @ centre).astype(np.float32))
    found = {}
    for name, scene in task.scenes.items():
        scaled = torch.from_numpy((scene.values - mean) / std)[None]
        padded = functional.pad(scaled, (2 * margin,) * 4, mode="reflect")
        responses = functional.avg_pool2d(functional.conv2d(padded, kernels, bias).relu_(), side, stride=1)
        found[name] = _at_points(responses[0], scene)
    return found


def encoder_features(encoder: Encoder, levels: dict[str, dict[str, list[float]]], bands: tuple[str, ...]) -> Method:
    """Returns how frozen features of stages 0 and 1 are made, smoothed and interpolated as in the plugin's maps.

    Args:
        encoder: Frozen GRN or per image; its dtype is the one to compute in.
        levels: "l2a", "l1c" → {"mean", "std"} per band, reflectance × 10⁴.
        bands: Of the encoder's input.
    """

    def compute(task: Task) -> Features:
        found = {}
        for name, scene in task.scenes.items():
            dates = np.split(scene.values, task.dates)
            maps = [_encode(encoder, network_input(task, date, scene.valid, levels, bands)) for date in dates]
            found[name] = _at_points(torch.cat(maps), scene)
        return found

    return Method(compute)


def network_input(
    task: Task,
    values: np.ndarray,
    valid: np.ndarray,
    levels: dict[str, dict[str, list[float]]],
    bands: tuple[str, ...],
) -> Tensor:
    """Returns (len(bands), rows, cols) standardised values; 0 in absent bands and where not valid.

    Reflectance is standardised with the data set's statistics of its level, other values with the scene's own.

    Args:
        task: Where the values belong.
        values: (bands, rows, cols) of one date.
        valid: (rows, cols) bool.
        levels: See `encoder_features`.
        bands: See `encoder_features`.
    """
    names = task.bands[: len(values)]
    result = np.zeros((len(bands), *valid.shape), np.float32)
    statistics = levels.get(task.level) or next(iter(levels.values()))
    for name, layer in zip(names, values, strict=True):
        if name not in bands:
            continue
        index = bands.index(name)
        if task.level:
            mean, std = statistics["mean"][index], statistics["std"][index]
            layer = (layer * task.scale + task.offset) * 1e4
        else:
            mean, std = layer[valid].mean(), layer[valid].std() + 1e-6
        result[index] = np.where(valid, np.clip((layer - mean) / std, -CLIP, CLIP), 0)
    return torch.from_numpy(result)


@torch.inference_mode()
def _encode(encoder: Encoder, image: Tensor) -> Tensor:
    """Returns (dims[0] + dims[1], rows, cols) of an image (C, rows, cols)."""
    rows, cols = image.shape[-2:]
    patch = encoder.patch_size
    bottom, right = (MARGIN_PX + -length % patch for length in (rows, cols))
    padded = functional.pad(image[None], (MARGIN_PX, right, MARGIN_PX, bottom), mode="reflect")
    dtype = next(encoder.parameters()).dtype
    last = max(SMOOTHING)
    parts = []
    for stage, maps in enumerate(encoder(padded.to(dtype, memory_format=torch.channels_last), last_stage=last)):
        side = SMOOTHING[stage]
        smooth = functional.avg_pool2d(maps.float(), side, stride=1, padding=side // 2, count_include_pad=False)
        fine = functional.interpolate(smooth, padded.shape[-2:], mode="bilinear", align_corners=False)
        parts.append(fine[0].narrow(1, MARGIN_PX, rows).narrow(2, MARGIN_PX, cols))
    return torch.cat(parts)


def _at_points(maps: Tensor, scene: Scene) -> np.ndarray:
    return maps.flatten(1)[:, torch.from_numpy(scene.points)].T.contiguous().numpy()


def random_encoder(seed: int, bands: int) -> Encoder:
    """Returns an atto encoder as it is before training."""
    depths, dims = SIZES["atto"]
    encoder = Encoder(bands, depths, dims).requires_grad_(False).train(False)
    generator = torch.Generator().manual_seed(seed)
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02, generator=generator)  # arXiv:2301.00808, §A.1
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return encoder.to(best_dtype(torch.device("cpu")))
