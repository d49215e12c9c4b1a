"""Which fields of requests hold paths, and messages with their paths as the other machine, or this one, calls them."""

from __future__ import annotations

import os
from typing import Any, Dict

from ..messages import tr
from .path_map import PathMap

# Every text field of a request is either here or in NO_PATHS; a test compares both with the protocol.
FILES = frozenset(
    (
        *("scene", "scenes", "layers", "mask", "features", "labels", "masks", "parcels", "samples", "map"),
        *("model", "embedding", "raster", "first", "second", "source", "dataset", "data", "statistics", "files"),
        *("out", "report", "table", "confidence", "probabilities", "margin", "entropy", "distance", "interval"),
        *("vector", "parcels_out", "weights_out", "folder", "targets", "references", "land_cover"),
    )
)
# Of weights: a name, a file here, or a file there as the backend there has listed it.
WEIGHTS = frozenset(("weights", "models", "start", "path", "checkpoint"))
NO_PATHS = frozenset(
    (
        *("units", "pca_from", "dtype", "precision", "grn", "device", "scheduler", "labels_layer", "parcels_layer"),
        *("samples_layer", "field", "classes", "ignore", "task", "tasks", "head", "folds", "unit", "rung", "recipe"),
        *("evaluations", "partitions", "size", "weighting", "axes", "crs", "name", "mode", "anchors"),
    )
)


class UnmappedPath(Exception):  # noqa: N818 - names what it is
    """A path that the other machine cannot know.

    Attributes:
        message, remedy: Ready for the user.
    """

    def __init__(self, path: str, paths: PathMap) -> None:
        if paths.pairs:
            message = tr('"{path}" lies in no folder that the other machine sees too. It sees: {folders}.')
        else:
            message = tr('"{path}" is on this machine, and no folder is mapped that the other machine sees too.')
        folders = ", ".join(f'"{here}"' for here, _there in paths.pairs)
        self.message = message.format(path=path, folders=folders)
        self.remedy = tr(
            "Copy it into a mapped folder, choose a place there for what is to be written, or add its folder under "
            '"Compute on another machine…".'
        )
        super().__init__(self.message)


def outgoing(message: Dict[str, Any], paths: PathMap) -> Dict[str, Any]:
    """Returns a request's message with its paths as the other machine calls them.

    Raises:
        UnmappedPath: a file lies in no mapped folder.
    """
    moved = dict(message)
    for name in (FILES | WEIGHTS).intersection(message):
        moved[name] = _moved(message[name], paths, name in WEIGHTS)
    return moved


def incoming(message: Any, paths: PathMap) -> Any:
    """Returns a message of the backend with every path of a mapped folder as this machine calls it."""
    if isinstance(message, str):
        return paths.here(message)
    if isinstance(message, dict):
        return {key: incoming(value, paths) for key, value in message.items()}
    if isinstance(message, list):
        return [incoming(value, paths) for value in message]
    return message


def _moved(value: Any, paths: PathMap, of_weights: bool) -> Any:
    if isinstance(value, dict):  # a further layer of a pretraining
        return {**value, "path": _moved(value["path"], paths, of_weights)} if "path" in value else value
    if not isinstance(value, str):
        return [_moved(part, paths, of_weights) for part in value]
    # A scene of several files has one path a line.
    return "\n".join(_moved_path(line, paths, of_weights) if line else line for line in value.split("\n"))


def _moved_path(path: str, paths: PathMap, of_weights: bool) -> str:
    there = paths.there(path)
    if there is not None:
        return there
    if of_weights and not os.path.exists(path.rpartition("@")[2] if path.startswith("timm:") else path):
        return path  # a name, or a file of the other machine: it says itself where it has none
    raise UnmappedPath(path, paths)
