"""One device as a card: what it is, whether it can be used and why not, and how fast it was measured to be."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, Iterable, Optional

from qgis.PyQt.QtCore import QLocale, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from .. import messages
from ..messages import tr

# Of marks beside words: at least 3 : 1 against white and against #2b2b2b.
GOOD, BAD = "#2f9e44", "#e03131"
TILE_PX = 256  # side of the tile of the self-test
AUTOMATIC = "auto"


class DeviceCard(QFrame):
    """Says `chosen` with the id of its device."""

    chosen = pyqtSignal(str)

    def __init__(self, device: Dict[str, Any], parent: Optional[QWidget] = None) -> None:
        """Makes the card.

        Args:
            device: One entry of `devices` of a result of `doctor`.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self._device = device
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(str(device["name"]))
        self.name = wrapped()
        self.name.setText(f"<b>{escape(str(device['name']))}</b>")
        self.is_usable = usable = bool(device["usable"])
        self.state = QLabel(marked(usable, tr("Usable") if usable else tr("Not usable")))
        self.facts = wrapped("<br>".join(map(escape, _facts(device))))
        reasons = filter(None, (device.get("reason"), device.get("remedy")))
        self.reason = wrapped("<br>".join(escape(str(text)) for text in reasons))
        self.reason.setVisible(bool(self.reason.text()))
        self._precision, self._pixels = AUTOMATIC, 0.0
        self.speed = wrapped(speed_html(device.get("test")))
        self.speed.setVisible(usable)
        self.estimate = wrapped()
        self.estimate.hide()
        self.button = QPushButton()
        self.button.setVisible(usable)
        self.button.clicked.connect(lambda: self.chosen.emit(self.id))
        self.show_chosen("")
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.state, 0, Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(3)
        layout.addLayout(head)
        for widget in (self.facts, self.reason, self.speed, self.estimate):
            layout.addWidget(widget)
        layout.addLayout(foot)

    @property
    def id(self) -> str:
        """Name of the device in requests."""
        return str(self._device["id"])

    def show_chosen(self, device: str) -> None:
        """Shows whether this is the chosen device."""
        is_chosen = device == self.id
        self.button.setText(tr("✓ Chosen") if is_chosen else tr("Choose"))
        self.button.setEnabled(not is_chosen)
        text = tr("{name} is chosen") if is_chosen else tr("Choose {name}")
        self.button.setAccessibleName(text.format(name=self._device["name"]))

    def show_pixels(self, pixels: float) -> None:
        """Shows how long a scene of so many pixels takes here; nothing where there is none, or no passed self-test."""
        self._pixels = pixels
        speed = self._measured_speed()
        self.estimate.setVisible(bool(pixels and speed))
        if pixels and speed:
            text = tr("The scene would take about {time} here.")
            self.estimate.setText(text.format(time=messages.time_text(pixels / speed)))

    def show_precision(self, precision: str) -> None:
        """Shows how long the scene takes in another precision."""
        self._precision = precision
        self.show_pixels(self._pixels)

    def can_compute_in(self, precision: str) -> bool:
        """Returns whether the device can be asked for a precision; it can always choose its own."""
        return precision == AUTOMATIC or precision in self._device.get("precisions", [precision])

    def _measured_speed(self) -> float:
        """Returns pixels a second in the chosen precision; 0 where that was not measured, or failed."""
        test = self._device.get("test") or {}
        if self._precision != AUTOMATIC:
            found = [entry for entry in test.get("precisions", []) if entry["precision"] == self._precision]
            test = found[0] if found else {}
        return float(test["pixels_per_second"]) if test.get("ok") else 0.0


def speed_html(test: Optional[Dict[str, Any]]) -> str:
    """Returns what a self-test measured, in words: a line for each precision, as HTML."""
    if test is None:
        return escape(tr("Not measured yet."))
    head = tr("Measured on one tile of {side} × {side} pixels, and compared with the CPU in 32 bit:")
    lines = [_precision_html(entry, str(test["recommended"])) for entry in test["precisions"]]
    return "<br>".join([escape(head.format(side=TILE_PX)), *lines])


def precision_text(name: str) -> str:
    """Returns a precision as people read it."""
    texts = {
        AUTOMATIC: tr("Automatic"),
        "float32": tr("32 bit"),
        "float16": tr("16 bit (float16)"),
        "bfloat16": tr("16 bit (bfloat16)"),
    }
    return texts.get(name, name)


def _precision_html(test: Dict[str, Any], recommended: str) -> str:
    name = precision_text(str(test["precision"]))
    if test["seconds"] is None or test["agreement"] is None:
        return marked(False, escape(tr("{precision}: {error}").format(precision=name, error=test["error"])))
    if not test["ok"]:
        text = tr("{precision}: {seconds} s, but the result is off by {n} (cosine distance): do not use it")
    elif test["precision"] == recommended:
        text = tr("{precision}: {seconds} s, {speed} pixels a second, off by {n}; recommended")
    else:
        text = tr("{precision}: {seconds} s, {speed} pixels a second, off by {n}")
    seconds = float(test["seconds"])
    text = text.format(
        precision=name,
        seconds=f"{seconds:.2g}" if seconds < 10 else round(seconds),
        speed=QLocale().toString(round(float(test["pixels_per_second"]))),
        n=f"{float(test['agreement']):.1g}",
    )
    return marked(bool(test["ok"]), escape(text))


def marked(good: bool, text: str) -> str:
    """Returns a text, of HTML, behind a tick or a cross in its colour; the text keeps the colour of its surroundings.

    Args:
        good: Tick or cross.
        text: HTML.
    """
    return f"<span style='color:{GOOD if good else BAD}'>{'✓' if good else '✗'}</span>&nbsp;{text}"


def wrapped(text: str = "") -> QLabel:
    """Returns a label of HTML that can be selected and that a long word makes no wider than its column."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    label.setWordWrap(True)
    return label


def _facts(device: Dict[str, Any]) -> Iterable[str]:
    """Yields memory, driver, wheel and precision, as far as they are known."""
    total, free = device.get("memory_bytes"), device.get("free_bytes")
    if total and free:
        text = tr("Memory: {total}, {free} free")
        yield text.format(total=messages.size_text(total), free=messages.size_text(free))
    elif total:
        yield tr("Memory: {total}").format(total=messages.size_text(total))
    if device.get("driver"):
        yield tr("Driver: {version}").format(version=device["driver"])
    if device.get("wheel"):
        yield tr("Wheel of PyTorch: {wheel}").format(wheel=device["wheel"])
    if device.get("dtype"):
        text = tr("Automatic precision: {precision}")
        yield text.format(precision=precision_text(str(device["dtype"])))
