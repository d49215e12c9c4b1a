"""Two class maps on one grid: which class of one is which of the other, and how much ground each pair of classes has.

Everything is read block by block, so that memory does not grow with the maps. Knows nothing of files to write.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.mapping.class_map import ClassMap
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import CACHE_BYTES, Grid
from mmearth.scenes.scene_warp import TOLERANCE_PX
from mmearth.styles import ClassInfo

BLOCK_PX = 1024
NO_CLASS = -1
_EDGE_POINTS = 21  # on each side of an extent that is transformed, as its sides become curves


@dataclass(frozen=True)
class SharedClasses:
    """The classes of two maps as one list.

    Attributes:
        classes: Those of the first map, then those that only the second has.
        second: Index in `classes` of each class of the second map.
        warnings: What does not agree, in sentences.
    """

    classes: tuple[ClassInfo, ...]
    second: tuple[int, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PairCounts:
    """How much ground each pair of classes has: row = class of the first map, column = of the second.

    Attributes:
        pixels: (K, K).
        area_m2: (K, K).
    """

    pixels: NDArray[np.int64]
    area_m2: NDArray[np.float64]

    @property
    def agreement(self) -> float:
        """Share of the ground that has the same class in both."""
        return float(np.trace(self.area_m2) / self.area_m2.sum())

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of the ground (1960); None where both maps hold one and the same class."""
        shares = self.area_m2 / self.area_m2.sum()
        by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
        return None if by_chance >= 1.0 else (float(np.trace(shares)) - by_chance) / (1.0 - by_chance)


def shared_classes(first: ClassMap, second: ClassMap) -> SharedClasses:
    """Finds each class of the second map in the first: by its name, else by its value."""
    classes = list(first.classes)
    by_name = {_key(info): i for i, info in reversed(list(enumerate(classes)))}
    places: dict[int, int] = {j: by_name[_key(info)] for j, info in enumerate(second.classes) if _key(info) in by_name}
    by_value = {info.value: i for i, info in enumerate(classes) if i not in places.values()}
    warnings, lone = [], []
    for j, info in enumerate(second.classes):
        if j in places:
            continue
        if info.value in by_value:
            places[j] = by_value[info.value]
            warnings.append(
                f"Value {info.value} is '{classes[places[j]].name}' in '{first.name}' and '{info.name}' in "
                f"'{second.name}': taken as the same class."
            )
        else:
            places[j] = len(classes)
            classes.append(info)
            lone.append(info.name)
    unmatched = [info.name for i, info in enumerate(first.classes) if i not in places.values()]
    for names, one, other in ((unmatched, first, second), (lone, second, first)):
        if names:
            listed = ", ".join(f"'{name}'" for name in names)
            warnings.append(f"Only in '{one.name}', not in '{other.name}': {listed}.")
    return SharedClasses(tuple(classes), tuple(places[j] for j in range(len(second.classes))), tuple(warnings))


def _key(info: ClassInfo) -> str:
    return info.name.strip().casefold()


def common_window(first: ClassMap, second: ClassMap, bounds: tuple[float, float, float, float] | None) -> Window:
    """Returns the part of the first map's grid that the second meets, and the bounds if there are any.

    Raises:
        InputError: the first map is not north-up, or nothing is left.
    """
    transform = first.grid.transform
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(
            f"'{first.name}' is not north-up; a difference map is written on its grid.",
            "Warp it to a north-up grid (in QGIS: Raster → Projections → Warp), or compare the other way round.",
        )
    with _foreign(second):
        other = transform_bounds(second.grid.crs, first.grid.crs, *_extent(second.grid), densify_pts=_EDGE_POINTS)
    own = first.grid.bounds
    for part, cut in ((other, max), (bounds, max)):
        if part is not None:
            low, high = [cut(own[i], part[i]) for i in (0, 1)], [min(own[i], part[i]) for i in (2, 3)]
            if low[0] >= high[0] or low[1] >= high[1]:
                raise _apart(first, second)
            own = (low[0], low[1], high[0], high[1])
    return window_of(first.grid, own, first.name)


