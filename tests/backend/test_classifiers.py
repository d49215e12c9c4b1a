"""All classifiers: what they share, then each against an independent computation."""

import numpy as np
import pytest
from mmearth import protocol
from mmearth.classifiers.by_name import HEAD_CLASSES, fit_classifier
from mmearth.classifiers.forest import CHUNK_PIXELS, flatten
from mmearth.classifiers.knn_head import KnnHead, fit_knn
from mmearth.classifiers.mlp_head import draw_balanced
from mmearth.classifiers.recipe_heads import CONFIDENCE
from mmearth.errors import InputError
from mmearth.models.heads import PooledHead, balanced_weights
from safetensors.numpy import load, save
from scipy.special import softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestCentroid
from sklearn.neural_network import MLPClassifier

POOLED = ("recipe", "prototype", "ridge", "logistic")


def blobs(num_classes=3, polygons_per_class=3, pixels=10, width=6, seed=0):
    rng = np.random.default_rng(seed)
    polygons = np.repeat(np.arange(num_classes * polygons_per_class), pixels)
    classes = polygons % num_classes
    centres = np.eye(num_classes, width)
    features = rng.normal(0, 0.25, (len(classes), width)) + centres[classes]
    truth = rng.integers(num_classes, size=400)
    return features, classes, polygons, rng.normal(0, 0.25, (400, width)) + centres[truth], truth


def sizes(*counts):
    """Polygon numbers of polygons with so many pixels."""
    return np.repeat(np.arange(len(counts)), counts)


