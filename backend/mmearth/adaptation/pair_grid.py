"""Where the windows of two images of the same ground lie: on the reference's pixels, and on finer ones of the target.

A window of the target has exactly the extent of its window of the reference. Knows nothing of values or weights.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.scenes.raster import Grid, Scene
from mmearth.scenes.scene_values import alpha_bands
from mmearth.scenes.scene_warp import TOLERANCE_PX

WINDOW_PX = 56  # of the reference; the side of MMEarth's training crops at half resolution
MOST_TARGET_PX = 512
LEAST_TOKENS = 3  # of the teacher along a side of a window whose size is not chosen
ENOUGH_WINDOWS = 16  # side by side and of use; with fewer, smaller ones are tried where their size is not chosen
STEPS = 4  # windows may begin at quarters of their side
COARSER = 1.05  # ratio of pixel sizes up to which rounding explains the difference
AVERAGE_FROM = 1.5  # ratio of pixel sizes from which pixels are averaged, not interpolated


@dataclass(frozen=True)
class PairGrid:
    """The ground that two images share, in pixels of the reference.

    Attributes:
        reference: The reference's grid, north-up.
        row, column: Where the shared ground begins.
        rows, columns: Its size.
    """

    reference: Grid
    row: int
    column: int
    rows: int
    columns: int

    def starts(self, window_px: int, step_px: int) -> list[tuple[int, int]]:
        """Returns (row, column) of every window on the shared ground that begins at a multiple of the step."""
        rows = range(self.row, self.row + self.rows - window_px + 1, step_px)
        columns = range(self.column, self.column + self.columns - window_px + 1, step_px)
        return [(row, column) for row in rows for column in columns]

    def target_grid(self, window_px: int, target_px: int, shift: tuple[float, float]) -> Grid:
        """Returns the grid over the shared ground on which a window has `target_px` pixels along a side.

        Args:
            window_px: Side of a window in pixels of the reference.
            target_px: The same in pixels of the new grid.
            shift: (right, down) in pixels of the reference, by which the target lies off and which is taken out.
        """
        per_pixel = target_px / window_px
        corner = Affine.translation(self.column + shift[0], self.row + shift[1])
        transform = self.reference.transform @ corner @ Affine.scale(1 / per_pixel)
        return Grid(
            self.reference.crs, transform, math.ceil(self.columns * per_pixel), math.ceil(self.rows * per_pixel)
        )

    def target_window(self, row: int, column: int, window_px: int, target_px: int) -> Window:
        """Returns, in pixels of `target_grid`, the window that begins at a pixel of the reference.

        The row and column are those of `starts` with a step of a quarter window or a multiple of it.
        """
        edges = np.array([column - self.column, row - self.row]) * target_px / window_px
        return Window(round(edges[0]), round(edges[1]), target_px, target_px)


def shared_ground(reference: Grid, target: Grid, names: tuple[str, str]) -> PairGrid:
    """Finds the whole pixels of the reference that the target's extent covers.

    Args:
        reference, target: North-up grids in any CRS.
        names: What messages call reference and target.

    Raises:
        InputError: there are none.
    """
    try:
        bounds = transform_bounds(target.crs, reference.crs, *target.bounds)
    except RasterioError:
        bounds = (math.inf,) * 4
    if all(math.isfinite(value) for value in bounds):
        left, top = ~reference.transform @ (bounds[0], bounds[3])
        right, bottom = ~reference.transform @ (bounds[2], bounds[1])
        edge = 1e-6  # of a pixel: rounding
        column, row = max(0, math.ceil(left - edge)), max(0, math.ceil(top - edge))
        columns = min(reference.width, math.floor(right + edge)) - column
        rows = min(reference.height, math.floor(bottom + edge)) - row
        if rows > 0 and columns > 0:
            return PairGrid(reference, row, column, rows, columns)
    raise InputError(
        f"'{names[1]}' and '{names[0]}' have no ground in common: in {reference.crs.to_string()[:40]} the first covers "
        f"{_spoken(bounds)}, the second {_spoken(reference.bounds)}.",
        "Choose a reference that shows the same place, and give targets and references in the same order.",
    )


def ground_m(grid: Grid) -> float:
    """Returns the side in metres of a square as large as the pixel in the middle of the grid."""
    width_m, height_m = grid.pixel_size_m()
    return math.sqrt(width_m * height_m)


def pixels_per_reference(reference_m: float, working_m: float, whole: bool) -> float:
    """Returns how many pixels of the target lie along the side of one of the reference.

    Args:
        reference_m, working_m: Pixel sizes; the second not coarser.
        whole: Whether it is to be a whole number, so that every patch of the target lies in one of the reference.
    """
    ratio = reference_m / working_m
    return max(1, round(ratio)) if whole else ratio


def window_sizes(grids: list[PairGrid], per_pixel: float, window_px: int, patch_px: int) -> list[tuple[int, int]]:
    """Returns sides of a window to try one after the other, in pixels of the reference and of the target.

    Each is a multiple of the patch size, and a multiple of the other where `per_pixel` is a whole number.

    Args:
        grids: Ground that will be cut.
        per_pixel: Of `pixels_per_reference`.
        window_px: As the user chose it, which is then the only one; 0 begins with 56, or less where the target's
            windows would be larger than `MOST_TARGET_PX` or too few would lie side by side.
        patch_px: Of the weights.

    Raises:
        InputError: the chosen side does not fit the patch size.
    """
    if window_px % patch_px or window_px < 0:
        raise InputError(
            f"A window of {window_px} reference pixels does not fit the weights, whose patches have {patch_px} pixels.",
            f"Choose a multiple of {patch_px}, or 0 for a size that fits the images.",
        )
    sides = [window_px]
    if not window_px:
        least = LEAST_TOKENS * patch_px
        sides = list(range(max(least, WINDOW_PX // patch_px * patch_px), least - 1, -patch_px))
        while len(sides) > 1 and (
            sides[0] * per_pixel > MOST_TARGET_PX
            or sum(len(grid.starts(sides[0], sides[0])) for grid in grids) < ENOUGH_WINDOWS
        ):
            del sides[0]
    return [(side, max(side, round(side * per_pixel / patch_px) * patch_px)) for side in sides]


def check_pixel_sizes(target_m: float, reference_m: float, working_m: float, names: tuple[str, str]) -> None:
    """Refuses targets, and pixels to work at, that are coarser than the reference.

    Args:
        target_m, reference_m: Pixel sizes.
        working_m: As the user chose it; 0 is the target's own.
        names: What messages call reference and target.

    Raises:
        InputError: one of them is.
    """
    if target_m > reference_m * COARSER:
        raise InputError(
            f"The pixels of '{names[1]}' are {target_m:.3g} m wide, coarser than the {reference_m:.3g} m of "
            f"'{names[0]}'.",
            "Choose a target at least as fine as its reference, or exchange the two.",
        )
    if working_m > reference_m * COARSER:
        raise InputError(
            f"The new encoder was asked to work at {working_m:.3g} m, coarser than the {reference_m:.3g} m of "
            f"'{names[0]}'.",
            f"Choose a pixel size up to {reference_m:.3g} m, or 0 for the target's own.",
        )


@contextmanager
def seen_on(scene: Scene, grid: Grid) -> Iterator[WarpedVRT]:
    """Opens a view of a scene on another grid, in float32: averaged where that is coarser, else interpolated.

    Missing pixels are not mixed into others, and are not valid to `scene_values.read_valid`.

    Args:
        scene: Open; in any CRS, rotated or not.
        grid: North-up.
    """
    # A rotated raster is warped once, from its own pixels; one placed by control points through its north-up view.
    source = scene.reader if scene.dataset.crs is None else scene.dataset
    averaged = ground_m(grid) > AVERAGE_FROM * ground_m(scene.grid)
    options: dict[str, Any] = {"tolerance": TOLERANCE_PX, "warp_mem_limit": 64, "dtype": "float32"}
    alphas = alpha_bands(source)
    if alphas:
        options["src_alpha"] = alphas[0]
    elif source.nodata is None:
        options["add_alpha"] = True
        if MaskFlags.per_dataset not in source.mask_flag_enums[0]:
            options |= {"src_nodata": 0, "UNIFIED_SRC_NODATA": "YES"}  # 0 in every band is where there are no data
    with WarpedVRT(
        source,
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        resampling=Resampling.average if averaged else Resampling.bilinear,
        **options,
    ) as view:
        yield view


def average_to(image: np.ndarray, side: int) -> np.ndarray:
    """Averages a square image (n, n) to (side, side) by the exact share that each pixel has of each larger one."""
    weights = overlap_weights(side, image.shape[0])
    averaged: np.ndarray = weights @ image @ weights.T
    return averaged


def overlap_weights(cells: int, pixels: int) -> np.ndarray:
    """Returns (cells, pixels): the share of each cell that each pixel covers when both divide the same length."""
    cell_edges, pixel_edges = np.linspace(0, 1, cells + 1), np.linspace(0, 1, pixels + 1)
    right = np.minimum(cell_edges[1:, None], pixel_edges[None, 1:])
    left = np.maximum(cell_edges[:-1, None], pixel_edges[None, :-1])
    shares: np.ndarray = np.clip(right - left, 0, None) * cells
    return shares


def _spoken(bounds: tuple[float, ...]) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in bounds))
