"""The log file of the backend's children: all that they and their installation say, without user names.

One file for all of them, so that a child of Processing does not wipe out what the dock's child said. It stays in the
QGIS profile and is never sent anywhere.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from .jobs.log_text import redacted
from .messages import tr

_MOST_BYTES = 1_000_000
_KEPT_BYTES = 500_000  # of a file that has grown too long
_writing = threading.Lock()  # Processing runs children in threads of its own


def path() -> Path:
    """Returns where the log is; it exists once something was said."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "mmearth" / "backend.log"


def place_text() -> str:
    """Returns the sentence that says where the log is; empty where there is none."""
    file = path()
    return tr('The whole log is in "{path}".').format(path=file) if file.is_file() else ""


def open_log() -> bool:
    """Shows the log in the program that the system has for it; returns whether there is one."""
    return path().is_file() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(path())))


def append(text: str) -> None:
    """Adds lines to the log; the oldest are dropped where it would grow beyond 1 MB.

    A profile that cannot be written has no log: that must not end the work, and the log panel has the lines as well.
    """
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    lines = [f"{now} {line}\n" for line in redacted(text).splitlines() if line.strip()]
    data, file = "".join(lines).encode("utf-8", "replace")[-_KEPT_BYTES:], path()
    try:
        with _writing:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.is_file() and file.stat().st_size + len(data) > _MOST_BYTES:
                _, _, kept = file.read_bytes()[-_KEPT_BYTES:].partition(b"\n")
                file.write_bytes(kept)
            with file.open("ab") as log:
                log.write(data)
    except OSError:
        return
