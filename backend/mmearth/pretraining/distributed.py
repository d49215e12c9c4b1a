"""Several processes that train together, as torchrun starts them.

Knows nothing of models or data.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from mmearth.progress import Report


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is.

    Attributes:
        rank: From 0.
        count: 1 without torchrun.
        restarts: How often torchrun has started them again after one had died.
    """

    rank: int = 0
    count: int = 1
    restarts: int = 0

    @property
    def first(self) -> bool:
        """Whether this one reports and writes files."""
        return self.rank == 0

    def wait(self) -> None:
        """Waits until all have come here."""
        if self.count > 1:
            dist.barrier()

    def average(self, values: Tensor) -> Tensor:
        """Returns the mean of a tensor over all processes."""
        if self.count > 1:
            dist.all_reduce(values)
            values /= self.count
        return values


class Quiet:
    """The report of all processes but the first."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def progress(self, phase: str, done: float, total: float) -> None:  # noqa: ARG002 - the first tells
        """Checks for cancelling only."""
        self._report.check()

    def check(self) -> None:
        """See `Report.check`."""
        self._report.check()

    def log(self, message: str, level: str = "info") -> None:
        """Tells nothing."""

    def metrics(self, step: int, total: int, values: dict[str, float], picture: str = "") -> None:
        """Tells nothing."""


@contextmanager
def join_processes(device: torch.device) -> Iterator[tuple[Processes, torch.device]]:
    """Yields this process's place among those that torchrun started, and the device it is to use.

    Without torchrun there is one process, on the device given.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(), device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    restarts = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
    # The store may outlive a restart; without a name of its own, a process may wait for one that has died.
    store, rank, count = next(iter(rendezvous("env://")))
    store = dist.PrefixStore(f"restart_{restarts}", store)  # type: ignore[attr-defined]
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", store=store, rank=rank, world_size=count)
    try:
        yield Processes(dist.get_rank(), count, restarts), device
    finally:
        dist.destroy_process_group()
