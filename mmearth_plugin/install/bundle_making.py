"""Makes an offline bundle for a computer like this one: everything is fetched, nothing is installed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Dict, Optional

from qgis.PyQt.QtCore import QObject

from ..messages import tr
from . import bundle, environments, uv_program
from .downloads import Wanted
from .folder_work import FolderWork, Plan
from .locks import Lock, no_packages_text, pythons, read_lock, this_platform, uv_wheel

_UV, _PYTHON, _WRITE = 0.04, 0.1, 0.95


class BundleMaking(FolderWork):
    """Writes one file, which `finished` tells.

    Args:
        plan: As for an installation; its Python is not looked at, as the bundle brings one.
        target: Path of the bundle.
    """

    def __init__(self, plan: Plan, target: Path, parent: Optional[QObject] = None) -> None:
        super().__init__(plan, parent)
        self._target = target
        self._lock: Lock

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
        self._steps.work(write, lambda _answer: self._succeed(str(self._target)))
