"""All classifiers of few-shot mapping on the same features, and what choosing among them would bring.

Two ways to choose: by cross-validation over the polygons of a label set (`auto`), and one for all by the scores on the
other tasks. Knows features as arrays; nothing of scenes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.fewshot_probe import macro_f1
from benchmarks.fewshot_tasks import Key, LabelSet
from mmearth.classifiers.by_name import fit_classifier
from mmearth.protocol import HEADS
from mmearth.validation.cross_validation import cross_validate

AUTO, ELSEWHERE = "auto (polygon CV)", "best on other tasks"

Row = dict[str, dict[Key, float]]  # task → (k, seed) → macro-F1


@dataclass(frozen=True)
class LabelledPixels:
    """Features x of one label set.

    Attributes:
        x: (n, d) of the training pixels.
        classes, polygons: (n,) of these.
        sample: (m, d) of pixels without labels.
        scored: (s, d).
        labels: The label set.
        num_classes: K.
    """

    x: np.ndarray
    classes: np.ndarray
    polygons: np.ndarray
    sample: np.ndarray
    scored: np.ndarray
    labels: LabelSet
    num_classes: int


def head_score(name: str, pixels: LabelledPixels) -> float:
    """Returns the macro-F1 of one classifier trained on one label set."""
    head = fit_classifier(name, pixels.x, pixels.classes, pixels.polygons, pixels.sample, pixels.num_classes)
    predicted = head.probabilities(pixels.scored).argmax(axis=1)
    return macro_f1(pixels.labels.truth, predicted, pixels.num_classes)


def chosen_head(pixels: LabelledPixels) -> str:
    """Returns the classifier with the best macro-F1 on held-out polygons; the recipe where that cannot be known."""
    best, name = -1.0, HEADS[0]
    for candidate in HEADS:
        fit = partial(_fit, candidate, pixels)
        found = cross_validate(pixels.x, pixels.classes, pixels.polygons, pixels.num_classes, fit).macro_f1
        if found is None:
            return HEADS[0]
        if found > best:
            best, name = found, candidate
    return name


def _fit(name: str, pixels: LabelledPixels, x: np.ndarray, classes: np.ndarray, polygons: np.ndarray) -> Any:
    return fit_classifier(name, x, classes, polygons, pixels.sample, pixels.num_classes)


def head_rows(sets: Iterator[tuple[str, Key, LabelledPixels]]) -> tuple[dict[str, Row], dict[str, dict[Key, str]]]:
    """Scores all classifiers, the one that cross-validation chooses, and the one that other tasks choose.

    Args:
        sets: Task, (k, seed) and pixels of every label set.

    Returns:
        Row name → scores, and task → (k, seed) → the name that `auto` chose.
    """
    rows: dict[str, Row] = {name: {} for name in (*HEADS, AUTO)}
    choices: dict[str, dict[Key, str]] = {}
    for task, key, pixels in sets:
        for name in HEADS:
            rows[name].setdefault(task, {})[key] = head_score(name, pixels)
        chosen = chosen_head(pixels)
        choices.setdefault(task, {})[key] = chosen
        rows[AUTO].setdefault(task, {})[key] = rows[chosen][task][key]
    rows[ELSEWHERE] = best_elsewhere({name: rows[name] for name in HEADS})
    return rows, choices


def best_elsewhere(rows: dict[str, Row]) -> Row:
    """Returns for each task the scores of the row with the best mean over all other tasks, label sets equal."""
    found: Row = {}
    for task in next(iter(rows.values())):
        means = {
            name: np.mean([f1 for other, sets in row.items() if other != task for f1 in sets.values()] or [0.0])
            for name, row in rows.items()
        }
        found[task] = rows[max(means, key=lambda name: means[name])][task]
    return found
