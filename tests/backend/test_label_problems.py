"""Problems of label polygons: which are told, in which words, and where one has to look."""

import numpy as np
import pytest
import shapely
from mmearth.labels.label_problems import (
    MOST_OF_A_KIND,
    Places,
    Problem,
    in_clouds,
    is_cloud_like,
    merged,
    on_nodata,
    sentences,
    shortened,
)

PLACES = Places(np.arange(10, 16), [shapely.box(i, 0, i + 1, 2) for i in range(6)], "EPSG:32632")
ONE = np.zeros(6, int)


def problem(kind, *features):
    return Problem(kind, f"{kind} of {features}", features, (0.0, 0.0, 1.0, 1.0), "EPSG:32632")


def test_a_problem_names_features_and_their_place():
    found = PLACES.problem("sliver", "Too thin.", 1, 3)
    assert found.to_json() == {
        "kind": "sliver",
        "message": "Too thin.",
        "features": [11, 13],
        "bounds": [1.0, 0.0, 4.0, 2.0],
        "crs": "EPSG:32632",
    }


def test_polygons_that_mostly_lie_on_nodata_are_told_with_their_share():
    found = on_nodata(PLACES, {0: 10, 1: 10, 2: 10, 3: 10}, {0: 10, 1: 6, 2: 5})
    assert [(p.features, p.message) for p in found] == [
        ((12,), "Polygon 12 lies on nodata by 50%."),
        ((13,), "Polygon 13 lies on nodata and teaches nothing."),
    ]


@pytest.mark.parametrize(
    ("name", "color", "cloud"),
    [("cloud", (0.42, 0.40, 0.41), True), ("thick cloud", (0.8, 0.8, 0.8), True), ("forest", (0.03, 0.05, 0.03), False),
     ("bare soil", (0.14, 0.20, 0.28), False), ("green field", (0.05, 0.12, 0.06), False)],
)  # fmt: skip
def test_white_and_bright_is_cloud_like_and_soil_is_not(name, color, cloud):
    scene = np.random.default_rng(0).normal((0.05, 0.07, 0.06), 0.01, (500, 3))
    assert is_cloud_like(np.array([color]), scene).tolist() == [cloud], name


def test_brightness_is_judged_by_the_scene():
    """What is as bright as everything else may be snow, or a clouded scene: nothing is said."""
    snow = np.random.default_rng(0).normal(0.7, 0.05, (500, 3))
    assert not is_cloud_like(np.array([[0.72, 0.71, 0.70]]), snow).any()


def test_clouded_polygons_are_told_unless_their_class_is_white():
    polygons = np.repeat(np.arange(6), 10)
    cloud_like = np.zeros(60, bool)
    cloud_like[:4] = True  # 4 of 10 pixels of polygon 0
    cloud_like[10:12] = True  # 2 of 10 of polygon 1: not worth a word
    told = in_clouds(PLACES, ONE, polygons, cloud_like)
    assert [p.features for p in told] == [(10,)]
    assert told[0].message == ("Polygon 10 may be cloud: 40% of its pixels are white and far brighter than the scene.")
    cloud_like[30:] = True
    white = in_clouds(PLACES, np.array([0, 0, 0, 1, 1, 1]), polygons, cloud_like)
    assert [p.features for p in white] == [(10,)]  # polygons 3 to 5 are all there is of class 1


def test_scenes_are_merged_and_only_what_teaches_nowhere_stays():
    first = [problem("outside", 1), problem("outside", 2), problem("overlap", 3, 4), problem("sliver", 5)]
    second = [problem("outside", 1), problem("sliver", 2), problem("overlap", 3, 4)]
    found = merged([*first, *second], taught={3, 4, 5})
    assert [(p.kind, p.features) for p in found] == [("outside", (1,)), ("overlap", (3, 4)), ("sliver", (2,))]


def test_many_problems_are_counted_and_some_of_them_listed():
    many = [problem("sliver", i) for i in range(MOST_OF_A_KIND + 50)]
    assert len(shortened([*many, problem("single", 7)])) == MOST_OF_A_KIND + 1
    assert sentences([*many, problem("single", 7)]) == [
        "250 polygons without a pixel centre (features 0, 1, 2, 3, 4, …).",
        "single of (7,)",
    ]
