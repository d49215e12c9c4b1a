"""The folder of the backend: what lies where, which environment is complete, which one a lock asks for.

An environment is complete once its marker is written, which is the last step after its self-test: one that was
interrupted is never taken for one.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, List, Optional

from qgis.core import QgsApplication

from .. import settings
from .locks import LOCKS, Lock, read_lock, this_platform

_MARKER = "mmearth-environment.json"
_PREFIX = "env-"


@dataclass(frozen=True)
class Marker:
    """What an environment says about itself.

    Args:
        lock: Id of the lock that it was made from.
        python: Minor version, such as "3.12".
        installed: When, as ISO 8601.
        seconds: From the first step to the last.
        download_bytes: What came over the network, in this try and those it resumed.
        disk_bytes: Its size on disk.
    """

    lock: str
    build: str
    python: str
    installed: str
    seconds: float
    download_bytes: int
    disk_bytes: int


@dataclass(frozen=True)
class Environment:
    """A complete environment."""

    folder: Path
    marker: Marker

    @property
    def python(self) -> str:
        """Path of its interpreter."""
        return str(venv_python(self.folder))

    def is_current(self, locks: Path = LOCKS) -> bool:
        """Whether it holds what the lock of this plugin asks for."""
        try:
            return read_lock(this_platform(), self.marker.build, self.marker.python, locks).id == self.marker.lock
        except OSError:  # this plugin has no lock for its Python any more
            return False


def venv_python(folder: Path) -> Path:
    """Returns the interpreter of a virtual environment."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def default_root() -> Path:
    """Returns where the backend goes unless the user chose another folder: into the QGIS profile."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "mmearth" / "backend"


def root() -> Path:
    """Returns the folder of the backend; inside a folder that the user chose it has one of its own."""
    chosen = settings.backend_folder()
    return Path(chosen) / "mmearth-backend" if chosen else default_root()


def downloads(folder: Path) -> Path:
    """Returns where files wait to be installed; what is there after an interruption is not fetched again."""
    return folder / "downloads"


def uv_cache(folder: Path) -> Path:
    """Returns where uv unpacks wheels."""
    return folder / "uv-cache"


def folder_for(folder: Path, lock: Lock) -> Path:
    """Returns the folder of the environment that a lock describes."""
    return folder / f"{_PREFIX}{lock.build}-python{lock.python}-{lock.id}"


def complete(folder: Path) -> List[Environment]:
    """Returns the complete environments below a folder, the newest first."""
    found = []
    for entry in folder.glob(f"{_PREFIX}*"):
        marker = _read_marker(entry)
        if marker is not None and venv_python(entry).is_file():
            found.append(Environment(entry, marker))
    return sorted(found, key=lambda environment: environment.marker.installed, reverse=True)


def current(folder: Path) -> Optional[Environment]:
    """Returns the environment to use: the newest that fits this plugin, else the newest there is."""
    found = complete(folder)
    return next((environment for environment in found if environment.is_current()), found[0] if found else None)


def current_python() -> str:
    """Returns the Python of the environment that was installed; empty if there is none."""
    found = current(root())
    return found.python if found is not None else ""


def mark(folder: Path, marker: Marker) -> None:
    """Declares an environment complete.

    Raises:
        OSError: the folder cannot be written.
    """
    temporary = folder / (_MARKER + ".part")
    temporary.write_text(json.dumps(asdict(marker)), encoding="utf-8")
    temporary.replace(folder / _MARKER)


def size_of(folder: Path, wanted: Callable[[], bool]) -> int:
    """Returns the bytes of all files below a folder; a file that has several names counts once.

    Args:
        wanted: Asked meanwhile; where it says no, this ends early.
    """
    seen = {}
    for path in folder.rglob("*"):
        if not wanted():
            break
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            seen[(status.st_dev, status.st_ino) if status.st_ino else path] = status.st_size
    return sum(seen.values())


def forget(folder: Path) -> None:
    """Has no environment below a folder count as complete any more: the quick beginning of `remove`."""
    for found in complete(folder):
        (found.folder / _MARKER).unlink()


def remove(folder: Path) -> List[str]:
    """Removes what an installation put into a folder, and nothing else there; returns what could not be removed."""
    kept: List[str] = []
    for name in ("downloads", "python", *(entry.name for entry in folder.glob(f"{_PREFIX}*")), *_uv_folders(folder)):
        kept += remove_tree(folder / name)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return kept


def remove_others(keep: Path) -> List[str]:
    """Removes the environments beside one, complete or not, and the downloads; returns what could not be removed."""
    folder = keep.parent
    others = [entry for entry in folder.glob(f"{_PREFIX}*") if entry != keep]
    return [left for entry in [*others, downloads(folder), uv_cache(folder)] for left in remove_tree(entry)]


def remove_tree(folder: Path) -> List[str]:
    """Removes a folder of ours; returns the files that could not be removed, which another program holds."""
    if not folder.is_dir():
        return []
    marker = folder / _MARKER
    if marker.is_file():
        marker.unlink()  # first: what is half removed must not look complete
    shutil.rmtree(folder, ignore_errors=True)
    return [str(folder)] if folder.exists() else []


def _uv_folders(folder: Path) -> List[str]:
    return [entry.name for entry in folder.glob("uv-*") if entry.is_dir()]


def _read_marker(folder: Path) -> Optional[Marker]:
    try:
        return Marker(**json.loads((folder / _MARKER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
