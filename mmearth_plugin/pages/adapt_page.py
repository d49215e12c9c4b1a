"""Page "Adapt": which pairs of images an encoder for another sensor learns from, and how; then the run itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import layers
from ..job import Job
from ..messages import InputError, tr
from ..training import started_trainings
from .adapt_view import AdaptView
from .layout import choices
from .pair_list import PairList, raster_box
from .run_box import RunBox
from .scene_page import ScenePage

BUNDLED, SCENE, OTHER = "bundled", "scene", "other"


class AdaptPage(QWidget):
    """Fields of an `AdaptRequest`, and what the backend tells while it works on one."""

    verb = started_trainings.ADAPT
    use_weights = pyqtSignal(str)  # path

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._scene_id, self._out = "", ""
        self._earlier: Optional[int] = None  # when the file that a run writes was written before
        self.intro = QLabel(
            tr(
                "Weights for images of another sensor, without labels: the encoder learns from ground that a known "
                "sensor has seen too."
            )
        )
        self.intro.setWordWrap(True)
        self.pairs = PairList()
        self.weights_box = choices(
            (BUNDLED, tr("Bundled weights")), (SCENE, tr('Those of step "Scene"')), (OTHER, tr("Weights file"))
        )
        self.weights_box.setToolTip(tr("The weights that understand the reference; the new ones begin with them."))
        self.weights_edit = QgsFileWidget()
        self.weights_edit.setFilter(tr("Weights (*.safetensors)"))
        self.mode_box = choices(
            ("distill", tr("Agree")),
            ("distill+msad", tr("Agree and contrast")),
            ("xstars", tr("X-STARS")),
            ("mae", tr("Fill gaps")),
        )
        self.mode_text = QLabel()
        self.mode_text.setWordWrap(True)
        self.advanced = self._make_advanced()
        self.run_box = box = RunBox(tr("Adapt"))
        self.out_edit, self.note = box.out_edit, box.note
        self.button, self.resume_button = box.button, box.resume_button
        self.view = AdaptView()
        self._lay_out()

        self.pairs.target_box.layerChanged.connect(self._propose)
        self.weights_box.currentIndexChanged.connect(self._on_weights)
        self.mode_box.currentIndexChanged.connect(self._on_mode)
        self.view.use_weights.connect(self.use_weights)
        self._on_weights()
        self._on_mode()
        self._propose()

    def close(self) -> bool:
        """Lets go of the project."""
        self.pairs.close()
        return bool(super().close())

    def set_scene(self, source: Optional[layers.Source]) -> None:
        """Takes the raster of step "Scene" as the image of the new sensor, and a free name in the output folder."""
        layer_id = "" if source is None else source.layer_id
        if layer_id and layer_id != self._scene_id:  # the same one again: what was chosen since stays
            self.pairs.set_target(layer_id)
        self._scene_id = layer_id
        self._propose()

    def ask(self, scene_page: ScenePage, resume: bool) -> protocol.AdaptRequest:
        """Returns the request for what is chosen here and in step "Scene".

        Raises:
            InputError: as for `request`.
        """
        source = scene_page.source_box.usable()
        used = source is not None and source.path in self.images()
        scene = scene_page.scene() if used else None
        return self.request(scene, scene_page.weights(), scene_page.device(), resume)

    def images(self) -> Tuple[str, ...]:
        """Returns the files of both sensors.

        Raises:
            InputError: as for `PairList.files`.
        """
        targets, references = self.pairs.files()
        return (*targets, *references)

    def request(
        self, scene: Optional[layers.Scene], scene_weights: str, device: str, resume: bool
    ) -> protocol.AdaptRequest:
        """Returns the request.

        Args:
            scene: Given if one of `images` is that of step "Scene": its bands and units are as chosen there.
            scene_weights: Weights of step "Scene".
            device: As in `AdaptRequest`.
            resume: Whether to go on from the checkpoint of the run.

        Raises:
            InputError: a layer, the weights or the file to write cannot be used.
        """
        targets, references = self.pairs.files()
        weights = self._weights(scene_weights)
        out = self.run_box.claim_out(resume)
        cover = self.cover_box.currentLayer()
        read = {} if scene is None else _reading(scene, targets, references)
        return protocol.AdaptRequest(
            targets=targets,
            weights_out=out,
            references=references,
            reference_m=self.pairs.reference_m(),
            weights=weights,
            mode=self.mode_box.currentData(),
            from_scratch=self.scratch_check.isChecked(),
            anchors=self.anchors_box.currentData(),
            land_cover="" if cover is None else layers.raster_path(cover),
            working_m=self.working_box.value(),
            window_px=self.window_box.value(),
            correct_shift=self.shift_check.isChecked(),
            steps=self.steps_box.value(),
            seed=self.seed_box.value(),
            resume=resume,
            device=device,
            **read,
        )

    def watch(self, job: Job) -> None:
        """Shows what a run tells of itself."""
        job.log.connect(self.view.show_log)
        job.metrics.connect(self.view.show_metrics)

    def begin(self, request: protocol.AdaptRequest) -> None:
        """Shows that a run begins."""
        self._out, self._earlier = request.weights_out, _written(request.weights_out)
        self.view.begin(request.weights_out, request.resume)

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows what a run made, and makes ready for the next one."""
        self.view.show_result(result)
        self._propose()

    def show_stopped(self, step: int) -> None:
        """Shows that a run was cancelled or failed, and whether it left its best weights.

        Args:
            step: After which it can go on; 0 if it cannot.
        """
        self.view.show_stopped(step, kept=_written(self._out) not in (self._earlier, None))

    def _make_advanced(self) -> QgsCollapsibleGroupBox:
        self.working_box = QDoubleSpinBox()
        self.working_box.setRange(0.0, 1000.0)
        self.working_box.setSuffix(" m")
        self.working_box.setSpecialValueText(tr("as the images"))
        self.working_box.setToolTip(tr("Pixel size that the new encoder works at. Larger is faster, with less detail."))
        self.window_box = QSpinBox()
        self.window_box.setMaximum(1024)
        self.window_box.setSingleStep(8)
        self.window_box.setSuffix(" px")
        self.window_box.setSpecialValueText(tr("automatic"))
        self.window_box.setToolTip(tr("Side of a window in pixels of the reference, a multiple of the weights' patch."))
        self.anchors_box = choices(
            ("none", tr("nothing")), ("same", tr("the same ground")), ("complementary", tr("other ground in each"))
        )
        self.anchors_box.setToolTip(tr("What is hidden in the images of a pair while the encoder learns to fill gaps."))
        self.cover_box = raster_box()
        self.cover_box.setAllowEmptyLayer(True)
        self.cover_box.setLayer(None)
        self.cover_box.setToolTip(tr("A raster of classes: places with like classes shall look alike to the encoder."))
        self.steps_box = QSpinBox()
        self.steps_box.setMaximum(1_000_000)
        self.steps_box.setSpecialValueText(tr("until no gain"))
        self.seed_box = QSpinBox()
        self.seed_box.setMaximum(2**31 - 1)
        self.shift_check = QCheckBox(tr("Correct a shift"))
        self.shift_check.setToolTip(tr("Takes out the shift between the images of a pair, where one is found."))
        self.scratch_check = QCheckBox(tr("From random weights"))
        self.scratch_check.setToolTip(tr("For comparison: what is learned without the weights to begin with."))
        group = QgsCollapsibleGroupBox(tr("Advanced"))
        form = QFormLayout(group)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Resolution"), self.working_box)
        form.addRow(tr("Window"), self.window_box)
        form.addRow(tr("Hide"), self.anchors_box)
        form.addRow(tr("Land cover"), self.cover_box)
        form.addRow(tr("Steps"), self.steps_box)
        form.addRow(tr("Seed"), self.seed_box)
        form.addRow(self.shift_check)
        form.addRow(self.scratch_check)
        group.setCollapsed(True)
        return group

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        weights, mode = QVBoxLayout(), QVBoxLayout()
        weights.addWidget(self.weights_box)
        weights.addWidget(self.weights_edit)
        mode.addWidget(self.mode_box)
        mode.addWidget(self.mode_text)
        form.addRow(tr("Weights"), weights)
        form.addRow(tr("Learn to"), mode)
        form.addRow(tr("Save as"), self.out_edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.note, self.intro, self.pairs):
            layout.addWidget(widget)
        layout.addLayout(form)
        for widget in (self.advanced, self.run_box, self.view):
            layout.addWidget(widget)

    def _weights(self, scene_weights: str) -> str:
        how, path = self.weights_box.currentData(), self.weights_edit.filePath().strip()
        if how == OTHER and not Path(path).is_file():
            text = tr('There is no weights file "{path}". Choose one that understands the reference.')
            raise InputError(text.format(path=path))
        return {BUNDLED: "", SCENE: scene_weights, OTHER: path}[how]

    def _propose(self, _layer: Any = None) -> None:
        self.run_box.propose(self.pairs.target_name(), "adapted")

    def _on_weights(self, _index: int = 0) -> None:
        self.weights_edit.setVisible(self.weights_box.currentData() == OTHER)

    def _on_mode(self, _index: int = 0) -> None:
        self.mode_text.setText(
            {
                "distill": tr("The new encoder says of a place what the known one says of it."),
                "distill+msad": tr("The same, and places look as different to it as to the known encoder."),
                "xstars": tr(
                    "The published method: contrasts places and learns from views of the same image. Several times "
                    "slower. For comparison."
                ),
                "mae": tr("Fills hidden parts of the new images. Learns nothing from the reference; for comparison."),
            }[self.mode_box.currentData()]
        )


def _reading(scene: layers.Scene, targets: Tuple[str, ...], references: Tuple[str, ...]) -> Dict[str, Any]:
    """Returns the request fields on bands and units, as far as they were chosen for the scene."""
    found: Dict[str, Any] = {}
    if scene.path in targets:
        found["target_bands"] = scene.bands
    if scene.path in (references or targets):  # references that are made have the bands of the images
        found.update(bands=scene.bands, units=scene.units)
    return found


def _written(path: str) -> Optional[int]:
    """Returns when a file was written; None where there is none."""
    file = Path(path)
    return file.stat().st_mtime_ns if file.is_file() else None
