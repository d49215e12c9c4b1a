"""Swipe: on one side of a line that can be dragged, the canvas shows the map without some of its layers.

Knows the canvas and which layers to leave out; nothing of what they are. The other map tools go on working.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, List, Optional, Sequence

from qgis.core import QgsMapLayer, QgsMapRendererCache, QgsMapRendererParallelJob, QgsMapSettings
from qgis.gui import QgsMapCanvas, QgsMapCanvasItem
from qgis.PyQt.QtCore import QEvent, QObject, QPointF, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QCursor, QImage, QPainter, QPen, QTransform

_ABOVE_MAP = -5  # z value: the map lies at -10, rubber bands at 0 and above
_GRIP_PX, _HANDLE_PX = 4, 13  # how near the line and its handle are grabbed
_LEAST, _MOST = 0.02, 0.98  # of the canvas; the line stays within reach
_DARK, _LIGHT = QColor(33, 37, 41), QColor(255, 255, 255)


class SwipeItem(QgsMapCanvasItem):
    """Paints an image of the map up to the line, the line, and its handle."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._image: Optional[QImage] = None
        self._settings: Optional[QgsMapSettings] = None  # that the image was rendered with
        self.place = 0.5  # of the line, from the left or the top
        self.is_turned = False  # the line runs from left to right
        self.setZValue(_ABOVE_MAP)

    @property
    def image(self) -> Optional[QImage]:
        """What is painted on the one side; None before it was rendered."""
        return self._image

    def show_image(self, image: Optional[QImage], settings: Optional[QgsMapSettings]) -> None:
        """Takes a rendered image and the settings that it was rendered with."""
        self._image, self._settings = image, settings
        self.update()

    def line_px(self) -> float:
        """Returns where the line lies, in pixels of the viewport."""
        return self.place * (self._height() if self.is_turned else self._width())

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Returns the whole viewport; Qt asks."""
        return QRectF(0, 0, self._width(), self._height())

    def updatePosition(self) -> None:  # noqa: N802
        """Stays where the viewport is, when extent or size have changed."""
        self.setPos(0, 0)
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_style: Any) -> None:
        """Paints; Qt asks."""
        at, width, height = self.line_px(), self._width(), self._height()
        side = QRectF(0, 0, width, at) if self.is_turned else QRectF(0, 0, at, height)
        if self._image is not None and self._settings is not None:
            painter.save()
            painter.setClipRect(side)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setTransform(self._to_view(), True)
            size = self._settings.outputSize()  # in points: the image may have several pixels for each
            painter.drawImage(QRectF(0, 0, size.width(), size.height()), self._image, QRectF(self._image.rect()))
            painter.restore()
        start, end = (QPointF(0, at), QPointF(width, at)) if self.is_turned else (QPointF(at, 0), QPointF(at, height))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, line_px in ((_DARK, 4), (_LIGHT, 2)):
            painter.setPen(QPen(color, line_px))
            painter.drawLine(start, end)
        painter.setPen(QPen(_DARK, 1))
        painter.setBrush(_LIGHT)
        painter.drawEllipse(self.handle(), _HANDLE_PX, _HANDLE_PX)
        painter.setPen(QPen(_DARK, 2))
        for sign in (-1, 1):
            self._draw_arrow(painter, sign)

    def handle(self) -> QPointF:
        """Returns the centre of the handle."""
        at = self.line_px()
        return QPointF(self._width() / 2, at) if self.is_turned else QPointF(at, self._height() / 2)

    def _draw_arrow(self, painter: QPainter, sign: int) -> None:
        """Draws a half of the sign on the handle that tells which way it goes."""
        for across in (-4, 4):
            tip, end = (QPointF(0, 8 * sign), QPointF(across, 4 * sign))
            if not self.is_turned:
                tip, end = QPointF(tip.y(), tip.x()), QPointF(end.y(), end.x())
            painter.drawLine(self.handle() + tip, self.handle() + end)

    def _to_view(self) -> QTransform:
        """Returns the way from the image to the present viewport; both may be turned."""
        own, view = self._settings.mapToPixel(), self._canvas.getCoordinateTransform()
        corners = [view.transform(own.toMapCoordinates(x, y)) for x, y in ((0, 0), (1000, 0), (0, 1000))]
        (x, y), (right_x, right_y), (down_x, down_y) = [(corner.x(), corner.y()) for corner in corners]
        return QTransform((right_x - x) / 1000, (right_y - y) / 1000, (down_x - x) / 1000, (down_y - y) / 1000, x, y)

    def _width(self) -> int:
        return int(self._canvas.viewport().width())

    def _height(self) -> int:
        return int(self._canvas.viewport().height())


class Swipe(QObject):
    """Renders the map without some layers whenever the canvas renders, and lets the line be dragged.

    Args:
        canvas: What is split.
        find_layers: Returns the layers to leave out on the one side.
    """

    turned = pyqtSignal(bool)  # the user turned the line with a double click; whether it runs from left to right

    def __init__(
        self,
        canvas: QgsMapCanvas,
        find_layers: Callable[[], Sequence[QgsMapLayer]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._canvas, self._find_layers = canvas, find_layers
        self._item: Optional[SwipeItem] = None
        self._job: Optional[QgsMapRendererParallelJob] = None
        self._ending: List[QgsMapRendererParallelJob] = []  # cancelled, still at work
        self._cache: Optional[QgsMapRendererCache] = None
        self._place, self._is_turned = 0.5, False
        self._dragging = False
        self._cursor: Optional[QCursor] = None  # of the viewport, while ours is shown
        self._has_ours = False

    @property
    def item(self) -> Optional[SwipeItem]:
        """What is on the canvas; None while the canvas is not split."""
        return self._item

    def set_active(self, active: bool) -> None:
        """Splits the canvas, or takes everything off it."""
        if active == (self._item is not None):
            return
        if active:
            self._item = SwipeItem(self._canvas)
            self._item.place, self._item.is_turned = self._place, self._is_turned
            self._item.updatePosition()
            self._cache = QgsMapRendererCache()
            self._canvas.viewport().installEventFilter(self)
            self._canvas.renderStarting.connect(self.render)
            self.render()
            return
        self._canvas.viewport().removeEventFilter(self)
        self._canvas.renderStarting.disconnect(self.render)
        for job in [*self._ending, *([] if self._job is None else [self._job])]:
            job.cancel()  # waits: nothing of ours may run after the plugin was unloaded
        self._job, self._ending, self._cache = None, [], None
        self._dragging = False
        self._show_cursor(False)
        self._canvas.scene().removeItem(self._item)
        self._item = None

    def set_turned(self, turned: bool) -> None:
        """Has the line run from left to right, or from top to bottom."""
        self._is_turned = turned
        if self._item is not None:
            self._item.is_turned = turned
            self._item.update()

    def move_line(self, place: float) -> None:
        """Moves the line; `place` counts from 0, left or top, to 1."""
        self._place = min(_MOST, max(_LEAST, place))
        if self._item is not None:
            self._item.place = self._place
            self._item.update()

    def render(self) -> None:
        """Renders what the canvas shows, without the layers; what is rendered now is dropped."""
        if self._item is None:
            return
        if self._job is not None:
            self._ending.append(self._job)
            self._job.cancelWithoutBlocking()
            self._job = None
        left_out = {layer.id() for layer in self._find_layers()}
        settings = QgsMapSettings(self._canvas.mapSettings())
        settings.setLayers([layer for layer in settings.layers() if layer.id() not in left_out])
        if not left_out or not settings.hasValidSettings():
            self._item.show_image(None, None)
            return
        job = QgsMapRendererParallelJob(settings)
        job.setCache(self._cache)  # a layer that did not change is not rendered again
        self._job = job
        job.finished.connect(partial(self._on_finished, job))
        job.start()

    def _on_finished(self, job: QgsMapRendererParallelJob) -> None:
        if job is self._job and self._item is not None:
            self._item.show_image(job.renderedImage(), job.mapSettings())
            self._job = None
        if job in self._ending:
            self._ending.remove(job)
        job.deleteLater()

    def eventFilter(self, viewport: QObject, event: QEvent) -> bool:  # noqa: N802
        """Takes mouse events at the line, and lets the map tool have all others; Qt asks."""
        kind, types = event.type(), QEvent.Type
        if self._item is None or kind not in (
            types.MouseMove, types.MouseButtonPress, types.MouseButtonRelease, types.MouseButtonDblClick, types.Leave
        ):  # fmt: skip
            return False
        if kind == types.Leave:
            self._show_cursor(False)
            return False
        place = QPointF(event.pos())
        if self._dragging:
            if kind in (types.MouseMove, types.MouseButtonRelease):
                self.move_line(self._fraction(place))
            self._dragging = kind != types.MouseButtonRelease
            return True
        near = self._is_near(place)
        if kind == types.MouseMove:
            if event.buttons() == Qt.MouseButton.NoButton:
                self._show_cursor(near)
            return False
        if not near or event.button() != Qt.MouseButton.LeftButton or kind == types.MouseButtonRelease:
            return False
        if kind == types.MouseButtonDblClick:
            self.set_turned(not self._is_turned)
            self.turned.emit(self._is_turned)
        self._dragging = True
        return True

    def _is_near(self, place: QPointF) -> bool:
        handle = self._item.handle() - place
        if handle.x() ** 2 + handle.y() ** 2 <= _HANDLE_PX**2:
            return True
        return abs((place.y() if self._is_turned else place.x()) - self._item.line_px()) <= _GRIP_PX

    def _fraction(self, place: QPointF) -> float:
        viewport = self._canvas.viewport()
        return place.y() / viewport.height() if self._is_turned else place.x() / viewport.width()

    def _show_cursor(self, ours: bool) -> None:
        """Shows that the line can be grabbed, or gives the cursor back to the map tool."""
        viewport = self._canvas.viewport()
        if ours and not self._has_ours:
            own = viewport.testAttribute(Qt.WidgetAttribute.WA_SetCursor)
            self._cursor = QCursor(viewport.cursor()) if own else None
            shape = Qt.CursorShape.SplitVCursor if self._is_turned else Qt.CursorShape.SplitHCursor
            viewport.setCursor(shape)
        elif not ours and self._has_ours:
            if self._cursor is None:
                viewport.unsetCursor()
            else:
                viewport.setCursor(self._cursor)
        self._has_ours = ours
