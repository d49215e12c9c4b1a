"""Two axes that many channels are looked at along: principal components, or what tells classes apart.

Knows vectors; nothing of pixels or plots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

FloatArray = NDArray[np.floating]


@dataclass(frozen=True)
class PlotAxes:
    """A plane through the middle of some vectors.

    Attributes:
        middle: (C,).
        axes: (2, C); the second is 0 where there is one direction only.
        explained: Share of the variance, or of what tells classes apart, along each.
    """

    middle: FloatArray
    axes: FloatArray
    explained: tuple[float, float]

    def place(self, vectors: FloatArray) -> FloatArray:
        """Returns (n, 2) where vectors (n, C) lie."""
        placed: FloatArray = (vectors - self.middle) @ self.axes.T
        return placed


def component_axes(vectors: FloatArray) -> PlotAxes:
    """Returns the first two principal components of vectors (n, C); of each the largest weight is positive."""
    middle = vectors.mean(axis=0)
    covariance = np.cov((vectors - middle).T, bias=True).reshape(vectors.shape[1], -1)
    variances, directions = np.linalg.eigh(covariance)
    axes = np.zeros((2, vectors.shape[1]))
    shares = [0.0, 0.0]
    total = max(float(variances.sum()), np.finfo(float).tiny)
    for number in range(min(2, len(variances))):
        axes[number] = directions[:, -1 - number]
        axes[number] *= np.sign(axes[number][np.abs(axes[number]).argmax()])
        shares[number] = max(0.0, float(variances[-1 - number]) / total)
    return PlotAxes(middle, axes, (shares[0], shares[1]))


def class_axes(vectors: FloatArray, classes: NDArray[np.integer]) -> PlotAxes:
    """Returns the directions that tell classes apart best (Fisher's, with a shrunk covariance; Ledoit and Wolf 2004).

    Two classes have one such direction; the second axis is then the first component of what it leaves.

    Args:
        vectors: (n, C).
        classes: (n,) of at least two classes.
    """
    found = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(vectors, classes)
    axes, shares = np.zeros((2, vectors.shape[1])), np.zeros(2)
    count = min(2, len(found.classes_) - 1)
    axes[:count] = found.scalings_[:, :count].T
    ratios = found.explained_variance_ratio_[slice(len(found.classes_) - 1)]  # the others are rounding
    shares[:count] = ratios[:count] / ratios.sum()
    middle = vectors.mean(axis=0)
    if count == 1:
        along = axes[0] / np.linalg.norm(axes[0])
        rest = (vectors - middle) - np.outer((vectors - middle) @ along, along)
        axes[1] = component_axes(rest).axes[0]
        axes[1] *= np.ptp((vectors - middle) @ axes[0]) / max(float(np.ptp(rest @ axes[1])), 1e-9)
    return PlotAxes(middle, axes, (float(shares[0]), float(shares[1])))
