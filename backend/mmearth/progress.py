"""What a running verb may tell its caller, and how it learns that it should stop.

Knows nothing of pipes or terminals.
"""

import time
from collections.abc import Callable
from typing import Protocol

from mmearth.errors import Cancelled


class Report(Protocol):
    """The only channel from a verb to whoever started it."""

    def progress(self, phase: str, done: float, total: float) -> None:
        """Tells how far a phase is; also the check point for cancelling.

        Raises:
            Cancelled: the caller asked to stop.
        """

    def check(self) -> None:
        """Checks for cancelling without telling anything; cheap enough to call between layers.

        Raises:
            Cancelled: the caller asked to stop.
        """

    def log(self, message: str, level: str = "info") -> None:
        """Tells something worth reading; `level` is "info" or "warning"."""

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Tells finite, named values after `step` of `total` steps, and the path of a new picture if there is one."""


class Reporter:
    """A `Report` that estimates the time left and throttles what it passes on.

    Args:
        send_progress: Called with (phase, done, total, eta_s or None), at most five times a second.
        send_log: Called with (message, level).
        is_cancelled: Asked at each `progress` call.
        send_metrics: Called with (step, total, values, picture).
    """

    def __init__(
        self,
        send_progress: Callable[[str, float, float, float | None], None],
        send_log: Callable[[str, str], None],
        is_cancelled: Callable[[], bool],
        send_metrics: Callable[[int, int, dict[str, float], str], None],
    ) -> None:
        self._send_progress = send_progress
        self._send_log = send_log
        self._is_cancelled = is_cancelled
        self._send_metrics = send_metrics
        self._phase = ""
        self._phase_start_s = 0.0
        self._last_sent_s = 0.0

    def progress(self, phase: str, done: float, total: float) -> None:
        """See `Report.progress`."""
        self.check()
        now_s = time.monotonic()
        if phase != self._phase:
            self._phase, self._phase_start_s = phase, now_s
            self._last_sent_s = 0.0
        if now_s - self._last_sent_s < 0.2 and done < total:
            return
        self._last_sent_s = now_s
        elapsed_s = now_s - self._phase_start_s
        eta_s = elapsed_s / done * (total - done) if done > 0 and elapsed_s > 0.5 else None
        self._send_progress(phase, done, total, eta_s)

    def check(self) -> None:
        """See `Report.check`."""
        if self._is_cancelled():
            raise Cancelled

    def log(self, message: str, level: str = "info") -> None:
        """See `Report.log`."""
        self._send_log(message, level)

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """See `Report.metrics`."""
        self._send_metrics(step, total, values, picture)
