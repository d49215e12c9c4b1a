"""Owns the backend's child process: start, hello, framing, cancel, death.

One implementation serves the dock (Qt signals, driven by the event loop) and the Processing algorithms (`run_blocking`,
in a worker thread without event loop). Knows nothing of layers and of what the verbs mean.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional

from qgis.core import Qgis, QgsProcessingFeedback
from qgis.PyQt.QtCore import QAbstractEventDispatcher, QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

from ..backend.mmearth import protocol
from . import backend_log, failures, messages, settings
from .messages import tr

BACKEND_FOLDER = Path(__file__).resolve().parent.parent / "backend"
_STARTING, _CANCELLING, _TERMINATING, _KILLED = "starting", "cancelling", "terminating", "killed"  # deadlines
_TERMINATE_S = 0.2  # between `terminate`, which Windows has no use for, and `kill`
_NICENESS = 5  # the window goes before the backend where both want the same processor
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def child_environment() -> QProcessEnvironment:
    """Returns the environment of the child: the user's, without what QGIS sets for its own Python, GDAL and PROJ."""
    environment = QProcessEnvironment.systemEnvironment()
    for name in environment.keys():  # noqa: SIM118 - not a dict
        if name.upper().startswith(("PYTHON", "GDAL_", "PROJ_")):
            environment.remove(name)
    environment.insert("PYTHONPATH", str(BACKEND_FOLDER))
    environment.insert("PYTHONNOUSERSITE", "1")
    environment.insert("PYTHONDONTWRITEBYTECODE", "1")
    environment.insert("PYTHONUTF8", "1")
    if settings.threads():
        for name in _THREAD_LIMITS:
            environment.insert(name, str(settings.threads()))
    return environment


