"""Where labels and map contradict each other: found by hand-made maps, outlined, told, and taken away."""

import time

import pytest
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.preview.disagreement import MOST_POLYGONS, Contradiction, Disagreement
from osgeo import gdal, osr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtGui import QColor

from .conftest import LEFT_M, RES_M, TOP_M, square

pytestmark = pytest.mark.qgis
NODATA = 255


@pytest.fixture
def make_map(qgis_app, tmp_path):
    """Returns a function that makes a class map of 20 × 10 pixels from (value, left column, right column)."""

    def make(*areas, names=((1, "1"), (2, "2"), (3, "3")), name="classes.tif"):
        path = str(tmp_path / name)
        dataset = gdal.GetDriverByName("GTiff").Create(path, 20, 10, 1, gdal.GDT_Byte)
        dataset.SetGeoTransform((LEFT_M, RES_M, 0, TOP_M, 0, -RES_M))
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(32632)
        dataset.SetProjection(crs.ExportToWkt())
        band = dataset.GetRasterBand(1)
        band.SetNoDataValue(NODATA)
        band.Fill(NODATA)
        for value, left, right in areas:
            band.WriteRaster(left, 0, right - left, 10, bytes([value]) * (right - left) * 10)
        dataset.FlushCache()
        del dataset, band
        layer = QgsRasterLayer(path, "Classes")
        classes = [QgsPalettedRasterRenderer.Class(value, QColor("#117733"), text) for value, text in names]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
        QgsProject.instance().addMapLayer(layer)
        return layer

    return make


@pytest.fixture
def compare(iface, wait_for):
    """Returns a function that compares a label layer with a map and returns what was told."""
    made = []

    def run(layer, shown, field="class_id", epsg=32632):
        crs = QgsCoordinateReferenceSystem(f"EPSG:{epsg}")
        ground = QgsRectangle(LEFT_M, TOP_M - 10 * RES_M, LEFT_M + 20 * RES_M, TOP_M)
        utm = QgsCoordinateReferenceSystem("EPSG:32632")
        iface.canvas.setDestinationCrs(crs)
        iface.canvas.resize(400, 200)
        iface.canvas.setExtent(QgsCoordinateTransform(utm, crs, QgsProject.instance()).transformBoundingBox(ground))
        page = LabelsPage()
        page.layer_box.setLayer(layer)
        page.field_box.setCurrentText(field)
        found = Disagreement(iface.canvas, page, lambda: shown)
        found._delay.setInterval(10)
        found.told, found.problems, found.page = [], [], page
        found.compared.connect(lambda *answer: found.told.append(answer))
        found.failed.connect(found.problems.append)
        made.append(found)
        found.set_active(True)
        wait_for(lambda: found.told or found.problems)
        return found

    yield run
    for one in made:
        one.set_active(False)


def ids(layer):
    return [feature.id() for feature in layer.getFeatures()]


def outlines(canvas):
    return [item for item in canvas.scene().items() if isinstance(item, QgsRubberBand)]


def test_the_majority_within_each_polygon_decides(compare, make_map, make_polygons, iface):
    shown = make_map((1, 0, 5), (2, 5, 20))
    # of the second square one column of two lies in the area of class 1, of the third none
    layer = make_polygons([(1, 0, 0), (1, 4, 0), (1, 8, 0), (2, 12, 4)])
    found = compare(layer, shown)
    third = ids(layer)[2]
    assert found.told == [([Contradiction(third, "1", "2", 1.0)], 4, False)]
    (band,) = outlines(iface.canvas)
    assert band.asGeometry().boundingBox() == square(8, 0).boundingBox()
    found.set_active(False)
    assert outlines(iface.canvas) == []


def test_less_than_half_is_a_contradiction_even_for_the_largest_part(compare, make_map, make_polygons, qgis_app):
    shown = make_map((1, 0, 4), (2, 4, 7), (3, 7, 10))
    layer = make_polygons([])
    for value, col, side in ((1, 0, 10), (1, 0, 7)):  # 4 of 10 columns; 4 of 7
        feature = QgsFeature(layer.fields())
        feature.setAttribute(0, value)
        feature.setGeometry(square(col, 0, side))
        layer.dataProvider().addFeatures([feature])
    (told,) = compare(layer, shown).told
    assert told == ([Contradiction(ids(layer)[0], "1", "1", 0.4)], 2, False)


def test_classes_are_the_same_by_name_where_the_map_numbers_them_itself(compare, make_map, make_polygons):
    shown = make_map((1, 0, 10), (2, 10, 20), names=((1, "Wood"), (2, "Lake")))
    layer = make_polygons([("Wood", 0, 0), ("Lake", 2, 0), ("Lake", 12, 0), ("Road", 4, 4)], "class:string")
    (told,) = compare(layer, shown, "class").told
    assert told == ([Contradiction(ids(layer)[1], "Lake", "Wood", 1.0)], 3, False)  # the map knows no roads


