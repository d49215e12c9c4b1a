"""How a scene is cut into square tiles: each labelled pixel belongs to one, with surroundings on all sides.

Knows sizes in pixels only.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

IntArray = NDArray[np.integer]

TILE_PX = 128
MARGIN_PX = 16  # surroundings of a tile's own pixels, at least


@dataclass(frozen=True)
class Tile:
    """One tile of a scene.

    Attributes:
        window: Its square; may reach over the edges of the scene.
        own: The part of it, inside the scene, whose pixels belong to it and to no other tile.
    """

    window: Window
    own: Window


@dataclass(frozen=True)
class TileGrid:
    """The tiles of a scene.

    Attributes:
        tile_px: Side of a tile.
        tops, lefts: Where rows and columns of tiles begin; multiples of the alignment, also negative.
        row_edges, col_edges: (n + 1,) where the pixels of the tiles in between begin and end.
    """

    tile_px: int
    tops: IntArray
    lefts: IntArray
    row_edges: IntArray
    col_edges: IntArray

    @classmethod
    def over(cls, height: int, width: int, align_px: int) -> TileGrid:
        """Cuts a scene of `height` × `width` pixels; tiles, and their own pixels, begin on multiples of `align_px`."""
        tile_px = -(-TILE_PX // align_px) * align_px
        margin_px = -(-MARGIN_PX // align_px) * align_px
        if tile_px <= 2 * margin_px:
            tile_px = 3 * margin_px
        (tops, row_edges), (lefts, col_edges) = (_axis(size, tile_px, margin_px, align_px) for size in (height, width))
        return cls(tile_px, tops, lefts, row_edges, col_edges)

    def __len__(self) -> int:
        return len(self.tops) * len(self.lefts)

    def tile(self, number: int) -> Tile:
        """Returns a tile; they are counted row by row."""
        row, col = divmod(number, len(self.lefts))
        top, left = int(self.row_edges[row]), int(self.col_edges[col])
        bottom, right = int(self.row_edges[row + 1]), int(self.col_edges[col + 1])
        return Tile(
            Window(int(self.lefts[col]), int(self.tops[row]), self.tile_px, self.tile_px),
            Window(left, top, right - left, bottom - top),
        )

    def numbers_of(self, rows: IntArray, cols: IntArray) -> IntArray:
        """Returns the number of the tile that each pixel of the scene belongs to."""
        row = np.searchsorted(self.row_edges, rows, side="right") - 1
        col = np.searchsorted(self.col_edges, cols, side="right") - 1
        found: IntArray = row * len(self.lefts) + col
        return found


def _axis(size: int, tile_px: int, margin_px: int, align_px: int) -> tuple[IntArray, IntArray]:
    """Returns where tiles begin, and where their own pixels do; a scene smaller than a tile lies in its middle."""
    if size + 2 * margin_px <= tile_px:
        before = (tile_px - size) // 2 // align_px * align_px
        return np.array([-before]), np.array([0, size])
    last = -(-(size + margin_px - tile_px) // align_px) * align_px
    count = 1 + -(-(last + margin_px) // (tile_px - 2 * margin_px))
    starts = (np.linspace(-margin_px, last, count) // align_px * align_px).astype(np.int64)
    between = [(int(a) + tile_px + int(b)) // 2 // align_px * align_px for a, b in itertools.pairwise(starts)]
    return starts, np.array([0, *(min(edge, size) for edge in between), size])
