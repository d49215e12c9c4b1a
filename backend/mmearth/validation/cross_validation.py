"""Cross-validation over polygons: no polygon ever has pixels on both sides, each polygon counts once.

Knows arrays only. A class with one polygon cannot be held out: its score, and so the overall score, is "not known".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mmearth.classifiers.temperature import TemperatureFit, calibrate_held_out
from mmearth.validation.folds import polygon_folds

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
Interval = tuple[float, float]
PerClass = tuple[float | None, ...]
IntervalPerClass = tuple[Interval | None, ...]

METRICS = ("precision", "recall", "f1", "iou")
FEWEST_FOR_INTERVAL = 4  # groups of a class: drawing among fewer says nothing of those that were not drawn
LISTED = 8  # classes that a sentence names before it breaks off
_BOOTSTRAP_DRAWS = 1000


class Classifier(Protocol):
    """What a `fit` function returns."""

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities."""


Fit = Callable[[FloatArray, IntArray, IntArray], Classifier]


@dataclass(frozen=True)
class HeldOut:
    """Out-of-fold predictions, pixel by pixel and polygon by polygon.

    Attributes:
        classes: (n,) true class index of each pixel.
        polygons: (n,) polygon number.
        folds: (n,) fold; -1 where a pixel was never held out.
        probabilities: (n, K); NaN where a pixel was never held out.
        polygon_classes: (P,) class of each held-out polygon.
        polygon_groups: (P,) its group.
        polygon_shares: (P, K) share of its pixels predicted as each class.
    """

    classes: IntArray
    polygons: IntArray
    folds: IntArray
    probabilities: FloatArray
    polygon_classes: IntArray
    polygon_groups: IntArray
    polygon_shares: FloatArray


@dataclass(frozen=True)
class Validation:
    """Out-of-fold results; a number that cannot be known is None, and `reason` says why.

    Intervals are 95 %, bootstrap over polygons (over groups where these are held out together); predictions are kept,
    not refitted. Those of a class are None where it has fewer than `FEWEST_FOR_INTERVAL` groups.

    Attributes:
        macro_f1: Mean F1 over classes.
        macro_f1_interval: Its interval.
        accuracy: Share of polygons, each counted by the share of its pixels that are right.
        accuracy_interval: Its interval.
        precision, recall, f1, iou: One for each class; None for a class that could not be held out.
        intervals: By name of these four: an interval for each class.
        confusion: (K, K), rows are true classes, in polygons: a polygon with 30 % wrong pixels adds 0.7 and 0.3.
        polygons: Polygons of each class.
        pixels: Pixels of each class.
        num_folds: 0 when nothing could be held out.
        seed: Seed of the folds and of the bootstrap.
        reason: Why the overall scores are None; else empty.
        held_out: What the scores are made of.
    """

    macro_f1: float | None
    macro_f1_interval: Interval | None
    accuracy: float | None
    accuracy_interval: Interval | None
    precision: PerClass
    recall: PerClass
    f1: PerClass
    iou: PerClass
    intervals: dict[str, IntervalPerClass]
    confusion: FloatArray
    polygons: tuple[int, ...]
    pixels: tuple[int, ...]
    num_folds: int
    seed: int
    reason: str
    held_out: HeldOut

    @property
    def probabilities(self) -> FloatArray:
        """(n, K) out-of-fold probabilities, before any temperature; NaN where a pixel was never held out."""
        return self.held_out.probabilities

    @property
    def predictions(self) -> IntArray:
        """(n,) out-of-fold class index; -1 where a pixel was never held out."""
        held = self.held_out
        best: IntArray = np.where(held.folds >= 0, np.nan_to_num(held.probabilities).argmax(axis=1), -1)
        return best

    @cached_property
    def calibration(self) -> TemperatureFit:
        """The temperature of the held-out probabilities, and how well calibrated they are without and with it."""
        held, tested = self.held_out, self.held_out.folds >= 0
        return calibrate_held_out(
            held.probabilities[tested], held.classes[tested], held.polygons[tested], held.folds[tested]
        )

    @property
    def temperature(self) -> float:
        """By which probabilities of the final model are to be softened; 1 where it cannot be known."""
        return self.calibration.temperature

    @property
    def ece(self) -> tuple[float, float] | None:
        """Expected calibration error before and after the temperature, which never saw the polygons it is judged on."""
        return self.calibration.ece

    def to_json(self) -> dict[str, Any]:
        """Returns the figures as JSON values, without the per-pixel and per-polygon arrays."""
        return {
            "macro_f1": self.macro_f1,
            "macro_f1_interval_95": self.macro_f1_interval,
            "accuracy": self.accuracy,
            "accuracy_interval_95": self.accuracy_interval,
            **{name: list(getattr(self, name)) for name in METRICS},
            **{f"{name}_interval_95": list(self.intervals[name]) for name in METRICS},
            "confusion_polygons": [[round(float(v), 6) for v in row] for row in self.confusion],
            "polygons": list(self.polygons),
            "pixels": list(self.pixels),
            "folds": self.num_folds,
            "seed": self.seed,
            "reason": self.reason,
        }


