"""Statistics over several sources, and standardising with them. Knows nothing of files or crops."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from mmearth.data.shards import Shards, Statistics
from mmearth.errors import InputError
from mmearth.pretraining.tasks import Task

CLIP = 6.0  # standard deviations
# Sources are drawn from in proportion to (number of chips) ** 0.65, so that small ones with other places count.
SOURCE_EXPONENT = 0.65


@dataclass(frozen=True)
class Scale:
    """How one task is standardised.

    Attributes:
        rows: Processing level → row of `mean` and `std`.
        mean, std: (L, C), NaN where unknown.
        missing: Values that mean "no data".
        may_be_infinite: Whether values that are not finite can occur; they mean "no data" too.
        clip: Largest standardised value.
    """

    rows: dict[str, int]
    mean: np.ndarray
    std: np.ndarray
    missing: tuple[float, ...]
    may_be_infinite: bool
    clip: float

    @classmethod
    def over(cls, shards: list[Shards], task: Task, official: bool) -> "Scale":
        """Combines the statistics of the sources that have the task.

        With `official`, finite values that mean "no data" are standardised like data and nothing is clipped, as in the
        code that the published checkpoints were trained with.
        """
        parts = [part for part in shards if task.name in part.arrays]
        levels = list(dict.fromkeys(level for part in parts for level in part.contents.statistics[task.name]))
        combined = [combine_statistics(parts, task.name, level) for level in levels]
        missing = {part.contents.missing.get(task.name, ()) for part in parts}
        if len(missing) > 1:
            raise InputError(
                f"The sources store missing values of {task.name} in different ways: {sorted(missing)}.",
                "Use them one at a time.",
            )
        return cls(
            {level: i for i, level in enumerate(levels)},
            np.array([found.mean for found in combined]).reshape(-1, task.channels),
            np.array([found.std for found in combined]).reshape(-1, task.channels),
            () if official else missing.pop(),
            any(np.issubdtype(part.arrays[task.name].dtype, np.floating) for part in parts),
            math.inf if official else CLIP,
        )

    def apply(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Standardises and clips values (N, C, ...) in place; returns where they are missing, and meaningless."""
        missing = ~np.isfinite(values) if self.may_be_infinite else np.zeros(values.shape, bool)
        for value in self.missing:
            missing |= values == value
        shape = (*values.shape[:2], *[1] * (values.ndim - 2))
        mean, std = (table[rows].astype(np.float32).reshape(shape) for table in (self.mean, self.std))
        unknown = np.isnan(std)
        if unknown.any():
            missing |= unknown
        scaled = torch.from_numpy(values)
        scaled.sub_(torch.from_numpy(mean)).div_(torch.from_numpy(std)).clamp_(-self.clip, self.clip)
        return missing

    def as_levels(self) -> dict[str, dict[str, list[float]]]:
        """Returns mean and deviation by level; 0 and 1 in a band that is absent everywhere."""
        return {
            level: {
                "mean": np.nan_to_num(self.mean[row]).tolist(),
                "std": np.nan_to_num(self.std[row], nan=1.0).tolist(),
            }
            for level, row in self.rows.items()
        }


def combine_statistics(shards: list[Shards], task: str, level: str) -> Statistics:
    """Returns statistics over all sources that have them, weighted as sources are drawn.

    The deviation contains the distance between the means. A channel without statistics anywhere stays NaN, one that is
    constant everywhere gets deviation 1.
    """
    weights, means, squares = [], [], []
    for part in shards:
        found = part.contents.statistics[task].get(level)
        if found is not None:
            weights.append(part.chips**SOURCE_EXPONENT * np.isfinite(found.mean))
            means.append(np.nan_to_num(found.mean))
            squares.append(np.nan_to_num(found.std))
    total = np.sum(weights, axis=0)
    share = np.array(weights) / np.where(total > 0, total, 1)
    mean = (share * means).sum(axis=0)
    variance = (share * (np.array(squares) ** 2 + (np.array(means) - mean) ** 2)).sum(axis=0)
    std = np.where(variance > 0, np.sqrt(variance), 1.0)
    return Statistics(np.where(total > 0, mean, np.nan), np.where(total > 0, std, np.nan))
