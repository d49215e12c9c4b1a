"""Pages: fields become the right request; layers that cannot be used are refused in a sentence."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import labels, layers, settings
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.embed_page import EmbedPage
from mmearth_qgis.mmearth_plugin.pages.few_shot_page import FewShotPage
from mmearth_qgis.mmearth_plugin.pages.predict_page import PredictPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import CANVAS, POLYGONS, RECTANGLE, ScenePage
from osgeo import ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .conftest import LEFT_M, RES_M, TOP_M, square

pytestmark = pytest.mark.qgis
CENTRE_LON, CENTRE_LAT = 11.19527954, 48.39479616  # of the scene: 662500 m E, 5362510 m N in zone 32N, by pyproj
UTM32 = QgsCoordinateReferenceSystem("EPSG:32632")


@pytest.fixture
def page(iface, scene_layer):
    page = ScenePage(iface.canvas)
    page.set_layer(scene_layer)
    yield page
    page.close_tools()


def choose(box, data):
    box.setCurrentIndex(box.findData(data))


def read_rows(path, layer_name):
    source = ogr.Open(path)
    layer = source.GetLayerByName(layer_name) if layer_name else source.GetLayer(0)
    return [(json.loads(f.ExportToJson())["properties"], f.GetGeometryRef().GetArea()) for f in layer]


def test_all_units_of_the_protocol_are_offered(page):
    box = page.units_box
    assert tuple(box.itemData(i) for i in range(box.count())) == protocol.UNITS


def test_whole_layer(page, scene_layer):
    scene = page.scene()
    assert scene.path == scene_layer.source()
    assert scene.name == "My scene"
    assert (scene.bounds, scene.mask, scene.bands, scene.units, scene.device) == (None, "", {}, "auto", "auto")


def test_canvas_extent_is_reprojected_and_cut_to_the_layer(page, iface):
    iface.canvas.setDestinationCrs(UTM32)
    iface.canvas.resize(400, 400)
    iface.canvas.setExtent(QgsRectangle(LEFT_M + 50, TOP_M - 5000, LEFT_M + 5050, TOP_M - 20))
    choose(page.extent_box, CANVAS)
    left, bottom, right, top = page.scene().bounds
    assert right == pytest.approx(LEFT_M + 20 * RES_M)
    assert bottom == pytest.approx(TOP_M - 10 * RES_M)
    assert left >= LEFT_M
    assert top <= TOP_M


def test_drawn_rectangle_in_another_crs(page, iface):
    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    choose(page.extent_box, RECTANGLE)
    assert iface.canvas.mapTool() is page._tool
    with pytest.raises(InputError, match="No rectangle is drawn"):
        page.scene()
    page._tool.extentChanged.emit(QgsRectangle.fromCenterAndSize(QgsPointXY(CENTRE_LON, CENTRE_LAT), 4e-4, 4e-4))
    left, bottom, right, top = page.scene().bounds
    assert (left + right) / 2 == pytest.approx(LEFT_M + 100, abs=1)
    assert (bottom + top) / 2 == pytest.approx(TOP_M - 50, abs=1)
    assert 25 < right - left < 40


def test_extent_outside_names_the_layer(page, iface):
    iface.canvas.setDestinationCrs(UTM32)
    choose(page.extent_box, RECTANGLE)
    page._tool.extentChanged.emit(QgsRectangle(0, 0, 10, 10))
    with pytest.raises(InputError, match=r'outside layer "My scene".*Zoom to the layer'):
        page.scene()


def test_polygon_layer_becomes_mask_and_bounds(page, make_polygons):
    polygons = make_polygons([(1, 2, 3), (1, 6, 3)], name="Field")
    choose(page.extent_box, POLYGONS)
    page.mask_box.setLayer(polygons)
    scene = page.scene()
    assert scene.bounds == pytest.approx((LEFT_M + 20, TOP_M - 50, LEFT_M + 80, TOP_M - 30))
    path, _, name = scene.mask.partition("|layername=")
    assert [area for _row, area in read_rows(path, name)] == [400, 400]


def test_web_tiles_are_refused_with_a_remedy(qgis_app):
    layer = QgsRasterLayer("type=xyz&url=https://tiles.invalid/{z}/{x}/{y}.png", "Satellite", "wms")
    with pytest.raises(InputError, match=r'"Satellite" is a web tile service.*GeoTIFF'):
        layers.raster_path(layer)


def test_no_layer_and_vanished_file_are_refused(make_raster):
    with pytest.raises(InputError, match="No raster layer is chosen"):
        layers.raster_path(None)
    path = make_raster("gone.tif")
    layer = QgsRasterLayer(path, "Gone")
    Path(path).unlink()
    with pytest.raises(InputError, match="was not found"):
        layers.raster_path(layer)


def test_description_fills_the_band_table_and_a_changed_band_is_sent(page, wait_for):
    changed = []
    page.changed.connect(lambda: changed.append(1))
    page.show_description(
        {
            "width": 20,
            "height": 10,
            "crs": "EPSG:32632",
            "res": [10.0, 10.0],
            "band_list": [{"index": 1, "name": "b"}, {"index": 2, "name": "g"}],
            "mapping": {"B2": 1, "B3": 2},
            "mapping_how": "names",
            "missing": ["B4"],
            "wanted": ["B2", "B3", "B4"],
            "band_labels": {"B2": "Blue"},
            "units": "dn",
            "units_label": "DN",
            "units_how": "by maximum",
            "warnings": ["Hazy."],
        }
    )
    assert "2 of 3" in page.band_table.button.text()
    assert page.units_box.itemText(0) == "DN"
    assert page.notes.text().startswith("20 × 10 pixels of 10 m, EPSG:32632")
    assert "Hazy." in page.notes.text()
    assert page.scene().bands == {}
    choose(page.band_table.boxes["B3"], 0)
    assert page.scene().bands == {"B2": 1}
    wait_for(lambda: changed)
    assert page.request() == protocol.DescribeRequest(page.scene().path, None, {"B2": 1}, "auto", "")


def test_embed_request(page, output_folder):
    embed = EmbedPage()
    embed.propose_out("My scene")
    choose(embed.stride_box, 4)
    choose(embed.components_box, 16)
    choose(embed.dtype_box, "float32")
    request = embed.request(page.scene())
    assert request.out == str(output_folder / "My_scene_embedding.tif")
    assert (request.stride_px, request.components, request.dtype) == (4, 16, "float32")
    assert output_folder.is_dir()
    Path(request.out).touch()
    embed.propose_out("My scene")
    assert embed.request(page.scene()).out == str(output_folder / "My_scene_embedding_2.tif")


def test_embed_refuses_to_overwrite_the_scene(page):
    embed = EmbedPage()
    embed.out_edit.setFilePath(page.scene().path)
    with pytest.raises(InputError, match="overwrite the scene"):
        embed.request(page.scene())


def test_output_folder_that_is_a_file_is_refused(page, tmp_path):
    (tmp_path / "file").touch()
    embed = EmbedPage()
    embed.out_edit.setFilePath(str(tmp_path / "file" / "x.tif"))
    with pytest.raises(InputError, match="cannot be made"):
        embed.request(page.scene())


def test_new_label_layer_is_a_geopackage_in_editing_with_the_active_class(page, output_folder):
    few_shot = FewShotPage()
    layer = few_shot.make_layer(page.scene())
    assert layer.isEditable()
    assert Path(layer.source().split("|")[0]) == output_folder / "My_scene_labels.gpkg"
    assert [f.name() for f in layer.fields()][1:] == ["class_id", "class_name"]
    assert layer.crs() == UTM32
    few_shot.table.choose(2)
    assert layer.defaultValueDefinition(1).expression() == "2"
    assert layer.defaultValueDefinition(2).expression() == "'Class 2'"
    assert QgsProject.instance().layerTreeRoot().children()[0].layer() is layer
    layer.rollBack()


def add(layer, col, row):
    """Adds a polygon as digitising does: attributes from the default values."""
    from qgis.core import QgsVectorLayerUtils

    layer.addFeature(QgsVectorLayerUtils.createFeature(layer, square(col, row)))


def test_unsaved_polygons_are_exported_without_committing(page, output_folder, wait_for):
    few_shot = FewShotPage()
    layer = few_shot.make_layer(page.scene())
    for value, col in ((1, 0), (1, 4), (2, 8), (2, 12)):
        few_shot.table.choose(value)
        add(layer, col, 0)
    wait_for(lambda: "unsaved edits: 4" in few_shot.counts.text())
    request = few_shot.request(page.scene())
    rows = read_rows(request.labels, request.labels_layer)
    assert [row["class_id"] for row, _area in rows] == [1, 1, 2, 2]
    assert [row["class_name"] for row, _area in rows] == ["Class 1", "Class 1", "Class 2", "Class 2"]
    assert request.field == "class_id"
    assert request.classes == (
        {"value": 1, "name": "Class 1", "color": labels.PALETTE[0]},
        {"value": 2, "name": "Class 2", "color": labels.PALETTE[1]},
    )
    assert layer.isModified()
    assert read_rows(layer.source().split("|")[0], "labels") == []
    layer.commitChanges()
    saved = few_shot.request(page.scene())
    assert (saved.labels, saved.labels_layer) == (layer.source().split("|")[0], "labels")


def test_classes_are_added_renamed_recoloured_removed_and_kept_in_the_file(page, output_folder, wait_for):
    few_shot = FewShotPage()
    layer = few_shot.make_layer(page.scene())
    add(layer, 0, 0)
    few_shot.refresh()
    few_shot.add_button.click()
    assert few_shot.table.active().value == 3
    few_shot.table.item(0, 1).setText("Water")
    few_shot.table.cellWidget(2, 0).setColor(QColor("#123456"))
    assert [f["class_name"] for f in layer.getFeatures()] == ["Water"]
    few_shot.table.choose(2)
    few_shot.remove_button.click()
    few_shot.table.choose(1)
    few_shot.remove_button.click()
    assert "has 1 polygons" in few_shot.counts.text()
    layer.commitChanges()
    again = type(layer)(layer.source(), "again", "ogr")
    found = labels.read_classes(again, "class_id")
    assert [(e.value, e.name, e.polygons) for e in found] == [(1, "Water", 1), (3, "Class 3", 0)]
    assert found[1].color == "#123456"


def test_labels_of_ones_own_with_texts_filter_and_null(page, make_polygons):
    layer = make_polygons([("oak", 0, 0), ("oak", 4, 0), ("lake", 8, 0), (None, 12, 0)], "klass:string(20)")
    layer.setSubsetString("")
    few_shot = FewShotPage()
    few_shot.layer_box.setLayer(layer)
    assert few_shot.field_box.currentText() == "klass"
    assert [(e.value, e.polygons) for e in few_shot._classes()] == [("lake", 1), ("oak", 2)]
    request = few_shot.request(page.scene())
    assert [row["klass"] for row, _area in read_rows(request.labels, request.labels_layer)][:3] == [
        "oak",
        "oak",
        "lake",
    ]


def test_a_filter_on_the_layer_counts(page, output_folder):
    few_shot = FewShotPage()
    layer = few_shot.make_layer(page.scene())
    for value, col in ((1, 0), (2, 4), (2, 8)):
        few_shot.table.choose(value)
        add(layer, col, 0)
    layer.commitChanges()
    layer.setSubsetString("class_id = 2")
    path, name = layers.vector_source(layer)
    assert [row["class_id"] for row, _area in read_rows(path, name)] == [2, 2]


@pytest.mark.parametrize(
    ("rows", "text"), [([], "polygons of 0 class"), ([(1, 0, 0), (1, 4, 0)], "polygons of 1 class")]
)
def test_too_few_classes_are_refused(page, make_polygons, rows, text):
    few_shot = FewShotPage()
    few_shot.layer_box.setLayer(make_polygons(rows))
    with pytest.raises(InputError, match=text):
        few_shot.request(page.scene())


def test_no_label_layer_and_no_class_field_are_refused(page, make_polygons):
    few_shot = FewShotPage()
    few_shot.layer_box.setLayer(None)
    with pytest.raises(InputError, match="New label layer"):
        few_shot.request(page.scene())
    few_shot.layer_box.setLayer(make_polygons([], "height:double"))
    few_shot.field_box.setCurrentIndex(-1)
    with pytest.raises(InputError, match="No class field"):
        few_shot.request(page.scene())


def test_a_removed_label_layer_is_forgotten(page, make_polygons, wait_for):
    few_shot = FewShotPage()
    layer = make_polygons([(1, 0, 0)])
    few_shot.layer_box.setLayer(layer)
    QgsProject.instance().removeMapLayer(layer.id())
    wait_for(lambda: few_shot.table.rowCount() == 0)


def test_predict_with_a_saved_model(page, output_folder, tmp_path):
    predict = PredictPage()
    with pytest.raises(InputError, match="no model folder"):
        predict.request(page.scene())
    predict.model_edit.setFilePath(str(tmp_path))
    predict.vector_check.setChecked(True)
    request = predict.request(page.scene())
    folder = output_folder / "My_scene_map"
    assert (request.out, request.confidence) == (str(folder / "classes.tif"), str(folder / "confidence.tif"))
    assert (request.vector, request.model) == (str(folder / "class_polygons.gpkg"), str(tmp_path))


def test_band_mapping_text():
    assert layers.parse_bands("") == {}
    assert layers.parse_bands("B2=1, B8A = 12;") == {"B2": 1, "B8A": 12}
    with pytest.raises(InputError, match="B2: 1"):
        layers.parse_bands("B2: 1")
    with pytest.raises(InputError, match="B2=0"):
        layers.parse_bands("B2=0")


def test_output_folder_follows_the_project(qgis_app, tmp_path):
    settings.set_output_folder("")
    QgsProject.instance().setFileName(str(tmp_path / "project.qgz"))
    assert settings.output_folder() == str(tmp_path / "mmearth")
    QgsProject.instance().setFileName("")


def test_a_feature_that_was_never_saved_has_no_id(make_polygons):
    """What makes the export necessary: unsaved features have negative ids."""
    layer = make_polygons([])
    layer.startEditing()
    layer.addFeature(QgsFeature(layer.fields()))
    assert next(layer.getFeatures()).id() < 0
    layer.rollBack()


def test_a_layer_that_names_classes_and_colours_keeps_them():
    fields = "field=class_id:integer&field=class_name:string&field=color:string"
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:4326&{fields}", "x", "memory")
    for value, name, color in ((1, "Water", "#4477aa"), (2, "Wood", "not a colour")):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([value, name, color])
        layer.dataProvider().addFeature(feature)
    first, second = labels.read_classes(layer, "class_id")
    assert (first.value, first.name, first.color, first.polygons) == (1, "Water", "#4477aa", 1)
    assert (second.name, second.color) == ("Wood", labels.PALETTE[0])


def test_what_is_hidden_stays_hidden_when_a_section_is_collapsed_and_expanded(page):
    page.show()
    assert not page.band_table.panel.isVisible()
    page.setCollapsed(True)
    page.setCollapsed(False)
    assert not page.band_table.panel.isVisible()
