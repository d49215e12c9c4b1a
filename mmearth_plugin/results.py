"""Results onto the map: a group for each scene, a layer for each file, styled as the backend says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from qgis.core import (
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsLayerTreeNode,
    QgsMapLayer,
    QgsProject,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .layers import Source
from .messages import InputError, tr

_GROUP = "MMEarth – "  # and the name of the scene
_RUN = "mmearth/run"  # property of a run's group: the id of the run


@dataclass(frozen=True)
class ResultFile:
    """A file that becomes a layer.

    Attributes:
        path: Raster or vector file.
        style: Path of a QML file; empty means the one beside the file.
        name: Of the layer.
        shown: Whether it is ticked in the layer tree.
    """

    path: str
    style: str
    name: str
    shown: bool = True


def map_files(result: Dict[str, Any]) -> List[ResultFile]:
    """Returns the files of a result of predict, the topmost first; the map itself is shown, what explains it is not."""
    names = {
        "vector": tr("Class polygons"),
        "parcels": tr("Classified polygons") if result["classes"] else tr("Polygons with values"),
        "out": _map_text(result),
        "interval": tr("90 % interval"),
        "confidence": tr("Confidence"),
        "probabilities": tr("Probabilities"),
        "margin": tr("Margin"),
        "entropy": tr("Entropy"),
        "distance": tr("Unlike anything labelled"),
    }
    return [
        ResultFile(
            result[key], result.get("style" if key == "out" else f"{key}_style", ""), name, key in ("out", "parcels")
        )
        for key, name in names.items()
        if result.get(key)
    ]


def _map_text(result: Dict[str, Any]) -> str:
    if not str(result["out"]).lower().endswith((".tif", ".tiff")):
        return tr("Classified polygons")
    return tr("Classes") if result["classes"] else tr("Values")


def result_group(source: Source) -> QgsLayerTreeGroup:
    """Returns the layer group for a scene's results; a new one goes right above the scene, below the labels."""
    root = QgsProject.instance().layerTreeRoot()
    name = _GROUP + source.name
    group = root.findGroup(name)
    if group is not None:
        return group
    scene = root.findLayer(source.layer_id)
    parent = root if scene is None else scene.parent()
    group = parent.insertGroup(0 if scene is None else parent.children().index(scene), name)
    group.setExpanded(False)  # the tree view cannot expand an empty group: `add_results` does it
    return group


def run_group(source: Source, run_id: str, name: str) -> QgsLayerTreeGroup:
    """Returns the group of one run inside the scene's group.

    A new one goes on top, below points only; those of earlier runs are closed and hidden, and stay.
    """
    group = find_run_group(run_id)
    if group is not None:
        return group
    parent = result_group(source)
    hide_run_groups(parent)
    for other in parent.findGroups():
        if other.customProperty(_RUN):
            other.setExpanded(False)
    group = parent.insertGroup(_below_points(parent), name)
    group.setCustomProperty(_RUN, run_id)
    parent.setExpanded(True)
    return group


def find_run_group(run_id: str) -> Optional[QgsLayerTreeGroup]:
    """Returns the group of a run, wherever the user has moved it; None where there is none."""
    groups = QgsProject.instance().layerTreeRoot().findGroups(True)
    return next((group for group in groups if group.customProperty(_RUN) == run_id), None)


def show_run_group(group: QgsLayerTreeGroup) -> None:
    """Shows the layers of a run instead of those of the other runs beside it."""
    for other in group.parent().children():
        if isinstance(other, QgsLayerTreeGroup) and other.customProperty(_RUN):
            other.setItemVisibilityChecked(other is group)
            other.setExpanded(other is group)
    group.setItemVisibilityCheckedParentRecursive(True)


def hide_run_groups(parent: QgsLayerTreeGroup) -> None:
    """Hides the maps of all runs of a scene, for what would not be seen above them."""
    for other in parent.findGroups():
        if other.customProperty(_RUN):
            other.setItemVisibilityChecked(False)


def gather(group: QgsLayerTreeGroup, paths: Sequence[str]) -> None:
    """Moves the layers of files that lie right in a scene's group to a group in it; other layers stay."""
    parent = group.parent()
    for node in list(parent.children()):
        if isinstance(node, QgsLayerTreeLayer) and node.layer() is not None and file_of(node.layer()) in paths:
            moved = node.clone()
            group.addChildNode(moved)  # before the other goes: QGIS drops layers that the tree has no more
            parent.removeChildNode(node)
    group.setExpanded(True)


def file_of(layer: QgsMapLayer) -> str:
    """Returns the file of a layer; empty where it is none."""
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return str(parts.get("path") or "")


def is_result_group(node: Optional[QgsLayerTreeNode]) -> bool:
    """Returns whether a node of the layer tree is such a group."""
    return isinstance(node, QgsLayerTreeGroup) and node.name().startswith(_GROUP)


def add_results(group: QgsLayerTreeGroup, files: Sequence[ResultFile]) -> List[QgsMapLayer]:
    """Loads result files, the topmost first, on top of a group; points that are there stay above maps.

    Raises:
        InputError: a file cannot be loaded.
    """
    added: List[QgsMapLayer] = []
    above = _below_points(group)
    for position, file in enumerate(files):
        is_raster = file.path.lower().endswith((".tif", ".tiff"))
        layer = QgsRasterLayer(file.path, file.name) if is_raster else QgsVectorLayer(file.path, file.name, "ogr")
        if not layer.isValid():
            text = tr('The result "{path}" could not be loaded. Look at the log panel.')
            raise InputError(text.format(path=file.path))
        apply_style(layer, file.style)
        QgsProject.instance().addMapLayer(layer, False)
        node = group.insertLayer(position if is_points(layer) else above + position, layer)
        node.setExpanded(is_raster and file.shown)
        node.setItemVisibilityChecked(file.shown)
        added.append(layer)
    group.setExpanded(True)
    return added


def _below_points(group: QgsLayerTreeGroup) -> int:
    """Returns the position below the points on top of a group."""
    position = 0
    while position < len(group.children()) and _has_points(group.children()[position]):
        position += 1
    return position


def is_points(layer: Optional[QgsMapLayer]) -> bool:
    """Returns whether a layer holds points."""
    return isinstance(layer, QgsVectorLayer) and layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry


def _has_points(node: QgsLayerTreeNode) -> bool:
    return isinstance(node, QgsLayerTreeLayer) and is_points(node.layer())


def hide(layer: QgsMapLayer) -> None:
    """Unticks a layer in the layer tree."""
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    if node is not None:
        node.setItemVisibilityChecked(False)


def remove(layer: QgsMapLayer) -> None:
    """Removes a layer from the project, and its group if nothing else is in it."""
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    group = None if node is None else node.parent()
    QgsProject.instance().removeMapLayer(layer.id())
    if group is not None and group.parent() is not None and not group.children():
        group.parent().removeChildNode(group)


def apply_style(layer: QgsMapLayer, style: str = "") -> None:
    """Styles a layer with a QML file: the one named, else the one beside the layer's file."""
    style = style or str(Path(layer.source().split("|")[0]).with_suffix(".qml"))
    if os.path.isfile(style):
        layer.loadNamedStyle(style)
        layer.triggerRepaint()
