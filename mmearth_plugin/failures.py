"""The table of ways in which the backend or its installation fails: what it left behind → cause and remedy.

Knows exit codes and texts of standard error, nothing of processes, widgets or files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Optional, Sequence

from ..backend.mmearth import protocol
from .failure_cases import Case, cases
from .messages import tr

_MOST_CHARACTERS = 200  # of what is quoted
_MOST_SEARCHED = 1000  # at each end of a line
_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}
_SIGNALS_MACOS = {**_SIGNALS, 7: "", 10: "SIGBUS"}
_SHELL_SIGNALS = 128  # a shell or container that runs the backend answers this plus the signal
_LEAST_STATUS = 0x80000000  # NTSTATUS codes of severity warning and error


@dataclass(frozen=True)
class Failure:
    """Why something ended, in words for the user.

    Args:
        name: Row of the table; empty where the cause is not known.
        code: One of the codes of the protocol.
    """

    name: str
    code: str
    cause: str
    remedy: str


def explain(exit_code: int, crashed: bool, last_lines: Sequence[str], system: str) -> Failure:
    """Returns the cause and the remedy of an ending.

    Args:
        exit_code: As QProcess tells it: the signal's number where a process crashed; Windows codes may be negative.
        last_lines: What was said on standard error, oldest first.
        system: `sys.platform`.
    """
    ending, said = ending_name(exit_code, crashed, system), "\n".join(map(_searched, last_lines))
    for case in cases():
        groups = _matched(case, ending, said, system)
        if groups is not None:
            return Failure(case.name, case.code, case.cause.format(**groups), case.remedy)
    words = next((line.strip() for line in reversed(last_lines) if line.strip()), "")
    cause = tr('Its last words were: "{line}".').format(line=shortened(words)) if words else tr("It left no word.")
    return Failure("", protocol.INTERNAL, cause, tr("Try again; if it happens again, report it with the log, please."))


def ending_name(exit_code: int, crashed: bool, system: str) -> str:
    """Returns the signal's name or the Windows status code in an exit code; empty where it is a plain number."""
    if system == "win32":
        status = exit_code & 0xFFFFFFFF
        return f"0x{status:08X}" if status >= _LEAST_STATUS else ""
    signals = _SIGNALS_MACOS if system == "darwin" else _SIGNALS
    return signals.get(exit_code if crashed else exit_code - _SHELL_SIGNALS, "")


def shortened(line: str) -> str:
    """Returns as much of a line as a sentence can quote."""
    return line if len(line) <= _MOST_CHARACTERS else line[:_MOST_CHARACTERS] + "…"


def _searched(line: str) -> str:
    """Returns both ends of a line: searching one of 100 000 letters took 15 s."""
    return line if len(line) <= 2 * _MOST_SEARCHED else f"{line[:_MOST_SEARCHED]}…{line[-_MOST_SEARCHED:]}"


def _matched(case: Case, ending: str, said: str, system: str) -> Optional[Dict[str, str]]:
    if not system.startswith(case.system):
        return None
    if ending in case.endings:
        return {}
    found = re.search(case.text, said) if case.text else None
    return found.groupdict() if found is not None else None
