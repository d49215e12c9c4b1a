"""Class rasters as they are compared with points: classes, pixels and areas of each, and which pixel is which.

Everything is read tile by tile, so that memory does not grow with the raster. Knows nothing of models or points.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.progress import Report
from mmearth.scenes.raster import CACHE_BYTES, Grid
from mmearth.styles import PALETTE, ClassInfo

TILE_PX = 2048
MOST_CLASSES = 256  # a raster with more values is no class map
_LARGEST_COUNTED = 65535  # values up to here are counted in a table


@dataclass(frozen=True)
class ClassMap:
    """A class raster that was looked through.

    Attributes:
        path: Its path.
        name: Its file name.
        grid: Its grid.
        nodata: Value of pixels that hold no class; None where there is none.
        classes: Those it has pixels of, and those that its tags name, by value.
        pixels: (K,) pixels of each class.
        area_m2: (K,) square metres of each class.
    """

    path: str
    name: str
    grid: Grid
    nodata: int | None
    classes: tuple[ClassInfo, ...]
    pixels: NDArray[np.int64]
    area_m2: NDArray[np.float64]

    @property
    def values(self) -> NDArray[np.int64]:
        """(K,) pixel value of each class, rising."""
        return np.array([info.value for info in self.classes], np.int64)


def read_class_map(path: str, report: Report) -> ClassMap:
    """Looks through a class raster once.

    Raises:
        InputError: not a class raster, or one without pixels.
    """
    name = Path(path).name
    with _opened(path) as dataset:
        grid = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
        nodata = None if dataset.nodata is None else int(dataset.nodata)
        row_area_m2 = grid.pixel_areas_m2()
        totals: dict[int, NDArray[np.float64]] = {}
        for window, stored in _tiles(dataset, report):
            top = int(window.row_off)
            for value, *found in _counted(stored, row_area_m2[slice(top, top + int(window.height))]):
                totals[value] = totals.get(value, np.zeros(2)) + found
            if len(totals) > MOST_CLASSES:
                raise InputError(
                    f"'{name}' has more than {MOST_CLASSES} different values: it is not a class map.",
                    "Choose a class map such as predict writes.",
                )
        totals.pop(nodata if nodata is not None else _LARGEST_COUNTED + 1, None)
        if not totals:
            raise InputError(f"'{name}' holds no pixel with a class: all of it is nodata.", "Choose another map.")
        classes = _classes(dataset, sorted(totals))
    rows = [totals.get(info.value, np.zeros(2)) for info in classes]
    pixels = np.array([row[0] for row in rows], np.int64)
    return ClassMap(path, name, grid, nodata, classes, pixels, np.array([row[1] for row in rows]))


def pixels_of_ranks(
    found: ClassMap, ranks: list[NDArray[np.int64]], report: Report
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Returns (rows, cols) of the pixels of each class that have the ranks wanted, counted in the order of reading.

    Args:
        found: The map.
        ranks: Rising ranks, one array a class, each 0…pixels of the class - 1.
        report: Told after every tile.
    """
    passed = np.zeros(len(ranks), np.int64)
    places: list[list[NDArray[np.int64]]] = [[np.empty((2, 0), np.int64)] for _ in ranks]
    with _opened(found.path) as dataset:
        for window, stored in _tiles(dataset, report):
            for c, value in enumerate(found.values):
                flat = np.flatnonzero(stored == value)
                first, last = np.searchsorted(ranks[c], (passed[c], passed[c] + len(flat)))
                if last > first:
                    rows, cols = np.divmod(flat[ranks[c][first:last] - passed[c]], stored.shape[1])
                    places[c].append(np.stack([rows + int(window.row_off), cols + int(window.col_off)]))
                passed[c] += len(flat)
    joined = [np.concatenate(parts, axis=1) for parts in places]
    return [(rows, cols) for rows, cols in joined]


