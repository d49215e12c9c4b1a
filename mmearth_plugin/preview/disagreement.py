"""Where labels and map contradict each other: compares the polygons in view with the class map, and outlines them.

Knows the label layer, one class map and the canvas. Works in small slices, so that the window never waits for it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional

from qgis.core import (
    NULL,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsPalettedRasterRenderer,
    QgsPoint,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor

from .. import labels, map_view
from ..messages import InputError, tr
from ..pages.labels_page import LabelsPage

MOST_POLYGONS = 200
_DELAY_MS = 300  # after the last edit or movement of the canvas
_SLICE_S, _PAUSE_MS = 0.012, 4
_SIDE = 32  # a polygon is judged by at most so many rows and columns of pixels
_LEAST_SHARE = 0.5
_COLOR, _WIDTH_PX = "#e600a9", 2  # of no class of the palette


@dataclass(frozen=True)
class Contradiction:
    """A polygon that the map takes for something else.

    Attributes:
        feature_id: In the label layer.
        label: Name of its class.
        found: Name of the class that the map shows most of in it.
        share: Of the polygon that the map gives to that class, 0…1.
    """

    feature_id: int
    label: str
    found: str
    share: float


class Disagreement(QObject):
    """Compares again after each change of map, labels or view, while it is active.

    Args:
        canvas: Whose extent is looked at.
        labels_page: Says which layer holds the labels.
        find_map: Returns the class map to compare with, or None where there is none.
    """

    compared = pyqtSignal(list, int, bool)  # contradictions; polygons compared; whether there are more in view
    failed = pyqtSignal(str)  # sentence for the user

    def __init__(
        self,
        canvas: QgsMapCanvas,
        labels_page: LabelsPage,
        find_map: Callable[[], Optional[QgsRasterLayer]],
        parent: Optional[QObject] = None,
    ) -> None:
        super().__init__(parent)
        self._canvas, self._labels, self._find_map = canvas, labels_page, find_map
        self._active = False
        self._band: Optional[QgsRubberBand] = None
        self._work: Optional[Iterator[None]] = None
        self._delay, self._pause = QTimer(self), QTimer(self)
        for timer, interval_ms, slot in ((self._delay, _DELAY_MS, self._start), (self._pause, _PAUSE_MS, self._go_on)):
            timer.setSingleShot(True)
            timer.setInterval(interval_ms)
            timer.timeout.connect(slot)

    @property
    def is_active(self) -> bool:
        """Whether contradictions are looked for."""
        return self._active

    def set_active(self, active: bool) -> None:
        """Starts to compare, or stops and takes the outlines away."""
        if active == self._active:
            return
        self._active = active
        if active:
            self._canvas.extentsChanged.connect(self.refresh)
            self._start()
        else:
            self._canvas.extentsChanged.disconnect(self.refresh)
            self._delay.stop()
            self._stop()
            self._drop_outlines()

    def refresh(self, *_change: Any) -> None:
        """Compares again, soon."""
        if self._active:
            self._delay.start()

    def zoom_to(self, feature_id: int) -> None:
        """Shows a polygon with its surroundings and selects it.

        Raises:
            InputError: it is gone, or cannot be expressed in the CRS of the map.
        """
        layer = self._labels.layer
        feature = QgsFeature() if layer is None else layer.getFeature(feature_id)
        if layer is None or not feature.isValid() or not feature.hasGeometry():
            raise InputError(tr("The polygon is gone. Compare again."))
        layer.selectByIds([feature_id])
        map_view.zoom_to(self._canvas, feature.geometry().boundingBox(), layer.crs())

    def _start(self) -> None:
        self._stop()
        layer, found = self._labels.layer, self._find_map()
        if layer is None or found is None:
            self._drop_outlines()
            what = tr("No map to compare with. ") if layer is not None else tr("No label layer to compare. ")
            remedy = tr('Switch on "Live preview", or use "Train and predict".')
            self.failed.emit(what + (remedy if layer is not None else tr('Choose one in step "Label".')))
            return
        self._work = self._compare(layer, found)
        self._go_on()

    def _stop(self) -> None:
        self._work = None
        self._pause.stop()

    def _go_on(self) -> None:
        """Works for one slice of time."""
        end_s = time.perf_counter() + _SLICE_S
        while self._work is not None and time.perf_counter() < end_s:
            try:
                next(self._work)
            except StopIteration:
                self._work = None
            except QgsCsException as error:
                self._work = None
                text = tr("Labels and map cannot be compared ({error}). Choose another project CRS.")
                self.failed.emit(text.format(error=error))
        if self._work is not None:
            self._pause.start()

    def _compare(self, layer: QgsVectorLayer, found: QgsRasterLayer) -> Iterator[None]:
        """Looks at one polygon a step; shows and tells what it found at the end."""
        project, map_id, layer_id = QgsProject.instance(), found.id(), layer.id()
        field = self._labels.field_box.currentText()
        names = _class_names(layer, field, _map_classes(found))
        to_map = QgsCoordinateTransform(layer.crs(), found.crs(), project)
        from_canvas = QgsCoordinateTransform(self._canvas.mapSettings().destinationCrs(), layer.crs(), project)
        view = from_canvas.transformBoundingBox(self._canvas.extent())
        request = QgsFeatureRequest().setFilterRect(view).setLimit(MOST_POLYGONS + 1)
        features = list(layer.getFeatures(request))
        contradictions: List[Contradiction] = []
        outlines: List[QgsGeometry] = []
        compared = 0
        for feature in features[:MOST_POLYGONS]:
            yield
            if project.mapLayer(map_id) is None or project.mapLayer(layer_id) is None:
                return
            key, geometry = _key(feature[field]), feature.geometry()
            if key not in names or geometry.isEmpty():
                continue
            shares = _shares(found, geometry, to_map)
            if not shares:
                continue
            compared += 1
            label, number = names[key]
            most = max(shares, key=lambda one: shares[one])
            if most != number or shares.get(number, 0.0) < _LEAST_SHARE:
                name = _map_classes(found).get(most, str(most))
                contradictions.append(Contradiction(feature.id(), label, name, shares[most]))
                outlines.append(geometry)
        self._outline(outlines, layer)
        self.compared.emit(contradictions, compared, len(features) > MOST_POLYGONS)

    def _outline(self, outlines: List[QgsGeometry], layer: QgsVectorLayer) -> None:
        self._drop_outlines()
        if outlines:
            self._band = QgsRubberBand(self._canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
            self._band.setStrokeColor(QColor(_COLOR))
            self._band.setFillColor(QColor(0, 0, 0, 0))
            self._band.setWidth(_WIDTH_PX)
            for outline in outlines:
                self._band.addGeometry(outline, layer, False)
            self._band.updatePosition()
            self._band.update()

    def _drop_outlines(self) -> None:
        if self._band is not None:
            self._canvas.scene().removeItem(self._band)
            self._band = None


def _map_classes(layer: QgsRasterLayer) -> Dict[int, str]:
    """Returns value → name of a class map's style."""
    renderer = layer.renderer()
    entries = renderer.classes() if isinstance(renderer, QgsPalettedRasterRenderer) else []
    return {round(entry.value): entry.label for entry in entries}


