"""Runs inside a real QGIS (`qgis --code scenario.py`): drives the dock with mouse and keys, as a person would.

Reads E2E_SCENE, E2E_LABELS, E2E_FOLDER (scratch), E2E_PICTURES; writes `result.json` into E2E_FOLDER and ends QGIS.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path

from qgis.core import (
    QgsContrastEnhancement,
    QgsCoordinateTransform,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QScrollArea, QToolButton
from qgis.utils import iface, plugins

FOLDER, PICTURES = Path(os.environ["E2E_FOLDER"]), Path(os.environ["E2E_PICTURES"])
LEFT = Qt.MouseButton.LeftButton
errors = []


def wait(condition, what, timeout_s=240):
    """Runs the event loop until a condition holds."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        if condition():
            return
        QTest.qWait(50)
        if plugins["mmearth_qgis"].show_dock().problem.text():
            break
    dock = plugins["mmearth_qgis"].show_dock()
    raise AssertionError(f"waited in vain for {what}; the dock says {dock.problem.text()!r}, {dock.phase.text()!r}")


def click(widget):
    """Scrolls to a widget of the dock and clicks it."""
    dock = plugins["mmearth_qgis"].show_dock()
    dock.findChild(QScrollArea).ensureWidgetVisible(widget)
    QTest.qWait(50)
    assert widget.isVisible(), "the widget is hidden"
    assert widget.isEnabled(), "the widget is disabled"
    QTest.mouseClick(widget, LEFT)
    QTest.qWait(50)


def choose(box, text):
    """Chooses an entry of a combo box with the keyboard."""
    index = box.findText(text)
    assert index >= 0, f"{text!r} is not offered; found {[box.itemText(i) for i in range(box.count())]}"
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentIndex() < index:
        QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.qWait(50)


def picture(name):
    """Saves a picture of the whole window."""
    QTest.qWait(500)
    iface.mapCanvas().waitWhileRendering()
    QTest.qWait(200)
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert iface.mainWindow().grab().save(str(PICTURES / name))


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


def group_layers():
    """Returns name → layer of the result group."""
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – scene")
    return {} if group is None else {node.name(): node.layer() for node in group.findLayers()}


def scenario():
    """The main job: embed, draw, train, predict."""
    facts = {}
    before = (list(sys.path), dict(os.environ), "torch" in sys.modules)
    iface.mainWindow().resize(1400, 900)
    scene = QgsRasterLayer(os.environ["E2E_SCENE"], "scene")
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
    dock = plugins["mmearth_qgis"].show_dock()
    QTest.qWait(300)
    iface.mainWindow().resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    dock.scene_page.folder_edit.setFilePath(str(FOLDER / "results"))
    choose(dock.scene_page.layer_box, "scene")
    wait(lambda: dock.embed_page.cost.text(), "the scene's description")
    facts["bands"] = dock.scene_page.bands_button.text()
    facts["cost"] = dock.embed_page.cost.text()
    click(dock.scene_page.bands_button)
    picture("dock_bands.png")
    click(dock.scene_page.bands_button)

    click(dock.embed_page.button)
    facts["progress_shown"] = dock.bar.isVisible() and dock.cancel_button.isVisible()
    wait(lambda: "Embedding" in group_layers(), "the embedding")
    picture("dock_embedding.png")
    embedding = group_layers()["Embedding"]
    facts["embedding"] = {
        "bands": embedding.bandCount(),
        "size": [embedding.width(), embedding.height()],
        "crs": embedding.crs().authid(),
        "renderer": embedding.renderer().type(),
    }
    embedding_node = QgsProject.instance().layerTreeRoot().findLayer(embedding.id())
    embedding_node.setItemVisibilityChecked(False)

    click(dock.few_shot_page.new_button)
    own = dock.few_shot_page.layer_box.currentLayer()
    draw_polygon(box_at(scene.extent(), 0.1, 0.1))
    dock.few_shot_page.table.selectRow(1)
    draw_polygon(box_at(scene.extent(), 0.5, 0.5))
    wait(lambda: "unsaved edits: 2" in dock.few_shot_page.counts.text(), "the drawn polygons", 5)
    facts["own_labels"] = [[f["class_id"], f["class_name"]] for f in own.getFeatures()]
    picture("dock_labels.png")
    own.rollBack()
    QgsProject.instance().removeMapLayer(own.id())

    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels", "ogr")
    QgsProject.instance().addMapLayer(labels, False)
    QgsProject.instance().layerTreeRoot().insertLayer(0, labels)
    choose(dock.few_shot_page.layer_box, "labels")
    choose(dock.few_shot_page.field_box, "class_id")
    facts["polygons_before"] = labels.featureCount()
    iface.setActiveLayer(labels)
    labels.startEditing()
    first = next(labels.getFeatures())
    dock.few_shot_page.table.choose(first["class_id"])
    iface.actionAddFeature().trigger()
    to_map = QgsCoordinateTransform(labels.crs(), scene.crs(), QgsProject.instance())
    centre = to_map.transform(first.geometry().pointOnSurface().asPoint())
    draw_polygon(
        [(centre.x() - 25, centre.y() + 25), (centre.x() + 25, centre.y() + 25), (centre.x(), centre.y() - 25)]
    )
    wait(lambda: "unsaved edits: 1" in dock.few_shot_page.counts.text(), "the unsaved polygon", 5)
    facts["drawn_class"] = [f["class_id"] for f in labels.getFeatures() if f.id() < 0]
    facts["first_class"] = first["class_id"]

    dock.few_shot_page.vector_check.setChecked(True)
    click(dock.few_shot_page.button)
    wait(lambda: "Classes" in group_layers(), "the class map")
    facts["still_unsaved"] = labels.isModified()
    layers = group_layers()
    facts["group"] = list(layers)
    facts["score"] = dock.few_shot_page.score.text()
    facts["class_renderer"] = layers["Classes"].renderer().type()
    facts["classes"] = sorted(c.label for c in layers["Classes"].renderer().classes())
    polygons = layers["Class polygons"]
    facts["polygon_classes"] = sorted(c.label() for c in polygons.renderer().categories())
    facts["polygon_count"] = polygons.featureCount()
    facts["class_size"] = [layers["Classes"].width(), layers["Classes"].height()]
    facts["confidence_renderer"] = layers["Confidence"].renderer().type()
    facts["report"] = dock._report
    facts["report_button"] = dock.few_shot_page.report_button.isVisible()
    QgsProject.instance().layerTreeRoot().findLayer(layers["Confidence"].id()).setItemVisibilityChecked(False)
    labels.rollBack()
    iface.messageBar().clearWidgets()
    iface.actionPan().trigger()
    dock.findChild(QScrollArea).ensureWidgetVisible(dock.few_shot_page.report_button)
    picture("dock_result.png")
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(200)
    facts["narrow_width"] = dock.width()
    picture("dock_320.png")
    dock.findChild(QScrollArea).verticalScrollBar().setValue(0)
    picture("dock_320_top.png")
    plugins["mmearth_qgis"].unload()
    facts["isolated"] = before == (list(sys.path), dict(os.environ), "torch" in sys.modules)
    return facts


def run():
    """Runs the scenario, writes down how it went, and ends QGIS without questions."""
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
