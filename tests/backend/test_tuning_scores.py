"""Scores of fine-tuning against values computed by hand or by scikit-learn; noise; calibration; baselines."""

import numpy as np
import pytest
import torch
from labelled_ground import tiles_of
from mmearth.tuning import tuning_scores
from mmearth.tuning.baseline_scores import score_baselines
from mmearth.tuning.batches import TrainingBatches
from mmearth.tuning.tuning_scores import HeldOutScoring, difference, is_better
from sklearn.metrics import f1_score, precision_recall_fscore_support

T = 16


def strips(count, width=4):
    """Returns labels and samples (1, T, T · …) of `count` samples, each `width` pixels high; classes alternate."""
    rows = count * width
    side = max(rows, T)
    labels, samples = np.full((1, side, side), -1), np.full((1, side, side), -1)
    for number in range(count):
        own = 0, slice(number * width, (number + 1) * width), slice(0, width)
        labels[own], samples[own] = number % 2, number
    return labels, samples


def rows_of(tiles):
    own = np.asarray(tiles.samples) >= 0
    return np.asarray(tiles.labels)[own], np.asarray(tiles.samples)[own]


def scored(tiles, predictions, seed=0, sure=0.9):
    targets, samples = rows_of(tiles)
    count = len(tiles.classes)
    probabilities = np.full((len(targets), count), (1 - sure) / (count - 1))
    probabilities[np.arange(len(targets)), predictions] = sure
    scoring = HeldOutScoring(tiles, seed)
    for part in np.array_split(np.arange(len(targets)), 3):
        scoring.add(probabilities[part], targets[part], samples[part])
    return scoring.scores()


def test_pixels_of_masks_count_once_each():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, (2, T, T))
    samples = np.arange(2).repeat(T * T).reshape(2, T, T)
    tiles = tiles_of(labels, samples, [0, 2], [True, True], weighs_pixels=True)
    targets, _ = rows_of(tiles)
    found = np.where(rng.random(len(targets)) < 0.7, targets, rng.integers(0, 3, len(targets)))
    scores = scored(tiles, found)
    precision, recall, f1, _ = precision_recall_fscore_support(targets, found)
    assert scores.precision == pytest.approx(tuple(precision))
    assert scores.recall == pytest.approx(tuple(recall))
    assert scores.f1 == pytest.approx(tuple(f1))
    assert scores.macro_f1 == pytest.approx(f1.mean())
    assert scores.micro_f1 == pytest.approx((targets == found).mean())
    assert scores.confusion.sum() == len(targets)
    assert scores.macro_f1_interval is None  # two groups


def test_polygons_count_once_however_large_and_training_ones_not_at_all():
    labels, samples = np.full((1, T, T), -1), np.full((1, T, T), -1)
    for number, side in enumerate((8, 2, 2)):
        own = 0, slice(number * 5, number * 5 + min(side, 5)), slice(0, side)
        labels[own], samples[own] = (0, 0, 1)[number], number
    samples[0, 15], labels[0, 15] = 3, 1
    tiles = tiles_of(labels, samples, [0, 0, 1, 1], [True, True, True, False])
    targets, own = rows_of(tiles)
    scores = scored(tiles, np.where(own == 0, 1, targets))  # the large one is wrong
    assert scores.confusion.tolist() == [[1, 1], [0, 1]]
    assert scores.f1 == pytest.approx((2 / 3, 2 / 3))
    assert scores.samples == (2, 1)


def test_a_class_that_is_not_held_out_is_not_known():
    labels, samples = strips(4)
    labels[samples == 3] = 2
    tiles = tiles_of(labels, samples, [0, 1, 0, 2], [True, True, True, False])
    scores = scored(tiles, rows_of(tiles)[0])
    assert scores.f1 == (1.0, 1.0, None)
    assert scores.macro_f1 == 1.0
    assert scores.reason == "not held out: class 2"


