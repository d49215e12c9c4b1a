"""Training crops from folders in the MMEarth v001 layout (one HDF5 file and three JSON files). Knows nothing of models."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from mmearth.errors import InputError

# Order of the bands in MMEarth's HDF5 files: B8A stands before B8 (MMEarth-data, utils/convert_to_h5.py).
STORED_BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B9", "B10", "B11", "B12")
BANDS = tuple(name for name in STORED_BANDS if name != "B10")  # what MP-MAE reads: L2A has no B10
CLIP = 6.0  # standard deviations
# Bands of a sample that are kept, and how often: what users' files hold (pretraining findings, section 5).
DROPOUT: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.40, BANDS),
    (0.10, ("B2", "B3", "B4", "B5", "B6", "B7", "B8A", "B8", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8", "B11", "B12")),
    (0.15, ("B2", "B3", "B4", "B8")),
    (0.20, ("B2", "B3", "B4")),
)


@dataclass(frozen=True)
class Pool:
    """The chips of one folder.

    Attributes:
        name: Folder name.
        chips: (N, 12, S, S) uint16 DN, bands in the order of `BANDS`.
        levels: (N,) "l1c" or "l2a".
        statistics: Level → (mean (12,), std (12,)) in DN; NaN for bands that the pool lacks.
    """

    name: str
    chips: np.ndarray
    levels: np.ndarray
    statistics: dict[str, tuple[np.ndarray, np.ndarray]]


def read_pool(folder: str) -> Pool:
    """Reads one folder into memory.

    Raises:
        InputError: a file is missing or does not fit.
    """
    root = Path(folder)
    found = sorted(root.glob("data_*.h5"))
    if len(found) != 1:
        raise InputError(
            f"'{folder}' holds {len(found)} files data_*.h5; exactly one is wanted.",
            "Choose a folder in the MMEarth layout.",
        )
    stem = found[0].with_suffix("").name
    documents = {}
    for kind in ("tile_info", "splits", "band_stats"):
        path = root / f"{stem}_{kind}.json"
        if not path.is_file():
            raise InputError(f"'{path.name}' is missing beside '{found[0].name}'.", "Copy the whole MMEarth folder.")
        documents[kind] = json.loads(path.read_text())
    with h5py.File(found[0], "r") as file:
        if "sentinel2" not in file or file["sentinel2"].shape[1] != len(STORED_BANDS):
            raise InputError(f"'{found[0].name}' has no 'sentinel2' of 13 bands.", "Choose Sentinel-2 data.")
        rows = sorted(documents["splits"]["train"])
        chips = file["sentinel2"][:][rows][:, [STORED_BANDS.index(name) for name in BANDS]]
        tile_ids = [entry[0].decode() for entry in file["metadata"][:][rows]]
    levels = np.array([documents["tile_info"][tile]["S2_type"] for tile in tile_ids])
    statistics = {}
    for level in np.unique(levels):
        stored = documents["band_stats"][f"sentinel2_{level}"]
        pick = [STORED_BANDS.index(name) for name in BANDS]
        mean, std = (np.array(stored[key], np.float32)[pick] for key in ("mean", "std"))
        statistics[str(level)] = (mean, std)
    return Pool(root.name, chips, levels, statistics)


def standardise(chips: np.ndarray, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns ((N, C, H, W) float32 standardised and clipped, (N, C) bool: the band is there at all).

    A band that is 0 throughout a chip is absent; it and all single zero pixels become 0, the mean.
    """
    present = chips.any(axis=(2, 3)) & np.isfinite(mean) & (np.nan_to_num(std) > 0)
    safe_mean, safe_std = np.nan_to_num(mean), np.where(np.nan_to_num(std) > 0, std, 1)
    scaled = (chips.astype(np.float32) - safe_mean[:, None, None]) / safe_std[:, None, None]
    scaled = np.clip(scaled, -CLIP, CLIP)
    scaled[chips == 0] = 0
    return np.where(present[:, :, None, None], scaled, 0).astype(np.float32), present


def crops(
    pools: list[Pool], batch: int, size_px: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yields endless batches of random crops.

    Pools are drawn with probability proportional to size^0.65, so that large ones do not drown the others. Crops are
    flipped and turned by quarters.

    Yields:
        images: (N, 12, size, size) float32 standardised, all bands of the data.
        present: (N, 12) bool, bands that the data hold.
        kept: (N, 12) bool, bands that the encoder may see in this sample.
    """
    random = np.random.default_rng(seed)
    weights = np.array([len(pool.chips) for pool in pools], float) ** 0.65
    weights /= weights.sum()
    odds = [chance for chance, _ in DROPOUT]
    subsets = np.array([[name in names for name in BANDS] for _, names in DROPOUT])
    while True:
        images, present = [], []
        for pool_index in random.choice(len(pools), batch, p=weights):
            pool = pools[pool_index]
            row = random.integers(len(pool.chips))
            side = pool.chips.shape[-1]
            top, left = random.integers(side - size_px + 1, size=2)
            crop = pool.chips[row : row + 1, :, top : top + size_px, left : left + size_px]
            image, there = standardise(crop, *pool.statistics[str(pool.levels[row])])
            image = np.rot90(image[0], random.integers(4), (1, 2))
            images.append(image[:, :, ::-1] if random.random() < 0.5 else image)
            present.append(there[0])
        kept = subsets[random.choice(len(odds), batch, p=odds)]
        kept &= np.array(present)
        empty = ~kept.any(axis=1)
        kept[empty] = np.array(present)[empty]
        yield np.ascontiguousarray(np.stack(images)), np.array(present), kept
