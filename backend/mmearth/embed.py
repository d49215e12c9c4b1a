"""The verb `embed`: a scene becomes a COG of encoder features. Knows nothing of labels."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rasterio.windows import Window
from torch import Tensor

from mmearth import protocol
from mmearth.checkpoints import Weights, load_weights
from mmearth.cog import Layout, check_output, cog_writer, write_text
from mmearth.devices import resolve_device
from mmearth.errors import InputError
from mmearth.extent import inside_mask, read_mask, tiles, window_of
from mmearth.features import FeatureExtractor, WindowFeatures, apply_linear, scene_warnings
from mmearth.progress import Report
from mmearth.raster import Grid, Scene, open_scene
from mmearth.styles import embedding_style_qml

TILE_PX = 768  # a multiple of every stride and of the COG block; keeps a window with halo below about 1 GB in float32
# uint8 codes run from 1 to 255; 0 is nodata. A code stands for the middle of its step, so none stands for exactly 0:
# QGIS compares the scaled value with the nodata value and would show such pixels as nodata.
CODE_ZERO = 127.5


class Projection:
    """Brings the features of the chosen stages onto one grid, as principal components or as they are.

    Args:
        weights: Loaded weights with feature statistics and components.
        stages: Stages to use.
        components: Number of principal components; 0 keeps every channel.

    Attributes:
        names: One per output channel.
        scale: (K,) value of one uint8 code step per channel; fixed by the weights, never by the scene.

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
                    "Choose fewer components, stages 0,1 or 0,1,2 or 0,1,2,3, or 0 components to keep every channel.",
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
        """Returns (K, rows, cols) on cells of `stride_px` pixels, without halo."""
        total: Tensor | None = None
        channels: list[Tensor] = []
        for stage, weight in self._weight.items():
            maps = features.stages[stage]
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


def run(request: protocol.EmbedRequest, report: Report) -> dict[str, Any]:
    """Embeds a scene.

    Args:
        request: See `protocol.EmbedRequest`.
        report: Told after every tile; cancels between layers.

    Returns:
        out, style, bands, mapping, units, warnings, seconds, pixels, valid_fraction.

    Raises:
        InputError: the scene, extent, mask or choice of stages does not serve.
        ResourceError: disk or device.
        CheckpointError: the weights do not load.
    """
    started_s = time.monotonic()
    stages = _check(request)
    weights = load_weights(request.weights)
    projection = Projection(weights, stages, request.components)
    with open_scene(request.scene, request.bands, request.units, weights.bands) as scene:
        warnings = scene_warnings(scene, weights)
        for warning in warnings:
            report.log(warning, "warning")
        window = _snap(window_of(scene.grid, request.bounds, scene.name), scene.grid, request.stride_px)
        mask = read_mask(request.mask, scene.grid)
        layout = _layout(request, scene, weights, projection, scene.grid.crop(window).coarsen(request.stride_px))
        report.progress("Embedding", 0, window.width * window.height)
        extractor = FeatureExtractor(weights, resolve_device(request.device), max(stages), report.check)
        done, total, cells, valid_cells = 0.0, float(window.width * window.height), 0, 0
        with cog_writer(request.out, layout, report) as writer:
            for tile in tiles(window, TILE_PX):
                values, valid = _embed_tile(scene, extractor, projection, tile, mask, request.stride_px)
                writer.write(_encode(values, valid, layout), _cells(tile, window, request.stride_px))
                cells, valid_cells = cells + valid.size, valid_cells + int(valid.sum())
                done += tile.width * tile.height
                report.progress("Embedding", done, total)
            if not valid_cells:
                raise InputError(
                    f"'{scene.name}' holds no valid pixel in this extent: all of it is nodata.",
                    "Choose another extent or scene, or check the layer's nodata value.",
                )
        style = str(Path(request.out).with_suffix(".qml"))
        write_text(Path(style), embedding_style_qml(bands=(1, 2, 3), ranges=_style_ranges(request, projection)))
        return {
            "out": request.out,
            "style": style,
            "bands": list(projection.names),
            **scene.reading(),
            "warnings": warnings,
            "seconds": round(time.monotonic() - started_s, 2),
            "pixels": int(total),
            "valid_fraction": round(valid_cells / cells, 4),
        }


