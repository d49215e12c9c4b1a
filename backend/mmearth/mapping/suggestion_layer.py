"""The point layer of suggestions: reasons as sentences, fields, and a style that shows ranks. Knows no models."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from pyogrio.errors import DataSourceError

from mmearth.cog import write_text
from mmearth.errors import ResourceError
from mmearth.mapping.suggestions import RARE, SPREAD, UNCERTAIN, UNLIKE, Candidates, Choice
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo

# Of Paul Tol's "bright" scheme (colour-blind safe), https://personal.sron.nl/~pault/
COLORS = {UNCERTAIN: "#ee6677", UNLIKE: "#4477aa", RARE: "#ccbb44", SPREAD: "#bbbbbb"}


def write_points(
    out: str,
    grid: Grid,
    candidates: Candidates,
    choices: Sequence[Choice],
    classes: Sequence[ClassInfo],
    estimates: np.ndarray | None,
) -> None:
    """Writes the points at the middle of their pixels, in the CRS of the grid.

    Args:
        out: GeoPackage; replaced if it exists. Its style of the same name lies beside it.
        grid: Of the scene.
        candidates: What was chosen from.
        choices: In order of rank.
        classes: In the order of the columns of the probabilities; none for a regression.
        estimates: (n, 3) value, low and high end of the interval of every candidate of a regression; else None.

    Raises:
        ResourceError: the file cannot be written.
    """
    chosen = np.array([choice.index for choice in choices])
    x, y = grid.transform @ (candidates.cols[chosen] + 0.5, candidates.rows[chosen] + 0.5)
    columns: dict[str, Any] = {
        "rank": np.arange(1, len(choices) + 1),
        "kind": np.array([choice.reason for choice in choices], object),
        "reason": np.array([sentence(candidates, choice, classes) for choice in choices], object),
    }
    if candidates.probabilities is not None:
        own = candidates.probabilities[chosen]
        order = np.argsort(-own, axis=1, kind="stable")
        columns["class_value"] = np.array([classes[i].value for i in order[:, 0]])
        columns["class_name"] = np.array([classes[i].name for i in order[:, 0]], object)
        columns["probability"] = np.take_along_axis(own, order, axis=1)[:, 0].astype(np.float64)
        columns["second"] = np.array([classes[i].name for i in order[:, 1]], object)
    if estimates is not None:
        for number, name in enumerate(("value", "low", "high")):
            columns[name] = estimates[chosen, number].astype(np.float64)
    if candidates.distance is not None:
        columns["distance"] = candidates.distance[chosen].astype(np.float64)
    target = Path(out)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part.gpkg")
    try:
        pyogrio.raw.write(
            temporary,
            shapely.to_wkb(shapely.points(x, y)),
            list(columns.values()),
            list(columns),
            layer=target.stem,
            driver="GPKG",
            geometry_type="Point",
            crs=grid.crs.to_wkt(),
        )
        temporary.replace(target)
        for suffix in ("-journal", "-wal", "-shm"):  # of the file that was there
            target.with_name(target.name + suffix).unlink(missing_ok=True)
    except (DataSourceError, OSError) as error:
        raise ResourceError(
            f"Points cannot be written to '{out}' ({error}).",
            "Close the layer in other programs, free disk space, or choose another file.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    write_text(style_path(out), points_style_qml())


def style_path(out: str) -> Path:
    """Returns where the style of a layer lies."""
    return Path(out).with_suffix(".qml")


def sentence(candidates: Candidates, choice: Choice, classes: Sequence[ClassInfo]) -> str:
    """Returns why a point was chosen, in words."""
    if choice.reason == UNLIKE and candidates.distance is not None:
        distance = candidates.distance[choice.index]
        share = np.mean(candidates.distance < distance)
        return (
            f"Less like anything labelled than {share:.0%} of the places looked at: distance {distance:.1f}, where 1 "
            "is usual between polygons of one class."
        )
    if choice.reason == SPREAD or candidates.probabilities is None:
        return "Stands for ground that the other points do not cover."
    own = candidates.probabilities[choice.index]
    first, second = np.argsort(-own, kind="stable")[:2]
    if choice.reason == UNCERTAIN:
        return f"Uncertain: '{classes[first].name}' ({own[first]:.0%}) or '{classes[second].name}' ({own[second]:.0%})?"
    share = candidates.probabilities[:, first].mean()
    return (
        f"Perhaps '{classes[first].name}' ({own[first]:.0%}), a class with few labels or little ground "
        f"(about {share:.0%} of the places looked at): right or confused?"
    )


def points_style_qml() -> str:
    """Returns a style for QGIS 3.22 and later: a circle in the colour of its reason, labelled with the rank."""
    categories = "".join(
        f'<category value="{html.escape(name)}" label="{html.escape(name)}" symbol="{number}" render="true"/>'
        for number, name in enumerate(COLORS)
    )
    symbols = "".join(_symbol(number, color) for number, color in enumerate(COLORS.values()))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="1">\n'
        '<renderer-v2 type="categorizedSymbol" attr="kind" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>\n"
        '<labeling type="simple"><settings calloutType="simple"><text-style fieldName="rank" isExpression="0"'
        ' fontSize="9" fontSizeUnit="Point" fontWeight="75" namedStyle="Bold" textColor="0,0,0,255" textOpacity="1">'
        '<families/><text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="255,255,255,255"'
        ' bufferOpacity="1" bufferNoFill="0" bufferJoinStyle="128" bufferBlendMode="0"/></text-style>'
        '<placement placement="1" quadOffset="2" xOffset="1.5" yOffset="0" offsetUnits="MM"/>'
        '<rendering displayAll="1" drawLabels="1"/></settings></labeling>\n'
        "<layerGeometryType>0</layerGeometryType>\n</qgis>\n"
    )


def _symbol(number: int, color: str) -> str:
    red, green, blue = bytes.fromhex(color[1:])
    properties = {
        "name": "circle",
        "color": f"{red},{green},{blue},255",
        "outline_color": "255,255,255,255",
        "outline_style": "solid",
        "outline_width": "0.4",
        "outline_width_unit": "MM",
        "size": "3.6",
        "size_unit": "MM",
        "scale_method": "diameter",
    }
    options = "".join(f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in properties.items())
    return (
        f'<symbol name="{number}" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleMarker" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option></layer>'
        "</symbol>"
    )
