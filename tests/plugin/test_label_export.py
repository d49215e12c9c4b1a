"""Label layers of all kinds as files that the backend reads: CRS, curves, Z and M, filters, points, odd fields."""

import json

import pytest
from mmearth_qgis.mmearth_plugin import layers
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.pixel_grid import PixelGrid, described_grid
from osgeo import ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis
GRID = PixelGrid(QgsCoordinateReferenceSystem("EPSG:32632"), LEFT_M, TOP_M, 10.0, 10.0)
BOW_TIE = "POLYGON((0 0, 10 10, 10 0, 0 10, 0 0))"
QUARTER = "CURVEPOLYGON(COMPOUNDCURVE(CIRCULARSTRING(0 0, 5 5, 10 0), (10 0, 0 0)))"


def memory_layer(kind, *wkts, crs="EPSG:32632", fields="field=class_id:integer"):
    layer = QgsVectorLayer(f"{kind}?crs={crs}&{fields}", "labels", "memory")
    for number, wkt in enumerate(wkts, 1):
        feature = QgsFeature(layer.fields())
        feature.setAttribute(0, number)
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        assert layer.dataProvider().addFeatures([feature])[0]
    QgsProject.instance().addMapLayer(layer)
    return layer


def file_layer(tmp_path, source, name="labels.gpkg"):
    path = str(tmp_path / name)
    options = QgsVectorFileWriter.SaveVectorOptions()
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(source, path, context, options)
    layer = QgsVectorLayer(path, "labels", "ogr")
    QgsProject.instance().addMapLayer(layer)
    return layer


def read(path, name):
    """Returns the CRS, and properties and outline of each row, as GDAL has them."""
    source = ogr.Open(path)
    layer = source.GetLayerByName(name)
    rows = [(json.loads(f.ExportToJson())["properties"], f.GetGeometryRef().Clone()) for f in layer]
    return layer.GetSpatialRef().GetAuthorityCode(None), rows


def test_a_file_that_says_it_all_is_taken_as_it_is(iface, tmp_path):
    layer = file_layer(tmp_path, memory_layer("Polygon", "POLYGON((0 0, 9 0, 9 9, 0 0))"))
    assert layers.vector_source(layer)[0] == str(tmp_path / "labels.gpkg")


def test_a_crs_that_the_user_set_counts(iface, tmp_path):
    layer = file_layer(tmp_path, memory_layer("Polygon", "POLYGON((0 0, 9 0, 9 9, 0 0))", crs="EPSG:4326"))
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:25832"))
    crs, rows = read(*layers.vector_source(layer))
    assert crs == "25832"
    assert rows[0][1].GetArea() == pytest.approx(40.5)


def test_curves_become_lines(iface, tmp_path):
    layer = file_layer(tmp_path, memory_layer("CurvePolygon", QUARTER))
    _crs, rows = read(*layers.vector_source(layer))
    assert rows[0][1].GetGeometryType() == ogr.wkbMultiPolygon
    assert rows[0][1].GetArea() == pytest.approx(3.14159 * 25 / 2, rel=1e-3)  # half a disk


@pytest.mark.parametrize(
    ("kind", "wkt"),
    [
        ("PolygonZ", "POLYGONZ((0 0 5, 10 0 5, 10 10 5, 0 0 5))"),
        ("MultiPolygonZM", "MULTIPOLYGONZM(((0 0 5 1, 10 0 5 1, 10 10 5 1, 0 0 5 1)))"),
        ("CurvePolygonZ", "CURVEPOLYGONZ((0 0 5, 10 0 5, 10 10 5, 0 0 5))"),
    ],
)
def test_heights_and_measures_do_no_harm(iface, kind, wkt):
    _crs, rows = read(*layers.vector_source(memory_layer(kind, wkt)))
    assert rows[0][0]["class_id"] == 1
    assert rows[0][1].GetArea() == pytest.approx(50.0)
    assert not rows[0][1].IsMeasured()


