"""An embedding in colours: its first three components as red, green and blue, stretched to what is in view.

The stretch is computed in a thread: the bands of an embedding are stored pixel by pixel, so that reading three of 64
decodes all of them, which takes 100 ms and more for each tile in view.
"""

from __future__ import annotations

from array import array
from typing import Callable, Dict, List, Optional, Tuple

from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRenderer,
    QgsRectangle,
    QgsTask,
)

from .. import layers
from ..messages import tr

_STRETCH = QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
_SAMPLE_PX = 80  # side of the picture that the stretch is computed from
_CUT = 0.02  # at either end of the values
_BANDS = (1, 2, 3)

Range = Tuple[float, float]
Window = Tuple[int, int, int, int]  # column, row, columns, rows


class EmbeddingColors:
    """Restyles embeddings, and gives them back the style they had.

    Args:
        failed: Called with a sentence where an embedding cannot be read.
    """

    def __init__(self, failed: Callable[[str], None]) -> None:
        self._failed = failed
        self._before: Dict[str, QgsRasterRenderer] = {}  # layer id → renderer
        self._task: Optional[_StretchTask] = None

    def show(self, layer: QgsRasterLayer, view: QgsRectangle) -> None:
        """Shows an embedding in colours, soon.

        Args:
            layer: The embedding.
            view: What the colours are stretched to, in the CRS of the layer.

        Raises:
            InputError: as for `layers.raster_path`.
        """
        path = layers.raster_path(layer)
        self._drop_task()
        if layer.id() not in self._before and layer.renderer() is not None:
            self._before[layer.id()] = layer.renderer().clone()
        layer_id = layer.id()

        def done(ranges: List[Range]) -> None:
            found = QgsProject.instance().mapLayer(layer_id)
            if found is None or layer_id not in self._before:
                return  # removed, or wanted as it was
            if ranges:
                _apply(found, ranges)
            else:
                text = tr('The values of "{name}" could not be read. Look whether its file is still there.')
                self._failed(text.format(name=found.name()))

        self._task = _StretchTask(path, _window(layer, view), done)
        QgsApplication.taskManager().addTask(self._task)

    def is_shown(self, layer: QgsRasterLayer) -> bool:
        """Returns whether a layer was restyled here, or will be in a moment."""
        return layer.id() in self._before

    def restore(self, layer: QgsRasterLayer) -> None:
        """Gives a layer back the style it had."""
        renderer = self._before.pop(layer.id(), None)
        if renderer is not None:
            layer.setRenderer(renderer)
            layer.triggerRepaint()
            layer.emitStyleChanged()

    def close(self) -> None:
        """Gives every layer back its style."""
        self._drop_task()
        for layer_id in list(self._before):
            layer = QgsProject.instance().mapLayer(layer_id)
            if layer is None:
                del self._before[layer_id]
            else:
                self.restore(layer)

    def _drop_task(self) -> None:
        if self._task is not None:
            self._task.done = None
            self._task = None


class _StretchTask(QgsTask):
    """Finds between which values nearly all of three bands lie."""

    def __init__(self, path: str, window: Window, done: Callable[[List[Range]], None]) -> None:
        super().__init__(tr("Colours of the embedding"), QgsTask.Flags())
        self._path, self._window = path, window
        self._ranges: List[Range] = []
        self.done: Optional[Callable[[List[Range]], None]] = done

    def run(self) -> bool:
        """Reads; in a thread. GDAL lets the other threads go on meanwhile."""
        try:
            dataset = gdal.Open(self._path)
            if dataset is not None:
                self._ranges = [_range(dataset.GetRasterBand(band), self._window) for band in _BANDS]
        except RuntimeError:  # GDAL raises or not, as other plugins have told it
            self._ranges = []
        return bool(self._ranges)

    def finished(self, _succeeded: bool) -> None:
        """Hands over what was found; in the thread of the window."""
        if self.done is not None:
            self.done(self._ranges)


def _window(layer: QgsRasterLayer, view: QgsRectangle) -> Window:
    """Returns the pixels of a layer that are in view; all where none are."""
    extent = layer.extent()
    part = view.intersect(extent)
    if part.isEmpty():
        part = extent
    width, height = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    col = min(layer.width() - 1, int((part.xMinimum() - extent.xMinimum()) / width))
    row = min(layer.height() - 1, int((extent.yMaximum() - part.yMaximum()) / height))
    cols = min(layer.width() - col, max(1, round(part.width() / width)))
    rows = min(layer.height() - row, max(1, round(part.height() / height)))
    return col, row, cols, rows


def _range(band: gdal.Band, window: Window) -> Range:
    """Returns between which values all but the lowest and highest of a window lie, as stored."""
    cols, rows = min(window[2], _SAMPLE_PX), min(window[3], _SAMPLE_PX)
    values = array("f")
    values.frombytes(bytes(band.ReadRaster(*window, cols, rows, gdal.GDT_Float32)))
    nodata = band.GetNoDataValue()
    kept = sorted(value for value in values if value != nodata and value == value)  # noqa: PLR0124 - NaN is not
    if not kept:
        return 0.0, 1.0
    cut = int(_CUT * len(kept))
    return kept[cut], kept[-1 - cut]


def _apply(layer: QgsRasterLayer, ranges: List[Range]) -> None:
    provider = layer.dataProvider()
    renderer = QgsMultiBandColorRenderer(provider, *_BANDS)
    setters = (
        renderer.setRedContrastEnhancement,
        renderer.setGreenContrastEnhancement,
        renderer.setBlueContrastEnhancement,
    )
    for band, (low, high), put in zip(_BANDS, ranges, setters):
        scale, offset = provider.bandScale(band), provider.bandOffset(band)  # which QGIS applies to what it reads
        stretch = QgsContrastEnhancement(provider.dataType(band))
        stretch.setMinimumValue(low * scale + offset)
        stretch.setMaximumValue(high * scale + offset)
        stretch.setContrastEnhancementAlgorithm(_STRETCH)
        put(stretch)
    renderer.setOpacity(layer.opacity())
    layer.setRenderer(renderer)
    layer.triggerRepaint()
    layer.emitStyleChanged()
