"""What an adaptation shows while it runs and when it has ended: losses, agreement, sample pairs, the weights."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from .. import messages
from ..messages import tr
from ..training.agreement import agreement_text
from ..training.loss_curve import TOTAL, LossCurve
from .run_view import Picture

_SCORES = ("retrieval", "cosine")  # on held-out places; the other values of a step are losses
_LOSS = "loss"  # their sum
_SCORE_HEIGHT_PX = 90


class AdaptView(QWidget):
    """Hidden until a run begins."""

    use_weights = pyqtSignal(str)  # path

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._weights = ""
        self._scores: Dict[str, float] = {}
        self._warnings: List[str] = []
        # Losses and agreement run in opposite directions and differ in size: each kind has an axis of its own.
        self.loss_curve = LossCurve()
        self.score_curve = LossCurve(tr("Agreement on held-out places appears here."), _SCORE_HEIGHT_PX)
        self.picture = Picture()
        self.picture.setToolTip(tr("Pairs of the same ground. Click to open it in full size."))
        self.picture.clicked.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self.text, self.warnings = QLabel(), QLabel()
        for label in (self.text, self.warnings):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.warnings.setTextFormat(Qt.TextFormat.PlainText)
        self.use_button = QPushButton(tr("Use these weights"))
        self.use_button.setToolTip(tr('Embedding and training use them from now on, as step "Scene" says.'))
        self.use_button.clicked.connect(lambda: self.use_weights.emit(self._weights))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        shown = (self.warnings, self.loss_curve, self.score_curve, self.picture, self.text, self.use_button)
        for widget in shown:
            layout.addWidget(widget)
        self.hide()

    def begin(self, weights_out: str, goes_on: bool) -> None:
        """Makes room for a run; what an earlier part of it showed stays where it goes on."""
        self._weights = weights_out
        if not goes_on:
            self._scores = {}
            for curve in (self.loss_curve, self.score_curve):
                curve.clear()
            self.picture.clear()
        self._show_warnings([])
        self.text.setText(tr("Comparing the images…"))
        self.use_button.hide()
        self.show()

    def show_log(self, level: str, message: str) -> None:
        """Shows what the checks of the pairs warn of, before the training is waited for."""
        if level == "warning" and message not in self._warnings:
            self._show_warnings([*self._warnings, message])

    def show_metrics(self, step: int, total: int, values: Dict[str, float], picture: str) -> None:
        """Shows losses and agreement after a step, and a new picture if there is one."""
        scores = {name: value for name, value in values.items() if name in _SCORES}
        losses = {TOTAL if name == _LOSS else name: value for name, value in values.items() if name not in _SCORES}
        # The only loss is the sum: one line would hide the other.
        if TOTAL in losses and len(set(losses.values())) == 1:
            losses = {TOTAL: losses[TOTAL]}
        if losses:
            self.loss_curve.add(step, total, losses)
        if scores:
            self._scores.update(scores)
            self.score_curve.add(step, total, scores)
        text = tr("Step {step} of at most {total}").format(step=step, total=total)
        if all(name in self._scores for name in _SCORES):
            held = tr("; held-out places: retrieval@1 {share} %, cosine {cosine}")
            share, cosine = f"{100 * self._scores['retrieval']:.0f}", f"{self._scores['cosine']:.2f}"
            text += held.format(share=share, cosine=cosine)
        self.text.setText(text)
        if picture:
            self.picture.show_file(picture)

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows how well both sensors agree, and offers to use the weights."""
        self._weights = str(result["weights"])
        flat = result["stopped"] == "flat"
        ended = tr("held-out places gained no more") if flat else tr("all steps done")
        text = tr("<b>{name}</b>: {steps} steps in {time}; {ended}.")
        time = messages.time_text(float(result["seconds"]))
        name = escape(Path(self._weights).stem)
        self.text.setText(
            f"{text.format(name=name, steps=result['steps'], time=time, ended=ended)} {escape(agreement_text(result))}"
        )
        self.text.setToolTip(self._weights)
        self._show_warnings([str(warning) for warning in result["warnings"]])
        if result["pairs"]:
            self.picture.show_file(str(result["pairs"]))
        self.use_button.show()

    def show_stopped(self, step: int, kept: bool) -> None:
        """Says what is left of a run that was cancelled or failed.

        Args:
            step: After which it can go on; 0 if it cannot.
            kept: Whether the best weights so far are in the file.
        """
        text = tr("Stopped; saved after step {n}.").format(n=step) if step else tr("Stopped.")
        self.text.setText(text + (tr(" The best weights so far are kept.") if kept else ""))
        self.use_button.setVisible(kept)

    def _show_warnings(self, warnings: List[str]) -> None:
        self._warnings = warnings
        self.warnings.setText("\n".join(f"⚠ {warning}" for warning in warnings))
        self.warnings.setVisible(bool(warnings))
