"""The menus of the class list: what can be done with a class, and where a class list comes from and goes to."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Sequence

from qgis.PyQt.QtWidgets import QMenu, QToolButton, QWidget

from ..classes import class_files
from ..labels import ClassEntry
from ..messages import tr


def class_menu(parent: QWidget, entry: ClassEntry, classes: Sequence[ClassEntry], panel: Any) -> QMenu:
    """Returns the menu of one class.

    Args:
        parent: Owns the menu.
        entry: The class.
        classes: All classes.
        panel: The `ClassPanel` that does what is chosen.
    """
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    row, has_polygons = classes.index(entry), bool(entry.polygons)

    def add(text: str, action: Callable[[], None], enabled: bool = True) -> None:
        added = menu.addAction(text)
        added.setEnabled(enabled)
        added.triggered.connect(lambda: action())

    add(tr("Rename"), partial(panel.table.rename, entry.value))
    add(tr("Colour…"), partial(panel.table.choose_color, entry.value))
    add(tr("Take into account") if entry.ignored else tr("Ignore"), partial(panel.ignore, entry, not entry.ignored))
    menu.addSeparator()
    add(tr("Move up"), partial(panel.table.move_class, row, row - 1), row > 0)
    add(tr("Move down"), partial(panel.table.move_class, row, row + 1), row < len(classes) - 1)
    menu.addSeparator()
    _fill_merge(menu.addMenu(tr("Merge into")), entry, classes, panel)
    add(tr("Split: selected polygons become a class"), partial(panel.split, entry), has_polygons)
    menu.addSeparator()
    add(tr("Select its polygons"), partial(panel.select_polygons, entry), has_polygons)
    add(tr("Zoom to its polygons"), partial(panel.zoom_to_polygons, entry), has_polygons)
    menu.addSeparator()
    if has_polygons:
        text = tr("Remove with its {n} polygons").format(n=entry.polygons)
        add(text, partial(panel.remove_with_polygons, entry))
    else:
        add(tr("Remove"), partial(panel.remove, entry))
    return menu


def removal_menu(parent: QWidget, entry: ClassEntry, classes: Sequence[ClassEntry], panel: Any) -> QMenu:
    """Returns what can be done with the polygons of a class that shall go."""
    menu = QMenu(parent)
    _fill_merge(menu.addMenu(tr("Merge into")), entry, classes, panel)
    delete = menu.addAction(tr("Remove with its {n} polygons").format(n=entry.polygons))
    delete.triggered.connect(lambda: panel.remove_with_polygons(entry))
    return menu


def list_menu(button: QToolButton, panel: Any) -> None:
    """Gives a button the menu of ready schemes and of files."""
    menu = QMenu(button)
    for name, path in class_files.scheme_names().items():
        menu.addAction(name).triggered.connect(lambda _on, path=path: panel.import_file(str(path)))
    menu.addSeparator()
    menu.addAction(tr("Import from a file…")).triggered.connect(lambda: panel.ask_import())
    for kind, text in (
        (class_files.CSV, tr("Export as CSV…")),
        (class_files.SCP, tr("Export as class list of SCP…")),
        (class_files.QML, tr("Export as QML style…")),
    ):
        menu.addAction(text).triggered.connect(lambda _on, kind=kind: panel.ask_export(kind))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)


def _fill_merge(menu: QMenu, entry: ClassEntry, classes: Sequence[ClassEntry], panel: Any) -> None:
    for other in classes:
        if other.value != entry.value:
            # "&" would become a keyboard shortcut.
            action = menu.addAction(other.name.replace("&", "&&"))
            action.triggered.connect(lambda _on, other=other: panel.merge(entry, other))
    menu.setEnabled(bool(menu.actions()))
