"""`make demo` from end to end: the real command line, the shipped weights, the sample; checked against the truth."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "backend" / "tools" / "demo.py"
pytestmark = pytest.mark.slow


def run_demo(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, str(DEMO), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def sample_truth(folder: Path) -> np.ndarray:
    spec = importlib.util.spec_from_file_location("make_sample", DEMO.parent / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.generate(folder, folder / "truth.tif")
    with rasterio.open(folder / "truth.tif") as dataset:
        return dataset.read(1)


def test_demo_on_the_sample_makes_a_map_that_is_mostly_true(tmp_path: Path) -> None:
    ended = run_demo("--out", str(tmp_path / "out"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Macro-F1 on held-out polygons: embedding 0." in ended.stdout
    for name in (
        "embedding.tif",
        "confidence.tif",
        "classes.gpkg",
        "report/report.html",
        "model.zip",
        "map.png",
    ):
        assert (tmp_path / "out" / name).stat().st_size > 1000
    truth = sample_truth(tmp_path)
    with rasterio.open(tmp_path / "out" / "classes.tif") as dataset:
        classes, valid = dataset.read(1), dataset.dataset_mask() > 0
    with rasterio.open(ROOT / "resources" / "sample" / "scene.tif") as scene:
        assert np.array_equal(valid, scene.dataset_mask() > 0)
    assert set(np.unique(classes[valid])) == {10, 41, 42, 50, 60, 80}
    agreement = (classes == truth)[valid].mean()
    assert agreement > 0.75  # the largest class alone would give 0.31


def test_demo_says_which_half_of_scene_and_labels_is_missing() -> None:
    ended = run_demo("--scene", "scene.tif")
    assert ended.returncode == 2
    assert "SCENE and LABELS belong together" in ended.stderr


def test_demo_ends_with_the_reason_of_the_step_that_failed(tmp_path: Path) -> None:
    scene = str(tmp_path / "none.tif")
    ended = run_demo("--scene", scene, "--labels", scene, "--out", str(tmp_path / "out"))
    assert ended.returncode == 1
    assert "none.tif" in ended.stderr
    assert "Traceback" not in ended.stderr
