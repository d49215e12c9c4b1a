"""Runs inside a real QGIS (`qgis --code scenario.py`): embeds, draws, trains and predicts, as a person would.

Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys

from qgis.core import QgsCoordinateTransform, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface, plugins

sys.path.append(os.environ["E2E_DRIVING"])
from driving import (  # noqa: E402
    box_at,
    choose,
    click,
    draw_polygon,
    group_layers,
    open_scene,
    picture,
    play,
    wait,
)


def scenario():
    """The main job: embed, draw, train, predict."""
    facts = {}
    before = (list(sys.path), dict(os.environ), "torch" in sys.modules)
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    facts["bands"] = dock.scene_page.band_table.button.text()
    facts["cost"] = dock.embed_page.cost.text()
    click(dock.scene_page.band_table.button)
    picture("dock_bands.png")
    click(dock.scene_page.band_table.button)

    click(dock.embed_page.button)
    facts["progress_shown"] = dock.runner.bar.isVisible() and dock.runner.cancel_button.isVisible()
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

    click(dock.mapping.labels_page.new_button)
    own = dock.mapping.labels_page.layer_box.currentLayer()
    draw_polygon(box_at(scene.extent(), 0.1, 0.1))
    dock.mapping.labels_page.table.selectRow(1)
    draw_polygon(box_at(scene.extent(), 0.5, 0.5))
    wait(lambda: "unsaved edits: 2" in dock.mapping.labels_page.counts.text(), "the drawn polygons", 5)
    facts["own_labels"] = [[f["class_id"], f["class_name"]] for f in own.getFeatures()]
    picture("dock_labels.png")
    own.rollBack()
    QgsProject.instance().removeMapLayer(own.id())

    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels", "ogr")
    QgsProject.instance().addMapLayer(labels, False)
    QgsProject.instance().layerTreeRoot().insertLayer(0, labels)
    choose(dock.mapping.labels_page.layer_box, "labels")
    choose(dock.mapping.labels_page.field_box, "class_id")
    facts["polygons_before"] = labels.featureCount()
    iface.setActiveLayer(labels)
    labels.startEditing()
    first = next(labels.getFeatures())
    dock.mapping.labels_page.table.choose(first["class_id"])
    iface.actionAddFeature().trigger()
    to_map = QgsCoordinateTransform(labels.crs(), scene.crs(), QgsProject.instance())
    centre = to_map.transform(first.geometry().pointOnSurface().asPoint())
    draw_polygon(
        [(centre.x() - 25, centre.y() + 25), (centre.x() + 25, centre.y() + 25), (centre.x(), centre.y() - 25)]
    )
    wait(lambda: "unsaved edits: 1" in dock.mapping.labels_page.counts.text(), "the unsaved polygon", 5)
    facts["drawn_class"] = [f["class_id"] for f in labels.getFeatures() if f.id() < 0]
    facts["first_class"] = first["class_id"]

    dock.mapping.few_shot_page.options.setCollapsed(False)
    click(dock.mapping.few_shot_page.outputs.vector_check)
    click(dock.mapping.few_shot_page.button)
    wait(lambda: "Classes" in group_layers(), "the class map")
    facts["still_unsaved"] = labels.isModified()
    layers = group_layers()
    facts["group"] = list(layers)
    facts["score"] = dock.mapping.few_shot_page.score.text()
    facts["class_renderer"] = layers["Classes"].renderer().type()
    facts["classes"] = sorted(c.label for c in layers["Classes"].renderer().classes())
    polygons = layers["Class polygons"]
    facts["polygon_classes"] = sorted(c.label() for c in polygons.renderer().categories())
    facts["polygon_count"] = polygons.featureCount()
    facts["class_size"] = [layers["Classes"].width(), layers["Classes"].height()]
    facts["confidence_renderer"] = layers["Confidence"].renderer().type()
    facts["report"] = dock.mapping.report
    facts["report_button"] = dock.mapping.few_shot_page.report_button.isVisible()
    confidence_node = QgsProject.instance().layerTreeRoot().findLayer(layers["Confidence"].id())
    facts["confidence_shown"] = confidence_node.itemVisibilityChecked()
    dock.mapping.few_shot_page.options.setCollapsed(True)
    labels.rollBack()
    iface.messageBar().clearWidgets()
    iface.actionPan().trigger()
    dock.reveal(dock.mapping.few_shot_page.report_button)
    picture("dock_result.png")
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(200)
    facts["narrow_width"] = dock.width()
    picture("dock_320.png")
    dock.show_page("scene")
    picture("dock_320_top.png")
    plugins["mmearth_qgis"].unload()
    facts["isolated"] = before == (list(sys.path), dict(os.environ), "torch" in sys.modules)
    return facts


play(scenario)
