"""What is kept of a running fine-tuning, so that it can be gone on with. Knows nothing of data or losses."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmearth.weights.training_checkpoint import (
    Row,
    Tensors,
    moments_of,
    open_checkpoint,
    restore_moments,
    write_checkpoint,
)

_KIND = "mmearth_tuning"


@dataclass(frozen=True)
class TuningState:
    """Where a training stands.

    Attributes:
        step: Optimiser steps done.
        settings: What must be the same to go on.
        curve: Rows with "step", "loss", "learning rate" and, where it was scored, "held-out F1".
        seconds: Time spent so far.
        best_score: Largest held-out score; -1 before the first.
        best_step: Step after which it was found.
        worse: Validations since then.
        finished: Whether the training came to its end.
    """

    step: int
    settings: dict[str, Any]
    curve: list[Row]
    seconds: float
    best_score: float
    best_step: int
    worse: int
    finished: bool


def save_state(
    folder: Path,
    state: TuningState,
    network: nn.Module,
    kept: dict[str, Tensors],
    optimiser: torch.optim.Optimizer,
) -> None:
    """Writes the checkpoint; the one before stays where it was if this fails.

    Args:
        folder: Where to.
        state: Where the training stands.
        network: With its weights of the moment.
        kept: Further weights by name, each a part of a state dict of the network.
        optimiser: Whose moments are written.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for kind, own in kept.items():
        tensors |= {f"{kind}.{name}": tensor for name, tensor in own.items()}
    about = asdict(state)
    progress = {**about, "curve": len(state.curve)}
    write_checkpoint(folder, _KIND, tensors | moments_of(network, optimiser), about, progress)


def load_state(
    folder: Path,
    settings: dict[str, Any],
    network: nn.Module,
    kept: dict[str, Tensors],
    optimiser: torch.optim.Optimizer,
) -> TuningState:
    """Reads the checkpoint into network, further weights and optimiser.

    Args:
        folder: Where it lies.
        settings: Those of the training that goes on.
        network, kept, optimiser: As in `save_state`; written into.

    Raises:
        CheckpointError: there is none, or it is damaged.
        InputError: it belongs to other settings.
    """
    with open_checkpoint(folder, _KIND, settings) as (about, tensors):
        state = TuningState(**about)
        start = "network."
        own_state = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
        network.load_state_dict(own_state)
        for kind, own in kept.items():
            for name, tensor in own.items():
                tensor.copy_(tensors[f"{kind}.{name}"])
        restore_moments(network, optimiser, tensors)
    return state
