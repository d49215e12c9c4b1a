"""Short requests of which only the newest counts: a click, a slider. Knows jobs; nothing of what they are for."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...backend.mmearth import protocol
from .. import environment, messages
from ..backend_process import BackendProcess, Job
from ..messages import InputError
from .job_runner import JobRunner

Show = Callable[[Dict[str, Any]], None]


class LatestRequest(QObject):
    """Sends one request at a time; of those that come meanwhile, or while long work runs, the newest is sent after it.

    What is on its way is not cancelled for the next: it takes a moment, and most of that is what both need.
    """

    failed = pyqtSignal(str)  # sentence for the user

    def __init__(self, runner: JobRunner, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._job: Optional[Job] = None
        self._asked: Optional[BackendProcess] = None  # who works on the job
        self._next: Optional[Tuple[protocol.Request, Show]] = None
        self._stale = False  # whether the answer on its way is wanted no more
        runner.busy.connect(self._on_busy)

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return self._next is not None or (self._job is not None and not self._stale)

    def send(self, request: protocol.Request, show: Show) -> None:
        """Sends a request, now or as soon as it may be.

        Args:
            request: What to do.
            show: Called with the result, unless a newer request came; may raise InputError.
        """
        if self._runner.backend is None:
            self.failed.emit(environment.missing_text())
            return
        self._next = request, show
        self._advance()

    def drop(self) -> None:
        """Wants no answer any more."""
        self._next, self._stale = None, True

    def close(self) -> None:
        """Drops everything and stops listening."""
        self.drop()
        self._runner.busy.disconnect(self._on_busy)

    def _advance(self) -> None:
        backend = self._runner.backend
        if self._job is not None and self._asked is not backend:
            self._job = None  # its backend was shut down, which is the end of a job without a signal
        if self._job is not None or self._next is None or backend is None or self._runner.is_busy:
            return
        (request, show), self._next, self._stale = self._next, None, False
        self._job, self._asked = Job(request, self), backend
        job = self._job
        job.log.connect(lambda _level, text: messages.log(text))
        job.finished.connect(partial(self._on_finished, job, show))
        job.failed.connect(partial(self._on_failed, job))
        job.cancelled.connect(partial(self._on_end, job))
        backend.submit(job)

    def _on_finished(self, job: Job, show: Show, result: Dict[str, Any]) -> None:
        if job is self._job and not self._stale:
            try:
                show(result)
            except InputError as error:
                self.failed.emit(str(error))
        self._on_end(job)

    def _on_failed(self, job: Job, code: str, message: str, remedy: str) -> None:
        if job is self._job and not self._stale:
            self.failed.emit(messages.error_sentence(code, message, remedy))
        self._on_end(job)

    def _on_end(self, job: Job) -> None:
        job.deleteLater()
        if job is self._job:
            self._job = None
        self._advance()

    def _on_busy(self, busy: bool) -> None:
        if not busy:
            self._advance()
