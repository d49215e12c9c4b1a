"""Runs inside a real QGIS: previews of a large scene, one more polygon at a time, timed from the last click.

Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import os
import sys
import time

from qgis.core import QgsCoordinateTransform, QgsProject, QgsVectorLayer
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import choose, click, draw_polygon, group_layers, open_scene, picture, play, wait  # noqa: E402

TILE_M = 2560  # the scene repeats itself after the side of the sample
POLYGONS = 5
HALF_M = 90


def scenario():
    scene, dock = open_scene(os.environ["E2E_SCENE"])
    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels")
    QgsProject.instance().addMapLayer(labels)
    mapping, shown, facts = dock.mapping, [], {}
    choose(mapping.labels_page.layer_box, "labels")
    choose(mapping.labels_page.field_box, "class_id")
    dock.show_page("label")
    dock.preview.live.shown.connect(shown.append)
    iface.mapCanvas().waitWhileRendering()
    started_s = time.monotonic()
    click(dock.strip.preview_button)
    wait(lambda: shown, "the first preview", 300)
    facts["prepared_s"] = time.monotonic() - started_s
    facts["window_px"] = shown[0]["window_px"]
    picture("live_before.png")
    to_map = QgsCoordinateTransform(labels.crs(), scene.crs(), QgsProject.instance())
    first = list(labels.getFeatures())[:POLYGONS]
    iface.setActiveLayer(labels)
    labels.startEditing()
    facts["refreshed_s"], facts["backend_s"], facts["changed"] = [], [], []
    for number, feature in enumerate(first):
        mapping.labels_page.table.choose(feature["class_id"])
        iface.actionAddFeature().trigger()
        centre = to_map.transform(feature.geometry().pointOnSurface().asPoint())
        x, y = centre.x() + (number + 2) * TILE_M, centre.y() - 2 * TILE_M
        corners = [
            (x - HALF_M, y + HALF_M),
            (x + HALF_M, y + HALF_M),
            (x + HALF_M, y - HALF_M),
            (x - HALF_M, y - HALF_M),
        ]
        count, polygons = len(shown), labels.featureCount()
        draw_polygon(corners)  # waits 0.3 s after the last click
        started_s = time.monotonic() - 0.3
        wait(lambda: len(shown) > count, "the next preview")  # noqa: B023 - called before the loop goes on
        iface.mapCanvas().waitWhileRendering()
        facts["refreshed_s"].append(time.monotonic() - started_s)
        facts["backend_s"].append(shown[-1]["seconds"])
        facts["changed"].append(labels.featureCount() - polygons)
    facts["shown_layer"] = "Preview" in group_layers()
    picture("live_after.png")
    labels.rollBack()
    return facts


play(scenario)
