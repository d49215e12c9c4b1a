"""Vector layers as tables: read with every attribute, written as GeoPackage or GeoParquet with further columns.

Attributes and geometries are passed through as they are stored. Knows nothing of rasters or embeddings.
"""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pyogrio.raw
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.crs import CRS

from mmearth.errors import InputError, ResourceError

SUFFIXES = (".gpkg", ".parquet")
LARGEST_GEOPACKAGE = 2000  # columns of a table: SQLite's SQLITE_MAX_COLUMN, as it is usually built
GEOPARQUET_VERSION = "1.1.0"
_MULTIPLE = {"Point": "MultiPoint", "Polygon": "MultiPolygon", "LineString": "MultiLineString"}


@dataclass(frozen=True)
class VectorTable:
    """A vector layer.

    Attributes:
        name: Layer or file name, for messages.
        attributes: One row a feature, without geometry.
        wkb: (n,) geometries as they are stored; None where there is none.
        shapes: (n,) the same in two dimensions, curves made straight.
        crs: Of the geometries.
    """

    name: str
    attributes: pa.Table
    wkb: pa.ChunkedArray
    shapes: NDArray[Any]
    crs: pyproj.CRS

    def shapes_in(self, crs: CRS) -> NDArray[Any]:
        """Returns (n,) geometries in another CRS, None where they have no place there."""
        transformer = pyproj.Transformer.from_crs(self.crs, pyproj.CRS.from_wkt(crs.to_wkt()), always_xy=True)
        moved: NDArray[Any] = shapely.transform(
            self.shapes, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        )
        moved[~np.isfinite(shapely.bounds(moved)).all(axis=1)] = None
        return moved


@contextlib.contextmanager
def new_geopackage(out: str) -> Iterator[Path]:
    """Yields the temporary file that polygons are to be written to; at the end it takes the place of `out`.

    Raises:
        ResourceError: a file cannot be written.
    """
    target = Path(out)
    part = target.with_name(f".{target.stem}.{os.getpid()}.part.gpkg")
    try:
        yield part
        part.replace(target)
    except (DataSourceError, OSError) as error:
        raise ResourceError(
            f"Polygons cannot be written to '{out}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def read_table(path: str) -> VectorTable:
    """Reads a layer.

    Args:
        path: Vector file, optionally "file.gpkg|layername=name".

    Raises:
        InputError: not a vector file, no or several layers to choose from, no feature, or no CRS.
    """
    file, _, layer = path.partition("|layername=")
    name = layer or Path(file).name
    try:
        # A table without geometry is not a layer of the map: QGIS keeps styles in one.
        listed = [str(found) for found, kind in pyogrio.list_layers(file) if kind is not None]
        if layer not in listed and (layer or len(listed) != 1):
            raise InputError(
                f"'{Path(file).name}' has {len(listed)} layers ({', '.join(listed)}), "
                + (f"none of them '{layer}'." if layer else "and none is named."),
                f"Name the layer: {Path(file).name}|layername={listed[0] if listed else '…'}",
            )
        layer = layer or listed[0]
        meta, table = pyogrio.raw.read_arrow(file, layer=layer)
        _, _, linear, _ = pyogrio.raw.read(file, layer=layer, columns=[], force_2d=True)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            f"'{name}' cannot be read as a vector layer ({error}).", "Choose a layer of polygons or points."
        ) from error
    if not table.num_rows:
        raise InputError(f"Layer '{name}' is empty.", "Choose a layer of polygons or points.")
    if not meta["crs"]:
        raise InputError(
            f"Layer '{name}' has no coordinate reference system.", "Set it in QGIS (Layer > Set CRS) and save it again."
        )
    column = meta["geometry_name"] or "wkb_geometry"
    wkb = table.column(column).cast(pa.binary())
    return VectorTable(
        name,
        table.drop_columns([column]),
        wkb,
        shapely.from_wkb(linear),
        pyproj.CRS.from_user_input(meta["crs"]),
    )


def free_names(table: VectorTable, wanted: Sequence[str]) -> list[str]:
    """Returns names for further columns: those wanted, all with one prefix where a column of the table has one of them.

    Letters count as equal in both cases, as they do in a GeoPackage.
    """
    taken = {name.lower() for name in table.attributes.column_names}
    names, number = list(wanted), 1
    while taken & {name.lower() for name in names}:
        prefix = "emb_" if number == 1 else f"emb{number}_"
        names, number = [prefix + name for name in wanted], number + 1
    return names


