"""Polygons of a file into a label layer, as one step that can be undone. Knows nothing of where they come from."""

from __future__ import annotations

from typing import Iterator, Optional

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)

from ..labels import NAME_FIELD, ClassEntry
from ..messages import InputError, tr

_POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry


def add_polygons(
    layer: QgsVectorLayer,
    field: str,
    entry: ClassEntry,
    path: str,
    source_crs: Optional[QgsCoordinateReferenceSystem] = None,
) -> int:
    """Adds the polygons of a file to a label layer's edit buffer; nothing is committed.

    Args:
        layer: The label layer; its editing is started if it is not yet.
        field: Its class field.
        entry: The class that the polygons get.
        path: Vector file, as OGR opens it.
        source_crs: Of the file's coordinates; None where the file says it itself.

    Returns:
        How many features were added.

    Raises:
        InputError: the file has no polygons, or the layer takes none.
    """
    source = QgsVectorLayer(path, "polygons", "ogr")
    if not source.isValid() or source.geometryType() != _POLYGON:
        raise InputError(tr('"{path}" holds no polygons. Choose another place or threshold.').format(path=path))
    if layer.geometryType() != _POLYGON:
        text = tr('Layer "{name}" holds no polygons. Choose a polygon layer in step "Label".')
        raise InputError(text.format(name=layer.name()))
    index = layer.fields().lookupField(field)
    if index < 0:
        text = tr('Layer "{name}" has no field "{field}". Choose its class field in step "Label".')
        raise InputError(text.format(name=layer.name(), field=field))
    crs = source.crs() if source_crs is None else source_crs
    geometries = list(_fitting(source, layer, QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance())))
    if not geometries:
        raise InputError(tr("There is no polygon to add. Choose another place, or show more with the slider."))
    if not layer.isEditable() and not layer.startEditing():
        raise InputError(tr('Layer "{name}" cannot be edited. Choose another one.').format(name=layer.name()))
    values = {index: entry.value}
    name_index = layer.fields().lookupField(NAME_FIELD)
    if name_index >= 0:
        values[name_index] = entry.name
    features = [QgsVectorLayerUtils.createFeature(layer, geometry, values) for geometry in geometries]
    layer.beginEditCommand(tr('Polygons of class "{name}"').format(name=entry.name))
    if not layer.addFeatures(features):
        layer.destroyEditCommand()
        text = tr('Layer "{name}" took no polygons. Look at the log panel, or choose another layer.')
        raise InputError(text.format(name=layer.name()))
    layer.endEditCommand()
    layer.triggerRepaint()
    return len(features)


def _fitting(source: QgsVectorLayer, layer: QgsVectorLayer, transform: QgsCoordinateTransform) -> Iterator[QgsGeometry]:
    """Yields the polygons as the layer can hold them: in its CRS, one part each where it has no multipart ones."""
    for feature in source.getFeatures():
        geometry = QgsGeometry(feature.geometry())
        if geometry.isEmpty():
            continue
        try:
            geometry.transform(transform)
        except QgsCsException as error:
            text = tr('The polygons cannot be expressed in the CRS of layer "{name}" ({error}). Choose another layer.')
            raise InputError(text.format(name=layer.name(), error=error)) from error
        if not geometry.isGeosValid():
            geometry = geometry.makeValid()
        # Takes single polygons out of collections, and adds Z and M where the layer has them.
        for part in geometry.coerceToType(layer.wkbType()):
            if not part.isEmpty():
                yield part
