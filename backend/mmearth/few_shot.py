"""The verb `few_shot`: a handful of labelled polygons become a model folder and a report that can be believed."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from mmearth import protocol
from mmearth.checkpoints import load_weights
from mmearth.errors import InputError
from mmearth.labels import Labels, PolygonPixels, polygon_pixels, read_labels, sample_pixels
from mmearth.model_folder import Model, new_folder, save_model
from mmearth.models.heads import BANDS_C, EMBEDDING_C, fit_linear_head
from mmearth.pixel_head import pixel_features
from mmearth.pixel_source import PixelSource, PixelSources
from mmearth.precomputed import EmbeddingInfo
from mmearth.progress import Report
from mmearth.report import ReportContent, write_report
from mmearth.validation import Fit, Validation, cross_validate, fit_majority

TILE_PX = 256  # features are computed in tiles of this size around labelled pixels
MAX_PIXELS_PER_POLYGON = 200
FOLDS = 5
COLLECTING = "Computing features around the polygons"
NO_RAW_BANDS = "'{name}' is an embedding; the bands that it was made from are not in it"


@dataclass
class Samples:
    """Labelled pixels as they are collected, and the spread of the features around them.

    Attributes:
        features: Arrays (n, D) of pixel features; the last B columns are the standardised bands, if there are any.
        polygons: Arrays (n,), index of the polygon in the label layer.
        count, total, squares: Number, sum and sum of squares (D,) over all valid pixels of the tiles read.
    """

    features: list[np.ndarray] = field(default_factory=list)
    polygons: list[np.ndarray] = field(default_factory=list)
    count: int = 0
    total: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0

    def add_surroundings(self, pixels: np.ndarray) -> None:
        """Adds (D, n) pixels to the running mean and variance."""
        values = pixels.astype(np.float64)
        self.count += values.shape[1]
        self.total = self.total + values.sum(axis=1)
        self.squares = self.squares + (values**2).sum(axis=1)

    def mean_std(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns mean and standard deviation (D,) over the surroundings."""
        mean = np.asarray(self.total) / self.count
        variance = np.maximum(np.asarray(self.squares) / self.count - mean**2, 1e-12)
        return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)


@dataclass(frozen=True)
class Training:
    """All that a head is trained on.

    Attributes:
        features: (n, D); the last B columns are the standardised bands, or all are the channels of an embedding.
        classes: (n,) class index.
        polygons: (n,) polygon index.
        surroundings: Mean and standard deviation (D,) of the features around the polygons.
        labels: The label layer.
        scenes: Names of the scenes that hold polygons.
        bands: Bands or channels of each of them.
        embedding: What embedding they are; None for spectral scenes.
        reading: How the first of them is read.
        notes: Warnings.
    """

    features: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    surroundings: tuple[np.ndarray, np.ndarray]
    labels: Labels
    scenes: list[str]
    bands: tuple[str, ...]
    embedding: EmbeddingInfo | None
    reading: dict[str, Any]
    notes: list[str]


