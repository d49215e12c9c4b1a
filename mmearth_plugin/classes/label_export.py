"""Features as a temporary file that the backend can read: as the user sees them now, flat, without curves.

Outlines that are not valid stay as they are: the backend repairs them and says where. Knows vector layers only.
"""

from __future__ import annotations

import os
from typing import Any, Iterator, Optional, Tuple

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType

from ..messages import InputError, tr
from ..pixel_grid import PixelGrid

_LAYER = "polygons"
_OPTIONS = ["GEOMETRY_NAME=mmearth_geometry"]  # "geom", the usual name, may be that of a field


def own_file(layer: QgsVectorLayer) -> Optional[Tuple[str, str]]:
    """Returns (path, layer name) of the layer's own file; None where that does not tell what the user sees."""
    provider = layer.dataProvider()
    fields = layer.fields()
    joined = any(fields.fieldOrigin(i) != QgsFields.FieldOrigin.OriginProvider for i in range(len(fields)))
    if (
        layer.providerType() != "ogr"
        or layer.isModified()
        or layer.subsetString()
        or joined
        or provider.crs() != layer.crs()  # the user set another one
        or _is_special(layer)
    ):
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = str(parts.get("path", ""))
    return (path, str(parts.get("layerName") or "")) if os.path.isfile(path) else None


def write(layer: QgsVectorLayer, path: str, grid: Optional[PixelGrid] = None) -> Tuple[str, str]:
    """Writes the features to a GeoPackage, rows from 1 in the order of `layer.getFeatures()`; nothing is committed.

    Args:
        layer: Any vector layer.
        path: Of the file to write.
        grid: Given for a layer of points: each becomes the pixel that it lies in.

    Returns:
        Path and layer name.

    Raises:
        InputError: the file cannot be written, or points cannot be brought to the grid's CRS.
    """
    # A feature that is not saved yet has no row number: let the GeoPackage number its rows itself.
    wanted = [i for i, f in enumerate(layer.fields()) if f.name().lower() != "fid" and _is_plain(f)]
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName, options.layerOptions = _LAYER, _OPTIONS
    context = QgsProject.instance().transformContext()
    if grid is None and not _is_special(layer):
        options.attributes = wanted
        options.skipAttributeCreation = not wanted
        error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context, options)
        _check(layer, path, error, message)
        return path, _LAYER
    fields = QgsFields()
    for index in wanted:
        fields.append(layer.fields().at(index))
    crs = layer.crs() if grid is None else grid.crs
    kind = QgsWkbTypes.Type.MultiPolygon if grid is not None else _flat_type(layer)
    writer = QgsVectorFileWriter.create(path, fields, kind, crs, context, options)
    _check(layer, path, writer.hasError(), writer.errorMessage())
    for feature in _features(layer, wanted, fields, grid):
        if not writer.addFeature(feature):
            _check(layer, path, writer.hasError(), writer.errorMessage())
    del writer  # writes what is left
    return path, _LAYER


def _features(layer: QgsVectorLayer, wanted: Any, fields: QgsFields, grid: Optional[PixelGrid]) -> Iterator[QgsFeature]:
    transform = None if grid is None else QgsCoordinateTransform(layer.crs(), grid.crs, QgsProject.instance())
    for feature in layer.getFeatures():
        written = QgsFeature(fields)
        written.setAttributes([feature[index] for index in wanted])
        geometry = feature.geometry()
        if not geometry.isEmpty():
            try:
                written.setGeometry(_flat(geometry) if grid is None else _cells(geometry, grid, transform))
            except QgsCsException as error:
                text = tr('Points of layer "{name}" cannot be brought to the CRS of the scene: {error} Set its CRS.')
                raise InputError(text.format(name=layer.name(), error=error)) from error
        yield written


def _flat(geometry: QgsGeometry) -> QgsGeometry:
    """Returns a geometry of straight lines without Z and M."""
    flat = QgsGeometry(geometry.constGet().segmentize())
    flat.get().dropZValue()
    flat.get().dropMValue()
    flat.convertToMultiType()
    return flat


def _cells(geometry: QgsGeometry, grid: PixelGrid, transform: QgsCoordinateTransform) -> QgsGeometry:
    moved = QgsGeometry(geometry)
    moved.transform(transform)
    cells = [grid.square(grid.cell_at(QgsPointXY(vertex.x(), vertex.y()), 1), 1) for vertex in moved.vertices()]
    return QgsGeometry.collectGeometry(cells)


def _is_special(layer: QgsVectorLayer) -> bool:
    """Whether outlines have curves or measures, which the backend does not read; heights it leaves out itself."""
    return bool(QgsWkbTypes.isCurvedType(layer.wkbType()) or QgsWkbTypes.hasM(layer.wkbType()))


def _flat_type(layer: QgsVectorLayer) -> QgsWkbTypes.Type:
    return QgsWkbTypes.multiType(QgsWkbTypes.linearType(QgsWkbTypes.flatType(layer.wkbType())))


def _is_plain(field: QgsField) -> bool:
    """Whether a field holds numbers or text: lists, maps and files do not fit the GeoPackage, and say no class."""
    return bool(field.isNumeric() or field.type() in (QMetaType.Type.QString, QMetaType.Type.Bool))


def _check(layer: QgsVectorLayer, path: str, error: Any, message: str) -> None:
    if error != QgsVectorFileWriter.WriterError.NoError:
        text = tr('The polygons of "{name}" could not be written to "{path}": {message} Save the layer to a file.')
        raise InputError(text.format(name=layer.name(), path=path, message=message))
