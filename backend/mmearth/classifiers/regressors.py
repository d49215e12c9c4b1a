"""Estimates of a number (height, biomass, cover) from features, with a 90 % prediction interval.

Ridge regression and random forest, polygons equal in both. The interval comes from residuals of held-out polygons
(`calibrated`); the unit that counts is the polygon. Knows arrays; nothing of rasters, labels or folds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor
from threadpoolctl import threadpool_limits

from mmearth.classifiers.forest import MOST_DRAWS, TREES, Trees, flatten
from mmearth.classifiers.ridge import fit_ridge
from mmearth.errors import InputError
from mmearth.models.heads import require_finite

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

LEVEL = 0.9  # of the prediction interval
# With fewer polygons no finite interval holds in 90 of 100 cases, whatever the residuals: n / (n + 1) < 0.9.
LEAST_POLYGONS = 9
LEAF_PX = 3  # fewest pixels in a leaf: numbers of single pixels are noise
SPREAD_FLOOR = 0.1  # of the deviation of the targets, added to the deviation of the trees in squares


class Regressor(Protocol):
    """What few_shot trains on numbers and predict applies to features."""

    def estimates(self, features: FloatArray) -> FloatArray:
        """Returns (n, 3): value, low and high end of the interval, for (n, d) features.

        The interval is NaN where it cannot be known; before `calibrated` it is the spread that calibration starts from.
        """

    def calibrated(self, targets: FloatArray, estimates: FloatArray, polygons: IntArray) -> Regressor:
        """Returns the same regressor with an interval that holds for 90 % of new pixels; see `interval_width`.

        Args:
            targets: (n,) numbers.
            estimates: (n, 3) of regressors before `calibrated` that have not seen the polygon; NaN where there is none.
            polygons: (n,) polygon number, or number of the group that was held out together.
        """

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays that a file keeps; the class rebuilds itself from them by `from_tensors`."""


@dataclass(frozen=True)
class RidgeRegressor:
    """value = weight · x + bias, and an interval of one width everywhere.

    Attributes:
        weight: (1, d) float32.
        bias: (1,) float32.
        width: Half the interval, in units of the target; NaN where it cannot be known.
    """

    weight: FloatArray
    bias: FloatArray
    width: float

    def estimates(self, features: FloatArray) -> FloatArray:
        """Returns (n, 3); see `Regressor`."""
        return self.combine((features @ self.weight.T + self.bias).T).T

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Returns (1, d) weight and (1,) bias."""
        return self.weight, self.bias

    def combine(self, logits: FloatArray) -> FloatArray:
        """Returns (3, …) value, low, high from (1, …) values."""
        width = np.float32(self.width)
        return np.concatenate([logits, logits - width, logits + width])

    def calibrated(self, targets: FloatArray, estimates: FloatArray, polygons: IntArray) -> RidgeRegressor:
        """Returns the regressor with a width that is known; see `Regressor`."""
        return replace(self, width=interval_width(np.abs(targets - estimates[:, 0]), polygons))

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays under the names that `from_tensors` reads."""
        arrays = {"weight": self.weight, "bias": self.bias, "width": np.array([self.width])}
        return {f"ridge.{name}": np.ascontiguousarray(array) for name, array in arrays.items()}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> RidgeRegressor:
        """Rebuilds a regressor from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        return cls(tensors["ridge.weight"], tensors["ridge.bias"], float(tensors["ridge.width"][0]))


@dataclass(frozen=True)
class ForestRegressor:
    """The mean of all trees, and an interval as wide as the trees differ there.

    Attributes:
        trees: Their answers are (1,) values.
        floor: Added to the deviation of the trees, in squares; in units of the target.
        width: Half the interval as a multiple of the deviation; NaN where it cannot be known, 1 before `calibrated`.
    """

    trees: Trees
    floor: float
    width: float = 1.0

    def estimates(self, features: FloatArray) -> FloatArray:
        """Returns (n, 3); see `Regressor`."""
        found = np.empty((len(features), 3), np.float32)
        for part, answers in self.trees.answers(features):
            value = answers[..., 0].mean(axis=1)
            half = self.width * np.hypot(answers[..., 0].std(axis=1), self.floor)
            found[part] = np.stack([value, value - half, value + half], axis=1)
        return found

    def calibrated(self, targets: FloatArray, estimates: FloatArray, polygons: IntArray) -> ForestRegressor:
        """Returns the regressor with a width that is known; see `Regressor`."""
        value, low, high = estimates.T.astype(np.float64)
        return replace(self, width=interval_width(np.abs(targets - value) / ((high - low) / 2), polygons))

    def to_tensors(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays under the names that `from_tensors` reads."""
        return {**self.trees.to_tensors(), "forest.spread": np.array([self.floor, self.width])}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> ForestRegressor:
        """Rebuilds a regressor from `to_tensors`; other names are ignored.

        Raises:
            KeyError: an array is missing.
        """
        floor, width = (float(v) for v in tensors["forest.spread"])
        return cls(Trees.from_tensors(tensors), floor, width)


