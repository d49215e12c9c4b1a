"""The keys that labelling takes while the map has the keyboard: digits choose a class, Ctrl+Z undoes.

The map is listened to before QGIS's shortcuts are, which would be ambiguous with ours; elsewhere no key is touched.
"""

from __future__ import annotations

from typing import Callable, Optional, Tuple

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent

from .label_tool import LabelTool

_NOTHING = Qt.KeyboardModifier.NoModifier
_TOOL_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CanvasKeys(QObject):
    """Listens to the keys of a canvas.

    Args:
        canvas: The map.
        takes_digits: Returns whether digits choose a class now.
        takes_undo: Returns whether the edits to undo are ours now.
    """

    class_chosen = pyqtSignal(str)  # hotkey: a digit
    undo = pyqtSignal()
    redo = pyqtSignal()

    def __init__(
        self,
        canvas: QgsMapCanvas,
        takes_digits: Callable[[], bool],
        takes_undo: Callable[[], bool],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._canvas, self._takes_digits, self._takes_undo = canvas, takes_digits, takes_undo
        canvas.installEventFilter(self)

    def close(self) -> None:
        """Stops listening."""
        self._canvas.removeEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Takes our keys; the others go their way."""
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        tool = self._canvas.mapTool()
        if isinstance(tool, LabelTool) and event.key() in _TOOL_KEYS:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # so that it comes as a key, not as a shortcut of QGIS
            else:
                tool.keyPressEvent(event)  # the canvas keeps keys from its tool while a mouse button is held
            return True
        signal, arguments = self._meaning(event)
        if signal is None:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            signal.emit(*arguments)
        return True

    def _meaning(self, event: QKeyEvent) -> Tuple[Optional[pyqtSignal], Tuple[str, ...]]:
        """Returns the signal that a key stands for, if any, and what it says."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        control = Qt.KeyboardModifier.ControlModifier
        if Qt.Key.Key_0 <= event.key() <= Qt.Key.Key_9 and modifiers == _NOTHING and self._takes_digits():
            return self.class_chosen, (str(event.key() - Qt.Key.Key_0),)
        if event.key() == Qt.Key.Key_Z and self._takes_undo():
            if modifiers == control:
                return self.undo, ()
            if modifiers == control | Qt.KeyboardModifier.ShiftModifier:
                return self.redo, ()
        return None, ()
