"""The plugin's page under Settings ▸ Options of QGIS. Values lie in `settings`; who uses them hears `applied`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from qgis.gui import QgisInterface, QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from ..backend.mmearth import protocol
from . import environment, help, settings
from .backend_process import BackendProcess, Job
from .messages import tr

_ICON = str(Path(__file__).resolve().parent.parent / "resources" / "icon.svg")
KEY = "mmearth"  # by which QGIS opens its options at this page
_GB = 1e9
_DEFAULT_CACHE_GB = 5.0  # what the backend takes where nothing was chosen
_MOST_CACHE_GB = 10_000.0


class OptionsPage(QgsOptionsPageWidget):
    """Fields; `apply` is called by QGIS when its dialog is accepted."""

    applied = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName(KEY)
        self.python_edit = QgsFileWidget()
        self.python_edit.setDialogTitle(tr("Python of the backend"))
        self.python_edit.setFilePath(settings.python())
        self.python_edit.lineEdit().setPlaceholderText(environment.find_python() or tr("none was found"))
        self.python_edit.setToolTip(
            tr("The Python that has PyTorch and rasterio. Empty: the environment that the panel builds.")
        )
        self.folder_edit = QgsFileWidget()
        self.folder_edit.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder_edit.setDialogTitle(tr("Folder for results"))
        self.folder_edit.setFilePath(settings.chosen_output_folder())
        self.folder_edit.lineEdit().setPlaceholderText(settings.output_folder())
        self.folder_edit.setToolTip(tr('Empty: the folder "mmearth" beside the project, or among your documents.'))
        self.cache_box = QDoubleSpinBox()
        self.cache_box.setDecimals(1)
        self.cache_box.setMaximum(_MOST_CACHE_GB)
        self.cache_box.setSuffix(tr(" GB"))
        self.cache_box.setSpecialValueText(tr("switched off"))
        self.cache_box.setToolTip(
            tr("Embeddings are kept up to this size, so that the same request is not computed twice.")
        )
        limit = settings.cache_limit_bytes()
        self._cache_gb = max(0.0, limit / _GB) if limit else _DEFAULT_CACHE_GB
        self.cache_box.setValue(self._cache_gb)
        self.threads_box = QSpinBox()
        self.threads_box.setMaximum(os.cpu_count() or 1)
        self.threads_box.setSpecialValueText(tr("all"))
        self.threads_box.setValue(settings.threads())
        self.threads_box.setToolTip(tr("Fewer leave room for other programs. Counts when the backend starts next."))
        self.notify_check = QCheckBox(tr("Tell me when a long job ends while QGIS is in the background"))
        self.notify_check.setChecked(settings.notifications())
        self.language = QLabel(tr("The language follows QGIS: Settings ▸ Options ▸ General."))
        self.language.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("Python of the backend"), self.python_edit)
        form.addRow(tr("Folder for results"), self.folder_edit)
        form.addRow(tr("Cache of embeddings"), self.cache_box)
        form.addRow(tr("Processor threads"), self.threads_box)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.notify_check)
        layout.addWidget(self.language)
        layout.addStretch()

    def helpKey(self) -> str:  # noqa: N802
        """Returns the page that Help opens."""
        return help.page_url("settings")

    def apply(self) -> None:
        """Stores what was chosen, and tells of it."""
        settings.set_python(self.python_edit.filePath().strip())
        settings.set_output_folder(self.folder_edit.filePath().strip())
        if self.cache_box.value() != self._cache_gb:
            self._cache_gb = self.cache_box.value()
            settings.set_cache_limit_bytes(round(self._cache_gb * _GB) or -1)
        settings.set_threads(self.threads_box.value())
        settings.set_notifications(self.notify_check.isChecked())
        self.applied.emit()


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page whenever QGIS opens its options."""

    applied = pyqtSignal()  # the user accepted the dialog

    def __init__(self) -> None:
        super().__init__(tr("MMEarth"), QIcon(_ICON))

    def icon(self) -> QIcon:
        """Returns the icon in the list of pages."""
        return QIcon(_ICON)

    def key(self) -> str:
        """Returns by which the page is found in QGIS from 3.32 on; before, that is the name of its widget."""
        return KEY

    def createWidget(self, parent: Optional[QWidget] = None) -> OptionsPage:  # noqa: N802
        """Returns a page."""
        page = OptionsPage(parent)
        page.applied.connect(self.applied)
        return page


def register(iface: QgisInterface) -> OptionsFactory:
    """Adds the page to the options of QGIS."""
    factory = OptionsFactory()
    iface.registerOptionsWidgetFactory(factory)
    return factory


def unregister(iface: QgisInterface, factory: OptionsFactory) -> None:
    """Takes the page away."""
    iface.unregisterOptionsWidgetFactory(factory)
    factory.deleteLater()


def send_cache_limit(backend: BackendProcess) -> None:
    """Tells a backend which limit the user chose for the cache; nothing where none was chosen."""
    limit = settings.cache_limit_bytes()
    if limit:
        job = Job(protocol.CacheRequest(limit_bytes=limit), backend)
        for signal in (job.finished, job.failed, job.cancelled):
            signal.connect(job.deleteLater)
        backend.submit(job)
