"""What a network is fine-tuned on: scenes, what it shall tell apart, and where the truth is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from qgis.core import QgsRasterLayer
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from .. import layers, settings
from ..messages import InputError, tr
from ..training.fine_tune_run import rasters_in
from .labels_page import LabelsPage
from .layout import choices, narrow

SCENE, RASTERS, FOLDER = "scene", "rasters", "folder"
PIXELS, CELLS, WHOLE_POLYGONS, WHOLE_SCENES = "pixels", "cell", "polygon", "scene"
POLYGONS, MASKS, TABLE = "polygons", "masks", "table"
PATCH_PX = 8  # cells are made of whole patches
_TRUTHS = {
    PIXELS: (POLYGONS, MASKS),
    CELLS: (POLYGONS, MASKS),
    WHOLE_POLYGONS: (POLYGONS,),
    WHOLE_SCENES: (TABLE,),
}


class TrainingData(QWidget):
    """The fields of a `FineTuneRequest` that say what is learned from, and what."""

    changed = pyqtSignal()

    def __init__(self, labels_page: LabelsPage, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._labels = labels_page
        self.task_box = choices(
            (PIXELS, tr("Each pixel: segmentation")),
            (CELLS, tr("Cells of a grid")),
            (WHOLE_POLYGONS, tr("Polygons as wholes")),
            (WHOLE_SCENES, tr("Scenes as wholes")),
        )
        self.cell_box = QSpinBox()
        self.cell_box.setRange(PATCH_PX, 64 * PATCH_PX)
        self.cell_box.setSingleStep(PATCH_PX)
        self.cell_box.setValue(2 * PATCH_PX)
        self.cell_box.setSuffix(tr(" pixels"))
        self.several_check = QCheckBox(tr("Several classes each"))
        self.several_check.setToolTip(tr('Values like "forest;water" name all classes that are there.'))
        self.scenes_box = choices(
            (SCENE, tr('The scene of step "Scene"')), (RASTERS, tr("Raster files")), (FOLDER, tr("Folder of rasters"))
        )
        self.files_edit = QgsFileWidget()
        self.files_edit.setStorageMode(QgsFileWidget.StorageMode.GetMultipleFiles)
        self.files_edit.lineEdit().setPlaceholderText(tr("Rasters with the same bands"))
        self.folder_edit = _folder_edit(tr("Folder of rasters with the same bands"))
        self.truth_box = narrow(QComboBox())
        self.masks_edit = _folder_edit(tr("Class rasters named like their scenes"))
        self.table_edit = QgsFileWidget()
        self.table_edit.setFilter(tr("Tables (*.csv)"))
        self.table_edit.lineEdit().setPlaceholderText(tr('Table with the columns "scene" and "class"'))
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self._lay_out()

        self.task_box.currentIndexChanged.connect(self._on_task)
        for box in (self.scenes_box, self.truth_box):
            box.currentIndexChanged.connect(self._on_choice)
        for edit in (self.files_edit, self.folder_edit, self.masks_edit, self.table_edit):
            edit.fileChanged.connect(self._on_choice)
        self.cell_box.editingFinished.connect(self._on_cell)
        labels_page.changed.connect(self._on_choice)
        self._on_task()

    def uses_scene(self) -> bool:
        """Returns whether the scene of step "Scene" is learned from."""
        return bool(self.scenes_box.currentData() == SCENE)

    def scene_files(self) -> Tuple[str, ...]:
        """Returns the rasters that are named here; empty where the scene of step "Scene" is learned from."""
        how = self.scenes_box.currentData()
        if how == FOLDER:
            return rasters_in(self.folder_edit.filePath().strip())
        if how == RASTERS:
            return tuple(filter(None, QgsFileWidget.splitFilePaths(self.files_edit.filePath())))
        return ()

    def name(self) -> str:
        """Returns what a model may be named after; empty where that is the scene of step "Scene", or unknown."""
        files = self.scene_files()
        if self.scenes_box.currentData() == FOLDER:
            return Path(self.folder_edit.filePath().strip()).name if files else ""
        return Path(files[0]).stem if files else ""

    def labelled_polygons(self) -> int:
        """Returns how many polygons there are to learn from; 0 where labels are no polygons."""
        layer = self._labels.layer
        return layer.featureCount() if self.truth_box.currentData() == POLYGONS and layer is not None else 0

    def fields(self, scene: Optional[layers.Scene], weights: str) -> Dict[str, Any]:
        """Returns request fields.

        Args:
            scene: Given if `uses_scene`.
            weights: As in `FineTuneRequest`.

        Raises:
            InputError: scenes or labels cannot be used.
        """
        task = self.task_box.currentData()
        files = (scene.path,) if scene is not None else self._files()
        bands, units = (scene.bands, scene.units) if scene is not None else _remembered_reading(files[0], weights)
        return {
            "scenes": files,
            **self._truth(),
            "task": "segmentation" if task == PIXELS else "classification",
            "unit": "auto" if task == PIXELS else task,
            "cell_px": self.cell_box.value(),
            "multi_label": self.several_check.isChecked() and task in (WHOLE_POLYGONS, WHOLE_SCENES),
            "bands": bands,
            "units": units,
        }

    def _files(self) -> Tuple[str, ...]:
        files = self.scene_files()
        missing = [file for file in files if not Path(file).exists() and not file.startswith("/vsi")]
        if missing:
            text = tr('The scene "{found}" was not found. Choose rasters that are there.')
            raise InputError(text.format(found=missing[0]))
        if not files and self.scenes_box.currentData() == FOLDER:
            text = tr('Folder "{found}" holds no rasters (.tif, .vrt, .jp2, .img). Choose the folder of the scenes.')
            raise InputError(text.format(found=self.folder_edit.filePath().strip()))
        if not files:
            raise InputError(tr("No scene is chosen to learn from. Choose at least one raster file."))
        return files

    def _truth(self) -> Dict[str, Any]:
        how = self.truth_box.currentData()
        if how == POLYGONS and self._labels.is_regression:
            raise InputError(
                tr('A network tells classes apart, and estimates no numbers. Choose a class field in step "Label".')
            )
        if how == POLYGONS:
            return self._labels.fields()
        path = (self.masks_edit if how == MASKS else self.table_edit).filePath().strip()
        if how == MASKS and not rasters_in(path):
            text = tr('Folder "{path}" holds no class rasters. Choose one with a raster named like each scene.')
            raise InputError(text.format(path=path))
        if how == TABLE and not Path(path).is_file():
            text = tr('There is no table "{path}". Choose a .csv with the columns "scene" and "class".')
            raise InputError(text.format(path=path))
        return {"masks" if how == MASKS else "labels": path}

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, widgets in (
            (tr("Tell apart"), (self.task_box, self.cell_box)),
            (tr("Learn from"), (self.scenes_box, self.files_edit, self.folder_edit)),
            (tr("Labels"), (self.truth_box, self.masks_edit, self.table_edit, self.hint)),
        ):
            column = QVBoxLayout()
            for widget in widgets:
                column.addWidget(widget)
            form.addRow(title, column)
        form.insertRow(1, self.several_check)  # beside a title it would be too wide for a narrow dock

    def _on_task(self, _index: int = 0) -> None:
        task, chosen = self.task_box.currentData(), self.truth_box.currentData()
        names = {
            POLYGONS: tr('Polygons of step "Label"'),
            MASKS: tr("Folder of masks"),
            TABLE: tr("Table of scenes"),
        }
        self.truth_box.blockSignals(True)
        self.truth_box.clear()
        for truth in _TRUTHS[task]:
            self.truth_box.addItem(names[truth], truth)
        self.truth_box.setCurrentIndex(max(0, self.truth_box.findData(chosen)))
        self.truth_box.blockSignals(False)
        self.cell_box.setVisible(task == CELLS)
        self.several_check.setVisible(task in (WHOLE_POLYGONS, WHOLE_SCENES))
        self._on_choice()

    def _on_choice(self, _what: Any = None) -> None:
        scenes, truth, layer = self.scenes_box.currentData(), self.truth_box.currentData(), self._labels.layer
        self.files_edit.setVisible(scenes == RASTERS)
        self.folder_edit.setVisible(scenes == FOLDER)
        self.masks_edit.setVisible(truth == MASKS)
        self.table_edit.setVisible(truth == TABLE)
        self.hint.setVisible(truth == POLYGONS and layer is None)
        self.hint.setText(tr('Choose the polygon layer and its class field in step "Label".'))
        self.changed.emit()

    def _on_cell(self) -> None:
        """Takes the nearest size made of whole patches."""
        self.cell_box.setValue(max(1, round(self.cell_box.value() / PATCH_PX)) * PATCH_PX)


def _remembered_reading(path: str, weights: str) -> settings.Reading:
    """Returns the bands and units that the user chose in step "Scene" for a raster of the kind of a file, if ever."""
    layer = QgsRasterLayer(path.splitlines()[0], "")
    kind = layers.reading_kind(layers.layer_source(layer), weights) if layer.isValid() else ()
    return (settings.reading(kind) if kind else None) or ({}, "auto")


def _folder_edit(placeholder: str) -> QgsFileWidget:
    edit = QgsFileWidget()
    edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
    edit.lineEdit().setPlaceholderText(placeholder)
    return edit
