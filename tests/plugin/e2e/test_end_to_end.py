"""A real QGIS in a real window under Xvfb with the real backend: embed, draw, train, predict by mouse."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PICTURES = ROOT / "build" / "screenshots"
SAMPLE = ROOT / "resources" / "sample"
pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def python():
    found = os.environ.get("MMEARTH_E2E_PYTHON") or os.environ.get("MMEARTH_PYTHON") or str(ROOT / ".venv/bin/python")
    if not Path(found).exists():
        pytest.skip(f"no Python for the backend: {found} is missing; run `make setup`")
    return found


@pytest.fixture(scope="module")
def display():
    """Yields the environment of a virtual screen with a window manager."""
    for program in ("Xvfb", "openbox", "qgis"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing; run `backend/tools/setup.sh qgis`")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    number = server.stdout.readline().decode().strip()
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "MMEARTH_PYTHON")}
    environment["DISPLAY"] = f":{number}"
    manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
    yield environment
    for process in (manager, server):
        process.terminate()
        process.wait(10)
    server.stdout.close()


@pytest.fixture(scope="module")
def facts(python, display, tmp_path_factory):
    """Runs the scenario once; returns what it saw."""
    folder = tmp_path_factory.mktemp("e2e")
    profiles = folder / "profiles"
    plugins = profiles / "profiles/default/python/plugins"
    plugins.mkdir(parents=True)
    (plugins / "mmearth_qgis").symlink_to(ROOT)
    settings = profiles / "profiles/default/QGIS/QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f"[PythonPlugins]\nmmearth_qgis=true\n[mmearth]\npython={python}\n[qgis]\ncheckVersion=false\n",
        encoding="utf-8",
    )
    for name in ("scene.tif", "labels.gpkg"):
        shutil.copy(SAMPLE / name, folder / name)
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    environment = {
        **display,
        "HOME": str(folder),
        "E2E_SCENE": str(folder / "scene.tif"),
        "E2E_LABELS": str(folder / "labels.gpkg"),
        "E2E_FOLDER": str(folder),
        "E2E_PICTURES": str(PICTURES),
    }
    command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(profiles)]
    done = subprocess.run(
        [*command, "--code", str(Path(__file__).with_name("scenario.py"))],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=420,
    )
    result = folder / "result.json"
    assert result.exists(), f"QGIS ended without a result, code {done.returncode}: {done.stderr[-3000:]}"
    outcome = json.loads(result.read_text())
    assert outcome["errors"] == [], "\n".join(outcome["errors"])
    return outcome["facts"]


def test_the_scene_is_described_and_its_cost_estimated(facts):
    assert "12 of 12" in facts["bands"]
    assert facts["cost"].startswith("Takes")


def test_progress_and_cancel_are_shown_at_once(facts):
    assert facts["progress_shown"]


def test_the_embedding_arrives_on_the_scenes_grid(facts):
    assert facts["embedding"]["size"] == [256, 256]
    assert facts["embedding"]["crs"] == "EPSG:32632"
    assert facts["embedding"]["bands"] > 3
    assert facts["embedding"]["renderer"] == "multibandcolor"


def test_polygons_drawn_by_mouse_have_the_active_class(facts):
    assert facts["own_labels"] == [[1, "Class 1"], [2, "Class 2"]]
    assert facts["drawn_class"] == [facts["first_class"]]


def test_the_map_arrives_styled_in_the_group(facts):
    assert facts["group"] == ["Class polygons", "Classes", "Confidence", "Embedding"]
    assert facts["class_renderer"] == "paletted"
    assert {"Forest", "Water"} <= set(facts["classes"])
    assert facts["polygon_classes"] == facts["classes"]
    assert facts["polygon_count"] > 6
    assert facts["class_size"] == [256, 256]
    assert facts["confidence_renderer"].startswith("singleband")


def test_the_score_stands_beside_its_baselines_and_the_report_is_there(facts):
    assert "Macro F1" in facts["score"]
    assert "raw bands" in facts["score"]
    assert "majority" in facts["score"]
    assert facts["report_button"]
    assert Path(facts["report"]).exists()


def test_unsaved_edits_stay_unsaved_and_qgis_stays_as_it_was(facts):
    assert facts["still_unsaved"]
    assert facts["isolated"]


def test_the_dock_fits_320_pixels(facts):
    assert facts["narrow_width"] <= 330
