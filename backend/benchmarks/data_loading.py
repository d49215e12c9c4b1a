"""Speed of making training batches: the way of the authors' loader against ours, on the same file and one core.

The authors' way is written anew after its description: an HDF5 file with one compressed chunk per tile, read row by
row and task by task, each sample remapped with one `where` per class and standardised on its own, then collated,
cropped and filled. Ours is `mmearth.data.batches` on shards made from the same file, with mirrors, turns and dropped
bands on top.
Rounds alternate. Prints one table and, with --json, writes it.

    OMP_NUM_THREADS=1 .venv/bin/python backend/benchmarks/data_loading.py
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor

from mmearth.data.batches import TrainingData
from mmearth.data.mmearth_folder import CLASS_CODES, STORED_BANDS, pack
from mmearth.pretraining.tasks import MMEARTH_TASKS
from mmearth.progress import Reporter

CROP_PX = 56


def write_tiles(folder: Path, tiles: int, side: int = 64) -> None:
    """Writes a folder in the MMEarth layout with all twelve tasks; smooth fields with noise, so that gzip has work."""
    folder.mkdir()
    random = np.random.default_rng(0)

    def field(channels: int, low: float, high: float, noise: float) -> np.ndarray:
        coarse = random.uniform(low, high, (channels, side // 8, side // 8))
        return coarse.repeat(8, axis=1).repeat(8, axis=2) + random.normal(0, noise, (channels, side, side))

    def onehot(size: int) -> np.ndarray:
        return np.asarray(np.eye(size)[random.integers(size)])

    def radar() -> np.ndarray:
        values = field(8, -20, -5, 1.5)
        values[[2, 3, 6, 7]] = -np.inf
        return values

    makers: dict[str, tuple[str, Callable[[], np.ndarray]]] = {
        "sentinel2": ("uint16", lambda: field(13, 300, 4000, 60)),
        "sentinel1": ("float32", radar),
        "aster": ("int16", lambda: field(2, 0, 900, 3)),
        "era5": ("float32", lambda: random.normal(280, 9, 12)),
        "dynamic_world": ("uint8", lambda: field(1, 1, 9.9, 0)),
        "canopy_height_eth": ("int8", lambda: field(2, 0, 40, 1)),
        "lat": ("float32", lambda: random.uniform(-1, 1, 2)),
        "lon": ("float32", lambda: random.uniform(-1, 1, 2)),
        "biome": ("uint8", lambda: onehot(14)),
        "eco_region": ("uint16", lambda: onehot(846)),
        "month": ("float32", lambda: random.uniform(-1, 1, 2)),
        "esa_worldcover": ("uint8", lambda: np.floor(field(1, 1, 9.9, 0)) * 10),
    }
    stats: dict[str, Any] = {}
    with h5py.File(folder / "data_x.h5", "w") as file:
        for name, (dtype, make) in makers.items():
            shape = make().shape
            stored = file.create_dataset(name, (tiles, *shape), dtype, chunks=(1, *shape), compression="gzip")
            for row in range(tiles):
                stored[row] = make().astype(dtype)
            channels = shape[0]
            if name not in ("biome", "eco_region", *CLASS_CODES):
                entry = {"mean": [1.0] * channels, "std": [2.0] * channels}
                stats |= (
                    dict.fromkeys(("sentinel2_l2a", "sentinel2_l1c"), entry) if name == "sentinel2" else {name: entry}
                )
        rows = [(str(row).encode(), (b"l2a", b"l1c")[row % 2]) for row in range(tiles)]
        file["metadata"] = np.array(rows, dtype=[("tile_id", "S100"), ("S2_type", "S10")])
    (folder / "data_x_splits.json").write_text(json.dumps({"train": list(range(tiles))}))
    (folder / "data_x_band_stats.json").write_text(json.dumps(stats))


class RowByRow:
    """The authors' way of making batches, after its description."""

    def __init__(self, folder: Path, tiles: int) -> None:
        self._file = h5py.File(folder / "data_x.h5")
        self._stats = json.loads((folder / "data_x_band_stats.json").read_text())
        self._bands = [i for i, name in enumerate(STORED_BANDS) if name != "B10"]
        self._levels = [text.decode() for text in self._file["metadata"]["S2_type"]]
        self._tiles = tiles

    def batch(self, index: int, size: int) -> dict[str, Tensor]:
        """Returns cropped and filled tensors by task."""
        random = np.random.default_rng(index)
        items = [self._item(int(row)) for row in random.permutation(self._tiles)[:size]]
        batch = {name: torch.stack([torch.from_numpy(item[name]) for item in items]) for name in items[0]}
        offsets = random.integers(0, 64 - CROP_PX + 1, (size, 2)).tolist()
        for name, values in batch.items():
            if values.ndim == 4:
                crops = [
                    values[i, :, slice(top, top + CROP_PX), slice(left, left + CROP_PX)]
                    for i, (top, left) in enumerate(offsets)
                ]
                batch[name] = torch.stack(crops)
            if batch[name].ndim == 4 and batch[name].is_floating_point():
                batch[name] = torch.nan_to_num(batch[name], nan=0.0, posinf=0.0, neginf=0.0)
        return batch

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _item(self, row: int) -> dict[str, np.ndarray]:
        item = {}
        for task in MMEARTH_TASKS:
            values = self._file[task.name][row]
            if task.kind in ("map", "vector"):
                key = f"sentinel2_{self._levels[row]}" if task.name == "sentinel2" else task.name
                mean, std = (np.array(self._stats[key][part]) for part in ("mean", "std"))
                if task.name == "sentinel2":
                    values, mean, std = values[self._bands], mean[self._bands], std[self._bands]
                shape = (-1, *[1] * (values.ndim - 1))
                nodata = {"sentinel2": 0, "sentinel1": -np.inf, "canopy_height_eth": 255}.get(task.name)
                values = values.astype(np.float32)
                if nodata is not None:
                    values = np.where(values == nodata, np.nan, values)
                item[task.name] = ((values - mean.reshape(shape)) / std.reshape(shape)).astype(np.float32)
            elif task.kind == "class_map":
                found = values.astype(np.float64)
                for number, code in enumerate(CLASS_CODES[task.name]):
                    found = np.where(values == code, number, found)
                found = np.where(found >= task.channels, np.nan, found)
                item[task.name] = np.where(np.isnan(found), -1, found).astype(np.int64)
            else:
                item[task.name] = values.astype(np.int64)
        return item


