"""Classifying the user's own polygons as wholes: what a model says of their pixels, added up while a map is computed.

Or what an encoder sees in them, for models that classify polygons by their mean features. Memory grows with the number
of polygons and classes, not with the raster. Knows scores and grids; nothing of models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import MergeAlg
from rasterio.features import rasterize
from scipy.sparse import csr_array

from mmearth.errors import InputError
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo
from mmearth.vector_tables import VectorTable, read_table, write_vector_table

AREAL = (3, 6)  # shapely's numbers of polygons and multi-polygons
DECIMALS = 4
FIELDS = (
    "class_value", "class_name", "probability", "second_class", "second_probability", "share", "class_names", "mean",
    "low", "high", "pixels",
)  # fmt: skip
OF_CLASS = "probability_{value}"  # new field of one class of several that may hold at once
LIKELY = 0.5  # probability from which a class counts as one that holds
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
        count: Scores, or features, of a pixel, M.

    Attributes:
        pixels: (P,) of each polygon that were added.
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
        self.pixels = np.zeros(size, np.int64)
        self._at_point = np.full((size, count), np.nan, np.float32)

    def add(self, scores: FloatArray, valid: NDArray[np.bool_], grid: Grid) -> None:
        """Adds a tile; arguments as of `found`."""
        self.take(self.found(scores, valid, grid))

    def found(self, scores: FloatArray, valid: NDArray[np.bool_], grid: Grid) -> dict[str, NDArray[Any]]:
        """Returns what a tile adds, for `take`.

        Args:
            scores: (M, n) of its valid pixels, row by row.
            valid: (rows, cols).
            grid: Of the tile.
        """
        near = self._tree.query(shapely.box(*grid.bounds))
        if not len(near):
            return {}
        numbers = np.full(valid.shape, -1, np.int64)
        numbers[valid] = np.arange(scores.shape[1])
        winner, count = scores.argmax(axis=0), len(scores)
        rows: list[dict[str, NDArray[Any]]] = []
        for owners, members in _members(near, self._shapes[near], valid, grid):
            own = numbers[members]
            who, local = np.unique(owners, return_inverse=True)
            size = len(who)
            wins = np.bincount(local * count + winner[own], minlength=size * count).reshape(size, count)
            sums = np.stack([np.bincount(local, values[own], size) for values in scores], axis=1)
            rows.append({"who": who, "pixels": np.bincount(local, minlength=size), "wins": wins, "sums": sums})
        return _joined(rows) | self._found_at_points(near, valid, grid, lambda r, c: scores[:, numbers[r, c]])

    def found_in_cells(
        self, maps: FloatArray, cell_px: int, corner_px: tuple[int, int], valid: NDArray[np.bool_], grid: Grid
    ) -> dict[str, NDArray[Any]]:
        """Returns what a tile adds whose pixels have the features of the cell they lie in, for `take`.

        Args:
            maps: (M, rows, cols) features of cells.
            cell_px: Side of a cell.
            corner_px: How far the first cell reaches above and left of the tile.
            valid: (rows, cols) of the tile.
            grid: Of the tile.
        """
        near = self._tree.query(shapely.box(*grid.bounds))
        if not len(near):
            return {}
        features = maps.reshape(len(maps), -1).T.astype(np.float64)
        top, left = corner_px

        def cell_at(r: IntArray, c: IntArray) -> IntArray:
            numbers: IntArray = (r + top) // cell_px * maps.shape[2] + (c + left) // cell_px
            return numbers

        rows: list[dict[str, NDArray[Any]]] = []
        for owners, members in _members(near, self._shapes[near], valid, grid):
            who, local = np.unique(owners, return_inverse=True)
            pixels = csr_array(
                (np.ones(len(local)), (local, cell_at(*members))), shape=(len(who), len(features))
            )  # of each cell in each polygon: the same cell again and again is added up
            count = np.bincount(local, minlength=len(who))
            rows.append({"who": who, "pixels": count, "sums": pixels @ features})
        return _joined(rows) | self._found_at_points(near, valid, grid, lambda r, c: features[cell_at(r, c)].T)

    def take(self, found: dict[str, NDArray[Any]]) -> None:
        """Adds what `found` or `found_in_cells` returned."""
        if "who" in found:
            who = found["who"]  # each polygon once
            self.pixels[who] += found["pixels"]
            self._sums[who] += found["sums"]
            if "wins" in found:
                self._wins[who] += found["wins"]
        if "at" in found:
            self._at_point[found["at"]] = found["scores"]

    def _found_at_points(
        self,
        near: IntArray,
        valid: NDArray[np.bool_],
        grid: Grid,
        scores_at: Callable[[IntArray, IntArray], FloatArray],
    ) -> dict[str, NDArray[Any]]:
        """Returns the scores of the pixels that a point inside each polygon lies in."""
        x, y = self._points[near].T
        cols, rows = (np.floor(part).astype(np.int64) for part in ~grid.transform @ (x, y))
        inside = (rows >= 0) & (rows < grid.height) & (cols >= 0) & (cols < grid.width)
        inside[inside] = valid[rows[inside], cols[inside]]
        return {"at": near[inside], "scores": scores_at(rows[inside], cols[inside]).T.astype(np.float32)}

    def touches(self, grid: Grid) -> bool:
        """Whether any polygon may meet a grid."""
        return bool(len(self._tree.query(shapely.box(*grid.bounds))))

    def means(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Returns (P, M) mean scores, NaN where not known, and (P,) whether they are known."""
        means = self._sums / np.maximum(self.pixels, 1)[:, None]
        without = self.pixels == 0
        means[without] = self._at_point[without]
        known = np.asarray(np.isfinite(means[:, 0]))
        return means, known

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
        means, known = self.means()
        columns, first = _class_columns(classes, means, known)
        share = np.where(self.pixels > 0, self._wins[np.arange(len(first)), first] / np.maximum(self.pixels, 1), 1.0)
        self._write({**columns, "share": _column(share, known, pa.float64())}, out)

    def write_probabilities(
        self, classes: Sequence[ClassInfo], probabilities: FloatArray, known: NDArray[np.bool_], several: bool, out: str
    ) -> IntArray:
        """Writes the layer with the class of each polygon, from probabilities of each as a whole.

        New fields: those of `write_classes` but share. Where several classes may hold at once also class_names (those
        that hold, separated by ";") and the probability of each class.

        Args:
            classes: In the order of the probabilities.
            probabilities: (P, K).
            known: (P,) whether anything is known of a polygon.
            several: Whether several classes may hold at once.
            out: GeoPackage to write; replaced if it exists.

        Returns:
            (P,) index of the most probable class; of no meaning where not known.

        Raises:
            ResourceError: it cannot be written.
        """
        columns, first = _class_columns(classes, probabilities, known)
        if several:
            order = np.argsort(-probabilities, axis=1, kind="stable")
            named = [
                ";".join(classes[k].name for k in row if p[k] >= LIKELY)
                for row, p in zip(order, probabilities, strict=True)
            ]
            columns["class_names"] = _column(np.array(named, object), known, pa.string())
            for k, info in enumerate(classes):
                columns[OF_CLASS.format(value=info.value)] = _column(probabilities[:, k], known, pa.float64())
        self._write(columns, out)
        return first

    def write_values(self, out: str) -> None:
        """Writes the layer with the mean value of each polygon.

        New fields: mean, low and high (means over the pixels of the value and of the ends of its interval, which is
        wider than an interval of the mean would be), pixels.

        Args:
            out: GeoPackage to write; replaced if it exists.

        Raises:
            ResourceError: it cannot be written.
        """
        means, known = self.means()
        columns = {name: _column(means[:, i], known, pa.float64()) for i, name in enumerate(("mean", "low", "high"))}
        self._write(columns, out)

    def field(self, name: str) -> str:
        """Returns the name that a new field has in the layer: with a prefix where the layer has one of that name."""
        taken = {own.lower() for own in self.table.attributes.column_names}
        prefix = ""
        while taken & {prefix + new for new in FIELDS}:
            prefix += PREFIX
        return prefix + name

    def _write(self, columns: dict[str, pa.Array], out: str) -> None:
        columns = columns | {"pixels": pa.array(self.pixels, pa.int64())}
        write_vector_table(self.table, {self.field(name): column for name, column in columns.items()}, out)


