"""How unlike anything labelled a pixel is: the distance of its features to the nearest labelled polygon.

The distance is linear up to its last step, so that a map pools a few logits for it beside those of the classifier.
Knows features, classes and polygon numbers as arrays; nothing of rasters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

DIMENSIONS = 8
MOST_ANCHORS, MOST_PER_CLASS = 96, 12  # what a pixel is compared with: the cost of a map is bounded
SHRINKAGE = 0.5  # of the spread inside polygons towards equal spread in every direction
CHUNK = 1 << 14  # pixels compared at a time


@dataclass(frozen=True)
class Novelty:
    """Distance of features x to the nearest anchor; 1 = as far as labelled polygons of one class typically lie apart.

    Attributes:
        weight: (p, d) float32, the projection in which distances are taken, in units of the typical one.
        bias: (p,) float32.
        anchors: (P, p) float32, projected means of the labelled polygons, or of groups of them.
    """

    weight: FloatArray
    bias: FloatArray
    anchors: FloatArray

    def distances(self, features: FloatArray) -> FloatArray:
        """Returns (n,) float32 distances for features x, (n, d)."""
        return self.combine((features @ self.weight.T + self.bias).T)

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Returns (p, d) weight and (p,) bias: what must be known of a pixel are these logits."""
        return self.weight, self.bias

    def combine(self, logits: FloatArray) -> FloatArray:
        """Returns (…) distances from (p, …) logits."""
        flat = logits.reshape(len(logits), -1)
        found = np.empty(flat.shape[1], np.float32)
        for start in range(0, len(found), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = _nearest(flat[:, part], self.anchors)
        return found.reshape(logits.shape[1:])

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads ("novelty.weight", …)."""
        names = ("weight", "bias", "anchors")
        return {f"novelty.{name}": np.ascontiguousarray(getattr(self, name), np.float32) for name in names}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray]) -> Novelty:
        """Rebuilds what `to_tensors` gave; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(*(np.asarray(tensors[f"novelty.{name}"], np.float32) for name in ("weight", "bias", "anchors")))


def fit_novelty(
    labelled: FloatArray, polygons: IntArray, unlabelled: FloatArray, classes: IntArray | None = None
) -> Novelty:
    """Measures how far labelled polygons lie apart; the same input gives the same distances.

    Args:
        labelled: (n, d) features x of the labelled pixels.
        polygons: (n,) polygon number.
        unlabelled: (m, d) features x of pixels drawn from the scenes: the directions in which they differ are kept.
        classes: (n,) class index, the same for all pixels of a polygon; None takes all polygons as of one kind.
    """
    with threadpool_limits(1):
        weight, bias = _projection(labelled, polygons, unlabelled)
        points = labelled @ weight.T + bias
        _, first, polygon = np.unique(polygons, return_index=True, return_inverse=True)
        kinds = np.zeros(len(first), np.int64) if classes is None else np.asarray(classes)[first]
        means = _means(points, polygon)
        typical = _typical_distance(points, polygon, means, kinds)
        typical = max(typical, 1e-3 * float(np.sqrt(np.square(unlabelled @ weight.T + bias).sum(axis=1).mean())), 1e-12)
        anchors = _grouped(means, kinds)
    return Novelty(*(part.astype(np.float32) for part in (weight / typical, bias / typical, anchors / typical)))


def _projection(labelled: FloatArray, polygons: IntArray, unlabelled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns weight (p, d) and bias (p,): principal components of the scenes, in units of the spread in a polygon."""
    mean = unlabelled.mean(axis=0, dtype=np.float64)
    centred = (unlabelled - mean).astype(np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    components = axes[:, slice(None, -DIMENSIONS - 1, -1)].T
    points = (labelled - mean) @ components.T
    _, polygon, counts = np.unique(polygons, return_inverse=True, return_counts=True)
    residuals = (points - _means(points, polygon)[polygon]) / np.sqrt(counts[polygon] * len(counts))[:, None]
    inside = residuals.T @ residuals
    level = float(np.trace(inside)) / len(inside)
    if level <= 0:  # polygons of one pixel, or of equal ones
        return components, -components @ mean
    variances, directions = np.linalg.eigh((1 - SHRINKAGE) * inside + SHRINKAGE * level * np.eye(len(inside)))
    whitened = (directions / np.sqrt(variances)).T @ components
    return whitened, -whitened @ mean


def _typical_distance(points: FloatArray, polygon: IntArray, means: FloatArray, kinds: IntArray) -> float:
    """Returns the median over polygons of how far their pixels lie from the nearest other polygon of their class.

    Where every class has one polygon, of how far they lie from the middle of their own.
    """
    apart = []
    for number in range(len(means)):
        own = points[polygon == number]
        others = means[(kinds == kinds[number]) & (np.arange(len(means)) != number)]
        if len(others):
            apart.append(float(_nearest(own.T, others).mean()))
    if not apart:
        apart = [float(np.linalg.norm(points[polygon == i] - mean, axis=1).mean()) for i, mean in enumerate(means)]
    return float(np.median(apart))


def _grouped(means: FloatArray, kinds: IntArray) -> FloatArray:
    """Returns the polygons' means; of a class with many polygons the middles of groups of similar ones."""
    present = np.unique(kinds)
    most = max(1, min(MOST_PER_CLASS, MOST_ANCHORS // len(present)))
    found = []
    for kind in present:
        own = means[kinds == kind]
        if len(own) > most:
            own = KMeans(most, n_init=1, random_state=0).fit(own).cluster_centers_
        found.append(own)
    return np.concatenate(found)


def _means(points: FloatArray, polygon: IntArray) -> FloatArray:
    counts = np.bincount(polygon)
    columns = [np.bincount(polygon, column) / counts for column in points.T]
    return np.stack(columns, axis=1)


def _nearest(points: FloatArray, anchors: FloatArray) -> FloatArray:
    """Returns (n,) distances of points (p, n) to the nearest of anchors (P, p)."""
    squares = anchors @ points
    squares *= -2
    squares += np.square(anchors).sum(axis=1)[:, None]
    nearest: FloatArray = np.sqrt(np.maximum(squares.min(axis=0) + np.square(points).sum(axis=0), 0))
    return nearest
