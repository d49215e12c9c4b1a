"""Which raster layers are embeddings, which is the newest of a scene, and which part of one a request covers."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from osgeo import gdal
from qgis.core import QgsLayerTreeGroup, QgsMapLayer, QgsProject, QgsRasterLayer, QgsRectangle

from ...backend.mmearth.protocol import Bounds
from .. import layers, results
from ..layers import Source
from ..messages import InputError, tr

_LEAST_BANDS = 8
_FOREIGN_BANDS = (64, 128)  # AlphaEarth, TESSERA
_TAG = "MMEARTH"  # JSON that the backend writes into its rasters; only embeddings have "stages"
_AREA_PX = 2000


def is_embedding(layer: Optional[QgsMapLayer]) -> bool:
    """Returns whether a layer is an embedding: one that the backend wrote, or with the bands of a published one."""
    if not isinstance(layer, QgsRasterLayer) or not layer.isValid() or layer.bandCount() < _LEAST_BANDS:
        return False
    try:
        path = layers.raster_path(layer)
    except InputError:
        return False
    return layer.bandCount() in _FOREIGN_BANDS or "stages" in _tag(path)


def _tag(path: str) -> Dict[str, Any]:
    """Returns what the backend wrote into a raster of its own; of another one, nothing."""
    try:
        dataset = gdal.Open(path)
        made = json.loads((dataset.GetMetadataItem(_TAG) if dataset is not None else None) or "{}")
    except (RuntimeError, ValueError):  # GDAL raises or not, as other plugins have told it
        return {}
    return made if isinstance(made, dict) else {}


def result_group_of(layer: QgsRasterLayer) -> QgsLayerTreeGroup:
    """Returns the result group that a layer lies in; for one that lies in none, its own.

    Raises:
        InputError: as for `layers.raster_path`.
    """
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    while node is not None:
        if results.is_result_group(node):
            return node
        node = node.parent()
    return results.result_group(layers.layer_source(layer))


def newest(source: Source) -> Optional[QgsRasterLayer]:
    """Returns the topmost embedding in the result group of a scene; None without one."""
    for group in QgsProject.instance().layerTreeRoot().findGroups(True):
        if results.is_result_group(group) and group.name().endswith(f" {source.name}"):
            found: List[QgsMapLayer] = [node.layer() for node in group.findLayers()]
            return next((layer for layer in found if is_embedding(layer)), None)
    return None


def area_around(layer: QgsRasterLayer, view: QgsRectangle, last: Optional[Bounds]) -> Optional[Bounds]:
    """Returns the bounds of the part of an embedding that is held ready for what is in view; None means all of it.

    The area is the same for views that lie inside the last one, so that what the backend has read of it is used again.

    Args:
        layer: The embedding.
        view: What is looked at, in the CRS of the layer.
        last: What this function returned for the view before.

    Raises:
        InputError: the embedding is not in view.
    """
    extent = layer.extent()
    seen = view.intersect(extent)
    if seen.isEmpty():
        text = tr('Embedding "{name}" is not in view. Zoom to the layer.')
        raise InputError(text.format(name=layer.name()))
    if layer.width() * layer.height() <= _AREA_PX * _AREA_PX:
        return None
    if last is not None and QgsRectangle(*last).contains(seen):
        return last
    sides = []
    for low, high, start, stop, count in (
        (seen.xMinimum(), seen.xMaximum(), extent.xMinimum(), extent.xMaximum(), layer.width()),
        (seen.yMinimum(), seen.yMaximum(), extent.yMinimum(), extent.yMaximum(), layer.height()),
    ):
        res = (stop - start) / count
        side_px = min(count, max(_AREA_PX, round((high - low) / res) + 2))
        first_px = round(((low + high) / 2 - start) / res - side_px / 2)
        first_px = min(max(0, first_px), count - side_px)
        sides.append((start + first_px * res, start + (first_px + side_px) * res))
    (left, right), (bottom, top) = sides
    return (left, bottom, right, top)
