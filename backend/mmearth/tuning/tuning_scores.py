"""Scores of a network on held-out samples, and whether one is better than another beyond noise.

Polygons and scenes count once each, as in few-shot validation; pixels of masks count once each. Intervals are 95 %,
drawn among what was held out together. Knows arrays; nothing of networks or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from torch import Tensor

from mmearth.classifiers.temperature import TemperatureFit, calibrate_held_out
from mmearth.tuning.batches import Batch
from mmearth.tuning.tiles import CELL, PIXEL, Tiles
from mmearth.validation.cross_validation import (
    FEWEST_FOR_INTERVAL,
    METRICS,
    Interval,
    IntervalPerClass,
    PerClass,
    percentile_interval,
    scores_of,
)

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

DRAWS = 1000
FEWEST_GROUPS = 6  # of fewer, even if all agree, a sign test at 5 % could not tell a gain from chance (2 / 2⁵ = 6 %)
KEPT_PER_SAMPLE = 200  # probabilities of a polygon or block that calibration looks at
_CALIBRATION_FOLDS = 5
SIGNIFICANCE = 0.05
_SAME = 1e-9  # scores of a group that differ by less are equal
HALF = 0.5  # probability from which on a sample is taken to have one of several classes


@dataclass(frozen=True)
class TuningScores:
    """Scores on held-out samples; what cannot be known is None.

    Attributes:
        macro_f1: Mean F1 of the classes that were held out.
        macro_f1_interval: None where fewer than `FEWEST_GROUPS` groups were held out.
        micro_f1: F1 over all decisions together; where everything has one class this is the overall accuracy.
        micro_f1_interval: Its interval.
        precision, recall, f1, iou: One for each class; None of a class that was not held out.
        intervals: By name of these four; None of a class with fewer than `FEWEST_FOR_INTERVAL` groups.
        confusion: (K, K), rows are true classes, in pixels or samples; where samples may have several classes (K, 2, 2)
            for each class: has it not or has it, by found not or found.
        samples: Held-out samples of each class.
        groups: Groups that were held out.
        calibration: The temperature of the probabilities, and how far they can be believed.
        reason: Which classes are not in the mean; else empty.
        draws: (draws, 2) macro and micro F1 of bootstrap draws, the same for scores of the same tiles; empty where
            there are too few groups.
        group_scores: (groups,) micro F1 of each group, in the same order for scores of the same tiles.
    """

    macro_f1: float
    macro_f1_interval: Interval | None
    micro_f1: float
    micro_f1_interval: Interval | None
    precision: PerClass
    recall: PerClass
    f1: PerClass
    iou: PerClass
    intervals: dict[str, IntervalPerClass]
    confusion: FloatArray
    samples: tuple[int, ...]
    groups: int
    calibration: TemperatureFit
    reason: str
    draws: FloatArray
    group_scores: FloatArray

    @property
    def temperature(self) -> float:
        """By which probabilities are to be softened; 1 where it cannot be known."""
        return self.calibration.temperature

    @property
    def ece(self) -> tuple[float, float] | None:
        """Expected calibration error without and with a temperature that never saw the samples it is judged on."""
        return self.calibration.ece

    def to_json(self) -> dict[str, Any]:
        """Returns the figures as JSON values."""
        return {
            "macro_f1": self.macro_f1,
            "macro_f1_interval_95": self.macro_f1_interval,
            "micro_f1": self.micro_f1,
            "micro_f1_interval_95": self.micro_f1_interval,
            **{name: list(getattr(self, name)) for name in METRICS},
            **{f"{name}_interval_95": list(self.intervals[name]) for name in METRICS},
            "confusion": np.round(self.confusion, 6).tolist(),
            "samples": list(self.samples),
            "groups": self.groups,
            "temperature": self.temperature,
            "ece": self.ece,
            "reason": self.reason,
        }


def difference(first: TuningScores, second: TuningScores) -> tuple[float, Interval | None]:
    """Returns macro-F1 of `first` minus `second` with its interval, both drawn among the same held-out groups."""
    gain = first.macro_f1 - second.macro_f1
    if not len(first.draws):
        return gain, None
    return gain, percentile_interval(first.draws[:, 0] - second.draws[:, 0])


def is_better(first: TuningScores, second: TuningScores) -> bool:
    """Whether `first` is better than `second` beyond noise; never where too few groups were held out to say."""
    _, interval = difference(first, second)
    return interval is not None and interval[0] > 0


def changed_groups(first: TuningScores, second: TuningScores) -> tuple[int, int]:
    """Returns how many held-out groups `first` scores better than `second`, and how many worse."""
    gains = first.group_scores - second.group_scores
    return int(np.count_nonzero(gains > _SAME)), int(np.count_nonzero(gains < -_SAME))


def is_better_in_most(first: TuningScores, second: TuningScores) -> bool:
    """Whether `first` scores more held-out groups better than chance explains: one-sided sign test at 5 %.

    Few groups of a class that move the same way leave a bootstrap nothing to vary; this counts them.
    """
    better, worse = changed_groups(first, second)
    return better > 0 and bool(binomtest(better, better + worse, alternative="greater").pvalue <= SIGNIFICANCE)


class HeldOutScoring:
    """Gathers predictions of held-out samples; memory grows with the samples, not with their pixels.

    Args:
        tiles: What was held out.
        seed: Of the bootstrap, and of the probabilities that are kept for calibration.
    """

    def __init__(self, tiles: Tiles, seed: int) -> None:
        self._tiles, self._seed = tiles, seed % 2**32
        self._numbers = np.flatnonzero(tiles.held_out)
        self._index = np.full(len(tiles.held_out), -1)
        self._index[self._numbers] = np.arange(len(self._numbers))
        count, classes = len(self._numbers), len(tiles.classes)
        self._whole = tiles.unit not in (PIXEL, CELL)
        self._sums = np.zeros((count, classes if self._whole else 0))
        self._parts = np.zeros(count)
        self._counts = np.zeros((count, 0 if self._whole else classes, 0 if self._whole else classes))
        self._room = np.full(count, KEPT_PER_SAMPLE)
        self._kept: list[tuple[FloatArray, IntArray, IntArray]] = []

    def add_batch(self, probabilities: Tensor, batch: Batch) -> None:
        """Adds what a network says of a batch: (N, K, S, S) of a segmentation, else (N, R, K), on the CPU."""
        found = (probabilities.movedim(1, -1) if self._tiles.unit == PIXEL else probabilities).numpy()
        own = (batch.samples >= 0).numpy()
        self.add(found[own], batch.targets.numpy()[own], batch.samples.numpy()[own])

    def add(self, probabilities: FloatArray, targets: NDArray[Any], samples: IntArray) -> None:
        """Adds predictions of pixels, cells, or parts of polygons or scenes; those of training samples are left out.

        Args:
            probabilities: (n, K).
            targets: (n,) class index, -1 is none; not looked at of polygons and scenes.
            samples: (n,) as in `Tiles.samples`.
        """
        index = np.where(samples >= 0, self._index[samples], -1)
        own = index >= 0
        if self._whole:
            np.add.at(self._sums, index[own], probabilities[own])
            np.add.at(self._parts, index[own], 1)
            return
        own &= targets >= 0
        probabilities, targets, index = probabilities[own], targets[own], index[own]
        np.add.at(self._counts, (index, targets, probabilities.argmax(axis=1)), 1)
        keep = self._chosen(index)
        self._kept.append((probabilities[keep], targets[keep], index[keep]))

    def scores(self) -> TuningScores:
        """Returns the scores of all that was added."""
        confusions, seen = self._confusions()
        groups = self._tiles.groups[self._numbers[seen]]
        weights = self._weights(confusions, groups)
        return _scored(self._tiles, confusions, self._numbers[seen], groups, weights, self._calibration())

    def _confusions(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Returns (p, K, K), or (p, K, 2, 2), of the samples that were seen, and (P,) which these are."""
        tiles = self._tiles
        if not self._whole:
            total = self._counts.sum(axis=(1, 2))
            seen = total > 0
            found = self._counts[seen]
            return (found if tiles.weighs_pixels else found / total[seen, None, None]), seen
        seen = self._parts > 0
        mean, truth = self._mean()[seen], tiles.sample_classes[self._numbers[seen]]
        if tiles.multi_label:
            both = np.stack([truth.astype(int), (mean >= HALF).astype(int)])
            return np.eye(4)[2 * both[0] + both[1]].reshape(*truth.shape, 2, 2), seen
        found = np.zeros((len(mean), mean.shape[1], mean.shape[1]))
        found[np.arange(len(mean)), truth, mean.argmax(axis=1)] = 1
        return found, seen

    def _mean(self) -> FloatArray:
        mean: FloatArray = self._sums / np.maximum(self._parts, 1)[:, None]
        return mean

    def _chosen(self, index: IntArray) -> IntArray:
        """Returns the rows to keep, drawn at random up to what each sample has room for."""
        order = np.random.default_rng([self._seed, 1, len(self._kept)]).permutation(len(index))
        order = order[np.argsort(index[order], kind="stable")]
        ordered = index[order]
        rank = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
        chosen: IntArray = order[rank < self._room[ordered]]
        np.subtract.at(self._room, index[chosen], 1)
        return chosen

    def _calibration(self) -> TemperatureFit:
        if self._tiles.multi_label:
            return TemperatureFit(1.0, None, None, "samples may have several classes")
        if self._whole:
            seen = np.flatnonzero(self._parts)
            probabilities, index = self._mean()[seen], seen
            classes = self._tiles.sample_classes[self._numbers[seen]]
        else:
            probabilities, classes, index = (np.concatenate(part) for part in zip(*self._kept, strict=True))
        _, group = np.unique(self._tiles.groups[self._numbers[index]], return_inverse=True)
        if group.max() < 1:
            return TemperatureFit(1.0, None, None, "all that was held out lies in one place")
        return calibrate_held_out(np.asarray(probabilities, np.float64), classes, index, group % _CALIBRATION_FOLDS)

    def _weights(self, confusions: FloatArray, groups: IntArray) -> FloatArray:
        """Returns (draws, p) how often each sample counts in a draw; samples of a group are drawn together.

        Groups of polygons are drawn within their main class, so that no class gets lost; other groups hold several. Of
        n groups n - 1 are drawn, each counting n / (n - 1): drawing n would make intervals of a few groups too narrow
        (Rao and Wu 1988, doi:10.1080/01621459.1988.10478591).
        """
        numbers, group = np.unique(groups, return_inverse=True)
        if len(numbers) < FEWEST_GROUPS:
            return np.empty((0, len(groups)))
        strata = np.zeros(len(numbers), int)
        if not (self._tiles.weighs_pixels or self._tiles.multi_label):
            mass = np.zeros((len(numbers), confusions.shape[1]))
            np.add.at(mass, group, confusions.sum(axis=2))
            strata = mass.argmax(axis=1)
        rng = np.random.default_rng([self._seed, 0])
        weights = np.ones((DRAWS, len(numbers)))
        for stratum in np.unique(strata):
            own = np.flatnonzero(strata == stratum)
            if len(own) > 1:
                drawn = rng.multinomial(len(own) - 1, np.full(len(own), 1 / len(own)), size=DRAWS)
                weights[:, own] = drawn * (len(own) / (len(own) - 1))
        found: FloatArray = weights[:, group]
        return found


