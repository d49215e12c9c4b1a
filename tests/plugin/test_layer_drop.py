"""A layer dragged from the layer panel onto the dock: rasters become the scene, polygons the labels."""

import pytest
from qgis.core import QgsMapLayer, QgsMimeDataUtils
from qgis.PyQt.QtCore import QMimeData, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent
from qgis.PyQt.QtWidgets import QApplication

pytestmark = pytest.mark.qgis
COPY, LEFT, NO_KEYS = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drop(dock, data) -> bool:
    entered = QDragEnterEvent(QPoint(20, 20), COPY, data, LEFT, NO_KEYS)
    entered.setAccepted(False)
    QApplication.sendEvent(dock, entered)
    if entered.isAccepted():
        QApplication.sendEvent(dock, QDropEvent(QPointF(20, 20), COPY, data, LEFT, NO_KEYS))
    return entered.isAccepted()


def dragged(layer: QgsMapLayer) -> QMimeData:
    return QgsMimeDataUtils.encodeUriList([QgsMimeDataUtils.Uri(layer)])


def test_a_raster_becomes_the_scene(dock, scene_layer):
    dock.show_page("map")
    dock.scene_page.set_layer(None)
    assert drop(dock, dragged(scene_layer))
    assert dock.scene_page.source_box.usable().layer_id == scene_layer.id()
    assert dock.stack.current() == "scene"


def test_polygons_become_the_labels(dock, make_polygons):
    make_polygons([(1, 0, 0)], name="Others")
    wanted = make_polygons([(1, 0, 0), (2, 4, 0)], name="Wanted")
    assert drop(dock, dragged(wanted))
    assert dock.mapping.labels_page.layer is wanted
    assert dock.stack.current() == "label"


def test_other_things_are_not_taken(dock):
    data = QMimeData()
    data.setText("no layer")
    assert not drop(dock, data)
