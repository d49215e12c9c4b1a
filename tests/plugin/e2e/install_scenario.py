"""Runs inside a real QGIS in a fresh profile: one click installs the backend, which then embeds the sample scene.

Reads E2E_SCENE, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys
import time
from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QToolButton
from qgis.utils import iface, plugins

sys.path.append(os.environ["E2E_DRIVING"])
from driving import choose, click, group_layers, open_scene, picture, play, the_dock, wait  # noqa: E402

BEAT_MS = 20
OURS = ("mmearth_qgis", "processing", "encodings")  # what a click may import: the plugin, QGIS's own, Python's own


class Heart:
    """Beats in the window's thread and keeps the longest pause."""

    def __init__(self):
        self.longest_s, self._last_s = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def _beat(self):
        now_s = time.perf_counter()
        self.longest_s, self._last_s = max(self.longest_s, now_s - self._last_s), now_s


def listing(folder):
    """Returns the files below a folder, without what Python itself compiles."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if "__pycache__" not in path.parts)


def surroundings():
    """Returns what an installation must leave alone."""
    profile = Path(QgsApplication.qgisSettingsDirPath())
    known = {name for name in sys.modules if name.split(".")[0] not in OURS}
    python = listing(profile / "python")
    return {"path": list(sys.path), "modules": known, "environ": dict(os.environ), "python": python}


def scenario():
    """From the first click to a self-test that passed, then to an embedding."""
    facts = {}
    iface.mainWindow().resize(1400, 900)
    action = plugins["mmearth_qgis"]._show_action
    QTest.mouseClick(
        next(button for button in iface.mainWindow().findChildren(QToolButton) if button.defaultAction() is action),
        Qt.MouseButton.LeftButton,
    )
    dock = the_dock()
    banner = dock.setup.banner
    wait(lambda: banner.install_button.isVisible() and banner.install_button.isEnabled(), "the offer")
    QTest.qWait(300)
    iface.mainWindow().resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    facts["offer"] = banner.offer.text()
    picture("install_offer.png")
    before, steps, heart = surroundings(), [], Heart()
    dock.setup.installer.step.connect(lambda text, part: steps.append((text, part)))
    started_s = time.perf_counter()
    click(banner.install_button)
    shot = False
    while dock.setup.installer.is_running:
        QTest.qWait(20)
        if not shot and "packages" in banner.step.text() and banner.bar.value() > 100:
            shot = True
            assert iface.mainWindow().grab().save(os.environ["E2E_PICTURES"] + "/install_progress.png")
    facts["seconds"] = time.perf_counter() - started_s
    facts["longest_pause_s"] = heart.longest_s
    facts["steps"] = [text for text, _part in steps]
    facts["problem"] = banner.step.text() if banner.isVisible() else ""
    facts["said"] = dock.runner.status.text() if hasattr(dock.runner, "status") else ""
    after = surroundings()
    facts["changed"] = {key: key for key in ("path", "environ", "python") if before[key] != after[key]}
    facts["modules"] = sorted(after["modules"] - before["modules"])
    QTest.qWait(300)
    picture("install_done.png")
    dock.show_page("backend")
    picture("install_page.png")
    facts["state"] = dock.setup.page.state.text()
    facts["folder"] = str(Path(QgsApplication.qgisSettingsDirPath()))
    if facts["problem"]:
        return facts
    open_scene(os.environ["E2E_SCENE"])
    dock.show_page("embed")
    choose(dock.scene_page.source_box.layer_box, "scene")
    click(dock.embed_page.button)
    wait(lambda: group_layers() and not dock.runner.is_busy, "the embedding")
    facts["layers"] = sorted(group_layers())
    facts["backend"] = dock.runner.backend.python
    picture("install_embedded.png")
    return facts


play(scenario)
