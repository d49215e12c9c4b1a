"""Polygons of a label layer as labels of tiles. Knows label layers and grids; nothing of images or networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.labels.label_classes import classes_of
from mmearth.labels.label_layer import ClassInfo, Labels, PolygonPixels, polygon_pixels, read_labels
from mmearth.labels.label_pixels import to_pixels
from mmearth.labels.label_problems import Problem, merged, on_nodata
from mmearth.labels.label_values import is_ignored
from mmearth.labels.sample_groups import FEWEST_BLOCKS, SampleGroups, sample_groups
from mmearth.scenes.raster import Grid
from mmearth.tuning.tile_grid import Tile, TileGrid

IntArray = NDArray[np.integer]

SEPARATOR = ";"  # between the classes of one polygon or scene
# How near polygons count as neighbours, in pixels: features of the first stages hardly look farther
# (docs/decisions/0014-heads.md: the box means of the few-shot recipe).
REACH_PX = 27.0


class PolygonLabels:
    """Labelled polygons; a sample is a polygon.

    Args:
        request: Names the layer, field and classes.
        grids: Of the scenes.
        tile_grids: The same scenes cut into tiles.

    Attributes:
        classes: The classes that have polygons.
        sample_classes: (P,) class index of each polygon, or (P, K) bool where one may have several.
        field: Name of the class field.
        weighs_pixels: False: every polygon counts once.
        notes: What the user should know.

    Raises:
        InputError: the layer does not serve, with the reason.
    """

    weighs_pixels = False

    def __init__(
        self, request: protocol.FineTuneRequest, grids: Sequence[Grid], tile_grids: Sequence[TileGrid]
    ) -> None:
        self._folds = request.folds
        self._tile_grids = tile_grids
        self._pixels: list[_Sorted | None] = []
        self._looked_at: dict[int, int] = {}
        self._problems: list[Problem] = []
        self.notes: list[str] = []
        first: tuple[Labels, Grid] | None = None
        refusal: InputError | None = None
        for grid, tiles in zip(grids, tile_grids, strict=True):
            labels = _read(request, grid)
            try:
                found = polygon_pixels(labels, grid)
            except InputError as error:
                refusal = error  # with several scenes it is enough that one of them holds polygons
                self._pixels.append(None)
                continue
            finally:
                self._problems += labels.problems
            self.notes += labels.notes
            first = first or (labels, grid)
            self._pixels.append(_Sorted(found, tiles))
            for polygon in found:
                self._looked_at[polygon.polygon] = self._looked_at.get(polygon.polygon, 0) + len(polygon.rows)
        if first is None:
            raise refusal or InputError("No scene was given.", "Choose at least one raster.")
        self._labels, grid = first
        self._outlines = [to_pixels(geometry, grid) for geometry in self._labels.geometries]
        self.field = self._labels.field
        self.classes: tuple[ClassInfo, ...] = self._labels.classes
        self.sample_classes: NDArray[Any] = self._labels.values
        if request.multi_label:
            texts = [self._labels.classes[i].name for i in self._labels.values]
            self.classes, self.sample_classes = split_classes(texts, self.field, request, self.notes)

    def tiles(self, scene: int) -> IntArray:
        """Returns the numbers of the tiles of a scene that hold labels."""
        found = self._pixels[scene]
        return np.empty(0, np.int64) if found is None else np.unique(found.tiles)

    def read(self, scene: int, number: int, tile: Tile) -> tuple[IntArray, IntArray]:
        """Returns class index and polygon (rows, cols) of the pixels that belong to a tile; -1 is none."""
        shape = int(tile.own.height), int(tile.own.width)
        labels, samples = np.full(shape, -1, np.int16), np.full(shape, -1, np.int32)
        found = self._pixels[scene]
        if found is not None:
            rows, cols, polygons = found.of(number)
            at = rows - int(tile.own.row_off), cols - int(tile.own.col_off)
            samples[at] = polygons
            labels[at] = first_class(self.sample_classes[polygons])
        return labels, samples

    def groups(self, amounts: NDArray[np.floating]) -> SampleGroups:
        """Returns what is held out together, of the polygons (P, K) that have any data; the others are in none (-1)."""
        present = np.flatnonzero(amounts.any(axis=1) | self._has_no_class())
        kinds = self._labels.values[present]
        found = sample_groups([self._outlines[i] for i in present], kinds, self._folds, REACH_PX, FEWEST_BLOCKS)
        numbers = np.full(len(self._outlines), -1)
        numbers[present] = found.numbers
        return SampleGroups(found.kind, numbers, found.reason)

    def problems(self, pixels: IntArray) -> list[Problem]:
        """Returns what is wrong with single polygons, (P,) of which so many pixels hold data."""
        with_data = {int(i): int(pixels[i]) for i in np.flatnonzero(pixels)}
        found = [*self._problems, *on_nodata(self._labels.places, self._looked_at, with_data)]
        return merged(found, {int(self._labels.fids[i]) for i in with_data})

    def no_data(self) -> InputError:
        """Returns the refusal where no labelled pixel holds data."""
        return InputError(
            "None of the labelled pixels holds data: all of them are nodata.",
            "Draw the polygons where the scene has data, or check the layer's nodata value.",
        )

    def _has_no_class(self) -> NDArray[np.bool_]:
        if self.sample_classes.ndim == 1:
            return np.zeros(len(self.sample_classes), bool)
        return np.asarray(~self.sample_classes.any(axis=1))


class _Sorted:
    """Pixels of a scene's polygons in the order of the tiles that they belong to."""

    def __init__(self, found: Sequence[PolygonPixels], tiles: TileGrid) -> None:
        rows, cols = (np.concatenate([getattr(p, axis) for p in found]) for axis in ("rows", "cols"))
        polygons = np.concatenate([np.full(len(p.rows), p.polygon) for p in found])
        numbers = tiles.numbers_of(rows, cols)
        order = np.argsort(numbers, kind="stable")
        self.tiles = numbers[order]
        self._pixels = rows[order], cols[order], polygons[order]

    def of(self, number: int) -> tuple[IntArray, IntArray, IntArray]:
        start, stop = np.searchsorted(self.tiles, [number, number + 1])
        rows, cols, polygons = (values[start:stop] for values in self._pixels)
        return rows, cols, polygons


