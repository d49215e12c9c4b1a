"""What QGIS loads and unloads: actions, dock, Processing provider. No logic."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication, QgsMapLayerType
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTranslator
from qgis.PyQt.QtGui import QIcon

from . import options_page, temporary
from .algorithms.provider import Provider
from .dock import Dock
from .messages import tr

try:
    from qgis.PyQt.QtGui import QAction  # Qt 6
except ImportError:
    from qgis.PyQt.QtWidgets import QAction

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
ICON = str(RESOURCES / "icon.svg")


class Plugin:
    """The plugin object. `iface` is None under qgis_process, which calls `initProcessing` only."""

    def __init__(self, iface: Optional[QgisInterface]) -> None:
        self._iface = iface
        self._provider: Optional[Provider] = None
        self._dock: Optional[Dock] = None
        self._show_action: Any = None
        self._embed_action: Any = None
        self._options: Optional[options_page.OptionsFactory] = None
        self._translator = QTranslator()
        language = QgsApplication.locale()[:2]
        if self._translator.load(str(RESOURCES / "i18n" / f"mmearth_{language}.qm")):
            QCoreApplication.installTranslator(self._translator)

    def initProcessing(self) -> None:  # noqa: N802
        """Registers the algorithms."""
        self._provider = Provider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:  # noqa: N802
        """Adds toolbar button, menu entry, context menu entry and algorithms."""
        self.initProcessing()
        window = self._iface.mainWindow()
        self._show_action = QAction(QIcon(ICON), tr("MMEarth panel"), window)
        self._show_action.setObjectName("mmearth_show")
        self._show_action.triggered.connect(self.show_dock)
        self._iface.addRasterToolBarIcon(self._show_action)
        self._iface.addPluginToRasterMenu("MMEarth", self._show_action)
        self._embed_action = QAction(QIcon(ICON), tr("Embed layer (MMEarth)"), window)
        self._embed_action.triggered.connect(self._embed_current)
        self._iface.addCustomActionForLayerType(self._embed_action, "", QgsMapLayerType.RasterLayer, True)
        self._options = options_page.register(self._iface)
        self._options.applied.connect(self._apply_options)

    def unload(self) -> None:
        """Takes away everything that `initGui` and the dock brought."""
        if self._show_action is not None:
            self._iface.removeRasterToolBarIcon(self._show_action)
            self._iface.removePluginRasterMenu("MMEarth", self._show_action)
            self._iface.removeCustomActionForLayerType(self._embed_action)
            self._show_action.deleteLater()
            self._embed_action.deleteLater()
            self._show_action = self._embed_action = None
            options_page.unregister(self._iface, self._options)
            self._options = None
        if self._dock is not None:
            self._dock.shutdown()
            self._iface.removeDockWidget(self._dock)
            self._dock.deleteLater()
            self._dock = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        temporary.clear()
        QCoreApplication.removeTranslator(self._translator)

    def show_dock(self) -> Dock:
        """Shows the dock, which is made at the first time."""
        if self._dock is None:
            self._dock = Dock(self._iface)
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._dock)
        self._dock.show()
        self._dock.raise_()
        return self._dock

    def _apply_options(self) -> None:
        if self._dock is not None:
            self._dock.apply_options()

    def _embed_current(self) -> None:
        self.show_dock().embed_layer(self._iface.activeLayer())
