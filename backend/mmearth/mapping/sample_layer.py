"""Sample points as a GeoPackage: an empty class field to fill in, and hidden beside it how the points were drawn.

The strata that points were drawn from stand in the field `stratum` as numbers in an order of their own, and what these
mean in the layer's metadata: who labels the points should not see what the map says there. Knows nothing of rasters.
"""

from __future__ import annotations

import dataclasses
import html
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.crs import CRS

from mmearth.cog import write_text
from mmearth.errors import InputError, ResourceError
from mmearth.styles import ClassInfo
from mmearth.vector_tables import read_table

CLASS_FIELD, STRATUM_FIELD, ID_FIELD = "class", "stratum", "id"
METADATA = "MMEARTH_SAMPLE"
_CLASS_FIELDS = (CLASS_FIELD, "class_id", "label", "class_name", "reference", "truth", "landcover", "category", "type")
_NO_CLASS_FIELDS = ("fid", "ogc_fid", ID_FIELD, STRATUM_FIELD)


@dataclass(frozen=True)
class Stratum:
    """One part of a map that points were drawn from.

    Attributes:
        code: Number in the field `stratum`.
        value: Pixel value on the map.
        name: Name of the class there.
        pixels: Pixels of the stratum.
        area_m2: Its square metres.
    """

    code: int
    value: int
    name: str
    pixels: int
    area_m2: float


@dataclass(frozen=True)
class Design:
    """How points were drawn.

    Attributes:
        map: File name of the map.
        transform: Of its grid, six numbers as rasterio has them.
        size: Its width and height in pixels.
        strata: All classes of the map that have pixels.
        seed: Of the draw.
    """

    map: str
    transform: tuple[float, ...]
    size: tuple[int, int]
    strata: tuple[Stratum, ...]
    seed: int


@dataclass(frozen=True)
class SamplePoints:
    """Points that somebody has labelled.

    Attributes:
        name: Name of the layer.
        field: Name of the field with the true class.
        xy: (n, 2) in the CRS that was asked for; NaN where there is no point.
        labels: True class of each, value or name as text; empty where it was not filled in.
        codes: (n,) code of the stratum, -1 where it has none; None where the layer does not say how it was drawn.
        design: How they were drawn; None where the layer does not say.
    """

    name: str
    field: str
    xy: NDArray[np.float64]
    labels: list[str]
    codes: NDArray[np.int64] | None
    design: Design | None


