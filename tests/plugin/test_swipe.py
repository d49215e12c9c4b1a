"""Swipe on a real canvas: what each side shows, how the line is grabbed, and that the map tool has the rest."""

import time

import pytest
from mmearth_qgis.mmearth_plugin.preview.swipe_tool import Swipe
from osgeo import gdal, osr
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.gui import QgsMapTool
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter
from qgis.PyQt.QtTest import QTest

from .conftest import LEFT_M, RES_M, TOP_M

pytestmark = pytest.mark.qgis
RED, BLUE = (200, 0, 0), (0, 0, 200)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def plain(qgis_app, tmp_path):
    """Returns a function that makes a layer of one colour."""

    def make(name, color):
        path = str(tmp_path / f"{name}.tif")
        dataset = gdal.GetDriverByName("GTiff").Create(path, 20, 10, 3, gdal.GDT_Byte)
        dataset.SetGeoTransform((LEFT_M, RES_M, 0, TOP_M, 0, -RES_M))
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(32632)
        dataset.SetProjection(crs.ExportToWkt())
        for band, value in enumerate(color, 1):
            dataset.GetRasterBand(band).Fill(value)
        dataset.FlushCache()
        del dataset
        layer = QgsRasterLayer(path, name)
        QgsProject.instance().addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def canvas(iface):
    """A shown canvas of 400 × 200 pixels."""
    found = iface.canvas
    found.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    found.setExtent(QgsRectangle(LEFT_M, TOP_M - 10 * RES_M, LEFT_M + 20 * RES_M, TOP_M))
    iface.window.resize(400, 200)
    iface.window.show()
    QTest.qWait(20)
    return found


@pytest.fixture
def split(canvas, plain, wait_for):
    """A canvas with a red map above a blue image, swiped: the map is left out on the left."""
    image, shown = plain("image", BLUE), plain("map", RED)
    canvas.setLayers([shown, image])
    canvas.setCanvasColor(QColor("white"))
    swipe = Swipe(canvas, lambda: [shown])
    swipe.image, swipe.map = image, shown
    swipe.set_active(True)
    wait_for(lambda: swipe.item.image is not None)
    yield swipe
    swipe.set_active(False)


def pixels(canvas):
    """Returns a function that gives the colour of the canvas at a place of it, 0…1 and 0…1."""
    canvas.waitWhileRendering()
    QTest.qWait(30)
    image = canvas.viewport().grab().toImage()
    ratio = image.devicePixelRatio()

    def color(x, y):
        size = canvas.viewport().size()
        found = image.pixelColor(int(x * size.width() * ratio), int(y * size.height() * ratio))
        return found.red(), found.green(), found.blue()

    return color


def at(canvas, x, y):
    return QPoint(round(x * canvas.viewport().width()), round(y * canvas.viewport().height()))


class Tool(QgsMapTool):
    """Counts the clicks that reach a map tool."""

    def __init__(self, canvas):
        super().__init__(canvas)
        self.presses, self.moves = 0, 0

    def canvasPressEvent(self, _event):  # noqa: N802
        self.presses += 1

    def canvasMoveEvent(self, _event):  # noqa: N802
        self.moves += 1


@pytest.fixture
def tool(canvas):
    found = Tool(canvas)
    canvas.setMapTool(found)
    yield found
    canvas.unsetMapTool(found)


def test_the_map_is_left_out_left_of_the_line(split, canvas):
    color = pixels(canvas)
    assert (color(0.25, 0.2), color(0.75, 0.2)) == (BLUE, RED)
    split.move_line(0.8)
    color = pixels(canvas)
    assert (color(0.7, 0.2), color(0.9, 0.2)) == (BLUE, RED)
    split.set_turned(True)
    color = pixels(canvas)
    assert (color(0.2, 0.7), color(0.2, 0.9)) == (BLUE, RED)


def test_the_line_is_dragged_and_dragging_renders_nothing(split, canvas, tool):
    renders = []
    canvas.renderStarting.connect(lambda: renders.append(1))
    viewport, image = canvas.viewport(), split.item.image
    QTest.mousePress(viewport, LEFT, pos=at(canvas, 0.5, 0.2))
    QTest.mouseMove(viewport, at(canvas, 0.3, 0.2))
    QTest.mouseRelease(viewport, LEFT, pos=at(canvas, 0.3, 0.2))
    assert split.item.place == pytest.approx(0.3, abs=0.005)
    color = pixels(canvas)
    assert (color(0.2, 0.2), color(0.4, 0.2)) == (BLUE, RED)
    assert (tool.presses, renders) == (0, [])
    assert split.item.image is image
    for x, wanted in ((-0.1, 0.02), (1.2, 0.98)):  # the line stays within reach
        QTest.mousePress(viewport, LEFT, pos=at(canvas, split.item.place, 0.2))
        QTest.mouseMove(viewport, at(canvas, x, 0.2))
        QTest.mouseRelease(viewport, LEFT, pos=at(canvas, x, 0.2))
        assert split.item.place == wanted


