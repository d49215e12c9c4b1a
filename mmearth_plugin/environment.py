"""Finds the backend: on another machine, or a Python here that has its dependencies. Knows no widgets, no layers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from . import settings
from .child_environment import BACKEND_FOLDER
from .install import environments
from .messages import tr
from .remote import command
from .remote.command import Launch


def find_launch() -> Optional[Launch]:
    """Returns how the backend is started: on the machine that the user named, else by a Python here; or None."""
    python = find_python()
    return command.configured() or (Launch(python) if python else None)


def find_python() -> str:
    """Returns the Python for the backend, or an empty text.

    Looks at the user's setting, the variable MMEARTH_PYTHON, `.venv` of a development checkout, the installed backend.
    """
    for chosen in (settings.python(), os.environ.get("MMEARTH_PYTHON", "")):
        if chosen and Path(chosen).is_file():
            return chosen
    checkout = environments.venv_python(BACKEND_FOLDER.parent / ".venv")
    if checkout.is_file():
        return str(checkout)
    return environments.current_python()


def missing_text() -> str:
    """Returns what to say where there is no backend."""
    return tr(
        "MMEarth computes in an environment of its own, and none was found. "
        'Open the MMEarth panel and click "Install the backend".'
    )
