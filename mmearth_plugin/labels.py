"""The label layer and its class list. The list lives in the layer's categorised style, so that it travels with it.

Knows vector layers; nothing of rasters, requests and widgets.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Sequence

from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsExpression,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsProject,
    QgsRendererCategory,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QMetaType
from qgis.PyQt.QtGui import QColor

from .messages import InputError, tr

ID_FIELD, NAME_FIELD, COLOR_FIELD = "class_id", "class_name", "color"
CLASS_FIELDS = (ID_FIELD, "class", "label", "klass", NAME_FIELD, "code")  # names that leave no doubt
PALETTE = ("#1b9e3f", "#e8b010", "#d9480f", "#1c7ed6", "#9c36b5", "#8d6e4a", "#e64980", "#12b8a6", "#6b7280", "#84cc16")
_FILL_ALPHA = 110
_STYLE_NAME = "MMEarth classes"
_IGNORED = "mmearth/ignored_classes"  # custom property of the layer: a JSON list of values as texts


@dataclass(frozen=True)
class ClassEntry:
    """One class of a label layer.

    Attributes:
        value: In the class field.
        name: What the user calls it.
        color: "#rrggbb".
        polygons: How many have it now.
        ignored: Whether its polygons are left out of training and map.
    """

    value: Any
    name: str
    color: str
    polygons: int = 0
    ignored: bool = False


def create_layer(path: Path, crs: QgsCoordinateReferenceSystem, classes: Sequence[ClassEntry]) -> QgsVectorLayer:
    """Makes an empty label layer in a new GeoPackage, with its classes as style.

    Raises:
        InputError: the file cannot be written.
    """
    definition = f"MultiPolygon?field={ID_FIELD}:integer&field={NAME_FIELD}:string(80)"
    template = QgsVectorLayer(definition, "labels", "memory")
    template.setCrs(crs)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "labels"
    error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
        template, str(path), QgsProject.instance().transformContext(), options
    )
    if error != QgsVectorFileWriter.WriterError.NoError:
        text = tr('The label layer "{path}" cannot be written: {message} Choose another output folder.')
        raise InputError(text.format(path=path, message=message))
    layer = QgsVectorLayer(f"{path}|layername=labels", path.stem, "ogr")
    write_classes(layer, ID_FIELD, classes)
    return layer


def default_field(layer: QgsVectorLayer) -> str:
    """Returns the field that most likely holds the class, or an empty text."""
    names = {f.name().lower(): f.name() for f in layer.fields()}
    return next((names[n] for n in CLASS_FIELDS if n in names), "")


def read_classes(layer: QgsVectorLayer, field: str) -> List[ClassEntry]:
    """Returns the classes of the style, in its order, then those that only the polygons have."""
    index = layer.fields().lookupField(field)
    if index < 0:
        return []
    # Shapefiles keep whole numbers in fields of decimals.
    whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in field_values(layer, field))
    counts = Counter(whole)
    entries: Dict[Any, ClassEntry] = {}
    numeric = layer.fields().at(index).isNumeric()
    if is_styled_by(layer, field):
        for category in layer.renderer().categories():
            value = category.value()
            if numeric and isinstance(value, str) and value.lstrip("-").isdecimal():
                value = int(value)  # a style read from a file has texts for numbers
            if isinstance(value, (int, str)) and value != "":
                color = category.symbol().color().name()
                entries[value] = ClassEntry(value, category.label() or str(value), color, counts[value])
    for value in sorted(set(counts) - set(entries), key=lambda v: (isinstance(v, str), v)):
        name = str(value) if isinstance(value, str) else _first(layer, field, value, NAME_FIELD) or str(value)
        color = _first(layer, field, value, COLOR_FIELD)
        if not QColor.isValidColor(color):
            color = _free_color(entries.values())
        entries[value] = ClassEntry(value, name, QColor(color).name(), counts[value])
    left_out = ignored_values(layer)
    return [replace(entry, ignored=str(entry.value) in left_out) for entry in entries.values()]


def field_values(layer: QgsVectorLayer, field: str) -> Iterator[Any]:
    """Yields the values that a field has, without NULL."""
    index = layer.fields().lookupField(field)
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([index])
    values = (feature[index] for feature in layer.getFeatures(request))
    return (value for value in values if value is not None and value != NULL)


def is_numeric(layer: QgsVectorLayer, field: str) -> bool:
    """Returns whether a field holds numbers of any kind."""
    index = layer.fields().lookupField(field)
    return index >= 0 and layer.fields().at(index).isNumeric()


def holds_estimates(layer: QgsVectorLayer, field: str) -> bool:
    """Returns whether a field rather holds numbers to estimate, such as heights, than classes.

    That is a field of decimals, unless it has whole numbers only: Shapefiles have no other field for these.
    """
    index = layer.fields().lookupField(field)
    if index < 0 or layer.fields().at(index).type() != QMetaType.Type.Double:
        return False
    values = list(field_values(layer, field))
    return not values or not all(float(value).is_integer() for value in values)


def ignored_values(layer: QgsVectorLayer) -> FrozenSet[str]:
    """Returns the values of classes that are left out, as texts."""
    try:
        return frozenset(map(str, json.loads(layer.customProperty(_IGNORED, "[]"))))
    except (TypeError, ValueError):  # not written by us
        return frozenset()


def set_ignored(layer: QgsVectorLayer, value: Any, ignored: bool) -> None:
    """Remembers in the layer whether a class is left out."""
    others = ignored_values(layer) - {str(value)}
    layer.setCustomProperty(_IGNORED, json.dumps(sorted(others | {str(value)} if ignored else others)))


def is_styled_by(layer: QgsVectorLayer, field: str) -> bool:
    """Returns whether the layer's style is a category for each value of a field."""
    renderer = layer.renderer()
    return isinstance(renderer, QgsCategorizedSymbolRenderer) and renderer.classAttribute() == field


