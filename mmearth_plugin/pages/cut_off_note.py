"""A note on top of a training page: this training ended with QGIS; go on, or forget it."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from qgis.PyQt.QtCore import QDateTime, QLocale, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..messages import tr
from ..training.started_trainings import CutOff
from .layout import side_by_side


class CutOffNote(QFrame):
    """Hidden while there is nothing to tell; of several trainings, it shows the latest."""

    resume = pyqtSignal(str)  # weights or model file
    forget = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._out = ""
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
        self.resume_button = QPushButton(tr("Resume"))
        self.forget_button = QPushButton(tr("Forget"))
        self.forget_button.setToolTip(tr("Takes this note away; the files of the training stay."))
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addLayout(side_by_side(self.resume_button, self.forget_button))
        self.resume_button.clicked.connect(lambda: self.resume.emit(self._out))
        self.forget_button.clicked.connect(lambda: self.forget.emit(self._out))
        self.hide()

    def show_latest(self, trainings: Sequence[CutOff]) -> None:
        """Tells of the first of some trainings; of none, it hides."""
        self.setVisible(bool(trainings))
        if not trainings:
            return
        latest = trainings[0]
        self._out = latest.out
        if not latest.step:
            text = tr("Training {name} ended with QGIS before anything was saved ({time}).")
        elif not latest.steps:
            text = tr("Training {name} ended with QGIS; saved at step {step} ({time}).")
        else:
            text = tr("Training {name} ended with QGIS; saved at step {step} of {steps} ({time}).")
        time = QLocale().toString(QDateTime.fromSecsSinceEpoch(round(latest.seconds)), QLocale.FormatType.ShortFormat)
        name = f'"{Path(latest.out).name}"'
        self.text.setText(text.format(name=name, step=latest.step, steps=latest.steps, time=time))
        self.text.setToolTip(latest.out)
        self.resume_button.setVisible(bool(latest.step))