def cross_validate(
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    num_classes: int,
    fit: Fit,
    *,
    num_folds: int = 5,
    seed: int = 0,
    names: Sequence[str] = (),
    groups: IntArray | None = None,
) -> Validation:
    """Scores `fit` on polygons that it has not seen.

    The folds depend on polygons, groups, classes and seed only: two calls with other features or another `fit` are
    comparable.

    Args:
        features: (n, D).
        classes: (n,) class index, 0…num_classes-1.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        fit: Called with features, classes and polygons of the training pixels of each fold.
        num_folds: At most this many folds.
        seed: Seed of folds and bootstrap.
        names: Class names for `reason`; empty means indices.
        groups: (n,) number of the block that a pixel's polygon lies in: polygons of a block are held out together.
            None: each polygon by itself.
    """
    classes, polygons = np.asarray(classes), np.asarray(polygons)
    groups = polygons if groups is None else np.asarray(groups)
    folds = polygon_folds(polygons, classes, num_folds, seed, groups)
    if len(np.unique(classes)) < 2:
        folds = np.full(len(classes), -1)
    probabilities = np.full((len(classes), num_classes), np.nan)
    for fold in range(int(folds.max()) + 1):
        test = folds == fold
        model = fit(features[~test], classes[~test], polygons[~test])
        probabilities[test] = model.probabilities(features[test])
    held_out = _pooled(classes, polygons, groups, folds, probabilities)
    return _scored(held_out, num_classes, _reason(held_out, groups, num_classes, names), seed)


def fit_majority(num_classes: int) -> Fit:
    """Returns a `fit` that always predicts the class with most training polygons (the first of several)."""

    def fit(features: FloatArray, classes: IntArray, polygons: IntArray) -> Classifier:
        _, first = np.unique(polygons, return_index=True)
        return _Constant(np.bincount(classes[first], minlength=num_classes))

    return fit


def macro_f1_difference(first: Validation, second: Validation) -> tuple[float, Interval] | None:
    """Returns macro-F1 of `first` minus `second` with its 95 % interval, both drawn on the same polygons.

    Args:
        first: From `cross_validate`.
        second: From `cross_validate` with the same classes, polygons, groups and seed.

    Returns:
        None where a score is not known.
    """
    if first.macro_f1 is None or second.macro_f1 is None:
        return None
    draws = [scores_of(_bootstrap_confusions(v.held_out, first.seed))["f1"].mean(axis=1) for v in (first, second)]
    return first.macro_f1 - second.macro_f1, percentile_interval(draws[0] - draws[1])


def polygon_shares(predictions: IntArray, polygons: IntArray, num_classes: int) -> tuple[FloatArray, IntArray]:
    """Returns (P, K) share of each polygon's pixels predicted as each class, and (P,) the first pixel of each."""
    _, first, polygon, pixels = np.unique(polygons, return_index=True, return_inverse=True, return_counts=True)
    shares = np.zeros((len(first), num_classes))
    np.add.at(shares, (polygon, predictions), 1.0 / pixels[polygon])
    return shares, first


def scores_of(confusions: FloatArray) -> dict[str, FloatArray]:
    """Returns (…, K) scores by name in `METRICS`, of (…, K, K) confusions with true classes as rows; 0 for 0 / 0."""
    hits = np.diagonal(confusions, axis1=-2, axis2=-1)
    true, predicted = confusions.sum(axis=-1), confusions.sum(axis=-2)
    wholes = {"precision": predicted, "recall": true, "f1": (true + predicted) / 2, "iou": true + predicted - hits}
    return {name: np.divide(hits, whole, out=np.zeros_like(hits), where=whole > 0) for name, whole in wholes.items()}


