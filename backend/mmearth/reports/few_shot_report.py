"""Turns what a few-shot training found into the report: how it was made, in words, and the scores.

Knows training samples and scores; writes nothing but the report.
"""

from __future__ import annotations

from pathlib import Path

from mmearth import protocol
from mmearth.labels.label_values import CLASSES
from mmearth.mapping.code_scores import channels_alone
from mmearth.mapping.few_shot_classes import ClassScores
from mmearth.mapping.few_shot_numbers import NumberScores
from mmearth.mapping.few_shot_training import MAX_PIXELS_PER_POLYGON, Training
from mmearth.mapping.pixel_source import PixelSources
from mmearth.mapping.recipe_features import ENCODER_WIDTHS, WIDTHS
from mmearth.models.heads import BANDS_C
from mmearth.reports.class_report import ReportContent, write_report
from mmearth.reports.regression_report import RegressionContent, write_regression_report

NO_RAW_BANDS = "'{name}' is an embedding; the bands that it was made from are not in it"
RECIPE = (
    "mean of shrinkage LDA and logistic regression at equal confidence, self-trained once on {pixels:,} pixels of the "
    "scenes, class shares estimated with damping"
)
RANDOM = "{count} random features of {of} over {widths} pixels"
CLASSIFIERS = {
    "recipe": "Few-shot recipe",
    "prototype": "Nearest prototype",
    "knn": "Nearest neighbours",
    "ridge": "Ridge classifier",
    "logistic": "Logistic regression",
    "forest": "Random forest",
    "mlp": "Small neural network",
}
REGRESSIONS = {"recipe": "Ridge regression", "ridge": "Ridge regression", "forest": "Random forest"}


def no_raw_bands(training: Training) -> str:
    """Returns why raw bands cannot be compared with; empty where they can."""
    return "" if training.embedding is None else NO_RAW_BANDS.format(name=training.scenes[0])


def write_class_report(
    request: protocol.FewShotRequest, sources: PixelSources, training: Training, scores: ClassScores
) -> str:
    """Writes the report of a classification; returns the path of its page.

    Raises:
        ResourceError: the folder cannot be written.
    """
    method = CLASSIFIERS[request.head]
    classifier = method
    if request.head == "recipe":
        classifier = f"few-shot recipe: {RECIPE.format(pixels=len(training.samples.unlabelled))}"
    if training.embedding is None:
        classifier += f"; raw bands alone: logistic regression, C = {BANDS_C:g}"
    content = ReportContent(
        classes=training.labels.classes,
        embedding=scores.model,
        bands=scores.raw_bands,
        majority=scores.majority,
        facts=_facts(request, sources, training, classifier, scores.model.num_folds),
        notes=tuple(training.notes),
        no_bands=no_raw_bands(training),
        learning=scores.learning,
        folds_reason=training.groups.reason,
        method=method,
    )
    return str(write_report(_folder(request), content))


def write_number_report(
    request: protocol.FewShotRequest, sources: PixelSources, training: Training, scores: NumberScores
) -> str:
    """Writes the report of a regression; returns the path of its page.

    Raises:
        ResourceError: the folder cannot be written.
    """
    method = REGRESSIONS[request.head]
    told = method if training.embedding is not None else f"{method}; raw bands alone: ridge regression"
    content = RegressionContent(
        name=training.labels.field,
        validation=scores.model,
        bands=scores.raw_bands,
        facts=_facts(request, sources, training, told, scores.model.num_folds),
        notes=tuple(training.notes),
        no_bands=no_raw_bands(training),
        folds_reason=training.groups.reason,
        method=method,
    )
    return str(write_regression_report(_folder(request), content))


def _folder(request: protocol.FewShotRequest) -> str:
    model = Path(request.model)
    return request.report or str(model.with_name(f"{model.stem}_report"))


def _facts(
    request: protocol.FewShotRequest, sources: PixelSources, training: Training, head: str, num_folds: int
) -> tuple[tuple[str, str], ...]:
    labels, reading, embedding = training.labels, training.reading, training.embedding
    random = RANDOM.format(
        count=training.samples.features.random.num_random,
        of="them" if embedding is None else "these",
        widths=_widths(WIDTHS),
    )
    kind = "Classifier" if labels.task == CLASSES else "Regression"
    facts = [
        ("Scenes", ", ".join(training.scenes)),
        ("Labels", f"{Path(request.labels).name}, field {labels.field}"),
        ("Task", f"{labels.task}, {'as ' if labels.task_reason != 'as chosen' else ''}{labels.task_reason}"),
    ]
    if request.ignore:
        facts.append(("Ignored", f"{', '.join(request.ignore)} ({len(labels.ignored)} polygons)"))
    if len(training.negatives.classes):
        facts.append(("Negatives", f"{int(labels.negative.sum())} polygons that say what a place is not"))
    if training.layers:
        facts.append(("Extra layers", ", ".join(training.layers)))
    if embedding is None:
        weights = sources.weights
        encoder = "" if weights is None else f"; encoder stages 0 and 1 over {_widths(ENCODER_WIDTHS)} pixels"
        mapping = ", ".join(f"{name} = band {index}" for name, index in reading["mapping"].items())
        facts += [
            ("Bands", f"{mapping} (by {reading['mapping_how']})"),
            ("Units", f"{reading['units_label']} ({reading['units_how']})"),
            ("Weights", "no encoder" if weights is None else f"{weights.name}, sha256 {weights.sha256}"),
            ("Features", f"bands and indices; {random}{encoder}"),
            (kind, head),
        ]
    else:
        facts += [
            ("Embedding", f"{embedding.title} ({embedding.storage})"),
            *((key.replace("_", " ").capitalize(), value) for key, value in embedding.spoken_details().items()),
            (
                "Features",
                "the channels of the embedding"
                if channels_alone(training.samples.features)
                else f"the channels of the embedding, also over {_widths(ENCODER_WIDTHS)} pixels; {random}",
            ),
            (kind, f"{head}; no encoder was run"),
        ]
    balance = "every class and polygon weighs the same" if labels.task == CLASSES else "every polygon weighs the same"
    held_out = "whole polygons" if training.groups.kind == "polygon" else "blocks of neighbouring polygons"
    facts += [
        ("Sampling", f"at most {MAX_PIXELS_PER_POLYGON} pixels of a polygon; {balance}"),
        ("Validation", f"{num_folds} folds of {held_out}, seed {request.seed}"),
    ]
    return tuple(facts)


def _widths(widths: tuple[int, ...]) -> str:
    return ", ".join(map(str, widths))
