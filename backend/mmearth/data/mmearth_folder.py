"""Reads folders in the MMEarth v001 layout: one HDF5 file of chips, band statistics, splits (arXiv:2405.02771, §3).

Any subset of the twelve tasks may be there, as long as `sentinel2` and `metadata` are. Knows nothing of batches.
"""

import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mmearth.data.shards import (
    ALL_LEVELS,
    CLASS_DTYPES,
    CONTINUOUS,
    NO_CLASS,
    Contents,
    Shards,
    Statistics,
    Tally,
    open_shards,
    reopen,
    stamp,
    write_shards,
)
from mmearth.errors import InputError
from mmearth.pretraining.tasks import INPUT, MMEARTH_TASKS, Task
from mmearth.progress import Report

# The 13 planes of `sentinel2` (MMEarth-data: B8A before B8), and those a model sees: all but B10, which L2A lacks.
STORED_BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B10", "B11", "B12")
BANDS = tuple(name for name in STORED_BANDS if name != "B10")
_PLANES = [STORED_BANDS.index(name) for name in BANDS]
LEVELS = ("l2a", "l1c", "hls")  # hls: Harmonized Landsat Sentinel-2, not in MMEarth itself
ORDERS = ("ours", "G1", "G2")
# Stored values that stand for "no data". Canopy height: 255 of the source was clipped to 127 in int8, and cast
# elsewhere to -1. Aster: -inf of the source became the lowest int16.
MISSING: dict[str, tuple[float, ...]] = {INPUT: (0,), "aster": (-32768,), "canopy_height_eth": (127, 255, -1)}
# Source code → class, in order (MMEarth-data: Dynamic World labels + 1; ESA WorldCover map codes).
CLASS_CODES: dict[str, tuple[int, ...]] = {
    "dynamic_world": tuple(range(1, 10)),
    "esa_worldcover": (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100),
}
_FILES = ("*.h5", "*_splits.json", "*_band_stats.json")
_BLOCK = 64  # rows read at once while packing


