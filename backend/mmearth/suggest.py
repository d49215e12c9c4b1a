"""The verb `suggest`."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report


def run(request: protocol.SuggestRequest, report: Report) -> dict[str, Any]:
    """Says where to label next."""
    raise NotImplementedError
