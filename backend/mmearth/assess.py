"""The verb `assess`."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report


def run(request: protocol.AssessRequest, report: Report) -> dict[str, Any]:
    """Compares a map with independent sample points."""
    raise NotImplementedError
