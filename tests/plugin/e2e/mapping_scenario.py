"""Runs inside a real QGIS: the whole mapping loop, from the first preview to the accuracy of the map.

Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys
import time
from pathlib import Path

from qgis.core import QgsCoordinateTransform, QgsFeature, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import (  # noqa: E402
    PICTURES,
    choose,
    click,
    draw_polygon,
    group_layers,
    open_scene,
    picture,
    play,
    wait,
)


def whole_dock(dock, name):
    """Saves a picture of the whole page in front, also of what is scrolled away."""
    QTest.qWait(300)
    assert dock.stack.content(dock.stack.current()).grab().save(str(PICTURES / name))


def preview_while_drawing(dock, scene, labels):
    """Draws an overlapping polygon while the preview is on; returns what was seen, and how long it took."""
    facts = {}
    shown = []
    dock.preview.live.shown.connect(shown.append)
    click(dock.strip.preview_button)
    wait(lambda: shown, "the first preview")
    facts["first_preview"] = dock.strip.state.text()
    picture("mapping_preview_before.png")
    first = next(labels.getFeatures())
    other = next(f["class_id"] for f in labels.getFeatures() if f["class_id"] != first["class_id"])
    dock.mapping.labels_page.table.choose(other)
    iface.setActiveLayer(labels)
    labels.startEditing()
    iface.actionAddFeature().trigger()
    to_map = QgsCoordinateTransform(labels.crs(), scene.crs(), QgsProject.instance())
    centre = to_map.transform(first.geometry().pointOnSurface().asPoint())
    x, y = centre.x(), centre.y()
    count = len(shown)
    draw_polygon([(x - 60, y + 60), (x + 60, y + 60), (x + 60, y - 60), (x - 60, y - 60)])
    started_s = time.monotonic()
    wait(lambda: len(shown) > count, "the second preview")
    facts["refresh_s"] = time.monotonic() - started_s
    facts["second_preview"] = dock.strip.state.text()
    facts["preview_renderer"] = group_layers()["Preview"].renderer().type()
    facts["problems"] = [p["kind"] for p in dock.mapping.labels_page.problems.problems()]
    picture("mapping_preview_after.png")
    return facts


def zoom_to_a_problem(dock, kind):
    """Zooms to a problem with the mouse; returns the middle of the canvas and what is selected."""
    problems = dock.mapping.labels_page.problems
    row = next(i for i, problem in enumerate(problems.problems()) if problem["kind"] == kind)
    problems.list.setCurrentRow(row)
    click(problems.zoom_button)
    iface.mapCanvas().waitWhileRendering()
    picture("mapping_problem.png")
    return len(dock.mapping.labels_page.layer.selectedFeatureIds())


def suggestions(dock):
    """Walks through suggestions and accepts one."""
    facts, page = {}, dock.mapping.suggest_page
    page.count_box.setValue(6)
    click(page.button)
    wait(lambda: "Where to label next" in group_layers(), "the suggestions")
    facts["suggested"] = group_layers()["Where to label next"].featureCount()
    facts["reasons"] = [page.reason.text()]
    click(page.next_button)
    facts["reasons"].append(page.reason.text())
    picture("mapping_suggestions.png")
    before = dock.mapping.labels_page.layer.featureCount()
    wanted = page.suggested_class()
    click(page.accept_button)
    layer = group_layers()["Where to label next"]
    point = page.walk.feature().geometry().asPoint()
    to_map = QgsCoordinateTransform(
        layer.crs(), iface.mapCanvas().mapSettings().destinationCrs(), QgsProject.instance()
    )
    x, y = to_map.transform(QgsPointXY(point))
    draw_polygon([(x - 20, y + 20), (x + 20, y + 20), (x + 20, y - 20), (x - 20, y - 20)])
    labels = dock.mapping.labels_page.layer
    newest = min(labels.getFeatures(), key=lambda feature: feature.id())
    facts["accepted"] = [labels.featureCount() - before, newest["class_name"], wanted]
    return facts


def check_the_map(dock):
    """Draws a small sample, answers it with the mouse's help, compares."""
    facts, page = {}, dock.mapping.assess_page
    page.per_class_box.setValue(4)
    click(page.draw_button)
    wait(lambda: "Sample points" in group_layers(), "the sample")
    points = group_layers()["Sample points"]
    facts["sampled"] = points.featureCount()
    facts["offered"] = [page.class_box.itemText(i) for i in range(1, page.class_box.count())]
    facts["widget"] = points.editorWidgetSetup(points.fields().lookupField("class")).type()
    facts["map_hidden"] = not _is_shown("Classes")
    for number in range(points.featureCount()):
        page.class_box.setCurrentIndex(1 + number % 2)
        page.class_box.activated.emit(page.class_box.currentIndex())
        if number == 2:
            picture("mapping_sample.png")
    facts["place"] = page.place.text()
    click(page.compare_button)
    wait(lambda: page.headline.isVisible(), "the comparison")
    facts["headline"] = page.headline.text()
    facts["accuracy_report"] = dock.mapping.accuracy_report
    picture("mapping_compared.png")
    return facts


