"""Why a command for another machine failed: what ssh and the shell there say → cause and remedy."""

from __future__ import annotations

import re
from typing import List, Sequence, Tuple

from ...backend.mmearth import protocol
from .. import failures
from ..failures import Case, Failure
from ..messages import tr

_LOST = 255  # what ssh answers for every failure of its own


def explain(exit_code: int, crashed: bool, last_lines: Sequence[str], system: str) -> Failure:
    """Returns the cause and the remedy of an ending, as `failures.explain` does."""
    said = "\n".join(last_lines)
    for case in cases():
        found = re.search(case.text, said)
        if found is not None:
            return Failure(case.name, case.code, case.cause.format(**found.groupdict()), case.remedy)
    # What else has a code is told of the program there, in the way of shells: as on Linux, whatever QGIS runs on.
    found_there = failures.explain(exit_code, crashed, last_lines, system if crashed else "linux")
    if found_there.name or exit_code != _LOST or said.strip():
        return found_there
    return Failure(
        "ssh-lost",
        protocol.RESOURCE,
        tr("The connection to the other machine was lost, or the program there was killed."),
        tr("Look whether that machine still runs and has enough memory, then start it again."),
    )


def not_started(program: str) -> Tuple[str, str]:
    """Returns what to say where the command itself is no program of this machine, and what to do."""
    text = tr('The command for the other machine cannot be started: there is no program "{program}" here.')
    remedy = tr('Install it (ssh comes with OpenSSH), or correct the command under "Compute on another machine…".')
    return text.format(program=program), remedy


def silence_remedy() -> str:
    """Returns what to do where the command runs and nothing comes."""
    return tr(
        'It may wait for a password or for an answer: add "-o BatchMode=yes" after "ssh" in the command to see what '
        "it asks, and try the command in a terminal."
    )


def cases() -> List[Case]:
    """Returns the table; the first row that holds counts."""
    code = protocol.RESOURCE
    by_hand = tr("Try the command in a terminal first; it must start without a question.")
    return [
        Case(
            "ssh-host-unknown",
            code,
            tr('The name of the other machine, "{host}", is not known here.'),
            tr("Check the name for typing mistakes, and whether a VPN is needed."),
            text=r"Could not resolve hostname (?P<host>[^\s:]+)",
        ),
        Case(
            "ssh-host-key",
            code,
            tr("The other machine is not known to ssh yet, or shows another key than before."),
            tr(
                "Connect once in a terminal with the same command, compare the key with what its administrator says, "
                "and answer yes."
            ),
            text=r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        ),
        Case(
            "ssh-no-key",
            code,
            tr("The other machine did not accept the login ({methods})."),
            tr("Set up a key without a question (ssh-keygen, ssh-copy-id, or an ssh agent). {by_hand}").format(
                by_hand=by_hand
            ),
            text=r"Permission denied \((?P<methods>[\w,\s-]+)\)",
        ),
        Case(
            "ssh-refused",
            code,
            tr("The other machine answers, but no ssh server listens there at this port."),
            tr('Start its ssh server, or name the port in the command, as in "ssh -p 2222 …".'),
            text=r"(?:connect to host|ssh:).*Connection refused",
        ),
        Case(
            "ssh-unreachable",
            code,
            tr("The other machine cannot be reached."),
            tr("Look whether it is switched on, and whether a VPN is needed."),
            text=r"(?:connect to host|ssh:).*(?:timed out|No route to host|Network is unreachable|Host is down)",
        ),
        Case(
            "ssh-not-found",
            protocol.PROTOCOL,
            tr('The shell there found no program "{program}".'),
            tr("Write the full path of mmearth on the other machine in the command. {by_hand}").format(by_hand=by_hand),
            text=r"(?m)(?:^|: )'?(?P<program>[^\s:']+)'?: (?:command not found|not found|No such file or directory)$",
        ),
        Case(
            "ssh-lost-midway",
            code,
            tr("The connection to the other machine was lost."),
            tr(
                "Look at the network, then start it again; trainings go on from their checkpoint. "
                '"-o ServerAliveInterval=15" in the command keeps idle connections open.'
            ),
            text=r"Broken pipe|Connection (?:reset|closed) by|server not responding|closed by remote host",
        ),
    ]