class Job(QObject):
    """One request on its way; ends with exactly one of `finished`, `failed`, `cancelled`."""

    started = pyqtSignal()  # emitted by who had it wait, once its turn has come
    progress = pyqtSignal(str, float, float, object)  # phase, done, total, seconds left or None
    log = pyqtSignal(str, str)  # level, message
    metrics = pyqtSignal(int, int, dict, str)  # step, steps, name → value, path of a new picture or empty
    finished = pyqtSignal(dict)  # result
    failed = pyqtSignal(str, str, str)  # code, message, remedy
    cancelled = pyqtSignal()

    def __init__(self, request: protocol.Request, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.id = uuid.uuid4().hex[:12]
        self.request = request
        self.done = False
        # A training that is cancelled ends its batch and saves a checkpoint, which may be large, before it stops.
        trains = isinstance(request, (protocol.PretrainRequest, protocol.FineTuneRequest))
        self.grace_s: Optional[float] = 60.0 if trains else None  # None leaves it to the process

    def end(self, signal: Any, *arguments: Any) -> None:
        """Emits the terminal signal, once."""
        if not self.done:
            self.done = True
            signal.emit(*arguments)


class BackendProcess(QObject):
    """Runs jobs one after another in one child process, which it starts when the first job comes.

    Args:
        python: Interpreter that has the backend's dependencies.
        hello_timeout_s: How long a living child may stay silent before its hello.
        grace_s: Time between the cancel message and `terminate`, unless a job says otherwise.
    """

    ready = pyqtSignal(dict)  # hello event
    unavailable = pyqtSignal(str, str, str)  # code, message, remedy: the child did not come up, with no job waiting

    def __init__(
        self, python: str, parent: Optional[QObject] = None, hello_timeout_s: float = 60, grace_s: float = 1.5
    ) -> None:
        super().__init__(parent)
        self.python = python
        self.hello: Optional[Dict[str, Any]] = None
        self._hello_timeout_s, self._grace_s = hello_timeout_s, grace_s
        self._queue: List[Job] = []
        self._running: Optional[Job] = None
        self._given_up = False  # the present child was told to die and what waited for it has failed already
        self._closing = False
        self._deadline_s = 0.0
        self._deadline_for = ""
        self._buffer, self._errors_buffer = b"", b""
        self._last_errors: Deque[str] = deque(maxlen=20)
        self._process = QProcess(self)
        self._process.setWorkingDirectory(str(BACKEND_FOLDER))
        self._process.started.connect(self._yield_to_window)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._on_ended)
        self._process.errorOccurred.connect(self._on_process_error)
        self._timer = QTimer(self)
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._check_deadline)

    @property
    def pid(self) -> int:
        """Process id of the child; 0 while there is none."""
        return int(self._process.processId())

    def start(self) -> None:
        """Starts the child if it is not running."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            return
        self.hello, self._given_up, self._buffer, self._errors_buffer = None, False, b"", b""
        self._last_errors.clear()
        self._process.setProcessEnvironment(child_environment())  # as the settings are now
        self._set_deadline(_STARTING, self._hello_timeout_s)
        starting = tr("Starting the backend: {python}").format(python=self.python)
        messages.log(starting)
        backend_log.append(starting)
        self._process.start(self.python, ["-m", "mmearth", "serve"])

    def _yield_to_window(self) -> None:
        """Lowers the priority of the child before it has threads, which take it over; Windows shares well by itself."""
        if sys.platform != "win32" and self.pid:
            with contextlib.suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self.pid, _NICENESS)

    def submit(self, job: Job) -> None:
        """Queues a job; connect to its signals first."""
        self._queue.append(job)
        self._advance()

    def cancel(self, job: Job) -> None:
        """Asks a job to stop; the child is ended by force if it does not within twice the grace period."""
        if job in self._queue:
            self._queue.remove(job)
            job.end(job.cancelled)
        elif job is self._running and self._deadline_for == "":
            self._send(protocol.cancel_message(job.id))
            self._set_deadline(_CANCELLING, self._grace_s if job.grace_s is None else job.grace_s)

    def shutdown(self, wait_ms: int = 1500) -> None:
        """Ends the child: message first, by force after `wait_ms`. Jobs under way are dropped without a signal."""
        self._closing = True
        self._timer.stop()
        self._queue.clear()
        self._running = None
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._send({"id": "", "verb": protocol.SHUTDOWN})
            self._process.closeWriteChannel()
            if not self._process.waitForFinished(wait_ms):
                self._process.kill()
                self._process.waitForFinished(2000)
        self._closing = False

    def wait(self, timeout_ms: int) -> None:
        """Does what the event loop would do, for callers without one."""
        self._process.waitForReadyRead(timeout_ms)
        self._check_deadline()

    def _advance(self) -> None:
        if self._closing or self._running is not None or not self._queue:
            return
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self.start()
        elif self.hello is not None and not self._given_up:
            self._running = self._queue.pop(0)
            self._last_errors.clear()  # what was said before does not explain how this job ends
            self._send(protocol.request_to_json(self._running.id, self._running.request))

    def _send(self, message: Dict[str, Any]) -> None:
        self._process.write(protocol.encode(message).encode("ascii"))

    def _read_output(self) -> None:
        self._buffer += bytes(self._process.readAllStandardOutput())
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._on_line(line)

    def _on_line(self, line: bytes) -> None:
        try:
            event = protocol.decode(line)
        except protocol.MalformedMessage as error:
            messages.log(tr("The backend wrote a line that is no message: {error}").format(error=error))
            return
        name, job = event.get("event"), self._running
        if name == protocol.HELLO and self.hello is None:
            self._on_hello(event)
        elif job is None or event.get("id") != job.id:
            messages.log(tr("Ignored a message of the backend: {event}").format(event=str(event)[:300]))
        elif name == protocol.PROGRESS:
            job.progress.emit(str(event["phase"]), float(event["done"]), float(event["total"]), event.get("eta_s"))
        elif name == protocol.LOG:
            job.log.emit(str(event.get("level", "info")), str(event["message"]))
        elif name == protocol.METRICS:
            picture = str(event.get("picture", ""))
            job.metrics.emit(int(event["step"]), int(event["total"]), dict(event["values"]), picture)
        elif name in protocol.TERMINAL_EVENTS:
            self._running = None
            if self._deadline_for in (_TERMINATING, _KILLED):
                self._given_up = True  # it is dying already: the next job waits for the next child
            else:
                self._deadline_for = ""
            if name == protocol.RESULT:
                job.end(job.finished, dict(event["result"]))
            elif name == protocol.CANCELLED:
                job.end(job.cancelled)
            else:
                job.end(job.failed, str(event["code"]), str(event["message"]), str(event.get("remedy", "")))
            self._advance()

    def _on_hello(self, event: Dict[str, Any]) -> None:
        if self._given_up:
            return
        if event.get("protocol") != protocol.PROTOCOL_VERSION:
            found, wanted = event.get("protocol"), protocol.PROTOCOL_VERSION
            text = tr("The backend speaks protocol version {found}; this plugin wants version {wanted}.")
            self._give_up(protocol.PROTOCOL, text.format(found=found, wanted=wanted))
            return
        self.hello, self._deadline_for = event, ""
        messages.log(messages.hello_text(event))
        self.ready.emit(event)
        self._advance()

    def _read_errors(self) -> None:
        heard = self._errors_buffer + bytes(self._process.readAllStandardError())
        said, _, self._errors_buffer = heard.rpartition(b"\n")
        self._keep_errors(said)

    def _keep_errors(self, said: bytes) -> None:
        text = said.decode("utf-8", "replace")
        if text:
            backend_log.append(text)
        for line in text.splitlines():
            if line.strip():
                self._last_errors.append(line)
                messages.log(line)

    def _set_deadline(self, purpose: str, seconds: float) -> None:
        self._deadline_for, self._deadline_s = purpose, time.monotonic() + seconds
        if QAbstractEventDispatcher.instance() is not None:
            self._timer.start()

    def _check_deadline(self) -> None:
        if not self._deadline_for:
            self._timer.stop()
        elif time.monotonic() >= self._deadline_s:
            if self._deadline_for == _STARTING:
                text = tr("The backend started but said nothing for {n} s.").format(n=round(self._hello_timeout_s))
                self._give_up(protocol.PROTOCOL, text)
            elif self._deadline_for == _CANCELLING:
                messages.log(tr("The backend does not stop by itself: ending it."), Qgis.MessageLevel.Warning)
                self._set_deadline(_TERMINATING, min(self._grace_s, _TERMINATE_S))
                self._process.terminate()
            else:
                self._set_deadline(_KILLED, 60)
                self._process.kill()

    def _give_up(self, code: str, message: str) -> None:
        """Fails everything that waits for the present child and ends the child."""
        self._given_up, self._deadline_for = True, ""
        self._process.kill()
        self._fail_waiting(code, message)

    def _fail_waiting(self, code: str, message: str, remedy: str = "") -> None:
        remedy = f"{remedy or messages.remedy_for(code)} {backend_log.place_text()}".strip()
        messages.log(f"{message} {remedy}", Qgis.MessageLevel.Critical)
        waiting, self._queue = self._queue, []
        for job in waiting:
            job.end(job.failed, code, message, remedy)
        if not waiting:
            self.unavailable.emit(code, message, remedy)

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._closing:
            self._deadline_for = ""
            text = tr('The Python of the backend cannot be started: "{python}".').format(python=self.python)
            failure = failures.explain(0, False, [self._process.errorString()], sys.platform)
            cause, remedy = (failure.cause, failure.remedy) if failure.name else ("", "")
            self._fail_waiting(protocol.PROTOCOL, f"{text} {cause}".strip(), remedy)

    def _on_ended(self, exit_code: int, exit_status: Any = None) -> None:
        self._read_output()
        self._read_errors()
        self._keep_errors(self._errors_buffer)  # last words without an end of line
        job, self._running = self._running, None
        cancelling, self._deadline_for = self._deadline_for in (_CANCELLING, _TERMINATING, _KILLED), ""
        had_hello, self.hello = self.hello is not None, None
        if self._closing:
            return
        crashed = exit_status == QProcess.ExitStatus.CrashExit
        how = _exit_text(exit_code, crashed)
        failure = failures.explain(exit_code, crashed, self._last_errors, sys.platform)
        backend_log.append(tr("The backend ended ({how}).").format(how=how))
        if job is not None and cancelling:
            job.end(job.cancelled)
        elif job is not None:
            message = tr("The backend ended in the middle of the work ({how}).").format(how=how)
            tail = "\n".join(self._last_errors)
            messages.log(f"{message}\n{tail}", Qgis.MessageLevel.Critical)
            remedy = f"{failure.remedy} {backend_log.place_text()}".strip()
            job.end(job.failed, failure.code, f"{message} {failure.cause}", remedy)
        elif not had_hello and not self._given_up:
            reason = failures.shortened(self._last_errors[-1].strip().rstrip(".")) if self._last_errors else how
            text = tr("The backend ended before it was ready ({how}): {reason}.").format(how=how, reason=reason)
            code = protocol.RESOURCE if failure.code == protocol.RESOURCE else protocol.PROTOCOL
            cause, remedy = (failure.cause, failure.remedy) if failure.name else ("", "")
            self._fail_waiting(code, f"{text} {cause}".strip(), remedy)
        self._given_up = False
        self._advance()


def _exit_text(exit_code: int, crashed: bool) -> str:
    if not crashed:
        return tr("exit code {code}").format(code=exit_code)
    if sys.platform == "win32":
        return tr("crashed, code {code}").format(code=f"0x{exit_code & 0xFFFFFFFF:08X}")
    return tr("ended by signal {number}").format(number=exit_code)


class JobError(Exception):
    """A job that ended with an error, or was cancelled."""


def run_blocking(python: str, request: protocol.Request, feedback: QgsProcessingFeedback) -> Dict[str, Any]:
    """Runs one request in a child of its own and returns its result; for threads without event loop.

    Raises:
        JobError: the request failed or was cancelled; the text is ready for the user.
    """
    backend, job = BackendProcess(python), Job(request)
    results: List[Dict[str, Any]] = []
    failures: List[str] = []
    phases: List[str] = []
    percents: List[int] = []

    def on_progress(phase: str, done: float, total: float, _eta_s: Optional[float]) -> None:
        if phases[-1:] != [phase]:
            phases.append(phase)
            feedback.setProgressText(messages.phase_text(phase))
        feedback.setProgress(100 * done / total if total else 0)

    def on_metrics(step: int, total: int, values: Dict[str, float], _picture: str) -> None:
        percent = 100 * step // total if total else 0
        if values and percents[-1:] != [percent]:  # a run of hours has thousands of these: a hundred lines are enough
            percents.append(percent)
            feedback.pushInfo(messages.metrics_text(step, total, values))

    def on_log(level: str, message: str) -> None:
        (feedback.pushWarning if level == "warning" else feedback.pushInfo)(message)

    job.progress.connect(on_progress)
    job.log.connect(on_log)
    job.metrics.connect(on_metrics)
    job.finished.connect(results.append)
    job.failed.connect(lambda *error: failures.append(messages.error_sentence(*error)))
    job.cancelled.connect(lambda: failures.append(tr("Cancelled.")))
    backend.submit(job)
    while not job.done:
        backend.wait(100)
        if feedback.isCanceled():
            backend.cancel(job)
    backend.shutdown()
    if failures:
        raise JobError(failures[0])
    return results[0]
