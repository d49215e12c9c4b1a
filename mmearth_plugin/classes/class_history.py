"""Undo of the class list: with the layer's own undo where features changed too, else step by step from the list."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..labels import ClassEntry

_MOST_STEPS = 50
Classes = Tuple[ClassEntry, ...]


class _Step(NamedTuple):
    number: int  # of the command on the layer's undo stack, from 1
    text: str
    before: Classes
    after: Classes


class ClassHistory(QObject):
    """Says `restored` with the class list that belongs to the state that the user went back or forward to."""

    restored = pyqtSignal(list)  # of ClassEntry

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._layer: Optional[QgsVectorLayer] = None
        self._steps: List[_Step] = []
        self._lists: List[Classes] = []
        self._at = 0

    @property
    def can_undo(self) -> bool:
        """Whether a change of the list alone can be taken back."""
        return bool(self._lists)

    def set_layer(self, layer: Optional[QgsVectorLayer]) -> None:
        """Follows another layer; what happened to the last one is forgotten."""
        if self._layer is not None:
            self._layer.undoStack().indexChanged.disconnect(self._on_index)
            self._layer.willBeDeleted.disconnect(self._forget)
        self._forget()
        self._layer = layer
        if layer is not None:
            self._at = layer.undoStack().index()
            layer.undoStack().indexChanged.connect(self._on_index)
            layer.willBeDeleted.connect(self._forget)

    def remember_list(self, before: Sequence[ClassEntry]) -> None:
        """Called when the list changes and no feature does."""
        self._lists = [*self._lists, tuple(before)][-_MOST_STEPS:]

    def remember_edit(self, before: Sequence[ClassEntry], after: Sequence[ClassEntry]) -> None:
        """Called when the list changes together with the last command on the layer's undo stack."""
        stack = self._layer.undoStack()
        number = stack.index()
        self._steps = [step for step in self._steps if step.number < number]
        self._steps.append(_Step(number, stack.text(number - 1), tuple(before), tuple(after)))

    def undo(self, present: Sequence[ClassEntry]) -> None:
        """Takes the last change of the list alone back; classes that got polygons since then stay.

        Args:
            present: The list as it is now.
        """
        if self._lists:
            before = self._lists.pop()
            known = {entry.value for entry in before}
            self.restored.emit([*before, *(e for e in present if e.polygons and e.value not in known)])

    def _on_index(self, index: int) -> None:
        last, self._at = self._at, index
        stack = self._layer.undoStack()
        if stack.count() == 0:  # saved, or editing ended
            self._steps = []
            return
        # What was undone and then replaced by something else cannot come back.
        self._steps = [s for s in self._steps if s.number <= stack.count() and stack.text(s.number - 1) == s.text]
        undone = [step for step in self._steps if index < step.number <= last]
        redone = [step for step in self._steps if last < step.number <= index]
        if undone:
            self.restored.emit(list(undone[0].before))
        elif redone:
            self.restored.emit(list(redone[-1].after))

    def _forget(self) -> None:
        self._layer, self._steps, self._lists, self._at = None, [], [], 0
