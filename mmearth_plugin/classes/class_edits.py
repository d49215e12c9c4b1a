"""Changes of a label layer's features that belong to its classes, each one step of the layer's undo stack.

Nothing is committed. Knows vector layers; nothing of styles and widgets.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List

from qgis.core import QgsFeatureRequest, QgsVectorLayer

from ..labels import ClassEntry
from ..messages import InputError, tr
from .class_survey import NAME_FIELD, class_value, features_of


def merge(layer: QgsVectorLayer, field: str, entry: ClassEntry, target: ClassEntry) -> int:
    """Gives the features of one class to another; returns how many they were.

    Raises:
        InputError: the layer or the field cannot be edited.
    """
    ids = features_of(layer, field, entry.value)
    with _one_step(layer, tr('Merge class "{name}" into "{target}"').format(name=entry.name, target=target.name)):
        _assign(layer, field, ids, target)
    return len(ids)


def split(layer: QgsVectorLayer, field: str, entry: ClassEntry, new: ClassEntry) -> int:
    """Gives the selected features of a class to another; returns how many they were.

    Raises:
        InputError: none is selected, all are, or the layer cannot be edited.
    """
    own = features_of(layer, field, entry.value)
    chosen = set(layer.selectedFeatureIds())
    ids = [number for number in own if number in chosen]
    if not ids or len(ids) == len(own):
        found = tr("all") if ids else tr("none")
        text = tr('Of the {n} polygons of class "{name}", {found} are selected. Select on the map some to split off.')
        raise InputError(text.format(n=len(own), name=entry.name, found=found))
    with _one_step(layer, tr('Split class "{name}"').format(name=entry.name)):
        _assign(layer, field, ids, new)
    return len(ids)


def delete(layer: QgsVectorLayer, field: str, entry: ClassEntry) -> int:
    """Deletes the features of a class; returns how many they were.

    Raises:
        InputError: the layer cannot be edited.
    """
    ids = features_of(layer, field, entry.value)
    with _one_step(layer, tr('Delete the polygons of class "{name}"').format(name=entry.name)):
        if not layer.deleteFeatures(ids):
            text = tr('Polygons of layer "{name}" cannot be deleted. Choose a layer that you may write to.')
            raise InputError(text.format(name=layer.name()))
    return len(ids)


def rename(layer: QgsVectorLayer, field: str, names: Dict[Any, str]) -> int:
    """Writes new names, by class, into the column of names of the features; returns how many changed.

    Layers without that column, and those whose class field it is, stay as they are.

    Raises:
        InputError: the layer cannot be edited.
    """
    index, column = layer.fields().lookupField(field), layer.fields().lookupField(NAME_FIELD)
    if index < 0 or column < 0 or index == column:
        return 0
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([index, column])
    changes: Dict[int, str] = {}
    for feature in layer.getFeatures(request):
        name = names.get(class_value(feature[index]))
        if name is not None and feature[column] != name:
            changes[feature.id()] = name
    if changes:
        with _one_step(layer, tr("Rename classes")):
            for number, name in changes.items():
                _change(layer, number, column, name)
    return len(changes)


def _assign(layer: QgsVectorLayer, field: str, ids: List[int], entry: ClassEntry) -> None:
    index, column = layer.fields().lookupField(field), layer.fields().lookupField(NAME_FIELD)
    for number in ids:
        _change(layer, number, index, entry.value)
        if column not in (-1, index):
            _change(layer, number, column, entry.name)


def _change(layer: QgsVectorLayer, number: int, index: int, value: Any) -> None:
    if not layer.changeAttributeValue(number, index, value):
        text = tr(
            'Field "{field}" of layer "{name}" cannot be changed to "{value}". Choose a class field that is stored in '
            "the layer and long enough."
        )
        raise InputError(text.format(field=layer.fields().at(index).name(), name=layer.name(), value=value))


@contextmanager
def _one_step(layer: QgsVectorLayer, text: str) -> Iterator[None]:
    """Begins editing where that is needed, and makes what happens inside one step; of an error, nothing remains."""
    if not layer.isEditable() and not layer.startEditing():
        message = tr('Layer "{name}" cannot be edited. Choose a layer that you may write to, or save a copy of it.')
        raise InputError(message.format(name=layer.name()))
    layer.beginEditCommand(text)
    try:
        yield
    except InputError:
        layer.destroyEditCommand()
        raise
    layer.endEditCommand()
    layer.triggerRepaint()
