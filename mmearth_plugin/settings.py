"""Typed access to the plugin's keys in QgsSettings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple

from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

_PYTHON = "mmearth/python"
_OUTPUT_FOLDER = "mmearth/output_folder"
_READINGS = "mmearth/readings"
_UNFINISHED_RUNS = "mmearth/unfinished_runs"
_MOST_READINGS = 100

Reading = Tuple[Dict[str, int], str]  # Sentinel-2 band name → band number; one of `protocol.UNITS`


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


def unfinished_runs() -> str:
    """Returns the requests of trainings that can go on, as JSON."""
    return str(QgsSettings().value(_UNFINISHED_RUNS, "[]", type=str))


def set_unfinished_runs(runs: str) -> None:
    """Remembers requests of trainings that can go on, as JSON."""
    QgsSettings().setValue(_UNFINISHED_RUNS, runs)


def reading(kind: Sequence[str]) -> Optional[Reading]:
    """Returns the bands and units that the user chose for rasters of a kind; None if none."""
    found = _readings().get(json.dumps(kind))
    return None if found is None else (dict(found["bands"]), str(found["units"]))


def set_reading(kind: Sequence[str], chosen: Optional[Reading]) -> None:
    """Remembers bands and units for rasters of a kind; None forgets them."""
    readings, key = _readings(), json.dumps(kind)
    readings.pop(key, None)
    if chosen is not None:
        readings[key] = {"bands": chosen[0], "units": chosen[1]}
    latest = dict(list(readings.items())[-_MOST_READINGS:])
    QgsSettings().setValue(_READINGS, json.dumps(latest))


def _readings() -> Dict[str, Dict]:
    try:
        found = json.loads(str(QgsSettings().value(_READINGS, "{}", type=str)))
    except ValueError:  # edited by hand
        return {}
    return found if isinstance(found, dict) else {}
