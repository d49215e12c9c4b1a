"""A scatter plot drawn with Qt: points in colours, zoom and pan, a lasso. Knows nothing of maps and tables.

Left button drags the plot, or draws the lasso while that is on or Shift is held; the wheel zooms at the mouse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QTransform,
    QWheelEvent,
)
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ..messages import tr

NO_CLASS = "#adb5bd"
_DOT_PX, _CHOSEN_PX, _RING_PX = 5.0, 8.0, 13.0
_MARGIN_PX = 18.0
_REACH_PX = 12.0  # how far from the mouse a point is still meant
_STEP = 1.25  # of one notch of the wheel, or one key
_MOST_ZOOM = 400.0
_HEIGHT_PX = 240

Cloud = Tuple[QColor, QPolygonF]  # points of one colour


@dataclass(frozen=True)
class PlotPoint:
    """A point of the plot.

    Attributes:
        x, y: In units of the axes.
        color: "#rrggbb".
    """

    x: float
    y: float
    color: str = NO_CLASS


class ScatterPlot(QWidget):
    """Points that can be looked at, hovered and chosen."""

    hovered = pyqtSignal(int)  # number of the point under the mouse; -1 for none
    chosen = pyqtSignal(list)  # numbers of the points in the lasso
    menu_wanted = pyqtSignal(object)  # QPoint on the screen

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._points: List[PlotPoint] = []
        self._clouds: List[Cloud] = []
        self._chosen_clouds: List[Cloud] = []
        self._axes = ("", "")
        self._view = QRectF(-1, -1, 2, 2)  # in units of the axes; y upwards
        self._home = QRectF(self._view)
        self._selection: List[int] = []
        self._selected = QPolygonF()
        self._marked = self._under = -1
        self._pressed: Optional[QPointF] = None
        self._lasso = QPolygonF()  # in pixels
        self.lasso_mode = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT_PX)
        self.setAccessibleName(tr("Scatter plot of the embedding"))

    def sizeHint(self) -> QSize:  # noqa: N802
        """See `QWidget.sizeHint`."""
        return QSize(280, _HEIGHT_PX)

    def set_points(self, points: Sequence[PlotPoint], axes: Tuple[str, str]) -> None:
        """Shows other points, all of them, with none chosen."""
        self._points, self._axes = list(points), axes
        self._clouds = _clouds(self._points)
        self._home = _around([(point.x, point.y) for point in self._points])
        self._marked = self._under = -1
        self.choose([])
        self.show_all()

    def selection(self) -> List[int]:
        """Returns the numbers of the chosen points."""
        return list(self._selection)

    def choose(self, numbers: Sequence[int]) -> None:
        """Chooses points; says so if they are others than before."""
        changed = list(numbers) != self._selection
        self._selection = list(numbers)
        points = [self._points[number] for number in numbers]
        self._selected = QPolygonF([QPointF(point.x, point.y) for point in points])
        self._chosen_clouds = _clouds(points)
        self.update()
        if changed:
            self.chosen.emit(self.selection())

    def mark(self, number: int) -> None:
        """Puts a ring around a point, and moves to it where it is out of view; -1 takes the ring away."""
        self._marked = number
        if number >= 0:
            point = QPointF(self._points[number].x, self._points[number].y)
            if not self._view.contains(point):
                self._view.moveCenter(point)
        self.update()

    @property
    def marked(self) -> int:
        """Number of the point with the ring; -1 for none."""
        return self._marked

    @property
    def zoom(self) -> float:
        """How much larger than the whole plot is shown."""
        return float(self._home.width() / self._view.width())

    def show_all(self) -> None:
        """Shows every point."""
        self._view = QRectF(self._home)
        self.update()

    def zoom_by(self, factor: float, at: Optional[QPointF] = None) -> None:
        """Zooms in or out; the place `at` (in pixels; the middle if None) stays where it is."""
        if not 0.5 <= self.zoom * factor <= _MOST_ZOOM:
            return
        place = self.plot_place(QPointF(self.rect().center()) if at is None else at)
        left = place.x() - (place.x() - self._view.left()) / factor
        top = place.y() - (place.y() - self._view.top()) / factor
        self._view = QRectF(left, top, self._view.width() / factor, self._view.height() / factor)
        self.update()

    def pixel(self, number: int) -> QPointF:
        """Returns where a point is drawn."""
        return self._transform().map(QPointF(self._points[number].x, self._points[number].y))

    def plot_place(self, pixel: QPointF) -> QPointF:
        """Returns what lies at a pixel, in units of the axes."""
        back, _invertible = self._transform().inverted()
        return back.map(pixel)

    def nearest(self, pixel: QPointF) -> int:
        """Returns the number of the point nearest to a pixel; -1 where none is within reach."""
        if not self._points:
            return -1
        transform = self._transform()
        sx, sy = transform.m11(), transform.m22()
        place = self.plot_place(pixel)
        x, y = place.x(), place.y()
        squares = [((p.x - x) * sx) ** 2 + ((p.y - y) * sy) ** 2 for p in self._points]
        least = min(squares)
        return squares.index(least) if least <= _REACH_PX**2 else -1

    def inside(self, lasso: QPolygonF) -> List[int]:
        """Returns the numbers of the points inside a polygon of pixels."""
        back, _invertible = self._transform().inverted()
        ring = back.map(lasso)
        box = ring.boundingRect()
        fill = Qt.FillRule.OddEvenFill
        return [
            i
            for i, p in enumerate(self._points)
            if box.contains(p.x, p.y) and ring.containsPoint(QPointF(p.x, p.y), fill)
        ]

    def _transform(self) -> QTransform:
        """Returns axes → pixels, y upwards."""
        plot = QRectF(self.rect()).adjusted(_MARGIN_PX, 6, -6, -_MARGIN_PX)
        sx, sy = plot.width() / self._view.width(), -plot.height() / self._view.height()
        return QTransform(sx, 0, 0, sy, plot.left() - self._view.left() * sx, plot.bottom() - self._view.top() * sy)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draws axes, points, what is chosen and the lasso."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        text = palette.color(QPalette.ColorRole.Text)
        if not self._points:
            painter.setPen(palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 12, -12, -12), flags, tr("The points appear here."))
            return
        self._draw_axes(painter, text)
        painter.setTransform(self._transform())
        for color, cloud in self._clouds:
            painter.setPen(_dots(color, _DOT_PX))
            painter.drawPoints(cloud)
        if self._selection:
            painter.setPen(_dots(text, _CHOSEN_PX))
            painter.drawPoints(self._selected)
            for color, cloud in self._chosen_clouds:
                painter.setPen(_dots(color, _DOT_PX))
                painter.drawPoints(cloud)
        painter.resetTransform()
        for number, pen in ((self._marked, QPen(QColor("#d6336c"), 2.5)), (self._under, QPen(text, 1.5))):
            if number >= 0:
                painter.setPen(pen)
                painter.drawEllipse(self.pixel(number), _RING_PX / 2, _RING_PX / 2)
        if len(self._lasso) > 1:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5, Qt.PenStyle.DashLine))
            painter.drawPolygon(self._lasso)

    def _draw_axes(self, painter: QPainter, text: QColor) -> None:
        faint = QColor(text)
        faint.setAlpha(60)
        painter.setPen(QPen(faint, 1))
        origin = self._transform().map(QPointF(0, 0))
        painter.drawLine(QPointF(origin.x(), 0), QPointF(origin.x(), self.height()))
        painter.drawLine(QPointF(0, origin.y()), QPointF(self.width(), origin.y()))
        painter.setPen(text)
        below = QRectF(0, self.height() - _MARGIN_PX, self.width() - 4, _MARGIN_PX)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._axes[0])
        painter.save()
        painter.rotate(-90)
        beside = QRectF(-self.height() + 4, 0, self.height() - 8, _MARGIN_PX)
        painter.drawText(beside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._axes[1])
        painter.restore()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zooms at the mouse."""
        if self._points and event.angleDelta().y():
            self.zoom_by(_STEP if event.angleDelta().y() > 0 else 1 / _STEP, QPointF(event.position()))
            event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begins to drag the plot or the lasso."""
        if event.button() == Qt.MouseButton.LeftButton and self._points:
            self._pressed = QPointF(event.pos())
            if self.lasso_mode or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._lasso = QPolygonF([self._pressed])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drags, or says which point is under the mouse."""
        place = QPointF(event.pos())
        if self._pressed is None:
            self._hover(self.nearest(place))
        elif not self._lasso.isEmpty():
            self._lasso.append(place)
            self.update()
        else:
            there, here = self.plot_place(self._pressed), self.plot_place(place)
            self._view.translate(there - here)
            self._pressed = place
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Ends the lasso: what is inside is chosen."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed = None
        if not self._lasso.isEmpty():
            lasso, self._lasso = self._lasso, QPolygonF()
            self.choose(self.inside(lasso))

    def contextMenuEvent(self, event: QEvent) -> None:  # noqa: N802
        """Asks for the menu."""
        self.menu_wanted.emit(event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Nothing is under the mouse any more."""
        self._hover(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Zooms and moves with + - 0 and the arrows; Escape chooses nothing."""
        moves = {
            Qt.Key.Key_Left: (-0.1, 0.0),
            Qt.Key.Key_Right: (0.1, 0.0),
            Qt.Key.Key_Up: (0.0, 0.1),
            Qt.Key.Key_Down: (0.0, -0.1),
        }
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_by(1 / _STEP)
        elif event.key() == Qt.Key.Key_0:
            self.show_all()
        elif event.key() == Qt.Key.Key_Escape:
            self._lasso = QPolygonF()
            self.choose([])
        elif event.key() in moves:
            dx, dy = moves[event.key()]
            self._view.translate(dx * self._view.width(), dy * self._view.height())
            self.update()
        else:
            super().keyPressEvent(event)

    def _hover(self, number: int) -> None:
        if number != self._under:
            self._under = number
            self.update()
            self.hovered.emit(number)


def _clouds(points: Sequence[PlotPoint]) -> List[Cloud]:
    """Returns points by colour: those without a class first, and what is rare last, on top."""
    by_color: Dict[str, List[QPointF]] = {}
    for point in points:
        by_color.setdefault(point.color, []).append(QPointF(point.x, point.y))
    order = sorted(by_color, key=lambda color: (color != NO_CLASS, -len(by_color[color])))
    return [(QColor(color), QPolygonF(by_color[color])) for color in order]


def _around(places: Sequence[Tuple[float, float]]) -> QRectF:
    """Returns a rectangle around places, a little larger, and never empty."""
    if not places:
        return QRectF(-1, -1, 2, 2)
    xs, ys = [x for x, _y in places], [y for _x, y in places]
    width, height = (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0
    middle = QPointF((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    box = QRectF(0, 0, 1.08 * width, 1.08 * height)
    box.moveCenter(middle)
    return box


def _dots(color: QColor, size_px: float) -> QPen:
    pen = QPen(color, size_px)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setCosmetic(True)
    return pen
