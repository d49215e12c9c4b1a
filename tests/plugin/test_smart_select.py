"""Smart select with a child at the other end: click, slider, more places, take it or leave it."""

import json
import sys
from pathlib import Path

import pytest
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from .conftest import LEFT_M, RES_M, TOP_M
from .test_labelling import LEFT_BUTTON, Desk, drawn

pytestmark = pytest.mark.qgis

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def requests_file(tmp_path, monkeypatch):
    path = tmp_path / "requests.jsonl"
    monkeypatch.setenv("MMEARTH_TEST_REQUESTS", str(path))
    return path


@pytest.fixture
def backend(qgis_app, tmp_path, requests_file):
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess

    script = tmp_path / "python-region"
    child = Path(__file__).with_name("region_child.py")
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{child}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    process = BackendProcess(str(script), grace_s=5)
    yield process
    process.shutdown()


class SmartDesk(Desk):
    """A desk with smart select in use; the scene stands for its embedding."""

    def __init__(self, iface, scene, backend, requests_file, wait_for):
        super().__init__(iface, scene)
        self.embedding, self.wait_for, self._requests_file = scene, wait_for, requests_file
        self.labelling.region._embedding = lambda: self.embedding
        self.labelling._embedding_source = lambda: self.embedding
        self.runner.backend = backend
        self.region, self.tool = self.labelling.region, self.labelling.smart_select

    def sent(self):
        """Returns (columns and rows of the places, tolerance) of the requests so far, but for the first."""
        found = []
        for message in self.messages()[1:]:
            numbers = message["points"]
            places = [
                (int((x - LEFT_M) // RES_M), int((TOP_M - y) // RES_M)) for x, y in zip(numbers[::2], numbers[1::2])
            ]
            found.append((places, message["tolerance"]))
        return found

    def messages(self):
        """Returns the requests so far; the first has the embedding read."""
        lines = self._requests_file.read_text().splitlines() if self._requests_file.exists() else []
        return [json.loads(line) for line in lines]

    def seed(self, column, row, modifier=Qt.KeyboardModifier.NoModifier):
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, modifier, self.at(column, row))

    def double_click(self, column, row):
        """As the window system tells it: press, release, double click instead of the second press, release."""
        viewport, place = self.canvas.viewport(), self.at(column, row)
        QTest.mouseClick(viewport, LEFT_BUTTON, pos=place)
        QTest.mouseDClick(viewport, LEFT_BUTTON, pos=place)

    def shown_px(self):
        """Returns how many pixels of the scene the rubber band covers."""
        return round(self.tool.band.asGeometry().area() / RES_M**2)

    def settle(self):
        self.wait_for(lambda: self.region.is_settled)


@pytest.fixture
def desk(iface, scene_layer, backend, requests_file, wait_for, make_polygons):
    made = SmartDesk(iface, scene_layer, backend, requests_file, wait_for)
    made.labels = made.label(make_polygons([(1, 0, 0), (2, 4, 0)]))
    made.table.choose(2)
    made.use("smart_select")
    wait_for(made.messages)
    yield made
    made.labelling.close()
    made.scene_page.close_tools()


def test_choosing_the_tool_has_the_embedding_read_once(desk):
    desk.use("rectangle")
    desk.use("smart_select")
    desk.seed(8.5, 5.5)
    desk.settle()
    first, click = desk.messages()
    assert first["embedding"] == click["embedding"]
    assert (first["reach_px"], click["reach_px"]) == (1, 256)
    assert desk.shown_px() == 25


def test_click_grows_slider_grows_more_enter_takes_it(desk):
    desk.seed(8.5, 5.5)
    desk.settle()
    assert desk.sent() == [([(8, 5)], 0.2)]
    assert desk.shown_px() == 25
    assert desk.tool.band.strokeColor().name() == desk.table.active().color
    desk.page.slider.setValue(30)
    desk.settle()
    assert desk.shown_px() == 49
    assert drawn(desk.labels) == []
    QTest.keyClick(desk.canvas, Qt.Key.Key_Return)
    assert drawn(desk.labels) == [(2, [5, 2, 12, 9])]
    assert desk.labels.undoStack().count() == 1
    assert desk.shown_px() == 0
    (made,) = [feature for feature in desk.labels.getFeatures() if feature.id() < 0]
    assert len(made.geometry().asPolygon()[0]) == 9  # the corners of the square are cut


def test_shift_click_adds_a_place_and_backspace_takes_it_back(desk):
    desk.seed(4.5, 5.5)
    desk.settle()
    desk.seed(14.5, 5.5, SHIFT)
    desk.settle()
    assert desk.shown_px() == 50
    QTest.keyClick(desk.canvas, Qt.Key.Key_Backspace)
    desk.settle()
    assert desk.shown_px() == 25
    desk.seed(14.5, 5.5)  # without Shift it begins again
    desk.settle()
    assert [places for places, _tolerance in desk.sent()] == [
        [(4, 5)],
        [(4, 5), (14, 5)],
        [(4, 5)],
        [(14, 5)],
    ]
    QTest.keyClick(desk.canvas, Qt.Key.Key_Backspace)
    assert desk.shown_px() == 0


def test_escape_drops_the_region_and_its_late_answer(desk, requests_file):
    hold = requests_file.with_name("hold")
    hold.touch()
    desk.seed(8.5, 5.5)
    desk.wait_for(desk.sent)
    QTest.keyClick(desk.canvas, Qt.Key.Key_Escape)
    hold.unlink()
    QTest.qWait(150)
    assert desk.shown_px() == 0
    QTest.keyClick(desk.canvas, Qt.Key.Key_Return)
    assert drawn(desk.labels) == []


def test_only_the_newest_of_many_slider_steps_is_asked_for(desk, requests_file):
    desk.seed(8.5, 5.5)
    desk.settle()
    hold = requests_file.with_name("hold")
    hold.touch()
    for step in range(21, 51):
        desk.page.slider.setValue(step)
    QTest.keyClick(desk.canvas, Qt.Key.Key_Return)
    assert drawn(desk.labels) == []  # what is taken is what the slider says, not what was there before
    desk.wait_for(lambda: len(desk.sent()) == 2)
    hold.unlink()
    desk.wait_for(lambda: drawn(desk.labels))
    assert [tolerance for _places, tolerance in desk.sent()] == [0.2, 0.21, 0.5]
    assert drawn(desk.labels) == [(2, [3, 0, 14, 11])]


def test_double_click_takes_the_region_that_was_there(desk):
    desk.seed(8.5, 5.5)
    desk.settle()
    desk.double_click(7.5, 4.5)
    assert drawn(desk.labels) == [(2, [6, 3, 11, 8])]
    QTest.qWait(100)
    assert desk.shown_px() == 0


def test_double_click_elsewhere_takes_what_grows_there(desk):
    desk.seed(4.5, 5.5)
    desk.settle()
    desk.double_click(14.5, 5.5)
    desk.wait_for(lambda: drawn(desk.labels))
    assert drawn(desk.labels) == [(2, [12, 3, 17, 8])]


def test_accept_button_opens_with_a_region(desk):
    assert not desk.page.accept_button.isEnabled()
    desk.seed(8.5, 5.5)
    desk.settle()
    desk.page.show()
    QTest.mouseClick(desk.page.accept_button, LEFT_BUTTON)
    assert len(drawn(desk.labels)) == 1
    assert not desk.page.accept_button.isEnabled()


def test_wheel_with_control_moves_the_slider_without_it_the_map(desk):
    viewport, place = desk.canvas.viewport(), desk.at(8, 5)

    def turn(modifiers):
        points = QPointF(place), QPointF(viewport.mapToGlobal(place))
        buttons = Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(viewport, QWheelEvent(*points, QPoint(), QPoint(0, 240), *buttons, False))

    scale = desk.canvas.scale()
    turn(Qt.KeyboardModifier.ControlModifier)
    assert desk.page.slider.value() == 24
    assert desk.canvas.scale() == scale
    turn(Qt.KeyboardModifier.NoModifier)
    assert desk.page.slider.value() == 24
    assert desk.canvas.scale() < scale


@pytest.mark.parametrize(("column", "words"), [(0.5, "no data at the place. Click where"), (30.5, "outside")])
def test_a_place_that_does_not_serve_leaves_the_region_as_it_was(desk, column, words):
    desk.seed(8.5, 5.5)
    desk.settle()
    desk.seed(column, 5.5, SHIFT)
    desk.settle()
    assert words in desk.page.note.text()
    assert desk.shown_px() == 25
    desk.page.slider.setValue(30)
    desk.settle()
    assert desk.sent()[-1] == ([(8, 5)], 0.3)
    assert desk.shown_px() == 49


def test_region_outlives_panning_and_goes_with_another_drawing_tool(desk, iface):
    from qgis.gui import QgsMapToolPan

    desk.seed(8.5, 5.5)
    desk.settle()
    pan = QgsMapToolPan(desk.canvas)
    desk.canvas.setMapTool(pan)
    assert desk.shown_px() == 25
    desk.use("rectangle")
    assert desk.shown_px() == 0
    desk.canvas.unsetMapTool(desk.labelling.tools["rectangle"])


def test_class_chosen_by_key_colours_and_names_the_region(desk):
    desk.seed(8.5, 5.5)
    desk.settle()
    QTest.keyClick(desk.canvas, Qt.Key.Key_1)
    assert desk.tool.band.strokeColor().name() == desk.table.active().color
    QTest.keyClick(desk.canvas, Qt.Key.Key_Enter)
    assert [value for value, _box in drawn(desk.labels)] == [1]


def test_answers_after_long_work(desk, requests_file):
    from mmearth_qgis.backend.mmearth import protocol

    hold = requests_file.with_name("hold")
    hold.touch()
    desk.runner.run(protocol.DescribeRequest("scene.tif"), lambda result: None)
    desk.seed(8.5, 5.5)
    assert "Something else is running" in desk.page.note.text()
    QTest.qWait(50)
    assert desk.sent() == []
    hold.unlink()
    desk.settle()
    assert desk.shown_px() == 25


def test_removed_embedding_or_label_layer(desk, scene_layer):
    desk.seed(8.5, 5.5)
    desk.settle()
    desk.embedding = None
    desk.page.slider.setValue(60)
    assert "no embedding" in desk.page.note.text()
    desk.embedding = scene_layer
    desk.seed(8.5, 5.5)
    QgsProject.instance().removeMapLayer(desk.labels.id())
    assert desk.region.is_settled
    QTest.qWait(100)
    assert desk.shown_px() == 0


def test_files_go_at_the_end(iface, scene_layer, backend, requests_file, wait_for, make_polygons):
    desk = SmartDesk(iface, scene_layer, backend, requests_file, wait_for)
    desk.label(make_polygons([(1, 0, 0)]))
    desk.use("smart_select")
    desk.seed(8.5, 5.5)
    desk.settle()
    folder = desk.region._folder
    assert folder.is_dir()
    desk.labelling.close()
    desk.scene_page.close_tools()
    assert not folder.exists()
