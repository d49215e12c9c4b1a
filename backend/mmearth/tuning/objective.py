"""What a step of fine-tuning is made of: crops, settings, the network with its loss, and crops made ahead.

Knows nothing of optimisers or files.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from mmearth.models import tuned_forward
from mmearth.tuning.tuning_recipe import Recipe, loss_sums

# Pixels of a micro-batch on a CPU with the smallest encoder, so that Cancel works within a second; its work, as below.
CPU_MICRO_PIXELS, ATTO_WORK = 4 * 64**2, 19200


class Batch(Protocol):
    """Crops with labels.

    Attributes:
        images: (N, C, S, S) float32.
        targets: In the forms of `tuning_recipe.loss_sums`.
        regions: (N, S, S) bool for `RegionClassifier`; else None.
    """

    @property
    def images(self) -> Tensor: ...  # noqa: D102
    @property
    def targets(self) -> Tensor: ...  # noqa: D102
    @property
    def regions(self) -> Tensor | None: ...  # noqa: D102


class Batches(Protocol):
    """Where training crops come from."""

    def batch(self, step: int, size: int) -> Batch:
        """Returns the crops of a step, the same ones whenever it is asked for."""


Predict = Callable[[Batch], Tensor]  # crops → probabilities (N, K, S, S) or (N, R, K), float32, on the CPU
Score = Callable[[Predict], float]


@dataclass(frozen=True)
class Plan:
    """All settings of a training, resolved.

    Attributes:
        kind: One of `tuned_networks.KINDS`.
        rung: Of the ladder.
        recipe_name: One of `protocol.TUNING_RECIPES`.
        recipe: That recipe with the changes of the request.
        steps: Optimiser steps.
        batch: Crops per step, over all processes.
        micro_batch: Crops at once in one process.
        cell_px: Side of a cell, for `RegionClassifier` on cells.
        multi_label: Whether a region may have several classes.
        seed: Of drop path.
    """

    kind: str
    rung: str
    recipe_name: str
    recipe: Recipe
    steps: int
    batch: int
    micro_batch: int
    cell_px: int
    multi_label: bool
    seed: int


class Objective(nn.Module):
    """Network and loss as one module, so that several processes can share its gradients.

    Args:
        network: Of `tuned_networks`.
        plan: Recipe and size of a cell.
        dtype: Precision of the matrix products.

    Attributes:
        front: The stages that are not trained; None trains all.
    """

    def __init__(self, network: nn.Module, plan: Plan, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self.front: tuned_forward.Front | None = None
        self._plan, self._dtype = plan, dtype

    def logits(self, images: Tensor, regions: Tensor | None) -> Tensor:
        """Returns logits in float32, as the network's `forward` does."""
        with torch.autocast(images.device.type, self._dtype, enabled=self._dtype != torch.float32):
            return tuned_forward.run(self.network, images, self.front, regions, self._plan.cell_px).float()

    def forward(self, images: Tensor, targets: Tensor, regions: Tensor | None) -> Tensor:
        """Returns the sum of the losses."""
        return loss_sums(self.logits(images, regions), targets, self._plan.recipe)[0]


class Prefetch:
    """Makes the batches of the next steps in threads while a step computes.

    Args:
        batches: Where they come from.
        plan: How many crops, and how many steps.
        step: The first one.
        ahead: How many batches are made at once.
    """

    def __init__(self, batches: Batches, plan: Plan, step: int, ahead: int) -> None:
        self._batches, self._plan, self._ahead, self._next = batches, plan, ahead, step
        self._pool = ThreadPoolExecutor(min(ahead, os.cpu_count() or 1))
        self._waiting: deque[Future[Batch]] = deque()

    def __enter__(self) -> "Prefetch":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def next(self, step: int) -> Batch:
        """Returns the batch of a step; steps are asked for one after the other."""
        while self._next <= step + self._ahead and self._next < self._plan.steps:
            self._waiting.append(self._pool.submit(self._batches.batch, self._next, self._plan.batch))
            self._next += 1
        return self._waiting.popleft().result()


def cpu_micro_batch(crop_px: int, depths: tuple[int, ...], dims: tuple[int, ...]) -> int:
    """Returns how many crops a CPU takes at once; the work of a pixel grows with the blocks' widths squared."""
    work = sum(depth * width**2 / 4**stage for stage, (depth, width) in enumerate(zip(depths, dims, strict=True)))
    return max(1, int(CPU_MICRO_PIXELS / crop_px**2 * ATTO_WORK / max(work, ATTO_WORK)))
