"""Few-shot regression: the head that the map uses, and its scores on held-out polygons beside simpler ways.

Knows training samples; nothing of files or reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmearth.classifiers.regressors import Regressor, fit_regressor
from mmearth.mapping.few_shot_classes import CLASS_KEYS, FOLDS, VALIDATING
from mmearth.mapping.few_shot_training import FloatArray, IntArray, Training
from mmearth.progress import Report
from mmearth.validation.regression_validation import FitRegressor, RegressionValidation, validate_regression

BASELINE = "ridge"


@dataclass(frozen=True)
class NumberScores:
    """Scores on the same held-out polygons; the mean of the training polygons is scored in each of them.

    Attributes:
        model: Of the head that the map uses.
        raw_bands: Of ridge regression on the bands alone; None where there are none.
    """

    model: RegressionValidation
    raw_bands: RegressionValidation | None


def fit_numbers(training: Training, name: str, scores: NumberScores, seed: int) -> Regressor:
    """Fits the regression to all polygons; its interval is as wide as the errors of held-out polygons ask for."""
    samples = training.samples
    head = fit_regressor(name, samples.labelled, training.targets, samples.polygons, seed)
    return head.calibrated(training.targets, scores.model.estimates, training.pixel_groups)


def score_numbers(training: Training, name: str, seed: int, report: Report) -> NumberScores:
    """Cross-validates the regression, and ridge regression on raw bands if there are any, on equal folds.

    Args:
        training: What a head is trained on.
        name: "recipe", "ridge" or "forest".
        seed: Of the folds and of what is drawn.
        report: Told before every method; cancels between fits.

    Raises:
        InputError: the head tells classes apart, or all numbers are equal.
    """
    raw = training.raw_bands()
    methods = 1 if raw is None else 2

    def validate(features: FloatArray, kind: str) -> RegressionValidation:
        return validate_regression(
            features,
            training.targets,
            training.samples.polygons,
            _fitting(kind, seed, report),
            groups=training.pixel_groups,
            num_folds=FOLDS,
            seed=seed,
        )

    report.progress(VALIDATING, 0, methods)
    model = validate(training.samples.labelled, name)
    raw_bands = None
    if raw is not None:
        report.progress(VALIDATING, 1, methods)
        labelled, drawn = raw
        spread = np.maximum(drawn.std(axis=0), 1e-6) * np.sqrt(drawn.shape[1])  # about unit length, as x has
        raw_bands = validate((labelled - drawn.mean(axis=0)) / spread, BASELINE)
    report.progress(VALIDATING, methods, methods)
    return NumberScores(model, raw_bands)


def number_result(training: Training, scores: NumberScores, no_raw_bands: str) -> dict[str, Any]:
    """Returns the scores as the verb reports them and the model file keeps them."""
    model, raw_bands = scores.model, scores.raw_bands
    return {
        **{name: getattr(model, name) for name in ("r2", "rmse", "mae", "bias", "coverage")},
        "raw_bands_rmse": None if raw_bands is None else raw_bands.rmse,
        "raw_bands_reason": no_raw_bands,
        "mean_rmse": model.mean_rmse,
        "target_min": float(training.targets.min()),
        "target_max": float(training.targets.max()),
        "reason": model.reason,
        "temperature": 1.0,
        **dict.fromkeys(CLASS_KEYS),
    }


def _fitting(name: str, seed: int, report: Report) -> FitRegressor:
    def fit(features: FloatArray, targets: FloatArray, polygons: IntArray) -> Regressor:
        report.check()
        return fit_regressor(name, features, targets, polygons, seed)

    return fit
