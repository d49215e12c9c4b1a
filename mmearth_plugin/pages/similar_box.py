"""Part "Similar places" of the page Explore: what is looked for, and from how similar on it is shown."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from ..messages import tr
from .layout import side_by_side

_STEPS = 254  # of the slider: the values of the raster


class SimilarBox(QWidget):
    """Says what the user wants; shows how far it is."""

    pick_toggled = pyqtSignal(bool)
    polygons_wanted = pyqtSignal()
    cleared = pyqtSignal()
    threshold_moved = pyqtSignal(float)  # 0 to 1
    class_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.pick_button = QPushButton(tr("Pick places on the map"))
        self.pick_button.setCheckable(True)
        self.pick_button.setToolTip(
            tr(
                "Click a place to find others like it. Shift or the right button: a place that is not meant. "
                "Backspace takes the last one back, Escape ends."
            )
        )
        self.polygons_button = QPushButton(tr("Like the selected polygons"))
        self.polygons_button.setToolTip(
            tr("Finds places like the selected features of the active layer, or else like the active class.")
        )
        self.clear_button = QPushButton(tr("Start again"))
        self.clear_button.setToolTip(tr("Forgets the places and takes the layer away."))
        self.state = QLabel(tr("Nothing is looked for yet."))
        self.state.setWordWrap(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(13)
        self.slider.setAccessibleName(tr("Similarity from which places are shown"))
        self.slider.setToolTip(tr("To the right: only the most similar places."))
        self.value, self.share = QLabel(), QLabel()
        self.class_button = QPushButton(tr("Make this a class"))
        self.class_button.setToolTip(tr("Adds what is shown in view to the label layer, as polygons of a class."))
        self._result = QWidget()
        result = QVBoxLayout(self._result)
        result.setContentsMargins(0, 0, 0, 0)
        result.addWidget(self.slider)
        row = QHBoxLayout()
        row.addWidget(self.value)
        row.addStretch()
        row.addWidget(self.share)
        result.addLayout(row)
        result.addLayout(side_by_side(self.class_button, self.clear_button))
        self._result.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.pick_button, self.polygons_button, self.state, self._result):
            layout.addWidget(widget)
        self.pick_button.toggled.connect(self.pick_toggled)
        self.polygons_button.clicked.connect(self.polygons_wanted)
        self.clear_button.clicked.connect(self.cleared)
        self.class_button.clicked.connect(self.class_wanted)
        self.slider.valueChanged.connect(lambda value: self.threshold_moved.emit(value / _STEPS))

    def show_state(self, text: str) -> None:
        """Says what is looked for, or what is wrong."""
        self.state.setText(text)

    def show_threshold(self, threshold: float) -> None:
        """Moves the slider, without saying that the user did."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(threshold * _STEPS))
        self.slider.blockSignals(False)

    def show_share(self, threshold: float, share: Optional[float]) -> None:
        """Shows the threshold and the share of the view that is above it."""
        self.value.setText(tr("at least {value}").format(value=f"{threshold:.2f}"))
        self.share.setText("" if share is None else tr("{n} % of the view").format(n=f"{100 * share:.1f}"))

    def show_result(self, shown: bool) -> None:
        """Opens or closes what a result needs."""
        self._result.setVisible(shown)

    def end_picking(self) -> None:
        """Another tool has the canvas."""
        self.pick_button.setChecked(False)
