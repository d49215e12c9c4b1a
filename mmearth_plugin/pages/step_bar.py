"""The head of the dock: five steps with their states, and the pages beside them."""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap, QPolygonF
from qgis.PyQt.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..icons import icon
from ..messages import tr
from ..steps import DONE, OUT_OF_DATE, PROBLEM, READY, RUNNING, STEPS, WAITING, StepState, step_names

# Readable on light and dark: at least 3 : 1 against white and against #2b2b2b.
_COLORS = {
    WAITING: "#8a8f98",
    READY: "#1c7ed6",
    RUNNING: "#1c7ed6",
    OUT_OF_DATE: "#c77700",
    DONE: "#2f9e44",
    PROBLEM: "#e03131",
}
_BADGE_PX, _SCALE = 22, 3  # drawn larger, for screens with several pixels a point


class StepBar(QWidget):
    """Says `chosen` with the key of the page that the user wants to see."""

    chosen = pyqtSignal(str)
    help_wanted = pyqtSignal()

    def __init__(self, pages: Sequence[Tuple[str, str]], menu: QMenu, parent: Optional[QWidget] = None) -> None:
        """Makes the bar.

        Args:
            pages: (key, name) of the pages that are no steps.
            menu: What else the dock offers.
            parent: Qt's.
        """
        super().__init__(parent)
        self.buttons: Dict[str, QToolButton] = {}
        self._states: Dict[str, StepState] = {}
        self._group = QButtonGroup(self)
        steps, others = QHBoxLayout(), QHBoxLayout()
        for row in (steps, others):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(1)
        for key, name in step_names().items():
            button = self._add(key, name, steps)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(_BADGE_PX, _BADGE_PX))
        for key, name in pages:
            self._add(key, name, others)
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setToolTip(tr("More: sample project, settings, help"))
        self.menu_button.setAccessibleName(tr("More"))
        self.menu_button.setAutoRaise(True)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.menu_button.setMenu(menu)
        self.help_button = QToolButton()
        self.help_button.setIcon(icon("help"))
        self.help_button.setToolTip(tr("Opens the page of the tutorial about this step in the browser."))
        self.help_button.setAccessibleName(tr("Help"))
        self.help_button.setAutoRaise(True)
        self.help_button.clicked.connect(self.help_wanted)
        others.addWidget(self.help_button)
        others.addWidget(self.menu_button)
        self.state_label = QLabel()
        self.state_label.setWordWrap(True)
        self.state_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 3, 4, 3)
        layout.setSpacing(2)
        layout.addLayout(steps)
        layout.addLayout(others)
        layout.addWidget(self.state_label)
        self._group.buttonClicked.connect(lambda button: self.chosen.emit(button.objectName()))
        self.show_states({step: StepState(WAITING, "") for step in STEPS})

    def _add(self, key: str, name: str, row: QHBoxLayout) -> QToolButton:
        button = QToolButton()
        button.setObjectName(key)
        button.setText(name)
        button.setAccessibleName(name)
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(44)
        self._group.addButton(button)
        self.buttons[key] = button
        row.addWidget(button, 1)
        return button

    def set_current(self, key: str) -> None:
        """Marks the page that is shown; one that only the menu leads to has no mark."""
        self._group.setExclusive(False)
        for name, button in self.buttons.items():
            button.setChecked(name == key)
        self._group.setExclusive(True)
        self._show_text()

    def show_states(self, states: Dict[str, StepState]) -> None:
        """Shows how far the steps are."""
        names, words = step_names(), _state_words()
        for number, step in enumerate(STEPS, 1):
            found, known = states[step], self._states.get(step)
            if known is None or known.state != found.state:
                self.buttons[step].setIcon(_badge(number, found.state))
            said = f"{names[step]}: {words[found.state]}"
            self.buttons[step].setAccessibleName(said)
            self.buttons[step].setToolTip(f"{said}. {found.text}" if found.text else said)
        self._states = dict(states)
        self._show_text()

    def state(self, step: str) -> StepState:
        """Returns how far a step is."""
        return self._states[step]

    def _show_text(self) -> None:
        button = self._group.checkedButton()
        found = None if button is None else self._states.get(button.objectName())
        self.state_label.setVisible(found is not None and bool(found.text))
        if found is not None:
            color = f"color: {_COLORS[found.state]};" if found.state in (OUT_OF_DATE, PROBLEM) else ""
            self.state_label.setStyleSheet(f"QLabel {{ {color} padding: 1px 2px; }}")
            self.state_label.setText(found.text)


def _state_words() -> Dict[str, str]:
    return {
        WAITING: tr("not yet possible"),
        READY: tr("ready"),
        RUNNING: tr("running"),
        OUT_OF_DATE: tr("out of date"),
        DONE: tr("done"),
        PROBLEM: tr("problem"),
    }


def _badge(number: int, state: str) -> QIcon:
    """Returns a disc that tells a state by colour and by shape: a ring, a filled disc, a tick, dots, an exclamation."""
    side = _BADGE_PX * _SCALE
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    color, disc = QColor(_COLORS[state]), QRectF(2, 2, _BADGE_PX - 4, _BADGE_PX - 4)
    filled = state in (RUNNING, DONE, OUT_OF_DATE, PROBLEM)
    painter.setPen(QPen(color, 1.6))
    painter.setBrush(color if filled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(disc)
    ink = QColor("white") if filled else color
    painter.setPen(QPen(ink, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    if state == DONE:
        painter.drawPolyline(QPolygonF([QPointF(7, 11.5), QPointF(10, 14.5), QPointF(15.5, 8)]))
    elif state == RUNNING:
        painter.setBrush(ink)
        for x in (7.0, 11.0, 15.0):
            painter.drawEllipse(QPointF(x, 11), 0.6, 0.6)
    else:
        font = QFont(QApplication.font())
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, "!" if state in (OUT_OF_DATE, PROBLEM) else str(number))
    painter.end()
    return QIcon(pixmap)
