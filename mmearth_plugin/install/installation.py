"""Installs the backend: uv, a Python, the wheels of a lock, an environment, and the proof that it computes.

Each step is asynchronous: the window never waits. Files come by QGIS's own network; what was fetched before an
interruption is not fetched again. The environment in use stays until the new one has embedded a real tile.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import QObject

from ...backend.mmearth import protocol
from .. import backend_log, messages
from ..backend_process import BackendProcess
from ..job import Job
from ..messages import tr
from . import bundle, environments, uv_program
from .folder_work import FolderWork, Plan
from .locks import Lock, Wheel, no_packages_text, read_lock, this_platform, uv_wheel
from .python_choice import PythonChoice

# Where each step begins in the bar: downloads take most of the time.
_UV, _PYTHON, _LOOK_UP, _MAKE, _INSTALL, _TEST = 0.0, 0.04, 0.08, 0.82, 0.84, 0.94


class Installation(FolderWork):
    """Carries out a plan; `finished` tells the Python of the new environment."""

    def __init__(self, plan: Plan, parent: Optional[QObject] = None) -> None:
        super().__init__(plan, parent)
        self._started_s = 0.0
        self._uv_wheel: Wheel
        self._lock: Lock
        self._python = ""

    def start(self) -> None:
        """Waits until no other QGIS installs into the folder, then begins."""
        self._started_s = time.monotonic()
        super().start()

    @property
    def _downloads(self) -> Path:
        return environments.downloads(self._plan.folder)

    @property
    def _target(self) -> Path:
        return environments.folder_for(self._plan.folder, self._lock)

    @property
    def _uv(self) -> Path:
        return uv_program.program(self._plan.folder, self._uv_wheel)

    def _begin(self) -> None:
        """First step: is the work done already, by another QGIS that had its turn before?"""
        for found in environments.complete(self._plan.folder):
            if found.is_current(self._plan.locks) and found.marker.build == self._plan.build:
                self._succeed(found.python)
                return
        try:
            self._uv_wheel = uv_wheel(this_platform(), self._plan.locks)
        except (OSError, LookupError):
            self._steps.fail(no_packages_text())
            return
        if self._plan.bundle is not None:
            self._steps.say(tr("Unpacking the bundle"), _UV)
            unpack = partial(bundle.unpack, self._plan.bundle, self._downloads, self._plan.build, self._plan.locks)
            self._steps.work(unpack, self._on_unpacked)
        elif self._uv.is_file():
            self._choose_python("")
        else:
            self._fetching.fetch_uv(self._uv_wheel, _PYTHON, lambda: self._choose_python(""))

    def _on_unpacked(self, python_version: str) -> None:
        self._fetching.unpack_uv(self._uv_wheel, lambda: self._choose_python(python_version))

    def _choose_python(self, version: str) -> None:
        plan = self._plan
        choice = PythonChoice(
            self._steps, self._uv, plan.folder, plan.build, version, plan.bundle is None, self._read_lock, plan.locks
        )
        choice.start(plan.python)

    def _read_lock(self, python: str, version: str) -> None:
        self._python = python
        self._lock = read_lock(this_platform(), self._plan.build, version, self._plan.locks)
        if self._plan.bundle is not None:
            self._write_requirements(bundle.read_hashes(self._downloads))
        else:
            self._fetching.fetch_wheels(self._lock, (_LOOK_UP, _MAKE), self._write_requirements)

    def _write_requirements(self, hashes: Dict[str, str]) -> None:
        """Writes what uv installs: the lock, with the hashes that it lacks."""
        lines = [
            f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256 or hashes[wheel.file]}\n"
            for wheel in self._lock.wheels
        ]
        try:
            self._requirements.write_text("".join(lines), encoding="utf-8")
        except OSError as error:
            self._steps.fail_for(error)
            return
        self._steps.say(tr("Making the environment"), _MAKE)
        self._steps.run(uv_program.make_command(self._uv, self._python, self._target), lambda _said: self._install())

    @property
    def _requirements(self) -> Path:
        return self._downloads / "requirements.txt"

    def _install(self) -> None:
        self._steps.say(tr("Installing packages"), _INSTALL)
        python = environments.venv_python(self._target)
        command = uv_program.install_command(self._uv, python, self._downloads, self._requirements)
        self._steps.run(command, lambda _said: self._prove())

    def _prove(self) -> None:
        """Last step: the backend says hello and embeds a real tile on every device it can use."""
        self._steps.say(tr("Testing: one real tile on each device"), _TEST)
        backend = BackendProcess(str(environments.venv_python(self._target)), self)
        job = Job(protocol.DoctorRequest(test=True), backend)
        job.finished.connect(partial(self._on_tested, backend))
        job.failed.connect(lambda *error: self._steps.fail(messages.error_sentence(*error)))
        self._steps.hold(lambda: backend.shutdown(0))
        backend.submit(job)

    def _on_tested(self, backend: BackendProcess, report: Dict[str, Any]) -> None:
        backend.shutdown(0)  # it has nothing left to write, and its own end may take a second
        reason = _failed_test(report)
        if reason:
            text = tr("The self-test failed: {reason} {place}")
            self._steps.fail(text.format(reason=reason, place=backend_log.place_text()))
        else:
            self._steps.say(tr("Self-test passed"), _TEST)
            self._steps.work(partial(environments.size_of, self._target), self._mark)

    def _mark(self, disk_bytes: int) -> None:
        marker = environments.Marker(
            self._lock.id,
            self._lock.build,
            self._lock.python,
            datetime.now(timezone.utc).isoformat(timespec="seconds"),
            round(time.monotonic() - self._started_s, 1),
            self._steps.fetched_bytes,
            disk_bytes,
        )
        try:
            environments.mark(self._target, marker)
        except OSError as error:
            self._steps.fail_for(error)
            return
        self._succeed(str(environments.venv_python(self._target)))


def _failed_test(report: Dict[str, Any]) -> str:
    """Returns what is wrong with a report of the doctor; a device beside the CPU that fails can be left alone."""
    for device in report["devices"]:
        if device["id"] == "cpu":
            test = device.get("test") or {}
            if test.get("ok"):
                return ""
            return str(test.get("error") or device.get("reason") or tr("The CPU gave no result."))
    return tr("The CPU is missing among the devices.")
