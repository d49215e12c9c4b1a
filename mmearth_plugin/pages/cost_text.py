"""What training and map will cost, in one line each, from what a description says of the scene."""

from __future__ import annotations

from typing import Any, Dict

from .. import messages
from ..messages import tr

_LEARNING_S = (5, 30)  # of a few polygons and of some hundred, cross-validation included; measured on two cores
_MAP_BYTES_PER_PX = 1.0  # classes and confidence, compressed; measured on the sample: 0.73


def training_cost(description: Dict[str, Any]) -> str:
    """Returns what training costs at most: the scene is computed around the polygons only."""
    time, memory = _time_and_memory(description)
    if not time:
        return tr("Training: some seconds, as the scene is an embedding already.")
    most_s = _LEARNING_S[1] + float(description["estimate"]["seconds"])
    text = tr("Training: {low} to {high}, {memory} of memory.")
    return text.format(low=messages.time_text(_LEARNING_S[0]), high=messages.time_text(most_s), memory=memory)


def map_cost(description: Dict[str, Any]) -> str:
    """Returns what the map of the scene costs."""
    time, memory = _time_and_memory(description)
    estimate = description["estimate"]
    pixels = float(estimate.get("pixels") or description["width"] * description["height"])
    disk = messages.size_text(pixels * _MAP_BYTES_PER_PX)
    if not time:
        return tr("Map: {disk} on disk, a moment's work.").format(disk=disk)
    return tr("Map: {time}, {memory} of memory, {disk} on disk.").format(time=time, memory=memory, disk=disk)


def _time_and_memory(description: Dict[str, Any]) -> Any:
    estimate = description["estimate"]
    seconds, memory = float(estimate["seconds"]), float(estimate["memory_bytes"])
    return ("", "") if not seconds else (messages.time_text(seconds), messages.size_text(memory))
