"""Runs inside a real QGIS: an encoder for radar is learned from a Sentinel-2 image of the same ground, and mapped with.

The same three polygons are mapped with the weights that were there before, as a user would compare.
Reads E2E_RADAR, E2E_OPTICAL (rasters), E2E_POLYGONS (JSON: class → corners in the CRS of the radar), E2E_DRIVING
(folder of `driving.py`) and what `driving` reads.
"""

import json
import os
import sys
import time
from pathlib import Path

from qgis.core import (
    QgsContrastEnhancement,
    QgsMapThemeCollection,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
    QgsSingleBandGrayRenderer,
)
from qgis.PyQt.QtCore import QPoint, QSize, Qt, QTimer
from qgis.PyQt.QtGui import QPainter, QPixmap
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QLineEdit, QToolButton
from qgis.utils import iface, plugins

sys.path.append(os.environ["E2E_DRIVING"])
from driving import FOLDER, LEFT, PICTURES, choose, click, draw_polygon, picture, play, the_dock, wait  # noqa: E402

RADAR, OPTICAL = "Radar", "Sentinel-2"
STEPS, WINDOW_PX = 80, 40
ADAPTED, PLAIN = "Adapted weights", "Bundled weights"
POLYGONS = json.loads(Path(os.environ["E2E_POLYGONS"]).read_text(encoding="utf-8"))
PROCESSOR = Path("/proc/self/schedstat")  # of the window's thread: ns at work, ns ready but without a processor


def add_raster(path, name):
    """Adds a raster as people look at it: true colours, or one band of radar."""
    layer = QgsRasterLayer(path, name)
    if layer.bandCount() > 2:
        for set_band, band in zip(("setRedBand", "setGreenBand", "setBlueBand"), (4, 3, 2)):
            getattr(layer.renderer(), set_band)(band)
    else:
        layer.setRenderer(QgsSingleBandGrayRenderer(layer.dataProvider(), 1))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(layer)
    return layer


def set_number(box, number):
    """Types a number into a spin box."""
    the_dock().reveal(box)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, str(number))
    QTest.keyClick(box, Qt.Key.Key_Tab)


class Beats:
    """A timer in the window's thread; knows by how much it came late, less the time without a free processor."""

    def __init__(self):
        self.count, self.longest_s = 0, 0.0
        self._last_s, self._waited_s = time.perf_counter(), _without_processor_s()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(10)

    def _beat(self):
        now_s, waited_s = time.perf_counter(), _without_processor_s()
        self.longest_s = max(self.longest_s, now_s - self._last_s - (waited_s - self._waited_s))
        self._last_s, self._waited_s, self.count = now_s, waited_s, self.count + 1

    def stop(self):
        self._timer.stop()
        return [self.count, self.longest_s]


def _without_processor_s():
    return int(PROCESSOR.read_text().split()[1]) / 1e9 if PROCESSOR.exists() else 0.0


def picture_with_dock(name, first, second):
    """Saves a picture of the window with one part of a page, and beside it the dock with another part of that page."""
    dock, window = the_dock(), iface.mainWindow()
    iface.messageBar().clearWidgets()
    dock.reveal(second)
    QTest.qWait(300)
    beside = dock.grab()
    dock.reveal(first)
    QTest.qWait(300)
    whole = window.grab()
    joined = QPixmap(whole.width() + beside.width() + 8, whole.height())
    joined.fill(Qt.GlobalColor.white)
    painter = QPainter(joined)
    painter.drawPixmap(0, 0, whole)
    painter.drawPixmap(whole.width() + 8, dock.mapTo(window, QPoint()).y(), beside)
    painter.end()
    assert joined.save(str(PICTURES / name))


def open_pair():
    """Opens both images and the dock, and chooses the radar as the scene."""
    window = iface.mainWindow()
    window.resize(1400, 900)
    window.findChild(QDockWidget, "Browser").hide()
    add_raster(os.environ["E2E_OPTICAL"], OPTICAL)
    radar = add_raster(os.environ["E2E_RADAR"], RADAR)
    iface.mapCanvas().setDestinationCrs(radar.crs())
    iface.mapCanvas().setExtent(radar.extent())
    action = plugins["mmearth_qgis"]._show_action
    QTest.mouseClick(next(b for b in window.findChildren(QToolButton) if b.defaultAction() is action), LEFT)
    dock = the_dock()
    QTest.qWait(300)
    window.resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    dock.scene_page.folder_edit.setFilePath(str(FOLDER / "results"))
    choose(dock.scene_page.source_box.layer_box, RADAR)
    wait(lambda: dock.scene_page.band_table.boxes, "the words that the bundled weights know no radar", 60)
    return radar, dock


