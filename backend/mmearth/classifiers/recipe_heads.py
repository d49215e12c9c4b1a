"""The default classifier of few-shot mapping: two linear heads, matched, once self-trained, with a damped prior.

Steps and settings: docs/decisions/0012-few-shot-recipe.md. Knows features, class indices and polygon numbers as arrays;
nothing of rasters or label layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from mmearth.models.heads import ABSENT_LOGIT, balanced_weights, fit_weighted, require_classes, require_finite

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

SHRINKAGE, RIDGE = 0.9, 1e-7
LOGISTIC_C = 1.0  # x has about unit length whatever the number of features
CONFIDENCE = 0.85  # mean largest probability over unlabelled pixels that the logits of each head are scaled to
SELF_SHARE, SELF_LEAST, SELF_MOST, SELF_WEIGHT = 0.2, 5, 150, 0.3
PRIOR_ROUNDS, PRIOR_DAMPING = 30, 10.0


@dataclass(frozen=True)
class RecipeHead:
    """Class probabilities ∝ prior · mean over the heads of softmax(weight · x + bias).

    Attributes:
        weight: (H, K, d) float32, the logits of each head scaled to equal confidence.
        bias: (H, K) float32.
        prior: (K,) float32, sums to 1; 0 for a class without labels.
    """

    weight: FloatArray
    bias: FloatArray
    prior: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) float32 probabilities for features x, (n, d)."""
        weight, bias = self.linear()
        return self.combine((features @ weight.T + bias).T).T

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Returns (H·K, d) weight and (H·K,) bias: what must be known of a pixel are these logits."""
        return self.weight.reshape(-1, self.weight.shape[2]), self.bias.ravel()

    def combine(self, logits: FloatArray) -> FloatArray:
        """Returns (K, …) probabilities from (H·K, …) logits."""
        per_head = logits.reshape(*self.bias.shape, *logits.shape[1:])
        per_head = per_head - per_head.max(axis=1, keepdims=True)
        np.exp(per_head, out=per_head)
        per_head /= per_head.sum(axis=1, keepdims=True)
        mixed = per_head.sum(axis=0)
        mixed *= self.prior.reshape(-1, *[1] * (mixed.ndim - 1))
        mixed /= mixed.sum(axis=0)
        result: FloatArray = mixed
        return result

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads ("recipe.weight", …)."""
        return {f"recipe.{name}": np.ascontiguousarray(getattr(self, name)) for name in ("weight", "bias", "prior")}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray]) -> RecipeHead:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(*(np.asarray(tensors[f"recipe.{name}"], np.float32) for name in ("weight", "bias", "prior")))


def fit_recipe(
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    unlabelled: FloatArray,
    num_classes: int,
    num_features: int = 0,
) -> RecipeHead:
    """Fits the classifier; the same input gives the same one.

    Args:
        features: (n, d) features x of the labelled pixels.
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        unlabelled: (m, d) features x of pixels drawn from the scenes to be mapped.
        num_classes: K.
        num_features: How many features there were before they became the d components given; the head is as if they
            were all there, those left out zero. 0: they are the features themselves.

    Raises:
        InputError: the pixels hold fewer than two classes, or features that are not finite.
    """
    require_classes(classes)
    require_finite(features)
    with threadpool_limits(1):  # of such small matrices, threads that wait for each other cost more than they bring
        return _fit_recipe(features, classes, polygons, unlabelled, num_classes, max(num_features, features.shape[1]))


def _fit_recipe(
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    unlabelled: FloatArray,
    num_classes: int,
    num_features: int,
) -> RecipeHead:
    present, index = np.unique(classes, return_inverse=True)
    weights = balanced_weights(index, polygons) / len(index)
    heads = _fit_both(features, index, weights, len(present), num_features)
    first = _mixture(_matched(heads, unlabelled), unlabelled)
    sure, sure_class = surest(first)
    if len(sure):
        own = balanced_weights(sure_class, np.arange(len(sure))) / len(sure)
        both = np.concatenate([features, unlabelled[sure]])
        both_weights = np.concatenate([(1 - SELF_WEIGHT) * weights, SELF_WEIGHT * own])
        heads = _fit_both(both, np.concatenate([index, sure_class]), both_weights, len(present), num_features)
    matched = _matched(heads, unlabelled)
    polygons_per_class = len(np.unique(polygons)) / len(present)
    prior = damped_prior(_mixture(matched, unlabelled), PRIOR_DAMPING / polygons_per_class)
    weight = np.zeros((len(matched), num_classes, features.shape[1]), np.float32)
    bias = np.full((len(matched), num_classes), ABSENT_LOGIT, np.float32)
    full_prior = np.zeros(num_classes, np.float32)
    for number, (w, b) in enumerate(matched):
        weight[number, present], bias[number, present] = w, b
    full_prior[present] = prior
    return RecipeHead(weight, bias, full_prior)


