"""Batches of random crops from shards: gathered, turned, standardised. Knows nothing of files or models.

A batch is a function of the seed and its index alone, so going on after a stop, and sharing batches among processes,
need no state.
"""

import functools
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmearth.data.mmearth_folder import BANDS
from mmearth.data.scales import SOURCE_EXPONENT, Scale
from mmearth.data.shards import CLASS_DTYPES, CONTINUOUS, NO_CLASS, Shards
from mmearth.errors import InputError
from mmearth.pretraining.tasks import INPUT, MMEARTH_TASKS, Task

# Band sets that users of Sentinel-2 have, and how often a sample is reduced to each.
BAND_SETS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.40, BANDS),
    (0.10, ("B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8A", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8")),
    (0.20, ("B2", "B3", "B4")),
)
# Bands of other sensors: how many samples lose some, and how likely each band is lost in them.
REDUCED_SHARE, LOST_BAND = 0.3, 0.1
QUEUE_DEPTH = 3
BLOCK = 1024  # samples among which every source has exactly its share
_ORDER, _SOURCES, _BATCH = 0, 1, 2  # streams of random numbers


@dataclass(frozen=True)
class Batch:
    """Crops ready for a model.

    Attributes:
        inputs: (N, C, S, S) float32, standardised, clipped to ±`scales.CLIP`, 0 where missing or dropped.
        targets: By task, in the forms of `mmearth.pretraining.tasks`; maps and vectors standardised and clipped.
    """

    inputs: Tensor
    targets: dict[str, Tensor]


@dataclass(frozen=True)
class Samples:
    """What one batch is made of: (N,) arrays, one value per crop."""

    sources: np.ndarray  # index of the shards
    chips: np.ndarray  # record within them
    tops: np.ndarray
    lefts: np.ndarray
    turns: np.ndarray  # quarter turns
    flips: np.ndarray  # whether mirrored before turning
    kept: np.ndarray  # (N, C) whether the encoder sees a band


class TrainingData:
    """Random crops from one or several shards.

    Chips of a source come in a new order each time through it, without repeats; sources alternate by their share.

    Args:
        shards: At least one; all with the same bands.
        crop_px: Side of a crop.
        seed: Same seed, same batches.
        tasks: Names of the wanted targets, to which the input is added; empty means all.
        band_dropout: Whether bands of some samples are hidden from the encoder.
        augment: Whether crops are mirrored and turned.
        official: Whether gaps are standardised like data and nothing is clipped, see `scales.Scale.over`.

    Attributes:
        tasks: The input first, then as in MMEarth, then others.
        bands: Names of the channels of the input.
        levels: By processing level, "mean" and "std" of each of `bands`, over all sources.
        chips: Number of training chips.
        names: Source → its number of training chips.

    Raises:
        InputError: the sources do not fit together, chips are too small, or a task is not there.
    """

    def __init__(
        self,
        shards: list[Shards],
        crop_px: int,
        seed: int,
        tasks: tuple[str, ...] = (),
        band_dropout: bool = True,
        augment: bool = True,
        official: bool = False,
    ) -> None:
        _check(shards, crop_px)
        self._shards, self._crop_px, self._augment = shards, crop_px, augment
        self._seed = seed % 2**32
        self.tasks = _union(shards, tasks)
        self.bands = shards[0].contents.bands
        self.chips = sum(part.chips for part in shards)
        self.names = _names(shards)
        self._band_sets = _band_sets(self.bands) if band_dropout else None
        self._drop_any = band_dropout and self._band_sets is None and len(self.bands) > 1
        self._scales = {task.name: Scale.over(shards, task, official) for task in self.tasks if task.kind in CONTINUOUS}
        self.levels = self._scales[INPUT].as_levels()
        for part in shards:
            for level in {part.contents.level_names[i] for i in np.unique(part.levels)}:
                if level not in self.levels:
                    raise InputError(
                        f"'{part.contents.name}' has {level} chips, but there are no statistics 'sentinel2_{level}'.",
                        "Add them to its band_stats file.",
                    )
        share = np.array([part.chips for part in shards]) ** SOURCE_EXPONENT
        self._quota = _quota(share / share.sum())
        self._order = functools.lru_cache(maxsize=4 * len(shards))(self._epoch_order)
        self._block = functools.lru_cache(maxsize=4)(self._mixed_block)

    def batch(self, index: int, size: int) -> Batch:
        """Returns batch `index` of an endless sequence of batches of `size`; depends on the seed and these alone."""
        samples = self.samples(index, size)
        targets: dict[str, Tensor] = {}
        for task in self.tasks:
            found = self._gather(task, samples)
            if task.kind in CONTINUOUS:
                missing = self._scales[task.name].apply(found, self._level_rows(task, samples))
                if task.name == INPUT:
                    inputs = found.copy()
                    _fill(inputs, missing, 0)
                _fill(found, missing, np.nan)
            else:
                missing = found == NO_CLASS[task.kind]
                found = found.astype(np.int64)
                _fill(found, missing, -1)
            targets[task.name] = torch.from_numpy(found)
        if not samples.kept.all():
            inputs[~samples.kept] = 0
        return Batch(torch.from_numpy(inputs), targets)

    def samples(self, index: int, size: int) -> Samples:
        """Returns what batch `index` is made of; see `batch`."""
        positions = np.arange(index * size, (index + 1) * size)
        sources, chips = np.empty(size, np.int64), np.empty(size, np.int64)
        for i, position in enumerate(positions.tolist()):
            sources[i], chips[i] = self._chip(position)
        rng = np.random.default_rng([self._seed, _BATCH, index, size])
        sides = np.array([part.contents.chip_px for part in self._shards])[sources]
        tops, lefts = crop_offsets(rng, sides, self._crop_px)
        turns, flips = rng.integers(0, 4, size), rng.integers(0, 2, size)
        if not self._augment:
            turns, flips = np.zeros_like(turns), np.zeros_like(flips)
        return Samples(sources, chips, tops, lefts, turns, flips, self._kept_bands(rng, size))

    def _chip(self, position: int) -> tuple[int, int]:
        """Returns (source, record) of a sample of the endless sequence."""
        source, rank = 0, position
        if len(self._shards) > 1:
            block, offset = divmod(position, BLOCK)
            sources, ranks = self._block(block)
            source = int(sources[offset])
            rank = block * int(self._quota[source]) + int(ranks[offset])
        epoch, place = divmod(rank, self._shards[source].chips)
        return source, int(self._order(source, epoch)[place])

    def _mixed_block(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns (BLOCK,) the source of each sample of a block, and how many of that source come before it there."""
        rng = np.random.default_rng([self._seed, _SOURCES, number])
        sources = rng.permutation(np.repeat(np.arange(len(self._shards)), self._quota))
        ranks = np.empty(BLOCK, np.int64)
        for source, count in enumerate(self._quota):
            ranks[sources == source] = np.arange(count)
        return sources, ranks

    def _epoch_order(self, source: int, epoch: int) -> np.ndarray:
        """Returns the order of a source's chips in an epoch."""
        return np.random.default_rng([self._seed, _ORDER, source, epoch]).permutation(self._shards[source].chips)

    def _kept_bands(self, rng: np.random.Generator, size: int) -> np.ndarray:
        if self._band_sets is not None:
            shares, kept_bands = self._band_sets
            return np.asarray(kept_bands[rng.choice(len(shares), size, p=shares)])
        kept = np.ones((size, len(self.bands)), bool)
        if self._drop_any:
            lost = rng.random(kept.shape) < LOST_BAND
            lost &= (rng.random(size) < REDUCED_SHARE)[:, None]
            kept = ~lost
            kept[~kept.any(axis=1), rng.integers(len(self.bands))] = True
        return kept

    def _gather(self, task: Task, samples: Samples) -> np.ndarray:
        """Returns a task's crops as stored, NaN or `NO_CLASS` where a source lacks the task; maps as float32."""
        size, side = len(samples.chips), self._crop_px
        shape = {
            "map": (size, task.channels, side, side),
            "class_map": (size, side, side),
            "vector": (size, task.channels),
            "category": (size,),
        }[task.kind]
        found = np.empty(shape, np.float32 if task.kind in CONTINUOUS else CLASS_DTYPES[task.kind])
        lacking = np.nan if task.kind in CONTINUOUS else NO_CLASS[task.kind]
        arrays = [part.arrays.get(task.name) for part in self._shards]
        for i, (source, chip) in enumerate(zip(samples.sources.tolist(), samples.chips.tolist(), strict=True)):
            array = arrays[source]
            if array is None:
                found[i] = lacking
            elif task.kind in ("map", "class_map"):
                top, left = samples.tops[i], samples.lefts[i]
                crop = array[chip, ..., slice(top, top + side), slice(left, left + side)]
                found[i] = turned(crop, int(samples.turns[i]), bool(samples.flips[i]))
            else:
                found[i] = array[chip]
        return found

    def _level_rows(self, task: Task, samples: Samples) -> np.ndarray:
        """Returns (N,) the row of the task's table of statistics for each sample."""
        rows = self._scales[task.name].rows
        if task.name != INPUT:
            return np.zeros(len(samples.chips), np.int64)
        of_source = [np.array([rows.get(level, 0) for level in part.contents.level_names]) for part in self._shards]
        pairs = zip(samples.sources.tolist(), samples.chips.tolist(), strict=True)
        return np.array([of_source[source][self._shards[source].levels[chip]] for source, chip in pairs])


class Prefetch:
    """Makes batches in threads while the model works on earlier ones; use as a context manager.

    Args:
        data: Where batches come from.
        indexes: Of the batches, in order.
        size: Of each batch.
        threads: How many batches are made at once.

    Attributes:
        waited_s: Seconds that the reader has waited for batches.
    """

    def __init__(self, data: TrainingData, indexes: Iterable[int], size: int, threads: int = 1) -> None:
        self.waited_s = 0.0
        self._data, self._indexes, self._size = data, iter(indexes), size
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="batches")
        self._depth = QUEUE_DEPTH + threads - 1
        self._ready: deque[Future[Batch]] = deque()

    def __enter__(self) -> "Prefetch":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[Batch]:
        """Yields the batches; raises what making one raised."""
        while True:
            for index in itertools.islice(self._indexes, self._depth - len(self._ready)):
                self._ready.append(self._threads.submit(self._data.batch, index, self._size))
            if not self._ready:
                return
            started_s = time.perf_counter()
            found = self._ready.popleft().result()
            self.waited_s += time.perf_counter() - started_s
            yield found


def _fill(values: np.ndarray, where: np.ndarray, value: float) -> None:
    if where.any():  # as a rule there is nothing to fill, and looking is far cheaper
        np.copyto(values, value, where=where)


def crop_offsets(rng: np.random.Generator, sides: np.ndarray, crop_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns (N,) top and left of crops, uniform over chips of the given sides (N,)."""
    room = sides - crop_px + 1
    return rng.integers(0, room), rng.integers(0, room)


def turned(crop: np.ndarray, turns: int, flip: bool) -> np.ndarray:
    """Returns a view of a crop (..., S, S), mirrored left to right if `flip`, then turned by quarters to the left."""
    if flip:
        crop = crop[..., ::-1]
    if turns == 1:
        return crop.swapaxes(-1, -2)[..., ::-1, :]
    if turns == 2:
        return crop[..., ::-1, ::-1]
    if turns == 3:
        return crop.swapaxes(-1, -2)[..., ::-1]
    return crop


def _band_sets(bands: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns how often each of `BAND_SETS` is drawn and (sets, bands) which bands it keeps; None for other sensors."""
    if bands != BANDS:
        return None
    kept = np.array([[band in names for band in bands] for _, names in BAND_SETS])
    return np.array([share for share, _ in BAND_SETS]), kept


def _quota(share: np.ndarray) -> np.ndarray:
    """Returns how many of a block of samples each source gives: at least one, by largest remainder."""
    exact = np.maximum(share * BLOCK, 1)
    quota: np.ndarray = np.floor(exact).astype(np.int64)
    while quota.sum() < BLOCK:
        quota[np.argmax(exact - quota)] += 1
    while quota.sum() > BLOCK:
        quota[np.argmax(quota)] -= 1
    return quota


def _check(shards: list[Shards], crop_px: int) -> None:
    if not shards:
        raise InputError("There are no training chips.", "Choose folders in the MMEarth layout, or rasters.")
    first = shards[0].contents
    for part in shards:
        contents = part.contents
        if contents.chip_px < crop_px:
            raise InputError(
                f"The chips of '{contents.name}' are {contents.chip_px} px wide; crops need {crop_px}.",
                "Leave that source out, or choose the smaller patch size.",
            )
        if contents.bands != first.bands:
            raise InputError(
                f"'{first.name}' has the bands {', '.join(first.bands)} and '{contents.name}' has "
                f"{', '.join(contents.bands)}.",
                "Pretrain on sources with the same bands.",
            )


def _union(shards: list[Shards], wanted: tuple[str, ...]) -> tuple[Task, ...]:
    """Returns the tasks of all sources in the order that `TrainingData.tasks` promises."""
    found: dict[str, Task] = {}
    for part in shards:
        for task in part.contents.tasks:
            if found.setdefault(task.name, task) != task:
                raise InputError(
                    f"'{task.name}' of '{part.contents.name}' is a {task.kind} with {task.channels} channels; "
                    f"elsewhere it is a {found[task.name].kind} with {found[task.name].channels}.",
                    "Rename one of them.",
                )
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise InputError(
            f"The training data do not hold {', '.join(unknown)}; they hold {', '.join(found)}.",
            "Choose among these tasks.",
        )
    known = [task.name for task in MMEARTH_TASKS]
    order = sorted(found, key=lambda name: known.index(name) if name in known else len(known))
    return tuple(found[name] for name in order if not wanted or name in wanted or name == INPUT)


def _names(shards: list[Shards]) -> dict[str, int]:
    names: dict[str, int] = {}
    for part in shards:
        name, number = part.contents.name, 2
        while name in names:
            name, number = f"{part.contents.name} ({number})", number + 1
        names[name] = part.chips
    return names
