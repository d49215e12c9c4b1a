"""Turns a class raster into polygons, strip by strip, so that memory does not grow with the raster.

A region that crosses a strip edge comes out as two polygons; QGIS's Dissolve joins them. For small regions to be told
from pieces of large ones, a strip is looked at with as many further rows above and below as a small region can have,
but no more than `STRIP_PX`: of small regions that are longer than that, thin lines, some stay. A small region on a
strip edge may be given to one neighbour above and to another below it. Simplified outlines meet at strip edges, which
stay as they are. Knows nothing of models.
"""

import contextlib
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes, sieve
from rasterio.io import DatasetReader
from rasterio.windows import Window
from scipy import ndimage

from mmearth.progress import Report
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo
from mmearth.vector_tables import new_geopackage

STRIP_PX = 1024  # rows of a strip, and rows looked at beyond it, at most
STRIP_PIXELS = 8 * 2**20  # the same of all its pixels
SIMPLIFIED_PIXELS = 2 * 2**20  # polygons of a strip are simplified together: about 1 GB where every pixel is one
LEAST_ROWS = 64
CHUNK = 20_000  # polygons held as Python objects at a time, where they are not simplified


@dataclass(frozen=True)
class PolygonOptions:
    """What is done to regions before they are written.

    Attributes:
        sieve_px: Regions of fewer pixels are given to their largest neighbour; nodata takes no part.
        min_area_m2: Regions smaller than this are left out after that.
        simplify_px: Tolerance of outlines in pixels, about the side of a corner that is cut off (Visvalingam and Whyatt
            1993); neighbours keep their common border.
    """

    sieve_px: int = 0
    min_area_m2: float = 0.0
    simplify_px: float = 0.0


@dataclass(frozen=True)
class Strip:
    """Numbered regions of a strip of the raster.

    Attributes:
        row0: Its first row.
        regions: (rows, cols) number of the region from 1 on, 0 where there is none.
        values: Class value by number.
        kept: By number, whether a region is written.
    """

    row0: int
    regions: NDArray[np.int32]
    values: NDArray[np.int64]
    kept: NDArray[np.bool_]


def write_polygons(
    class_path: str,
    out: str,
    classes: Sequence[ClassInfo],
    confidence_path: str | None,
    report: Report,
    options: PolygonOptions = PolygonOptions(),
) -> int:
    """Writes regions of equal class as polygons with class_value, class_name, area_m2 and, if known, confidence.

    Area and confidence are those of the pixels, also where the outline is simplified.

    Args:
        class_path: Class raster with nodata.
        out: GeoPackage to write; replaced if it exists.
        classes: Classes of the raster; other values are left out.
        confidence_path: Raster on the same grid whose mean goes to `confidence`; None leaves that field out.
        report: Told after every strip.
        options: What is done to regions first.

    Returns:
        Number of polygons.

    Raises:
        ResourceError: the file cannot be written.
    """
    names = {c.value: c.name for c in classes}
    count = 0
    with new_geopackage(out) as temporary, rasterio.open(class_path) as raster, contextlib.ExitStack() as opened:
        confidence = opened.enter_context(rasterio.open(confidence_path)) if confidence_path else None
        for rows_done, geometries, values, area_m2, mean in _polygons(raster, confidence, sorted(names), options):
            fields = ["class_value", "class_name", "area_m2"] + (["confidence"] if confidence else [])
            columns = [values, np.array([names[v] for v in values.tolist()], object), area_m2, mean]
            pyogrio.raw.write(
                temporary,
                shapely.to_wkb(geometries),
                columns[: len(fields)],
                fields,
                layer=Path(out).stem,
                driver="GPKG",
                geometry_type="Polygon",
                crs=raster.crs.to_wkt(),
                append=temporary.exists(),
            )
            count += len(values)
            report.progress("Writing polygons", rows_done, raster.height)
    return count


