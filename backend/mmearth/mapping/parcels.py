"""Classifying the user's own polygons as wholes: what a model says of their pixels, added up while a map is computed.

Memory grows with the number of polygons and classes, not with the raster. Knows scores and grids; nothing of models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import MergeAlg
from rasterio.features import rasterize

from mmearth.errors import InputError
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo
from mmearth.vector_tables import VectorTable, read_table, write_vector_table

AREAL = (3, 6)  # shapely's numbers of polygons and multi-polygons
DECIMALS = 4
FIELDS = (
    "class_value", "class_name", "probability", "second_class", "second_probability", "share", "mean", "low", "high",
    "pixels",
)  # fmt: skip
PREFIX = "map_"  # of the new fields where the layer has one of them already

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]


class Parcels:
    """A layer of polygons, and the sums of what a model says of their pixels.

    A pixel belongs to each polygon that its centre lies in. A polygon without any takes the pixel that a point inside
    it lies in.

    Args:
        table: The layer.
        crs: Of the map.
        count: Scores of a pixel, M.
    """

    def __init__(self, table: VectorTable, crs: CRS, count: int) -> None:
        shapes = table.shapes_in(crs)
        areal = np.isin(shapely.get_type_id(shapes), AREAL) & ~shapely.is_empty(shapes)
        if not areal.any():
            raise InputError(
                f"Layer '{table.name}' holds no polygon that can be placed on the scene.",
                "Choose a layer of polygons, such as parcels or buildings.",
            )
        shapes[~areal] = None
        self.table = table
        self._shapes = shapes
        self._tree = shapely.STRtree(shapes)
        points = shapely.point_on_surface(shapes)
        self._points = np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)
        size = len(shapes)
        self._sums = np.zeros((size, count))
        self._wins = np.zeros((size, count), np.int64)
        self._pixels = np.zeros(size, np.int64)
        self._at_point = np.full((size, count), np.nan, np.float32)

    def add(self, scores: FloatArray, valid: NDArray[np.bool_], grid: Grid) -> None:
        """Adds a tile.

        Args:
            scores: (M, n) of its valid pixels, row by row.
            valid: (rows, cols).
            grid: Of the tile.
        """
        near = self._tree.query(shapely.box(*grid.bounds))
        if not len(near):
            return
        numbers = np.full(valid.shape, -1, np.int64)
        numbers[valid] = np.arange(scores.shape[1])
        winner = scores.argmax(axis=0)
        for owners, members in _members(near, self._shapes[near], valid, grid):
            own = numbers[members]
            found, local = np.unique(owners, return_inverse=True)
            size, count = len(found), len(scores)
            self._pixels[found] += np.bincount(local, minlength=size)
            self._wins[found] += np.bincount(local * count + winner[own], minlength=size * count).reshape(size, count)
            for row, values in enumerate(scores):
                self._sums[found, row] += np.bincount(local, values[own], size)
        x, y = self._points[near].T
        cols, rows = (np.floor(part).astype(np.int64) for part in ~grid.transform @ (x, y))
        inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
        inside[inside] = valid[rows[inside], cols[inside]]
        self._at_point[near[inside]] = scores[:, numbers[rows[inside], cols[inside]]].T

    def write_classes(self, classes: Sequence[ClassInfo], out: str) -> None:
        """Writes the layer with the class of each polygon.

        New fields: class_value, class_name, probability (mean over the pixels), second_class, second_probability, share
        (of its pixels that have this class in the map), pixels (0 where none has its centre inside). All are null, but
        pixels 0, where the map says nothing.

        Args:
            classes: In the order of the scores.
            out: GeoPackage to write; replaced if it exists.

        Raises:
            ResourceError: it cannot be written.
        """
        means, known = self._means()
        order = np.argsort(-means, axis=1, kind="stable")
        rows = np.arange(len(means))
        first, second = order[:, 0], order[:, 1]
        names = np.array([info.name for info in classes], object)
        share = np.where(self._pixels > 0, self._wins[rows, first] / np.maximum(self._pixels, 1), 1.0)
        columns = {
            "class_value": _column(np.array([info.value for info in classes])[first], known, pa.int32()),
            "class_name": _column(names[first], known, pa.string()),
            "probability": _column(means[rows, first], known, pa.float64()),
            "second_class": _column(names[second], known, pa.string()),
            "second_probability": _column(means[rows, second], known, pa.float64()),
            "share": _column(share, known, pa.float64()),
        }
        self._write(columns, out)

    def write_values(self, out: str) -> None:
        """Writes the layer with the mean value of each polygon.

        New fields: mean, low and high (means over the pixels of the value and of the ends of its interval, which is
        wider than an interval of the mean would be), pixels.

        Args:
            out: GeoPackage to write; replaced if it exists.

        Raises:
            ResourceError: it cannot be written.
        """
        means, known = self._means()
        columns = {name: _column(means[:, i], known, pa.float64()) for i, name in enumerate(("mean", "low", "high"))}
        self._write(columns, out)

    def field(self, name: str) -> str:
        """Returns the name that a new field has in the layer: with a prefix where the layer has one of that name."""
        taken = {own.lower() for own in self.table.attributes.column_names}
        prefix = ""
        while taken & {prefix + new for new in FIELDS}:
            prefix += PREFIX
        return prefix + name

    def _means(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Returns (P, M) mean scores, NaN where not known, and (P,) whether they are known."""
        means = self._sums / np.maximum(self._pixels, 1)[:, None]
        without = self._pixels == 0
        means[without] = self._at_point[without]
        known = np.asarray(np.isfinite(means[:, 0]))
        return means, known

    def _write(self, columns: dict[str, pa.Array], out: str) -> None:
        columns = columns | {"pixels": pa.array(self._pixels, pa.int64())}
        write_vector_table(self.table, {self.field(name): column for name, column in columns.items()}, out)


