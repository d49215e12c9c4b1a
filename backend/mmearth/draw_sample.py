"""The verb `draw_sample`."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report


def run(request: protocol.DrawSampleRequest, report: Report) -> dict[str, Any]:
    """Draws sample points inside each class of a map."""
    raise NotImplementedError
