"""What a worker of a Dask cluster does: it opens a job once and computes units of it.

Imported by workers, and by `cluster` when there is one: Dask is an optional part of the backend.
"""

import contextlib
import dataclasses
import json
import os
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import distributed

from mmearth import protocol
from mmearth.embedding.embed_job import EmbedJob, open_job
from mmearth.embedding.unit_store import UnitStore
from mmearth.errors import Cancelled, InputError, MMEarthError
from mmearth.progress import Reporter


def compute_unit(index: int, worker: str) -> None:
    """Computes one unit and leaves it in the store; may be repeated.

    Args:
        index: Of the unit.
        worker: Name of the `UnitWorker` that does it.
    """
    plugin: Any = distributed.get_worker().plugins.get(worker)
    if plugin is None:  # the run has ended
        raise distributed.Reschedule
    plugin.compute(index)


def what_counts(job: EmbedJob) -> str:
    """Returns what must be the same in every process, as JSON; only the device may be another."""
    return json.dumps({name: value for name, value in job.identity().items() if name != "computed_in"}, sort_keys=True)


class UnitWorker(distributed.WorkerPlugin):
    """One job in one worker process: opened with its first unit, closed when the run or the worker ends.

    Args:
        request: With the tile size.
        folder: Where finished units go; every worker has to see it.
        calibrated: As for `open_job`.
        expected: `what_counts` where the job was planned.
    """

    def __init__(self, request: protocol.EmbedRequest, folder: str, calibrated: str, expected: str) -> None:
        self.name = f"mmearth-{uuid.uuid4().hex}"  # of one run: files may change before the next
        self._request, self._folder, self._calibrated, self._expected = request, folder, calibrated, expected

    def setup(self, worker: distributed.Worker) -> None:
        """See `distributed.WorkerPlugin`."""
        self._address, self._worker_threads = worker.address, worker.state.nthreads
        self._ended = threading.Event()
        self._opened = contextlib.ExitStack()
        self._job: EmbedJob | None = None
        # One thread for all of a job: a worker with several threads still has one scene and one encoder, and GDAL's
        # environment belongs to the thread that made it.
        self._thread = ThreadPoolExecutor(1, "units")

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - what Dask calls
        """See `distributed.WorkerPlugin`; the unit at work stops between layers."""
        self._ended.set()
        self._thread.submit(self._opened.close)
        self._thread.shutdown(wait=False)

    def compute(self, index: int) -> None:
        """Computes a unit and leaves it in the store.

        Raises:
            MMEarthError: the job cannot be opened here, or is another one here, or the unit cannot be written.
            Reschedule: the worker ends; another one should do it.
        """
        if self._ended.is_set():
            raise distributed.Reschedule
        try:
            self._thread.submit(self._compute, index).result()
        except Cancelled as error:
            raise distributed.Reschedule from error

    def _compute(self, index: int) -> None:
        if self._job is None:
            self._job = self._open()
        job = self._job
        unit = job.units[index]
        values = job.compute(unit, *job.scene.read_stored(job.extractor.reach(unit.window)))
        UnitStore(job.request.out, job.layout).write(index, values)

    def _open(self) -> EmbedJob:
        if not Path(self._folder).is_dir():
            raise InputError(
                f"The worker {self._address} does not see '{self._folder}'.",
                "Let every machine see the same files under the same paths.",
            )
        request = dataclasses.replace(self._request, threads=self._request.threads or self._worker_threads)
        report = Reporter(lambda *_: None, lambda *_: None, self._ended.is_set, lambda *_: None)
        try:
            job = self._opened.enter_context(open_job(request, report, self._calibrated))
        except MMEarthError as error:
            raise type(error)(f"On the worker {self._address}: {error.message}", error.remedy) from error
        if what_counts(job) != self._expected:
            raise InputError(
                f"The worker {self._address} has another scene, other weights or another version of the backend than "
                "this machine.",
                "Let every machine see the same files under the same paths, with the same version installed.",
            )
        return job


class OurWorker(distributed.WorkerPlugin):
    """A worker process that was started for one run: it leaves Ctrl-C to who started it, and ends without delay."""

    name = "mmearth-our-worker"

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - what Dask calls
        """See `distributed.WorkerPlugin`; runs in the main thread of the worker's process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002 - what Dask calls
        """See `distributed.WorkerPlugin`; a unit at work, after a cancel, would hold the process up for seconds."""
        os._exit(0)
