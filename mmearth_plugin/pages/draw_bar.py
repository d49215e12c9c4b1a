"""The row of drawing tools below the class list, with what the brush and smart select can be told."""

from __future__ import annotations

from functools import partial
from typing import Optional

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..icons import icon
from ..messages import tr

RECTANGLE, POLYGON, FREEHAND, POINT, SMART_SELECT = "rectangle", "polygon", "freehand", "point", "smart_select"
UNDO, REDO, SAVE = "undo", "redo", "save"
_ICON_PX = 20
_LARGEST_BRUSH_PX = 99
_SLIDER_STEPS, _FIRST_STEP, _NOTCH_STEPS = 100, 20, 2


class DrawBar(QWidget):
    """Says what the user wants; knows neither map nor layer."""

    chosen = pyqtSignal(str)  # a tool
    undo = pyqtSignal()
    redo = pyqtSignal()
    save = pyqtSignal()
    brush_changed = pyqtSignal(int)  # side in pixels of the scene
    tolerance_changed = pyqtSignal(float)  # from 0 to 1
    accept = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.tools = {
            POLYGON: _button(POLYGON, tr("Polygon"), tr("Click the corners, end with a right click.")),
            RECTANGLE: _button(RECTANGLE, tr("Rectangle"), tr("Drag from corner to corner, or click both.")),
            FREEHAND: _button(FREEHAND, tr("Freehand"), tr("Draw the outline with the mouse button held down.")),
            POINT: _button(POINT, tr("Point"), tr("Click single pixels of the scene, or paint with a brush of some.")),
            SMART_SELECT: _button(
                SMART_SELECT, tr("Smart select"), tr("One click finds the area around that looks alike.")
            ),
        }
        self.edits = {
            UNDO: _button(UNDO, tr("Undo"), tr("Takes back the last edit of the labels (Ctrl+Z on the map).")),
            REDO: _button(REDO, tr("Redo"), tr("Does it again (Ctrl+Shift+Z on the map).")),
            SAVE: _button(SAVE, tr("Save edits"), tr("Writes the edits to the file; you can go on drawing.")),
        }
        self.brush_box = QSpinBox()
        self.brush_box.setRange(1, _LARGEST_BRUSH_PX)
        self.brush_box.setSuffix(tr(" px"))
        self.brush_box.setAccessibleName(tr("Size of the brush"))
        self.brush_box.setToolTip(tr("Side of the square that a click makes, in pixels of the scene."))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _SLIDER_STEPS)
        self.slider.setValue(_FIRST_STEP)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName(tr("How far the area grows"))
        self.slider.setToolTip(tr("How far the area grows; also Ctrl and the mouse wheel over the map."))
        self.accept_button = QPushButton(icon("accept"), tr("Accept"))
        self.accept_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.accept_button.setToolTip(tr("Makes it a polygon of the chosen class (Enter, or a double click)."))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self._lay_out()

        for name, button in self.tools.items():
            button.setCheckable(True)
            button.clicked.connect(partial(self._on_tool, name))
        for name, signal in ((UNDO, self.undo), (REDO, self.redo), (SAVE, self.save)):
            self.edits[name].clicked.connect(signal)
        self.brush_box.valueChanged.connect(self.brush_changed)
        self.slider.valueChanged.connect(lambda _step: self.tolerance_changed.emit(self.tolerance()))
        self.accept_button.clicked.connect(self.accept)
        self.show_edits(False, False, False)
        self.show_options("")
        self.show_acceptable(False)
        self.show_note("")

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        for widget in (*self.tools.values(), line, *self.edits.values()):
            row.addWidget(widget)
        row.addStretch()
        self._options = {
            POINT: _row(QLabel(tr("Size")), self.brush_box),
            SMART_SELECT: _row(QLabel(tr("How far")), self.slider, self.accept_button),
        }
        self._options[SMART_SELECT].layout().setStretchFactor(self.slider, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        for options in self._options.values():
            layout.addWidget(options)
        layout.addWidget(self.note)

    def tolerance(self) -> float:
        """Returns how far the area grows, from 0 to 1."""
        return self.slider.value() / _SLIDER_STEPS

    def turn(self, notches: int) -> None:
        """Moves the slider as a mouse wheel does."""
        self.slider.setValue(self.slider.value() + notches * _NOTCH_STEPS)

    def show_tool(self, name: str) -> None:
        """Marks the tool that is on the map; an empty name marks none."""
        for other, button in self.tools.items():
            button.setChecked(other == name)

    def show_options(self, name: str) -> None:
        """Shows what a tool can be told."""
        for other, options in self._options.items():
            options.setVisible(other == name)

    def show_edits(self, can_undo: bool, can_redo: bool, can_save: bool) -> None:
        """Opens and closes the buttons of the edits."""
        for name, possible in ((UNDO, can_undo), (REDO, can_redo), (SAVE, can_save)):
            self.edits[name].setEnabled(possible)

    def show_acceptable(self, possible: bool) -> None:
        """Opens and closes the button that takes the region."""
        self.accept_button.setEnabled(possible)

    def show_note(self, text: str, problem: bool = False) -> None:
        """Says what happened or what to do; an empty text takes it away."""
        self.note.setStyleSheet("QLabel { color: #e03131; }" if problem else "")
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _on_tool(self, name: str, checked: bool) -> None:
        self.tools[name].setChecked(not checked)  # until the map says which tool it has
        self.chosen.emit(name)


def _button(name: str, text: str, what: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setAutoRaise(True)
    button.setAccessibleName(text)
    button.setToolTip(f"<b>{text}</b><br>{what}")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the map
    return button


def _row(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return holder
