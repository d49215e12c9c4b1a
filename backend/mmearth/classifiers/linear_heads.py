"""Classifiers whose logits are linear in the features: nearest prototype, ridge and logistic regression.

Each is fitted with classes and polygons equal, then its logits are scaled to the same confidence as in the default
recipe, so that probabilities of different classifiers mean about the same. Knows arrays; nothing of rasters or files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from mmearth.classifiers.recipe_heads import fit_logistic, scale_to_confidence
from mmearth.classifiers.ridge import fit_ridge
from mmearth.models.heads import ABSENT_LOGIT, balanced_weights

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]


@dataclass(frozen=True)
class SoftmaxHead:
    """Class probabilities = softmax(weight · x + bias).

    Attributes:
        weight: (K, d) float32.
        bias: (K,) float32, `ABSENT_LOGIT` for a class without labels.
    """

    weight: FloatArray
    bias: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities for features x, (n, d)."""
        return self.combine((features @ self.weight.T + self.bias).T).T

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Returns (K, d) weight and (K,) bias."""
        return self.weight, self.bias

    def combine(self, logits: FloatArray) -> FloatArray:
        """Returns (K, …) probabilities from (K, …) logits."""
        result: FloatArray = softmax(logits, axis=0)
        return result

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {f"linear.{name}": np.ascontiguousarray(getattr(self, name)) for name in ("weight", "bias")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray]) -> Self:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(*(np.asarray(tensors[f"linear.{name}"], np.float32) for name in ("weight", "bias")))


class PrototypeHead(SoftmaxHead):
    """The nearest mean of a class; equal to a softmax of negative squared distances, scaled."""


class RidgeHead(SoftmaxHead):
    """Ridge regression of class membership."""


class LogisticHead(SoftmaxHead):
    """Multinomial logistic regression."""


def fit_matched(
    made: type[SoftmaxHead],
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    unlabelled: FloatArray,
    num_classes: int,
) -> SoftmaxHead:
    """Fits a head of a kind, its logits scaled until the unlabelled pixels have the common mean confidence.

    Args:
        made: `PrototypeHead`, `RidgeHead` or `LogisticHead`.
        features: (n, d) features x of the training pixels.
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        unlabelled: (m, d) features x of pixels drawn from the scenes to be mapped.
        num_classes: K.
    """
    present, index = np.unique(classes, return_inverse=True)
    weights = balanced_weights(index, polygons) / len(index)
    weight, bias = _FITS[made](features, index, weights, len(present))
    # Centred, the largest logit of the classes that occur is never below 0: an absent class cannot win.
    weight, bias = weight - weight.mean(axis=0), bias - bias.mean()
    factor = scale_to_confidence(unlabelled @ weight.T + bias)
    full_weight = np.zeros((num_classes, features.shape[1]), np.float32)
    full_bias = np.full(num_classes, ABSENT_LOGIT, np.float32)
    full_weight[present], full_bias[present] = weight * factor, bias * factor
    return made(full_weight, full_bias)


def _fit_prototypes(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int
) -> tuple[FloatArray, FloatArray]:
    members = np.zeros((num_classes, len(classes)))
    members[classes, np.arange(len(classes))] = weights
    means = members @ features / members.sum(axis=1, keepdims=True)
    return means, -0.5 * np.square(means).sum(axis=1)


def _fit_membership(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int
) -> tuple[FloatArray, FloatArray]:
    return fit_ridge(features, np.eye(num_classes)[classes], weights)


_FITS = {PrototypeHead: _fit_prototypes, RidgeHead: _fit_membership, LogisticHead: fit_logistic}
