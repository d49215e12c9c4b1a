"""Distance to anything labelled: a planted unknown lies far, known classes near, and a map gives the same numbers."""

import mmearth.classifiers.novelty
import numpy as np
import pytest
from mmearth.classifiers.novelty import Novelty, fit_novelty
from sklearn.metrics import roc_auc_score

WIDTH, POLYGONS, PIXELS = 40, 6, 25


def material(rng, place, polygons, pixels=PIXELS):
    """Pixels of one material around a place: polygons differ, pixels inside a polygon less."""
    middles = place + rng.normal(0, 0.3, (polygons, WIDTH))
    return (middles[:, None] + rng.normal(0, 0.15, (polygons, pixels, WIDTH))).reshape(-1, WIDTH).astype(np.float32)


@pytest.fixture(scope="module")
def world():
    """Three labelled materials, one that is nowhere labelled, and a scene that shows all four."""
    rng = np.random.default_rng(0)
    places = rng.normal(0, 0.6, (4, WIDTH))
    labelled = np.concatenate([material(rng, place, POLYGONS) for place in places[:3]])
    polygons = np.repeat(np.arange(3 * POLYGONS), PIXELS)
    held_out = np.concatenate([material(rng, place, 20, 5) for place in places[:3]])
    unknown = material(rng, places[3], 20, 5)
    return labelled, polygons, polygons // POLYGONS, held_out, unknown


def test_planted_unknown_lies_far_and_known_classes_near(world):
    labelled, polygons, classes, held_out, unknown = world
    novelty = fit_novelty(labelled, polygons, np.concatenate([held_out, unknown]), classes)
    known_far, unknown_far = novelty.distances(held_out), novelty.distances(unknown)
    truth = np.repeat([0, 1], [len(known_far), len(unknown_far)])
    assert roc_auc_score(truth, np.concatenate([known_far, unknown_far])) > 0.98
    assert 0.5 < np.median(known_far) < 1.5
    assert np.median(unknown_far) > 2
    assert np.mean(known_far > 2) < 0.05


def test_one_is_the_median_over_polygons_of_their_distance_to_the_next_one_of_their_class(world):
    labelled, polygons, classes, held_out, unknown = world
    novelty = fit_novelty(labelled, polygons, np.concatenate([held_out, unknown]), classes)
    z = labelled.astype(float) @ novelty.weight.T + novelty.bias
    means = np.stack([z[polygons == number].mean(axis=0) for number in range(3 * POLYGONS)])
    apart = []
    for number in range(len(means)):
        others = [i for i in range(len(means)) if i != number and i // POLYGONS == number // POLYGONS]
        own = z[polygons == number]
        apart.append(np.linalg.norm(own[:, None] - means[others], axis=2).min(axis=1).mean())
    assert np.median(apart) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(novelty.anchors, means, atol=1e-4)


def test_distance_is_the_one_to_the_nearest_polygon_whatever_the_shape(world):
    labelled, polygons, classes, held_out, _ = world
    novelty = fit_novelty(labelled, polygons, held_out, classes)
    x = held_out[:120]
    z = x.astype(float) @ novelty.weight.T + novelty.bias
    wanted = np.linalg.norm(z[:, None] - novelty.anchors, axis=2).min(axis=1)
    np.testing.assert_allclose(novelty.distances(x), wanted, atol=1e-4)
    weight, bias = novelty.linear()
    logits = (x @ weight.T + bias).T.reshape(-1, 10, 12)
    np.testing.assert_allclose(novelty.combine(logits), wanted.reshape(10, 12), atol=1e-4)


def test_pixels_are_compared_in_parts(world, monkeypatch):
    labelled, polygons, classes, held_out, _ = world
    novelty = fit_novelty(labelled, polygons, held_out, classes)
    whole = novelty.distances(held_out)
    monkeypatch.setattr(mmearth.classifiers.novelty, "CHUNK", 7)
    np.testing.assert_allclose(novelty.distances(held_out), whole, atol=1e-4)  # BLAS rounds by the shape


def test_many_polygons_become_few_groups(world):
    _, _, _, held_out, unknown = world
    rng = np.random.default_rng(1)
    places = rng.normal(0, 0.6, (3, WIDTH))
    labelled = np.concatenate([material(rng, place, 40, 4) for place in places])
    polygons = np.repeat(np.arange(120), 4)
    novelty = fit_novelty(labelled, polygons, np.concatenate([held_out, unknown]), polygons // 40)
    assert len(novelty.anchors) == 3 * mmearth.classifiers.novelty.MOST_PER_CLASS
    assert novelty.weight.shape == (mmearth.classifiers.novelty.DIMENSIONS, WIDTH)
    assert np.median(novelty.distances(labelled)) < 1.2


def test_single_polygons_are_measured_by_their_own_spread(world):
    labelled, _, _, held_out, unknown = world
    chosen = np.concatenate([np.arange(PIXELS) + i * POLYGONS * PIXELS for i in range(3)])
    polygons = np.repeat(np.arange(3), PIXELS)
    novelty = fit_novelty(labelled[chosen], polygons, np.concatenate([held_out, unknown]), polygons)
    z = labelled[chosen] @ novelty.weight.T + novelty.bias
    spread = [np.linalg.norm(z[polygons == i] - novelty.anchors[i], axis=1).mean() for i in range(3)]
    assert np.median(spread) == pytest.approx(1, abs=1e-3)
    assert np.median(novelty.distances(unknown)) > np.median(novelty.distances(held_out)) > 1


def test_without_classes_all_polygons_are_of_one_kind(world):
    labelled, polygons, _, held_out, _ = world
    without = fit_novelty(labelled, polygons, held_out)
    one_kind = fit_novelty(labelled, polygons, held_out, np.zeros(len(polygons), int))
    np.testing.assert_array_equal(without.distances(held_out), one_kind.distances(held_out))


def test_polygons_of_equal_pixels_give_finite_distances(world):
    _, _, _, held_out, _ = world
    labelled = np.repeat(held_out[:2], 3, axis=0)
    novelty = fit_novelty(labelled, np.repeat([0, 1], 3), held_out, np.repeat([0, 1], 3))
    found = novelty.distances(held_out)
    assert np.isfinite(found).all()
    assert found.max() > 2


def test_arrays_come_back(world):
    labelled, polygons, classes, held_out, _ = world
    novelty = fit_novelty(labelled, polygons, held_out, classes)
    tensors = novelty.to_tensors()
    assert all(name.startswith("novelty.") and array.dtype == np.float32 for name, array in tensors.items())
    np.testing.assert_array_equal(Novelty.from_tensors(tensors).distances(held_out), novelty.distances(held_out))
    with pytest.raises(KeyError):
        Novelty.from_tensors({})
