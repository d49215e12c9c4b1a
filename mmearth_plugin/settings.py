"""Typed access to the plugin's keys in QgsSettings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

_PYTHON = "mmearth/python"
_REMOTE_COMMAND = "mmearth/remote_command"
_PATH_PAIRS = "mmearth/path_pairs"
_BACKEND_FOLDER = "mmearth/backend_folder"
_PACKAGE_INDEX = "mmearth/package_index"
_TORCH_INDEX = "mmearth/torch_index"
_BACKEND_BUILD = "mmearth/backend_build"
_BASE_PYTHON = "mmearth/base_python"
_OUTPUT_FOLDER = "mmearth/output_folder"
_READINGS = "mmearth/readings"
_UNFINISHED_RUNS = "mmearth/unfinished_runs"
_NOTIFICATIONS = "mmearth/notifications"
_THREADS = "mmearth/threads"
_MEMORY_LIMIT = "mmearth/memory_limit_bytes"
_DEVICE = "mmearth/device"
_PRECISION = "mmearth/precision"
_CACHE_LIMIT = "mmearth/cache_limit_bytes"
_STARTED_TRAININGS = "mmearth/started_trainings"
_PREVIEW_OPACITY = "mmearth/preview_opacity"
_MOST_READINGS = 100

Reading = Tuple[Dict[str, int], str]  # Sentinel-2 band name → band number; one of `protocol.UNITS`


def python() -> str:
    """Returns the Python that the user chose for the backend; empty if none."""
    return str(QgsSettings().value(_PYTHON, "", type=str))


def set_python(path: str) -> None:
    """Remembers the Python for the backend; an empty path forgets it."""
    QgsSettings().setValue(_PYTHON, path)


def backend_folder() -> str:
    """Returns the folder that the user chose for the backend; empty where it is in the QGIS profile."""
    return str(QgsSettings().value(_BACKEND_FOLDER, "", type=str))


def set_backend_folder(path: str) -> None:
    """Remembers the folder for the backend; an empty path means the QGIS profile."""
    QgsSettings().setValue(_BACKEND_FOLDER, path)


def package_index() -> str:
    """Returns the address of the package index that the user chose; empty where it is found elsewhere."""
    return str(QgsSettings().value(_PACKAGE_INDEX, "", type=str))


def set_package_index(address: str) -> None:
    """Remembers the address of a package index; an empty one forgets it."""
    QgsSettings().setValue(_PACKAGE_INDEX, address)


def torch_index() -> str:
    """Returns the address of PyTorch's own index that the user chose; empty where it is found elsewhere."""
    return str(QgsSettings().value(_TORCH_INDEX, "", type=str))


def set_torch_index(address: str) -> None:
    """Remembers the address of PyTorch's own index; an empty one forgets it."""
    QgsSettings().setValue(_TORCH_INDEX, address)


def remote_command() -> str:
    """Returns the command that starts the backend on another machine; empty where it runs on this one."""
    return str(QgsSettings().value(_REMOTE_COMMAND, "", type=str)).strip()


def set_remote_command(command: str) -> None:
    """Remembers the command that starts the backend on another machine; an empty one means this machine."""
    QgsSettings().setValue(_REMOTE_COMMAND, command)


def path_pairs() -> List[Tuple[str, str]]:
    """Returns folders of this machine, each with what the other machine calls it."""
    try:
        found = json.loads(str(QgsSettings().value(_PATH_PAIRS, "[]", type=str)))
        return [(str(here), str(there)) for here, there in found]
    except (TypeError, ValueError):  # edited by hand
        return []


def set_path_pairs(pairs: Sequence[Tuple[str, str]]) -> None:
    """Remembers folders of this machine, each with what the other machine calls it."""
    QgsSettings().setValue(_PATH_PAIRS, json.dumps(list(pairs)))


def backend_build() -> str:
    """Returns the build of PyTorch that the user chose; empty for the one that suits the graphics card."""
    return str(QgsSettings().value(_BACKEND_BUILD, "", type=str))


