"""Makes what was drawn fit for a label layer: one valid outline without superfluous vertices, of the layer's kind.

Pure geometry, all in one CRS: knows nothing of layers, rasters and the map.
"""

from __future__ import annotations

from typing import List

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes

from ..messages import InputError, tr

_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry
_POINT = QgsWkbTypes.GeometryType.PointGeometry
_NEARLY_ONE = 0.99  # of a pixel's area: squares of one pixel lose a little to rounding when they are reprojected
_FEW_PX = 4
_REST_PX = 0.1  # how far simplification may go beyond the cut corners: together less than half a pixel


def cleaned(drawn: QgsGeometry, pixel_area: float, tolerance: float = 0.0) -> QgsGeometry:
    """Returns a shape as a valid multipolygon without doubled vertices, loops, and parts smaller than a pixel.

    Args:
        drawn: Polygon or multipolygon as it was drawn.
        pixel_area: Area of a pixel of the scene; 0 where there is no scene.
        tolerance: By how much the outline may be simplified.

    Raises:
        InputError: nothing of the size of a pixel is left.
    """
    shape = QgsGeometry(drawn)
    shape.removeDuplicateNodes()
    parts = _valid_parts(shape)
    if tolerance > 0:
        parts = [part for whole in parts for part in _valid_parts(whole.simplify(tolerance))]
    kept = [part for part in parts if part.area() > 0 and part.area() >= _NEARLY_ONE * pixel_area]
    if not kept:
        area = sum(part.area() for part in parts)
        if area > 0 and pixel_area > 0:
            share = tr("The shape covers {n} % of a pixel of the scene; at least one pixel is wanted. Draw it larger.")
            raise InputError(share.format(n=round(100 * area / pixel_area)))
        raise InputError(tr("The shape covers no area. Draw it larger."))
    shape = QgsGeometry.unaryUnion(kept)
    shape.convertToMultiType()
    return shape


def fitted(shape: QgsGeometry, wkb_type: QgsWkbTypes.Type) -> QgsGeometry:
    """Returns a multipolygon as the layer type wants it; of several parts a single type takes the largest.

    A type of points gets a point inside the shape.

    Raises:
        InputError: the type is one of neither polygons nor points.
    """
    kind = QgsWkbTypes.geometryType(wkb_type)
    if kind == _POINT:
        (typed,) = shape.pointOnSurface().coerceToType(wkb_type)
        return typed
    if kind != _POLYGON:
        raise InputError(tr("The label layer holds neither polygons nor points. Choose a polygon layer."))
    found = QgsGeometry(shape)
    if not found.isGeosValid():  # reprojecting may bend an outline over itself
        found = QgsGeometry.unaryUnion(_valid_parts(found))
    if QgsWkbTypes.isSingleType(wkb_type):
        found = max(found.asGeometryCollection(), key=QgsGeometry.area)
    (typed,) = found.coerceToType(wkb_type)
    return typed


def smoothed(edges: QgsGeometry, pixel_width: float, pixel_height: float) -> QgsGeometry:
    """Returns an outline along edges of pixels with its corners cut, so that stairs become slopes.

    The corners are cut half a pixel from each: the outline moves by less than half a pixel and each pixel's centre
    stays on its side. Parts of very few pixels stay as they are: they would lose too much of themselves.
    """
    half_width, half_height = pixel_width / 2, pixel_height / 2
    tolerance = _REST_PX * min(pixel_width, pixel_height)
    parts = []
    for part in edges.asGeometryCollection():
        if part.area() < _FEW_PX * pixel_width * pixel_height:
            parts.append(part)
            continue
        rings = [_cut_ring(ring, half_width, half_height) for ring in part.asPolygon()]
        parts.append(QgsGeometry.fromPolygonXY(rings).simplify(tolerance))
    return QgsGeometry.collectGeometry(parts)


def _cut_ring(ring: List[QgsPointXY], half_width: float, half_height: float) -> List[QgsPointXY]:
    cut: List[QgsPointXY] = []
    for start, end in zip(ring, ring[1:]):
        dx, dy = end.x() - start.x(), end.y() - start.y()
        step_x, step_y = _towards(dx, half_width), _towards(dy, half_height)
        cut.append(QgsPointXY(start.x() + step_x, start.y() + step_y))
        cut.append(QgsPointXY(end.x() - step_x, end.y() - step_y))
    return [*cut, cut[0]] if cut else cut


def _towards(distance: float, half: float) -> float:
    """Returns half a pixel in the direction of an edge, or half of the edge where that is less."""
    return max(-half, min(half, distance / 2)) if distance else 0.0


def _valid_parts(shape: QgsGeometry) -> List[QgsGeometry]:
    """Returns the polygons of a shape; what crosses itself is repaired, leftover lines and points are dropped."""
    repaired = shape if shape.isGeosValid() else shape.makeValid()
    parts = repaired.asGeometryCollection()
    return [part for part in parts if part.type() == _POLYGON and not part.isEmpty()]
