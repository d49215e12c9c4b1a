"""The page of the backend's installation: what there is, where it goes, from which packages, how to be rid of it."""

from __future__ import annotations

from html import escape
from typing import Optional, Sequence, Tuple

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import settings
from ..install.index_address import address_problem
from ..messages import tr


class BackendPage(QWidget):
    """Says what was clicked; what is entered goes to the settings at once."""

    install_wanted = pyqtSignal()
    repair_wanted = pyqtSignal()
    bundle_chosen = pyqtSignal(str)  # path of an offline bundle to install from
    bundle_wanted = pyqtSignal(str)  # path of an offline bundle to write
    own_chosen = pyqtSignal(str)  # path of a Python
    remote_wanted = pyqtSignal()
    remove_wanted = pyqtSignal()
    options_changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.state = _wrapped()
        self.offer = _wrapped()
        self.build_box = QComboBox()
        self.build_box.setAccessibleName(tr("Packages"))
        self.folder_edit = _file_edit(tr("Folder for the backend"), QgsFileWidget.StorageMode.GetDirectory)
        self.folder_edit.lineEdit().setPlaceholderText(tr("in the QGIS profile"))
        self.folder_edit.setFilePath(settings.backend_folder())
        self.python_edit = _file_edit(tr("Python to make the environment from"), QgsFileWidget.StorageMode.GetFile)
        self.python_edit.lineEdit().setPlaceholderText(tr("found or fetched by itself"))
        self.python_edit.setFilePath(settings.base_python())
        self.index_edit = QLineEdit(settings.package_index())
        self.index_edit.setPlaceholderText(tr("as the system has it"))
        self.index_edit.setToolTip(tr("Address of a package index (a mirror of your organisation, for example)."))
        self.torch_edit = QLineEdit(settings.torch_index())
        self.torch_edit.setPlaceholderText(tr("as packaged"))
        self.torch_edit.setToolTip(tr("Address of PyTorch's own index, or of a mirror: it has builds for more cards."))
        self.index_problem = _wrapped()
        self.install_button = QPushButton()
        self.from_bundle_button = QPushButton(tr("Install from an offline bundle…"))
        self.make_bundle_button = QPushButton(tr("Make an offline bundle…"))
        self.make_bundle_button.setToolTip(
            tr("One file with all packages and a Python, for a computer of this kind without network.")
        )
        self.own_button = QPushButton(tr("Use my own environment…"))
        self.remote_button = QPushButton(tr("Compute on another machine…"))
        self.repair_button = QPushButton(tr("Install it again"))
        self.repair_button.setToolTip(tr("For a backend that does not start any more: its packages are fetched anew."))
        self.remove_button = QPushButton(tr("Remove the backend…"))
        self._lay_out()
        self._join()

    def show_state(self, text: str, installed: bool, update: bool) -> None:
        """Shows what there is."""
        self.state.setText(text)
        if update:
            self.install_button.setText(tr("Update the backend"))
        else:
            self.install_button.setText(tr("Install the backend"))
        self.install_button.setVisible(update or not installed)
        self.repair_button.setVisible(installed and not update)
        self.offer.setVisible(update or not installed)
        self.remove_button.setVisible(installed)

    def show_offer(self, text: str, builds: Sequence[Tuple[str, str]], recommended: str, chosen: str) -> None:
        """Shows what an installation would bring.

        Args:
            text: Size, place, licences.
            builds: Name and title of each build of PyTorch that can be fetched.
            recommended: Name of the build that suits the graphics card.
            chosen: Name of the build that will be installed.
        """
        self.offer.setText(escape(text))
        self.build_box.blockSignals(True)
        self.build_box.clear()
        for name, title in builds:
            shown = tr("{title} (recommended)").format(title=title) if name == recommended else title
            self.build_box.addItem(shown, name)
        self.build_box.setCurrentIndex(self.build_box.findData(chosen))
        self.build_box.blockSignals(False)

    def show_running(self, running: bool) -> None:
        """Closes what must not be changed while something is installed."""
        for widget in (
            self.options, self.install_button, self.repair_button, self.from_bundle_button, self.make_bundle_button,
            self.own_button, self.remote_button, self.remove_button,
        ):  # fmt: skip
            widget.setEnabled(not running)

    def show_busy(self, busy: bool) -> None:
        """Keeps the backend while it works."""
        self.repair_button.setEnabled(not busy)
        self.remove_button.setEnabled(not busy)

    def _lay_out(self) -> None:
        self.options = QGroupBox(tr("Options of the installation"))
        form = QFormLayout(self.options)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Packages"), self.build_box)
        form.addRow(tr("Folder"), self.folder_edit)
        form.addRow(tr("Python"), self.python_edit)
        form.addRow(tr("Package index"), self.index_edit)
        form.addRow(tr("PyTorch's index"), self.torch_edit)
        form.addRow(self.index_problem)
        self.index_problem.hide()
        layout = QVBoxLayout(self)
        for widget in (
            self.state, self.offer, self.install_button, self.repair_button, self.options, self.from_bundle_button,
            self.make_bundle_button, self.own_button, self.remote_button, self.remove_button,
        ):  # fmt: skip
            layout.addWidget(widget)
        layout.addStretch()

    def _join(self) -> None:
        self.install_button.clicked.connect(self.install_wanted)
        self.repair_button.clicked.connect(self.repair_wanted)
        self.remote_button.clicked.connect(self.remote_wanted)
        self.from_bundle_button.clicked.connect(self._ask_for_bundle)
        self.make_bundle_button.clicked.connect(self._ask_for_target)
        self.own_button.clicked.connect(self.ask_for_own)
        self.remove_button.clicked.connect(self._ask_to_remove)
        self.build_box.activated.connect(self._on_build)
        self.folder_edit.fileChanged.connect(lambda path: self._keep(settings.set_backend_folder, path))
        self.python_edit.fileChanged.connect(lambda path: self._keep(settings.set_base_python, path))
        self.index_edit.editingFinished.connect(lambda: self._on_index(self.index_edit, settings.set_package_index))
        self.torch_edit.editingFinished.connect(lambda: self._on_index(self.torch_edit, settings.set_torch_index))

    def ask_for_own(self) -> None:
        """Asks for the Python of an environment that the user made."""
        title = tr("Choose the Python of an environment that has backend/requirements.txt installed")
        path, _filter = QFileDialog.getOpenFileName(self, title)
        if path:
            self.own_chosen.emit(path)

    def _on_build(self, _index: int) -> None:
        self._keep(settings.set_backend_build, str(self.build_box.currentData() or ""))

    def _on_index(self, edit: QLineEdit, store: object) -> None:
        address = edit.text().strip()
        problem = address_problem(address) if address else ""
        self.index_problem.setText(escape(problem))
        self.index_problem.setVisible(bool(problem))
        if not problem:
            self._keep(store, address)

    def _keep(self, store: object, value: str) -> None:
        store(value.strip())
        self.options_changed.emit()

    def _ask_for_bundle(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(self, tr("Choose an offline bundle"), "", "*.zip")
        if path:
            self.bundle_chosen.emit(path)

    def _ask_for_target(self) -> None:
        path, _filter = QFileDialog.getSaveFileName(self, tr("Write an offline bundle"), "mmearth-backend.zip", "*.zip")
        if path:
            self.bundle_wanted.emit(path)

    def _ask_to_remove(self) -> None:
        text = tr("Remove the backend from this computer? Your results, models and weights stay.")
        buttons = QMessageBox.StandardButton
        if QMessageBox.question(self, tr("Remove the backend"), text) == buttons.Yes:
            self.remove_wanted.emit()


def _wrapped() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    return label


def _file_edit(title: str, mode: QgsFileWidget.StorageMode) -> QgsFileWidget:
    edit = QgsFileWidget()
    edit.setStorageMode(mode)
    edit.setDialogTitle(title)
    return edit
