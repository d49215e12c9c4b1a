"""What an adaptation is refused for before any image is read: numbers, files that stand in each other's way, folders.

Knows nothing of what is in the files.
"""

import math
import os
from pathlib import Path

from mmearth import protocol
from mmearth.disk import disk_errors
from mmearth.errors import CheckpointError, InputError, ResourceError
from mmearth.weights.checkpoints import BUNDLED, WEIGHTS_FOLDER
from mmearth.weights.training_checkpoint import CHECKPOINT, START_ANEW

CARD = ".json"  # suffix


def check_request(request: protocol.AdaptRequest, run_folder: Path) -> None:
    """Checks a request.

    Args:
        request: See `protocol.AdaptRequest`.
        run_folder: Where curve, pictures and the state of a cancelled run go; it is made later.

    Raises:
        InputError: a number is none, or a file would be written over.
        CheckpointError: there is nothing to go on from.
        ResourceError: the weights cannot be written where they are to lie.
    """
    if not request.targets:
        raise InputError("No target was given.", "Name at least one raster of your sensor.")
    numbers = {name: getattr(request, name) for name in ("reference_m", "working_m", "learning_rate")}
    wrong = [f"{name} {value}" for name, value in numbers.items() if not math.isfinite(value)]
    if wrong:
        raise InputError(f"These settings are no numbers: {', '.join(wrong)}.", "Choose 0 for the recipe's own.")
    _check_pairs(request)
    out = Path(request.weights_out)
    if not out.parent.is_dir():
        raise ResourceError(f"The folder '{out.parent}' does not exist.", "Create it or choose another one.")
    if out.is_dir():
        raise InputError(f"'{out}' is a folder; the weights are a file.", "Name a file that ends in .safetensors.")
    if not os.access(out.parent, os.W_OK):
        raise ResourceError(f"'{out.parent}' cannot be written to.", "Choose another folder.")
    _check_overwriting(request, out)
    if request.resume and not (run_folder / CHECKPOINT).is_file():
        raise CheckpointError(f"There is no checkpoint in '{run_folder}' to go on from.", START_ANEW)


def make_folder(folder: Path) -> None:
    """Makes the run folder where there is none.

    Raises:
        ResourceError: it cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise ResourceError(
            f"'{folder}' is a file; curve and pictures of the adaptation go into a folder of that name.",
            "Move that file away, or give the weights another name.",
        )
    with disk_errors(folder.parent):
        folder.mkdir(exist_ok=True)


def _check_pairs(request: protocol.AdaptRequest) -> None:
    for target, reference in zip(request.targets, request.references, strict=False):
        if _place(target) == _place(reference):
            raise InputError(
                f"'{Path(target).name}' was given as target and as its own reference, so there is no other sensor to "
                "learn.",
                "Choose a reference of the sensor that the weights know, or none, to have one made from the target.",
            )


def _check_overwriting(request: protocol.AdaptRequest, out: Path) -> None:
    place = _place(request.weights_out)
    read = {
        **dict.fromkeys(request.targets, "a target"),
        **dict.fromkeys(request.references, "a reference"),
        request.land_cover: "the land cover",
        request.weights or str(BUNDLED): "the weights to begin with",
    }
    for path, what in read.items():
        if path and place == _place(path):
            raise InputError(
                f"'{out.name}' is {what}; the new weights would be written over it.", "Choose another name."
            )
    if out.resolve().parent == WEIGHTS_FOLDER:
        raise InputError(
            f"'{out.name}' would lie among the weights of the plugin, which are replaced when it is updated.",
            "Choose another folder.",
        )
    if out.suffix.lower() == CARD:
        raise InputError(
            f"'{out.name}' is where the description of the weights goes.", "Name a file that ends in .safetensors."
        )


def _place(path: str) -> str:
    return os.path.realpath(path)
