"""Runs inside a real QGIS: fine-tunes on a folder of chips and masks, pauses, resumes, maps a chip of its own.

Reads E2E_SCENE (raster), E2E_CHIPS, E2E_MASKS (folders), E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys
import time
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import PICTURES, choose, click, group_layers, open_scene, picture, play, wait  # noqa: E402


def set_number(box, number):
    """Types a number into a spin box."""
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, str(number))
    QTest.keyClick(box, Qt.Key.Key_Tab)


def show(dock, widget):
    """Scrolls to a widget of the dock."""
    QTest.qWait(200)
    dock.reveal(widget)


def fill_in(page):
    """Says what is learned from, and how."""
    data = page.data
    choose(data.scenes_box, "Folder of rasters")
    data.folder_edit.setFilePath(os.environ["E2E_CHIPS"])
    choose(data.truth_box, "Folder of masks")
    data.masks_edit.setFilePath(os.environ["E2E_MASKS"])
    choose(page.rung_box, "Decoder")
    set_number(page.epochs_box, 25)


def train(dock, page):
    """Starts a run, pauses it in the middle, resumes it; returns what was seen."""
    facts, view = {}, page.view
    click(page.button)
    wait(lambda: len(view.score_curve.points("held-out F1")) >= 2, "the first scores")
    show(dock, view.pause_button)
    facts["time_left"] = dock.runner.phase.text()
    picture("fine_tune_running.png")
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(200)
    facts["narrow_width"] = dock.width()
    show(dock, view.pause_button)
    picture("fine_tune_320.png")
    click(view.pause_button)
    started_s = time.monotonic()
    wait(page.button.isEnabled, "the end after Pause", 30)
    facts["pause_s"] = time.monotonic() - started_s
    facts["paused"] = view.text.text()
    facts["resume"] = page.resume_button.text() if page.resume_button.isVisible() else ""
    facts["curve_when_paused"] = view.loss_curve.points("loss")
    picture("fine_tune_paused.png")
    iface.mainWindow().resizeDocks([dock], [400], Qt.Orientation.Horizontal)

    click(page.resume_button)
    wait(view.map_button.isVisible, "the network")
    facts["curve"] = view.loss_curve.points("loss")
    facts["scores"] = [score for _step, score in view.score_curve.points("held-out F1")]
    facts["rates"] = [rate for _step, rate in view.rate_curve.points("learning rate")]
    facts["score"] = view.text.text()
    show(dock, view.map_button)
    picture("fine_tune_done.png")
    assert dock.stack.content("train").grab().save(str(PICTURES / "fine_tune_page.png"))
    return facts


def scenario():
    """Step "Train", the other way: train, pause, resume, map."""
    before = (list(sys.path), "torch" in sys.modules)
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    mapping = dock.mapping
    choose(mapping.few_shot_page.way_box, "Many polygons: fine-tune a network")
    page = mapping.fine_tuning.page
    fill_in(page)
    facts = {"cost": page.cost.text()}
    show(dock, page.button)
    picture("fine_tune_form.png")
    facts.update(train(dock, page))
    facts["run"] = sorted(path.name for path in Path(mapping.fine_tuning.result["run"]).iterdir())
    facts["report"] = str(mapping.fine_tuning.result["report"])

    click(page.view.map_button)
    wait(lambda: "Classes" in group_layers(), "the segmentation")
    classes = group_layers()["Classes"]
    facts["map"] = [classes.width(), classes.height(), classes.renderer().type(), scene.width(), scene.height()]
    facts["group"] = list(group_layers())
    classes.setOpacity(0.6)  # for a picture that shows how it fits the scene
    classes.triggerRepaint()
    iface.messageBar().clearWidgets()
    QgsProject.instance().layerTreeRoot().findLayer(classes.id()).parent().setExpanded(True)
    iface.mapCanvas().setExtent(classes.extent())
    show(dock, page.view.map_button)
    picture("fine_tune_map.png")
    facts["isolated"] = before == (list(sys.path), "torch" in sys.modules)
    return facts


play(scenario)
