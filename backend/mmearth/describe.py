"""The request `describe`: what a scene is and what embedding it would cost, before anything is computed."""

import functools
import time
from typing import Any

import torch

from mmearth import protocol
from mmearth.devices import resolve_device
from mmearth.embedding.embed_job import DEFAULT_MEMORY_BYTES
from mmearth.embedding.features import scene_warnings
from mmearth.embedding.precomputed import EmbeddingInfo, open_embedding, recognise
from mmearth.embedding.timm_models import build_timm, is_timm, load_timm_weights
from mmearth.modalities import BAND_BY_NAME
from mmearth.models.convnextv2 import best_dtype
from mmearth.models.windowed import surroundings
from mmearth.progress import Report
from mmearth.scenes.band_names import band_texts
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import open_scene
from mmearth.weights.checkpoints import Weights, build_encoder, load_weights

TRIAL_PX, TILE_PX = 256, 1024
OUTPUT_SECONDS = 2.5e-6  # per pixel, to project and write 64 components: measured, docs/decisions/0011
OUTPUT_BANDS = 64  # the default number of components, one byte each


def run(request: protocol.DescribeRequest, report: Report) -> dict[str, Any]:
    """Describes a scene; see `protocol.DescribeRequest`.

    Raises:
        InputError: the scene cannot be used, with the reason.
        CheckpointError: the weights do not load.
    """
    info = recognise(request.scene)
    if info is not None:
        return _describe_embedding(request, info, report)
    weights = _load(request.weights)
    with open_scene(request.scene, request.bands, request.units, weights.bands) as scene:
        report.progress("Describing", 0, 1)
        window = window_of(scene.grid, request.bounds, scene.name)
        dataset, grid = scene.dataset, scene.grid
        pixels = window.width * window.height
        seconds_per_pixel = _seconds_per_pixel(request.weights)
        return {
            "scene": request.scene,
            "width": grid.width,
            "height": grid.height,
            "crs": grid.crs.to_string(),
            "bounds": list(grid.bounds),
            "res": [grid.transform.a, -grid.transform.e],
            "dtype": dataset.dtypes[0],
            "nodata": None if dataset.nodata is None or dataset.nodata != dataset.nodata else dataset.nodata,
            "count": dataset.count,
            "band_list": [
                {"index": index, "name": text or f"Band {index}"} for index, text in enumerate(band_texts(dataset), 1)
            ],
            **scene.reading(),
            "precomputed": "",
            "missing": [name for name in weights.bands if name not in scene.mapping.indexes],
            "wanted": list(weights.bands),
            "band_labels": {name: BAND_BY_NAME[name].label for name in weights.bands if name in BAND_BY_NAME},
            "weights": {"name": weights.name, "sha256": weights.sha256},
            "warnings": scene_warnings(scene, weights),
            "estimate": {
                "pixels": int(pixels),
                "seconds": round(pixels * seconds_per_pixel, 1),
                "memory_bytes": DEFAULT_MEMORY_BYTES,  # tiles are chosen for it
                "disk_bytes": int(pixels * OUTPUT_BANDS * 2.4),
            },
        }


def _describe_embedding(request: protocol.DescribeRequest, info: EmbeddingInfo, report: Report) -> dict[str, Any]:
    """Describes an embedding under the keys of a scene: it has no bands to map and costs nothing to embed."""
    with open_embedding(request.scene) as embedding:
        report.progress("Describing", 0, 1)
        window = window_of(embedding.grid, request.bounds, embedding.name)
        pixels = int(window.width * window.height)
        grid = embedding.grid
        return {
            "scene": request.scene,
            "width": grid.width,
            "height": grid.height,
            "crs": grid.crs.to_string(),
            "bounds": list(grid.bounds),
            "res": [grid.transform.a, -grid.transform.e],
            "dtype": embedding.dtype,
            "nodata": embedding.nodata,
            "count": len(info.channels),
            "band_list": [{"index": index, "name": name} for index, name in enumerate(info.channels, 1)],
            **embedding.reading(),
            "missing": [],
            "wanted": [],
            "band_labels": {},
            "weights": {"name": info.model, "sha256": info.details.get("weights_sha256", "")},
            "warnings": [],
            "estimate": {"pixels": pixels, "seconds": 0.0, "memory_bytes": 0, "disk_bytes": 0},
        }


def _load(path: str) -> Weights:
    return load_timm_weights(path) if is_timm(path) else load_weights(path)


@functools.cache
def _seconds_per_pixel(weights_path: str) -> float:
    """Times one small window here and now, and counts what a default tile computes for its surroundings."""
    weights, device = _load(weights_path), resolve_device("auto")
    dtype = best_dtype(device)
    last = len(weights.dims) - 1
    # Layer by layer less is computed around a window: on average about half of its surroundings.
    around_px = 0 if weights.timm else surroundings(weights.depths, weights.patch_size, last).input_px
    network = build_timm(weights) if weights.timm else build_encoder(weights, device, dtype)
    network = network.to(device, dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def seconds(side_px: int) -> float:
        images = torch.zeros(1, len(weights.bands), side_px, side_px, dtype=dtype, device=device)
        images = images.contiguous(memory_format=torch.channels_last)
        started_s = time.perf_counter()
        with torch.inference_mode():
            float(network(images)[-1].float().sum())  # reading the values waits for a GPU
        return time.perf_counter() - started_s

    seconds(TRIAL_PX // 4)
    per_pixel = min(seconds(TRIAL_PX), seconds(TRIAL_PX)) / TRIAL_PX**2
    return per_pixel * (1 + around_px / TILE_PX) ** 2 + OUTPUT_SECONDS