def percentile_interval(draws: FloatArray) -> Interval:
    """Returns the 95 % interval of bootstrap draws."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


class _Constant:
    def __init__(self, counts: IntArray) -> None:
        self._winner = int(counts.argmax())
        self._num_classes = len(counts)

    def probabilities(self, features: FloatArray) -> FloatArray:
        return np.tile(np.eye(self._num_classes)[self._winner], (len(features), 1))


def _pooled(
    classes: IntArray, polygons: IntArray, groups: IntArray, folds: IntArray, probabilities: FloatArray
) -> HeldOut:
    tested = folds >= 0
    shares, first = polygon_shares(probabilities[tested].argmax(axis=1), polygons[tested], probabilities.shape[1])
    return HeldOut(classes, polygons, folds, probabilities, classes[tested][first], groups[tested][first], shares)


def _scored(held_out: HeldOut, num_classes: int, reason: str, seed: int) -> Validation:
    numbers, first = np.unique(held_out.polygons, return_index=True)
    confusion = np.zeros((num_classes, num_classes))
    np.add.at(confusion, held_out.polygon_classes, held_out.polygon_shares)
    tested = np.isin(np.arange(num_classes), held_out.polygon_classes)
    draws = _bootstrap_confusions(held_out, seed)
    drawn, scores = scores_of(draws), scores_of(confusion)
    num_groups = [len(np.unique(held_out.polygon_groups[held_out.polygon_classes == c])) for c in range(num_classes)]
    known = not reason
    return Validation(
        macro_f1=float(scores["f1"].mean()) if known else None,
        macro_f1_interval=percentile_interval(drawn["f1"].mean(axis=1)) if known else None,
        accuracy=float(np.trace(confusion) / confusion.sum()) if known else None,
        accuracy_interval=(
            percentile_interval(np.trace(draws, axis1=1, axis2=2) / draws.sum(axis=(1, 2))) if known else None
        ),
        **{name: tuple(float(v) if t else None for v, t in zip(scores[name], tested, strict=True)) for name in METRICS},
        intervals={
            name: tuple(
                percentile_interval(drawn[name][:, c]) if num_groups[c] >= FEWEST_FOR_INTERVAL else None
                for c in range(num_classes)
            )
            for name in METRICS
        },
        confusion=confusion,
        polygons=tuple(int(v) for v in np.bincount(held_out.classes[first], minlength=num_classes)),
        pixels=tuple(int(v) for v in np.bincount(held_out.classes, minlength=num_classes)),
        num_folds=len(np.unique(held_out.folds[held_out.folds >= 0])),
        seed=seed,
        reason=reason,
        held_out=held_out,
    )


def _reason(held_out: HeldOut, groups: IntArray, num_classes: int, names: Sequence[str]) -> str:
    few = []
    crowded = False
    for c in range(num_classes):
        own = held_out.classes == c
        polygons, blocks = len(np.unique(held_out.polygons[own])), len(np.unique(groups[own]))
        name = f"class {repr(names[c]) if c < len(names) else c}"
        if polygons < 2:
            few.append(f"{name} has {'1 polygon' if polygons else 'no polygon with data'}")
        elif not (held_out.folds[own] >= 0).any():
            crowded = crowded or polygons > 1
            few.append(f"{name} has all of its {polygons} polygons in {'one block' if blocks < 2 else 'one fold'}")
    if not few:
        return ""
    if len(few) > LISTED:
        few = [*few[:LISTED], f"and {len(few) - LISTED} more"]
    apart = ", far from each other" if crowded else ""
    return f"{'; '.join(few)}; draw at least 2 of each class (5 are better){apart}"


def _bootstrap_confusions(held_out: HeldOut, seed: int) -> FloatArray:
    """Returns (draws, K, K): groups drawn with replacement inside each class, every class kept as large as it is."""
    rng = np.random.default_rng(seed)
    num_classes = held_out.polygon_shares.shape[1]
    draws = np.zeros((_BOOTSTRAP_DRAWS, num_classes, num_classes))
    for c in np.unique(held_out.polygon_classes):
        own = held_out.polygon_classes == c
        numbers, group = np.unique(held_out.polygon_groups[own], return_inverse=True)
        rows = np.zeros((len(numbers), num_classes))
        np.add.at(rows, group, held_out.polygon_shares[own])
        counts = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_BOOTSTRAP_DRAWS)
        drawn = counts @ rows
        draws[:, c] = drawn * (own.sum() / drawn.sum(axis=1, keepdims=True))
    return draws