def fit_lda(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int, num_features: int
) -> tuple[FloatArray, FloatArray]:
    """Returns weight (K, d) and bias (K,) of linear discriminants, centred over the classes, which are equally likely.

    The covariance inside the classes is shrunk towards a multiple of the identity; every class counts by its weight.

    Args:
        features: (n, d).
        classes: (n,), every class 0…K-1 occurs.
        weights: (n,), sum to 1.
        num_classes: K.
        num_features: How many features share the variance that the shrinkage takes the mean of: d or more.
    """
    x = np.asarray(features, np.float64)
    members = np.zeros((num_classes, len(x)))
    members[classes, np.arange(len(x))] = weights
    means = members @ x / members.sum(axis=1, keepdims=True)
    residuals = (x - means[classes]) * np.sqrt(weights)[:, None]
    width = x.shape[1]
    spread = np.square(residuals).sum() / num_features
    floor = SHRINKAGE * spread + RIDGE
    if len(x) < width:  # (aI + bR'R)⁻¹M by the n × n matrix RR' (Woodbury)
        inner = np.eye(len(x)) * (floor / (1 - SHRINKAGE)) + residuals @ residuals.T
        weight = (means - np.linalg.solve(inner, residuals @ means.T).T @ residuals) / floor
    else:
        covariance = (1 - SHRINKAGE) * residuals.T @ residuals + floor * np.eye(width)
        weight = np.linalg.solve(covariance, means.T).T
    bias = -0.5 * (weight * means).sum(axis=1)
    return weight - weight.mean(axis=0), bias - bias.mean()


def fit_logistic(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int
) -> tuple[FloatArray, FloatArray]:
    """Returns weight (K, d) and bias (K,) that minimise the weighted loss + |weight|² / (2n).

    The weights lie in the space of the rows: with more features than pixels the problem is solved there, exactly.

    Args:
        features: (n, d).
        classes: (n,), every class 0…K-1 occurs.
        weights: (n,), sum to 1.
        num_classes: K.
    """
    x = np.asarray(features, np.float64)
    basis = None
    if len(x) < x.shape[1]:
        basis, upper = np.linalg.qr(x.T)
        x = upper.T
    weight, bias = fit_weighted(x, classes, weights * len(x), num_classes, LOGISTIC_C)
    return (weight if basis is None else weight @ basis.T), bias


def scale_to_confidence(logits: FloatArray, wanted: float = CONFIDENCE) -> float:
    """Returns the factor that makes the mean largest probability of logits (n, K) the wanted one.

    Where no factor does, since all pixels are alike, the largest or smallest of a wide range.
    """
    low, high = np.log(1e-4), np.log(1e6)
    centred = logits - logits.max(axis=1, keepdims=True)
    for _ in range(40):
        middle = (low + high) / 2
        sure = float(np.mean(1 / np.exp(centred * np.exp(middle)).sum(axis=1)))
        low, high = (middle, high) if sure < wanted else (low, middle)
    return float(np.exp((low + high) / 2))


def surest(probabilities: FloatArray) -> tuple[IntArray, IntArray]:
    """Returns the pixels that teach themselves, and their classes: of each predicted class the surest fifth.

    Args:
        probabilities: (n, K) of unlabelled pixels.
    """
    winner, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    chosen = []
    for number in range(probabilities.shape[1]):
        own = np.flatnonzero(winner == number)
        count = min(len(own), max(SELF_LEAST, min(SELF_MOST, round(SELF_SHARE * len(own)))))
        chosen.append(own[np.argsort(-sureness[own], kind="stable")[:count]])
    pixels = np.concatenate(chosen)
    return pixels, winner[pixels]


def damped_prior(probabilities: FloatArray, damping: float) -> FloatArray:
    """Returns (K,) class shares of unlabelled pixels, drawn towards equal ones.

    Expectation-maximisation after Saerens et al. 2002, doi:10.1162/089976602753284446, with `damping` times the weight
    of all pixels on equal shares.

    Args:
        probabilities: (n, K) under equal shares.
        damping: m in q = (mean(r) + m / K) / (1 + m).
    """
    count = probabilities.shape[1]
    shares: FloatArray = np.full(count, 1 / count)
    for _ in range(PRIOR_ROUNDS):
        responsibilities = probabilities * shares
        responsibilities = responsibilities / responsibilities.sum(axis=1, keepdims=True)
        shares = (responsibilities.mean(axis=0) + damping / count) / (1 + damping)
    return shares


def _fit_both(
    features: FloatArray, classes: IntArray, weights: FloatArray, num_classes: int, num_features: int
) -> list[tuple[FloatArray, FloatArray]]:
    return [
        fit_lda(features, classes, weights, num_classes, num_features),
        fit_logistic(features, classes, weights, num_classes),
    ]


def _matched(heads: list[tuple[FloatArray, FloatArray]], unlabelled: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Scales the logits of each head to equal confidence."""
    found = []
    for weight, bias in heads:
        factor = scale_to_confidence(unlabelled @ weight.T + bias)
        found.append((weight * factor, bias * factor))
    return found


def _mixture(heads: list[tuple[FloatArray, FloatArray]], features: FloatArray) -> FloatArray:
    mean: FloatArray = np.mean([softmax(features @ weight.T + bias, axis=1) for weight, bias in heads], axis=0)
    return mean
