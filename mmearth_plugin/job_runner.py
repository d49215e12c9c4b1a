"""The foot of the dock: runs one long job at a time with progress and Cancel, and says what went wrong."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..backend.mmearth import protocol
from . import environment, layers, messages
from .backend_process import BackendProcess, Job
from .messages import InputError, tr

Show = Callable[[Dict[str, Any]], Any]


class JobRunner(QWidget):
    """Knows jobs and their ends; nothing of what they are for."""

    busy = pyqtSignal(bool)  # whether a job runs
    ended = pyqtSignal()  # after its result was shown

    def __init__(self, bar: QgsMessageBar, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._messages = bar
        self._job: Optional[Job] = None
        self._farewell = ""  # told once the job was cancelled
        self.backend: Optional[BackendProcess] = None
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setStyleSheet("QLabel { color: #c92a2a; background: #fff0f0; border-radius: 3px; padding: 5px; }")
        self.problem.hide()
        self.phase = QLabel()
        self.phase.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(True)
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.clicked.connect(lambda: self.cancel(tr("Cancelling…"), tr("Cancelled.")))
        self._progress = QWidget()
        progress = QVBoxLayout(self._progress)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self.phase)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        progress.addLayout(row)
        self._progress.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 6)
        layout.addWidget(self.problem)
        layout.addWidget(self._progress)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self._job is not None

    def guarded(self, action: Callable[[], None]) -> None:
        """Runs what a click asks for; the boundary at which errors become text."""
        self.show_problem("")
        if self.is_busy:
            self.show_problem(tr("Something else is running. Wait for it, or cancel it."))
        elif self.backend is None:
            self.show_problem(environment.missing_text())
        else:
            self.told(action)

    def told(self, action: Callable[[], None]) -> None:
        """Runs an action that needs no backend; what it cannot use is told."""
        try:
            action()
        except InputError as error:
            self.show_problem(str(error))

    def run(
        self,
        request: protocol.Request,
        show: Show,
        folder: Optional[Path] = None,
        watch: Optional[Callable[[Job], None]] = None,
    ) -> None:
        """Runs long work with progress and Cancel.

        Args:
            request: What to do.
            show: Called with the result.
            folder: Made for the results; removed if none come.
            watch: Called with the job before it starts, to hear more of it.
        """
        self._job, self._farewell = Job(request, self), ""
        job = self._job
        if watch is not None:
            watch(job)

        def end() -> None:
            self._job = None
            self._progress.hide()
            self.busy.emit(False)
            if folder is not None:
                layers.drop_empty_folder(folder)
            job.deleteLater()

        def on_finished(result: Dict[str, Any]) -> None:
            end()
            self.told(partial(show, result))
            self.ended.emit()

        def on_failed(code: str, message: str, remedy: str) -> None:
            end()
            self.show_problem(messages.error_sentence(code, message, remedy))
            self._messages.pushMessage("MMEarth", message, Qgis.MessageLevel.Critical, 8)
            self.ended.emit()

        def on_cancelled() -> None:
            end()
            self.tell(self._farewell or tr("Cancelled."))
            self.ended.emit()

        job.progress.connect(self._show_progress)
        job.log.connect(lambda level, text: messages.log(text))
        job.finished.connect(on_finished)
        job.failed.connect(on_failed)
        job.cancelled.connect(on_cancelled)
        self.phase.setText(tr("Starting…"))
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self._progress.show()
        self.busy.emit(True)
        self.backend.submit(job)

    def cancel(self, phase: str, farewell: str) -> None:
        """Asks the job to stop.

        Args:
            phase: Shown until it has.
            farewell: Told then.
        """
        if self._job is not None and self.backend is not None:
            self._farewell = farewell
            self.cancel_button.setEnabled(False)
            self.phase.setText(phase)
            self.backend.cancel(self._job)

    def tell(self, text: str) -> None:
        """Says something that is no problem in the message bar."""
        self._messages.pushMessage("MMEarth", text, Qgis.MessageLevel.Info, 6)

    def tell_done(self, names: str, result: Dict[str, Any]) -> None:
        """Says what came, and how long it took; warnings go to the log."""
        text = tr("Taken from the cache: {names}") if result.get("cached") else tr("Done in {time}: {names}")
        text = text.format(time=messages.time_text(float(result["seconds"])), names=names)
        self._messages.pushMessage("MMEarth", text, Qgis.MessageLevel.Success, 6)
        log_warnings(result)

    def show_problem(self, sentence: str) -> None:
        """Shows what went wrong; an empty text takes it away."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _show_progress(self, phase: str, done: float, total: float, eta_s: Optional[float]) -> None:
        if not self.cancel_button.isEnabled():
            return
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * done / total) if total else 0)
        self.phase.setText(" · ".join(filter(None, (messages.phase_text(phase), messages.time_left_text(eta_s)))))


def log_warnings(result: Dict[str, Any]) -> None:
    """Writes the warnings of a result to the log panel."""
    for warning in result.get("warnings", []):
        messages.log(str(warning), Qgis.MessageLevel.Warning)