def _polygons(
    raster: DatasetReader, confidence: DatasetReader | None, values: Sequence[int], options: PolygonOptions
) -> Iterator[tuple[int, NDArray[Any], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yields rows done, polygons, class values, areas and mean confidences, chunk by chunk; the first even if empty."""
    grid = Grid(raster.crs, raster.transform, raster.width, raster.height)
    for strip in _strips(raster, grid, values, options):
        rows, count = len(strip.regions), len(strip.values)
        window = Window(0, strip.row0, raster.width, rows)
        flat = strip.regions.ravel()
        row_area_m2 = grid.crop(window).pixel_areas_m2()
        area_m2 = np.bincount(flat, np.repeat(row_area_m2, raster.width), count).astype(np.float64)
        mean = np.full(count, np.nan)
        if confidence:
            read = confidence.read(1, window=window, masked=True)
            known = ~np.ma.getmaskarray(read).ravel()
            numbers = np.bincount(flat[known], minlength=count)
            sums = np.bincount(flat[known], read.data.ravel()[known], minlength=count)
            np.divide(sums, numbers, out=mean, where=numbers > 0)
            mean = mean * confidence.scales[0] + confidence.offsets[0]
        chunks = _traced(strip, options.simplify_px)
        polygons, order = next(chunks, (np.empty(0, object), np.empty(0, np.int64)))
        while len(order) or strip.row0 == 0:
            following = next(chunks, None)
            rows_done = strip.row0 + (rows if following is None else 0)
            placed = _placed(polygons, grid.crop(window).transform)
            yield rows_done, placed, strip.values[order], area_m2[order], mean[order]
            if following is None:
                break
            polygons, order = following


def _strips(raster: DatasetReader, grid: Grid, values: Sequence[int], options: PolygonOptions) -> Iterator[Strip]:
    """Yields the strips of a raster from top to bottom, sieved, with the regions that are large enough."""
    wanted = np.array([value for value in values if value != raster.nodata])
    height, most = raster.height, _rows_of(STRIP_PIXELS, raster.width)
    step = _rows_of(SIMPLIFIED_PIXELS, raster.width) if options.simplify_px > 0 else most
    pixel_m2 = float(grid.pixel_areas_m2().min()) if options.min_area_m2 > 0 else 1.0
    beyond = min(most, max(options.sieve_px, math.ceil(options.min_area_m2 / pixel_m2)))
    for row0 in range(0, height, step):
        row1 = min(height, row0 + step)
        first, last = max(0, row0 - beyond), min(height, row1 + beyond)
        window = Window(0, first, raster.width, last - first)
        stored = raster.read(1, window=window)
        if options.sieve_px > 1:
            stored = sieve(stored, options.sieve_px, mask=np.isin(stored, wanted))
        own = slice(row0 - first, row1 - first)
        small = None
        if options.min_area_m2 > 0:
            edges = np.zeros(len(stored), bool)  # regions that reach there go on beyond, and are not known to be small
            edges[0], edges[-1] = first > 0, last < height
            small = _small(stored, wanted, options.min_area_m2, grid.crop(window), edges)[own]
        yield _numbered(stored[own], wanted, row0, small, with_rest=options.simplify_px > 0)


def _rows_of(pixels: int, width: int) -> int:
    return min(STRIP_PX, max(LEAST_ROWS, pixels // width))


def _small(
    stored: NDArray[Any], values: NDArray[Any], least_m2: float, grid: Grid, edges: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Returns (rows, cols), True in regions smaller than an area that do not reach the rows of `edges`."""
    strip = _numbered(stored, values, 0, None, with_rest=False)
    flat, count = strip.regions.ravel(), len(strip.values)
    small = np.bincount(flat, np.repeat(grid.pixel_areas_m2(), grid.width), count) < least_m2
    small[np.unique(strip.regions[edges])] = False
    small[0] = False
    found: NDArray[np.bool_] = small[strip.regions]
    return found


def _numbered(
    stored: NDArray[Any], values: NDArray[Any], row0: int, small: NDArray[np.bool_] | None, *, with_rest: bool
) -> Strip:
    """Numbers the regions of equal value.

    Args:
        stored: (rows, cols) class values.
        values: Those that are wanted.
        row0: First row of the strip.
        small: (rows, cols) what is left out; None for nothing.
        with_rest: Whether what is left out has numbers, too, so that the regions fill the strip.
    """
    regions = np.zeros(stored.shape, np.int32)
    numbers, kept = [0], [False]
    left_out = ~np.isin(stored, values)
    if small is not None:
        left_out |= small
    sorts = [(int(value), (stored == value) & ~left_out) for value in values]
    for value, where in [*sorts, *([(0, left_out)] if with_rest else [])]:
        numbered, found = ndimage.label(where)
        regions += np.where(numbered > 0, numbered + np.int32(len(numbers) - 1), 0).astype(np.int32)
        numbers += [value] * found
        kept += [where is not left_out] * found
    return Strip(row0, regions, np.array(numbers, np.int64), np.array(kept))


def _traced(strip: Strip, simplify_px: float) -> Iterator[tuple[NDArray[Any], NDArray[np.int64]]]:
    """Yields polygons in pixels from the strip's upper left corner, and the numbers of their regions."""
    traced = shapes(strip.regions, mask=strip.regions > 0)
    if simplify_px > 0:
        polygons, order = _as_polygons(list(traced))
        kept = strip.kept[order]
        if len(order):
            # Neighbours must have the same vertices on a common border: one at each pixel's corner.
            dense = shapely.transform(shapely.segmentize(polygons, 1.0), np.rint)
            simple = shapely.coverage_simplify(dense, simplify_px, simplify_boundary=False)
            polygons = shapely.simplify(simple, 0)  # drops what is left of them on straight edges
        yield polygons[kept], order[kept]
        return
    while chunk := list(itertools.islice(traced, CHUNK)):
        yield _as_polygons(chunk)


def _placed(polygons: NDArray[Any], transform: Affine) -> NDArray[Any]:
    placed: NDArray[Any] = shapely.transform(polygons, lambda at: np.column_stack(transform @ (at[:, 0], at[:, 1])))
    return placed


def _as_polygons(traced: list[tuple[Any, float]]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    polygons = np.empty(len(traced), object)
    polygons[:] = [shapely.Polygon(g["coordinates"][0], g["coordinates"][1:]) for g, _ in traced]
    return polygons, np.array([number for _, number in traced], np.int64)