def regression(dock, labels):
    """Estimates a number from polygons that have one."""
    facts, page = {}, dock.mapping.few_shot_page
    heights = QgsVectorLayer(f"Polygon?crs={labels.crs().authid()}&field=height:double", "heights", "memory")
    for feature in labels.getFeatures():
        copy = QgsFeature(heights.fields())
        copy["height"] = feature["class_id"] / 4 + 0.1 * (feature.id() % 3)
        copy.setGeometry(feature.geometry())
        heights.dataProvider().addFeature(copy)
    QgsProject.instance().addMapLayer(heights)
    choose(dock.mapping.labels_page.layer_box, "heights")
    choose(dock.mapping.labels_page.field_box, "height")
    dock.show_page("train")
    page.options.setCollapsed(False)
    for name in ("interval", "distance"):
        page.outputs.raster_checks[name].setChecked(True)
    page.outputs.parcels_check.setChecked(False)
    whole_dock(dock, "mapping_regression_options.png")
    page.options.setCollapsed(True)
    click(page.button)
    wait(lambda: "Values" in group_layers(), "the map of values")
    facts["value_score"] = page.score.text()
    facts["value_group"] = list(group_layers())[:5]
    facts["value_renderer"] = group_layers()["Values"].renderer().type()
    iface.mapCanvas().setExtent(group_layers()["Values"].extent())
    iface.messageBar().clearWidgets()
    dock.reveal(page.report_button)
    picture("mapping_regression.png")
    return facts


def _is_shown(name):
    root = QgsProject.instance().layerTreeRoot()
    return root.findLayer(group_layers()[name].id()).itemVisibilityChecked()


def scenario():
    """The main job: preview, train, look at problems, check the model, suggest, sample, compare."""
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    mapping = dock.mapping
    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels", "ogr")
    QgsProject.instance().addMapLayer(labels, False)
    QgsProject.instance().layerTreeRoot().insertLayer(0, labels)
    choose(mapping.labels_page.layer_box, "labels")
    choose(mapping.labels_page.field_box, "class_id")
    facts = preview_while_drawing(dock, scene, labels)
    facts["selected"] = zoom_to_a_problem(dock, "overlap")
    labels.rollBack()
    click(dock.strip.preview_button)
    iface.mapCanvas().setExtent(scene.extent())
    iface.mapCanvas().refresh()

    page = mapping.few_shot_page
    dock.show_page("train")
    page.options.setCollapsed(False)
    for check in page.outputs.raster_checks.values():
        check.setChecked(check.isVisibleTo(page.outputs))
    click(page.outputs.vector_check)
    page.outputs.sieve_box.setValue(4)
    click(page.outputs.parcels_check)
    choose(page.outputs.parcels_box, "labels")
    whole_dock(dock, "mapping_options.png")
    page.options.setCollapsed(True)
    click(page.button)
    wait(lambda: "Classes" in group_layers(), "the class map")
    found = group_layers()
    facts["group"] = list(found)
    facts["shown"] = [name for name in found if _is_shown(name)]
    facts["score"] = page.score.text()
    facts["renderers"] = {name: layer.renderer().type() for name, layer in found.items()}
    facts["parcel_fields"] = [f.name() for f in found["Classified polygons"].fields()]
    facts["parcel_classes"] = sorted(c.label() for c in found["Classified polygons"].renderer().categories())
    iface.messageBar().clearWidgets()
    dock.reveal(page.report_button)
    picture("mapping_result.png")

    model = str(Path(dock.mapping.report).parents[1] / "model.zip")
    dock.reveal(mapping.predict_page.button)
    mapping.predict_page.facts_fold.setCollapsed(False)
    mapping.predict_page.model_edit.setFilePath(model)
    wait(lambda: mapping.predict_page.verdict.isVisible(), "what is said of the model")
    facts["verdict"] = mapping.predict_page.verdict.text()
    picture("mapping_saved_model.png")

    facts.update(suggestions(dock))
    labels.rollBack()
    facts.update(check_the_map(dock))
    facts.update(regression(dock, labels))
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    QTest.qWait(200)
    page.options.setCollapsed(False)
    mapping.predict_page.options.setCollapsed(False)
    for widget, name in ((mapping.labels_page, "label"), (page, "train"), (mapping.predict_page, "map")):
        dock.reveal(widget)
        whole_dock(dock, f"mapping_{name}_320.png")
    facts["narrow_width"] = dock.width()
    return facts


play(scenario)
