"""Brings uv and the wheels of a lock into the folder of downloads, from the indexes that have them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from ..messages import tr
from . import environments, uv_program
from .downloads import Wanted
from .locks import LOCKS, PYTORCH, Lock, Wheel
from .steps import Found, Steps

_RECORDED = "recorded-hashes.json"


class Fetching:
    """Uses the steps of who installs or makes a bundle.

    Args:
        folder: Folder of the backend.
        index: Address of the main package index.
        torch_index: Address of PyTorch's own.
    """

    def __init__(self, steps: Steps, folder: Path, index: str, torch_index: str, locks: Path = LOCKS) -> None:
        self._steps, self._folder, self._locks = steps, folder, locks
        self._addresses = {"": index, PYTORCH: torch_index}

    def fetch_uv(self, wheel: Wheel, end: float, then: Callable[[], None]) -> None:
        """Has uv ready to run.

        Args:
            end: Part of the whole that is done then.
        """
        target = environments.downloads(self._folder) / wheel.file

        def fetch(found: Found) -> None:
            wanted = Wanted(found[wheel.file][0], target, wheel.sha256, wheel.size)
            text = tr("Downloading the installer (uv)")
            self._steps.fetch([wanted], text, (0.0, end), lambda _hashes: self.unpack_uv(wheel, then))

        self._steps.say(tr("Looking for the installer (uv)"), 0.0)
        self._steps.look_up(self._addresses[""], {wheel.name: wheel.file}, fetch)

    def unpack_uv(self, wheel: Wheel, then: Callable[[], None]) -> None:
        """Takes uv out of its wheel, which was fetched before."""
        source = environments.downloads(self._folder) / wheel.file
        unpack = partial(uv_program.unpack, source, wheel, uv_program.program(self._folder, wheel))
        self._steps.work(unpack, lambda _answer: then())

    def fetch_wheels(self, lock: Lock, span: Tuple[float, float], then: Callable[[Dict[str, str]], None]) -> None:
        """Calls `then` with file name → SHA-256 of every wheel of a lock."""
        urls: Found = {}

        def look_up(indexes: List[str]) -> None:
            if not indexes:
                self._fetch(lock, urls, span, then)
                return
            files = {wheel.name: wheel.file for wheel in lock.wheels if wheel.word == indexes[0]}

            def keep(found: Found) -> None:
                urls.update(found)
                look_up(indexes[1:])

            self._steps.look_up(self._addresses[indexes[0]], files, keep)

        self._steps.say(tr("Asking where the packages are"), span[0])
        look_up(lock.index_names)

    def _fetch(
        self, lock: Lock, urls: Found, span: Tuple[float, float], then: Callable[[Dict[str, str]], None]
    ) -> None:
        recorded, wanted = self._recorded(), []
        for wheel in lock.wheels:
            url, said_hash, said_size = urls[wheel.file]
            sha256 = wheel.sha256 or recorded.get(wheel.file, "") or said_hash
            target = environments.downloads(self._folder) / wheel.file
            wanted.append(Wanted(url, target, sha256, wheel.size or said_size))
        self._steps.fetch(wanted, tr("Downloading packages"), span, lambda hashes: self._record(lock, hashes, then))

    def _record(self, lock: Lock, hashes: Dict[str, str], then: Callable[[Dict[str, str]], None]) -> None:
        """Keeps the hashes of files that no lock has one for: the next download must have the same."""
        recorded = self._recorded()
        recorded.update({wheel.file: hashes[wheel.file] for wheel in lock.wheels if not wheel.sha256})
        try:
            (self._folder / _RECORDED).write_text(json.dumps(recorded), encoding="utf-8")
        except OSError as error:
            self._steps.fail_for(error)
            return
        then(hashes)

    def _recorded(self) -> Dict[str, str]:
        try:
            found = json.loads((self._folder / _RECORDED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(file): str(sha256) for file, sha256 in found.items()} if isinstance(found, dict) else {}
