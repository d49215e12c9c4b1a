"""Benchmark of adaptation: labelled cells, splits by ground, shuffled pairs, scores and the table."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from affine import Affine
from rasterio.crs import CRS

sys.path.insert(0, str(Path(__file__).parents[2] / "backend"))

from benchmarks.adapt_pairs import (  # noqa: E402
    draw_support,
    encoder_cells,
    few_shot_scores,
    shuffled_pairs,
    side_by_side,
    spoken_mean,
    statistic_cells,
    table,
)
from benchmarks.adapt_places import (  # noqa: E402
    UNSURE,
    building_shares,
    classes_of_shares,
    common_classes,
    majorities,
    thirds,
    window_cells,
)
from mmearth.adaptation.pair_data import PairData  # noqa: E402
from mmearth.weights.checkpoints import build_encoder, load_weights  # noqa: E402


def pairs(held_out):
    count = len(held_out)
    return PairData(
        reference=np.arange(count, dtype=np.float32).reshape(-1, 1, 1, 1) + np.zeros((1, 1, 8, 8), np.float32),
        target=np.arange(count, dtype=np.float32).reshape(-1, 1, 1, 1) + np.zeros((1, 1, 8, 8), np.float32),
        origin=np.zeros((count, 3), np.int64),
        level="raw",
        target_bands=("pan",),
        target_mean=np.zeros(1),
        target_std=np.ones(1),
        reference_m=2.0,
        working_m=2.0,
        land_cover=None,
        held_out=np.array(held_out),
        warnings=[],
        facts={},
    )


def test_shares_of_building_are_those_of_the_drawn_area(tmp_path):
    labels = tmp_path / "labels.geojson"
    transform = Affine(2, 0, 500000, 0, -2, 5000000)
    # From x = 2 to 5 m and y = 0 to 2 m from the corner: all of the second pixel and half of the third.
    corners = [[500002, 5000000], [500005, 5000000], [500005, 4999998], [500002, 4999998], [500002, 5000000]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    polygon = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]}, "properties": {}}
    labels.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [polygon]}), encoding="utf-8")
    shares = building_shares(labels, CRS.from_epsg(32632), transform, (3, 4))
    np.testing.assert_allclose(shares, [[0, 1, 0.5, 0], [0] * 4, [0] * 4])


def test_a_cell_between_building_and_other_ground_is_neither():
    assert classes_of_shares(np.array([0, 0.1, 0.11, 0.49, 0.5, 1])).tolist() == [0, 0, UNSURE, UNSURE, 1, 1]


def test_a_cell_without_a_majority_has_no_class():
    shares = np.array([[0.8, 0.5, 0.0], [0.2, 0.5, 0.75]])
    assert majorities(shares).tolist() == [0, UNSURE, 1]


def test_thirds_hold_equally_many_cells_and_none_of_what_is_missing():
    assert thirds(np.array([6.0, 1, 2, np.nan, 4, 5, 3])).tolist() == [2, 0, 0, UNSURE, 1, 2, 1]


def test_classes_with_too_few_cells_on_either_side_are_left_out_and_the_others_numbered_anew():
    classes = np.array([3, 3, 5, 5, 7, 7, UNSURE, 3, 5, 7])
    held_out = np.array([False, False, False, True, False, False, False, True, True, False])
    found = common_classes(classes, held_out, (1, 1))
    assert found.tolist() == [0, 0, 1, 1, UNSURE, UNSURE, UNSURE, 0, 1, UNSURE]


def test_cells_of_a_window_are_those_of_its_ground():
    image = np.kron(np.arange(16).reshape(4, 4), np.ones((4, 4)))
    found = window_cells(image, np.array([[0, 0, 8], [0, 8, 0]]), 8)
    assert found.tolist() == [[[2, 3], [6, 7]], [[8, 9], [12, 13]]]


def test_only_windows_side_by_side_are_scored():
    origin = np.array([[0, 1, 2], [0, 1, 8], [0, 25, 50], [0, 31, 50]])
    assert side_by_side(origin, 24).tolist() == [0, 2]


def test_no_pair_to_learn_from_keeps_its_target_and_held_out_ones_do():
    data = pairs([True, False, False, True, False, True, False])
    shuffled = shuffled_pairs(data, np.random.default_rng(0))
    own, other = data.target[:, 0, 0, 0].astype(int), shuffled.target[:, 0, 0, 0].astype(int)
    assert ((own == other) == data.held_out).all()
    assert sorted(other) == sorted(own)
    np.testing.assert_array_equal(shuffled.reference, data.reference)


def test_support_has_equally_many_of_each_class_from_free_ground_alone():
    classes = np.array([0, 0, 0, 1, 1, 1, UNSURE, 0, 1])
    free = np.array([True, True, True, True, True, False, True, False, False])
    drawn = draw_support(classes, free, 2, np.random.default_rng(0))
    assert sorted(classes[drawn]) == [0, 0, 1, 1]
    assert free[drawn].all()
    assert len(set(drawn)) == 4
    with pytest.raises(ValueError, match=r"3 cells of 2 or more classes are wanted; there are \[3, 2\]"):
        draw_support(classes, free, 3, np.random.default_rng(0))


def test_scores_are_high_where_features_tell_and_at_chance_where_they_do_not():
    rng = np.random.default_rng(0)
    classes, held_out = rng.integers(0, 2, 400), np.arange(400) < 200
    telling = rng.normal(0, 1, (400, 6)) + 6 * classes[:, None] * np.array([1, -1, 0, 0, 0, 0])
    good = few_shot_scores(telling, None, 0, classes, held_out, np.random.default_rng(1))
    poor = few_shot_scores(rng.normal(0, 1, (400, 6)), None, 0, classes, held_out, np.random.default_rng(1))
    assert set(good) == {"knn 5", "linear 5", "knn 20", "linear 20"}
    assert min(good.values()) > 0.95
    assert 0.35 < min(poor.values()) <= max(poor.values()) < 0.65


def test_a_head_of_the_known_sensor_serves_as_far_as_the_new_features_are_in_its_space():
    rng = np.random.default_rng(0)
    classes, held_out = rng.integers(0, 3, 600), np.arange(600) < 300
    known = rng.normal(0, 1, (600, 5)) + 6 * np.eye(5)[classes + 1]  # the first channel tells nothing
    same = few_shot_scores(
        known + rng.normal(0, 0.1, known.shape), known, 1, classes, held_out, np.random.default_rng(1)
    )
    mixed = few_shot_scores(known[:, [0, 2, 3, 1, 4]], known, 1, classes, held_out, np.random.default_rng(1))
    assert same["head 20"] > 0.95
    assert mixed["linear 20"] > 0.95  # labels of its own are as good as ever
    assert mixed["head 20"] < 0.1


def test_scores_see_held_out_cells_alone():
    rng = np.random.default_rng(0)
    classes, held_out = rng.integers(0, 2, 200), np.arange(200) < 100
    features = np.where(held_out, 1 - classes, classes)[:, None] * np.array([[8.0, -8.0]]) + rng.normal(0, 1, (200, 2))
    assert (
        max(few_shot_scores(features, None, 0, classes, held_out, rng).values()) < 0.05
    )  # learned the other way round
    classes[held_out & (classes == 1)] = UNSURE  # unsure cells score nothing, whatever they are called
    assert set(few_shot_scores(features, None, 0, classes, held_out, rng).values()) <= {0.0}


def test_statistics_are_mean_and_deviation_of_each_cell():
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = statistic_cells(images, 2)
    cell = images[1, :, :4, 4:]
    assert found.shape == (8, 6)
    np.testing.assert_allclose(found[5, :3], cell.mean((1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[5, 3:], cell.std((1, 2), correction=0), rtol=1e-4)


def test_features_of_a_cell_are_those_of_its_ground_as_the_weights_standardise_them(tiny_weights):
    weights = load_weights(str(tiny_weights))
    images = torch.randn(3, len(weights.bands), 32, 32, generator=torch.Generator().manual_seed(0))
    found = encoder_cells(weights, images, 8)
    maps = build_encoder(weights, torch.device("cpu"), torch.float32)(images)
    assert found.shape == (3 * 8 * 8, sum(weights.dims))
    row = found[1 * 64 + 5 * 8 + 2] * weights.feature_std + weights.feature_mean
    side = 8 // maps[2].shape[-1], 8 // maps[3].shape[-1]  # cells along a token
    for stage, each in zip((2, 3), side, strict=True):
        np.testing.assert_allclose(
            row[weights.stage_slices[stage]], maps[stage][1, :, 5 // each, 2 // each], rtol=1e-3, atol=1e-4
        )


def test_the_table_has_mean_and_deviation_over_seeds_and_keeps_places_apart():
    here, there = ({"place": place, "steps": 4} for place in ("here", "there"))
    lines = [
        {**here, "arm": "distill", "seed": 0, "knn 5": 0.5, "cosine": 0.25, "of_step": 4},
        {**here, "arm": "distill", "seed": 1, "knn 5": 0.7, "cosine": 0.75, "of_step": 4},
        {**here, "arm": "cell statistics", "seed": 0, "knn 5": 0.6},
        {**there, "arm": "distill", "seed": 0, "knn 5": 0.9},
    ]
    rows = table(lines).splitlines()
    assert rows[0] == "here, 4 steps"
    assert rows[3].startswith("| cell statistics | 1 | 0.600 |")
    assert rows[4].startswith("| distill | 2 | 0.600 ± 0.141 |")
    assert "0.500 ± 0.354" in rows[4]
    assert rows[5] == "there, 4 steps"
    assert rows[8].startswith("| distill | 1 | 0.900 |")


def test_the_deviation_is_that_of_a_sample():
    assert spoken_mean([1, 2, 4]) == "2.333 ± 1.528"
    assert spoken_mean([]) == ""
