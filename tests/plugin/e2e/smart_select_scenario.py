"""Runs inside a real QGIS: smart select on a large embedding, timed from click and slider to the drawn region.

Reads E2E_SCENE (the embedding), E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import itertools
import os
import sys
import time

from qgis.core import QgsFeature, QgsPointXY, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import LEFT, picture, play, the_dock  # noqa: E402
from mmearth_qgis.mmearth_plugin.labelling import Labelling  # noqa: E402

TIMES = 10
LONGEST_MS = 60_000


def scenario():
    embedding = QgsRasterLayer(os.environ["E2E_SCENE"], "embedding")
    labels = QgsVectorLayer(f"Polygon?crs={embedding.crs().authid()}&field=class:string", "labels", "memory")
    labelled = QgsFeature(labels.fields())
    labelled.setAttributes(["Wood"])
    labels.dataProvider().addFeatures([labelled])
    QgsProject.instance().addMapLayers([embedding, labels])
    canvas, dock = iface.mapCanvas(), the_dock()
    canvas.setDestinationCrs(embedding.crs())
    canvas.setExtent(embedding.extent())
    labels_page = dock.mapping.labels_page
    labels_page.layer_box.setLayer(labels)
    labelling = Labelling(iface, dock.scene_page, labels_page, dock.runner, lambda: embedding)
    holder = QDockWidget("Labelling", iface.mainWindow())
    holder.setWidget(labelling.page)
    iface.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, holder)
    canvas.waitWhileRendering()
    labelling.choose("smart_select")
    # The golden ratio scatters them evenly, the same ones each time.
    places = ((0.618 * n % 1, 0.755 * n % 1) for n in itertools.count(1))

    def timed(action):
        """Returns the seconds from an action to the region drawn on the map."""
        loop = QEventLoop()
        labelling.region.changed.connect(loop.quit)
        QTimer.singleShot(LONGEST_MS, loop.quit)
        started_s = time.perf_counter()
        action()
        loop.exec()
        labelling.region.changed.disconnect(loop.quit)
        canvas.viewport().repaint()
        assert labelling.region.is_settled, labelling.page.note.text()
        return time.perf_counter() - started_s

    def click():
        extent, (x, y) = embedding.extent(), next(places)
        place = QgsPointXY(extent.xMinimum() + x * extent.width(), extent.yMinimum() + y * extent.height())
        pixel = canvas.getCoordinateTransform().transform(place)
        QTest.mouseClick(canvas.viewport(), LEFT, pos=QPoint(round(pixel.x()), round(pixel.y())))

    def clamp(step):
        labelling.page.slider.setValue(step)

    facts = {"size": [embedding.width(), embedding.height(), embedding.bandCount()], "first_s": timed(click)}
    facts["click_s"] = [timed(click) for _ in range(TIMES)]
    facts["slider_s"], facts["pixels"], facts["vertices"] = [], [], []
    for number in range(TIMES):
        facts["slider_s"].append(timed(lambda: clamp(25 + 5 * number)))  # noqa: B023 - called at once
        facts["pixels"].append(labelling.region.pixels)
        facts["vertices"].append(labelling.region.shape.constGet().nCoordinates())
    picture("smart_select_large.png")
    started_s = time.perf_counter()
    labelling.smart_select.accepted.emit()
    facts["accept_s"] = time.perf_counter() - started_s
    facts["added"] = labels.featureCount() - 1
    facts["note"] = labelling.page.note.text()
    labels.rollBack()
    labelling.close()
    iface.removeDockWidget(holder)
    holder.deleteLater()
    return facts


play(scenario)
