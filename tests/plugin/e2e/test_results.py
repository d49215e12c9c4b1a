"""The page Results in a real window with the real backend: two runs of the sample, compared, exported, kept."""

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


@pytest.fixture(scope="module")
def facts(run_scenario):
    return run_scenario("results_scenario.py")


def test_each_run_has_a_group_and_the_newest_is_shown(facts):
    assert facts["empty"]
    assert facts["groups"] == {"2 · Quick classifier": True, "1 · Quick classifier": False}
    assert facts["shown_again"] == {"2 · Quick classifier": False, "1 · Quick classifier": True}


def test_the_requests_lie_beside_the_models(facts):
    assert facts["requests"] == ["model.request.json"] * 2


def test_two_runs_are_compared(facts):
    assert "Macro F1" in facts["scores"]
    assert "oise" in facts["scores"], "whether the difference is more than noise"
    assert "The same class on" in facts["differences"]
    assert "→" in facts["differences"]
    assert facts["difference_renderer"] == "paletted"
    assert len(facts["difference_labels"]) > 1
    assert all(" → " in label for label in facts["difference_labels"])


def test_a_map_is_exported_with_its_colours(facts):
    crs, renderer, classes = facts["exported"]
    assert (crs, renderer) == ("EPSG:4326", "paletted")
    assert classes > 1


def test_the_list_is_saved_with_the_project(facts):
    assert facts["new_project"] == 0
    assert facts["opened_again"]
    assert facts["stored"].startswith("project:results/")
    assert facts["groups_again"] == ["1 · Quick classifier", "2 · Quick classifier"]


def test_it_fits_a_narrow_dock(facts):
    assert facts["dock_px"] <= 330
