"""Cross-validation over polygons: no polygon ever has pixels on both sides, each polygon counts once.

Knows arrays only. A class with one polygon cannot be held out: its score, and so the overall score, is "not known".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
Interval = tuple[float, float]

_BOOTSTRAP_DRAWS = 1000
_ALWAYS_TRAINING = -1


LISTED = 8  # classes that a sentence names before it breaks off


class Classifier(Protocol):
    """What a `fit` function returns."""

    def probabilities(self, features: FloatArray) -> FloatArray:
        """Returns (n, K) probabilities."""


Fit = Callable[[FloatArray, IntArray, IntArray], Classifier]


@dataclass(frozen=True)
class Validation:
    """Out-of-fold results; a number that cannot be known is None, and `reason` says why.

    Attributes:
        macro_f1: Mean F1 over classes.
        macro_f1_interval: 95 % interval, bootstrap over polygons; predictions are kept, not refitted.
        accuracy: Share of polygons, each counted by the share of its pixels that are right.
        accuracy_interval: As above.
        precision: One for each class; None for a class with one polygon.
        recall: As above.
        f1: As above.
        confusion: (K, K), rows are true classes, in polygons: a polygon with 30 % wrong pixels adds 0.7 and 0.3.
        polygons: Polygons of each class.
        pixels: Pixels of each class.
        num_folds: 0 when nothing could be held out.
        seed: Seed of the folds and of the bootstrap.
        reason: Why the overall scores are None; else empty.
        predictions: (n,) out-of-fold class index; -1 where a pixel was never held out.
        polygon_classes: (P,) class of each held-out polygon.
        polygon_shares: (P, K) share of its pixels predicted as each class.
    """

    macro_f1: float | None
    macro_f1_interval: Interval | None
    accuracy: float | None
    accuracy_interval: Interval | None
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    confusion: FloatArray
    polygons: tuple[int, ...]
    pixels: tuple[int, ...]
    num_folds: int
    seed: int
    reason: str
    predictions: IntArray
    polygon_classes: IntArray
    polygon_shares: FloatArray

    def to_json(self) -> dict[str, Any]:
        """Returns the figures as JSON values, without the per-pixel and per-polygon arrays."""
        return {
            "macro_f1": self.macro_f1,
            "macro_f1_interval_95": self.macro_f1_interval,
            "accuracy": self.accuracy,
            "accuracy_interval_95": self.accuracy_interval,
            "precision": list(self.precision),
            "recall": list(self.recall),
            "f1": list(self.f1),
            "confusion_polygons": [[round(float(v), 6) for v in row] for row in self.confusion],
            "polygons": list(self.polygons),
            "pixels": list(self.pixels),
            "folds": self.num_folds,
            "seed": self.seed,
            "reason": self.reason,
        }


def polygon_folds(polygons: IntArray, classes: IntArray, num_folds: int = 5, seed: int = 0) -> IntArray:
    """Deals polygons into folds, class by class, so that each class with two or more polygons is in several folds.

    Each class keeps at least one polygon outside any fold, so every model is trained on all classes. Folds need not
    hold every class: predictions are pooled before scoring.

    Returns:
        (n,) fold of each pixel; -1 (always training) for the pixels of a class with one polygon.
    """
    numbers, first, pixel_polygon = np.unique(polygons, return_index=True, return_inverse=True)
    polygon_class = np.asarray(classes)[first]
    fold = np.full(len(numbers), _ALWAYS_TRAINING)
    groups = [np.flatnonzero(polygon_class == c) for c in np.unique(polygon_class)]
    groups = [group for group in groups if len(group) > 1]
    num_folds = min(num_folds, sum(len(group) for group in groups))
    rng = np.random.default_rng(seed)
    dealt = 0
    for group in groups:
        fold[rng.permutation(group)] = (dealt + np.arange(len(group))) % num_folds
        dealt += len(group)
    result: IntArray = fold[pixel_polygon]
    return result


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
) -> Validation:
    """Scores `fit` on polygons that it has not seen.

    The folds depend on polygons, classes and seed only: two calls with other features or another `fit` are comparable.

    Args:
        features: (n, D).
        classes: (n,) class index, 0…num_classes-1.
        polygons: (n,) polygon number; a polygon has one class.
        num_classes: K.
        fit: Called with features, classes and polygons of the training pixels of each fold.
        num_folds: At most this many folds.
        seed: Seed of folds and bootstrap.
        names: Class names for `reason`; empty means indices.
    """
    classes, polygons = np.asarray(classes), np.asarray(polygons)
    numbers, first, pixel_polygon = np.unique(polygons, return_index=True, return_inverse=True)
    polygon_counts = np.bincount(classes[first], minlength=num_classes)
    scored = polygon_counts > 1
    fold = polygon_folds(polygons, classes, num_folds, seed)
    predictions = np.full(len(classes), -1)
    if scored.sum() > 1 or (scored.any() and (polygon_counts > 0).sum() > 1):
        for held_out in range(fold.max() + 1):
            test = fold == held_out
            model = fit(features[~test], classes[~test], polygons[~test])
            predictions[test] = model.probabilities(features[test]).argmax(axis=1)

    tested = predictions >= 0
    weights = 1.0 / np.bincount(pixel_polygon)[pixel_polygon[tested]]
    labels = np.arange(num_classes)
    tested_polygons = np.unique(pixel_polygon[tested])
    shares = np.zeros((len(numbers), num_classes))
    np.add.at(shares, (pixel_polygon[tested], predictions[tested]), weights)
    shares, polygon_classes = shares[tested_polygons], classes[first][tested_polygons]
    precision: tuple[float | None, ...] = (None,) * num_classes
    recall = f1 = precision
    confusion = np.zeros((num_classes, num_classes))
    if tested.any():
        arguments = {"labels": labels, "sample_weight": weights}
        confusion = confusion_matrix(classes[tested], predictions[tested], **arguments)
        scores = precision_recall_fscore_support(classes[tested], predictions[tested], zero_division=0, **arguments)
        precision, recall, f1 = (
            tuple(float(v) if known else None for v, known in zip(row, scored, strict=True)) for row in scores[:3]
        )
    reason = _reason(polygon_counts, names)
    macro_f1 = accuracy = macro_f1_interval = accuracy_interval = None
    if not reason:
        macro_f1 = float(np.mean([v for v in f1 if v is not None]))
        accuracy = float(np.trace(confusion) / confusion.sum())
        draws = _bootstrap_confusions(polygon_classes, shares, seed)
        macro_f1_interval = _interval(_macro_f1(draws))
        accuracy_interval = _interval(np.trace(draws, axis1=1, axis2=2) / draws.sum(axis=(1, 2)))
    return Validation(
        macro_f1=macro_f1,
        macro_f1_interval=macro_f1_interval,
        accuracy=accuracy,
        accuracy_interval=accuracy_interval,
        precision=precision,
        recall=recall,
        f1=f1,
        confusion=confusion,
        polygons=tuple(int(v) for v in polygon_counts),
        pixels=tuple(int(v) for v in np.bincount(classes, minlength=num_classes)),
        num_folds=int(fold[tested].max()) + 1 if tested.any() else 0,
        seed=seed,
        reason=reason,
        predictions=predictions,
        polygon_classes=polygon_classes,
        polygon_shares=shares,
    )


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
        second: From `cross_validate` with the same classes, polygons and seed.

    Returns:
        None where a score is not known.
    """
    if first.macro_f1 is None or second.macro_f1 is None:
        return None
    draws = [_macro_f1(_bootstrap_confusions(v.polygon_classes, v.polygon_shares, first.seed)) for v in (first, second)]
    return first.macro_f1 - second.macro_f1, _interval(draws[0] - draws[1])


