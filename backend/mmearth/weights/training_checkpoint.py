"""The checkpoint of a running training: one safetensors file with all that is needed to go on, written atomically.

Beside it lies a small JSON file for programs that only want to know how far the training is. No random generator is
stored: in every training here crops and masks are functions of seed and step. Knows nothing of data or losses.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")

Row = dict[str, float]
Tensors = dict[str, Tensor]


def write_checkpoint(
    folder: Path, kind: str, tensors: Tensors, about: dict[str, Any], progress: dict[str, Any]
) -> None:
    """Writes a checkpoint; the one before stays where it was if this fails.

    Args:
        folder: Where to.
        kind: Of training; the name of its entry in the file.
        tensors: By name.
        about: What else is needed to go on, JSON, with "settings".
        progress: What the small file beside it says.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_tensors(str(folder / CHECKPOINT), tensors, {kind: json.dumps(about, allow_nan=False)})
    write_text(folder / PROGRESS, json.dumps(progress, indent=2) + "\n")


@contextmanager
def open_checkpoint(folder: Path, kind: str, settings: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Tensors]]:
    """Yields what `write_checkpoint` wrote: about and tensors; what does not fit them while they are used is an error.

    Args:
        folder: Where it lies.
        kind: As it was written.
        settings: Those of the training that goes on.

    Raises:
        CheckpointError: there is none, or it is damaged.
        InputError: it belongs to other settings.
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint in '{folder}' to go on from.", START_ANEW)
    try:
        with safe_open(str(path), framework="pt") as opened:
            about = json.loads((opened.metadata() or {})[kind])
            _compare(about["settings"], settings)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        yield about, tensors
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"The checkpoint '{path}' cannot be used: {error}.", START_ANEW) from error


def moments_of(network: nn.Module, optimiser: torch.optim.Optimizer) -> Tensors:
    """Returns what an optimiser remembers of each parameter of a network."""
    return {
        f"optimiser.{name}.{moment}": optimiser.state[parameter][moment]
        for name, parameter in network.named_parameters()
        for moment in _MOMENTS
        if moment in optimiser.state[parameter]
    }


def restore_moments(network: nn.Module, optimiser: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Gives an optimiser back what `moments_of` returned."""
    for name, parameter in network.named_parameters():
        keys = {moment: f"optimiser.{name}.{moment}" for moment in _MOMENTS}
        if all(key in tensors for key in keys.values()):
            optimiser.state[parameter] = {
                moment: tensors[key] if moment == "step" else torch.empty_like(parameter.data).copy_(tensors[key])
                for moment, key in keys.items()
            }


def _compare(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    other = [key for key in wanted if found.get(key) != wanted[key]]
    if other:
        differences = ", ".join(f"{key} {found.get(key)} instead of {wanted[key]}" for key in other)
        raise InputError(
            f"The checkpoint was made with other settings: {differences}.",
            "Choose the settings of the checkpoint, or start the training anew.",
        )
