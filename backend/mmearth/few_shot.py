"""The verb `few_shot`: a handful of labelled polygons become a model file and a report that can be believed."""

import time
from typing import Any

import numpy as np

from mmearth import protocol
from mmearth.classifiers.regressors import Regressor
from mmearth.labels.label_problems import shortened
from mmearth.labels.label_values import CLASSES
from mmearth.mapping.few_shot_classes import class_result, fitting, score_classes
from mmearth.mapping.few_shot_model import model_of
from mmearth.mapping.few_shot_numbers import fit_numbers, number_result, score_numbers
from mmearth.mapping.few_shot_training import collect_training
from mmearth.mapping.model_file import check_model_path, save_model
from mmearth.mapping.pixel_source import PixelSources
from mmearth.models.heads import Head
from mmearth.progress import Report
from mmearth.reports.few_shot_report import no_raw_bands, write_class_report, write_number_report
from mmearth.weights.checkpoints import load_weights


def run(request: protocol.FewShotRequest, report: Report) -> dict[str, Any]:
    """Trains on the labelled pixels of one or more scenes and validates on held-out polygons, or blocks of them.

    The scenes are spectral, and an encoder makes their features, or they are embeddings, whose channels are features.

    Args:
        request: See `protocol.FewShotRequest`.
        report: Told after every tile and fit; cancels between layers.

    Returns:
        model, report, task ("classes" or "regression"), task_reason, head, classes (value, name, color and, where it is
        known, f1; none of a regression), polygons, pixels, folds ("polygon" or "block"), folds_reason, problems,
        mapping, units, precomputed, warnings, seconds.
        Of classes: macro_f1 (None where it cannot be known; `reason` says why), interval, raw_bands_macro_f1 (None with
        embeddings, too; raw_bands_reason says so), majority_macro_f1, temperature, ece (before and after it),
        learning_curve. Of a regression: r2, rmse, mae, bias, coverage, raw_bands_rmse, mean_rmse, target_min,
        target_max. The keys of the other task are None.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
        CheckpointError: the weights do not load.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    check_model_path(request.model)
    load = (lambda: load_weights(request.weights)) if request.encoder else None
    sources = PixelSources(
        request.bands, request.units, load, request.device, report.check, request.layers, precision=request.precision
    )
    training = collect_training(request, sources, report)
    labels, samples = training.labels, training.samples
    if request.task == "auto" and labels.task != CLASSES:
        report.log(f"Regression, as {labels.task_reason}.")
    report.log(training.groups.reason)
    for note in training.notes:
        report.log(note, "warning")
    head: Head | Regressor
    if labels.task == CLASSES:
        class_scores = score_classes(training, request.head, request.seed, report)
        report.progress("Training", 0, 1)
        head = fitting(training, request.head, request.seed)(samples.labelled, training.classes, samples.polygons)
        scores, f1 = class_result(class_scores, no_raw_bands(training)), class_scores.model.f1
        report_path = write_class_report(request, sources, training, class_scores)
    else:
        number_scores = score_numbers(training, request.head, request.seed, report)
        report.progress("Training", 0, 1)
        head = fit_numbers(training, request.head, number_scores, request.seed)
        scores, f1 = number_result(training, number_scores, no_raw_bands(training)), ()
        report_path = write_number_report(request, sources, training, number_scores)
    weights = sources.weights if training.embedding is None else None
    precision = sources.precision if weights is not None else ""
    save_model(request.model, model_of(training, weights, request.weights, head, scores, precision))
    report.progress("Training", 1, 1)
    return {
        "model": request.model,
        "report": report_path,
        "task": labels.task,
        "task_reason": labels.task_reason,
        "head": request.head,
        "classes": [
            {"value": c.value, "name": c.name, "color": c.color, "f1": score}
            for c, score in zip(labels.classes, f1, strict=True)
        ],
        "polygons": len(np.unique(samples.polygons)),
        "pixels": len(samples.polygons),
        "folds": training.groups.kind,
        "folds_reason": training.groups.reason,
        "problems": [problem.to_json() for problem in shortened(training.problems)],
        **scores,
        **training.reading,
        "warnings": training.notes,
        "seconds": round(time.monotonic() - started_s, 2),
    }
