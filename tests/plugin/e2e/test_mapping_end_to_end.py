"""The mapping loop in a real window with the real backend: preview, training, problems, suggestions, accuracy."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def facts(run_scenario):
    """Runs the scenario once; returns what it saw."""
    return run_scenario("mapping_scenario.py")


def test_the_preview_follows_a_polygon(facts):
    assert facts["first_preview"].startswith("Preview of ")
    assert facts["preview_renderer"] == "paletted"
    assert facts["refresh_s"] < 15  # 3 s on an idle machine; test machines are shared


def test_an_overlap_is_listed_and_looked_at(facts):
    assert "overlap" in facts["problems"]
    assert facts["selected"] == 2


def test_every_output_arrives_with_its_style_and_only_the_map_is_shown(facts):
    wanted = ["Class polygons", "Classified polygons", "Classes", "Confidence", "Probabilities", "Margin", "Entropy"]
    assert facts["group"] == [*wanted, "Unlike anything labelled"]
    assert facts["shown"] == ["Classified polygons", "Classes"]
    assert facts["renderers"]["Classes"] == "paletted"
    assert facts["renderers"]["Class polygons"] == "categorizedSymbol"
    assert facts["renderers"]["Classified polygons"] == "categorizedSymbol"
    assert all(facts["renderers"][name] == "singlebandpseudocolor" for name in ("Confidence", "Margin", "Entropy"))
    assert {"Forest", "Water"} <= set(facts["parcel_classes"])
    assert any(name.endswith("probability") for name in facts["parcel_fields"])


def test_the_score_is_called_an_upper_bound(facts):
    assert "Macro F1" in facts["score"]
    assert "upper bound" in facts["score"]


def test_the_model_serves_its_own_scene(facts):
    assert "✗" not in facts["verdict"]


def test_suggestions_have_reasons_and_become_labels(facts):
    assert facts["suggested"] > 0
    assert facts["reasons"][0].startswith("<b>Point 1 of ")
    assert len(set(facts["reasons"])) == 2
    count, drawn, wanted = facts["accepted"]
    assert (count, drawn) == (1, wanted)


def test_sample_points_are_answered_and_compared(facts):
    assert facts["sampled"] > 8
    assert {"Forest", "Water"} <= set(facts["offered"])
    assert facts["widget"] == "ValueMap"
    assert facts["map_hidden"]
    assert f"{facts['sampled']} with a class" in facts["place"]
    assert facts["headline"]
    assert Path(facts["accuracy_report"]).is_file()


def test_a_number_is_estimated(facts):
    assert "R²" in facts["value_score"]
    points = ["Sample points", "Where to label next"]
    assert facts["value_group"] == [*points, "Values", "90 % interval", "Unlike anything labelled"]
    assert facts["value_renderer"] == "singlebandpseudocolor"


def test_all_sections_fit_320_pixels(facts):
    assert facts["narrow_width"] <= 330
