"""A real QGIS in a real window with the real backend: fine-tune on real chips and masks, pause, resume, map a scene."""

import shutil
from pathlib import Path

import pytest

from .conftest import ROOT

BARKBEETLE = ROOT.parent / "shared" / "data" / "barkbeetle_s2"
CHIPS = 12
pytestmark = [
    pytest.mark.qgis,
    pytest.mark.slow,
    pytest.mark.skipif(not BARKBEETLE.is_dir(), reason="the chips of barkbeetle_s2 are not here"),
]


@pytest.fixture(scope="module")
def facts(run_scenario, tmp_path_factory):
    """Plays the scenario once on a few chips for training, and one for the map; returns what it saw."""
    folder = tmp_path_factory.mktemp("barkbeetle")
    train, test = BARKBEETLE / "train", BARKBEETLE / "test"
    # The largest ones: they have damage for both sides of the split.
    chips = sorted((train / "s2_2020").glob("*.tif"), key=lambda path: -path.stat().st_size)[:CHIPS]
    for kind in ("s2_2020", "damage"):
        (folder / kind).mkdir()
        for chip in chips:
            shutil.copy(train / kind / chip.name, folder / kind / chip.name)
    largest = max((test / "s2_2020").glob("*.tif"), key=lambda path: path.stat().st_size)
    shutil.copy(largest, folder / "scene.tif")
    return run_scenario(
        "fine_tune_scenario.py",
        E2E_SCENE=folder / "scene.tif",
        E2E_CHIPS=folder / "s2_2020",
        E2E_MASKS=folder / "damage",
    )


def test_the_cost_is_told_before_and_the_time_left_meanwhile(facts):
    assert facts["cost"].startswith("Roughly ")
    assert facts["time_left"].endswith(" left")


def test_a_paused_run_goes_on_from_its_checkpoint(facts):
    step = int(facts["resume"].rpartition(" ")[2])
    assert step > 0
    assert facts["paused"].startswith(f"Paused after step {step}. The best network so far is kept")
    kept = [point for point in facts["curve_when_paused"] if point[0] <= step]
    assert facts["curve"][: len(kept)] == kept
    assert facts["curve"][-1][0] > step
    assert facts["pause_s"] < 15  # 2 s on an idle machine; test machines are shared
    print(f"\npaused within {facts['pause_s']:.1f} s")


def test_loss_score_and_rate_are_drawn_and_it_learns(facts):
    losses = [loss for _step, loss in facts["curve"]]
    assert losses[-1] < losses[0]
    assert len(facts["scores"]) > 2
    assert max(facts["scores"]) > facts["scores"][0]
    assert len(facts["rates"]) > 2
    assert facts["rates"][-1] < max(facts["rates"])


def test_the_score_stands_beside_its_baselines(facts):
    assert "Macro F1" in facts["score"]
    assert "raw bands" in facts["score"]
    assert "majority" in facts["score"]


def test_the_run_leaves_a_folder(facts):
    suffixes = {Path(name).suffix for name in facts["run"]}
    assert {".png", ".csv", ".json"} <= suffixes
    assert Path(facts["report"]).is_file()


def test_the_segmentation_lies_on_the_scene_with_its_style(facts):
    width, height, renderer, scene_width, scene_height = facts["map"]
    assert (width, height) == (scene_width, scene_height)
    assert renderer == "paletted"
    assert "Confidence" in facts["group"]


def test_it_fits_320_pixels_and_qgis_stays_as_it_was(facts):
    assert facts["narrow_width"] <= 330
    assert facts["isolated"]
