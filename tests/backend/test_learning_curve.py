"""The learning curve: held-out polygons stay, training ones are thinned, extrapolations hold or are refused."""

import json

import numpy as np
import pytest
from mmearth.models.heads import fit_linear_head
from mmearth.validation.learning_curve import LearningCurve, doubled, learning_curve


def blobs(polygons_per_class, spread, seed=0, num_classes=3, pixels=6):
    """Classes whose polygons scatter around a centre."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(num_classes, 8))
    polygons = np.repeat(np.arange(num_classes * polygons_per_class), pixels)
    classes = polygons % num_classes
    own = rng.normal(0, spread, (num_classes * polygons_per_class, 8))
    return centres[classes] + own[polygons] + rng.normal(0, 0.2, (len(polygons), 8)), classes, polygons


def linear(num_classes=3):
    return lambda x, y, p: fit_linear_head(x, y, p, num_classes, 1.0)


def test_trained_on_shares_of_each_class_and_never_on_what_is_held_out():
    features, classes, polygons = blobs(12, 1.0)
    trainings = []

    class Always0:
        def probabilities(self, asked):
            seen = set(trainings[-1][1].tolist())
            assert not seen & set(asked[:, 0].astype(int).tolist())
            return np.tile([1.0, 0, 0], (len(asked), 1))

    def fit(x, y, p):
        trainings.append((y, p))
        return Always0()

    told = []
    curve = learning_curve(polygons[:, None], classes, polygons, 3, fit, check=lambda *done: told.append(done))
    assert curve.fits == len(trainings) == len(told) == 30
    assert told[0] == (0, 30)
    per_class = [sorted(len(np.unique(p[y == c])) for c in range(3)) for y, p in trainings]
    assert per_class == [[2] * 3] * 9 + [[4] * 3] * 9 + [[6] * 3] * 9 + [[8] * 3] * 3
    assert len({tuple(np.unique(p)) for _, p in trainings}) > 20  # draws differ
    assert curve.sizes == (2, 4, 6, 8)
    assert [len(row) for row in curve.scores] == [3, 3, 3, 1]
    assert curve.available == 12
    np.testing.assert_allclose(curve.means, 0.5 / 3)


def test_scores_rise_and_the_gain_is_about_what_twice_the_polygons_give():
    curve = learning_curve(*blobs(16, 1.0, seed=4, pixels=3), 3, linear())
    assert curve.means[0] < curve.means[-1]
    assert curve.gain_interval[0] < curve.gain < curve.gain_interval[1]
    assert 0 < curve.gain < 0.2
    document = json.loads(json.dumps(curve.to_json(), allow_nan=False))
    assert document["sentence"] == curve.sentence()
    assert "about 32 of each class instead of 16" in curve.sentence()


def test_both_laws_lie_in_the_interval_of_a_curve_without_noise():
    sizes = [2.0, 4.0, 6.0, 8.0]
    for exponent in (0.5, 1.0):
        scores = [[0.9 - 0.6 * n**-exponent] * 3 for n in sizes]
        gain, (low, high), reason = doubled(sizes, scores, 12.0, 0)
        wanted = 0.6 * (12**-exponent - 24**-exponent)
        assert low < wanted < high
        assert gain == pytest.approx(wanted, abs=0.02)
        assert high - low < 0.08
        assert reason == ""
    gain, (low, high), _ = doubled(sizes, [[0.7] * 3] * 4, 12.0, 0)
    assert (gain, low, high) == pytest.approx((0, 0, 0))


def test_noise_and_short_curves_are_refused():
    rng = np.random.default_rng(0)
    gain, interval, reason = doubled([1.0, 2.0, 3.0, 4.0], rng.uniform(0.2, 0.9, (4, 3)).tolist(), 4.0, 0)
    assert gain is interval is None
    assert reason.startswith("the curve is too noisy (twice the polygons might bring")
    assert doubled([1.0, 2.0], [[0.5], [0.6]], 4.0, 0)[2] == "the curve has 2 points; at least 4 are wanted"


def test_too_few_polygons_or_blocks_give_a_reason_and_no_number():
    features, classes, polygons = blobs(3, 1.0)

    def never(x, y, p):
        raise AssertionError

    curve = learning_curve(features, classes, polygons, 3, never)
    assert (curve.scores, curve.gain, curve.fits) == ((), None, 0)
    assert curve.sentence() == (
        "What more polygons would bring cannot be told: it takes at least 4 polygons of each class, 3 found."
    )
    features, classes, polygons = blobs(8, 1.0)
    curve = learning_curve(features, classes, polygons, 3, never, groups=polygons % 2)
    assert "too few blocks" in curve.reason


@pytest.mark.parametrize(
    ("gain", "interval", "wanted"),
    [
        (0.04, (0.02, 0.06), "would probably raise macro-F1 (+0.04, between +0.02 and +0.06)"),
        (0.02, (-0.01, 0.04), "may raise macro-F1 a little or not at all"),
        (0.0, (-0.01, 0.005), "would hardly change macro-F1"),
    ],
)
def test_sentences_promise_no_more_than_the_interval(gain, interval, wanted):
    curve = LearningCurve((1.0, 2.0, 3.0), ((0.5,), (0.6,), (0.7,)), 4.0, gain, interval, 30, "")
    assert wanted in curve.sentence()
