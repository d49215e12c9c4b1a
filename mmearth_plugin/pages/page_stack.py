"""The body of the dock: one page at a time, each in a scroll area of its own."""

from __future__ import annotations

from typing import Dict, Optional

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget


class PageStack(QStackedWidget):
    """Says `shown` with the key of the page that came to the front."""

    shown = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._areas: Dict[str, QScrollArea] = {}
        self.currentChanged.connect(lambda _index: self.shown.emit(self.current()))

    def add(self, key: str, *widgets: QWidget) -> None:
        """Adds a page of widgets, one below the other."""
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 4, 6, 6)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        self._areas[key] = area
        self.addWidget(area)

    def current(self) -> str:
        """Returns the key of the page in front."""
        return next((key for key, area in self._areas.items() if area is self.currentWidget()), "")

    def content(self, key: str) -> QWidget:
        """Returns what a page holds."""
        return self._areas[key].widget()

    def show_page(self, key: str) -> None:
        """Brings a page to the front."""
        self.setCurrentWidget(self._areas[key])

    def reveal(self, widget: QWidget) -> None:
        """Brings the page of a widget to the front, opens the groups that it lies in, and scrolls to it."""
        for key, area in self._areas.items():
            if area.widget().isAncestorOf(widget):
                self.show_page(key)
                for group in area.findChildren(QgsCollapsibleGroupBox):
                    if group.isAncestorOf(widget):
                        group.setCollapsed(False)
                area.ensureWidgetVisible(widget)
