"""The layer of similar places: what a threshold shows, which share of the view that is, what is left at the end."""

from pathlib import Path

import pytest
from osgeo import gdal, osr
from qgis.core import QgsPointXY, QgsProject, QgsRectangle

pytestmark = pytest.mark.qgis

LEFT_M, TOP_M, RES_M = 662400.0, 5362560.0, 10.0
WIDTH, HEIGHT = 16, 16  # values 0…254 and one without data at the end


def write(path, value=lambda row, col: row * WIDTH + col):
    dataset = gdal.GetDriverByName("GTiff").Create(path, WIDTH, HEIGHT, 1, gdal.GDT_Byte)
    dataset.SetGeoTransform((LEFT_M, RES_M, 0, TOP_M, 0, -RES_M))
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    dataset.SetProjection(crs.ExportToWkt())
    band = dataset.GetRasterBand(1)
    band.SetNoDataValue(255)
    band.WriteRaster(0, 0, WIDTH, HEIGHT, bytes(value(row, col) for row in range(HEIGHT) for col in range(WIDTH)))
    dataset.FlushCache()


def whole():
    return QgsRectangle(LEFT_M, TOP_M - HEIGHT * RES_M, LEFT_M + WIDTH * RES_M, TOP_M)


@pytest.fixture
def similarity(iface):
    from mmearth_qgis.mmearth_plugin.exploring.similarity_layer import SimilarityLayer
    from qgis.core import QgsCoordinateReferenceSystem

    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    iface.canvas.setExtent(whole().buffered(100))
    root = QgsProject.instance().layerTreeRoot()

    def make_group():
        return root.findGroup("MMEarth – x") or root.addGroup("MMEarth – x")

    layer = SimilarityLayer(iface.canvas, make_group)
    yield layer
    layer.clear()


def shown_pixels(layer):
    """Returns how many pixels of the raster are drawn, of a picture with one pixel each."""
    block = layer.renderer().block(1, whole(), WIDTH, HEIGHT)
    return sum(block.color(row, col) >> 24 > 0 for row in range(HEIGHT) for col in range(WIDTH))


@pytest.mark.parametrize("value", [0, 1, 127, 253, 254])
def test_threshold_shows_what_is_at_least_as_similar(similarity, value):
    path = similarity.next_path()
    write(path)
    similarity.show(path)
    similarity.set_threshold(value / 254)
    assert shown_pixels(similarity.layer()) == 255 - value
    assert similarity.share() == pytest.approx((255 - value) / 255, abs=0.01)
    assert similarity.values() == [value, 254]


def test_share_is_of_what_the_canvas_shows(similarity, iface):
    path = similarity.next_path()
    write(path, lambda row, col: 254 if col < 4 else 0)
    similarity.show(path)
    similarity.set_threshold(0.9)
    assert similarity.share() == pytest.approx(0.25, abs=0.01)
    iface.canvas.setExtent(QgsRectangle(LEFT_M - 400, TOP_M - 160, LEFT_M, TOP_M))
    iface.canvas.setCenter(QgsPointXY(iface.canvas.center().x(), TOP_M - 80))
    right_m = iface.canvas.extent().xMaximum()
    iface.canvas.setCenter(QgsPointXY(iface.canvas.center().x() + LEFT_M + 80 - right_m, TOP_M - 80))
    similarity.count()
    assert similarity.view().xMaximum() == pytest.approx(LEFT_M + 80), "the left half is in view"
    assert similarity.share() == pytest.approx(0.5, abs=0.01)
    iface.canvas.setExtent(QgsRectangle(0, 0, 10, 10))
    similarity.count()
    assert similarity.share() is None
    assert similarity.view() is None


def test_second_answer_replaces_the_file_and_keeps_the_layer(similarity):
    first, second = similarity.next_path(), similarity.next_path()
    write(first)
    write(second, lambda row, col: 254)
    similarity.show(first)
    layer_id = similarity.layer().id()
    similarity.layer().setOpacity(0.3)
    similarity.set_threshold(0.5)
    similarity.show(second)
    assert similarity.layer().id() == layer_id
    assert similarity.layer().source() == second
    assert similarity.layer().opacity() == pytest.approx(0.3)
    assert similarity.threshold == pytest.approx(0.5)
    assert shown_pixels(similarity.layer()) == WIDTH * HEIGHT
    assert similarity.next_path() == first
    assert len(QgsProject.instance().mapLayers()) == 1


def test_clear_leaves_nothing(similarity):
    path = similarity.next_path()
    write(path)
    similarity.show(path)
    similarity.clear()
    assert QgsProject.instance().mapLayers() == {}
    assert QgsProject.instance().layerTreeRoot().children() == []
    assert not Path(path).parent.exists()
    similarity.set_threshold(0.2)
    similarity.count()
    assert similarity.share() is None


def test_layer_that_the_user_removed_comes_back_with_the_next_answer(similarity):
    path = similarity.next_path()
    write(path)
    similarity.show(path)
    QgsProject.instance().removeMapLayer(similarity.layer().id())
    assert similarity.layer() is None
    again = similarity.next_path()
    write(again)
    similarity.show(again)
    assert similarity.layer().name() == "Similar places"


def test_file_that_is_none_is_said(similarity, tmp_path):
    from mmearth_qgis.mmearth_plugin.messages import InputError

    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"no raster")
    with pytest.raises(InputError, match=r"broken\.tif.*could not be loaded"):
        similarity.show(str(broken))
