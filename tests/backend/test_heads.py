"""The linear head: against scikit-learn, its weights, its folded form and its corners."""

import numpy as np
import pytest
from mmearth.errors import InputError
from mmearth.models.heads import LinearHead, balanced_weights, fit_linear_head
from safetensors.numpy import load, save
from sklearn.linear_model import LogisticRegression


def blobs(num_classes, seed=0, polygons_per_class=3, pixels=20, width=5):
    rng = np.random.default_rng(seed)
    polygons = np.repeat(np.arange(num_classes * polygons_per_class), pixels)
    classes = polygons % num_classes
    features = rng.normal(size=(len(classes), width)) + 2 * np.eye(max(num_classes, width))[classes][:, :width]
    return features * [1, 10, 100, 1, 1] + [0, 5, -300, 0, 0], classes, polygons


def test_weights_make_classes_polygons_and_pixels_equal():
    classes = np.array([0, 0, 0, 0, 1, 1])
    polygons = np.array([7, 7, 7, 9, 4, 4])
    # Class 0: polygon 7 (3 px) and 9 (1 px) get 3/2 each; class 1: one polygon gets 3; sum is 6 pixels.
    np.testing.assert_allclose(balanced_weights(classes, polygons), [0.5, 0.5, 0.5, 1.5, 1.5, 1.5])


@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_probabilities_equal_scikit_learn(num_classes):
    features, classes, polygons = blobs(num_classes)
    head = fit_linear_head(features, classes, polygons, num_classes, c=0.1)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    reference = LogisticRegression(C=0.1, max_iter=2000).fit(scaled, classes)  # equal polygons: weights are all 1
    np.testing.assert_allclose(head.probabilities(features), reference.predict_proba(scaled), atol=1e-4)
    assert head.weight.shape == (num_classes, 5)
    assert head.weight.dtype == np.float32


def test_a_large_polygon_does_not_rule():
    rng = np.random.default_rng(0)
    # Class 0 has a huge polygon at -1 and a small one at +1, class 1 lies at +3: half of class 0 is at +1 by weight.
    x = np.concatenate([np.full(2000, -1.0), np.full(10, 1.0), np.full(10, 3.0)])[:, None]
    x += rng.normal(0, 0.1, x.shape)
    classes = np.repeat([0, 0, 1], [2000, 10, 10])
    polygons = np.repeat([0, 1, 2], [2000, 10, 10])
    head = fit_linear_head(x, classes, polygons, 2, c=1.0)
    assert head.probabilities(np.array([[1.0], [3.0]])).argmax(axis=1).tolist() == [0, 1]


@pytest.mark.parametrize("num_classes", [2, 4])
def test_folded_form_acts_on_raw_features(num_classes):
    features, classes, polygons = blobs(num_classes)
    head = fit_linear_head(features, classes, polygons, num_classes)
    weight, bias = head.folded()
    logits = features @ weight.T.astype(float) + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.probabilities(features), expected, atol=1e-5)


def test_given_standardisation_is_used_and_constant_features_do_no_harm():
    features, classes, polygons = blobs(3)
    features[:, 4] = 7.0
    mean, std = np.arange(5.0), np.array([1.0, 2.0, 3.0, 4.0, 0.0])
    head = fit_linear_head(features, classes, polygons, 3, standardise=(mean, std))
    np.testing.assert_array_equal(head.mean, mean)
    np.testing.assert_array_equal(head.std, [1, 2, 3, 4, 1])
    own = fit_linear_head(features, classes, polygons, 3)
    assert own.std[4] == 1
    assert np.isfinite(own.probabilities(features)).all()


def test_absent_class_is_never_predicted():
    features, classes, polygons = blobs(2)
    head = fit_linear_head(features, classes * 2, polygons, 3)
    probabilities = head.probabilities(features)
    assert probabilities.shape == (len(features), 3)
    assert (probabilities[:, 1] == 0).all()
    assert (head.probabilities(features * 50)[:, 1] == 0).all()
    assert (probabilities.argmax(axis=1) == classes * 2).mean() > 0.8


def test_refusals():
    features, classes, polygons = blobs(2)
    with pytest.raises(InputError, match="belong to 1 class; a classifier needs at least 2"):
        fit_linear_head(features, classes * 0, polygons, 2)
    features[3, 1] = np.nan
    with pytest.raises(InputError, match="not finite at 1 of 120"):
        fit_linear_head(features, classes, polygons, 2)


def test_deterministic_and_survives_safetensors():
    features, classes, polygons = blobs(3)
    first = fit_linear_head(features, classes, polygons, 3)
    second = fit_linear_head(features, classes, polygons, 3)
    np.testing.assert_array_equal(first.weight, second.weight)
    again = LinearHead.from_tensors(load(save(first.to_tensors())))
    np.testing.assert_array_equal(first.probabilities(features), again.probabilities(features))
    with pytest.raises(KeyError):
        LinearHead.from_tensors({"head.weight": first.weight})
