"""From features of several stages to the channels of an embedding, and to the codes that are stored."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mmearth.embedding.features import WindowFeatures, apply_linear
from mmearth.errors import InputError
from mmearth.weights.checkpoints import Weights

NODATA, MOST_CODE = -128, 127
ROWS_PX = 128  # pixel rows that are float32 at once, between two looks at Cancel


class Projection:
    """Brings the features of the chosen stages onto one grid, as principal components or as they are.

    Args:
        weights: Loaded weights with feature statistics and components.
        stages: Stages to use.
        components: Number of principal components; 0 keeps every channel.

    Attributes:
        names: One per output channel.
        scale: (K,) value of one code step per channel; fixed by the weights, never by the scene.

    Raises:
        InputError: the weights hold no components for these stages, or fewer than wanted.
    """

    def __init__(self, weights: Weights, stages: tuple[int, ...], components: int) -> None:
        mean, std = torch.from_numpy(weights.feature_mean), torch.from_numpy(weights.feature_std)
        self._components = components
        self._weight: dict[int, Tensor] = {}
        self._bias: dict[int, Tensor] = {}
        if components:
            pca = weights.pca(stages)
            available = 0 if pca is None else len(pca[0])
            if pca is None or components > available:
                spoken = ", ".join(map(str, stages))
                raise InputError(
                    f"{components} components of stages {spoken} were asked for; the weights hold {available}.",
                    "Choose fewer components, stages 0,1 or 0,1,2 or 0,1,2,3, components of the scene, or none to "
                    "keep every channel.",
                )
            basis, scale = torch.from_numpy(pca[0][:components]), pca[1][:components]
            start = 0
            for stage in stages:
                part = weights.stage_slices[stage]
                channels = part.stop - part.start
                weight = basis.narrow(1, start, channels) / (std[part] * channels**0.5)
                self._weight[stage], self._bias[stage] = weight, -weight @ mean[part]
                start += channels
            self.names = tuple(f"PC{i + 1:02d}" for i in range(components))
            self.scale = np.asarray(scale, np.float32)
        else:
            for stage in stages:
                part = weights.stage_slices[stage]
                self._weight[stage], self._bias[stage] = 1 / std[part], -mean[part] / std[part]
            self.names = tuple(f"S{s}_{i:03d}" for s in stages for i in range(len(self._weight[s])))
            self.scale = np.concatenate([weights.feature_scale[weights.stage_slices[s]] for s in stages])

    def __call__(self, features: WindowFeatures, stride_px: int) -> Tensor:
        """Returns (K, rows, cols) float32 on cells of `stride_px` pixels, without halo."""
        total: Tensor | None = None
        channels: list[Tensor] = []
        for stage, weight in self._weight.items():
            maps = features.stages[stage].float()
            # Resizing and projecting commute: the smaller side of the two goes first.
            coarser = features.strides[stage] < stride_px
            if not self._components:
                weight, bias = weight.to(maps.device)[:, None, None], self._bias[stage].to(maps.device)[:, None, None]
                channels.append(features.resize(maps, stage, stride_px) * weight + bias)
                continue
            if coarser:
                maps = features.resize(maps, stage, stride_px)
            projected = apply_linear(maps, weight, self._bias[stage])
            resized = projected if coarser else features.resize(projected, stage, stride_px)
            total = resized if total is None else total.add_(resized)
        return torch.cat(channels) if total is None else total

    def stored(
        self, features: WindowFeatures, valid: np.ndarray, stride_px: int, dtype: str, check: Callable[[], None]
    ) -> np.ndarray:
        """Returns the cells of a window as they are stored.

        Args:
            features: Of the window; projected a few rows at a time.
            valid: (rows, cols) bool, of the cells.
            stride_px: Pixels per cell.
            dtype: "int8", "int16": codes, value / scale; "float16", "float32": values.
            check: Called every few rows; raises to stop.

        Returns:
            (K, rows, cols) of the data type of `storage_type`; nodata where not valid.
        """
        out = np.empty((len(self.names), *valid.shape), storage_type(dtype))
        for start in range(0, features.height, ROWS_PX):
            check()
            stop = min(start + ROWS_PX, features.height)
            values = self(features.rows(start, stop), stride_px)
            if is_coded(dtype):
                scale = torch.from_numpy(self.scale).to(values.device)[:, None, None]
                values = values.div_(scale).round_().clamp_(-MOST_CODE, MOST_CODE)
                values = values.to(torch.int8)
            elif dtype == "float16":
                values = values.half().float()  # GDAL would cut the other bits off, which is twice as far on average
            rows = slice(start // stride_px, start // stride_px + values.shape[1])
            out[:, rows] = values.cpu().numpy()
        if not valid.all():
            out[:, ~valid] = nodata_of(dtype)
        return out


def is_coded(dtype: str) -> bool:
    """Whether an embedding of this kind holds whole-number codes and not values."""
    return dtype in ("int8", "int16")


def storage_type(dtype: str) -> str:
    """Returns numpy's name of what is written for `EmbedRequest.dtype`; GDAL itself makes 16 bits of a float32."""
    return "float32" if dtype == "float16" else dtype


def nodata_of(dtype: str) -> float:
    """Returns the value of cells without data: -128 among codes, NaN among values."""
    return NODATA if is_coded(dtype) else float("nan")
