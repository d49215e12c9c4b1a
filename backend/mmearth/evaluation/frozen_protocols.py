"""Protocols that leave the encoder as it is: nearest neighbours, a linear layer, and both on band statistics.

A network's features of all samples are computed once. The published probing lets blocks drop out while it computes them
anew in every epoch; here they do not, the head's training is as published. Knows nothing of files.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from mmearth.evaluation.benchmark_training import Told, Trial, outputs, seeded, train
from mmearth.evaluation.compared_models import ComparedModel, build_classifier
from mmearth.evaluation.geobench_folder import CLASSES, MULTI_LABEL
from mmearth.evaluation.packed_samples import PackedSamples
from mmearth.models.classifier import init_head
from mmearth.tuning.published_recipe import WEIGHT_DECAY, class_loss, multi_label_loss

NEIGHBOURS = 5  # torchgeo-bench: Euclidean distance, five neighbours, features as they are
SMOOTHING = 0.2  # MMEarth-train, slurm_fine_tune_all
AT_ONCE = 64
_PIXELS = 50_000  # training pixels that the bands' classifier of pixels sees at most
_ITERATIONS = 1000
_STRENGTHS = (1.0, 0.01, 0.1, 10.0, 100.0, 1e3, 1e4)  # scikit-learn's C, the usual one first


@dataclass(frozen=True)
class Split:
    """Rows of a partition's samples."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def network_features(
    model: ComparedModel, packed: PackedSamples, rows: np.ndarray, seed: int, device: torch.device, told: Told
) -> np.ndarray:
    """Returns (N, C) float32 normalised mean features of the deepest stage, for all rows of the samples.

    Rows that are not asked for stay 0.
    """
    weights = model.encoder_weights
    with seeded(seed, device):
        network = build_classifier(model, 2).train(False).to(device)
    channels = packed.channels(weights.bands)
    features = np.zeros((len(packed.labels), weights.dims[-1]), np.float32)
    done = 0
    for part, found in outputs(network.features, lambda part: packed.images(part, channels), rows, AT_ONCE, device):
        features[part] = found.numpy()
        done += len(part)
        told(done, len(rows))
    return features


def band_features(packed: PackedSamples, rows: np.ndarray, told: Told) -> np.ndarray:
    """Returns (N, 2 B) float32 mean and standard deviation of every band, for all rows; as in `network_features`."""
    channels = list(range(len(packed.bands)))
    features = np.zeros((len(packed.labels), 2 * len(channels)), np.float32)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[slice(start, start + AT_ONCE)]
        pixels = packed.images(part, channels).flatten(2)
        features[part] = torch.cat([pixels.mean(dim=2), pixels.std(dim=2, correction=0)], dim=1).numpy()
        told(start + len(part), len(rows))
    return features


def nearest_neighbours(features: np.ndarray, labels: np.ndarray, train_rows: np.ndarray) -> np.ndarray:
    """Returns the label of every row, of the `NEIGHBOURS` nearest training samples; of several labels, each by itself.

    Args:
        features: (N, C)
        labels: (N,) class numbers, or (N, K) 0 or 1.
        train_rows: Rows that are known.
    """
    neighbours = KNeighborsClassifier(min(NEIGHBOURS, len(train_rows)))
    neighbours.fit(features[train_rows], labels[train_rows])
    found: np.ndarray = neighbours.predict(features)
    return found


def linear_head(
    features: np.ndarray,
    labels: np.ndarray,
    train_rows: np.ndarray,
    num_classes: int,
    trial: Trial,
) -> np.ndarray:
    """Trains a linear layer as published, on features computed once; returns the label of every row."""
    with seeded(trial.seed, trial.device):
        head = nn.Linear(features.shape[1], num_classes)
        init_head(head)
    head.to(trial.device)
    values = torch.from_numpy(features)
    groups = [
        {"params": [head.weight], "weight_decay": WEIGHT_DECAY, "lr_scale": 1.0},
        {"params": [head.bias], "weight_decay": 0.0, "lr_scale": 1.0},
    ]
    loss = class_loss if labels.ndim == 1 else multi_label_loss
    data = (lambda rows: values[rows], lambda rows: torch.from_numpy(labels[rows]), train_rows)
    train(head, groups, data, lambda logits, wanted: loss(logits, wanted, SMOOTHING), trial)
    with torch.inference_mode():
        logits = head(values.to(trial.device)).cpu()
    return decide(CLASSES if labels.ndim == 1 else MULTI_LABEL, logits)


def logistic(features: np.ndarray, labels: np.ndarray, split: Split, told: Told) -> np.ndarray:
    """Fits a logistic regression to standardised features; returns the label of every row.

    Its regularisation is the one that does best on the validation samples, the usual one where there are none. Of
    several labels each has its own; one that all training samples have, or none, is a constant.
    """
    if labels.ndim == 2:
        columns = [logistic(features, column, split, told) for column in labels.T]
        return np.stack(columns, axis=1)
    known = np.unique(labels[split.train])
    if len(known) == 1:
        return np.full(len(features), known[0])
    best, found = -1.0, np.zeros(0, np.int64)
    strengths = _STRENGTHS if len(split.valid) else _STRENGTHS[:1]
    for done, strength in enumerate(strengths):
        told(done, len(strengths))
        model = _logistic(strength, features[split.train], labels[split.train])
        predicted = model.predict(features)
        hits = float((predicted == labels)[split.valid].mean()) if len(split.valid) else 0.0
        if hits > best:
            best, found = hits, predicted
    return found


def _logistic(strength: float, x: np.ndarray, y: np.ndarray) -> Any:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=_ITERATIONS))
    with warnings.catch_warnings():
        # With weak regularisation classes that can be told apart have no best weights; the last are good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(x, y)


def band_pixels(packed: PackedSamples, train_rows: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Fits a logistic regression to the bands of single pixels, for segmentation.

    Returns:
        What gives (N, H, W) class numbers for rows.
    """
    channels = list(range(len(packed.bands)))
    draws = np.random.default_rng(seed)
    each = max(1, _PIXELS // len(train_rows))
    values, classes = [], []
    for row in train_rows:
        pixels = packed.images(np.array([row]), channels)[0].flatten(1).numpy().T
        chosen = draws.permutation(len(pixels))[:each]
        values.append(pixels[chosen])
        classes.append(np.asarray(packed.labels[row]).ravel()[chosen])
    x, y = np.concatenate(values), np.concatenate(classes)
    single = len(np.unique(y)) == 1
    model = None if single else _logistic(_STRENGTHS[0], x, y)

    def predict(rows: np.ndarray) -> np.ndarray:
        images = packed.images(rows, channels)
        if model is None:
            return np.full((len(rows), *images.shape[2:]), y[0])
        found: np.ndarray = model.predict(images.permute(0, 2, 3, 1).reshape(-1, len(channels)).numpy())
        return found.reshape(len(rows), *images.shape[2:])

    return predict


def decide(task: str, logits: torch.Tensor) -> np.ndarray:
    """Returns class numbers of logits (N, K, …), or 0 and 1 of each label where its probability is above one half."""
    found = (logits > 0).long() if task == MULTI_LABEL else logits.argmax(dim=1)
    return found.numpy()
