"""Lets one QGIS at a time install into a folder: a lock file with its process id, which a crash does not leave shut."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QLockFile, QObject, QTimer, pyqtSignal

from ..messages import tr

_POLL_MS = 500


class InstallLock(QObject):
    """Waits for its turn; says `taken` once it has it."""

    taken = pyqtSignal()
    waiting = pyqtSignal(str)  # sentence that names who has it
    failed = pyqtSignal(object)  # OSError: the folder cannot be written

    def __init__(self, folder: Path, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._file = QLockFile(str(folder / "install.lock"))
        self._file.setStaleLockTime(0)  # an installation may take an hour; that of a dead process counts no more
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._try)

    def take(self) -> None:
        """Asks for the lock, and goes on asking while another process has it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.failed.emit(error)
            return
        self._try()

    def stop(self) -> None:
        """Waits no longer, and lets others have their turn."""
        self._timer.stop()
        self._file.unlock()

    def _try(self) -> None:
        if self._file.tryLock(0):
            self._timer.stop()
            self.taken.emit()
        elif self._file.error() == QLockFile.LockError.LockFailedError:
            if not self._timer.isActive():
                self._timer.start()
                self.waiting.emit(self._who())
        else:
            self._timer.stop()
            self.failed.emit(PermissionError(13, "Permission denied", str(self._folder)))

    def _who(self) -> str:
        known, process, _host, program = self._file.getLockInfo()
        text = tr("Another QGIS installs the backend now; waiting for it.")
        return f"{text} ({program} {process})" if known else text
