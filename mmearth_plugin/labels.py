"""The label layer and its class list. The list lives in the layer's categorised style, so that it travels with it.

Knows vector layers; nothing of rasters, requests and widgets.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Optional, Sequence

from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsExpression,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsMarkerSymbol,
    QgsProject,
    QgsRendererCategory,
    QgsSymbol,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QMetaType
from qgis.PyQt.QtGui import QColor

from . import messages
from .classes.class_survey import NAME_FIELD, Found, survey
from .messages import InputError, tr

ID_FIELD = "class_id"
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
        polygons: How many have it now; of a layer of points, how many points.
        ignored: Whether its polygons are left out of training and map.
        area_m2: What its polygons cover; 0 for points.
    """

    value: Any
    name: str
    color: str
    polygons: int = 0
    ignored: bool = False
    area_m2: float = 0.0


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


def read_classes(layer: QgsVectorLayer, field: str, found: Optional[Dict[Any, Found]] = None) -> List[ClassEntry]:
    """Returns the classes of the style, in its order, then those that only the polygons have.

    Args:
        layer: The label layer.
        field: Its class field.
        found: What its features say, where that is known already; it takes 20 ms for 5,000 polygons.
    """
    index = layer.fields().lookupField(field)
    if index < 0:
        return []
    found = survey(layer, field) if found is None else found
    entries: Dict[Any, ClassEntry] = {}
    numeric = layer.fields().at(index).isNumeric()
    if is_styled_by(layer, field):
        for category in layer.renderer().categories():
            value = category.value()
            if numeric and isinstance(value, str) and value.lstrip("-").isdecimal():
                value = int(value)  # a style read from a file has texts for numbers
            if isinstance(value, (int, str)) and value != "":
                entries[value] = ClassEntry(value, category.label() or str(value), category.symbol().color().name())
    for value in sorted(set(found) - set(entries), key=lambda v: (isinstance(v, str), v)):
        name = value if isinstance(value, str) else found[value].name or str(value)
        color = found[value].color
        if not QColor.isValidColor(color):
            color = free_color(entries.values())
        entries[value] = ClassEntry(value, name, QColor(color).name())
    left_out = ignored_values(layer)
    return [
        replace(
            entry,
            ignored=str(entry.value) in left_out,
            polygons=found[entry.value].polygons if entry.value in found else 0,
            area_m2=found[entry.value].area_m2 if entry.value in found else 0.0,
        )
        for entry in entries.values()
    ]


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
    keep_classes(layer)


def show_classes(layer: QgsVectorLayer, field: str, classes: Sequence[ClassEntry]) -> None:
    """Makes the class list the layer's style, in the project only."""
    categories = [QgsRendererCategory(entry.value, _symbol(layer, entry.color), entry.name) for entry in classes]
    layer.setRenderer(QgsCategorizedSymbolRenderer(field, categories))
    layer.triggerRepaint()
    layer.emitStyleChanged()


def _symbol(layer: QgsVectorLayer, color: str) -> QgsSymbol:
    shown, outline = QColor(color), "#212529"  # the dark outline shows on a map of the same class, too
    rgb = f"{shown.red()},{shown.green()},{shown.blue()}"
    if layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry:
        return QgsMarkerSymbol.createSimple({"color": rgb, "outline_color": outline, "size": "2.4"})
    return QgsFillSymbol.createSimple(
        {"color": f"{rgb},{_FILL_ALPHA}", "outline_color": outline, "outline_width": "0.4"}
    )


def keep_classes(layer: QgsVectorLayer) -> None:
    """Keeps the style in the GeoPackage where the layer is ours, which takes 100 ms.

    QGIS asks before it overwrites a style, so the old one is removed first.
    """
    if not is_own(layer):
        return
    _count, ids, names, *_ = layer.listStylesInDatabase()
    for style_id, name in zip(ids, names):
        if name == _STYLE_NAME:
            layer.deleteStyleFromDatabase(style_id)
    problem = layer.saveStyleToDatabase(_STYLE_NAME, "", True, "")
    if problem:  # the project keeps the style as well
        text = tr('The classes of "{name}" are not kept in its file, but in the project: {problem}')
        messages.log(text.format(name=layer.name(), problem=problem))


def is_own(layer: QgsVectorLayer) -> bool:
    """Returns whether the layer is a label layer as `create_layer` makes them."""
    names = [f.name() for f in layer.fields()]
    return layer.source().lower().split("|")[0].endswith(".gpkg") and ID_FIELD in names and NAME_FIELD in names


def new_class(classes: Sequence[ClassEntry], layer: QgsVectorLayer, field: str, name: str = "") -> ClassEntry:
    """Returns a class that is not in the list yet; an empty name is made up."""
    number = len(classes) + 1
    while any(entry.name == tr("Class {n}").format(n=number) for entry in classes):
        number += 1
    name = name or tr("Class {n}").format(n=number)
    index = layer.fields().lookupField(field)
    if not layer.fields().at(index).isNumeric():
        return ClassEntry(name, name, free_color(classes))
    return ClassEntry(max((int(entry.value) for entry in classes), default=0) + 1, name, free_color(classes))


def set_active_class(layer: QgsVectorLayer, field: str, entry: ClassEntry) -> None:
    """Gives every polygon drawn from now on the class, through the fields' default values."""
    form = layer.editFormConfig()
    if is_own(layer) and form.suppress() != QgsEditFormConfig.FeatureFormSuppress.SuppressOn:
        form.setSuppress(QgsEditFormConfig.FeatureFormSuppress.SuppressOn)  # there is nothing left to fill in
        layer.setEditFormConfig(form)
    for name, value in {NAME_FIELD: entry.name, field: entry.value}.items():
        index = layer.fields().lookupField(name)
        text = QgsExpression.quotedValue(value)
        if index >= 0 and layer.defaultValueDefinition(index).expression() != text:
            layer.setDefaultValueDefinition(index, QgsDefaultValue(text))


def count_unsaved(layer: QgsVectorLayer) -> int:
    """Returns how many features differ from what the layer's file holds."""
    buffer = layer.editBuffer()
    if buffer is None:
        return 0
    changed = {*buffer.changedGeometries(), *buffer.changedAttributeValues(), *buffer.addedFeatures()}
    return len(changed) + len(buffer.deletedFeatureIds())


def free_color(classes: Iterable[ClassEntry]) -> str:
    """Returns a colour that no class has yet, while there are any."""
    used = [entry.color for entry in classes]
    return next((color for color in PALETTE if color not in used), PALETTE[len(used) % len(PALETTE)])
