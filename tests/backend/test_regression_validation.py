"""Validation of a regression: polygons are the samples, figures are those by hand, the interval is judged unseen."""

import json

import numpy as np
import pytest
from mmearth.validation.regression_validation import validate_regression


class Told:
    """Estimates the first feature; its interval covers 90 % of the absolute errors that it is shown, by polygon."""

    def __init__(self, half=0.1):
        self.half = half

    def estimates(self, features):
        value = features[:, 0]
        return np.stack([value, value - self.half, value + self.half], axis=1)

    def calibrated(self, targets, estimates, polygons):
        return Told(float(np.quantile(np.abs(estimates[:, 0] - targets), 0.9)))


def told(features, targets, polygons):
    return Told()


def noisy(num_polygons, error, pixels=4, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 30, num_polygons)
    polygons = np.repeat(np.arange(num_polygons), pixels)
    estimates = values + rng.normal(0, error, num_polygons)
    return estimates[polygons], values[polygons], polygons


def test_figures_by_hand_each_polygon_counts_once():
    polygons = np.repeat(np.arange(5), [1, 2, 3, 4, 2])
    values = np.array([1.0, 2.0, 3.0, 4.0, 10.0])
    errors = np.array([1.0, -1.0, 0.0, 2.0, -2.0])
    within = np.array([0, 1, -1, 2, 0, -2, 1, 1, -1, -1, 3, -3])  # pixels scatter, means of polygons do not
    estimates = (values + errors)[polygons] + within
    result = validate_regression(estimates[:, None], values[polygons], polygons, told, num_folds=5)
    assert result.rmse == pytest.approx(np.sqrt((errors**2).mean()))
    assert result.mae == pytest.approx(1.2)
    assert result.bias == pytest.approx(0.0)
    assert result.r2 == pytest.approx(1 - (errors**2).sum() / ((values - 4) ** 2).sum())
    left_out = (values.sum() - values) / 4
    assert result.mean_rmse == pytest.approx(np.sqrt(((left_out - values) ** 2).mean()))
    assert result.mean_mae == pytest.approx(np.abs(left_out - values).mean())
    np.testing.assert_allclose(result.polygon_estimates[:, 0], values + errors)
    assert (result.polygons, result.pixels, result.num_folds, result.reason) == (5, 12, 5, "")
    json.dumps(result.to_json(), allow_nan=False)


def test_held_out_polygons_are_never_trained_on_nor_calibrated_on():
    estimates, targets, polygons = noisy(12, 1.0)
    features = np.stack([estimates, polygons], axis=1)

    class Check(Told):
        def __init__(self, half, seen):
            super().__init__(half)
            self.seen = seen

        def estimates(self, features):
            assert not self.seen & set(features[:, 1].astype(int).tolist())
            return super().estimates(features)

        def calibrated(self, targets, estimates, polygons):
            assert set(polygons.tolist()) == self.seen  # those that it was trained on, with held-out estimates
            assert np.isfinite(estimates).all()
            return Check(super().calibrated(targets, estimates, polygons).half, self.seen)

    result = validate_regression(features, targets, polygons, lambda x, y, p: Check(0.1, set(p.tolist())))
    assert result.num_folds == 5
    np.testing.assert_allclose(result.estimates[:, 0], estimates)
    np.testing.assert_allclose(result.estimates[:, 2] - result.estimates[:, 0], 0.1)


def test_coverage_is_near_what_was_asked_for():
    estimates, targets, polygons = noisy(400, 3.0)
    result = validate_regression(estimates[:, None], targets, polygons, told)
    assert result.coverage == pytest.approx(0.9, abs=0.03)
    low, high = result.intervals["coverage"]
    assert low < result.coverage < high < 1
    assert result.r2 == pytest.approx(1 - 9 / 75, abs=0.03)
    assert np.ptp(result.intervals["bias"]) == pytest.approx(2 * 1.96 * 3 / 20, rel=0.15)


def test_a_planted_leak_does_not_pay():
    # Features tell the place and nothing else; values are those of the place.
    rng = np.random.default_rng(0)
    place = np.repeat(np.arange(10), 5)
    polygons = np.repeat(np.arange(50), 4)
    values = rng.uniform(0, 30, 10)[place]
    features = rng.normal(size=(10, 30))[place][polygons]

    class Nearest(Told):
        def __init__(self, features, targets):
            self.x, self.y = features, targets

        def estimates(self, features):
            nearest = ((features[:, None] - self.x) ** 2).sum(axis=2).argmin(axis=1)
            return np.repeat(self.y[nearest][:, None], 3, axis=1)

        def calibrated(self, targets, estimates, polygons):
            return self

    def fit(x, y, p):
        return Nearest(x, y)

    alone = validate_regression(features, values[polygons], polygons, fit)
    together = validate_regression(features, values[polygons], polygons, fit, groups=place[polygons])
    assert alone.r2 > 0.95
    assert together.r2 < 0.2
    assert np.ptp(together.intervals["rmse"]) > 1  # ten places are few


def test_too_few_or_equal_values_give_a_reason_and_no_number():
    def never(features, targets, polygons):
        raise AssertionError

    estimates, targets, polygons = noisy(4, 1.0)
    result = validate_regression(estimates[:, None], targets, polygons, never)
    assert result.reason == "there are 4 polygons; draw at least 5 (30 are better)"
    assert result.r2 is result.rmse is result.mean_rmse is result.intervals["r2"] is None
    assert result.num_folds == 0
    json.dumps(result.to_json(), allow_nan=False)
    estimates, targets, polygons = noisy(20, 1.0)
    result = validate_regression(estimates[:, None], targets, polygons, never, groups=polygons % 3)
    assert "3 blocks of neighbouring polygons" in result.reason
    result = validate_regression(estimates[:, None], np.full(80, 7.0), polygons, never)
    assert result.reason == "all polygons have the same value, 7; draw some with other values"


def test_an_interval_that_is_not_known_is_not_taken_for_a_bad_one():
    class Unsure(Told):
        def calibrated(self, targets, estimates, polygons):
            return Unsure(float("nan"))

    estimates, targets, polygons = noisy(8, 1.0)
    result = validate_regression(estimates[:, None], targets, polygons, lambda x, y, p: Unsure())
    assert result.coverage is result.intervals["coverage"] is None
    assert result.r2 > 0.9
    assert np.isfinite(result.polygon_estimates[:, 0]).all()
    json.dumps(result.to_json(), allow_nan=False)
