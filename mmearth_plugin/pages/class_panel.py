"""The class list of a label layer with all that can be done with it: the table, its buttons and its menus."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Optional, Sequence

from qgis.core import QgsFeatureRequest, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import QPoint, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from .. import icons, labels, settings
from ..classes import class_colors, class_edits, class_files, class_import
from ..classes.class_history import ClassHistory
from ..classes.class_survey import Found, features_of, survey
from ..labels import ClassEntry
from ..messages import InputError, tr
from .class_menu import class_menu, list_menu, removal_menu
from .class_table import ClassTable

_KEEP_MS = 1000


class ClassPanel(QWidget):
    """Changes the class list, the layer's style and, where that is asked for, features in its edit buffer."""

    activated_class = pyqtSignal(object)  # ClassEntry
    changed = pyqtSignal()  # requests say something else of the classes
    zoom = pyqtSignal(dict)  # a place, in the form of a problem of the backend

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._layer: Optional[QgsVectorLayer] = None
        self._field = ""
        self._is_kept = True  # the list, in the layer's own file
        self._found: Optional[Dict[Any, Found]] = None  # what the features say; None after they changed
        self.history = ClassHistory(self)
        self.table = ClassTable()
        self.add_button = QPushButton(icons.icon("class_add"), tr("Class"))
        self.add_button.setToolTip(tr("Add a class"))
        self.remove_button = _button("class_remove", tr("Remove the chosen class"))
        self.undo_button = _button("undo", tr("Undo the last change of the class list"))
        self.list_button = QToolButton()
        self.list_button.setText(tr("Scheme"))
        self.list_button.setToolTip(tr("Take the classes of a ready scheme or a file, or save them"))
        list_menu(self.list_button, self)
        self.notice = QLabel()  # what happened, or why it did not
        self.notice.setWordWrap(True)
        self.notice.hide()
        self._lay_out()
        self._keep_delay = QTimer(self)  # a file is not written with every colour that is tried
        self._keep_delay.setSingleShot(True)
        self._keep_delay.setInterval(_KEEP_MS)
        self._keep_delay.timeout.connect(self.keep)

        self.table.activated_class.connect(self._on_active)
        self.table.recolored.connect(self._on_recolored)
        self.table.renamed.connect(self._on_renamed)
        self.table.ignored.connect(self.ignore)
        self.table.reordered.connect(self._change_list)
        self.table.removal_wanted.connect(self._on_remove)
        self.table.menu_wanted.connect(self._on_menu)
        self.add_button.clicked.connect(lambda: self.add(""))
        self.remove_button.clicked.connect(self._on_remove)
        self.undo_button.clicked.connect(lambda: self.history.undo(self.classes()))
        self.history.restored.connect(self._on_restored)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for button in (self.add_button, self.remove_button, self.undo_button):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.list_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.table)
        self._column.addLayout(row)
        self._column.addWidget(self.notice)

    def set_layer(self, layer: Optional[QgsVectorLayer], field: str) -> None:
        """Takes another layer or class field; without a field there are no classes."""
        if layer is not self._layer:
            for signal in _changes(self._layer):
                signal.disconnect(self._on_features)
            for signal in _changes(layer):
                signal.connect(self._on_features)
            self._keep_delay.stop()
            self._is_kept = True
        if layer is not self._layer or field != self._field:
            self.history.set_layer(layer)
            self.tell("")
        self._layer, self._field, self._found = layer, field, None
        self.refresh()

    def keep(self, *_signal: Any) -> None:
        """Writes a class list that was changed into the layer's own file, now."""
        self._keep_delay.stop()
        if self._is_kept or self._layer is None:
            return
        self._is_kept = True
        labels.keep_classes(self._layer)

    def classes(self) -> List[ClassEntry]:
        """Returns the classes as layer and style have them now."""
        if self._layer is None or not self._field:
            return []
        if self._found is None:
            self._found = survey(self._layer, self._field)
        return labels.read_classes(self._layer, self._field, self._found)

    def recount(self) -> List[ClassEntry]:
        """Reads the classes again, and the features with them; returns the classes."""
        self._found = None
        return self.refresh()

    def refresh(self) -> List[ClassEntry]:
        """Reads the classes again; returns them."""
        classes = self.classes()
        self.table.show_classes(classes)
        usable = self._layer is not None and bool(self._field)
        self.add_button.setEnabled(usable)
        self.list_button.setEnabled(usable)
        self.remove_button.setEnabled(bool(classes))
        self.undo_button.setEnabled(self.history.can_undo)
        return classes

    def tell(self, text: str) -> None:
        """Shows a sentence below the list; an empty one goes away."""
        self.notice.setText(text)
        self.notice.setVisible(bool(text))

    def merge(self, entry: ClassEntry, target: ClassEntry) -> None:
        """Gives the polygons of a class to another, and takes the class off the list."""
        before = self.classes()
        after = [other for other in before if other.value != entry.value]
        if self._edit(lambda: class_edits.merge(self._layer, self._field, entry, target), before, after):
            self.table.choose(target.value)

    def split(self, entry: ClassEntry) -> None:
        """Makes a new class of the selected polygons of a class."""
        before = self.classes()
        new = labels.new_class(before, self._layer, self._field)
        at = 1 + next(i for i, other in enumerate(before) if other.value == entry.value)
        after = [*before[:at], new, *before[at:]]
        if self._edit(lambda: class_edits.split(self._layer, self._field, entry, new), before, after):
            self.table.choose(new.value)

    def remove_with_polygons(self, entry: ClassEntry) -> None:
        """Deletes a class and its polygons."""
        before = self.classes()
        after = [other for other in before if other.value != entry.value]
        self._edit(lambda: class_edits.delete(self._layer, self._field, entry), before, after)

    def remove(self, entry: ClassEntry) -> None:
        """Takes a class without polygons off the list."""
        self._change_list([other for other in self.classes() if other.value != entry.value])
        self.tell(tr('Class "{name}" is removed. The arrow above brings it back.').format(name=entry.name))

    def ignore(self, entry: ClassEntry, ignored: bool) -> None:
        """Leaves a class out of training and map, or takes it in again."""
        labels.set_ignored(self._layer, entry.value, ignored)
        self.refresh()
        self.changed.emit()

    def select_polygons(self, entry: ClassEntry) -> None:
        """Selects the polygons of a class on the map."""
        self._layer.selectByIds(features_of(self._layer, self._field, entry.value))

    def zoom_to_polygons(self, entry: ClassEntry) -> None:
        """Says where the polygons of a class lie."""
        ids = features_of(self._layer, self._field, entry.value)
        place = QgsRectangle()
        place.setMinimal()
        for feature in self._layer.getFeatures(QgsFeatureRequest(ids).setNoAttributes()):
            if not feature.geometry().isEmpty():
                place.combineExtentWith(feature.geometry().boundingBox())
        if place.isFinite() and not place.isNull():
            bounds = [place.xMinimum(), place.yMinimum(), place.xMaximum(), place.yMaximum()]
            crs = self._layer.crs().authid() or self._layer.crs().toWkt()
            self.zoom.emit({"kind": "class", "message": entry.name, "features": ids, "bounds": bounds, "crs": crs})

    def import_file(self, path: str) -> None:
        """Brings the classes of a file into the list; polygons keep their values."""
        try:
            listed = class_files.read(path)
        except InputError as error:
            self.tell(str(error))
            return
        before = self.classes()
        found = class_import.bring_in(before, listed, labels.is_numeric(self._layer, self._field))
        if self._rename_features(before, found.classes):
            self.tell(found.sentence)

    def export_file(self, path: str, kind: str) -> None:
        """Writes the class list to a file, as one of the kinds of `class_files`."""
        try:
            if kind == class_files.QML:
                self._write(self.classes())
                class_files.write_qml(path, self._layer)
            else:
                class_files.write_csv(path, self.classes(), kind)
            self.tell(tr('The classes are saved in "{path}".').format(path=path))
        except InputError as error:
            self.tell(str(error))

    def ask_import(self) -> None:
        """Asks for a file and imports it."""
        kinds = tr("Class lists (*.csv *.txt *.qml);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self, tr("Import classes"), settings.output_folder(), kinds)
        if path:
            self.import_file(path)

    def ask_export(self, kind: str) -> None:
        """Asks where to, and exports."""
        suffix = "qml" if kind == class_files.QML else "csv"
        kinds = tr("QML styles (*.qml)") if kind == class_files.QML else tr("Tables (*.csv)")
        path, _ = QFileDialog.getSaveFileName(self, tr("Export classes"), settings.output_folder(), kinds)
        if path:
            self.export_file(path if path.lower().endswith(f".{suffix}") else f"{path}.{suffix}", kind)

    def _on_features(self, *_signal: Any) -> None:
        self._found = None

    def _on_active(self, entry: ClassEntry) -> None:
        if self._layer is not None and self._field:
            labels.set_active_class(self._layer, self._field, entry)
            self.activated_class.emit(entry)

    def _on_recolored(self, entry: ClassEntry) -> None:
        self._change_list([entry if other.value == entry.value else other for other in self.classes()])

    def _on_renamed(self, entry: ClassEntry, name: str) -> None:
        before = self.classes()
        if any(other.name == name and other.value != entry.value for other in before):
            text = tr('There is a class "{name}" already. Choose another name, or merge the two (right-click).')
            self.tell(text.format(name=name))
            self.refresh()
            return
        new = replace(entry, name=name)
        if isinstance(entry.value, str) and not entry.polygons and all(other.value != name for other in before):
            new = replace(new, value=name)  # so that polygons will hold the name that the user sees
        after = [new if other.value == entry.value else other for other in before]
        if self._rename_features(before, after):
            self.table.choose(new.value)

    def add(self, name: str) -> ClassEntry:
        """Makes a class the active one, and a new one where there is none of this name; an empty name is made up."""
        classes = self.classes()
        entry = next((one for one in classes if one.name == name), None)
        if entry is None:
            entry = labels.new_class(classes, self._layer, self._field, name)
            self._change_list([*classes, entry])
        self.table.choose(entry.value)
        return entry

    def _on_remove(self) -> None:
        entry = self.table.active()
        if entry is None:
            return
        if not entry.polygons:
            self.remove(entry)
            return
        text = tr('Class "{name}" has {n} polygons. Merge it into another class, or remove it with its polygons.')
        self.tell(text.format(name=entry.name, n=entry.polygons))
        menu = removal_menu(self, entry, self.classes(), self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.remove_button.mapToGlobal(QPoint(0, self.remove_button.height())))

    def _on_menu(self, entry: ClassEntry, place: QPoint) -> None:
        menu = class_menu(self, entry, self.table.classes(), self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _on_restored(self, classes: List[ClassEntry]) -> None:
        self._found = None
        self._write(classes)
        self.tell("")

    def _rename_features(self, before: Sequence[ClassEntry], after: Sequence[ClassEntry]) -> bool:
        """Writes a list in which classes have other names; returns whether that worked."""
        old = {entry.value: entry.name for entry in before}
        names: Dict[Any, str] = {e.value: e.name for e in after if e.polygons and old.get(e.value) != e.name}
        return self._edit(lambda: class_edits.rename(self._layer, self._field, names), before, after)

    def _edit(self, edit: Callable[[], int], before: Sequence[ClassEntry], after: Sequence[ClassEntry]) -> bool:
        """Changes features and writes the list that belongs to them; returns whether that worked."""
        self.tell("")
        try:
            count = edit()
        except InputError as error:
            self.refresh()
            self.tell(str(error))
            return False
        self._found = None if count else self._found
        if count:
            self.history.remember_edit(before, after)
        else:
            self.history.remember_list(before)
        self._write(after)
        return True

    def _change_list(self, classes: Sequence[ClassEntry]) -> None:
        self.tell("")
        self.history.remember_list(self.classes())
        self._write(classes)

    def _write(self, classes: Sequence[ClassEntry]) -> None:
        """Makes a list the layer's style, and carries names and colours over to the results on the map."""
        shown = {entry.value: entry for entry in self.table.classes()}
        labels.show_classes(self._layer, self._field, classes)
        self._is_kept = False
        self._keep_delay.start()
        for entry in classes:
            old = shown.get(entry.value, entry)
            if (old.name, old.color) != (entry.name, entry.color):
                class_colors.carry_over(old, entry)
        self.refresh()
        self.changed.emit()


def _changes(layer: Optional[QgsVectorLayer]) -> List[Any]:
    """Returns the signals of a layer after which its features may say something else."""
    if layer is None:
        return []
    return [layer.layerModified, layer.editingStopped, layer.subsetStringChanged, layer.dataChanged]


def _button(name: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icons.icon(name))
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button
