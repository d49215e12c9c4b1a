"""Accuracy and area of classes from sample points, with standard errors that account for how the points were drawn.

Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015, eq. 1 to 11, in the form of Stehman 2014,
doi:10.1080/01431161.2014.930207, which also holds where strata are not the classes of the map that is judged: every
figure is a mean, or a ratio of two means, over strata of known area. With the map's classes as strata of points that
were drawn at random over the whole map, the same formulas are the post-stratified estimator, its variance given the
points that fell into each stratum (Holt and Smith 1979, doi:10.2307/2344652). Knows arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]

NORMAL_95 = 1.96  # as in the paper


@dataclass(frozen=True)
class Estimate:
    """Figures with their standard errors; NaN where the points do not tell.

    Attributes:
        value: Of any shape.
        error: Standard error, of the same shape.
    """

    value: FloatArray
    error: FloatArray

    @property
    def half_width(self) -> FloatArray:
        """Half the 95 % interval."""
        return NORMAL_95 * self.error


@dataclass(frozen=True)
class AreaEstimates:
    """What sample points say of a map.

    Attributes:
        overall: Share of the area that is mapped right, ().
        users: (K,) of the area mapped as a class, the share that is it.
        producers: (K,) of the area that is a class, the share mapped as it.
        shares: (K,) share of the area that is a class, whatever the map says.
        points: (K, K) number of points, rows as mapped, columns as they are.
        proportions: (K, K) the same as shares of the area.
        area_m2: Square metres that all shares are of.
    """

    overall: Estimate
    users: Estimate
    producers: Estimate
    shares: Estimate
    points: IntArray
    proportions: FloatArray
    area_m2: float


def estimate(
    strata: IntArray, mapped: IntArray, reference: IntArray, stratum_area_m2: FloatArray, num_classes: int
) -> AreaEstimates:
    """Estimates accuracy and areas.

    Args:
        strata: (n,) index of the stratum of each point.
        mapped: (n,) class index on the map.
        reference: (n,) true class index.
        stratum_area_m2: (H,) square metres of each stratum; those without points are left out of all figures.
        num_classes: K, of map and truth together.
    """
    points = np.bincount(strata, minlength=len(stratum_area_m2))
    known_m2 = np.where(points > 0, stratum_area_m2, 0.0)
    total_m2 = float(known_m2.sum())
    sample = _Sample(strata, points, known_m2 / total_m2)
    every = np.ones(len(strata))
    is_mapped = mapped[:, None] == np.arange(num_classes)
    is_true = reference[:, None] == np.arange(num_classes)
    both = is_mapped & is_true
    counts = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(counts, (mapped, reference), 1)
    classes = range(num_classes)
    proportions = [[sample.mean(is_mapped[:, i] & is_true[:, j]) for j in classes] for i in classes]
    return AreaEstimates(
        overall=sample.ratio((mapped == reference)[:, None], every[:, None], scalar=True),
        users=sample.ratio(both, is_mapped),
        producers=sample.ratio(both, is_true),
        shares=sample.ratio(is_true, np.repeat(every[:, None], num_classes, axis=1)),
        points=counts,
        proportions=np.array(proportions),
        area_m2=total_m2,
    )


@dataclass(frozen=True)
class _Sample:
    """Points in strata.

    Attributes:
        strata: (n,) stratum of each point.
        points: (H,) points of each stratum.
        weights: (H,) share of the area; 0 where there are no points.
    """

    strata: IntArray
    points: IntArray
    weights: FloatArray

    def mean(self, values: FloatArray | NDArray[np.bool_]) -> float:
        """Returns the mean of (n,) values over the area."""
        sums = np.bincount(self.strata, values, len(self.points))
        return float(self.weights @ np.divide(sums, self.points, out=np.zeros_like(sums), where=self.points > 0))

    def ratio(self, over: NDArray[np.bool_], under: NDArray[np.generic], scalar: bool = False) -> Estimate:
        """Returns mean(over) / mean(under) of (n, M) columns with standard errors, (M,) or a single one.

        Stehman 2014, eq. 27 and 28: the variance of the mean of over - ratio · under, inside strata. A stratum in which
        `under` is 0 at all points adds nothing; one of a single point leaves the variance unknown.
        """
        values, errors = np.full((2, over.shape[1]), np.nan)
        for m in range(over.shape[1]):
            y, x = over[:, m].astype(float), under[:, m].astype(float)
            whole = self.mean(x)
            if whole == 0:
                continue
            values[m] = self.mean(y) / whole
            rest = y - values[m] * x
            sums, squares = (np.bincount(self.strata, v, len(self.points)) for v in (rest, rest**2))
            told = np.bincount(self.strata, x, len(self.points)) > 0
            used = told & (self.points > 0)
            if (self.points[used] < 2).any():
                continue
            n = self.points[used]
            within = np.maximum(squares[used] - sums[used] ** 2 / n, 0.0) / (n - 1)
            errors[m] = np.sqrt((self.weights[used] ** 2 * within / n).sum()) / whole
        return Estimate(values[0], errors[0]) if scalar else Estimate(values, errors)
