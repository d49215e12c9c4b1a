"""The default classifier: each step against an independent computation."""

import numpy as np
import pytest
from mmearth.classifiers.recipe_heads import (
    RIDGE,
    SHRINKAGE,
    RecipeHead,
    damped_prior,
    fit_lda,
    fit_logistic,
    fit_recipe,
    scale_to_confidence,
    surest,
)
from mmearth.errors import InputError
from mmearth.models.heads import balanced_weights
from safetensors.numpy import load, save
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


def blobs(num_classes=3, polygons_per_class=4, pixels=12, width=8, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    polygons = np.repeat(np.arange(num_classes * polygons_per_class), pixels)
    classes = polygons % num_classes
    features = rng.normal(0, spread, (len(classes), width)) + 1.5 * np.eye(num_classes, width)[classes]
    unlabelled_classes = rng.integers(num_classes, size=500)
    unlabelled = rng.normal(0, spread, (500, width)) + 1.5 * np.eye(num_classes, width)[unlabelled_classes]
    return features, classes, polygons, unlabelled, unlabelled_classes


def weights_of(classes, polygons):
    return balanced_weights(classes, polygons) / len(classes)


def test_weights_sum_to_1_with_classes_and_polygons_equal():
    classes, polygons = np.array([0, 0, 0, 0, 1, 1]), np.array([7, 7, 7, 9, 4, 4])
    weights = weights_of(classes, polygons)
    assert weights.sum() == pytest.approx(1)
    assert weights[classes == 0].sum() == pytest.approx(0.5)
    assert weights[polygons == 7].sum() == pytest.approx(weights[polygons == 9].sum())


def test_lda_equals_scikit_learn_at_the_same_shrinkage():
    x, classes, polygons, others, _ = blobs()  # equal classes and polygons: all weights are 1/n
    # scikit-learn shrinks (1 - s)·S_w + s·tr(S_w)/d·I, with S_w of features of unit deviation inside classes.
    means = np.stack([x[classes == c].mean(axis=0) for c in range(3)])
    x = x / np.sqrt(np.square(x - means[classes]).mean(axis=0))
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE).fit(x, classes)
    weight, bias = fit_lda(x, classes, weights_of(classes, polygons), 3, x.shape[1])
    np.testing.assert_allclose(softmax(x @ weight.T + bias, axis=1), reference.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose([weight.sum(), bias.sum()], 0, atol=1e-10)


def test_lda_with_more_features_than_pixels_solves_the_same_equations():
    x, classes, polygons, *_ = blobs(polygons_per_class=2, pixels=3, width=60)
    polygons = np.minimum(polygons, 4)  # unequal weights
    weights = weights_of(classes, polygons)
    weight, bias = fit_lda(x, classes, weights, 3, x.shape[1])
    means = np.stack([np.average(x[classes == c], axis=0, weights=weights[classes == c]) for c in range(3)])
    inside = (weights[:, None] * (x - means[classes])).T @ (x - means[classes])
    shrunk = (1 - SHRINKAGE) * inside + (SHRINKAGE * np.trace(inside) / 60 + RIDGE) * np.eye(60)
    wanted = np.linalg.inv(shrunk) @ means.T
    np.testing.assert_allclose(weight, (wanted - wanted.mean(axis=1, keepdims=True)).T, rtol=1e-6, atol=1e-8)
    wanted_bias = -0.5 * np.einsum("dk,kd->k", wanted, means)
    np.testing.assert_allclose(bias, wanted_bias - wanted_bias.mean(), rtol=1e-6)


@pytest.mark.parametrize("width", [6, 90])  # fewer features than pixels, and more: solved in row space
def test_logistic_regression_minimises_the_stated_loss(width):
    x, classes, polygons, *_ = blobs(polygons_per_class=2, pixels=8, width=width)
    polygons = np.where(polygons == 5, 2, polygons)
    weights = weights_of(classes, polygons)
    weight, bias = fit_logistic(x, classes, weights, 3)

    def loss(parameters):
        w, b = parameters[:-3].reshape(3, width), parameters[-3:]
        logits = x @ w.T + b
        losses = logsumexp(logits, axis=1) - logits[np.arange(len(x)), classes]
        return weights @ losses + np.square(w).sum() / (2 * len(x))

    best = minimize(loss, np.zeros(3 * width + 3), method="L-BFGS-B", options={"maxfun": 10**6, "ftol": 1e-14})
    assert loss(np.concatenate([weight.ravel(), bias])) == pytest.approx(best.fun, rel=1e-4)


def test_scale_reaches_the_confidence():
    logits = np.random.default_rng(0).normal(size=(1000, 4)) * 1e-2
    factor = scale_to_confidence(logits)
    assert softmax(factor * logits, axis=1).max(axis=1).mean() == pytest.approx(0.85, abs=1e-4)
    assert np.isfinite(scale_to_confidence(np.zeros((5, 2))))


def test_the_surest_fifth_of_each_class_teaches():
    confidence = np.linspace(0.6, 0.99, 100)
    probabilities = np.stack([1 - confidence, confidence], axis=1)
    probabilities[:10] = probabilities[:10, ::-1]  # ten pixels of class 0: a fifth is 2, at least 5 are taken
    pixels, classes = surest(probabilities)
    assert sorted(pixels[classes == 1]) == list(range(82, 100))
    assert sorted(pixels[classes == 0]) == list(range(5, 10))
    assert len(surest(np.tile([0.9, 0.1], (2000, 1)))[0]) == 150


def test_prior_step_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    shares = np.array([0.5, 0.5])
    for _ in range(30):
        a = [p[0] * shares[0] / (p[0] * shares[0] + p[1] * shares[1]) for p in probabilities]
        first = (sum(a) / 3 + 2 * 0.5) / 3
        shares = np.array([first, 1 - first])
    np.testing.assert_allclose(damped_prior(probabilities, 2.0), shares, rtol=1e-12)
    assert damped_prior(probabilities, 1e9) == pytest.approx([0.5, 0.5])
    assert damped_prior(probabilities, 0)[0] > damped_prior(probabilities, 2.0)[0] > 0.5


def test_probabilities_are_the_prior_times_the_mean_of_both_heads():
    rng = np.random.default_rng(0)
    head = RecipeHead(rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3)), np.array([0.2, 0.3, 0.5]))
    x = rng.normal(size=(7, 4))
    mean = (
        softmax(x @ head.weight[0].T + head.bias[0], axis=1) + softmax(x @ head.weight[1].T + head.bias[1], axis=1)
    ) / 2
    wanted = mean * head.prior / (mean * head.prior).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.probabilities(x), wanted, rtol=1e-6)
    weight, bias = head.linear()
    image = (weight @ x.T + bias[:, None]).reshape(6, 7, 1)
    np.testing.assert_allclose(head.combine(image)[..., 0].T, wanted, rtol=1e-6)


