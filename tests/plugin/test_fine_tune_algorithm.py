"""The algorithms `mmearth:finetune` and `mmearth:evaluate` with a child at the other end."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

pytestmark = pytest.mark.qgis


class Heard(QgsProcessingFeedback):
    """Keeps what is said."""

    def __init__(self):
        super().__init__(False)
        self.errors, self.warnings, self.infos = [], [], []

    def reportError(self, error, _fatal=False):  # noqa: N802
        self.errors.append(error)

    def pushWarning(self, text):  # noqa: N802
        self.warnings.append(text)

    def pushInfo(self, text):  # noqa: N802
        self.infos.append(text)


def context():
    made = QgsProcessingContext()
    made.setProject(QgsProject.instance())
    return made


def algorithm(name):
    return QgsApplication.processingRegistry().createAlgorithmById(name)


def read_fields(name, parameters):
    made, feedback, place = algorithm(name), Heard(), context()
    possible, message = made.checkParameterValues(parameters, place)
    assert possible, message
    assert made.prepare(parameters, place, feedback), feedback.errors
    return made._fields


def refusal(name, parameters):
    feedback = Heard()
    assert not algorithm(name).prepare(parameters, context(), feedback)
    return " ".join(feedback.errors)


@pytest.fixture
def run(plugin, fake_backend):
    def run(name, parameters, feedback):
        results, ok = algorithm(name).run(parameters, context(), feedback, {}, False)
        assert ok
        return results

    return run


@pytest.fixture
def folder(tmp_path, make_raster):
    """Scenes and a folder of masks."""
    (tmp_path / "masks").mkdir()
    return tmp_path


def test_from_polygons(run, make_raster, make_polygons, tmp_path):
    scene, model, heard = make_raster(), str(tmp_path / "m.zip"), Heard()
    labels = make_polygons([(1, 0, 0), (2, 4, 0)])
    results = run("mmearth:finetune", {"INPUT": [scene], "LABELS": labels, "FIELD": "class_id", "MODEL": model}, heard)
    report = str(tmp_path / "m_run" / "report.html")
    assert (results["MODEL"], results["REPORT_HTML"]) == (model, report)
    assert (results["MACRO_F1"], results["RAW_BANDS_F1"], results["MAJORITY_F1"]) == (0.8, 0.66, 0.25)
    assert results["RUNG_TAKEN"] == "decoder"
    sent = protocol.request_from_json(json.loads(Path(model).read_text()))
    assert Path(sent.labels).is_file()
    assert sent == protocol.FineTuneRequest(
        scenes=(scene,), model=model, labels=sent.labels, labels_layer="polygons", field="class_id"
    )
    assert any("held-out labels: 0.8" in text for text in heard.infos)
    assert "Memory was short: 16 crops at once instead of 32." in heard.warnings


def test_texts_as_qgis_process_passes_them(plugin, make_raster, folder):
    parameters = {
        "INPUT": [make_raster("a.tif"), make_raster("b.tif")],
        "MASKS": str(folder / "masks"),
        "TASK": "classification",
        "UNIT": "cell",
        "CELL_PX": "32",
        "RUNG": "partial",
        "RECIPE": "mmearth",
        "FOLDS": "block",
        "HELD_OUT": "0.3",
        "EPOCHS": "7",
        "BATCH": "16",
        "MICRO_BATCH": "4",
        "SEED": "3",
        "LEARNING_RATE": "0.0005",
        "RANDOM_START": "true",
        "RESUME": "true",
        "IGNORE": "0; 255",
        "BANDS": "B2=1,B3=2",
        "UNITS": "dn",
        "WEIGHTS": "/weights/w.safetensors",
        "MODEL": str(folder / "m.zip"),
    }
    fields = read_fields("mmearth:finetune", parameters)
    assert protocol.FineTuneRequest(model="m", **fields) == protocol.FineTuneRequest(
        scenes=(str(folder / "a.tif"), str(folder / "b.tif")),
        model="m",
        masks=str(folder / "masks"),
        ignore=("0", "255"),
        task="classification",
        unit="cell",
        cell_px=32,
        rung="partial",
        recipe="mmearth",
        folds="block",
        held_out=0.3,
        bands={"B2": 1, "B3": 2},
        units="dn",
        weights="/weights/w.safetensors",
        random_start=True,
        epochs=7,
        batch=16,
        micro_batch=4,
        learning_rate=0.0005,
        resume=True,
        seed=3,
    )


def test_the_defaults_are_those_of_the_protocol(plugin, make_raster, folder):
    fields = read_fields("mmearth:finetune", {"INPUT": [make_raster()], "MASKS": str(folder / "masks"), "MODEL": "/m"})
    wanted = protocol.FineTuneRequest(scenes=(str(folder / "scene.tif"),), model="m", masks=str(folder / "masks"))
    assert protocol.FineTuneRequest(model="m", **fields) == wanted


def test_whole_scenes_of_a_table(plugin, make_raster, folder):
    table = folder / "scenes.csv"
    table.write_text("scene,class\nscene.tif,Wood;Lake\n", encoding="utf-8")
    parameters = {"INPUT": [make_raster()], "TABLE": str(table), "TASK": "classification", "UNIT": "scene"}
    fields = read_fields("mmearth:finetune", {**parameters, "MULTI_LABEL": True, "MODEL": "/m"})
    assert (fields["labels"], fields["unit"], fields["multi_label"]) == (str(table), "scene", True)


def test_a_network_for_wholes_gives_a_layer_alone(run, make_raster, make_polygons, tmp_path):
    scene, model, out = make_raster(), str(tmp_path / "m.zip"), str(tmp_path / "fields.gpkg")
    labels = make_polygons([(1, 0, 0), (2, 4, 0)])
    wholes = {"TASK": "classification", "UNIT": "polygon"}
    run("mmearth:finetune", {"INPUT": [scene], "LABELS": labels, "MODEL": model, **wholes}, Heard())
    parameters = {"INPUT": scene, "MODEL": model, "PARCELS": labels}
    assert run("mmearth:predict", {**parameters, "PARCELS_OUT": out}, Heard()) == {"PARCELS_OUT": out}
    assert QgsVectorLayer(out).featureCount() == 2
    with pytest.raises(QgsProcessingException, match="both the map and the classified polygons are skipped"):
        algorithm("mmearth:predict").run(parameters, context(), Heard(), {}, False)


def test_labels_come_from_one_place(plugin, make_raster, make_polygons, folder):
    parameters = {"INPUT": [make_raster()], "MODEL": str(folder / "m.zip")}
    assert "none was given" in refusal("mmearth:finetune", parameters)
    both = {"LABELS": make_polygons([(1, 0, 0)]), "MASKS": str(folder / "masks")}
    assert "LABELS, MASKS was given" in refusal("mmearth:finetune", {**parameters, **both})


def test_evaluate(run, tmp_path):
    parameters = {"DATASET": str(tmp_path), "MODELS": "random; /w.safetensors", "OUTPUT": str(tmp_path / "out")}
    results = run("mmearth:evaluate", parameters, Heard())
    assert results["CSV"] == str(tmp_path / "out" / "table.csv")
    assert results["MARKDOWN"] == str(tmp_path / "out" / "table.md")
    sent = protocol.request_from_json(json.loads((tmp_path / "out" / "table.json").read_text()))
    assert sent == protocol.EvaluateRequest(
        dataset=str(tmp_path), out=str(tmp_path / "out"), models=("random", "/w.safetensors")
    )


def test_evaluate_reads_texts_as_qgis_process_passes_them(plugin, tmp_path):
    parameters = {"DATASET": str(tmp_path), "EVALUATIONS": "knn,linear", "PARTITIONS": "0.10x_train; default"}
    numbers = {"SEEDS": "5", "EPOCHS": "2", "BATCH": "64", "DEVICE": "cuda"}
    fields = read_fields("mmearth:evaluate", {**parameters, **numbers, "OUTPUT": str(tmp_path / "out")})
    assert (fields["evaluations"], fields["partitions"]) == (("knn", "linear"), ("0.10x_train", "default"))
    assert (fields["seeds"], fields["epochs"], fields["batch"], fields["device"]) == (5, 2, 64, "cuda")
