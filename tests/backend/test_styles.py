"""Style files: well-formed, escaped, and, where there is a QGIS, loaded by it."""

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from mmearth.styles import (
    PALETTE,
    ClassInfo,
    class_polygons_style_qml,
    class_style_qml,
    confidence_style_qml,
    distance_style_qml,
    embedding_style_qml,
    entropy_style_qml,
    is_color,
    probability_style_qml,
    value_polygons_style_qml,
    value_style_qml,
)

CLASSES = (ClassInfo(1, "Water", "#0000ff"), ClassInfo(7, 'Built-up <paved> & "old"', "#ff0000"))
QGIS_PYTHON = Path("/usr/bin/python3")
LOAD = """
import json, sys
from qgis.core import QgsApplication, QgsRasterLayer
app = QgsApplication([], False)
app.initQgis()
found, layers = [], []
for raster, style in zip(sys.argv[1::2], sys.argv[2::2]):
    layer = QgsRasterLayer(raster, "layer")
    layers.append(layer)  # a renderer at the address of a freed one would get its Python class
    message, ok = layer.loadNamedStyle(style)
    renderer = layer.renderer()
    labels = [(label, color.name()) for label, color in renderer.legendSymbologyItems()]
    bands = renderer.usesBands()
    found.append({"valid": layer.isValid(), "ok": ok, "type": renderer.type(), "labels": labels, "bands": bands})
    if renderer.type() == "multibandcolor":
        found[-1]["red"] = [renderer.redContrastEnhancement().minimumValue(),
                            renderer.redContrastEnhancement().maximumValue()]
    if renderer.type() == "paletted":
        block = renderer.block(1, layer.extent(), layer.width(), layer.height())
        found[-1]["alphas"] = [block.color(0, column) >> 24 & 255 for column in range(layer.width())]
print(json.dumps(found), flush=True)
del block, renderer, layer, layers  # before QGIS goes, or they crash it
app.exitQgis()
"""


def has_qgis():
    if not QGIS_PYTHON.exists():
        return False
    check = subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False, env={})
    return check.returncode == 0


def renderer(qml):
    return ElementTree.fromstring(qml.split("\n", 1)[1]).find("pipe/rasterrenderer")  # noqa: S314 - our own text


def test_palette_has_distinct_colours():
    assert len(PALETTE) >= 12
    assert len(set(PALETTE)) == len(PALETTE)
    assert all(is_color(c) and c == c.lower() for c in PALETTE)


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "#1234567", "", None, 5])
def test_other_spellings_are_no_colour(text):
    assert not is_color(text)


def test_class_style_lists_each_class_and_hides_nodata():
    root = renderer(class_style_qml(CLASSES, 255))
    entries = [(e.get("value"), e.get("label"), e.get("color")) for e in root.iter("paletteEntry")]
    assert entries == [("1", "Water", "#0000ff"), ("7", 'Built-up <paved> & "old"', "#ff0000")]
    (hidden,) = root.iter("pixelListEntry")
    assert (hidden.get("min"), hidden.get("percentTransparent")) == ("255", "100")
    assert not list(renderer(class_style_qml(CLASSES, None)).iter("pixelListEntry"))


def test_control_characters_do_not_break_the_file():
    root = renderer(class_style_qml((ClassInfo(1, "a\x00b\n", "#000000"),), 0))
    assert next(root.iter("paletteEntry")).get("label") == "a b "


def test_confidence_style_rises_to_hundred_percent():
    items = list(renderer(confidence_style_qml()).iter("item"))
    assert [float(i.get("value")) for i in items] == [0, 25, 50, 75, 100]
    assert items[-1].get("label") == "100 %"


def test_embedding_style_needs_three_ranges():
    root = renderer(embedding_style_qml((3, 1, 2), ((1, 2), (3, 4), (5, 6))))
    assert [root.get(f"{c}Band") for c in ("red", "green", "blue")] == ["3", "1", "2"]
    assert root.find("blueContrastEnhancement/maxValue").text == "6"
    with pytest.raises(ValueError, match="shorter"):
        embedding_style_qml((1, 2, 3), ((1, 2), (3, 4)))


def lightness(item):
    """How bright a colour of a ramp is, by the weights of Rec. 709."""
    number = int(item.get("color").removeprefix("#"), 16)
    return 0.2126 * (number >> 16) + 0.7152 * (number >> 8 & 255) + 0.0722 * (number & 255)


@pytest.mark.parametrize(
    ("qml", "ends"),
    [
        (confidence_style_qml(), (0, 100)),
        (probability_style_qml("a < b"), (0, 100)),
        (entropy_style_qml(), (0, 100)),
        (distance_style_qml(), (0, 4)),
        (value_style_qml((-3.5, 20)), (-3.5, 20)),
    ],
)
def test_ramps_are_sequential_and_get_brighter(qml, ends):
    items = list(renderer(qml).iter("item"))
    values = [float(item.get("value")) for item in items]
    assert (values[0], values[-1]) == ends
    assert values == sorted(values)
    steps = np.diff([lightness(item) for item in items])
    assert (steps > 15).all()


def test_values_that_are_all_alike_still_have_a_ramp():
    values = [float(item.get("value")) for item in renderer(value_style_qml((7.0, 7.0))).iter("item")]
    assert len(set(values)) == 5


