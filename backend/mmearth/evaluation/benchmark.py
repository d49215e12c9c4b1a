"""Runs protocols over models, partitions and seeds, and gives one row of the table after the other.

Knows nothing of the files that tables are written to.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch

from mmearth import protocol
from mmearth.errors import MMEarthError
from mmearth.evaluation.benchmark_scores import METRICS, add_confusion, confusion_score, majority, score
from mmearth.evaluation.benchmark_training import Told, Trial
from mmearth.evaluation.compared_models import ComparedModel
from mmearth.evaluation.evaluation_table import Row
from mmearth.evaluation.frozen_protocols import (
    AT_ONCE,
    Split,
    band_features,
    band_pixels,
    linear_head,
    logistic,
    nearest_neighbours,
    network_features,
)
from mmearth.evaluation.geobench_folder import SEGMENTATION, GeoBenchFolder, Partition
from mmearth.evaluation.packed_samples import PackedSamples
from mmearth.evaluation.published_settings import settings_of
from mmearth.evaluation.tuned_protocols import fine_tuned, segmented
from mmearth.progress import Report

KNN, LINEAR, FINE_TUNE = protocol.EVALUATIONS
_WORDS = {KNN: "kNN", LINEAR: "linear", FINE_TUNE: "fine-tune"}
_NO_NEIGHBOURS = "not run: nearest neighbours tell samples apart, not pixels"
_NO_UNET = "not run: the segmentation networks are built on this plugin's own encoder"
_UNDEFINED = "the metric is undefined on test: there is no label, or neither truth nor prediction has any class"

Score = float | None
Scores = tuple[Score, Score]  # on valid and on test


class Benchmark:
    """One data set, packed, and how it is gone through.

    Args:
        request: Which protocols, how many seeds, how long.
        folder: The data set.
        packed: Its samples.
        device: Where to compute.
        report: Told after every step.
    """

    def __init__(
        self,
        request: protocol.EvaluateRequest,
        folder: GeoBenchFolder,
        packed: PackedSamples,
        device: torch.device,
        report: Report,
    ) -> None:
        self._request = request
        self._task, self._num_classes = folder.task, folder.num_classes
        self._packed = packed
        self._device = device
        self._report = report
        self._features: dict[tuple[str, int], np.ndarray] = {}  # by model and seed; small beside the images

    def rows(self, models: Sequence[ComparedModel], partitions: Sequence[Partition]) -> Iterator[Row]:
        """Returns the rows in order: for each partition the majority, then every model by every protocol."""
        everything = np.arange(len(self._packed.labels))
        for partition in partitions:
            split = Split(*(self._packed.rows(names) for names in (partition.train, partition.valid, partition.test)))
            yield self._row("majority of the training labels", "–", partition, [0], partial(self._majority, split))
            for model in models:
                for name in self._request.evaluations:
                    if model.weights is None and name == FINE_TUNE:
                        continue  # there is nothing to tune
                    yield self._evaluation(model, name, partition, split, everything)

    def _evaluation(
        self, model: ComparedModel, name: str, partition: Partition, split: Split, everything: np.ndarray
    ) -> Row:
        words = _WORDS[name]
        reason = self._reason_against(model, name)
        if reason:
            return Row(model.name, words, partition.name, len(partition.train), METRICS[self._task], note=reason)
        told = self._told(f"{model.name}, {words}, {partition.name}")
        fixed = not model.random and (name == KNN or (model.weights is None and self._task != SEGMENTATION))
        seeds = [0] if fixed else list(range(self._request.seeds))  # nothing is drawn: every seed gives the same

        def once(seed: int) -> Scores:
            if self._task == SEGMENTATION:
                return self._pixels(model, name, partition, split, seed, told)
            if name == FINE_TUNE:
                trial = self._trial(model, name, partition, seed, told)
                return self._scores(fine_tuned(model, self._packed, split, trial), split)
            features = self._features_of(model, seed if model.random else 0, everything, told)
            return self._scores(self._frozen(model, name, partition, split, features, seed, told), split)

        return self._row(model.name, words, partition, seeds, once)

    def _row(
        self, model: str, words: str, partition: Partition, seeds: list[int], once: Callable[[int], Scores]
    ) -> Row:
        row = Row(model, words, partition.name, len(partition.train), METRICS[self._task])
        started_s = time.monotonic()
        for seed in seeds:
            try:
                valid, test = once(seed)
            except MMEarthError as error:
                error.message = f"{model}, {words}, {partition.name}: {error.message}"
                raise
            row.valid.append(valid)
            row.scores.append(test)
        row.seconds = time.monotonic() - started_s
        if None in row.scores:
            row.note = _UNDEFINED
            self._report.log(f"{model}, {words}, {partition.name}: {_UNDEFINED}.", "warning")
        else:
            self._report.log(f"{model}, {words}, {partition.name}: {row.metric} {row.text()}.")
        return row

    def _reason_against(self, model: ComparedModel, name: str) -> str:
        if self._task != SEGMENTATION:
            return ""
        if name == KNN:
            return _NO_NEIGHBOURS
        return _NO_UNET if model.is_timm else ""

    def _told(self, phase: str) -> Told:
        def told(done: int, total: int) -> None:
            self._report.progress(phase, done, total)

        return told

    def _features_of(self, model: ComparedModel, seed: int, rows: np.ndarray, told: Told) -> np.ndarray:
        """Returns the features of all samples, computed once for all protocols and partitions."""
        key = (model.name, seed)
        if key not in self._features:
            if model.weights is None:
                self._features[key] = band_features(self._packed, rows, told)
            else:
                self._features[key] = network_features(model, self._packed, rows, seed, self._device, told)
        return self._features[key]

    def _frozen(
        self,
        model: ComparedModel,
        name: str,
        partition: Partition,
        split: Split,
        features: np.ndarray,
        seed: int,
        told: Told,
    ) -> np.ndarray:
        labels = self._packed.labels
        if name == KNN:
            return nearest_neighbours(features, labels, split.train)
        if model.weights is None:
            return logistic(features, labels, split, told)
        return linear_head(
            features, labels, split.train, self._num_classes, self._trial(model, name, partition, seed, told)
        )

    def _trial(self, model: ComparedModel, name: str, partition: Partition, seed: int, told: Told) -> Trial:
        request, weights = self._request, model.encoder_weights
        segmentation = self._task == SEGMENTATION
        settings = settings_of(weights, segmentation, name == LINEAR, partition.name, request.epochs, request.batch)
        return Trial(settings, seed, self._device, told)

    def _pixels(
        self, model: ComparedModel, name: str, partition: Partition, split: Split, seed: int, told: Told
    ) -> Scores:
        if model.weights is None:
            predict = band_pixels(self._packed, split.train, seed)
            return self._confusion(predict, split.valid, told), self._confusion(predict, split.test, told)
        trial = self._trial(model, name, partition, seed, told)
        valid, test = segmented(model, self._packed, split, trial, probe=name == LINEAR)
        return confusion_score(valid), confusion_score(test)

    def _majority(self, split: Split, _seed: int) -> Scores:
        found = majority(self._task, self._packed.labels[split.train], self._num_classes)
        labels = self._packed.labels
        if self._task != SEGMENTATION:
            return self._scores(np.broadcast_to(found, labels.shape), split)

        def predict(rows: np.ndarray) -> np.ndarray:
            return np.broadcast_to(found, (len(rows), *labels.shape[1:]))

        told = self._told("Majority")
        return self._confusion(predict, split.valid, told), self._confusion(predict, split.test, told)

    def _scores(self, predicted: np.ndarray, split: Split) -> Scores:
        labels = self._packed.labels
        return (
            score(self._task, labels[split.valid], predicted[split.valid]),
            score(self._task, labels[split.test], predicted[split.test]),
        )

    def _confusion(self, predict: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, told: Told) -> Score:
        confusion = np.zeros((self._num_classes, self._num_classes), np.int64)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[slice(start, start + AT_ONCE)]
            confusion = add_confusion(confusion, self._packed.labels[part], predict(part))
            told(start + len(part), len(rows))
        return confusion_score(confusion)
