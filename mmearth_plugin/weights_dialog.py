"""The dialog of weights: what is installed and what MMEarth has published; download, conversion and removal."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..backend.mmearth import protocol
from . import messages
from .backend_process import BACKEND_FOLDER, BackendProcess, Job
from .messages import tr

BUNDLED_FOLDER = BACKEND_FOLDER.parent / "resources" / "weights"  # of weights that came with the plugin and stay


class WeightsDialog(QDialog):
    """Says `chosen` with the path of the weights to use. Closing it stops what it does."""

    chosen = pyqtSignal(str)
    removed = pyqtSignal(str)  # path of weights that are there no more

    def __init__(self, backend: BackendProcess, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._job: Optional[Job] = None
        self._closing = False
        self._rows: List[Dict[str, Any]] = []
        self.setWindowTitle(tr("MMEarth weights"))
        self.resize(620, 520)
        self.table = QTableWidget(0, 5)
        self.table.setHorizontalHeaderLabels([tr("Name"), tr("Bands"), tr("Patch"), tr("Installed"), tr("Size")])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.description = QLabel()
        self.description.setWordWrap(True)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.licence = QTextBrowser()
        self.licence.setOpenExternalLinks(True)
        self.licence.setMaximumHeight(130)
        self.accept_check = QCheckBox(tr("I have read this licence and agree to it"))
        self.phase = QLabel()
        self.phase.setWordWrap(True)
        self.phase.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.hide()
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.hide()
        self.use_button = QPushButton(tr("Use"))
        self.download_button = QPushButton(tr("Download"))
        self.convert_button = QPushButton(tr("Convert a .pth…"))
        self.remove_button = QPushButton(tr("Remove…"))
        self.close_button = QPushButton(tr("Close"))
        for button in (*self._actions(), self.close_button):
            button.setAutoDefault(False)
        self._lay_out()

        self.table.itemSelectionChanged.connect(self._refresh)
        self.accept_check.toggled.connect(self._refresh)
        self.use_button.clicked.connect(self._use)
        self.download_button.clicked.connect(self._download)
        self.convert_button.clicked.connect(self._ask_and_convert)
        self.remove_button.clicked.connect(self._ask_and_remove)
        self.cancel_button.clicked.connect(self._cancel)
        self.close_button.clicked.connect(self.reject)
        self._refresh()
        self.load()

    def load(self, note: str = "") -> None:
        """Asks the backend what there is, and leaves a note once it is shown."""

        def show(result: Dict[str, Any]) -> None:
            self._show_list(result)
            self.phase.setText(note)

        self._run(protocol.ListWeightsRequest(), show)

    def convert(self, checkpoint: str, weights_out: str) -> None:
        """Converts a foreign checkpoint and chooses the result."""
        request = protocol.ConvertWeightsRequest(checkpoint=checkpoint, weights_out=weights_out)
        self._run(request, self._show_made)

    def reject(self) -> None:
        """Closes the dialog; while a job runs, as soon as it has stopped."""
        if self._job is None:
            super().reject()
        else:
            self._closing = True
            self._cancel()

    def _lay_out(self) -> None:
        progress = QHBoxLayout()
        progress.addWidget(self.bar, 1)
        progress.addWidget(self.cancel_button)
        buttons = QHBoxLayout()
        for button in self._actions():
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table, 1)
        for widget in (self.description, self.facts, self.licence, self.accept_check, self.phase):
            layout.addWidget(widget)
        layout.addLayout(progress)
        layout.addLayout(buttons)

    def _actions(self) -> Tuple[QPushButton, ...]:
        return self.use_button, self.download_button, self.convert_button, self.remove_button

    def _chosen(self) -> Optional[Dict[str, Any]]:
        rows = self.table.selectionModel().selectedRows()
        return self._rows[rows[0].row()] if rows else None

    def _show_list(self, result: Dict[str, Any]) -> None:
        current = self._chosen()
        here = {row["path"]: {**row, "description": row["summary"], "installed": True} for row in result["installed"]}
        published = []
        for row in result["published"]:
            known = here.pop(row["path"], {}) if row["installed"] else {}
            published.append({**known, **row, "licence_name": result["licence"]})
        own = list(here.values())
        self._rows = own + published
        self.table.setRowCount(len(self._rows))
        for i, row in enumerate(self._rows):
            size = messages.size_text(row["size_bytes"]) if row["installed"] and "size_bytes" in row else ""
            installed = tr("yes") if row["installed"] else ""
            texts = (row["name"], len(row["bands"]), row["patch_size"], installed, size)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(str(text))
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                self.table.setItem(i, column, item)
            self.table.item(i, 0).setToolTip(str(row["name"]))
            self.table.item(i, 1).setToolTip(", ".join(row["bands"]))
        names = [row["name"] for row in self._rows]
        if names:
            self.table.selectRow(names.index(current["name"]) if current and current["name"] in names else 0)
        self._refresh()

    def _show_made(self, result: Dict[str, Any]) -> None:
        path = str(result["weights"])
        self.chosen.emit(path)
        for warning in result.get("warnings", []):
            messages.log(str(warning))
        self.load(tr('"{name}" is ready and chosen in step "Scene".').format(name=Path(path).name))

    def _use(self) -> None:
        self.chosen.emit(str(self._chosen()["path"]))
        self.accept()

    def _download(self) -> None:
        request = protocol.DownloadWeightsRequest(
            name=self._chosen()["name"], accept_licence=self.accept_check.isChecked()
        )
        self._run(request, self._show_made)

    def _ask_and_convert(self) -> None:
        checkpoints = tr("Checkpoints (*.pth *.pt *.safetensors)")
        checkpoint, _filter = QFileDialog.getOpenFileName(self, tr("Checkpoint to convert"), "", checkpoints)
        if not checkpoint:
            return
        proposed, weights = str(Path(checkpoint).with_suffix(".safetensors")), tr("Weights (*.safetensors)")
        out, _filter = QFileDialog.getSaveFileName(self, tr("Save the weights as"), proposed, weights)
        if out:
            self.convert(checkpoint, out if out.endswith(".safetensors") else f"{out}.safetensors")

    def _ask_and_remove(self) -> None:
        row = self._chosen()
        text = tr('Remove "{name}" from this computer? Models that were trained with it need it again.')
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self, self.windowTitle(), text.format(name=row["name"]), buttons.Yes | buttons.No, buttons.No
        )
        if answer == buttons.Yes:
            self._run(protocol.RemoveWeightsRequest(path=row["path"]), partial(self._show_removed, str(row["name"])))

    def _show_removed(self, name: str, result: Dict[str, Any]) -> None:
        self.removed.emit(str(result["path"]))
        text = tr('"{name}" is removed; {size} of disk are free again.')
        self.load(text.format(name=name, size=messages.size_text(float(result["freed_bytes"]))))

    def _run(self, request: protocol.Request, show: Callable[[Dict[str, Any]], None]) -> None:
        self._job = job = Job(request, self._backend)

        def end(text: str = "") -> None:
            self._job = None
            self.phase.setText(text)
            self._refresh()
            job.deleteLater()
            if self._closing:
                self.reject()

        def on_finished(result: Dict[str, Any]) -> None:
            end()
            if not self._closing:
                show(result)

        job.progress.connect(self._show_progress)
        job.log.connect(lambda _level, text: messages.log(text))
        job.finished.connect(on_finished)
        job.failed.connect(lambda *error: end(messages.error_sentence(*error)))
        job.cancelled.connect(lambda: end(tr("Cancelled.")))
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self._refresh()
        self._backend.submit(job)

    def _cancel(self) -> None:
        if self._job is not None:
            self.cancel_button.setEnabled(False)
            self._backend.cancel(self._job)

    def _show_progress(self, phase: str, done: float, total: float, eta_s: Optional[float]) -> None:
        self.bar.setRange(0, 100 if total else 0)
        self.bar.setValue(round(100 * done / total) if total else 0)
        self.phase.setText(" · ".join(filter(None, (messages.phase_text(phase), messages.time_left_text(eta_s)))))

    def _refresh(self) -> None:
        row, busy = self._chosen(), self._job is not None
        installed = bool(row and row["installed"])
        self.description.setText(str(row["description"]) if row else "")
        self.facts.setText(_facts_text(row) if installed else "")
        self.facts.setVisible(installed)
        self.licence.setPlainText(str(row.get("licence", "")) if row else "")
        self.licence.setVisible(row is not None and not installed)
        self.accept_check.setVisible(row is not None and not installed)
        self.use_button.setEnabled(installed and not busy)
        self.download_button.setEnabled(
            row is not None and not installed and self.accept_check.isChecked() and not busy
        )
        self.convert_button.setEnabled(not busy)
        bundled = installed and _is_bundled(row)
        self.remove_button.setEnabled(installed and not bundled and not busy)
        self.remove_button.setToolTip(tr("These came with the plugin and stay.") if bundled else "")
        self.bar.setVisible(busy)
        self.cancel_button.setVisible(busy)


def _is_bundled(row: Dict[str, Any]) -> bool:
    return Path(row["path"]).parent == BUNDLED_FOLDER


def _facts_text(row: Dict[str, Any]) -> str:
    """Returns size, licence and state of the hash of installed weights, and where they lie."""
    states = {"verified": tr("as its card says"), "changed": tr("not as its card says: the file was changed")}
    licence = row.get("licence_name") or row.get("licence") or tr("none is stated")
    size = messages.size_text(float(row.get("size_bytes", 0)))
    text = tr("{size} · licence: {licence} · hash: {state}")
    state = states.get(str(row.get("hash_state", "")), tr("unknown"))
    return f"{text.format(size=size, licence=licence, state=state)}\n{row['path']}"