def vector_renderer(qml):
    return ElementTree.fromstring(qml.split("\n", 1)[1]).find("renderer-v2")  # noqa: S314 - our own text


def test_polygons_have_the_colour_and_name_of_their_class():
    root = vector_renderer(class_polygons_style_qml(CLASSES, "map_class_value"))
    assert (root.get("type"), root.get("attr")) == ("categorizedSymbol", "map_class_value")
    entries = [(e.get("value"), e.get("label")) for e in root.iter("category")]
    assert entries == [("1", "Water"), ("7", 'Built-up <paved> & "old"')]
    colors = [option.get("value") for option in root.iter("Option") if option.get("name") == "color"]
    assert colors == ["0,0,255,255", "255,0,0,255"]


def test_every_number_falls_into_a_step():
    ranges = [(float(r.get("lower")), float(r.get("upper"))) for r in
              vector_renderer(value_polygons_style_qml((0, 50), "mean")).iter("range")]  # fmt: skip
    assert [upper for _, upper in ranges[:-1]] == [10, 20, 30, 40] == [lower for lower, _ in ranges[1:]]
    assert ranges[0][0] < -1e9
    assert ranges[-1][1] > 1e9


LOAD_VECTORS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found, layers = [], []
for path, style in zip(sys.argv[1::2], sys.argv[2::2]):
    layer = QgsVectorLayer(path, "layer", "ogr")
    layers.append(layer)
    message, ok = layer.loadNamedStyle(style)
    renderer = layer.renderer()
    legend = [[item.label(), item.symbol().color().name()] for item in renderer.legendSymbolItems()]
    found.append({"valid": layer.isValid(), "ok": ok, "type": renderer.type(), "legend": legend,
                  "own": renderer.classAttribute()})
print(json.dumps(found), flush=True)
del renderer, layer, layers
app.exitQgis()
"""


def run_qgis(script, arguments, tmp_path):
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    run = subprocess.run(
        [QGIS_PYTHON, "-c", script, *arguments], capture_output=True, text=True, env=environment, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.qgis
@pytest.mark.skipif(not has_qgis(), reason="no QGIS on this machine")
def test_qgis_loads_styles_of_polygons(tmp_path):
    path, arguments = tmp_path / "fields.gpkg", []
    pyogrio.raw.write(
        str(path), shapely.to_wkb(np.array([shapely.box(0, 0, 9, 9)], object)), [np.array([7]), np.array([3.5])],
        ["class_value", "mean"], driver="GPKG", geometry_type="Polygon", crs="EPSG:32632",
    )  # fmt: skip
    styles = class_polygons_style_qml(CLASSES, "class_value"), value_polygons_style_qml((0, 10), "mean")
    for number, style in enumerate(styles):
        qml = tmp_path / f"{number}.qml"
        qml.write_text(style, encoding="utf-8")
        arguments += [str(path), str(qml)]
    classes, values = run_qgis(LOAD_VECTORS, arguments, tmp_path)
    assert (classes["ok"], classes["type"], classes["own"]) == (True, "categorizedSymbol", "class_value")
    assert classes["legend"] == [["Water", "#0000ff"], ['Built-up <paved> & "old"', "#ff0000"]]
    assert (values["ok"], values["type"], values["own"]) == (True, "graduatedSymbol", "mean")
    assert [label for label, _ in values["legend"]] == ["0 – 2", "2 – 4", "4 – 6", "6 – 8", "8 – 10"]
    assert len({color for _, color in values["legend"]}) == 5


@pytest.mark.qgis
@pytest.mark.skipif(not has_qgis(), reason="no QGIS on this machine")
def test_qgis_loads_styles_of_rasters(tmp_path, make_raster):
    rasters = [
        make_raster("class.tif", values=np.array([[[1, 7, 0]]]), dtype="uint8"),
        make_raster("confidence.tif", values=np.array([[[0, 50, 100]]]), dtype="uint8", nodata=255),
        make_raster("embedding.tif", values=np.ones((3, 4, 4)), dtype="uint8", nodata=0),
        make_raster("distance.tif", values=np.ones((1, 4, 4)), dtype="float32", nodata=float("nan")),
    ]
    styles = [class_style_qml(CLASSES, 0), confidence_style_qml(), embedding_style_qml((3, 2, 1), ((5, 200),) * 3)]
    styles.append(distance_style_qml())
    arguments = []
    for raster, style in zip(rasters, styles, strict=True):
        qml = Path(raster).with_suffix(".style.qml")
        qml.write_text(style, encoding="utf-8")
        arguments += [raster, str(qml)]
    classes, confidence, embedding, distance = run_qgis(LOAD, arguments, tmp_path)
    assert classes["ok"]
    assert classes["type"] == "paletted"
    assert classes["labels"] == [["Water", "#0000ff"], ['Built-up <paved> & "old"', "#ff0000"]]
    assert classes["alphas"] == [255, 255, 0]
    assert confidence["ok"]
    assert confidence["type"] == "singlebandpseudocolor"
    assert embedding["ok"]
    assert embedding["bands"] == [3, 2, 1]
    assert embedding["red"] == [5, 200]
    assert (distance["ok"], distance["type"]) == (True, "singlebandpseudocolor")
    assert distance["labels"][2] == ["2: nothing like it was labelled", "#b73779"]
