"""The dialog of a backend on another machine: the command, the folders that both see, and whether it works."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import messages, settings
from ..backend_process import BackendProcess
from ..messages import InputError, tr
from ..remote import command


class RemoteDialog(QDialog):
    """Accepted, it has stored command and folders; an empty command means this machine."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._backend: Optional[BackendProcess] = None
        self._asked_s = 0.0
        self.setWindowTitle(tr("Compute on another machine"))
        self.resize(620, 420)
        self.command_edit = QLineEdit(settings.remote_command())
        self.command_edit.setPlaceholderText(command.EXAMPLE)
        self.command_edit.setAccessibleName(tr("Command that starts the backend"))
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([tr("Folder here"), tr("The same folder there")])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName(tr("Folders that both machines see"))
        self.add_button = QPushButton(tr("Add a folder…"))
        self.remove_button = QPushButton(tr("Remove the folder"))
        self.check_button = QPushButton(tr("Check connection"))
        for button in (self.add_button, self.remove_button, self.check_button):
            button.setAutoDefault(False)
        self.answer = QLabel()
        self.answer.setWordWrap(True)
        self.answer.setTextFormat(Qt.TextFormat.PlainText)  # it quotes programs
        self.answer.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self._lay_out()
        for here, there in settings.path_pairs():
            self.add_pair(here, there)
        self.add_button.clicked.connect(self._ask_for_folder)
        self.remove_button.clicked.connect(self._remove_selected)
        self.check_button.clicked.connect(self.check)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def add_pair(self, here: str, there: str) -> None:
        """Adds a row to the table."""
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate((here, there)):
            self.table.setItem(row, column, QTableWidgetItem(text))

    def pairs(self) -> List[Tuple[str, str]]:
        """Returns the folders of the table, without empty rows."""
        rows = [tuple(self._text(row, column) for column in (0, 1)) for row in range(self.table.rowCount())]
        return [(here, there) for here, there in rows if here or there]

    def check(self) -> None:
        """Starts the backend there as the fields say, and shows what comes of it."""
        self._stop_check()
        try:
            launch = command.remote_launch(self.command_edit.text().strip(), self.pairs())
        except InputError as error:
            self.answer.setText(str(error))
            return
        self.check_button.setEnabled(False)
        self.answer.setText(tr("Connecting…"))
        self._asked_s = time.monotonic()
        self._backend = BackendProcess(launch, self)
        self._backend.ready.connect(self._on_ready)
        self._backend.unavailable.connect(self._on_unavailable)
        self._backend.start()

    def accept(self) -> None:
        """Stores what the fields say, if it can be understood."""
        text, pairs = self.command_edit.text().strip(), self.pairs()
        try:
            if text:
                command.remote_launch(text, pairs)
        except InputError as error:
            self.answer.setText(str(error))
            return
        settings.set_remote_command(text)
        settings.set_path_pairs(pairs)
        super().accept()

    def done(self, result: int) -> None:
        """Ends what the check started; called however the dialog is closed."""
        self._stop_check()
        super().done(result)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        text = tr(
            "A server with a graphics card can do the computing. It needs the backend of this plugin and the files: "
            "rasters and results stay where they are, in folders that both machines see. Without a command, this "
            "machine computes."
        )
        layout.addWidget(_wrapped(text))
        layout.addWidget(QLabel(tr("Command that starts the backend there, without a question:")))
        layout.addWidget(self.command_edit)
        layout.addWidget(QLabel(tr("Folders that both machines see:")))
        layout.addWidget(self.table)
        row = QHBoxLayout()
        for button in (self.add_button, self.remove_button):
            row.addWidget(button)
        row.addStretch()
        row.addWidget(self.check_button)
        layout.addLayout(row)
        layout.addWidget(self.answer)
        layout.addWidget(self.buttons)

    def _text(self, row: int, column: int) -> str:
        item = self.table.item(row, column)
        return "" if item is None else item.text().strip()

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Choose a folder that both machines see"))
        if folder:
            self.add_pair(folder, "")
            self.table.editItem(self.table.item(self.table.rowCount() - 1, 1))

    def _remove_selected(self) -> None:
        rows = sorted({index.row() for index in self.table.selectedIndexes()}, reverse=True)
        for row in rows:
            self.table.removeRow(row)

    def _on_ready(self, hello: Dict[str, Any]) -> None:
        seconds, folders = time.monotonic() - self._asked_s, len(self.pairs())
        works = tr("It works: ready after {seconds} s, {folders} folders checked.")
        if not folders:
            works = tr("It answers after {seconds} s, but no folder is mapped: add one that has your rasters.")
        works = works.format(seconds=f"{seconds:.1f}", folders=folders)
        self._end_check(f"{works}\n{messages.hello_text(hello)}")

    def _on_unavailable(self, code: str, message: str, remedy: str) -> None:
        self._end_check(messages.error_sentence(code, message, remedy))

    def _end_check(self, text: str) -> None:
        self._stop_check()
        self.answer.setText(text)

    def _stop_check(self) -> None:
        self.check_button.setEnabled(True)
        if self._backend is not None:
            self._backend.shutdown(0)
            self._backend.deleteLater()
            self._backend = None


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
