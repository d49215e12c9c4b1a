"""Pixels that few-shot training looks at: those of the polygons, and a sample of the scenes without labels.

Random features are fitted to the sample, features are standardised over it, and the classifier teaches itself on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth.embedding.features import WindowFeatures
from mmearth.labels.label_pixels import PolygonPixels, covered
from mmearth.labels.label_problems import is_cloud_like
from mmearth.mapping.code_scores import channel_groups
from mmearth.mapping.pixel_source import PixelSource
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import HALO_PX, RecipeFeatures, grown, inside, recipe_groups
from mmearth.scenes.raster import Grid

UNLABELLED_PX = 6000
DRAWS = 4000  # pixels and patches that random features are fitted to
SAMPLE_WINDOWS, SAMPLE_SIDE_PX = 16, 128  # of all scenes together; a scene that is hardly larger is read whole
TRIES = 4  # windows looked at for each one wanted, as some hold no data
TILE_PX = 256  # labelled pixels of such a tile are computed together
COLORS = ("B2", "B3", "B4")  # blue, green, red
REFLECTANCE = ("dn", "dn_offset", "reflectance", "full_scale")  # units in which a cloud has a known brightness
READING, COLLECTING = "Looking at the scenes", "Computing features around the polygons"

Progress = Callable[[str, float, float], None]


@dataclass(frozen=True)
class LabelledScene:
    """An open scene and the labels on it.

    Attributes:
        source: The scene.
        pixels: Of the polygons that lie on it; none for a scene that only lends its pixels.
        ignored: Polygons in the scene's CRS whose pixels are not drawn.
    """

    source: PixelSource
    pixels: list[PolygonPixels]
    ignored: list[Any]


@dataclass(frozen=True)
class Samples:
    """What is known of labelled and of drawn pixels.

    Attributes:
        features: How features are made, standardised over the drawn pixels.
        labelled: (n, d) features x of the labelled pixels.
        polygons: (n,) index of the polygon in the label layer.
        unlabelled: (m, d) features x of the drawn pixels.
        cloud_like: (n,) which labelled pixels look like cloud; none where the scene's colours are not known.
    """

    features: RecipeFeatures
    labelled: NDArray[np.floating]
    polygons: NDArray[np.integer]
    unlabelled: NDArray[np.floating]
    cloud_like: NDArray[np.bool_]


@dataclass(frozen=True)
class _Seen:
    """A window that pixels are drawn from: number of its scene, features, and the pixels that may be drawn."""

    scene: int
    features: WindowFeatures
    drawable: NDArray[np.bool_]


@dataclass(frozen=True)
class _LabelledWindow:
    """A window around labelled pixels that hold data: number of its scene, where it is, and the pixels in it."""

    scene: int
    window: Window
    features: WindowFeatures
    rows: NDArray[np.integer]
    cols: NDArray[np.integer]
    polygons: NDArray[np.integer]


def collect_samples(
    scenes: Sequence[LabelledScene], seed: int, progress: Progress, channels_alone: bool = False
) -> Samples | None:
    """Draws pixels of all scenes, fits the features to them, and computes those of the labelled pixels.

    Args:
        scenes: Open scenes, with the pixels of the polygons that lie on each.
        seed: Of all that is drawn.
        progress: Told after every window.
        channels_alone: Whether the features of embeddings are their channels and nothing else, so that a linear head
            maps the codes at once; for spectral scenes it means nothing.

    Returns:
        None where no labelled pixel holds data.
    """
    rng = np.random.default_rng(seed)
    windows = _sample_windows(scenes, rng, progress)
    if not windows:
        return None
    first = scenes[0].source
    random = fit_random_features(
        [(seen.features.bands.numpy(), seen.drawable) for seen in windows],
        first.bands,
        spectral=first.embedding is None,
        seed=seed,
        draws=DRAWS,
        num_layers=len(first.layers),
    )
    encoder_channels = sum(len(maps) for maps in windows[0].features.stages.values())
    if channels_alone and first.embedding is not None and not first.layers:
        groups = channel_groups(len(first.bands))
    else:
        groups = recipe_groups(random, encoder_channels)
    features = RecipeFeatures(random, groups, np.empty(0), np.empty(0))
    places = [np.argwhere(inside(seen.drawable)) + HALO_PX for seen in windows]
    share = min(1.0, UNLABELLED_PX / sum(map(len, places)))
    drawn = [at[np.sort(rng.permutation(len(at))[: max(1, round(len(at) * share))])] for at in places]
    raw = np.concatenate(
        [features.raw_at(seen.features, at[:, 0], at[:, 1]) for seen, at in zip(windows, drawn, strict=True)]
    )
    features = features.standardised(raw)
    usual = _scene_colors(scenes, windows, drawn)
    found, polygons, cloud_like = [], [], []
    for part in _labelled_windows(scenes, progress):
        found.append(features.at(part.features, part.rows, part.cols))
        polygons.append(part.polygons)
        colors, scene = _colors(scenes[part.scene].source, part.features, part.rows, part.cols), usual.get(part.scene)
        if colors is None or scene is None:
            cloud_like.append(np.zeros(len(part.rows), bool))
        else:
            cloud_like.append(is_cloud_like(colors, scene))
    if not found:
        return None
    return Samples(
        features=features,
        labelled=np.concatenate(found),
        polygons=np.concatenate(polygons),
        unlabelled=(raw - features.mean) * features.scale,
        cloud_like=np.concatenate(cloud_like),
    )


def _scene_colors(
    scenes: Sequence[LabelledScene], windows: Sequence[_Seen], drawn: Sequence[NDArray[np.integer]]
) -> dict[int, NDArray[np.floating]]:
    """Returns the colours (m, 3) of the drawn pixels of each scene, by its number, where they are known."""
    found: dict[int, list[NDArray[np.floating]]] = {}
    for seen, at in zip(windows, drawn, strict=True):
        colors = _colors(scenes[seen.scene].source, seen.features, at[:, 0], at[:, 1])
        if colors is not None:
            found.setdefault(seen.scene, []).append(colors)
    return {number: np.concatenate(parts) for number, parts in found.items()}


def _colors(
    source: PixelSource, features: WindowFeatures, rows: NDArray[np.integer], cols: NDArray[np.integer]
) -> NDArray[np.floating] | None:
    """Returns (n, 3) reflectance of blue, green and red; None where a scene has no such bands or other units."""
    if source.embedding is not None or source.units not in REFLECTANCE or not set(COLORS) <= set(source.bands):
        return None
    numbers = [source.bands.index(name) for name in COLORS]
    values: NDArray[np.floating] = features.bands.numpy()[numbers][:, rows, cols].T / 1e4
    return values


def _sample_windows(scenes: Sequence[LabelledScene], rng: np.random.Generator, progress: Progress) -> list[_Seen]:
    """Reads windows that lie evenly over the scenes; where none of them holds data, those around the labels."""
    wanted = max(1, SAMPLE_WINDOWS // len(scenes))
    found: list[_Seen] = []
    for number, scene in enumerate(scenes):
        kept = 0
        for window in spread_windows(scene.source.grid, wanted * TRIES, rng):
            progress(READING, number + kept / wanted, len(scenes))
            seen = _seen(scenes, number, grown(window), scene.source.features(grown(window)))
            if inside(seen.drawable).any():
                found.append(seen)
                kept += 1
            if kept == wanted:
                break
    progress(READING, len(scenes), len(scenes))
    return found or [
        _seen(scenes, part.scene, part.window, part.features) for part in _labelled_windows(scenes, progress)
    ]


def _seen(scenes: Sequence[LabelledScene], number: int, window: Window, features: WindowFeatures) -> _Seen:
    scene = scenes[number]
    if not scene.ignored:
        return _Seen(number, features, features.valid)
    return _Seen(number, features, features.valid & ~covered(scene.ignored, scene.source.grid, window))


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


def _labelled_windows(scenes: Sequence[LabelledScene], progress: Progress) -> Iterator[_LabelledWindow]:
    tiles = []
    for number, scene in enumerate(scenes):
        if not scene.pixels:
            continue
        rows = np.concatenate([p.rows for p in scene.pixels])
        cols = np.concatenate([p.cols for p in scene.pixels])
        owner = np.concatenate([np.full(len(p.rows), p.polygon) for p in scene.pixels])
        _, tile = np.unique(np.stack([rows // TILE_PX, cols // TILE_PX]), axis=1, return_inverse=True)
        order = np.argsort(tile, kind="stable")
        starts = np.flatnonzero(np.diff(tile[order], prepend=-1))
        tiles += [(number, rows[own], cols[own], owner[own]) for own in np.split(order, starts[1:])]
    for done, (number, rows, cols, owner) in enumerate(tiles):
        progress(COLLECTING, done, len(tiles))
        top, left = int(rows.min()), int(cols.min())
        window = grown(Window(left, top, int(cols.max()) + 1 - left, int(rows.max()) + 1 - top))
        features = scenes[number].source.features(window)
        top, left = int(window.row_off), int(window.col_off)
        valid = features.valid[rows - top, cols - left]
        if valid.any():
            yield _LabelledWindow(number, window, features, rows[valid] - top, cols[valid] - left, owner[valid])
    progress(COLLECTING, len(tiles), len(tiles))