def test_the_map_tool_has_every_click_away_from_the_line(split, canvas, tool):
    viewport = canvas.viewport()
    QTest.mouseMove(viewport, at(canvas, 0.2, 0.2))
    QTest.mouseClick(viewport, LEFT, pos=at(canvas, 0.2, 0.2))
    assert (tool.presses, split.item.place) == (1, 0.5)
    QTest.mouseClick(viewport, Qt.MouseButton.RightButton, pos=at(canvas, 0.5, 0.2))
    assert tool.presses == 2  # so that a polygon can be ended on the line


def test_a_double_click_turns_the_line_and_tells(split, canvas):
    told = []
    split.turned.connect(told.append)
    QTest.mouseDClick(canvas.viewport(), LEFT, pos=at(canvas, 0.5, 0.5))
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=at(canvas, 0.5, 0.5))
    assert (split.item.is_turned, told) == (True, [True])


def test_the_cursor_tells_that_the_line_can_be_grabbed_and_is_given_back(split, canvas):
    viewport = canvas.viewport()
    before = viewport.cursor().shape()
    QTest.mouseMove(viewport, at(canvas, 0.5, 0.2))
    assert viewport.cursor().shape() == Qt.CursorShape.SplitHCursor
    QTest.mouseMove(viewport, at(canvas, 0.2, 0.2))
    assert viewport.cursor().shape() == before


def test_another_extent_is_rendered_anew(split, canvas, wait_for):
    before = split.item.image
    canvas.setExtent(QgsRectangle(LEFT_M + 40, TOP_M - 60, LEFT_M + 100, TOP_M - 30))
    canvas.refresh()
    wait_for(lambda: split.item.image is not before)
    color = pixels(canvas)
    assert (color(0.25, 0.2), color(0.75, 0.2)) == (BLUE, RED)


def test_until_then_the_old_image_lies_where_it_belongs(split, canvas):
    canvas.freeze(True)  # the canvas renders nothing, and neither does the swipe
    split.move_line(0.98)
    canvas.setExtent(QgsRectangle(LEFT_M - 200, TOP_M - 100, LEFT_M + 200, TOP_M))  # half of it left of the rasters
    edge = canvas.getCoordinateTransform().transform(LEFT_M, TOP_M).x() / canvas.viewport().width()
    color = pixels(canvas)
    assert color(edge + 0.02, 0.4) == BLUE
    assert color(edge - 0.02, 0.4) != BLUE
    canvas.freeze(False)


def test_a_turned_map_is_swiped_along_the_window(split, canvas, wait_for):
    before = split.item.image
    canvas.setRotation(90)
    canvas.setExtent(QgsRectangle(LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M))
    canvas.refresh()
    wait_for(lambda: split.item.image is not before)
    color = pixels(canvas)
    assert (color(0.4, 0.5 - 0.2), color(0.6, 0.5 - 0.2)) == (BLUE, RED)


def test_screens_with_two_pixels_a_point(split, canvas):
    item = split.item
    settings = canvas.mapSettings()
    settings.setDevicePixelRatio(2)
    size = settings.outputSize()
    image = QImage(size * 2, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(2)
    image.fill(QColor(*RED))
    half = QPainter(image)
    half.fillRect(0, 0, size.width() // 2, size.height(), QColor(*BLUE))  # in points
    half.end()
    item.show_image(image, settings)
    split.move_line(0.98)
    color = pixels(canvas)
    assert (color(0.4, 0.2), color(0.6, 0.2)) == (BLUE, RED)


def test_without_a_map_both_sides_are_the_same(split, canvas, wait_for):
    split._find_layers = list
    canvas.refresh()
    wait_for(lambda: split.item.image is None)
    assert pixels(canvas)(0.25, 0.2) == RED


def test_switching_off_leaves_nothing(canvas, plain, wait_for):
    image, shown = plain("image", BLUE), plain("map", RED)
    canvas.setLayers([shown, image])
    items, before = set(canvas.scene().items()), canvas.viewport().cursor().shape()
    swipe = Swipe(canvas, lambda: [shown])
    swipe.set_active(True)
    wait_for(lambda: swipe.item.image is not None)
    swipe.move_line(0.3)
    QTest.mouseMove(canvas.viewport(), at(canvas, 0.3, 0.2))
    canvas.refresh()
    swipe.render()
    swipe.set_active(False)
    assert set(canvas.scene().items()) == items
    assert canvas.viewport().cursor().shape() == before
    assert (swipe._job, swipe._ending) == (None, [])
    canvas.refresh()
    canvas.waitWhileRendering()
    assert pixels(canvas)(0.1, 0.2) == RED
    swipe.set_active(True)
    assert swipe.item.place == 0.3  # where it was
    swipe.set_active(False)


def test_dragging_repaints_quickly(split, canvas, iface):
    canvas.viewport().grab()
    took = []
    for step in range(20):
        started_s = time.perf_counter()
        split.move_line(0.2 + step * 0.03)
        canvas.viewport().repaint()
        took.append(time.perf_counter() - started_s)
    assert sorted(took)[len(took) // 2] < 0.03
