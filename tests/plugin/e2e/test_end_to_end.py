"""A real QGIS in a real window under Xvfb with the real backend: embed, draw, train, predict by mouse."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def facts(run_scenario):
    """Runs the scenario once; returns what it saw."""
    return run_scenario("scenario.py")


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
    assert not facts["confidence_shown"]


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
