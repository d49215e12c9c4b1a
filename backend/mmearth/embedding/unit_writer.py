"""Keeping one unit on the disk while the next is computed, without making a cancel wait for the disk."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Protocol

from mmearth.errors import Cancelled

POLL_S = 0.1
CANCEL_GRACE_S = 0.4  # for the unit at hand after a cancel, which must work within a second


class Store(Protocol):
    """Where units go."""

    def write(self, *unit: Any) -> None:
        """Keeps a unit."""

    def abandon(self) -> None:
        """Gives up what is being written, at once; nothing of it appears later."""


class UnitWriter:
    """A thread that keeps units, at most one at a time; to be used as a context.

    On leaving, everything handed over is kept, also when the block was left by an exception; but after a cancel the
    unit at hand is given up where it takes longer than a moment: syncing it to a busy disk may take seconds.

    Args:
        store: Where units go.
        check: Called while waiting; raises to stop.
    """

    def __init__(self, store: Store, check: Callable[[], None]) -> None:
        self._store = store
        self._check = check
        self._thread = ThreadPoolExecutor(1, "writer")
        self._waiting: Future[None] | None = None

    def __enter__(self) -> "UnitWriter":
        return self

    def put(self, *unit: Any) -> None:
        """Hands a unit over when the one before is kept; arguments as of the store's `write`.

        Raises:
            ResourceError: the unit before could not be kept.
        """
        self._wait()
        self._waiting = self._thread.submit(self._store.write, *unit)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._wait()
        except Cancelled:
            self._leave(at_once=True)
            raise
        except BaseException:
            self._leave(at_once=False)
            raise
        self._leave(at_once=kind is not None and issubclass(kind, Cancelled))

    def _wait(self) -> None:
        if self._waiting is None:
            return
        while not wait([self._waiting], POLL_S).done:
            self._check()
        self._waiting.result()

    def _leave(self, at_once: bool) -> None:
        if at_once and self._waiting is not None and not wait([self._waiting], CANCEL_GRACE_S).done:
            self._store.abandon()
        self._thread.shutdown(wait=not at_once)