def first_class(sample_classes: NDArray[Any]) -> IntArray:
    """Returns (n,) class indices, of (n, K) the lowest one of each row, 0 where it has none."""
    found: IntArray = sample_classes if sample_classes.ndim == 1 else sample_classes.argmax(axis=1)
    return found


def split_classes(
    texts: Sequence[str], field: str, request: protocol.FineTuneRequest, notes: list[str]
) -> tuple[tuple[ClassInfo, ...], NDArray[np.bool_]]:
    """Returns the classes that values such as "forest;water" list, and (P, K) bool which of them each value has."""
    lists = [[part.strip() for part in text.split(SEPARATOR) if part.strip()] for text in texts]
    keys = [key for own in lists for key in own if not is_ignored(key, request.ignore)]
    if not keys:
        raise InputError(
            f"No value of '{field}' names a class.", f"Write the classes, with '{SEPARATOR}' between them."
        )
    classes, indices = classes_of(
        keys, {}, field, request.classes, notes, lambda text: is_ignored(text, request.ignore)
    )
    index = dict(zip(keys, indices.tolist(), strict=True))
    has = np.zeros((len(texts), len(classes)), bool)
    for row, own in enumerate(lists):
        has[row, [index[key] for key in own if key in index]] = True
    return classes, has


def _read(request: protocol.FineTuneRequest, grid: Grid) -> Labels:
    listed = () if request.multi_label else request.classes
    labels = read_labels(request.labels, request.labels_layer, request.field, listed, grid.crs, ignore=request.ignore)
    if labels.negative.any():
        polygon = int(np.flatnonzero(labels.negative)[0])
        name = labels.classes[labels.values[polygon]].name
        raise InputError(
            f"Polygon {labels.fids[polygon]} says only what it is not ('not {name}'); fine-tuning wants polygons that "
            "say what they are.",
            f"Give 'not {name}' as a value to ignore, or train by few-shot mapping, which learns from such polygons.",
        )
    return labels
