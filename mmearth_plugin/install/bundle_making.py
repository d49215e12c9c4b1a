"""Makes an offline bundle for a computer like this one: everything is fetched, nothing is installed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Dict, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..messages import tr
from . import bundle, environments, uv_program
from .downloads import Wanted
from .fetching import Fetching
from .install_lock import InstallLock
from .installation import Plan
from .locks import Lock, no_packages_text, pythons, read_lock, this_platform, uv_wheel
from .steps import Steps

_UV, _PYTHON, _WRITE = 0.04, 0.1, 0.95


class BundleMaking(QObject):
    """Writes one file; ends with exactly one of `finished`, `failed` and `cancelled`.

    Args:
        plan: As for an installation; its Python is not looked at, as the bundle brings one.
        target: Path of the bundle.
    """

    step = pyqtSignal(str, float)
    finished = pyqtSignal(str)  # path of the bundle
    failed = pyqtSignal(str)
    cancelled = pyqtSignal()

    def __init__(self, plan: Plan, target: Path, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._plan, self._target, self._over = plan, target, False
        self._steps = Steps(plan.folder, self)
        self._steps.step.connect(self.step)
        self._steps.failed.connect(self._on_failed)
        self._fetching = Fetching(self._steps, plan.folder, plan.index, plan.torch_index, plan.locks)
        self._turn = InstallLock(plan.folder, self)
        self._turn.taken.connect(self._begin)
        self._turn.waiting.connect(lambda text: self.step.emit(text, 0.0))
        self._turn.failed.connect(self._steps.fail_for)
        self._lock: Lock

    def start(self) -> None:
        """Waits until nobody else uses the folder of downloads, then begins."""
        self._turn.take()

    def cancel(self) -> None:
        """Stops at once; what was downloaded stays for the next try."""
        if self._end():
            self.cancelled.emit()

    def _begin(self) -> None:
        versions = pythons(this_platform(), self._plan.build, self._plan.locks)
        try:
            self._uv_wheel = uv_wheel(this_platform(), self._plan.locks)
            version = uv_program.PREFERRED if uv_program.PREFERRED in versions else versions[-1]
            self._lock = read_lock(this_platform(), self._plan.build, version, self._plan.locks)
        except (OSError, LookupError):
            self._steps.fail(no_packages_text())
            return
        self._fetching.fetch_uv(self._uv_wheel, _UV, self._list_pythons)

    def _list_pythons(self) -> None:
        uv = uv_program.program(self._plan.folder, self._uv_wheel)
        self._steps.run(uv_program.list_python_command(uv, self._lock.python), self._fetch_python)

    def _fetch_python(self, said: str) -> None:
        """Fetches a Python as well: a computer without network may have none that fits."""
        try:
            python = uv_program.read_python_list(said)
        except (LookupError, ValueError) as error:
            self._steps.fail(str(error))
            return
        archive = environments.downloads(self._plan.folder) / "python" / python.file
        text = tr("Downloading Python {version}").format(version=python.version)
        wheels = lambda _hashes: self._fetching.fetch_wheels(self._lock, (_PYTHON, _WRITE), self._write)  # noqa: E731
        self._steps.fetch([Wanted(python.url, archive, "", 0)], text, (_UV, _PYTHON), wheels)

    def _write(self, hashes: Dict[str, str]) -> None:
        self._steps.say(tr("Writing the bundle"), _WRITE)
        downloads = environments.downloads(self._plan.folder)
        write = partial(bundle.write, self._target, downloads, self._lock, self._uv_wheel, hashes)
        self._steps.work(write, lambda _answer: self._succeed())

    def _succeed(self) -> None:
        self._end()
        self.finished.emit(str(self._target))

    def _on_failed(self, reason: str) -> None:
        if self._end():
            self.failed.emit(reason)

    def _end(self) -> bool:
        if self._over:
            return False
        self._over = True
        self._steps.stop()
        self._turn.stop()
        return True
