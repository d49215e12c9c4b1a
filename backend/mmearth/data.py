"""Training crops from folders in the MMEarth v001 layout: one HDF5 file and three JSON files.

Only `sentinel2` is read; other modalities may be there or not. Knows nothing of models.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from mmearth.errors import InputError

# The 13 planes of `sentinel2` (MMEarth-data: B8A before B8), and those a model sees: all but B10, which L2A lacks.
STORED_BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B10", "B11", "B12")
BANDS = tuple(name for name in STORED_BANDS if name != "B10")
_PLANES = [STORED_BANDS.index(name) for name in BANDS]
LEVELS = ("l2a", "l1c")
CLIP = 6.0  # standard deviations
# Folders are drawn from in proportion to (number of chips) ** 0.65, so that small ones with other places count.
POOL_EXPONENT = 0.65
# Band sets that users have, and how often a sample is reduced to each.
BAND_SETS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.40, BANDS),
    (0.10, ("B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8A", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8")),
    (0.20, ("B2", "B3", "B4")),
)
IN_MEMORY_BYTES = 1 << 30
_FILES = ("*.h5", "*_splits.json", "*_band_stats.json")


@dataclass(frozen=True)
class LevelStatistics:
    """Mean and standard deviation of each of `BANDS`, (12,) in reflectance × 10⁴, for one processing level."""

    mean: np.ndarray
    std: np.ndarray


@dataclass(frozen=True)
class Batch:
    """Crops ready for a model.

    Attributes:
        images: (N, 12, H, W) float32, standardised, clipped, 0 where not valid.
        inputs: The same with the bands dropped that a sample has to do without.
        valid: (N, 12, H, W) bool; False in absent bands and nodata pixels of `images`.
    """

    images: np.ndarray
    inputs: np.ndarray
    valid: np.ndarray


class Pool:
    """The training chips of one folder.

    Args:
        folder: In the MMEarth v001 layout.

    Raises:
        InputError: a file is missing, doubled or not in the layout.
    """

    def __init__(self, folder: str) -> None:
        self.name = Path(folder).name
        h5_path, splits_path, stats_path = (_only_file(Path(folder), pattern) for pattern in _FILES)
        self._file = _open_h5(h5_path, self.name)
        images = self._file["sentinel2"]
        self.chip_px = int(min(images.shape[2:]))
        self._images = images[:] if images.nbytes <= IN_MEMORY_BYTES else images
        self._levels = [_text(row["S2_type"]) for row in self._file["metadata"][:]]
        unknown = sorted(set(self._levels) - set(LEVELS))
        if unknown:
            raise InputError(f"'{self.name}' holds S2_type {unknown}; wanted are l1c and l2a.", "Correct `metadata`.")
        self.train = np.array(_read_json(splits_path).get("train", []), dtype=np.int64)
        if len(self.train) == 0 or self.train.min() < 0 or self.train.max() >= len(images):
            raise InputError(
                f"'{splits_path.name}' lists {len(self.train)} training rows for {len(images)} chips.",
                "List rows between 0 and the number of chips minus one.",
            )
        self._stats = _read_json(stats_path)

    def statistics(self, level: str) -> LevelStatistics | None:
        """Returns the folder's own statistics of a level; NaN where a band is absent; None without any."""
        entry = self._stats.get(f"sentinel2_{level}")
        if entry is None:
            return None
        mean, std = (np.array(entry[key], np.float64)[_PLANES] for key in ("mean", "std"))
        absent = ~(std > 0)
        return LevelStatistics(np.where(absent, np.nan, mean), np.where(absent, np.nan, std))

    def level(self, row: int) -> str:
        """Returns "l1c" or "l2a"."""
        return self._levels[row]

    def chip(self, row: int) -> np.ndarray:
        """Returns (12, H, W) float32, reflectance × 10⁴, 0 = absent or nodata."""
        return np.asarray(self._images[row])[_PLANES].astype(np.float32)

    def close(self) -> None:
        """Closes the HDF5 file."""
        self._file.close()


