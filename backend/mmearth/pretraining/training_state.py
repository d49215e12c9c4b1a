"""The checkpoint of a running pretraining: one safetensors file with all that is needed to go on, written atomically.

Beside it lies a small JSON file for programs that only want to know how far the training is. No random generator is
stored: crops and masks are functions of seed and step. Knows nothing of data or losses.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mmearth.cog import write_text
from mmearth.errors import CheckpointError, InputError
from mmearth.weights.checkpoints import write_tensors

CHECKPOINT, PROGRESS = "checkpoint.safetensors", "checkpoint.json"
_KEY = "mmearth_training"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
Row = dict[str, float]


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
    folder: Path, state: TrainingState, model: nn.Module, averaged: dict[str, Tensor], optimiser: torch.optim.Optimizer
) -> None:
    """Writes the checkpoint; the one before stays where it was if this fails.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    tensors = {f"model.{name}": tensor.detach() for name, tensor in model.named_parameters()}
    tensors |= {f"averaged.{name}": tensor for name, tensor in averaged.items()}
    for name, parameter in model.named_parameters():
        for moment in _MOMENTS:
            if moment in optimiser.state[parameter]:
                tensors[f"optimiser.{name}.{moment}"] = optimiser.state[parameter][moment]
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    about = {"step": state.step, "settings": state.settings, "seconds": state.seconds}
    metadata = {_KEY: json.dumps({**about, "curve": state.curve}, allow_nan=False)}
    write_tensors(str(folder / CHECKPOINT), tensors, metadata)
    write_text(folder / PROGRESS, json.dumps(about, indent=2) + "\n")


def load_state(
    folder: Path,
    settings: dict[str, Any],
    model: nn.Module,
    averaged: dict[str, Tensor],
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
    path = folder / CHECKPOINT
    start_anew = "Start the training anew, without resuming."
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint in '{folder}' to go on from.", start_anew)
    try:
        with safe_open(str(path), framework="pt") as opened:
            about = json.loads((opened.metadata() or {})[_KEY])
            _compare(about["settings"], settings)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(tensors[f"model.{name}"])
                keys = {moment: f"optimiser.{name}.{moment}" for moment in _MOMENTS}
                if all(key in tensors for key in keys.values()):
                    optimiser.state[parameter] = {
                        moment: tensors[key] if moment == "step" else torch.empty_like(parameter).copy_(tensors[key])
                        for moment, key in keys.items()
                    }
            for name, tensor in averaged.items():
                tensor.copy_(tensors[f"averaged.{name}"])
        return TrainingState(int(about["step"]), about["settings"], about["curve"], float(about["seconds"]))
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint '{path}' cannot be used: {error}.", start_anew) from error


def _compare(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    other = [key for key in wanted if found.get(key) != wanted[key]]
    if other:
        differences = ", ".join(f"{key} {found.get(key)} instead of {wanted[key]}" for key in other)
        raise InputError(
            f"The checkpoint was made with other settings: {differences}.",
            "Choose the settings of the checkpoint, or start the training anew.",
        )
