"""Runs inside a real QGIS: the tour of the tutorial, from an empty project to an exported map, clicks counted.

Reads E2E_DRIVING (folder of `driving.py`), E2E_THEME (a word for the names of pictures) and what `driving` reads.
"""

import os
import sys
import time

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QToolButton
from qgis.utils import iface, plugins

sys.path.append(os.environ["E2E_DRIVING"])
import driving  # noqa: E402
from driving import FOLDER, LEFT, PICTURES, picture, play, the_dock, wait  # noqa: E402

THEME = os.environ["E2E_THEME"]
STEPS = ("scene", "embed", "label", "train", "map", "explore", "results", "pretrain")
clicks = []


def click(widget):
    """Clicks a widget and counts it."""
    clicks.append(getattr(widget, "text", type(widget).__name__)())
    driving.click(widget)


def choose_action(menu, text):
    """Chooses an entry of a menu; its click counts."""
    clicks.append(text)
    menu.aboutToShow.emit()  # some are filled when they open
    next(action for action in menu.actions() if action.text() == text).trigger()
    QTest.qWait(100)


def layers_of_scene():
    """Returns name → layer of everything in the group of the sample's results."""
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – Sample scene")
    return {} if group is None else {node.name(): node.layer() for node in group.findLayers()}


def look(name):
    """Saves a picture of the window without messages."""
    iface.messageBar().clearWidgets()
    picture(f"tour_{name}_{THEME}.png")


def first_use():
    """From an empty project to a map in a file, with nothing but clicks; returns the dock."""
    window = iface.mainWindow()
    window.resize(1400, 900)
    action = plugins["mmearth_qgis"]._show_action
    clicks.append("MMEarth panel")
    button = next(b for b in window.findChildren(QToolButton) if b.defaultAction() is action)
    QTest.mouseClick(button, LEFT)
    dock = the_dock()
    window.resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    look("empty")
    clicks.append("⋯")
    choose_action(dock.bar.menu_button.menu(), "Open sample project")
    wait(lambda: dock.bar.state("scene").state == "done", "the sample's description")
    look("scene")
    click(dock.bar.buttons["train"])
    wait(lambda: dock.bar.state("train").state == "ready", "the sample's labels")
    click(dock.mapping.few_shot_page.button)
    wait(lambda: "Classes" in layers_of_scene() and not dock.runner.is_busy, "the map")
    look("train")
    click(dock.bar.buttons["results"])
    page = dock.run_results.page
    wait(lambda: page.list.topLevelItemCount() == 1, "the run")
    place = page.list.visualItemRect(page.list.topLevelItem(0)).center()
    clicks.append("the run")
    QTest.mouseClick(page.list.viewport(), LEFT, pos=QPoint(20, place.y()))
    clicks.append("⋮")
    choose_action(page.menu, "Export…")
    target = FOLDER / "map.tif"
    page.export_box.file_box.setFilePath(str(target))
    click(page.export_box.button)
    wait(target.exists, "the exported map")
    return dock, target


def scenario():
    """First use, then every step in a wide and in a narrow dock."""
    started_s = time.monotonic()
    dock, target = first_use()
    facts = {"seconds": time.monotonic() - started_s, "clicks": list(clicks), "dark": is_dark(dock)}
    exported = QgsRasterLayer(str(target), "exported")
    facts["exported"] = [exported.isValid(), exported.width(), exported.height()]
    look("results")

    click(dock.bar.buttons["embed"])
    before = len(clicks)
    look("embed")
    click(dock.embed_page.button)
    wait(lambda: "Embedding" in layers_of_scene() and not dock.runner.is_busy, "the embedding")
    facts["embedding_clicks"] = len(clicks) - before + 1
    look("embedding")
    dock.show_page("label")
    look("label")
    dock.show_page("explore")
    similar(dock, facts)
    look("explore")
    dock.show_page("map")
    look("map")
    dock.show_page("pretrain")
    look("pretrain")
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(300)
    facts["narrow_px"] = dock.width()
    facts["too_wide"] = {}
    for key in STEPS:
        dock.show_page(key)
        QTest.qWait(150)
        wanted = dock.stack.content(key).minimumSizeHint().width()
        if wanted > 310:
            facts["too_wide"][key] = wanted
        assert dock.grab().save(str(PICTURES / f"tour_{key}_320_{THEME}.png"))
    facts["states"] = {step: dock.bar.state(step).state for step in STEPS[:5]}
    return facts


def is_dark(dock):
    """Returns whether the window's background is darker than its text."""
    palette = dock.palette()
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def similar(dock, facts):
    """Looks for places like the river."""
    box, answers = dock.exploring.page.similar_box, []
    dock.exploring.similar.shown.connect(answers.append)
    driving.click(box.pick_button)
    wait(lambda: box.state.text() == "Click a place on the map.", "the embedding to be read")
    canvas = iface.mapCanvas()
    QTest.mouseClick(canvas.viewport(), LEFT, pos=QPoint(canvas.width() // 4, canvas.height() * 2 // 3))
    wait(lambda: answers, "similar places")
    canvas.waitWhileRendering()
    facts["similar_s"] = dock.exploring.similar.latency_s


play(scenario)