def footprint(grid: Grid, name: str, count: int) -> Parcels:
    """Returns the outline of a grid as a layer of one polygon.

    Args:
        grid: The grid.
        name: Of the scene, for its attribute "scene".
        count: Scores, or features, of a pixel, M.
    """
    outline = np.array([shapely.box(*grid.bounds)], object)
    wkb = pa.chunked_array([pa.array(list(shapely.to_wkb(outline)), pa.binary())])
    crs = pyproj.CRS.from_wkt(grid.crs.to_wkt())
    return Parcels(VectorTable(name, pa.table({"scene": [name]}), wkb, outline, crs), grid.crs, count)


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


def _joined(rows: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]} if rows else {}


def _class_columns(
    classes: Sequence[ClassInfo], scores: FloatArray, known: NDArray[np.bool_]
) -> tuple[dict[str, pa.Array], IntArray]:
    """Returns the columns of the two most probable classes, and (P,) index of the most probable one."""
    order = np.argsort(-scores, axis=1, kind="stable")
    rows = np.arange(len(scores))
    first, second = order[:, 0], order[:, min(1, len(classes) - 1)]
    names = np.array([info.name for info in classes], object)
    columns = {
        "class_value": _column(np.array([info.value for info in classes])[first], known, pa.int32()),
        "class_name": _column(names[first], known, pa.string()),
        "probability": _column(scores[rows, first], known, pa.float64()),
        "second_class": _column(names[second], known, pa.string()),
        "second_probability": _column(scores[rows, second], known, pa.float64()),
    }
    return columns, first


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
