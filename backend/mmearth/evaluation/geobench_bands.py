"""Which Sentinel-2 bands the samples of a GEO-Bench data set hold, whatever their names say, and how they are scaled.

Knows nothing of labels, partitions or networks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmearth.errors import InputError
from mmearth.modalities import BAND_BY_NAME

# As GEO-Bench names the bands of Sentinel-2 (geobench.dataset, sentinel2_13_bands), and those of pictures.
NAMES: dict[str, str] = {
    "01 - Coastal aerosol": "B1",
    "02 - Blue": "B2",
    "03 - Green": "B3",
    "04 - Red": "B4",
    "05 - Vegetation Red Edge": "B5",
    "06 - Vegetation Red Edge": "B6",
    "07 - Vegetation Red Edge": "B7",
    "08 - NIR": "B8",
    "08A - Vegetation Red Edge": "B8A",
    "09 - Water vapour": "B9",
    "10 - SWIR - Cirrus": "B10",
    "11 - SWIR": "B11",
    "12 - SWIR": "B12",
    "Blue": "B2",
    "Green": "B3",
    "Red": "B4",
    "NIR": "B8",
}
_ALL = tuple(NAMES)[:13]
# Two of the published data sets name their channels wrongly; the values tell. What really lies where:
# m-eurosat, github.com/ServiceNow/geo-bench/issues/28: EuroSAT's own order has B8A last.
EUROSAT = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B8A")
# m-brick-kiln, …/issues/29: ten bands of an export, then a true-colour picture of 8 bits.
BRICK_KILN = ("B1", "B2", "B3", "B4", "B5", "B7", "B8A", "B8", "B11", "B12", "", "", "")
CIRRUS_SHARE = 0.2  # B10 of L1C holds next to nothing: 12 where B9 holds 760 (m-eurosat's own band statistics)
SUBSTITUTE_NM = 100.0  # B9 → B8A, as published for m-so2sat, lies 80 nm off
_UNIT = 1e4  # reflectance × 10⁴ against reflectance
_UNIT_TOLERANCE = 10.0


def find_bands(keys: Sequence[str], statistics: Mapping[str, Any], dataset: str) -> tuple[dict[str, str], list[str]]:
    """Returns which entry of the samples holds each Sentinel-2 band, in the order of `modalities`, and notes.

    Args:
        keys: Names of the entries of a sample that may be bands.
        statistics: From `band_stats.json`: name → {"mean", "std", "max", …}.
        dataset: Name, for messages.

    Raises:
        InputError: no entry is a known band, or the statistics lack one.
    """
    entries: dict[str, str] = {}
    for key in sorted(keys):  # of several dates the first
        name = next((known for known in NAMES if key == known or key.startswith(f"{known}_")), None)
        if name is not None:
            entries.setdefault(name, key)
    if not entries:
        raise InputError(
            f"The samples of '{dataset}' hold {', '.join(sorted(keys)) or 'nothing'}: none is a known band name.",
            f"Name the bands as GEO-Bench does: {', '.join(NAMES)}.",
        )
    lacking = [name for name in entries if not {"mean", "std"} <= set(statistics.get(name, {}))]
    if lacking:
        raise InputError(
            f"band_stats.json of '{dataset}' gives no mean and std for '{lacking[0]}'.",
            "Add them; each band of the samples needs both.",
        )
    actual = {name: NAMES[name] for name in entries}
    notes = []
    if set(_ALL) <= set(entries):
        order = _true_order(statistics)
        if order is not None:
            actual = dict(zip(_ALL, order, strict=True))
            named = ", ".join(
                f"{band or 'a picture'} in '{name}'" for name, band in actual.items() if NAMES[name] != band
            )
            notes.append(f"'{dataset}' names its channels wrongly, as its band statistics show; taken: {named}.")
    found = {band: entries[name] for name, band in actual.items() if band}
    return {band: found[band] for band in BAND_BY_NAME if band in found}, notes


def _true_order(statistics: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Returns the bands of all thirteen entries where their names cannot be right, else None."""
    mean = [float(statistics[name]["mean"]) for name in _ALL]
    largest = [float(statistics[name].get("max", np.inf)) for name in _ALL]
    if max(largest[10:]) <= 255 < min(largest[:10]):
        return BRICK_KILN
    if mean[9] < CIRRUS_SHARE * min(mean[:9] + mean[10:]):
        return EUROSAT
    return None


def statistics_name(key: str) -> str:
    """Returns the name under which the statistics of an entry stand: without a date."""
    return next(known for known in NAMES if key == known or key.startswith(f"{known}_"))


def unit_factor(stated: np.ndarray, measured: np.ndarray) -> float:
    """Returns what statistics must be multiplied by so that they are in the samples' unit.

    m-so2sat holds reflectance, its statistics reflectance × 10⁴; a mean that is off by less says nothing.

    Args:
        stated, measured: (B,) means of the bands.
    """
    ratio = float(np.median(measured / np.where(stated == 0, np.nan, stated)))
    for factor in (1 / _UNIT, _UNIT):
        if factor / _UNIT_TOLERANCE < ratio < factor * _UNIT_TOLERANCE:
            return factor
    return 1.0


def substitutes(wanted: Sequence[str], found: Sequence[str]) -> list[str]:
    """Returns for each band wanted the band to take: itself, else the nearest by wavelength, "" where none is near.

    That gives B2 for B1 and B8A for B9, which MMEarth-train feeds where m-so2sat lacks them.
    """
    taken = []
    for band in wanted:
        nearest = min(found, key=lambda name: abs(BAND_BY_NAME[name].wavelength_nm - BAND_BY_NAME[band].wavelength_nm))
        off_nm = abs(BAND_BY_NAME[nearest].wavelength_nm - BAND_BY_NAME[band].wavelength_nm)
        taken.append(nearest if off_nm <= SUBSTITUTE_NM else "")
    return taken
