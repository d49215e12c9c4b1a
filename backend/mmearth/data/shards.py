"""Shards: training chips as fixed-size records in one memory-mapped file per task, described by `shards.json`.

Records hold what the source holds (no standardising), so that a crop is a copy without decompression. Class maps and
categories are already class numbers. Knows nothing of where chips come from, nor of batches.
"""

import contextlib
import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mmearth.disk import disk_errors
from mmearth.errors import InputError, ResourceError
from mmearth.pretraining.tasks import Task

FORMAT_VERSION = 1
DESCRIPTION = "shards.json"
NO_CLASS = {"class_map": 255, "category": -1}  # stored where the class is missing
CLASS_DTYPES: dict[str, np.dtype[Any]] = {"class_map": np.dtype(np.uint8), "category": np.dtype(np.int16)}
MAX_CLASSES = 255  # what a byte can tell apart beside `NO_CLASS`
CONTINUOUS = ("map", "vector")
ALL_LEVELS = "all"  # the level of tasks whose statistics do not depend on the processing level


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each channel, (C,) float64; NaN where a channel was never seen."""

    mean: np.ndarray
    std: np.ndarray


@dataclass(frozen=True)
class Contents:
    """What a folder of shards says about its records.

    Attributes:
        name: Of the source, for messages and the card.
        tasks: What a chip holds; the input first.
        bands: Names of the channels of the input.
        chip_px: Side of a chip.
        missing: By continuous task, stored values that mean "no data"; what is not finite is missing as well.
        level_names: Processing levels.
        statistics: By continuous task and level (`ALL_LEVELS` for every task but the input).
        codes: By class map of the user's, the source's code of each class.
    """

    name: str
    tasks: tuple[Task, ...]
    bands: tuple[str, ...]
    chip_px: int
    missing: dict[str, tuple[float, ...]]
    level_names: tuple[str, ...]
    statistics: dict[str, dict[str, Statistics]]
    codes: dict[str, list[int]]


@dataclass(frozen=True)
class Shards:
    """The chips of one source, ready for reading.

    Attributes:
        contents: What they are.
        arrays: By task, chips along the first axis, read-only: (N, C, S, S) maps, (N, S, S) class maps, (N, C)
            vectors, (N,) categories.
        levels: (N,) index into the level names.
    """

    contents: Contents
    arrays: dict[str, np.ndarray]
    levels: np.ndarray

    @property
    def chips(self) -> int:
        """Number of training chips."""
        return len(self.levels)


class Tally:
    """Mean and standard deviation per channel of values that come in pieces, in float64 (Chan et al. 1979)."""

    def __init__(self, channels: int) -> None:
        self._count = np.zeros(channels)
        self._mean = np.zeros(channels)
        self._squares = np.zeros(channels)

    def add(self, values: np.ndarray, missing: tuple[float, ...]) -> None:
        """Counts the finite values of a piece, (N, C, ...) or (N, C), that are not among `missing`."""
        flat = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1).astype(np.float64)
        valid = np.isfinite(flat) & ~np.isin(flat, missing)
        count = valid.sum(axis=1)
        safe = np.maximum(count, 1)
        mean = np.where(valid, flat, 0).sum(axis=1) / safe
        squares = (np.where(valid, flat - mean[:, None], 0) ** 2).sum(axis=1)
        total = self._count + count
        shift = np.where(count > 0, mean - self._mean, 0)
        share = count / np.maximum(total, 1)
        self._squares += squares + shift**2 * self._count * share
        self._mean += shift * share
        self._count = total

    def result(self) -> Statistics:
        """Returns the statistics so far."""
        seen = self._count > 0
        deviation = np.sqrt(self._squares / np.maximum(self._count, 1))
        return Statistics(np.where(seen, self._mean, np.nan), np.where(seen, deviation, np.nan))


class ShardWriter:
    """Writes records one after the other; see `write_shards`."""

    def __init__(self, folder: Path, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, np.dtype[Any]]) -> None:
        self._shapes, self._dtypes = shapes, dtypes
        self._levels: list[int] = []
        self._files: dict[str, BinaryIO] = {name: (folder / f"{name}.bin").open("wb") for name in shapes}
        self._folder = folder

    @property
    def chips(self) -> int:
        """Number of chips written so far."""
        return len(self._levels)

    def add(self, records: dict[str, np.ndarray], levels: list[int]) -> None:
        """Appends chips: by task (N, *shape), and the index of each chip's level."""
        for name, file in self._files.items():
            values = np.ascontiguousarray(records[name], self._dtypes[name])
            if values.shape != (len(levels), *self._shapes[name]):
                raise ValueError(f"{name}: records of shape {values.shape}, expected {self._shapes[name]}")
            file.write(values.data)
        self._levels += levels

    def close(self) -> None:
        """Closes the files; nothing is described yet."""
        for file in self._files.values():
            file.close()

    def describe(self, source: dict[str, Any], contents: Contents) -> None:
        """Writes `shards.json` and the levels of the chips written so far; `source` is for `open_shards`."""
        np.save(self._folder / "levels.npy", np.array(self._levels, np.uint8), allow_pickle=False)
        description = {
            "format": FORMAT_VERSION,
            "source": source,
            "chips": self.chips,
            "arrays": {
                name: {"dtype": self._dtypes[name].str, "shape": [self.chips, *self._shapes[name]]}
                for name in self._shapes
            },
            "name": contents.name,
            "tasks": [asdict(task) for task in contents.tasks],
            "bands": contents.bands,
            "chip_px": contents.chip_px,
            "missing": contents.missing,
            "levels": contents.level_names,
            "statistics": {
                name: {level: {"mean": _plain(found.mean), "std": _plain(found.std)} for level, found in entry.items()}
                for name, entry in contents.statistics.items()
            },
            "codes": contents.codes,
        }
        (self._folder / DESCRIPTION).write_text(json.dumps(description, allow_nan=False), encoding="utf-8")


