"""Moves points and shapes from one CRS to another, of the project's transformations."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
)

from ..messages import InputError, tr


def moved_point(
    point: QgsPointXY, source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem
) -> QgsPointXY:
    """Returns a point in another CRS.

    Raises:
        InputError: the point has no place there.
    """
    try:
        return QgsCoordinateTransform(source, target, QgsProject.instance()).transform(point)
    except QgsCsException as error:
        raise _no_place(target) from error


def moved_shape(
    shape: QgsGeometry, source: QgsCoordinateReferenceSystem, target: QgsCoordinateReferenceSystem
) -> QgsGeometry:
    """Returns a shape in another CRS.

    Raises:
        InputError: the shape has no place there.
    """
    moved = QgsGeometry(shape)
    try:
        moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
    except QgsCsException as error:
        raise _no_place(target) from error
    return moved


def _no_place(target: QgsCoordinateReferenceSystem) -> InputError:
    text = tr("This place cannot be expressed in {crs}. Draw nearer to the scene, or choose another project CRS.")
    return InputError(text.format(crs=target.userFriendlyIdentifier()))
