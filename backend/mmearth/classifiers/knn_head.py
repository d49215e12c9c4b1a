"""Classifier of the nearest labelled polygons: nothing is fitted, so it is there at once. Knows arrays only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

NEIGHBOURS = 3
MOST_OF_POLYGON, MOST_PIXELS = 32, 4096  # labelled pixels that are kept: of one polygon, and of all
CHUNK_PIXELS = 2048  # whose distances to all labelled pixels are in memory at once
CLOSEST = 1e-6  # squared distance below which two pixels are the same
_NAMES = ("features", "starts", "votes")


@dataclass(frozen=True)
class KnnHead:
    """Votes of the nearest polygons, by 1 / squared distance; a polygon is as far as the nearest of its pixels.

    However many pixels a polygon has, it has one vote, and all polygons of a class together weigh the same. One further
    vote is given to all classes alike: three polygons are no proof.

    Attributes:
        features: (n, d) float32, of labelled pixels, polygon after polygon.
        starts: (P,) int32, the first pixel of each polygon.
        votes: (P, K) float32, weight of a polygon in the column of its class.
    """

    features: FloatArray
    starts: IntArray
    votes: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (m, K) probabilities for (m, d) features."""
        lengths = np.square(self.features).sum(axis=1)
        count = min(NEIGHBOURS, len(self.starts))
        present = self.votes.any(axis=0) / self.votes.any(axis=0).sum()
        found = np.empty((len(features), self.votes.shape[1]), np.float32)
        for start in range(0, len(features), CHUNK_PIXELS):
            part = slice(start, start + CHUNK_PIXELS)
            x = np.asarray(features[part], np.float32)
            products = lengths - 2 * x @ self.features.T
            distances = np.minimum.reduceat(products, self.starts, axis=1) + np.square(x).sum(axis=1, keepdims=True)
            nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
            near = 1 / np.maximum(np.take_along_axis(distances, nearest, axis=1), CLOSEST)
            votes = np.einsum("mp,mpk->mk", near, self.votes[nearest])
            shares = votes / votes.sum(axis=1, keepdims=True)
            found[part] = (count * shares + present) / (count + 1)
        return found

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {f"knn.{name}": getattr(self, name) for name in _NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> KnnHead:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(*(np.asarray(tensors[f"knn.{name}"]) for name in _NAMES))


def fit_knn(features: FloatArray, classes: IntArray, polygons: IntArray, num_classes: int, seed: int) -> KnnHead:
    """Keeps some labelled pixels of every polygon.

    Args:
        features: (n, d).
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        seed: Of the pixels that are kept.
    """
    rng = np.random.default_rng(seed)
    numbers, first = np.unique(polygons, return_index=True)
    most = max(1, min(MOST_OF_POLYGON, MOST_PIXELS // len(numbers)))
    kept = [rng.permutation(np.flatnonzero(polygons == number))[:most] for number in numbers]
    starts = np.cumsum([0, *map(len, kept[:-1])])
    owner = classes[first]
    votes = np.zeros((len(numbers), num_classes), np.float32)
    votes[np.arange(len(numbers)), owner] = 1 / np.bincount(owner)[owner]
    return KnnHead(np.ascontiguousarray(features[np.concatenate(kept)], np.float32), starts.astype(np.int32), votes)