def _scored(
    tiles: Tiles,
    confusions: FloatArray,
    numbers: IntArray,
    groups: IntArray,
    weights: FloatArray,
    calibration: TemperatureFit,
) -> TuningScores:
    total = confusions.sum(axis=0)
    drawn = np.tensordot(weights, confusions, axes=1)
    values, drawn_values = _per_class(total, tiles.multi_label), _per_class(drawn, tiles.multi_label)
    true, drawn_true = _true(total, tiles.multi_label), _true(drawn, tiles.multi_label)
    own = _true(confusions, tiles.multi_label) > 0
    holders = [len(np.unique(groups[own[:, c]])) for c in range(own.shape[1])]
    known = true > 0
    drawn_macro = np.divide(
        np.where(drawn_true > 0, drawn_values["f1"], 0).sum(axis=-1), np.maximum((drawn_true > 0).sum(axis=-1), 1)
    )
    drawn_micro = _micro(drawn, tiles.multi_label)
    draws = np.stack([drawn_macro, drawn_micro], axis=1)
    of_group = np.stack([confusions[groups == number].sum(axis=0) for number in np.unique(groups)])
    missing = [c.name for c, is_known in zip(tiles.classes, known, strict=True) if not is_known]
    return TuningScores(
        macro_f1=float(values["f1"][known].mean()) if known.any() else 0.0,
        macro_f1_interval=percentile_interval(drawn_macro) if len(draws) else None,
        micro_f1=float(_micro(total, tiles.multi_label)),
        micro_f1_interval=percentile_interval(drawn_micro) if len(draws) else None,
        **{name: tuple(float(v) if k else None for v, k in zip(values[name], known, strict=True)) for name in METRICS},
        intervals={
            name: tuple(
                percentile_interval(drawn_values[name][drawn_true[:, c] > 0, c])
                if len(draws) and n >= FEWEST_FOR_INTERVAL
                else None
                for c, n in enumerate(holders)
            )
            for name in METRICS
        },
        confusion=total,
        samples=tuple(int(n) for n in np.count_nonzero(own, axis=0)),
        groups=len(np.unique(groups)),
        calibration=calibration,
        reason=f"not held out: {', '.join(missing)}" if missing else "",
        draws=draws,
        group_scores=_micro(of_group, tiles.multi_label),
    )


def _per_class(confusions: FloatArray, multi_label: bool) -> dict[str, FloatArray]:
    """Returns (…, K) scores of (…, K, K), or of (…, K, 2, 2), by name."""
    found = scores_of(confusions)
    return {name: values[..., 1] for name, values in found.items()} if multi_label else found


def _true(confusions: FloatArray, multi_label: bool) -> FloatArray:
    """Returns (…, K) how much there is of each class."""
    rows: FloatArray = confusions.sum(axis=-1)
    return rows[..., 1] if multi_label else rows


def _micro(confusions: FloatArray, multi_label: bool) -> FloatArray:
    if multi_label:
        return scores_of(confusions.sum(axis=-3))["f1"][..., 1]
    hits = np.trace(confusions, axis1=-2, axis2=-1)
    found: FloatArray = np.divide(hits, np.maximum(confusions.sum(axis=(-2, -1)), 1e-12))
    return found
