"""What training and map will cost, in one line each, from what a description says of the scene."""

from __future__ import annotations

from typing import Any, Dict

from .. import messages
from ..messages import tr

_MAP_BYTES_PER_PX = 1.0  # classes and confidence, compressed; measured on the sample: 0.73


def training_cost(description: Dict[str, Any]) -> str:
    """Returns what training costs at most: the scene is computed around the polygons only."""
    time, memory = _time_and_memory(description)
    if not time:
        return tr("Training: some seconds, as the scene is an embedding already.")
    text = tr("Training: 5 to 30 s to learn and check itself, up to {time} to look at the scene, {memory} of memory.")
    return text.format(time=time, memory=memory)


def map_cost(description: Dict[str, Any]) -> str:
    """Returns what the map of the scene costs."""
    time, memory = _time_and_memory(description)
    estimate = description["estimate"]
    pixels = float(estimate.get("pixels") or description["width"] * description["height"])
    disk = messages.size_text(pixels * _MAP_BYTES_PER_PX)
    if not time:
        return tr("Map: {disk} on disk, a moment's work.").format(disk=disk)
    return tr("Map: about {time}, {memory} of memory, {disk} on disk.").format(time=time, memory=memory, disk=disk)


def _time_and_memory(description: Dict[str, Any]) -> Any:
    estimate = description["estimate"]
    seconds, memory = float(estimate["seconds"]), float(estimate["memory_bytes"])
    return ("", "") if not seconds else (messages.time_text(seconds), messages.size_text(memory))