def test_polygons_in_parts_have_the_class_of_their_mean_probability():
    labels, samples = strips(2)
    tiles = tiles_of(labels, samples, [0, 1], [True, True], unit="polygon")
    scoring = HeldOutScoring(tiles, 0)
    scoring.add(np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]]), np.zeros(3), np.array([0, 0, 1]))
    assert scoring.scores().confusion.tolist() == [[1, 0], [0, 1]]
    scoring.add(np.array([[0.0, 1.0]]), np.zeros(1), np.array([0]))
    assert scoring.scores().confusion.tolist() == [[0, 1], [0, 1]]


def test_several_classes_at_once():
    classes = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 1]], bool)
    labels, samples = strips(6)
    tiles = tiles_of(labels, samples, classes, [True] * 6, unit="polygon")
    chances = np.array([[0.9, 0.6, 0.4], [0.1, 0.7, 0.2], [0.8, 0.1, 0.1], [0.6, 0.4, 0.3], [1, 0, 0], [0, 1, 1]])
    scoring = HeldOutScoring(tiles, 0)
    scoring.add(chances, classes.astype(float), np.arange(6))
    scores = scoring.scores()
    found = chances >= 0.5
    assert scores.macro_f1 == pytest.approx(f1_score(classes, found, average="macro"))
    assert scores.micro_f1 == pytest.approx(f1_score(classes, found, average="micro"))
    assert scores.confusion[0].tolist() == [[2, 1], [0, 3]]
    assert scores.macro_f1_interval[0] < scores.macro_f1 < scores.macro_f1_interval[1]
    assert (scores.temperature, scores.ece) == (1.0, None)


def test_the_interval_is_as_wide_as_drawing_other_polygons_makes_it():
    rng = np.random.default_rng(0)
    labels, samples = strips(60, 2)
    tiles = tiles_of(labels, samples, np.arange(60) % 2, np.ones(60, bool))
    targets, own = rows_of(tiles)
    wrong = rng.random(60) < 0.2
    scores = scored(tiles, np.where(wrong[own], 1 - targets, targets))
    # Accuracy of 60 polygons, each right or wrong: 1.96 standard errors of a share.
    low, high = scores.micro_f1_interval
    share = 1 - wrong.mean()
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(share * (1 - share) / 60), rel=0.15)
    assert low < scores.micro_f1 < high


def test_better_means_beyond_noise():
    labels, samples = strips(20)
    tiles = tiles_of(labels, samples, np.arange(20) % 2, np.ones(20, bool))
    targets, own = rows_of(tiles)

    def with_errors(*wrong):
        return scored(tiles, np.where(np.isin(own, wrong), 1 - targets, targets))

    poor, good, hardly = with_errors(*range(10)), with_errors(0, 1), with_errors(*range(9))
    gain, (low, high) = difference(good, poor)
    assert gain == pytest.approx(0.4)
    assert 0 < low < gain < high
    assert is_better(good, poor)
    assert not is_better(poor, good)
    assert not is_better(hardly, poor)  # one polygon
    assert not is_better(good, good)


def test_too_few_groups_say_nothing():
    labels, samples = strips(10)
    groups = np.arange(10) // 2
    tiles = tiles_of(labels, samples, np.arange(10) % 2, np.ones(10, bool), groups=groups)
    targets, _ = rows_of(tiles)
    good, poor = scored(tiles, targets), scored(tiles, 1 - targets)
    assert good.groups == 5
    assert difference(good, poor) == (1.0, None)
    assert not is_better(good, poor)
    assert good.macro_f1_interval is None


