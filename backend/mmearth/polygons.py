"""Turns a class raster into polygons, strip by strip, so that memory does not grow with the raster's height.

A region that crosses a strip edge comes out as two polygons; QGIS's Dissolve joins them. Knows nothing of models.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError
from rasterio.features import shapes
from rasterio.io import DatasetReader
from rasterio.windows import Window
from scipy import ndimage

from mmearth.errors import ResourceError
from mmearth.progress import Report
from mmearth.raster import Grid
from mmearth.styles import ClassInfo

STRIP_PX = 1024
CHUNK = 20_000  # polygons held as Python objects at a time


def write_polygons(
    class_path: str, out: str, classes: Sequence[ClassInfo], confidence_path: str | None, report: Report
) -> int:
    """Writes regions of equal class as polygons with class_value, class_name, area_m2 and, if known, confidence.

    Args:
        class_path: Class raster with nodata.
        out: GeoPackage to write; replaced if it exists.
        classes: Classes of the raster; other values are left out.
        confidence_path: Raster on the same grid whose mean goes to `confidence`; None leaves that field out.
        report: Told after every strip.

    Returns:
        Number of polygons.

    Raises:
        ResourceError: the file cannot be written.
    """
    target = Path(out)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part.gpkg")
    names = {c.value: c.name for c in classes}
    count = 0
    try:
        with rasterio.open(class_path) as raster:
            confidence = rasterio.open(confidence_path) if confidence_path else None
            try:
                for rows_done, geometries, values, area_m2, mean in _strips(raster, confidence, sorted(names)):
                    fields = ["class_value", "class_name", "area_m2"] + (["confidence"] if confidence else [])
                    columns = [values, np.array([names[v] for v in values.tolist()], object), area_m2, mean]
                    pyogrio.raw.write(
                        temporary,
                        shapely.to_wkb(geometries),
                        columns[: len(fields)],
                        fields,
                        layer=target.stem,
                        driver="GPKG",
                        geometry_type="Polygon",
                        crs=raster.crs.to_wkt(),
                        append=temporary.exists(),
                    )
                    count += len(values)
                    report.progress("Writing polygons", rows_done, raster.height)
            finally:
                if confidence:
                    confidence.close()
        temporary.replace(target)
    except (DataSourceError, OSError) as error:
        raise ResourceError(
            f"Polygons cannot be written to '{out}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error
    finally:
        for leftover in (temporary, *(temporary.with_name(temporary.name + s) for s in ("-journal", "-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
    return count


def _strips(
    raster: DatasetReader, confidence: DatasetReader | None, values: Sequence[int]
) -> Iterator[tuple[int, NDArray[Any], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yields rows done, polygons, class values, areas and mean confidences, chunk by chunk; the first even if empty."""
    grid = Grid(raster.crs, raster.transform, raster.width, raster.height)
    for row0 in range(0, raster.height, STRIP_PX):
        window = Window(0, row0, raster.width, min(STRIP_PX, raster.height - row0))
        stored = raster.read(1, window=window)
        regions = np.zeros(stored.shape, np.int32)
        region_values = [0]
        for value in values:
            if value != raster.nodata:
                numbered, found = ndimage.label(stored == value)
                regions += np.where(numbered > 0, numbered + np.int32(len(region_values) - 1), 0).astype(np.int32)
                region_values += [value] * found
        flat, count = regions.ravel(), len(region_values)
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
        transform = raster.transform @ Affine.translation(0, row0)
        traced = shapes(regions, mask=regions > 0, transform=transform)
        chunk = list(itertools.islice(traced, CHUNK))
        while chunk or row0 == 0:
            order = np.array([number for _, number in chunk], np.int64)
            polygons = np.array([shapely.Polygon(g["coordinates"][0], g["coordinates"][1:]) for g, _ in chunk], object)
            following = list(itertools.islice(traced, CHUNK))
            rows_done = row0 if following else row0 + int(window.height)
            yield rows_done, polygons, np.array(region_values, np.int64)[order], area_m2[order], mean[order]
            if not following:
                break
            chunk = following
