"""What is looked for as one direction, and how much like it pixels are in 8 bits. Knows nothing of files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmearth.errors import InputError
from mmearth.exploring.coded_source import FloatArray
from mmearth.exploring.held_embedding import HeldEmbedding, Part, cosines, unit
from mmearth.labels.label_pixels import centres_inside, sample_pixels, to_pixels
from mmearth.progress import Report
from mmearth.scenes.extent import read_mask
from mmearth.styles import value_style_qml

LEVELS, NODATA = 254, 255  # similarity 1, and no data
POLYGON_PX = 500  # pixels of a polygon whose mean is looked for
CLEAN = 0.93  # of the variance: two kinds that hardly overlap
UNLIKE = 0.3  # how much what is not meant counts (docs/decisions/0022-explore.md)

IntArray = NDArray[np.integer]


def direction_of(
    embedding: HeldEmbedding, like: Sequence[float], unlike: Sequence[float], features: str, report: Report
) -> FloatArray:
    """Returns (1, C) the direction that is looked for, of length 1.

    Args:
        embedding: The embedding.
        like, unlike: x, y, x, y, … of places.
        features: Path of a polygon layer, or "".
        report: Cancels.

    Raises:
        InputError: nothing is looked for, or a place lies outside or where there are no data.
    """
    if not like and not features:
        raise InputError(
            "Nothing is looked for: there is neither a place nor a polygon.",
            "Click a place on the map, or choose a layer of polygons.",
        )
    wanted = []
    if like:
        wanted.append(_vectors_at(embedding, like, report))
    if features:
        wanted.append(_vectors_inside(embedding, features, report))
    direction = _middle(np.concatenate(wanted))
    if unlike:
        direction = unit(direction - UNLIKE * _middle(_vectors_at(embedding, unlike, report)))
    if not direction.any():
        raise InputError(
            f"The places have nothing in common that is not everywhere in '{embedding.name}'.",
            "Choose places of one kind of ground.",
        )
    return direction


def levels(part: Part, direction: FloatArray, embedding: HeldEmbedding) -> NDArray[np.uint8]:
    """Returns (rows, cols) similarity 0…1 as 0…254, `NODATA` where there are no data."""
    similar = np.clip(cosines(part, direction, embedding)[0], 0, 1)
    found: NDArray[np.uint8] = np.rint(similar * LEVELS).astype(np.uint8)
    found[part.lengths < 0] = NODATA
    return found


def first_threshold(counts: IntArray) -> float:
    """Returns a similarity above which pixels are probably meant, given how many have each level.

    Otsu's threshold where it parts two kinds of pixels cleanly; else that of the pixels above it, since what is meant
    is mostly the smaller part (docs/decisions/0022-explore.md).

    Args:
        counts: (255,) pixels of each level.
    """
    low, clean = _valley(counts)
    if clean < CLEAN:
        above = counts.copy()
        above[: low + 1] = 0
        low = _valley(above)[0] if np.count_nonzero(above) > 1 else low
    return round((low + 1) / LEVELS, 3)


def similarity_style() -> str:
    """Returns a pseudo-colour style of the levels, from dark (unlike) to bright (alike), labelled as similarity."""
    style = value_style_qml((0, LEVELS))
    for level, label in (("63.5", "0.25"), ("127", "0.5"), ("190.5", "0.75"), ("254", "1: as the places")):
        style = style.replace(f'label="{level}"', f'label="{label}"')
    return style


def _vectors_at(embedding: HeldEmbedding, points: Sequence[float], report: Report) -> FloatArray:
    vectors, valid = embedding.at(*embedding.pixels_of(points), report)
    if not valid.all():
        first = int(np.argmin(valid))
        x, y = np.reshape(points, (-1, 2))[first]
        raise InputError(
            f"Embedding '{embedding.name}' holds no data at {x:.6g}, {y:.6g}.", "Choose a place that has data."
        )
    return vectors


def _vectors_inside(embedding: HeldEmbedding, features: str, report: Report) -> FloatArray:
    shapes = read_mask(features, embedding.grid)
    polygons = [] if shapes is None else list(shapes)
    inside = [centres_inside(i, to_pixels(shape, embedding.grid), embedding.grid) for i, shape in enumerate(polygons)]
    drawn = sample_pixels([pixels for pixels in inside if len(pixels.rows)], POLYGON_PX)
    if not drawn:
        raise InputError(
            f"No polygon holds the centre of a pixel of '{embedding.name}'.",
            "Choose larger polygons, or polygons on the embedding.",
        )
    rows, cols = (np.concatenate([getattr(pixels, axis) for pixels in drawn]) for axis in ("rows", "cols"))
    vectors, valid = embedding.at(rows, cols, report)
    if not valid.any():
        raise InputError(f"Embedding '{embedding.name}' holds no data in the polygons.", "Choose other polygons.")
    return vectors[valid]


def _middle(vectors: FloatArray) -> FloatArray:
    return unit(unit(vectors).mean(axis=0, keepdims=True))


def _valley(counts: IntArray) -> tuple[int, float]:
    """Returns Otsu's threshold (1979, IEEE Trans. SMC 9): the last level of the lower of two groups.

    With it, the share of the variance that lies between the two.
    """
    values = np.arange(len(counts))
    below = np.cumsum(counts, dtype=np.float64)
    moment = np.cumsum(counts * values, dtype=np.float64)
    apart = below * (below[-1] - below)
    between = (moment[-1] * below - moment * below[-1]) ** 2
    between = np.divide(between, apart, out=np.zeros_like(between), where=apart > 0)
    total = below[-1] * float(counts @ values**2) - moment[-1] ** 2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))  # several where there is a gap: its middle is taken
    return int(best[0] + best[-1]) // 2, float(between.max() / total) if total > 0 else 1.0
