"""Downloads several files at a time, and only those that are not there already."""

from __future__ import annotations

import shutil
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QElapsedTimer, QObject, pyqtSignal

from .. import messages
from ..messages import tr
from . import network
from .download import Download, Wanted, hash_of
from .programs import Work

_AT_ONCE = 4
_SPARE_BYTES = 20_000_000  # that a disk must have beyond the files
_PROGRESS_MS = 100


class _Found(NamedTuple):
    """What is there before a download begins.

    Args:
        hashes: Of files that need no download, by name.
        lacking: Bytes that are still to come, as far as sizes are known.
        free: Bytes.
    """

    hashes: Dict[str, str]
    lacking: int
    free: int


class DownloadQueue(QObject):
    """Downloads files, several at a time; ends with exactly one of `finished` and `failed`, unless it is cancelled."""

    progress = pyqtSignal(object, object, str)  # bytes there, bytes in all, name of a file that is coming
    finished = pyqtSignal(dict)  # file name → SHA-256
    failed = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, wanted: Sequence[Wanted], parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._wanted = tuple(wanted)
        self._over = False
        self._waiting: List[Wanted] = []
        self._coming: Dict[str, Download] = {}  # by file name, the oldest first
        self._bytes: Dict[str, Tuple[int, int]] = {each.file.name: (0, each.size) for each in wanted}
        self._hashes: Dict[str, str] = {}
        self._since_progress = QElapsedTimer()
        self._since_progress.start()
        self._looking: Optional[Work] = None

    def start(self) -> None:
        """Looks what is there, and downloads the rest."""
        self._looking = Work(lambda is_wanted: _look(self._wanted, is_wanted), self)
        self._looking.done.connect(self._on_looked)
        self._looking.failed.connect(self._on_not_looked)
        self._looking.start()

    def cancel(self) -> None:
        """Stops at once, without a signal; what was downloaded stays."""
        self._over = True
        if self._looking is not None:
            self._looking.drop()
        self._waiting.clear()
        while self._coming:
            _name, download = self._coming.popitem()
            download.cancel()
            download.deleteLater()

    def _on_looked(self, found: _Found) -> None:
        if self._over or self._looking is None:
            return
        self._looking.drop()  # its thread may not have come to its very end, and goes with this object
        if found.lacking and found.lacking + _SPARE_BYTES > found.free:
            text = tr(
                'The disk of "{folder}" has {free} free, but the downloads want {wanted}. Free space there or choose '
                "another folder for the backend, then try again."
            )
            free, wanted = messages.size_text(found.free), messages.size_text(found.lacking + _SPARE_BYTES)
            self._fail(text.format(folder=self._wanted[0].file.parent, free=free, wanted=wanted))
            return
        self._hashes = dict(found.hashes)
        for wanted_file in self._wanted:
            name = wanted_file.file.name
            if name in self._hashes:
                size = wanted_file.file.stat().st_size
                self._bytes[name] = (size, size)
        missing = [each for each in self._wanted if each.file.name not in self._hashes]
        # The largest first, that no long one is left for the end; the largest of all have unknown sizes.
        self._waiting = sorted(missing, key=lambda each: (each.size != 0, -each.size))
        self._next()

    def _on_not_looked(self, error: Exception) -> None:
        what = tr('The downloads in "{folder}" cannot be read.').format(folder=self._wanted[0].file.parent)
        self._fail(network.explained(what, f"download: {error}"))

    def _next(self) -> None:
        while self._waiting and len(self._coming) < _AT_ONCE and not self._over:
            self._begin(self._waiting.pop(0))
        if not self._over and not self._coming:
            self._over = True
            self.finished.emit(self._hashes)

    def _begin(self, wanted: Wanted) -> None:
        name, download = wanted.file.name, Download(wanted, self)
        self._coming[name] = download
        download.progress.connect(lambda there, total: self._on_progress(name, there, total))
        download.finished.connect(lambda found: self._on_finished(name, found))
        download.failed.connect(self._fail)
        download.start()

    def _on_progress(self, name: str, there: int, total: int) -> None:
        self._bytes[name] = (there, total)
        if self._since_progress.elapsed() >= _PROGRESS_MS:
            self._tell(next(iter(self._coming), name))

    def _on_finished(self, name: str, found: str) -> None:
        self._hashes[name] = found
        there, total = self._bytes[name]
        self._bytes[name] = (max(there, total), max(there, total))
        self._coming.pop(name).deleteLater()
        self._tell(next(iter(self._coming), name))
        self._next()

    def _tell(self, name: str) -> None:
        self._since_progress.restart()
        there, total = (sum(numbers) for numbers in zip(*self._bytes.values()))
        self.progress.emit(there, total, name)

    def _fail(self, sentence: str) -> None:
        if not self._over:
            self.cancel()
            self.failed.emit(sentence)


def _look(wanted: Sequence[Wanted], is_wanted: Callable[[], bool]) -> _Found:
    hashes: Dict[str, str] = {}
    lacking, free = 0, 0
    for each in wanted:
        if each.file.is_file() and each.size in (0, each.file.stat().st_size):
            found = hash_of(each.file, is_wanted)[0].hexdigest()
            if each.sha256 in ("", found):
                hashes[each.file.name] = found
                continue
        there = each.part.stat().st_size if each.part.is_file() else 0
        lacking += max(0, each.size - there)
    if wanted:
        folder = wanted[0].file.parent
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        free = shutil.disk_usage(existing).free
    return _Found(hashes, lacking, free)
