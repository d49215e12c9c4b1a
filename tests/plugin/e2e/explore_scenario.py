"""Runs inside a real QGIS: looks for places in an embedding with clicks and the slider, groups it, plots it.

Reads E2E_SCENE, E2E_EMBEDDING, E2E_DRIVING (folder of `driving.py`) and what `driving` reads. Latencies are in ms.
"""

import os
import statistics
import sys
import time

from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer, QgsSingleBandGrayRenderer
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget, QScrollArea
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import FOLDER, LEFT, picture, play  # noqa: E402

PLACES = [(0.31, 0.42), (0.55, 0.35), (0.62, 0.66), (0.4, 0.7), (0.45, 0.5), (0.7, 0.4), (0.35, 0.6), (0.5, 0.58)]
PLACES += [(0.58, 0.48), (0.44, 0.31), (0.66, 0.55)]


def wait(condition, what, timeout_s=120):
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"waited in vain for {what}"
        QTest.qWait(1)


def refreshed(action):
    """Returns how long it takes from an action to the map drawn again."""
    canvas, loop = iface.mapCanvas(), QEventLoop()
    canvas.mapCanvasRefreshed.connect(loop.quit)
    QTimer.singleShot(5000, loop.quit)
    started_s = time.perf_counter()
    action()
    loop.exec()
    elapsed_s = time.perf_counter() - started_s
    canvas.mapCanvasRefreshed.disconnect(loop.quit)
    return 1000 * elapsed_s


def spread(times_ms):
    return {"median": statistics.median(times_ms), "longest": max(times_ms)}


def click_map(x, y):
    """Clicks a relative place of the canvas."""
    viewport = iface.mapCanvas().viewport()
    QTest.mouseClick(viewport, LEFT, pos=QPoint(round(x * viewport.width()), round(y * viewport.height())))


def scenario():
    from mmearth_qgis.mmearth_plugin import labels, settings
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
    from mmearth_qgis.mmearth_plugin.classes import polygon_import
    from mmearth_qgis.mmearth_plugin.exploring.exploring import Exploring
    from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
    from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
    from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage

    window, canvas, facts = iface.mainWindow(), iface.mapCanvas(), {}
    window.resize(1400, 900)
    settings.set_output_folder(str(FOLDER / "results"))
    embedding = QgsRasterLayer(os.environ["E2E_EMBEDDING"], "Embedding")
    embedding.setRenderer(QgsSingleBandGrayRenderer(embedding.dataProvider(), 1))
    QgsProject.instance().addMapLayer(embedding)
    canvas.setDestinationCrs(embedding.crs())
    runner = JobRunner(iface.messageBar())
    runner.backend = BackendProcess(settings.python(), runner)
    scene_page, labels_page = ScenePage(canvas), LabelsPage()
    exploring = Exploring(iface, scene_page, labels_page, runner)
    page = exploring.page
    scroll, dock = QScrollArea(), QDockWidget("Explore", window)
    scroll.setWidgetResizable(True)
    scroll.setWidget(page)
    dock.setWidget(scroll)
    iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.resizeDocks([dock], [330], Qt.Orientation.Horizontal)
    QTest.qWait(300)
    canvas.setExtent(embedding.extent())
    canvas.waitWhileRendering()
    facts["page_width"] = page.minimumSizeHint().width()
    facts["size"] = [embedding.width(), embedding.height(), embedding.bandCount()]
    runner.backend.start()  # as the dock does when it describes the scene
    wait(lambda: runner.backend.hello, "the backend")
    started_s = time.perf_counter()
    page.colors_button.click()
    facts["colours_click_ms"] = 1000 * (time.perf_counter() - started_s)
    wait(lambda: embedding.renderer().type() == "multibandcolor", "the colours")
    facts["colours_ms"] = 1000 * (time.perf_counter() - started_s)
    canvas.waitWhileRendering()

    box, similar = page.similar_box, exploring.similar
    started_s = time.perf_counter()
    QTest.mouseClick(box.pick_button, LEFT)
    wait(lambda: box.state.text() == "Click a place on the map.", "the embedding to be read")
    facts["reading_ms"] = 1000 * (time.perf_counter() - started_s)
    answers = []
    similar.shown.connect(answers.append)
    latencies_ms, backend_ms = [], []
    for number, place in enumerate(PLACES, 1):
        click_map(*place)
        wait(lambda: len(answers) == number, "similar places")  # noqa: B023 - called before the loop goes on
        latencies_ms.append(1000 * similar.latency_s)
        backend_ms.append(1000 * answers[-1]["seconds"])
        canvas.waitWhileRendering()
        if number == 1:
            facts["first_answer_ms"] = latencies_ms.pop()
            facts["first_answer_backend_ms"] = backend_ms.pop()
    facts["answer_ms"], facts["answer_backend_ms"] = spread(latencies_ms), spread(backend_ms)
    facts["state"] = box.state.text()
    QTest.qWait(600)
    steps = [box.slider.value() + step for step in (-60, -40, -20, 10, 15, 20, 25, 12, 4, -8)]
    QTest.qWait(100)
    facts["slider_ms"] = spread([refreshed(lambda: box.slider.setValue(value)) for value in steps])  # noqa: B023
    box.slider.setValue(round(254 * answers[-1]["threshold"]))
    facts["share"] = box.share.text()

    plot, scatter = page.scatter_box, exploring.scatter
    started_s = time.perf_counter()
    plot.button.click()
    drawn = []
    scatter.shown.connect(drawn.append)
    wait(lambda: drawn or plot.state.text() not in ("Drawing…",), "the points")
    facts["scatter_ms"] = 1000 * (time.perf_counter() - started_s)
    facts["scatter"] = plot.state.text()
    plot.plot.choose(list(range(0, len(scatter._places), 40)))
    groups = page.cluster_box
    groups.button.click()
    wait(lambda: groups.table.rowCount() or runner.problem.text(), "the groups")
    facts["groups"] = [groups.table.item(row, 0).text() for row in range(groups.table.rowCount())]
    facts["problem"] = runner.problem.text()

    made = []
    exploring.make_class.connect(lambda path, name: made.append((path, name)))
    box.class_button.click()
    wait(lambda: made or "enough" in box.state.text(), "the polygons of a class")
    path, name = made[0]
    (FOLDER / "results").mkdir(exist_ok=True)
    entry = labels.ClassEntry(1, name, "#c2255c")
    layer = labels.create_layer(FOLDER / "results" / "labels.gpkg", embedding.crs(), [entry])
    QgsProject.instance().addMapLayer(layer)
    started_s = time.perf_counter()
    facts["polygons"] = polygon_import.add_polygons(layer, labels.ID_FIELD, entry, path)
    facts["adding_ms"] = 1000 * (time.perf_counter() - started_s)
    centre = QgsPointXY(next(layer.getFeatures()).geometry().pointOnSurface().asPoint())
    facts["inside"] = embedding.extent().contains(centre)
    page.similar_box.pick_button.setChecked(False)
    groups_layer = exploring.clusters.layer()
    QgsProject.instance().layerTreeRoot().findLayer(groups_layer.id()).setItemVisibilityChecked(False)
    picture("explore.png")
    scroll.takeWidget()
    page.resize(300, page.sizeHint().height())
    page.show()
    page.grab().save(str(FOLDER / "page.png"))
    layer.rollBack()
    exploring.close()
    scene_page.close_tools()
    runner.backend.shutdown()
    facts["left"] = [found.name() for found in QgsProject.instance().mapLayers().values()]
    iface.removeDockWidget(dock)
    return facts


play(scenario)