class _Constant:
    def __init__(self, counts: IntArray) -> None:
        self._probabilities = counts == counts.max()

    def probabilities(self, features: FloatArray) -> FloatArray:
        return np.tile(self._probabilities / self._probabilities.sum(), (len(features), 1))


def _reason(polygon_counts: IntArray, names: Sequence[str]) -> str:
    few = [
        f"class {repr(names[c]) if c < len(names) else c} has {'1 polygon' if count else 'no polygon with data'}"
        for c, count in enumerate(polygon_counts)
        if count < 2
    ]
    if len(few) > LISTED:
        few = [*few[:LISTED], f"and {len(few) - LISTED} more"]
    return f"{'; '.join(few)}; draw at least 2 of each class (5 are better)" if few else ""


def _bootstrap_confusions(polygon_classes: IntArray, shares: FloatArray, seed: int) -> FloatArray:
    """Returns (draws, K, K): polygons drawn with replacement inside each class."""
    rng = np.random.default_rng(seed)
    num_classes = shares.shape[1]
    draws = np.zeros((_BOOTSTRAP_DRAWS, num_classes, num_classes))
    for c in np.unique(polygon_classes):
        rows = shares[polygon_classes == c]
        counts = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=_BOOTSTRAP_DRAWS)
        draws[:, c] = counts @ rows
    return draws


def _macro_f1(confusions: FloatArray) -> FloatArray:
    """Returns (draws,) macro-F1 of (draws, K, K) confusions whose classes all have polygons."""
    hits = np.diagonal(confusions, axis1=1, axis2=2)
    result: FloatArray = (2 * hits / (confusions.sum(axis=1) + confusions.sum(axis=2))).mean(axis=1)
    return result


def _interval(draws: FloatArray) -> Interval:
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)
