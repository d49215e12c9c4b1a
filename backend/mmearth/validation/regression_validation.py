"""Cross-validation of a regression: polygons are the samples, each with one value and the mean of its estimates.

Knows arrays only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mmearth.validation.cross_validation import FloatArray, IntArray, Interval, percentile_interval
from mmearth.validation.folds import group_folds

FOLDS = 5
FEWEST_GROUPS = 5  # of fewer, no score is told
NOMINAL_COVERAGE = 0.9
METRICS = ("r2", "rmse", "mae", "bias", "coverage")
_BOOTSTRAP_DRAWS = 1000


class Regressor(Protocol):
    """What a `fit` function returns."""

    def estimates(self, features: FloatArray) -> FloatArray:
        """Returns (n, 3): value, low and high end of the 90 % interval."""

    def calibrated(self, targets: FloatArray, estimates: FloatArray, polygons: IntArray) -> Regressor:
        """Returns the same regression with an interval as wide as held-out estimates (n, 3) of (n,) targets ask for.

        `polygons` are (n,) numbers of what was held out together; of too few, the interval is NaN.
        """


FitRegressor = Callable[[FloatArray, FloatArray, IntArray], Regressor]


@dataclass(frozen=True)
class RegressionValidation:
    """Out-of-fold results; a number that cannot be known is None, and `reason` says why.

    Attributes:
        r2: Share of the variance of the polygons' values that is explained; below 0 where their mean does better.
        rmse, mae, bias: Of estimate minus value, in the units of the values.
        coverage: Share of pixels, polygons equal, whose 90 % interval holds the value of their polygon; the interval
            was set without the fold that it is judged on. None where the polygons are too few for an interval.
        intervals: By name of these five, 95 %, bootstrap over polygons (over groups where these are held out together).
        mean_rmse, mean_mae: Of always telling the mean of the training polygons, same folds.
        polygons, pixels, num_folds, seed: Counts; 0 folds when nothing could be held out.
        reason: Why the scores are None; else empty.
        estimates: (n, 3) out-of-fold value, low and high of each pixel, with the interval as the regression was fitted;
            NaN where nothing was held out.
        values: (P,) value of each polygon.
        polygon_estimates: (P, 3) mean estimate, low and high of each polygon, the interval set as for `coverage`; NaN
            where it is not known.
    """

    r2: float | None
    rmse: float | None
    mae: float | None
    bias: float | None
    coverage: float | None
    intervals: dict[str, Interval | None]
    mean_rmse: float | None
    mean_mae: float | None
    polygons: int
    pixels: int
    num_folds: int
    seed: int
    reason: str
    estimates: FloatArray
    values: FloatArray
    polygon_estimates: FloatArray

    def to_json(self) -> dict[str, Any]:
        """Returns the figures as JSON values, without the arrays."""
        return {
            **{name: getattr(self, name) for name in METRICS},
            **{f"{name}_interval_95": self.intervals[name] for name in METRICS},
            "mean_rmse": self.mean_rmse,
            "mean_mae": self.mean_mae,
            "polygons": self.polygons,
            "pixels": self.pixels,
            "folds": self.num_folds,
            "seed": self.seed,
            "reason": self.reason,
        }


def validate_regression(
    features: FloatArray,
    targets: FloatArray,
    polygons: IntArray,
    fit: FitRegressor,
    *,
    groups: IntArray | None = None,
    num_folds: int = FOLDS,
    seed: int = 0,
) -> RegressionValidation:
    """Scores `fit` on polygons that it has not seen.

    Args:
        features: (n, D).
        targets: (n,) value of the pixel's polygon.
        polygons: (n,) polygon number.
        fit: Called with features, targets and polygons of the training pixels of each fold.
        groups: (n,) number of the block that a pixel's polygon lies in: polygons of a block are held out together.
            None: each polygon by itself.
        num_folds: At most this many folds.
        seed: Seed of folds and bootstrap.
    """
    targets, polygons = np.asarray(targets, np.float64), np.asarray(polygons)
    groups = polygons if groups is None else np.asarray(groups)
    _, first, polygon = np.unique(polygons, return_index=True, return_inverse=True)
    values = targets[first]
    reason = _reason(values, groups[first])
    if reason:
        return _unknown(values, len(targets), seed, reason)
    folds = group_folds(groups, polygons, num_folds, seed)
    estimates, judged = np.empty((2, len(targets), 3))
    means = np.empty(len(values))
    regressors = {}
    for fold in np.unique(folds):
        test = folds == fold
        regressors[fold] = fit(features[~test], targets[~test], polygons[~test])
        estimates[test] = regressors[fold].estimates(features[test])
        means[folds[first] == fold] = values[folds[first] != fold].mean()
    for fold, regressor in regressors.items():
        test = folds == fold
        wide = regressor.calibrated(targets[~test], estimates[~test], groups[~test])
        judged[test] = wide.estimates(features[test])
    inside = ((judged[:, 1] <= targets) & (targets <= judged[:, 2])).astype(float)
    inside[np.isnan(judged).any(axis=1)] = np.nan
    held = _polygon_means(np.column_stack([judged, inside]), polygon)
    rows = np.column_stack([values, held[:, 0], held[:, 3]])
    scores = _scores(rows, np.ones((1, len(rows))))
    drawn = _scores(rows, _drawn_counts(groups[first], seed))
    errors = means - values
    return RegressionValidation(
        **{name: float(scores[name][0]) if np.isfinite(scores[name][0]) else None for name in METRICS},
        intervals={name: _interval(drawn[name]) for name in METRICS},
        mean_rmse=float(np.sqrt((errors**2).mean())),
        mean_mae=float(np.abs(errors).mean()),
        polygons=len(values),
        pixels=len(targets),
        num_folds=len(regressors),
        seed=seed,
        reason="",
        estimates=estimates,
        values=values,
        polygon_estimates=held[:, :3],
    )


def _scores(rows: FloatArray, counts: FloatArray) -> dict[str, FloatArray]:
    """Returns (draws,) scores by name.

    Args:
        rows: (P, 3) value, estimate and coverage of each polygon.
        counts: (draws, P) how often each polygon counts.
    """
    value, estimate, covered = rows.T
    share = counts / counts.sum(axis=1, keepdims=True)
    error = estimate - value
    mean = (share * value).sum(axis=1, keepdims=True)
    spread = (share * (value - mean) ** 2).sum(axis=1)
    squared = (share * error**2).sum(axis=1)
    return {
        "r2": 1.0 - np.divide(squared, spread, out=np.full_like(spread, np.nan), where=spread > 0),
        "rmse": np.sqrt(squared),
        "mae": (share * np.abs(error)).sum(axis=1),
        "bias": (share * error).sum(axis=1),
        "coverage": (share * covered).sum(axis=1),
    }


def _interval(drawn: FloatArray) -> Interval | None:
    """Returns the interval of draws; those of polygons of one value have no R² and are passed over."""
    finite = drawn[np.isfinite(drawn)]
    return percentile_interval(finite) if len(finite) else None


def _drawn_counts(groups: IntArray, seed: int) -> NDArray[np.float64]:
    """Returns (draws, P) how often each polygon is drawn when groups are drawn with replacement."""
    numbers, group = np.unique(groups, return_inverse=True)
    shares = np.full(len(numbers), 1 / len(numbers))
    drawn = np.random.default_rng(seed).multinomial(len(numbers), shares, size=_BOOTSTRAP_DRAWS)
    counts: NDArray[np.float64] = drawn[:, group].astype(np.float64)
    return counts


def _polygon_means(rows: FloatArray, polygon: IntArray) -> NDArray[np.float64]:
    """Returns (P, c) means of (n, c) rows by polygon index."""
    sums = np.stack([np.bincount(polygon, column) for column in rows.T], axis=1)
    means: NDArray[np.float64] = sums / np.bincount(polygon)[:, None]
    return means


def _reason(values: FloatArray, groups: IntArray) -> str:
    num_groups = len(np.unique(groups))
    if num_groups < FEWEST_GROUPS:
        what = "polygons" if num_groups == len(values) else "blocks of neighbouring polygons"
        apart = "" if num_groups == len(values) else ", far from each other"
        return f"there are {num_groups} {what}; draw at least {FEWEST_GROUPS} (30 are better){apart}"
    if np.ptp(values) == 0:
        return f"all polygons have the same value, {values[0]:g}; draw some with other values"
    return ""


def _unknown(values: FloatArray, pixels: int, seed: int, reason: str) -> RegressionValidation:
    nothing: dict[str, Any] = dict.fromkeys((*METRICS, "mean_rmse", "mean_mae"))
    return RegressionValidation(
        **nothing,
        intervals=dict.fromkeys(METRICS),
        polygons=len(values),
        pixels=pixels,
        num_folds=0,
        seed=seed,
        reason=reason,
        estimates=np.full((pixels, 3), np.nan),
        values=values,
        polygon_estimates=np.full((len(values), 3), np.nan),
    )