def check_columns(table: VectorTable, further: int, out: str) -> None:
    """Refuses a table that its format cannot hold, before any work is done.

    Raises:
        InputError: more columns than a GeoPackage has.
    """
    count = table.attributes.num_columns + further + 2  # feature id, geometry
    if Path(out).suffix.lower() == ".gpkg" and count > LARGEST_GEOPACKAGE:
        raise InputError(
            f"The table would have {count} columns; a GeoPackage holds {LARGEST_GEOPACKAGE}.",
            "Choose a .parquet file, or fewer components.",
        )


def write_vector_table(table: VectorTable, further: dict[str, pa.Array], out: str) -> None:
    """Writes a layer with further columns, under a temporary name first.

    Args:
        table: The layer; its attributes come first.
        further: Columns by name (`free_names`), one value a feature.
        out: GeoPackage (.gpkg) or GeoParquet (.parquet); replaced if it exists.

    Raises:
        ResourceError: the file cannot be written.
    """
    target = Path(out)
    temporary = target.with_name(f".{target.stem}.{uuid.uuid4().hex[:12]}.part{target.suffix.lower()}")
    columns = dict(zip(table.attributes.column_names, table.attributes.columns, strict=True)) | further
    try:
        if temporary.suffix == ".gpkg":
            _write_geopackage(table, columns, temporary, target.stem)
        else:
            _write_geoparquet(table, columns, temporary)
        temporary.replace(target)
        _unlink_journals(target)  # of the file that was there: a database must not meet another one's journal
    except (DataSourceError, DataLayerError, OSError) as error:
        raise ResourceError(
            f"The table cannot be written to '{out}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
        _unlink_journals(temporary)


def _unlink_journals(path: Path) -> None:
    for suffix in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _write_geopackage(table: VectorTable, columns: dict[str, Any], path: Path, layer: str) -> None:
    wkb, kind = _uniform(table.wkb)
    geometry = _free_name("geom", columns)
    pyogrio.raw.write_arrow(
        pa.table(columns | {geometry: wkb}),
        path,
        driver="GPKG",
        layer=layer,
        geometry_name=geometry,
        geometry_type=kind,
        crs=table.crs.to_wkt(),
        layer_options={"GEOMETRY_NAME": geometry, "FID": _free_name("fid", columns)},
    )


def _uniform(wkb: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str]:
    """Returns geometries of one type and its name: single ones join the multiple ones, other mixtures stay."""
    try:
        geometries = shapely.from_wkb(wkb.to_numpy())
    except NotImplementedError:  # curves
        return wkb, "Unknown"
    there = geometries[~shapely.is_missing(geometries)]
    kinds = sorted({str(geometry.geom_type) for geometry in there})
    suffix = " Z" if len(there) and shapely.has_z(there).all() else ""
    if len(kinds) == 1:
        return wkb, kinds[0] + suffix
    if len(kinds) == 2 and _MULTIPLE.get(kinds[1]) == kinds[0]:
        constructor = getattr(shapely, kinds[0])
        joined = [constructor([g]) if g is not None and g.geom_type == kinds[1] else g for g in geometries]
        return pa.chunked_array([pa.array(_to_wkb(np.array(joined, object)), pa.binary())]), kinds[0] + suffix
    return wkb, "Unknown"


def _to_wkb(geometries: NDArray[Any]) -> list[bytes | None]:
    return list(shapely.to_wkb(geometries, flavor="iso"))


def _write_geoparquet(table: VectorTable, columns: dict[str, Any], path: Path) -> None:
    """Writes GeoParquet 1.1, https://geoparquet.org/releases/v1.1.0/, in which curves are not allowed."""
    stored, wkb = table.wkb, table.wkb.to_numpy()
    try:
        geometries = shapely.from_wkb(wkb)
    except NotImplementedError:
        geometries = table.shapes
        stored = pa.array(_to_wkb(geometries), pa.binary())
    there = geometries[~(shapely.is_missing(geometries) | shapely.is_empty(geometries))]
    geometry = _free_name("geometry", columns)
    kinds = {f"{shape.geom_type}{' Z' if shape.has_z else ''}" for shape in there}
    described: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "crs": table.crs.to_json_dict(),
    }
    if len(there):
        described["bbox"] = [float(value) for value in shapely.total_bounds(there)]
    geo = {"version": GEOPARQUET_VERSION, "primary_column": geometry, "columns": {geometry: described}}
    arrow = pa.table(columns | {geometry: stored}).replace_schema_metadata({"geo": json.dumps(geo)})
    pyarrow.parquet.write_table(arrow, path, compression="zstd")


def _free_name(wanted: str, columns: dict[str, Any]) -> str:
    taken = {name.lower() for name in columns}
    return next(name for name in (wanted, *(f"{wanted}_{i}" for i in range(len(taken) + 1))) if name not in taken)