def write_sample(
    out: str, xy: NDArray[np.float64], codes: NDArray[np.int64], crs: CRS, design: Design, classes: Sequence[ClassInfo]
) -> str:
    """Writes points, numbered as they come, and a QGIS style with a list of the classes to choose from.

    Args:
        out: GeoPackage to write; replaced if it exists.
        xy: (n, 2) in `crs`.
        codes: (n,) code of each point's stratum.
        crs: Of the layer.
        design: Kept in the layer's metadata.
        classes: That the class field offers.

    Returns:
        Path of the style.

    Raises:
        ResourceError: the file cannot be written.
    """
    target = Path(out)
    temporary = target.with_name(f".{target.stem}.{uuid.uuid4().hex[:12]}.part.gpkg")
    listed = ", ".join(f"{info.value} = {info.name}" for info in classes)
    columns = [np.arange(1, len(xy) + 1), np.full(len(xy), None, object), codes.astype(np.int32)]
    try:
        pyogrio.raw.write(
            temporary,
            shapely.to_wkb(shapely.points(xy)),
            columns,
            [ID_FIELD, CLASS_FIELD, STRATUM_FIELD],
            layer=target.stem,
            driver="GPKG",
            geometry_type="Point",
            crs=crs.to_wkt(),
            layer_options={"DESCRIPTION": f"Fill in '{CLASS_FIELD}' with a value or a name: {listed}"},
            layer_metadata={METADATA: json.dumps(dataclasses.asdict(design))},
        )
        temporary.replace(target)
        style = target.with_suffix(".qml")
        write_text(style, _form_qml(classes))
    except (DataSourceError, DataLayerError, OSError) as error:
        raise ResourceError(
            f"The points cannot be written to '{out}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error
    finally:
        # Of the file that was there, too: a database must not meet another one's journal.
        for path in (temporary, target):
            for suffix in ("-journal", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        temporary.unlink(missing_ok=True)
    return str(style)


def read_sample(path: str, layer: str, field: str, crs: CRS) -> SamplePoints:
    """Reads labelled points.

    Args:
        path: GeoPackage or another vector format of GDAL.
        layer: Layer name; empty means the only one.
        field: Field with the true class; empty means the only sensible one.
        crs: That the points are wanted in.

    Raises:
        InputError: no such file, layer or field, or a layer without points.
    """
    if not Path(path).exists():
        raise InputError(f"There is no point layer '{path}'.", "Choose a layer of sample points.")
    table = read_table(f"{path}|layername={layer}" if layer else path)
    shapes = table.shapes_in(crs)
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    kinds = sorted({str(shape.geom_type) for shape in shapes[there]})
    if kinds not in (["Point"], ["MultiPoint"], ["MultiPoint", "Point"]):
        raise InputError(
            f"Layer '{table.name}' holds {', '.join(kinds) or 'no shape'}; points are wanted.",
            "Choose a layer of sample points.",
        )
    xy = np.full((len(shapes), 2), np.nan)
    xy[there] = shapely.get_coordinates(shapely.centroid(shapes[there]))
    names = table.attributes.column_names
    chosen = _class_field(names, field, table.name)
    labels = [_text(value) for value in table.attributes.column(chosen).to_pylist()]
    design = _design(path, layer)
    codes = None
    if design is not None and STRATUM_FIELD in names:
        stored = table.attributes.column(STRATUM_FIELD).to_pylist()
        codes = np.array([-1 if code is None else int(code) for code in stored], np.int64)
    return SamplePoints(table.name, chosen, xy, labels, codes, design if codes is not None else None)


def _design(path: str, layer: str) -> Design | None:
    """Returns how the points of a layer were drawn; None where they were not drawn by `draw_sample`."""
    try:
        metadata = pyogrio.read_info(path, **({"layer": layer} if layer else {}))["layer_metadata"] or {}
        kept = json.loads(metadata.get(METADATA, "null"))
        if kept is None:
            return None
        return Design(
            map=str(kept["map"]),
            transform=tuple(float(v) for v in kept["transform"]),
            size=(int(kept["size"][0]), int(kept["size"][1])),
            strata=tuple(
                Stratum(int(s["code"]), int(s["value"]), str(s["name"]), int(s["pixels"]), float(s["area_m2"]))
                for s in kept["strata"]
            ),
            seed=int(kept["seed"]),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"What the layer of '{Path(path).name}' says of how its points were drawn cannot be read ({error}).",
            "Draw the sample again, or save the points to a new layer: they then count as points of unknown origin.",
        ) from error


def _class_field(names: Sequence[str], wanted: str, layer: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names) or "none"
    if wanted:
        if wanted not in names:
            raise InputError(
                f"Layer '{layer}' has no field '{wanted}'. Its fields: {listed}.", "Choose the class field."
            )
        return wanted
    by_lower = {name.lower(): name for name in names}
    for candidate in _CLASS_FIELDS:
        if candidate in by_lower:
            return by_lower[candidate]
    others = [name for name in names if name.lower() not in _NO_CLASS_FIELDS]
    if len(others) == 1:
        return others[0]
    raise InputError(
        f"It is not clear which field of layer '{layer}' holds the true class. Its fields: {listed}.",
        "Choose the class field.",
    )


def _text(value: Any) -> str:
    """Returns a class value or name as text; whole numbers that came as floats lose their point."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _form_qml(classes: Sequence[ClassInfo]) -> str:
    """Returns a style for QGIS: points that stand out, classes to choose from, the stratum out of sight."""
    choices = "".join(
        f'<Option type="Map"><Option type="QString" name="{_attribute(info.name)}" value="{_attribute(info.name)}"/>'
        "</Option>"
        for info in classes
    )
    offered = f'<Option type="Map"><Option type="List" name="map">{choices}</Option></Option>'
    marker = {"color": "255,255,255,0", "outline_color": "255,0,160,255", "outline_width": "0.6", "size": "4"}
    options = "".join(f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in marker.items())
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms|AttributeTable">\n<fieldConfiguration>'
        f'<field name="{CLASS_FIELD}"><editWidget type="ValueMap"><config>{offered}</config></editWidget></field>'
        f'<field name="{STRATUM_FIELD}"><editWidget type="Hidden"><config><Option/></config></editWidget></field>'
        "</fieldConfiguration>\n"
        '<attributetableconfig actionWidgetStyle="dropDown" sortExpression="" sortOrder="0"><columns>'
        f'<column type="field" hidden="0" name="{ID_FIELD}" width="-1"/>'
        f'<column type="field" hidden="0" name="{CLASS_FIELD}" width="-1"/>'
        f'<column type="field" hidden="1" name="{STRATUM_FIELD}" width="-1"/></columns></attributetableconfig>\n'
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0"><symbols>'
        '<symbol type="marker" name="0" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option></layer>'
        "</symbol></symbols></renderer-v2>\n<layerGeometryType>0</layerGeometryType>\n</qgis>\n"
    )


def _attribute(text: str) -> str:
    return html.escape("".join(c if c.isprintable() else " " for c in text))
