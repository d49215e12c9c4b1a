"""The Processing algorithms that explore an embedding: from parameters to requests, and the layers that come back."""

from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis


@pytest.fixture
def run(plugin, fake_backend):
    def run(name, parameters):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
        possible, message = algorithm.checkParameterValues(parameters, context)
        assert possible, message
        results, ok = algorithm.run(parameters, context, QgsProcessingFeedback(False), {}, False)
        assert ok
        return results

    return run


@pytest.fixture
def fields(plugin):
    """Returns a function that reads the request fields of an algorithm from parameters."""

    def read(name, parameters):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        assert algorithm.prepare(parameters, context, QgsProcessingFeedback())
        return algorithm._fields

    return read


@pytest.fixture
def make_points(qgis_app):
    def make(places, crs="EPSG:32632", kind="Point"):
        layer = QgsVectorLayer(f"{kind}?crs={crs}", "Points", "memory")
        for x, y in places:
            feature = QgsFeature()
            feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(x, y)))
            layer.dataProvider().addFeatures([feature])
        layer.updateExtents()
        QgsProject.instance().addMapLayer(layer)
        return layer

    return make


def test_similar(run, make_raster, make_points, tmp_path):
    out = str(tmp_path / "similar.tif")
    points = make_points([(LEFT_M + 15, TOP_M - 15)])
    results = run("mmearth:similar", {"INPUT": make_raster(), "POINTS": points, "OUTPUT": out})
    assert results == {"OUTPUT": out, "THRESHOLD": 0.6}
    layer = QgsRasterLayer(out, "similar")
    assert layer.isValid()
    assert layer.dataProvider().sourceNoDataValue(1) == 255


def test_similar_reads_points_polygons_and_extent(fields, make_raster, make_points, make_polygons):
    scene = make_raster()
    parameters = {
        "INPUT": scene,
        "POINTS": make_points([(LEFT_M + 15, TOP_M - 15), (LEFT_M + 25, TOP_M - 35)]),
        "UNLIKE": make_points([(11.1952806, 48.3947972)], "EPSG:4326"),
        "POLYGONS": make_polygons([(1, 0, 0)]),
        "EXTENT": f"{LEFT_M + 20},{LEFT_M + 60},{TOP_M - 50},{TOP_M - 10} [EPSG:32632]",
        "OUTPUT": "TEMPORARY_OUTPUT",
    }
    found = fields("mmearth:similar", parameters)
    assert found["embedding"] == scene
    assert found["points"] == (LEFT_M + 15, TOP_M - 15, LEFT_M + 25, TOP_M - 35)
    # The middle of the raster, as gdalinfo tells it: 11°11'43.01" E, 48°23'41.27" N.
    assert found["unlike"] == pytest.approx((LEFT_M + 100, TOP_M - 50), abs=1)
    assert found["bounds"] == pytest.approx((LEFT_M + 20, TOP_M - 50, LEFT_M + 60, TOP_M - 10))
    path, _, name = found["features"].partition("|layername=")
    assert Path(path).is_file()
    assert name == "polygons"


def test_defaults_are_those_of_the_protocol(fields, make_raster):
    raster = make_raster()
    parameters = {"INPUT": raster, "OUTPUT": "TEMPORARY_OUTPUT"}
    wanted = protocol.SimilarRequest(embedding=raster, out="o")
    assert protocol.SimilarRequest(out="o", **fields("mmearth:similar", parameters)) == wanted
    wanted = protocol.ClusterRequest(embedding=raster, out="o")
    assert protocol.ClusterRequest(out="o", **fields("mmearth:cluster", parameters)) == wanted
    found = fields("mmearth:outline", {**parameters, "LOW": 1, "HIGH": 2})
    assert protocol.OutlineRequest(out="o", **found) == protocol.OutlineRequest(raster=raster, out="o", low=1, high=2)


def test_cluster(run, make_raster, tmp_path):
    out = str(tmp_path / "groups.tif")
    assert run("mmearth:cluster", {"INPUT": make_raster(), "CLUSTERS": 4, "OUTPUT": out}) == {
        "OUTPUT": out,
        "GROUPS": 4,
    }
    assert QgsRasterLayer(out, "groups").dataProvider().sourceNoDataValue(1) == 0


def test_outline(run, make_raster, tmp_path):
    out = str(tmp_path / "outlines.gpkg")
    parameters = {"INPUT": make_raster(bands=1), "LOW": 1, "HIGH": 2000, "MOST": 1, "OUTPUT": out}
    assert run("mmearth:outline", parameters) == {"OUTPUT": out, "POLYGONS": 1}
    layer = QgsVectorLayer(out, "outlines", "ogr")
    assert [feature.geometry().area() for feature in layer.getFeatures()] == [900]
    assert layer.crs().authid() == "EPSG:32632"
