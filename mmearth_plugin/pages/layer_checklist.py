"""A list of the project's raster layers to tick, in the order of ticking."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from qgis.core import QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from .. import layers, results
from ..messages import tr

_ID_ROLE = Qt.ItemDataRole.UserRole
_ROW_PX, _MOST_ROWS = 22, 5


class LayerChecklist(QWidget):
    """Further layers of a model: elevation, an index… The scene itself and results of ours are not offered."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._ticked: List[str] = []
        self._scene_id = ""
        self._filling = False
        self.heading = QLabel(tr("The model sees also"))
        self.list = QListWidget()
        self.list.setToolTip(
            tr(
                "Layers on the same ground that tell classes apart: elevation, an index, radar. A model takes them in "
                "the order in which they are ticked."
            )
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.heading)
        layout.addWidget(self.list)
        self.list.itemChanged.connect(self._on_item)
        QgsProject.instance().layerTreeRoot().addedChildren.connect(self._refresh)  # layers get there one by one
        QgsProject.instance().layersRemoved.connect(self._refresh)
        self._refresh()

    def close(self) -> bool:
        """Lets go of the project."""
        QgsProject.instance().layersRemoved.disconnect(self._refresh)
        QgsProject.instance().layerTreeRoot().addedChildren.disconnect(self._refresh)
        return bool(super().close())

    def set_scene(self, layer_id: str) -> None:
        """Takes the layer of the scene off the list."""
        if layer_id != self._scene_id:
            self._scene_id = layer_id
            self._refresh()

    def paths(self) -> Tuple[str, ...]:
        """Returns the files of the ticked layers.

        Raises:
            InputError: one is gone.
        """
        project = QgsProject.instance()
        return layers.raster_paths([project.mapLayer(layer_id) for layer_id in self._ticked])

    def _offered(self) -> List[QgsMapLayer]:
        nodes = [
            n for n in QgsProject.instance().layerTreeRoot().findLayers() if not results.is_result_group(n.parent())
        ]
        found = [node.layer() for node in nodes if node.layerId() != self._scene_id]
        return sorted(filter(layers.is_raster_file, found), key=lambda layer: layer.name().lower())

    def _refresh(self, *_changed: Any) -> None:
        offered = self._offered()
        ids = [layer.id() for layer in offered]
        kept = [layer_id for layer_id in self._ticked if layer_id in ids]
        changed, self._ticked = kept != self._ticked, kept
        self._filling = True
        self.list.clear()
        for layer in offered:
            item = QListWidgetItem(layer.name())
            item.setData(_ID_ROLE, layer.id())
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if layer.id() in kept else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self._filling = False
        self.list.setFixedHeight(_ROW_PX * min(_MOST_ROWS, max(1, len(offered))) + 6)
        self.setVisible(bool(offered))
        if changed:
            self.changed.emit()

    def _on_item(self, item: QListWidgetItem) -> None:
        if self._filling:
            return
        layer_id = item.data(_ID_ROLE)
        self._ticked = [other for other in self._ticked if other != layer_id]
        if item.checkState() == Qt.CheckState.Checked:
            self._ticked.append(layer_id)
        self.changed.emit()
