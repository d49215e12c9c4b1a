"""Regions that grow from places: every pixel that a path of pixels as like the place leads to.

What a pixel costs is how unlike the place it is; the cost of a path is that of its worst pixel. So the regions of a
place are nested. Steps between neighbours instead of distance from the place leak through every soft border
(docs/decisions/0022-explore.md). Knows nothing of files or outlines.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import ndimage

from mmearth.errors import InputError
from mmearth.exploring.coded_source import FloatArray
from mmearth.exploring.held_embedding import HeldEmbedding, cosines, unit
from mmearth.progress import Report

LARGEST_PX = 9 * 10**6  # of the window around all places
SPREAD = 4  # power of the tolerance that is the share of the pixels in reach; see `Surroundings.region`

IntArray = NDArray[np.integer]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Surroundings:
    """How unlike its places the ground around them is.

    Attributes:
        window: Of the embedding.
        unlike: (rows, cols) 0…2, infinite where nothing may grow.
        ordered: The finite ones, least first.
        seeds: Rows and columns of the places in the window.
    """

    window: Window
    unlike: FloatArray
    ordered: FloatArray
    seeds: tuple[IntArray, IntArray]

    def region(self, tolerance: float) -> Mask:
        """Returns (rows, cols) the pixels of a region.

        Args:
            tolerance: 0 takes the places alone, 1 all that is in reach. Between, the limit is the dissimilarity that a
                share of tolerance⁴ of the pixels in reach is below: fields of 50 and woods of 2,000 pixels are then as
                far apart on a slider as woods and whole landscapes.
        """
        grown = np.zeros(self.unlike.shape, bool)
        if tolerance > 0:
            last = round(min(tolerance, 1.0) ** SPREAD * (len(self.ordered) - 1))
            grown = self.unlike <= self.ordered[last]
        grown[self.seeds] = True
        numbered, _ = ndimage.label(grown)
        return np.isin(numbered, np.unique(numbered[self.seeds]))


def look_around(
    embedding: HeldEmbedding, rows: IntArray, cols: IntArray, reach_px: int, report: Report
) -> Surroundings:
    """Compares what lies within reach of places with the mean of the 3 × 3 pixels around each.

    Args:
        embedding: The embedding.
        rows, cols: Of the places.
        reach_px: How far a region may grow from a place, in rows and in columns.
        report: Cancels.

    Raises:
        InputError: a place without data, or places too far apart.
    """
    grid = embedding.grid
    top, left = max(0, int(rows.min()) - reach_px), max(0, int(cols.min()) - reach_px)
    bottom = min(grid.height, int(rows.max()) + reach_px + 1)
    right = min(grid.width, int(cols.max()) + reach_px + 1)
    window = Window(left, top, right - left, bottom - top)
    if window.width * window.height > LARGEST_PX:
        raise InputError(
            f"The places and what is within {reach_px} pixels of them span {int(window.width):,} × "
            f"{int(window.height):,} pixels; a region is grown in {LARGEST_PX:,} pixels at most.",
            "Choose places closer to each other, or a smaller reach.",
        )
    directions = np.concatenate([_around(embedding, *place, report) for place in zip(rows, cols, strict=True)])
    unlike = np.full((int(window.height), int(window.width)), np.inf, np.float32)
    with closing(embedding.parts(window, report)) as parts:
        for part in parts:
            found = 1 - cosines(part, directions, embedding).max(axis=0)
            unlike[part.rows, part.cols] = np.where(part.lengths >= 0, found, np.inf)
    if len(rows) > 1:
        near = np.zeros(unlike.shape, bool)
        for row, col in zip(rows - top, cols - left, strict=True):
            rows_near, cols_near = (slice(max(0, at - reach_px), at + reach_px + 1) for at in (row, col))
            near[rows_near, cols_near] = True
        unlike[~near] = np.inf
    seeds = rows - top, cols - left
    unlike[seeds] = np.minimum(unlike[seeds], 0)
    return Surroundings(window, unlike, np.sort(unlike[np.isfinite(unlike)]), seeds)


def _around(embedding: HeldEmbedding, row: int, col: int, report: Report) -> FloatArray:
    """Returns (1, C) the mean direction of a pixel and its neighbours that hold data."""
    around = np.mgrid[-1:2, -1:2].reshape(2, -1) + [[row], [col]]
    inside = (around >= 0).all(axis=0) & (around[0] < embedding.grid.height) & (around[1] < embedding.grid.width)
    around = around[:, inside]
    vectors, valid = embedding.at(around[0], around[1], report)
    own = np.flatnonzero((around == [[row], [col]]).all(axis=0))
    if not valid[own].all():
        x, y = embedding.grid.transform @ (col + 0.5, row + 0.5)
        raise InputError(
            f"Embedding '{embedding.name}' holds no data at {x:.6g}, {y:.6g}.", "Click a place that has data."
        )
    return unit(vectors[valid].mean(axis=0, keepdims=True))
