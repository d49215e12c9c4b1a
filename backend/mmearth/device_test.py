"""The self-test of a device: one real tile is embedded in each precision, timed, compared with the CPU in float32.

Knows nothing of which devices there are, nor why one fails.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import rasterio
import torch
from affine import Affine
from rasterio.windows import Window
from torch import Tensor
from torch.nn import functional

from mmearth.devices import is_out_of_memory
from mmearth.embedding.features import FeatureExtractor
from mmearth.errors import MMEarthError
from mmearth.models.convnextv2 import best_dtype
from mmearth.precision import DTYPES, name_of, precisions_of
from mmearth.progress import Report
from mmearth.scenes.raster import Scene, open_scene
from mmearth.weights.checkpoints import Weights

SIDE_PX = 256
REPEATS = 2  # the better one counts, after one that is not timed
LONG_S = 0.4  # one that takes longer is not repeated: the whole test is to take less than 5 s
# Cosine distance of standardised features to those of the CPU in float32. With the bundled weights on the sample,
# bfloat16 reaches 0.00024 in its worst cell and float16 0.0000013; a device that computes wrongly is far beyond.
LARGEST_DISTANCE = 0.01
SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "scene.tif"
STAGES = (0, 1, 2, 3)


@contextmanager
def open_tile(weights: Weights, sample: Path = SAMPLE) -> Iterator[tuple[Scene, str]]:
    """Yields the scene that devices are tested on and what it is, in words: the bundled sample or, without, noise."""
    if sample.is_file():
        with open_scene(str(sample), {}, "auto", weights.bands) as scene:
            yield scene, "bundled sample scene"
        return
    with TemporaryDirectory(prefix="mmearth_doctor_") as folder:
        path = str(Path(folder) / "synthetic.tif")
        values = np.random.default_rng(0).integers(300, 3000, (len(weights.bands), SIDE_PX, SIDE_PX))
        profile = {"width": SIDE_PX, "height": SIDE_PX, "count": len(weights.bands), "dtype": "uint16"}
        transform = Affine(10, 0, 600000, 0, -10, 5200000)
        with rasterio.open(path, "w", driver="GTiff", crs="EPSG:32632", transform=transform, **profile) as dataset:
            dataset.write(values.astype(np.uint16))
        bands = {name: index + 1 for index, name in enumerate(weights.bands)}
        with open_scene(path, bands, "dn", weights.bands) as scene:
            yield scene, "synthetic noise, as the bundled sample is missing"


class DeviceTest:
    """Tests devices on one tile; the reference is computed once.

    Args:
        weights: Whose encoder embeds.
        scene: What is embedded: its upper left corner.
        report: Asked whether to stop.
    """

    def __init__(self, weights: Weights, scene: Scene, report: Report) -> None:
        self._weights, self._scene, self._report = weights, scene, report
        self._window = Window(0, 0, min(SIDE_PX, scene.grid.width), min(SIDE_PX, scene.grid.height))
        self._reference = self._extractor(torch.device("cpu"), "float32")
        self._read = scene.read_stored(self._reference.reach(self._window))
        self._wanted = self._embed(self._reference)

    def run(self, device_id: str) -> dict[str, Any]:
        """Embeds the tile on a device, in each precision that it can be asked for.

        Returns:
            What `measure` returns of the precision that "auto" takes; precisions: what it returns of each;
            recommended: the fastest that is ok, empty if none is.
        """
        try:
            device = torch.device(device_id)
            usual, names = name_of(best_dtype(device)), precisions_of(device)
        except (RuntimeError, AssertionError) as error:  # torch raises both for devices that are not there
            failed = _failed("float32", _first_line(error))
            return {**failed, "precisions": [failed], "recommended": ""}
        found = [self.measure(device, name) for name in names]
        agreeing = [test for test in found if test["ok"]]
        best = min(agreeing, key=lambda test: float(test["seconds"]))["precision"] if agreeing else ""
        return {
            **next(test for test in found if test["precision"] == usual),
            "precisions": found,
            "recommended": best,
        }

    def measure(self, device: torch.device, precision: str) -> dict[str, Any]:
        """Embeds the tile on a device in a precision.

        Returns:
            precision, seconds (of the better of two, or of one that takes long), pixels_per_second, agreement (largest
            cosine distance of a cell's standardised features to those of the CPU in float32; None if there are none to
            compare), ok, error (a sentence, empty if ok).
        """
        try:
            is_reference = (device.type, precision) == ("cpu", "float32")  # which has run already: no first time
            extractor = self._reference if is_reference else self._extractor(device, precision)
            if not is_reference:
                self._embed(extractor)
            found, seconds = self._timed(extractor)
            for _ in range(1, REPEATS):
                if seconds < LONG_S:
                    seconds = min(seconds, self._timed(extractor)[1])
        except (RuntimeError, AssertionError, MemoryError, TypeError, MMEarthError) as error:  # torch raises all
            if is_out_of_memory(error):
                return _failed(precision, "It ran out of memory with one tile of 256 × 256 pixels.")
            return _failed(precision, _first_line(error))
        distance = largest_distance(self._standardise(found), self._standardise(self._wanted))
        pixels = int(self._window.width * self._window.height)
        return {
            "precision": precision,
            "seconds": round(seconds, 4),
            "pixels_per_second": round(pixels / max(seconds, 1e-9)),
            "agreement": distance,
            **_verdict(distance),
        }

    def _extractor(self, device: torch.device, precision: str) -> FeatureExtractor:
        return FeatureExtractor(
            self._weights, device, STAGES[-1], self._report.check, with_bands=False, dtype=DTYPES[precision]
        )

    def _timed(self, extractor: FeatureExtractor) -> tuple[dict[int, Tensor], float]:
        started_s = time.perf_counter()
        found = self._embed(extractor)  # moved to the CPU at the end, which waits for the device
        return found, time.perf_counter() - started_s

    def _embed(self, extractor: FeatureExtractor) -> dict[int, Tensor]:
        self._report.check()
        stages = extractor.encode(self._scene, self._window, *self._read).stages
        return {stage: maps.cpu() for stage, maps in stages.items()}

    def _standardise(self, stages: dict[int, Tensor]) -> list[Tensor]:
        """Returns (C, rows, cols) of each stage in float32, so that no channel weighs more than its variation."""
        mean, std = (torch.from_numpy(getattr(self._weights, f"feature_{key}")) for key in ("mean", "std"))
        slices = self._weights.stage_slices
        return [
            (maps.float() - mean[slices[stage], None, None]) / std[slices[stage], None, None]
            for stage, maps in sorted(stages.items())
        ]


def largest_distance(found: list[Tensor], wanted: list[Tensor]) -> float | None:
    """Returns the largest cosine distance between cells (C, rows, cols) of the same place.

    None if a value is not finite.
    """
    worst = 0.0
    for maps, reference in zip(found, wanted, strict=True):
        if not bool(torch.isfinite(maps).all()):
            return None
        distances = 1 - functional.cosine_similarity(maps.double(), reference.double(), dim=0)
        worst = max(worst, float(distances.max()))
    return worst


def _failed(precision: str, error: str) -> dict[str, Any]:
    nothing = {"seconds": None, "pixels_per_second": None, "agreement": None, "ok": False}
    return {"precision": precision, **nothing, "error": error}


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _verdict(distance: float | None) -> dict[str, Any]:
    if distance is None:
        return {"ok": False, "error": "Its features hold values that are not finite."}
    if distance > LARGEST_DISTANCE:
        return {
            "ok": False,
            "error": f"Its features differ from those of the CPU by a cosine distance of {distance:.3f}; at most "
            f"{LARGEST_DISTANCE} is wanted.",
        }
    return {"ok": True, "error": ""}
