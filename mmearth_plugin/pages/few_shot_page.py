"""Sections "Labels" and "Train and predict": the label layer with its classes, and the requests made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsSingleSymbolRenderer, QgsVectorLayer
from qgis.gui import QgsCollapsibleGroupBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import labels, layers, settings
from ..messages import InputError, tr
from .class_table import ClassTable
from .layout import narrow, section_layout


class FewShotPage(QWidget):
    """Fields of a `FewShotRequest` and of the `PredictRequest` that follows it."""

    run = pyqtSignal()
    new_layer = pyqtSignal()
    open_report = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layer: Optional[QgsVectorLayer] = None
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(100)
        self._delay.timeout.connect(self.refresh)

        self.new_button = QPushButton(tr("New label layer"))
        self.new_button.clicked.connect(self.new_layer)
        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("choose a polygon layer"))
        self.field_box = narrow(QComboBox())  # QgsFieldComboBox falls back to the first field at each change of fields
        self.table = ClassTable()
        self.add_button, self.remove_button = QPushButton(tr("Add class")), QPushButton(tr("Remove class"))
        self.counts = QLabel()
        self.counts.setWordWrap(True)
        label_group = QgsCollapsibleGroupBox(tr("3 · Labels"))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Layer"), self.layer_box)
        form.addRow(tr("Class field"), self.field_box)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        label_layout = section_layout(label_group)
        label_layout.addWidget(self.new_button)
        label_layout.addLayout(form)
        label_layout.addWidget(self.table)
        label_layout.addLayout(buttons)
        label_layout.addWidget(self.counts)

        self.vector_check = QCheckBox(tr("Also make polygons"))
        self.button = QPushButton(tr("Train and predict"))
        self.button.clicked.connect(self.run)
        self.score = QLabel()
        self.score.setWordWrap(True)
        self.report_button = QPushButton(tr("Open report"))
        self.report_button.clicked.connect(self.open_report)
        self.report_button.hide()
        run_group = QgsCollapsibleGroupBox(tr("4 · Map"))
        run_layout = section_layout(run_group)
        run_layout.addWidget(self.vector_check)
        run_layout.addWidget(self.button)
        run_layout.addWidget(self.score)
        run_layout.addWidget(self.report_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label_group)
        layout.addWidget(run_group)

        self.layer_box.layerChanged.connect(self._on_layer)
        self.field_box.currentIndexChanged.connect(self.refresh)
        self.table.activated_class.connect(self._on_active)
        self.table.recolored.connect(self._on_recolored)
        self.table.renamed.connect(self._on_renamed)
        self.add_button.clicked.connect(self._on_add)
        self.remove_button.clicked.connect(self._on_remove)
        self._on_layer(self.layer_box.currentLayer())

    def make_layer(self, scene: layers.Scene) -> QgsVectorLayer:
        """Makes a label layer for a scene, adds it on top of the map and starts editing it.

        Raises:
            InputError: the output folder cannot be used, or nobody knows yet where the scene lies.
        """
        if not scene.source.is_located:
            text = tr('Where "{name}" lies is not known yet. Wait until section 1 describes it.')
            raise InputError(text.format(name=scene.name))
        folder = settings.output_folder()
        layers.make_folder(Path(folder))
        path = layers.free_path(folder, f"{scene.name}_labels", ".gpkg")
        project = QgsProject.instance()
        first = [labels.ClassEntry(i, tr("Class {n}").format(n=i), labels.PALETTE[i - 1]) for i in (1, 2)]
        layer = labels.create_layer(path, scene.source.crs, first)
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertLayer(0, layer)
        self.layer_box.setLayer(layer)
        layer.startEditing()
        return layer

    def request(self, scene: layers.Scene) -> protocol.FewShotRequest:
        """Returns the training request; results go to a new folder.

        Raises:
            InputError: the labels or the output folder cannot be used.
        """
        if self._layer is None:
            raise InputError(tr('No label layer is chosen. Choose one, or use "New label layer" and draw polygons.'))
        field = self.field_box.currentText()
        if not field:
            text = tr('No class field of layer "{name}" is chosen. Choose the field that says which class it is.')
            raise InputError(text.format(name=self._layer.name()))
        classes = [entry for entry in labels.read_classes(self._layer, field) if entry.polygons]
        if len(classes) < 2:
            text = tr(
                'Layer "{name}" has polygons of {n} class(es) in field "{field}"; at least two are wanted. '
                "Choose another class in the list and draw polygons of it."
            )
            raise InputError(text.format(name=self._layer.name(), n=len(classes), field=field))
        path, layer_name = layers.vector_source(self._layer)
        folder = layers.free_path(settings.output_folder(), f"{scene.name}_map", "")
        layers.make_folder(folder)
        return protocol.FewShotRequest(
            scenes=(scene.path,),
            labels=path,
            model=str(folder / "model"),
            labels_layer=layer_name,
            field=field,
            report=str(folder / "report"),
            classes=tuple({"value": e.value, "name": e.name, "color": e.color} for e in classes),
            bands=scene.bands,
            units=scene.units,
            weights=scene.weights,
            device=scene.device,
        )

    def predict_request(self, scene: layers.Scene, training: protocol.FewShotRequest) -> protocol.PredictRequest:
        """Returns the request for the map that follows a training."""
        return predict_request(scene, training.model, Path(training.model).parent, self.vector_check.isChecked())

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows the score beside its baselines."""
        if result["macro_f1"] is None:
            reason = result.get("reason") or tr("too few polygons")
            self.score.setText(tr("No score: {reason}").format(reason=reason))
        else:
            interval = result.get("interval")
            spread = " ({:.2f}–{:.2f})".format(*interval) if interval else ""
            text = tr("<b>Macro F1 {score}</b>{spread} on held-out polygons; raw bands {raw}, majority {majority}")
            self.score.setText(
                text.format(
                    score=_number(result["macro_f1"]),
                    spread=spread,
                    raw=_number(result["raw_bands_macro_f1"]),
                    majority=_number(result["majority_macro_f1"]),
                )
            )
        warnings = "".join(f"<br><span style='color:#b45309'>⚠ {warning}</span>" for warning in result["warnings"])
        self.score.setText(self.score.text() + warnings)
        self.report_button.setVisible(bool(result.get("report")))

    def refresh(self, _index: int = 0) -> None:
        """Reads classes, counts and edits from the layer."""
        classes = self._classes()
        self.table.show_classes(classes)
        self.add_button.setEnabled(self._layer is not None and bool(self.field_box.currentText()))
        self.remove_button.setEnabled(bool(classes))
        if self._layer is None:
            self.counts.setText(tr("A few polygons of each class are enough; five or more give a score."))
            return
        total, unsaved = sum(entry.polygons for entry in classes), labels.count_unsaved(self._layer)
        text = tr("{n} polygons in {k} classes").format(n=total, k=sum(1 for entry in classes if entry.polygons))
        self.counts.setText(text + (tr("; unsaved edits: {n}, they count").format(n=unsaved) if unsaved else ""))

    def _classes(self) -> List[labels.ClassEntry]:
        return [] if self._layer is None else labels.read_classes(self._layer, self.field_box.currentText())

    def _on_layer(self, layer: Optional[QgsVectorLayer]) -> None:
        if self._layer is not None:
            self._layer.layerModified.disconnect(self._delay.start)
            self._layer.editingStopped.disconnect(self._delay.start)
            self._layer.willBeDeleted.disconnect(self._forget)
        self._layer = layer
        if layer is not None:
            layer.layerModified.connect(self._delay.start)
            layer.editingStopped.connect(self._delay.start)
            layer.willBeDeleted.connect(self._forget)
        self.field_box.blockSignals(True)
        self.field_box.clear()
        if layer is not None:
            self.field_box.addItems([f.name() for f in layer.fields() if f.name().lower() != "fid"])
            self.field_box.setCurrentIndex(self.field_box.findText(labels.default_field(layer)))
        self.field_box.blockSignals(False)
        self.refresh()
        if layer is not None and isinstance(layer.renderer(), QgsSingleSymbolRenderer) and self._classes():
            labels.show_classes(layer, self.field_box.currentText(), self._classes())

    def _forget(self) -> None:
        self._layer = None
        self._delay.start()

    def _on_active(self, entry: labels.ClassEntry) -> None:
        labels.set_active_class(self._layer, self.field_box.currentText(), entry)

    def _on_recolored(self, entry: labels.ClassEntry) -> None:
        self._write([entry if other.value == entry.value else other for other in self._classes()])

    def _on_renamed(self, entry: labels.ClassEntry, name: str) -> None:
        classes = self._classes()
        renamed = labels.rename_class(self._layer, self.field_box.currentText(), entry, name)
        self._write([renamed if other.value == entry.value else other for other in classes])

    def _on_add(self) -> None:
        classes = self._classes()
        entry = labels.new_class(classes, self._layer, self.field_box.currentText())
        self._write([*classes, entry])
        self.table.choose(entry.value)

    def _on_remove(self) -> None:
        entry = self.table.active()
        if entry is not None and entry.polygons:
            text = tr('Class "{name}" has {n} polygons. Delete them, or give them another class, before removing it.')
            self.counts.setText(text.format(name=entry.name, n=entry.polygons))
        elif entry is not None:
            self._write([other for other in self._classes() if other.value != entry.value])

    def _write(self, classes: List[labels.ClassEntry]) -> None:
        labels.write_classes(self._layer, self.field_box.currentText(), classes)
        self.refresh()


def predict_request(scene: layers.Scene, model: str, folder: Path, vector: bool) -> protocol.PredictRequest:
    """Returns the request for a map whose files go to a folder."""
    return protocol.PredictRequest(
        scene=scene.path,
        out=str(folder / "classes.tif"),
        model=model,
        confidence=str(folder / "confidence.tif"),
        vector=str(folder / "class_polygons.gpkg") if vector else "",
        bounds=scene.bounds,
        mask=scene.mask,
        bands=scene.bands,
        units=scene.units,
        device=scene.device,
    )


def _number(value: Optional[float]) -> str:
    return "–" if value is None else f"{value:.2f}"
