"""Typed access to the plugin's keys in QgsSettings."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

_PYTHON = "mmearth/python"
_OUTPUT_FOLDER = "mmearth/output_folder"


def python() -> str:
    """Returns the Python that the user chose for the backend; empty if none."""
    return str(QgsSettings().value(_PYTHON, "", type=str))


def set_python(path: str) -> None:
    """Remembers the Python for the backend; an empty path forgets it."""
    QgsSettings().setValue(_PYTHON, path)


def output_folder() -> str:
    """Returns where results go: the folder chosen last, else `mmearth` beside the project or among the documents."""
    chosen = str(QgsSettings().value(_OUTPUT_FOLDER, "", type=str))
    if chosen:
        return chosen
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return str(Path(QgsProject.instance().homePath() or documents) / "mmearth")


def set_output_folder(path: str) -> None:
    """Remembers where results go; an empty path forgets it."""
    QgsSettings().setValue(_OUTPUT_FOLDER, path)
