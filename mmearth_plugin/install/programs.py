"""Runs a program, or a function that takes long, beside the window: one answer each, as signals of Qt."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any, Callable, Deque, Optional, Sequence

from qgis.PyQt.QtCore import QObject, QProcess, QProcessEnvironment, QThread, pyqtSignal

from .. import backend_log, failures, messages
from ..messages import tr

Wanted = Callable[[], bool]


class Program(QObject):
    """Runs one command; ends with exactly one of `finished` and `failed`, unless it is stopped."""

    line = pyqtSignal(str)  # what it says on standard error
    finished = pyqtSignal(str)  # what it said on standard output
    failed = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, environment: QProcessEnvironment, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._over = False
        self._output = b""
        self._errors = b""
        self._last_lines: Deque[str] = deque(maxlen=60)  # uv and pip say the cause long before they end
        self._process = QProcess(self)
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._on_ended)
        self._process.errorOccurred.connect(self._on_error)

    @property
    def is_running(self) -> bool:
        """Whether it has neither ended nor been stopped."""
        return not self._over

    def start(self, command: Sequence[str]) -> None:
        """Starts a command: a program and its arguments."""
        text = " ".join(command)
        messages.log(text)
        backend_log.append(text)
        self._process.start(command[0], list(command[1:]))

    def stop(self) -> None:
        """Ends it at once, without a signal."""
        self._over = True
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)

    def _read_output(self) -> None:
        self._output += bytes(self._process.readAllStandardOutput())

    def _read_errors(self) -> None:
        *lines, self._errors = (self._errors + bytes(self._process.readAllStandardError())).split(b"\n")
        for line in lines:
            self._say(line.decode("utf-8", "replace").strip())

    def _say(self, text: str) -> None:
        if text:
            self._last_lines.append(text)
            messages.log(text)
            backend_log.append(text)
            self.line.emit(text)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and not self._over:
            self._over = True
            text = tr('"{program}" cannot be started.').format(program=self._process.program())
            failure = failures.explain(0, False, [self._process.errorString()], sys.platform)
            self.failed.emit(f"{text} {failure.cause} {failure.remedy} {backend_log.place_text()}".strip())

    def _on_ended(self, exit_code: int, exit_status: object = None) -> None:
        self._read_output()
        self._read_errors()
        self._say(self._errors.decode("utf-8", "replace").strip())
        if self._over:
            return
        self._over = True
        crashed = exit_status == QProcess.ExitStatus.CrashExit
        if exit_code == 0 and not crashed:
            self.finished.emit(self._output.decode("utf-8", "replace"))
            return
        failure = failures.explain(exit_code, crashed, self._last_lines, sys.platform)
        last = failures.shortened(self._last_lines[-1]) if self._last_lines else ""
        how = tr('A step ended with code {code}: "{line}".').format(code=exit_code, line=last)
        said = f"{failure.cause} {failure.remedy}" if failure.name else failure.remedy
        self.failed.emit(f"{how} {said} {backend_log.place_text()}".strip())


class Work(QThread):
    """Runs a function in a thread of its own; its answer comes as `done` in the thread that made this.

    The function is given what says whether it is still wanted; where it takes long, it asks and ends if not.
    """

    done = pyqtSignal(object)
    failed = pyqtSignal(object)  # the exception

    def __init__(self, function: Callable[[Wanted], Any], parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._function = function
        self.wanted = True

    def run(self) -> None:
        """Called by Qt in the new thread."""
        try:
            answer = self._function(lambda: self.wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the answer must hear of it
            if self.wanted:
                self.failed.emit(error)
        else:
            if self.wanted:
                self.done.emit(answer)

    def drop(self) -> None:
        """Has the answer come to nobody, and waits for the function's end."""
        self.wanted = False
        self.wait()
