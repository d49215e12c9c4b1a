"""The verb `check_model`."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report


def run(request: protocol.CheckModelRequest, report: Report) -> dict[str, Any]:
    """Says what a model file is and whether it serves a scene."""
    raise NotImplementedError
