"""The editable class list: colour, name, polygons, pixels, score; the chosen row is the active class."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Dict, List, Optional

from qgis.gui import QgsColorButton
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ..labels import ClassEntry
from ..messages import tr

_COLOR, _NAME, _POLYGONS, _PIXELS, _SCORE = range(5)
_HOTKEYS = "1234567890"
_ROW_PX, _FEWEST_ROWS, _MOST_ROWS = 26, 4, 12


class ClassTable(QTableWidget):
    """Shows class entries; changes nothing itself but says what the user wants.

    The first ten classes have the keys 1 to 9 and 0, shown at the left; rows are dragged there to another place.
    """

    activated_class = pyqtSignal(object)  # ClassEntry
    recolored = pyqtSignal(object)  # ClassEntry with its new colour
    renamed = pyqtSignal(object, str)  # ClassEntry, new name
    ignored = pyqtSignal(object, bool)  # ClassEntry, whether it is left out
    reordered = pyqtSignal(list)  # of ClassEntry
    removal_wanted = pyqtSignal()  # of the active class
    menu_wanted = pyqtSignal(object, QPoint)  # ClassEntry, place on the screen

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(0, 5, parent)
        self._classes: List[ClassEntry] = []
        self._scores: Dict[Any, float] = {}
        self._pixel_area_m2: Optional[float] = None
        self._filling = False
        self.setHorizontalHeaderLabels(["", tr("Class"), tr("Poly."), tr("Px"), tr("F1")])  # a dock may be narrow
        self.horizontalHeaderItem(_POLYGONS).setToolTip(tr("How many polygons it has"))
        self.horizontalHeaderItem(_PIXELS).setToolTip(tr("How many pixels its polygons cover, roughly"))
        self.horizontalHeaderItem(_SCORE).setToolTip(tr("F1 on held-out polygons after the last training"))
        self._lay_out()
        self.setAccessibleName(tr("Classes"))
        self.setToolTip(
            tr(
                "The chosen class is given to the polygons you draw: click it, or press its number. "
                "Double-click a name to change it, drag its number to move it, right-click it for more. "
                "The polygons of a class without a tick are ignored."
            )
        )
        self.itemChanged.connect(self._on_item)
        self.itemSelectionChanged.connect(self._on_selection)
        self.verticalHeader().sectionMoved.connect(self._on_moved)
        self.customContextMenuRequested.connect(self._on_menu)
        self.show_classes([])

    def _lay_out(self) -> None:
        rows, header = self.verticalHeader(), self.horizontalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW_PX)
        rows.setMinimumWidth(20)
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        rows.setSectionsMovable(True)
        rows.setHighlightSections(False)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_COLOR, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(_COLOR, 30)
        font = header.font()
        font.setPointSizeF(0.85 * font.pointSizeF())
        header.setFont(font)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # Typing must not begin to rename: digits choose a class.
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def classes(self) -> List[ClassEntry]:
        """Returns what is shown."""
        return list(self._classes)

    def active(self) -> Optional[ClassEntry]:
        """Returns the chosen class."""
        rows = self.selectionModel().selectedRows()
        return self._classes[rows[0].row()] if rows else None

    def choose(self, value: object) -> None:
        """Makes the class with this value the active one."""
        for row, entry in enumerate(self._classes):
            if entry.value == value:
                self.selectRow(row)

    def choose_number(self, digit: str) -> bool:
        """Makes the class with a hotkey, "1" to "9" or "0", the active one; returns whether there is such a class."""
        row = _HOTKEYS.find(digit) if len(digit) == 1 else -1
        if not 0 <= row < len(self._classes):
            return False
        self.selectRow(row)
        return True

    def set_pixel_area(self, area_m2: Optional[float]) -> None:
        """Takes the size of a pixel, from which pixels are estimated; None hides them."""
        self._pixel_area_m2 = area_m2
        self.show_classes(self._classes)

    def show_scores(self, scores: Dict[Any, float]) -> None:
        """Shows the F1 of classes, by value; none hides the column."""
        if scores == self._scores:
            return
        self._scores = dict(scores)
        self.show_classes(self._classes)

    def rename(self, value: object) -> None:
        """Opens the name of a class for editing."""
        self.choose(value)
        self.editItem(self.item(self.currentRow(), _NAME))

    def choose_color(self, value: object) -> None:
        """Asks for the colour of a class."""
        self.choose(value)
        self.cellWidget(self.currentRow(), _COLOR).click()

    def show_classes(self, classes: List[ClassEntry]) -> None:
        """Shows the list, keeping the active class."""
        active = self.active()
        self._filling = True
        self._classes = list(classes)
        self.setRowCount(len(classes))
        for row, entry in enumerate(classes):
            self.setVerticalHeaderItem(row, QTableWidgetItem(_HOTKEYS[row] if row < len(_HOTKEYS) else "·"))
            self._show_row(row, entry)
        self.setColumnHidden(_PIXELS, not self._pixel_area_m2)
        self.setColumnHidden(_SCORE, not self._scores)
        shown = min(max(len(classes), _FEWEST_ROWS), _MOST_ROWS)
        self.setFixedHeight(shown * _ROW_PX + self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth())
        self.clearSelection()
        self._filling = False
        if classes:
            kept = [entry.value for entry in classes if active is not None and entry.value == active.value]
            self.choose(kept[0] if kept else classes[0].value)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Digits choose a class; Delete removes the active one."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and self.choose_number(event.text()):
            return
        if event.key() == Qt.Key.Key_Delete and self.active() is not None:
            self.removal_wanted.emit()
            return
        super().keyPressEvent(event)

    def _show_row(self, row: int, entry: ClassEntry) -> None:
        button = self._color_button(row)
        button.setColor(QColor(entry.color))
        button.setAccessibleName(tr('Colour of class "{name}"').format(name=entry.name))
        name = self._item(row, _NAME)
        name.setText(entry.name)
        name.setToolTip(tr("{name} (value {value})").format(name=entry.name, value=entry.value))
        name.setCheckState(Qt.CheckState.Unchecked if entry.ignored else Qt.CheckState.Checked)
        font = name.font()
        font.setStrikeOut(entry.ignored)
        name.setFont(font)
        self._item(row, _POLYGONS).setText(str(entry.polygons))
        self._item(row, _PIXELS).setText(self._pixels(entry))
        score = self._scores.get(entry.value)
        self._item(row, _SCORE).setText("–" if score is None else f"{score:.2f}")

    def _pixels(self, entry: ClassEntry) -> str:
        if not self._pixel_area_m2:
            return ""
        count = entry.area_m2 / self._pixel_area_m2 or entry.polygons  # a point is a pixel
        if count < 1e3:
            return str(round(count))
        return f"{count / 1e3:.3g} k" if count < 999_500 else f"{count / 1e6:.3g} M"

    def _color_button(self, row: int) -> QgsColorButton:
        button = self.cellWidget(row, _COLOR)
        if button is None:
            button = QgsColorButton()
            button.setShowMenu(False)
            button.setFixedSize(29, _ROW_PX - 1)
            button.colorChanged.connect(partial(self._on_color, row))
            self.setCellWidget(row, _COLOR, button)
        return button

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            if column != _NAME:
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

    def _on_moved(self, _logical: int, old: int, new: int) -> None:
        """Moves the class instead of the row, whose widgets stay in their order."""
        header = self.verticalHeader()
        header.blockSignals(True)
        header.moveSection(new, old)
        header.blockSignals(False)
        self.move_class(old, new)

    def move_class(self, row: int, target: int) -> None:
        """Says the order of classes after one has moved to another row."""
        classes = list(self._classes)
        if 0 <= row < len(classes) and 0 <= target < len(classes) and row != target:
            classes.insert(target, classes.pop(row))
            self.reordered.emit(classes)

    def _on_menu(self, place: QPoint) -> None:
        index = self.indexAt(place)
        row = index.row() if index.isValid() else self.currentRow()
        if 0 <= row < len(self._classes):
            self.selectRow(row)
            self.menu_wanted.emit(self._classes[row], self.viewport().mapToGlobal(place))
