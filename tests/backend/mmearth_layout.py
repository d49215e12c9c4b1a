"""Writes small folders in the MMEarth v001 layout with known content, for tests and benchmarks."""

import json
from pathlib import Path

import h5py
import numpy as np

CODES = np.array([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100, 255], np.uint8)
STORED = {
    "sentinel2": (13, True, np.uint16),
    "sentinel1": (8, True, np.float32),
    "aster": (2, True, np.int16),
    "era5": (12, False, np.float32),
    "dynamic_world": (1, True, np.uint8),
    "canopy_height_eth": (2, True, np.int8),
    "lat": (2, False, np.float32),
    "lon": (2, False, np.float32),
    "biome": (14, False, np.uint8),
    "eco_region": (846, False, np.uint16),
    "month": (2, False, np.float32),
    "esa_worldcover": (1, True, np.uint8),
}
ALL = tuple(STORED)


def random_values(name, chips, side, random):
    """Returns what a data set of the layout could hold, without missing values but for Sentinel-1's planes."""
    channels, is_map, dtype = STORED[name]
    shape = (chips, channels, side, side) if is_map else (chips, channels)
    if name == "sentinel2":
        return random.integers(200, 6000, shape).astype(dtype)
    if name == "sentinel1":
        values = random.normal(-12, 4, shape).astype(dtype)
        values[:, [2, 3, 6, 7]] = -np.inf
        return values
    if name in ("aster", "canopy_height_eth"):
        return random.integers(0, 60, shape).astype(dtype)
    if name == "dynamic_world":
        return random.integers(0, 10, shape).astype(dtype)
    if name == "esa_worldcover":
        return random.choice(CODES, shape)
    if name in ("biome", "eco_region"):
        return np.eye(channels, dtype=dtype)[random.integers(0, channels, chips)]
    return random.normal(0, 1, shape).astype(dtype)


def write_folder(folder, chips=6, side=64, tasks=("sentinel2",), levels="l2a", train=None, values=None, stats=None):
    """Writes a folder and returns its path.

    Args:
        folder: To make.
        chips, side: Number and side of chips.
        tasks: Data sets to write.
        levels: Of all chips, or of each.
        train: Rows of the training split; None means all.
        values: By task, what to store instead of random numbers.
        stats: Content of the band statistics; None means mean 2000, deviation 1000 of the levels that occur, and
            mean 1, deviation 2 for other continuous tasks.
    """
    folder = Path(folder)
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    levels = [levels] * chips if isinstance(levels, str) else list(levels)
    with h5py.File(folder / "data_x.h5", "w") as file:
        for name in tasks:
            stored = (values or {}).get(name)
            stored = random_values(name, chips, side, random) if stored is None else stored
            file.create_dataset(name, data=stored, chunks=(1, *stored.shape[1:]), compression="gzip")
        rows = [(str(i).encode(), level.encode()) for i, level in enumerate(levels)]
        file["metadata"] = np.array(rows, dtype=[("tile_id", "S100"), ("S2_type", "S10")])
    if stats is None:
        stats = {f"sentinel2_{level}": {"mean": [2000.0] * 13, "std": [1000.0] * 13} for level in set(levels)}
        for name in set(tasks) - {"sentinel2", "biome", "eco_region", "dynamic_world", "esa_worldcover"}:
            stats[name] = {"mean": [1.0] * STORED[name][0], "std": [2.0] * STORED[name][0]}
    splits = {"train": list(range(chips)) if train is None else train, "val": [], "test": []}
    (folder / "data_x_splits.json").write_text(json.dumps(splits))
    (folder / "data_x_band_stats.json").write_text(json.dumps(stats))
    return str(folder)
