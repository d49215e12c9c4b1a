"""An embedding job, ready to compute any of its units: here, in another process, or on another machine."""

import contextlib
import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rasterio.windows import Window

from mmearth import protocol
from mmearth.cog import Layout
from mmearth.devices import resolve_device
from mmearth.embedding.features import FeatureExtractor
from mmearth.embedding.projection import NODATA, ROWS_PX, Projection, is_coded, nodata_of, storage_type
from mmearth.embedding.scene_calibration import calibrate_on_scene
from mmearth.embedding.timm_models import is_timm, load_timm_weights
from mmearth.errors import InputError
from mmearth.precision import chosen_dtype, name_of
from mmearth.progress import Report
from mmearth.scenes.block_reader import KEPT_BYTES, strip_px
from mmearth.scenes.extent import inside_mask, read_mask, touches_mask, window_of
from mmearth.scenes.plan import Unit, plan, snap
from mmearth.scenes.raster import Scene, open_scene
from mmearth.weights.checkpoints import Weights, load_weights, save_weights

TILES_PX = (2048, 1536, 1024, 768, 512, 256)  # largest first: the larger, the less is computed for the surroundings
NO_GRN = ""  # of requests for models of timm
DEFAULT_MEMORY_BYTES = 2 * 10**9
ALL_THREADS = torch.get_num_threads()  # before any request changes it
PROGRAM_BYTES = 650 * 10**6  # Python, torch and GDAL with its cache, before the first tile


