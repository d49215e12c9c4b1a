"""The algorithms that compare and export maps, with a child at the other end: alone and with every option."""

from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
)

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis
EXTENT = f"{LEFT_M + 20},{LEFT_M + 60},{TOP_M - 50},{TOP_M - 10} [EPSG:32632]"
BOUNDS = (LEFT_M + 20, TOP_M - 50, LEFT_M + 60, TOP_M - 10)


class Told(QgsProcessingFeedback):
    """Keeps what is told."""

    def __init__(self):
        super().__init__(False)
        self.lines = []

    def pushInfo(self, text):  # noqa: N802
        self.lines.append(text)


@pytest.fixture
def prepare(plugin, fake_backend):
    def run(name, parameters):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        possible, message = algorithm.checkParameterValues(parameters, context)
        assert possible, message
        return algorithm, context

    return run


@pytest.fixture
def run(prepare):
    def run(name, parameters, feedback=None):
        algorithm, context = prepare(name, parameters)
        found, ok = algorithm.run(parameters, context, feedback or QgsProcessingFeedback(False), {}, False)
        assert ok
        return found

    return run


@pytest.fixture
def fields(prepare):
    def read(name, parameters):
        algorithm, context = prepare(name, parameters)
        assert algorithm.prepare(parameters, context, QgsProcessingFeedback(False))
        return algorithm._fields

    return read


def test_two_maps_are_compared(run, make_raster, tmp_path):
    told = Told()
    first, second = make_raster("a.tif", bands=1), make_raster("b.tif", bands=1)
    parameters = {"FIRST": first, "SECOND": second, "OUTPUT": str(tmp_path / "d.tif"), "TABLE": str(tmp_path / "d.csv")}
    assert run("mmearth:comparemaps", parameters, told) == {
        "OUTPUT": parameters["OUTPUT"],
        "AGREEMENT": 0.75,
        "TABLE": parameters["TABLE"],
    }
    assert Path(parameters["TABLE"]).exists()
    assert "3.00 ha: Wood → Lake" in told.lines


def test_a_part_of_two_maps(fields, make_raster, tmp_path):
    first, second = make_raster("a.tif", bands=1), make_raster("b.tif", bands=1)
    found = fields(
        "mmearth:comparemaps",
        {"FIRST": first, "SECOND": second, "EXTENT": EXTENT, "OUTPUT": str(tmp_path / "d.tif")},
    )
    assert (found["first"], found["second"]) == (first, second)
    assert found["bounds"] == pytest.approx(BOUNDS)


def test_a_map_is_exported_both_ways(run, make_raster, tmp_path):
    outputs = {"OUTPUT": str(tmp_path / "e.tif"), "VECTOR": str(tmp_path / "e.gpkg")}
    assert run("mmearth:exportmap", {"INPUT": make_raster(bands=1), **outputs}) == outputs
    assert all(Path(path).exists() for path in outputs.values())


def test_export_defaults_are_those_of_the_protocol(fields, make_raster, tmp_path):
    scene = make_raster(bands=1)
    found = fields("mmearth:exportmap", {"INPUT": scene, "OUTPUT": str(tmp_path / "e.tif")})
    assert protocol.ExportMapRequest(out="e", **found) == protocol.ExportMapRequest(scene, "e")


def test_export_with_every_option(fields, make_raster, tmp_path):
    scene = make_raster(bands=1)
    parameters = {"INPUT": scene, "CRS": "EPSG:3035", "EXTENT": EXTENT, "OUTPUT": str(tmp_path / "e.tif")}
    found = fields("mmearth:exportmap", parameters)
    assert found["crs"] == "EPSG:3035"
    assert found["bounds"] == pytest.approx(BOUNDS)


def test_without_an_output_it_says_so(run, make_raster):
    with pytest.raises(QgsProcessingException, match="No output is chosen"):
        run("mmearth:exportmap", {"INPUT": make_raster(bands=1), "OUTPUT": None})
