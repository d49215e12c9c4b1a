"""Runs inside a real QGIS: the devices are listed and tested by the real backend; a backend that is killed says why.

Reads E2E_SCENE, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import signal
import sys

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QLabel
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import click, open_scene, picture, play, wait  # noqa: E402


def said(page):
    """Returns all texts of the page."""
    return [label.text() for label in page.findChildren(QLabel) if label.text()]


def scenario():
    """Devices, their test, the report, then the end of the backend."""
    facts = {}
    _scene, dock = open_scene(os.environ["E2E_SCENE"])
    page = dock.devices.page
    next(action for action in dock.bar.menu_button.menu().actions() if action.text() == "Devices and checks").trigger()
    wait(lambda: any("CPU" in text for text in said(page)), "the list of devices")
    click(page.test_button)
    wait(lambda: any("off by" in text for text in said(page)) and not dock.runner.is_busy, "the self-test")
    facts["said"] = said(page)
    click(page.copy_button)
    facts["report"] = QApplication.clipboard().text()
    iface.messageBar().clearWidgets()
    picture("devices.png")
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(300)
    facts["narrow_px"] = dock.width()
    dock.show_page("embed")
    click(dock.embed_page.button)
    os.kill(dock.runner.backend.pid, signal.SIGKILL)  # at once: the sample takes a second
    while dock.runner.is_busy:
        QTest.qWait(50)
    facts["killed"] = dock.runner.problem.text()
    picture("devices_killed.png")
    return facts


play(scenario)
