"""Page "Devices": what the backend can compute on, how fast, within which limits, and what is wrong with it."""

from __future__ import annotations

import os
from html import escape
from typing import Any, Dict, List, Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...backend.mmearth import protocol
from .. import settings
from ..messages import tr
from .device_card import AUTOMATIC, DeviceCard, marked, precision_text, wrapped

_GB = 1e9
_MOST_GB = 10_000.0


class DevicePage(QWidget):
    """Shows a result of `doctor`; says what was clicked. Limits go to the settings at once."""

    chosen = pyqtSignal(str)  # id of a device
    test_wanted = pyqtSignal()
    refresh_wanted = pyqtSignal()
    copy_wanted = pyqtSignal()
    restart_wanted = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.cards: List[DeviceCard] = []
        self._chosen = AUTOMATIC
        self._pixels = 0.0  # of the scene
        self._remembered = ""
        self._has_report = self._is_testing = False
        self.note = wrapped()
        self.choice = wrapped()
        self.automatic_button = QPushButton(tr("Choose automatically"))
        self.automatic_button.setToolTip(tr("Always takes the fastest kind of device that can be used."))
        self.test_button = QPushButton()
        self.test_button.setToolTip(
            tr(
                "Embeds one real tile on every usable device in each precision that it can compute in, measures the "
                "time, and compares the result with the CPU in 32 bit."
            )
        )
        self.refresh_button = QPushButton(tr("Look again"))
        self.refresh_button.setToolTip(tr("Asks once more what there is. Measured speeds are forgotten."))
        self.copy_button = QPushButton(tr("Copy report"))
        self.copy_button.setToolTip(tr("As Markdown, without your name and home folder."))
        self.threads_box, self.memory_box = _threads_box(), _memory_box()
        self.precision_box, self.precision_note = _precision_box(), wrapped()
        self.precision_note.hide()
        self.restart_note = QLabel(tr("The backend takes this number of threads when it starts next."))
        self.restart_note.setWordWrap(True)
        self.restart_button = QPushButton(tr("Restart the backend now"))
        self.checks = wrapped()
        self._lay_out()
        self.show_limits()
        self._show_restart(False)
        self.automatic_button.clicked.connect(lambda: self.chosen.emit(AUTOMATIC))
        self.test_button.clicked.connect(self.test_wanted)
        self.refresh_button.clicked.connect(self.refresh_wanted)
        self.copy_button.clicked.connect(self.copy_wanted)
        self.restart_button.clicked.connect(self.restart_wanted)
        self.threads_box.valueChanged.connect(self._on_threads)
        self.memory_box.valueChanged.connect(lambda gb: settings.set_memory_limit_bytes(round(gb * _GB)))
        self.precision_box.currentIndexChanged.connect(self._on_precision)
        self.show_problem("")

    def show_report(self, report: Dict[str, Any]) -> None:
        """Shows a result of `doctor`."""
        self._has_report = True
        self._drop_cards()
        self.cards = [DeviceCard(device) for device in report["devices"]]
        for card in self.cards:
            card.chosen.connect(self.chosen)
            card.show_pixels(self._pixels)
            card.show_precision(self._precision())
            self._card_column.addWidget(card)
        self.note.setText("<br>".join(f"⚠ {escape(str(warning))}" for warning in report.get("warnings", [])))
        self.note.setVisible(bool(self.note.text()))
        self.checks.setText("".join(map(_check_html, report["checks"])))
        self._checks_box.setVisible(bool(report["checks"]))
        self.show_chosen(self._chosen, self._remembered)
        self._show_buttons()

    def show_problem(self, sentence: str) -> None:
        """Shows why there is no report; an empty text says that it is on its way."""
        self.note.setText(escape(sentence or tr("Asking the backend what this machine has…")))
        self.note.show()
        self._show_buttons()

    def show_chosen(self, device: str, remembered: str) -> None:
        """Shows which device is chosen.

        Args:
            device: Id of the device of step "Scene".
            remembered: Id of the device that the user chose last, which may not be there now.
        """
        self._chosen, self._remembered = device, remembered
        for card in self.cards:
            card.show_chosen(device)
        names = {card.id: card.accessibleName() for card in self.cards}
        name = tr("Automatic") if device == AUTOMATIC else names.get(device, device)
        text = tr("Chosen: {name}.").format(name=name)
        if remembered not in (device, AUTOMATIC):
            missing = tr('"{name}" was chosen before, but cannot be used now.')
            text = f"{text} {missing.format(name=names.get(remembered, remembered))}"
        self.choice.setText(escape(text))
        self.automatic_button.setVisible(device != AUTOMATIC or remembered != AUTOMATIC)
        self._show_precision_note()

    def show_description(self, description: Optional[Dict[str, Any]]) -> None:
        """Shows how long the scene takes on each device that was measured; None where no scene is described."""
        self._pixels = 0.0
        if description is not None and not description.get("precomputed"):
            size = description["width"] * description["height"]
            self._pixels = float(description["estimate"].get("pixels") or size)
        for card in self.cards:
            card.show_pixels(self._pixels)

    def show_limits(self) -> None:
        """Shows threads, memory and precision as the settings have them."""
        boxes = (
            (self.threads_box, settings.threads()),
            (self.memory_box, settings.memory_limit_bytes() / _GB),
        )
        for box, value in boxes:
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
        self.precision_box.setCurrentIndex(max(0, self.precision_box.findData(settings.precision())))

    def show_testing(self, testing: bool) -> None:
        """Shows whether a self-test runs or waits."""
        self._is_testing = testing
        self._show_buttons()

    def show_busy(self, busy: bool) -> None:
        """Closes what would end the jobs that run."""
        self.restart_button.setEnabled(not busy)

    def forget_report(self) -> None:
        """Takes the report of another backend away."""
        self._has_report = False
        self._drop_cards()
        self._show_restart(False)
        self.checks.clear()
        self._checks_box.hide()
        self.show_chosen(self._chosen, self._remembered)
        self.show_problem("")

    def _lay_out(self) -> None:
        self._card_column = QVBoxLayout()
        buttons = QHBoxLayout()
        for button in (self.refresh_button, self.copy_button):
            buttons.addWidget(button)
        limits, self._checks_box = QGroupBox(tr("Limits")), QGroupBox(tr("Checks"))
        form = QFormLayout(limits)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Processor threads"), self.threads_box)
        form.addRow(self.restart_note)
        form.addRow(self.restart_button)
        form.addRow(tr("Memory ceiling"), self.memory_box)
        form.addRow(tr("Precision"), self.precision_box)
        form.addRow(self.precision_note)
        QVBoxLayout(self._checks_box).addWidget(self.checks)
        self._checks_box.hide()
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.choice)
        layout.addWidget(self.automatic_button)
        layout.addLayout(self._card_column)
        layout.addWidget(self.test_button)
        layout.addLayout(buttons)
        layout.addWidget(limits)
        layout.addWidget(self._checks_box)
        layout.addStretch()

    def _drop_cards(self) -> None:
        for card in self.cards:
            self._card_column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []

    def _show_restart(self, wanted: bool) -> None:
        self.restart_note.setVisible(wanted)
        self.restart_button.setVisible(wanted)

    def _show_buttons(self) -> None:
        self.test_button.setText(tr("Testing…") if self._is_testing else tr("Test all"))
        self.test_button.setEnabled(not self._is_testing)
        self.refresh_button.setEnabled(not self._is_testing)
        self.copy_button.setEnabled(self._has_report)

    def _precision(self) -> str:
        return str(self.precision_box.currentData())

    def _on_precision(self, _index: int) -> None:
        settings.set_precision(self._precision())
        for card in self.cards:
            card.show_precision(self._precision())
        self._show_precision_note()

    def _show_precision_note(self) -> None:
        """Says where the chosen device would refuse the chosen precision; "automatic" takes the first usable one."""
        usable = [card for card in self.cards if card.is_usable]
        taken = usable[:1] if self._chosen == AUTOMATIC else [card for card in usable if card.id == self._chosen]
        refusing = [card.accessibleName() for card in taken if not card.can_compute_in(self._precision())]
        self.precision_note.setVisible(bool(refusing))
        if refusing:
            text = tr("{device} does not compute in {precision}, and would refuse the work. Choose Automatic here.")
            text = text.format(device=refusing[0], precision=precision_text(self._precision()))
            self.precision_note.setText(f"⚠ {escape(text)}")

    def _on_threads(self, count: int) -> None:
        settings.set_threads(count)
        self._show_restart(True)


