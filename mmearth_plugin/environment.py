"""Finds the Python that has the backend's dependencies, or builds one. Knows no widgets and no layers."""

from __future__ import annotations

import os
import sys
from collections import deque
from pathlib import Path
from typing import Deque, List, Optional, Tuple

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QDir, QObject, QProcess, pyqtSignal

from ..backend.mmearth import protocol
from . import backend_log, failures, messages, settings
from .backend_process import BACKEND_FOLDER, BackendProcess, child_environment
from .messages import tr

MINIMUM_PYTHON = (3, 11)  # what the versions in backend/requirements.txt ask for
_BUILT_MARKER = "mmearth-environment.txt"  # written last, so that a half-built environment is never taken for one


def venv_python(folder: Path) -> Path:
    """Returns the interpreter of a virtual environment."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def built_environment() -> Path:
    """Returns the folder of the environment that the plugin builds, one for each version of the backend."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "mmearth" / f"env-{protocol.BACKEND_VERSION}"


def find_python() -> str:
    """Returns the Python for the backend, or an empty text.

    Looks at the user's setting, the variable MMEARTH_PYTHON, `.venv` of a development checkout, the built environment.
    """
    for chosen in (settings.python(), os.environ.get("MMEARTH_PYTHON", "")):
        if chosen and Path(chosen).is_file():
            return chosen
    checkout = venv_python(BACKEND_FOLDER.parent / ".venv")
    if checkout.is_file():
        return str(checkout)
    built = built_environment()
    return str(venv_python(built)) if (built / _BUILT_MARKER).is_file() else ""


def missing_text() -> str:
    """Returns what to say where there is no backend."""
    return tr(
        "MMEarth computes in a Python environment of its own, and none was found. "
        'Open the MMEarth panel and use "Build environment…" or "Use my own environment…".'
    )


def python_problem(python: str) -> str:
    """Runs an interpreter to see whether an environment can be built from it; returns what is wrong, or nothing."""
    process = QProcess()
    process.setProcessEnvironment(child_environment())
    process.start(python, ["-c", "import sys, venv; print(*sys.version_info[:2])"])
    finished = process.waitForFinished(15000)
    words = bytes(process.readAllStandardOutput()).decode("ascii", "replace").split()
    if not finished or len(words) != 2 or not all(word.isdecimal() for word in words):
        text = tr('"{python}" is not a working Python with the module venv. Choose another program.')
        said = [*bytes(process.readAllStandardError()).decode("utf-8", "replace").splitlines(), process.errorString()]
        crashed = process.exitStatus() == QProcess.ExitStatus.CrashExit
        failure = failures.explain(process.exitCode() if finished else 0, crashed and finished, said, sys.platform)
        return f"{text.format(python=python)} {failure.cause}" if failure.name else text.format(python=python)
    found: Tuple[int, int] = (int(words[0]), int(words[1]))
    if found < MINIMUM_PYTHON:
        return tr('"{python}" is Python {found}; the backend wants {wanted} or later. Choose another one.').format(
            python=python, found=".".join(words), wanted=".".join(map(str, MINIMUM_PYTHON))
        )
    return ""


class EnvironmentBuilder(QObject):
    """Builds a virtual environment step by step, then proves it by the backend's hello."""

    line = pyqtSignal(str)  # what the present step says
    finished = pyqtSignal(str)  # path of the environment's Python
    failed = pyqtSignal(str)  # sentence with the reason

    def __init__(self, base_python: str, folder: Path, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._folder = folder
        python = str(venv_python(folder))
        pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        self._steps: List[List[str]] = [
            [base_python, "-m", "venv", "--clear", str(folder)],
            [*pip, "-r", str(BACKEND_FOLDER / "requirements.txt")],
        ]
        self._over = False
        self._last_lines: Deque[str] = deque(maxlen=60)  # pip says the cause long before it ends
        self._process = QProcess(self)
        self._process.setProcessEnvironment(child_environment())
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_step_ended)
        self._process.errorOccurred.connect(self._on_process_error)
        self._backend = BackendProcess(python, self)
        self._backend.ready.connect(self._on_hello)
        self._backend.unavailable.connect(self._on_unavailable)

    def start(self) -> None:
        """Starts with the first step."""
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._fail_for(error)
            return
        self._next()

    def cancel(self) -> None:
        """Stops, and removes what was built so far."""
        self._fail(tr("Cancelled."))

    def _next(self) -> None:
        if not self._steps:
            self._say(tr("Checking the environment…"))
            self._backend.start()
            return
        program, *arguments = self._steps.pop(0)
        self._last_lines.clear()  # what an earlier step said does not explain how this one ends
        self._say(" ".join([program, *arguments]))
        self._process.start(program, arguments)

    def _say(self, text: str) -> None:
        self._last_lines.append(text)
        messages.log(text)
        backend_log.append(text)
        self.line.emit(text)

    def _read(self) -> None:
        for line in bytes(self._process.readAllStandardOutput()).decode("utf-8", "replace").splitlines():
            if line.strip():
                self._say(line.strip())

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            text = tr('"{program}" cannot be started.').format(program=self._process.program())
            failure = failures.explain(0, False, [self._process.errorString()], sys.platform)
            self._fail(f"{text} {failure.cause} {failure.remedy} {backend_log.place_text()}".strip())

    def _on_step_ended(self, exit_code: int, exit_status: object = None) -> None:
        self._read()
        if self._over:
            return
        crashed = exit_status == QProcess.ExitStatus.CrashExit
        if exit_code != 0 or crashed:
            failure = failures.explain(exit_code, crashed, self._last_lines, sys.platform)
            line = failures.shortened(self._last_lines[-1]) if self._last_lines else ""
            how = tr('A step ended with code {code}: "{line}".').format(code=exit_code, line=line)
            said = f"{failure.cause} {failure.remedy}" if failure.name else failure.remedy
            self._fail(f"{how} {said} {backend_log.place_text()}".strip())
        else:
            self._next()

    def _on_hello(self, _hello: dict) -> None:
        try:
            (self._folder / _BUILT_MARKER).write_text(protocol.BACKEND_VERSION, encoding="utf-8")
        except OSError as error:
            self._fail_for(error)
            return
        self._over = True
        self._backend.shutdown()
        self.finished.emit(str(venv_python(self._folder)))

    def _on_unavailable(self, code: str, message: str, remedy: str) -> None:
        self._fail(messages.error_sentence(code, message, remedy))

    def _fail_for(self, error: OSError) -> None:
        failure = failures.explain(1, False, [str(error)], sys.platform)
        text = tr('The environment cannot be written in "{folder}".').format(folder=self._folder.parent)
        self._fail(f"{text} {failure.cause} {failure.remedy}")

    def _fail(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._process.kill()
        self._process.waitForFinished(2000)
        self._backend.shutdown(0)
        QDir(str(self._folder)).removeRecursively()
        self.failed.emit(reason)
