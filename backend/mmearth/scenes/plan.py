"""Cutting a window of a scene into units of work: which pixels, which output cells, in which order."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from rasterio.windows import Window

from mmearth.scenes.raster import Grid

TILE_STEP_PX = 64  # tiles are multiples of this: of every stride and patch size


@dataclass(frozen=True)
class Unit:
    """A part of the output that is computed, written and resumed as a whole.

    Attributes:
        index: Its number; the same however the units are ordered.
        window: Its pixels in the scene.
        cells: Its cells in the output.
    """

    index: int
    window: Window
    cells: Window

    @property
    def pixels(self) -> int:
        """How many pixels of the scene it covers."""
        return int(self.window.width * self.window.height)


def snap(window: Window, stride_px: int, grid: Grid) -> Window:
    """Extends a window to whole cells of `stride_px` pixels, counted from the raster's origin and cut to the raster."""
    col0 = int(window.col_off) // stride_px * stride_px
    row0 = int(window.row_off) // stride_px * stride_px
    col1 = min(math.ceil((window.col_off + window.width) / stride_px) * stride_px, grid.width)
    row1 = min(math.ceil((window.row_off + window.height) / stride_px) * stride_px, grid.height)
    return Window(col0, row0, col1 - col0, row1 - row0)


def plan(
    window: Window, tile_px: int, stride_px: int, strip_px: int, wanted: Callable[[Window], bool]
) -> list[list[Unit]]:
    """Returns the units of a window, in strips from left to right, each row by row.

    A strip is as wide as the blocks are worth keeping that one row of units shares with the next.

    Args:
        window: In pixels of the scene, snapped to the stride.
        tile_px: Side of a unit.
        stride_px: Pixels per output cell.
        strip_px: Width of a strip.
        wanted: Whether anything of a unit's window is wanted.
    """
    columns, rows = math.ceil(window.width / tile_px), math.ceil(window.height / tile_px)
    per_strip = max(1, strip_px // tile_px)
    strips = []
    for first in range(0, columns, per_strip):
        units = []
        for row in range(rows):
            for column in range(first, min(first + per_strip, columns)):
                part = Window(
                    int(window.col_off) + column * tile_px,
                    int(window.row_off) + row * tile_px,
                    min(tile_px, int(window.width) - column * tile_px),
                    min(tile_px, int(window.height) - row * tile_px),
                )
                if wanted(part):
                    units.append(Unit(row * columns + column, part, cells_of(part, window, stride_px)))
        if units:
            strips.append(units)
    return strips


def cells_of(part: Window, window: Window, stride_px: int) -> Window:
    """Returns the output cells of a part of the window, which starts on a multiple of the stride in it."""
    col0 = (int(part.col_off) - int(window.col_off)) // stride_px
    row0 = (int(part.row_off) - int(window.row_off)) // stride_px
    return Window(col0, row0, math.ceil(part.width / stride_px), math.ceil(part.height / stride_px))
