"""Cross-validation: folds keep polygons whole, numbers match hand counts, leaks do not pay, ignorance is said."""

import json

import numpy as np
import pytest
from mmearth.models.heads import fit_linear_head
from mmearth.validation.cross_validation import cross_validate, fit_majority, macro_f1_difference
from mmearth.validation.folds import polygon_folds


class Fixed:
    """Predicts the class that the first feature holds."""

    def __init__(self, num_classes):
        self.num_classes = num_classes

    def probabilities(self, features):
        return np.eye(self.num_classes)[features[:, 0].astype(int)]


def fixed(num_classes):
    return lambda features, classes, polygons: Fixed(num_classes)


def linear(num_classes, c=1.0):
    return lambda features, classes, polygons: fit_linear_head(features, classes, polygons, num_classes, c)


def spread(polygon_classes, pixels):
    polygons = np.repeat(np.arange(len(polygon_classes)), pixels)
    return np.asarray(polygon_classes)[polygons], polygons


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("counts", [(2, 2), (2, 9, 3), (5, 5, 5), (12, 2, 7, 2), (1, 4, 6)])
def test_folds_keep_polygons_whole_and_every_class_in_training(counts, seed):
    classes, polygons = spread(np.repeat(np.arange(len(counts)), counts), 4)
    order = np.random.default_rng(seed).permutation(len(classes))
    classes, polygons = classes[order], polygons[order]
    folds = polygon_folds(polygons, classes, seed=seed)
    for polygon in np.unique(polygons):
        assert len(np.unique(folds[polygons == polygon])) == 1
    assert folds.max() + 1 == min(5, sum(c for c in counts if c > 1))
    for held_out in range(folds.max() + 1):
        assert set(classes[folds != held_out]) == set(range(len(counts)))
        assert (folds == held_out).any()
    for c, count in enumerate(counts):
        sizes = np.bincount(folds[classes == c] + 1, minlength=folds.max() + 2) // 4
        if count == 1:
            assert sizes[0] == 1
        else:
            assert sizes[0] == 0
            assert sizes[1:].max() - sizes[1:].min() <= 1


def test_folds_depend_on_the_seed_only():
    classes, polygons = spread([0, 1] * 6, 3)
    np.testing.assert_array_equal(polygon_folds(polygons, classes, seed=3), polygon_folds(polygons, classes, seed=3))
    assert not np.array_equal(polygon_folds(polygons, classes, seed=3), polygon_folds(polygons, classes, seed=4))


def test_scores_by_hand_each_polygon_counts_once():
    # Class 0: polygon of 10 px all right, polygon of 2 px with one wrong. Class 1: two polygons of 4 px, one all wrong.
    polygons = np.repeat([0, 1, 2, 3], [10, 2, 4, 4])
    classes = np.repeat([0, 0, 1, 1], [10, 2, 4, 4])
    predicted = np.array([0] * 10 + [0, 1] + [1] * 4 + [0] * 4)
    result = cross_validate(predicted[:, None], classes, polygons, 2, fixed(2))
    np.testing.assert_allclose(result.confusion, [[1.5, 0.5], [1.0, 1.0]])
    assert result.accuracy == pytest.approx(2.5 / 4)
    np.testing.assert_allclose(result.precision, [1.5 / 2.5, 1.0 / 1.5])
    np.testing.assert_allclose(result.recall, [0.75, 0.5])
    np.testing.assert_allclose(result.f1, [3 / 4.5, 2 / 3.5])
    assert result.macro_f1 == pytest.approx((3 / 4.5 + 2 / 3.5) / 2)
    low, high = result.macro_f1_interval
    assert 0 <= low < result.macro_f1 < high <= 1
    assert (result.polygons, result.pixels, result.num_folds, result.reason) == ((2, 2), (12, 8), 4, "")
    np.testing.assert_array_equal(result.predictions, predicted)
    assert json.loads(json.dumps(result.to_json(), allow_nan=False))["confusion_polygons"] == [[1.5, 0.5], [1.0, 1.0]]


def test_held_out_polygons_are_never_trained_on():
    classes, polygons = spread([0, 1] * 5, 6)
    seen = []

    def fit(features, fold_classes, fold_polygons):
        seen.append(set(fold_polygons.tolist()))
        np.testing.assert_array_equal(features[:, 0], fold_polygons)
        return Check(seen[-1])

    class Check:
        def __init__(self, training):
            self.training = training

        def probabilities(self, features):
            assert not self.training & set(features[:, 0].astype(int).tolist())
            return np.tile([0.4, 0.6], (len(features), 1))

    result = cross_validate(polygons[:, None].astype(float), classes, polygons, 2, fit)
    assert len(seen) == 5
    assert (result.predictions == 1).all()


