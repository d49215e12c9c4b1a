"""Polygons of a file in a label layer: one undo step, reprojected, single and multiple parts, what cannot be used."""

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

pytestmark = pytest.mark.qgis

TWO_PARTS = "MultiPolygon (((662400 5362500, 662450 5362500, 662450 5362550, 662400 5362550, 662400 5362500)),((662500 5362500, 662520 5362500, 662520 5362520, 662500 5362520, 662500 5362500)))"  # noqa: E501
SQUARE = "Polygon ((662400 5362500, 662430 5362500, 662430 5362530, 662400 5362530, 662400 5362500))"
BOW_TIE = "Polygon ((662400 5362500, 662440 5362540, 662440 5362500, 662400 5362540, 662400 5362500))"


@pytest.fixture
def write(tmp_path, qgis_app):
    def write(*wkts, kind="MultiPolygon", driver="GPKG", name="found.gpkg"):
        layer = QgsVectorLayer(f"{kind}?crs=EPSG:32632", "found", "memory")
        for wkt in wkts:
            feature = QgsFeature()
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
            assert layer.dataProvider().addFeatures([feature])[0]
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = driver
        context = QgsProject.instance().transformContext()
        error, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(tmp_path / name), context, options)
        assert error == QgsVectorFileWriter.WriterError.NoError
        return str(tmp_path / name)

    return write


def label_layer(kind="MultiPolygon", epsg=32632):
    return QgsVectorLayer(f"{kind}?crs=EPSG:{epsg}&field=class_id:integer&field=class_name:string", "labels", "memory")


@pytest.fixture
def add(qgis_app):
    from mmearth_qgis.mmearth_plugin.classes.polygon_import import add_polygons
    from mmearth_qgis.mmearth_plugin.labels import ClassEntry

    entry = ClassEntry(3, 'Moor "north"', "#aa3366")
    return lambda layer, path, field="class_id", crs=None: add_polygons(layer, field, entry, path, crs)


def test_polygons_get_the_class_and_are_one_undo_step(add, write):
    layer = label_layer()
    assert add(layer, write(TWO_PARTS, SQUARE)) == 2
    assert layer.isEditable()
    assert [(f["class_id"], f["class_name"]) for f in layer.getFeatures()] == [(3, 'Moor "north"')] * 2
    assert sorted(round(f.geometry().area()) for f in layer.getFeatures()) == [900, 2500 + 400]
    assert layer.undoStack().count() == 1
    layer.undoStack().undo()
    assert layer.featureCount() == 0
    layer.undoStack().redo()
    assert layer.featureCount() == 2


def test_edits_under_way_stay_and_nothing_is_committed(add, write):
    layer = label_layer()
    layer.startEditing()
    drawn = QgsFeature(layer.fields())
    drawn.setGeometry(QgsGeometry.fromWkt(TWO_PARTS))
    layer.addFeature(drawn)
    add(layer, write(SQUARE))
    assert layer.dataProvider().featureCount() == 0
    layer.undoStack().undo()
    assert [round(f.geometry().area()) for f in layer.getFeatures()] == [2900]


def test_layer_of_single_polygons_gets_each_part(add, write):
    layer = label_layer("Polygon")
    assert add(layer, write(TWO_PARTS)) == 2
    assert sorted(round(f.geometry().area()) for f in layer.getFeatures()) == [400, 2500]
    assert not any(f.geometry().isMultipart() for f in layer.getFeatures())


def test_layer_of_multipolygons_gets_multipolygons(add, write):
    layer = label_layer("MultiPolygon")
    add(layer, write(SQUARE, kind="Polygon"))
    assert [f.geometry().isMultipart() for f in layer.getFeatures()] == [True]


def test_layer_with_heights_takes_them(add, write):
    layer = label_layer("MultiPolygonZ")
    assert add(layer, write(SQUARE)) == 1
    (feature,) = layer.getFeatures()
    assert feature.geometry().constGet().is3D()


def test_polygons_are_reprojected(add, write):
    layer = label_layer(epsg=4326)
    add(layer, write(SQUARE))
    to_degrees = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:32632"), layer.crs(), QgsProject.instance()
    ).transform(662415, 5362515)
    (feature,) = layer.getFeatures()
    assert feature.geometry().centroid().asPoint().distance(to_degrees) < 1e-7


def test_crs_can_be_said_for_a_file_that_says_another(add, tmp_path):
    ring = "[662400,5362500],[662430,5362500],[662430,5362530],[662400,5362530],[662400,5362500]"
    path = tmp_path / "region.geojson"
    path.write_text('{"type":"Polygon","coordinates":[[' + ring + "]]}", encoding="utf-8")
    layer = label_layer()
    add(layer, str(path), crs=QgsCoordinateReferenceSystem("EPSG:32632"))
    assert [round(f.geometry().area()) for f in layer.getFeatures()] == [900]


def test_bow_tie_is_repaired(add, write):
    layer = label_layer()
    add(layer, write(BOW_TIE))
    (feature,) = layer.getFeatures()
    assert feature.geometry().isGeosValid()
    assert feature.geometry().area() == pytest.approx(2 * 400, rel=1e-6)


def test_what_cannot_be_used_is_said_and_changes_nothing(add, write, tmp_path):
    from mmearth_qgis.mmearth_plugin.messages import InputError

    layer = label_layer()
    with pytest.raises(InputError, match="no polygon to add"):
        add(layer, write())
    with pytest.raises(InputError, match="holds no polygons"):
        add(layer, write("MultiLineString ((0 0, 1 1))", kind="MultiLineString", name="lines.gpkg"))
    with pytest.raises(InputError, match="holds no polygons"):
        add(layer, str(tmp_path / "missing.gpkg"))
    path = write(SQUARE, name="square.gpkg")
    with pytest.raises(InputError, match='no field "kind"'):
        add(layer, path, field="kind")
    points = QgsVectorLayer("Point?crs=EPSG:32632&field=class_id:integer", "points", "memory")
    with pytest.raises(InputError, match='"points" holds no polygons'):
        add(points, path)
    assert not layer.isEditable()
    assert not points.isEditable()
