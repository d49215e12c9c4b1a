"""Which of many candidate pixels are worth a label next: uncertain, unlike anything labelled, or of a rare class.

Each reason in turn takes the candidate that stands for most of what the reason cares about and that no chosen point
stands for yet (greedy facility location, Wei et al. 2015, https://proceedings.mlr.press/v37/wei15.html). So an outlier
that is like nothing else is no early choice, and points differ in features as well as on the ground. Knows arrays;
nothing of rasters, models or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
BoolArray = NDArray[np.bool_]

UNCERTAIN, UNLIKE, RARE, SPREAD = "uncertain", "unlike anything labelled", "rare class", "spread out"
# Features of a pixel see 31 × 31 pixels: boxes of 27 of patches of 5. Nearer points would see partly the same ground.
APART_PX = 32
CLEAR_PX = 16  # nor does a polygon drawn around a point see the polygons that are there
NEIGHBOUR_PX = 4  # a place and its eight neighbours at this distance stand for the 9 × 9 pixels around it
HOMOGENEOUS = 2 / 3  # share of these nine with the same predicted class from which a polygon can be drawn there
FOREMOST = 0.25  # share of the candidates that a reason may choose from: those that it fits best
SCARCE = 0.5  # of an equal share of the area, or of the mean number of polygons: a class with less is rare
_CHUNK = 1 << 22  # numbers of a temporary array


@dataclass(frozen=True)
class Candidates:
    """Pixels that could be labelled, drawn evenly from the area of interest.

    Attributes:
        rows, cols: (n,) places in the scene, pixels.
        features: (n, d) in which candidates are compared; where `distance` is known, the space that it is taken in.
        homogeneity: (n,) share of the neighbourhood that is predicted as the pixel itself.
        probabilities: (n, K); None for a regression.
        distance: (n,) how far from anything labelled; None where that is not known.
    """

    rows: IntArray
    cols: IntArray
    features: FloatArray
    homogeneity: FloatArray
    probabilities: FloatArray | None
    distance: FloatArray | None


@dataclass(frozen=True)
class Choice:
    """A candidate that was chosen: its index, and the reason (`UNCERTAIN`, `UNLIKE`, `RARE` or `SPREAD`)."""

    index: int
    reason: str


@dataclass(frozen=True)
class _Reason:
    """What a reason cares about: (n,) weight of every candidate, and which may be chosen, the better ones first."""

    name: str
    weight: FloatArray
    tiers: tuple[BoolArray, ...]


def choose_points(candidates: Candidates, count: int, polygons: IntArray | None = None) -> list[Choice]:
    """Chooses points to label, the most useful first; the reasons take turns, so that they get fair shares.

    Args:
        candidates: See `Candidates`.
        count: How many points; there are fewer where they would lie nearer than `APART_PX` to each other.
        polygons: (K,) labelled polygons of each class; None where that is not known.
    """
    squares = _squared_distances(candidates.features)
    # What lies near labelled polygons needs no further one; where that is not known, nothing is covered yet.
    near_labels = candidates.distance
    cover = np.full(len(squares), squares.mean()) if near_labels is None else np.square(near_labels)
    free = np.ones(len(squares), bool)
    chosen: list[Choice] = []
    reasons = _reasons(candidates, polygons)
    last: _Reason | None = _spread_out(candidates)
    turn = 0
    while len(chosen) < count:
        if not reasons:
            if last is None:
                break
            reasons, last = [last], None
        reason = reasons[turn % len(reasons)]
        allowed = next((own for own in (tier & free for tier in reason.tiers) if own.any()), None)
        if allowed is None:
            turn %= len(reasons)
            reasons = [other for other in reasons if other is not reason]
            continue
        index = _most_covering(squares, cover, reason.weight, np.flatnonzero(allowed))
        chosen.append(Choice(index, reason.name))
        cover = np.minimum(cover, squares[index])
        free &= ~near(candidates.rows, candidates.cols, candidates.rows[index], candidates.cols[index])
        turn += 1
    return chosen


def near(rows: IntArray, cols: IntArray, row: int, col: int) -> BoolArray:
    """Tells which pixels lie nearer than `APART_PX` to a pixel in both directions: squares around them would meet."""
    found: BoolArray = np.maximum(np.abs(rows - row), np.abs(cols - col)) < APART_PX
    return found


def neighbours(rows: IntArray, cols: IntArray) -> IntArray:
    """Returns (2, n, 9) rows and columns of places and of their eight neighbours; the places come first."""
    steps = np.array([(0, 0), *((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)]) * NEIGHBOUR_PX
    found: IntArray = np.stack([rows, cols])[:, :, None] + steps.T[:, None]
    return found


def margins(probabilities: FloatArray) -> FloatArray:
    """Returns (n,) largest minus second largest of probabilities (n, K)."""
    ordered = np.sort(probabilities, axis=1)
    result: FloatArray = ordered[:, -1] - ordered[:, -2]
    return result


def rare_classes(shares: FloatArray, polygons: IntArray | None) -> BoolArray:
    """Tells which classes are rare.

    Args:
        shares: (K,) of the area, estimated; sum to 1.
        polygons: (K,) labelled polygons; None where that is not known.
    """
    rare: BoolArray = shares < SCARCE / len(shares)
    return rare if polygons is None else rare | (polygons < SCARCE * np.mean(polygons))


def homogeneity(classes: IntArray, valid: BoolArray) -> FloatArray:
    """Returns (n,) share of places with the class of the first one.

    Args:
        classes: (n, P) predicted classes of a candidate and its neighbours.
        valid: (n, P) whether there are data.
    """
    result: FloatArray = ((classes == classes[:, :1]) & valid).mean(axis=1)
    return result


def _reasons(candidates: Candidates, polygons: IntArray | None) -> list[_Reason]:
    pure = candidates.homogeneity >= HOMOGENEOUS
    found = []
    probabilities, distance = candidates.probabilities, candidates.distance
    if probabilities is not None:
        doubt = 1 - margins(probabilities)
        least = np.quantile(doubt, 1 - FOREMOST)
        foremost = doubt >= least
        # Where classes mix, all is uncertain and no polygon can be drawn: such places come last.
        found.append(_Reason(UNCERTAIN, np.maximum(doubt - least, 0), (pure & foremost, foremost)))
    if distance is not None:
        foremost = distance >= np.quantile(distance, 1 - FOREMOST)
        found.append(_Reason(UNLIKE, np.ones(len(distance)), (pure & foremost,)))
    if probabilities is not None:
        shares = probabilities.mean(axis=0)
        rare = rare_classes(shares, polygons)
        # Divided by the shares, so that the rarest class does not lose against the others that are rare.
        weight = probabilities[:, rare] @ (1 / np.maximum(shares[rare], 1 / len(probabilities)))
        found.append(_Reason(RARE, weight, (pure & rare[probabilities.argmax(axis=1)],)))
    if probabilities is None:
        found += [_spread_out(candidates)]
    return found


def _spread_out(candidates: Candidates) -> _Reason:
    pure = candidates.homogeneity >= HOMOGENEOUS
    return _Reason(SPREAD, np.ones(len(pure)), (pure, ~pure))


def _squared_distances(features: FloatArray) -> FloatArray:
    """Returns (n, n) float32."""
    x = np.asarray(features, np.float32)
    x = x - x.mean(axis=0)
    lengths = np.square(x).sum(axis=1)
    result: FloatArray = np.maximum(lengths[:, None] + lengths - 2 * (x @ x.T), 0)
    return result


def _most_covering(squares: FloatArray, cover: FloatArray, weight: FloatArray, allowed: IntArray) -> int:
    """Returns the allowed candidate that lowers the weighted sum of `cover` most."""
    gains = np.empty(len(allowed))
    step = max(1, _CHUNK // len(cover))
    for start in range(0, len(allowed), step):
        part = slice(start, start + step)
        gains[part] = np.maximum(cover - squares[allowed[part]], 0) @ weight
    return int(allowed[gains.argmax()])