def adapt(dock):
    """Adapts, cancels, goes on to the end, and takes the weights; returns what was seen."""
    facts, page = {}, dock.adapting.page
    click(dock.pretrain_page.adapt_button)
    facts["target"] = page.pairs.target_name()
    choose(page.pairs.reference_box, OPTICAL)
    page.advanced.setCollapsed(False)
    set_number(page.window_box, WINDOW_PX)
    set_number(page.steps_box, STEPS)
    page.advanced.setCollapsed(True)
    click(page.button)
    wait(lambda: page.view.picture.isVisible(), "the picture of pairs")
    beats = Beats()
    wait(lambda: len(page.view.score_curve.points("cosine")) >= 3, "two looks at held-out places")
    facts["beats"] = beats.stop()
    facts["warnings"], facts["running"] = page.view.warnings.text(), page.view.text.text()
    picture_with_dock("adapt-run.png", page.pairs.target_box, page.view.text)

    button = dock.runner.cancel_button
    clicked_s = time.monotonic()
    QTest.mouseClick(button, LEFT, pos=QPoint(10, 10))
    while not page.view.text.text().startswith("Stopped") and time.monotonic() < clicked_s + 30:
        QTest.qWait(5)
    facts["cancel_s"] = time.monotonic() - clicked_s
    facts["stopped"] = page.view.text.text()
    facts["resume"] = page.resume_button.text() if page.resume_button.isVisible() else ""
    facts["kept"] = sorted(path.name for path in (FOLDER / "results").rglob("checkpoint.*"))
    facts["weights_early"] = [path.name for path in (FOLDER / "results").glob("*.safetensors")]
    wait(lambda: not dock.runner.is_busy, "the end after Cancel", 30)
    picture("adapt_stopped.png")

    click(page.resume_button)
    wait(lambda: page.view.use_button.isVisible() and not dock.runner.is_busy, "the weights")
    facts["steps"] = [step for step, _loss in page.view.loss_curve.points("total")]
    facts["losses"] = [loss for _step, loss in page.view.loss_curve.points("total")]
    facts["cosines"] = [cosine for _step, cosine in page.view.score_curve.points("cosine")]
    facts["result"] = page.view.text.text()
    facts["picture"] = not page.view.picture.pixmap.isNull()
    iface.messageBar().clearWidgets()
    dock.reveal(page.view.use_button)
    picture("adapt-result.png")
    click(page.view.use_button)
    facts["weights"] = dock.scene_page.weights()
    return facts


def groups(dock):
    """Returns the groups of runs of the scene, the newest first."""
    group = QgsProject.instance().layerTreeRoot().findGroup(f"MMEarth – {RADAR}")
    return [] if group is None else [one for one in group.findGroups() if _class_map(one) is not None]


def _class_map(group):
    return next((node.layer() for node in group.findLayers() if node.layer().name() == "Classes"), None)


def label(dock):
    """Draws the three polygons, each of a class of its own."""
    page = dock.mapping.labels_page
    click(page.new_button)
    table, canvas = page.table, iface.mapCanvas()
    while len(table.classes()) < len(POLYGONS):
        click(page.add_button)
    for entry, name in zip(table.classes(), POLYGONS):
        table.rename(entry.value)
        editor = table.viewport().findChild(QLineEdit)
        editor.selectAll()
        QTest.keyClicks(editor, name)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        QTest.qWait(100)
    click(dock.labelling.page.tools["polygon"])
    for number, corners in enumerate(POLYGONS.values(), 1):
        QTest.keyClick(canvas, Qt.Key(Qt.Key.Key_0 + number))
        draw_polygon(corners)
    click(dock.labelling.page.edits["save"])
    return [[feature["class_name"], feature.geometry().area()] for feature in page.layer.getFeatures()]


def map_scene(dock, title):
    """Trains on the polygons and maps the radar; returns the file of the map."""
    count, page = len(groups(dock)), dock.mapping.few_shot_page
    click(page.button)
    wait(lambda: len(groups(dock)) > count and not dock.runner.is_busy, f"the map with the {title.lower()}")
    QTest.qWait(200)
    group = groups(dock)[0]
    layer = _class_map(group)
    found = {
        "file": layer.source(),
        "classes": {entry.value: entry.label for entry in layer.renderer().classes()},
        "score": page.score.text(),
    }
    model = iface.layerTreeView().layerTreeModel()
    theme = QgsMapThemeCollection.createThemeFromCurrentState(QgsProject.instance().layerTreeRoot(), model)
    QgsProject.instance().mapThemeCollection().insert(title, theme)
    return found


