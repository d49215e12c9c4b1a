"""Runs inside a real QGIS: labels drawn with every tool, one of them found by smart select on a real embedding.

Reads E2E_SCENE, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys

from qgis.core import QgsPointXY
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import LEFT, box_at, click, draw_polygon, group_layers, open_scene, picture, play, wait  # noqa: E402


def at(extent, x, y):
    """Returns the pixel of the screen at a relative place of an extent."""
    place = QgsPointXY(extent.xMinimum() + x * extent.width(), extent.yMaximum() - y * extent.height())
    pixel = iface.mapCanvas().getCoordinateTransform().transform(place)
    return QPoint(round(pixel.x()), round(pixel.y()))


def drag(extent, *places):
    """Draws with the left button held down."""
    viewport = iface.mapCanvas().viewport()
    QTest.mousePress(viewport, LEFT, pos=at(extent, *places[0]))
    for place in places[1:]:
        QTest.mouseMove(viewport, at(extent, *place))
        QTest.qWait(20)
    QTest.mouseRelease(viewport, LEFT, pos=at(extent, *places[-1]))
    QTest.qWait(100)


def scenario():
    facts = {}
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    extent, canvas = scene.extent(), iface.mapCanvas()
    click(dock.embed_page.button)
    wait(lambda: "Embedding" in group_layers(), "the embedding")
    group = group_layers()["Embedding"]
    iface.layerTreeView().layerTreeModel().rootGroup().findLayer(group.id()).setItemVisibilityChecked(False)

    from mmearth_qgis.mmearth_plugin import embedding_layers
    from mmearth_qgis.mmearth_plugin.labelling import Labelling
    if not hasattr(dock, "labelling"):
        dock.labelling = Labelling(iface, dock.scene_page, dock.mapping.labels_page, dock.runner, lambda: embedding_layers.newest(dock.scene_page.source_box.usable()))
        dock.mapping.labels_page.add_tools(dock.labelling.page)
    labelling, page, tools = dock.labelling, dock.labelling.page, dock.labelling.page.tools
    click(dock.mapping.labels_page.new_button)
    labels = dock.mapping.labels_page.layer

    def polygons():
        return [[f["class_id"], round(f.geometry().area())] for f in labels.getFeatures()]

    click(tools["polygon"])
    facts["tool_of_qgis"] = canvas.mapTool().action() == iface.actionAddFeature()
    QTest.keyClick(canvas, Qt.Key.Key_2)
    draw_polygon(box_at(extent, 0.1, 0.1, 0.1))
    facts["polygon"] = polygons()
    click(tools["rectangle"])
    facts["keyboard_on_map"] = canvas.hasFocus()
    QTest.keyClick(canvas, Qt.Key.Key_1)
    drag(extent, (0.4, 0.1), (0.45, 0.15), (0.5, 0.2))
    facts["rectangle"] = polygons()[1:]
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    facts["undone"] = len(polygons())
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    facts["redone"] = len(polygons())
    click(tools["freehand"])
    drag(extent, (0.7, 0.1), (0.75, 0.08), (0.82, 0.12), (0.85, 0.2), (0.78, 0.25), (0.7, 0.2))
    click(tools["point"])
    page.brush_box.setValue(6)
    drag(extent, (0.12, 0.5), (0.16, 0.55), (0.2, 0.5))
    facts["drawn"] = len(polygons())
    picture("labelling.png")

    click(tools["smart_select"])
    settled = lambda: labelling.region.is_settled  # noqa: E731
    QTest.keyClick(canvas, Qt.Key.Key_1)
    QTest.mouseClick(canvas.viewport(), LEFT, pos=at(extent, 0.18, 0.76))
    wait(settled, "the region")
    facts["region_px"] = [labelling.region.pixels]
    page.slider.setValue(40)
    wait(settled, "the larger region")
    facts["region_px"].append(labelling.region.pixels)
    facts["note"] = page.note.text()
    picture("smart_select.png")
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    facts["taken"] = polygons()[-1]
    facts["valid"] = all(f.geometry().isGeosValid() for f in labels.getFeatures())
    facts["saved_before"] = labels.dataProvider().featureCount()
    click(page.edits["save"])
    facts["saved"] = labels.dataProvider().featureCount()
    labels.rollBack()
    dock.labelling.close()
    return facts


play(scenario)
