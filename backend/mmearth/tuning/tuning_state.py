"""The checkpoint of a running fine-tuning: one safetensors file with all that is needed to go on, written atomically.

Beside it lies a small JSON file for programs that only want to know how far the training is. No random generator is
stored: crops and drop path are functions of seed and step. Knows nothing of data or losses.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from mmearth.cog import write_text
from mmearth.errors import CheckpointError, InputError
from mmearth.weights.checkpoints import write_tensors

CHECKPOINT, PROGRESS = "checkpoint.safetensors", "checkpoint.json"
START_ANEW = "Start the training anew, without resuming."
_KEY = "mmearth_tuning"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
Row = dict[str, float]
Tensors = dict[str, Tensor]


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
    for name, parameter in network.named_parameters():
        for moment in _MOMENTS:
            if moment in optimiser.state[parameter]:
                tensors[f"optimiser.{name}.{moment}"] = optimiser.state[parameter][moment]
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = asdict(state)
    write_tensors(str(folder / CHECKPOINT), tensors, {_KEY: json.dumps(about, allow_nan=False)})
    write_text(folder / PROGRESS, json.dumps({**about, "curve": len(state.curve)}, indent=2) + "\n")


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
    path = folder / CHECKPOINT
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint in '{folder}' to go on from.", START_ANEW)
    try:
        with safe_open(str(path), framework="pt") as opened:
            about = json.loads((opened.metadata() or {})[_KEY])
            _compare(about["settings"], settings)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        state = TuningState(**about)
        network.load_state_dict(_part(tensors, "network."))
        for kind, own in kept.items():
            for name, tensor in own.items():
                tensor.copy_(tensors[f"{kind}.{name}"])
        for name, parameter in network.named_parameters():
            keys = {moment: f"optimiser.{name}.{moment}" for moment in _MOMENTS}
            if all(key in tensors for key in keys.values()):
                optimiser.state[parameter] = {
                    moment: tensors[key] if moment == "step" else torch.empty_like(parameter.data).copy_(tensors[key])
                    for moment, key in keys.items()
                }
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint '{path}' cannot be used: {error}.", START_ANEW) from error
    return state


def _part(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _compare(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    other = [key for key in wanted if found.get(key) != wanted[key]]
    if other:
        differences = ", ".join(f"{key} {found.get(key)} instead of {wanted[key]}" for key in other)
        raise InputError(
            f"The checkpoint was made with other settings: {differences}.",
            "Choose the settings of the checkpoint, or start the training anew.",
        )