def set_backend_build(build: str) -> None:
    """Remembers the build of PyTorch; an empty one means the one that suits the graphics card."""
    QgsSettings().setValue(_BACKEND_BUILD, build)


def base_python() -> str:
    """Returns the Python that the backend's environment is to be made from; empty for one that fits."""
    return str(QgsSettings().value(_BASE_PYTHON, "", type=str))


def set_base_python(path: str) -> None:
    """Remembers the Python that the backend's environment is to be made from; an empty path forgets it."""
    QgsSettings().setValue(_BASE_PYTHON, path)


def chosen_output_folder() -> str:
    """Returns the folder for results that the user chose; empty if none."""
    return str(QgsSettings().value(_OUTPUT_FOLDER, "", type=str))


def output_folder() -> str:
    """Returns where results go: the folder chosen last, else `mmearth` beside the project or among the documents."""
    if chosen_output_folder():
        return chosen_output_folder()
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


def started_trainings() -> str:
    """Returns the trainings that were begun and did not come to their end, as JSON."""
    return str(QgsSettings().value(_STARTED_TRAININGS, "[]", type=str))


def set_started_trainings(trainings: str) -> None:
    """Remembers trainings that were begun, as JSON."""
    QgsSettings().setValue(_STARTED_TRAININGS, trainings)


def notifications() -> bool:
    """Returns whether a user who is elsewhere is told that a long job ended."""
    return bool(QgsSettings().value(_NOTIFICATIONS, True, type=bool))


def set_notifications(wanted: bool) -> None:
    """Remembers whether a user who is elsewhere is told that a long job ended."""
    QgsSettings().setValue(_NOTIFICATIONS, wanted)


def threads() -> int:
    """Returns how many processor threads the backend may use; 0 for all."""
    return max(0, int(QgsSettings().value(_THREADS, 0, type=int)))


def set_threads(count: int) -> None:
    """Remembers how many processor threads the backend may use, from its next start on; 0 for all."""
    QgsSettings().setValue(_THREADS, count)


def memory_limit_bytes() -> int:
    """Returns the memory that tiles are chosen for, as `protocol.EmbedRequest` wants it; 0 where none was chosen."""
    return max(0, int(float(QgsSettings().value(_MEMORY_LIMIT, 0.0, type=float))))


def set_memory_limit_bytes(limit: int) -> None:
    """Remembers the memory that tiles are chosen for; 0 forgets it."""
    QgsSettings().setValue(_MEMORY_LIMIT, float(limit))


def device() -> str:
    """Returns the id of the device that the user chose last; "auto" where none was chosen."""
    return str(QgsSettings().value(_DEVICE, "auto", type=str)) or "auto"


def set_device(name: str) -> None:
    """Remembers the device that the user chose."""
    QgsSettings().setValue(_DEVICE, name)


def precision() -> str:
    """Returns the precision that the user chose for encoders, one of `protocol.PRECISIONS`; "auto" where none was."""
    return str(QgsSettings().value(_PRECISION, "auto", type=str)) or "auto"


def set_precision(name: str) -> None:
    """Remembers the precision for encoders."""
    QgsSettings().setValue(_PRECISION, name)


def cache_limit_bytes() -> int:
    """Returns the limit for the backend's cache, as `protocol.CacheRequest` wants it; 0 where the user chose none."""
    return int(float(QgsSettings().value(_CACHE_LIMIT, 0.0, type=float)))


def set_cache_limit_bytes(limit: int) -> None:
    """Remembers the limit for the backend's cache; -1 switches it off."""
    QgsSettings().setValue(_CACHE_LIMIT, float(limit))


def preview_opacity() -> float:
    """Returns how opaque the live preview is, 0…1."""
    return min(1.0, max(0.0, float(QgsSettings().value(_PREVIEW_OPACITY, 0.7, type=float))))


def set_preview_opacity(opacity: float) -> None:
    """Remembers how opaque the live preview is."""
    QgsSettings().setValue(_PREVIEW_OPACITY, opacity)


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