def _extent(grid: Grid) -> tuple[float, float, float, float]:
    corners = np.array(
        [grid.transform @ at for at in ((0, 0), (grid.width, 0), (0, grid.height), (grid.width, grid.height))]
    )
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(bottom), float(right), float(top)


def _apart(first: ClassMap, second: ClassMap) -> InputError:
    return InputError(
        f"'{first.name}' and '{second.name}' have no pixel with a class in common.",
        "Choose two maps of the same ground.",
    )


@contextlib.contextmanager
def _foreign(second: ClassMap) -> Iterator[None]:
    try:
        yield
    except RasterioError as error:
        cause = error.__cause__ or error
        raise InputError(
            f"'{second.name}' cannot be read on the grid of the other map ({cause}).",
            "Check the coordinate reference systems of both, or compare other maps.",
        ) from error


def blocks(
    first: ClassMap, second: ClassMap, classes: SharedClasses, window: Window, phase: str, report: Report
) -> Iterator[tuple[Window, NDArray[np.int64], NDArray[np.int64]]]:
    """Yields (block of the window's own grid, (rows, cols) class of the first map, of the second), `NO_CLASS` for none.

    Args:
        first, second: The maps; the second is read on the first one's grid, each pixel from the nearest one.
        classes: Of both.
        window: Part of the first map's grid.
        phase: What the report calls it.
        report: Told before every block.

    Raises:
        InputError: a map cannot be read.
    """
    grid = first.grid.crop(window)
    own, others = np.arange(len(first.classes)), np.array(classes.second, np.int64)
    aligned = {"crs": grid.crs, "transform": grid.transform, "width": grid.width, "height": grid.height}
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), _foreign(second), contextlib.ExitStack() as opened:
        here = opened.enter_context(rasterio.open(first.path))
        there = opened.enter_context(rasterio.open(second.path))
        # As 64-bit numbers every class value is exact, and what lies outside is told by NaN, which is no class.
        warped = opened.enter_context(
            WarpedVRT(
                there, **aligned, resampling=Resampling.nearest, tolerance=TOLERANCE_PX, dtype="float64", nodata=np.nan,
                src_nodata=there.nodata,
            )
        )  # fmt: skip
        for top in range(0, grid.height, BLOCK_PX):
            for left in range(0, grid.width, BLOCK_PX):
                report.progress(phase, top * grid.width + left * BLOCK_PX, grid.height * grid.width)
                block = Window(left, top, min(BLOCK_PX, grid.width - left), min(BLOCK_PX, grid.height - top))
                place = Window(left + window.col_off, top + window.row_off, block.width, block.height)
                stored, other = here.read(1, window=place), warped.read(1, window=block)
                yield block, _index(stored, first, own), _index(other, second, others)


def _index(stored: NDArray[np.generic], found: ClassMap, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns (rows, cols) `places` of the class that each stored value is."""
    place = np.searchsorted(found.values, stored).clip(max=len(places) - 1)
    return np.where(found.values[place] == stored, places[place], NO_CLASS)


def count_pairs(
    first: ClassMap, second: ClassMap, classes: SharedClasses, window: Window, report: Report
) -> PairCounts:
    """Counts the pixels and the ground of every pair of classes.

    Raises:
        InputError: as for `blocks`, or there is no pixel with a class in both.
    """
    count = len(classes.classes)
    row_area_m2 = first.grid.crop(window).pixel_areas_m2()
    pixels, area_m2 = np.zeros(count**2, np.int64), np.zeros(count**2)
    for block, one, other in blocks(first, second, classes, window, "Comparing", report):
        known = (one != NO_CLASS) & (other != NO_CLASS)
        pairs = (one * count + other)[known]
        rows = slice(int(block.row_off), int(block.row_off + block.height))
        spread = np.broadcast_to(row_area_m2[rows, None], known.shape)[known]
        pixels += np.bincount(pairs, minlength=count**2)
        area_m2 += np.bincount(pairs, spread, count**2)
    if not pixels.any():
        raise _apart(first, second)
    return PairCounts(pixels.reshape(count, count), area_m2.reshape(count, count))
