"""Drawing labels with real tools on a real canvas: into the edit buffer, one step each, in the active class."""

import time

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QKeyEvent, QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from .conftest import LEFT_M, RES_M, TOP_M

pytestmark = pytest.mark.qgis

LEFT_BUTTON = Qt.MouseButton.LeftButton
UTM = QgsCoordinateReferenceSystem("EPSG:32632")


class Desk:
    """Scene, labels and drawing tools on a canvas on which ten pixels of the screen are one of the scene."""

    def __init__(self, iface, scene):
        from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
        from mmearth_qgis.mmearth_plugin.labelling import Labelling
        from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
        from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage

        self.iface, self.canvas = iface, iface.canvas
        iface.window.show()
        self.canvas.setFixedSize(402, 202)
        self.canvas.setDestinationCrs(UTM)
        QTest.qWait(1)
        self.canvas.setExtent(QgsRectangle(LEFT_M, TOP_M - 200, LEFT_M + 400, TOP_M))
        self.runner = JobRunner(iface.bar)
        self.scene_page, self.labels_page = ScenePage(self.canvas), LabelsPage()
        self.scene_page.set_layer(scene)
        self.labelling = Labelling(iface, self.scene_page, self.labels_page, self.runner, lambda: None)
        self.page, self.table = self.labelling.page, self.labels_page.table

    def label(self, layer):
        self.labels_page.layer_box.setLayer(layer)
        return layer

    def at(self, column, row):
        """Returns a place of the screen by columns and rows of the scene."""
        to_map = QgsCoordinateTransform(UTM, self.canvas.mapSettings().destinationCrs(), QgsProject.instance())
        place = to_map.transform(QgsPointXY(LEFT_M + column * RES_M, TOP_M - row * RES_M))
        pixel = self.canvas.getCoordinateTransform().transform(place)
        return QPoint(round(pixel.x()), round(pixel.y()))

    def use(self, name):
        QTest.mouseClick(self.page.tools[name], LEFT_BUTTON)

    def click(self, column, row):
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(column, row))

    def drag(self, *places, release=True):
        viewport = self.canvas.viewport()
        QTest.mousePress(viewport, LEFT_BUTTON, pos=self.at(*places[0]))
        for place in places[1:]:
            self.move(place)
        if release:
            QTest.mouseRelease(viewport, LEFT_BUTTON, pos=self.at(*places[-1]))

    def move(self, place):
        """Moves the mouse with the left button held, which QTest.mouseMove does not tell."""
        viewport, here = self.canvas.viewport(), self.at(*place)
        points = QPointF(here), QPointF(viewport.mapToGlobal(here))
        buttons = Qt.MouseButton.NoButton, LEFT_BUTTON
        QApplication.sendEvent(
            viewport, QMouseEvent(QEvent.Type.MouseMove, *points, *buttons, Qt.KeyboardModifier.NoModifier)
        )

    def rectangle(self, left, top, right, bottom):
        self.use("rectangle")
        self.drag((left, top), (right, bottom))


@pytest.fixture
def desk(iface, scene_layer):
    made = Desk(iface, scene_layer)
    yield made
    made.labelling.close()
    made.scene_page.close_tools()


@pytest.fixture
def labels(desk, make_polygons):
    """Polygons of two classes; the second is the active one."""
    layer = desk.label(make_polygons([(1, 0, 0), (2, 4, 0)]))
    desk.table.choose(2)
    return layer


def drawn(layer):
    """Returns (class, columns and rows of the scene) of the features that are not saved."""
    found = []
    for feature in layer.getFeatures():
        if feature.id() < 0:
            box = feature.geometry().boundingBox()
            west, east = (box.xMinimum() - LEFT_M) / RES_M, (box.xMaximum() - LEFT_M) / RES_M
            rows = (TOP_M - box.yMaximum()) / RES_M, (TOP_M - box.yMinimum()) / RES_M
            found.append((feature[0], [round(value) for value in (west, rows[0], east, rows[1])]))
    return found


