"""What a fine-tuning shows while it runs and when it has ended: curves, Pause, the score, what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ..messages import tr
from ..training.loss_curve import LossCurve
from .layout import side_by_side
from .score_text import tuned_text

_RATE_HEIGHT_PX = 62


class TuningView(QWidget):
    """Hidden until a run begins."""

    pause = pyqtSignal()
    map_scene = pyqtSignal()
    open_report = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._best = 0.0
        # Losses, scores and rates differ by orders of magnitude: each kind has an axis of its own.
        self.loss_curve = LossCurve()
        self.score_curve = LossCurve(tr("Scores on held-out labels appear here."), from_zero=False)
        self.rate_curve = LossCurve(tr("The learning rate appears here."), _RATE_HEIGHT_PX)
        self.curves = QWidget()
        column = QVBoxLayout(self.curves)
        column.setContentsMargins(0, 0, 0, 0)
        for curve in (self.loss_curve, self.score_curve, self.rate_curve):
            column.addWidget(curve)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pause_button = QPushButton(tr("Pause"))
        self.pause_button.setToolTip(
            tr("Saves the run and ends it; it goes on from there, also after QGIS was closed.")
        )
        self.map_button = QPushButton(tr("Map the scene"))
        self.report_button = QPushButton(tr("Open report"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.curves, self.text, self.pause_button):
            layout.addWidget(widget)
        layout.addLayout(side_by_side(self.map_button, self.report_button))
        self.pause_button.clicked.connect(self.pause)
        self.map_button.clicked.connect(self.map_scene)
        self.report_button.clicked.connect(self.open_report)
        self.hide()

    def begin(self, goes_on: bool) -> None:
        """Makes room for a run; what an earlier part of it showed stays where it goes on."""
        if not goes_on:
            self._best = 0.0
            for curve in (self.loss_curve, self.score_curve, self.rate_curve):
                curve.clear()
        self.text.setText(tr("Reading the labels…"))
        self._offer(running=True)
        self.show()

    def show_metrics(self, step: int, total: int, values: Dict[str, float], _picture: str) -> None:
        """Shows losses, held-out scores and the learning rate after a step."""
        scores = {name: value for name, value in values.items() if "F1" in name}
        rates = {name: value for name, value in values.items() if "rate" in name}
        losses = {name: value for name, value in values.items() if name not in scores and name not in rates}
        for curve, shown in ((self.loss_curve, losses), (self.score_curve, scores), (self.rate_curve, rates)):
            if shown:
                curve.add(step, total, shown)
        self._best = max([self._best, *(value for name, value in scores.items() if "held-out" in name)])
        text = tr("Step {step} of at most {total}").format(step=step, total=total)
        self.text.setText(text + (tr("; best held-out F1 {score:.2f}").format(score=self._best) if self._best else ""))

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows the score beside its baselines, and what can be done with the model."""
        name = Path(str(result["model"])).name
        self.text.setText(tuned_text(result))
        self.text.setToolTip(str(result["model"]))
        self._offer(model=True, report=bool(result.get("report")))
        self.map_button.setToolTip(tr('Maps the scene of step "Scene" with {name}.').format(name=name))

    def show_stopped(self, step: int, paused: bool, model: bool) -> None:
        """Says after which step a run can go on, if it can, and how good its best network was.

        Args:
            step: After which the run was saved; 0 if it was not.
            paused: Whether that was asked for by Pause.
            model: Whether the best network so far is in a model file.
        """
        self._offer(model=bool(step) and model)
        if not step:
            self.text.setText(tr("Stopped before anything was learned."))
            return
        text = tr("Paused after step {n}.") if paused else tr("Stopped; saved after step {n}.")
        best = tr(" The best network so far is kept: held-out F1 {score:.2f}.").format(score=self._best)
        self.text.setText(text.format(n=step) + (best if self._best else ""))

    def show_pausing(self) -> None:
        """Shows that Pause was heard."""
        self.pause_button.setEnabled(False)

    def _offer(self, running: bool = False, model: bool = False, report: bool = False) -> None:
        self.pause_button.setEnabled(running)
        self.pause_button.setVisible(running)
        self.map_button.setVisible(model)
        self.report_button.setVisible(report)
