"""The verb `probe_paths`: whether folders of the plugin's machine are the same folders here, to read and to write."""

import os
import secrets
import time
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.progress import Report

_MOST_CHARACTERS = 200
_PATIENCE_S = 2.0  # a network folder may take a moment to show what another machine wrote
_PAUSE_S = 0.2


def run(request: protocol.ProbePathsRequest, report: Report) -> dict[str, Any]:
    """Reads each file and writes an answer beside it, which the plugin reads and removes.

    Returns:
        found: Of each file, in order: text ("" where there is none), answer (the text of the answer file, "" where none
            could be written), problem (why not, "" if none), folder (where links lead to).

    Raises:
        InputError: a file that is no probe: this verb reads and writes no other.
    """
    for file in request.files:
        name = Path(file).name
        if not name.startswith(protocol.PROBE_PREFIX) or not name.removeprefix(protocol.PROBE_PREFIX).isalnum():
            raise InputError(f"'{name}' is no probe file.", f"Name it {protocol.PROBE_PREFIX} and a number.")
    report.check()
    return {"found": [_probe(Path(file)) for file in request.files]}


def _probe(file: Path) -> dict[str, str]:
    found = {"text": "", "answer": "", "problem": "", "folder": os.path.realpath(file.parent)}
    answer = secrets.token_hex(16)
    try:
        found["text"] = _patient_text(file)
        with file.with_name(f"{file.name}.answer").open("x", encoding="utf-8") as written:
            written.write(answer)
        found["answer"] = answer
    except (OSError, UnicodeDecodeError) as error:
        found["problem"] = getattr(error, "strerror", None) or str(error)
    return found


def _patient_text(file: Path) -> str:
    """Reads the file's text; waits a moment for it where its folder is there."""
    deadline = time.monotonic() + _PATIENCE_S
    while not file.exists() and file.parent.is_dir() and time.monotonic() < deadline:
        os.listdir(file.parent)  # has a network folder look again
        time.sleep(_PAUSE_S)
    with file.open(encoding="utf-8") as opened:
        return opened.read(_MOST_CHARACTERS)