def test_a_rectangle_becomes_a_polygon_of_the_active_class_in_one_undo_step(desk, labels, iface):
    before = labels.featureCount()
    desk.rectangle(8, 2, 12, 6)
    assert drawn(labels) == [(2, [8, 2, 12, 6])]
    assert labels.isEditable()
    assert labels.undoStack().count() == 1
    assert iface.activeLayer() == labels
    assert "16 pixels" in desk.page.note.text()
    buttons = desk.page.edits
    assert [buttons[name].isEnabled() for name in ("undo", "redo", "save")] == [True, False, True]
    QTest.mouseClick(buttons["undo"], LEFT_BUTTON)
    assert labels.featureCount() == before
    assert [buttons[name].isEnabled() for name in ("undo", "redo", "save")] == [False, True, False]
    QTest.mouseClick(buttons["redo"], LEFT_BUTTON)
    assert drawn(labels) == [(2, [8, 2, 12, 6])]


def test_save_writes_the_edits_and_goes_on_editing(desk, labels):
    desk.rectangle(8, 2, 12, 6)
    assert labels.dataProvider().featureCount() == 2
    QTest.mouseClick(desk.page.edits["save"], LEFT_BUTTON)
    assert labels.dataProvider().featureCount() == 3
    assert labels.isEditable()
    assert not desk.page.edits["save"].isEnabled()


def test_point_makes_pixels_of_the_scene_and_brushes_of_several(desk, labels):
    desk.use("point")
    desk.click(8.5, 3.4)
    desk.page.brush_box.setValue(3)
    desk.click(12.5, 5.5)
    assert drawn(labels) == [(2, [8, 3, 9, 4]), (2, [11, 4, 14, 7])]


def test_freehand_is_simplified_and_a_loop_in_it_repaired(desk, labels):
    desk.use("freehand")
    desk.drag((2, 2), (10, 2), *[(10 + x / 10, 2 + x / 10) for x in range(40)], (14, 12), (2, 12))
    desk.drag((20, 2), (28, 10), (28, 2), (20, 10))
    first, second = [feature.geometry() for feature in labels.getFeatures() if feature.id() < 0]
    assert len(list(first.vertices())) <= 7
    assert first.isGeosValid()
    assert second.isGeosValid()
    assert not second.isMultipart()  # the layer holds single polygons: the larger triangle is kept
    assert second.area() == pytest.approx(16 * RES_M**2, rel=0.1)


def test_what_is_smaller_than_a_pixel_is_refused_with_a_sentence(desk, labels):
    desk.rectangle(8, 2, 8.4, 2.5)
    assert drawn(labels) == []
    assert "% of a pixel" in desk.page.note.text()
    assert labels.undoStack().count() == 0


def test_digits_choose_the_class_on_the_map_only(desk, labels, iface):
    desk.use("rectangle")
    QTest.keyClick(desk.canvas, Qt.Key.Key_1)
    assert desk.table.active().value == 1
    desk.drag((8, 2), (12, 6))
    QTest.keyClick(desk.canvas, Qt.Key.Key_9)
    assert "key 9" in desk.page.note.text()
    assert drawn(labels) == [(1, [8, 2, 12, 6])]
    desk.canvas.unsetMapTool(desk.labelling.tools["rectangle"])
    QTest.keyClick(desk.canvas, Qt.Key.Key_2)  # neither a tool of ours nor the page: not our key
    assert desk.table.active().value == 1
    desk.page.show()
    QTest.keyClick(desk.canvas, Qt.Key.Key_2)
    assert desk.table.active().value == 2


