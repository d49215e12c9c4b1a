"""Live preview, swipe and disagreement in a real window, with the real backend on the sample."""

import statistics

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]


def test_preview_is_swiped_and_compared_with_the_labels(run_scenario):
    facts = run_scenario("preview_scenario.py")
    print(f"\n{facts['state']}; {facts['compared']}")
    swipe = facts["swipe_s"]
    print(f"swipe, mouse to picture: median {statistics.median(swipe):.3f} s, longest {swipe[-1]:.3f} s")
    print(f"longest gap: comparing {facts['compared_gap_s']:.3f} s, zooming swiped {facts['zoomed_gap_s']:.3f} s")
    assert "Preview of" in facts["state"]
    mapped, image = facts["swiped"]
    assert mapped != image
    assert facts["place"] == pytest.approx(0.62, abs=0.01)
    assert facts["places"] > len(swipe) / 2, "the line follows the mouse"
    assert statistics.median(swipe) < 0.1
    assert facts["changed"] in facts["found"], "the label that was made wrong"
    assert facts["outlines"] == 1
    assert facts["selected"] == facts["found"][:1]
    assert facts["compared_gap_s"] < 0.1
    assert facts["left"] == 0
    assert facts["layers"] == ["labels", "scene"]
