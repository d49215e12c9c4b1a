"""Copies of files in a worker thread: each appears complete or not at all. Knows nothing of runs."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any, List, Optional, Tuple

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..messages import tr

Pair = Tuple[Path, Path]  # source, target


class FileCopies(QObject):
    """Copies one set of files at a time."""

    done = pyqtSignal(str)  # path of the target
    failed = pyqtSignal(str)  # sentence for the user

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._task: Optional[QgsTask] = None

    @property
    def is_busy(self) -> bool:
        """Whether files are being copied."""
        return self._task is not None

    def start(self, pairs: List[Pair], told: str) -> None:
        """Copies files.

        Args:
            pairs: Sources and targets; targets that exist are replaced.
            told: Path that `done` tells.
        """
        # The task is kept here: QGIS does not own the Python half of it.
        self._task = QgsTask.fromFunction(
            tr("Copying files"), partial(_copy, pairs), on_finished=partial(self._on, told)
        )
        QgsApplication.taskManager().addTask(self._task)

    def close(self) -> None:
        """Stops between files, without a word."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()

    def _on(self, told: str, error: Optional[BaseException], _copied: Any = None) -> None:
        if self._task is None:
            return
        self._task = None
        if error is None:
            self.done.emit(told)
        else:
            text = tr('The file could not be written: {reason} ("{path}"). Choose another place, or free some space.')
            reason = getattr(error, "strerror", None) or str(error)
            self.failed.emit(text.format(reason=reason, path=getattr(error, "filename", None) or told))


def _copy(pairs: List[Pair], task: QgsTask) -> int:
    """Copies files, each under a temporary name first; runs in a worker thread."""
    for source, target in pairs:
        if task.isCanceled():
            break
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(source, temporary)
            temporary.replace(target)
        finally:
            if temporary.exists():
                temporary.unlink()
    return len(pairs)