def test_keys_of_the_map_come_before_shortcuts_of_the_window(desk, labels):
    desk.rectangle(8, 2, 12, 6)
    control = Qt.KeyboardModifier.ControlModifier
    wanted = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, control)
    wanted.ignore()
    QApplication.sendEvent(desk.canvas, wanted)
    assert wanted.isAccepted()
    assert drawn(labels) != []  # the override is a question, not the key
    QTest.keyClick(desk.canvas, Qt.Key.Key_Z, control)
    assert drawn(labels) == []
    QTest.keyClick(desk.canvas, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert drawn(labels) != []


def test_undo_on_the_map_is_not_ours_while_another_layer_is_edited(desk, labels, iface, make_polygons):
    desk.rectangle(8, 2, 12, 6)
    desk.page.show()
    desk.canvas.unsetMapTool(desk.labelling.tools["rectangle"])
    iface.setActiveLayer(make_polygons([], name="Other"))
    QTest.keyClick(desk.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert drawn(labels) != []
    iface.setActiveLayer(labels)
    QTest.keyClick(desk.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert drawn(labels) == []


def test_escape_drops_a_shape_while_the_button_is_held(desk, labels):
    desk.use("freehand")
    desk.drag((2, 2), (10, 2), (10, 8), release=False)
    assert desk.labelling.tools["freehand"].band.numberOfVertices() > 2
    QTest.keyClick(desk.canvas, Qt.Key.Key_Escape)
    assert desk.labelling.tools["freehand"].band.numberOfVertices() == 0
    QTest.mouseRelease(desk.canvas.viewport(), LEFT_BUTTON, pos=desk.at(10, 8))
    assert drawn(labels) == []


def test_polygon_is_the_tool_of_qgis_on_the_label_layer(desk, labels, iface):
    triggered = []
    iface.add_feature.triggered.connect(lambda: triggered.append(iface.activeLayer()))
    desk.use("polygon")
    assert triggered == [labels]
    assert labels.isEditable()


def test_buttons_show_the_tool_that_is_on_the_map(desk, labels):
    desk.use("rectangle")
    desk.use("freehand")
    assert [name for name, button in desk.page.tools.items() if button.isChecked()] == ["freehand"]
    desk.use("freehand")  # once more changes nothing
    assert [name for name, button in desk.page.tools.items() if button.isChecked()] == ["freehand"]
    desk.canvas.unsetMapTool(desk.labelling.tools["freehand"])
    assert not any(button.isChecked() for button in desk.page.tools.values())


@pytest.mark.parametrize("how", ["none", "read-only", "no class", "no embedding"])
def test_what_is_missing_is_said_and_no_tool_is_chosen(desk, how, make_polygons, tmp_path):
    tool, layer = "rectangle", make_polygons([(1, 0, 0)] if how != "no class" else [])
    if how == "read-only":
        layer.setReadOnly(True)
    if how == "no embedding":
        tool = "smart_select"
    desk.label(None if how == "none" else layer)
    desk.use(tool)
    words = {
        "none": "No label layer",
        "read-only": "read-only",
        "no class": "No class is chosen",
        "no embedding": "no embedding",
    }
    assert words[how] in desk.page.note.text()
    assert desk.canvas.mapTool() is None
    assert not desk.page.tools[tool].isChecked()


def test_map_and_layer_of_other_crs(desk, iface):
    layer = QgsVectorLayer("MultiPolygonZ?crs=EPSG:4326&field=class_id:integer&field=class_name:string", "L", "memory")
    first = QgsFeature(layer.fields())
    first.setAttributes([7, "Wood"])
    layer.dataProvider().addFeatures([first])
    QgsProject.instance().addMapLayer(layer)
    desk.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    to_map = QgsCoordinateTransform(UTM, desk.canvas.mapSettings().destinationCrs(), QgsProject.instance())
    desk.canvas.setExtent(to_map.transformBoundingBox(QgsRectangle(LEFT_M, TOP_M - 200, LEFT_M + 400, TOP_M)))
    desk.label(layer)
    desk.use("point")
    desk.page.brush_box.setValue(4)
    desk.click(8, 6)
    (found,) = [feature for feature in layer.getFeatures() if feature.id() != 1]
    assert found.attributes() == [7, "Wood"]
    assert found.geometry().wkbType() == QgsWkbTypes.MultiPolygonZ
    there = QgsGeometry(found.geometry())
    there.transform(QgsCoordinateTransform(layer.crs(), UTM, QgsProject.instance()))
    there = there.boundingBox()
    # A click is exact to a pixel of the screen, the squares to the grid of the scene.
    assert there.xMinimum() == pytest.approx(LEFT_M + 60, abs=0.01)
    assert there.yMaximum() == pytest.approx(TOP_M - 40, abs=0.01)
    assert (there.width(), there.height()) == (pytest.approx(40, abs=0.01), pytest.approx(40, abs=0.01))


def test_points_are_labels_too(desk):
    layer = QgsVectorLayer("Point?crs=EPSG:32632&field=class_id:integer", "Points", "memory")
    first = QgsFeature(layer.fields())
    first.setAttribute(0, 3)
    layer.dataProvider().addFeatures([first])
    QgsProject.instance().addMapLayer(layer)
    desk.label(layer)
    desk.rectangle(8, 2, 12, 6)
    assert "holds points" in desk.page.note.text()
    desk.use("point")
    desk.click(8.3, 3.4)
    (made,) = [feature for feature in layer.getFeatures() if feature.id() < 0]
    assert made[0] == 3
    assert made.geometry().asPoint() == QgsPointXY(LEFT_M + 85, TOP_M - 35)


def test_layer_removed_or_replaced_while_drawing(desk, labels, make_polygons):
    desk.use("freehand")
    desk.drag((2, 2), (10, 2), (10, 8), release=False)
    QgsProject.instance().removeMapLayer(labels.id())
    assert desk.labelling.tools["freehand"].band.numberOfVertices() == 0
    QTest.mouseRelease(desk.canvas.viewport(), LEFT_BUTTON, pos=desk.at(10, 8))
    assert not any(button.isEnabled() for button in desk.page.edits.values())
    desk.drag((2, 2), (10, 2), (10, 8))
    assert "No label layer" in desk.page.note.text()
    other = desk.label(make_polygons([(5, 0, 0)], name="Other"))
    desk.drag((2, 2), (10, 2), (10, 8))
    assert [value for value, _box in drawn(other)] == [5]


def test_regression_leaves_the_number_to_the_form_of_qgis(desk, iface, make_polygons):
    opened = []
    iface.openFeatureForm = lambda layer, feature, *_how: opened.append((layer, feature.id()))
    layer = desk.label(make_polygons([(1.5, 0, 0), (2.5, 4, 0)], field="height:double"))
    desk.labels_page.field_box.setCurrentIndex(desk.labels_page.field_box.findText("height"))
    assert desk.labels_page.is_regression
    desk.rectangle(8, 2, 12, 6)
    (made,) = [feature for feature in layer.getFeatures() if feature.id() < 0]
    assert opened == [(layer, made.id())]
    assert made.attributes()[0] is None or not made.attributes()[0]


def test_without_a_scene_shapes_are_drawn_and_pixels_are_not(desk, labels, scene_layer):
    QgsProject.instance().removeMapLayer(scene_layer.id())
    desk.rectangle(8, 2, 12, 6)
    assert drawn(labels) == [(2, [8, 2, 12, 6])]
    desk.use("point")
    desk.click(3, 3)
    assert "How large a pixel is" in desk.page.note.text()


def test_one_more_among_five_thousand_is_quick(desk):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32632&field=class_id:integer", "Many", "memory")
    features = []
    for number in range(5000):
        feature = QgsFeature(layer.fields())
        feature.setAttribute(0, 1 + number % 3)
        left, top = LEFT_M + number % 100 * 20, TOP_M - number // 100 * 20
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(left, top - 10, left + 10, top)))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    desk.label(layer)
    desk.use("point")
    times_s = []
    for column in range(5):
        started_s = time.perf_counter()
        desk.click(column, 3)
        times_s.append(time.perf_counter() - started_s)
    assert layer.featureCount() == 5005
    assert sorted(times_s)[2] < 0.1


def test_close_takes_everything_away(iface, scene_layer, make_polygons):
    items = len(iface.canvas.scene().items())
    desk = Desk(iface, scene_layer)
    labels = desk.label(make_polygons([(1, 0, 0)]))
    desk.rectangle(8, 2, 12, 6)
    desk.labelling.close()
    desk.scene_page.close_tools()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(iface.canvas.scene().items()) == items
    assert desk.canvas.mapTool() is None
    QTest.keyClick(desk.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert labels.undoStack().index() == 1
    labels.undoStack().undo()  # nobody follows it any more
    assert not desk.page.edits["redo"].isEnabled()


def test_narrow_and_readable(desk, labels):
    desk.use("smart_select")
    for name in ("point", "smart_select"):
        desk.page.show_options(name)
        desk.page.adjustSize()
        assert desk.page.minimumSizeHint().width() <= 300
    for button in (*desk.page.tools.values(), *desk.page.edits.values()):
        assert button.accessibleName()
        assert button.accessibleName() in button.toolTip()


def test_raster_of_the_scene_is_the_measure_not_the_screen(desk, labels, make_raster):
    coarse = QgsRasterLayer(make_raster("coarse.tif", width=5, height=3), "coarse")
    QgsProject.instance().addMapLayer(coarse)
    desk.scene_page.set_layer(coarse)
    desk.use("point")
    desk.click(1.5, 1.5)
    assert drawn(labels) == [(2, [1, 1, 2, 2])]