@contextlib.contextmanager
def write_shards(
    cache: Path, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, np.dtype[Any]], expected_chips: int
) -> Iterator[ShardWriter]:
    """Yields a writer into a temporary folder that becomes `cache` when the block ends well, and vanishes otherwise.

    Args:
        cache: Folder to make; replaced if it is there. Its parent is made as needed.
        shapes: By task, the shape of one record.
        dtypes: By task.
        expected_chips: To see beforehand whether the disk has room.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    with disk_errors(cache.parent):
        cache.parent.mkdir(parents=True, exist_ok=True)
        record_bytes = sum(math.prod(shape) * dtypes[name].itemsize for name, shape in shapes.items())
        needed, free = record_bytes * expected_chips, shutil.disk_usage(cache.parent).free
        if needed > free:
            raise ResourceError(
                f"The training chips need {needed / 1e9:.1f} GB beside the weights; '{cache.parent}' has "
                f"{free / 1e9:.1f} GB free.",
                "Free space on that disk, or write the weights to another one.",
            )
        folder = Path(tempfile.mkdtemp(prefix=f"{cache.name}.", suffix=".partial", dir=cache.parent))
    try:
        with disk_errors(cache.parent):
            writer = ShardWriter(folder, shapes, dtypes)
            try:
                yield writer
            finally:
                writer.close()
            if cache.exists():
                shutil.rmtree(cache)
            folder.replace(cache)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def open_shards(cache: Path, source: dict[str, Any]) -> Shards | None:
    """Opens a folder of shards if it is whole and was made from just this source.

    Args:
        cache: Folder.
        source: What `ShardWriter.describe` was given; any difference makes the folder out of date.

    Returns:
        The shards, mapped read-only, or None where they have to be made (again).
    """
    path = cache / DESCRIPTION
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if found.get("format") != FORMAT_VERSION or found.get("source") != json.loads(json.dumps(source)):
        return None
    tasks = tuple(Task(**entry) for entry in found["tasks"])
    arrays: dict[str, np.ndarray] = {}
    for task in tasks:
        dtype, shape = np.dtype(found["arrays"][task.name]["dtype"]), tuple(found["arrays"][task.name]["shape"])
        file = cache / f"{task.name}.bin"
        if not file.is_file() or file.stat().st_size != dtype.itemsize * math.prod(shape):
            return None
        # As a plain array: slicing the memmap class itself is several times slower.
        arrays[task.name] = np.asarray(np.memmap(file, dtype, "r", shape=shape))
    levels = cache / "levels.npy"
    if not levels.is_file():
        return None
    contents = Contents(
        name=found["name"],
        tasks=tasks,
        bands=tuple(found["bands"]),
        chip_px=found["chip_px"],
        missing={name: tuple(values) for name, values in found["missing"].items()},
        level_names=tuple(found["levels"]),
        statistics={
            name: {level: Statistics(_array(entry["mean"]), _array(entry["std"])) for level, entry in by_level.items()}
            for name, by_level in found["statistics"].items()
        },
        codes=found["codes"],
    )
    return Shards(contents, arrays, np.load(levels, allow_pickle=False))


def reopen(cache: Path, source: dict[str, Any]) -> Shards:
    """Opens shards that were written a moment ago.

    Raises:
        ResourceError: they are gone or damaged.
    """
    shards = open_shards(cache, source)
    if shards is None:
        raise ResourceError(f"The training chips written to '{cache}' cannot be read again.", "Look at that disk.")
    return shards


def stamp(paths: list[Path]) -> list[dict[str, Any]]:
    """Returns what tells whether files have changed: path, size and time of the last change.

    Raises:
        InputError: a file is not there.
    """
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            raise InputError(f"There is no file '{path}'.", "Check the path.") from error
        found.append({"path": str(path.resolve()), "bytes": status.st_size, "changed_ns": status.st_mtime_ns})
    return found


def _plain(values: np.ndarray) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]


def _array(values: list[float | None]) -> np.ndarray:
    return np.array([math.nan if value is None else value for value in values], np.float64)
