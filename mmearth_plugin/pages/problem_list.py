"""What is wrong with label polygons, one line each; the user looks at one after the other on the map."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractScrollArea,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..messages import tr

_PROBLEM_ROLE = Qt.ItemDataRole.UserRole
_MOST_HEIGHT_PX = 120


class ProblemList(QWidget):
    """Hidden while there is nothing to look at."""

    zoom = pyqtSignal(dict)  # a problem, as the backend lists them

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.heading = QLabel()
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setAlternatingRowColors(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self.list.setMaximumHeight(_MOST_HEIGHT_PX)
        self.list.setToolTip(tr("Double-click a line to see the place on the map."))
        self.zoom_button = QPushButton(tr("Zoom to"))
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.zoom_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.list)
        self.list.itemDoubleClicked.connect(self._on_item)
        self.list.currentItemChanged.connect(self._on_current)
        self.zoom_button.clicked.connect(lambda: self._on_item(self.list.currentItem()))
        self.show_problems([])

    def problems(self) -> List[Dict[str, Any]]:
        """Returns what is listed."""
        return [self.list.item(row).data(_PROBLEM_ROLE) for row in range(self.list.count())]

    def show_problems(self, problems: Sequence[Dict[str, Any]]) -> None:
        """Lists problems; the same ones again leave the list as the user has it."""
        if list(problems) == self.problems() and problems:
            return
        self.list.clear()
        for problem in problems:
            item = QListWidgetItem(str(problem["message"]))
            item.setData(_PROBLEM_ROLE, dict(problem))
            self.list.addItem(item)
        count = len(problems)
        self.heading.setText(tr("One thing to look at") if count == 1 else tr("{n} things to look at").format(n=count))
        self._on_current()
        self.setVisible(bool(problems))

    def _on_current(self, *_items: Any) -> None:
        self.zoom_button.setEnabled(self.list.currentItem() is not None)

    def _on_item(self, item: Optional[QListWidgetItem]) -> None:
        if item is not None:
            self.zoom.emit(item.data(_PROBLEM_ROLE))
