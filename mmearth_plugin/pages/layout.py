"""Where the widgets of a collapsible section go."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget


def section_layout(section: QWidget) -> QVBoxLayout:
    """Returns the layout of the one widget in a section.

    QGIS hides and shows the children of a collapsible group when it is collapsed and expanded, also those that were
    hidden for a reason of their own; the only child here is a widget that holds them all.
    """
    content = QWidget()
    outer = QVBoxLayout(section)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(content)
    return QVBoxLayout(content)
