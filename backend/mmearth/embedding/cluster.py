"""The units of a job on a Dask cluster whose machines see the same files.

A unit is a file that appears whole or not at all: a worker that dies costs the unit it was at, which another takes up.
Dask is an optional part of the backend. Knows nothing of what a unit holds.
"""

import contextlib
import dataclasses
import importlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mmearth.embedding.embed_job import EmbedJob
from mmearth.embedding.streaming import PHASE
from mmearth.embedding.unit_store import UnitStore
from mmearth.errors import InputError, ResourceError
from mmearth.progress import Report

if TYPE_CHECKING:
    from mmearth.embedding.cluster_worker import UnitWorker

CONNECT_S, POLL_S = 10.0, 0.2
NO_WORKER_S = 20.0  # after which it is said that the cluster has none
LOCAL = "local:"
EVENTS = "all"  # the topic on which a scheduler tells what becomes of its workers
# Of processes of ours. Dask's own threshold makes the C library give every buffer back: units take twice as long.
WORKER_VARIABLES = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
KEPT = "The tiles that are done are kept; the same request goes on with them."


def spread_units(job: EmbedJob, store: UnitStore, done: set[int], calibrated: str, report: Report) -> None:
    """Computes every unit that is not done on the cluster that the request names.

    A cancel takes back what no worker has begun, and the workers stop between layers.

    Args:
        job: The job.
        store: Where the workers put finished units.
        done: Indexes of units that are there already.
        calibrated: Weights that were calibrated on the scene; "" if none were.
        report: Told after every unit; cancels between looks at the cluster.

    Raises:
        InputError: the scheduler is not understood or does not answer, or the workers see other files.
        ResourceError: Dask is not installed, the cluster was lost, or a unit took several workers down.
    """
    units, total = job.units, sum(unit.pixels for unit in job.units.values())
    todo = [index for index in units if index not in done]
    finished = total - sum(units[index].pixels for index in todo)
    report.progress(PHASE, finished, total)  # workers take seconds to start
    with _client(job.request.scheduler) as client:
        from mmearth.embedding.cluster_worker import UnitWorker, compute_unit, what_counts

        request = dataclasses.replace(job.request, tile_px=job.tile_px)
        worker = UnitWorker(request, str(store.folder), calibrated, what_counts(job))
        with _watched(client, report) as look, _registered(client, worker):
            ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
            submitted = client.map(compute_unit, todo, worker=worker.name, pure=False)
            futures = dict(zip(submitted, todo, strict=True))
            for future in submitted:
                future.add_done_callback(ended.put)
            try:
                while futures:
                    report.progress(PHASE, finished, total)
                    look()
                    with contextlib.suppress(queue.Empty):
                        future = ended.get(timeout=POLL_S)
                        _raise_failure(future, job.request.scheduler)
                        finished += units[futures.pop(future)].pixels
            finally:
                if client.status == "running":
                    client.cancel(list(futures))
    report.progress(PHASE, finished, total)


def _raise_failure(future: Any, scheduler: str) -> None:
    """Raises what became of a future that did not come to its end."""
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise ResourceError(f"The Dask scheduler '{scheduler}' was lost.", f"Start it again. {KEPT}")
    if future.status == "error":
        try:
            future.result()
        except KilledWorker as error:
            raise ResourceError(
                f"A tile of the scene took several workers of '{scheduler}' down.",
                f"Give the workers more memory, or choose smaller tiles. {KEPT}",
            ) from error


@contextlib.contextmanager
def _registered(client: Any, worker: "UnitWorker") -> Iterator[None]:
    """Gives every worker, and those that come later, what computes units; takes it back at the end."""
    client.register_plugin(worker, worker.name)
    try:
        yield
    finally:
        if client.status == "running":
            client.unregister_worker_plugin(worker.name)


@contextlib.contextmanager
def _watched(client: Any, report: Report) -> Iterator[Callable[[], None]]:
    """Yields what says, when called, that the cluster has no workers or that one was lost at work; each once."""
    lost, said = threading.Event(), set()
    ask_at_s = time.monotonic() + NO_WORKER_S

    def note(event: tuple[float, Any]) -> None:  # in the thread of the client
        about = event[1]
        if isinstance(about, dict) and about.get("action") == "remove-worker" and about.get("processing-tasks"):
            lost.set()

    def look() -> None:
        if lost.is_set() and "lost" not in said:
            said.add("lost")
            report.log("A worker was lost; its tile is computed again.", "warning")
        if time.monotonic() > ask_at_s and "asked" not in said:
            said.add("asked")
            if not client.nthreads():
                report.log("The cluster has no workers yet; the tiles wait for them.", "warning")

    client.subscribe_topic(EVENTS, note)
    try:
        yield look
    finally:
        if client.status == "running":
            client.unsubscribe_topic(EVENTS)


@contextlib.contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """Yields a client of the scheduler, or of a cluster of processes that ends with the context."""
    try:
        dask: Any = importlib.import_module("dask")
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise ResourceError(
            "Dask is not installed, which computing on a cluster needs.",
            "Install 'distributed' into the backend's environment (see the README), or compute without a cluster.",
        ) from error
    with contextlib.ExitStack() as stack:
        address: Any = scheduler
        if scheduler.startswith(LOCAL) and scheduler.removeprefix(LOCAL).isdecimal():
            workers = max(1, int(scheduler.removeprefix(LOCAL)))
            # Tiles are chosen for the memory there is: a worker that pauses at a limit of Dask's would never go on.
            with dask.config.set({"distributed.nanny.pre-spawn-environ": WORKER_VARIABLES}):
                cluster = distributed.LocalCluster(
                    n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
                )
            address = stack.enter_context(cluster)
        elif "://" not in scheduler:
            raise _not_understood(scheduler)
        try:
            client = distributed.Client(address, timeout=CONNECT_S)
        except ValueError as error:
            raise _not_understood(scheduler) from error
        except OSError as error:  # a TimeoutError too
            raise InputError(
                f"The Dask scheduler '{scheduler}' does not answer.", "Start it, or check its address."
            ) from error
        stack.enter_context(client)
        if address is not scheduler:
            from mmearth.embedding.cluster_worker import OurWorker

            client.register_plugin(OurWorker())
        yield client


def _not_understood(scheduler: str) -> InputError:
    return InputError(
        f"'{scheduler}' does not name a Dask scheduler.",
        "Give its address, such as tcp://host:8786, or local:4 for four processes of this machine.",
    )
