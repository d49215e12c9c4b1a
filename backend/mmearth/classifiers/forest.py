"""Random forests as arrays: grown by scikit-learn, kept and evaluated without it. Knows arrays only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from mmearth.models.heads import balanced_weights

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

TREES = 100
MOST_DRAWS = 4000  # pixels that one tree sees: more make trees slower and hardly better
CHUNK_PIXELS = 4096  # whose places in all trees are in memory at once
_NAMES = ("features", "thresholds", "children", "roots", "values")


@dataclass(frozen=True)
class Trees:
    """Decision trees one after the other.

    Attributes:
        features: (nodes,) int32, column that a node asks for; 0 in a leaf.
        thresholds: (nodes,) float32: at most this goes to the first child.
        children: (nodes, 2) int32; a leaf is its own child.
        roots: (trees,) int32.
        values: (nodes, m) float32, answers of the leaves.
    """

    features: IntArray
    thresholds: FloatArray
    children: IntArray
    roots: IntArray
    values: FloatArray

    def answers(self, features: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """Yields rows of `features`, (n, d), and the answer of every tree to each, (rows, trees, m)."""
        x = np.asarray(features, np.float32)
        for start in range(0, len(x), CHUNK_PIXELS):
            part = slice(start, start + CHUNK_PIXELS)
            yield part, self.values[self._leaves(x[part])]

    def _leaves(self, x: FloatArray) -> IntArray:
        """Returns (rows, trees): the leaf of each tree that a pixel ends in."""
        columns, children = np.ascontiguousarray(x.T).ravel(), self.children.ravel()
        leaf = self.children[:, 0] == np.arange(len(self.children))
        found = np.empty((len(self.roots), len(x)), np.intp)
        for own, root in zip(found, self.roots, strict=True):
            # Pixels that have reached a leaf drop out. Flat `take` is twice as fast as indexing in two axes.
            rows: IntArray = np.arange(len(x))
            place: IntArray = np.full(len(x), root, np.intp)
            while len(rows):
                asked = columns.take(self.features.take(place) * np.intp(len(x)) + rows)
                place = children.take(2 * place + (asked > self.thresholds.take(place)))
                there = leaf.take(place)
                own[rows[there]] = place[there]
                rows, place = rows[~there], place[~there]
        return found.T

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {f"forest.{name}": getattr(self, name) for name in _NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Trees:
        """Rebuilds what `to_tensors` gave; other names are ignored.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays are no trees: a branch leads nowhere, or back.
        """
        trees = cls(**{name: np.asarray(tensors[f"forest.{name}"]) for name in _NAMES})
        own, count = np.arange(len(trees.children))[:, None], len(trees.children)
        ends = (trees.children == own).all(axis=1, keepdims=True)
        if not ((trees.children > own) | ends).all() or (trees.children >= count).any():
            raise ValueError("the branches of the forest do not end")
        if not ((trees.roots >= 0) & (trees.roots < count)).all():
            raise ValueError("the forest has roots that are not there")
        return trees


def flatten(estimators: Sequence[Any]) -> Trees:
    """Returns the trees of a forest of scikit-learn.

    It compares float32 features with float64 thresholds; the largest float32 not above a threshold splits them alike.
    """
    trees = [estimator.tree_ for estimator in estimators]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("features", "thresholds", "children", "values")}
    for tree, root in zip(trees, roots, strict=True):
        leaf = tree.children_left < 0
        children = np.stack([tree.children_left, tree.children_right], axis=1)
        children[leaf] = np.flatnonzero(leaf)[:, None]
        rounded = tree.threshold.astype(np.float32)
        above = rounded > tree.threshold
        rounded[above] = np.nextafter(rounded[above], np.float32(-np.inf))
        parts["features"].append(np.where(leaf, 0, tree.feature))
        parts["thresholds"].append(rounded)
        parts["children"].append(children + root)
        parts["values"].append(tree.value[:, 0, :])
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return Trees(
        joined["features"].astype(np.int32),
        joined["thresholds"],
        joined["children"].astype(np.int32),
        roots.astype(np.int32),
        joined["values"].astype(np.float32),
    )


@dataclass(frozen=True)
class ForestHead:
    """Mean of the class shares in the leaves of all trees.

    Attributes:
        trees: Their answers are (K,) shares.
    """

    trees: Trees

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities for (n, d) features."""
        found = np.empty((len(features), self.trees.values.shape[1]), np.float32)
        for part, answers in self.trees.answers(features):
            found[part] = answers.mean(axis=1)
        return found

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return self.trees.to_tensors()

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> ForestHead:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(Trees.from_tensors(tensors))


def fit_forest(features: FloatArray, classes: IntArray, polygons: IntArray, num_classes: int, seed: int) -> ForestHead:
    """Grows a random forest (Breiman 2001, doi:10.1023/A:1010933404324), classes and polygons equal.

    Args:
        features: (n, d).
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        seed: Of pixels and columns that trees draw.
    """
    forest = RandomForestClassifier(TREES, max_samples=min(len(classes), MOST_DRAWS), random_state=seed)
    forest.fit(np.asarray(features, np.float32), classes, sample_weight=balanced_weights(classes, polygons))
    trees = flatten(forest.estimators_)
    values = np.zeros((len(trees.values), num_classes), np.float32)
    values[:, forest.classes_] = trees.values
    return ForestHead(Trees(trees.features, trees.thresholds, trees.children, trees.roots, values))
