"""A map tool that says where was clicked. Knows nothing of what the places are for."""

from __future__ import annotations

from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent


class PickTool(QgsMapTool):
    """Left click picks a place, Shift or the right button one of the other kind; Backspace takes back, Escape ends."""

    picked = pyqtSignal(object, bool)  # QgsPointXY in the CRS of the canvas; whether it is of the other kind
    taken_back = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Picks the place under the mouse."""
        right = event.button() == Qt.MouseButton.RightButton
        if right or event.button() == Qt.MouseButton.LeftButton:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.picked.emit(self.toMapCoordinates(event.pos()), right or shift)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Takes the last place back, or gives the canvas back."""
        if event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.canvas().unsetMapTool(self)
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            event.accept()
            self.taken_back.emit()
        else:
            event.ignore()
