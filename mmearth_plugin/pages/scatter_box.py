"""Part "Scatter plot" of the page Explore: what is drawn, the plot, and what its menu offers."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QPoint, QSize, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..icons import icon
from ..messages import tr
from .layout import choices
from .scatter_plot import ScatterPlot

COMPONENTS, CLASSES = "components", "classes"  # as `protocol.SCATTER_AXES`


class ScatterBox(QWidget):
    """Says what the user wants of the plot."""

    draw = pyqtSignal()
    pick_toggled = pyqtSignal(bool)
    zoom_wanted = pyqtSignal()
    class_wanted = pyqtSignal()
    picture_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.axes_box = choices((COMPONENTS, tr("Principal components")), (CLASSES, tr("What tells classes apart")))
        self.axes_box.setToolTip(tr("Classes need a label layer with polygons of two classes, in step Label."))
        self.button = QPushButton(tr("Draw points of what is in view"))
        self.plot = ScatterPlot()
        self.lasso_button = _tool("lasso", tr("Choose points with a lasso (or hold Shift)"))
        self.all_button = _tool("zoom_all", tr("Show all points (0)"))
        self.pick_button = _tool("pick", tr("Click the map to find a place in the plot"))
        self.menu_button = _tool("more", tr("Zoom to the chosen points, make them a class, save the plot"))
        for button in (self.lasso_button, self.pick_button):
            button.setCheckable(True)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.menu = QMenu(self)
        self.zoom_action = self.menu.addAction(tr("Zoom to"), self.zoom_wanted.emit)
        self.class_action = self.menu.addAction(tr("Make this a class"), self.class_wanted.emit)
        self.menu.addSeparator()
        self.picture_action = self.menu.addAction(tr("Save as picture…"), self.picture_wanted.emit)
        form = QFormLayout()
        form.addRow(tr("Axes"), self.axes_box)
        buttons = QHBoxLayout()
        for tool in (self.lasso_button, self.all_button, self.pick_button):
            buttons.addWidget(tool)
        buttons.addStretch()
        buttons.addWidget(self.menu_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.button)
        layout.addLayout(buttons)
        layout.addWidget(self.plot)
        layout.addWidget(self.state)
        self.button.clicked.connect(self.draw)
        self.axes_box.activated.connect(lambda _index: self.draw.emit())
        self.lasso_button.toggled.connect(self._on_lasso)
        self.all_button.clicked.connect(self.plot.show_all)
        self.pick_button.toggled.connect(self.pick_toggled)
        self.menu_button.clicked.connect(
            lambda: self._open_menu(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))
        )
        self.plot.menu_wanted.connect(self._open_menu)
        self.plot.chosen.connect(self._on_chosen)
        self._on_chosen([])

    def axes(self) -> str:
        """Returns the chosen axes."""
        return str(self.axes_box.currentData())

    def show_state(self, text: str) -> None:
        """Says what is shown or chosen, or what is wrong."""
        self.state.setText(text)

    def end_picking(self) -> None:
        """Another tool has the canvas."""
        self.pick_button.setChecked(False)

    def _on_lasso(self, on: bool) -> None:
        self.plot.lasso_mode = on

    def _on_chosen(self, numbers: list) -> None:
        for action in (self.zoom_action, self.class_action):
            action.setEnabled(bool(numbers))

    def _open_menu(self, place: QPoint) -> None:
        self.menu.popup(place)


def _tool(name: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setAutoRaise(True)
    return button
