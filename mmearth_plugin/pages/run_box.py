"""What both pages that train an encoder have: the weights file to write, the buttons, the run that can go on."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QPushButton, QVBoxLayout, QWidget

from .. import layers, settings
from ..messages import InputError, tr
from ..training.encoder_run import resumable_step, weights_file
from .cut_off_note import CutOffNote


class RunBox(QWidget):
    """The buttons, one below the other; the page places `out_edit` and `note`, which belong further up.

    Args:
        text: Of the button that starts a new run.
    """

    run = pyqtSignal(bool)  # whether to go on from the checkpoint

    def __init__(self, text: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.out_edit = QgsFileWidget()
        self.out_edit.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.out_edit.setFilter(tr("Weights (*.safetensors)"))
        self.out_edit.setDialogTitle(tr("Save the weights as"))
        self.note = CutOffNote()
        self.button = QPushButton(text)
        self.resume_button = QPushButton()
        self.resume_button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.resume_button)
        self.out_edit.fileChanged.connect(self.refresh_resume)
        self.button.clicked.connect(lambda: self.run.emit(False))
        self.resume_button.clicked.connect(lambda: self.run.emit(True))

    def propose(self, name: str, ending: str) -> None:
        """Fills in a file name that is free; the name of a run that was stopped is still free, so it can go on.

        Args:
            name: Of what is learned from; empty where nothing is chosen: then the file name stays.
            ending: Of the file's stem.
        """
        if name:
            path = layers.free_path(settings.output_folder(), f"{name}_{ending}", ".safetensors")
            self.out_edit.setFilePath(str(path))
        self.refresh_resume()

    def weights_out(self) -> str:
        """Returns the weights file to write.

        Raises:
            InputError: not a full path.
        """
        path = weights_file(self.out_edit.filePath())
        if not Path(path).is_absolute():
            raise InputError(tr('"{path}" is not a full path. Choose where to save the weights.').format(path=path))
        return path

    def claim_out(self, resume: bool) -> str:
        """Makes the folder of the weights file to write, and returns the file.

        Raises:
            InputError: not a full path, a folder that cannot be made, or a new run would overwrite a stopped one.
        """
        out = self.weights_out()
        step = resumable_step(out)
        if step and not resume:
            text = tr(
                'A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. '
                "Go on from there, or choose another file name."
            )
            raise InputError(text.format(name=Path(out).name, step=step))
        layers.make_folder(Path(out).parent)
        return out

    def show_running(self, running: bool) -> None:
        """Closes or opens the buttons that start a run: there is room for one on the page."""
        for button in (self.button, self.resume_button, self.note.resume_button):
            button.setEnabled(not running)

    def refresh_resume(self, _path: str = "") -> None:
        """Offers to go on where an earlier run for this weights file stopped."""
        step = resumable_step(weights_file(self.out_edit.filePath()))
        self.resume_button.setVisible(bool(step))
        self.resume_button.setText(tr("Go on from step {n}").format(n=step))