def test_a_leak_that_fools_pixel_folds_does_not_pay_here():
    # Features tell the polygon and nothing else; classes are random. Pixel-wise folds would score close to 1.
    rng = np.random.default_rng(0)
    classes, polygons = spread(rng.permutation([0, 1, 2] * 10), 15)
    features = rng.normal(size=(30, 40))[polygons] + rng.normal(0, 0.01, (len(polygons), 40))
    pixels_as_polygons = cross_validate(features, classes, np.arange(len(classes)), 3, linear(3))
    ours = cross_validate(features, classes, polygons, 3, linear(3))
    assert pixels_as_polygons.macro_f1 > 0.95
    assert ours.macro_f1 < 0.6
    assert ours.macro_f1_interval[0] < 1 / 3 + 0.1


def test_class_of_one_polygon_is_not_known_and_the_others_are():
    classes, polygons = spread([0, 0, 1, 1, 2], 4)
    result = cross_validate(classes[:, None], classes, polygons, 3, fixed(3), names=("water", "forest", "road"))
    assert result.macro_f1 is result.accuracy is result.macro_f1_interval is None
    assert result.f1 == (1.0, 1.0, None)
    assert result.reason == "class 'road' has 1 polygon; draw at least 2 of each class (5 are better)"
    assert (result.predictions[classes == 2] == -1).all()
    assert result.confusion[2].sum() == 0


def test_one_polygon_for_each_class_trains_nothing():
    classes, polygons = spread([0, 1], 4)

    def never(features, classes, polygons):
        raise AssertionError

    result = cross_validate(classes[:, None], classes, polygons, 2, never)
    assert result.num_folds == 0
    assert result.f1 == (None, None)
    assert "class 0 has 1 polygon; class 1 has 1 polygon" in result.reason
    json.dumps(result.to_json(), allow_nan=False)


def test_class_without_pixels_is_not_known():
    classes, polygons = spread([0, 0, 1, 1], 4)
    result = cross_validate(classes[:, None], classes, polygons, 3, fixed(3), names=("a", "b", "c"))
    assert result.macro_f1 is None
    assert "class 'c' has no polygon with data" in result.reason


def test_majority_counts_polygons_not_pixels():
    polygons = np.repeat(np.arange(7), [50, 50, 3, 3, 3, 3, 3])
    classes = np.repeat([0, 0, 1, 1, 1, 1, 1], [50, 50, 3, 3, 3, 3, 3])
    result = cross_validate(np.zeros((len(classes), 1)), classes, polygons, 2, fit_majority(2))
    assert (result.predictions == 1).all()
    assert result.accuracy == pytest.approx(5 / 7)
    assert result.macro_f1 == pytest.approx((2 * 5 / (5 + 7)) / 2)


def test_difference_is_paired():
    rng = np.random.default_rng(1)
    classes, polygons = spread([0, 1, 2] * 8, 10)
    right = rng.random(len(classes)) < 0.8
    guess = np.where(right, classes, (classes + 1) % 3)
    result = cross_validate(guess[:, None], classes, polygons, 3, fixed(3))
    gain, (low, high) = macro_f1_difference(result, result)
    assert (gain, low, high) == (0, 0, 0)
    perfect = cross_validate(classes[:, None], classes, polygons, 3, fixed(3))
    gain, (low, high) = macro_f1_difference(perfect, result)
    assert gain == pytest.approx(1 - result.macro_f1)
    assert 0 < low < gain < high
    unknown = cross_validate(classes[:10, None], classes[:10], polygons[:10], 3, fixed(3))
    assert macro_f1_difference(perfect, unknown) is None


def test_interval_of_noiseless_polygons_matches_the_binomial():
    # One class in two wholly right or wrong by polygon: recall of class 0 is binomial(40, 0.7) / 40.
    polygon_classes = [0] * 40 + [1] * 40
    classes, polygons = spread(polygon_classes, 2)
    wrong = (polygons < 40) & (polygons % 10 < 3)
    result = cross_validate(np.where(wrong, 1, classes)[:, None], classes, polygons, 2, fixed(2))
    low, high = result.accuracy_interval
    half = 1.96 * np.sqrt(0.7 * 0.3 / 40) / 2
    assert low == pytest.approx(0.85 - half, abs=0.02)
    assert high == pytest.approx(0.85 + half, abs=0.02)


