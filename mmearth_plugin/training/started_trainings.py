"""Which trainings were begun and never came to an end: those that QGIS, or the machine, took with it.

A training is noted when it starts and struck off when it ends in any way the dock hears of. Knows no widgets.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Set

from .. import settings
from .encoder_run import resumable_step, run_folder

PRETRAIN, ADAPT, FINE_TUNE = "pretrain", "adapt", "fine_tune"  # as the verbs of the protocol
_MOST = 20  # remembered
_own: Set[str] = set()  # files of those that run here and now


@dataclass(frozen=True)
class CutOff:
    """A training that ended without a word.

    Attributes:
        out: Weights or model file that it was to write.
        step: After which it was saved; 0 if it was not.
        steps: How many there were to be; 0 where that is not known.
        seconds: When it was saved last, or begun; since 1970.
    """

    out: str
    step: int
    steps: int
    seconds: float


def begin(kind: str, out: str, now_s: float) -> None:
    """Notes that a training starts."""
    _own.add(out)
    entry = {"kind": kind, "out": out, "steps": 0, "begun_s": now_s, "process": os.getpid()}
    _store([*(other for other in _entries() if other["out"] != out), entry])


def tell_steps(out: str, steps: int) -> None:
    """Notes how many steps a training has."""
    entries = _entries()
    if any(entry["out"] == out and entry["steps"] != steps for entry in entries):
        _store([{**entry, "steps": steps} if entry["out"] == out else entry for entry in entries])


def end(out: str) -> None:
    """Strikes off a training that ended and said so, or that the user wants to hear no more of."""
    _own.discard(out)
    if any(entry["out"] == out for entry in _entries()):
        _store([entry for entry in _entries() if entry["out"] != out])


def leave(out: str) -> None:
    """Lets go of a training whose child is ended with the plugin: it is found as cut off from now on."""
    _own.discard(out)


def cut_off(kind: str) -> List[CutOff]:
    """Returns the trainings of a kind that were cut off, the latest first; strikes off those that left nothing."""
    found = []
    for entry in reversed(_entries()):
        out = entry["out"]
        if entry["kind"] != kind or out in _own or _runs_elsewhere(int(entry["process"])):
            continue
        if not run_folder(out).is_dir():  # removed, or finished by another program
            end(out)
            continue
        step, seconds = resumable_step(out), float(entry["begun_s"])
        if step:
            seconds = (run_folder(out) / "checkpoint.json").stat().st_mtime
        elif Path(out).exists() and Path(out).stat().st_mtime >= seconds:  # it came to its end after all
            end(out)
            continue
        found.append(CutOff(out, step, int(entry["steps"]), seconds))
    return found


def _runs_elsewhere(process: int) -> bool:
    """Whether another QGIS that uses the same profile is alive and may well be training."""
    if process == os.getpid() or sys.platform == "win32":  # there, asking would end it
        return False
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _entries() -> List[Dict[str, Any]]:
    try:
        found = json.loads(settings.started_trainings())
        return [
            {
                "kind": str(entry["kind"]),
                "out": str(entry["out"]),
                "steps": int(entry["steps"]),
                "begun_s": float(entry["begun_s"]),
                "process": int(entry["process"]),
            }
            for entry in found
        ]
    except (ValueError, KeyError, TypeError):  # edited by hand
        return []


def _store(entries: List[Dict[str, Any]]) -> None:
    settings.set_started_trainings(json.dumps(entries[-_MOST:]))
