"""Calibrated probabilities: one temperature fitted on held-out polygons, and how far probabilities are from the truth.

Guo et al. 2017, arXiv:1706.04599. Knows arrays only. Weights count samples: those of the pixels of a polygon sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

BINS = 10
COOLEST, HOTTEST = 0.2, 10.0
# A temperature is taken to be within a factor of 2 of 1 unless the polygons say otherwise: where all of a few of them
# are right, likelihood alone would make every probability 1.
PRIOR_SPREAD = float(np.log(2))
_LEAST = 1e-7  # a probability that counts as 0: one sample must not weigh without limit
FEWEST_POLYGONS = 8  # held out; of fewer nothing is fitted


@dataclass(frozen=True)
class Reliability:
    """How often the most probable class is right where it is given about equal probability; only bins that hold any.

    Attributes:
        confidence: (B,) mean largest probability.
        accuracy: (B,) share that is right.
        share: (B,) of all samples; sums to 1.
    """

    confidence: FloatArray
    accuracy: FloatArray
    share: FloatArray

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy over the bins."""
        return float(np.abs(self.confidence - self.accuracy) @ self.share)

    def to_json(self) -> dict[str, list[float]]:
        """Returns the bins as lists."""
        return {name: [round(float(v), 6) for v in getattr(self, name)] for name in ("confidence", "accuracy", "share")}


@dataclass(frozen=True)
class TemperatureFit:
    """A temperature and what it does to polygons that it was not fitted on.

    Attributes:
        temperature: Fitted on all held-out polygons; 1 where nothing was fitted.
        before: Of the probabilities as they came; None where nothing was fitted.
        after: With temperatures that were fitted without the fold that they are applied to.
        reason: Why nothing was fitted; else empty.
    """

    temperature: float
    before: Reliability | None
    after: Reliability | None
    reason: str

    @property
    def ece(self) -> tuple[float, float] | None:
        """Expected calibration error without and with a temperature that never saw the samples it is judged on."""
        return None if self.before is None or self.after is None else (self.before.error, self.after.error)

    def to_json(self) -> dict[str, Any]:
        """Returns the figures as JSON values."""
        before, after = self.ece or (None, None)
        return {
            "temperature": self.temperature,
            "ece_before": before,
            "ece_after": after,
            "reliability_before": None if self.before is None else self.before.to_json(),
            "reliability_after": None if self.after is None else self.after.to_json(),
            "reason": self.reason,
        }


def fit_temperature(probabilities: FloatArray, classes: IntArray, weights: FloatArray) -> float:
    """Returns the temperature with the largest posterior likelihood; above 1 softens probabilities.

    Args:
        probabilities: (n, K), held out.
        classes: (n,) class index.
        weights: (n,) of the samples; their sum is the number of independent ones, which the prior is weighed against.
    """
    logits = np.log(np.maximum(probabilities, _LEAST))
    logits -= logits.max(axis=1, keepdims=True)
    own = np.take_along_axis(logits, np.asarray(classes)[:, None], axis=1)[:, 0]

    def loss(log_temperature: float) -> float:
        scale = float(np.exp(-log_temperature))
        likelihood = weights @ (own * scale - np.log(np.exp(logits * scale).sum(axis=1)))
        return float(0.5 * (log_temperature / PRIOR_SPREAD) ** 2 - likelihood)

    bounds = float(np.log(COOLEST)), float(np.log(HOTTEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-3}).x))


def apply_temperature(probabilities: FloatArray, temperature: float, axis: int) -> FloatArray:
    """Returns probabilities ∝ p^(1 / temperature); the order of classes stays, and 0 stays 0.

    Args:
        probabilities: Of any shape.
        temperature: Positive; 1 changes nothing.
        axis: Of the classes.
    """
    if temperature == 1.0:
        return probabilities
    scaled: FloatArray = probabilities / probabilities.max(axis=axis, keepdims=True)
    np.power(scaled, 1.0 / temperature, out=scaled)
    scaled /= scaled.sum(axis=axis, keepdims=True)
    return scaled


def reliability(probabilities: FloatArray, classes: IntArray, weights: FloatArray) -> Reliability:
    """Returns the reliability diagram of (n, K) probabilities for (n,) classes, in `BINS` bins of equal width."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == classes
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    mass = np.bincount(bins, weights, BINS)
    held = mass > 0
    sums = [np.bincount(bins, weights * values, BINS)[held] / mass[held] for values in (confidence, right)]
    return Reliability(sums[0], sums[1], mass[held] / mass.sum())


def expected_calibration_error(probabilities: FloatArray, classes: IntArray, weights: FloatArray) -> float:
    """Returns the mean distance of probability and share of right ones, `BINS` bins; 0 is perfectly calibrated."""
    return reliability(probabilities, classes, weights).error


def calibrate_held_out(
    probabilities: FloatArray, classes: IntArray, polygons: IntArray, folds: IntArray
) -> TemperatureFit:
    """Fits a temperature to out-of-fold probabilities and measures it where it was not fitted.

    Args:
        probabilities: (n, K), each from a model that has not seen the pixel's polygon.
        classes: (n,) class index.
        polygons: (n,) polygon number; polygons weigh the same.
        folds: (n,) fold of each pixel.
    """
    _, polygon, pixels = np.unique(polygons, return_inverse=True, return_counts=True)
    if len(pixels) < FEWEST_POLYGONS:
        return TemperatureFit(
            1.0, None, None, f"{len(pixels)} polygons could be held out; at least {FEWEST_POLYGONS} are wanted"
        )
    weights = 1.0 / pixels[polygon]
    corrected = np.empty_like(probabilities)
    for fold in np.unique(folds):
        own, others = folds == fold, folds != fold
        temperature = fit_temperature(probabilities[others], classes[others], weights[others])
        corrected[own] = apply_temperature(probabilities[own], temperature, axis=1)
    return TemperatureFit(
        fit_temperature(probabilities, classes, weights),
        reliability(probabilities, classes, weights),
        reliability(corrected, classes, weights),
        "",
    )
