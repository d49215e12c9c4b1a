"""Where the widgets of a section go, and how wide they are."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget


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


def narrow(combo: QComboBox) -> QComboBox:
    """Lets a combo box shrink with the dock instead of keeping the dock as wide as its longest entry."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    return combo


def choices(*entries: Any) -> QComboBox:
    """Returns a narrow combo box of (data, text) entries."""
    box = narrow(QComboBox())
    for data, text in entries:
        box.addItem(text, data)
    return box


def fold(title: str, *widgets: QWidget) -> QgsCollapsibleGroupBox:
    """Returns a collapsed group of widgets, one below the other."""
    group = QgsCollapsibleGroupBox(title)
    layout = section_layout(group)
    for widget in widgets:
        layout.addWidget(widget)
    group.setCollapsed(True)
    return group


def side_by_side(*widgets: QWidget) -> QHBoxLayout:
    """Returns a row of widgets."""
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row
