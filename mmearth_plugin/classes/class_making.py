"""Makes labels of polygons that were found: asks which class they are, and adds them to the label layer."""

from __future__ import annotations

from functools import partial
from typing import Callable, Optional

from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QCursor
from qgis.PyQt.QtWidgets import QMenu, QWidget

from ..jobs.job_runner import JobRunner
from ..labels import ClassEntry
from ..messages import tr
from ..pages.labels_page import LabelsPage
from . import polygon_import


class ClassMaking(QObject):
    """Opens a menu of classes at the mouse; nothing is added until one is chosen."""

    def __init__(self, labels_page: LabelsPage, runner: JobRunner, make_layer: Callable[[], object]) -> None:
        """Joins the label page and what may find polygons.

        Args:
            labels_page: Says layer, field and classes.
            runner: Tells what cannot be done.
            make_layer: Makes a label layer where there is none.
        """
        super().__init__(runner)
        self._page, self._runner, self._make_layer = labels_page, runner, make_layer
        self.menu: Optional[QMenu] = None

    def offer(self, path: str, name: str, parent: QWidget) -> None:
        """Asks which class the polygons of a file are.

        Args:
            path: Vector file with polygons.
            name: Proposed for a new class.
            parent: Of the menu.
        """
        self.menu = menu = QMenu(parent)
        menu.aboutToHide.connect(menu.deleteLater)
        new = menu.addAction(tr('New class "{name}"').format(name=name))
        new.triggered.connect(lambda: self._runner.told(partial(self._add_new, path, name)))
        entries = self._page.panel.classes()
        if entries:
            menu.addSeparator()
        for entry in entries:
            action = menu.addAction(entry.name)
            action.triggered.connect(lambda _checked, one=entry: self._runner.told(partial(self._add, path, one)))
        menu.popup(QCursor.pos())

    def _add_new(self, path: str, name: str) -> None:
        if self._page.layer is None:
            self._make_layer()
        self._add(path, self._page.panel.add(name))

    def _add(self, path: str, entry: ClassEntry) -> None:
        layer, field = self._page.layer, self._page.field_box.currentText()
        count = polygon_import.add_polygons(layer, field, entry, path)
        self._page.panel.table.choose(entry.value)
        self._runner.tell(tr('{n} polygons are now "{name}". Undo takes them back.').format(n=count, name=entry.name))
