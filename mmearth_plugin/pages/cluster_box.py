"""Part "Groups" of the page Explore: how many, and the list of those found, with colours and shares."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..messages import tr

_MOST = 60
_ROW_PX, _ROWS_SEEN = 24, 7


class ClusterBox(QWidget):
    """Says what the user wants; the list is of the result shown last."""

    run = pyqtSignal()
    renamed = pyqtSignal(int, str)  # value, new name
    class_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._groups: List[Dict[str, Any]] = []
        self._filling = False
        self.count_box = QSpinBox()
        self.count_box.setRange(0, _MOST)
        self.count_box.setSpecialValueText(tr("Suggested"))
        self.count_box.setToolTip(tr("How many groups; at the lowest value, as many as the data suggest."))
        self.button = QPushButton(tr("Find groups"))
        self.button.setToolTip(tr("Groups the pixels of the embedding by likeness, without labels."))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.table = QTableWidget(0, 2)
        self.table.setAccessibleName(tr("Groups"))
        self.table.setToolTip(tr("Double-click a name to change it."))
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.class_button = QPushButton(tr("Make this a class"))
        self.class_button.setToolTip(tr("Adds the chosen group in view to the label layer, as polygons of a class."))
        form = QFormLayout()
        form.addRow(tr("Number"), self.count_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        for widget in (self.button, self.state, self.table, self.class_button):
            layout.addWidget(widget)
        self.state.hide()
        self.table.hide()
        self.class_button.hide()
        self.button.clicked.connect(self.run)
        self.class_button.clicked.connect(self.class_wanted)
        self.table.itemChanged.connect(self._on_item)

    def show_groups(self, groups: Sequence[Dict[str, Any]], suggested: int) -> None:
        """Lists groups, each {"value", "name", "color", "pixels"}, and says how many the data suggest."""
        self._filling = True
        self._groups = [dict(group) for group in groups]
        total = sum(int(group["pixels"]) for group in groups) or 1
        self.table.setRowCount(len(groups))
        for row, group in enumerate(self._groups):
            name = QTableWidgetItem(_swatch(str(group["color"])), str(group["name"]))
            share = QTableWidgetItem(tr("{n} %").format(n=f"{100 * int(group['pixels']) / total:.1f}"))
            share.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            share.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, share)
        rows_px = [self.table.rowHeight(row) for row in range(min(len(groups), _ROWS_SEEN))]
        self.table.setFixedHeight(sum(rows_px) + 2 * self.table.frameWidth())
        self._filling = False
        if groups:
            self.table.selectRow(0)
        for widget in (self.table, self.class_button):
            widget.setVisible(bool(groups))
        self.show_state(tr("{n} groups; the data suggest {k}.").format(n=len(groups), k=suggested) if groups else "")

    def show_state(self, text: str) -> None:
        """Says what came, or what is wrong."""
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def group(self) -> Optional[Dict[str, Any]]:
        """Returns the chosen group under its present name."""
        rows = self.table.selectionModel().selectedRows()
        return self._groups[rows[0].row()] if rows else None

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != 0:
            return
        group, name = self._groups[item.row()], item.text().strip()
        if not name:
            item.setText(group["name"])
        elif name != group["name"]:
            group["name"] = name
            self.renamed.emit(int(group["value"]), name)


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(16, 16)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
