"""The benchmark's metrics, over all samples of a split at once: accuracy, micro-F1 of several labels, mean IoU.

As GEO-Bench and MMEarth-train have them (torchmetrics, Accuracy micro, MultilabelF1Score micro at 0.5, Jaccard macro).
Knows nothing of networks.
"""

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from mmearth.evaluation.geobench_folder import CLASSES, MULTI_LABEL, SEGMENTATION

METRICS = {CLASSES: "accuracy", MULTI_LABEL: "F1 (micro)", SEGMENTATION: "mIoU"}


def score(task: str, truth: np.ndarray, predicted: np.ndarray) -> float | None:
    """Returns the metric of whole samples; None where it is undefined: no samples, or no label in truth nor prediction.

    Args:
        task: `CLASSES` or `MULTI_LABEL`.
        truth, predicted: (N,) class numbers, or (N, K) 0 or 1.
    """
    if len(truth) == 0:
        return None
    if task == CLASSES:
        return float(accuracy_score(truth, predicted))
    if not truth.any() and not predicted.any():
        return None
    return float(f1_score(truth, predicted, average="micro", zero_division=0.0))


def add_confusion(confusion: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Returns (K, K) counts, true class by predicted class, with more pixels counted; labels of -1 do not count."""
    labels = np.arange(len(confusion))
    known = truth.ravel() >= 0
    if not known.any():
        return confusion
    counted = confusion_matrix(truth.ravel()[known], predicted.ravel()[known], labels=labels)
    return np.asarray(confusion + counted)


def confusion_score(confusion: np.ndarray) -> float | None:
    """Returns the mean IoU over the classes that occur in truth or prediction; None without any."""
    hits = np.diag(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - hits
    occurring = union > 0
    return float((hits[occurring] / union[occurring]).mean()) if occurring.any() else None


def majority(task: str, train: np.ndarray, num_classes: int) -> np.ndarray:
    """Returns the label that occurs most: () a class, or (K,) 1 where at least half of the samples have the label."""
    if task == MULTI_LABEL:
        return np.asarray(train.mean(axis=0) >= 0.5, np.int64)
    return np.asarray(np.bincount(train.ravel(), minlength=num_classes).argmax())
