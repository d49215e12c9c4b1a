"""The whole job without a display: `qgis_process run` of the algorithms in turn, with the real backend."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from osgeo import gdal

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "resources" / "sample"
pytestmark = [pytest.mark.qgis, pytest.mark.slow]
gdal.UseExceptions()


@pytest.fixture(scope="module")
def qgis_process(tmp_path_factory):
    """Returns a function that runs qgis_process in a scratch home; returns (code, results, whole output)."""
    # Debian's wrapper adds an option that the program refuses.
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.skip("qgis_process is missing; run `backend/tools/setup.sh qgis`")
    python = os.environ.get("MMEARTH_E2E_PYTHON") or os.environ.get("MMEARTH_PYTHON") or str(ROOT / ".venv/bin/python")
    home = tmp_path_factory.mktemp("home")
    (home / "plugins").mkdir()
    (home / "plugins" / "mmearth_qgis").symlink_to(ROOT)
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment.update(
        HOME=str(home),
        QGIS_PLUGINPATH=str(home / "plugins"),
        QGIS_CUSTOM_CONFIG_PATH=str(home / "config"),
        QT_QPA_PLATFORM="offscreen",
    )

    def run(*arguments, backend=True):
        environment["MMEARTH_PYTHON"] = python if backend else str(home / "nowhere")
        command = [program, "--json", *arguments]
        done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=300)
        text = done.stdout[done.stdout.find("{") :]
        results = json.loads(text).get("results", {}) if text.startswith("{") and done.returncode == 0 else {}
        return done.returncode, results, done.stdout + done.stderr

    if not Path(python).exists():
        pytest.skip(f"no Python for the backend: {python} is missing; run `make setup`")
    code, _results, output = run("plugins", "enable", "mmearth_qgis")
    assert code == 0, output
    return run


def test_the_whole_loop(qgis_process, tmp_path):
    scene, labels = str(SAMPLE / "scene.tif"), str(SAMPLE / "labels.gpkg")
    embedding, model, classes = tmp_path / "embedding.tif", tmp_path / "model.zip", tmp_path / "classes.tif"
    code, results, output = qgis_process(
        "run", "mmearth:embed", f"--INPUT={scene}", f"--OUTPUT={embedding}", "--STRIDE=2"
    )
    assert code == 0, output
    assert results["OUTPUT"] == str(embedding)
    assert gdal.Open(str(embedding)).RasterXSize == 128

    code, results, output = qgis_process(
        "run", "mmearth:fewshot", f"--INPUT={scene}", f"--LABELS={labels}", "--FIELD=class_id", f"--MODEL={model}"
    )
    assert code == 0, output
    assert results["MODEL"] == str(model)
    assert results["MACRO_F1"] > results["MAJORITY_F1"]
    assert Path(results["REPORT_HTML"]).is_file()

    confidence, vector = tmp_path / "confidence.tif", tmp_path / "classes.gpkg"
    code, results, output = qgis_process(
        "run", "mmearth:predict", f"--INPUT={scene}", f"--MODEL={model}", f"--OUTPUT={classes}",
        f"--CONFIDENCE={confidence}", f"--VECTOR={vector}", "--EXTENT=662600,663600,5361000,5362000 [EPSG:32632]",
    )  # fmt: skip
    assert code == 0, output
    assert results["OUTPUT"] == str(classes)
    dataset = gdal.Open(str(classes))
    assert (dataset.RasterXSize, dataset.RasterYSize) == (100, 100)
    assert dataset.GetGeoTransform() == (662600.0, 10.0, 0.0, 5362000.0, 0.0, -10.0)
    assert dataset.GetRasterBand(1).GetColorTable() is not None
    assert confidence.is_file()
    assert vector.is_file()

    code, results, output = qgis_process("run", "mmearth:checkmodel", f"--MODEL={model}", f"--INPUT={scene}")
    assert code == 0, output
    assert results["ERRORS"] == 0
    assert "Forest" in results["TEXT"]

    points = tmp_path / "points.gpkg"
    code, results, output = qgis_process(
        "run", "mmearth:suggest", f"--INPUT={scene}", f"--MODEL={model}", f"--LABELS={labels}", "--COUNT=5",
        f"--OUTPUT={points}",
    )  # fmt: skip
    assert code == 0, output
    dataset = gdal.OpenEx(str(points))
    assert 0 < dataset.GetLayer(0).GetFeatureCount() <= 5
    assert dataset.GetLayer(0).GetNextFeature()["reason"]

    sample, report = tmp_path / "sample.gpkg", tmp_path / "accuracy"
    code, results, output = qgis_process(
        "run", "mmearth:drawsample", f"--INPUT={classes}", "--PER_CLASS=4", f"--OUTPUT={sample}"
    )
    assert code == 0, output
    dataset = gdal.OpenEx(str(sample), gdal.OF_VECTOR | gdal.OF_UPDATE)
    layer = dataset.GetLayer(0)
    for number in range(1, layer.GetFeatureCount() + 1):
        feature = layer.GetFeature(number)
        feature["class"] = "Forest" if number % 2 else "Water"
        layer.SetFeature(feature)
    del feature, layer, dataset
    arguments = (f"--INPUT={classes}", f"--SAMPLES={sample}", "--FIELD=class", f"--REPORT={report}")
    code, results, output = qgis_process("run", "mmearth:assess", *arguments)
    assert code == 0, output
    assert "accuracy" in results["HEADLINE"]
    assert Path(results["REPORT_HTML"]).is_file()


def test_table_of_polygons(qgis_process, tmp_path):
    scene, labels, table = str(SAMPLE / "scene.tif"), str(SAMPLE / "labels.gpkg"), tmp_path / "table.gpkg"
    code, results, output = qgis_process(
        "run", "mmearth:embedtable", f"--INPUT={scene}", f"--FEATURES={labels}", "--COMPONENTS=16", f"--OUTPUT={table}"
    )
    assert code == 0, output
    assert results["OUTPUT"] == str(table)
    given, made = gdal.OpenEx(labels), gdal.OpenEx(str(table))
    assert made.GetLayer(0).GetFeatureCount() == given.GetLayer(0).GetFeatureCount()
    assert made.GetLayer(0).GetLayerDefn().GetFieldCount() >= 16


def test_pretrain(qgis_process, tmp_path):
    scene, weights = str(SAMPLE / "scene.tif"), tmp_path / "weights.safetensors"
    code, results, output = qgis_process(
        "run", "mmearth:pretrain", f"--INPUT={scene}", f"--OUTPUT={weights}", "--EPOCHS=20", "--BATCH=16"
    )
    assert code == 0, output
    assert results["OUTPUT"] == str(weights)
    assert weights.stat().st_size > 1e6
    steps = int(results["STEPS_DONE"])
    assert steps >= 20
    assert f"Step {steps} of {steps}: sentinel2" in output
    assert Path(results["CURVE"]).is_file()


def test_fine_tune(qgis_process, tmp_path):
    scene, model, classes = str(SAMPLE / "scene.tif"), tmp_path / "network.zip", tmp_path / "classes.tif"
    code, results, output = qgis_process(
        "run", "mmearth:finetune", f"--INPUT={scene}", f"--LABELS={SAMPLE / 'labels.gpkg'}", "--FIELD=class_id",
        "--RUNG=probe", "--EPOCHS=2", f"--MODEL={model}",
    )  # fmt: skip
    assert code == 0, output
    assert (results["MODEL"], results["RUNG_TAKEN"]) == (str(model), "probe")
    assert results["MACRO_F1"] > results["MAJORITY_F1"]
    assert Path(results["REPORT_HTML"]).is_file()
    assert Path(results["CURVE"]).is_file()
    code, results, output = qgis_process(
        "run", "mmearth:predict", f"--INPUT={scene}", f"--MODEL={model}", f"--OUTPUT={classes}"
    )
    assert code == 0, output
    assert gdal.Open(str(classes)).GetRasterBand(1).GetColorTable() is not None


def test_weights_are_not_downloaded_without_the_licence(qgis_process):
    name = "pt-S2_atto_1M_64_uncertainty_56-8"
    code, _results, output = qgis_process("run", "mmearth:downloadweights", f"--NAME={name}")
    assert code != 0
    assert "CC BY-NC 4.0" in output
    assert "Read the licence and accept it" in output


def test_an_error_is_a_sentence(qgis_process, tmp_path):
    arguments = (f"--INPUT={SAMPLE / 'scene.tif'}", f"--OUTPUT={tmp_path / 'x.tif'}", "--EXTENT=0,1,0,1 [EPSG:32632]")
    code, _results, output = qgis_process("run", "mmearth:embed", *arguments)
    assert code != 0
    assert "lies outside layer" in output
    assert "Traceback" not in output


def test_without_a_backend_it_says_what_to_do(qgis_process, tmp_path):
    if (ROOT / ".venv").exists():
        pytest.skip("this checkout has a .venv, which is found")
    arguments = (f"--INPUT={SAMPLE / 'scene.tif'}", f"--OUTPUT={tmp_path / 'x.tif'}")
    code, _results, output = qgis_process("run", "mmearth:embed", *arguments, backend=False)
    assert code != 0
    assert "Install the backend" in output