def _check(request: protocol.EmbedRequest) -> tuple[int, ...]:
    stages = tuple(sorted(set(request.stages)))
    if not stages or stages[0] < 0 or stages[-1] > 3:
        raise InputError(f"Stages {list(request.stages)} are not known.", "Choose from 0, 1, 2 and 3.")
    if request.stride_px not in (1, 2, 4, 8):
        raise InputError(f"An output cell of {request.stride_px} pixels is not offered.", "Choose 1, 2, 4 or 8.")
    if request.dtype not in protocol.DTYPES:
        raise InputError(f"Data type '{request.dtype}' is not offered.", f"Choose {' or '.join(protocol.DTYPES)}.")
    check_output(request.out)
    if Path(request.out).resolve() == Path(request.scene).resolve():
        raise InputError("The output would overwrite the scene.", "Choose another file name.")
    return stages


def _snap(window: Window, grid: Grid, stride_px: int) -> Window:
    """Moves the window's origin back to a multiple of the stride from the raster's origin."""
    col0 = int(window.col_off) // stride_px * stride_px
    row0 = int(window.row_off) // stride_px * stride_px
    return Window(col0, row0, int(window.col_off + window.width) - col0, int(window.row_off + window.height) - row0)


def _cells(tile: Window, window: Window, stride_px: int) -> Window:
    col0 = (int(tile.col_off) - int(window.col_off)) // stride_px
    row0 = (int(tile.row_off) - int(window.row_off)) // stride_px
    return Window(col0, row0, -(-int(tile.width) // stride_px), -(-int(tile.height) // stride_px))


def _embed_tile(
    scene: Scene,
    extractor: FeatureExtractor,
    projection: Projection,
    tile: Window,
    mask: np.ndarray | None,
    stride_px: int,
) -> tuple[Tensor | None, np.ndarray]:
    """Returns ((K, rows, cols) float32 or None where nothing is valid, (rows, cols) bool)."""
    inside = inside_mask(mask, scene.grid, tile)
    if inside is not None and not inside.any():
        return None, _cell_valid(inside, stride_px)
    features = extractor(scene, tile)
    extractor.check()
    valid = _cell_valid(features.valid if inside is None else features.valid & inside, stride_px)
    if not features.stages or not valid.any():
        return None, valid
    return projection(features, stride_px).cpu(), valid


def _cell_valid(valid: np.ndarray, stride_px: int) -> np.ndarray:
    """Returns (ceil(rows / stride), ceil(cols / stride)) bool: at least half of a cell's pixels are valid."""
    if stride_px == 1:
        return valid
    rows, cols = (-(-size // stride_px) for size in valid.shape)
    padded = np.zeros((rows * stride_px, cols * stride_px), np.float32)
    padded[: valid.shape[0], : valid.shape[1]] = valid
    halves: np.ndarray = padded.reshape(rows, stride_px, cols, stride_px).mean(axis=(1, 3)) >= 0.5
    return halves


def _encode(values: Tensor | None, valid: np.ndarray, layout: Layout) -> np.ndarray:
    """Returns (K, rows, cols) in the layout's data type, nodata where not valid; overwrites `values`."""
    if values is None:
        return np.full((layout.count, *valid.shape), layout.nodata, layout.dtype)
    if layout.dtype == "uint8":
        scale = torch.tensor(layout.scales, dtype=torch.float32)[:, None, None]
        values = values.div_(scale).add_(CODE_ZERO).round_().clamp_(1, 255)
    values.masked_fill_(torch.from_numpy(~valid), layout.nodata)
    return values.numpy().astype(layout.dtype)


def _layout(
    request: protocol.EmbedRequest, scene: Scene, weights: Weights, projection: Projection, grid: Grid
) -> Layout:
    provenance = {
        "model": weights.name,
        "weights_sha256": weights.sha256,
        "bands": scene.mapping.indexes,
        "bands_how": scene.mapping.how,
        "units": scene.units.name,
        "units_label": scene.units.label,
        "source": scene.name,
        "stages": sorted(set(request.stages)),
        "stride_px": request.stride_px,
        "components": request.components,
        "grn": "frozen",
        "version": protocol.BACKEND_VERSION,
    }
    codes = request.dtype == "uint8"
    scales = tuple(float(s) for s in projection.scale) if codes else ()
    return Layout(
        grid=grid,
        count=len(projection.names),
        dtype=request.dtype,
        nodata=0 if codes else -9999.0,
        descriptions=projection.names,
        tags={"MMEARTH": json.dumps(provenance)},
        scales=scales,
        offsets=tuple(-CODE_ZERO * s for s in scales),
    )


def _style_ranges(request: protocol.EmbedRequest, projection: Projection) -> list[tuple[float, float]]:
    """Range of the first three channels: about two standard deviations, in the values that QGIS shows (scaled)."""
    return [(-64 * float(s), 64 * float(s)) for s in projection.scale[:3]]
