"""A widget that draws the losses of a running training. Knows nothing of jobs; it is told one step after another."""

from __future__ import annotations

import math
from typing import Dict, List, Tuple

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..messages import tr

TOTAL = "total"
DENSE = "dense "  # a task that is also learned at every pixel has a second loss under this and its name
TOTAL_COLOR = "#212529"
# Colours that stay apart for colour-blind readers, for twelve tasks and a few more.
COLORS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
    "#8c564b", "#7f3fbf", "#999933", "#882255", "#117733", "#e377c2",
)  # fmt: skip
_MOST_POINTS = 1200  # more than the widget has columns
_PLOT_HEIGHT_PX = 130
_MARGIN_PX = 4.0
_SWATCH_PX = 10.0


class LossCurve(QWidget):
    """One line for each loss over the steps, dense ones dashed, the total in black; the legend has the last values.

    Args:
        empty_text: Shown before there is anything to draw.
        plot_height_px: Without the legend.
        from_zero: Whether the axis begins at 0; else at the smallest value, for what moves little.
    """

    def __init__(self, empty_text: str = "", plot_height_px: int = _PLOT_HEIGHT_PX, from_zero: bool = True) -> None:
        super().__init__()
        self._from_zero = from_zero
        self._empty_text = empty_text or tr("The losses appear here.")
        self._plot_height_px = plot_height_px
        self._points: Dict[str, List[Tuple[int, float]]] = {}
        self._total_steps = 0
        self._logarithmic = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(plot_height_px)

    def clear(self) -> None:
        """Forgets everything."""
        self._points, self._total_steps = {}, 0
        self._refresh()

    def add(self, step: int, total: int, values: Dict[str, float]) -> None:
        """Adds the losses after a step of `total` steps."""
        self._total_steps = total
        for name, value in values.items():
            points = self._points.setdefault(name, [])
            while points and points[-1][0] >= step:  # the run went back to a checkpoint
                points.pop()
            points.append((step, value))
            if len(points) > _MOST_POINTS:  # every other one goes; the latest stays
                del points[-2::-2]
        self._refresh()

    def points(self, name: str) -> List[Tuple[int, float]]:
        """Returns the points kept of one loss."""
        return list(self._points.get(name, []))

    def color(self, name: str) -> QColor:
        """Returns the colour of a line; both losses of a task have the same."""
        if name == TOTAL:
            return QColor(TOTAL_COLOR)
        tasks = list(dict.fromkeys(other.removeprefix(DENSE) for other in self._points if other != TOTAL))
        return QColor(COLORS[tasks.index(name.removeprefix(DENSE)) % len(COLORS)])

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Chooses a logarithmic axis; it is used as long as all values are positive."""
        self._logarithmic = logarithmic
        self.update()

    def is_logarithmic(self) -> bool:
        """Returns whether the axis is logarithmic now."""
        return self._logarithmic and all(value > 0 for points in self._points.values() for _step, value in points)

    def sizeHint(self) -> QSize:  # noqa: N802
        """See `QWidget.sizeHint`."""
        return QSize(280, self.height())

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        """Makes room for the legend's rows, which depend on the width."""
        super().resizeEvent(event)
        self._fit_height()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draws axes, lines and legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("white"))
        if not self._points:
            painter.setPen(QColor("#868e96"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)
            return
        metrics = QFontMetricsF(self.font())
        low, high = self._range()
        labels = [_number(high), _number(low)]
        left = _MARGIN_PX + max(metrics.horizontalAdvance(text) for text in labels) + 4
        bottom = self._plot_height_px - metrics.height() - _MARGIN_PX
        plot = QRectF(left, _MARGIN_PX + 2, max(10.0, self.width() - left - 8), bottom - _MARGIN_PX - 2)
        self._draw_axes(painter, plot, labels, metrics)
        painter.setClipRect(plot.adjusted(-2, -2, 2, 2))
        for name in sorted(self._points, key=lambda name: name == TOTAL):  # the total lies on top
            self._draw_line(painter, plot, name, low, high)
        painter.setClipping(False)
        self._draw_legend(painter, metrics)

    def place(self, plot: QRectF, step: float, value: float, low: float, high: float) -> QPointF:
        """Returns where a point of the plot lies."""
        if self.is_logarithmic():
            value, low, high = math.log(value), math.log(low), math.log(high)
        x = plot.left() + plot.width() * step / max(1, self._total_steps)
        return QPointF(x, plot.bottom() - plot.height() * (value - low) / (high - low))

    def _range(self) -> Tuple[float, float]:
        values = [value for points in self._points.values() for _step, value in points]
        low, high = min(values), max(values)
        if self._from_zero and not self.is_logarithmic():
            low = min(0.0, low)
        if high - low < 1e-9 * max(1.0, abs(high)):
            high = low + max(1.0, abs(low))
        return low, high

    def _draw_axes(self, painter: QPainter, plot: QRectF, labels: List[str], metrics: QFontMetricsF) -> None:
        painter.setPen(QPen(QColor("#adb5bd"), 1))
        painter.drawLine(plot.topLeft(), plot.bottomLeft())
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.setPen(QColor("#495057"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for text, y in zip(labels, (plot.top(), plot.bottom())):
            top = min(max(0.0, y - metrics.height() / 2), self.height() - metrics.height())
            painter.drawText(QRectF(0, top, plot.left() - 4, metrics.height()), right, text)
        below = QRectF(plot.left(), plot.bottom() + 1, plot.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, tr("step {n}").format(n=self._total_steps))

    def _draw_line(self, painter: QPainter, plot: QRectF, name: str, low: float, high: float) -> None:
        painter.setPen(self._pen(name, 2.0 if name == TOTAL else 1.4))
        places = [self.place(plot, step, value, low, high) for step, value in self._points[name]]
        if len(places) == 1:
            painter.drawEllipse(places[0], 1.5, 1.5)
        else:
            painter.drawPolyline(QPolygonF(places))

    def _pen(self, name: str, width_px: float) -> QPen:
        pen = QPen(self.color(name), width_px)
        if name.startswith(DENSE):
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # square caps would fill the gaps
            pen.setDashPattern([3.0, 2.0] if width_px < 3 else [1.2, 0.8])  # in units of the width
        return pen

    def _legend(self, metrics: QFontMetricsF) -> List[Tuple[str, str, float, float]]:
        """Returns (name, text, x, y) of the legend's entries, wrapped to the width."""
        entries, x, y = [], _MARGIN_PX, float(self._plot_height_px)
        for name, points in self._points.items():
            text = f"{name} {_number(points[-1][1])}"
            width = _SWATCH_PX + 4 + metrics.horizontalAdvance(text) + 10
            if x > _MARGIN_PX and x + width > self.width():
                x, y = _MARGIN_PX, y + metrics.height() + 1
            entries.append((name, text, x, y))
            x += width
        return entries

    def _draw_legend(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        for name, text, x, y in self._legend(metrics):
            middle = y + metrics.height() / 2
            painter.setPen(self._pen(name, 3.0))
            painter.drawLine(QPointF(x, middle), QPointF(x + _SWATCH_PX, middle))
            painter.setPen(QColor("#212529"))
            painter.drawText(QPointF(x + _SWATCH_PX + 4, y + metrics.ascent()), text)

    def _refresh(self) -> None:
        self._fit_height()
        self.update()

    def _fit_height(self) -> None:
        metrics = QFontMetricsF(self.font())
        entries = self._legend(metrics)
        height = self._plot_height_px if not entries else math.ceil(entries[-1][3] + metrics.height() + _MARGIN_PX)
        if height != self.height():
            self.setFixedHeight(height)


def _number(value: float) -> str:
    return f"{value:.3g}"