def test_iou_and_intervals_of_classes():
    classes, polygons = spread([0] * 40 + [1] * 40 + [2] * 3, 2)
    wrong = (polygons < 40) & (polygons % 10 < 3)
    result = cross_validate(np.where(wrong, 1, classes)[:, None], classes, polygons, 3, fixed(3))
    np.testing.assert_allclose(result.iou, [28 / 40, 40 / 52, 1])
    half = 1.96 * np.sqrt(0.7 * 0.3 / 40)
    np.testing.assert_allclose(result.intervals["recall"][0], (0.7 - half, 0.7 + half), atol=0.03)
    low, high = result.intervals["f1"][0]
    np.testing.assert_allclose((low / (2 - low), high / (2 - high)), result.intervals["iou"][0])  # F1 tells IoU
    assert result.intervals["precision"][1][0] < 40 / 52 < result.intervals["precision"][1][1]
    assert [result.intervals[name][2] for name in ("precision", "recall", "f1", "iou")] == [None] * 4  # 3 polygons
    written = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert written["iou_interval_95"][2] is None
    assert written["recall_interval_95"][0] == list(result.intervals["recall"][0])


def test_probabilities_are_those_of_the_model_that_has_not_seen_the_polygon():
    classes, polygons = spread([0, 0, 0, 1, 1, 1, 2], 3)

    def fit(features, fold_classes, fold_polygons):
        class Seen:
            def probabilities(self, asked):
                share = len(np.unique(fold_polygons)) / 10
                return np.tile([share, 1 - share, 0.0], (len(asked), 1))

        return Seen()

    result = cross_validate(np.zeros((len(classes), 1)), classes, polygons, 3, fit)
    held = classes < 2
    trained = [7 - len(np.unique(polygons[result.held_out.folds == fold])) for fold in result.held_out.folds[held]]
    np.testing.assert_allclose(result.probabilities[held][:, 0], np.array(trained) / 10)
    assert np.isnan(result.probabilities[~held]).all()
    assert (result.predictions[~held] == -1).all()


def test_temperature_and_its_errors_come_with_the_scores():
    rng = np.random.default_rng(0)
    classes, polygons = spread([0, 1] * 20, 10)
    guess = np.where(np.repeat(rng.random(40) < 0.7, 10), classes, 1 - classes)

    class Sure:
        def probabilities(self, features):
            return np.where(np.eye(2)[features[:, 0].astype(int)] > 0, 0.99, 0.01)

    result = cross_validate(guess[:, None], classes, polygons, 2, lambda x, y, p: Sure())
    before, after = result.ece
    assert before == pytest.approx(0.99 - result.accuracy, abs=1e-6)
    assert after < 0.1
    assert result.temperature > 2
    few = cross_validate(guess[:60, None], classes[:60], polygons[:60], 2, lambda x, y, p: Sure())
    assert (few.temperature, few.ece) == (1.0, None)


@pytest.mark.parametrize("seed", range(5))
def test_blocks_are_held_out_whole_and_classes_stay_in_training(seed):
    rng = np.random.default_rng(seed)
    classes, polygons = spread(rng.integers(0, 4, 60), 3)
    blocks = rng.integers(0, 9, 60)[polygons]
    blocks[classes == 3] = 2  # a class of one block
    folds = polygon_folds(polygons, classes, seed=seed, groups=blocks)
    assert (folds[classes == 3] == -1).all()
    others = classes != 3
    for block in np.unique(blocks):
        assert len(np.unique(folds[others & (blocks == block)])) <= 1
    assert folds.max() == 4
    for fold in range(5):
        assert set(classes[folds != fold]) == {0, 1, 2, 3}
        assert (folds == fold).any()


def test_polygons_of_one_place_look_alike_and_blocks_tell():
    # Each place has its own look and one class: its polygons know each other, another place does not.
    rng = np.random.default_rng(3)
    place_class = rng.permutation([0, 1] * 6)
    places = np.repeat(np.arange(12), 6)
    classes, polygons = spread(place_class[places], 5)
    look = rng.normal(size=(12, 30))[places] + rng.normal(0, 0.05, (72, 30))
    features = look[polygons] + rng.normal(0, 0.05, (len(polygons), 30))
    alone = cross_validate(features, classes, polygons, 2, linear(2))
    together = cross_validate(features, classes, polygons, 2, linear(2), groups=places[polygons])
    assert alone.macro_f1 > 0.95
    assert together.macro_f1 < 0.75
    assert np.ptp(together.macro_f1_interval) > 0.25  # twelve places are few, however many polygons there are


def test_class_of_one_block_is_not_known():
    classes, polygons = spread([0, 0, 1, 1, 1, 0], 4)
    blocks = np.array([0, 0, 0, 1, 2, 0])[polygons]
    result = cross_validate(classes[:, None], classes, polygons, 2, fixed(2), groups=blocks, names=("a", "b"))
    assert result.f1[0] is None
    assert result.macro_f1 is None
    assert result.reason == (
        "class 'a' has all of its 3 polygons in one block; draw at least 2 of each class (5 are better), far from each "
        "other"
    )
