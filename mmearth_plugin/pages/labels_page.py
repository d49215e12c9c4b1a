"""Section "Labels": the label layer, its classes or numbers, and what is wrong with its polygons."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsSingleSymbolRenderer, QgsVectorLayer
from qgis.gui import QgsCollapsibleGroupBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from .. import labels, layers, settings
from ..messages import InputError, tr
from .class_table import ClassTable
from .layout import choices, narrow, section_layout
from .problem_list import ProblemList

CLASSES, REGRESSION = "classes", "regression"


class LabelsPage(QgsCollapsibleGroupBox):
    """What requests say of labels; says `changed` when another layer, field or task was chosen."""

    new_layer = pyqtSignal()
    changed = pyqtSignal()
    zoom = pyqtSignal(dict)  # a problem

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("3 · Labels"), parent)
        self._layer: Optional[QgsVectorLayer] = None
        self._exported: List[int] = []  # ids of the features in the file that was exported last, in its order
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(100)
        self._delay.timeout.connect(self.refresh)

        self.new_button = QPushButton(tr("New label layer"))
        self.layer_box = narrow(QgsMapLayerComboBox())
        self.layer_box.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("choose a polygon layer"))
        self.field_box = narrow(QComboBox())  # QgsFieldComboBox falls back to the first field at each change of fields
        self.task_box = choices((CLASSES, tr("Classes")), (REGRESSION, tr("Estimates a number (regression)")))
        self.task_box.setToolTip(tr("Whether the numbers in the field stand for classes, or are to be estimated."))
        self.table = ClassTable()
        self.add_button, self.remove_button = QPushButton(tr("Add class")), QPushButton(tr("Remove class"))
        self.counts = QLabel()
        self.counts.setWordWrap(True)
        self.problems = ProblemList()
        self._lay_out()

        self.new_button.clicked.connect(self.new_layer)
        self.layer_box.layerChanged.connect(self._on_layer)
        self.field_box.currentIndexChanged.connect(self._on_field)
        self.task_box.currentIndexChanged.connect(self._on_task)
        self.table.activated_class.connect(self._on_active)
        self.table.recolored.connect(self._on_recolored)
        self.table.renamed.connect(self._on_renamed)
        self.table.ignored.connect(self._on_ignored)
        self.add_button.clicked.connect(self._on_add)
        self.remove_button.clicked.connect(self._on_remove)
        self.problems.zoom.connect(self.zoom)
        self._on_layer(self.layer_box.currentLayer())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Layer"), self.layer_box)
        form.addRow(tr("Field"), self.field_box)
        form.addRow(self.task_box)
        self._class_buttons = QWidget()
        buttons = QHBoxLayout(self._class_buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        layout = section_layout(self)
        layout.addWidget(self.new_button)
        layout.addLayout(form)
        for widget in (self.table, self._class_buttons, self.counts, self.problems):
            layout.addWidget(widget)

    @property
    def layer(self) -> Optional[QgsVectorLayer]:
        """The label layer."""
        return self._layer

    @property
    def is_regression(self) -> bool:
        """Whether the field holds numbers to estimate."""
        field = self.field_box.currentText()
        numeric = self._layer is not None and labels.is_numeric(self._layer, field)
        return bool(numeric and self.task_box.currentData() == REGRESSION)

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

    def fields(self) -> Dict[str, Any]:
        """Returns the request fields `labels`, `labels_layer`, `field`, `classes` and `ignore`.

        Raises:
            InputError: the labels cannot be used.
        """
        layer, field = self._layer, self.field_box.currentText()
        if layer is None:
            raise InputError(tr('No label layer is chosen. Choose one, or use "New label layer" and draw polygons.'))
        if not field:
            text = tr('No class field of layer "{name}" is chosen. Choose the field that says which class it is.')
            raise InputError(text.format(name=layer.name()))
        entries = [] if self.is_regression else labels.read_classes(layer, field)
        classes = [entry for entry in entries if entry.polygons and not entry.ignored]
        if self.is_regression and len(set(labels.field_values(layer, field))) < 2:
            text = tr('Field "{field}" of layer "{name}" has fewer than two different numbers. Draw more polygons.')
            raise InputError(text.format(name=layer.name(), field=field))
        if not self.is_regression and len(classes) < 2:
            text = tr(
                'Layer "{name}" has polygons of {n} class(es) in field "{field}"; at least two are wanted. '
                "Choose another class in the list and draw polygons of it."
            )
            raise InputError(text.format(name=layer.name(), n=len(classes), field=field))
        path, layer_name = layers.vector_source(layer)
        exported = Path(path).name == layers.EXPORTED
        self._exported = [feature.id() for feature in layer.getFeatures()] if exported else []
        return {
            "labels": path,
            "labels_layer": layer_name,
            "field": field,
            "classes": tuple({"value": e.value, "name": e.name, "color": e.color} for e in classes),
            "ignore": tuple(str(entry.value) for entry in entries if entry.polygons and entry.ignored),
        }

    def counted(self) -> Tuple[int, int]:
        """Returns how many classes have polygons that teach, and how many polygons these are."""
        used = [entry for entry in self._classes() if entry.polygons and not entry.ignored]
        return len(used), sum(entry.polygons for entry in used)

    def choose_class(self, name: str) -> bool:
        """Makes a class the active one by its name or value; returns whether there is such a class."""
        for entry in self._classes():
            if name in (entry.name, str(entry.value)):
                self.table.choose(entry.value)
                return True
        return False

    def layer_features(self, problem: Dict[str, Any]) -> List[int]:
        """Returns the ids in the layer of the features that a problem names."""
        found = [int(number) for number in problem["features"]]
        if not self._exported:
            return found
        return [self._exported[n - 1] for n in found if 0 < n <= len(self._exported)]

    def show_problems(self, problems: Sequence[Dict[str, Any]]) -> None:
        """Lists what is wrong with the polygons, as a training or a preview found it."""
        self.problems.show_problems(problems)

    def refresh(self, _index: int = 0) -> None:
        """Reads classes, counts and edits from the layer."""
        regression, field = self.is_regression, self.field_box.currentText()
        classes = self._classes()
        self.table.show_classes(classes)
        self.table.setVisible(not regression)
        self._class_buttons.setVisible(not regression)
        numeric = self._layer is not None and labels.is_numeric(self._layer, field)
        self.task_box.setVisible(regression or (numeric and field.lower() not in labels.CLASS_FIELDS))
        self.add_button.setEnabled(self._layer is not None and bool(field))
        self.remove_button.setEnabled(bool(classes))
        if self._layer is None:
            self.counts.setText(tr("A few polygons of each class are enough; five or more give a score."))
            return
        unsaved = labels.count_unsaved(self._layer)
        if regression:
            numbers = [float(value) for value in labels.field_values(self._layer, field)]
            spread = tr(", {low:g} to {high:g}").format(low=min(numbers), high=max(numbers)) if numbers else ""
            text = tr("{n} polygons with a number").format(n=len(numbers)) + spread
        else:
            used = [entry for entry in classes if entry.polygons and not entry.ignored]
            text = tr("{n} polygons in {k} classes").format(n=sum(entry.polygons for entry in used), k=len(used))
            ignored = sum(entry.polygons for entry in classes if entry.ignored)
            text += tr("; ignored: {n}").format(n=ignored) if ignored else ""
        self.counts.setText(text + (tr("; unsaved edits: {n}, they count").format(n=unsaved) if unsaved else ""))

    def _classes(self) -> List[labels.ClassEntry]:
        if self._layer is None or self.is_regression:
            return []
        return labels.read_classes(self._layer, self.field_box.currentText())

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
        self._on_field()

    def _on_field(self, _index: int = 0) -> None:
        layer, field = self._layer, self.field_box.currentText()
        self.problems.show_problems([])
        estimates = layer is not None and labels.holds_estimates(layer, field)
        self.task_box.blockSignals(True)
        self.task_box.setCurrentIndex(self.task_box.findData(REGRESSION if estimates else CLASSES))
        self.task_box.blockSignals(False)
        self._on_task()

    def _on_task(self, _index: int = 0) -> None:
        self.refresh()
        if self._layer is not None and isinstance(self._layer.renderer(), QgsSingleSymbolRenderer) and self._classes():
            labels.show_classes(self._layer, self.field_box.currentText(), self._classes())
        self.changed.emit()

    def _forget(self) -> None:
        self._layer = None
        self.problems.show_problems([])
        self._delay.start()

    def _on_active(self, entry: labels.ClassEntry) -> None:
        labels.set_active_class(self._layer, self.field_box.currentText(), entry)

    def _on_recolored(self, entry: labels.ClassEntry) -> None:
        self._write([entry if other.value == entry.value else other for other in self._classes()])

    def _on_renamed(self, entry: labels.ClassEntry, name: str) -> None:
        classes = self._classes()
        renamed = labels.rename_class(self._layer, self.field_box.currentText(), entry, name)
        self._write([renamed if other.value == entry.value else other for other in classes])

    def _on_ignored(self, entry: labels.ClassEntry, ignored: bool) -> None:
        labels.set_ignored(self._layer, entry.value, ignored)
        self.refresh()
        self.changed.emit()

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
