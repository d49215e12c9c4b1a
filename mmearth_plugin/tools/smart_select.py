"""The map tool of smart select: clicks are places to grow from, the wheel with Ctrl says how far."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent, QWheelEvent

from .label_tool import LabelTool


class SmartSelectTool(LabelTool):
    """Says what the user wants and shows the region; what the region is, others find out.

    A double click takes the region, so the click that it begins with comes as `seeded` first. The region stays while
    another tool is used: the user may want to move the map.
    """

    seeded = pyqtSignal(object, bool)  # QgsPointXY in the CRS of the map, whether it is one more place
    unseeded = pyqtSignal()  # the last place was a mistake
    wheeled = pyqtSignal(int)  # notches: farther, or less far
    accepted = pyqtSignal()
    double_clicked = pyqtSignal()
    dropped = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._pressed: Optional[QgsPointXY] = None
        self._turned = 0  # eighths of a degree that are no notch yet

    def show_region(self, region: Optional[QgsGeometry], crs: QgsCoordinateReferenceSystem) -> None:
        """Shows the region; None takes it away."""
        if region is None:
            self.drop()
        else:
            self.band.setToGeometry(region, crs)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Takes a click."""
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            more = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.seeded.emit(self._pressed, more)
        self._pressed = None

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Remembers the place; the second press of a double click comes as double click."""
        self._pressed = event.mapPoint()

    def canvasDoubleClickEvent(self, _event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Takes the region; the release that follows is no click."""
        self._pressed = None
        self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Turns with Ctrl say how far; without, the map zooms as ever."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        self._turned += event.angleDelta().y()
        notches = int(self._turned / 120)
        self._turned -= 120 * notches
        if notches:
            self.wheeled.emit(notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter takes the region, Backspace forgets the last place, Escape all."""
        signals = {
            Qt.Key.Key_Return: self.accepted,
            Qt.Key.Key_Enter: self.accepted,
            Qt.Key.Key_Backspace: self.unseeded,
            Qt.Key.Key_Escape: self.dropped,
        }
        event.setAccepted(event.key() in signals)
        if event.isAccepted():
            signals[event.key()].emit()
