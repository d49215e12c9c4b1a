"""What few-shot training found out, put together as a model."""

from __future__ import annotations

from typing import Any

from mmearth.classifiers.novelty import fit_novelty
from mmearth.classifiers.regressors import Regressor
from mmearth.labels.label_values import CLASSES
from mmearth.mapping.few_shot_training import Training
from mmearth.mapping.model_file import Model
from mmearth.models.heads import Head
from mmearth.weights.checkpoints import Weights


def model_of(
    training: Training,
    weights: Weights | None,
    weights_path: str,
    head: Head | Regressor,
    scores: dict[str, Any],
    precision: str,
) -> Model:
    """Returns the model of a training.

    Args:
        training: Labels and samples.
        weights: Of the encoder; None without one, and where an embedding was trained on.
        weights_path: Where the request found them; empty for the bundled ones.
        head: Fitted to all labels.
        scores: On held-out labels, with "temperature".
        precision: What the encoder computed in; empty without one.
    """
    labels, samples, embedding = training.labels, training.samples, training.embedding
    classes = training.classes if labels.task == CLASSES else None
    return Model(
        features=samples.features,
        head=head,
        classes=labels.classes,
        field=labels.field,
        bands=training.bands,
        units=training.reading["units"],
        weights_name=weights.name if weights is not None else embedding.model if embedding is not None else "",
        weights_path=weights_path if weights is not None else "",
        weights_sha256=weights.sha256 if weights is not None else "",
        scores=scores,
        embedding=embedding,
        task=labels.task,
        temperature=scores["temperature"],
        novelty=fit_novelty(samples.labelled, samples.polygons, samples.unlabelled, classes),
        layers=training.layers,
        resolution_m=training.resolution_m,
        precision=precision,
    )
