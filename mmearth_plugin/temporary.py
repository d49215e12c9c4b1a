"""Files that the plugin hands to the backend or has it write, and that nobody keeps: in a folder that both see."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from qgis.core import QgsProcessingUtils

from . import settings

FOLDER = ".mmearth-temp"  # in a mapped folder


def folder() -> str:
    """Returns QGIS's folder for temporary files or, where another machine computes, one in a mapped folder."""
    pairs = settings.path_pairs() if settings.remote_command() else []
    if not pairs:
        return str(QgsProcessingUtils.tempFolder())
    own = Path(pairs[0][0]) / FOLDER / str(os.getpid())
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:  # what is written elsewhere is refused with a sentence that names the mapped folders
        return str(QgsProcessingUtils.tempFolder())
    return str(own)


def new_folder(prefix: str) -> Path:
    """Makes a folder whose name begins so."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=folder()))


def new_file(name: str) -> str:
    """Returns a path of that name which is not taken, in a folder of its own."""
    return str(new_folder("") / name)


def clear() -> None:
    """Removes what this session left in the mapped folders; QGIS clears its own folder itself."""
    for here, _there in settings.path_pairs():
        shutil.rmtree(Path(here) / FOLDER / str(os.getpid()), ignore_errors=True)
        with contextlib.suppress(OSError):  # another session has files there
            (Path(here) / FOLDER).rmdir()
