"""Polygons that say what a place is not: they teach the most probable one of the other classes.

Knows features, class indices and polygon numbers as arrays; nothing of rasters or label layers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmearth.models.heads import Head

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
FitHead = Callable[[FloatArray, IntArray, IntArray], Head]


@dataclass(frozen=True)
class Negatives:
    """Pixels that are certainly not of a class.

    Attributes:
        features: (m, d) features x.
        classes: (m,) index of the class that a pixel is not.
        polygons: (m,) polygon number.
        companions: (m,) number of the nearest polygon that says what it is: the two are held out together.
    """

    features: FloatArray
    classes: IntArray
    polygons: IntArray
    companions: IntArray

    def beside(self, polygons: IntArray) -> Negatives:
        """Returns those whose companion is among some polygons."""
        own = np.isin(self.companions, polygons)
        return Negatives(self.features[own], self.classes[own], self.polygons[own], self.companions[own])


def fit_with_negatives(
    fit: FitHead, features: FloatArray, classes: IntArray, polygons: IntArray, negatives: Negatives
) -> Head:
    """Fits without the negatives, gives each of their pixels its most probable class that is not denied, fits again.

    Args:
        fit: Called with features, classes and polygons.
        features: (n, d) features x of the labelled pixels.
        classes: (n,) class index.
        polygons: (n,) polygon number; a polygon has one class.
        negatives: None of them makes one fit.
    """
    head = fit(features, classes, polygons)
    if not len(negatives.classes):
        return head
    probabilities = np.array(head.probabilities(negatives.features))
    probabilities[np.arange(len(probabilities)), negatives.classes] = -1
    found = probabilities.argmax(axis=1)
    # A polygon has one class: the parts of one that is taken for several classes count as polygons of their own.
    _, parts = np.unique(np.stack([negatives.polygons, found]), axis=1, return_inverse=True)
    return fit(
        np.concatenate([features, negatives.features]),
        np.concatenate([classes, found]),
        np.concatenate([polygons, int(polygons.max()) + 1 + parts.ravel()]),
    )
