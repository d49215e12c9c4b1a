"""Label polygons: reading them from any vector layer, and finding the pixels inside each of them.

Knows vector layers and grids; nothing of features or models.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.features import rasterize

from mmearth.errors import InputError
from mmearth.label_classes import COLOR_FIELDS, classes_of
from mmearth.raster import Grid
from mmearth.styles import ClassInfo

__all__ = ["ClassInfo", "Labels", "PolygonPixels", "polygon_pixels", "read_labels", "sample_pixels"]

_CLASS_FIELDS = ("class_id", "class", "label", "klass", "class_name", "classname", "category", "landcover", "type")
_LARGEST_MASK_PX = 4_000_000


MOST_SINGLE_CLASSES = 20  # with more values than this and one polygon each, a field is a number, not a class


@dataclass(frozen=True)
class Labels:
    """Labelled polygons of one layer, in the CRS that was asked for.

    Attributes:
        geometries: One polygon or multi-polygon for each sample.
        values: Index of its class in `classes`, int64.
        classes: The classes that have polygons, by pixel value.
        field: Name of the class field.
        fids: Feature id of each polygon in its layer.
        notes: What the user should know; `polygon_pixels` adds to it.
    """

    geometries: list[Any]
    values: NDArray[np.int64]
    classes: tuple[ClassInfo, ...]
    field: str
    fids: NDArray[np.int64]
    notes: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True)
class PolygonPixels:
    """Pixels whose centre lies inside one polygon: its index in `Labels.geometries`, and rows and columns (n,)."""

    polygon: int
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]


def read_labels(path: str, layer: str, field: str, classes: Sequence[Mapping[str, Any]], crs: CRS) -> Labels:
    """Reads label polygons.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another vector format of GDAL.
        layer: Layer name; empty means the only layer with polygons.
        field: Class field; empty means the only sensible one.
        classes: {"value", "name", "color"} in order, each key optional; empty means the classes found.
        crs: CRS of the geometries returned.

    Raises:
        InputError: no such file, layer or field, no CRS, no polygon, or fewer than two classes.
    """
    name = Path(path).name
    meta, fids, wkb, columns = _read(path, layer)
    if not meta["crs"]:
        raise InputError(
            f"Label layer '{name}' has no coordinate reference system.",
            "Set it in QGIS (Layer > Set CRS) and save the layer again.",
        )
    table = dict(zip(meta["fields"], columns, strict=True))
    notes: list[str] = []
    geometries, usable = _repaired(shapely.from_wkb(wkb), name, notes)
    field = _chosen_field(table, field, name)
    raw = [None if _is_null(value) else value for value in table[field].tolist()]
    labelled = np.array([value is not None for value in raw], bool)
    if (usable & ~labelled).any():
        notes.append(f"{_many(usable & ~labelled, 'polygon')} without a value in field '{field}' ignored.")
    rows = np.flatnonzero(usable & labelled)
    if not len(rows):
        raise InputError(
            f"Label layer '{name}' has no polygon with a value in field '{field}'.",
            "Draw polygons of at least 2 classes, fill in the field and save the layer.",
        )
    keys = [_key(raw[row], field, name) for row in rows]
    info, indices = classes_of(keys, {f: [v[row] for row in rows] for f, v in table.items()}, field, classes, notes)
    if len(info) < 2:
        raise InputError(
            f"Label layer '{name}' has only one class in field '{field}': '{info[0].name}'.",
            "Draw polygons of at least one more class, or choose another class field.",
        )
    counts = np.bincount(indices, minlength=len(info))
    if (counts == 1).all() and len(info) > MOST_SINGLE_CLASSES:
        raise InputError(
            f"Field '{field}' of '{name}' has {len(info)} values for {len(info)} polygons: it numbers the polygons, "
            "it is not their class.",
            f"Choose the class field; the fields are {', '.join(table)}.",
        )
    if (counts == 1).all() and len(info) > 2:
        notes.append(f"Every class of field '{field}' has one polygon: is it the class, or a number of each polygon?")
    else:
        notes += [
            f"Class '{c.name}' has 1 polygon: its score cannot be known; draw at least 2 (5 are better)."
            for c, count in zip(info, counts, strict=True)
            if count == 1
        ]
    projected = _projected(geometries[rows], meta["crs"], crs, name)
    return Labels(list(projected), indices, info, field, np.asarray(fids)[rows].astype(np.int64), notes)


def polygon_pixels(labels: Labels, grid: Grid) -> list[PolygonPixels]:
    """Returns the pixels of each polygon that has any; what was left out is told in `labels.notes`.

    A pixel belongs to a polygon when its centre lies inside. Pixels claimed by polygons of different classes are
    dropped; those claimed twice by one class stay with the first polygon, so that no pixel is in two polygons. Memory
    does not grow with the raster: of a polygon with a bounding box above 4 million pixels a regular lattice is taken.

    Raises:
        InputError: no polygon has a pixel.
    """
    found, outside, between = [], [], []
    frame = shapely.box(0, 0, grid.width, grid.height)
    inverse = ~grid.transform
    for index, geometry in enumerate(labels.geometries):
        in_pixels = shapely.transform(geometry, lambda xy: np.column_stack(inverse @ (xy[:, 0], xy[:, 1])))
        if not np.isfinite(shapely.bounds(in_pixels)).all() or not shapely.intersects(in_pixels, frame):
            outside.append(index)
            continue
        pixels = _centres_inside(index, in_pixels, grid)
        if len(pixels.rows):
            found.append(pixels)
        else:
            between.append(index)
    _require_any(labels, grid, found, outside, between)
    if outside:
        labels.notes.append(f"{_many(outside, 'polygon')} outside the raster ({_fids(labels, outside)}).")
    if between:
        labels.notes.append(
            f"{_many(between, 'polygon')} without a pixel centre at {_pixel_size(grid)} ({_fids(labels, between)})."
        )
    return _without_overlaps(labels, found, grid.width)


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


def _read(path: str, layer: str) -> tuple[dict[str, Any], Any, Any, Any]:
    name = Path(path).name
    if not Path(path).exists():
        raise InputError(f"Label layer '{path}' does not exist.", "Choose a GeoPackage, GeoJSON or Shapefile.")
    try:
        listed = [(str(n), str(kind)) for n, kind in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise InputError(
            f"'{name}' is not a vector layer that GDAL can read.", "Choose a GeoPackage, GeoJSON or Shapefile."
        ) from error
    candidates = [n for n, kind in listed if not layer or n == layer]
    if not layer and len(listed) > 1:
        candidates = [n for n, kind in listed if re.search("Polygon|Surface|Unknown|Collection", kind)]
    if len(candidates) != 1:
        found = ", ".join(f"'{n}' ({kind})" for n, kind in listed) or "no layer"
        wanted = f"no layer '{layer}'" if layer else f"{len(candidates)} layers with polygons; one is wanted"
        raise InputError(f"'{name}' has {wanted}. Found: {found}.", "Name the layer that holds the label polygons.")
    try:
        meta, fids, wkb, columns = pyogrio.raw.read(path, layer=candidates[0], force_2d=True, return_fids=True)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            f"Label layer '{candidates[0]}' of '{name}' cannot be read: {error}.", "Save it again from QGIS."
        ) from error
    if wkb is None or not len(wkb):
        raise InputError(
            f"Label layer '{name}' holds no polygon.", "Draw polygons of at least 2 classes and save the layer."
        )
    return meta, fids, wkb, columns


def _repaired(geometries: NDArray[Any], name: str, notes: list[str]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Returns polygons made valid, and which rows hold one."""
    kinds = shapely.get_type_id(geometries)  # -1 is no geometry
    areal = np.isin(kinds, (3, 6, 7)) & ~shapely.is_empty(geometries)
    if not areal.any():
        found = sorted({g.geom_type for g in geometries if g is not None}) or ["rows without geometry"]
        raise InputError(
            f"Label layer '{name}' holds {', '.join(found)}, but no polygon.", "Choose a layer of label polygons."
        )
    if not areal.all():
        notes.append(f"{_many(~areal, 'feature')} without a polygon ignored.")
    invalid = areal & ~shapely.is_valid(geometries)
    if invalid.any():
        notes.append(f"{_many(invalid, 'polygon')} with an invalid outline (such as one that crosses itself) repaired.")
    result = geometries.copy()
    for row in np.flatnonzero(invalid | (areal & (kinds == 7))):
        parts = [p for p in shapely.get_parts(shapely.make_valid(result[row])) if p.area > 0]
        result[row] = shapely.union_all(parts)
    return result, areal & ~shapely.is_empty(result)


