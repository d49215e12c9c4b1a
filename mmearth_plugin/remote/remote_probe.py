"""Whether a backend on another machine fits this plugin, and sees the folders that it should: told by probe files."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ...backend.mmearth import protocol
from ..messages import tr
from .path_map import PathMap

_MOST_CHARACTERS = 200


def version_problem(hello: Dict[str, Any]) -> Tuple[str, str]:
    """Returns what is wrong with the version of a backend elsewhere, and what to do; two empty texts if nothing."""
    found = str(hello.get("backend")), hello.get("protocol")
    wanted = protocol.BACKEND_VERSION, protocol.PROTOCOL_VERSION
    if found == wanted:
        return "", ""
    text = tr(
        "The backend on the other machine is version {found}, protocol {found_protocol}; this plugin wants version "
        "{wanted}, protocol {wanted_protocol}."
    ).format(found=found[0], found_protocol=found[1], wanted=wanted[0], wanted_protocol=wanted[1])
    remedy = tr(
        'Copy the folder "backend" and the folder "resources" of this plugin to the other machine, over those that are '
        "there, and install backend/requirements.txt there again."
    )
    return text, remedy


class RemoteProbe:
    """Small files with a random text, one in each mapped folder here; `close` takes them away."""

    def __init__(self, paths: PathMap) -> None:
        self._paths = paths
        self._files: List[Path] = []
        self._texts: List[str] = []

    def write(self) -> str:
        """Writes the files; returns what is wrong with a folder here, or nothing."""
        for here, _there in self._paths.pairs:
            file = Path(here) / f"{protocol.PROBE_PREFIX}{secrets.token_hex(8)}"
            text = secrets.token_hex(16)
            try:
                with file.open("x", encoding="utf-8") as written:
                    self._files.append(file)
                    self._texts.append(text)
                    written.write(text)
            except OSError as error:
                said = tr('The mapped folder "{folder}" of this machine cannot be written: {reason}.')
                return said.format(folder=here, reason=error.strerror or error)
        return ""

    def request(self) -> protocol.ProbePathsRequest:
        """Returns what to ask the backend, in paths of this machine."""
        return protocol.ProbePathsRequest(tuple(map(str, self._files)))

    def problem(self, found: List[Dict[str, Any]]) -> str:
        """Returns which pair of folders is not the same folder, and what was found there; nothing if all are."""
        for (here, there), file, text, answer in zip(self._paths.pairs, self._files, self._texts, found):
            said = _sentence(file, text, answer)
            if said:
                pair = tr('"{here}" here is not usable as "{there}" there:').format(here=here, there=there)
                return f"{pair} {said}"
        return ""

    def resolved(self, found: List[Dict[str, Any]]) -> PathMap:
        """Returns the map that also knows what links there lead to."""
        return self._paths.with_resolved([str(answer.get("folder", "")) for answer in found])

    def close(self) -> None:
        """Removes the files and the answers to them."""
        for file in self._files:
            for each in (file, _answer_file(file)):
                with contextlib.suppress(OSError):  # the folder may be gone
                    each.unlink()
        self._files, self._texts = [], []


def remedy() -> str:
    """Returns what to do about folders that are not the same."""
    return tr(
        'Check the pair under "Compute on another machine…", and that the shared folder is mounted on both machines.'
    )


def _sentence(file: Path, text: str, answer: Dict[str, Any]) -> str:
    if not answer.get("text"):
        said = tr("a file written here was not found there ({reason}). The folder is another one, or is not mounted.")
        return said.format(reason=answer.get("problem") or tr("it is empty there"))
    if answer["text"] != text:
        return tr("a file written here has another content there. The folder there is a copy, or an old state.")
    if not answer.get("answer"):
        return tr("the other machine can read it but not write there ({reason}).").format(reason=answer.get("problem"))
    os.listdir(file.parent)  # has a network folder look again
    try:
        with _answer_file(file).open(encoding="utf-8") as opened:
            same = opened.read(_MOST_CHARACTERS) == answer["answer"]
    except (OSError, UnicodeDecodeError) as error:
        said = tr("a file written there was not found here ({reason}).")
        return said.format(reason=getattr(error, "strerror", None) or error)
    return "" if same else tr("a file written there has another content here.")


def _answer_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.answer")
