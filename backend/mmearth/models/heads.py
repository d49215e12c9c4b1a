"""What a classifier of pixels is, and the plain one: multinomial logistic regression on standardised features.

Knows features, class indices and polygon numbers as arrays; nothing of rasters, labels layers or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from mmearth.errors import InputError

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

# scikit-learn minimises |W|²/2 + C · Σ s·loss, and our sample weights s sum to the number of pixels n, so C acts on the
# whole sum: the mean loss is weighed by C·n. A standardised feature vector has squared length D, hence C ≈ 1/D:
# 0.01 for embedding ⊕ bands (about a hundred features), up to 1 for a dozen raw bands.
EMBEDDING_C = 0.01
BANDS_C = 1.0
# Logit of a class that has no training pixel: its probability is exactly 0 in float32, without infinities in files.
ABSENT_LOGIT = -1e4
_TENSOR_NAMES = ("weight", "bias", "mean", "std")


class Head(Protocol):
    """What few_shot trains and predict applies to features."""

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities for (n, d) features."""

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays that a file keeps; the class rebuilds itself from them by `from_tensors`."""


@runtime_checkable
class Pooled(Protocol):
    """What is computed from logits that are linear in the features: a map pools these alone."""

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Returns (M, d) weight and (M,) bias of the logits."""

    def combine(self, logits: FloatArray) -> FloatArray:
        """Returns (K, …) probabilities, or (3, …) estimates, from (M, …) logits."""


@runtime_checkable
class PooledHead(Head, Pooled, Protocol):
    """A head whose probabilities follow from linear logits."""


@dataclass(frozen=True)
class LinearHead:
    """Class probabilities = softmax(weight · (features - mean) / std + bias).

    Attributes:
        weight: (K, D) float32, acts on standardised features.
        bias: (K,) float32.
        mean: (D,) float32, of the raw features.
        std: (D,) float32, positive.
    """

    weight: FloatArray
    bias: FloatArray
    mean: FloatArray
    std: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) float32 probabilities for (n, D) raw features."""
        standardised = (np.asarray(features, np.float32) - self.mean) / self.std
        logits = standardised @ self.weight.T + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        result: FloatArray = exponentials / exponentials.sum(axis=1, keepdims=True)
        return result

    def folded(self) -> tuple[FloatArray, FloatArray]:
        """Returns (K, D) weight and (K,) bias that act on raw features: prediction is one matrix product."""
        weight = self.weight.astype(np.float64) / self.std
        bias = self.bias - weight @ self.mean.astype(np.float64)
        return weight.astype(np.float32), bias.astype(np.float32)

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads ("head.weight", …)."""
        return {f"head.{name}": np.ascontiguousarray(getattr(self, name), np.float32) for name in _TENSOR_NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray]) -> LinearHead:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: one of the four arrays is missing.
        """
        return cls(**{name: np.asarray(tensors[f"head.{name}"], np.float32) for name in _TENSOR_NAMES})


def fit_linear_head(
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    num_classes: int,
    c: float = EMBEDDING_C,
    standardise: tuple[FloatArray, FloatArray] | None = None,
) -> LinearHead:
    """Fits the head; the same input gives the same head.

    Args:
        features: (n, D) raw features of the training pixels.
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        c: scikit-learn's C, see `EMBEDDING_C`.
        standardise: (D,) mean and std to use; None takes those of the training pixels.

    Raises:
        InputError: the pixels hold fewer than two classes, or features that are not finite.
    """
    require_classes(classes)
    require_finite(features)
    present = np.unique(classes)
    x = np.asarray(features, np.float64)
    mean, std = standardise if standardise is not None else (x.mean(axis=0), x.std(axis=0))
    mean, std = np.asarray(mean, np.float32), np.asarray(std, np.float32)
    # A constant feature carries nothing; dividing by its rounding error would make it noise.
    std = np.where(std > 1e-6 * np.maximum(np.abs(mean), 1e-6), std, np.float32(1.0)).astype(np.float32)
    coefficients, intercepts = fit_weighted(
        (x - mean) / std, np.searchsorted(present, classes), balanced_weights(classes, polygons), len(present), c
    )
    weight = np.zeros((num_classes, x.shape[1]), np.float32)
    bias = np.full(num_classes, ABSENT_LOGIT, np.float32)
    weight[present], bias[present] = coefficients, intercepts
    return LinearHead(weight, bias, mean, std)


def fit_weighted(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int, c: float
) -> tuple[FloatArray, FloatArray]:
    """Returns weight (K, D) and bias (K,) of a multinomial logistic regression.

    Args:
        features: (n, D).
        classes: (n,), every class 0…K-1 occurs.
        weights: (n,) of the pixels.
        num_classes: K.
        c: scikit-learn's C.
    """
    model = LogisticRegression(C=c, max_iter=2000)
    model.fit(features, classes, sample_weight=weights)
    coefficients, intercepts = model.coef_, model.intercept_
    if num_classes == 2:  # one row means the difference of two logits
        coefficients = np.concatenate([-coefficients / 2, coefficients / 2])
        intercepts = np.concatenate([-intercepts / 2, intercepts / 2])
    return coefficients, intercepts


def require_classes(classes: IntArray) -> None:
    """Refuses pixels of fewer than two classes.

    Raises:
        InputError: see above.
    """
    found = len(np.unique(classes))
    if found < 2:
        raise InputError(
            f"The training pixels belong to {found} class; a classifier needs at least 2.",
            "Draw polygons of another class on valid pixels of the scene.",
        )


def require_finite(features: FloatArray) -> None:
    """Refuses features (n, d) of training pixels that are not finite.

    Raises:
        InputError: see above.
    """
    bad = ~np.isfinite(features).all(axis=1)
    if bad.any():
        raise InputError(
            f"Features are not finite at {bad.sum()} of {len(features)} training pixels.",
            "Set the scene's nodata value, or draw the polygons on valid pixels only.",
        )


def balanced_weights(classes: IntArray, polygons: IntArray) -> NDArray[np.float64]:
    """Returns (n,) weights that sum to n: classes equal, polygons equal inside a class, pixels inside a polygon."""
    _, polygon, pixel_counts = np.unique(polygons, return_inverse=True, return_counts=True)
    within_polygon = 1.0 / pixel_counts[polygon]
    _, index = np.unique(classes, return_inverse=True)
    polygons_per_class = np.bincount(index, weights=within_polygon)
    weights: NDArray[np.float64] = within_polygon / polygons_per_class[index]
    return weights * (len(weights) / len(polygons_per_class))
