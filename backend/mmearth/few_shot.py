"""The verb `few_shot`: a handful of labelled polygons become a model folder and a report that can be believed."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from mmearth import protocol
from mmearth.checkpoints import Weights, load_weights
from mmearth.devices import resolve_device
from mmearth.errors import InputError
from mmearth.features import FeatureExtractor, scene_warnings
from mmearth.labels import Labels, PolygonPixels, polygon_pixels, read_labels, sample_pixels
from mmearth.model_folder import Model, new_folder, save_model
from mmearth.models.heads import BANDS_C, EMBEDDING_C, fit_linear_head
from mmearth.pixel_head import LAST_STAGE, pixel_features
from mmearth.progress import Report
from mmearth.raster import Scene, open_scene
from mmearth.report import ReportContent, write_report
from mmearth.validation import Validation, cross_validate, fit_majority

TILE_PX = 256  # features are computed in tiles of this size around labelled pixels
MAX_PIXELS_PER_POLYGON = 200
FOLDS = 5
COLLECTING = "Computing features around the polygons"


@dataclass
class Samples:
    """Labelled pixels as they are collected, and the spread of the features around them.

    Attributes:
        features: Arrays (n, D) of pixel features; the last B columns are the standardised bands.
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
        features: (n, D); the last B columns are the standardised bands.
        classes: (n,) class index.
        polygons: (n,) polygon index.
        surroundings: Mean and standard deviation (D,) of the features around the polygons.
        labels: The label layer.
        scenes: Name, band mapping and units of each scene that holds polygons.
        notes: Warnings.
    """

    features: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    surroundings: tuple[np.ndarray, np.ndarray]
    labels: Labels
    scenes: list[dict[str, Any]]
    notes: list[str]


def run(request: protocol.FewShotRequest, report: Report) -> dict[str, Any]:
    """Trains a linear head on the labelled pixels of one or more scenes and validates it on held-out polygons.

    Args:
        request: See `protocol.FewShotRequest`.
        report: Told after every tile and fold; cancels between layers.

    Returns:
        model, report, classes, polygons, pixels, macro_f1 (None where it cannot be known), raw_bands_macro_f1,
        majority_macro_f1, interval, mapping, units, warnings, seconds.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
        CheckpointError: the weights do not load.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    with new_folder(request.model):
        weights = load_weights(request.weights)
        training = _collect_all(request, weights, report)
        validations = _validate(training, request.seed, report)
        scores = _scores(validations)
        notes = list(dict.fromkeys(training.notes))
        for note in notes:
            report.log(note, "warning")
        report.progress("Training", 0, 1)
        labels, first = training.labels, training.scenes[0]
        head = fit_linear_head(
            training.features,
            training.classes,
            training.polygons,
            len(labels.classes),
            EMBEDDING_C,
            training.surroundings,
        )
        report_path = _write_report(request, weights, training, validations, notes)
        model = Model(
            head=head,
            classes=labels.classes,
            field=labels.field,
            bands=tuple(first["mapping"]),
            units=first["units"],
            weights_name=weights.name,
            weights_path=request.weights,
            weights_sha256=weights.sha256,
            scores=scores,
        )
        save_model(request.model, model)
    return {
        "model": request.model,
        "report": report_path,
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in labels.classes],
        "polygons": len(np.unique(training.polygons)),
        "pixels": len(training.features),
        **scores,
        **{key: value for key, value in first.items() if key != "name"},
        "warnings": notes,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _collect_all(request: protocol.FewShotRequest, weights: Weights, report: Report) -> Training:
    """Reads labels and features of every scene; see `run` for what is refused."""
    report.progress("Reading labels", 0, 1)
    extractor: FeatureExtractor | None = None
    samples = Samples()
    scenes: list[dict[str, Any]] = []
    notes: list[str] = []
    labels: Labels | None = None
    refusal: InputError | None = None
    for path in request.scenes:
        with open_scene(path, request.bands, request.units, weights.bands) as scene:
            if scenes and tuple(scene.mapping.indexes) != tuple(scenes[0]["mapping"]):
                raise InputError(
                    f"'{scene.name}' offers bands {', '.join(scene.mapping.indexes)}; "
                    f"'{scenes[0]['name']}' offers {', '.join(scenes[0]['mapping'])}.",
                    "Choose scenes with the same bands, or map the bands by hand.",
                )
            notes += scene_warnings(scene, weights)
            labels = read_labels(request.labels, request.labels_layer, request.field, request.classes, scene.grid.crs)
            try:
                pixels = polygon_pixels(labels, scene.grid)
            except InputError as error:
                refusal = error  # with several scenes it is enough that one of them holds polygons
                continue
            notes += labels.notes
            if extractor is None:
                extractor = _extractor(weights, request.device, report)
            _collect(scene, extractor, sample_pixels(pixels, MAX_PIXELS_PER_POLYGON, request.seed), samples, report)
            scenes.append({"name": scene.name, **scene.reading()})
    if labels is None or not scenes:
        raise refusal or InputError("No scene was given.", "Choose at least one raster.")
    if not samples.count or not sum(map(len, samples.features)):
        raise _no_valid_pixel(request)
    features, polygons = np.concatenate(samples.features), np.concatenate(samples.polygons)
    classes = labels.values[polygons]
    _require_two_classes(labels, classes)
    return Training(features, classes, polygons, samples.mean_std(), labels, scenes, notes)


