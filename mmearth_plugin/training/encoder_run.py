"""Where a pretraining or an adaptation keeps what it needs to go on: how far it came, and what was asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Optional, Type, TypeVar, Union

from ...backend.mmearth import protocol
from .. import layers

BUNDLED_WEIGHTS = str(Path(__file__).resolve().parents[2] / "resources" / "weights" / "mpmae_atto_s2.safetensors")
_REQUEST = "request.json"
Asked = Union[protocol.PretrainRequest, protocol.AdaptRequest]
_Kind = TypeVar("_Kind", protocol.PretrainRequest, protocol.AdaptRequest)


def weights_file(text: str) -> str:
    """Returns the path of a weights file as it will be written, with its suffix; empty for no text."""
    path = text.strip()
    return path if not path or path.lower().endswith(".safetensors") else f"{path}.safetensors"


def run_folder(weights_out: str) -> Path:
    """Returns the folder of a run, beside the weights file it will write."""
    path = Path(weights_out)
    return path.parent / f"{path.stem}_run"


def resumable_step(weights_out: str) -> int:
    """Returns after how many steps an unfinished run was saved; 0 where there is none to go on with."""
    weights, state = Path(weights_out), run_folder(weights_out) / "checkpoint.json"
    try:
        if not state.with_suffix(".safetensors").is_file():
            return 0
        if weights.exists() and weights.stat().st_mtime >= state.stat().st_mtime:
            return 0  # that run came to its end
        return int(json.loads(state.read_text(encoding="utf-8"))["step"])
    except (OSError, ValueError, KeyError, TypeError):  # not written by a run: nothing to go on with
        return 0


def remember(request: Asked) -> None:
    """Writes down what a new run was asked: going on wants the same settings, also after QGIS was closed.

    Raises:
        InputError: the folder of the run cannot be made.
    """
    folder = run_folder(request.weights_out)
    layers.make_folder(folder)
    (folder / _REQUEST).write_text(protocol.encode(protocol.request_to_json("", request)), encoding="utf-8")


def remembered(weights_out: str, device: str, kind: Type[_Kind]) -> Optional[_Kind]:
    """Returns the request of a kind that goes on with a run, on a device; None where none was written down."""
    try:
        message = protocol.decode((run_folder(weights_out) / _REQUEST).read_bytes())
        request = protocol.request_from_json(message)
    except (OSError, protocol.MalformedMessage):  # a run of the command line, or of another version
        return None
    if not isinstance(request, kind):
        return None
    return replace(request, weights_out=weights_out, device=device, resume=True)


def forget(weights_out: str) -> None:
    """Takes away what `remember` wrote."""
    folder = run_folder(weights_out)
    (folder / _REQUEST).unlink(missing_ok=True)
    layers.drop_empty_folder(folder)


def forget_unsaved(weights_out: str) -> None:
    """Forgets what a run was asked, if it saved nothing to go on with."""
    if not resumable_step(weights_out):
        forget(weights_out)
