"""The foot of the dock: runs long jobs one after another with progress and Cancel, and says what went wrong."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Type

from qgis.core import Qgis, QgsProject
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import environment, layers, messages, settings
from ..backend_process import BackendProcess, Job
from ..messages import InputError, tr
from .job_queue import Entry, JobQueue, Show, output_of

_LONG_S = 10.0  # of jobs that take longer, a user who went elsewhere is told
_UNTIL_CLOSED = 0  # seconds for the message bar: the message stays
# A user who cancels waits no longer than a second: the child may end by itself, and is ended by force then.
_CANCEL_GRACE_S = 0.5


class JobRunner(QWidget):
    """Knows jobs, their order and their ends; nothing of what they are for."""

    busy = pyqtSignal(bool)  # whether a job runs or waits
    changed = pyqtSignal()  # other jobs run or wait than before
    started = pyqtSignal(object)  # request
    ended = pyqtSignal()  # after the result of a job was shown
    finished_run = pyqtSignal(object, dict)  # request, result; not where the project that asked was closed
    failed_run = pyqtSignal(object, str)  # request, sentence for the user; empty where it was cancelled

    def __init__(self, bar: QgsMessageBar, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._messages = bar
        self._running: Optional[Entry] = None
        self._farewell = ""  # told once the job was cancelled
        self._chained: Optional[int] = None  # while a result is shown: how many jobs it asked for so far
        self.backend: Optional[BackendProcess] = None
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setStyleSheet("QLabel { color: #c92a2a; background: #fff0f0; border-radius: 3px; padding: 5px; }")
        self.problem.hide()
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
        self.phase = QLabel()
        self.phase.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(True)
        self.bar.setAccessibleName(tr("Progress"))
        self.cancel_button = QToolButton()
        self.cancel_button.setText(tr("Cancel"))
        self.cancel_button.clicked.connect(self._cancel_running)
        self._menu = QMenu(self.cancel_button)
        self.cancel_all_action = self._menu.addAction(tr("Cancel all"))
        self.cancel_all_action.triggered.connect(self.cancel_all)
        self.queue = JobQueue()
        self.queue.removed.connect(self._drop)
        self.queue.changed.connect(self._show_menu)
        self.queue.changed.connect(self.changed)
        self._lay_out()
        # The next job starts from the event loop: the one before has then left its own signal handlers.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._start_next)
        QgsProject.instance().cleared.connect(self._on_project_cleared)

    def _lay_out(self) -> None:
        self._progress = QWidget()
        progress = QVBoxLayout(self._progress)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self.title)
        progress.addWidget(self.phase)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        progress.addLayout(row)
        self._progress.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 6)
        for widget in (self.problem, self._progress, self.queue):
            layout.addWidget(widget)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or bool(self.queue.entries)

    @property
    def request(self) -> Optional[protocol.Request]:
        """What the running job does; None where none runs."""
        return None if self._running is None else self._running.job.request

    def has(self, kind: Type[Any]) -> bool:
        """Returns whether a request of a kind runs or waits."""
        running = [] if self._running is None else [self._running]
        return any(isinstance(entry.job.request, kind) for entry in (*running, *self.queue.entries))

    def guarded(self, action: Callable[[], None]) -> None:
        """Runs what a click asks for; the boundary at which errors become text."""
        self.show_problem("")
        if self.backend is None:
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
        """Runs long work with progress and Cancel, after what runs and waits already.

        What `show` asks for goes before everything that waits: it is the second half of the same work.

        Args:
            request: What to do.
            show: Called with the result.
            folder: Made for the results; removed if none come.
            watch: Called with the job before it starts, to hear more of it.

        Raises:
            InputError: a job that runs or waits writes the same file.
        """
        self._refuse_twice(request)
        job = Job(request, self)
        entry = Entry(job, show, folder, messages.job_name(request))
        if watch is not None:
            watch(job)
        job.progress.connect(self._show_progress)
        job.log.connect(lambda level, text: messages.log(text))
        job.finished.connect(partial(self._on_finished, entry))
        job.failed.connect(partial(self._on_failed, entry))
        job.cancelled.connect(partial(self._on_cancelled, entry))
        was_busy = self.is_busy
        if self._chained is None:
            self.queue.insert(len(self.queue.entries), entry)
        else:
            self.queue.insert(self._chained, entry)
            self._chained += 1
        if self._running is None and self._chained is None and not was_busy:
            self.busy.emit(True)
            self._start_next()

    def cancel(self, phase: str, farewell: str) -> None:
        """Asks the running job to stop.

        Args:
            phase: Shown until it has.
            farewell: Told then.
        """
        if self._running is not None and self.backend is not None:
            self._farewell = farewell
            self.cancel_button.setEnabled(False)
            self.phase.setText(phase)
            self.backend.cancel(self._running.job)

    def cancel_all(self) -> None:
        """Takes out all that waits and asks the running job to stop."""
        for entry in self.queue.clear():
            self._drop(entry)
        self._cancel_running()

    def forget_jobs(self) -> None:
        """Called when the backend is to be another: ends its job, which it does not tell of, and all that wait."""
        self.cancel_all()
        if self._running is not None:
            self._drop(self._running)

    def close(self) -> bool:
        """Forgets all jobs without a word and lets the project go; of no use afterwards."""
        self._soon.stop()
        self._running = None
        self.queue.blockSignals(True)
        self.queue.clear()
        QgsProject.instance().cleared.disconnect(self._on_project_cleared)
        return bool(super().close())

    def tell(self, text: str) -> None:
        """Says something that is no problem in the message bar."""
        self._push(text, Qgis.MessageLevel.Info, 6)

    def tell_done(self, names: str, result: Dict[str, Any]) -> None:
        """Says what came, and how long it took; warnings go to the log."""
        text = tr("Taken from the cache: {names}") if result.get("cached") else tr("Done in {time}: {names}")
        text = text.format(time=messages.time_text(float(result["seconds"])), names=names)
        self._push(text, Qgis.MessageLevel.Success, 6)
        log_warnings(result)

    def show_problem(self, sentence: str) -> None:
        """Shows what went wrong; an empty text takes it away."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _push(self, text: str, level: Qgis.MessageLevel, seconds: int) -> None:
        away = settings.notifications() and _is_in_background()
        self._messages.pushMessage("MMEarth", text, level, _UNTIL_CLOSED if away else seconds)

    def _refuse_twice(self, request: protocol.Request) -> None:
        path = output_of(request)
        entries = [*([] if self._running is None else [self._running]), *self.queue.entries]
        if path and any(entry.output == path for entry in entries):
            text = tr(
                '"{name}" is being written by a job that runs or waits already. '
                "Wait for it, cancel it, or choose another file name."
            )
            raise InputError(text.format(name=Path(path).name))

    def _start_next(self) -> None:
        entry = None if self._running is not None else self.queue.take()
        if entry is None or self.backend is None:
            return
        self._running, self._farewell = entry, ""
        entry.started_s = time.monotonic()
        self.title.setText(entry.name)
        self.title.setToolTip(entry.output)
        self.phase.setText(tr("Starting…"))
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self._progress.show()
        messages.log(messages.request_line(entry.job.request))
        self.changed.emit()
        self.started.emit(entry.job.request)
        entry.job.started.emit()
        self.backend.submit(entry.job)

    def _on_finished(self, entry: Entry, result: Dict[str, Any]) -> None:
        messages.log(messages.result_line(entry.job.request, result))
        self._leave(entry)
        self._chained = 0
        try:
            self.told(partial(self._show, entry, result))
        finally:
            chained, self._chained = self._chained, None
            self._go_on()
        if not entry.project_gone:
            self.finished_run.emit(entry.job.request, result)
        if not chained:
            self._notify(entry)
        self.ended.emit()

    def _show(self, entry: Entry, result: Dict[str, Any]) -> None:
        """Shows a result; where its project or layers are gone, says where the files lie."""
        path = str(result.get("out") or result.get("model") or result.get("weights") or entry.output)
        text = tr("{name}: done, but its project was closed meanwhile. The result is in {path}")
        if entry.project_gone and not trains(entry.job.request):
            self.tell(text.format(name=entry.name, path=path))
            return
        try:
            entry.show(result)
        except RuntimeError as error:  # of a layer or group that the user removed meanwhile
            messages.log(f"{type(error).__name__}: {error}", Qgis.MessageLevel.Warning)
            text = tr("{name}: done, but a layer that it belongs to was removed meanwhile. The result is in {path}")
            self.tell(text.format(name=entry.name, path=path))

    def _on_failed(self, entry: Entry, code: str, message: str, remedy: str) -> None:
        self._leave(entry)
        sentence = messages.error_sentence(code, message, remedy)
        messages.log(f"{messages.verb_of(entry.job.request)}: {code}: {sentence}", Qgis.MessageLevel.Critical)
        self.show_problem(sentence)
        self._push(message, Qgis.MessageLevel.Critical, 8)
        self._go_on()
        self.failed_run.emit(entry.job.request, sentence)
        self._notify(entry)
        self.ended.emit()

    def _on_cancelled(self, entry: Entry) -> None:
        ran = entry is self._running
        self._leave(entry)
        if ran:
            self.tell(self._farewell or tr("Cancelled."))
        self._go_on()
        self.failed_run.emit(entry.job.request, "")
        if ran:
            self.ended.emit()

    def _leave(self, entry: Entry) -> None:
        """Takes away what a job brought, as it has ended."""
        if entry is self._running:
            self._running = None
            self._progress.hide()
            self.changed.emit()
        if entry.folder is not None:
            layers.drop_empty_folder(entry.folder)
        entry.job.deleteLater()

    def _go_on(self) -> None:
        if self._running is None and self.queue.entries:
            self._soon.start()
        elif self._running is None:
            self.busy.emit(False)

    def _drop(self, entry: Entry) -> None:
        """Ends a job that was taken out of the queue."""
        entry.job.end(entry.job.cancelled)

    def _cancel_running(self, _checked: bool = False) -> None:
        if self._running is not None and self._running.job.grace_s is None:
            self._running.job.grace_s = _CANCEL_GRACE_S
        self.cancel(tr("Cancelling…"), tr("Cancelled."))

    def _show_menu(self) -> None:
        """Offers "Cancel all" while that is more than Cancel."""
        several = bool(self.queue.entries)
        self.cancel_button.setMenu(self._menu if several else None)
        modes = QToolButton.ToolButtonPopupMode
        self.cancel_button.setPopupMode(modes.MenuButtonPopup if several else modes.DelayedPopup)

    def _on_project_cleared(self) -> None:
        for entry in (*([] if self._running is None else [self._running]), *self.queue.entries):
            entry.project_gone = True

    def _notify(self, entry: Entry) -> None:
        """Has the window ask for attention after a long job, if the user is elsewhere."""
        long_enough = entry.started_s and time.monotonic() - entry.started_s >= _LONG_S
        if long_enough and settings.notifications() and _is_in_background():
            QApplication.alert(self._messages.window())

    def _show_progress(self, phase: str, done: float, total: float, eta_s: Optional[float]) -> None:
        if not self.cancel_button.isEnabled():
            return
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * done / total) if total else 0)
        self.phase.setText(" · ".join(filter(None, (messages.phase_text(phase), messages.time_left_text(eta_s)))))


def trains(request: protocol.Request) -> bool:
    """Whether a request is a training with a page of its own, which shows it whatever the project."""
    return isinstance(request, (protocol.PretrainRequest, protocol.AdaptRequest, protocol.FineTuneRequest))


def log_warnings(result: Dict[str, Any]) -> None:
    """Writes the warnings of a result to the log panel."""
    for warning in result.get("warnings", []):
        messages.log(str(warning), Qgis.MessageLevel.Warning)


def _is_in_background() -> bool:
    return QApplication.applicationState() != Qt.ApplicationState.ApplicationActive
