"""The scatter plot: where points are drawn, what zoom, pan, lasso and keys do, how long it takes."""

import time

import pytest
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QColor, QImage, QMouseEvent, QPolygonF
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

pytestmark = pytest.mark.qgis

CORNERS = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


def move(widget, place, buttons=Qt.MouseButton.NoButton):
    """Moves the mouse over a widget; QTest's own moves do not arrive without a screen."""
    none = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(place), Qt.MouseButton.NoButton, buttons, none)
    QApplication.sendEvent(widget, event)


@pytest.fixture
def plot(qgis_app):
    from mmearth_qgis.mmearth_plugin.pages.scatter_plot import PlotPoint, ScatterPlot

    widget = ScatterPlot()
    widget.resize(300, widget.height())
    widget.set_points([PlotPoint(x, y, "#ff0000") for x, y in CORNERS], ("one", "two"))
    widget.show()
    yield widget
    widget.deleteLater()


def test_points_are_drawn_where_they_lie_and_upwards(plot):
    left_below, right_above = plot.pixel(0), plot.pixel(2)
    assert left_below.x() < right_above.x()
    assert left_below.y() > right_above.y()
    image = plot.grab().toImage()
    for number in range(4):
        assert image.pixelColor(plot.pixel(number).toPoint()) == QColor("#ff0000")
    back = plot.plot_place(right_above)
    assert (back.x(), back.y()) == (pytest.approx(1.0), pytest.approx(1.0))


def test_zoom_keeps_the_place_under_the_mouse(plot):
    at = plot.pixel(2)
    plot.zoom_by(4.0, at)
    assert plot.zoom == pytest.approx(4.0)
    assert (plot.pixel(2) - at).manhattanLength() < 1e-6
    plot.zoom_by(1e6, at)
    assert plot.zoom == pytest.approx(4.0), "there is an end to it"
    QTest.keyClick(plot, Qt.Key.Key_0)
    assert plot.zoom == pytest.approx(1.0)


def test_dragging_moves_the_plot_with_the_mouse(plot):
    before = plot.pixel(0)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    move(plot, QPoint(130, 90), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(130, 90))
    moved = plot.pixel(0) - before
    assert (moved.x(), moved.y()) == (pytest.approx(30), pytest.approx(-10))
    assert plot.selection() == []


def test_lasso_chooses_what_is_inside(plot):
    said = []
    plot.chosen.connect(said.append)
    upper = [plot.pixel(3) + QPointF(-8, -5), plot.pixel(2) + QPointF(8, -5)]
    upper += [plot.pixel(2) + QPointF(8, 20), plot.pixel(3) + QPointF(-8, 20)]
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, shift, upper[0].toPoint())
    for place in upper[1:]:
        move(plot, place.toPoint(), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, shift, upper[3].toPoint())
    assert plot.selection() == [2, 3]
    assert said == [[2, 3]]
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert said == [[2, 3], []]


def test_lasso_follows_its_shape_not_its_box(plot):
    a, b, c = plot.pixel(0), plot.pixel(1), plot.pixel(3)
    triangle = QPolygonF([a + QPointF(-5, 5), b + QPointF(20, 5), c + QPointF(-5, -20)])
    assert plot.inside(triangle) == [0, 1, 3]


def test_mouse_says_which_point_is_under_it(plot):
    said = []
    plot.hovered.connect(said.append)
    move(plot, plot.pixel(1).toPoint() + QPoint(3, 0))
    move(plot, QPoint(150, 120))
    assert said == [1, -1]
    assert plot.nearest(QPointF(150, 120)) == -1


def test_mark_brings_a_point_into_view(plot):
    plot.zoom_by(20.0, plot.pixel(0))
    assert not plot.rect().contains(plot.pixel(2).toPoint())
    plot.mark(2)
    assert plot.rect().contains(plot.pixel(2).toPoint())
    assert plot.marked == 2


def test_nothing_one_point_and_a_line_are_shown(plot):
    from mmearth_qgis.mmearth_plugin.pages.scatter_plot import PlotPoint

    for points in ([], [PlotPoint(3, 3)], [PlotPoint(1, 2), PlotPoint(1, 5)]):
        plot.set_points(points, ("", ""))
        for number in range(len(points)):
            assert plot.rect().contains(plot.pixel(number).toPoint())
        assert not plot.grab().isNull()
    plot.set_points([], ("", ""))
    assert plot.nearest(QPointF(50, 50)) == -1


def test_three_thousand_points_are_drawn_quickly(plot):
    from mmearth_qgis.mmearth_plugin.pages.scatter_plot import PlotPoint

    colors = ("#adb5bd", "#117733", "#cc6677", "#88ccee")
    plot.set_points([PlotPoint(i % 61, (i * i) % 97, colors[i % 4]) for i in range(3000)], ("one", "two"))
    plot.choose(list(range(0, 3000, 3)))
    image = QImage(plot.size(), QImage.Format.Format_ARGB32_Premultiplied)
    times_s = []
    for _ in range(7):
        started_s = time.perf_counter()
        plot.render(image)
        times_s.append(time.perf_counter() - started_s)
    print(f"\n3000 points, 1000 chosen: {1000 * min(times_s):.1f} ms")
    assert min(times_s) < 0.05  # 20 ms on a quiet machine
