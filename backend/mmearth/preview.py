"""The verb `preview`."""

from typing import Any

from mmearth import protocol
from mmearth.progress import Report


def run(request: protocol.PreviewRequest, report: Report) -> dict[str, Any]:
    """Maps a window at once from labels that are still being drawn."""
    raise NotImplementedError
