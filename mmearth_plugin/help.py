"""Which page of the documentation belongs to which part of the dock, and how it is opened."""

from __future__ import annotations

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QToolButton

from . import icons
from .jobs.bug_report import metadata
from .messages import tr

TOPICS = ("scene", "embed", "label", "train", "map", "explore", "results", "pretrain", "settings")
_TUTORIAL = "/blob/main/docs/tutorial.md"


def page_url(topic: str) -> str:
    """Returns the address of what the tutorial says about one of `TOPICS`."""
    return f"{metadata('repository')}{_TUTORIAL}#{topic}"


def open_page(topic: str) -> None:
    """Opens what the tutorial says about one of `TOPICS` in the browser."""
    QDesktopServices.openUrl(QUrl(page_url(topic)))


def button(topic: str) -> QToolButton:
    """Returns a button that opens the page of one of `TOPICS`."""
    made = QToolButton()
    made.setAutoRaise(True)
    made.setIcon(icons.icon("help"))
    made.setToolTip(tr("Opens the page of the tutorial about this step in the browser."))
    made.setAccessibleName(tr("Help"))
    made.clicked.connect(lambda: open_page(topic))
    return made