def run(request: protocol.FewShotRequest, report: Report) -> dict[str, Any]:
    """Trains a linear head on the labelled pixels of one or more scenes and validates it on held-out polygons.

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
        sources = PixelSources(
            request.bands, request.units, lambda: load_weights(request.weights), request.device, report.check
        )
        training = _collect_all(request, sources, report)
        validations = _validate(training, request.seed, report)
        scores = _scores(training, validations)
        notes = list(dict.fromkeys(training.notes))
        for note in notes:
            report.log(note, "warning")
        report.progress("Training", 0, 1)
        labels, embedding = training.labels, training.embedding
        head = fit_linear_head(
            training.features,
            training.classes,
            training.polygons,
            len(labels.classes),
            EMBEDDING_C,
            training.surroundings,
        )
        report_path = _write_report(request, sources, training, validations, notes)
        model = Model(
            head=head,
            classes=labels.classes,
            field=labels.field,
            bands=training.bands,
            units=training.reading["units"],
            weights_name=sources.weights.name if embedding is None else embedding.model,
            weights_path=request.weights if embedding is None else "",
            weights_sha256=sources.weights.sha256 if embedding is None else "",
            scores=scores,
            embedding=embedding,
        )
        save_model(request.model, model)
    return {
        "model": request.model,
        "report": report_path,
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in labels.classes],
        "polygons": len(np.unique(training.polygons)),
        "pixels": len(training.features),
        **scores,
        **training.reading,
        "warnings": notes,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _collect_all(request: protocol.FewShotRequest, sources: PixelSources, report: Report) -> Training:
    """Reads labels and features of every scene; see `run` for what is refused."""
    report.progress("Reading labels", 0, 1)
    samples = Samples()
    used: list[PixelSource] = []  # closed again; only what they are is looked at
    notes: list[str] = []
    labels: Labels | None = None
    refusal: InputError | None = None
    for path in request.scenes:
        with sources.open(path) as scene:
            if used:
                _require_same_features(scene, used[0])
            notes += scene.warnings
            labels = read_labels(request.labels, request.labels_layer, request.field, request.classes, scene.grid.crs)
            try:
                pixels = polygon_pixels(labels, scene.grid)
            except InputError as error:
                refusal = error  # with several scenes it is enough that one of them holds polygons
                continue
            notes += labels.notes
            _collect(scene, sample_pixels(pixels, MAX_PIXELS_PER_POLYGON, request.seed), samples, report)
            used.append(scene)
    if labels is None or not used:
        raise refusal or InputError("No scene was given.", "Choose at least one raster.")
    if not samples.count or not sum(map(len, samples.features)):
        raise _no_valid_pixel(request)
    features, polygons = np.concatenate(samples.features), np.concatenate(samples.polygons)
    classes = labels.values[polygons]
    _require_two_classes(labels, classes)
    return Training(
        features=features,
        classes=classes,
        polygons=polygons,
        surroundings=samples.mean_std(),
        labels=labels,
        scenes=[scene.name for scene in used],
        bands=used[0].bands,
        embedding=used[0].embedding,
        reading=used[0].reading,
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


def _collect(scene: PixelSource, pixels: list[PolygonPixels], samples: Samples, report: Report) -> None:
    """Computes the features of the labelled pixels, tile by tile; pixels without data are left out."""
    rows = np.concatenate([p.rows for p in pixels])
    cols = np.concatenate([p.cols for p in pixels])
    owner = np.concatenate([np.full(len(p.rows), p.polygon) for p in pixels])
    keys = np.stack([rows // TILE_PX, cols // TILE_PX], axis=1)
    found = np.unique(keys, axis=0)
    for done, (tile_row, tile_col) in enumerate(found):
        report.progress(COLLECTING, done, len(found))
        row0, col0 = int(tile_row) * TILE_PX, int(tile_col) * TILE_PX
        height, width = min(TILE_PX, scene.grid.height - row0), min(TILE_PX, scene.grid.width - col0)
        window_features = scene.features(Window(col0, row0, width, height))
        if not window_features.valid.any():
            continue
        maps = pixel_features(window_features).numpy()
        samples.add_surroundings(maps[:, window_features.valid])
        here = np.all(keys == (tile_row, tile_col), axis=1)
        r, c = rows[here] - row0, cols[here] - col0
        valid = window_features.valid[r, c]
        samples.features.append(maps[:, r[valid], c[valid]].T)
        samples.polygons.append(owner[here][valid])
    report.progress(COLLECTING, len(found), len(found))


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
    """Cross-validates the head, the same head on raw bands if there are any, and the majority class on equal folds."""
    features, classes, polygons = training.features, training.classes, training.polygons
    mean, std = training.surroundings
    count, names = len(training.labels.classes), [info.name for info in training.labels.classes]
    candidates: dict[str, tuple[np.ndarray, Fit]] = {
        "model": (features, lambda x, y, p: fit_linear_head(x, y, p, count, EMBEDDING_C, (mean, std)))
    }
    if training.embedding is None:
        raw = slice(-len(training.bands), None)
        candidates["raw_bands"] = (
            features[:, raw],
            lambda x, y, p: fit_linear_head(x, y, p, count, BANDS_C, (mean[raw], std[raw])),
        )
    candidates["majority"] = (features, fit_majority(count))
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
    facts = [
        ("Scenes", ", ".join(training.scenes)),
        ("Labels", f"{Path(request.labels).name}, field {labels.field}"),
    ]
    if embedding is None:
        mapping = ", ".join(f"{name} = band {index}" for name, index in reading["mapping"].items())
        facts += [
            ("Bands", f"{mapping} (by {reading['mapping_how']})"),
            ("Units", f"{reading['units_label']} ({reading['units_how']})"),
            ("Weights", f"{sources.weights.name}, sha256 {sources.weights.sha256}"),
            ("Features", "encoder stages 0 and 1, smoothed, and the bands, standardised around the polygons"),
            ("Head", f"multinomial logistic regression, C = {EMBEDDING_C:g}; raw bands alone C = {BANDS_C:g}"),
        ]
    else:
        facts += [
            ("Embedding", f"{embedding.title} ({embedding.storage})"),
            *((key.replace("_", " ").capitalize(), value) for key, value in embedding.spoken_details().items()),
            ("Features", "the channels of the embedding, standardised around the polygons; no encoder was run"),
            ("Head", f"multinomial logistic regression, C = {EMBEDDING_C:g}"),
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
