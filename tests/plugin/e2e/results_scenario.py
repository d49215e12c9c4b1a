"""Runs inside a real QGIS: two trainings become two runs, which are compared, exported, saved and opened again.

Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import json
import os
import sys

from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import FOLDER, LEFT, choose, click, group_layers, open_scene, picture, play, the_dock, wait  # noqa: E402


def run_groups():
    """Returns name → whether it is ticked, of the groups of runs."""
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – scene")
    return {} if group is None else {one.name(): one.itemVisibilityChecked() for one in group.findGroups()}


def train(dock, head, count):
    """Trains with a kind of classifier and maps the scene."""
    page = dock.mapping.few_shot_page
    page.options.setCollapsed(False)
    choose(page.head_box, head)
    click(page.button)
    wait(lambda: len(run_groups()) == count and not dock.runner.is_busy, f"the run with {head}")
    QTest.qWait(100)


def choose_run(page, row):
    """Clicks a row of the list."""
    the_dock().reveal(page.list)
    place = page.list.visualItemRect(page.list.topLevelItem(row)).center()
    QTest.mouseClick(page.list.viewport(), LEFT, pos=QPoint(20, place.y()))
    QTest.qWait(50)


def scenario():
    """Two runs, side by side."""
    _scene, dock = open_scene(os.environ["E2E_SCENE"])
    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels", "ogr")
    QgsProject.instance().addMapLayer(labels, False)
    QgsProject.instance().layerTreeRoot().insertLayer(0, labels)
    QgsProject.instance().layerTreeRoot().findLayer(labels.id()).setItemVisibilityChecked(False)
    page, facts = dock.run_results.page, {}
    dock.show_page("results")
    facts["empty"] = page.empty.isVisible()
    picture("results_empty.png")
    choose(dock.mapping.labels_page.layer_box, "labels")
    choose(dock.mapping.labels_page.field_box, "class_id")
    train(dock, "Recommended", 1)
    train(dock, "Nearest prototype", 2)
    facts["groups"] = run_groups()
    facts["requests"] = sorted(path.name for path in (FOLDER / "results").rglob("*.request.json"))

    choose_run(page, 1)
    click(page.show_button)
    facts["shown_again"] = run_groups()
    iface.messageBar().clearWidgets()
    dock.reveal(page.list)
    picture("results.png")

    choose_run(page, 0)
    page.ask("compare")
    click(page.compare_box.button)
    wait(page.compare_box.differences.isVisible, "the differences")
    facts["scores"], facts["differences"] = page.compare_box.scores.text(), page.compare_box.differences.text()
    difference = next(layer for name, layer in group_layers().items() if name.startswith("Differences"))
    facts["difference_renderer"] = difference.renderer().type()
    facts["difference_labels"] = [entry.label for entry in difference.renderer().classes()]
    iface.messageBar().clearWidgets()
    dock.reveal(page.compare_box.differences)
    picture("compare.png")

    page.ask("export")
    target = FOLDER / "exported.tif"
    page.export_box.crs_box.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    page.export_box.file_box.setFilePath(str(target))
    click(page.export_box.button)
    wait(target.exists, "the export")
    wait(lambda: page.export_box.note.isVisible(), "the end of the export")
    exported = QgsRasterLayer(str(target), "exported")
    exported.loadNamedStyle(str(target.with_suffix(".qml")))
    facts["exported"] = [exported.crs().authid(), exported.renderer().type(), len(exported.renderer().classes())]
    picture("results_export.png")

    project = FOLDER / "project.qgz"
    page.choose(page.list.topLevelItem(1).data(0, Qt.ItemDataRole.UserRole))
    names = [page.list.topLevelItem(i).text(0) for i in range(2)]
    assert QgsProject.instance().write(str(project))
    iface.newProject(False)
    facts["new_project"] = page.list.topLevelItemCount()
    assert iface.addProject(str(project))
    facts["opened_again"] = [page.list.topLevelItem(i).text(0) for i in range(page.list.topLevelItemCount())] == names
    facts["stored"] = json.loads(QgsProject.instance().readEntry("mmearth", "runs")[0])[0]["files"]["out"]
    facts["groups_again"] = sorted(run_groups())
    iface.mainWindow().resizeDocks([dock], [320], Qt.Orientation.Horizontal)
    choose_run(page, 0)
    QTest.qWait(300)
    facts["dock_px"] = dock.width()
    picture("results_320.png")
    return facts


play(scenario)
