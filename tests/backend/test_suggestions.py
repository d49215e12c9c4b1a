"""Which candidates are chosen, on features whose groups are known."""

import numpy as np
import pytest
from mmearth.mapping.recipe_features import HALO_PX, WIDTHS
from mmearth.mapping.suggestions import (
    APART_PX,
    CLEAR_PX,
    RARE,
    SPREAD,
    UNCERTAIN,
    UNLIKE,
    Candidates,
    choose_points,
    homogeneity,
    margins,
    near,
    neighbours,
    rare_classes,
)


def lattice(n, step=APART_PX):
    """Places that are all far enough from each other."""
    side = int(np.ceil(n**0.5))
    rows, cols = np.divmod(np.arange(n), side)
    return rows * step, cols * step


def candidates(probabilities=None, distance=None, features=None, alike=None, step=APART_PX):
    n = len(probabilities if probabilities is not None else distance if distance is not None else features)
    rows, cols = lattice(n, step)
    return Candidates(
        rows=rows,
        cols=cols,
        features=np.random.default_rng(0).normal(size=(n, 3)) if features is None else np.asarray(features, float),
        homogeneity=np.ones(n) if alike is None else np.asarray(alike, float),
        probabilities=None if probabilities is None else np.asarray(probabilities, float),
        distance=None if distance is None else np.asarray(distance, float),
    )


def two(first):
    """Probabilities of two classes."""
    first = np.asarray(first, float)
    return np.stack([first, 1 - first], axis=1)


def test_points_are_further_apart_than_features_look():
    looked_px = 2 * (max(WIDTHS) // 2 + 2) + 1  # the widest box, of patches of five pixels
    assert looked_px <= APART_PX
    assert looked_px // 2 < CLEAR_PX
    assert looked_px // 2 <= HALO_PX
    assert near(np.array([0, 0, 31, 32]), np.array([31, 32, 31, 0]), 0, 0).tolist() == [True, False, True, False]


def test_margin_and_homogeneity_of_known_values():
    assert margins(np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])) == pytest.approx([0.2, 0.7])
    classes = np.array([[1, 1, 0, 1], [2, 2, 2, 2]])
    valid = np.array([[True, True, True, False], [True, True, True, True]])
    assert homogeneity(classes, valid).tolist() == [0.5, 1.0]


def test_neighbours_are_the_nine_places_of_a_square():
    rows, cols = neighbours(np.array([10, 50]), np.array([20, 60]))
    assert (rows[1, 0], cols[1, 0]) == (50, 60)
    found = set(zip(rows[0].tolist(), cols[0].tolist(), strict=True))
    assert found == {(10 + i, 20 + j) for i in (-4, 0, 4) for j in (-4, 0, 4)}


def test_a_class_is_rare_by_area_or_by_polygons():
    shares = np.array([0.1, 0.45, 0.45])
    assert rare_classes(shares, None).tolist() == [True, False, False]  # half of a third is 0.167
    assert rare_classes(shares, np.array([4, 4, 1])).tolist() == [True, False, True]
    assert rare_classes(np.full(3, 1 / 3), np.array([1, 1, 1])).tolist() == [False] * 3


def test_reasons_take_turns_and_mean_what_they_say():
    rng = np.random.default_rng(1)
    sure = np.full(100, 0.98)
    sure[:20] = 0.52  # uncertain
    sure[90:] = 0.03  # the second class, which covers little
    distance = np.where((np.arange(100) >= 40) & (np.arange(100) < 60), 5.0, 0.1) + rng.uniform(0, 0.01, 100)
    chosen = choose_points(candidates(two(sure), distance), 9)
    assert [choice.reason for choice in chosen] == [UNCERTAIN, UNLIKE, RARE] * 3
    by_reason = {reason: [c.index for c in chosen if c.reason == reason] for reason in (UNCERTAIN, UNLIKE, RARE)}
    assert max(by_reason[UNCERTAIN]) < 20
    assert all(40 <= index < 60 for index in by_reason[UNLIKE])
    assert min(by_reason[RARE]) >= 90
    assert len({choice.index for choice in chosen}) == 9


def test_no_two_points_are_near_each_other_and_there_are_fewer_where_there_is_no_room():
    crowded = candidates(two(np.linspace(0.3, 0.9, 400)), np.linspace(0, 2, 400), step=5)  # 20 × 20 in 96 pixels
    chosen = choose_points(crowded, 50)
    at = [(crowded.rows[c.index], crowded.cols[c.index]) for c in chosen]
    gaps = [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for i, a in enumerate(at) for b in at[:i]]
    assert min(gaps) >= APART_PX
    assert 4 <= len(chosen) <= 9


def test_groups_are_covered_before_any_of_them_is_seen_twice():
    """Nine like one another, nine like one another elsewhere, and one that is like nothing."""
    features = np.concatenate([np.zeros((9, 2)), np.full((9, 2), 10.0), [[0.0, 14.0]]])
    features += np.random.default_rng(0).normal(scale=0.1, size=features.shape)
    groups = np.array([0] * 9 + [1] * 9 + [2])
    chosen = [groups[choice.index] for choice in choose_points(candidates(features=features), 3)]
    assert sorted(chosen[:2]) == [0, 1]  # the outlier stands for itself alone
    assert chosen[2] == 2


def test_mixed_ground_is_left_out_unless_all_that_is_uncertain_is_mixed():
    sure = np.full(40, 0.9)
    sure[:10] = 0.5
    alike = np.ones(40)
    alike[:9] = 0.3
    chosen = choose_points(candidates(two(sure), alike=alike), 2)
    assert [choice.reason for choice in chosen] == [UNCERTAIN, UNCERTAIN]
    assert chosen[0].index == 9  # the only uncertain place where a polygon can be drawn
    assert chosen[1].index < 9


def test_a_regression_is_told_what_is_unlike_and_what_is_spread_out():
    features = np.random.default_rng(0).normal(size=(50, 4))
    chosen = choose_points(candidates(distance=np.arange(50.0), features=features), 6)
    assert [choice.reason for choice in chosen] == [UNLIKE, SPREAD] * 3
    assert all(choice.index >= 37 for choice in chosen if choice.reason == UNLIKE)  # a quarter of 50


def test_when_reasons_run_out_points_are_spread_out():
    sure = np.full(30, 0.9)
    chosen = choose_points(candidates(two(sure), alike=np.zeros(30)), 30)
    assert len(chosen) == 30
    assert {choice.reason for choice in choose_points(candidates(two(sure), alike=np.ones(30)), 30)} <= {
        UNCERTAIN,
        SPREAD,
    }


def test_equal_features_and_one_candidate_are_no_special_cases():
    assert len(choose_points(candidates(two([0.5] * 4), np.ones(4), np.zeros((4, 2))), 3)) == 3
    assert len(choose_points(candidates(two([0.5]), np.ones(1), np.zeros((1, 2))), 3)) == 1