@dataclasses.dataclass(frozen=True)
class EmbedJob:
    """A request with all that it needs open.

    Attributes:
        request: As it came.
        scene: The open scene.
        weights: Loaded, and calibrated on the scene where the request wants that.
        projection: From features to channels.
        extractor: The encoder.
        window: Pixels of the scene, snapped to the stride.
        mask: Polygons in the scene's CRS, or None.
        tile_px: Side of a unit.
        strips: Its units.
    """

    request: protocol.EmbedRequest
    scene: Scene
    weights: Weights
    projection: Projection
    extractor: FeatureExtractor
    window: Window
    mask: np.ndarray | None
    tile_px: int
    strips: list[list[Unit]]

    @property
    def units(self) -> dict[int, Unit]:
        """All units by index."""
        return {unit.index: unit for strip in self.strips for unit in strip}

    def compute(self, unit: Unit, raw: np.ndarray, valid: np.ndarray) -> np.ndarray | None:
        """Returns the unit's cells as they are stored, (K, rows, cols), or None where there are no data.

        Args:
            unit: One of `units`.
            raw, valid: Of the window `extractor.reach(unit.window)`, as the scene stores them.
        """
        cells, features = self._features(unit.window, raw, valid)
        if features is None or not cells.any():
            return None
        return self.projection.stored(features, cells, self.request.stride_px, self.request.dtype, self.extractor.check)

    def embed_window(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Returns ((K, rows, cols) float32, valid (rows, cols)) of a window that starts on a multiple of the stride."""
        raw, valid = self.scene.read_stored(self.extractor.reach(window))
        cells, features = self._features(window, raw, valid)
        if features is None:
            return np.zeros((len(self.projection.names), *cells.shape), np.float32), np.zeros_like(cells)
        return self.projection.stored(features, cells, self.request.stride_px, "float32", self.extractor.check), cells

    def _features(self, window: Window, raw: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, Any]:
        inside = inside_mask(self.mask, self.scene.grid, window)
        if inside is not None and not inside.any():
            return cell_valid(inside, self.request.stride_px), None
        features = self.extractor.encode(self.scene, window, raw, valid)
        self.extractor.check()
        wanted = features.valid if inside is None else features.valid & inside
        return cell_valid(wanted, self.request.stride_px), features if features.stages else None

    @property
    def layout(self) -> Layout:
        """What the embedding raster holds."""
        request, scene, weights = self.request, self.scene, self.weights
        grid = scene.grid.crop(self.window).coarsen(request.stride_px)
        stages = sorted(set(request.stages))
        coded = is_coded(request.dtype)
        scales = tuple(float(step) for step in self.projection.scale) if coded else ()
        provenance = {
            "model": weights.name,
            "weights_sha256": weights.sha256,
            "bands": scene.mapping.indexes,
            "bands_how": scene.mapping.how,
            "units": scene.units.name,
            "units_label": scene.units.label,
            "source": scene.name,
            "stages": stages,
            "stride_px": request.stride_px,
            "components": request.components,
            "pca_from": request.pca_from,
            "grn": request.grn,
            "precision": name_of(self.extractor.dtype),
            "version": protocol.BACKEND_VERSION,
        }
        if weights.space:
            provenance["space"] = weights.space.to_json(tuple(stages))
        # Keys of the Zarr convention `geoemb` v1 (proposal, geoembeddings.org), as one JSON text.
        described: dict[str, Any] = {
            "geoemb:type": "pixel",
            "geoemb:dimensions": len(self.projection.names),
            "geoemb:model": weights.name,
            "geoemb:source_data": scene.name,
            "geoemb:data_type": request.dtype,
            "geoemb:gsd": round(max(grid.pixel_size_m()), 3),
            "geoemb:build_version": protocol.BACKEND_VERSION,
        }
        if coded:
            described["geoemb:quantization"] = {
                "method": "linear",
                "original_dtype": "float32",
                "scale": [float(f"{step:.9g}") for step in scales],
                "offset": 0,
                "nodata": NODATA,
            }
        options = {"COMPRESS": "ZSTD", "PREDICTOR": "YES" if coded else "NO"}
        if request.dtype == "float16":
            options["NBITS"] = "16"
        return Layout(
            grid=grid,
            count=len(self.projection.names),
            dtype=storage_type(request.dtype),
            nodata=nodata_of(request.dtype),
            descriptions=self.projection.names,
            tags={"MMEARTH": json.dumps(provenance), "GEOEMB": json.dumps(described)},
            scales=scales,
            offsets=(0.0,) * len(scales),
            options=options,
        )

    def identity(self) -> dict[str, Any]:
        """Returns what determines the result, apart from the pixels of the scene."""
        request = dataclasses.asdict(self.request)
        for name in ("scene", "out", "weights", "threads", "memory_limit_bytes", "resume", "cache", "scheduler"):
            del request[name]
        del request["precision"]  # "auto" and its name give the same: what was computed in counts
        return {
            **request,
            "bands": self.scene.mapping.indexes,
            "units": [self.scene.units.name, self.scene.level],
            "window": [int(value) for value in self.window.flatten()],
            "tile_px": self.tile_px,
            "weights": self.weights.sha256,
            "timm": self.weights.timm.name if self.weights.timm else "",
            "computed_in": [self.extractor.device.type, str(self.extractor.dtype)],
            "version": protocol.BACKEND_VERSION,
        }


@contextlib.contextmanager
def open_job(request: protocol.EmbedRequest, report: Report, calibrated: str = "") -> Iterator[EmbedJob]:
    """Opens all that a request needs.

    Args:
        request: See `protocol.EmbedRequest`.
        report: Told about calibration on the scene; checked between layers.
        calibrated: Weights file that a calibration on the scene was kept in; empty to calibrate here.

    Raises:
        InputError: the scene, extent, mask or choice of stages does not serve.
        CheckpointError: the weights do not load.
        ResourceError: the device cannot be used, or not in that precision.
    """
    stages = tuple(sorted(set(request.stages)))
    torch.set_num_threads(request.threads or ALL_THREADS)
    device = resolve_device(request.device)
    dtype = chosen_dtype(request.precision, device)  # refused before anything is read
    if is_timm(request.weights):
        weights = load_timm_weights(request.weights)
        request = _fit_timm(request, weights, report)
    else:
        weights = load_weights(request.weights)
    with open_scene(request.scene, request.bands, request.units, weights.bands) as scene:
        window = snap(window_of(scene.grid, request.bounds, scene.name), request.stride_px, scene.grid)
        if "scene" in (request.grn, request.pca_from):
            if calibrated:
                found = load_weights(calibrated)
                weights = dataclasses.replace(found, path=weights.path, sha256=weights.sha256)
            else:
                weights = calibrate_on_scene(weights, scene, window, stages, request.grn, request.pca_from, report)
        projection = Projection(weights, stages, request.components)
        mask = read_mask(request.mask, scene.grid)
        extractor = FeatureExtractor(
            weights,
            device,
            max(stages),
            report.check,
            kept=stages,
            with_bands=False,
            grn=[] if request.grn == "image" else weights.grn,
            dtype=dtype,
            log=report.log,
        )
        tile_px = request.tile_px or choose_tile(request, scene, weights, projection, extractor)
        strips = plan(
            window,
            tile_px,
            request.stride_px,
            strip_px(scene),
            lambda part: touches_mask(mask, scene.grid, part),
        )
        if not strips:
            raise InputError(
                f"No polygon of the mask lies in this extent of '{scene.name}'.",
                "Choose another mask, or a larger extent.",
            )
        yield EmbedJob(request, scene, weights, projection, extractor, window, mask, tile_px, strips)


def _fit_timm(request: protocol.EmbedRequest, weights: Weights, report: Report) -> protocol.EmbedRequest:
    """Returns the request as a model of timm can meet it, which ships no feature statistics and no GRN of ours."""
    if max(request.stages) >= len(weights.dims):
        raise InputError(
            f"Stage {max(request.stages)} was asked for; timm's '{weights.name}' has {len(weights.dims)} stages.",
            f"Choose from {', '.join(map(str, range(len(weights.dims))))}.",
        )
    if request.pca_from != "scene":
        report.log(
            f"'{weights.name}' of timm ships no statistics of its features; components and steps are those of the "
            "scene. Embeddings of different scenes cannot be compared.",
            "info",
        )
    return dataclasses.replace(request, pca_from="scene", grn=NO_GRN)


def keep_calibration(job: EmbedJob, folder: Path) -> str:
    """Writes weights that were calibrated on the scene where others can load them; "" where they were not.

    Models of timm cannot be kept so: each worker measures them on the scene again, with the same result.
    """
    if job.weights.timm or "scene" not in (job.request.grn, job.request.pca_from):
        return ""
    path = str(folder / "calibrated.safetensors")
    save_weights(path, job.weights)
    return path


def choose_tile(
    request: protocol.EmbedRequest, scene: Scene, weights: Weights, projection: Projection, extractor: FeatureExtractor
) -> int:
    """Returns the largest tile that the memory allowed for should hold; see docs/decisions/0011."""
    allowed = request.memory_limit_bytes or DEFAULT_MEMORY_BYTES
    for tile_px in TILES_PX:
        if memory_of(tile_px, request, scene, weights, projection, extractor) <= allowed:
            return tile_px
    return TILES_PX[-1]


def memory_of(
    tile_px: int,
    request: protocol.EmbedRequest,
    scene: Scene,
    weights: Weights,
    projection: Projection,
    extractor: FeatureExtractor,
) -> int:
    """Returns the bytes that embedding tiles of this size should take at most."""
    precise = extractor.dtype.itemsize
    read_px = tile_px + 2 * extractor.halo_px
    stored = sum(np.dtype(scene.dataset.dtypes[i - 1]).itemsize for i in scene.mapping.indexes.values())
    raw = read_px**2 * (stored + 1) + (read_px + 1024) ** 2 * stored  # the window, and blocks of the next
    maps = sum(
        tile_px**2 // weights.strides[stage] ** 2 * weights.dims[stage] * precise for stage in set(request.stages)
    )
    layers = extractor.backbone.values_at_once(read_px) * precise
    cells = math.ceil(tile_px / request.stride_px)
    codes = 2 * cells**2 * len(projection.names) * np.dtype(storage_type(request.dtype)).itemsize
    rows = 4 * ROWS_PX // request.stride_px * cells * len(projection.names) * 4
    return int(PROGRAM_BYTES + KEPT_BYTES + raw + maps + max(layers, rows) + codes)


def cell_valid(valid: np.ndarray, stride_px: int) -> np.ndarray:
    """Returns (ceil(rows / stride), ceil(cols / stride)) bool: at least half of a cell's pixels are valid."""
    if stride_px == 1:
        return valid
    rows, cols = (-(-size // stride_px) for size in valid.shape)
    padded = np.zeros((rows * stride_px, cols * stride_px), np.float32)
    padded[: valid.shape[0], : valid.shape[1]] = valid
    halves: np.ndarray = padded.reshape(rows, stride_px, cols, stride_px).mean(axis=(1, 3)) >= 0.5
    return halves
