"""What the active-learning benchmark makes of curves, and its random choice."""

import numpy as np
import pytest
from benchmarks.active_learning import at_random, at_random_inside, labels_needed, summary
from mmearth.mapping.suggestions import APART_PX, HOMOGENEOUS, Candidates


def test_labels_needed_lie_on_a_straight_line_between_rounds():
    curve = np.array([0.5, 0.6, 0.6, 0.8])
    assert labels_needed(curve, 0.4, 5) == 0
    assert labels_needed(curve, 0.55, 5) == pytest.approx(2.5)
    assert labels_needed(curve, 0.7, 5) == pytest.approx(12.5)
    assert labels_needed(curve, 0.81, 5) is None


def test_a_run_that_never_gets_there_counts_as_the_whole_budget():
    curves = {
        "random": np.array([[0.5, 0.6, 0.7], [0.5, 0.7, 0.9]]),
        "suggested": np.array([[0.5, 0.7, 0.8], [0.5, 0.6, 0.8]]),
    }
    found = summary(curves, 4)
    assert found["wanted"] == pytest.approx(0.8)
    row = found["ways"]["suggested"]
    assert row["gain_last"][0] == pytest.approx(0.0)
    assert row["gain_last"][2] == 1
    assert row["gain_all_rounds"][0] == pytest.approx((0.1 - 0.1) / 2)
    mean, spread, reached = row["labels_of_runs"]
    assert (mean, reached) == (pytest.approx((4 + 8) / 2), 1)
    assert spread == pytest.approx(8**0.5)


def test_random_places_keep_the_distance_and_if_wanted_to_homogeneous_ground():
    rows, cols = (part.ravel() for part in np.mgrid[0:100:2, 0:100:2])
    alike = np.where(cols < 50, 1.0, HOMOGENEOUS / 2)
    candidates = Candidates(rows, cols, np.zeros((len(rows), 1)), alike, None, None)
    for choose, right in ((at_random, 100), (at_random_inside, 50)):
        chosen = choose(candidates, np.zeros(2), 4, np.random.default_rng(0))
        at = np.stack([rows[chosen], cols[chosen]])
        gaps = np.abs(at[:, :, None] - at[:, None]).max(axis=0)[~np.eye(len(chosen), dtype=bool)]
        assert len(chosen) >= 2
        assert gaps.min() >= APART_PX
        assert at[1].max() < right
