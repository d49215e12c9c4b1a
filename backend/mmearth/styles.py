"""Class colours, and QGIS style files (QML) for class maps, confidence maps and embeddings.

Builds text only; knows nothing of rasters or of QGIS. The files load in QGIS 3.22 and later.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

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
# Matplotlib's viridis (CC0) at 0, 1/4, 1/2, 3/4 and 1: dark is unsure.
_CONFIDENCE_RAMP = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
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
    last = len(_CONFIDENCE_RAMP) - 1
    items = "".join(
        f'<item value="{100 * i / last:g}" label="{100 * i / last:.0f} %" color="{color}" alpha="255"/>'
        for i, color in enumerate(_CONFIDENCE_RAMP)
    )
    return _document(
        '<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor=""'
        ' classificationMin="0" classificationMax="100"><rasterTransparency/><rastershader>'
        '<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0"'
        f' minimumValue="0" maximumValue="100">{items}</colorrampshader></rastershader></rasterrenderer>',
        resampling="nearestNeighbour",
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
