"""The verb `outline`: polygons around the pixels of a raster whose value lies between two bounds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from scipy import ndimage

from mmearth import protocol
from mmearth.cog import check_output
from mmearth.errors import InputError
from mmearth.exploring.traced_outlines import place, simplify, trace, without_holes
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import CACHE_BYTES, Grid
from mmearth.vector_tables import new_geopackage

LARGEST_PX = 50 * 10**6  # five bytes each
MOST_POLYGONS = 100_000
STRIP_PX = 1 << 22  # pixels that are read at once
READING, TRACING = "Reading values", "Tracing outlines"


def run(request: protocol.OutlineRequest, report: Report) -> dict[str, Any]:
    """Writes the polygons, largest first, each with `pixels` and `area_m2`; layer "polygons".

    Pixels that meet at a corner only are apart; holes of fewer than 8 pixels are filled.

    Args:
        request: See `protocol.OutlineRequest`.
        report: Told strip by strip; cancels there.

    Returns:
        out, polygons (how many), warnings, seconds.

    Raises:
        InputError: raster, range or extent do not serve, or there is nothing to outline.
        ResourceError: the output cannot be written.
    """
    started_s = time.monotonic()
    check_output(request.out, (".gpkg",))
    if not request.high >= request.low:
        raise InputError(
            f"The range is empty: from {request.low:g} to {request.high:g}.", "Give the smaller value first."
        )
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), _opened(request.raster) as dataset:
        name = Path(request.raster).name
        whole = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
        window = window_of(whole, request.bounds, name)
        if window.width * window.height > LARGEST_PX:
            raise InputError(
                f"The extent holds {int(window.width):,} × {int(window.height):,} pixels of '{name}'; outlines are "
                f"drawn of {LARGEST_PX:,} pixels at most.",
                "Zoom in, or choose a smaller extent.",
            )
        inside = without_holes(_inside(dataset, window, request, report))
    grid = whole.crop(window)
    regions, pixels = _regions(inside, request.min_area_px, request.most)
    if not len(pixels):
        raise InputError(
            f"No area of {request.min_area_px} pixels or more of '{name}' lies between {request.low:g} and "
            f"{request.high:g} there.",
            "Choose a wider range, a smaller least area, or another extent.",
        )
    if len(pixels) > MOST_POLYGONS:
        raise InputError(
            f"There are {len(pixels):,} areas between {request.low:g} and {request.high:g}; {MOST_POLYGONS:,} polygons "
            "are drawn at most.",
            "Choose a larger least area, or a smaller extent.",
        )
    report.progress(TRACING, 0, 1)
    polygons, numbers = trace(regions)
    largest_first = np.argsort(numbers)
    areas_m2 = np.bincount(regions.ravel(), np.repeat(grid.pixel_areas_m2(), grid.width), len(pixels) + 1)[1:]
    outlines = place(simplify(polygons[largest_first], request.simplify_px), grid.transform)
    _write(request.out, outlines, [pixels, areas_m2], grid.crs.to_wkt())
    report.progress(TRACING, 1, 1)
    return {
        "out": request.out,
        "polygons": len(outlines),
        "warnings": [],
        "seconds": round(time.monotonic() - started_s, 3),
    }


def _opened(path: str) -> DatasetReader:
    """Opens a raster of one band on a north-up grid.

    Raises:
        InputError: it is none.
    """
    name = Path(path).name
    try:
        dataset = rasterio.open(path)
    except RasterioError as error:
        raise InputError(f"'{name}' could not be opened as a raster ({error}).", "Choose another raster.") from error
    transform = dataset.transform
    fault, remedy = "", "Choose a raster of similarity, of groups or of classes."
    if dataset.count != 1:
        fault = f"has {dataset.count} bands; outlines are drawn of one"
    elif dataset.crs is None:
        fault, remedy = "has no coordinate reference system", "Assign it (Raster → Projections → Assign Projection)."
    elif transform.b or transform.d or not transform.a > 0 > transform.e:
        fault, remedy = (
            "is rotated, mirrored or stored south-up",
            "Warp it to a north-up grid first (gdalwarp -r near).",
        )
    if fault:
        dataset.close()
        raise InputError(f"Raster '{name}' {fault}.", remedy)
    return dataset


def _inside(
    dataset: DatasetReader, window: Window, request: protocol.OutlineRequest, report: Report
) -> NDArray[np.bool_]:
    """Returns (rows, cols) where the value is known and in the range, read strip by strip."""
    rows, cols = int(window.height), int(window.width)
    inside = np.empty((rows, cols), bool)
    step = max(1, STRIP_PX // cols)
    for row in range(0, rows, step):
        report.progress(READING, row, rows)
        count = min(step, rows - row)
        try:
            values = dataset.read(1, window=Window(window.col_off, window.row_off + row, cols, count), masked=True)
        except RasterioError as error:
            cause = error.__cause__ or error  # rasterio's own text only points to it
            name = Path(request.raster).name
            raise InputError(f"'{name}' cannot be read: {cause}.", "Copy or make it again.") from error
        found = (values.data >= request.low) & (values.data <= request.high)
        inside[slice(row, row + count)] = found & ~np.ma.getmaskarray(values)
    return inside


def _regions(inside: NDArray[np.bool_], least_px: int, most: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Returns (rows, cols) the number of the region, 1 the largest, 0 for none, and the pixels of each."""
    numbered = np.empty(inside.shape, np.int32)
    ndimage.label(inside, output=numbered)
    pixels = np.bincount(numbered.ravel())
    pixels[0] = 0
    order = np.argsort(-pixels, kind="stable")
    order = order[pixels[order] >= max(1, least_px)]
    order = order[: most or len(order)]
    numbers = np.zeros(len(pixels), np.int32)
    numbers[order] = np.arange(1, len(order) + 1)
    return numbers[numbered], pixels[order]


def _write(out: str, polygons: NDArray[Any], columns: list[NDArray[Any]], wkt: str) -> None:
    """Writes the layer under a temporary name first."""
    with new_geopackage(out) as part:
        pyogrio.raw.write(
            part, shapely.to_wkb(polygons), columns, ["pixels", "area_m2"], layer="polygons", driver="GPKG",
            geometry_type="Polygon", crs=wkt,
        )  # fmt: skip
