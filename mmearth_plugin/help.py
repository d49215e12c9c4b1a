"""Which page of the documentation belongs to which part of the dock, and how it is opened."""

from __future__ import annotations

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from .jobs.bug_report import metadata

TOPICS = ("scene", "embed", "label", "train", "map", "explore", "results", "pretrain", "devices", "backend", "settings")
_TUTORIAL = "/blob/main/docs/tutorial.md"


def page_url(topic: str) -> str:
    """Returns the address of what the tutorial says about one of `TOPICS`."""
    return f"{metadata('repository')}{_TUTORIAL}#{topic}"


def open_page(topic: str) -> None:
    """Opens what the tutorial says about one of `TOPICS` in the browser."""
    QDesktopServices.openUrl(QUrl(page_url(topic)))
