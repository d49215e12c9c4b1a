"""Few-shot classification: the head that the map uses, and its scores on held-out polygons beside simpler ways.

Knows training samples; nothing of files or reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmearth.classifiers.by_name import fit_classifier
from mmearth.labels.negatives import fit_with_negatives
from mmearth.mapping.few_shot_training import FloatArray, IntArray, Training
from mmearth.models.heads import BANDS_C, Head, fit_linear_head
from mmearth.progress import Report
from mmearth.validation.cross_validation import Classifier, Fit, Validation, cross_validate, fit_majority
from mmearth.validation.learning_curve import DRAWS, LearningCurve, learning_curve

FOLDS = 5
SLOW = ("forest", "mlp")  # one draw of each size must do for their learning curve
LEARNING_PX = 30  # of a polygon, for the learning curve: it counts polygons, and takes thirty fits
# Scores in the result of each task; those of the other one are None.
CLASS_KEYS = ("macro_f1", "interval", "raw_bands_macro_f1", "majority_macro_f1", "ece", "learning_curve")
REGRESSION_KEYS = ("r2", "rmse", "mae", "bias", "coverage", "raw_bands_rmse", "mean_rmse", "target_min", "target_max")
VALIDATING, LEARNING = "Validating on held-out polygons", "Training on fewer polygons"


@dataclass(frozen=True)
class ClassScores:
    """Scores on the same held-out polygons.

    Attributes:
        model: Of the head that the map uses.
        raw_bands: Of logistic regression on the bands alone; None where there are none.
        majority: Of always predicting the class with most polygons.
        learning: What fewer polygons would have scored.
    """

    model: Validation
    raw_bands: Validation | None
    majority: Validation
    learning: LearningCurve


def fitting(training: Training, name: str, seed: int) -> Callable[[FloatArray, IntArray, IntArray], Head]:
    """Returns what fits a head to labelled pixels: with negatives, but for those beside polygons that are held out."""
    count = len(training.labels.classes)

    def fit(features: FloatArray, classes: IntArray, polygons: IntArray) -> Head:
        return fit_classifier(name, features, classes, polygons, training.samples.unlabelled, count, seed)

    def fit_all(features: FloatArray, classes: IntArray, polygons: IntArray) -> Head:
        return fit_with_negatives(fit, features, classes, polygons, training.negatives.beside(polygons))

    return fit_all


def score_classes(training: Training, name: str, seed: int, report: Report) -> ClassScores:
    """Cross-validates the head, a linear one on raw bands if there are any, and the majority class on equal folds.

    Every fold fits its own classifier; features and the pixels without labels stay the same, as they need no labels.

    Args:
        training: What a head is trained on.
        name: One of `protocol.HEADS`.
        seed: Of the folds and of what is drawn.
        report: Told before every fit; cancels between them.
    """
    samples, count = training.samples, len(training.labels.classes)
    names = [info.name for info in training.labels.classes]
    raw = training.raw_bands()
    methods = 2 if raw is None else 3
    done = 0

    def validate(features: FloatArray, fit: Fit) -> Validation:
        nonlocal done
        report.progress(VALIDATING, done, methods)
        done += 1

        def checked(x: FloatArray, y: IntArray, p: IntArray) -> Classifier:
            report.check()
            return fit(x, y, p)

        return cross_validate(
            features,
            training.classes,
            samples.polygons,
            count,
            checked,
            num_folds=FOLDS,
            seed=seed,
            names=names,
            groups=training.pixel_groups,
        )

    fit = fitting(training, name, seed)
    model = validate(samples.labelled, fit)
    raw_bands = None
    if raw is not None:
        labelled, drawn = raw
        spread = drawn.mean(axis=0), drawn.std(axis=0)
        raw_bands = validate(labelled, lambda x, y, p: fit_linear_head(x, y, p, count, BANDS_C, spread))
    majority = validate(samples.labelled, fit_majority(count))
    report.progress(VALIDATING, methods, methods)
    kept = _thinned(samples.polygons, seed)
    learning = learning_curve(
        samples.labelled[kept],
        training.classes[kept],
        samples.polygons[kept],
        count,
        fit,
        groups=training.pixel_groups[kept],
        draws=1 if name in SLOW else DRAWS,
        seed=seed,
        check=lambda number, total: report.progress(LEARNING, number, total),
    )
    return ClassScores(model, raw_bands, majority, learning)


def class_result(scores: ClassScores, no_raw_bands: str) -> dict[str, Any]:
    """Returns the scores as the verb reports them and the model file keeps them."""
    model, raw_bands = scores.model, scores.raw_bands
    return {
        "macro_f1": model.macro_f1,
        "interval": None if model.macro_f1_interval is None else list(model.macro_f1_interval),
        "raw_bands_macro_f1": None if raw_bands is None else raw_bands.macro_f1,
        "raw_bands_reason": no_raw_bands,
        "majority_macro_f1": scores.majority.macro_f1,
        "reason": model.reason,
        "temperature": model.temperature,
        "ece": None if model.ece is None else list(model.ece),
        "learning_curve": scores.learning.to_json(),
        **dict.fromkeys(REGRESSION_KEYS),
    }


def _thinned(polygons: IntArray, seed: int) -> IntArray:
    """Returns which pixels are kept: at most `LEARNING_PX` of each polygon, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(polygons))
    _, polygon, counts = np.unique(polygons[order], return_inverse=True, return_counts=True)
    grouped = np.argsort(polygon, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[grouped] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[rank < LEARNING_PX])
