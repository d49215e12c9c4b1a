"""The verb `adapt`: learns an encoder for another sensor from places that a known sensor has seen too."""

from typing import Any

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.progress import Report


def run(request: protocol.AdaptRequest, report: Report) -> dict[str, Any]:
    """Adapts (see `protocol.AdaptRequest`)."""
    raise InputError("not yet", "")
