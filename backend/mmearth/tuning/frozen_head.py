"""The foot of the ladder: the classifier of few-shot mapping, on the same polygons, held out in the same way.

Knows label layers and scenes; nothing of tuned networks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmearth import protocol
from mmearth.classifiers.recipe_heads import RecipeHead
from mmearth.mapping.few_shot_classes import fitting
from mmearth.mapping.few_shot_model import model_of
from mmearth.mapping.few_shot_training import Training, collect_training
from mmearth.mapping.model_file import Model
from mmearth.mapping.pixel_source import PixelSources
from mmearth.models.heads import Head
from mmearth.progress import Report
from mmearth.tuning.tiles import PIXEL, Tiles
from mmearth.tuning.tuning_scores import HeldOutScoring, TuningScores
from mmearth.weights.checkpoints import Weights

HEAD = "recipe"
SCORING = "Scoring the few-shot classifier"


@dataclass(frozen=True)
class FrozenHead:
    """The classifier, scored on the held-out polygons.

    Attributes:
        training: What it is trained on.
        weights: Of the frozen encoder.
        scores: Of one that has not seen the held-out polygons.
        seconds: That this took.
        precision: What the encoder computed in.
    """

    training: Training
    weights: Weights
    scores: TuningScores
    seconds: float
    precision: str

    def model(self, request: protocol.FineTuneRequest, scores: dict[str, Any]) -> Model:
        """Returns the model that is trained on all polygons, as few-shot mapping makes it."""
        training, samples = self.training, self.training.samples
        head = fitting(training, HEAD, request.seed)(samples.labelled, training.classes, samples.polygons)
        return model_of(training, self.weights, request.weights, head, scores, self.precision)


def is_possible(request: protocol.FineTuneRequest, tiles: Tiles) -> bool:
    """Whether few-shot mapping learns what is asked for: one class for every pixel, from polygons."""
    polygons = bool(request.labels) and not request.masks
    return polygons and tiles.unit == PIXEL and not request.random_start


def score_frozen_head(
    request: protocol.FineTuneRequest, tiles: Tiles, weights: Weights, device: str, report: Report
) -> FrozenHead:
    """Fits the classifier to the training polygons and scores it on the held-out ones.

    Args:
        request: Scenes and polygons.
        tiles: What is held out.
        weights: Of the encoder.
        device: Where the encoder computes.
        report: Told after every window; cancels between them.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
    """
    started_s = time.monotonic()
    asked = protocol.FewShotRequest(
        scenes=request.scenes,
        labels=request.labels,
        model=request.model,
        labels_layer=request.labels_layer,
        field=request.field,
        classes=request.classes,
        ignore=request.ignore,
        task="classes",
        folds=request.folds,
        bands=request.bands,
        units=request.units,
        weights=request.weights,
        device=request.device,
        seed=request.seed,
    )
    sources = PixelSources(request.bands, request.units, lambda: weights, device, report.check)
    training = collect_training(asked, sources, report)
    samples, held = training.samples, tiles.held_out[training.samples.polygons]
    report.progress(SCORING, 0, 1)
    fit = fitting(training, HEAD, request.seed)
    head = fit(samples.labelled[~held], training.classes[~held], samples.polygons[~held])
    scoring = HeldOutScoring(tiles, request.seed)
    scoring.add(_probabilities(head, samples.labelled[held]), training.classes[held], samples.polygons[held])
    report.progress(SCORING, 1, 1)
    return FrozenHead(training, weights, scoring.scores(), time.monotonic() - started_s, sources.precision)


def _probabilities(head: Head | RecipeHead, features: Any) -> Any:
    return np.asarray(head.probabilities(features), np.float64)
