"""Runs inside a real QGIS: the live preview of the sample, swiped, made fainter, and compared with the labels.

Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys
import time

from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import LEFT, choose, click, open_scene, picture, play, wait  # noqa: E402

BEAT_MS = 10
SWIPES = 15


class Heartbeat:
    """Measures how long the window did not answer."""

    def __init__(self):
        self._timer = QTimer()
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last_s, self.longest_s = 0.0, 0.0

    def start(self):
        self._last_s, self.longest_s = time.perf_counter(), 0.0
        self._timer.start()

    def stop(self):
        self._timer.stop()
        return self.longest_s

    def _beat(self):
        now_s = time.perf_counter()
        self.longest_s = max(self.longest_s, now_s - self._last_s)
        self._last_s = now_s


def drag(canvas, swipe, start, end):
    """Drags the line with the mouse, step by step; returns how long each took to be seen, and where the line was."""
    took, places = [], set()
    viewport, height = canvas.viewport(), canvas.viewport().height()
    QTest.mouseMove(viewport, QPoint(start, height // 2))
    QTest.mousePress(viewport, LEFT, pos=QPoint(start, height // 2))
    for step in range(1, SWIPES + 1):
        x = start + (end - start) * step // SWIPES
        started_s = time.perf_counter()
        QTest.mouseMove(viewport, QPoint(x, height // 2))
        QApplication.processEvents()
        viewport.repaint()
        took.append(time.perf_counter() - started_s)
        places.add(swipe.item.place)
    QTest.mouseRelease(viewport, LEFT, pos=QPoint(end, height // 2))
    return sorted(took), len(places)


def colors(canvas, x, y):
    """Returns the mean colour of a part of the canvas around a relative place."""
    canvas.waitWhileRendering()
    QTest.qWait(200)
    image = canvas.viewport().grab().toImage()
    left, top = round(x * image.width()), round(y * image.height())
    return (
        image.copy(left - 40, top - 40, 80, 80)
        .scaled(1, 1, transformMode=Qt.TransformationMode.SmoothTransformation)
        .pixelColor(0, 0)
        .name()
    )


def scenario():
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels")
    QgsProject.instance().addMapLayer(labels)
    canvas, strip, preview, facts, beat = iface.mapCanvas(), dock.strip, dock.preview, {}, Heartbeat()
    choose(dock.mapping.labels_page.layer_box, "labels")
    choose(dock.mapping.labels_page.field_box, "class_id")
    dock.show_page("label")
    before = set(canvas.scene().items())

    click(strip.preview_button)
    wait(preview.live.layer, "the preview")
    wait(lambda: "classes" in strip.state.text(), "the end of the preview")
    facts["state"] = strip.state.text()
    picture("preview.png")

    plain = colors(canvas, 0.25, 0.3)
    click(strip.swipe_button)
    wait(lambda: preview.swipe.item.image is not None, "the image without the preview")
    facts["swiped"] = [plain, colors(canvas, 0.25, 0.3)]
    facts["other_side"] = colors(canvas, 0.75, 0.3)
    width = canvas.viewport().width()
    facts["swipe_s"], facts["places"] = drag(canvas, preview.swipe, width // 2, round(0.62 * width))
    facts["place"] = preview.swipe.item.place
    picture("swipe.png")
    beat.start()
    canvas.zoomByFactor(0.5)
    canvas.waitWhileRendering()
    QTest.qWait(300)
    canvas.zoomByFactor(2)
    canvas.waitWhileRendering()
    facts["zoomed_gap_s"] = beat.stop()
    click(strip.swipe_button)

    first = next(labels.getFeatures())
    values = [feature["class_id"] for feature in labels.getFeatures()]
    other = next(value for value in values if value != first["class_id"])
    iface.setActiveLayer(labels)
    labels.startEditing()
    labels.changeAttributeValue(first.id(), labels.fields().lookupField("class_id"), other)
    count = []
    preview.live.shown.connect(count.append)
    wait(lambda: count, "the preview of the changed label")
    canvas.setExtent(scene.extent())
    canvas.refresh()
    beat.start()
    click(strip.disagreement_button)
    wait(lambda: strip.contradictions_text.text(), "the comparison")
    QTest.qWait(1500)
    facts["compared_gap_s"] = beat.stop()
    facts["compared"] = strip.contradictions_text.text()
    facts["found"] = [
        strip.contradictions.item(i).data(Qt.ItemDataRole.UserRole) for i in range(strip.contradictions.count())
    ]
    facts["changed"] = first.id()
    facts["outlines"] = sum(isinstance(item, QgsRubberBand) for item in set(canvas.scene().items()) - before)
    picture("disagreement.png")
    if strip.contradictions.count():
        place = strip.contradictions.visualItemRect(strip.contradictions.item(0)).center()
        QTest.mouseClick(strip.contradictions.viewport(), LEFT, pos=place)
        QTest.qWait(300)
        facts["selected"] = list(labels.selectedFeatureIds())
    labels.rollBack()
    for button in (strip.disagreement_button, strip.preview_button):
        click(button)
    QTest.qWait(300)
    facts["left"] = len([item for item in set(canvas.scene().items()) - before if isinstance(item, QgsRubberBand)])
    facts["layers"] = sorted(layer.name() for layer in QgsProject.instance().mapLayers().values())
    return facts


play(scenario)