class MMEarthFolder:
    """One folder, open for reading.

    Args:
        folder: Holds `<stem>.h5`, `<stem>_splits.json` and `<stem>_band_stats.json`; the tile info is not needed.

    Attributes:
        name: Name of the folder.
        tasks: Those of `MMEARTH_TASKS` that it holds.
        chip_px: Side of a chip.
        train: (N,) rows of the training split, ascending.
        levels: Processing level of each row of the file.

    Raises:
        InputError: a file is missing, doubled, damaged or not in the layout.
    """

    def __init__(self, folder: str) -> None:
        self.name = Path(folder).name
        self.paths = [_only_file(Path(folder), pattern) for pattern in _FILES]
        h5_path, splits_path, stats_path = self.paths
        self._statistics = _read_json(stats_path)
        splits = _read_json(splits_path)
        self._file = _open_h5(h5_path)
        try:
            self.tasks = self._find_tasks()
            chips, _, height, width = self._file[INPUT].shape
            self.chip_px = int(min(height, width))
            metadata = self._read("metadata", slice(None))
            if metadata.dtype.names is None or "S2_type" not in metadata.dtype.names or len(metadata) != chips:
                raise InputError(
                    f"`metadata` of '{h5_path.name}' does not give the S2_type of each of its {chips} chips.",
                    "Choose a folder in the MMEarth v001 layout.",
                )
            self.levels = tuple(_text(value) for value in metadata["S2_type"])
            self.train = _rows(splits.get("train"), splits_path.name, chips)
            unknown = sorted({self.levels[row] for row in self.train} - set(LEVELS))
            if unknown:
                raise InputError(
                    f"'{self.name}' holds S2_type {', '.join(unknown)}; known are {', '.join(LEVELS)}.",
                    "Correct `metadata` in the HDF5 file.",
                )
        except InputError:
            self.close()
            raise

    def __enter__(self) -> "MMEarthFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the HDF5 file."""
        self._file.close()

    def statistics(self, task: str, level: str) -> Statistics | None:
        """Returns the folder's own statistics of a continuous task, NaN in absent channels; None without any.

        Args:
            task: Name; of `sentinel2`, only `BANDS` are returned.
            level: Processing level; matters for `sentinel2` alone.
        """
        entry = self._statistics.get(f"{INPUT}_{level}" if task == INPUT else task)
        channels = len(STORED_BANDS) if task == INPUT else _task(task).channels
        if entry is None:
            return None
        try:
            mean, std = (np.array(entry[key], np.float64) for key in ("mean", "std"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The statistics of {task} in '{self.paths[2].name}' lack mean and std as lists of numbers.",
                "Copy or download that file again.",
            ) from error
        if mean.shape != (channels,) or std.shape != (channels,):
            raise InputError(
                f"'{self.paths[2].name}' has {mean.size} means of {task}; the HDF5 file has {channels} channels.",
                "Copy or download that file again.",
            )
        if task == INPUT:
            mean, std = mean[_PLANES], std[_PLANES]
        absent = ~np.isfinite(mean) | ~np.isfinite(std) | (std < 0) | ((std == 0) & (mean == 0))
        return Statistics(np.where(absent, np.nan, mean), np.where(absent, np.nan, std))

    def raw(self, task: str, rows: slice) -> np.ndarray:
        """Reads what is stored: (N, C, S, S) maps and class maps, (N, C) vectors and one-hot categories.

        Args:
            task: Name; of `sentinel2`, only `BANDS` are returned.
            rows: Of the file.
        """
        found = self._read(task, rows)
        return found[:, _PLANES] if task == INPUT else found

    def records(self, task: Task, rows: slice) -> np.ndarray:
        """Reads records as shards hold them: as stored, class maps and categories as class numbers."""
        raw = self.raw(task.name, rows)
        if task.kind == "class_map":
            table = class_table(CLASS_CODES[task.name])
            return table[np.clip(raw[:, 0].astype(np.int64), 0, len(table) - 1)].astype(CLASS_DTYPES[task.kind])
        if task.kind == "category":
            return np.where(raw.any(axis=1), raw.argmax(axis=1), NO_CLASS[task.kind]).astype(CLASS_DTYPES[task.kind])
        return raw

    def read_item(self, row: int, order: str = "ours") -> dict[str, np.ndarray]:
        """Reads one whole chip as training targets, by task.

        "G1" and "G2" reproduce the items of the authors' code: G1 (released weights) compares standardised values with
        the nodata value, G2 (January 2026) raw ones. They keep class maps (1, S, S) and categories one-hot, as int64.

        "ours" gives the forms of `mmearth.pretraining.tasks` and corrects: no data is masked before standardising (G1
        makes it a number), WorldCover's tree cover stays class 0 (G2 loses it), its 0, 255 and all that is no class are
        missing (G1 reads 0 as tree cover; both let codes below 10 through), canopy height 127, 255 and -1 and aster
        -32768 are missing (both take them for data), infinite era5 values are missing (G2 keeps them), and a category
        with no bit set is missing (both end up with class 0). Missing values of the *input* are filled, with 0, where
        batches are made.

        Args:
            row: Of the file.
            order: One of `ORDERS`.
        """
        item = {}
        for task in self.tasks:
            rows = slice(row, row + 1)
            if task.kind in CONTINUOUS:
                item[task.name] = self._continuous(task.name, self.raw(task.name, rows)[0], self.levels[row], order)
            elif order == "ours":
                found = self.records(task, rows)[0].astype(np.int64)
                item[task.name] = np.where(found == NO_CLASS[task.kind], -1, found)
            elif task.kind == "category":
                item[task.name] = self.raw(task.name, rows)[0].astype(np.int64)
            else:
                item[task.name] = _official_classes(task.name, self.raw(task.name, rows)[0], order)
        return item

    def _continuous(self, name: str, raw: np.ndarray, level: str, order: str) -> np.ndarray:
        statistics = self.statistics(name, level)
        if statistics is None:
            raise InputError(
                f"'{self.paths[2].name}' has no statistics of {name} ({level}).", "Copy or download that file again."
            )
        mean, std = (value.reshape(-1, *[1] * (raw.ndim - 1)) for value in (statistics.mean, statistics.std))
        values = raw.astype(np.float64)
        nodata = {INPUT: 0.0, "sentinel1": -math.inf, "aster": -math.inf, "canopy_height_eth": 255.0}.get(name)
        if name == "era5":
            nodata = math.inf if order == "G1" else None
        if order == "ours":
            values = np.where(np.isfinite(values) & ~np.isin(values, MISSING.get(name, ())), values, np.nan)
            std = np.where(std > 0, std, 1)
        elif order == "G2" and nodata is not None:
            values = np.where(values == nodata, np.nan, values)
        with np.errstate(divide="ignore", invalid="ignore"):  # a constant channel, in the orders of the authors
            values = (values - mean) / std
        if order == "G1" and nodata is not None:
            values = np.where(values == nodata, np.nan, values)
        return values.astype(np.float32)

    def _find_tasks(self) -> tuple[Task, ...]:
        found = self._file.get(INPUT)
        name = Path(self._file.filename).name
        if not isinstance(found, h5py.Dataset) or found.ndim != 4 or found.shape[1] != len(STORED_BANDS):
            shape = found.shape if isinstance(found, h5py.Dataset) else "nothing"
            raise InputError(
                f"'{name}' has {INPUT} of shape {shape}; wanted is (N, {len(STORED_BANDS)}, S, S).",
                "Choose a folder in the MMEarth v001 layout.",
            )
        if not isinstance(self._file.get("metadata"), h5py.Dataset):
            raise InputError(f"'{name}' has no `metadata`.", "Choose a folder in the MMEarth v001 layout.")
        chips, _, height, width = found.shape
        for task in MMEARTH_TASKS:
            if task.name == INPUT or task.name not in self._file:
                continue
            channels = 1 if task.kind == "class_map" else task.channels
            square = (height, width) if task.kind in ("map", "class_map") else ()
            wanted, shape = (chips, channels, *square), getattr(self._file[task.name], "shape", None)
            if shape != wanted:
                raise InputError(
                    f"{task.name} in '{name}' has shape {shape}; beside {INPUT} of shape {found.shape} "
                    f"it should be {wanted}.",
                    "Choose a folder in the MMEarth v001 layout, or remove that data set from the file.",
                )
        return tuple(task for task in MMEARTH_TASKS if task.name in self._file)

    def _read(self, name: str, rows: slice) -> np.ndarray:
        try:
            return np.asarray(self._file[name][rows])
        except OSError as error:
            raise InputError(
                f"{name} in '{self.paths[0].name}' cannot be read: {error}.", "Copy or download the file again."
            ) from error


def pack(folder: str, cache: Path, report: Report) -> Shards:
    """Returns the training chips of a folder as shards, made once and used again while the folder is unchanged.

    Statistics that the folder lacks are computed from the training chips.

    Args:
        folder: In the MMEarth layout.
        cache: Folder for the shards.
        report: Told while packing; cancelling leaves no folder.

    Raises:
        InputError: the folder is not in the layout, or damaged.
        ResourceError: the disk is full.
    """
    with MMEarthFolder(folder) as source:
        stamps: dict[str, Any] = {"kind": "mmearth", "files": stamp(source.paths)}
        found = open_shards(cache, stamps)
        if found is not None:
            return found
        _write(source, cache, stamps, report)
    return reopen(cache, stamps)


def _write(source: MMEarthFolder, cache: Path, stamps: dict[str, Any], report: Report) -> None:
    samples = {task.name: source.records(task, slice(0, 1)) for task in source.tasks}
    shapes = {name: sample.shape[1:] for name, sample in samples.items()}
    dtypes = {name: sample.dtype for name, sample in samples.items()}
    level_names = tuple(level for level in LEVELS if _has_level(source, level))
    continuous = [task for task in source.tasks if task.kind in CONTINUOUS]
    statistics: dict[str, dict[str, Statistics]] = {task.name: {} for task in continuous}
    tallies: dict[tuple[str, str], Tally] = {}
    for task in continuous:
        for level in level_names if task.name == INPUT else (ALL_LEVELS,):
            known = source.statistics(task.name, level)
            if known is None:
                tallies[task.name, level] = Tally(task.channels)
            else:
                statistics[task.name][level] = known
    levels = np.array([level_names.index(source.levels[row]) for row in source.train])
    with write_shards(cache, shapes, dtypes, len(source.train)) as writer:
        for rows, kept in _blocks(source.train):
            records = {task.name: source.records(task, rows)[kept] for task in source.tasks}
            start, stop = writer.chips, writer.chips + len(kept)
            block_levels = levels[start:stop]
            writer.add(records, block_levels.tolist())
            for (name, level), tally in tallies.items():
                of_level = level == ALL_LEVELS or block_levels == level_names.index(level)
                tally.add(
                    records[name][of_level] if isinstance(of_level, np.ndarray) else records[name], _missing(name)
                )
            report.progress(f"Preparing {source.name}", writer.chips, len(source.train))
        for (name, level), tally in tallies.items():
            statistics[name][level] = tally.result()
        contents = Contents(
            name=source.name,
            tasks=source.tasks,
            bands=BANDS,
            chip_px=source.chip_px,
            missing={task.name: _missing(task.name) for task in continuous},
            level_names=level_names,
            statistics=statistics,
            codes={name: list(codes) for name, codes in CLASS_CODES.items() if name in shapes},
        )
        writer.describe(stamps, contents)


def class_table(codes: tuple[int, ...]) -> np.ndarray:
    """Returns (257,) the class of each code up to 255, `NO_CLASS` where there is none and for what lies beyond."""
    table = np.full(257, NO_CLASS["class_map"])
    table[list(codes)] = np.arange(len(codes))
    return table


def _has_level(source: MMEarthFolder, level: str) -> bool:
    return source.statistics(INPUT, level) is not None or any(source.levels[row] == level for row in source.train)


def _missing(name: str) -> tuple[float, ...]:
    return MISSING.get(name, ())


def _blocks(train: np.ndarray) -> list[tuple[slice, np.ndarray]]:
    """Returns (rows of the file to read at once, which of them are training rows) so that each is read once."""
    blocks, start = [], 0
    while start < len(train):
        first = int(train[start])
        stop = int(np.searchsorted(train, first + _BLOCK))
        kept = train[start:stop] - first
        blocks.append((slice(first, first + int(kept[-1]) + 1), kept))
        start = stop
    return blocks


def _official_classes(name: str, raw: np.ndarray, order: str) -> np.ndarray:
    """Returns class maps as the authors' code reads them; see `MMEarthFolder.read_item`."""
    found = raw.astype(np.int64)
    codes = CLASS_CODES[name]
    for number, code in enumerate(codes):
        found = np.where(raw == code, number, found)
    if name == "dynamic_world":
        found = np.where(raw == 0, -1, found)
    found = np.where(found >= len(codes), -1, found)
    if name == "esa_worldcover" and order == "G2":
        found = np.where(found == 0, -1, found)
    return found


def _task(name: str) -> Task:
    return next(task for task in MMEARTH_TASKS if task.name == name)


def _rows(rows: Any, name: str, chips: int) -> np.ndarray:
    if not isinstance(rows, list) or not all(type(row) is int and 0 <= row < chips for row in rows) or not rows:
        count = len(rows) if isinstance(rows, list) else "no"
        raise InputError(
            f"'{name}' lists {count} training rows for {chips} chips, or some that are not there.",
            "List rows between 0 and the number of chips minus one under 'train'.",
        )
    return np.unique(np.array(rows, np.int64))


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise InputError(
            f"Folder '{folder}' holds {len(found)} files '{pattern}'; the MMEarth layout wants one.",
            "Choose a folder with one .h5, one _splits.json and one _band_stats.json.",
        )
    return found[0]


def _open_h5(path: Path) -> h5py.File:
    try:
        return h5py.File(path)
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read as HDF5: {error}.", "Copy or download it again.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"'{path.name}' is not JSON: {error}.", "Copy or download it again.") from error
    if not isinstance(found, dict):
        raise InputError(f"'{path.name}' is not a JSON object.", "Copy or download it again.")
    return found


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
