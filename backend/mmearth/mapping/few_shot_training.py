"""What a few-shot model is trained on: labels and features of all scenes together, and what is wrong with them.

Knows scenes and label layers; nothing of classifiers or scores.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.classifiers.regressors import REGRESSOR_CLASSES
from mmearth.embedding.precomputed import EmbeddingInfo
from mmearth.errors import InputError
from mmearth.labels.label_layer import Labels, polygon_pixels, read_labels, sample_pixels
from mmearth.labels.label_pixels import to_pixels
from mmearth.labels.label_problems import Problem, in_clouds, merged, on_nodata, sentences
from mmearth.labels.label_values import CLASSES
from mmearth.labels.negatives import Negatives
from mmearth.labels.sample_groups import FEWEST_BLOCKS, FEWEST_REGRESSION_BLOCKS, SampleGroups, sample_groups
from mmearth.mapping.compatibility import side_m
from mmearth.mapping.few_shot_samples import LabelledScene, Samples, collect_samples
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.mapping.recipe_features import WIDTHS
from mmearth.progress import Report
from mmearth.scenes.raster import Grid

MAX_PIXELS_PER_POLYGON = 200
# The head that looks at an embedding's channels alone: it is there for speed, and the others gain more by the
# surroundings of a pixel (docs/decisions/0014-heads.md).
INSTANT = "prototype"

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]


@dataclass(frozen=True)
class Training:
    """All that a head is trained on; the pixels of negatives are kept apart.

    Attributes:
        samples: Features of the labelled pixels and of those drawn without labels.
        negatives: Pixels that are certainly not of a class.
        labels: The label layer.
        groups: What is held out together, by polygon.
        scenes: Names of the scenes.
        bands: Bands or channels of each of them, then of the layers.
        layers: Names of the channels of extra rasters, the last of `bands`.
        embedding: What embedding they are; None for spectral scenes.
        reading: How the first of them is read.
        resolution_m: Side of a pixel of the first labelled scene on the ground.
        notes: Warnings.
        problems: What is wrong with single polygons.
    """

    samples: Samples
    negatives: Negatives
    labels: Labels
    groups: SampleGroups
    scenes: list[str]
    bands: tuple[str, ...]
    layers: tuple[str, ...]
    embedding: EmbeddingInfo | None
    reading: dict[str, Any]
    resolution_m: float
    notes: list[str]
    problems: list[Problem]

    @property
    def classes(self) -> IntArray:
        """(n,) class index of the labelled pixels."""
        found: IntArray = self.labels.values[self.samples.polygons]
        return found

    @property
    def targets(self) -> FloatArray:
        """(n,) number of the labelled pixels, of a regression."""
        found: FloatArray = self.labels.targets[self.samples.polygons]
        return found

    @property
    def pixel_groups(self) -> IntArray:
        """(n,) what each labelled pixel is held out with."""
        found: IntArray = self.groups.numbers[self.samples.polygons]
        return found

    def raw_bands(self) -> tuple[FloatArray, FloatArray] | None:
        """Returns standardised bands of the labelled (n, B) and of the drawn pixels (m, B); None for embeddings."""
        if self.embedding is not None:
            return None
        random = self.samples.features.random
        inputs = slice(-random.num_inputs, None)  # the inputs come last, bands before layers and indices
        labelled, drawn = (
            x[:, inputs][:, random.band_columns] for x in (self.samples.labelled, self.samples.unlabelled)
        )
        return labelled, drawn


def collect_training(request: protocol.FewShotRequest, sources: PixelSources, report: Report) -> Training:
    """Reads labels and features of every scene.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
        CheckpointError: the weights do not load.
    """
    report.progress("Reading labels", 0, 1)
    used: list[tuple[LabelledScene, Labels]] = []
    notes: list[str] = []
    refusal: InputError | None = None
    with contextlib.ExitStack() as stack:
        for path in request.scenes:
            scene = stack.enter_context(sources.open(path))
            if used:
                _require_same_features(scene, used[0][0].source)
            notes += scene.warnings
            labels = _read_labels(request, scene.grid)
            _require_head(request.head, labels.task)
            try:
                pixels = sample_pixels(polygon_pixels(labels, scene.grid), MAX_PIXELS_PER_POLYGON, request.seed)
                notes += labels.notes
            except InputError as error:
                refusal, pixels = error, []  # with several scenes it is enough that one of them holds polygons
            used.append((LabelledScene(scene, pixels, labels.ignored), labels))
        labelled = [(scene, labels) for scene, labels in used if scene.pixels]
        if not labelled:
            raise refusal or InputError("No scene was given.", "Choose at least one raster.")
        instant = request.head == INSTANT
        samples = collect_samples([scene for scene, _ in used], request.seed, report.progress, instant)
    if samples is None:
        raise _no_valid_pixel(request)
    (first, labels), source = labelled[0], used[0][0].source
    problems = _problems([scene for scene, _ in labelled], [own for _, own in labelled], samples)
    negative = labels.negative[samples.polygons]
    outlines = [to_pixels(geometry, first.source.grid) for geometry in labels.geometries]
    negatives = _negatives(samples, labels, outlines, negative)
    samples = replace(
        samples,
        labelled=samples.labelled[~negative],
        polygons=samples.polygons[~negative],
        cloud_like=samples.cloud_like[~negative],
    )
    if labels.task == CLASSES:
        _require_two_classes(labels, labels.values[samples.polygons])
    return Training(
        samples=samples,
        negatives=negatives,
        labels=labels,
        groups=_groups(request, labels, outlines, np.unique(samples.polygons)),
        scenes=[scene.source.name for scene, _ in used],
        bands=source.bands,
        layers=source.layers,
        embedding=source.embedding,
        reading=source.reading,
        resolution_m=side_m(first.source.grid),
        notes=list(dict.fromkeys([*notes, *sentences(problems)])),
        problems=problems,
    )


def _read_labels(request: protocol.FewShotRequest, grid: Grid) -> Labels:
    return read_labels(
        request.labels,
        request.labels_layer,
        request.field,
        request.classes,
        grid.crs,
        ignore=request.ignore,
        task=request.task,
    )


def _require_head(head: str, task: str) -> None:
    if task != CLASSES and head not in REGRESSOR_CLASSES:
        raise InputError(
            f"'{head}' tells classes apart; a field of numbers wants regression.",
            f"Choose {', '.join(REGRESSOR_CLASSES)} as the head, or choose classes as the task.",
        )


def _problems(scenes: list[LabelledScene], labels: list[Labels], samples: Samples) -> list[Problem]:
    places, values = labels[0].places, labels[0].values
    looked_at: dict[int, int] = {}
    for scene in scenes:
        for pixels in scene.pixels:
            looked_at[pixels.polygon] = looked_at.get(pixels.polygon, 0) + len(pixels.rows)
    numbers, counts = np.unique(samples.polygons, return_counts=True)
    with_data = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    found = [problem for own in labels for problem in own.problems]
    found += on_nodata(places, looked_at, with_data)
    found += in_clouds(places, values, samples.polygons, samples.cloud_like)
    return merged(found, {int(places.fids[polygon]) for polygon in with_data})


def _negatives(samples: Samples, labels: Labels, outlines: list[Any], negative: NDArray[np.bool_]) -> Negatives:
    polygons = samples.polygons[negative]
    companions = polygons
    positive = np.unique(samples.polygons[~negative])
    if len(polygons) and len(positive):
        tree = shapely.STRtree([outlines[polygon] for polygon in positive])
        numbers, index = np.unique(polygons, return_inverse=True)
        companions = positive[tree.nearest([outlines[polygon] for polygon in numbers])][index]
    return Negatives(samples.labelled[negative], labels.values[polygons], polygons, companions)


def _groups(request: protocol.FewShotRequest, labels: Labels, outlines: list[Any], present: IntArray) -> SampleGroups:
    """Returns the groups by polygon number; polygons without labelled pixels are in none (-1)."""
    kinds, fewest = labels.values[present], FEWEST_BLOCKS
    if labels.task != CLASSES:
        kinds, fewest = np.zeros(len(present), np.int64), FEWEST_REGRESSION_BLOCKS
    found = sample_groups([outlines[polygon] for polygon in present], kinds, request.folds, WIDTHS[-1], fewest)
    numbers = np.full(len(outlines), -1)
    numbers[present] = found.numbers
    return replace(found, numbers=numbers)


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


def _require_two_classes(labels: Labels, classes: IntArray) -> None:
    present = np.unique(classes)
    if len(present) < 2:
        names = ", ".join(f"'{labels.classes[i].name}'" for i in present) or "none"
        raise InputError(
            f"Only class {names} has labelled pixels with data; at least two classes are wanted.",
            "Draw polygons of another class inside the scene.",
        )
