"""The other way to a map, on page "Train": a network of the user's own, fine-tuned on many labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import layers, messages, settings
from ..messages import InputError, tr
from ..training import fine_tune_run
from .cut_off_note import CutOffNote
from .labels_page import LabelsPage
from .layout import choices
from .score_text import GREY
from .training_data import TrainingData
from .tuning_view import TuningView


class FineTunePage(QWidget):
    """Fields of a `FineTuneRequest`, and what the backend tells while it works on one."""

    run = pyqtSignal(bool)  # whether to go on from the checkpoint

    def __init__(self, labels_page: LabelsPage, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._scene: Optional[layers.Source] = None
        self._pausing = False
        self._named = ""  # what the file name was proposed for
        self.model = ""  # of the last run
        self.resumable = ""  # model file of the run that the button goes on with
        self.data = TrainingData(labels_page)
        self.rung_box = choices(*((rung, name) for rung, name in messages.rung_names().items()))
        self.rung_text = QLabel()
        self.epochs_box = _number_box(100_000)
        self.out_edit = QgsFileWidget()
        self.out_edit.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.out_edit.setFilter(tr("Models (*.zip)"))
        self.out_edit.setDialogTitle(tr("Save the model as"))
        self.cost = QLabel()
        for label in (self.rung_text, self.cost):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setStyleSheet(f"QLabel {{ color: {GREY}; }}")
        self.advanced = self._make_advanced()
        self.button = QPushButton(tr("Fine-tune"))
        self.resume_button = QPushButton()
        self.resume_button.hide()
        self.note = CutOffNote()
        self.view = TuningView()
        self._lay_out()

        self.data.changed.connect(self._on_data)
        self.rung_box.currentIndexChanged.connect(self._on_rung)
        self.epochs_box.valueChanged.connect(self._show_cost)
        self.out_edit.fileChanged.connect(self.refresh_resume)
        self.button.clicked.connect(lambda: self.run.emit(False))
        self.resume_button.clicked.connect(lambda: self.run.emit(True))
        self._on_rung()
        self._propose()

    def set_scene(self, source: Optional[layers.Source]) -> None:
        """Takes the scene of step "Scene"."""
        self._scene = source
        if self.data.uses_scene():
            self._propose()

    def model_out(self) -> str:
        """Returns the model file to write.

        Raises:
            InputError: not a full path.
        """
        path = fine_tune_run.model_file(self.out_edit.filePath())
        if not Path(path).is_absolute():
            raise InputError(tr('"{path}" is not a full path. Choose where to save the model.').format(path=path))
        return path

    def request(
        self, scene: Optional[layers.Scene], weights: str, device: str, resume: bool
    ) -> protocol.FineTuneRequest:
        """Returns the request.

        Args:
            scene: Given if `data.uses_scene`.
            weights, device: As in `FineTuneRequest`.
            resume: Whether to go on from the checkpoint of the run.

        Raises:
            InputError: scenes, labels or model file cannot be used.
        """
        model = self.model_out()
        step = fine_tune_run.saved_step(model)
        if step and not resume:
            text = tr(
                'A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. '
                "Resume it, or choose another file name."
            )
            raise InputError(text.format(name=Path(model).name, step=step))
        fields = self.data.fields(scene, weights)
        layers.make_folder(Path(model).parent)
        return protocol.FineTuneRequest(
            model=model,
            rung=self.rung_box.currentData(),
            recipe=self.recipe_box.currentData(),
            folds=self.folds_box.currentData(),
            held_out=self.held_out_box.value() / 100,
            weights=weights,
            device=device,
            random_start=self.random_check.isChecked(),
            epochs=self.epochs_box.value(),
            batch=self.batch_box.value(),
            learning_rate=self.learning_rate_box.value(),
            resume=resume,
            seed=self.seed_box.value(),
            **fields,
        )

    def begin(self, request: protocol.FineTuneRequest) -> None:
        """Shows that a run begins."""
        goes_on = request.resume and request.model == self.model
        self.model, self._pausing = request.model, False
        self.view.begin(goes_on)

    def show_running(self, running: bool) -> None:
        """Closes or opens the buttons that start a run: there is room for one on the page."""
        for button in (self.button, self.resume_button, self.note.resume_button):
            button.setEnabled(not running)

    def show_pausing(self) -> None:
        """Shows that Pause was heard."""
        self._pausing = True
        self.view.show_pausing()

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows how good the network is, and makes ready for the next one."""
        fine_tune_run.forget(self.model)
        self.view.show_result(result)
        self._propose()

    def show_stopped(self, *_reason: str) -> None:
        """Shows that a run was paused, was cancelled or failed, and whether it can go on."""
        step = fine_tune_run.saved_step(self.model)
        if not step:
            fine_tune_run.forget(self.model)
        self.view.show_stopped(step, self._pausing, Path(self.model).is_file())
        self.refresh_resume()

    def refresh_resume(self, _path: str = "") -> None:
        """Offers to go on where an earlier run for this model file stopped, else the latest unfinished one."""
        own = fine_tune_run.model_file(self.out_edit.filePath())
        self.resumable = own if fine_tune_run.saved_step(own) else fine_tune_run.latest_unfinished()
        step = fine_tune_run.saved_step(self.resumable)
        self.resume_button.setVisible(bool(step))
        text = tr("Resume after step {n}") if self.resumable == own else tr("Resume last run, step {n}")
        self.resume_button.setText(text.format(n=step))
        self.resume_button.setToolTip(self.resumable)

    def _make_advanced(self) -> QgsCollapsibleGroupBox:
        self.recipe_box = choices(("default", tr("Recommended")), ("mmearth", tr("As MMEarth's authors")))
        self.folds_box = choices(
            ("auto", tr("Automatic")), ("polygon", tr("Single polygons")), ("block", tr("Blocks of neighbours"))
        )
        self.folds_box.setToolTip(
            tr("What is held out together for the score. Blocks are more honest where labels lie close together.")
        )
        self.held_out_box = QSpinBox()
        self.held_out_box.setRange(5, 50)
        self.held_out_box.setValue(20)
        self.held_out_box.setSuffix(" %")
        self.held_out_box.setToolTip(tr("This share of the labels teaches nothing; it says when to stop, and scores."))
        self.batch_box = _number_box(65536)
        self.learning_rate_box = QDoubleSpinBox()
        self.learning_rate_box.setDecimals(6)
        self.learning_rate_box.setMaximum(1.0)
        self.learning_rate_box.setSingleStep(1e-4)
        self.learning_rate_box.setSpecialValueText(tr("automatic"))
        self.random_check = QCheckBox(tr("From random weights"))
        self.random_check.setToolTip(tr("For comparison: what the network learns without any pretraining."))
        self.seed_box = QSpinBox()
        self.seed_box.setMaximum(2**31 - 1)
        group = QgsCollapsibleGroupBox(tr("More options"))
        form = QFormLayout(group)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)  # the group lies in another, in a narrow dock
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Hold out"), self.folds_box)
        form.addRow(tr("Share"), self.held_out_box)
        form.addRow(tr("Recipe"), self.recipe_box)
        form.addRow(tr("Batch"), self.batch_box)
        form.addRow(tr("Learning rate"), self.learning_rate_box)
        form.addRow(tr("Seed"), self.seed_box)
        form.addRow(self.random_check)
        group.setCollapsed(True)
        return group

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rung = QVBoxLayout()
        rung.addWidget(self.rung_box)
        rung.addWidget(self.rung_text)
        form.addRow(tr("Train"), rung)
        form.addRow(tr("Epochs"), self.epochs_box)
        form.addRow(tr("Save as"), self.out_edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.note)
        layout.addWidget(self.data)
        layout.addLayout(form)
        for widget in (self.advanced, self.cost, self.button, self.resume_button, self.view):
            layout.addWidget(widget)

    def _name(self) -> str:
        if self.data.uses_scene():
            return "" if self._scene is None else self._scene.name
        return self.data.name()

    def _propose(self) -> None:
        """Fills in a file name that is free; the name of a run that was stopped is still free, so it can go on."""
        self._named = self._name()
        if self._named:
            path = layers.free_path(settings.output_folder(), f"{self._named}_network", ".zip")
            self.out_edit.setFilePath(str(path))
        self.refresh_resume()
        self._show_cost()

    def _on_data(self) -> None:
        """Leaves a file name that the user chose, as long as the same scenes are learned from."""
        if self._name() != self._named:
            self._propose()
        self._show_cost()

    def _on_rung(self, _index: int = 0) -> None:
        self.rung_text.setText(
            {
                "auto": tr("Starts with the quick classifier and trains more while held-out labels gain from it."),
                "probe": tr("One linear layer on the encoder as it is. Quick; hard to overfit."),
                "decoder": tr("A decoder for sharp outlines on the encoder as it is. From some fifty polygons."),
                "partial": tr("The decoder and the encoder's last stages. From some hundred polygons."),
                "full": tr("The whole network. Slowest; for many labels, or ground unlike the encoder's."),
            }[self.rung_box.currentData()]
        )
        self._show_cost()

    def _show_cost(self, _value: int = 0) -> None:
        files = self.data.scene_files()
        if self.data.uses_scene() and self._scene is not None:
            files = (self._scene.path,)
        polygons = self.data.labelled_polygons()
        found = fine_tune_run.cost(files, self.rung_box.currentData(), self.epochs_box.value(), polygons)
        self.cost.setVisible(found is not None)
        if found is not None:
            text = tr(
                "Roughly {low} to {high} on a processor, much less on a graphics card; {size} on disk meanwhile. "
                "It ends by itself once held-out labels gain no more."
            )
            low, high = map(messages.time_text, found.seconds)
            self.cost.setText(text.format(low=low, high=high, size=messages.size_text(found.disk_bytes)))


def _number_box(maximum: int) -> QSpinBox:
    """Returns a spin box in which 0 means "as the recipe has it"."""
    box = QSpinBox()
    box.setMaximum(maximum)
    box.setSpecialValueText(tr("automatic"))
    return box
