"""What a bug report needs, as Markdown: versions, devices and the last lines of the log, without the user's name."""

from __future__ import annotations

import configparser
import platform
from pathlib import Path
from typing import Any, Dict, Optional

from osgeo import gdal
from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR
from qgis.PyQt.QtWidgets import QApplication

from .. import messages
from ..backend_process import BackendProcess
from ..messages import tr
from .log_text import redacted

_METADATA = Path(__file__).resolve().parents[2] / "metadata.txt"
_FENCE = "```"


def metadata(key: str) -> str:
    """Returns an entry of the plugin's metadata; empty where it has none."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(_METADATA, encoding="utf-8")
    return parser.get("general", key, fallback="")


def text(backend: Optional[BackendProcess]) -> str:
    """Returns the report; of a backend that has not said hello yet, that it has not."""
    hello: Dict[str, Any] = {} if backend is None or backend.hello is None else backend.hello
    rows = {
        "QGIS": Qgis.QGIS_VERSION,
        "Qt": QT_VERSION_STR,
        "GDAL": gdal.VersionInfo("RELEASE_NAME"),
        "Python of QGIS": platform.python_version(),
        "System": platform.platform(),
        "Plugin": metadata("version"),
        "Backend": messages.hello_text(hello) if hello else "not started",
        "Python of the backend": "none" if backend is None else backend.python,
    }
    lines = ["| what | version |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    log = [line.replace(_FENCE, "'''") for line in messages.latest_lines()]
    return redacted("\n".join([*lines, "", _FENCE, *log, _FENCE, ""]))


def copy(backend: Optional[BackendProcess]) -> str:
    """Puts the report on the clipboard; returns what to tell the user."""
    QApplication.clipboard().setText(text(backend))
    return tr("Copied. Paste it into a new issue at {url}, below what you did and what happened.").format(
        url=metadata("tracker")
    )
