"""What an adaptation was asked, written into the folder of its run, so that it goes on the same after QGIS was closed.

Knows no widgets. The folder and the checkpoint in it are as those of a pretraining.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from ...backend.mmearth import protocol
from .. import layers
from .pretrain_run import run_folder

_REQUEST = "adapt.json"


def remember(request: protocol.AdaptRequest) -> None:
    """Writes down what a new run was asked.

    Raises:
        InputError: the folder of the run cannot be made.
    """
    folder = run_folder(request.weights_out)
    layers.make_folder(folder)
    (folder / _REQUEST).write_text(protocol.encode(protocol.request_to_json("", request)), encoding="utf-8")


def remembered(weights_out: str, device: str) -> Optional[protocol.AdaptRequest]:
    """Returns the request that goes on with a run, on a device; None where nothing was written down."""
    try:
        message = protocol.decode((run_folder(weights_out) / _REQUEST).read_bytes())
        request = protocol.request_from_json(message)
    except (OSError, protocol.MalformedMessage):  # a run of the command line, or of another version
        return None
    if not isinstance(request, protocol.AdaptRequest):
        return None
    return replace(request, weights_out=weights_out, device=device, resume=True)


def forget(weights_out: str) -> None:
    """Takes away what `remember` wrote, for a run that saved nothing to go on with."""
    folder = run_folder(weights_out)
    (folder / _REQUEST).unlink(missing_ok=True)
    layers.drop_empty_folder(folder)
