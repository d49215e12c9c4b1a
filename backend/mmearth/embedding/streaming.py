"""Reading, computing and writing of units at the same time, in one process."""

import dataclasses

from mmearth.embedding.embed_job import EmbedJob
from mmearth.embedding.unit_store import UnitStore
from mmearth.embedding.unit_writer import UnitWriter
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
    with UnitWriter(store, report.check) as writer:
        for strip in job.strips:
            todo = [unit for unit in strip if unit.index not in done]
            windows = [job.extractor.reach(unit.window) for unit in todo]
            with BlockReader(job.scene, windows, READERS, report.check) as reader:
                needed |= reader.needed
                for number, unit in enumerate(todo):
                    writer.put(unit.index, job.compute(unit, *reader.read(number)))  # no name keeps what was read
                    finished += unit.pixels
                    report.progress(PHASE, finished, total)
                blocks.read += reader.blocks_read
    blocks.needed = len(needed)
    return blocks
