"""Layers dragged from the layer panel onto a widget. Knows nothing of what they are dropped for."""

from __future__ import annotations

from typing import Any, List, Optional

from qgis.core import QgsMapLayer, QgsMimeDataUtils, QgsProject
from qgis.PyQt.QtCore import QEvent, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget


class LayerDrop(QObject):
    """Says `dropped` with the layer of the project that was let go over a widget."""

    dropped = pyqtSignal(object)

    def __init__(self, target: QWidget) -> None:
        super().__init__(target)
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, _target: QObject, event: QEvent) -> bool:  # noqa: N802
        """Takes drags of layers and leaves everything else alone."""
        if event.type() not in (QEvent.Type.DragEnter, QEvent.Type.Drop):
            return False
        layer = _first_layer(event)
        if layer is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            self.dropped.emit(layer)
        return True


def _first_layer(event: Any) -> Optional[QgsMapLayer]:
    uris: List[Any] = QgsMimeDataUtils.decodeUriList(event.mimeData())
    project = QgsProject.instance()
    found = [project.mapLayer(uri.layerId) for uri in uris if uri.layerId]
    return next((layer for layer in found if layer is not None), None)