def measure(tiles: int = 600, batch: int = 64, rounds: int = 7) -> list[dict[str, Any]]:
    """Times both ways, alternating; milliseconds per batch on one core.

    Args:
        tiles: Of 64 px, with all twelve tasks.
        batch: Crops per batch.
        rounds: Batches timed of each way, after one that is not.
    """
    quiet = Reporter(lambda *_: None, lambda *_: None, lambda: False, lambda *_: None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "tiles"
        write_tiles(folder, tiles)
        started_s = time.perf_counter()
        shards = pack(str(folder), Path(temporary) / "shards", quiet)
        packed_s = time.perf_counter() - started_s
        theirs, ours = RowByRow(folder, tiles), TrainingData([shards], CROP_PX, 0)
        ways: dict[str, Callable[[int, int], object]] = {"row by row": theirs.batch, "shards": ours.batch}
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name, make in ways.items():
                wall_s, core_s = time.perf_counter(), time.process_time()
                make(number, batch)
                taken[name].append((time.perf_counter() - wall_s, time.process_time() - core_s))
        theirs.close()
    torch.set_num_threads(threads)
    rows: list[dict[str, Any]] = []
    for name, times in taken.items():
        wall, core = np.array(times[1:]).T * 1e3
        rows.append(
            {
                "way": name,
                "batch": batch,
                "tiles": tiles,
                "rounds": rounds,
                "wall_ms": round(float(np.median(wall)), 1),
                "wall_iqr_ms": round(float(np.subtract(*np.percentile(wall, (75, 25)))), 1),
                "cpu_ms": round(float(np.median(core)), 1),
                "cpu_iqr_ms": round(float(np.subtract(*np.percentile(core, (75, 25)))), 1),
                "one_off_s": round(packed_s, 1) if name == "shards" else 0.0,
            }
        )
    for row in rows:
        row["times_faster"] = round(rows[0]["cpu_ms"] / row["cpu_ms"], 1)
    return rows


def main() -> int:
    """Prints the table; returns 1 where ours is not five times as fast."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=600)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args()
    rows = measure(options.tiles, options.batch, options.rounds)
    print(f"Making a batch of {options.batch} crops with all twelve tasks, one core, median (interquartile range)")
    print(f"{'way':12} {'CPU ms':>16} {'wall ms':>16} {'times faster':>13} {'one-off s':>10}")
    for row in rows:
        core, wall = (f"{row[f'{key}_ms']:.1f} ({row[f'{key}_iqr_ms']:.1f})" for key in ("cpu", "wall"))
        print(f"{row['way']:12} {core:>16} {wall:>16} {row['times_faster']:13.1f} {row['one_off_s']:10.1f}")
    if options.json:
        versions = {"torch": str(torch.__version__), "h5py": h5py.__version__, "machine": platform.machine()}
        options.json.write_text(json.dumps({"versions": versions, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    return 0 if rows[-1]["times_faster"] >= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
