"""A real QGIS in a real window under Xvfb with the real backend: what was added to sections "Scene" and "Embed"."""

import shutil

import pytest

from .conftest import SAMPLE

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def facts(run_scenario, tmp_path_factory):
    """Runs the scenario once; returns what it saw."""
    second = tmp_path_factory.mktemp("second") / "second.tif"
    shutil.copy(SAMPLE / "scene.tif", second)
    return run_scenario("options_scenario.py", E2E_SECOND=second)


def test_the_cache_says_how_large_it_is(facts):
    assert facts["cache"].startswith("Cache: ")


def test_options_reach_the_request(facts):
    assert facts["request"] == ["scene", "float16", 0]


def test_selected_layers_become_one_scene(facts):
    assert facts["offer"] == "2 layers as one scene"
    assert facts["paths"] == 2


def test_a_folder_can_be_the_scene_and_be_left_again(facts):
    assert facts["menu"] == ["Folder (SAFE)…", "Zip…"]
    assert facts["name"] == "S2B_MSIL2A_20230601T101609_N0509_R065_T32UPU"
    assert facts["back"] == "scene"


def test_it_fits_320_pixels(facts):
    assert facts["width"] <= 330
