"""How a backend is started: by a Python of this machine, or by a command such as `ssh`, with folders both see."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from typing import List, Optional, Tuple

from .. import settings
from ..messages import InputError, tr
from .path_map import PathMap, is_absolute

EXAMPLE = "ssh -T -o BatchMode=yes gpu.example.org /srv/mmearth/.venv/bin/mmearth serve"


@dataclass(frozen=True)
class Launch:
    """A program with its arguments, started without a shell.

    Args:
        paths: None for a backend of this machine.
    """

    program: str
    arguments: Tuple[str, ...] = ("-m", "mmearth", "serve")
    paths: Optional[PathMap] = None

    @property
    def is_remote(self) -> bool:
        """Whether the backend sees other paths than QGIS."""
        return self.paths is not None

    @property
    def name(self) -> str:
        """What the user chose: a Python, or a command."""
        return " ".join((self.program, *self.arguments)) if self.is_remote else self.program


def remote_launch(command: str, pairs: List[Tuple[str, str]]) -> Launch:
    """Returns how to start a backend by a command.

    Raises:
        InputError: the command cannot be split into words, or a folder is no full path.
    """
    program, *arguments = split(command, sys.platform)
    for folder in (folder for pair in pairs for folder in pair):
        if not is_absolute(folder):
            text = tr('"{folder}" is no full path. Write folders from the root, as in "{example}".')
            raise InputError(text.format(folder=folder, example="/data/scenes"))
    return Launch(program, tuple(arguments), PathMap(tuple(pairs)))


def configured() -> Optional[Launch]:
    """Returns the launch of the other machine that the settings name; None where they name none."""
    command = settings.remote_command()
    if not command:
        return None
    try:
        return remote_launch(command, settings.path_pairs())
    except InputError:  # edited by hand: starting it says that there is no such program
        return Launch(command, (), PathMap())


def split(command: str, system: str) -> List[str]:
    """Returns the words of a command.

    Args:
        command: With quotes around words that have spaces; a backslash of Windows is a character as others.
        system: `sys.platform`.

    Raises:
        InputError: no word, or a quote without its end.
    """
    try:
        words = shlex.split(command, posix=system != "win32")
    except ValueError as error:
        text = tr('The command "{command}" has a quotation mark without its end. Close it, or take it away.')
        raise InputError(text.format(command=command)) from error
    if system == "win32":
        words = [re.sub(r'^(["\'])(.*)\1$', r"\2", word) for word in words]
    if not words:
        raise InputError(tr("Write the command that starts the backend, such as: {example}").format(example=EXAMPLE))
    return words
