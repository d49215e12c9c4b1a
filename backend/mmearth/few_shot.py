"""The verb `few_shot`: a handful of labelled polygons become a model folder and a report that can be believed."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmearth import protocol
from mmearth.checkpoints import load_weights
from mmearth.errors import InputError
from mmearth.few_shot_samples import Samples, collect_samples
from mmearth.labels import Labels, PolygonPixels, polygon_pixels, read_labels, sample_pixels
from mmearth.model_folder import Model, new_folder, save_model
from mmearth.models.heads import BANDS_C, fit_linear_head
from mmearth.pixel_source import PixelSource, PixelSources
from mmearth.precomputed import EmbeddingInfo
from mmearth.progress import Report
from mmearth.recipe_features import ENCODER_WIDTHS, WIDTHS
from mmearth.recipe_heads import fit_recipe
from mmearth.report import ReportContent, write_report
from mmearth.validation import Fit, Validation, cross_validate, fit_majority

MAX_PIXELS_PER_POLYGON = 200
FOLDS = 5
NO_RAW_BANDS = "'{name}' is an embedding; the bands that it was made from are not in it"
RECIPE = (
    "mean of shrinkage LDA and logistic regression at equal confidence, self-trained once on {pixels:,} pixels of the "
    "scenes, class shares estimated with damping"
)
RANDOM = "{count} random features of {of} over {widths} pixels"


@dataclass(frozen=True)
class Training:
    """All that a head is trained on.

    Attributes:
        samples: Features of the labelled pixels and of those drawn without labels.
        classes: (n,) class index.
        labels: The label layer.
        scenes: Names of the scenes.
        bands: Bands or channels of each of them.
        embedding: What embedding they are; None for spectral scenes.
        reading: How the first of them is read.
        notes: Warnings.
    """

    samples: Samples
    classes: np.ndarray
    labels: Labels
    scenes: list[str]
    bands: tuple[str, ...]
    embedding: EmbeddingInfo | None
    reading: dict[str, Any]
    notes: list[str]


def run(request: protocol.FewShotRequest, report: Report) -> dict[str, Any]:
    """Trains the default classifier on the labelled pixels of one or more scenes and validates it on held-out polygons.

    The scenes are spectral, and an encoder makes their features, or they are embeddings, whose channels are features.

    Args:
        request: See `protocol.FewShotRequest`.
        report: Told after every tile and fold; cancels between layers.

    Returns:
        model, report, classes, polygons, pixels, macro_f1 (None where it cannot be known), raw_bands_macro_f1 (None
        with embeddings, too; raw_bands_reason says so), majority_macro_f1, interval, mapping, units, precomputed,
        warnings, seconds.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
        CheckpointError: the weights do not load.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    with new_folder(request.model):
        load = (lambda: load_weights(request.weights)) if request.encoder else None
        sources = PixelSources(request.bands, request.units, load, request.device, report.check)
        training = _collect_all(request, sources, report)
        validations = _validate(training, request.seed, report)
        scores = _scores(training, validations)
        notes = list(dict.fromkeys(training.notes))
        for note in notes:
            report.log(note, "warning")
        report.progress("Training", 0, 1)
        labels, embedding = training.labels, training.embedding
        weights = sources.weights if embedding is None else None
        samples = training.samples
        head = fit_recipe(samples.labelled, training.classes, samples.polygons, samples.unlabelled, len(labels.classes))
        report_path = _write_report(request, sources, training, validations, notes)
        model = Model(
            features=samples.features,
            head=head,
            classes=labels.classes,
            field=labels.field,
            bands=training.bands,
            units=training.reading["units"],
            weights_name=weights.name if weights is not None else embedding.model if embedding is not None else "",
            weights_path=request.weights if weights is not None else "",
            weights_sha256=weights.sha256 if weights is not None else "",
            scores=scores,
            embedding=embedding,
        )
        save_model(request.model, model)
    return {
        "model": request.model,
        "report": report_path,
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in labels.classes],
        "polygons": len(np.unique(samples.polygons)),
        "pixels": len(training.classes),
        **scores,
        **training.reading,
        "warnings": notes,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _collect_all(request: protocol.FewShotRequest, sources: PixelSources, report: Report) -> Training:
    """Reads labels and features of every scene; see `run` for what is refused."""
    report.progress("Reading labels", 0, 1)
    used: list[tuple[PixelSource, list[PolygonPixels]]] = []
    notes: list[str] = []
    labels: Labels | None = None
    refusal: InputError | None = None
    with contextlib.ExitStack() as stack:
        for path in request.scenes:
            scene = stack.enter_context(sources.open(path))
            if used:
                _require_same_features(scene, used[0][0])
            notes += scene.warnings
            labels = read_labels(request.labels, request.labels_layer, request.field, request.classes, scene.grid.crs)
            try:
                pixels = sample_pixels(polygon_pixels(labels, scene.grid), MAX_PIXELS_PER_POLYGON, request.seed)
                notes += labels.notes
            except InputError as error:
                refusal, pixels = error, []  # with several scenes it is enough that one of them holds polygons
            used.append((scene, pixels))
        if labels is None or not any(pixels for _, pixels in used):
            raise refusal or InputError("No scene was given.", "Choose at least one raster.")
        samples = collect_samples(used, request.seed, report.progress)
    if samples is None:
        raise _no_valid_pixel(request)
    classes = labels.values[samples.polygons]
    _require_two_classes(labels, classes)
    first = used[0][0]
    return Training(
        samples=samples,
        classes=classes,
        labels=labels,
        scenes=[scene.name for scene, _ in used],
        bands=first.bands,
        embedding=first.embedding,
        reading=first.reading,
        notes=notes,
    )


