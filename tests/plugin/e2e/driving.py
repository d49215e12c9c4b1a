"""For scenarios that run inside a real QGIS: mouse and keys on the dock, pictures, and an end that says how it went.

Reads E2E_FOLDER (scratch, gets `result.json`) and E2E_PICTURES.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path

from qgis.core import QgsContrastEnhancement, QgsPointXY, QgsProject, QgsRasterLayer, QgsRasterMinMaxOrigin
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QCheckBox, QToolButton
from qgis.utils import iface, plugins

FOLDER, PICTURES = Path(os.environ["E2E_FOLDER"]), Path(os.environ["E2E_PICTURES"])
LEFT = Qt.MouseButton.LeftButton
errors = []


def the_dock():
    """Returns the dock."""
    return plugins["mmearth_qgis"].show_dock()


def wait(condition, what, timeout_s=240):
    """Runs the event loop until a condition holds."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        if condition():
            return
        QTest.qWait(50)
        if the_dock().runner.problem.text():
            break
    dock = the_dock()
    raise AssertionError(
        f"waited in vain for {what}; the dock says {dock.runner.problem.text()!r}, {dock.runner.phase.text()!r}"
    )


def click(widget):
    """Scrolls to a widget of the dock and clicks it."""
    the_dock().reveal(widget)
    QTest.qWait(50)
    assert widget.isVisible(), "the widget is hidden"
    assert widget.isEnabled(), "the widget is disabled"
    # A check box hears clicks on its text only, however wide it is.
    place = QPoint(8, widget.height() // 2) if isinstance(widget, QCheckBox) else QPoint()
    QTest.mouseClick(widget, LEFT, pos=place)
    QTest.qWait(50)


def choose(box, text):
    """Chooses an entry of a combo box with the keyboard."""
    index = box.findText(text)
    assert index >= 0, f"{text!r} is not offered; found {[box.itemText(i) for i in range(box.count())]}"
    the_dock().reveal(box)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentIndex() < index:
        QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.qWait(50)


def draw_polygon(corners):
    """Digitises a polygon with left clicks and ends it with a right click."""
    canvas = iface.mapCanvas()
    canvas.waitWhileRendering()
    for corner in corners:
        pixel = canvas.getCoordinateTransform().transform(QgsPointXY(*corner))
        point = QPoint(round(pixel.x()), round(pixel.y()))
        QTest.mouseMove(canvas.viewport(), point)
        QTest.mouseClick(canvas.viewport(), LEFT, pos=point)
        QTest.qWait(50)
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.RightButton, pos=point)
    QTest.qWait(300)


def box_at(extent, x, y, side=0.04):
    """Returns the corners of a square at a relative place of an extent."""
    left, top = extent.xMinimum() + x * extent.width(), extent.yMaximum() - y * extent.height()
    w, h = side * extent.width(), side * extent.height()
    return [(left, top), (left + w, top), (left + w, top - h), (left, top - h)]


def picture(name):
    """Saves a picture of the whole window."""
    QTest.qWait(500)
    iface.mapCanvas().waitWhileRendering()
    QTest.qWait(200)
    assert iface.mainWindow().grab().save(str(PICTURES / name))


def open_scene(path):
    """Loads a scene in true colours, opens the dock and chooses the scene there; returns (layer, dock)."""
    iface.mainWindow().resize(1400, 900)
    scene = QgsRasterLayer(path, "scene")
    for set_band, band in zip(("setRedBand", "setGreenBand", "setBlueBand"), (4, 3, 2)):
        getattr(scene.renderer(), set_band)(band)
    scene.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(scene)
    iface.mapCanvas().setDestinationCrs(scene.crs())
    iface.mapCanvas().setExtent(scene.extent())
    action = plugins["mmearth_qgis"]._show_action
    button = next(b for b in iface.mainWindow().findChildren(QToolButton) if b.defaultAction() is action)
    QTest.mouseClick(button, LEFT)
    dock = the_dock()
    QTest.qWait(300)
    iface.mainWindow().resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    dock.scene_page.folder_edit.setFilePath(str(FOLDER / "results"))
    choose(dock.scene_page.source_box.layer_box, "scene")
    wait(lambda: dock.embed_page.cost.text(), "the scene's description")
    return scene, dock


def group_layers():
    """Returns name → layer of the result group."""
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – scene")
    return {} if group is None else {node.name(): node.layer() for node in group.findLayers()}


def play(scenario):
    """Runs a scenario once QGIS is up, writes down how it went, and ends QGIS without questions."""

    def run():
        outcome = {}
        try:
            outcome["facts"] = scenario()
        except BaseException:
            errors.append(traceback.format_exc())
            iface.mainWindow().grab().save(str(PICTURES / "failure.png"))
        outcome["errors"] = errors
        (FOLDER / "result.json").write_text(json.dumps(outcome), encoding="utf-8")
        plugin = plugins.get("mmearth_qgis")
        if plugin is not None:
            plugin.unload()
        QgsProject.instance().clear()
        QApplication.processEvents()
        os._exit(1 if errors else 0)

    sys.excepthook = lambda *error: errors.append("".join(traceback.format_exception(*error)))
    QTimer.singleShot(1500, run)