def test_parts_invalid_outlines_and_rows_without_geometry_keep_their_place(iface):
    several = "MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 7 5, 7 7, 5 5)))"
    layer = memory_layer("MultiPolygon", several, BOW_TIE)
    empty = QgsFeature(layer.fields())
    empty.setAttribute(0, 3)
    layer.dataProvider().addFeatures([empty])
    path, name = layers.vector_source(layer)
    source = ogr.Open(path)  # its layers do not outlive it
    rows = source.GetLayerByName(name)
    found = [(row.GetFID(), row.GetField("class_id"), row.GetGeometryRef().GetArea() == 0) for row in rows]
    assert [(fid, value) for fid, value, _flat in found] == [(1, 1), (2, 2), (3, 3)]
    assert found[2][2]


def test_fields_that_a_geopackage_refuses_do_no_harm(iface):
    layer = memory_layer("Polygon", BOW_TIE, fields="field=geom:string&field=class_id:integer")
    layer.dataProvider().addAttributes([QgsField("many", QVariant.List, subType=QVariant.Int)])
    layer.updateFields()
    layer.startEditing()
    layer.changeAttributeValue(1, 0, "a text")
    _crs, rows = read(*layers.vector_source(layer))
    assert rows[0][0]["geom"] == "a text"
    layer.rollBack()


def test_a_computed_class_is_written_down(iface, tmp_path):
    layer = file_layer(tmp_path, memory_layer("Polygon", "POLYGON((0 0, 9 0, 9 9, 0 0))"))
    layer.addExpressionField("'class ' || \"class_id\"", QgsField("klass", QVariant.String))
    _crs, rows = read(*layers.vector_source(layer))
    assert rows[0][0]["klass"] == "class 1"


class TestPoints:
    def test_label_the_pixel_they_lie_in(self, iface):
        inside, corner = f"POINT({LEFT_M + 31} {TOP_M - 19})", f"POINT({LEFT_M + 0.5} {TOP_M - 0.5})"
        crs, rows = read(*layers.vector_source(memory_layer("Point", inside, corner), GRID))
        assert crs == "32632"
        assert rows[0][1].GetEnvelope() == (LEFT_M + 30, LEFT_M + 40, TOP_M - 20, TOP_M - 10)
        assert rows[1][1].GetEnvelope() == (LEFT_M, LEFT_M + 10, TOP_M - 10, TOP_M)
        assert [row["class_id"] for row, _cell in rows] == [1, 2]

    def test_of_another_crs_are_brought_to_the_scene(self, iface):
        degrees = QgsGeometry.fromPointXY(QgsPointXY(LEFT_M + 31, TOP_M - 19))
        wgs84 = QgsCoordinateReferenceSystem("EPSG:4326")
        degrees.transform(QgsCoordinateTransform(GRID.crs, wgs84, QgsProject.instance()))
        _crs, rows = read(*layers.vector_source(memory_layer("Point", degrees.asWkt(12), crs="EPSG:4326"), GRID))
        assert rows[0][1].GetEnvelope() == (LEFT_M + 30, LEFT_M + 40, TOP_M - 20, TOP_M - 10)

    def test_that_lie_nowhere_are_said(self, iface):
        layer = memory_layer("Point", "POINT(0 1000)", crs="EPSG:4326")
        with pytest.raises(InputError, match="cannot be brought to the CRS"):
            layers.vector_source(layer, GRID)

    def test_are_offered_once_the_scene_is_known(self, iface):
        wkts = [f"POINT({LEFT_M + x} {TOP_M - 5})" for x in (5, 25)]
        layer, page = memory_layer("MultiPoint", *(w.replace("POINT", "MULTIPOINT") for w in wkts)), LabelsPage()
        page.layer_box.setLayer(layer)
        with pytest.raises(InputError, match="pixels of the scene are not known"):
            page.fields()
        described = {"crs": "EPSG:32632", "bounds": [LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M], "res": [10.0, 10.0]}
        page.set_grid(described_grid(described))
        fields = page.fields()
        _crs, rows = read(fields["labels"], fields["labels_layer"])
        assert [cell.GetArea() for _row, cell in rows] == [100.0, 100.0]
        assert [page.table.item(row, 3).text() for row in range(2)] == ["1", "1"]
        page.close()


def test_the_pixels_of_a_scene_in_degrees_have_an_area():
    described = {"crs": "EPSG:4326", "bounds": [11.0, 47.0, 12.0, 48.0], "res": [0.0001, -0.0001]}
    assert described_grid(described).pixel_area_m2() == pytest.approx(11.12 * 7.46, rel=0.005)