def read_parcels(path: str, layer: str, crs: CRS, count: int) -> Parcels:
    """Reads a layer of polygons.

    Args:
        path: Vector file, optionally "file.gpkg|layername=name".
        layer: Layer name, where the path has none; empty means the only one.
        crs: Of the map.
        count: Scores of a pixel, M.

    Raises:
        InputError: the layer does not serve, with the reason.
    """
    return Parcels(read_table(f"{path}|layername={layer}" if layer else path), crs, count)


def _members(
    numbers: IntArray, shapes: NDArray[Any], valid: NDArray[np.bool_], grid: Grid
) -> Iterator[tuple[IntArray, tuple[IntArray, IntArray]]]:
    """Yields (n,) numbers of polygons and the rows and columns of valid pixels in them, for sets without overlap."""
    layers: list[IntArray] = [np.arange(len(shapes))]
    if _overlap(shapes, grid):
        layers = _without_overlap(shapes)
    for chosen in layers:
        burnt = rasterize(((shapes[i], i + 1) for i in chosen), valid.shape, 0, transform=grid.transform, dtype="int32")
        burnt[~valid] = 0
        rows, cols = np.nonzero(burnt)
        if len(rows):
            yield numbers[burnt[rows, cols] - 1], (rows, cols)


def _overlap(shapes: NDArray[Any], grid: Grid) -> bool:
    """Tells whether a pixel's centre lies in two polygons."""
    frame = (grid.height, grid.width)
    burnt: NDArray[Any] = rasterize(
        ((shape, 1) for shape in shapes), frame, 0, transform=grid.transform, merge_alg=MergeAlg.add, dtype="int32"
    )
    return bool(burnt.max() > 1)


def _without_overlap(shapes: NDArray[Any]) -> list[IntArray]:
    """Splits polygons into sets of such as do not even touch."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    before = right < left
    order = np.argsort(left[before], kind="stable")
    starts = np.searchsorted(left[before][order], np.arange(len(shapes) + 1))
    neighbours = right[before][order]
    layer = np.zeros(len(shapes), np.int64)
    for i, (start, stop) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        taken = set(layer[neighbours[start:stop]].tolist())
        layer[i] = next(number for number in range(len(taken) + 1) if number not in taken)
    return [np.flatnonzero(layer == number) for number in range(int(layer.max()) + 1)]


def _column(values: NDArray[Any], known: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    if np.issubdtype(values.dtype, np.floating):
        values, known = np.round(values, DECIMALS), known & np.isfinite(values)
    return pa.array(values, kind, mask=~known)
