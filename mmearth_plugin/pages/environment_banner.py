"""The part of the dock that says there is no backend yet, or an older one, and shows its installation."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from .. import backend_log
from ..messages import tr

_PARTS = 1000  # of the bar


class EnvironmentBanner(QFrame):
    """Says what was clicked."""

    install_wanted = pyqtSignal()
    cancel_wanted = pyqtSignal()
    options_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._later = False  # the user has seen the update and goes on with what there is
        self._has_problem = False  # of the last installation, which the user has not seen yet
        self.setObjectName("banner")
        self.setStyleSheet("#banner { background: #fff3bf; border-radius: 4px; } #banner QLabel { color: #5f3b00; }")
        self.text, self.offer, self.step = QLabel(), QLabel(), QLabel()
        for label in (self.text, self.offer, self.step):
            label.setWordWrap(True)
        for label in (self.offer, self.step):
            label.setTextFormat(Qt.TextFormat.PlainText)  # they quote paths and programs
        self.step.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # to copy the log's place
        self.bar = QProgressBar()
        self.bar.setRange(0, _PARTS)
        self.install_button = QPushButton()
        self.later_button = QPushButton(tr("Later"))
        self.cancel_button = QPushButton(tr("Cancel"))
        self.options_button = QPushButton(tr("Options…"))
        self.options_button.setToolTip(tr("Folder, Python, graphics card, offline bundle, another machine"))
        self.log_button = QPushButton(tr("Show the log"))
        others = QHBoxLayout()
        for button in (self.options_button, self.later_button, self.log_button, self.cancel_button):
            others.addWidget(button)
        layout = QVBoxLayout(self)
        for widget in (self.text, self.offer, self.step, self.bar, self.install_button):
            layout.addWidget(widget)
        layout.addLayout(others)
        self.install_button.clicked.connect(self._install)
        self.later_button.clicked.connect(self._put_off)
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.options_button.clicked.connect(self.options_wanted)
        self.log_button.clicked.connect(backend_log.open_log)
        self.step.hide()
        self.log_button.hide()

    def show_state(self, has_backend: bool, update: bool, running: bool, offer: str) -> None:
        """Shows the banner where there is something to do or to see.

        Args:
            has_backend: Whether there is one that can be used.
            update: Whether it is older than what this plugin asks for.
            running: Whether something is installed just now.
            offer: What an installation brings.
        """
        self.setVisible(running or not has_backend or (update and not self._later) or self._has_problem)
        if update:
            self.text.setText(
                tr("<b>The backend is older than the plugin.</b> It goes on working until it is updated.")
            )
            self.install_button.setText(tr("Update the backend"))
        else:
            self.text.setText(
                tr(
                    "<b>One more step.</b> MMEarth computes in an environment of its own, beside QGIS, and there is "
                    "none yet."
                )
            )
            self.install_button.setText(tr("Install the backend"))
        self.offer.setText(offer)
        self.text.setVisible(not has_backend or update)
        self.offer.setVisible(not running and (not has_backend or update))
        self.install_button.setVisible(self.offer.isVisibleTo(self))
        self.later_button.setVisible((update or has_backend) and not running)
        self.options_button.setVisible(not running)
        self.step.setVisible(running or self._has_problem)
        self.bar.setVisible(running)
        self.cancel_button.setVisible(running)

    def show_step(self, text: str, part: float) -> None:
        """Shows how far an installation is."""
        self.log_button.hide()
        self.step.setText(text)
        self.step.show()
        self.bar.setValue(round(part * _PARTS))

    def show_problem(self, sentence: str) -> None:
        """Shows why an installation ended."""
        self._has_problem = True
        self.step.setText(sentence)
        self.step.show()
        self.log_button.setVisible(backend_log.path().is_file())
        self.later_button.show()
        self.show()

    def forget_problem(self) -> None:
        """Takes away what the last installation said."""
        self._has_problem = False
        self.step.hide()
        self.log_button.hide()

    def _install(self) -> None:
        self.forget_problem()
        self.install_wanted.emit()

    def _put_off(self) -> None:
        self._later = True
        self.forget_problem()
        self.hide()
