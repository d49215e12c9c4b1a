"""Which part of a scene is wanted: bounds become a window, mask polygons become a mask of each tile."""

import math
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS, Transformer
from rasterio.features import geometry_mask
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.scenes.raster import Grid

EDGE = 1e-6  # of a pixel: bounds that meet a pixel edge up to rounding do not take in the next pixel


def window_of(grid: Grid, bounds: tuple[float, float, float, float] | None, name: str) -> Window:
    """Returns the smallest window of whole pixels that covers the bounds, cut to the raster.

    Args:
        grid: The scene's grid.
        bounds: (left, bottom, right, top) in the scene's CRS, or None for all of it.
        name: File name, for the message.

    Raises:
        InputError: the bounds are empty or do not meet the raster.
    """
    if bounds is None:
        return Window(0, 0, grid.width, grid.height)
    left, bottom, right, top = bounds
    if not (right > left and top > bottom):
        raise InputError(
            f"The extent is empty: left {left:g}, bottom {bottom:g}, right {right:g}, top {top:g}.",
            "Draw a rectangle, or give bounds in the order left, bottom, right, top.",
        )
    inverse = ~grid.transform
    col0, row0 = inverse @ (left, top)
    col1, row1 = inverse @ (right, bottom)
    col0, row0 = max(0, math.floor(col0 + EDGE)), max(0, math.floor(row0 + EDGE))
    col1, row1 = min(grid.width, math.ceil(col1 - EDGE)), min(grid.height, math.ceil(row1 - EDGE))
    if col1 <= col0 or row1 <= row0:
        raise InputError(
            f"The extent {_spoken(bounds)} lies outside raster '{name}', which covers {_spoken(grid.bounds)} "
            f"({grid.crs.to_string()}).",
            "Choose an extent that overlaps the raster, in the raster's coordinate reference system.",
        )
    return Window(col0, row0, col1 - col0, row1 - row0)


def _spoken(bounds: tuple[float, float, float, float]) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in bounds))


def read_mask(path: str, grid: Grid) -> np.ndarray | None:
    """Reads the polygons of a mask layer in the CRS of the grid.

    Args:
        path: Vector file, optionally "file.gpkg|layername=name"; empty for no mask.
        grid: The scene's grid.

    Returns:
        Array of shapely geometries, or None without a path.

    Raises:
        InputError: not a vector file, no CRS, or no polygon in it.
    """
    if not path:
        return None
    file, _, layer = path.partition("|layername=")
    try:
        meta, _, geometry, _ = pyogrio.raw.read(file, layer=layer or None, columns=[], force_2d=True)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(f"Mask '{path}' could not be read ({error}).", "Choose a polygon layer.") from error
    shapes = shapely.from_wkb(geometry)
    shapes = shapely.make_valid(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    shapes = shapes[shapely.area(shapes) > 0]
    if len(shapes) == 0:
        raise InputError(f"Mask '{Path(file).name}' holds no polygon.", "Choose a layer of polygons.")
    if not meta["crs"]:
        raise InputError(f"Mask '{Path(file).name}' has no coordinate reference system.", "Assign one to the layer.")
    transformer = Transformer.from_crs(
        CRS.from_user_input(meta["crs"]), CRS.from_wkt(grid.crs.to_wkt()), always_xy=True
    )
    projected: np.ndarray = shapely.transform(shapes, lambda xy: np.column_stack(transformer.transform(*xy.T)))
    return projected


def inside_mask(shapes: np.ndarray | None, grid: Grid, window: Window) -> np.ndarray | None:
    """Returns (rows, cols) bool, True where a pixel centre lies in a polygon; None means everywhere."""
    if shapes is None:
        return None
    part = grid.crop(window)
    near = shapes[shapely.intersects(shapes, shapely.box(*part.bounds))]
    if len(near) == 0:
        return np.zeros((part.height, part.width), bool)
    inside: np.ndarray = geometry_mask(list(near), (part.height, part.width), part.transform, invert=True)
    return inside


def touches_mask(shapes: np.ndarray | None, grid: Grid, window: Window) -> bool:
    """Whether any polygon meets a window; True without polygons."""
    return shapes is None or bool(shapely.intersects(shapes, shapely.box(*grid.crop(window).bounds)).any())
