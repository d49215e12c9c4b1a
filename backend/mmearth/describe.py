"""The request `describe`: what a scene is and what embedding it would cost, before anything is computed."""

import functools
import time
from typing import Any

import torch

from mmearth import protocol
from mmearth.checkpoints import load_weights
from mmearth.devices import resolve_device
from mmearth.extent import window_of
from mmearth.features import FeatureExtractor, scene_warnings
from mmearth.modalities import BAND_BY_NAME
from mmearth.progress import Report
from mmearth.raster import open_scene

TRIAL_PX = 256
OUTPUT_BANDS = 64  # the default number of components, one byte each


def run(request: protocol.DescribeRequest, report: Report) -> dict[str, Any]:
    """Describes a scene; see `protocol.DescribeRequest`.

    Raises:
        InputError: the scene cannot be used, with the reason.
        CheckpointError: the weights do not load.
    """
    weights = load_weights(request.weights)
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
                {"index": index, "name": text or f"Band {index}"} for index, text in enumerate(dataset.descriptions, 1)
            ],
            **scene.reading(),
            "missing": [name for name in weights.bands if name not in scene.mapping.indexes],
            "wanted": list(weights.bands),
            "band_labels": {name: BAND_BY_NAME[name].label for name in weights.bands},
            "weights": {"name": weights.name, "sha256": weights.sha256},
            "warnings": scene_warnings(scene, weights),
            "estimate": {
                "seconds": round(pixels * seconds_per_pixel, 1),
                "memory_bytes": 1_700_000_000,  # largest peak measured: docs/decisions/0005
                "disk_bytes": int(pixels * OUTPUT_BANDS * 2.4),
            },
        }


@functools.cache
def _seconds_per_pixel(weights_path: str) -> float:
    """Times one small forward pass here and now, counting the halo a default tile carries."""
    extractor = FeatureExtractor(load_weights(weights_path), resolve_device("auto"), last_stage=3)
    images = torch.randn(1, len(extractor.weights.bands), TRIAL_PX, TRIAL_PX).to(extractor.device, extractor.dtype)
    images = images.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        extractor.encoder(images[..., :64, :64])
        started_s = time.perf_counter()
        sum(float(maps.float().sum()) for maps in extractor.encoder(images))  # reading the values waits for a GPU
    halo_factor = (1 + 2 * extractor.halo_px / 768) ** 2
    return (time.perf_counter() - started_s) / TRIAL_PX**2 * halo_factor
