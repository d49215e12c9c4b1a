"""The list of further layers that a pretraining predicts: which layer, its name as a task, continuous or classes."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from qgis.core import QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..messages import InputError, tr
from ..training.pretrain_targets import CLASSES, CONTINUOUS, guess_kind, target, target_name
from .layout import narrow

_NAME, _KIND = range(2)
_LAYER_ROLE = Qt.ItemDataRole.UserRole


class TargetTable(QWidget):
    """A table with one row for each layer, a layer box to add from, and a button to remove."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.add_button, self.remove_button = QPushButton(tr("Add layer")), QPushButton(tr("Remove layer"))
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([tr("Predict also"), tr("Values")])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_KIND, QHeaderView.ResizeMode.Fixed)
        self.table.setFixedHeight(110)
        self.table.setToolTip(
            tr("Layers on the same ground: elevation, radar, land cover… The encoder learns to predict them as well.")
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.layer_box)
        layout.addLayout(buttons)
        layout.addWidget(self.table)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)

    def targets(self) -> Tuple[Dict[str, str], ...]:
        """Returns the entries of `PretrainRequest.layers`.

        Raises:
            InputError: a layer is gone, is no raster in a file, or two have the same name.
        """
        found: List[Dict[str, str]] = []
        for row in range(self.table.rowCount()):
            item = self.table.item(row, _NAME)
            name = target_name(item.text(), ())
            if name in [other["name"] for other in found]:
                text = tr('Two layers to predict are named "{name}". Double-click one of the names to change it.')
                raise InputError(text.format(name=name))
            layer = QgsProject.instance().mapLayer(item.data(_LAYER_ROLE))
            if layer is None:
                text = tr('The layer of "{name}" is no longer in the project. Remove it from the list.')
                raise InputError(text.format(name=name))
            found.append(target(layer, name, self.table.cellWidget(row, _KIND).currentData()))
        return tuple(found)

    def _add(self) -> None:
        layer = self.layer_box.currentLayer()
        if layer is None:
            return
        row = self.table.rowCount()
        taken = [self.table.item(other, _NAME).text() for other in range(row)]
        item = QTableWidgetItem(target_name(layer.name(), taken))
        item.setData(_LAYER_ROLE, layer.id())
        item.setToolTip(layer.name())
        kind_box = QComboBox()
        kind_box.addItem(tr("continuous"), CONTINUOUS)
        kind_box.addItem(tr("classes"), CLASSES)
        kind_box.setCurrentIndex(kind_box.findData(guess_kind(layer)))
        self.table.insertRow(row)
        self.table.setItem(row, _NAME, item)
        self.table.setCellWidget(row, _KIND, kind_box)
        self.table.setColumnWidth(_KIND, kind_box.sizeHint().width())
        self.table.selectRow(row)

    def _remove(self) -> None:
        for index in self.table.selectionModel().selectedRows():
            self.table.removeRow(index.row())