def class_at(found: ClassMap, rows: NDArray[np.int64], cols: NDArray[np.int64], report: Report) -> NDArray[np.int64]:
    """Returns (n,) index of the class at pixels; -1 beyond the raster and where it holds no class."""
    inside = (rows >= 0) & (rows < found.grid.height) & (cols >= 0) & (cols < found.grid.width)
    index = np.full(len(rows), -1, np.int64)
    tile = (rows // TILE_PX) * (found.grid.width // TILE_PX + 1) + cols // TILE_PX
    with _opened(found.path) as dataset:
        numbers = np.unique(tile[inside])
        for done, number in enumerate(numbers):
            report.progress("Reading the map", done, len(numbers))
            own = np.flatnonzero(inside & (tile == number))
            top, left = int(rows[own].min()), int(cols[own].min())
            size = int(cols[own].max()) + 1 - left, int(rows[own].max()) + 1 - top
            stored = _read(dataset, Window(left, top, *size))
            values = stored[rows[own] - top, cols[own] - left].astype(np.int64)
            place = np.searchsorted(found.values, values).clip(max=len(found.classes) - 1)
            index[own] = np.where(found.values[place] == values, place, -1)
    return index


@contextlib.contextmanager
def _opened(path: str) -> Iterator[DatasetReader]:
    name, remedy = Path(path).name, "Choose a class map such as predict writes."
    if not Path(path).exists():
        raise InputError(f"There is no map '{path}'.", remedy)
    try:
        dataset = rasterio.open(path)
    except RasterioError as error:
        raise InputError(f"'{name}' could not be opened as a raster ({error}).", remedy) from error
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), dataset:
        if dataset.count != 1 or np.dtype(dataset.dtypes[0]).kind not in "iu":
            raise InputError(
                f"'{name}' has {dataset.count} band(s) of {dataset.dtypes[0]}; a class map has one of whole numbers.",
                remedy,
            )
        if dataset.crs is None:
            raise InputError(
                f"'{name}' has no coordinate reference system.", "Set it in QGIS and save the map again as GeoTIFF."
            )
        yield dataset


def _tiles(dataset: DatasetReader, report: Report) -> Iterator[tuple[Window, NDArray[Any]]]:
    for top in range(0, dataset.height, TILE_PX):
        for left in range(0, dataset.width, TILE_PX):
            report.progress("Reading the map", top * dataset.width + left * TILE_PX, dataset.height * dataset.width)
            window = Window(left, top, min(TILE_PX, dataset.width - left), min(TILE_PX, dataset.height - top))
            yield window, _read(dataset, window)


def _read(dataset: DatasetReader, window: Window) -> NDArray[Any]:
    try:
        stored: NDArray[Any] = dataset.read(1, window=window)
    except RasterioError as error:
        cause = error.__cause__ or error  # rasterio's own text only points to it
        raise InputError(f"'{dataset.name}' cannot be read: {cause}.", "Copy or write that map again.") from error
    return stored


def _counted(stored: NDArray[Any], row_area_m2: NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Yields value, pixels and square metres of each value of a tile."""
    if stored.min() >= 0 and stored.max() <= _LARGEST_COUNTED:
        pixels = np.bincount(stored.ravel())
        values = np.flatnonzero(pixels)
        of_value, index = pixels[values], stored
        positions = values
    else:
        values, index, of_value = np.unique(stored, return_inverse=True, return_counts=True)
        positions = np.arange(len(values))
    if np.ptp(row_area_m2) == 0:
        area_m2 = of_value * row_area_m2[0]
    else:
        spread = np.repeat(row_area_m2, stored.shape[1])
        area_m2 = np.bincount(index.ravel(), spread, int(positions[-1]) + 1)[positions]
    for value, count, square_metres in zip(values, of_value, area_m2, strict=True):
        yield int(value), int(count), float(square_metres)


def _classes(dataset: DatasetReader, present: list[int]) -> tuple[ClassInfo, ...]:
    """Returns the classes by value, with the names in the tags that predict writes and the colours of the palette."""
    names: dict[int, str] = {}
    with contextlib.suppress(ValueError, AttributeError, TypeError):  # tags of another program
        listed = json.loads(dataset.tags().get("MMEARTH", "{}")).get("classes", {})
        names = {int(value): str(name) for value, name in listed.items()}
    colors: dict[int, str] = {}
    with contextlib.suppress(ValueError):  # there is no palette
        colors = {v: f"#{r:02x}{g:02x}{b:02x}" for v, (r, g, b, _) in dataset.colormap(1).items()}
    values = sorted(names.keys() | set(present))
    return tuple(
        ClassInfo(value, names.get(value, str(value)), colors.get(value, PALETTE[i % len(PALETTE)]))
        for i, value in enumerate(values)
    )