def _class_names(layer: QgsVectorLayer, field: str, mapped: Dict[int, str]) -> Dict[str, Any]:
    """Returns value of the label field, as text → (name of the class, its value on the map).

    Classes are the same that have the same name, else the same number; what the map does not know is left out.
    """
    by_name = {name: value for value, name in mapped.items()}
    found = {}
    for entry in labels.read_classes(layer, field):
        number = by_name.get(entry.name)
        if number is None and isinstance(entry.value, int) and (entry.value in mapped or not mapped):
            number = entry.value
        if number is not None and not entry.ignored:
            found[str(entry.value)] = entry.name, number
    return found


def _key(value: Any) -> str:
    """Returns a value of the label field as `_class_names` has it; Shapefiles keep whole numbers as decimals."""
    if value == NULL:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shares(layer: QgsRasterLayer, geometry: QgsGeometry, transform: QgsCoordinateTransform) -> Dict[int, float]:
    """Returns which part of a polygon has which value of a map; empty where the map has none."""
    shape = QgsGeometry(geometry)
    shape.transform(transform)
    counts = _counts(layer, shape)
    if not counts:  # smaller than a pixel, or a point
        provider, inside = layer.dataProvider(), shape.pointOnSurface()
        place = QgsPointXY() if inside.isEmpty() else inside.asPoint()
        value, known = provider.sample(place, 1)
        counts = Counter([round(value)] if known else [])
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()}


def _counts(layer: QgsRasterLayer, shape: QgsGeometry) -> Counter:
    """Returns how many of the pixels seen whose centres lie in a polygon have which value."""
    provider = layer.dataProvider()
    extent = provider.extent()
    width, height = extent.width() / provider.xSize(), extent.height() / provider.ySize()
    part = shape.boundingBox().intersect(extent)
    counts: Counter = Counter()
    if part.isEmpty():
        return counts
    left, right = (part.xMinimum() - extent.xMinimum()) / width, (part.xMaximum() - extent.xMinimum()) / width
    top, bottom = (extent.yMaximum() - part.yMaximum()) / height, (extent.yMaximum() - part.yMinimum()) / height
    left, top = math.floor(left), math.floor(top)
    cols, rows = max(1, math.ceil(right) - left), max(1, math.ceil(bottom) - top)
    x, y = extent.xMinimum() + left * width, extent.yMaximum() - top * height
    window = QgsRectangle(x, y - rows * height, x + cols * width, y)
    seen_cols, seen_rows = min(cols, _SIDE), min(rows, _SIDE)
    block = provider.block(1, window, seen_cols, seen_rows)
    if block.isEmpty():  # the file is gone
        return counts
    engine = QgsGeometry.createGeometryEngine(shape.constGet())
    engine.prepareGeometry()
    width, height = window.width() / seen_cols, window.height() / seen_rows
    for row in range(seen_rows):
        for col in range(seen_cols):
            inside = engine.contains(QgsPoint(x + (col + 0.5) * width, y - (row + 0.5) * height))
            if inside and not block.isNoData(row, col):
                counts[round(block.value(row, col))] += 1
    return counts
