"""Work on the folder of the backend: what it goes by, its turn among other QGIS, and that it ends exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from .fetching import Fetching
from .install_lock import InstallLock
from .locks import LOCKS
from .steps import Steps


@dataclass(frozen=True)
class Plan:
    """What is to be installed, and where.

    Args:
        build: Build of PyTorch, a name among the locks.
        folder: Folder of the backend.
        index: Address of the package index.
        torch_index: Address of PyTorch's own index; empty where the build does not need it.
        python: The user's Python; empty for one of the system or of uv.
        bundle: An offline bundle; then no network is used.
        locks: Folder of the lock files.
    """

    build: str
    folder: Path
    index: str = ""
    torch_index: str = ""
    python: str = ""
    bundle: Optional[Path] = None
    locks: Path = LOCKS


class FolderWork(QObject):
    """Waits for its turn, then works; ends with exactly one of `finished`, `failed` and `cancelled`."""

    step = pyqtSignal(str, float)  # what is happening, part of the whole that is done
    finished = pyqtSignal(str)  # path of what was made
    failed = pyqtSignal(str)  # sentence with cause and remedy
    cancelled = pyqtSignal()

    def __init__(self, plan: Plan, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._plan, self._over = plan, False
        self._steps = Steps(plan.folder, self)
        self._steps.step.connect(self.step)
        self._steps.failed.connect(self._on_failed)
        self._fetching = Fetching(self._steps, plan.folder, plan.index, plan.torch_index, plan.locks)
        self._turn = InstallLock(plan.folder, self)
        self._turn.taken.connect(self._begin)
        self._turn.waiting.connect(lambda text: self.step.emit(text, 0.0))
        self._turn.failed.connect(self._steps.fail_for)

    def start(self) -> None:
        """Waits until no other QGIS uses the folder, then begins."""
        self._turn.take()

    def cancel(self) -> None:
        """Stops at once; what was downloaded stays for the next try."""
        if self._end():
            self.cancelled.emit()

    def _begin(self) -> None:
        """First step."""
        raise NotImplementedError

    def _succeed(self, path: str) -> None:
        self._end()
        self.finished.emit(path)

    def _on_failed(self, reason: str) -> None:
        if self._end():
            self.failed.emit(reason)

    def _end(self) -> bool:
        """Stops what runs and lets others have their turn; returns whether this was not over before."""
        if self._over:
            return False
        self._over = True
        self._steps.stop()
        self._turn.stop()
        return True
