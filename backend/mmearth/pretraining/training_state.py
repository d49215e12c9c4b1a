"""What is kept of a running pretraining, so that it can be gone on with. Knows nothing of data or losses."""

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

_KIND = "mmearth_training"


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        step: Optimiser steps done.
        settings: What must be the same to go on.
        curve: Rows with "step", the losses by task, "total" and the weights of the tasks.
        seconds: Time spent so far.
    """

    step: int
    settings: dict[str, Any]
    curve: list[Row]
    seconds: float


def save_state(
    folder: Path, state: TrainingState, model: nn.Module, averaged: Tensors, optimiser: torch.optim.Optimizer
) -> None:
    """Writes the checkpoint; the one before stays where it was if this fails.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    tensors = {f"model.{name}": tensor.detach() for name, tensor in model.named_parameters()}
    tensors |= {f"averaged.{name}": tensor for name, tensor in averaged.items()}
    about = asdict(state)
    progress = {name: value for name, value in about.items() if name != "curve"}
    write_checkpoint(folder, _KIND, tensors | moments_of(model, optimiser), about, progress)


def load_state(
    folder: Path,
    settings: dict[str, Any],
    model: nn.Module,
    averaged: Tensors,
    optimiser: torch.optim.Optimizer,
) -> TrainingState:
    """Reads the checkpoint into model, average and optimiser.

    Args:
        folder: Where it lies.
        settings: Those of the training that goes on.
        model, averaged, optimiser: As in `save_state`.

    Raises:
        CheckpointError: there is none, or it is damaged.
        InputError: it belongs to other settings.
    """
    with open_checkpoint(folder, _KIND, settings) as (about, tensors), torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
        restore_moments(model, optimiser, tensors)
        for name, tensor in averaged.items():
            tensor.copy_(tensors[f"averaged.{name}"])
        return TrainingState(int(about["step"]), about["settings"], about["curve"], float(about["seconds"]))
