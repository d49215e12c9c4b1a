"""Which raster a scene is: a layer, several layers selected in the layer panel, or a folder or zip without a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsMapLayer, QgsMapLayerProxyModel, QgsProject, QgsRectangle
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from .. import layers
from ..messages import InputError, tr
from .layout import narrow


class SourceBox(QWidget):
    """Says `changed` when another scene was chosen."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._path = ""  # of the folder or zip, if one is chosen
        self._ground = (QgsCoordinateReferenceSystem(), QgsRectangle())  # of the folder or zip, once it was described
        self._selected: List[str] = []  # ids of layers
        self._together: List[str] = []  # those that are one scene
        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("choose a raster layer"))
        self.layer_box.setMinimumContentsLength(4)  # a button stands beside it
        self.path_edit = QLineEdit()
        self.path_edit.setReadOnly(True)
        self.back_button = QToolButton()
        self.back_button.setText("×")
        self.back_button.setToolTip(tr("Choose a layer again"))
        self.more_button = QToolButton()
        self.more_button.setText("…")
        self.more_button.setToolTip(tr("A folder or zip of bands that is no layer, such as a Sentinel-2 product"))
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addAction(tr("Folder (SAFE)…")).triggered.connect(self._ask_folder)
        menu.addAction(tr("Zip…")).triggered.connect(self._ask_zip)
        self.more_button.setMenu(menu)
        self.together_check = QCheckBox()  # laid out by the page, where there is room for its text
        self.together_check.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.layer_box, 1)
        row.addWidget(self.path_edit, 1)
        row.addWidget(self.back_button)
        row.addWidget(self.more_button)
        self._show()

        self.layer_box.layerChanged.connect(self._on_layer)
        self.back_button.clicked.connect(lambda: self.set_path(""))
        self.together_check.toggled.connect(self._on_together)
        QgsProject.instance().layersRemoved.connect(self._on_removed)

    def close(self) -> bool:
        """Lets go of the project."""
        QgsProject.instance().layersRemoved.disconnect(self._on_removed)
        return bool(super().close())

    def is_chosen(self) -> bool:
        """Returns whether there is anything to ask the backend about."""
        return bool(self._path or self._together or self.layer_box.currentLayer())

    def usable(self) -> Optional[layers.Source]:
        """Returns what is chosen; None where that cannot be used."""
        try:
            return self.source()
        except InputError:
            return None

    def source(self) -> layers.Source:
        """Returns what is chosen.

        Raises:
            InputError: nothing, or no raster in a file.
        """
        if self._path:
            return layers.Source(Path(self._path).stem, self._path, *self._ground)
        if self._together:
            return layers.joint_source(self._layers(self._together))
        return layers.layer_source(self.layer_box.currentLayer())

    def set_layer(self, layer: Optional[QgsMapLayer]) -> None:
        """Chooses a raster layer."""
        self._leave()
        self._show()
        self.layer_box.blockSignals(True)
        self.layer_box.setLayer(layer)
        self.layer_box.blockSignals(False)
        self.changed.emit()

    def set_path(self, path: str) -> None:
        """Chooses a folder or zip; an empty path leaves it for the layer."""
        self._leave()
        self._path = path
        self._show()
        self.changed.emit()

    def set_selected(self, selected: List[QgsMapLayer]) -> None:
        """Offers to take the layers that are selected in the layer panel as one scene."""
        self._selected = [layer.id() for layer in selected if layers.is_raster_file(layer)]
        self._show()

    def show_description(self, description: Dict[str, Any]) -> bool:
        """Learns from the backend where a folder or zip lies; returns whether that was not known before."""
        if not self._path or description["scene"] != self._path or self._ground[0].isValid():
            return False
        self._ground = (QgsCoordinateReferenceSystem(description["crs"]), QgsRectangle(*description["bounds"]))
        return True

    def _leave(self) -> None:
        """Leaves a folder or joint layers without saying so."""
        self._path, self._together = "", []
        self._ground = (QgsCoordinateReferenceSystem(), QgsRectangle())

    def _show(self) -> None:
        self.path_edit.setText(Path(self._path).name)
        self.path_edit.setCursorPosition(0)
        self.path_edit.setToolTip(self._path)
        self.path_edit.setVisible(bool(self._path))
        self.back_button.setVisible(bool(self._path))
        self.layer_box.setVisible(not self._path)
        self.layer_box.setEnabled(not self._together)
        offered = self._layers(self._together or self._selected)
        self.together_check.setVisible(len(offered) > 1 and not self._path)
        self.together_check.setText(tr("{n} layers as one scene").format(n=len(offered)))
        names = "\n".join(layer.name() for layer in offered)
        self.together_check.setToolTip(tr("Layers selected in the layer panel:\n{names}").format(names=names))
        self.together_check.blockSignals(True)
        self.together_check.setChecked(bool(self._together))
        self.together_check.blockSignals(False)

    def _layers(self, ids: List[str]) -> List[QgsMapLayer]:
        found = (QgsProject.instance().mapLayer(layer_id) for layer_id in ids)
        return [layer for layer in found if layer is not None]

    def _on_layer(self, _layer: Any = None) -> None:
        if not self._path and not self._together:
            self.changed.emit()

    def _on_together(self, checked: bool) -> None:
        self._together = list(self._selected) if checked else []
        self._show()
        self.changed.emit()

    def _on_removed(self, ids: List[str]) -> None:
        self._selected = [layer_id for layer_id in self._selected if layer_id not in ids]
        if set(ids) & set(self._together):
            self._together = []
            self.changed.emit()
        self._show()

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("Folder of one Sentinel-2 scene (.SAFE)"))
        if path:
            self.set_path(path)

    def _ask_zip(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(self, tr("Zip of one Sentinel-2 scene"), "", tr("Zip (*.zip)"))
        if path:
            self.set_path(path)