def test_polygons_without_data_without_class_or_smaller_than_a_pixel(compare, make_map, make_polygons):
    shown = make_map((1, 0, 10))
    layer = make_polygons([(1, 14, 0), (None, 0, 0), (2, 2, 2)])
    tiny = QgsFeature(layer.fields())
    tiny.setAttribute(0, 2)
    x, y = LEFT_M + 6.1 * RES_M, TOP_M - 3.1 * RES_M  # holds the centre of no pixel
    tiny.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, y - 2, x + 2, y)))
    layer.dataProvider().addFeatures([tiny])
    (told,) = compare(layer, shown).told
    assert told == ([Contradiction(number, "2", "1", 1.0) for number in ids(layer)[2:]], 2, False)


def test_labels_in_another_crs_are_compared_where_they_lie(compare, make_map, make_polygons):
    shown, own = make_map((1, 0, 10), (2, 10, 20)), make_polygons([(1, 2, 2), (1, 14, 4)])
    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:4326&field=class_id:integer", "Degrees", "memory")
    to_degrees = QgsCoordinateTransform(own.crs(), layer.crs(), QgsProject.instance())
    for feature in own.getFeatures():
        moved = QgsFeature(layer.fields())
        moved.setAttribute(0, feature["class_id"])
        shape = feature.geometry()
        shape.transform(to_degrees)
        shape.convertToMultiType()
        moved.setGeometry(shape)
        layer.dataProvider().addFeatures([moved])
    QgsProject.instance().addMapLayer(layer)
    (told,) = compare(layer, shown, epsg=3857).told
    assert told == ([Contradiction(ids(layer)[1], "1", "2", 1.0)], 2, False)


def test_what_is_not_in_view_is_not_compared(compare, make_map, make_polygons, iface, wait_for):
    found = compare(make_polygons([(2, 0, 0), (2, 12, 0)]), make_map((1, 0, 20)))
    assert [answer[1] for answer in found.told] == [2]
    iface.canvas.setExtent(QgsRectangle(LEFT_M, TOP_M - 40, LEFT_M + 60, TOP_M))
    wait_for(lambda: len(found.told) == 2)
    assert (len(found.told[1][0]), found.told[1][1]) == (1, 1)


def test_many_polygons_never_hold_the_window_up(compare, make_map, make_polygons, wait_for):
    layer = make_polygons([])
    added = []
    for number in range(MOST_POLYGONS + 50):
        feature = QgsFeature(layer.fields())
        feature.setAttribute(0, 2)
        feature.setGeometry(square(number % 8, 0, 10))
        added.append(feature)
    layer.dataProvider().addFeatures(added)
    shown = make_map((1, 0, 20))
    found = compare(make_polygons([(1, 0, 0)]), shown)
    found.page.layer_box.setLayer(layer)
    gaps = []
    step = found._go_on

    def timed():
        started_s = time.perf_counter()
        step()
        gaps.append(time.perf_counter() - started_s)

    found._go_on = timed
    found._pause.timeout.disconnect()
    found._pause.timeout.connect(timed)
    found.told.clear()
    found.refresh()
    wait_for(lambda: found.told)
    assert [found.told[0][1], len(found.told[0][0]), found.told[0][2]] == [MOST_POLYGONS, MOST_POLYGONS, True]
    assert len(gaps) > 2
    assert sorted(gaps)[len(gaps) // 2] < 0.05


def test_a_layer_that_goes_while_it_is_compared_ends_it(compare, make_map, make_polygons, wait_for):
    shown, layer = make_map((1, 0, 20)), make_polygons([(2, col, 0) for col in range(0, 20, 2)])
    found = compare(layer, shown)
    found.told.clear()
    found._work = found._compare(layer, shown)
    next(found._work)
    QgsProject.instance().removeMapLayer(layer.id())
    found._go_on()
    assert (found.told, found._work) == ([], None)


def test_without_map_or_labels_it_says_what_to_do(compare, make_map, make_polygons):
    assert "Live preview" in compare(make_polygons([(1, 0, 0)]), None).problems[0]
    assert 'step "Label"' in compare(None, make_map((1, 0, 20))).problems[0]


def test_a_click_shows_and_selects_the_polygon(compare, make_map, make_polygons, iface):
    layer = make_polygons([(1, 0, 0), (2, 12, 4)])
    found = compare(layer, make_map((1, 0, 20)))
    second = ids(layer)[1]
    found.zoom_to(second)
    assert layer.selectedFeatureIds() == [second]
    assert iface.canvas.extent().center().x() == pytest.approx(LEFT_M + 13 * RES_M)
    layer.dataProvider().deleteFeatures([second])
    with pytest.raises(InputError, match="is gone"):
        found.zoom_to(second)
