"""Finds the Python that the environment is made from: the user's, one of the system, or one that uv unpacks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional

from qgis.PyQt.QtCore import QObject

from ..messages import tr
from . import environments, uv_program
from .downloads import Wanted
from .locks import LOCKS, machine_word, no_packages_text, pythons, this_platform
from .steps import Steps

_ASK = (
    "import json, platform, sys; "
    "print(json.dumps([list(sys.version_info[:2]), platform.machine(), sys.maxsize > 2**32, sys.implementation.name]))"
)


class PythonChoice(QObject):
    """Calls `then` with the path of a Python and its minor version.

    Args:
        uv: uv, unpacked.
        folder: Folder of the backend.
        build: Build of PyTorch: the locks tell for which Pythons there are wheels.
        version: The only version that will do; empty for any of the locks.
        online: Whether a Python may be downloaded.
    """

    def __init__(
        self,
        steps: Steps,
        uv: Path,
        folder: Path,
        build: str,
        version: str,
        online: bool,
        then: Callable[[str, str], None],
        locks: Path = LOCKS,
    ) -> None:
        super().__init__(steps)
        self._steps, self._uv, self._folder, self._online, self._then = steps, uv, folder, online, then
        self._wanted = [version] if version else pythons(this_platform(), build, locks)
        self._best = version or (
            uv_program.PREFERRED if uv_program.PREFERRED in self._wanted else (self._wanted or [""])[-1]
        )
        self._span = (0.04, 0.08)

    def start(self, chosen: str) -> None:
        """Begins.

        Args:
            chosen: The user's Python; empty if none.
        """
        self._steps.say(tr("Looking for a Python"), self._span[0])
        if not self._wanted:
            self._steps.fail(no_packages_text())
        elif chosen:
            self._check(chosen, None)
        elif sys.platform.startswith("linux"):
            # Elsewhere a Python on the path is often another program's own, whose libraries come and go with it.
            self._look_in_system(list(reversed(self._wanted)))
        else:
            self._find_managed()

    def _look_in_system(self, versions: List[str]) -> None:
        if not versions:
            self._find_managed()
            return
        command = uv_program.find_python_command(self._uv, versions[0])
        following = lambda _why="": self._look_in_system(versions[1:])  # noqa: E731
        self._steps.run(command, lambda said: self._check(said.strip(), following), following)

    def _find_managed(self) -> None:
        """Takes a Python that nothing else on the computer uses, and fetches it if need be."""
        command = uv_program.find_managed_command(self._uv, self._best)
        self._steps.run(command, lambda said: self._check(said.strip(), None), lambda _why: self._list())

    def _list(self) -> None:
        self._steps.run(uv_program.list_python_command(self._uv, self._best), self._fetch)

    def _fetch(self, said: str) -> None:
        try:
            python = uv_program.read_python_list(said)
        except (LookupError, ValueError) as error:
            self._steps.fail(str(error))
            return
        archive = environments.downloads(self._folder) / "python" / python.file
        if archive.is_file():
            self._unpack({})
        elif self._online:
            text = tr("Downloading Python {version}").format(version=python.version)
            # uv knows the hash of the archive and refuses another one.
            self._steps.fetch([Wanted(python.url, archive, "", 0)], text, self._span, self._unpack)
        else:
            text = tr(
                "The bundle has no Python in it, and this computer has no Python {version}. Install Python {version}, "
                "or choose one in the options of the installation."
            )
            self._steps.fail(text.format(version=self._best))

    def _unpack(self, _hashes: Dict[str, str]) -> None:
        self._steps.say(tr("Unpacking Python {version}").format(version=self._best), self._span[1])
        find = uv_program.find_managed_command(self._uv, self._best)
        self._steps.run(
            uv_program.install_python_command(self._uv, self._best, environments.downloads(self._folder)),
            lambda _said: self._steps.run(find, lambda said: self._check(said.strip(), None)),
        )

    def _check(self, python: str, otherwise: Optional[Callable[[], None]]) -> None:
        """Sees whether a Python can hold the wheels; if not, `otherwise` looks for another."""

        def read(said: str) -> None:
            problem, version = read_answer(said, python, self._wanted)
            if not problem:
                self._then(python, version)
            elif otherwise is not None:
                otherwise()
            else:
                self._steps.fail(problem)

        def fail(why: str) -> None:
            text = tr('"{python}" is not a working Python. Choose another program.').format(python=python)
            self._steps.fail(f"{text} {why}")

        self._steps.run([python, "-I", "-c", _ASK], read, fail)


def read_answer(said: str, python: str, wanted: List[str]) -> tuple[str, str]:
    """Returns what is wrong with a Python, or nothing, and its minor version.

    Args:
        said: What it answered about itself.
        wanted: Minor versions that there are wheels for.
    """
    try:
        (major, minor), machine, is_64_bit, implementation = json.loads(said)
    except (ValueError, TypeError):
        return tr('"{python}" is not a working Python. Choose another program.').format(python=python), ""
    version = f"{major}.{minor}"
    if implementation != "cpython":
        text = tr('"{python}" is {found}; the backend wants CPython, the Python of python.org. Choose another one.')
        return text.format(python=python, found=implementation), ""
    if not is_64_bit or this_platform().rpartition("-")[2] != machine_word(machine):
        text = tr('"{python}" is made for "{found}"; the backend wants a Python for "{wanted}". Choose another one.')
        found = machine if is_64_bit else tr("32 bits")
        return text.format(python=python, found=found, wanted=this_platform()), ""
    if version not in wanted:
        text = tr('"{python}" is Python {found}; the backend wants {wanted}. Choose another one.')
        return text.format(python=python, found=version, wanted=" / ".join(wanted)), ""
    return "", version
