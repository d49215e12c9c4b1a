"""All classifiers of few-shot mapping behind one function. Knows features as arrays; nothing of rasters or labels.

In every one of them classes are equal, polygons are equal inside a class, a class without labels has probability 0, and
the same input gives the same head. Which to take: docs/decisions/0014-heads.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mmearth.classifiers.forest import ForestHead, fit_forest
from mmearth.classifiers.knn_head import KnnHead, fit_knn
from mmearth.classifiers.linear_heads import LogisticHead, PrototypeHead, RidgeHead, fit_matched
from mmearth.classifiers.mlp_head import MlpHead, fit_mlp
from mmearth.classifiers.recipe_heads import RecipeHead, fit_recipe
from mmearth.models.heads import Head, require_classes, require_finite

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

# Name of a classifier in a request and in model.json → what it is.
HEAD_CLASSES: dict[str, type[Any]] = {
    "recipe": RecipeHead,
    "prototype": PrototypeHead,
    "knn": KnnHead,
    "ridge": RidgeHead,
    "logistic": LogisticHead,
    "forest": ForestHead,
    "mlp": MlpHead,
}
_LINEAR = {"prototype": PrototypeHead, "ridge": RidgeHead, "logistic": LogisticHead}
_OTHERS: dict[str, Callable[[FloatArray, IntArray, IntArray, int, int], Head]] = {
    "knn": fit_knn,
    "forest": fit_forest,
    "mlp": fit_mlp,
}


def fit_classifier(
    name: str,
    features: FloatArray,
    classes: IntArray,
    polygons: IntArray,
    unlabelled: FloatArray,
    num_classes: int,
    seed: int = 0,
) -> Head:
    """Fits a classifier.

    Args:
        name: One of `protocol.HEADS`.
        features: (n, d) features x of the training pixels, of about unit length.
        classes: (n,) class index, 0…num_classes-1; an absent class is never predicted.
        polygons: (n,) polygon number; a polygon has one class.
        unlabelled: (m, d) features x of pixels drawn from the scenes to be mapped.
        num_classes: K.
        seed: Of what a classifier draws, where it draws.

    Raises:
        InputError: the pixels hold fewer than two classes, or features that are not finite.
    """
    require_classes(classes)
    require_finite(features)
    if name == "recipe":
        return fit_recipe(features, classes, polygons, unlabelled, num_classes)
    with threadpool_limits(1):  # as in the recipe, and so that sums do not depend on the number of threads
        if name in _LINEAR:
            return fit_matched(_LINEAR[name], features, classes, polygons, unlabelled, num_classes)
        return _OTHERS[name](features, classes, polygons, num_classes, seed)
