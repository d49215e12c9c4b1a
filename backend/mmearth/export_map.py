"""The verb `export_map`: a result raster once more, in another CRS or resolution, or as polygons."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pyproj
import rasterio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.crs import CRS

from mmearth import protocol
from mmearth.cog import check_output, write_text
from mmearth.disk import disk_errors
from mmearth.errors import InputError, ResourceError
from mmearth.mapping.class_map import read_class_map
from mmearth.mapping.map_export import export_raster, parse_crs
from mmearth.mapping.polygons import write_polygons
from mmearth.progress import Report
from mmearth.styles import class_polygons_style_qml

RASTER, VECTOR = (".tif", ".tiff"), (".gpkg",)
CHUNK = 20_000  # polygons that are transformed together


def run(request: protocol.ExportMapRequest, report: Report) -> dict[str, Any]:
    """Writes a result raster once more.

    Args:
        request: See `protocol.ExportMapRequest`.
        report: Told after every block.

    Returns:
        out, style (empty where the source has none), crs, warnings, seconds; of a raster res, width, height and
        resampling ("nearest" for classes, "average" or "bilinear" for numbers), of polygons their number `polygons`.

    Raises:
        InputError: the source cannot be read or does not serve, the CRS is unknown, or the output is the source.
        ResourceError: disk full or not writable.
    """
    started_s = time.monotonic()
    target, source = Path(request.out), Path(request.source)
    check_output(request.out, (*RASTER, *VECTOR))
    if target.resolve() == source.resolve():
        raise InputError(f"'{target.name}' would replace the map it is made of.", "Choose another file name.")
    as_polygons = target.suffix.lower() in VECTOR
    if as_polygons and request.res:
        raise InputError("Polygons have no pixel size.", "Leave it at 0, or export a raster.")
    told = _polygons(request, report) if as_polygons else _raster(request, report)
    for warning in told["warnings"]:
        report.log(warning, "warning")
    return {"out": request.out, **told, "seconds": round(time.monotonic() - started_s, 2)}


def _raster(request: protocol.ExportMapRequest, report: Report) -> dict[str, Any]:
    plan = export_raster(request, report)
    grid = plan.layout.grid
    return {
        "style": _copy_style(Path(request.source), Path(request.out)),
        "crs": grid.crs.to_string(),
        "res": [grid.transform.a, -grid.transform.e],
        "width": grid.width,
        "height": grid.height,
        "resampling": plan.resampling.name,
        "warnings": list(plan.warnings),
    }


def _copy_style(source: Path, target: Path) -> str:
    """Copies the style beside a raster; returns the path of the copy, empty where there is none."""
    style = source.with_suffix(".qml")
    if not style.is_file():
        return ""
    with disk_errors(target.parent):
        shutil.copyfile(style, target.with_suffix(".qml"))
    return str(target.with_suffix(".qml"))


def _polygons(request: protocol.ExportMapRequest, report: Report) -> dict[str, Any]:
    target = Path(request.out)
    crs = parse_crs(request.crs) if request.crs else None
    with tempfile.TemporaryDirectory(prefix=".mmearth-", dir=target.parent) as folder:
        raster, own = Path(folder) / "part.tif", Path(folder) / "polygons.gpkg"
        path = request.source
        if request.bounds is not None:
            export_raster(replace(request, out=str(raster), crs=""), report)
            path = str(raster)
        classes = read_class_map(path, report).classes
        with rasterio.open(path) as dataset:
            own_crs = dataset.crs
        moved = crs is not None and crs != own_crs
        count = write_polygons(path, str(own if moved else target), classes, None, report)
        if moved and crs is not None:
            _transform(own, target, own_crs, crs, report)
    style = target.with_suffix(".qml")
    if style.exists() and style == Path(request.source).with_suffix(".qml"):
        style = Path(f"{target}.qml")  # map.tif and map.gpkg side by side: the raster's style stays
    write_text(style, class_polygons_style_qml(classes, "class_value"))
    return {"style": str(style), "crs": (crs or own_crs).to_string(), "polygons": count, "warnings": []}


def _transform(own: Path, target: Path, from_crs: CRS, to_crs: CRS, report: Report) -> None:
    """Writes polygons once more in another CRS, chunk by chunk; their area stays that of their pixels."""
    transformer = pyproj.Transformer.from_crs(from_crs.to_wkt(), to_crs.to_wkt(), always_xy=True)

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    written = own.with_name("moved.gpkg")
    total = int(pyogrio.read_info(own)["features"])
    try:
        for first in range(0, max(1, total), CHUNK):
            report.progress("Transforming polygons", first, max(1, total))
            meta, _, outlines, columns = pyogrio.raw.read(own, skip_features=first, max_features=CHUNK)
            polygons = shapely.transform(shapely.from_wkb(outlines), moved)
            _write(written, target.stem, polygons, columns, list(meta["fields"]), to_crs)
        written.replace(target)
    except (DataSourceError, DataLayerError, OSError) as error:
        raise ResourceError(
            f"Polygons cannot be written to '{target}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error


def _write(
    path: Path, layer: str, polygons: NDArray[Any], columns: Sequence[NDArray[Any]], fields: list[str], crs: CRS
) -> None:
    pyogrio.raw.write(
        path,
        shapely.to_wkb(polygons),
        columns,
        fields,
        layer=layer,
        driver="GPKG",
        geometry_type="Polygon",
        crs=crs.to_wkt(),
        append=path.exists(),
    )
