"""From a window of a scene to encoder features. Knows nothing of files to write, nor of labels."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from rasterio.windows import Window
from torch import Tensor
from torch.nn import functional

from mmearth.devices import is_out_of_memory
from mmearth.embedding.backbone import build_backbone
from mmearth.errors import InputError, ResourceError
from mmearth.models.convnextv2 import best_dtype
from mmearth.scenes.raster import Scene
from mmearth.scenes.value_range import value_warnings
from mmearth.weights.checkpoints import Weights

CLIP = 6.0  # standard deviations; inputs are clipped as in pretraining
MAX_ASPECT = 1.5  # of pixels on the ground, above which a scene is warned about


@dataclass(frozen=True)
class WindowFeatures:
    """Features of a window with its halo.

    Attributes:
        stages: Stage number → (C, rows / stride, cols / stride) in the encoder's precision, over the window and one
            patch more on each side, which smoothing and interpolation look at.
        strides: Stage number → pixels per feature cell.
        bands: (B, rows, cols) reflectance × 10⁴ of the window itself, without halo; 0 where not valid.
        valid: (rows, cols) bool, of the window itself.
        top_px, left_px: How far the stages reach above and left of the window, in pixels.
        height, width: Size of the window in pixels.
        patch_px: How far the stages reach beyond the window when it was snapped to multiples of this.
    """

    stages: dict[int, Tensor]
    strides: dict[int, int]
    bands: Tensor
    valid: np.ndarray
    top_px: int
    left_px: int
    height: int
    width: int
    patch_px: int = 1

    def rows(self, start: int, stop: int) -> "WindowFeatures":
        """Returns the features of some pixel rows of the window, in float32; the maps of the whole stay as they are."""
        patch = self.patch_px
        first = (start + self.top_px) // patch * patch - patch
        last = math.ceil((stop + self.top_px) / patch) * patch + patch
        stages = {
            stage: maps[:, slice(first // self.strides[stage], last // self.strides[stage])].float()
            for stage, maps in self.stages.items()
        }
        return WindowFeatures(
            stages,
            self.strides,
            self.bands[:, start:stop],
            self.valid[start:stop],
            start + self.top_px - first,
            self.left_px,
            stop - start,
            self.width,
            patch,
        )

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
            maps = upsample(maps, stride // stride_px)
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
        kept: Stages that are wanted; None means all up to `last_stage`.
        with_bands: Whether `WindowFeatures.bands` is wanted; else it has no bands.
        grn: Responses that GRN is frozen to, one (4C,) per block; None takes those of the weights. An empty list leaves
            GRN to each window: then the result does depend on the tiling. Without meaning for models of timm.
        dtype: Of products; None takes what the device is fastest in.
        log: Told in a sentence when memory does not suffice and windows are halved.
    """

    def __init__(
        self,
        weights: Weights,
        device: torch.device,
        last_stage: int,
        check: Callable[[], None] = lambda: None,
        *,
        kept: tuple[int, ...] | None = None,
        with_bands: bool = True,
        grn: list[Tensor] | None = None,
        dtype: torch.dtype | None = None,
        log: Callable[[str, str], None] = lambda message, level: None,
    ) -> None:
        self.weights = weights
        self.device = device
        self.dtype = dtype or best_dtype(device)
        self.last_stage = last_stage
        self.check = check
        self._kept = tuple(range(last_stage + 1)) if kept is None else kept
        self._with_bands = with_bands
        self.backbone = build_backbone(weights, device, self.dtype, self._kept, last_stage, grn, check)
        self.encoder = self.backbone.network
        self._most_px = 1 << 30  # side of a window that the device has memory for, as far as known
        self._log = log
        self.halo_px = self.backbone.halo_px  # pixels read around the window after it was snapped to the patch grid

    def reach(self, window: Window) -> Window:
        """Returns the window that has to be read for a window: snapped to the raster's patch grid, with its halo."""
        patch, halo = self.backbone.patch_px, self.halo_px
        top, left = int(window.row_off) // patch * patch, int(window.col_off) // patch * patch
        bottom = math.ceil((window.row_off + window.height) / patch) * patch
        right = math.ceil((window.col_off + window.width) / patch) * patch
        return Window(left - halo, top - halo, right - left + 2 * halo, bottom - top + 2 * halo)

    def __call__(self, scene: Scene, window: Window) -> WindowFeatures:
        """Reads a window with its halo and encodes it."""
        return self.encode(scene, window, *scene.read_stored(self.reach(window)))

    @torch.inference_mode()
    def encode(self, scene: Scene, window: Window, raw: np.ndarray, valid: np.ndarray) -> WindowFeatures:
        """Encodes a window.

        Args:
            scene: Whose bands and units hold.
            window: In pixels of the scene; whole numbers.
            raw, valid: (B, rows, cols) and (rows, cols) of `reach(window)`, as `Scene.read_stored` returns them.
        """
        read, patch = self.reach(window), self.backbone.patch_px
        height, width = int(window.height), int(window.width)
        top, left = int(window.row_off - read.row_off), int(window.col_off - read.col_off)
        inside = (slice(top, top + height), slice(left, left + width))
        strides = {stage: self.backbone.strides[stage] for stage in self._kept}
        image = _Image(self.weights, scene, raw, valid, self.device, self.dtype)
        bands = torch.zeros(0, height, width)
        if self._with_bands:
            bands = torch.from_numpy(reflectances(scene, raw[:, inside[0], inside[1]], valid[inside]))
        stages: dict[int, Tensor] = {}
        if valid[inside].any():
            rows, cols = int(read.height) - 2 * self.halo_px, int(read.width) - 2 * self.halo_px
            stages = self._halving(image, rows, cols)
            self._refuse_overflow(stages)
        reach = patch - self.halo_px  # the stages reach one patch beyond the snapped window
        return WindowFeatures(stages, strides, bands, valid[inside], top + reach, left + reach, height, width, patch)

    def _refuse_overflow(self, stages: dict[int, Tensor]) -> None:
        """Refuses features beyond what float16 holds, 65,504; the other precisions reach as far as float32."""
        if self.dtype == torch.float16 and not all(bool(torch.isfinite(maps).all()) for maps in stages.values()):
            raise InputError(
                "The features of this scene hold values that precision 'float16' cannot (beyond 65,504).",
                "Choose precision 'auto', 'bfloat16' or 'float32'.",
            )

    def _halving(self, image: "_Image", rows: int, cols: int) -> dict[int, Tensor]:
        """Computes a window, in smaller and smaller pieces as long as the device runs out of memory."""
        patch, widths = self.backbone.patch_px, self.backbone.widths
        cells = {stage: self.backbone.strides[stage] for stage in self._kept}
        while True:
            try:
                out = {
                    stage: torch.empty(
                        rows // cell + 2 * patch // cell,
                        cols // cell + 2 * patch // cell,
                        widths[stage],
                        device=self.device,
                        dtype=self.dtype,
                    ).permute(2, 0, 1)
                    for stage, cell in cells.items()
                }
                side = min(self._most_px, max(rows, cols))
                for top in range(0, rows, side):
                    for left in range(0, cols, side):
                        height, width = min(side, rows - top), min(side, cols - left)
                        part = {
                            stage: maps[
                                :,
                                slice(top // cells[stage], (top + height + 2 * patch) // cells[stage]),
                                slice(left // cells[stage], (left + width + 2 * patch) // cells[stage]),
                            ]
                            for stage, maps in out.items()
                        }
                        self.backbone.compute(image.part(top, left), height, width, part)
                return out
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                out = {}
                self._halve(max(rows, cols), error)

    def _halve(self, side_px: int, error: BaseException) -> None:
        patch = self.backbone.patch_px
        half = min(self._most_px, side_px) // 2 // patch * patch
        if half < 8 * patch:
            raise ResourceError(
                f"{self.device} has too little memory even for windows of {2 * half} pixels.",
                "Close other programs, choose smaller tiles, or compute on the CPU.",
            ) from error
        self._most_px = half
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self._log(f"{self.device} ran out of memory; windows of {half} pixels are computed from now on.", "warning")


class _Image:
    """Stored values of a window that become standardised images part by part, so that no float copy of all exists."""

    def __init__(
        self,
        weights: Weights,
        scene: Scene,
        raw: np.ndarray,
        valid: np.ndarray,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        names = weights.bands
        found = weights.statistics(scene.level)
        mean, std = (np.asarray(found[key], np.float32) for key in ("mean", "std"))
        scales, offsets = scene.factors(names)
        positions = {name: i for i, name in enumerate(scene.mapping.indexes)}
        self._bands = [(i, positions[name]) for i, name in enumerate(names) if name in positions]
        self._factors, self._shifts = scales / std, (offsets - mean) / std
        self._count = len(names)
        self._raw, self._valid = raw, valid
        self._device, self._dtype = device, dtype

    def standardised(self, rows: slice, cols: slice) -> np.ndarray:
        """Returns (C, rows, cols) (value - mean) / std, clipped; 0 where not valid and in bands that are absent."""
        valid = self._valid[rows, cols]
        image = np.zeros((self._count, *valid.shape), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # nodata of float scenes may be the largest number there is
            for i, position in self._bands:
                stored = self._raw[position, rows, cols]
                np.multiply(stored, self._factors[i], out=image[i], dtype=np.float32, casting="unsafe")
                image[i] += self._shifts[i]
        np.clip(image, -CLIP, CLIP, out=image)
        if not valid.all():
            np.copyto(image, 0, where=~valid)
        return image

    def part(self, top: int, left: int) -> Callable[[slice, slice], Tensor]:
        """Returns what gives (1, C, rows, cols) on the device, for slices counted from (top, left)."""

        def pixels(rows: slice, cols: slice) -> Tensor:
            image = self.standardised(
                slice(top + rows.start, top + rows.stop), slice(left + cols.start, left + cols.stop)
            )
            batch = torch.from_numpy(image)[None]
            return batch.to(self._device, self._dtype, memory_format=torch.channels_last)

        return pixels


def standardise(weights: Weights, scene: Scene, raw: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Returns what an encoder sees, (C, rows, cols) float32, of values as `Scene.read_stored` returns them."""
    image = _Image(weights, scene, raw, valid, torch.device("cpu"), torch.float32)
    return image.standardised(slice(None), slice(None))


def reflectances(scene: Scene, raw: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Returns (B, rows, cols) float32, reflectance × 10⁴ and 0 where not valid, of values as the scene stores them."""
    scales, offsets = (part[:, None, None] for part in scene.factors(tuple(scene.mapping.indexes)))
    values: np.ndarray = np.where(valid, raw.astype(np.float32) * scales + offsets, np.float32(0))
    return values


def upsample(maps: Tensor, factor: int) -> Tensor:
    """Returns maps (C, rows, cols) interpolated bilinearly to (C, rows · factor, cols · factor).

    The same as `torch.nn.functional.interpolate` without aligned corners, which takes five times as long for maps whose
    channels are last in memory.
    """
    for axis in (1, 2):
        count = maps.shape[axis]
        rows, cols = (maps.shape[1] * factor, maps.shape[2]) if axis == 1 else (maps.shape[1], maps.shape[2] * factor)
        fine = maps.new_empty(rows, cols, maps.shape[0]).permute(2, 0, 1)
        phases = fine.unflatten(axis, (count, factor))  # type: ignore[no-untyped-call]
        for phase in range(factor):
            position = (phase + 0.5) / factor - 0.5  # of the fine cell between the centres of its cell and a neighbour
            target = phases.select(axis + 1, phase)
            edge, first = (0, 1) if position < 0 else (count - 1, 0)
            target.select(axis, edge).copy_(maps.select(axis, edge))
            torch.lerp(
                maps.narrow(axis, 0, count - 1),
                maps.narrow(axis, 1, count - 1),
                position % 1,
                out=target.narrow(axis, first, count - 1),
            )
        maps = fine
    return maps


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
    if weights.timm is None and not (4 <= width_m <= 40 and 4 <= height_m <= 40):
        warnings.append(
            f"The pixels of '{scene.name}' are {width_m:.3g} m wide; the weights were trained on 10 m pixels. "
            "Shapes will look unfamiliar to them."
        )
    elif max(width_m, height_m) > MAX_ASPECT * min(width_m, height_m):
        warnings.append(
            f"The pixels of '{scene.name}' are {width_m:.3g} m wide and {height_m:.3g} m high; the weights were "
            "trained on square ones. Shapes will look squeezed to them."
        )
    return [*warnings, *value_warnings(scene, weights)]
