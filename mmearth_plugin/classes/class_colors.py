"""Carries a class's new name or colour to the results on the map that show the class, and to their style files."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterTransparency,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from .. import messages, results
from ..labels import ClassEntry
from ..messages import InputError, tr
from . import class_files
from .class_survey import class_value

_LARGEST_VALUE = 65534  # maps number classes of other values anew


def carry_over(old: ClassEntry, new: ClassEntry) -> List[QgsMapLayer]:
    """Gives the entries of a class its new name and colour; returns the layers that changed.

    An entry is the class's where it has its name, and its value as well where the value is a number: maps of other
    labels have the same numbers. Only layers in groups of results are touched.
    """
    changed = [layer for layer in _result_layers() if _change(layer, old, new)]
    for layer in changed:
        layer.triggerRepaint()
        layer.emitStyleChanged()
        _save_style(layer)
    return changed


def _result_layers() -> Iterator[QgsMapLayer]:
    for group in QgsProject.instance().layerTreeRoot().findGroups(True):
        if results.is_result_group(group):
            yield from (node.layer() for node in group.findLayers() if node.layer() is not None)


def _change(layer: QgsMapLayer, old: ClassEntry, new: ClassEntry) -> bool:
    renderer = layer.renderer()
    if isinstance(layer, QgsRasterLayer) and isinstance(renderer, QgsPalettedRasterRenderer):
        return _change_raster(layer, renderer, old, new)
    if isinstance(layer, QgsVectorLayer) and isinstance(renderer, QgsCategorizedSymbolRenderer):
        return _change_vector(layer, renderer.clone(), old, new)
    return False


def _change_raster(
    layer: QgsRasterLayer, renderer: QgsPalettedRasterRenderer, old: ClassEntry, new: ClassEntry
) -> bool:
    shown = renderer.classes()
    own = [entry for entry in shown if _is_it(old, entry.value, entry.label)]
    for entry in own:
        entry.label, color = new.name, QColor(new.color)
        color.setAlpha(entry.color.alpha())
        entry.color = color
    if own:
        replaced = QgsPalettedRasterRenderer(renderer.input(), renderer.band(), shown)
        replaced.setOpacity(renderer.opacity())
        replaced.setNodataColor(renderer.nodataColor())
        if renderer.rasterTransparency() is not None:
            replaced.setRasterTransparency(QgsRasterTransparency(renderer.rasterTransparency()))
        layer.setRenderer(replaced)
    return bool(own)


def _change_vector(
    layer: QgsVectorLayer, renderer: QgsCategorizedSymbolRenderer, old: ClassEntry, new: ClassEntry
) -> bool:
    changed = False
    for position, category in enumerate(renderer.categories()):
        if _is_it(old, category.value(), category.label()):
            symbol, color = category.symbol().clone(), QColor(new.color)
            color.setAlpha(symbol.color().alpha())
            symbol.setColor(color)
            renderer.updateCategorySymbol(position, symbol)
            renderer.updateCategoryLabel(position, new.name)
            changed = True
    if changed:
        layer.setRenderer(renderer)
    return changed


def _is_it(entry: ClassEntry, value: object, label: str) -> bool:
    if label != entry.name:
        return False
    if isinstance(entry.value, str) or not 0 <= entry.value <= _LARGEST_VALUE:
        return True
    return str(class_value(value)) == str(entry.value)


def _save_style(layer: QgsMapLayer) -> None:
    """Writes the style file beside the layer's file, if there was one."""
    style = Path(layer.source().split("|")[0]).with_suffix(".qml")
    if not style.is_file():
        return
    try:
        class_files.write_qml(str(style), layer)
    except InputError as error:
        text = tr('The colours of "{name}" are changed on the map, but not in its style file: {message}')
        messages.log(text.format(name=layer.name(), message=error))
