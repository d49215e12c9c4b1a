"""One thing at a time, each beside the window: a look-up, downloads, a program, a function. Any can be stopped."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .. import backend_log, failures, messages
from ..messages import tr
from . import uv_program
from .downloads import DownloadQueue, Wanted
from .package_index import PackageIndex
from .programs import Program, Work
from .programs import Wanted as StillWanted

Found = Dict[str, Tuple[str, str, int]]  # file name → address, SHA-256 or "", size or 0


class Steps(QObject):
    """Runs what it is told to and calls the next function with the answer; after `stop` it calls nothing any more.

    Args:
        folder: Folder of the backend.
    """

    step = pyqtSignal(str, float)  # what is happening, part of the whole that is done
    failed = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, folder: Path, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.fetched_bytes = 0
        self._folder = folder
        self._end: Optional[Callable[[], None]] = None  # ends what runs now
        self._over = False

    def say(self, text: str, part: float) -> None:
        """Tells what comes now."""
        backend_log.append(text)
        self.step.emit(text, part)

    def stop(self) -> None:
        """Ends what runs, at once."""
        self._over = True
        if self._end is not None:
            self._end()
            self._end = None

    def fail(self, reason: str) -> None:
        """Ends with a sentence, once."""
        if not self._over:
            self._over = True
            backend_log.append(reason)
            self.failed.emit(reason)

    def fail_for(self, error: Exception) -> None:
        """Ends with the sentence of an error: of the disk, or one of ours."""
        if isinstance(error, OSError):
            failure = failures.explain(1, False, [str(error)], sys.platform)
            text = tr('The backend cannot be written in "{folder}".').format(folder=self._folder)
            self.fail(f"{text} {failure.cause} {failure.remedy}")
        else:
            self.fail(str(error))

    def hold(self, end: Callable[[], None]) -> None:
        """Takes how to end something that was started elsewhere."""
        self._end = end

    def look_up(self, address: str, files: Dict[str, str], then: Callable[[Found], None]) -> None:
        """Asks an index where files are; `files` is package → file name."""
        index = PackageIndex(address, self)
        index.found.connect(lambda found: self._go_on(then, found))
        index.failed.connect(self.fail)
        self.hold(index.cancel)
        index.look_up(files)

    def fetch(
        self, wanted: List[Wanted], text: str, span: Tuple[float, float], then: Callable[[Dict[str, str]], None]
    ) -> None:
        """Downloads files.

        Args:
            text: What is downloaded.
            span: Where this begins and ends in the whole.
            then: Called with file name → SHA-256.
        """
        begin, end = span
        queue, started_s = DownloadQueue(wanted, self), time.monotonic()
        at_first: List[int] = []  # what an earlier try had fetched says nothing about the speed

        def show(received: int, total: int, _file: str) -> None:
            at_first[:] = at_first or [received]
            self.fetched_bytes = max(self.fetched_bytes, received)
            new, seconds = received - at_first[0], time.monotonic() - started_s
            left = (total - received) * seconds / new if new > 0 and seconds > 2 else None
            amount = tr("{done} of {all}").format(done=messages.size_text(received), all=messages.size_text(total))
            words = " · ".join(word for word in (text, amount, messages.time_left_text(left)) if word)
            self.step.emit(words, begin + (end - begin) * received / max(1, total))

        self.say(text, begin)
        queue.progress.connect(show)
        queue.finished.connect(lambda hashes: self._go_on(then, hashes))
        queue.failed.connect(self.fail)
        self.hold(queue.cancel)
        queue.start()

    def run(
        self, command: List[str], then: Callable[[str], None], otherwise: Optional[Callable[[str], None]] = None
    ) -> None:
        """Runs a program; `then` gets its standard output, `otherwise` the sentence where it fails."""
        program = Program(uv_program.environment(self._folder), self)
        program.finished.connect(lambda said: self._go_on(then, said))
        program.failed.connect(lambda why: self._go_on(otherwise or self.fail, why))
        self.hold(program.stop)
        program.start(command)

    def work(self, function: Callable[[StillWanted], Any], then: Callable[[Any], None]) -> None:
        """Runs a function in a thread; see `Work`."""
        work = Work(function, self)
        work.done.connect(lambda answer: self._go_on(then, answer))
        work.failed.connect(lambda error: self._go_on(self.fail_for, error))
        self.hold(work.drop)
        work.start()

    def _go_on(self, then: Callable[[Any], None], answer: Any) -> None:
        if not self._over:
            then(answer)
