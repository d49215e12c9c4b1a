"""A small neural network as a classifier: trained by scikit-learn, kept as arrays. Knows arrays only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from mmearth.models.heads import ABSENT_LOGIT, balanced_weights

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

HIDDEN, PENALTY, STEPS = 64, 0.3, 200
MOST_DRAWS = 4000  # pixels drawn by weight to train on; never more than there are labelled
_NAMES = ("hidden_weight", "hidden_bias", "weight", "bias")


@dataclass(frozen=True)
class MlpHead:
    """Class probabilities = softmax(weight · relu(hidden_weight · x + hidden_bias) + bias).

    Attributes:
        hidden_weight: (h, d) float32.
        hidden_bias: (h,) float32.
        weight: (K, h) float32.
        bias: (K,) float32, `ABSENT_LOGIT` for a class without labels.
    """

    hidden_weight: FloatArray
    hidden_bias: FloatArray
    weight: FloatArray
    bias: FloatArray

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities for (n, d) features."""
        hidden = np.maximum(np.asarray(features, np.float32) @ self.hidden_weight.T + self.hidden_bias, 0)
        result: FloatArray = softmax(hidden @ self.weight.T + self.bias, axis=1)
        return result

    def to_tensors(self) -> dict[str, FloatArray]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {f"mlp.{name}": np.ascontiguousarray(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, FloatArray]) -> MlpHead:
        """Rebuilds a head from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(*(np.asarray(tensors[f"mlp.{name}"], np.float32) for name in _NAMES))


def fit_mlp(features: FloatArray, classes: IntArray, polygons: IntArray, num_classes: int, seed: int) -> MlpHead:
    """Trains the network on pixels drawn so that classes and polygons are equal.

    Args:
        features: (n, d).
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        seed: Of the pixels drawn and of the weights at the start.
    """
    drawn = draw_balanced(classes, polygons, min(len(classes), MOST_DRAWS), seed)
    # L-BFGS: no learning rate to set, and few pixels. It stops after `STEPS` whether converged or not.
    network = MLPClassifier((HIDDEN,), solver="lbfgs", alpha=PENALTY, max_iter=STEPS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(features[drawn], classes[drawn])
    return _as_arrays(network, num_classes)


def _as_arrays(network: MLPClassifier, num_classes: int) -> MlpHead:
    (hidden, out), (hidden_bias, out_bias) = network.coefs_, network.intercepts_
    if len(out_bias) == 1:  # of two classes scikit-learn keeps the difference of the logits
        out, out_bias = np.concatenate([0 * out, out], axis=1), np.concatenate([0 * out_bias, out_bias])
    weight = np.zeros((num_classes, len(out)), np.float32)
    bias = np.full(num_classes, ABSENT_LOGIT, np.float32)
    weight[network.classes_], bias[network.classes_] = out.T, out_bias
    return MlpHead(hidden.T.astype(np.float32), hidden_bias.astype(np.float32), weight, bias)


def draw_balanced(classes: IntArray, polygons: IntArray, count: int, seed: int) -> IntArray:
    """Returns (count,) pixels drawn by `balanced_weights`, each as often as expected, but for less than one.

    Systematic resampling: a comb of `count` teeth over the cumulated weights of the pixels, shuffled class by class.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    cumulated = np.cumsum(balanced_weights(classes, polygons)[order])
    teeth = (np.arange(count) + rng.random()) * (cumulated[-1] / count)
    drawn: IntArray = order[np.searchsorted(cumulated, teeth, side="right").clip(max=len(order) - 1)]
    return drawn