@pytest.mark.parametrize("name", protocol.HEADS)
def test_every_head_learns_survives_a_file_and_repeats(name):
    x, classes, polygons, others, truth = blobs()
    head, again = (fit_classifier(name, x, classes, polygons, others, 3, seed=4) for _ in range(2))
    assert type(head) is HEAD_CLASSES[name]
    assert isinstance(head, PooledHead) == (name in POOLED)
    found = head.probabilities(others)
    assert found.shape == (400, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (found.argmax(axis=1) == truth).mean() > 0.9
    np.testing.assert_array_equal(again.probabilities(others), found)
    restored = HEAD_CLASSES[name].from_tensors(load(save({**head.to_tensors(), "novelty.mean": np.ones(2)})))
    np.testing.assert_array_equal(restored.probabilities(others), found)
    with pytest.raises(KeyError):
        HEAD_CLASSES[name].from_tensors({})


@pytest.mark.parametrize("name", protocol.HEADS)
def test_absent_class_has_no_probability(name):
    x, classes, polygons, others, _ = blobs(2)
    head = fit_classifier(name, x, classes * 2, polygons, others, 4)
    found = head.probabilities(np.concatenate([others, 100 * others]))
    assert (found[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (head.probabilities(x).argmax(axis=1) == classes * 2).mean() > 0.95


@pytest.mark.parametrize("name", protocol.HEADS)
def test_one_polygon_of_one_pixel_for_each_class_is_enough(name):
    x, _, _, others, truth = blobs()
    head = fit_classifier(name, np.eye(3, 6), np.arange(3), np.arange(3), others, 3)
    # A tree that draws three pixels with replacement may miss a class: forests need more.
    assert (head.probabilities(others).argmax(axis=1) == truth).mean() > (0.6 if name == "forest" else 0.9)


@pytest.mark.parametrize("name", protocol.HEADS)
def test_a_large_polygon_does_not_rule_its_class(name):
    # Class 0: a huge polygon at (-1, 0) and a small one at (1, 1); class 1: one polygon around (1, -1).
    rng = np.random.default_rng(0)
    polygons = sizes(300, 12, 12)
    centres = np.array([[-1, 0], [1, 1], [1, -1]])
    x = centres[polygons] + rng.normal(0, 0.1, (324, 2))
    others = centres[rng.integers(3, size=300)] + rng.normal(0, 0.1, (300, 2))
    found = fit_classifier(name, x, np.array([0, 0, 1])[polygons], polygons, others, 2).probabilities(x)
    assert (found[polygons == 1].argmax(axis=1) == 0).all()
    assert (found[polygons == 2].argmax(axis=1) == 1).all()


@pytest.mark.parametrize("name", protocol.HEADS)
def test_refusals(name):
    x, classes, polygons, others, _ = blobs()
    with pytest.raises(InputError, match="belong to 1 class; a classifier needs at least 2"):
        fit_classifier(name, x, classes * 0, polygons, others, 3)
    x[3, 1] = np.inf
    with pytest.raises(InputError, match="not finite at 1 of 90"):
        fit_classifier(name, x, classes, polygons, others, 3)


@pytest.mark.parametrize("name", ["prototype", "ridge", "logistic"])
def test_linear_heads_reach_the_common_confidence_and_pool(name):
    x, classes, polygons, others, _ = blobs()
    head = fit_classifier(name, x, classes, polygons, others, 3)
    found = head.probabilities(others)
    assert found.max(axis=1).mean() == pytest.approx(CONFIDENCE, abs=1e-3)
    weight, bias = head.linear()
    image = (weight @ others.T + bias[:, None]).reshape(-1, 20, 20)
    np.testing.assert_allclose(head.combine(image).reshape(3, 400).T, found, rtol=1e-4)


def test_prototype_is_the_nearest_mean_of_polygon_means():
    x, classes, _, others, _ = blobs()
    polygons = classes + 3 * (np.arange(90) >= 60)  # unequal polygons
    means = np.stack([x[polygons == number].mean(axis=0) for number in range(6)])
    reference = NearestCentroid().fit(means, np.arange(6) % 3)
    found = fit_classifier("prototype", x, classes, polygons, others, 3).probabilities(others)
    np.testing.assert_array_equal(found.argmax(axis=1), reference.predict(others))


def test_ridge_solves_the_stated_problem():
    x, classes, _, others, _ = blobs()
    polygons = classes + 3 * (np.arange(90) >= 60)
    weights = balanced_weights(classes, polygons) / 90
    for columns in (x, np.tile(x, 30)):  # fewer and more columns than pixels
        reference = Ridge(alpha=0.01).fit(columns, np.eye(3)[classes], sample_weight=weights)
        scores = reference.predict(columns)
        head = fit_classifier("ridge", columns, classes, polygons, columns, 3)
        logits = np.log(head.probabilities(columns).astype(float))
        ratio = (logits[:, 0] - logits[:, 1]) / (scores[:, 0] - scores[:, 1])
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)
        assert ratio[0] > 0


def test_knn_by_hand():
    # Squared distances of the nearest pixels to the origin: polygons 0 and 1 (class 0) 4 and 16, 2 (class 1) 1, 3 far.
    x = np.array([[2, 0], [9, 0], [0, 4], [-1, 0], [-5, 0], [0, 30]], float)
    polygons, classes = np.array([0, 0, 1, 2, 2, 3]), np.array([0, 0, 0, 1, 1, 1])
    votes = np.array([(1 / 4 + 1 / 16) / 2, 1 / 2])  # both classes have two polygons; the three nearest vote
    wanted = (3 * votes / votes.sum() + 1 / 2) / 4
    head = fit_knn(x, classes, polygons, 2, seed=0)
    np.testing.assert_allclose(head.probabilities(np.zeros((1, 2))), [wanted], rtol=1e-5)
    on_top = head.probabilities(x[:1])[0]
    assert on_top[0] == pytest.approx((3 + 0.5) / 4, abs=1e-3)


def test_knn_keeps_few_pixels_of_every_polygon():
    rng = np.random.default_rng(0)
    polygons = sizes(200, 3, 40)
    head = fit_knn(rng.normal(size=(243, 4)), np.array([0, 1, 1])[polygons], polygons, 2, seed=0)
    assert head.starts.tolist() == [0, 32, 35]
    assert head.features.shape == (67, 4)
    many = np.repeat(np.arange(3000), 2)
    assert len(fit_knn(rng.normal(size=(6000, 2)), many % 2, many, 2, seed=0).features) == 3000


def test_knn_answers_alike_however_many_pixels_are_asked():
    x, classes, polygons, others, _ = blobs()
    head = fit_knn(x, classes, polygons, 3, seed=0)
    assert isinstance(head, KnnHead)
    many = np.tile(others, (8, 1))  # more than one chunk
    np.testing.assert_allclose(head.probabilities(many), np.tile(head.probabilities(others), (8, 1)), rtol=1e-4)


def test_forest_equals_scikit_learn():
    x, classes, polygons, others, _ = blobs()
    polygons = np.where(polygons == 3, 0, polygons)
    head = fit_classifier("forest", x, classes, polygons, others, 3, seed=7)
    reference = RandomForestClassifier(100, max_samples=90, random_state=7)
    reference.fit(x.astype(np.float32), classes, sample_weight=balanced_weights(classes, polygons))
    many = np.tile(others, (CHUNK_PIXELS // 400 + 1, 1))  # more than one chunk
    np.testing.assert_allclose(head.probabilities(many), reference.predict_proba(many), atol=1e-6)


def test_trees_split_as_scikit_learn_at_the_thresholds_themselves():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2)).astype(np.float32)
    reference = RandomForestClassifier(5, random_state=0).fit(x, (x[:, 0] * x[:, 1] > 0).astype(int))
    trees = flatten(reference.estimators_)
    edges = np.concatenate([e.tree_.threshold for e in reference.estimators_]).astype(np.float32)
    edges = np.concatenate([edges, np.nextafter(edges, np.float32(9)), np.nextafter(edges, np.float32(-9))])
    probes = np.stack([edges, rng.permutation(edges)], axis=1)
    found = np.concatenate([answers for _, answers in trees.answers(probes)])
    wanted = np.stack([e.predict_proba(probes) for e in reference.estimators_], axis=1)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_trees_that_do_not_end_are_refused():
    x, classes, polygons, others, _ = blobs()
    tensors = fit_classifier("forest", x, classes, polygons, others, 3).to_tensors()
    inner = int(np.flatnonzero(tensors["forest.children"][:, 0] != np.arange(len(tensors["forest.children"])))[1])
    for target in (0, len(tensors["forest.children"])):
        branches = tensors["forest.children"].copy()
        branches[inner, 1] = target
        with pytest.raises(ValueError, match="do not end"):
            HEAD_CLASSES["forest"].from_tensors({**tensors, "forest.children": branches})


@pytest.mark.parametrize("num_classes", [2, 3])
def test_mlp_equals_scikit_learn(num_classes):
    x, classes, polygons, others, _ = blobs(num_classes)
    head = fit_classifier("mlp", x, classes, polygons, others, num_classes, seed=3)
    drawn = draw_balanced(classes, polygons, len(x), seed=3)
    reference = MLPClassifier((64,), solver="lbfgs", alpha=0.3, max_iter=200, random_state=3)
    reference.fit(x[drawn], classes[drawn])
    np.testing.assert_allclose(head.probabilities(others), reference.predict_proba(others), atol=1e-5)


def test_draws_follow_the_weights():
    classes, polygons = np.array([0] * 110 + [1] * 10), sizes(100, 10, 10)
    drawn = draw_balanced(classes, polygons, 120, seed=0)
    assert np.bincount(polygons[drawn]).tolist() == [30, 30, 60]
    assert np.bincount(drawn)[100:110].tolist() == [3] * 10
    assert (draw_balanced(classes, polygons, 120, seed=1) != drawn).any()


def test_softmax_of_negative_squared_distances():
    x, classes, polygons, others, _ = blobs()
    head = fit_classifier("prototype", x, classes, polygons, others, 3)
    means = np.stack([x[classes == c].mean(axis=0) for c in range(3)])
    distances = np.square(others[:, None] - means).sum(axis=2)
    scale = np.linalg.norm(head.weight[0] - head.weight[1]) / np.linalg.norm(means[0] - means[1])
    np.testing.assert_allclose(head.probabilities(others), softmax(-scale * distances / 2, axis=1), rtol=1e-3)
