"""What a pretraining shows while it runs and when it has ended: losses, latest reconstruction, the weights it made."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import QRectF, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QMouseEvent, QPainter, QPaintEvent, QPixmap
from qgis.PyQt.QtWidgets import QCheckBox, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from .. import messages
from ..messages import tr
from ..training.loss_curve import LossCurve

WEIGHT_PREFIX = "weight "  # learned weights of the tasks come among the losses under these names


class Picture(QWidget):
    """A picture in its own proportions, as wide as there is room but no wider than it is; tells when it is clicked."""

    clicked = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.pixmap = QPixmap()
        self._path = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Parts that were hidden, and what was predicted. Click to open it in full size."))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_file(self, path: str) -> None:
        """Shows a picture file; one that cannot be read, as when it is being replaced, changes nothing."""
        pixmap = QPixmap(path)
        if not pixmap.isNull():
            self.pixmap, self._path = pixmap, path
            self.show()
            self._fit_height()
            self.update()

    def clear(self) -> None:
        """Takes the picture away."""
        self.pixmap = QPixmap()
        self.hide()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        """Tells of a click."""
        self.clicked.emit(self._path)

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        """Keeps the proportions."""
        super().resizeEvent(event)
        self._fit_height()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draws the picture."""
        if self.pixmap.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        width = self._width_px()
        area = QRectF(0, 0, width, width * self.pixmap.height() / self.pixmap.width())
        painter.drawPixmap(area, self.pixmap, QRectF(self.pixmap.rect()))

    def _width_px(self) -> int:
        return min(self.width(), self.pixmap.width())

    def _fit_height(self) -> None:
        if not self.pixmap.isNull():
            height = round(self._width_px() * self.pixmap.height() / self.pixmap.width())
            if height != self.height():
                self.setFixedHeight(max(1, height))


class RunView(QWidget):
    """Hidden until a run begins."""

    use_weights = pyqtSignal(str)  # path

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._weights = ""
        self.curve = LossCurve()
        self.log_check = QCheckBox(tr("Logarithmic axis"))
        self.log_check.toggled.connect(self.curve.set_logarithmic)
        self.picture = Picture()
        self.picture.clicked.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a long name widens no dock
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.use_button = QPushButton(tr("Use these weights"))
        self.use_button.setToolTip(tr('Embedding and training use them from now on, as step "Scene" says.'))
        self.use_button.clicked.connect(lambda: self.use_weights.emit(self._weights))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.curve, self.log_check, self.picture, self.text, self.use_button):
            layout.addWidget(widget)
        self.hide()

    def begin(self, goes_on: bool) -> None:
        """Makes room for a run; what an earlier part of it showed stays where it goes on."""
        if not goes_on:
            self.curve.clear()
            self.picture.clear()
        self.text.clear()
        self.use_button.hide()
        self.show()

    def show_metrics(self, step: int, total: int, values: Dict[str, float], picture: str) -> None:
        """Shows the losses after a step, and a new picture if there is one."""
        losses = {name: value for name, value in values.items() if not name.startswith(WEIGHT_PREFIX)}
        if losses:
            self.curve.add(step, total, losses)
            self.text.setText(tr("Step {step} of {total}").format(step=step, total=total))
        weights = {name.removeprefix(WEIGHT_PREFIX): v for name, v in values.items() if name.startswith(WEIGHT_PREFIX)}
        if weights:
            named = "\n".join(f"{name}: {value:.3g}" for name, value in weights.items())
            self.curve.setToolTip(tr("Learned weights of the tasks:") + "\n" + named)
        if picture:
            self.picture.show_file(picture)

    def show_result(self, result: Dict[str, Any]) -> None:
        """Shows what came out and offers to use it."""
        self._weights = str(result["weights"])
        text = tr("<b>{name}</b>: {steps} steps in {time}, final loss {loss}")
        self.text.setText(
            text.format(
                name=Path(self._weights).stem,
                steps=result["steps"],
                time=messages.time_text(float(result["seconds"])),
                loss=f"{result['final_loss']:.3g}",
            )
        )
        self.text.setToolTip(self._weights)
        if result.get("reconstructions"):
            self.picture.show_file(str(result["reconstructions"]))
        self.use_button.show()

    def show_stopped(self, step: int) -> None:
        """Says after which step a run can go on; nothing if it cannot."""
        if step:
            self.text.setText(tr("Stopped; saved after step {n}.").format(n=step))
