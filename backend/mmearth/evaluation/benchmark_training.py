"""The training loop of the protocols: AdamW, cosine learning rate from the first step, no warm-up, last weights count.

Nedungadi et al. 2024, arXiv:2405.02771, §5; numbers of MMEarth-train, main_finetune.py and slurm_scripts. Knows nothing
of files or of what is compared.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmearth.devices import is_out_of_memory
from mmearth.errors import InputError, ResourceError

REFERENCE_BATCH = 256  # learning rates are given for this batch and grow with it
LAST_RATE = 1e-6
EPS = 1e-8

Inputs = Callable[[np.ndarray], Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Settings:
    """How a protocol trains.

    Attributes:
        epochs: How often the training samples are gone through.
        batch: Samples per step, also of the learning rate where there are fewer samples.
        base_rate: Peak learning rate for a batch of `REFERENCE_BATCH`.
        micro_batch: Samples at once; gradients are added up. Halved where memory does not suffice.
    """

    epochs: int
    batch: int
    base_rate: float
    micro_batch: int = 64

    @property
    def rate(self) -> float:
        """Peak learning rate."""
        return self.base_rate * self.batch / REFERENCE_BATCH


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        settings: How.
        seed: Of initial weights, drop path and the order of samples.
        device: Where.
        told: Called with the steps done and in all, after each part of one; raises to stop.
    """

    settings: Settings
    seed: int
    device: torch.device
    told: Told


def learning_rate(settings: Settings, epoch: float) -> float:
    """Returns the rate after some epochs: half a cosine from the peak down to `LAST_RATE`."""
    return LAST_RATE + (settings.rate - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * epoch / settings.epochs))


def train(
    network: nn.Module,
    groups: list[dict[str, Any]],
    data: tuple[Inputs, Inputs, np.ndarray],
    loss: Loss,
    trial: Trial,
    opened: Callable[[int], dict[str, Any] | None] = lambda epoch: None,
) -> None:
    """Trains a network in place.

    Args:
        network: On its device.
        groups: For the optimiser, each with "params", "weight_decay" and "lr_scale".
        data: What gives the inputs of rows, what gives their labels, and the rows (n,) to learn from.
        loss: Mean loss of outputs and labels.
        trial: How, and who is told.
        opened: Called with the epoch that begins; a group it returns is trained from there on.

    Raises:
        InputError: the loss is no longer finite.
        ResourceError: memory does not suffice for a single sample.
    """
    inputs, labels, rows = data
    settings, device = trial.settings, trial.device
    optimiser = torch.optim.AdamW(groups, lr=settings.rate, eps=EPS)
    draws = np.random.default_rng(trial.seed)
    per_epoch = math.ceil(len(rows) / settings.batch)
    total, micro = settings.epochs * per_epoch, min(settings.micro_batch, settings.batch, len(rows))
    network.train()
    for epoch in range(settings.epochs):
        group = opened(epoch)
        if group is not None:
            optimiser.add_param_group(group)
        order = draws.permutation(rows)
        for place in range(per_epoch):
            step = epoch * per_epoch + place
            rate = learning_rate(settings, epoch + place / per_epoch)
            for entry in optimiser.param_groups:
                entry["lr"] = rate * entry["lr_scale"]
            batch = order[slice(place * settings.batch, (place + 1) * settings.batch)]
            while True:
                optimiser.zero_grad(set_to_none=True)
                try:
                    for part in _parts(batch, micro):
                        wanted = labels(part).to(device)
                        found = loss(network(inputs(part).to(device)), wanted)
                        if not bool(found.isfinite()):
                            raise InputError(
                                f"The loss is no number at step {step + 1} of {total}.",
                                "Check band_stats.json of the data set, or leave this model or protocol out.",
                            )
                        (found * (len(part) / len(batch))).backward()  # type: ignore[no-untyped-call]
                        trial.told(step, total)
                    break
                except (RuntimeError, MemoryError) as error:
                    if not is_out_of_memory(error):
                        raise
                    if micro == 1:
                        raise ResourceError(f"{device} has too little memory.", "Choose another device.") from error
                    micro //= 2
            optimiser.step()
            trial.told(step + 1, total)


def _parts(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), size):
        yield rows[slice(start, start + size)]


@torch.inference_mode()
def outputs(
    network: Callable[[Tensor], Tensor], inputs: Inputs, rows: np.ndarray, size: int, device: torch.device
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Returns rows and what a network gives for them, on the CPU, `size` at once, in order."""
    for part in _parts(rows, size):
        yield part, network(inputs(part).to(device)).float().cpu()


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seeds initial weights and drop path for a while, and leaves torch's generators as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
