"""Owns the backend's child process: start, hello, framing, cancel, death.

One implementation serves the dock (Qt signals, driven by the event loop) and the Processing algorithms (`run_blocking`,
in a worker thread without event loop). Knows nothing of layers and of what the verbs mean.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Tuple, Union

from qgis.core import Qgis, QgsProcessingFeedback
from qgis.PyQt.QtCore import QAbstractEventDispatcher, QObject, QProcess, QTimer, pyqtSignal

from ..backend.mmearth import protocol
from . import backend_log, failures, messages
from .child_environment import BACKEND_FOLDER, child_environment
from .job import Job
from .messages import tr
from .remote import remote_probe, request_paths, ssh_failures
from .remote.command import Launch
from .remote.path_map import PathMap

_STARTING, _CANCELLING, _TERMINATING, _KILLED = "starting", "cancelling", "terminating", "killed"  # deadlines
_TERMINATE_S = 0.2  # between `terminate`, which Windows has no use for, and `kill`
_NICENESS = 5  # the window goes before the backend where both want the same processor


class BackendProcess(QObject):
    """Runs jobs one after another in one child process, which it starts when the first job comes.

    Args:
        launch: Interpreter that has the backend's dependencies, or how else a backend is started.
        hello_timeout_s: How long a living child may stay silent before its hello.
        grace_s: Time between the cancel message and `terminate`, unless a job says otherwise.
    """

    ready = pyqtSignal(dict)  # hello event
    unavailable = pyqtSignal(str, str, str)  # code, message, remedy: the child did not come up, with no job waiting

    def __init__(
        self,
        launch: Union[str, Launch],
        parent: Optional[QObject] = None,
        hello_timeout_s: float = 60,
        grace_s: float = 1.5,
    ) -> None:
        super().__init__(parent)
        self.launch = Launch(launch) if isinstance(launch, str) else launch
        self._paths = self.launch.paths
        self._probe: Optional[remote_probe.RemoteProbe] = None
        self.hello: Optional[Dict[str, Any]] = None
        self._hello_timeout_s, self._grace_s = hello_timeout_s, grace_s
        self._queue: List[Tuple[Job, Dict[str, Any]]] = []  # with what is sent
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
    def python(self) -> str:
        """What is started: the Python of this machine, or the command for another one."""
        return self.launch.name

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
        self._process.setProcessEnvironment(child_environment(self.launch.is_remote))  # as the settings are now
        self._set_deadline(_STARTING, self._hello_timeout_s)
        starting = tr("Starting the backend: {python}").format(python=self.python)
        messages.log(starting)
        backend_log.append(starting)
        self._process.start(self.launch.program, list(self.launch.arguments))

    def _yield_to_window(self) -> None:
        """Lowers the priority of the child before it has threads, which take it over; Windows shares well by itself."""
        if sys.platform != "win32" and self.pid:
            with contextlib.suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self.pid, _NICENESS)

    def submit(self, job: Job) -> None:
        """Queues a job; connect to its signals first. One with a path that the backend cannot see fails at once."""
        message = protocol.request_to_json(job.id, job.request)
        try:
            sent = message if self._paths is None else request_paths.outgoing(message, self._paths)
        except request_paths.UnmappedPath as error:
            job.end(job.failed, protocol.INPUT, error.message, error.remedy)
            return
        self._queue.append((job, sent))
        self._advance()

    def cancel(self, job: Job) -> None:
        """Asks a job to stop; the child is ended by force if it does not within twice the grace period."""
        waiting = [entry for entry in self._queue if entry[0] is not job]
        if len(waiting) < len(self._queue):
            self._queue = waiting
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
        self._end_probe()
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
            self._running, message = self._queue.pop(0)
            self._last_errors.clear()  # what was said before does not explain how this job ends
            self._send(message)

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
        job = self._running
        if event.get("event") == protocol.HELLO and self.hello is None:
            self._on_hello(event)
        elif job is None or event.get("id") != job.id:
            messages.log(tr("Ignored a message of the backend: {event}").format(event=str(event)[:300]))
        else:
            if event.get("event") in protocol.TERMINAL_EVENTS:
                self._running = None
                if self._deadline_for in (_TERMINATING, _KILLED):
                    self._given_up = True  # it is dying already: the next job waits for the next child
                else:
                    self._deadline_for = ""
            if job.tell(event if self._paths is None else request_paths.incoming(event, self._paths)):
                self._advance()

    def _on_hello(self, event: Dict[str, Any]) -> None:
        if self._given_up:
            return
        message, remedy = remote_probe.version_problem(event) if self.launch.is_remote else ("", "")
        if message:
            self._give_up(protocol.PROTOCOL, message, remedy)
            return
        if event.get("protocol") != protocol.PROTOCOL_VERSION:
            found, wanted = event.get("protocol"), protocol.PROTOCOL_VERSION
            text = tr("The backend speaks protocol version {found}; this plugin wants version {wanted}.")
            self._give_up(protocol.PROTOCOL, text.format(found=found, wanted=wanted))
            return
        self.hello, self._deadline_for = event, ""
        messages.log(messages.hello_text(event))
        if self.launch.paths is not None and self.launch.paths.pairs:
            self._start_probe(self.launch.paths)
        else:
            self.ready.emit(event)
            self._advance()

    def _start_probe(self, paths: PathMap) -> None:
        """Looks whether both machines see the same folders before anything else is asked."""
        self._paths, self._probe = paths, remote_probe.RemoteProbe(paths)
        self._set_deadline(_STARTING, self._hello_timeout_s)
        problem = self._probe.write()
        if problem:
            self._give_up(protocol.RESOURCE, problem, remote_probe.remedy())
            return
        job = Job(self._probe.request(), self)
        job.finished.connect(self._on_probed)
        job.failed.connect(self._give_up)
        for signal in (job.finished, job.failed, job.cancelled):
            signal.connect(job.deleteLater)
        waiting, self._queue = self._queue, []
        self.submit(job)
        self._queue += waiting

    def _on_probed(self, result: Dict[str, Any]) -> None:
        if self._probe is None or self.hello is None:
            return
        problem = self._probe.problem(result["found"])
        self._paths = self._probe.resolved(result["found"])
        self._end_probe()
        if problem:
            self._give_up(protocol.RESOURCE, problem, remote_probe.remedy())
        else:
            self.ready.emit(self.hello)

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.close()
            self._probe = None

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
                self._give_up(protocol.PROTOCOL, text, self._silence_remedy())
            elif self._deadline_for == _CANCELLING:
                messages.log(tr("The backend does not stop by itself: ending it."), Qgis.MessageLevel.Warning)
                self._set_deadline(_TERMINATING, min(self._grace_s, _TERMINATE_S))
                self._process.terminate()
            else:
                self._set_deadline(_KILLED, 60)
                self._process.kill()

    def _silence_remedy(self) -> str:
        if self._probe is not None:
            return remote_probe.remedy()
        return ssh_failures.silence_remedy() if self.launch.is_remote else ""

    def _give_up(self, code: str, message: str, remedy: str = "") -> None:
        """Fails everything that waits for the present child and ends the child."""
        self._end_probe()
        self._given_up, self._deadline_for = True, ""
        self._process.kill()
        self._fail_waiting(code, message, remedy)

    def _fail_waiting(self, code: str, message: str, remedy: str = "") -> None:
        remedy = f"{remedy or messages.remedy_for(code)} {backend_log.place_text()}".strip()
        messages.log(f"{message} {remedy}", Qgis.MessageLevel.Critical)
        waiting, self._queue = self._queue, []
        for job, _message in waiting:
            job.end(job.failed, code, message, remedy)
        if not waiting:
            self.unavailable.emit(code, message, remedy)

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._closing:
            self._deadline_for = ""
            text = tr('The Python of the backend cannot be started: "{python}".').format(python=self.python)
            failure = failures.explain(0, False, [self._process.errorString()], sys.platform)
            cause, remedy = (failure.cause, failure.remedy) if failure.name else ("", "")
            if self.launch.is_remote:
                text, remedy = ssh_failures.not_started(self.launch.program)
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
        explain = ssh_failures.explain if self.launch.is_remote else failures.explain
        failure = explain(exit_code, crashed, self._last_errors, sys.platform)
        self._end_probe()
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
