"""Regression: both estimators against scikit-learn, and an interval whose coverage is counted on new polygons."""

import numpy as np
import pytest
from mmearth.classifiers.regressors import (
    LEAST_POLYGONS,
    REGRESSOR_CLASSES,
    ForestRegressor,
    RidgeRegressor,
    fit_regressor,
    interval_width,
    polygon_weights,
)
from mmearth.errors import InputError
from mmearth.models.heads import Pooled
from safetensors.numpy import load, save
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge


def heights(polygons=20, pixels=6, width=5, seed=0, noise=0.3):
    """Numbers that follow the features, with a deviation of every polygon and one of every pixel."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(polygons), pixels)
    x = (rng.normal(0, 0.4, (polygons, width))[owner] + rng.normal(0, 0.2, (len(owner), width))) / np.sqrt(width) * 2
    own = rng.normal(0, noise, polygons)[owner] + rng.normal(0, noise / 2, len(owner))
    return x, 10 + 4 * x[:, 0] + 2 * np.abs(x[:, 1]) + own, owner


@pytest.fixture
def few_trees(monkeypatch):
    """Where the number of trees does not matter."""
    monkeypatch.setattr("mmearth.classifiers.regressors.TREES", 20)


def out_of_fold(name, x, y, owner):
    found = np.full((len(y), 3), np.nan)
    for fold in range(5):
        test = owner % 5 == fold
        found[test] = fit_regressor(name, x[~test], y[~test], owner[~test]).estimates(x[test])
    return found


def test_weights_make_polygons_equal():
    np.testing.assert_allclose(polygon_weights(np.array([4, 4, 4, 9])), [1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize("width", [5, 200])  # fewer and more columns than pixels
def test_ridge_equals_scikit_learn(width):
    x, y, owner = heights(width=width)
    owner[owner == 3] = 2
    weights = polygon_weights(owner)
    reference = Ridge(alpha=0.01).fit(x, y, sample_weight=weights)
    for name in ("recipe", "ridge"):
        regressor = fit_regressor(name, x, y, owner)
        assert isinstance(regressor, RidgeRegressor)
        np.testing.assert_allclose(regressor.estimates(x)[:, 0], reference.predict(x), rtol=1e-5)


def test_ridge_pools():
    x, y, owner = heights()
    regressor = RidgeRegressor(np.array([[1.0, 2.0]], np.float32), np.array([3.0], np.float32), 0.5)
    assert isinstance(regressor, Pooled)
    weight, bias = regressor.linear()
    image = (weight @ np.array([[1.0, 0.0], [0.0, -1.0]]) + bias[:, None]).reshape(1, 1, 2)
    np.testing.assert_allclose(regressor.combine(image), [[[4, 1]], [[3.5, 0.5]], [[4.5, 1.5]]])
    assert not isinstance(fit_regressor("forest", x, y, owner), Pooled)


def test_forest_equals_scikit_learn():
    x, y, owner = heights()
    owner[owner == 3] = 2
    regressor = fit_regressor("forest", x, y, owner, seed=5)
    assert isinstance(regressor, ForestRegressor)
    reference = RandomForestRegressor(100, max_features="sqrt", min_samples_leaf=3, max_samples=len(y), random_state=5)
    weights = polygon_weights(owner)
    reference.fit(x.astype(np.float32), y, sample_weight=weights * len(y))
    each = np.stack([tree.predict(x.astype(np.float32)) for tree in reference.estimators_])
    found = regressor.estimates(x)
    np.testing.assert_allclose(found[:, 0], reference.predict(x), rtol=1e-5)
    floor = 0.1 * np.sqrt(np.average(np.square(y - np.average(y, weights=weights)), weights=weights))
    half = np.sqrt(each.var(axis=0) + floor**2)
    np.testing.assert_allclose(found[:, 2] - found[:, 0], half, rtol=1e-3)
    np.testing.assert_allclose(found[:, 0] - found[:, 1], half, rtol=1e-3)


@pytest.mark.parametrize("name", ["recipe", "ridge", "forest"])
def test_deterministic_and_survives_a_file(name, few_trees):
    x, y, owner = heights()
    first, second = (fit_regressor(name, x, y, owner, seed=2) for _ in range(2))
    np.testing.assert_array_equal(first.estimates(x), second.estimates(x))
    known = first.calibrated(y, out_of_fold(name, x, y, owner), owner)
    again = REGRESSOR_CLASSES[name].from_tensors(load(save(known.to_tensors())))
    np.testing.assert_array_equal(again.estimates(x), known.estimates(x))
    with pytest.raises(KeyError):
        REGRESSOR_CLASSES[name].from_tensors({})


def test_width_by_hand():
    # Nine polygons of one pixel: 9 / 10 of all is the largest residual; with 19, the 18th of them.
    assert interval_width(np.arange(9.0), np.arange(9)) == 8
    assert interval_width(np.arange(19.0), np.arange(19)) == 17
    # A polygon of 100 pixels far off counts once: 18 of 19 others lie below, and 18 of 20 are 90 %.
    scores = np.concatenate([np.arange(18.0), np.full(100, 50.0)])
    assert interval_width(scores, np.concatenate([np.arange(18), np.full(100, 18)])) == 17
    gone = np.concatenate([np.full(5, np.nan), np.arange(9.0)])
    assert interval_width(gone, np.arange(14)) == 8


@pytest.mark.parametrize("name", ["ridge", "forest"])
def test_with_few_polygons_the_interval_is_not_known(name, few_trees):
    x, y, owner = heights(LEAST_POLYGONS - 1)
    regressor = fit_regressor(name, x, y, owner).calibrated(y, out_of_fold(name, x, y, owner), owner)
    found = regressor.estimates(x)
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1:]).all()
    x, y, owner = heights(LEAST_POLYGONS)
    regressor = fit_regressor(name, x, y, owner).calibrated(y, out_of_fold(name, x, y, owner), owner)
    assert np.isfinite(regressor.estimates(x)).all()


@pytest.mark.parametrize("name", ["ridge", "forest"])
def test_nine_of_ten_new_pixels_lie_inside(name, few_trees):
    inside, width = [], []
    for seed in range(8 if name == "ridge" else 2):
        x, y, owner = heights(120, seed=seed)
        train = owner < 30
        regressor = fit_regressor(name, x[train], y[train], owner[train])
        regressor = regressor.calibrated(y[train], out_of_fold(name, x[train], y[train], owner[train]), owner[train])
        value, low, high = regressor.estimates(x[~train]).T
        inside.append(((y[~train] >= low) & (y[~train] <= high)).mean())
        width.append((high - low).mean())
    assert 0.85 < np.mean(inside) < 0.98
    assert np.mean(width) < 3 * y.std()  # an interval that holds everything would be no answer


def test_forest_intervals_are_wider_where_trees_differ(few_trees):
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(40), 5)
    x = rng.uniform(-1, 1, (40, 3))[owner]
    noisy = x[:, 0] > 0
    y = 3 * x[:, 1] + np.where(noisy, rng.normal(0, 4, 40)[owner], 0)
    regressor = fit_regressor("forest", x, y, owner)
    regressor = regressor.calibrated(y, out_of_fold("forest", x, y, owner), owner)
    new = rng.uniform(-1, 1, (500, 3))
    _, low, high = regressor.estimates(new).T
    assert (high - low)[new[:, 0] > 0.2].mean() > 1.3 * (high - low)[new[:, 0] < -0.2].mean()


def test_refusals():
    x, y, owner = heights()
    with pytest.raises(InputError, match="'mlp' tells classes apart"):
        fit_regressor("mlp", x, y, owner)
    with pytest.raises(InputError, match="All labels are 4; a regression needs different numbers"):
        fit_regressor("ridge", x, 0 * y + 4, owner)
    y[7] = np.nan
    with pytest.raises(InputError, match="no number at 1 of 120"):
        fit_regressor("ridge", x, y, owner)
    x[7] = np.nan
    with pytest.raises(InputError, match="not finite at 1 of 120"):
        fit_regressor("ridge", x, np.nan_to_num(y), owner)
