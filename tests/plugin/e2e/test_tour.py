"""The tour of docs/tutorial.md in a light and in a dark theme: clicks and seconds from nothing to a map in a file."""

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]
MOST_CLICKS, MOST_SECONDS = 10, 180


@pytest.fixture(scope="module", params=["light", "dark"])
def facts(run_scenario, request):
    ini = "[UI]\nUITheme=Night Mapping\n" if request.param == "dark" else ""
    found = run_scenario("tour_scenario.py", ini=ini, E2E_THEME=request.param)
    print(f"first use, {request.param}: {len(found['clicks'])} clicks, {found['seconds']:.0f} s")
    return {**found, "theme": request.param}


def test_a_map_is_exported_after_a_few_clicks(facts):
    assert facts["exported"] == [True, 256, 256]
    assert len(facts["clicks"]) <= MOST_CLICKS, facts["clicks"]
    assert facts["seconds"] < MOST_SECONDS


def test_an_opened_raster_is_embedded_with_three_clicks(facts):
    assert facts["embedding_clicks"] + 1 <= 3, "with the click that opens the panel"


def test_the_theme_is_the_one_that_was_asked_for(facts):
    assert facts["dark"] == (facts["theme"] == "dark")


def test_every_page_fits_a_narrow_dock(facts):
    assert facts["too_wide"] == {}
    assert facts["narrow_px"] <= 330


def test_all_steps_are_done_at_the_end(facts):
    assert facts["states"] == dict.fromkeys(("scene", "embed", "label", "train", "map"), "done")
