"""Class colours, and QGIS style files (QML) for maps, their polygons, and embeddings.

Builds text only; knows nothing of rasters or of QGIS. The files load in QGIS 3.22 and later.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Paul Tol's "muted" scheme (colour-blind safe), then his "bright" and "light" hues that stay apart from it.
# https://personal.sron.nl/~pault/
PALETTE = (
    "#117733",
    "#88ccee",
    "#cc6677",
    "#ddcc77",
    "#332288",
    "#aa4499",
    "#44aa99",
    "#999933",
    "#882255",
    "#ee8866",
    "#4477aa",
    "#bbcc33",
    "#ffaabb",
    "#66ccee",
    "#aa7744",
    "#777777",
)
# Matplotlib's viridis and magma (CC0) at 0, 1/4, 1/2, 3/4 and 1.
_VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
_MAGMA = ("#000004", "#51127c", "#b73779", "#fc8961", "#fcfdbf")
_FAR = 1e30  # beyond any number of a map
_HEX_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class ClassInfo:
    """One class of a map.

    Attributes:
        value: Pixel value in the class map.
        name: What the user calls it.
        color: "#rrggbb".
    """

    value: int
    name: str
    color: str


def is_color(text: object) -> bool:
    """Tells whether `text` is a colour as style files spell it, "#rrggbb"."""
    return isinstance(text, str) and _HEX_COLOR.fullmatch(text) is not None


def class_style_qml(classes: Sequence[ClassInfo], nodata: int | None) -> str:
    """Returns a paletted style: one legend entry for each class, `nodata` fully transparent."""
    entries = "".join(
        f'<paletteEntry value="{c.value}" color="{_attribute(c.color)}" label="{_attribute(c.name)}" alpha="255"/>'
        for c in classes
    )
    transparency = "<rasterTransparency/>"
    if nodata is not None:
        transparency = (
            "<rasterTransparency><singleValuePixelList>"
            f'<pixelListEntry min="{nodata}" max="{nodata}" percentTransparent="100"/>'
            "</singleValuePixelList></rasterTransparency>"
        )
    return _document(
        '<rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">'
        f"{transparency}<colorPalette>{entries}</colorPalette></rasterrenderer>",
        resampling="nearestNeighbour",
    )


def confidence_style_qml() -> str:
    """Returns a pseudo-colour style from 0 % (dark, unsure) to 100 % (bright, sure)."""
    return _ramp_style_qml(_percent_stops(_VIRIDIS))


def probability_style_qml(name: str) -> str:
    """Returns a pseudo-colour style of the first band from 0 % (dark) to 100 % (bright), of the class of that name."""
    return _ramp_style_qml([(value, f"{name}: {label}", color) for value, label, color in _percent_stops(_VIRIDIS)])


def entropy_style_qml() -> str:
    """Returns a pseudo-colour style from 0 % (dark, sure) to 100 % (bright: every class is as likely)."""
    return _ramp_style_qml(_percent_stops(_MAGMA))


def distance_style_qml() -> str:
    """Returns a pseudo-colour style of the distance to anything labelled: the brighter, the less like it."""
    labels = (
        (0.0, "0: as labelled"),
        (1.0, "1: as labelled polygons of a class differ"),
        (2.0, "2: nothing like it was labelled"),
        (3.0, "3"),
        (4.0, "4 and more"),
    )
    return _ramp_style_qml([(value, label, color) for (value, label), color in zip(labels, _MAGMA, strict=True)])


def value_style_qml(value_range: tuple[float, float]) -> str:
    """Returns a pseudo-colour style of numbers, dark to bright over (smallest, largest)."""
    return _ramp_style_qml([(v, f"{v:.4g}", c) for v, c in zip(_steps(value_range, 5), _VIRIDIS, strict=True)])


def class_polygons_style_qml(classes: Sequence[ClassInfo], field: str) -> str:
    """Returns a style of polygons: one legend entry for each class, by the value in a field."""
    symbols = "".join(_fill_symbol(number, info.color) for number, info in enumerate(classes))
    entries = "".join(
        f'<category value="{info.value}" type="long" symbol="{number}" label="{_attribute(info.name)}" render="true"/>'
        for number, info in enumerate(classes)
    )
    return _vector_document(
        f'<renderer-v2 type="categorizedSymbol" attr="{_attribute(field)}" symbollevels="0" enableorderby="0"'
        f' forceraster="0"><categories>{entries}</categories><symbols>{symbols}</symbols></renderer-v2>'
    )


def value_polygons_style_qml(value_range: tuple[float, float], field: str) -> str:
    """Returns a style of polygons in five equal steps of the number in a field, dark to bright."""
    edges = _steps(value_range, 6)
    bounds = list(pairwise([-_FAR, *edges[1:-1], _FAR]))
    symbols = "".join(_fill_symbol(number, color) for number, color in enumerate(_VIRIDIS))
    entries = "".join(
        f'<range lower="{low:.9g}" upper="{high:.9g}" symbol="{number}" render="true"'
        f' label="{edges[number]:.4g} – {edges[number + 1]:.4g}"/>'
        for number, (low, high) in enumerate(bounds)
    )
    return _vector_document(
        f'<renderer-v2 type="graduatedSymbol" attr="{_attribute(field)}" graduatedMethod="GraduatedColor"'
        ' symbollevels="0" enableorderby="0" forceraster="0">'
        f"<ranges>{entries}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def embedding_style_qml(
    bands: tuple[int, int, int] = (1, 2, 3), ranges: Sequence[tuple[float, float]] = ((1.0, 255.0),) * 3
) -> str:
    """Returns a colour composite of three embedding bands.

    Args:
        bands: 1-based band numbers for red, green and blue.
        ranges: (minimum, maximum) of stored values for each of the three; values beyond are clipped.
    """
    colors = ("red", "green", "blue")
    stretches = "".join(
        f"<{color}ContrastEnhancement><minValue>{low:.9g}</minValue><maxValue>{high:.9g}</maxValue>"
        f"<algorithm>StretchToMinimumMaximum</algorithm></{color}ContrastEnhancement>"
        for color, (low, high) in zip(colors, ranges, strict=True)
    )
    numbers = " ".join(f'{color}Band="{band}"' for color, band in zip(colors, bands, strict=True))
    return _document(
        f'<rasterrenderer type="multibandcolor" {numbers} opacity="1" alphaBand="-1" nodataColor="">'
        f"<rasterTransparency/>{stretches}</rasterrenderer>",
        resampling="bilinear",
    )


def _steps(value_range: tuple[float, float], count: int) -> list[float]:
    low, high = value_range
    high = high if high > low else low + 1.0
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def _percent_stops(ramp: Sequence[str]) -> list[tuple[float, str, str]]:
    return [(v, f"{v:.0f} %", color) for v, color in zip(_steps((0, 100), len(ramp)), ramp, strict=True)]


def _ramp_style_qml(stops: Sequence[tuple[float, str, str]]) -> str:
    """Returns a style of the first band, interpolated between stops (value, label, colour)."""
    items = "".join(
        f'<item value="{value:.9g}" label="{_attribute(label)}" color="{color}" alpha="255"/>'
        for value, label, color in stops
    )
    low, high = f"{stops[0][0]:.9g}", f"{stops[-1][0]:.9g}"
    return _document(
        '<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor=""'
        f' classificationMin="{low}" classificationMax="{high}"><rasterTransparency/><rastershader>'
        '<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0"'
        f' minimumValue="{low}" maximumValue="{high}">{items}</colorrampshader></rastershader></rasterrenderer>',
        resampling="nearestNeighbour",
    )


def _fill_symbol(number: int, color: str) -> str:
    number_of_color = int(color.removeprefix("#"), 16)
    red, green, blue = number_of_color >> 16, number_of_color >> 8 & 255, number_of_color & 255
    properties = {
        "color": f"{red},{green},{blue},255",
        "style": "solid",
        "outline_color": "35,35,35,255",
        "outline_style": "solid",
        "outline_width": "0.1",
        "outline_width_unit": "MM",
    }
    options = "".join(f'<Option type="QString" name="{key}" value="{text}"/>' for key, text in properties.items())
    return (
        f'<symbol type="fill" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">{options}</Option></layer>'
        "</symbol>"
    )


def _vector_document(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology">\n'
        f"{renderer}\n<blendMode>0</blendMode><featureBlendMode>0</featureBlendMode>"
        "<layerOpacity>1</layerOpacity>\n<layerGeometryType>2</layerGeometryType>\n</qgis>\n"
    )


def _document(renderer: str, resampling: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology" hasScaleBasedVisibilityFlag="0">\n'
        f'<pipe><provider><resampling enabled="false" zoomedInResamplingMethod="{resampling}"'
        ' zoomedOutResamplingMethod="nearestNeighbour" maxOversampling="2"/></provider>\n'
        f"{renderer}\n"
        '<brightnesscontrast brightness="0" contrast="0" gamma="1"/><huesaturation saturation="0" grayscaleMode="0"/>'
        '<rasterresampler maxOversampling="2"/><resamplingStage>resamplingFilter</resamplingStage></pipe>\n'
        "<blendMode>0</blendMode>\n</qgis>\n"
    )


def _attribute(text: str) -> str:
    """Escapes a text for an XML attribute; control characters, which XML cannot hold, become spaces."""
    return html.escape("".join(c if c.isprintable() else " " for c in text))