def _threads_box() -> QSpinBox:
    box = QSpinBox()
    box.setMaximum(os.cpu_count() or 1)
    box.setSpecialValueText(tr("all"))
    box.setAccessibleName(tr("Processor threads"))
    box.setToolTip(tr("Fewer leave room for other programs. Counts when the backend starts next."))
    return box


def _memory_box() -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(1)
    box.setMaximum(_MOST_GB)
    box.setSingleStep(0.5)
    box.setSuffix(tr(" GB"))
    box.setSpecialValueText(tr("automatic (2 GB)"))
    box.setAccessibleName(tr("Memory ceiling"))
    box.setToolTip(tr("What tiles are chosen for: less memory means smaller tiles, which take longer."))
    return box


def _precision_box() -> QComboBox:
    box = QComboBox()
    for name in protocol.PRECISIONS:
        box.addItem(precision_text(name), name)
    box.setAccessibleName(tr("Precision"))
    box.setToolTip(
        tr(
            "How finely the encoder computes. 16 bit is faster where the device is built for it, and rounds more: "
            "the self-test shows by how much. Automatic takes what suits each device. Training keeps its own rule."
        )
    )
    return box


def _check_html(check: Dict[str, Any]) -> str:
    text = f"<b>{escape(str(check['name']))}</b>: {escape(str(check['found']))}"
    if check.get("remedy"):
        text += f"<br>{escape(str(check['remedy']))}"
    return f"<p style='margin-top:0; margin-bottom:6px'>{marked(bool(check['ok']), text)}</p>"
