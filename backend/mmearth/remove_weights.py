"""The verb `remove_weights`: takes a weights file from the disk, with what was written beside it for it."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from mmearth import protocol
from mmearth.disk import disk_errors
from mmearth.errors import InputError
from mmearth.progress import Report
from mmearth.weights.checkpoints import METADATA_KEY, WEIGHTS_FOLDER
from mmearth.weights.published_weights import NAMES, find_published, user_weights_folder

_CHOOSE = "Choose a weights file of this program that you downloaded, converted or pretrained."


def run(request: protocol.RemoveWeightsRequest, report: Report) -> dict[str, Any]:
    """Removes the file, its card and, of a published one, the checkpoint that it was made of.

    Band statistics that another published checkpoint here needs stay, and so does the run folder of a pretraining: it
    holds what the training could go on from.

    Returns:
        path: As it was asked for.
        freed_bytes: Of all that was removed.

    Raises:
        InputError: no such file, the bundled weights, or a file that is not this program's.
        ResourceError: the file cannot be removed.
    """
    report.check()
    file = _removable(request.path)
    freed_bytes = 0
    with disk_errors(file.parent):
        for extra in _beside(file):
            freed_bytes += extra.stat().st_size
            extra.unlink()  # the hash of a download stays recorded: the next one must be the same file
        freed_bytes += file.stat().st_size
        file.unlink()
    return {"path": request.path, "freed_bytes": freed_bytes}


def _removable(path: str) -> Path:
    """Returns the file, or raises InputError where removing it is not ours to do."""
    file = Path(path)
    if not path or not file.is_file():
        raise InputError(f"There is no weights file '{path}'.", "Look at the list of weights again.")
    if file.resolve().parent == WEIGHTS_FOLDER.resolve():
        raise InputError(f"'{file.name}' came with the plugin and stays.", _CHOOSE)
    if file.suffix != ".safetensors":
        raise InputError(f"'{file.name}' is no weights file: its name does not end in .safetensors.", _CHOOSE)
    in_own_folder = file.absolute().parent == user_weights_folder()
    if not in_own_folder and not _is_ours(file):
        raise InputError(f"'{file.name}' was not written by this program, which leaves it alone.", _CHOOSE)
    return file


def _is_ours(file: Path) -> bool:
    try:
        with safe_open(str(file), framework="pt") as opened:
            return METADATA_KEY in (opened.metadata() or {})
    except (SafetensorError, OSError):
        return False


def _beside(file: Path) -> list[Path]:
    """Returns what was written beside a weights file for it alone."""
    card = file.with_suffix(".json")
    found = [card] if _is_card(card) else []
    if file.stem in NAMES:
        found.append(file.with_suffix(".pth"))
        statistics = find_published(file.stem).statistics_file
        others = [name for name in NAMES if name != file.stem and file.with_name(f"{name}.safetensors").exists()]
        if statistics not in [find_published(name).statistics_file for name in others]:
            found.append(file.with_name(statistics))
    return [path for path in found if path.is_file()]


def _is_card(path: Path) -> bool:
    """Whether a file is a card as pretraining and conversion write it; any other JSON of that name is the user's."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and {"summary", "weights"} <= set(card)
