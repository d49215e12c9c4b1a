"""The windows of all pairs in memory, and which of them are held out. Knows nothing of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmearth.adaptation.pair_grid import STEPS
from mmearth.errors import InputError

MIN_HELD_OUT = 2
HELD_OUT_SHARE = 0.25
BLOCKS = 16  # at least so many blocks of ground, where there are as many windows
ROUNDING = 1e-6  # of float32 values that were interpolated
CLASS_SHARE = 0.05  # of a window, from which a class counts as there

Start = tuple[int, int, int]  # of a window: number of the raster, row and column in the reference


@dataclass(frozen=True)
class Sizes:
    """Sides of a window, in pixels of the reference and of the target."""

    window_px: int
    target_px: int

    @property
    def step_px(self) -> int:
        """Distance of windows that overlap most, in pixels of the reference."""
        return self.window_px // STEPS


class Windows:
    """The windows that serve, as they are found."""

    def __init__(self, sizes: Sizes, most: int, channels: tuple[int, int]) -> None:
        known, new = channels
        # Pages of these are taken up as they are written, so what is never filled costs nothing.
        self._reference = np.empty((most, known, sizes.window_px, sizes.window_px), np.float32)
        self._target = np.empty((most, new, sizes.target_px, sizes.target_px), np.float32)
        self._shares: list[dict[int, float]] = []
        self.most = most
        self.starts: list[Start] = []

    @property
    def free(self) -> int:
        """How many more may be added."""
        return self.most - len(self.starts)

    def add(self, start: Start, reference: np.ndarray, target: np.ndarray, shares: dict[int, float]) -> None:
        """Adds one window."""
        self._reference[len(self.starts)], self._target[len(self.starts)] = reference, target
        self._shares.append(shares)
        self.starts.append(start)

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns reference and target, without copying them."""
        return self._reference[: len(self.starts)], self._target[: len(self.starts)]

    def land_cover(self, path: str) -> tuple[np.ndarray | None, list[int]]:
        """Returns which classes each window holds, and their codes; None without a map."""
        if not path:
            return None, []
        codes = sorted({code for shares in self._shares for code, share in shares.items() if share >= CLASS_SHARE})
        if len(codes) < 2:
            raise InputError(
                f"Land cover '{Path(path).name}' shows {len(codes)} classes where the pairs lie; there is nothing to "
                "tell apart.",
                "Choose a map with several classes that covers the pairs, or leave it out.",
            )
        there = [[shares.get(code, 0.0) >= CLASS_SHARE for code in codes] for shares in self._shares]
        return np.array(there, np.float32), codes


def hold_out(
    starts: Sequence[Start], corners: Sequence[tuple[int, int]], window_px: int, rng: np.random.Generator
) -> set[Start]:
    """Returns about a quarter of windows that lie side by side, in blocks of up to 4 x 4.

    Args:
        starts: Of windows that do not overlap.
        corners: For each raster the (row, column) where its shared ground begins.
        window_px: Side of a window.
        rng: Chooses the blocks.
    """
    wanted = max(MIN_HELD_OUT, round(HELD_OUT_SHARE * len(starts)))
    side = next((n for n in (4, 3, 2) if len(starts) >= BLOCKS * n * n), 1) * window_px
    blocks: dict[Start, list[Start]] = {}
    for number, row, column in starts:
        top, left = corners[number]
        blocks.setdefault((number, (row - top) // side, (column - left) // side), []).append((number, row, column))
    held: set[Start] = set()
    keys = sorted(blocks)
    for index in rng.permutation(len(keys)):
        if len(held) >= wanted:
            break
        held |= set(blocks[keys[index]])
    return held


def clear_of(starts: list[Start], held: set[Start], known: set[Start], window_px: int) -> list[Start]:
    """Returns the windows that are not `known` and touch no held-out one."""
    away: list[Start] = []
    by_raster: dict[int, list[tuple[int, int]]] = {}
    for number, row, column in held:
        by_raster.setdefault(number, []).append((row, column))
    for start in starts:
        others = np.array(by_raster.get(start[0], ()), np.int64).reshape(-1, 2)
        touching = np.all(np.abs(others - np.array(start[1:])) < window_px, axis=1)
        if start not in known and not touching.any():
            away.append(start)
    return away


def statistics(target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns mean and deviation of each band, float32, of what is not missing, and which bands are constant, bool.

    The deviation of a constant band is 1, so that rounding is not taken for an image.
    """
    count, total = np.zeros(target.shape[1]), np.zeros(target.shape[1])
    for window in target:
        count += np.isfinite(window).sum(axis=(1, 2))
        total += np.nansum(window, axis=(1, 2), dtype=np.float64)
    mean = total / count
    squares = np.zeros(target.shape[1])
    for window in target:
        squares += np.nansum((window - mean[:, None, None]) ** 2, axis=(1, 2), dtype=np.float64)
    std = np.sqrt(squares / count)
    constant = std <= ROUNDING * np.abs(mean)
    return mean.astype(np.float32), np.where(constant, 1, std).astype(np.float32), constant
