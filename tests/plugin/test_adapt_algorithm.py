"""The algorithm `mmearth:adapt`: parameters become the right request, the log says how well the sensors agree."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

pytestmark = pytest.mark.qgis


class Feedback(QgsProcessingFeedback):
    """Keeps what is said."""

    def __init__(self):
        super().__init__(False)
        self.errors, self.infos, self.warnings = [], [], []

    def reportError(self, error, _fatal=False):  # noqa: N802
        self.errors.append(error)

    def pushInfo(self, info):  # noqa: N802
        self.infos.append(info)

    def pushWarning(self, warning):  # noqa: N802
        self.warnings.append(warning)


@pytest.fixture
def algorithm(plugin):
    return QgsApplication.processingRegistry().createAlgorithmById("mmearth:adapt")


@pytest.fixture
def context(plugin):
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return context


def test_a_run(algorithm, context, fake_backend, make_raster, tmp_path):
    drone, sentinel, out = make_raster("drone.tif"), make_raster("s2.tif"), str(tmp_path / "w.safetensors")
    parameters, feedback = {"INPUT": [drone], "REFERENCES": [sentinel], "OUTPUT": out}, Feedback()
    assert algorithm.checkParameterValues(parameters, context)[0]
    results, ok = algorithm.run(parameters, context, feedback, {}, False)
    assert ok
    assert results == {
        "OUTPUT": out,
        "CURVE": str(tmp_path / "w.png"),
        "PAIRS": str(tmp_path / "w_pairs.png"),
        "STEPS_DONE": 120,
        "RETRIEVAL": 0.62,
        "COSINE": 0.81,
        "RETRIEVAL_BEFORE": 0.02,
        "COSINE_BEFORE": 0.4,
    }
    sent = protocol.request_from_json(json.loads(Path(out).read_text()))
    assert sent == protocol.AdaptRequest(targets=(drone,), references=(sentinel,), weights_out=out)
    assert "nearest for 62 % of the held-out places" in " ".join(feedback.infos)
    assert "The images are shifted by 1.4 pixels of the reference." in feedback.warnings


def test_texts_are_read_as_qgis_process_passes_them(algorithm, context, make_raster, tmp_path):
    cover = make_raster("cover.tif", bands=1)
    parameters = {
        "INPUT": [make_raster("a.tif"), make_raster("b.tif")],
        "REFERENCES": [make_raster("ra.tif"), make_raster("rb.tif")],
        "REFERENCE_M": "20",
        "WEIGHTS": "/weights/s2.safetensors",
        "BANDS": "B2=1,B3=2",
        "UNITS": "reflectance",
        "TARGET_BANDS": "B4=1, B3=2",
        "MODE": "distill+msad",
        "FROM_SCRATCH": "true",
        "ANCHORS": "complementary",
        "LAND_COVER": cover,
        "WORKING_M": "1.5",
        "WINDOW_PX": "64",
        "CORRECT_SHIFT": "true",
        "STEPS": "50",
        "BATCH": "4",
        "LEARNING_RATE": "0.0005",
        "SEED": "3",
        "RESUME": "true",
        "DEVICE": "cpu",
        "OUTPUT": str(tmp_path / "w.safetensors"),
    }
    feedback = Feedback()
    assert algorithm.prepare(parameters, context, feedback), feedback.errors
    assert protocol.AdaptRequest(weights_out="w", **algorithm._fields) == protocol.AdaptRequest(
        targets=(str(tmp_path / "a.tif"), str(tmp_path / "b.tif")),
        weights_out="w",
        references=(str(tmp_path / "ra.tif"), str(tmp_path / "rb.tif")),
        reference_m=20.0,
        weights="/weights/s2.safetensors",
        bands={"B2": 1, "B3": 2},
        units="reflectance",
        target_bands={"B4": 1, "B3": 2},
        mode="distill+msad",
        from_scratch=True,
        anchors="complementary",
        land_cover=cover,
        working_m=1.5,
        window_px=64,
        correct_shift=True,
        steps=50,
        batch=4,
        learning_rate=0.0005,
        seed=3,
        resume=True,
        device="cpu",
    )


def test_every_field_of_the_request_has_a_parameter(algorithm, context, make_raster, tmp_path):
    parameters = {"INPUT": [make_raster()], "OUTPUT": str(tmp_path / "w.safetensors")}
    assert algorithm.prepare(parameters, context, Feedback())
    fields = {field for field in protocol.AdaptRequest.__dataclass_fields__ if field != "weights_out"}
    assert set(algorithm._fields) == fields


@pytest.mark.parametrize(
    ("rasters", "references", "said"),
    [
        (["a.tif", "b.tif"], ["c.tif"], "2 images of the new sensor were given (INPUT), but 1 references"),
        ([], [], "No raster layer is chosen"),
    ],
)
def test_what_does_not_pair_is_said(algorithm, context, make_raster, tmp_path, rasters, references, said):
    feedback = Feedback()
    parameters = {
        "INPUT": [make_raster(name) for name in rasters],
        "REFERENCES": [make_raster(name) for name in references],
        "OUTPUT": str(tmp_path / "w.safetensors"),
    }
    assert not algorithm.prepare(parameters, context, feedback)
    assert said in " ".join(feedback.errors)
