"""The loss curve draws what it was told: looked up in the pixels of its picture."""

import math

import pytest
from mmearth_qgis.mmearth_plugin.training.loss_curve import _PLOT_HEIGHT_PX, COLORS, TOTAL, TOTAL_COLOR, LossCurve
from qgis.PyQt.QtCore import QPoint
from qgis.PyQt.QtGui import QColor, QImage

pytestmark = pytest.mark.qgis
WIDTH_PX = 300


@pytest.fixture
def curve(qgis_app):
    made = LossCurve()
    made.resize(WIDTH_PX, made.height())
    return made


def drawn(curve):
    """Returns the picture of a curve."""
    image = QImage(WIDTH_PX, curve.height(), QImage.Format.Format_RGB32)
    curve.resize(WIDTH_PX, curve.height())
    curve.render(image, QPoint(0, 0))
    return image


def rows_of(image, x, color, tolerance=60):
    """Returns the rows of a column of the plot whose pixels are nearly of a colour."""
    wanted, rows = QColor(color), []
    for y in range(min(_PLOT_HEIGHT_PX - 20, image.height())):
        pixel = image.pixelColor(x, y)
        if sum(abs(getattr(pixel, part)() - getattr(wanted, part)()) for part in ("red", "green", "blue")) < tolerance:
            rows.append(y)
    return rows


def rows_by_column(image, color):
    """Returns column → mean row of the plot's pixels that are nearly of a colour."""
    found = {x: rows_of(image, x, color) for x in range(image.width())}
    return {x: sum(rows) / len(rows) for x, rows in found.items() if rows}


def slope(rows):
    """Returns (first column, last column, straightness) of a line: 0 means perfectly straight."""
    first, last = min(rows), max(rows)
    steps = (rows[last] - rows[first]) / (last - first)
    return first, last, max(abs(row - rows[first] - steps * (x - first)) for x, row in rows.items())


def test_an_empty_curve_says_so_and_draws_no_line(curve):
    image = drawn(curve)
    assert not rows_by_column(image, COLORS[0])
    assert any(image.pixelColor(x, y) != QColor("white") for x in range(WIDTH_PX) for y in range(40, 100))


def test_a_linear_descent_is_a_straight_line_from_left_to_the_step_reached(curve):
    for step in range(0, 51, 5):
        curve.add(step, 100, {"sentinel2": 10 - step / 10})
    rows = rows_by_column(drawn(curve), COLORS[0])
    first, last, bent = slope(rows)
    assert bent < 1.5
    assert rows[first] < rows[last]  # it falls
    right = WIDTH_PX - 8
    assert last == pytest.approx((first + right) / 2, abs=4)  # half of the steps, half of the way


def test_the_logarithmic_axis_makes_an_exponential_straight(curve):
    for step in range(0, 101, 4):
        curve.add(step, 100, {"sentinel2": math.exp(-step / 20)})
    assert slope(rows_by_column(drawn(curve), COLORS[0]))[2] > 15
    curve.set_logarithmic(True)
    assert curve.is_logarithmic()
    assert slope(rows_by_column(drawn(curve), COLORS[0]))[2] < 1.5


def test_a_negative_loss_keeps_the_axis_linear(curve):
    curve.set_logarithmic(True)
    curve.add(1, 3, {"total": 1.0})
    curve.add(2, 3, {"total": -1.0})
    assert not curve.is_logarithmic()
    assert rows_by_column(drawn(curve), TOTAL_COLOR)


def test_each_loss_has_a_colour_and_the_total_is_black(curve):
    curve.add(0, 2, {"sentinel2": 3.0, "landcover": 2.0, TOTAL: 5.0})
    curve.add(2, 2, {"sentinel2": 3.0, "landcover": 2.0, TOTAL: 5.0})
    image = drawn(curve)
    heights = [set(rows_by_column(image, color).values()) for color in (TOTAL_COLOR, COLORS[0], COLORS[1])]
    levels = [sorted(rows)[len(rows) // 2] for rows in heights]
    assert levels == sorted(levels)  # 5 above 3 above 2
    assert levels[2] - levels[1] == pytest.approx((levels[1] - levels[0]) / 2, abs=3)


def test_a_dense_loss_is_dashed_in_the_colour_of_its_task(curve):
    for step in (0, 2):
        curve.add(step, 2, {"sentinel2": 3.0, "landcover": 2.5, "dense sentinel2": 1.0})
    assert curve.color("dense sentinel2") == QColor(COLORS[0])
    image = drawn(curve)
    columns = {"dashed": [], "whole": []}
    for x in range(60, 280):
        rows = rows_of(image, x, COLORS[0], tolerance=170)  # a level line lies between two rows of pixels
        columns["whole"] += [x] * any(row < 20 for row in rows)
        columns["dashed"] += [x] * any(row > 20 for row in rows)
    assert len(columns["whole"]) == 220
    assert 50 < len(columns["dashed"]) < 200


def test_the_legend_wraps_and_makes_room(curve):
    curve.add(1, 1, {"a": 1.0})
    one = curve.height()
    curve.add(1, 1, {f"a_rather_long_name_{i}": 1.0 for i in range(6)})
    assert curve.height() > one + 40
    image = drawn(curve)
    assert any(image.pixelColor(x, curve.height() - 12) != QColor("white") for x in range(WIDTH_PX))


def test_going_back_to_a_checkpoint_replaces_what_came_after_it(curve):
    for step in (1, 2, 3, 2):
        curve.add(step, 9, {"total": float(step)})
    assert [step for step, _value in curve.points("total")] == [1, 2]


def test_a_long_run_is_thinned_and_keeps_its_ends(curve):
    for step in range(5000):
        curve.add(step, 5000, {"total": 1.0})
    points = curve.points("total")
    assert 500 < len(points) <= 1200
    assert points[-1][0] == 4999
    assert points[0][0] < 10