def _chosen_field(table: Mapping[str, Any], wanted: str, name: str) -> str:
    listed = ", ".join(f"'{f}'" for f in table) or "none"
    if wanted:
        if wanted not in table:
            raise InputError(
                f"Label layer '{name}' has no field '{wanted}'. Its fields: {listed}.", "Choose the class field."
            )
        return wanted
    by_lower = {f.lower(): f for f in table}
    for candidate in _CLASS_FIELDS:
        if candidate in by_lower:
            return by_lower[candidate]
    others = [f for f in table if f.lower() not in ("fid", "id", "ogc_fid", *COLOR_FIELDS)]
    if len(others) == 1:
        return others[0]
    raise InputError(
        f"It is not clear which field of label layer '{name}' is the class. Its fields: {listed}.",
        "Choose the class field.",
    )


def _is_null(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _key(value: object, field: str, name: str) -> int | str:
    """Returns a class as whole number or text; integer columns with NULLs arrive as floats."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (bool, int)) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    raise InputError(
        f"Field '{field}' of label layer '{name}' holds {value!r}; classes are whole numbers or text.",
        "Choose the class field.",
    )


def _projected(geometries: NDArray[Any], source: str, target: CRS, name: str) -> NDArray[Any]:
    try:
        transformer = pyproj.Transformer.from_crs(source, target.to_wkt(), always_xy=True)
    except ProjError as error:
        raise InputError(
            f"The coordinate reference system of label layer '{name}' cannot be converted to the scene's: {error}.",
            "Set the right CRS in QGIS (Layer > Set CRS) and save the layer again.",
        ) from error
    moved: NDArray[Any] = shapely.transform(
        geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return moved


def _centres_inside(index: int, in_pixels: Any, grid: Grid) -> PolygonPixels:
    """Rasterises a polygon given in pixel coordinates inside its own bounding box."""
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


def _require_any(
    labels: Labels, grid: Grid, found: Sequence[PolygonPixels], outside: Sequence[int], between: Sequence[int]
) -> None:
    if found:
        return
    if not between:
        extent = shapely.total_bounds(labels.geometries)
        raise InputError(
            f"All {len(outside)} label polygons lie outside the raster: they cover {_spoken(extent)}, "
            f"the raster covers {_spoken(grid.bounds)} (left, bottom, right, top in {grid.crs.to_string()}).",
            "Draw polygons on the raster, or check the coordinate reference system of both layers.",
        )
    raise InputError(
        f"None of the {len(between)} label polygons on the raster holds the centre of a pixel; "
        f"a pixel is {_pixel_size(grid)}.",
        "Draw polygons that cover several pixels.",
    )


def _without_overlaps(labels: Labels, found: Sequence[PolygonPixels], width: int) -> list[PolygonPixels]:
    owner = np.concatenate([np.full(len(p.rows), i) for i, p in enumerate(found)])
    cells = np.concatenate([p.rows * width + p.cols for p in found])
    classes = labels.values[[p.polygon for p in found]][owner]
    _, first, cell = np.unique(cells, return_index=True, return_inverse=True)
    contested = np.zeros(len(first), bool)
    contested[cell[classes != classes[first][cell]]] = True
    keep = ~contested[cell] & (first[cell] == np.arange(len(cells)))
    if contested.any():
        labels.notes.append(
            f"{_many(contested, 'pixel')} inside polygons of different classes left out; check for overlaps."
        )
    if (~keep & ~contested[cell]).any():
        labels.notes.append(
            f"{_many(~keep & ~contested[cell], 'pixel')} inside two polygons of one class counted once."
        )
    kept = []
    for i, p in enumerate(found):
        own = keep[owner == i]
        if own.any():
            kept.append(PolygonPixels(p.polygon, p.rows[own], p.cols[own]))
    lost = sorted({p.polygon for p in found} - {p.polygon for p in kept})
    if lost:
        labels.notes.append(f"{_many(lost, 'polygon')} wholly under others left out ({_fids(labels, lost)}).")
    if not kept:
        raise InputError(
            "Every labelled pixel lies in polygons of different classes.", "Remove the overlap between the polygons."
        )
    return kept


def _many(which: Sequence[int] | NDArray[np.bool_], noun: str) -> str:
    count = int(which.sum()) if isinstance(which, np.ndarray) else len(which)
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _fids(labels: Labels, polygons: Sequence[int]) -> str:
    shown = ", ".join(str(labels.fids[i]) for i in polygons[:5])
    return f"feature {shown}{', …' if len(polygons) > 5 else ''}"


def _spoken(bounds: Sequence[float] | NDArray[np.floating]) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in bounds))


def _pixel_size(grid: Grid) -> str:
    unit = "degrees" if grid.crs.is_geographic else grid.crs.linear_units
    return f"{abs(grid.transform.a):g} × {abs(grid.transform.e):g} {unit}"
