"""Polygons that were found become labels: of a class that is there, or of a new one, and undo takes them back."""

import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsVectorFileWriter, QgsVectorLayer

pytestmark = pytest.mark.qgis


@pytest.fixture
def found(qgis_app, tmp_path):
    """Returns a file with one polygon, 20 m wide, on the scene of the fixtures."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:32632", "found", "memory")
    feature = QgsFeature(layer.fields())
    ring = "POLYGON((662410 5362500, 662430 5362500, 662430 5362520, 662410 5362520, 662410 5362500))"
    feature.setGeometry(QgsGeometry.fromWkt(ring))
    layer.dataProvider().addFeature(feature)
    path = str(tmp_path / "found.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, layer.transformContext(), options("found"))
    return path


def options(name):
    chosen = QgsVectorFileWriter.SaveVectorOptions()
    chosen.layerName = name
    return chosen


def act(dock, text):
    action = next(action for action in dock.class_making.menu.actions() if action.text() == text)
    action.trigger()
    dock.class_making.menu.close()


def values(layer):
    return sorted(feature["class_id"] for feature in layer.getFeatures())


def test_they_take_a_class_that_is_there(dock, make_polygons, found):
    layer = make_polygons([(1, 0, 0), (2, 4, 0)])
    dock.mapping.labels_page.layer_box.setLayer(layer)
    dock.exploring.make_class.emit(found, "Group 3")
    assert [a.text() for a in dock.class_making.menu.actions()] == ['New class "Group 3"', "", "1", "2"]
    assert values(layer) == [1, 2]  # nothing before a class was chosen
    act(dock, "2")
    assert values(layer) == [1, 2, 2]
    layer.undoStack().undo()
    assert values(layer) == [1, 2]
    layer.rollBack()


def test_a_new_class_is_made_and_active(dock, make_polygons, found):
    layer = make_polygons([(1, 0, 0), (2, 4, 0)])
    page = dock.mapping.labels_page
    page.layer_box.setLayer(layer)
    dock.exploring.make_class.emit(found, "Group 3")
    act(dock, 'New class "Group 3"')
    assert values(layer) == [1, 2, 3]
    assert page.table.active().name == "Group 3"
    layer.rollBack()


def test_without_a_label_layer_one_is_made(dock, scene_layer, found, wait_for):
    dock.scene_page.set_layer(scene_layer)
    wait_for(lambda: dock.embed_page.cost.text())
    dock.exploring.make_class.emit(found, "Water")
    act(dock, 'New class "Water"')
    layer = dock.mapping.labels_page.layer
    assert [feature["class_name"] for feature in layer.getFeatures()] == ["Water"]
    assert layer.isModified()
    layer.rollBack()
