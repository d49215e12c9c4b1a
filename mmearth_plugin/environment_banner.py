"""The part of the dock that says there is no backend yet, and builds or chooses an environment for it."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QFrame, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from . import backend_log, environment, settings
from .messages import tr


class EnvironmentBanner(QFrame):
    """Says `changed` when another Python should be used from now on."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._builder: Optional[environment.EnvironmentBuilder] = None
        self.setObjectName("banner")
        self.setStyleSheet("#banner { background: #fff3bf; border-radius: 4px; } #banner QLabel { color: #5f3b00; }")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.step = QLabel()
        self.step.setWordWrap(True)
        self.step.setTextFormat(Qt.TextFormat.PlainText)  # it quotes programs
        self.step.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # to copy the log's place
        self.step.hide()
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.hide()
        self.build_button = QPushButton(tr("Build environment…"))
        self.own_button = QPushButton(tr("Use my own environment…"))
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.hide()
        self.log_button = QPushButton(tr("Show the log"))
        self.log_button.hide()
        layout = QVBoxLayout(self)
        buttons = (self.build_button, self.own_button, self.cancel_button, self.log_button)
        for widget in (self.text, self.step, self.bar, *buttons):
            layout.addWidget(widget)
        self.build_button.clicked.connect(self._ask_and_build)
        self.own_button.clicked.connect(self._ask_for_own)
        self.cancel_button.clicked.connect(self._cancel)
        self.log_button.clicked.connect(backend_log.open_log)

    def show_state(self, python: str) -> None:
        """Shows the banner where there is no Python for the backend."""
        self.setVisible(not python)
        self.text.setText(
            tr(
                "<b>One more step.</b> MMEarth computes in a Python environment of its own, beside QGIS, and there is "
                "none yet. Building it downloads PyTorch and more, 1 to 3 GB."
            )
        )

    def shutdown(self) -> None:
        """Stops building."""
        if self._builder is not None:
            self._builder.cancel()

    def build(self, base_python: str) -> None:
        """Builds an environment from a Python, if it is fit for that."""
        problem = environment.python_problem(base_python)
        if problem:
            self._show_failure(problem)
            return
        self._builder = environment.EnvironmentBuilder(base_python, environment.built_environment(), self)
        self._builder.line.connect(self._show_step)
        self._builder.finished.connect(self._on_built)
        self._builder.failed.connect(self._on_failed)
        self._set_building(True)
        self._builder.start()

    def use_own(self, python: str) -> None:
        """Uses an environment that the user made; whether it is fit shows at the first request."""
        settings.set_python(python)
        self.changed.emit()

    def _ask_and_build(self) -> None:
        wanted = ".".join(map(str, environment.MINIMUM_PYTHON))
        title = tr("Choose a Python {wanted} or later, for example python3").format(wanted=wanted)
        path, _filter = QFileDialog.getOpenFileName(self, title)
        if path:
            self.build(path)

    def _ask_for_own(self) -> None:
        title = tr("Choose the Python of an environment that has backend/requirements.txt installed")
        path, _filter = QFileDialog.getOpenFileName(self, title)
        if path:
            self.use_own(path)

    def _cancel(self) -> None:
        if self._builder is not None:
            self._builder.cancel()

    def _show_step(self, text: str) -> None:
        self.step.setText(text if len(text) < 240 else text[:240] + "…")
        self.step.show()

    def _show_failure(self, reason: str) -> None:
        self.step.setText(reason)
        self.step.show()
        self.log_button.setVisible(backend_log.path().is_file())

    def _on_built(self, _python: str) -> None:
        self._set_building(False)
        self.step.hide()
        settings.set_python("")
        self.changed.emit()

    def _on_failed(self, reason: str) -> None:
        self._set_building(False)
        self._show_failure(reason)

    def _set_building(self, building: bool) -> None:
        self.bar.setVisible(building)
        self.cancel_button.setVisible(building)
        self.build_button.setVisible(not building)
        self.own_button.setVisible(not building)
        self.log_button.hide()
        if not building:
            self._builder.deleteLater()
            self._builder = None