# Name of a regressor in a request and in model.json → what it is.
REGRESSOR_CLASSES: dict[str, type[Any]] = {
    "recipe": RidgeRegressor,
    "ridge": RidgeRegressor,
    "forest": ForestRegressor,
}


def fit_regressor(
    name: str, features: FloatArray, targets: FloatArray, polygons: IntArray, seed: int = 0
) -> RidgeRegressor | ForestRegressor:
    """Fits a regressor, every polygon equal; its interval is not known before `calibrated`.

    Args:
        name: "recipe" (ridge), "ridge" or "forest".
        features: (n, d) features x of the training pixels.
        targets: (n,) numbers.
        polygons: (n,) polygon number.
        seed: Of pixels and columns that trees draw.

    Raises:
        InputError: a classifier's name, equal or missing numbers, or features that are not finite.
    """
    if name not in REGRESSOR_CLASSES:
        raise InputError(
            f"'{name}' tells classes apart; it estimates no numbers.", "Choose recipe, ridge or forest for regression."
        )
    _require_numbers(targets)
    require_finite(features)
    weights = polygon_weights(polygons)
    deviation = float(np.sqrt(weights @ np.square(targets - weights @ targets)))
    with threadpool_limits(1):
        if REGRESSOR_CLASSES[name] is RidgeRegressor:
            weight, bias = fit_ridge(features, targets[:, None], weights)
            return RidgeRegressor(weight.astype(np.float32), bias.astype(np.float32), deviation)
        forest = RandomForestRegressor(
            TREES,
            max_features="sqrt",  # a third of them, as often told for regression, is no better here and slow
            min_samples_leaf=LEAF_PX,
            max_samples=min(len(targets), MOST_DRAWS),
            random_state=seed,
        )
        forest.fit(np.asarray(features, np.float32), targets, sample_weight=weights * len(weights))
    return ForestRegressor(flatten(forest.estimators_), SPREAD_FLOOR * deviation)


def interval_width(scores: FloatArray, polygons: IntArray) -> float:
    """Returns the score that 90 % of new pixels stay below; NaN with fewer than `LEAST_POLYGONS`.

    Split conformal prediction with the polygon as the unit: scores are pooled with equal weight for each polygon, and
    one further polygon, the new one, counts as infinitely far (Dunn et al. 2022, doi:10.1080/01621459.2022.2060112,
    pooled distribution functions).

    Args:
        scores: (n,) out-of-fold residuals, absolute, perhaps by a spread; NaN where nothing was held out.
        polygons: (n,) polygon number, or number of the group that was held out together.
    """
    known = np.isfinite(scores)
    count = len(np.unique(polygons[known]))
    if count < LEAST_POLYGONS:
        return float("nan")
    order = np.argsort(scores[known])
    reached = np.cumsum(polygon_weights(polygons[known])[order]) * count / (count + 1)
    at = int(np.searchsorted(reached, LEVEL - 1e-9))  # 9 of 10 are 90 %, whatever rounding says
    return float(scores[known][order][at])


def polygon_weights(polygons: IntArray) -> NDArray[np.float64]:
    """Returns (n,) weights that sum to 1: polygons equal, pixels equal inside a polygon."""
    numbers, polygon, counts = np.unique(polygons, return_inverse=True, return_counts=True)
    weights: NDArray[np.float64] = 1.0 / counts[polygon] / len(numbers)
    return weights


def _require_numbers(targets: FloatArray) -> None:
    bad = ~np.isfinite(targets)
    if bad.any():
        raise InputError(
            f"The label is no number at {bad.sum()} of {len(targets)} training pixels.",
            "Fill in the field for every polygon, or delete those without a number.",
        )
    if np.ptp(targets) == 0:
        raise InputError(
            f"All labels are {targets[0]:g}; a regression needs different numbers.",
            "Draw polygons where the number is smaller or larger.",
        )
