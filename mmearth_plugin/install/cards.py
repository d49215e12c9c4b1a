"""Asks the driver of NVIDIA which cards there are, so that the fitting build of PyTorch can be offered."""

from __future__ import annotations

import re
from typing import Callable, List

from qgis.PyQt.QtCore import QObject, QTimer

from ..child_environment import child_environment
from .locks import Card
from .programs import Program

_COMMAND = ("nvidia-smi", "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader")
_PATIENCE_MS = 5000  # a driver that hangs must not keep the offer away


def ask(parent: QObject, then: Callable[[List[Card]], None]) -> Program:
    """Calls `then` with the cards; with none where there is no driver. The caller may stop what is returned."""
    program = Program(child_environment(), parent)
    program.finished.connect(lambda said: then(read(said)))
    program.failed.connect(lambda _why: then([]))

    def give_up() -> None:
        if program.is_running:
            program.stop()
            then([])

    QTimer.singleShot(_PATIENCE_MS, give_up)
    program.start(_COMMAND)
    return program


def read(said: str) -> List[Card]:
    """Reads the table of nvidia-smi; old drivers do not tell the compute capability."""
    cards = []
    for line in said.splitlines():
        name, _, rest = line.partition(",")
        driver, _, capability = rest.partition(",")
        found = re.fullmatch(r"\s*(\d+)\.(\d+)\s*", capability)
        if re.fullmatch(r"\s*\d+(\.\d+)+\s*", driver):
            cards.append(Card(name.strip(), driver.strip(), (int(found[1]), int(found[2])) if found else None))
    return cards
