"""Pixels of polygons: which have their centre inside one, and which of several polygons they belong to.

Knows polygons and grids; nothing of label layers or features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window

from mmearth.scenes.raster import Grid

_LARGEST_MASK_PX = 4_000_000


@dataclass(frozen=True)
class PolygonPixels:
    """Pixels whose centre lies inside one polygon: its index in `Labels.geometries`, and rows and columns (n,)."""

    polygon: int
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]


def sample_pixels(pixels: Sequence[PolygonPixels], max_per_polygon: int = 200, seed: int = 0) -> list[PolygonPixels]:
    """Draws at most `max_per_polygon` pixels of each polygon; what is drawn depends on its number and `seed` only."""
    sampled = []
    for p in pixels:
        keep = np.arange(len(p.rows))
        if len(keep) > max_per_polygon:
            rng = np.random.default_rng([seed, p.polygon])
            keep = np.sort(rng.choice(len(keep), max_per_polygon, replace=False))
        sampled.append(PolygonPixels(p.polygon, p.rows[keep], p.cols[keep]))
    return sampled


def to_pixels(geometry: Any, grid: Grid) -> Any:
    """Returns a geometry in pixels of a grid: columns, then rows, from its upper left corner."""
    inverse = ~grid.transform
    return shapely.transform(geometry, lambda xy: np.column_stack(inverse @ (xy[:, 0], xy[:, 1])))


def meets(in_pixels: Any, rows: tuple[int, int], cols: tuple[int, int]) -> bool:
    """Returns whether a geometry in pixels touches some rows and columns; one that cannot be projected does not."""
    if not np.isfinite(shapely.bounds(in_pixels)).all():
        return False
    return bool(shapely.intersects(in_pixels, shapely.box(cols[0], rows[0], cols[1], rows[1])))


def centres_inside(index: int, in_pixels: Any, grid: Grid) -> PolygonPixels:
    """Rasterises a polygon given in pixel coordinates inside its own bounding box.

    Memory does not grow with the raster: of a bounding box above 4 million pixels a regular lattice is taken.
    """
    left, top, right, bottom = shapely.bounds(in_pixels)
    col0, row0 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
    col1, row1 = min(grid.width, int(np.ceil(right))), min(grid.height, int(np.ceil(bottom)))
    if col1 <= col0 or row1 <= row0:
        return PolygonPixels(index, np.empty(0, np.int64), np.empty(0, np.int64))
    step = int(np.ceil(np.sqrt((col1 - col0) * (row1 - row0) / _LARGEST_MASK_PX)))
    shape = (-(-(row1 - row0) // step), -(-(col1 - col0) // step))
    # Lattice cell (i, j) has its centre at the centre of pixel (row0 + i * step, col0 + j * step).
    corner = 0.5 - step / 2
    lattice = Affine.translation(col0 + corner, row0 + corner) @ Affine.scale(step)
    inside = rasterize([(in_pixels, 1)], out_shape=shape, transform=lattice, dtype="uint8")
    rows, cols = np.nonzero(inside)
    return PolygonPixels(index, row0 + rows * step, col0 + cols * step)


def covered(geometries: Sequence[Any], grid: Grid, window: Window) -> NDArray[np.bool_]:
    """Returns (rows, cols) which pixels of a window, also beyond the grid's edges, have their centre in a polygon."""
    top, left = int(window.row_off), int(window.col_off)
    rows, cols = int(window.height), int(window.width)
    moved = (to_pixels(geometry, grid) for geometry in geometries)
    shapes = [(g, 1) for g in moved if meets(g, (top, top + rows), (left, left + cols))]
    if not shapes:
        return np.zeros((rows, cols), bool)
    burnt = rasterize(shapes, out_shape=(rows, cols), transform=Affine.translation(left, top), dtype="uint8")
    result: NDArray[np.bool_] = burnt.astype(bool)
    return result


def without(found: Sequence[PolygonPixels], geometries: Sequence[Any], grid: Grid) -> tuple[list[PolygonPixels], int]:
    """Takes the pixels out that lie in other polygons, too; returns what is left, and how many were taken."""
    kept, taken = [], 0
    for p in found:
        top, left = int(p.rows.min()), int(p.cols.min())
        window = Window(left, top, int(p.cols.max()) + 1 - left, int(p.rows.max()) + 1 - top)
        keep = ~covered(geometries, grid, window)[p.rows - top, p.cols - left]
        taken += int(np.count_nonzero(~keep))
        if keep.any():
            kept.append(PolygonPixels(p.polygon, p.rows[keep], p.cols[keep]))
    return kept, taken


def exclusive(
    found: Sequence[PolygonPixels], values: NDArray[np.integer], negative: NDArray[np.bool_], width: int
) -> tuple[list[PolygonPixels], int, int]:
    """Gives every pixel to one polygon; those that polygons contradict each other about are dropped.

    Of a pixel in several polygons the first decides; one that says what it is goes before one that says what it is not.

    Args:
        found: Pixels of each polygon.
        values: (P,) class of each polygon.
        negative: (P,) bool: the polygon is certainly not of that class.
        width: Of the grid in pixels.

    Returns:
        What is left, how many pixels were contested, and how many were in two polygons that agree.
    """
    ordered = sorted(found, key=lambda p: bool(negative[p.polygon]))
    owner = np.concatenate([np.full(len(p.rows), i) for i, p in enumerate(ordered)])
    cells = np.concatenate([p.rows * width + p.cols for p in ordered])
    polygons = np.array([p.polygon for p in ordered])
    own, is_negative = values[polygons][owner], negative[polygons][owner]
    _, first, cell = np.unique(cells, return_index=True, return_inverse=True)
    same = own == own[first][cell]
    conflict = np.where(is_negative, same & ~is_negative[first][cell], ~same)
    contested = np.zeros(len(first), bool)
    contested[cell[conflict]] = True
    keep = ~contested[cell] & (first[cell] == np.arange(len(cells)))
    twice = int(np.count_nonzero(~keep & ~contested[cell]))
    kept = []
    for i, p in enumerate(ordered):
        mine = keep[owner == i]
        if mine.any():
            kept.append(PolygonPixels(p.polygon, p.rows[mine], p.cols[mine]))
    return sorted(kept, key=lambda p: p.polygon), int(contested.sum()), twice
