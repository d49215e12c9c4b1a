"""Deals polygons, or groups of neighbouring ones, into folds that are held out in turn. Knows arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer]

ALWAYS_TRAINING = -1
_TRIES = 20  # deals looked at for one that holds no class back as a whole


def polygon_folds(
    polygons: IntArray, classes: IntArray, num_folds: int = 5, seed: int = 0, groups: IntArray | None = None
) -> IntArray:
    """Deals groups into folds, evenly for each class, the rarest first.

    Each class keeps at least one group outside any fold, so every model is trained on all classes. Folds need not hold
    every class: predictions are pooled before scoring.

    Args:
        polygons: (n,) polygon number of each pixel.
        classes: (n,) class index; a polygon has one class.
        num_folds: At most this many folds.
        seed: Of the order in which groups are dealt.
        groups: (n,) group number; polygons of a group are held out together. None: each polygon by itself.

    Returns:
        (n,) fold of each pixel; -1 (always training) for the pixels of a class that only one group holds.
    """
    groups = np.asarray(polygons if groups is None else groups)
    numbers, pixel_group = np.unique(groups, return_inverse=True)
    _, first = np.unique(polygons, return_index=True)
    counts = np.zeros((len(numbers), int(np.max(classes)) + 1), int)  # polygons of each group and class
    np.add.at(counts, (pixel_group[first], np.asarray(classes)[first]), 1)
    scorable = np.count_nonzero(counts, axis=0) > 1
    counts[:, ~scorable] = 0
    best: IntArray = np.full(len(numbers), ALWAYS_TRAINING)
    held_back = scorable
    rng = np.random.default_rng(seed)
    for _ in range(_TRIES if scorable.any() else 0):
        fold = _deal(counts, min(num_folds, int(np.count_nonzero(counts.any(axis=1)))), rng)
        whole = np.array([s and len(np.unique(fold[counts[:, c] > 0])) < 2 for c, s in enumerate(scorable)])
        if (best < 0).all() or whole.sum() < held_back.sum():
            best, held_back = fold, whole
        if not whole.any():
            break
    trains = ~scorable | held_back
    result: IntArray = np.where(trains[classes], ALWAYS_TRAINING, best[pixel_group])
    return result


def group_folds(groups: IntArray, polygons: IntArray, num_folds: int, seed: int) -> IntArray:
    """Deals groups into folds of about equally many polygons; returns (n,) fold of each pixel."""
    numbers, pixel_group = np.unique(groups, return_inverse=True)
    _, first = np.unique(polygons, return_index=True)
    counts = np.bincount(pixel_group[first], minlength=len(numbers))[:, None]
    fold = _deal(counts, min(num_folds, len(numbers)), np.random.default_rng(seed))
    result: IntArray = fold[pixel_group]
    return result


def _deal(counts: IntArray, num_folds: int, rng: np.random.Generator) -> IntArray:
    """Gives each group to the fold that has least of its class, then least of all.

    Args:
        counts: (G, K) polygons of each group and class; a group of none stays out.
        num_folds: How many folds.
        rng: Draws the order of groups of one class.

    Returns:
        (G,) fold; -1 for a group of none.
    """
    fold = np.full(len(counts), ALWAYS_TRAINING)
    held = np.zeros((num_folds, counts.shape[1]), int)
    for c in np.argsort(np.count_nonzero(counts, axis=0), kind="stable"):
        for group in rng.permutation(np.flatnonzero((counts[:, c] > 0) & (fold < 0))):
            chosen = np.lexsort((held.sum(axis=1), held[:, c]))[0]
            fold[group] = chosen
            held[chosen] += counts[group]
    return fold
