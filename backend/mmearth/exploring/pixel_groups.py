"""Groups of pixels without labels: how many there are, their centres, and the group of every pixel.

Knows vectors; nothing of files or classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from mmearth.exploring.coded_source import FloatArray
from mmearth.exploring.held_embedding import HeldEmbedding, Part
from mmearth.progress import Report

LOOKED_AT = 2_000  # pixels that tell how many groups there are: silhouettes need the distance of each pair
STARTS = 4  # first centres that are tried
BATCH = 2_048
AS_GOOD = 0.95  # of the best silhouette: more groups that are as clear are preferred

COMPARING = "Comparing numbers of groups"


@dataclass(frozen=True)
class Groups:
    """Centres of groups, (k, C) from the mean of the embedding, the group with most pixels first."""

    centres: FloatArray

    def of(self, part: Part, embedding: HeldEmbedding) -> NDArray[np.uint8]:
        """Returns (rows, cols) the number of the nearest centre from 1 on, 0 where there are no data."""
        scales = embedding.coding.scales
        weight = self.centres * scales
        bias = weight @ embedding.mean + 0.5 * np.square(self.centres).sum(axis=1)
        nearness = weight @ part.codes.reshape(len(part.codes), -1).astype(np.float32) - bias[:, None]
        found: NDArray[np.uint8] = (nearness.argmax(axis=0) + 1).astype(np.uint8).reshape(part.lengths.shape)
        found[part.lengths < 0] = 0
        return found

    def counted(self, embedding: HeldEmbedding, window: Window, report: Report) -> Groups:
        """Returns the same groups in the order of their pixels in a window, not of those that were drawn."""
        sizes = np.zeros(len(self.centres) + 1, np.int64)
        with closing(embedding.parts(window, report)) as parts:
            for part in parts:
                sizes += np.bincount(self.of(part, embedding).ravel(), minlength=len(sizes))
        return Groups(self.centres[np.argsort(-sizes[1:], kind="stable")])


def silhouettes(vectors: FloatArray, numbers: Sequence[int], seed: int, report: Report) -> dict[int, float]:
    """Returns how clear each number of groups is, -1…1 (Rousseeuw 1987, J. Comput. Appl. Math. 20).

    Args:
        vectors: (n, C).
        numbers: That are tried; those of which there are too few vectors are left out.
        seed: Of the first centres.
        report: Told after each; cancels.
    """
    rng = np.random.default_rng(seed)
    looked_at = vectors[np.sort(rng.permutation(len(vectors))[:LOOKED_AT])]
    different = len(np.unique(looked_at, axis=0))
    scores: dict[int, float] = {}
    for done, number in enumerate(numbers):
        report.progress(COMPARING, done, len(numbers))
        if number < different:
            with threadpool_limits(1):
                own = KMeans(number, n_init=STARTS, random_state=seed).fit_predict(looked_at)
                scores[number] = float(silhouette_score(looked_at, own))
    return scores


def suggested(scores: Mapping[int, float]) -> int:
    """Returns the largest number of groups that is nearly as clear as the clearest; 1 without any."""
    if not scores:
        return 1
    best = max(scores.values())
    return max(number for number, score in scores.items() if score >= best - (1 - AS_GOOD) * abs(best))


def find_groups(vectors: FloatArray, number: int, seed: int) -> Groups:
    """Returns the groups of vectors (n, C); fewer where fewer vectors are different."""
    number = min(number, len(np.unique(vectors, axis=0)))
    with threadpool_limits(1):
        found = MiniBatchKMeans(number, n_init=STARTS, batch_size=BATCH, random_state=seed).fit(vectors)
    sizes = np.bincount(found.labels_, minlength=number)
    return Groups(found.cluster_centers_[np.argsort(-sizes, kind="stable")].astype(np.float32))
