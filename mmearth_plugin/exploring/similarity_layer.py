"""The layer that shows how like some places the ground is, above a threshold that changes as fast as a slider moves.

Knows one raster of 8 bit; nothing of requests and widgets. Moving the threshold gives the layer another renderer and
has the canvas draw it again: 16 ms at 800 × 800 pixels, as every other layer comes from the canvas's own cache. An item
of the canvas with an indexed picture takes 2 ms, but it would lie above the labels and be no layer.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Callable, List, Optional

from qgis.core import (
    QgsColorRampLegendNodeSettings,
    QgsColorRampShader,
    QgsCoordinateTransform,
    QgsCsException,
    QgsLayerTreeGroup,
    QgsProject,
    QgsRasterLayer,
    QgsRasterShader,
    QgsRectangle,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtGui import QColor

from .. import results, temporary
from ..messages import InputError, tr

FULL, NODATA = 254, 255  # of the raster: similarity 1, and no data
_COLORS = ("#ffe066", "#f76707", "#c2255c")  # from the threshold to 1: colours that vegetation, water and soil lack
_OPACITY = 0.8  # of a new layer; afterwards the user's
_SAMPLE_PX = 400  # side of the picture from which the share of the area is counted


class SimilarityLayer:
    """One raster layer whose file is replaced at each answer; place, visibility and opacity stay as they are.

    Args:
        canvas: Whose view the share is of.
        make_group: Returns the layer group that a new layer goes to.
    """

    def __init__(self, canvas: QgsMapCanvas, make_group: Callable[[], QgsLayerTreeGroup]) -> None:
        self._canvas, self._make_group = canvas, make_group
        self._layer_id = ""
        self._folder: Optional[Path] = None
        self._number = 0
        self._threshold = FULL
        self._above: List[int] = []  # value → pixels of the view with at least this value; empty where not counted

    def layer(self) -> Optional[QgsRasterLayer]:
        """Returns the layer; None before the first answer, or where the user removed it."""
        return QgsProject.instance().mapLayer(self._layer_id) if self._layer_id else None

    def next_path(self) -> str:
        """Returns the file of the two that is not on the map: QGIS keeps a file's old pixels as long as it is open."""
        if self._folder is None:
            self._folder = temporary.new_folder("similar_")
        self._number = 1 - self._number
        return str(self._folder / f"similar_{self._number}.tif")

    def show(self, path: str) -> None:
        """Puts the layer on the map, or gives it the new file.

        Raises:
            InputError: the file cannot be loaded.
        """
        layer = self.layer()
        if layer is None:
            file = results.ResultFile(path, "", tr("Similar places"))
            (layer,) = results.add_results(self._make_group(), [file])
            layer.setOpacity(_OPACITY)
            self._layer_id = layer.id()
        else:
            opacity = layer.opacity()
            layer.setDataSource(path, layer.name(), "gdal", False)
            layer.setOpacity(opacity)
        if not layer.isValid():
            raise InputError(tr('The result "{path}" could not be loaded. Look at the log panel.').format(path=path))
        self.set_threshold(self.threshold)
        self.count()

    @property
    def threshold(self) -> float:
        """Similarity from which ground is shown."""
        return self._threshold / FULL

    def set_threshold(self, threshold: float) -> None:
        """Shows the ground that is at least as similar, from 0 to 1."""
        self._threshold = min(FULL, max(0, round(threshold * FULL)))
        layer = self.layer()
        if layer is not None and layer.isValid():
            renderer = _renderer(layer, self._threshold)
            renderer.setOpacity(layer.opacity())  # a raster layer has none of its own
            layer.setRenderer(renderer)
            layer.triggerRepaint()

    def values(self) -> List[float]:
        """Returns the least and the greatest value of the raster that are shown."""
        return [float(self._threshold), float(FULL)]

    def count(self) -> None:
        """Counts the values in view again; the canvas or the file is another."""
        self._above = []
        layer, view = self.layer(), self.view()
        if layer is None or not layer.isValid() or view is None:
            return
        cols = max(1, min(_SAMPLE_PX, round(view.width() / layer.rasterUnitsPerPixelX())))
        rows = max(1, min(_SAMPLE_PX, round(view.height() / layer.rasterUnitsPerPixelY())))
        block = layer.dataProvider().block(1, view, cols, rows)
        counts = Counter(bytes(block.data()))  # the bytes are the block's: it has to live until they are copied
        above, total = [0] * (FULL + 1), 0
        for value in range(FULL, -1, -1):
            total += counts[value]
            above[value] = total
        self._above = above

    def share(self) -> Optional[float]:
        """Returns the share of the view that is shown; None where there is nothing in view."""
        return self._above[self._threshold] / self._above[0] if self._above and self._above[0] else None

    def view(self) -> Optional[QgsRectangle]:
        """Returns the part of the layer that is in view, in its CRS; None where there is none."""
        layer = self.layer()
        if layer is None:
            return None
        crs = self._canvas.mapSettings().destinationCrs()
        try:
            transform = QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance())
            seen = transform.transformBoundingBox(self._canvas.extent()).intersect(layer.extent())
        except QgsCsException:
            return None
        return None if seen.isEmpty() else seen

    def clear(self) -> None:
        """Removes the layer, the group if nothing else is in it, and the files."""
        layer = self.layer()
        if layer is not None:
            results.remove(layer)
        self._layer_id, self._above = "", []
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _renderer(layer: QgsRasterLayer, threshold: int) -> QgsSingleBandPseudoColorRenderer:
    """Returns a renderer with colours from a value on, and nothing below."""
    ramp = QgsColorRampShader(threshold, FULL, None, QgsColorRampShader.Type.Interpolated)
    item = QgsColorRampShader.ColorRampItem
    width = max(1, FULL - threshold) / (len(_COLORS) - 1)
    items = [item(threshold - 0.5, QColor(0, 0, 0, 0), "")]  # values are whole: none lies on the slope
    for number, color in enumerate(_COLORS):
        value = threshold + number * width
        items.append(item(value, QColor(color), f"{value / FULL:.2f}"))
    ramp.setColorRampItemList(items)
    legend = QgsColorRampLegendNodeSettings()  # similarities instead of values
    legend.setMinimumLabel(f"{threshold / FULL:.2f}")
    legend.setMaximumLabel("1.00")
    ramp.setLegendSettings(legend)
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    return QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
