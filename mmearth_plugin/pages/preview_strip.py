"""The slim strip of what helps to look at a map: live preview, opacity, swipe, disagreement, next suggestion."""

from __future__ import annotations

from typing import List, Optional

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAction,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..icons import icon
from ..messages import tr
from ..preview.disagreement import MOST_POLYGONS, Contradiction

NEXT_KEY = "N"
_ID_ROLE = Qt.ItemDataRole.UserRole
_ICON_PX, _ROW_PX, _MOST_ROWS = 18, 20, 4


class PreviewStrip(QWidget):
    """Buttons and texts; what they do is the business of `Preview`, and of who answers `next_suggestion`."""

    preview_toggled = pyqtSignal(bool)
    opacity_chosen = pyqtSignal(float)  # 0…1
    swipe_toggled = pyqtSignal(bool)
    swipe_turned = pyqtSignal(bool)  # whether one side is above the other
    disagreement_toggled = pyqtSignal(bool)
    contradiction_chosen = pyqtSignal(int)  # id of the feature
    next_suggestion = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.preview_button = QPushButton(icon("preview"), tr("Live preview"))
        self.preview_button.setCheckable(True)
        self.preview_button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.opacity_slider = QSlider(Qt.Orientation.Horizontal)
        self.opacity_slider.setRange(0, 100)
        self.opacity_slider.setPageStep(10)
        self.opacity_slider.setMinimumWidth(44)
        self.opacity_slider.setMaximumWidth(90)
        self.opacity_slider.setAccessibleName(tr("Opacity of the map"))
        self.swipe_button = _tool("swipe", tr("Swipe"), tr("Shows the image without the map on one side of a line."))
        self.turn_action = QAction(tr("Line from left to right"), self)
        self.turn_action.setCheckable(True)
        menu = QMenu(self)
        menu.addAction(self.turn_action)
        self.swipe_button.setMenu(menu)
        self.swipe_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.disagreement_button = _tool(
            "disagreement",
            tr("Disagreement"),
            tr("Outlines the polygons in view that the map takes for another class."),
        )
        self.next_button = _tool(
            "next",
            tr("Next suggestion"),
            tr("Goes to the next place whose label would teach most (key {key} on the map).").format(key=NEXT_KEY),
        )
        self.next_button.setCheckable(False)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.contradictions_text = QLabel()
        self.contradictions_text.setWordWrap(True)
        self.contradictions = QListWidget()
        self.contradictions.setAccessibleName(tr("Polygons that the map takes for another class"))
        self.contradictions.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        self.set_offered(True)
        self.show_opacity(None)
        self.show_state("")
        self.hide_contradictions()

        self.preview_button.toggled.connect(self.preview_toggled)
        self.opacity_slider.valueChanged.connect(lambda percent: self.opacity_chosen.emit(percent / 100))
        self.swipe_button.toggled.connect(self.swipe_toggled)
        self.turn_action.toggled.connect(self.swipe_turned)
        self.disagreement_button.toggled.connect(self.disagreement_toggled)
        self.next_button.clicked.connect(self.next_suggestion)
        for signal in (self.contradictions.itemClicked, self.contradictions.itemActivated):
            signal.connect(lambda item: self.contradiction_chosen.emit(item.data(_ID_ROLE)))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.preview_button, 1)
        for widget in (self.opacity_slider, self.swipe_button, self.disagreement_button, self.next_button):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(3)
        column.addLayout(row)
        for widget in (self.state, self.contradictions_text, self.contradictions):
            column.addWidget(widget)

    def set_offered(self, offered: bool) -> None:
        """Opens or closes the live preview, which shows classes and no numbers."""
        self.preview_button.setEnabled(offered)
        if offered:
            tip = tr("Shows the map of what is in view while you draw: a few seconds after each polygon.")
        else:
            tip = tr("A preview shows classes only. The labels are numbers to estimate.")
            self.preview_button.setChecked(False)
        self.preview_button.setToolTip(tip)

    def show_state(self, text: str) -> None:
        """Says what the preview does, or why it does not; an empty text takes the line away."""
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def show_opacity(self, opacity: Optional[float]) -> None:
        """Moves the slider to the opacity of the map, 0…1; closes it where there is no map."""
        self.opacity_slider.setEnabled(opacity is not None)
        tip = tr("No map yet.") if opacity is None else tr("Opacity of the map: {n} %").format(n=round(100 * opacity))
        self.opacity_slider.setToolTip(tip)
        if opacity is not None and not self.opacity_slider.isSliderDown():
            blocked = self.opacity_slider.blockSignals(True)
            self.opacity_slider.setValue(round(100 * opacity))
            self.opacity_slider.blockSignals(blocked)

    def show_contradictions(self, found: List[Contradiction], compared: int, more: bool) -> None:
        """Lists the polygons that the map takes for another class.

        Args:
            found: These polygons.
            compared: How many polygons were looked at.
            more: Whether there are more in view than are looked at.
        """
        text = tr("{n} of {all} polygons in view disagree with the map").format(n=len(found), all=compared)
        if more:
            text += tr("; only {most} are looked at, zoom in for the others").format(most=MOST_POLYGONS)
        self.contradictions_text.setText(text)
        self.contradictions_text.show()
        self.contradictions.clear()
        for one in found:
            facts = {"label": one.label, "found": one.found, "share": round(100 * one.share)}
            item = QListWidgetItem(tr("{label} ≠ {found} ({share} %)").format(**facts))
            item.setToolTip(tr('Labelled "{label}"; the map says "{found}" in {share} % of it.').format(**facts))
            item.setData(_ID_ROLE, one.feature_id)
            self.contradictions.addItem(item)
        row_px = max(_ROW_PX, self.contradictions.sizeHintForRow(0))
        self.contradictions.setFixedHeight(row_px * min(_MOST_ROWS, max(1, len(found))) + 6)
        self.contradictions.setVisible(bool(found))

    def show_no_contradictions(self, reason: str) -> None:
        """Says why nothing was compared."""
        self.contradictions.clear()
        self.contradictions.hide()
        self.contradictions_text.setText(reason)
        self.contradictions_text.show()

    def hide_contradictions(self) -> None:
        """Takes list and text away."""
        self.show_no_contradictions("")
        self.contradictions_text.hide()


def _tool(name: str, text: str, tip: str) -> QToolButton:
    """Returns a button with an icon only."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setAccessibleName(text)
    button.setToolTip(f"<b>{text}</b><br>{tip}")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
