"""Step "Label": the label layer, its classes or numbers, and what is wrong with its polygons."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from qgis.core import (
    QgsFeatureRequest,
    QgsField,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import QMetaType, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .. import labels, layers, results, settings
from ..classes import label_project
from ..messages import InputError, tr
from ..pixel_grid import PixelGrid
from .class_panel import ClassPanel
from .layout import choices, narrow, section_layout
from .problem_list import ProblemList

CLASSES, REGRESSION = "classes", "regression"


class LabelsPage(QWidget):
    """What requests say of labels; says `changed` when another layer, field, task or class list was chosen."""

    new_layer = pyqtSignal()
    changed = pyqtSignal()
    zoom = pyqtSignal(dict)  # a problem

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layer: Optional[QgsVectorLayer] = None
        self._exported: List[int] = []  # ids of the features in the file that was exported last, in its order
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(100)
        self._delay.timeout.connect(self.refresh)
        self._added = QTimer(self)  # results go to their group after they are added
        self._added.setSingleShot(True)
        self._added.timeout.connect(self._hide_results)
        self._grid: Optional[PixelGrid] = None

        self.new_button = QPushButton(tr("New label layer"))
        self.layer_box = narrow(QgsMapLayerComboBox())
        kinds = QgsMapLayerProxyModel.Filter
        self.layer_box.setFilters(kinds.PolygonLayer | kinds.PointLayer)
        self.layer_box.setAllowEmptyLayer(True, tr("choose a layer of polygons or points"))
        self.layer_box.setAccessibleName(tr("Label layer"))
        self.field_box = narrow(QComboBox())  # QgsFieldComboBox falls back to the first field at each change of fields
        self.field_box.setAccessibleName(tr("Class field"))
        self.task_box = choices((CLASSES, tr("Classes")), (REGRESSION, tr("Estimates a number (regression)")))
        self.task_box.setToolTip(tr("Whether the numbers in the field stand for classes, or are to be estimated."))
        self.panel = ClassPanel()
        self.table = self.panel.table
        self.add_button, self.remove_button = self.panel.add_button, self.panel.remove_button
        self.counts = QLabel()
        self.counts.setWordWrap(True)
        self.problems = ProblemList()
        self._lay_out()

        self.new_button.clicked.connect(self.new_layer)
        self.layer_box.layerChanged.connect(self._on_layer)
        self.field_box.currentIndexChanged.connect(self._on_field)
        self.task_box.currentIndexChanged.connect(self._on_task)
        self.panel.changed.connect(self._on_classes)
        self.panel.activated_class.connect(lambda _entry: self._save_choice())
        self.panel.zoom.connect(self.zoom)
        self.problems.zoom.connect(self.zoom)
        project = QgsProject.instance()
        project.readProject.connect(self.restore)
        project.layersAdded.connect(self._on_layers_added)
        project.layersWillBeRemoved.connect(self.panel.keep)
        self._hide_results()
        choice = label_project.saved()  # before another layer, the first of the box, is taken and kept
        self._on_layer(self.layer_box.currentLayer())
        self._choose(choice)

    def close(self) -> bool:
        """Lets go of layer and project; the page is of no use afterwards."""
        project = QgsProject.instance()
        project.readProject.disconnect(self.restore)
        project.layersAdded.disconnect(self._on_layers_added)
        project.layersWillBeRemoved.disconnect(self.panel.keep)
        self._delay.stop()
        self._added.stop()
        self.layer_box.blockSignals(True)
        self._on_layer(None)
        return super().close()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Layer"), self.layer_box)
        form.addRow(tr("Field"), self.field_box)
        form.addRow(self.task_box)
        self._tools = QVBoxLayout()
        layout = section_layout(self)
        layout.addWidget(self.new_button)
        layout.addLayout(form)
        layout.addWidget(self.panel)
        layout.addLayout(self._tools)
        layout.addWidget(self.counts)
        layout.addWidget(self.problems)
        layout.addStretch()

    def add_tools(self, widget: QWidget) -> None:
        """Puts a widget right under the class list."""
        self._tools.addWidget(widget)

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
            text = tr('Where "{name}" lies is not known yet. Wait until step "Scene" describes it.')
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
        entries = self._classes()
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
        path, layer_name = self.source()
        exported = Path(path).name == layers.EXPORTED
        ids = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setNoAttributes()
        self._exported = [feature.id() for feature in layer.getFeatures(ids)] if exported else []
        return {
            "labels": path,
            "labels_layer": layer_name,
            "field": field,
            "classes": tuple({"value": e.value, "name": e.name, "color": e.color} for e in classes),
            "ignore": tuple(str(entry.value) for entry in entries if entry.polygons and entry.ignored),
        }

    def source(self) -> Tuple[str, str]:
        """Returns (path, layer name) of the labels as requests want them: points as the pixels that they lie in.

        Raises:
            InputError: no layer, it cannot be written to a file, or nothing is known of the pixels yet.
        """
        if self._layer is None or self._layer.geometryType() != QgsWkbTypes.GeometryType.PointGeometry:
            return layers.vector_source(self._layer)
        if self._grid is None:
            text = tr('A point of layer "{name}" labels one pixel, and the pixels of the scene are not known yet. {do}')
            raise InputError(text.format(name=self._layer.name(), do=tr('Choose a scene in step "Scene".')))
        return layers.vector_source(self._layer, self._grid)

    def set_grid(self, grid: Optional[PixelGrid]) -> None:
        """Takes the pixels of the scene; None while they are not known."""
        self._grid = grid
        self.set_pixel_area(None if grid is None else grid.pixel_area_m2())

    def set_pixel_area(self, area_m2: Optional[float]) -> None:
        """Takes the size of a pixel of the scene, from which the pixels of classes are estimated; None hides them."""
        self.table.set_pixel_area(area_m2)

    def show_scores(self, scores: Dict[Any, float]) -> None:
        """Shows the F1 of classes, by value, until labels change."""
        self.table.show_scores(scores)

    def choose_number(self, digit: str) -> bool:
        """Makes the class with a hotkey, "1" to "9" or "0", the active one; returns whether there is such a class."""
        return self.table.choose_number(digit)

    def counted(self) -> Tuple[int, int]:
        """Returns how many classes have polygons that teach, and how many polygons these are."""
        used = [entry for entry in self.table.classes() if entry.polygons and not entry.ignored]
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
        if not self._exported or problem["kind"] == "class":  # what the class list says is no row of a file
            return found
        return [self._exported[n - 1] for n in found if 0 < n <= len(self._exported)]

    def show_problems(self, problems: Sequence[Dict[str, Any]]) -> None:
        """Lists what is wrong with the polygons, as a training or a preview found it."""
        self.problems.show_problems(problems)

    def refresh(self) -> None:
        """Reads classes, counts and edits from the layer."""
        self.panel.recount()
        self._show()

    def _show(self) -> None:
        regression, field = self.is_regression, self.field_box.currentText()
        classes = self.table.classes()
        self.panel.setVisible(not regression)
        numeric = self._layer is not None and labels.is_numeric(self._layer, field)
        self.task_box.setVisible(regression or (numeric and field.lower() not in labels.CLASS_FIELDS))
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

    def restore(self, *_document: Any) -> None:
        """Chooses layer, field and class as the project says, if it has the layer."""
        self._choose(label_project.saved())

    def _choose(self, choice: label_project.Choice) -> None:
        layer = QgsProject.instance().mapLayer(choice.layer_id)
        if not isinstance(layer, QgsVectorLayer):
            return
        self.layer_box.setLayer(layer)
        if self._layer is layer and self.field_box.findText(choice.field) >= 0:
            self.field_box.setCurrentIndex(self.field_box.findText(choice.field))
            for entry in self.table.classes():
                if str(entry.value) == choice.value:
                    self.table.choose(entry.value)

    def _save_choice(self) -> None:
        active = self.table.active()
        if self._layer is not None and self._layer.id() in QgsProject.instance().mapLayers():
            value = "" if active is None else str(active.value)
            label_project.save(label_project.Choice(self._layer.id(), self.field_box.currentText(), value))

    def _classes(self) -> List[labels.ClassEntry]:
        return self.panel.classes()

    def _on_classes(self) -> None:
        self._show()
        self.changed.emit()

    def _on_modified(self) -> None:
        self.table.show_scores({})
        self._delay.start()

    def _on_layers_added(self, _layers: Any) -> None:
        self._added.start(0)

    def _hide_results(self) -> None:
        """Offers no points that this plugin made: suggestions, and samples that a map is checked with."""
        root = QgsProject.instance().layerTreeRoot()
        groups = [group for group in root.findGroups(True) if results.is_result_group(group)]
        found = [node.layer() for group in groups for node in group.findLayers()]
        self.layer_box.setExceptedLayerList([layer for layer in found if results.is_points(layer)])

    def _on_layer(self, layer: Optional[QgsVectorLayer]) -> None:
        self.panel.keep()
        if self._layer is not None:
            self._layer.layerModified.disconnect(self._on_modified)
            self._layer.editingStopped.disconnect(self.panel.keep)
            for signal in (self._layer.editingStopped, self._layer.subsetStringChanged):
                signal.disconnect(self._delay.start)
            self._layer.willBeDeleted.disconnect(self._forget)
        self._layer = layer
        if layer is not None:
            layer.layerModified.connect(self._on_modified)
            layer.editingStopped.connect(self.panel.keep)
            for signal in (layer.editingStopped, layer.subsetStringChanged):
                signal.connect(self._delay.start)
            layer.willBeDeleted.connect(self._forget)
        self.table.show_scores({})
        self.field_box.blockSignals(True)
        self.field_box.clear()
        if layer is not None:
            self.field_box.addItems([f.name() for f in layer.fields() if _may_label(f)])
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
        layer, field = self._layer, self.field_box.currentText()
        self.panel.set_layer(layer, "" if self.is_regression else field)
        self._show()
        classes = self.table.classes()
        if layer is not None and isinstance(layer.renderer(), QgsSingleSymbolRenderer) and classes:
            labels.show_classes(layer, field, classes)
        self._save_choice()
        self.changed.emit()

    def _forget(self) -> None:
        self._layer = None
        self.panel.set_layer(None, "")
        self.problems.show_problems([])
        self._delay.start()


def _may_label(field: QgsField) -> bool:
    """Whether a field holds numbers or texts, and is not the row number."""
    plain = field.isNumeric() or field.type() in (QMetaType.Type.QString, QMetaType.Type.Bool)
    return bool(plain and field.name().lower() != "fid")