def test_the_whole_classifier_finds_the_classes_and_their_shares():
    x, classes, polygons, unlabelled, _ = blobs(spread=0.4)
    rng = np.random.default_rng(5)
    truth = rng.choice(3, 2000, p=[0.8, 0.15, 0.05])
    scene = rng.normal(0, 0.4, (2000, 8)) + 1.5 * np.eye(3, 8)[truth]
    head = fit_recipe(x, classes, polygons, scene, 3)
    assert (head.probabilities(scene).argmax(axis=1) == truth).mean() > 0.97
    assert head.prior.sum() == pytest.approx(1)
    assert head.prior[0] > head.prior[1] > head.prior[2]
    even = fit_recipe(x, classes, polygons, unlabelled, 3)
    np.testing.assert_allclose(even.prior, 1 / 3, atol=0.03)


@pytest.mark.parametrize("pixels_per_polygon", [1, 10])
def test_components_of_more_features_are_as_features_that_are_zero(pixels_per_polygon):
    x, classes, polygons, unlabelled, _ = blobs(spread=0.6)
    kept = np.concatenate([np.flatnonzero(polygons == p)[:pixels_per_polygon] for p in np.unique(polygons)])
    few = x[kept], classes[kept], polygons[kept]
    padded = [np.pad(values, ((0, 0), (0, 60))) for values in (few[0], unlabelled)]
    wanted = fit_recipe(padded[0], *few[1:], padded[1], 3)
    found = fit_recipe(*few, unlabelled, 3, num_features=x.shape[1] + 60)
    np.testing.assert_allclose(found.weight, wanted.weight[..., : x.shape[1]], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.probabilities(unlabelled), wanted.probabilities(padded[1]), atol=1e-4)
    other = fit_recipe(*few, unlabelled, 3)
    assert np.abs(other.probabilities(unlabelled) - wanted.probabilities(padded[1])).max() > 1e-3


def test_few_polygons_keep_the_prior_near_equal():
    x, classes, polygons, *_ = blobs(spread=0.4)
    scene = np.random.default_rng(1).normal(0, 0.4, (2000, 8)) + 1.5 * np.eye(3, 8)[0]
    many = fit_recipe(x, classes, polygons, scene, 3).prior
    one = polygons < 3
    few = fit_recipe(x[one], classes[one], polygons[one], scene, 3).prior
    assert many[0] > few[0] > 1 / 3


def test_absent_class_is_never_predicted():
    x, classes, polygons, unlabelled, _ = blobs(2)
    head = fit_recipe(x, classes * 2, polygons, unlabelled, 3)
    probabilities = head.probabilities(unlabelled * 50)
    assert (probabilities[:, 1] == 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_deterministic_and_survives_safetensors():
    x, classes, polygons, unlabelled, _ = blobs()
    first, second = (fit_recipe(x, classes, polygons, unlabelled, 3) for _ in range(2))
    np.testing.assert_array_equal(first.weight, second.weight)
    again = RecipeHead.from_tensors(load(save(first.to_tensors())))
    np.testing.assert_array_equal(first.probabilities(x), again.probabilities(x))
    with pytest.raises(KeyError):
        RecipeHead.from_tensors({"recipe.weight": first.weight})


def test_refusals():
    x, classes, polygons, unlabelled, _ = blobs()
    with pytest.raises(InputError, match="belong to 1 class; a classifier needs at least 2"):
        fit_recipe(x, classes * 0, polygons, unlabelled, 2)
    x[3, 1] = np.nan
    with pytest.raises(InputError, match="not finite at 1 of 144"):
        fit_recipe(x, classes, polygons, unlabelled, 3)
