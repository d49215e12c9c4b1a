"""Rasters that are not north-up, seen through a warp that happens as they are read. Knows nothing of bands or units."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from affine import Affine
from rasterio.enums import MaskFlags, Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from mmearth.errors import InputError
from mmearth.scenes.scene_values import alpha_bands

TOLERANCE_PX = 1e-3  # of the approximated transformation; 0 is not accepted


@contextmanager
def north_up(dataset: DatasetReader, name: str) -> Iterator[tuple[DatasetReader | WarpedVRT, str]]:
    """Yields a reader of the dataset on a north-up grid, and a sentence on how that was reached.

    Args:
        dataset: Any raster with bands; it stays open as long as the reader.
        name: What messages call it.

    Yields:
        The dataset itself and "" where it is north-up already; else a warped view of the same bands, and why.

    Raises:
        InputError: no coordinate reference system, or no georeference.
    """
    _check_georeference(dataset, name)
    transform = dataset.transform
    if dataset.crs is not None and transform.a > 0 > transform.e and not _is_rotated(transform):
        yield dataset, ""
        return
    options: dict[str, Any] = {"tolerance": TOLERANCE_PX, "warp_mem_limit": 64, **_validity(dataset)}
    if dataset.crs is None:
        # The grid is left to GDAL: given one, rasterio reads nothing but zeros through ground control points.
        options |= {"crs": dataset.gcps[1], "resampling": Resampling.bilinear}
        state = f"is placed by {len(dataset.gcps[0])} ground control points"
    else:
        state = "is rotated" if _is_rotated(transform) else "is stored south-up or mirrored"
        options |= {"crs": dataset.crs, **_grid(transform, dataset.width, dataset.height)}
    with WarpedVRT(dataset, **options) as warped:
        res = warped.transform.a
        yield warped, f"'{name}' {state}; it is read through a warp to a north-up grid with pixels of {res:.6g}."


def _check_georeference(dataset: DatasetReader, name: str) -> None:
    points, crs_of_points = dataset.gcps
    if dataset.crs is None and not (points and crs_of_points):
        raise InputError(
            f"Raster '{name}' has no coordinate reference system; a map needs one.",
            "Assign it (in QGIS: Raster → Projections → Assign Projection) and try again.",
        )
    if dataset.crs is not None and dataset.transform.is_identity:
        raise InputError(
            f"Raster '{name}' has no georeference: its pixels have no place in {dataset.crs.to_string()}.",
            "Georeference it (in QGIS: Layer → Georeferencer) and use the result.",
        )


def _is_rotated(transform: Affine) -> bool:
    return bool(abs(transform.b) > 1e-9 * abs(transform.a) or abs(transform.d) > 1e-9 * abs(transform.e))


def _grid(transform: Affine, width: int, height: int) -> dict[str, Any]:
    """Returns the north-up grid over a raster: its own pixels turned over, or squares of the same area if rotated."""
    corners = np.array([transform @ corner for corner in ((0, 0), (width, 0), (0, height), (width, height))])
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    if not _is_rotated(transform):
        res_x, res_y, resampling = abs(transform.a), abs(transform.e), Resampling.nearest  # every value is kept
    else:
        res_x = res_y = math.sqrt(abs(transform.determinant))
        resampling = Resampling.bilinear
    return {
        "transform": Affine(res_x, 0, float(left), 0, -res_y, float(top)),
        "width": max(1, math.ceil((right - left) / res_x - 1e-6)),
        "height": max(1, math.ceil((top - bottom) / res_y - 1e-6)),
        "resampling": resampling,
    }


def _validity(dataset: DatasetReader) -> dict[str, Any]:
    """Returns options by which what lies outside the raster, and what is missing inside, comes out as not valid."""
    alphas = alpha_bands(dataset)
    if alphas:
        return {"src_alpha": alphas[0]}
    if dataset.nodata is not None:
        return {}
    if MaskFlags.per_dataset in dataset.mask_flag_enums[0]:
        return {"add_alpha": True}
    # As in north-up scenes, 0 in every band is where there are no data.
    return {"add_alpha": True, "src_nodata": 0, "UNIFIED_SRC_NODATA": "YES"}
