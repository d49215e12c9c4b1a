"""Writes shapes into the edit buffer of a label layer, one undo step each. Saves only when asked to.

Knows vector layers; nothing of tools and widgets.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer, QgsVectorLayerUtils

from ..messages import InputError, tr
from .shape import fitted


def make_editable(layer: Optional[QgsVectorLayer]) -> QgsVectorLayer:
    """Returns a label layer that is being edited.

    Raises:
        InputError: there is none, or it cannot be edited.
    """
    if layer is None:
        raise InputError(tr('No label layer is chosen. Choose one, or use "New label layer".'))
    if not layer.isEditable() and not layer.startEditing():
        text = tr(
            'Layer "{name}" cannot be edited: it is read-only, or its file is. Choose another layer, or save a copy '
            "of it and choose that."
        )
        raise InputError(text.format(name=layer.name()))
    return layer


def add_shape(layer: QgsVectorLayer, shape: QgsGeometry, values: Dict[str, Any]) -> QgsFeature:
    """Adds a shape as a feature and returns it.

    Args:
        layer: Being edited.
        shape: In the layer's CRS.
        values: Of fields by name; those that the layer lacks are left out, others get their defaults.

    Raises:
        InputError: the layer holds neither polygons nor points, or does not take the feature.
    """
    fields = layer.fields()
    attributes = {fields.lookupField(name): value for name, value in values.items()}
    attributes.pop(-1, None)
    context = layer.createExpressionContext()
    feature = QgsVectorLayerUtils.createFeature(layer, fitted(shape, layer.wkbType()), attributes, context)
    layer.beginEditCommand(tr("Add label polygon"))
    if not layer.addFeature(feature):
        layer.destroyEditCommand()
        text = tr('Layer "{name}" did not take the polygon. Look at its fields and constraints, then draw it again.')
        raise InputError(text.format(name=layer.name()))
    layer.endEditCommand()
    layer.triggerRepaint()
    return feature


def save(layer: QgsVectorLayer) -> None:
    """Writes the edits to the layer's file and goes on editing.

    Raises:
        InputError: the file did not take them; they are still there.
    """
    if not layer.commitChanges(False):
        errors = " ".join(line.strip() for line in layer.commitErrors())
        text = tr('The edits of layer "{name}" could not be saved and are kept: {errors}')
        raise InputError(text.format(name=layer.name(), errors=errors))