def _require_same_features(scene: PixelSource, first: PixelSource) -> None:
    if scene.embedding is not None and first.embedding is not None:
        difference = scene.embedding.difference(first.embedding)
        if difference is not None:
            raise InputError(
                f"'{scene.name}' has {difference[0]}; '{first.name}' has {difference[1]}.",
                "Choose embeddings that were made in the same way.",
            )
    elif scene.embedding is not None or first.embedding is not None:
        kinds = [f"'{s.name}' is {'a scene' if s.embedding is None else 'an embedding'}" for s in (scene, first)]
        raise InputError(f"{kinds[0]}; {kinds[1]}.", "Train on scenes alone, or on embeddings alone.")
    elif scene.bands != first.bands:
        raise InputError(
            f"'{scene.name}' offers bands {', '.join(scene.bands)}; '{first.name}' offers {', '.join(first.bands)}.",
            "Choose scenes with the same bands, or map the bands by hand.",
        )


def _no_valid_pixel(request: protocol.FewShotRequest) -> InputError:
    names = ", ".join(Path(path).name for path in request.scenes)
    return InputError(
        f"None of the labelled pixels in {names} holds data: all of them are nodata.",
        "Draw the polygons where the scene has data, or check the layer's nodata value.",
    )


def _require_two_classes(labels: Labels, classes: np.ndarray) -> None:
    present = np.unique(classes)
    if len(present) < 2:
        names = ", ".join(f"'{labels.classes[i].name}'" for i in present)
        raise InputError(
            f"Only class {names} has labelled pixels with data; at least two classes are wanted.",
            "Draw polygons of another class inside the scene.",
        )


