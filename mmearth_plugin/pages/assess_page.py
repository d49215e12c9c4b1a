"""Part "Check the map": draws sample points, takes their true classes one by one, compares them with the map."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import NULL, QgsMapLayer, QgsMapLayerProxyModel, QgsPalettedRasterRenderer, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import layers
from ..map_view import PointWalk
from ..messages import InputError, tr
from .layout import narrow, side_by_side

CLASS_FIELD, STRATUM_FIELD, ID_FIELD = "class", "stratum", "id"  # of the points that draw_sample writes


class AssessPage(QWidget):
    """Fields of a `DrawSampleRequest` and of an `AssessRequest`, and the points in between."""

    draw = pyqtSignal()
    compare = pyqtSignal()
    walk_on = pyqtSignal(int)
    open_report = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.walk = PointWalk(canvas, self)
        self.map_box = narrow(QgsMapLayerComboBox())
        self.map_box.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.map_box.setAllowEmptyLayer(True, tr("choose a class map"))
        self.map_box.setLayer(None)
        self.per_class_box = QSpinBox()
        self.per_class_box.setRange(2, 100_000)
        self.per_class_box.setValue(50)
        self.draw_button = QPushButton(tr("Draw sample points"))
        self.draw_button.setToolTip(tr("At random inside each class. Say what is there without looking at the map."))
        self.samples_box = narrow(QgsMapLayerComboBox())
        self.samples_box.setFilters(QgsMapLayerProxyModel.Filter.PointLayer)
        self.samples_box.setAllowEmptyLayer(True, tr("choose a point layer"))
        self.samples_box.setLayer(None)
        self.place = QLabel()
        self.class_box = narrow(QComboBox())
        self.class_box.setToolTip(tr("What is there in truth. Choosing a class goes on to the next point without one."))
        self.previous_button, self.next_button = QPushButton(tr("Previous")), QPushButton(tr("Next"))
        self.compare_button = QPushButton(tr("Compare"))
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.headline.hide()
        self.report_button = QPushButton(tr("Open report"))
        self.report_button.hide()
        self._lay_out()

        self.draw_button.clicked.connect(self.draw)
        self.compare_button.clicked.connect(self.compare)
        self.report_button.clicked.connect(self.open_report)
        self.previous_button.clicked.connect(lambda: self.walk_on.emit(-1))
        self.next_button.clicked.connect(lambda: self.walk_on.emit(1))
        self.class_box.activated.connect(self._on_class)
        self.walk.moved.connect(self._on_moved)

    def _lay_out(self) -> None:
        self._walk = QWidget()
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Map"), self.map_box)
        form.addRow(tr("Points per class"), self.per_class_box)
        walk_form = QFormLayout()
        walk_form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        walk_form.addRow(tr("It is"), self.class_box)
        walk = QVBoxLayout(self._walk)
        walk.setContentsMargins(0, 0, 0, 0)
        walk.addWidget(self.place)
        walk.addLayout(walk_form)
        walk.addLayout(side_by_side(self.previous_button, self.next_button))
        self._walk.hide()
        samples = QFormLayout()
        samples.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        samples.addRow(tr("Sample"), self.samples_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.draw_button)
        layout.addWidget(self._walk)
        layout.addLayout(samples)
        for widget in (self.compare_button, self.headline, self.report_button):
            layout.addWidget(widget)

    def draw_request(self) -> protocol.DrawSampleRequest:
        """Returns the request for points, which go to a file beside the map.

        Raises:
            InputError: there is no class map.
        """
        path = self._map()
        out = layers.free_path(str(Path(path).parent), f"{Path(path).stem}_sample", ".gpkg")
        return protocol.DrawSampleRequest(map=path, out=str(out), per_class=self.per_class_box.value())

    def assess_request(self) -> protocol.AssessRequest:
        """Returns the request that compares; points that we drew are saved first, as only their file says how.

        Raises:
            InputError: there is no map or no points, or they cannot be saved.
        """
        path, layer = self._map(), self.samples_box.currentLayer()
        if layer is None:
            text = tr('No point layer is chosen. Use "Draw sample points" and say what is there, or choose a layer.')
            raise InputError(text)
        drawn = layer.fields().lookupField(STRATUM_FIELD) >= 0 and layer.fields().lookupField(CLASS_FIELD) >= 0
        if drawn and layer.isModified() and not layer.commitChanges(False):
            errors = " ".join(layer.commitErrors())
            text = tr('Layer "{name}" could not be saved: {errors} Save it yourself and try again.')
            raise InputError(text.format(name=layer.name(), errors=errors))
        samples, samples_layer = layers.vector_source(layer)
        return protocol.AssessRequest(
            map=path,
            samples=samples,
            report=str(layers.free_path(str(Path(path).parent), f"{Path(path).stem}_accuracy", "")),
            samples_layer=samples_layer,
            field=CLASS_FIELD if drawn else "",
        )

    def set_map(self, layer: QgsMapLayer) -> None:
        """Chooses the class map."""
        self.map_box.setLayer(layer)

    def show_points(self, layer: QgsVectorLayer) -> None:
        """Opens sample points for editing and leads to the first."""
        self.headline.hide()
        self.samples_box.setLayer(layer)
        layer.startEditing()
        self.class_box.clear()
        self.class_box.addItem(tr("not known yet"), "")
        for name in class_names(self.map_box.currentLayer()):
            self.class_box.addItem(name, name)
        self.walk.set_layer(layer, ID_FIELD)
        self._walk.show()
        self.walk.go(1)

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows what the comparison found."""
        self.headline.setText(f"<b>{escape(str(result['headline']))}</b>")
        self.headline.show()
        self.report_button.setVisible(bool(result.get("report")))

    def _map(self) -> str:
        layer = self.map_box.currentLayer()
        if layer is None:
            raise InputError(
                tr('No class map is chosen. Make one in step "Train" or "Map", or choose one that a prediction wrote.')
            )
        return layers.raster_path(layer)

    def _on_class(self, _index: int) -> None:
        feature, layer = self.walk.feature(), self.walk.layer
        if feature is None or layer is None:
            return
        if not layer.isEditable():
            layer.startEditing()
        name = str(self.class_box.currentData())
        layer.changeAttributeValue(feature.id(), layer.fields().lookupField(CLASS_FIELD), name or NULL)
        if name and self._unlabelled():
            self.walk_on.emit(self._step_to_unlabelled())
        else:
            self.walk.show()

    def _unlabelled(self) -> List[int]:
        """Returns positions of the points without a class."""
        return [i for i, feature in enumerate(self.walk.features()) if not _class_of(feature)]

    def _step_to_unlabelled(self) -> int:
        steps = [(position - self.walk.position) % self.walk.count for position in self._unlabelled()]
        return min(steps)

    def _on_moved(self, feature: Any) -> None:
        done = self.walk.count - len(self._unlabelled())
        text = tr("<b>Point {n} of {all}</b>, {done} with a class")
        self.place.setText(text.format(n=self.walk.position + 1, all=self.walk.count, done=done))
        self.class_box.setCurrentIndex(max(0, self.class_box.findData(_class_of(feature))))


def class_names(layer: Optional[QgsMapLayer]) -> List[str]:
    """Returns the names of the classes that a map's style has."""
    renderer = layer.renderer() if layer is not None else None
    return [entry.label for entry in renderer.classes()] if isinstance(renderer, QgsPalettedRasterRenderer) else []


def _class_of(feature: Any) -> str:
    value = feature[CLASS_FIELD]
    return "" if value is None or value == NULL else str(value)
