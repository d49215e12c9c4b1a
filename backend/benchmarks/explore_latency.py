"""How long a click in Explore takes: the backend as QGIS runs it, on an embedding of 2,000 × 2,000 pixels.

    .venv/bin/python backend/benchmarks/explore_latency.py [--side 2000] [--repeat 10] [--json FILE]

Makes an embedding of smooth random ground (64 channels, int8), starts `mmearth serve` and times each request from the
line written to the line read. The first request of all, which reads the embedding into memory, stands apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess  # nosec B404 - runs this interpreter
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from scipy import ndimage

from benchmarks.machine import machine, spoken
from mmearth import protocol

CHANNELS, RES_M, LEFT_M, TOP_M = 64, 10.0, 600000.0, 5200000.0
KINDS = 12


def write_embedding(path: Path, side: int) -> None:
    """Writes an embedding: fields of a dozen kinds of ground with soft borders, and noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, KINDS, (side // 20 + 2,) * 2)
    kinds = ndimage.zoom(coarse, 20, order=0)[:side, :side]
    rows, cols = (ndimage.gaussian_filter(rng.normal(0, 40, (side, side)), 6) for _ in range(2))
    at = np.mgrid[:side, :side] + np.rint([rows, cols]).astype(int)
    kinds = kinds[tuple(np.clip(at, 0, side - 1))]
    centres = rng.normal(0, 40, (KINDS, CHANNELS))
    tags = {"MMEARTH": json.dumps({"stages": [0], "weights_sha256": "0" * 8, "components": CHANNELS})}
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=CHANNELS, dtype="int8", nodata=-128,
        crs="EPSG:32632", transform=Affine(RES_M, 0, LEFT_M, 0, -RES_M, TOP_M), tiled=True, blockxsize=512,
        blockysize=512, interleave="pixel", compress="zstd",
    ) as dataset:  # fmt: skip
        dataset.update_tags(**tags)
        dataset.scales = tuple(0.03 * 0.94**channel for channel in range(CHANNELS))
        for channel in range(CHANNELS):
            values = centres[kinds, channel] + rng.normal(0, 12, kinds.shape)
            dataset.write(np.clip(np.rint(values), -127, 127).astype(np.int8), channel + 1)


class Child:
    """A backend that answers one request after the other."""

    def __init__(self) -> None:
        backend = Path(__file__).resolve().parent.parent
        environment = {**os.environ, "PYTHONPATH": str(backend)}
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-m", "mmearth", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        self._number = 0
        self._read()

    def _read(self) -> dict[str, Any]:
        if self._process.stdout is None:
            raise RuntimeError("no pipe")
        return json.loads(self._process.stdout.readline())  # type: ignore[no-any-return]

    def ask(self, request: protocol.Request) -> tuple[float, dict[str, Any]]:
        """Returns the seconds that a request took, and its result."""
        self._number += 1
        if self._process.stdin is None:
            raise RuntimeError("no pipe")
        started_s = time.perf_counter()
        self._process.stdin.write(protocol.encode(protocol.request_to_json(str(self._number), request)))
        self._process.stdin.flush()
        while (event := self._read())["event"] not in protocol.TERMINAL_EVENTS:
            pass
        seconds = time.perf_counter() - started_s
        if event["event"] != protocol.RESULT:
            raise RuntimeError(event.get("message", event["event"]))
        return seconds, event["result"]

    def peak_bytes(self) -> int:
        """Returns the largest memory of the child so far; 0 where the system does not tell."""
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.exists():
            return 0
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def close(self) -> None:
        """Ends the child."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)


def measure(folder: Path, side: int, repeat: int) -> dict[str, list[float]]:
    """Returns the seconds of each kind of request."""
    embedding = str(folder / "embedding.tif")
    write_embedding(Path(embedding), side)
    rng = np.random.default_rng(1)

    def place() -> tuple[float, float]:
        col, row = rng.uniform(side * 0.15, side * 0.85, 2)
        return LEFT_M + col * RES_M, TOP_M - row * RES_M

    child = Child()
    found: dict[str, list[float]] = {}

    def ask(name: str, request: protocol.Request) -> None:
        found.setdefault(name, []).append(child.ask(request)[0])

    try:
        similar = str(folder / "similar.tif")
        ask("similar, embedding not in memory", protocol.SimilarRequest(embedding, similar, place()))
        for _ in range(repeat):
            here = place()
            ask("similar, first place", protocol.SimilarRequest(embedding, similar, here))
            both = (*here, *place())
            ask("similar, one place more", protocol.SimilarRequest(embedding, similar, both))
        region = str(folder / "region.geojson")
        for number in range(repeat):
            here = place()
            ask("select region, first", protocol.SelectRegionRequest(embedding, region, here))
            tolerance = 0.1 + 0.8 * number / max(1, repeat - 1)
            ask("select region, next tolerance", protocol.SelectRegionRequest(embedding, region, here, tolerance))
            everything = protocol.SelectRegionRequest(embedding, region, here, 1.0)
            ask("select region, everything in reach", everything)
        for number in range(repeat):
            points = str(folder / "points.csv")
            ask("scatter, 3,000 points", protocol.ScatterRequest(embedding, points, seed=number))
            groups = str(folder / "groups.tif")
            ask("cluster, 8 groups", protocol.ClusterRequest(embedding, groups, 8, seed=number))
            if number < 3:
                suggested = protocol.ClusterRequest(embedding, groups, seed=number)
                ask("cluster, number suggested", suggested)
            ask("outline of a group", protocol.OutlineRequest(groups, str(folder / "group.gpkg"), 1, 1, min_area_px=20))
        found["peak memory, GB"] = [child.peak_bytes() / 1e9]
    finally:
        child.close()
    return found


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=2000, help="pixels of a side")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--json", type=Path, help="also write the seconds here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), arguments.side, arguments.repeat)
    out = sys.stdout
    measured_on = machine()
    out.write(f"{spoken(measured_on)}\n{arguments.side} × {arguments.side} pixels, {CHANNELS} channels; seconds\n")
    out.write(f"{'':<40}{'median':>9}{'longest':>9}{'n':>4}\n")
    for name, values in found.items():
        out.write(f"{name:<40}{np.median(values):>9.3f}{max(values):>9.3f}{len(values):>4}\n")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": measured_on, "seconds": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
