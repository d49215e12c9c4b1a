"""Label layers as files: opening them in any vector format, repairing outlines, and bringing them to another CRS.

Knows vector layers; nothing of classes or pixels.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from mmearth.errors import InputError


@dataclass(frozen=True)
class LabelTable:
    """What a label layer holds, row by row.

    Attributes:
        name: File name, for messages.
        crs: Of the outlines, as authority and code, or WKT.
        fids: (rows,) feature ids.
        outlines: (rows,) geometries, valid where `usable`.
        usable: (rows,) bool: has a polygon with an area.
        invalid: (rows,) bool: its outline had to be repaired.
        columns: Column by field name.
    """

    name: str
    crs: str
    fids: NDArray[np.int64]
    outlines: NDArray[Any]
    usable: NDArray[np.bool_]
    invalid: NDArray[np.bool_]
    columns: dict[str, NDArray[Any]]


def read_table(path: str, layer: str) -> LabelTable:
    """Reads a polygon layer.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another vector format of GDAL.
        layer: Layer name; empty means the only layer with polygons.

    Raises:
        InputError: no such file or layer, no CRS, or no polygon.
    """
    name = Path(path).name
    meta, fids, wkb, columns = _read(path, layer)
    if not meta["crs"]:
        raise InputError(
            f"Label layer '{name}' has no coordinate reference system.",
            "Set it in QGIS (Layer > Set CRS) and save the layer again.",
        )
    outlines, usable, invalid = _repaired(shapely.from_wkb(wkb), name)
    return LabelTable(
        name=name,
        crs=str(meta["crs"]),
        fids=np.asarray(fids).astype(np.int64),
        outlines=outlines,
        usable=usable,
        invalid=invalid,
        columns=dict(zip(meta["fields"], columns, strict=True)),
    )


def projected(outlines: NDArray[Any], source: str, target: CRS, name: str) -> NDArray[Any]:
    """Returns geometries in another CRS.

    Raises:
        InputError: there is no way between the two.
    """
    try:
        transformer = pyproj.Transformer.from_crs(source, target.to_wkt(), always_xy=True)
    except ProjError as error:
        raise InputError(
            f"The coordinate reference system of label layer '{name}' cannot be converted to the scene's: {error}.",
            "Set the right CRS in QGIS (Layer > Set CRS) and save the layer again.",
        ) from error
    moved: NDArray[Any] = shapely.transform(
        outlines, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return moved


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


def _repaired(geometries: NDArray[Any], name: str) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
    """Returns polygons made valid, which rows hold one, and which of these were not valid before."""
    kinds = shapely.get_type_id(geometries)  # -1 is no geometry
    areal = np.isin(kinds, (3, 6, 7)) & ~shapely.is_empty(geometries)
    if not areal.any():
        found = sorted({g.geom_type for g in geometries if g is not None}) or ["rows without geometry"]
        raise InputError(
            f"Label layer '{name}' holds {', '.join(found)}, but no polygon.", "Choose a layer of label polygons."
        )
    invalid = areal & ~shapely.is_valid(geometries)
    result = geometries.copy()
    for row in np.flatnonzero(invalid | (areal & (kinds == 7))):
        parts = [p for p in shapely.get_parts(shapely.make_valid(result[row])) if p.area > 0]
        result[row] = shapely.union_all(parts)
    return result, areal & ~shapely.is_empty(result), invalid
