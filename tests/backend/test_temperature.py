"""Calibration: temperatures that were planted are found, figures are those by hand, and no fold judges itself."""

import numpy as np
import pytest
from mmearth.classifiers.temperature import (
    apply_temperature,
    calibrate_held_out,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def drawn(n, temperature, seed=0, num_classes=3):
    """Returns probabilities that are too sure by a temperature, and classes drawn from the true ones."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, num_classes))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    told = np.exp(logits * temperature)
    classes = (rng.random(n)[:, None] > true.cumsum(axis=1)).sum(axis=1)
    return told / told.sum(axis=1, keepdims=True), classes, true


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_planted_temperature_is_found(temperature):
    told, classes, true = drawn(20_000, temperature)
    found = fit_temperature(told, classes, np.ones(len(classes)))
    assert found == pytest.approx(temperature, rel=0.05)
    np.testing.assert_allclose(apply_temperature(told, temperature, axis=1), true, atol=1e-9)


def test_few_samples_that_are_all_right_do_not_make_probabilities_certain():
    told = np.tile([0.7, 0.3], (12, 1))
    classes = np.zeros(12, int)
    few = fit_temperature(told, classes, np.full(12, 0.5))
    many = fit_temperature(told, classes, np.full(12, 500.0))
    assert 0.3 < few < 1
    assert many < few
    assert apply_temperature(told, few, axis=1)[0, 0] < 0.99


def test_axis_zeros_and_order():
    told = np.array([[0.6, 0.0], [0.4, 1.0], [0.0, 0.0]], np.float32)
    soft = apply_temperature(told, 2.0, axis=0)
    np.testing.assert_allclose(soft[:, 0], [0.6**0.5 / (0.6**0.5 + 0.4**0.5), 0.4**0.5 / (0.6**0.5 + 0.4**0.5), 0.0])
    np.testing.assert_array_equal(soft[:, 1], [0, 1, 0])
    assert soft.dtype == np.float32
    np.testing.assert_allclose(apply_temperature(told.T, 2.0, axis=1), soft.T)
    assert told[0, 0] == np.float32(0.6)  # what was given stays as it is


def test_error_by_hand():
    told = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.35, 0.65]])
    classes, weights = np.array([0, 1, 0, 1]), np.array([1.0, 1.0, 1.0, 3.0])
    bins = reliability(told, classes, weights)
    np.testing.assert_allclose(bins.confidence, [0.65, 0.95])
    np.testing.assert_allclose(bins.accuracy, [1.0, 0.5])
    np.testing.assert_allclose(bins.share, [4 / 6, 2 / 6])
    wanted = 4 / 6 * 0.35 + 2 / 6 * 0.45
    assert expected_calibration_error(told, classes, weights) == pytest.approx(wanted)
    certain = reliability(np.array([[1.0, 0.0]]), np.array([0]), np.ones(1))
    assert (certain.confidence.tolist(), certain.error) == ([1.0], 0.0)


def test_the_error_after_is_not_that_of_the_fit():
    # Fold 0 is far too sure, fold 1 far too unsure: a temperature fitted to both helps little, one fitted to the other
    # fold alone makes each of them worse. Judged on its own fit the error would be smaller.
    sure, sure_classes, _ = drawn(400, 4.0, seed=1)
    unsure, unsure_classes, _ = drawn(400, 0.25, seed=2)
    told, classes = np.concatenate([sure, unsure]), np.concatenate([sure_classes, unsure_classes])
    polygons, folds = np.repeat(np.arange(80), 10), np.repeat([0, 1], 400)
    fit = calibrate_held_out(told, classes, polygons, folds)
    joint = apply_temperature(told, fit.temperature, axis=1)
    assert fit.after.error > fit.before.error + 0.05
    assert fit.after.error > expected_calibration_error(joint, classes, np.ones(len(classes))) + 0.05


def test_calibration_helps_and_polygons_weigh_the_same():
    told, classes, _ = drawn(3000, 4.0)
    polygons = np.repeat(np.arange(300), 10)
    fit = calibrate_held_out(told, classes, polygons, polygons % 5)
    assert fit.temperature == pytest.approx(4.0, rel=0.15)
    assert fit.before.error > 0.15
    assert fit.after.error < 0.05
    # Every pixel of every second polygon three times over: the same polygons, so the same fit.
    often = np.repeat(np.arange(3000), np.where(polygons % 2, 3, 1))
    again = calibrate_held_out(told[often], classes[often], polygons[often], (polygons % 5)[often])
    assert again.temperature == pytest.approx(fit.temperature, rel=1e-3)
    assert again.after.error == pytest.approx(fit.after.error, abs=1e-9)


def test_too_few_polygons_are_not_calibrated():
    told, classes, _ = drawn(60, 3.0)
    polygons = np.repeat(np.arange(6), 10)
    fit = calibrate_held_out(told, classes, polygons, polygons % 2)
    assert (fit.temperature, fit.before, fit.after) == (1.0, None, None)
    assert fit.reason == "6 polygons could be held out; at least 8 are wanted"