def test_samples_of_a_group_are_drawn_together():
    labels, samples = strips(40, 2)
    wrong = np.arange(40) // 4 % 3 == 0
    settings = np.arange(40) % 2, np.ones(40, bool)
    single = tiles_of(labels, samples, *settings, weighs_pixels=True)
    grouped = tiles_of(labels, samples, *settings, groups=np.arange(40) // 4, weighs_pixels=True)
    targets, own = rows_of(single)
    found = np.where(wrong[own], 1 - targets, targets)
    widths = [np.ptp(scored(tiles, found).micro_f1_interval) for tiles in (single, grouped)]
    assert widths[1] > 1.5 * widths[0]


def test_a_network_that_is_too_sure_is_softened(monkeypatch):
    monkeypatch.setattr(tuning_scores, "KEPT_PER_SAMPLE", 10)
    labels, samples = strips(20)
    tiles = tiles_of(labels, samples, np.arange(20) % 2, np.ones(20, bool))
    targets, own = rows_of(tiles)
    found = np.where(np.arange(len(targets)) % 4 == 0, 1 - targets, targets)  # 75 % right
    scores = scored(tiles, found, sure=0.99)
    assert scores.temperature > 2
    before, after = scores.ece
    # Ten of a polygon's sixteen pixels are kept, at random.
    assert before == pytest.approx(0.99 - 0.75, abs=0.04)
    assert after < before / 2  # of twenty polygons the prior of the temperature still weighs something
    assert scores.calibration.before.share.sum() == pytest.approx(1)


def test_batches_are_taken_as_the_network_says_them():
    labels, samples = strips(4)
    tiles = tiles_of(labels, samples, np.arange(4) % 2, [True, True, True, False])
    by_rows, by_batch = HeldOutScoring(tiles, 0), HeldOutScoring(tiles, 0)
    for batch in TrainingBatches(tiles, T, 0).validation(1):
        probabilities = torch.rand(1, 2, T, T, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
        by_batch.add_batch(probabilities, batch)
        own = np.asarray(tiles.samples[0]) >= 0
        by_rows.add(
            probabilities[0].permute(1, 2, 0).numpy()[own],
            np.asarray(tiles.labels[0])[own],
            np.asarray(tiles.samples[0])[own],
        )
    assert by_batch.scores().confusion.tolist() == by_rows.scores().confusion.tolist()
    assert by_batch.scores().confusion.sum() == pytest.approx(3)


# Baselines ----------------------------------------------------------------------------------------------------------


def ground(unit, classes=None, **options):
    """Returns tiles of twelve samples whose first band tells odd from even ones; six of them teach."""
    labels, samples = strips(12)
    side = labels.shape[1]
    rng = np.random.default_rng(0)
    images = rng.normal(size=(1, 2, side, side))
    images[0, 0] = np.where(labels[0] == 1, 2.0, -2.0) + rng.normal(0, 0.3, (side, side))
    held_out = np.arange(12) < 6
    classes = np.arange(12) % 2 if classes is None else classes
    return tiles_of(labels, samples, classes, held_out, images=images, unit=unit, **options)


@pytest.mark.parametrize(
    ("unit", "options"),
    [("pixel", {}), ("pixel", {"weighs_pixels": True}), ("cell", {"cell_px": 4}), ("polygon", {})],
)
def test_bands_that_tell_classes_apart_do_so_in_every_unit(unit, options):
    scores = score_baselines(ground(unit, **options), 0, lambda: None)
    assert scores.raw_bands.macro_f1 == 1.0
    assert scores.majority.macro_f1 == pytest.approx(1 / 3)  # everything the same class of two
    assert scores.raw_bands.samples == (3, 3)


def test_bands_that_tell_nothing_do_not():
    tiles = ground("pixel")
    object.__setattr__(tiles, "images", np.random.default_rng(1).normal(size=tiles.images.shape).astype(np.float16))
    assert score_baselines(tiles, 0, lambda: None).raw_bands.macro_f1 < 0.7


def test_the_majority_is_that_of_the_training_samples():
    labels, samples = strips(7)
    classes = [0, 0, 0, 1, 1, 1, 0]
    for number, own in enumerate(classes):
        labels[samples == number] = own
    tiles = tiles_of(labels, samples, classes, [True, True, True, True, False, False, False])
    majority = score_baselines(tiles, 0, lambda: None).majority
    assert majority.recall == (0.0, 1.0)


def test_baselines_of_several_classes_at_once():
    classes = np.zeros((12, 3), bool)
    classes[:, 0], classes[:, 1], classes[:, 2] = np.arange(12) % 2, True, np.arange(12) == 3
    scores = score_baselines(ground("polygon", classes), 0, lambda: None)
    assert scores.raw_bands.f1 == (1.0, 1.0, 0.0)  # nothing teaches the third
    assert scores.majority.recall == (1.0, 1.0, 0.0)  # half of the training samples have the first
    assert scores.majority.precision == (0.5, 1.0, 0.0)