def _validate(training: Training, seed: int, report: Report) -> dict[str, Validation]:
    """Cross-validates the recipe, a linear head on raw bands if there are any, and the majority class on equal folds.

    Every fold fits its own classifier; features and the pixels without labels stay the same, as they need no labels.
    """
    samples, classes, polygons = training.samples, training.classes, training.samples.polygons
    count, names = len(training.labels.classes), [info.name for info in training.labels.classes]
    candidates: dict[str, tuple[np.ndarray, Fit]] = {
        "model": (samples.labelled, lambda x, y, p: fit_recipe(x, y, p, samples.unlabelled, count))
    }
    if training.embedding is None:
        columns = slice(-samples.features.random.num_inputs, None)  # the inputs come last, bands before indices
        raw = samples.labelled[:, columns][:, : len(training.bands)]
        drawn = samples.unlabelled[:, columns][:, : len(training.bands)]
        spread = drawn.mean(axis=0), drawn.std(axis=0)
        candidates["raw_bands"] = (raw, lambda x, y, p: fit_linear_head(x, y, p, count, BANDS_C, spread))
    candidates["majority"] = (samples.labelled, fit_majority(count))
    validations = {}
    for done, (name, (values, fit)) in enumerate(candidates.items()):
        report.progress("Validating on held-out polygons", done, len(candidates))
        validations[name] = cross_validate(
            values, classes, polygons, count, fit, num_folds=FOLDS, seed=seed, names=names
        )
    report.progress("Validating on held-out polygons", len(candidates), len(candidates))
    return validations


def _scores(training: Training, validations: dict[str, Validation]) -> dict[str, Any]:
    model, raw_bands = validations["model"], validations.get("raw_bands")
    return {
        "macro_f1": model.macro_f1,
        "interval": None if model.macro_f1_interval is None else list(model.macro_f1_interval),
        "raw_bands_macro_f1": None if raw_bands is None else raw_bands.macro_f1,
        "raw_bands_reason": _no_raw_bands(training),
        "majority_macro_f1": validations["majority"].macro_f1,
        "reason": model.reason,
    }


def _no_raw_bands(training: Training) -> str:
    """Returns why raw bands cannot be compared with; empty where they can."""
    return "" if training.embedding is None else NO_RAW_BANDS.format(name=training.scenes[0])


def _write_report(
    request: protocol.FewShotRequest,
    sources: PixelSources,
    training: Training,
    validations: dict[str, Validation],
    notes: list[str],
) -> str:
    labels, reading, embedding = training.labels, training.reading, training.embedding
    recipe = RECIPE.format(pixels=len(training.samples.unlabelled))
    random = RANDOM.format(
        count=training.samples.features.random.num_random,
        of="them" if embedding is None else "these",
        widths=_widths(WIDTHS),
    )
    facts = [
        ("Scenes", ", ".join(training.scenes)),
        ("Labels", f"{Path(request.labels).name}, field {labels.field}"),
    ]
    if embedding is None:
        weights = sources.weights
        encoder = "" if weights is None else f"; encoder stages 0 and 1 over {_widths(ENCODER_WIDTHS)} pixels"
        mapping = ", ".join(f"{name} = band {index}" for name, index in reading["mapping"].items())
        facts += [
            ("Bands", f"{mapping} (by {reading['mapping_how']})"),
            ("Units", f"{reading['units_label']} ({reading['units_how']})"),
            ("Weights", "no encoder" if weights is None else f"{weights.name}, sha256 {weights.sha256}"),
            ("Features", f"bands and indices; {random}{encoder}"),
            ("Classifier", f"few-shot recipe: {recipe}; raw bands alone: logistic regression, C = {BANDS_C:g}"),
        ]
    else:
        facts += [
            ("Embedding", f"{embedding.title} ({embedding.storage})"),
            *((key.replace("_", " ").capitalize(), value) for key, value in embedding.spoken_details().items()),
            ("Features", f"the channels of the embedding, also over {_widths(ENCODER_WIDTHS)} pixels; {random}"),
            ("Classifier", f"few-shot recipe: {recipe}; no encoder was run"),
        ]
    facts += [
        ("Sampling", f"at most {MAX_PIXELS_PER_POLYGON} pixels of a polygon; every class and polygon weighs the same"),
        ("Validation", f"{validations['model'].num_folds} folds of whole polygons, seed {request.seed}"),
    ]
    content = ReportContent(
        classes=labels.classes,
        embedding=validations["model"],
        bands=validations.get("raw_bands"),
        majority=validations["majority"],
        facts=tuple(facts),
        notes=tuple(notes),
        no_bands=_no_raw_bands(training),
    )
    return str(write_report(request.report or str(Path(request.model) / "report"), content))


def _widths(widths: tuple[int, ...]) -> str:
    return ", ".join(map(str, widths))