def write_classes(layer: QgsVectorLayer, field: str, classes: Sequence[ClassEntry]) -> None:
    """Makes the class list the layer's style, and keeps it in the GeoPackage where the layer is ours."""
    show_classes(layer, field, classes)
    if is_own(layer):
        _save_style(layer)


def show_classes(layer: QgsVectorLayer, field: str, classes: Sequence[ClassEntry]) -> None:
    """Makes the class list the layer's style, in the project only."""
    categories = []
    for entry in classes:
        color = QColor(entry.color)
        fill = f"{color.red()},{color.green()},{color.blue()},{_FILL_ALPHA}"
        # The dark outline shows on a map of the same class, too.
        symbol = QgsFillSymbol.createSimple({"color": fill, "outline_color": "#212529", "outline_width": "0.4"})
        categories.append(QgsRendererCategory(entry.value, symbol, entry.name))
    layer.setRenderer(QgsCategorizedSymbolRenderer(field, categories))
    layer.triggerRepaint()
    layer.emitStyleChanged()


def _save_style(layer: QgsVectorLayer) -> None:
    """Keeps the style in the GeoPackage. QGIS asks before it overwrites one, so the old one is removed first."""
    _count, ids, names, *_ = layer.listStylesInDatabase()
    for style_id, name in zip(ids, names):
        if name == _STYLE_NAME:
            layer.deleteStyleFromDatabase(style_id)
    layer.saveStyleToDatabase(_STYLE_NAME, "", True, "")


def is_own(layer: QgsVectorLayer) -> bool:
    """Returns whether the layer is a label layer as `create_layer` makes them."""
    names = [f.name() for f in layer.fields()]
    return layer.source().lower().split("|")[0].endswith(".gpkg") and ID_FIELD in names and NAME_FIELD in names


def new_class(classes: Sequence[ClassEntry], layer: QgsVectorLayer, field: str) -> ClassEntry:
    """Returns a class that is not in the list yet."""
    number = len(classes) + 1
    while any(entry.name == tr("Class {n}").format(n=number) for entry in classes):
        number += 1
    name = tr("Class {n}").format(n=number)
    index = layer.fields().lookupField(field)
    if not layer.fields().at(index).isNumeric():
        return ClassEntry(name, name, _free_color(classes))
    return ClassEntry(max((int(entry.value) for entry in classes), default=0) + 1, name, _free_color(classes))


def rename_class(layer: QgsVectorLayer, field: str, entry: ClassEntry, name: str) -> ClassEntry:
    """Returns the class under its new name, after giving the name to the polygons that have it in `class_name`."""
    index = layer.fields().lookupField(NAME_FIELD)
    if index >= 0 and entry.polygons and field != NAME_FIELD:
        layer.startEditing()
        where = f"{QgsExpression.quotedColumnRef(field)} = {QgsExpression.quotedValue(entry.value)}"
        for feature in list(layer.getFeatures(QgsFeatureRequest().setFilterExpression(where))):
            layer.changeAttributeValue(feature.id(), index, name)
    return replace(entry, name=name)


def set_active_class(layer: QgsVectorLayer, field: str, entry: ClassEntry) -> None:
    """Gives every polygon drawn from now on the class, through the fields' default values."""
    if is_own(layer):
        form = layer.editFormConfig()
        form.setSuppress(QgsEditFormConfig.FeatureFormSuppress.SuppressOn)  # there is nothing left to fill in
        layer.setEditFormConfig(form)
    for name, value in {NAME_FIELD: entry.name, field: entry.value}.items():
        index = layer.fields().lookupField(name)
        if index >= 0:
            layer.setDefaultValueDefinition(index, QgsDefaultValue(QgsExpression.quotedValue(value)))


def count_unsaved(layer: QgsVectorLayer) -> int:
    """Returns how many features differ from what the layer's file holds."""
    buffer = layer.editBuffer()
    if buffer is None:
        return 0
    changed = {*buffer.changedGeometries(), *buffer.changedAttributeValues(), *buffer.addedFeatures()}
    return len(changed) + len(buffer.deletedFeatureIds())


def _free_color(classes: Any) -> str:
    used = [entry.color for entry in classes]
    return next((color for color in PALETTE if color not in used), PALETTE[len(used) % len(PALETTE)])


def _first(layer: QgsVectorLayer, field: str, value: Any, column: str) -> str:
    """Returns what the first polygon of a class has in a text column; empty without that column or a text in it."""
    index = layer.fields().lookupField(column)
    if index < 0:
        return ""
    where = f"{QgsExpression.quotedColumnRef(field)} = {QgsExpression.quotedValue(value)}"
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setLimit(1).setFilterExpression(where)
    texts = [feature[index] for feature in layer.getFeatures(request)]
    return texts[0] if texts and isinstance(texts[0], str) else ""
