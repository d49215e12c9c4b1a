"""Which band of a scene is which band of the weights: proposed by the backend, changed by the user."""

from __future__ import annotations

from typing import Any, Dict, Sequence, Tuple

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ..messages import tr
from .layout import narrow

# What weights want as a rule; asked for where a scene could not be described, so that nobody knows what these want.
_USUAL_BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")


class BandTable(QWidget):
    """A line that says what was found, and below it, once opened, one combo box for each band wanted."""

    changed = pyqtSignal()  # by the user
    reset = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: Dict[str, QComboBox] = {}
        self._wanted: Sequence[str] = _USUAL_BANDS
        self.button = QToolButton()
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.setCheckable(True)
        self.button.toggled.connect(self._show_panel)
        self.reset_button = QToolButton()
        self.reset_button.setText(tr("Reset"))
        self.reset_button.setToolTip(
            tr("Forget the bands and units chosen for layers like this one, and take what is proposed")
        )
        self.reset_button.clicked.connect(self.reset)
        self.panel = QWidget()
        self._form = QFormLayout(self.panel)
        self._form.setContentsMargins(12, 0, 0, 0)
        self._form.setVerticalSpacing(2)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch()
        row.addWidget(self.reset_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.panel)
        self.clear()

    def chosen(self) -> Dict[str, int]:
        """Returns the mapping that the combo boxes say: band name → 1-based band number."""
        return {name: box.currentData() for name, box in self.boxes.items() if box.currentData()}

    def clear(self) -> None:
        """Shows nothing, as for a scene that was not described yet."""
        self.button.setChecked(False)
        self._wanted = _USUAL_BANDS
        self._fill([], {}, {})
        for widget in (self.button, self.reset_button, self.panel):
            widget.hide()

    def show_description(self, description: Dict[str, Any]) -> None:
        """Shows the mapping that the backend found."""
        self._wanted = tuple(description["wanted"])
        how = {
            "names": tr("by name"),
            "wavelengths": tr("by wavelength"),
            "order": tr("by order"),
            "colours": tr("by colour"),
            "chosen": tr("chosen"),
        }.get(description["mapping_how"], str(description["mapping_how"]))
        bands = [(band["index"], band["name"]) for band in description["band_list"]]
        self._fill(bands, description["mapping"], description["band_labels"])
        text = tr("Bands: {found} of {wanted}, {how}")
        self.button.setText(text.format(found=len(description["mapping"]), wanted=len(self._wanted), how=how))
        self.button.show()

    def offer(self, bands: Sequence[str], mapping: Dict[str, int]) -> None:
        """Offers the table for a scene that the backend did not understand.

        Args:
            bands: Names of the scene's bands.
            mapping: What is chosen already.
        """
        self._fill(list(enumerate(bands, 1)), mapping, {})
        self.button.setText(tr("Bands: choose which is which"))
        self.button.show()

    def _fill(self, bands: Sequence[Tuple[int, str]], mapping: Dict[str, int], labels: Dict[str, str]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.boxes = {}
        for name in self._wanted if bands else ():
            box = narrow(QComboBox())
            box.addItem(tr("not in this layer"), 0)
            for index, text in bands:
                box.addItem(tr("band {n}: {name}").format(n=index, name=text), index)
            box.setCurrentIndex(max(0, box.findData(mapping.get(name, 0))))
            box.currentIndexChanged.connect(self.changed)
            label_text = str(labels.get(name, ""))  # "Blue 493 nm"
            label = QLabel(f"<b>{name}</b> {label_text.rsplit(' ', 2)[0]}")
            label.setToolTip(label_text)
            box.setToolTip(label_text)
            self._form.addRow(label, box)
            self.boxes[name] = box

    def _show_panel(self, shown: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.panel.setVisible(shown)
