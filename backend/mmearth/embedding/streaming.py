"""Reading, computing and writing of units at the same time, in one process."""

import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from mmearth.embedding.embed_job import EmbedJob
from mmearth.embedding.unit_store import UnitStore
from mmearth.progress import Report
from mmearth.scenes.block_reader import READERS, BlockReader

PHASE = "Embedding"


@dataclasses.dataclass
class Blocks:
    """How much of the scene was decoded: all blocks, and how many different ones were needed."""

    read: int = 0
    needed: int = 0


def stream_units(job: EmbedJob, store: UnitStore, done: set[int], report: Report) -> Blocks:
    """Computes every unit that is not done.

    Args:
        job: The job.
        store: Where finished units go.
        done: Indexes of units that are there already.
        report: Told after every unit, in pixels; cancels between layers.
    """
    blocks, units = Blocks(), job.units
    total = sum(unit.pixels for unit in units.values())
    finished = sum(unit.pixels for index, unit in units.items() if index in done)
    report.progress(PHASE, finished, total)
    needed: set[tuple[int, int]] = set()
    with _writer(store) as put:
        for strip in job.strips:
            todo = [unit for unit in strip if unit.index not in done]
            windows = [job.extractor.reach(unit.window) for unit in todo]
            with BlockReader(job.scene, windows, READERS, report.check) as reader:
                needed |= reader.needed
                for number, unit in enumerate(todo):
                    put(unit.index, job.compute(unit, *reader.read(number)))  # no name keeps what was read
                    finished += unit.pixels
                    report.progress(PHASE, finished, total)
                blocks.read += reader.blocks_read
    blocks.needed = len(needed)
    return blocks


@contextmanager
def _writer(store: UnitStore) -> Iterator[Callable[[int, np.ndarray | None], None]]:
    """Yields what hands a unit to a thread that writes it; waits while the one before is being written.

    On leaving everything handed over is on the disk, also when the block was left by an exception.
    """
    waiting: queue.Queue[tuple[int, np.ndarray | None] | None] = queue.Queue()
    failures: list[Exception] = []

    def work() -> None:
        while (item := waiting.get()) is not None:
            if not failures:
                try:
                    store.write(*item)
                except Exception as error:  # noqa: BLE001 - raised again in the thread that computes
                    failures.append(error)
            del item  # while it waits for the next, the thread holds no unit
            waiting.task_done()

    thread = threading.Thread(target=work, name="writer")
    thread.start()

    def put(index: int, values: np.ndarray | None) -> None:
        waiting.join()
        if failures:
            raise failures[0]
        waiting.put((index, values))

    try:
        yield put
    finally:
        waiting.put(None)
        thread.join()
    if failures:
        raise failures[0]
