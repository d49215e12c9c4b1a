"""Outlines of pixels as polygons in the units of a grid. Knows nothing of what the pixels mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy import ndimage

HOLE_PX = 8  # holes of fewer pixels are filled

Polygons = NDArray[Any]


def without_holes(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns (rows, cols) the same pixels and those of small holes; what reaches the edge is no hole."""
    numbered = np.empty(inside.shape, np.int32)
    ndimage.label(~inside, output=numbered)
    small = np.bincount(numbered.ravel()) < HOLE_PX
    for edge in (numbered[0], numbered[-1], numbered[:, 0], numbered[:, -1]):
        small[edge] = False
    small[0] = False  # the pixels themselves
    filled: NDArray[np.bool_] = inside | small[numbered]
    return filled


def trace(regions: NDArray[np.int32]) -> tuple[Polygons, NDArray[np.int64]]:
    """Returns polygons in pixels, columns then rows, and the number of the region of each.

    Args:
        regions: (rows, cols) number of the region, 0 outside all; pixels that meet at a corner only are apart.
    """
    traced = list(shapes(regions, mask=regions > 0, connectivity=4))
    polygons = np.empty(len(traced), object)
    for place, (outline, _) in enumerate(traced):
        shell, *holes = outline["coordinates"]
        polygons[place] = shapely.Polygon(shell, holes)
    return polygons, np.array([number for _, number in traced], np.int64)


def simplify(polygons: Polygons, tolerance_px: float) -> Polygons:
    """Returns valid polygons whose outline leaves that of the pixels by no more than a tolerance."""
    if tolerance_px <= 0:
        return polygons
    simple: Polygons = shapely.simplify(polygons, tolerance_px)
    flat = shapely.is_empty(simple) | ~shapely.is_valid(simple)
    simple[flat] = polygons[flat]
    return simple


def place(polygons: Polygons, transform: Affine) -> Polygons:
    """Returns polygons in pixels where they lie on the map."""
    placed: Polygons = shapely.transform(polygons, lambda at: np.column_stack(transform @ (at[:, 0], at[:, 1])))
    return placed
