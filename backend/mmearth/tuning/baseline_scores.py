"""What needs no network, scored on the same held-out samples: the most frequent class, and the bands by themselves.

Knows tiles; nothing of networks or files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmearth.models.heads import BANDS_C, fit_linear_head, fit_weighted
from mmearth.tuning.tiles import CELL, PIXEL, Tiles
from mmearth.tuning.tuning_scores import HALF, HeldOutScoring, TuningScores

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
Rows = tuple[FloatArray, IntArray, IntArray]

MOST_PER_SAMPLE = 200  # pixels of a polygon or block that teach, as in few-shot mapping
MOST_ROWS = 100_000


@dataclass(frozen=True)
class BaselineScores:
    """Scores of the majority class, and of logistic regression on the bands of a pixel, cell, polygon or scene."""

    majority: TuningScores
    raw_bands: TuningScores


def score_baselines(tiles: Tiles, seed: int, check: Callable[[], None]) -> BaselineScores:
    """Fits both to the training samples and scores them on the held-out ones.

    Args:
        tiles: Labelled tiles.
        seed: Of the pixels that are drawn, and of the bootstrap.
        check: Called between tiles; raises to stop.
    """
    features, classes, samples = _training_rows(tiles, seed, check)
    predict = _fit_several(tiles, features, samples) if tiles.multi_label else _fit(tiles, features, classes, samples)
    usual = _majority(tiles)
    majority, raw_bands = HeldOutScoring(tiles, seed), HeldOutScoring(tiles, seed)
    for found, targets, own in _rows(tiles, True, check):
        majority.add(np.tile(usual, (len(own), 1)), targets, own)
        raw_bands.add(predict(found), targets, own)
    return BaselineScores(majority.scores(), raw_bands.scores())


def _rows(tiles: Tiles, held_out: bool, check: Callable[[], None]) -> Iterator[Rows]:
    """Yields bands (n, C), class indices and samples (n,) of each tile: of pixels, cells, or parts of whole samples."""
    wanted = tiles.entries[tiles.held_out[tiles.entries[:, 1]] == held_out]
    cell = tiles.cell_px
    for tile in np.unique(wanted[:, 2]).tolist():
        check()
        image = np.asarray(tiles.images[tile], np.float32)
        labels, samples = np.asarray(tiles.labels[tile]), np.asarray(tiles.samples[tile])
        own = (samples >= 0) & (tiles.held_out[samples] == held_out)
        if tiles.unit == PIXEL:
            yield image[:, own].T, labels[own], samples[own]
        elif tiles.unit == CELL:
            count = tiles.tile_px // cell
            mean = image.reshape(len(image), count, cell, count, cell).mean(axis=(2, 4))
            corners = own[::cell, ::cell]
            yield mean[:, corners].T, labels[::cell, ::cell][corners], samples[::cell, ::cell][corners]
        else:
            numbers = np.unique(samples[own])
            mean = np.stack([image[:, samples == number].mean(axis=1) for number in numbers])
            found = np.zeros(len(numbers), np.int64) if tiles.multi_label else tiles.sample_classes[numbers]
            yield mean, found, numbers


def _training_rows(tiles: Tiles, seed: int, check: Callable[[], None]) -> Rows:
    """Returns rows of training samples, about as many of each sample, drawn at random."""
    teaching = np.count_nonzero((tiles.pixels > 0) & ~tiles.held_out)
    limit = min(MOST_PER_SAMPLE, max(1, MOST_ROWS // max(1, int(teaching))))
    kept: list[Rows] = []
    for number, (features, classes, samples) in enumerate(_rows(tiles, False, check)):
        # A sample of several tiles gives each tile its share of what is taken of it.
        chance = limit * tiles.cell_px**2 / tiles.pixels[samples]
        take = np.ones(len(samples), bool)
        if tiles.unit in (PIXEL, CELL):
            take = np.random.default_rng([seed % 2**32, number]).random(len(samples)) < chance
        kept.append((features[take], classes[take], samples[take]))
    features, classes, samples = (np.concatenate(part) for part in zip(*kept, strict=True))
    return features, classes, samples


def _fit(
    tiles: Tiles, features: FloatArray, classes: IntArray, samples: IntArray
) -> Callable[[FloatArray], FloatArray]:
    return fit_linear_head(features, classes, samples, len(tiles.classes), c=BANDS_C).probabilities


def _fit_several(tiles: Tiles, features: FloatArray, samples: IntArray) -> Callable[[FloatArray], FloatArray]:
    """Fits a logistic regression for each class, has it or has it not."""
    mean, std = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    x = (features - mean) / std
    _, part, parts = np.unique(samples, return_inverse=True, return_counts=True)
    weights = 1.0 / parts[part]
    weights *= len(weights) / weights.sum()
    truth = tiles.sample_classes[samples].astype(np.int64)
    fitted: list[tuple[FloatArray, float]] = []
    for own in truth.T:
        if own.min() == own.max():  # all have it, or none
            fitted.append((np.zeros(x.shape[1]), 50.0 if own.min() else -50.0))
            continue
        weight, bias = fit_weighted(x, own, weights, 2, BANDS_C)
        fitted.append((weight[1] - weight[0], float(bias[1] - bias[0])))
    slopes, offsets = np.stack([w for w, _ in fitted]), np.array([b for _, b in fitted])

    def predict(found: FloatArray) -> FloatArray:
        logits = (found - mean) / std @ slopes.T + offsets
        chances: FloatArray = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
        return chances

    return predict


def _majority(tiles: Tiles) -> FloatArray:
    """Returns (K,) probabilities of always the same answer, from the training samples."""
    teaching = ~tiles.held_out & (tiles.pixels > 0)
    if tiles.multi_label:
        return np.asarray(tiles.sample_classes[teaching].mean(axis=0) >= HALF, float)
    if tiles.weighs_pixels:
        entries = tiles.entries[teaching[tiles.entries[:, 1]]]
        counts = np.bincount(entries[:, 0], entries[:, 3], len(tiles.classes))
    else:
        counts = np.bincount(tiles.sample_classes[teaching], minlength=len(tiles.classes)).astype(float)
    found: FloatArray = np.eye(len(tiles.classes))[counts.argmax()]
    return found
