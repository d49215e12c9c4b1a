"""One request on its way to the backend and back. Knows nothing of processes."""

from __future__ import annotations

import uuid
from typing import Any, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.mmearth import protocol


class Job(QObject):
    """One request on its way; ends with exactly one of `finished`, `failed`, `cancelled`."""

    started = pyqtSignal()  # emitted by who had it wait, once its turn has come
    progress = pyqtSignal(str, float, float, object)  # phase, done, total, seconds left or None
    log = pyqtSignal(str, str)  # level, message
    metrics = pyqtSignal(int, int, dict, str)  # step, steps, name → value, path of a new picture or empty
    finished = pyqtSignal(dict)  # result
    failed = pyqtSignal(str, str, str)  # code, message, remedy
    cancelled = pyqtSignal()

    def __init__(self, request: protocol.Request, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.id = uuid.uuid4().hex[:12]
        self.request = request
        self.done = False
        # A training that is cancelled ends its batch and saves a checkpoint, which may be large, before it stops.
        trains = isinstance(request, (protocol.PretrainRequest, protocol.AdaptRequest, protocol.FineTuneRequest))
        self.grace_s: Optional[float] = 60.0 if trains else None  # None leaves it to the process

    def end(self, signal: Any, *arguments: Any) -> None:
        """Emits the terminal signal, once."""
        if not self.done:
            self.done = True
            signal.emit(*arguments)

    def tell(self, event: dict) -> bool:
        """Passes on an event of the backend; returns whether it was the last."""
        name = event.get("event")
        if name == protocol.PROGRESS:
            self.progress.emit(str(event["phase"]), float(event["done"]), float(event["total"]), event.get("eta_s"))
        elif name == protocol.LOG:
            self.log.emit(str(event.get("level", "info")), str(event["message"]))
        elif name == protocol.METRICS:
            picture = str(event.get("picture", ""))
            self.metrics.emit(int(event["step"]), int(event["total"]), dict(event["values"]), picture)
        elif name == protocol.RESULT:
            self.end(self.finished, dict(event["result"]))
        elif name == protocol.CANCELLED:
            self.end(self.cancelled)
        elif name == protocol.ERROR:
            self.end(self.failed, str(event["code"]), str(event["message"]), str(event.get("remedy", "")))
        return name in protocol.TERMINAL_EVENTS
