"""Page "Pretrain": what data an encoder learns from, how large it is and how it learns; then the run itself."""

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
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import layers
from ..job import Job
from ..messages import InputError, tr
from ..training import started_trainings
from ..training.encoder_run import BUNDLED_WEIGHTS
from .layout import choices
from .run_box import RunBox
from .run_view import RunView
from .scene_page import ScenePage
from .target_table import TargetTable

SCENE, RASTERS, FOLDER = "scene", "rasters", "folder"
RANDOM, BUNDLED, OTHER = "random", "bundled", "other"
_BUNDLED_SIZE, _BUNDLED_PATCH_PX = "atto", 8


class PretrainPage(QWidget):
    """Fields of a `PretrainRequest`, and what the backend tells while it works on one."""

    verb = started_trainings.PRETRAIN
    use_weights = pyqtSignal(str)  # path
    adapt_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._scene_name = ""
        self.data_box = choices(
            (SCENE, tr('The whole scene of step "Scene"')),
            (RASTERS, tr("Raster files")),
            (FOLDER, tr("MMEarth folder")),
        )
        self.files_edit = QgsFileWidget()
        self.files_edit.setStorageMode(QgsFileWidget.StorageMode.GetMultipleFiles)
        self.files_edit.lineEdit().setPlaceholderText(tr("Rasters with the same bands"))
        self.folder_edit = QgsFileWidget()
        self.folder_edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder_edit.lineEdit().setPlaceholderText(tr("Folder with data_….h5"))
        self.targets = TargetTable()
        self.size_box = choices(*((size, size) for size in protocol.SIZES))
        self.epochs_box = _number_box(1_000_000)
        self.start_box = choices(
            (BUNDLED, tr("Bundled weights")), (RANDOM, tr("Random weights")), (OTHER, tr("Weights file"))
        )
        self.start_edit = QgsFileWidget()
        self.start_edit.setFilter(tr("Weights (*.safetensors)"))
        self.advanced = self._make_advanced()
        self.run_box = box = RunBox(tr("Pretrain"))
        self.out_edit, self.note = box.out_edit, box.note
        self.button, self.resume_button = box.button, box.resume_button
        self.adapt_button = QPushButton(tr("Adapt to another sensor…"))
        self.adapt_button.setToolTip(tr("Weights for drone, aerial or other satellite images, from pairs of images."))
        self.view = RunView()
        self._lay_out()

        self.data_box.currentIndexChanged.connect(self._on_data)
        self.files_edit.fileChanged.connect(self._propose)
        self.folder_edit.fileChanged.connect(self._propose)
        self.start_box.currentIndexChanged.connect(self._on_start)
        self.size_box.currentIndexChanged.connect(self._on_architecture)
        self.patch_box.currentIndexChanged.connect(self._on_architecture)
        self.adapt_button.clicked.connect(self.adapt_wanted)
        self.view.use_weights.connect(self.use_weights)
        self._on_data()
        self._on_start()

    def propose_out(self, scene_name: str) -> None:
        """Fills in a file name that is free, after the scene where that is the data."""
        self._scene_name = scene_name
        self._propose()

    def uses_scene(self) -> bool:
        """Returns whether the scene of step "Scene" is the data."""
        return bool(self.data_box.currentData() == SCENE)

    def ask(self, scene_page: ScenePage, resume: bool) -> protocol.PretrainRequest:
        """Returns the request for what is chosen here and in step "Scene".

        Raises:
            InputError: as for `request`; or there is no scene, which is the data.
        """
        scene = scene_page.scene() if self.uses_scene() else None
        return self.request(scene, scene_page.device(), resume)

    def request(self, scene: Optional[layers.Scene], device: str, resume: bool) -> protocol.PretrainRequest:
        """Returns the request.

        Args:
            scene: Given if `uses_scene`.
            device: As in `PretrainRequest`.
            resume: Whether to go on from the checkpoint of the run.

        Raises:
            InputError: data, layers or weights file cannot be used.
        """
        how = self.data_box.currentData()
        if how == SCENE:
            data = (scene.path,)
        elif how == RASTERS:
            data = tuple(filter(None, QgsFileWidget.splitFilePaths(self.files_edit.filePath())))
        else:
            data = tuple(filter(None, [self.folder_edit.filePath().strip()]))
        files = [file for path in data for file in path.splitlines()]
        missing = [file for file in files if not Path(file).exists() and not file.startswith("/vsi")]
        if not data or missing:
            wanted = tr("a folder in the MMEarth layout") if how == FOLDER else tr("at least one raster file")
            text = tr('The data to learn from were not found: "{found}". Choose {wanted}.')
            raise InputError(text.format(found=", ".join(missing), wanted=wanted))
        return protocol.PretrainRequest(
            data=data,
            weights_out=self.run_box.claim_out(resume),
            size=self.size_box.currentData(),
            patch_size=self.patch_box.currentData(),
            recipe=self.recipe_box.currentData(),
            layers=() if how == FOLDER else self.targets.targets(),
            bands=scene.bands if how == SCENE else {},
            units=scene.units if how == SCENE else "auto",
            epochs=self.epochs_box.value(),
            batch=self.batch_box.value(),
            learning_rate=self.learning_rate_box.value(),
            mask_ratio=self.mask_ratio_box.value(),
            weighting=self.weighting_box.currentData(),
            band_dropout=self.band_dropout_check.isChecked(),
            start=self._start(),
            resume=resume,
            device=device,
            seed=self.seed_box.value(),
        )

    def watch(self, job: Job) -> None:
        """Shows what a run tells of itself."""
        job.metrics.connect(self.view.show_metrics)

    def begin(self, request: protocol.PretrainRequest) -> None:
        """Shows that a run begins."""
        self.view.begin(request.resume)

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows what a run made, and makes ready for the next one."""
        self.view.show_result(result)
        self._propose()

    def show_stopped(self, step: int) -> None:
        """Shows that a run was cancelled or failed, and after which step it can go on; 0 if it cannot."""
        self.view.show_stopped(step)

    def _make_advanced(self) -> QgsCollapsibleGroupBox:
        self.recipe_box = choices(
            ("auto", tr("By the amount of data")), ("paper", tr("As in the paper")), ("small", tr("For few data"))
        )
        self.patch_box = choices((8, tr("8 pixels")), (16, tr("16 pixels")))
        self.batch_box = _number_box(65536)
        self.learning_rate_box = _fraction_box(6, 1e-5)
        self.mask_ratio_box = _fraction_box(2, 0.05)
        self.mask_ratio_box.setMaximum(0.95)
        self.weighting_box = choices(("uncertainty", tr("Learned")), ("unweighted", tr("All the same")))
        self.band_dropout_check = QCheckBox(tr("Cope with missing bands"))
        self.band_dropout_check.setToolTip(
            tr("Bands of some samples are hidden, so that the weights serve fewer bands.")
        )
        self.band_dropout_check.setChecked(True)
        self.seed_box = QSpinBox()
        self.seed_box.setMaximum(2**31 - 1)
        group = QgsCollapsibleGroupBox(tr("Advanced"))
        form = QFormLayout(group)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)  # the group lies in another, in a narrow dock
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Recipe"), self.recipe_box)
        form.addRow(tr("Patches"), self.patch_box)
        form.addRow(tr("Batch"), self.batch_box)
        form.addRow(tr("Learning rate"), self.learning_rate_box)
        form.addRow(tr("Mask ratio"), self.mask_ratio_box)
        form.addRow(tr("Task weights"), self.weighting_box)
        form.addRow(tr("Seed"), self.seed_box)
        form.addRow(self.band_dropout_check)
        group.setCollapsed(True)
        return group

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        data = QVBoxLayout()
        for widget in (self.data_box, self.files_edit, self.folder_edit):
            data.addWidget(widget)
        form.addRow(tr("Data"), data)
        below = QFormLayout()
        below.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        start = QVBoxLayout()
        start.addWidget(self.start_box)
        start.addWidget(self.start_edit)
        below.addRow(tr("Save as"), self.out_edit)
        below.addRow(tr("Size"), self.size_box)
        below.addRow(tr("Epochs"), self.epochs_box)
        below.addRow(tr("Start from"), start)
        self.targets_label = QLabel(tr("Further layers on the same ground:"))
        self.targets_label.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.adapt_button)
        layout.addWidget(self.note)
        layout.addLayout(form)
        layout.addWidget(self.targets_label)
        layout.addWidget(self.targets)
        layout.addLayout(below)
        for widget in (self.advanced, self.run_box, self.view):
            layout.addWidget(widget)

    def _start(self) -> str:
        how, path = self.start_box.currentData(), self.start_edit.filePath().strip()
        if how == OTHER and not Path(path).is_file():
            text = tr('There is no weights file "{path}" to start from. Choose one, or start from random weights.')
            raise InputError(text.format(path=path))
        return {RANDOM: "", BUNDLED: BUNDLED_WEIGHTS, OTHER: path}[how]

    def _propose(self, _path: str = "") -> None:
        how = self.data_box.currentData()
        files = QgsFileWidget.splitFilePaths(self.files_edit.filePath())
        name = {
            SCENE: self._scene_name,
            RASTERS: Path(files[0]).stem if files else "",
            FOLDER: Path(self.folder_edit.filePath()).name,
        }[how]
        self.run_box.propose(name, "weights")

    def _on_data(self, _index: int = 0) -> None:
        how = self.data_box.currentData()
        self.files_edit.setVisible(how == RASTERS)
        self.folder_edit.setVisible(how == FOLDER)
        self.targets.setVisible(how != FOLDER)
        self.targets_label.setVisible(how != FOLDER)
        self._propose()

    def _on_start(self, _index: int = 0) -> None:
        self.start_edit.setVisible(self.start_box.currentData() == OTHER)

    def _on_architecture(self, _index: int = 0) -> None:
        """Leaves the bundled weights as soon as another encoder is wanted than they are of."""
        wanted = (self.size_box.currentData(), self.patch_box.currentData())
        if wanted != (_BUNDLED_SIZE, _BUNDLED_PATCH_PX) and self.start_box.currentData() == BUNDLED:
            self.start_box.setCurrentIndex(self.start_box.findData(RANDOM))


def _number_box(maximum: int) -> QSpinBox:
    """Returns a spin box in which 0 means "as the recipe has it"."""
    box = QSpinBox()
    box.setMaximum(maximum)
    box.setSpecialValueText(tr("automatic"))
    return box


def _fraction_box(decimals: int, step: float) -> QDoubleSpinBox:
    """Returns a spin box for a fraction in which 0 means "as the recipe has it"."""
    box = QDoubleSpinBox()
    box.setDecimals(decimals)
    box.setMaximum(1.0)
    box.setSingleStep(step)
    box.setSpecialValueText(tr("automatic"))
    return box
