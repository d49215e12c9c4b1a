"""The editable class list: colour, name and number of polygons of each class; the chosen row is the active class."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import List, Optional

from qgis.gui import QgsColorButton
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ..labels import ClassEntry
from ..messages import tr

_COLOR, _NAME, _POLYGONS = range(3)


class ClassTable(QTableWidget):
    """Shows class entries; changes nothing itself but says what the user wants."""

    activated_class = pyqtSignal(object)  # ClassEntry
    recolored = pyqtSignal(object)  # ClassEntry with its new colour
    renamed = pyqtSignal(object, str)  # ClassEntry, new name
    ignored = pyqtSignal(object, bool)  # ClassEntry, whether it is left out

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(0, 3, parent)
        self._classes: List[ClassEntry] = []
        self._filling = False
        self.setHorizontalHeaderLabels(["", tr("Class"), tr("Polygons")])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        header = self.horizontalHeader()
        header.setSectionResizeMode(_COLOR, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_POLYGONS, QHeaderView.ResizeMode.ResizeToContents)
        self.setColumnWidth(_COLOR, 44)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMinimumHeight(150)
        self.setToolTip(
            tr(
                "The chosen class is given to the polygons you draw. Double-click a name to change it. "
                "The polygons of a class without a tick are ignored."
            )
        )
        self.itemChanged.connect(self._on_item)
        self.itemSelectionChanged.connect(self._on_selection)

    def active(self) -> Optional[ClassEntry]:
        """Returns the chosen class."""
        rows = self.selectionModel().selectedRows()
        return self._classes[rows[0].row()] if rows else None

    def choose(self, value: object) -> None:
        """Makes the class with this value the active one."""
        for row, entry in enumerate(self._classes):
            if entry.value == value:
                self.selectRow(row)

    def show_classes(self, classes: List[ClassEntry]) -> None:
        """Shows the list, keeping the active class."""
        active = self.active()
        self._filling = True
        self._classes = list(classes)
        self.setRowCount(len(classes))
        for row, entry in enumerate(classes):
            self._color_button(row).setColor(QColor(entry.color))
            name = self._item(row, _NAME)
            name.setText(entry.name)
            name.setCheckState(Qt.CheckState.Unchecked if entry.ignored else Qt.CheckState.Checked)
            font = name.font()
            font.setStrikeOut(entry.ignored)
            name.setFont(font)
            self._item(row, _POLYGONS).setText(str(entry.polygons))
        self.clearSelection()
        self._filling = False
        if classes:
            kept = [entry.value for entry in classes if active is not None and entry.value == active.value]
            self.choose(kept[0] if kept else classes[0].value)

    def _color_button(self, row: int) -> QgsColorButton:
        button = self.cellWidget(row, _COLOR)
        if button is None:
            button = QgsColorButton()
            button.setShowMenu(False)
            button.setFixedSize(43, 25)
            button.colorChanged.connect(partial(self._on_color, row))
            self.setCellWidget(row, _COLOR, button)
        return button

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column == _POLYGONS:
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.setItem(row, column, item)
        return item

    def _on_color(self, row: int, color: QColor) -> None:
        if not self._filling:
            self.recolored.emit(replace(self._classes[row], color=color.name()))

    def _on_item(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != _NAME:
            return
        entry, name = self._classes[item.row()], item.text().strip()
        ignored = item.checkState() == Qt.CheckState.Unchecked
        if ignored != entry.ignored:
            self.ignored.emit(entry, ignored)
        elif name and name != entry.name:
            self.renamed.emit(entry, name)
        elif not name:
            item.setText(entry.name)

    def _on_selection(self) -> None:
        entry = self.active()
        if entry is not None and not self._filling:
            self.activated_class.emit(entry)