def _extractor(weights: Weights, device: str, report: Report) -> FeatureExtractor:
    return FeatureExtractor(weights, resolve_device(device), LAST_STAGE, report.check)


def _collect(
    scene: Scene, extractor: FeatureExtractor, pixels: list[PolygonPixels], samples: Samples, report: Report
) -> None:
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
        window_features = extractor(scene, Window(col0, row0, width, height))
        if not window_features.stages:
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
    """Cross-validates the head, the same head on raw bands, and the majority class, all on the same folds."""
    features, classes, polygons = training.features, training.classes, training.polygons
    mean, std = training.surroundings
    count, names = len(training.labels.classes), [info.name for info in training.labels.classes]
    num_bands = len(training.scenes[0]["mapping"])
    bands = features[:, -num_bands:]
    candidates = {
        "model": (features, lambda x, y, p: fit_linear_head(x, y, p, count, EMBEDDING_C, (mean, std))),
        "raw_bands": (
            bands,
            lambda x, y, p: fit_linear_head(x, y, p, count, BANDS_C, (mean[-num_bands:], std[-num_bands:])),
        ),
        "majority": (bands, fit_majority(count)),
    }
    validations = {}
    for done, (name, (values, fit)) in enumerate(candidates.items()):
        report.progress("Validating on held-out polygons", done, len(candidates))
        validations[name] = cross_validate(
            values, classes, polygons, count, fit, num_folds=FOLDS, seed=seed, names=names
        )
    report.progress("Validating on held-out polygons", len(candidates), len(candidates))
    return validations


def _scores(validations: dict[str, Validation]) -> dict[str, Any]:
    model = validations["model"]
    return {
        "macro_f1": model.macro_f1,
        "interval": None if model.macro_f1_interval is None else list(model.macro_f1_interval),
        "raw_bands_macro_f1": validations["raw_bands"].macro_f1,
        "majority_macro_f1": validations["majority"].macro_f1,
        "reason": model.reason,
    }


def _write_report(
    request: protocol.FewShotRequest,
    weights: Weights,
    training: Training,
    validations: dict[str, Validation],
    notes: list[str],
) -> str:
    labels, used = training.labels, training.scenes
    mapping = ", ".join(f"{name} = band {index}" for name, index in used[0]["mapping"].items())
    facts = (
        ("Scenes", ", ".join(scene["name"] for scene in used)),
        ("Labels", f"{Path(request.labels).name}, field {labels.field}"),
        ("Bands", f"{mapping} (by {used[0]['mapping_how']})"),
        ("Units", f"{used[0]['units_label']} ({used[0]['units_how']})"),
        ("Weights", f"{weights.name}, sha256 {weights.sha256}"),
        ("Features", "encoder stages 0 and 1, smoothed, and the bands, standardised around the polygons"),
        ("Head", f"multinomial logistic regression, C = {EMBEDDING_C:g}; raw bands alone C = {BANDS_C:g}"),
        ("Sampling", f"at most {MAX_PIXELS_PER_POLYGON} pixels of a polygon; every class and polygon weighs the same"),
        ("Validation", f"{validations['model'].num_folds} folds of whole polygons, seed {request.seed}"),
    )
    content = ReportContent(
        classes=labels.classes,
        embedding=validations["model"],
        bands=validations["raw_bands"],
        majority=validations["majority"],
        facts=facts,
        notes=tuple(notes),
    )
    return str(write_report(request.report or str(Path(request.model) / "report"), content))
