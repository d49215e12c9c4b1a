"""Polygons that say what a place is not."""

import numpy as np
from mmearth.labels.negatives import Negatives, fit_with_negatives
from mmearth.models.heads import fit_linear_head


def negatives(features, classes, companions):
    features = np.asarray(features, float)
    return Negatives(features, np.array(classes), np.arange(len(classes)) + 50, np.array(companions))


class Fits:
    """Fits logistic regression and remembers what it was given."""

    def __init__(self):
        self.calls = []

    def __call__(self, features, classes, polygons):
        self.calls.append((features, classes, polygons))
        return fit_linear_head(features, classes, polygons, 3, 1.0)


LABELLED = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [5.1, 0.0], [0.0, 5.0], [0.1, 5.0]])
CLASSES, POLYGONS = np.array([0, 0, 1, 1, 2, 2]), np.arange(6)


def test_a_negative_teaches_the_most_probable_class_that_is_not_denied():
    fit = Fits()
    # The first looks like class 0, but is not, and is nearer to class 1; the second looks like class 2 and may be.
    found = negatives([[1.8, 0.0], [0.0, 4.5]], [0, 0], [0, 0])
    head = fit_with_negatives(fit, LABELLED, CLASSES, POLYGONS, found)
    features, classes, polygons = fit.calls[1]
    np.testing.assert_array_equal(features[6:], found.features)
    assert classes.tolist() == [0, 0, 1, 1, 2, 2, 1, 2]
    assert len(set(polygons[6:].tolist()) | set(POLYGONS.tolist())) == 8
    before = fit_linear_head(LABELLED, CLASSES, POLYGONS, 3, 1.0).probabilities(found.features)[0]
    after = head.probabilities(found.features)[0]
    assert before.argmax() == 0
    assert after[0] < before[0]
    assert after.argmax() == 1


def test_a_polygon_taken_for_two_classes_counts_as_two():
    fit = Fits()
    found = negatives([[5.0, 0.2], [0.2, 5.0]], [0, 0], [0, 0])
    one = Negatives(found.features, found.classes, np.array([50, 50]), found.companions)
    fit_with_negatives(fit, LABELLED, CLASSES, POLYGONS, one)
    _, classes, polygons = fit.calls[1]
    assert classes[6:].tolist() == [1, 2]
    assert polygons[6] != polygons[7]


def test_without_negatives_one_fit_is_enough():
    fit = Fits()
    fit_with_negatives(fit, LABELLED, CLASSES, POLYGONS, negatives(np.empty((0, 2)), np.empty(0, int), []))
    assert len(fit.calls) == 1


def test_negatives_beside_a_held_out_polygon_are_held_out_with_it():
    found = negatives([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], [0, 1, 2], [4, 5, 4])
    assert found.beside(np.array([0, 1, 5])).classes.tolist() == [1]
