"""The jobs that wait for the running one: their order, what each is called, and how one is taken out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import icons
from ..backend_process import Job
from ..messages import tr

Show = Callable[[Dict[str, Any]], Any]


@dataclass
class Entry:
    """A job with what belongs to it.

    Attributes:
        job: To be submitted.
        show: Called with the result.
        folder: Made for the results; removed if none come.
        name: For the user.
        project_gone: Whether the project that asked for it was closed.
        started_s: On the monotonic clock; 0 while it waits.
    """

    job: Job
    show: Show
    folder: Optional[Path]
    name: str
    project_gone: bool = False
    started_s: float = 0.0

    @property
    def output(self) -> str:
        """Path of the file that the job writes; empty where that is no file of its own."""
        return output_of(self.job.request)


def output_of(request: protocol.Request) -> str:
    """Returns the path of the file that a request writes; empty where that is no file of its own."""
    learns = isinstance(request, (protocol.FewShotRequest, protocol.FineTuneRequest))
    names = ("model",) if learns else ("out", "weights_out", "report")
    return next(filter(None, (str(getattr(request, name, "")) for name in names)), "")


class JobQueue(QWidget):
    """A line "2 waiting" that opens a list of the jobs; hidden while none waits."""

    removed = pyqtSignal(object)  # Entry, which the user took out
    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.entries: List[Entry] = []
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setToolTip(tr("Shows the jobs that start after the running one, in this order."))
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(12, 0, 0, 0)
        self._rows.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self._list)
        self.button.toggled.connect(self._list.setVisible)
        self.button.toggled.connect(self._show_arrow)
        self._list.hide()
        self._show_arrow(False)
        self.hide()

    def insert(self, position: int, entry: Entry) -> None:
        """Puts a job at a place of the queue."""
        self.entries.insert(position, entry)
        self._refresh()

    def take(self) -> Optional[Entry]:
        """Takes the next job out; None where none waits."""
        entry = self.entries.pop(0) if self.entries else None
        self._refresh()
        return entry

    def clear(self) -> List[Entry]:
        """Takes all jobs out and returns them."""
        entries, self.entries = self.entries, []
        self._refresh()
        return entries

    def _remove(self, entry: Entry) -> None:
        if entry in self.entries:
            self.entries.remove(entry)
            self._refresh()
            self.removed.emit(entry)

    def _refresh(self) -> None:
        while self._rows.count():
            row = self._rows.takeAt(0).widget()
            row.hide()  # it lives until the event loop comes by
            row.deleteLater()
        for entry in self.entries:
            self._rows.addWidget(self._row(entry))
        self.button.setText(tr("{n} waiting").format(n=len(self.entries)))
        self.setVisible(bool(self.entries))
        self.changed.emit()

    def _row(self, entry: Entry) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        label = QLabel(entry.name)
        label.setToolTip(entry.output or entry.name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIcon(icons.icon("remove_job"))
        text = tr('Take "{name}" out of the queue').format(name=entry.name)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(partial(self._remove, entry))
        layout.addWidget(label, 1)
        layout.addWidget(button)
        return row

    def _show_arrow(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
