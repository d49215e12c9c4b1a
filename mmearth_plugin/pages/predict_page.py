"""Section "Map with a saved model": an earlier model on the scene chosen above."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QPushButton, QVBoxLayout, QWidget

from ...backend.mmearth import protocol
from .. import layers, settings
from ..messages import InputError, tr
from .few_shot_page import predict_request


class PredictPage(QgsCollapsibleGroupBox):
    """Fields of a `PredictRequest` that the scene does not have."""

    run = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Map with a saved model"), parent)
        self.model_edit = QgsFileWidget()
        self.model_edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.model_edit.lineEdit().setPlaceholderText(tr("Model folder"))
        self.vector_check = QCheckBox(tr("Also make polygons"))
        self.button = QPushButton(tr("Predict"))
        self.button.clicked.connect(self.run)
        layout = QVBoxLayout(self)
        for widget in (self.model_edit, self.vector_check, self.button):
            layout.addWidget(widget)
        self.setCollapsed(True)

    def request(self, scene: layers.Scene) -> protocol.PredictRequest:
        """Returns the request; results go to a new folder.

        Raises:
            InputError: no model folder, or the output folder cannot be used.
        """
        model = self.model_edit.filePath().strip()
        if not Path(model).is_dir() or not model:
            raise InputError(tr('"{path}" is no model folder. Choose one that a training wrote.').format(path=model))
        folder = layers.free_path(settings.output_folder(), f"{scene.name}_map", "")
        layers.make_folder(folder)
        return predict_request(scene, model, folder, self.vector_check.isChecked())
