"""When polygons are held out one by one and when in blocks, and what blocks are."""

import numpy as np
import pytest
import shapely
from mmearth.labels.sample_groups import BLOCK, POLYGON, measure_spacing, sample_groups

REACH = 27.0


def boxes(centres, half=3.0):
    return [shapely.box(x - half, y - half, x + half, y + half) for x, y in centres]


def grouped(centres, kinds, wanted="auto", fewest=3, half=3.0):
    return sample_groups(boxes(centres, half), np.asarray(kinds), wanted, REACH, fewest)


def lattice(side, step):
    return [(col * step, row * step) for row in range(side) for col in range(side)]


def test_spacing_has_the_figures_of_clark_and_evans():
    """Four corners of a square: nearest neighbours are one side apart, chance would be a quarter of that side."""
    spacing = measure_spacing(boxes([(0, 0), (0, 100), (100, 0), (100, 100)], half=1e-3), np.zeros(4, int), REACH)
    assert spacing.expected_px == pytest.approx(0.5 * np.sqrt(100**2 / 4), rel=1e-3)
    assert spacing.index == pytest.approx(4.0, rel=1e-3)
    error = 0.26136 / np.sqrt(4**2 / 100**2)
    assert spacing.deviations == pytest.approx((25 - 100) / error, rel=1e-3)
    assert spacing.near_share == 0


def test_near_neighbours_count_only_if_they_are_of_the_same_class_and_by_their_gap():
    centres = [(0, 0), (32, 0), (300, 0), (332, 0), (600, 0), (634, 0)]  # gaps of 26, 26 and 28 pixels
    shapes = boxes(centres)
    assert measure_spacing(shapes, np.array([0, 0, 0, 1, 0, 0]), REACH).near_share == pytest.approx(2 / 6)


def test_random_places_far_apart_are_held_out_one_by_one():
    places = np.random.default_rng(0).uniform(0, 4000, (40, 2))
    found = grouped(places, np.arange(40) % 3)
    assert found.kind == POLYGON
    assert len(np.unique(found.numbers)) == 40
    assert "times as far apart as random places would" in found.reason


def test_clusters_far_from_each_other_become_blocks():
    rng = np.random.default_rng(1)
    sites = rng.uniform(0, 20_000, (6, 2))
    places = np.concatenate([site + rng.uniform(-300, 300, (8, 2)) for site in sites])
    found = grouped(places, np.tile([0, 1], 24))
    assert found.kind == BLOCK
    truth = np.repeat(np.arange(6), 8)
    assert len(np.unique(found.numbers)) == 6
    assert all(len(np.unique(found.numbers[truth == site])) == 1 for site in range(6))
    assert "6 groups of polygons" in found.reason


def test_a_carpet_of_neighbours_becomes_tiles():
    centres = lattice(8, 20)  # gaps of 14 pixels everywhere: one chain
    found = grouped(centres, np.arange(64) % 3)
    assert found.kind == BLOCK
    assert len(np.unique(found.numbers)) == 15
    assert "as polygons cluster (97% of them have another one of their class within 27 pixels)" in found.reason
    assert "across whose borders there are still neighbours" in found.reason
    for number in np.unique(found.numbers):  # tiles are compact
        own = np.array(centres)[found.numbers == number]
        assert np.ptp(own, axis=0).max() <= 80


def test_a_class_in_one_place_makes_polygons_fall_back_and_it_is_said():
    centres = lattice(4, 16) + [(x + 5000, y) for x, y in lattice(4, 16)] + [(x, y + 5000) for x, y in lattice(4, 16)]
    kinds = np.repeat([0, 1, 2], 16)  # each class has its own place
    places = grouped(centres, kinds, fewest=3)  # three chains, of one class each
    assert (places.kind, len(np.unique(places.numbers))) == (BLOCK, 15)
    assert "tiles" in places.reason
    one = [(0, 0), (10, 0)] + [(300 * i, 3000) for i in range(1, 11)]
    found = grouped(one, np.array([0, 0] + [1] * 10), "block")
    assert found.kind == POLYGON
    assert "the score may be too high" in found.reason
    assert "as chosen" in found.reason


def test_choice_and_small_numbers_are_respected():
    centres = lattice(8, 20)
    assert grouped(centres, np.zeros(64, int), "polygon").kind == POLYGON
    few = grouped(centres[:7], np.zeros(7, int))
    assert (few.kind, few.reason) == (POLYGON, "Whole polygons were held out: 7 polygons are too few for blocks.")
    far = np.random.default_rng(0).uniform(0, 4000, (40, 2))
    forced = grouped(far, np.arange(40) % 2, "block")
    assert forced.kind == BLOCK
    assert "as chosen" in forced.reason


def test_polygons_all_in_one_place_do_not_fail():
    found = grouped([(0, 0)] * 12, np.arange(12) % 2)
    assert found.kind == POLYGON


def test_polygons_without_a_place_in_the_scenes_crs_are_held_out_one_by_one():
    far = shapely.Polygon([(np.inf, 0), (np.inf, 1), (np.inf, 2)])
    found = sample_groups([*boxes(lattice(3, 20)), far], np.zeros(10, int), "auto", REACH, 3)
    assert (found.kind, len(np.unique(found.numbers))) == (POLYGON, 10)
    assert "too far apart to measure" in found.reason
