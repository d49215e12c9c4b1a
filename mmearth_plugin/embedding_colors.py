"""An embedding in colours: its first three components as red, green and blue, stretched to what is in view."""

from __future__ import annotations

from typing import Dict, Tuple

from qgis.core import (
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRenderer,
    QgsRectangle,
)

_STRETCH = QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
_SAMPLE_PX = 80  # side of the picture that the stretch is computed from; the GUI waits for it
_CUT = 0.02  # at either end of the values


class EmbeddingColors:
    """Restyles embeddings, and gives them back the style they had."""

    def __init__(self) -> None:
        self._before: Dict[str, QgsRasterRenderer] = {}  # layer id → renderer

    def show(self, layer: QgsRasterLayer, view: QgsRectangle) -> None:
        """Shows an embedding in colours.

        Args:
            layer: The embedding.
            view: What the colours are stretched to, in the CRS of the layer.
        """
        if layer.id() not in self._before and layer.renderer() is not None:
            self._before[layer.id()] = layer.renderer().clone()
        seen = view.intersect(layer.extent())
        part = layer.extent() if seen.isEmpty() else seen
        renderer = QgsMultiBandColorRenderer(layer.dataProvider(), 1, 2, 3)
        for band, put in (
            (1, renderer.setRedContrastEnhancement),
            (2, renderer.setGreenContrastEnhancement),
            (3, renderer.setBlueContrastEnhancement),
        ):
            stretch = QgsContrastEnhancement(layer.dataProvider().dataType(band))
            low, high = _range(layer, band, part)
            stretch.setMinimumValue(low)
            stretch.setMaximumValue(high)
            stretch.setContrastEnhancementAlgorithm(_STRETCH)
            put(stretch)
        renderer.setOpacity(layer.opacity())
        layer.setRenderer(renderer)
        layer.triggerRepaint()
        layer.emitStyleChanged()

    def is_shown(self, layer: QgsRasterLayer) -> bool:
        """Returns whether a layer was restyled here."""
        return layer.id() in self._before

    def restore(self, layer: QgsRasterLayer) -> None:
        """Gives a layer back the style it had."""
        renderer = self._before.pop(layer.id(), None)
        if renderer is not None:
            layer.setRenderer(renderer)
            layer.triggerRepaint()
            layer.emitStyleChanged()

    def restore_all(self) -> None:
        """Gives every layer back its style."""
        for layer_id in list(self._before):
            layer = QgsProject.instance().mapLayer(layer_id)
            if layer is None:
                del self._before[layer_id]
            else:
                self.restore(layer)


def _range(layer: QgsRasterLayer, band: int, part: QgsRectangle) -> Tuple[float, float]:
    """Returns between which values all but the lowest and highest lie in a part of a layer.

    QGIS's own cumulative cut makes a histogram of every band first, which takes 125 ms of the GUI.
    """
    block = layer.dataProvider().block(band, part, _SAMPLE_PX, _SAMPLE_PX)
    count = block.width() * block.height()
    values = sorted(block.value(i) for i in range(count) if not block.isNoData(i))
    if not values:
        return 0.0, 1.0
    cut = int(_CUT * len(values))
    return values[cut], values[-1 - cut]
