"""Between the map canvas and the CRS of a layer: points and what is in view."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas

from ..messages import InputError, tr


def to_layer(canvas: QgsMapCanvas, point: QgsPointXY, layer: QgsRasterLayer) -> QgsPointXY:
    """Returns a point of the canvas in the CRS of a layer.

    Raises:
        InputError: it cannot be expressed there.
    """
    try:
        return _transform(canvas.mapSettings().destinationCrs(), layer.crs()).transform(point)
    except QgsCsException as error:
        raise _refusal(layer, error) from error


def to_canvas(canvas: QgsMapCanvas, point: QgsPointXY, layer: QgsRasterLayer) -> QgsPointXY:
    """Returns a point in the CRS of a layer as the canvas has it.

    Raises:
        InputError: it cannot be expressed there.
    """
    try:
        return _transform(layer.crs(), canvas.mapSettings().destinationCrs()).transform(point)
    except QgsCsException as error:
        raise _refusal(layer, error) from error


def view_in_layer(canvas: QgsMapCanvas, layer: QgsRasterLayer) -> QgsRectangle:
    """Returns what the canvas shows in the CRS of a layer, which may lie elsewhere.

    Raises:
        InputError: it cannot be expressed there.
    """
    try:
        transform = _transform(canvas.mapSettings().destinationCrs(), layer.crs())
        return transform.transformBoundingBox(canvas.extent())
    except QgsCsException as error:
        raise _refusal(layer, error) from error


def _transform(source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem) -> QgsCoordinateTransform:
    return QgsCoordinateTransform(source, target, QgsProject.instance())


def _refusal(layer: QgsRasterLayer, error: QgsCsException) -> InputError:
    text = tr('The map cannot be expressed in the CRS of layer "{name}" ({error}). Choose another project CRS.')
    return InputError(text.format(name=layer.name(), error=error))
