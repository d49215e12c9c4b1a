"""Moves the map canvas to a place and selects what lies there. Knows nothing of what the places are."""

from __future__ import annotations

from typing import List, Optional, Sequence

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpression,
    QgsFeature,
    QgsFeatureRequest,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from .messages import InputError, tr

_FARTHEST_SCALE, _NEAR_SCALE = 12_000, 5_000
_AROUND = 4.0  # how much wider than the place the canvas shows its surroundings


def crs_of(text: str) -> QgsCoordinateReferenceSystem:
    """Returns the CRS that the backend names by authority or by WKT."""
    crs = QgsCoordinateReferenceSystem(text)
    return crs if crs.isValid() else QgsCoordinateReferenceSystem.fromWkt(text)


def zoom_to(canvas: QgsMapCanvas, place: QgsRectangle, crs: QgsCoordinateReferenceSystem) -> None:
    """Shows a place with its surroundings; a point is only moved to the middle.

    Raises:
        InputError: the place cannot be expressed in the CRS of the map.
    """
    transform = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), QgsProject.instance())
    try:
        found = transform.transformBoundingBox(place)
    except QgsCsException as error:
        text = tr("The place cannot be shown on the map ({error}). Choose another project CRS.")
        raise InputError(text.format(error=error)) from error
    if found.width() > 0 or found.height() > 0:
        found.scale(_AROUND)
    canvas.zoomToFeatureExtent(found)
    canvas.refresh()


def zoom_to_bounds(canvas: QgsMapCanvas, bounds: Sequence[float], crs: str) -> None:
    """Shows (left, bottom, right, top) of a CRS given as text; see `zoom_to`."""
    zoom_to(canvas, QgsRectangle(*bounds), crs_of(crs))


def look_at(canvas: QgsMapCanvas, point: QgsPointXY, crs: QgsCoordinateReferenceSystem) -> None:
    """Moves to a point, and nearer where the map shows too much around it to judge what is there.

    Raises:
        InputError: the point cannot be expressed in the CRS of the map.
    """
    if canvas.scale() > _FARTHEST_SCALE:
        canvas.zoomScale(_NEAR_SCALE)
    zoom_to(canvas, QgsRectangle(point, point), crs)


class PointWalk(QObject):
    """Goes from point to point of a layer, in the order of a field."""

    moved = pyqtSignal(object)  # QgsFeature

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._layer: Optional[QgsVectorLayer] = None
        self._ids: List[int] = []
        self.position = -1

    @property
    def layer(self) -> Optional[QgsVectorLayer]:
        """The layer; None where there is none, or it is gone."""
        return self._layer

    @property
    def count(self) -> int:
        """How many points there are."""
        return len(self._ids)

    def set_layer(self, layer: Optional[QgsVectorLayer], order: str = "") -> None:
        """Takes the points of a layer, in the order of a field; the walk begins before the first."""
        if self._layer is not None:
            self._layer.willBeDeleted.disconnect(self._forget)
        self._layer, self.position = layer, -1
        self._ids = []
        if layer is not None:
            layer.willBeDeleted.connect(self._forget)
            request = QgsFeatureRequest()
            if layer.fields().lookupField(order) >= 0:
                request.addOrderBy(QgsExpression.quotedColumnRef(order))
            self._ids = [feature.id() for feature in layer.getFeatures(request)]

    def feature(self) -> Optional[QgsFeature]:
        """Returns the point that was gone to last; None before the first, or where it was deleted."""
        if self._layer is None or not 0 <= self.position < len(self._ids):
            return None
        found = self._layer.getFeature(self._ids[self.position])
        return found if found.isValid() else None

    def features(self) -> List[QgsFeature]:
        """Returns all points, in order, as they are now."""
        if self._layer is None:
            return []
        found = {f.id(): f for f in self._layer.getFeatures(QgsFeatureRequest(self._ids))}
        self._ids = [number for number in self._ids if number in found]  # the user may delete points
        self.position = min(self.position, len(self._ids) - 1)
        return [found[number] for number in self._ids]

    def go(self, step: int) -> None:
        """Goes on or back; after the last point comes the first.

        Raises:
            InputError: as for `look_at`.
        """
        if self._ids:
            at = self.position + step if self.position >= 0 else (0 if step > 0 else -1)
            self.position = at % len(self._ids)
            self.show()

    def show(self) -> None:
        """Shows the present point on the map."""
        feature = self.feature()
        if feature is not None and feature.hasGeometry():
            self._layer.selectByIds([feature.id()])
            look_at(self._canvas, feature.geometry().asPoint(), self._layer.crs())
        if feature is not None:
            self.moved.emit(feature)

    def _forget(self) -> None:
        self._layer, self._ids, self.position = None, [], -1
