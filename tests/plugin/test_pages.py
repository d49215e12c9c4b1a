"""Pages: fields become the right request; layers that cannot be used are refused in a sentence."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers, settings
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.embed_page import EmbedPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import CANVAS, POLYGONS, RECTANGLE, ScenePage
from osgeo import ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)

from .conftest import LEFT_M, RES_M, TOP_M

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
