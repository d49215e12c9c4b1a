"""From a window of a scene to encoder features. Knows nothing of files to write, nor of labels."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from rasterio.windows import Window
from torch import Tensor
from torch.nn import functional

from mmearth.checkpoints import Weights, build_encoder
from mmearth.errors import InputError
from mmearth.models.convnextv2 import best_dtype, receptive_halo_px
from mmearth.raster import Scene

CLIP = 6.0  # standard deviations; inputs are clipped as in pretraining
MAX_ASPECT = 1.5  # of pixels on the ground, above which a scene is warned about


@dataclass(frozen=True)
class WindowFeatures:
    """Features of a window with its halo.

    Attributes:
        stages: Stage number → (C, rows / stride, cols / stride), over the window and one patch more on each side,
            which smoothing and interpolation look at.
        strides: Stage number → pixels per feature cell.
        bands: (B, rows, cols) standardised bands of the window itself, without halo.
        valid: (rows, cols) bool, of the window itself.
        top_px, left_px: How far the stages reach above and left of the window, in pixels.
        height, width: Size of the window in pixels.
    """

    stages: dict[int, Tensor]
    strides: dict[int, int]
    bands: Tensor
    valid: np.ndarray
    top_px: int
    left_px: int
    height: int
    width: int

    def resize(self, maps: Tensor, stage: int, stride_px: int) -> Tensor:
        """Brings maps on a stage's grid to cells of `stride_px` pixels and cuts off what reaches over the window.

        Coarser stages are interpolated bilinearly, finer ones averaged; both commute with a linear head.

        Args:
            maps: (C, rows / stride, cols / stride) as in `stages`.
            stage: Which stage's grid they lie on.
            stride_px: Pixels per cell wanted; the window starts on a multiple of it.

        Returns:
            (C, ceil(height / stride_px), ceil(width / stride_px))
        """
        stride = self.strides[stage]
        if stride > stride_px:
            factor = stride // stride_px
            maps = functional.interpolate(maps[None], scale_factor=factor, mode="bilinear", align_corners=False)[0]
        elif stride < stride_px:
            maps = functional.avg_pool2d(maps[None], stride_px // stride)[0]
        top, left = self.top_px // stride_px, self.left_px // stride_px
        rows, cols = math.ceil(self.height / stride_px), math.ceil(self.width / stride_px)
        return maps.narrow(1, top, rows).narrow(2, left, cols)


class FeatureExtractor:
    """An encoder on a device, applied to windows of scenes so that the result does not depend on the tiling.

    Args:
        weights: Loaded weights.
        device: Where to compute.
        last_stage: Deepest stage wanted.
        check: Called between layers; raises to stop, so that Cancel does not wait for a whole window.
    """

    def __init__(
        self, weights: Weights, device: torch.device, last_stage: int, check: Callable[[], None] = lambda: None
    ) -> None:
        self.weights = weights
        self.device = device
        self.dtype = best_dtype(device)
        self.last_stage = last_stage
        self.check = check
        self.encoder = build_encoder(weights, device, self.dtype)
        for module in self.encoder.modules():
            module.register_forward_pre_hook(lambda *_: check())
        # One more patch than the receptive field: smoothing and interpolation look at neighbouring cells.
        self.halo_px = receptive_halo_px(weights.depths, weights.patch_size, last_stage) + weights.patch_size

    def standardise(self, images: np.ndarray, valid: np.ndarray, present: np.ndarray, level: str) -> np.ndarray:
        """Returns (images - mean) / std, clipped; 0 (the mean) where not valid and in bands that are absent.

        Args:
            images: (C, H, W) reflectance × 10⁴.
            valid: (H, W) bool.
            present: (C,) bool.
            level: Processing level, whose statistics are taken where the weights have them.
        """
        found = self.weights.statistics(level)
        mean, std = (np.asarray(found[key], np.float32)[:, None, None] for key in ("mean", "std"))
        scaled: np.ndarray = np.clip((images - mean) / std, -CLIP, CLIP).astype(np.float32, copy=False)
        scaled *= valid
        scaled[~present] = 0
        return scaled

    @torch.inference_mode()
    def __call__(self, scene: Scene, window: Window) -> WindowFeatures:
        """Reads a window with its halo, snapped to the patch grid of the raster's origin, and encodes it."""
        patch, halo = self.weights.patch_size, self.halo_px
        row0, col0 = int(window.row_off), int(window.col_off)
        height, width = int(window.height), int(window.width)
        top = row0 // patch * patch - halo
        left = col0 // patch * patch - halo
        bottom = math.ceil((row0 + height) / patch) * patch + halo
        right = math.ceil((col0 + width) / patch) * patch + halo
        names = self.weights.bands
        images, valid = scene.read(Window(left, top, right - left, bottom - top), names)
        present = np.array([name in scene.mapping.indexes for name in names])
        scaled = self.standardise(images, valid, present, scene.level)
        inside = (slice(row0 - top, row0 - top + height), slice(col0 - left, col0 - left + width))
        bands = torch.from_numpy(np.ascontiguousarray(scaled[(present, *inside)]))
        strides = {stage: patch // 8 * 2**stage for stage in range(self.last_stage + 1)}
        stages: dict[int, Tensor] = {}
        if valid[inside].any():
            batch = torch.from_numpy(scaled)[None].to(self.device, self.dtype, memory_format=torch.channels_last)
            for stage, maps in enumerate(self.encoder(batch, last_stage=self.last_stage)):
                cut = (halo - patch) // strides[stage]
                kept = slice(cut, -cut)  # the halo is at least one patch wider than the reach of smoothing
                stages[stage] = maps[0, :, kept, kept].float()
        reach = halo - patch
        return WindowFeatures(
            stages, strides, bands, valid[inside], row0 - top - reach, col0 - left - reach, height, width
        )


def apply_linear(maps: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Returns (K, rows, cols) = weight · maps + bias at every cell, for maps (C, rows, cols) and weight (K, C)."""
    weight = weight.to(maps.device)
    bias = None if bias is None else bias.to(maps.device)
    return functional.linear(maps.permute(1, 2, 0), weight, bias).permute(2, 0, 1)


def scene_warnings(scene: Scene, weights: Weights) -> list[str]:
    """Returns sentences about a scene that differs from what the weights saw.

    Raises:
        InputError: bands are missing and the weights were not trained to do without.
    """
    missing = [name for name in weights.bands if name not in scene.mapping.indexes]
    warnings: list[str] = []
    if missing and not weights.band_dropout:
        raise InputError(
            f"'{scene.name}' lacks {', '.join(missing)}; the weights '{weights.name}' need all of "
            f"{', '.join(weights.bands)}.",
            "Add the bands, or choose weights that were trained with band dropout.",
        )
    if missing:
        warnings.append(
            f"'{scene.name}' lacks {', '.join(missing)}; they are filled with the mean, as in pretraining. "
            "Expect weaker features than from all bands."
        )
    if scene.warped:
        warnings.append(scene.warped)
    width_m, height_m = scene.grid.pixel_size_m()
    if not (4 <= width_m <= 40 and 4 <= height_m <= 40):
        warnings.append(
            f"The pixels of '{scene.name}' are {width_m:.3g} m wide; the weights were trained on 10 m pixels. "
            "Shapes will look unfamiliar to them."
        )
    elif max(width_m, height_m) > MAX_ASPECT * min(width_m, height_m):
        warnings.append(
            f"The pixels of '{scene.name}' are {width_m:.3g} m wide and {height_m:.3g} m high; the weights were "
            "trained on square ones. Shapes will look squeezed to them."
        )
    return warnings