class CropSource:
    """Draws standardised crops from several pools.

    Args:
        pools: Where to draw from.
        crop_px: Side of a crop.
        seed: Same seed, same sequence of crops.

    Attributes:
        statistics: Level → statistics over all pools, with which every crop is standardised.
    """

    def __init__(self, pools: list[Pool], crop_px: int, seed: int) -> None:
        for pool in pools:
            if pool.chip_px < crop_px:
                raise InputError(
                    f"The chips of '{pool.name}' are {pool.chip_px} px wide; crops need {crop_px}.", "Leave it out."
                )
        self._pools = pools
        self._crop_px = crop_px
        self._rng = np.random.default_rng(seed)
        self._share = np.array([len(pool.train) ** POOL_EXPONENT for pool in pools])
        self._share /= self._share.sum()
        self.statistics = {level: combine_statistics(pools, level) for level in LEVELS}
        known = [found for found in self.statistics.values() if found is not None]
        if not known:
            raise InputError("The band statistics have neither sentinel2_l2a nor sentinel2_l1c.", "Add them.")
        used = {level for pool in pools for level in {pool.level(int(row)) for row in pool.train}}
        for level in sorted(used):
            if self.statistics[level] is None:
                raise InputError(
                    f"There are {level} chips but no statistics 'sentinel2_{level}'.",
                    "Add them to the band_stats file.",
                )

    def batches(self, size: int) -> Iterator[Batch]:
        """Yields batches without end: random crops, flips, quarter turns and band sets."""
        kept_bands = np.array([[band in names for band in BANDS] for _, names in BAND_SETS])
        shares = [share for share, _ in BAND_SETS]
        while True:
            crops = [self._draw() for _ in range(size)]
            images = np.stack([crop for crop, _ in crops])
            valid = np.stack([mask for _, mask in crops])
            kept = kept_bands[self._rng.choice(len(shares), size, p=shares)]
            yield Batch(images, images * kept[:, :, None, None], valid)

    def _draw(self) -> tuple[np.ndarray, np.ndarray]:
        pool = self._pools[self._rng.choice(len(self._pools), p=self._share)]
        row = int(self._rng.choice(pool.train))
        chip = pool.chip(row)
        top, left = (int(self._rng.integers(side - self._crop_px + 1)) for side in chip.shape[1:])
        rows, cols = slice(top, top + self._crop_px), slice(left, left + self._crop_px)
        crop = chip[:, rows, cols]
        crop = np.rot90(crop, int(self._rng.integers(4)), axes=(1, 2))
        if self._rng.integers(2):
            crop = crop[:, :, ::-1]
        statistics = self.statistics[pool.level(row)]
        if statistics is None:
            raise InputError(f"No statistics for level {pool.level(row)}.", "Add them to the band_stats file.")
        return standardise(crop, statistics)


def standardise(chip: np.ndarray, statistics: LevelStatistics) -> tuple[np.ndarray, np.ndarray]:
    """Returns (C, H, W) standardised values, 0 where not valid, and where they are valid.

    Args:
        chip: (C, H, W) reflectance × 10⁴, 0 = absent or nodata.
        statistics: Of the chip's processing level.
    """
    valid = chip > 0
    scaled = (chip - statistics.mean[:, None, None]) / statistics.std[:, None, None]
    return np.where(valid, np.clip(scaled, -CLIP, CLIP), 0).astype(np.float32), valid


def combine_statistics(pools: list[Pool], level: str) -> LevelStatistics | None:
    """Returns statistics over all pools of a level, weighted as pools are drawn; None if no pool has the level.

    A band without statistics anywhere is absent everywhere; it gets mean 0 and deviation 1.
    """
    weights, means, squares = [], [], []
    for pool in pools:
        found = pool.statistics(level)
        if found is not None:
            weights.append(len(pool.train) ** POOL_EXPONENT * np.isfinite(found.mean))
            means.append(np.nan_to_num(found.mean))
            squares.append(np.nan_to_num(found.std**2 + found.mean**2))
    if not weights:
        return None
    total = np.sum(weights, axis=0)
    safe = np.maximum(total, 1e-12)
    mean = (np.array(weights) * means).sum(axis=0) / safe
    variance = (np.array(weights) * squares).sum(axis=0) / safe - mean**2
    return LevelStatistics(mean, np.where(total > 0, np.sqrt(np.maximum(variance, 0)), 1.0))


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise InputError(
            f"Folder '{folder}' holds {len(found)} files '{pattern}'; the MMEarth layout wants one.",
            "Choose a folder with one .h5, one _splits.json and one _band_stats.json.",
        )
    return found[0]


def _open_h5(path: Path, name: str) -> h5py.File:
    try:
        file = h5py.File(path)
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read as HDF5: {error}.", "Copy or download it again.") from error
    images = file.get("sentinel2")
    if images is None or images.ndim != 4 or images.shape[1] != len(STORED_BANDS) or "metadata" not in file:
        shape = None if images is None else images.shape
        file.close()
        raise InputError(
            f"'{name}' has sentinel2 of shape {shape}; wanted are (N, {len(STORED_BANDS)}, S, S), and `metadata`.",
            "Choose a folder in the MMEarth v001 layout.",
        )
    return file


def _read_json(path: Path) -> dict:  # type: ignore[type-arg]
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"'{path.name}' is not JSON: {error}.", "Copy or download it again.") from error
    if not isinstance(found, dict):
        raise InputError(f"'{path.name}' is not a JSON object.", "Copy or download it again.")
    return found


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
