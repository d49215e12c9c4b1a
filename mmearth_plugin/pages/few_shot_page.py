"""Step "Train": how a model is trained on the labels, what is written with the map, what it costs, how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import layers, messages, settings
from ..messages import tr
from .cost_text import map_cost, training_cost
from .labels_page import CLASSES, REGRESSION, LabelsPage
from .layer_checklist import LayerChecklist
from .layout import choices, fold
from .output_options import CLASSES as CLASS_OUTPUTS
from .output_options import NUMBERS, OutputOptions
from .score_text import score_text

FEW, MANY = "few", "many"
TRAINED = "model.zip"  # name of the model file in the folder of a map
_REGRESSION_HEADS = ("recipe", "ridge", "forest")


class FewShotPage(QWidget):
    """Fields of a `FewShotRequest`, of the `PredictRequest` that follows it, and of a `PreviewRequest`."""

    run = pyqtSignal()
    open_report = pyqtSignal()
    changed = pyqtSignal()  # a setting that the preview depends on
    scores = pyqtSignal(dict)  # value of the label field → F1 on held-out polygons, of the last training

    def __init__(self, labels_page: LabelsPage, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._labels = labels_page
        self._scored: Tuple[str, str] = ("", "")  # id of the label layer and field that the score is of
        self.head_box = choices()
        self.folds_box = choices(
            ("auto", tr("Automatic")), ("polygon", tr("Single polygons")), ("block", tr("Blocks of neighbours"))
        )
        self.folds_box.setToolTip(
            tr("What is held out together for the score. Blocks are more honest where polygons lie close together.")
        )
        self.layers = LayerChecklist()
        self.outputs = OutputOptions()
        self.button = QPushButton(tr("Train and predict"))
        self.cost = QLabel()
        self.cost.setWordWrap(True)
        self.cost.hide()
        self.score = QLabel()
        self.score.setWordWrap(True)
        self.score.hide()
        self.report_button = QPushButton(tr("Open report"))
        self.report_button.hide()
        training = QWidget()
        form = QFormLayout(training)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Classifier"), self.head_box)
        form.addRow(tr("Hold out"), self.folds_box)
        self.options = fold(tr("More options"), training, self.layers, self.outputs)
        self.way_box = choices((FEW, tr("Few polygons: quick classifier")))
        self.way_box.hide()
        self._own = QWidget()
        self._other: Optional[QWidget] = None
        self._section = QVBoxLayout(self)
        self._section.setContentsMargins(0, 0, 0, 0)
        self._section.addWidget(self.way_box)
        self._section.addWidget(self._own)
        layout = QVBoxLayout(self._own)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.options)
        for widget in (self.cost, self.button, self.score, self.report_button):
            layout.addWidget(widget)

        self.way_box.currentIndexChanged.connect(self._on_way)
        self.button.clicked.connect(self.run)
        self.report_button.clicked.connect(self.open_report)
        self.head_box.activated.connect(self.changed)
        self.layers.changed.connect(self.changed)
        labels_page.changed.connect(self._on_labels)
        self._on_labels()

    def add_way(self, key: str, text: str, page: QWidget) -> None:
        """Offers another way to a map on this page, in place of this page's own fields."""
        self._other = page
        self.way_box.addItem(text, key)
        self.way_box.show()
        self._section.addWidget(page)
        self._on_way()

    def request(self, scene: layers.Scene) -> protocol.FewShotRequest:
        """Returns the training request; results go to a new folder.

        Raises:
            InputError: the labels, a further layer or the output folder cannot be used.
        """
        fields = self._training_fields(scene)
        folder = layers.free_path(settings.output_folder(), f"{scene.name}_map", "")
        layers.make_folder(folder)
        return protocol.FewShotRequest(
            scenes=(scene.path,),
            model=str(folder / TRAINED),
            report=str(folder / "report"),
            task=REGRESSION if self._labels.is_regression else CLASSES,
            folds=self.folds_box.currentData(),
            **fields,
        )

    def predict_request(self, scene: layers.Scene, training: protocol.FewShotRequest) -> protocol.PredictRequest:
        """Returns the request for the map that follows a training.

        Raises:
            InputError: the polygons to classify cannot be used.
        """
        folder = Path(training.model).parent
        fields = self.outputs.fields(folder)
        return predict_request(
            scene, training.model, folder / self.outputs.map_name(), layers=training.layers, **fields
        )

    def preview_request(self, scene: layers.Scene, bounds: protocol.Bounds) -> protocol.PreviewRequest:
        """Returns the request for a preview of a part of the scene; where it goes, others say.

        Raises:
            InputError: the labels or a further layer cannot be used.
        """
        return protocol.PreviewRequest(scene=scene.path, out="", bounds=bounds, **self._training_fields(scene))

    def show_cost(self, description: Optional[Dict[str, Any]]) -> None:
        """Says what training and map will cost, after a result of describe; None takes the lines away."""
        self.cost.setVisible(description is not None)
        if description is not None:
            self.cost.setText(f"{training_cost(description)}<br>{map_cost(description)}")

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows the score beside its baselines."""
        self._scored = self._labelled()
        self.score.setText(score_text(result))
        self.score.setToolTip(str(result.get("folds_reason", "")))
        self.score.show()
        self.report_button.setVisible(bool(result.get("report")))
        self.scores.emit(self._class_scores(result))

    def _training_fields(self, scene: layers.Scene) -> Dict[str, Any]:
        return {
            **self._labels.fields(),
            "head": self.head_box.currentData(),
            "layers": self.layers.paths(),
            "bands": scene.bands,
            "units": scene.units,
            "weights": scene.weights,
            "device": scene.device,
            "precision": scene.precision,
        }

    def _on_way(self, _index: int = 0) -> None:
        own = self.way_box.currentData() == FEW
        self._own.setVisible(own)
        if self._other is not None:
            self._other.setVisible(not own)

    def _on_labels(self) -> None:
        """Offers what makes sense for classes, or for numbers."""
        regression, chosen = self._labels.is_regression, self.head_box.currentData()
        self.head_box.clear()
        for head, text in messages.head_names(regression).items():
            if not regression or head in _REGRESSION_HEADS:
                self.head_box.addItem(text, head)
        self.head_box.setCurrentIndex(max(0, self.head_box.findData(chosen)))
        self.outputs.set_kind(NUMBERS if regression else CLASS_OUTPUTS)
        if self._labelled() != self._scored:
            self.score.hide()
            self.report_button.hide()

    def _class_scores(self, result: Dict[str, Any]) -> Dict[Any, float]:
        """Returns value of the label field → F1; a model numbers classes of a text field itself, so names count."""
        if result.get("task") == REGRESSION:
            return {}
        f1 = {str(entry["name"]): entry["f1"] for entry in result["classes"] if entry.get("f1") is not None}
        return {e.value: float(f1[e.name]) for e in self._labels.panel.classes() if e.name in f1}

    def _labelled(self) -> Tuple[str, str]:
        layer = self._labels.layer
        return ("" if layer is None else layer.id(), self._labels.field_box.currentText())


def predict_request(scene: layers.Scene, model: str, out: Path, **fields: Any) -> protocol.PredictRequest:
    """Returns the request for a map.

    Args:
        scene: What to map.
        model: Model file.
        out: The map, or the layer of what is classified as wholes.
        fields: `layers` and those of `OutputOptions.fields`.
    """
    return protocol.PredictRequest(
        scene=scene.path,
        out=str(out),
        model=model,
        bounds=scene.bounds,
        mask=scene.mask,
        bands=scene.bands,
        units=scene.units,
        device=scene.device,
        precision=scene.precision,
        **fields,
    )
