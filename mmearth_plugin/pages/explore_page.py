"""Page "Explore": an embedding, and ways to look into it before anything is labelled."""

from __future__ import annotations

from typing import Dict, List, Optional

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsRasterLayer
from qgis.gui import QgsCollapsibleGroupBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..exploring.embedding_layers import is_embedding
from ..messages import InputError, tr
from .cluster_box import ClusterBox
from .layout import narrow, section_layout
from .scatter_box import ScatterBox
from .similar_box import SimilarBox


class ExplorePage(QWidget):
    """Chooses the embedding; its parts say what is wanted of it."""

    changed = pyqtSignal()  # another embedding
    go_to_embed = pyqtSignal()
    colors_toggled = pyqtSignal(bool)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._known: Dict[str, bool] = {}  # layer id → whether it is an embedding
        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setAllowEmptyLayer(True, tr("choose an embedding"))
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.layer_box.setAccessibleName(tr("Embedding"))
        self.missing = QLabel(tr("There is no embedding yet. Embed the scene first: this page looks into what comes."))
        self.missing.setWordWrap(True)
        self.embed_button = QPushButton(tr("Go to step Embed"))
        self.colors_button = QPushButton(tr("Show as colours"))
        self.colors_button.setCheckable(True)
        self.colors_button.setToolTip(
            tr("The three strongest components as red, green and blue, stretched to what is in view. Again: as before.")
        )
        self.similar_box, self.scatter_box, self.cluster_box = SimilarBox(), ScatterBox(), ClusterBox()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Embedding"), self.layer_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.missing)
        layout.addWidget(self.embed_button)
        self._tools = QWidget()
        tools = QVBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.addWidget(self.colors_button)
        tools.addWidget(_part(tr("Similar places"), self.similar_box))
        tools.addWidget(_part(tr("Groups"), self.cluster_box))
        tools.addWidget(_part(tr("Scatter plot"), self.scatter_box))
        layout.addWidget(self._tools)
        layout.addStretch()
        self.embed_button.clicked.connect(self.go_to_embed)
        self.colors_button.toggled.connect(self.colors_toggled)
        self.layer_box.layerChanged.connect(self._on_layer)
        QgsProject.instance().layersAdded.connect(self._on_added)
        QgsProject.instance().layersRemoved.connect(self._on_removed)
        self._on_added(list(QgsProject.instance().mapLayers().values()))

    def embedding(self) -> Optional[QgsRasterLayer]:
        """Returns the chosen embedding; None where there is none."""
        return self.layer_box.currentLayer()

    def required(self) -> QgsRasterLayer:
        """Returns the chosen embedding.

        Raises:
            InputError: none is chosen.
        """
        layer = self.embedding()
        if layer is None:
            raise InputError(tr('No embedding is chosen. Embed the scene first, in step "Embed".'))
        return layer

    def propose(self, layer: Optional[QgsRasterLayer]) -> None:
        """Chooses an embedding."""
        if layer is not None and self._known.get(layer.id()):
            self.layer_box.setLayer(layer)

    def leave_project(self) -> None:
        """Stops to listen to the project."""
        QgsProject.instance().layersAdded.disconnect(self._on_added)
        QgsProject.instance().layersRemoved.disconnect(self._on_removed)

    def _on_added(self, added: List[QgsMapLayer]) -> None:
        for layer in added:
            if isinstance(layer, QgsRasterLayer):
                self._known[layer.id()] = is_embedding(layer)
        self._offer()

    def _on_removed(self, ids: List[str]) -> None:
        for layer_id in ids:
            self._known.pop(layer_id, None)
        self._offer()

    def _offer(self) -> None:
        layers = QgsProject.instance().mapLayers().values()
        others = [layer for layer in layers if not self._known.get(layer.id())]
        self.layer_box.setExceptedLayerList(others)
        if self.layer_box.currentLayer() is None and self.layer_box.count() > 1:
            self.layer_box.setCurrentIndex(1)
        self._show_parts()

    def _on_layer(self, _layer: Optional[QgsMapLayer]) -> None:
        self._show_parts()
        self.changed.emit()

    def _show_parts(self) -> None:
        there = any(self._known.values())
        self.missing.setVisible(not there)
        self.embed_button.setVisible(not there)
        self._tools.setVisible(self.embedding() is not None)


def _part(title: str, content: QWidget) -> QgsCollapsibleGroupBox:
    group = QgsCollapsibleGroupBox(title)
    section_layout(group).addWidget(content)
    return group
