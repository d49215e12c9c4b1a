"""What the backend's child process finds around it: folder and environment. Knows nothing of the process itself."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QProcessEnvironment

from . import settings

BACKEND_FOLDER = Path(__file__).resolve().parent.parent / "backend"
_THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def child_environment(elsewhere: bool = False) -> QProcessEnvironment:
    """Returns the environment of the child: the user's, without what QGIS sets for its own Python, GDAL and PROJ.

    Args:
        elsewhere: Whether the child is a command for another machine, which has a backend of its own.
    """
    environment = QProcessEnvironment.systemEnvironment()
    for name in environment.keys():  # noqa: SIM118 - not a dict
        if name.upper().startswith(("PYTHON", "GDAL_", "PROJ_")):
            environment.remove(name)
    if elsewhere:
        return environment
    environment.insert("PYTHONPATH", str(BACKEND_FOLDER))
    environment.insert("PYTHONNOUSERSITE", "1")
    environment.insert("PYTHONDONTWRITEBYTECODE", "1")
    environment.insert("PYTHONUTF8", "1")
    if settings.threads():
        for name in _THREAD_LIMITS:
            environment.insert(name, str(settings.threads()))
    return environment