def take_bundled_weights(dock):
    """Goes back to the bundled weights, and says of the two bands of radar that they are red and green."""
    page = dock.scene_page
    dock.show_page("scene")
    page.weights_edit.setFilePath("")
    table = page.band_table
    for name, number in (("B4", 1), ("B3", 2)):
        wait(lambda: name in table.boxes and table.boxes[name].count() > 2, "the bands")  # noqa: B023
        if not table.button.isChecked():
            click(table.button)
        choose(table.boxes[name], table.boxes[name].itemText(number))
        found = f"{number} of 12"  # the first band, then both
        wait(lambda: found in table.button.text(), "the scene with bands chosen")  # noqa: B023
    choose(page.units_box, "As they are")
    QTest.qWait(1000)
    return [page.scene().weights, page.scene().bands, page.scene().units, page.notes.text()]


def beside_each_other(dock, radar):
    """Shows both maps in map views of their own, beside the radar and what the dock says of their difference."""
    window = iface.mainWindow()
    window.findChild(QDockWidget, "Layers").hide()
    views = []
    for title in (PLAIN, ADAPTED):
        canvas = iface.createNewMapCanvas(title)
        view = next(one for one in window.findChildren(QDockWidget) if one.isAncestorOf(canvas))
        view.setFloating(False)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, view)
        canvas.setDestinationCrs(radar.crs())
        canvas.setTheme(title)
        views.append((canvas, view))
    window.splitDockWidget(views[0][1], views[1][1], Qt.Orientation.Horizontal)
    root = QgsProject.instance().layerTreeRoot()
    root.findGroup(f"MMEarth – {RADAR}").setItemVisibilityChecked(False)
    window.resize(QSize(1400, 660))
    QTest.qWait(500)
    window.resizeDocks([*(view for _canvas, view in views), dock], [380, 380, 340], Qt.Orientation.Horizontal)
    QTest.qWait(500)
    for canvas in (iface.mapCanvas(), *(canvas for canvas, _view in views)):
        canvas.setExtent(radar.extent())
        canvas.refresh()
        canvas.waitWhileRendering()
    return [canvas.theme() for canvas, _view in views]


def compare(dock):
    """Has the dock map where both maps differ."""
    box = dock.run_results.page.compare_box
    dock.show_page("results")
    dock.run_results.page.ask("compare")
    click(box.button)
    wait(box.differences.isVisible, "the differences")
    QTest.qWait(300)
    return box.differences.text()


def scenario():
    """Adapt, cancel, go on, embed, three polygons, map; the bundled weights, map; both beside each other."""
    before = (list(sys.path), dict(os.environ), "torch" in sys.modules)
    radar, dock = open_pair()
    facts = adapt(dock)
    wait(lambda: dock.embed_page.cost.text(), "the radar's description with the new weights", 60)
    click(dock.embed_page.button)
    made = lambda: QgsProject.instance().mapLayersByName("Embedding")  # noqa: E731
    wait(lambda: made() and not dock.runner.is_busy, "the embedding")
    embedding = made()[0]
    facts["embedding"] = [embedding.source(), embedding.bandCount(), embedding.width(), embedding.height()]
    picture("adapt_embedding.png")
    QgsProject.instance().layerTreeRoot().findLayer(embedding.id()).setItemVisibilityChecked(False)
    facts["polygons"] = label(dock)
    facts["adapted"] = map_scene(dock, ADAPTED)
    picture("adapt_map.png")
    facts["bundled"] = take_bundled_weights(dock)
    picture("adapt_bundled_scene.png")
    facts["plain"] = map_scene(dock, PLAIN)
    picture("adapt_map_plain.png")
    facts["runs"] = [group.name() for group in groups(dock)]
    facts["difference"] = compare(dock)
    facts["views"] = beside_each_other(dock, radar)
    iface.messageBar().clearWidgets()
    dock.reveal(dock.run_results.page.compare_box.differences)
    picture("adapt-maps.png")
    QApplication.processEvents()
    plugins["mmearth_qgis"].unload()
    facts["isolated"] = before == (list(sys.path), dict(os.environ), "torch" in sys.modules)
    return facts


play(scenario)
