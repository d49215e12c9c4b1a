"""How long adapting to a large image takes, in how much memory, and how soon it stops when it is cancelled.

The target is real: a NAIP image mirrored to 4,000 x 4,000 px and said to be of 1 m, the reference its average at 10 m
with the mean and deviation that the weights know. What is learned from it says nothing; times and memory do. Written to
a temporary folder in strips, so that the process holds nothing that an adaptation does not. Two runs: one to its end,
in which the longest time between two points where it would stop is noted for each phase, and one that is cancelled in
the middle of a step.

    .venv/bin/python backend/benchmarks/adapt_speed.py --data ../shared/data [--threads 2] [--steps 40] [--json FILE]
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from affine import Affine
from rasterio.windows import Window

from benchmarks.machine import machine, spoken
from mmearth import adapt, protocol
from mmearth.errors import Cancelled
from mmearth.weights.checkpoints import Weights, load_weights

SOURCE = "naip/m_4709963_se_14_1_20160816.tif"
BANDS = ("B4", "B3", "B2")  # of the source, in its order
TARGET_M, FACTOR = 1.0, 10
GOALS = {"minutes": 15.0, "cancel seconds": 2.0}
CANCEL_AFTER = 3  # steps
_STRIP = 500  # rows written at once
_KIB = 1 if os.uname().sysname == "Darwin" else 1024  # unit of ru_maxrss in bytes


class Watch:
    """A report that notes when it is told what, and stops where `stop` is set."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.opened_s = self.trained_s = 0.0
        self.steps: list[float] = []  # times at which steps were done
        self.gaps: dict[str, float] = {}  # phase → longest time without a point to stop
        self.warnings: list[str] = []
        self.cosines: dict[int, float] = {}  # step → of held-out places
        self._started_s = self._last_s = time.monotonic()
        self._phase = "beginning"

    def progress(self, phase: str, done: float, total: float) -> None:
        """Notes the time."""
        if phase == "Adapting":
            self.steps.append(time.monotonic())
        self.check()
        self._phase = phase

    def check(self) -> None:
        """Notes the time since the last point to stop.

        Raises:
            Cancelled: `stop` is set.
        """
        now_s = time.monotonic()
        self.gaps[self._phase] = max(self.gaps.get(self._phase, 0.0), now_s - self._last_s)
        self._last_s = now_s
        if self.stop.is_set():
            raise Cancelled

    def log(self, message: str, level: str = "info") -> None:
        """Notes warnings."""
        if level == "warning":
            self.warnings.append(message)

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Notes when the images were read and when the last look at held-out places ended."""
        self.trained_s = time.monotonic() - self._started_s
        self.opened_s = self.opened_s or self.trained_s
        self.cosines[step] = round(values["cosine"], 3)


def mirrored(size: int, side: int) -> np.ndarray:
    """Returns (side,) numbers of pixels of an axis of `size` that runs to and fro without a seam."""
    along = np.arange(side) % (2 * size)
    return np.where(along < size, along, 2 * size - 1 - along)


def write_pair(source: Path, folder: Path, side_px: int, weights: Weights) -> tuple[str, str]:
    """Writes target and reference in strips; returns their paths."""
    with rasterio.open(source) as dataset:
        image, crs = dataset.read(list(range(1, len(BANDS) + 1))), dataset.crs
        left, top = dataset.transform @ (0, 0)
    known = [weights.bands.index(band) for band in BANDS]
    scales = np.array(weights.std)[known] / image.std(axis=(1, 2))
    offsets = np.array(weights.mean)[known] - image.mean(axis=(1, 2)) * scales
    paths = str(folder / "target.tif"), str(folder / "reference.tif")
    shared = {"driver": "GTiff", "count": len(BANDS), "crs": crs, "tiled": True}
    transforms = [Affine(size, 0, left, 0, -size, top) for size in (TARGET_M, TARGET_M * FACTOR)]
    columns = mirrored(image.shape[2], side_px)
    with (
        rasterio.open(
            paths[0], "w", **shared, dtype="uint8", width=side_px, height=side_px, transform=transforms[0]
        ) as target,
        rasterio.open(
            paths[1], "w", **shared, dtype="float32", width=side_px // FACTOR, height=side_px // FACTOR,
            transform=transforms[1],
        ) as reference,
    ):  # fmt: skip
        target.descriptions, reference.descriptions = ("red", "green", "blue"), BANDS
        for row in range(0, side_px, _STRIP):
            rows = mirrored(image.shape[1], side_px)[slice(row, row + _STRIP)]
            strip = image[:, rows[:, None], columns]
            target.write(strip.clip(1, 255), window=Window(0, row, side_px, len(rows)))
            cells = strip.reshape(len(BANDS), len(rows) // FACTOR, FACTOR, side_px // FACTOR, FACTOR).mean((2, 4))
            values = (cells * scales[:, None, None] + offsets[:, None, None]).clip(1, None).astype(np.float32)
            reference.write(values, window=Window(0, row // FACTOR, side_px // FACTOR, len(rows) // FACTOR))
    return paths


def whole_run(request: protocol.AdaptRequest) -> dict[str, Any]:
    """Returns what an adaptation took from beginning to end."""
    watch, started_s = Watch(), time.monotonic()
    result = adapt.run(request, watch)
    taken_s = time.monotonic() - started_s
    between = np.diff(watch.steps).tolist()
    facts = json.loads(Path(result["card"]).read_text("utf-8"))
    return {
        "windows": facts["pairs"]["windows"],
        "target px": facts["pairs"]["facts"]["target_px"],
        "seconds to open and look": round(watch.opened_s, 1),
        "seconds per step": round(statistics.median(between), 2) if between else None,
        "steps": result["steps"],
        "stopped": result["stopped"],
        "best step": facts["held_out"]["best_step"],
        "seconds of training": round(watch.trained_s - watch.opened_s, 1),
        "seconds in all": round(taken_s, 1),
        "peak memory MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB / 2**20),
        "cosine by step": watch.cosines,
        "cosine before and after": [result["before"]["cosine"], result["agreement"]["cosine"]],
        "longest seconds without a point to stop": {
            phase: round(gap, 2) for phase, gap in sorted(watch.gaps.items(), key=lambda item: -item[1])
        },
        "warnings": watch.warnings,
    }


def cancelled_run(request: protocol.AdaptRequest, step_s: float) -> float:
    """Returns the seconds from a cancel in the middle of a step until the adaptation has kept its best and stopped."""
    watch, asked = Watch(), list[float]()

    def cancel() -> None:
        while len(watch.steps) < CANCEL_AFTER and not watch.stop.is_set():
            time.sleep(0.01)
        time.sleep(step_s / 2)
        asked.append(time.monotonic())
        watch.stop.set()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    try:
        adapt.run(request, watch)
    except Cancelled:
        return time.monotonic() - asked[0]
    finally:
        watch.stop.set()
        canceller.join()
    raise RuntimeError("the adaptation ended before it was cancelled; choose more steps")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the data; $MMEARTH_TEST_DATA if not given")
    parser.add_argument("--weights", default="", help="weights of the known sensor; the bundled ones if not given")
    parser.add_argument("--side", type=int, default=4000, help="of the target in pixels, a multiple of 500")
    parser.add_argument("--steps", type=int, default=0, help="of the training; until the curve is flat if not given")
    parser.add_argument("--threads", type=int, default=0, help="as many as torch takes if not given")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    folder = options.data or Path(os.environ.get("MMEARTH_TEST_DATA") or "../shared/data")
    weights, found = load_weights(options.weights), machine()
    print(spoken(found), f"{torch.get_num_threads()} threads; weights '{weights.name}'", sep="; ", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        target, reference = write_pair(folder / SOURCE, Path(temporary), options.side, weights)
        request = protocol.AdaptRequest(
            targets=(target,),
            references=(reference,),
            weights=options.weights,
            units="dn",
            steps=options.steps,
            weights_out=str(Path(temporary) / "own.safetensors"),
        )
        figures = whole_run(request)
        figures["seconds from cancel to stopped"] = round(cancelled_run(request, figures["seconds per step"] or 1.0), 2)
    figures["goals"] = GOALS
    for name, value in figures.items():
        print(f"{name}: {value}")
    if options.json:
        options.json.write_text(json.dumps({"machine": found, **figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
