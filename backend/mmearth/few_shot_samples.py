"""Pixels that few-shot training looks at: those of the polygons, and a sample of the scenes without labels.

Random features are fitted to the sample, features are standardised over it, and the classifier teaches itself on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth.features import WindowFeatures
from mmearth.labels import PolygonPixels
from mmearth.pixel_source import PixelSource
from mmearth.random_features import fit_random_features
from mmearth.raster import Grid
from mmearth.recipe_features import HALO_PX, RecipeFeatures, grown, inside, recipe_groups

UNLABELLED_PX = 6000
DRAWS = 4000  # pixels and patches that random features are fitted to
SAMPLE_WINDOWS, SAMPLE_SIDE_PX = 16, 128  # of all scenes together; a scene that is hardly larger is read whole
TRIES = 4  # windows looked at for each one wanted, as some hold no data
TILE_PX = 256  # labelled pixels of such a tile are computed together
READING, COLLECTING = "Looking at the scenes", "Computing features around the polygons"

Progress = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Samples:
    """What is known of labelled and of drawn pixels, before standardisation.

    Attributes:
        features: How features are made, standardised over the drawn pixels.
        labelled: (n, d) features x of the labelled pixels.
        polygons: (n,) index of the polygon in the label layer.
        unlabelled: (m, d) features x of the drawn pixels.
    """

    features: RecipeFeatures
    labelled: NDArray[np.floating]
    polygons: NDArray[np.integer]
    unlabelled: NDArray[np.floating]


def collect_samples(
    scenes: Sequence[tuple[PixelSource, list[PolygonPixels]]], seed: int, progress: Progress
) -> Samples | None:
    """Draws pixels of all scenes, fits the features to them, and computes those of the labelled pixels.

    Args:
        scenes: Open scenes, with the pixels of the polygons that lie on each.
        seed: Of all that is drawn.
        progress: Told after every window.

    Returns:
        None where no labelled pixel holds data.
    """
    rng = np.random.default_rng(seed)
    windows = _sample_windows(scenes, rng, progress)
    if not windows:
        return None
    images = [(window.bands.numpy(), window.valid) for window in windows]
    first = scenes[0][0]
    random = fit_random_features(images, first.bands, spectral=first.embedding is None, seed=seed, draws=DRAWS)
    features = RecipeFeatures(
        random, recipe_groups(random, sum(len(maps) for maps in windows[0].stages.values())), np.empty(0), np.empty(0)
    )
    places = [np.argwhere(inside(window.valid)) + HALO_PX for window in windows]
    share = min(1.0, UNLABELLED_PX / sum(map(len, places)))
    drawn = [at[np.sort(rng.permutation(len(at))[: max(1, round(len(at) * share))])] for at in places]
    raw = np.concatenate([features.raw_at(w, at[:, 0], at[:, 1]) for w, at in zip(windows, drawn, strict=True)])
    features = features.standardised(raw)
    found, polygons = [], []
    for window_features, rows, cols, owner in _labelled_windows(scenes, progress):
        found.append(features.at(window_features, rows, cols))
        polygons.append(owner)
    if not found:
        return None
    return Samples(features, np.concatenate(found), np.concatenate(polygons), (raw - features.mean) * features.scale)


def _sample_windows(
    scenes: Sequence[tuple[PixelSource, list[PolygonPixels]]], rng: np.random.Generator, progress: Progress
) -> list[WindowFeatures]:
    """Reads windows that lie evenly over the scenes; where none of them holds data, those around the labels."""
    wanted = max(1, SAMPLE_WINDOWS // len(scenes))
    found: list[WindowFeatures] = []
    for number, (scene, _) in enumerate(scenes):
        kept = 0
        for window in spread_windows(scene.grid, wanted * TRIES, rng):
            progress(READING, number + kept / wanted, len(scenes))
            features = scene.features(grown(window))
            if inside(features.valid).any():
                found.append(features)
                kept += 1
            if kept == wanted:
                break
    progress(READING, len(scenes), len(scenes))
    return found or [features for features, *_ in _labelled_windows(scenes, progress)]


def spread_windows(grid: Grid, count: int, rng: np.random.Generator) -> list[Window]:
    """Returns windows inside a grid in random order, one at a random place of each cell of a lattice.

    Args:
        grid: Of the scene; one not larger than two windows on a side is taken whole.
        count: About how many windows.
        rng: Draws places and order.
    """
    if max(grid.width, grid.height) <= 2 * SAMPLE_SIDE_PX:
        return [Window(0, 0, grid.width, grid.height)]
    aspect = grid.width / grid.height
    across = max(1, min(round((count * aspect) ** 0.5), grid.width // SAMPLE_SIDE_PX))
    down = max(1, min(-(-count // across), grid.height // SAMPLE_SIDE_PX))
    width, height = min(SAMPLE_SIDE_PX, grid.width), min(SAMPLE_SIDE_PX, grid.height)
    windows = []
    for cell in rng.permutation(across * down):
        row, col = divmod(int(cell), across)
        left, right = col * grid.width // across, (col + 1) * grid.width // across
        top, bottom = row * grid.height // down, (row + 1) * grid.height // down
        windows.append(
            Window(
                left + int(rng.integers(max(0, right - left - width) + 1)),
                top + int(rng.integers(max(0, bottom - top - height) + 1)),
                width,
                height,
            )
        )
    return windows


def _labelled_windows(
    scenes: Sequence[tuple[PixelSource, list[PolygonPixels]]], progress: Progress
) -> Iterator[tuple[WindowFeatures, NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]]:
    """Yields windows around labelled pixels that hold data: features, rows and columns in them, and polygons."""
    tiles = []
    for scene, pixels in scenes:
        if not pixels:
            continue
        rows, cols = np.concatenate([p.rows for p in pixels]), np.concatenate([p.cols for p in pixels])
        owner = np.concatenate([np.full(len(p.rows), p.polygon) for p in pixels])
        _, tile = np.unique(np.stack([rows // TILE_PX, cols // TILE_PX]), axis=1, return_inverse=True)
        order = np.argsort(tile, kind="stable")
        starts = np.flatnonzero(np.diff(tile[order], prepend=-1))
        tiles += [(scene, rows[own], cols[own], owner[own]) for own in np.split(order, starts[1:])]
    for done, (scene, rows, cols, owner) in enumerate(tiles):
        progress(COLLECTING, done, len(tiles))
        top, left = int(rows.min()), int(cols.min())
        window = grown(Window(left, top, int(cols.max()) + 1 - left, int(rows.max()) + 1 - top))
        features = scene.features(window)
        top, left = int(window.row_off), int(window.col_off)
        valid = features.valid[rows - top, cols - left]
        if valid.any():
            yield features, rows[valid] - top, cols[valid] - left, owner[valid]
    progress(COLLECTING, len(tiles), len(tiles))
