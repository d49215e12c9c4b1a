"""Which images of a new sensor are learned from, and which images of a known sensor show the same ground."""

from __future__ import annotations

from typing import List, Optional, Tuple

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import layers
from ..messages import InputError, tr
from .layout import choices, narrow, side_by_side

LAYER, MADE = "layer", "made"
DEFAULT_REFERENCE_M = 10.0  # as in `AdaptRequest`
_PAIR_ROLE = Qt.ItemDataRole.UserRole
_ROW_PX, _MOST_ROWS = 22, 4
_Pair = Tuple[str, str]  # ids of the layers; no second one where the reference is made


class PairList(QWidget):
    """One pair in two layer boxes, and a list of further pairs that were put aside there before."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.target_box, self.reference_box = raster_box(), raster_box()
        self.target_box.setToolTip(tr("Drone, aerial or satellite image: any bands, no coarser than the reference."))
        self.reference_box.setToolTip(tr("An image of the same ground that the weights understand, as Sentinel-2."))
        self.how_box = choices((LAYER, tr("Layer")), (MADE, tr("Averaged image")))
        self.metres_box = QDoubleSpinBox()
        self.metres_box.setRange(0.1, 1000.0)
        self.metres_box.setDecimals(1)
        self.metres_box.setValue(DEFAULT_REFERENCE_M)
        self.metres_box.setSuffix(tr(" m pixels"))
        self.made_note = QLabel(
            tr(
                "The image is averaged to larger pixels and taken as its own reference. It must have bands that the "
                "weights know. What differs between two sensors is not learned then."
            )
        )
        self.made_note.setWordWrap(True)
        self.add_button, self.remove_button = QPushButton(tr("Add another pair")), QPushButton(tr("Remove pair"))
        self.add_button.setToolTip(tr("Keeps the pair chosen above, so that the next one can be chosen there."))
        self.list = QListWidget()
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # it would hide the only row
        self._lay_out()

        self.how_box.currentIndexChanged.connect(self._on_how)
        self.target_box.layerChanged.connect(self._on_target)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        QgsProject.instance().layersRemoved.connect(self._on_removed)
        self._on_how()
        self._on_target(self.target_box.currentLayer())
        self._show_list()

    def close(self) -> bool:
        """Lets go of the project."""
        QgsProject.instance().layersRemoved.disconnect(self._on_removed)
        return bool(super().close())

    def set_target(self, layer_id: str) -> None:
        """Chooses an image of the new sensor."""
        layer = QgsProject.instance().mapLayer(layer_id)
        if layer is not None:
            self.target_box.setLayer(layer)

    def target_name(self) -> str:
        """Returns the name of the image of the new sensor that is chosen; empty if none is."""
        layer = self.target_box.currentLayer()
        return "" if layer is None else layer.name()

    def files(self) -> Tuple[Tuple[str, ...], Tuple[str, ...]]:
        """Returns the request fields `targets` and `references`.

        Raises:
            InputError: a layer is missing or is no raster in a file.
        """
        project, pairs = QgsProject.instance(), self._pairs()
        chosen = self._chosen()
        if chosen is not None and chosen not in pairs:
            pairs.append(chosen)
        if not pairs:
            raise InputError(tr("No image of the new sensor is chosen. Add it to the project and choose it."))
        targets = layers.raster_paths(project.mapLayer(target) for target, _reference in pairs)
        if self.how_box.currentData() == MADE:
            return targets, ()
        if not all(reference for _target, reference in pairs):
            text = tr(
                'No reference is chosen for "{name}". Choose a layer of the same ground that the weights understand, '
                "or have the reference made from the image itself."
            )
            lonely = next(target for target, reference in pairs if not reference)
            raise InputError(text.format(name=project.mapLayer(lonely).name()))
        return targets, layers.raster_paths(project.mapLayer(reference) for _target, reference in pairs)

    def reference_m(self) -> float:
        """Returns the request field `reference_m`."""
        value = float(self.metres_box.value())
        return 0.0 if self.how_box.currentData() != MADE or value == DEFAULT_REFERENCE_M else value

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("New sensor"), self.target_box)
        reference = QVBoxLayout()
        for widget in (self.how_box, self.reference_box, self.metres_box):
            reference.addWidget(widget)
        form.addRow(tr("Reference"), reference)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.made_note)
        layout.addWidget(self.list)
        layout.addLayout(side_by_side(self.add_button, self.remove_button))

    def _chosen(self) -> Optional[_Pair]:
        target, reference = self.target_box.currentLayer(), self.reference_box.currentLayer()
        if target is None:
            return None
        made = self.how_box.currentData() == MADE
        return target.id(), "" if made or reference is None else reference.id()

    def _pairs(self) -> List[_Pair]:
        """Returns the pairs in the list, as far as references are wanted."""
        found = [self.list.item(row).data(_PAIR_ROLE) for row in range(self.list.count())]
        if self.how_box.currentData() == MADE:
            return [(target, "") for target, _reference in found]
        return [(target, reference) for target, reference in found]

    def _add(self) -> None:
        pair = self._chosen()
        if pair is None or pair in self._pairs():
            return
        names = [QgsProject.instance().mapLayer(layer_id).name() for layer_id in filter(None, pair)]
        item = QListWidgetItem(" – ".join(names))
        item.setToolTip("\n".join(names))
        item.setData(_PAIR_ROLE, list(pair))
        self.list.addItem(item)
        self.list.setCurrentItem(item)
        self._show_list()

    def _remove(self) -> None:
        self.list.takeItem(self.list.currentRow())
        self._show_list()

    def _on_removed(self, ids: List[str]) -> None:
        for row in reversed(range(self.list.count())):
            if set(self.list.item(row).data(_PAIR_ROLE)) & set(ids):
                self.list.takeItem(row)
        self._show_list()

    def _show_list(self) -> None:
        rows = self.list.count()
        self.list.setFixedHeight(_ROW_PX * min(_MOST_ROWS, max(1, rows)) + 6)
        self.list.setVisible(bool(rows))
        self.remove_button.setVisible(bool(rows))

    def _on_how(self, _index: int = 0) -> None:
        made = self.how_box.currentData() == MADE
        self.reference_box.setVisible(not made)
        self.metres_box.setVisible(made)
        self.made_note.setVisible(made)

    def _on_target(self, layer: Optional[QgsMapLayer]) -> None:
        """Offers no image as its own reference."""
        self.reference_box.setExceptedLayerList([] if layer is None else [layer])


def raster_box() -> QgsMapLayerComboBox:
    """Returns a narrow box of the project's raster layers."""
    box = narrow(QgsMapLayerComboBox())
    box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
    return box
