"""Icons that fit light and dark themes: SVG files drawn in the text colour of the palette."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QByteArray, QRectF, Qt
from qgis.PyQt.QtGui import QIcon, QPainter, QPalette, QPixmap
from qgis.PyQt.QtSvg import QSvgRenderer
from qgis.PyQt.QtWidgets import QToolButton

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
_SIZES_PX = (16, 24, 32, 48, 64)  # the larger ones for screens with several pixels a point
_PLACEHOLDER = "currentColor"


def icon(name: str) -> QIcon:
    """Returns the icon `resources/icons/<name>.svg`; "currentColor" in it becomes the colour of button texts."""
    probe = QToolButton()  # a theme of QGIS is a style sheet: it reaches the palettes of widgets only
    probe.ensurePolished()
    palette = probe.palette()
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    found = QIcon()
    groups = {QIcon.Mode.Normal: QPalette.ColorGroup.Active, QIcon.Mode.Disabled: QPalette.ColorGroup.Disabled}
    for mode, group in groups.items():
        color = palette.color(group, QPalette.ColorRole.ButtonText).name()
        renderer = QSvgRenderer(QByteArray(drawing.replace(_PLACEHOLDER, color).encode()))
        for size_px in _SIZES_PX:
            pixmap = QPixmap(size_px, size_px)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size_px, size_px))
            painter.end()
            found.addPixmap(pixmap, mode)
    return found
