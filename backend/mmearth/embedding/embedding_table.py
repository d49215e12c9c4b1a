"""Mean embeddings of polygons and points, as a table. Only the cells near a feature are computed.

Knows grids and vector layers; nothing of encoders: what embeds a window is passed in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window
from scipy.sparse import csr_array

from mmearth.cog import check_output
from mmearth.errors import InputError
from mmearth.progress import Report
from mmearth.scenes.raster import Grid, Scene
from mmearth.vector_tables import SUFFIXES, check_columns, free_names, read_table, write_vector_table

TILE_CELLS = 256
ALIGNED_CELLS = 32  # windows begin and end at multiples of this many cells of a tile, so that their sizes are few
COUNT = "n_pixels"

EmbedWindow = Callable[[Window], tuple[NDArray[np.float32], NDArray[np.bool_]]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """The cells of one feature in one tile: a rectangle in cells of the tile, and one bit for each cell of it."""

    feature: int
    row0: int
    col0: int
    rows: int
    cols: int
    bits: bytes

    def cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Returns rows and columns (n,) in the tile."""
        inside = np.unpackbits(np.frombuffer(self.bits, np.uint8), count=self.rows * self.cols)
        rows, cols = np.nonzero(inside.reshape(self.rows, self.cols))
        return rows + self.row0, cols + self.col0


def write_table(
    layer_path: str,
    out: str,
    scene: Scene,
    window: Window,
    stride_px: int,
    names: Sequence[str],
    embed_window: EmbedWindow,
    report: Report,
) -> dict[str, Any]:
    """Writes a layer with the mean embedding of each of its features.

    A polygon has the mean over the valid cells whose centre lies in it, or else the cell in the middle of it; a point
    has the cell it falls into. Features without a valid cell keep their row, with no values and 0 cells.

    Args:
        layer_path: Layer of polygons or points in any CRS, optionally "file.gpkg|layername=name".
        out: GeoPackage (.gpkg) or GeoParquet (.parquet) to write, in the CRS of the layer.
        scene: The scene that is embedded.
        window: Pixels of the scene that count, from a multiple of the stride on.
        stride_px: Side of a cell in pixels.
        names: One per channel; columns are called the same in lower case.
        embed_window: Embeds a window of the scene, on the stride's grid: (K, rows, cols) float32, (rows, cols) valid.
        report: Told after every window.

    Returns:
        out, features (rows of the table), empty (those without values), columns (names of the values).

    Raises:
        InputError: the layer does not serve: lines, no CRS, several layers, nothing inside the window.
        ResourceError: the table cannot be written.
    """
    check_output(out, SUFFIXES)
    if Path(out).resolve() == Path(layer_path.partition("|")[0]).resolve():
        raise InputError("The table would overwrite the layer of features.", "Choose another file name.")
    table = read_table(layer_path)
    count, *columns = free_names(table, [COUNT, *(name.lower() for name in names)])
    check_columns(table, 1 + len(columns), out)
    grid = scene.grid.crop(window).coarsen(stride_px)
    tiles = _tiles(table.shapes_in(grid.crs), grid, table.name, report)
    total = np.zeros((len(table.shapes), len(names)))
    counts = np.zeros(len(table.shapes), np.int64)
    for done, ((tile_row, tile_col), pieces) in enumerate(sorted(tiles.items())):
        report.progress("Embedding", done, len(tiles))
        row0, col0 = tile_row * TILE_CELLS, tile_col * TILE_CELLS
        near = _around(pieces, grid.height - row0, grid.width - col0)
        values, valid = embed_window(_pixels(near, row0, col0, window, stride_px))
        _add(values, valid, near, pieces, total, counts)
    report.progress("Embedding", len(tiles), len(tiles))
    empty = counts == 0
    means = (total / np.maximum(counts, 1)[:, None]).astype(np.float32)
    further = {count: pa.array(counts.astype(np.int32))}
    further |= {column: pa.array(means[:, k], mask=empty) for k, column in enumerate(columns)}
    write_vector_table(table, further, out)
    return {"out": out, "features": len(empty), "empty": int(empty.sum()), "columns": columns}


def _tiles(shapes: NDArray[Any], grid: Grid, name: str, report: Report) -> dict[tuple[int, int], list[_Piece]]:
    """Returns row and column of the tiles that hold cells of features, with these cells.

    Raises:
        InputError: the features are neither polygons nor points, or none lies on the grid.
    """
    inverse = ~grid.transform
    scale, shift = np.array([inverse.a, inverse.e]), np.array([inverse.c, inverse.f])
    in_cells = shapely.transform(shapes, lambda xy: xy * scale + shift)
    tiles: dict[tuple[int, int], list[_Piece]] = defaultdict(list)
    lines = 0
    repaired = shapely.make_valid(in_cells)
    for feature, shape in enumerate(repaired):
        if feature % 100 == 0:
            report.progress("Finding features", feature, len(in_cells))
        if shape is None or shape.is_empty:
            continue
        parts = shapely.get_parts(shapely.get_parts(shape))  # of a collection, multiple geometries are parts
        kinds = shapely.get_type_id(parts)
        if (kinds == 3).any():
            pieces = _polygon_pieces(feature, shapely.multipolygons(parts[kinds == 3]), grid)
        elif shapely.get_type_id(in_cells[feature]) in (3, 6):  # without an area: repaired to a line or a point
            pieces = _point_pieces(feature, shapely.get_coordinates(shapely.point_on_surface(shape)), grid)
        elif (kinds == 0).any():
            pieces = _point_pieces(feature, shapely.get_coordinates(parts[kinds == 0]), grid)
        else:
            lines += 1
            continue
        for tile, piece in pieces:
            tiles[tile].append(piece)
    if lines:
        raise InputError(
            f"{lines} of the {len(shapes)} features of layer '{name}' are lines; polygons or points are wanted.",
            "Choose another layer, or make polygons of the lines (in QGIS: Vector > Geoprocessing Tools > Buffer).",
        )
    if not tiles:
        raise InputError(
            f"No feature of layer '{name}' lies inside the extent, which covers {_spoken(grid.bounds)}; "
            f"they cover {_spoken(shapely.total_bounds(shapes))} "
            f"(left, bottom, right, top in {grid.crs.to_string()}).",
            "Choose features on the scene, or check the coordinate reference system of both layers.",
        )
    return tiles


def _polygon_pieces(feature: int, polygon: Any, grid: Grid) -> Iterator[tuple[tuple[int, int], _Piece]]:
    """Yields tiles and cells whose centre lies in a polygon given in cells; else the one cell in the middle of it."""
    left, top, right, bottom = polygon.bounds
    col0, row0 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
    col1, row1 = min(grid.width, int(np.ceil(right))), min(grid.height, int(np.ceil(bottom)))
    if col1 <= col0 or row1 <= row0:
        return
    found = False
    several = col0 // TILE_CELLS < (col1 - 1) // TILE_CELLS or row0 // TILE_CELLS < (row1 - 1) // TILE_CELLS
    for row, rows in _spans(row0, row1):
        for col, cols in _spans(col0, col1):
            near = _polygons_in(polygon, (col - 1, row - 1, col + cols + 1, row + rows + 1)) if several else polygon
            if near is None:
                continue
            inside = rasterize(
                [(near, 1)], out_shape=(rows, cols), transform=Affine.translation(col, row), dtype="uint8"
            )
            if inside.any():
                found = True
                tile = row // TILE_CELLS, col // TILE_CELLS
                bits = np.packbits(inside).tobytes()
                yield tile, _Piece(feature, row % TILE_CELLS, col % TILE_CELLS, rows, cols, bits)
    if not found:
        part = _polygons_in(polygon, (0, 0, grid.width, grid.height))
        if part is not None:
            yield from _point_pieces(feature, shapely.get_coordinates(shapely.point_on_surface(part)), grid)


def _polygons_in(polygon: Any, box: tuple[float, float, float, float]) -> Any:
    """Returns the part of a polygon inside a box; None where there is none with an area."""
    parts = shapely.get_parts(shapely.get_parts(shapely.intersection(polygon, shapely.box(*box))))
    parts = parts[shapely.area(parts) > 0]
    return shapely.multipolygons(parts) if len(parts) else None


def _spans(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yields start and length of what each tile has of a range of cells."""
    while start < stop:
        length = min(stop, (start // TILE_CELLS + 1) * TILE_CELLS) - start
        yield start, length
        start += length


def _point_pieces(feature: int, places: NDArray[np.float64], grid: Grid) -> Iterator[tuple[tuple[int, int], _Piece]]:
    """Yields tiles and cells of places (n, 2) in cells, x first; two places in one cell count once."""
    cells = np.unique(np.floor(places).astype(np.int64), axis=0)
    for col, row in cells[((cells >= 0) & (cells < (grid.width, grid.height))).all(axis=1)].tolist():
        tile = row // TILE_CELLS, col // TILE_CELLS
        yield tile, _Piece(feature, row % TILE_CELLS, col % TILE_CELLS, 1, 1, b"\x80")


def _around(pieces: Sequence[_Piece], height: int, width: int) -> Window:
    """Returns the aligned rectangle in cells of the tile that holds all pieces; the grid ends after height, width."""
    row0 = min(p.row0 for p in pieces) // ALIGNED_CELLS * ALIGNED_CELLS
    col0 = min(p.col0 for p in pieces) // ALIGNED_CELLS * ALIGNED_CELLS
    row1 = -(-max(p.row0 + p.rows for p in pieces) // ALIGNED_CELLS) * ALIGNED_CELLS
    col1 = -(-max(p.col0 + p.cols for p in pieces) // ALIGNED_CELLS) * ALIGNED_CELLS
    return Window(col0, row0, min(col1, width) - col0, min(row1, height) - row0)


def _pixels(near: Window, row0: int, col0: int, window: Window, stride_px: int) -> Window:
    """Returns a rectangle of cells of a tile in pixels of the scene; cells at the edge may be cut."""
    col, row = (col0 + int(near.col_off)) * stride_px, (row0 + int(near.row_off)) * stride_px
    width = min(int(near.width) * stride_px, int(window.width) - col)
    height = min(int(near.height) * stride_px, int(window.height) - row)
    return Window(int(window.col_off) + col, int(window.row_off) + row, width, height)


def _add(
    values: NDArray[np.float32],
    valid: NDArray[np.bool_],
    near: Window,
    pieces: Sequence[_Piece],
    total: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """Adds the values of valid cells to the sums and counts of their features."""
    if not valid.any():
        return
    cells = [piece.cells() for piece in pieces]
    ends = np.cumsum([0, *(len(rows) for rows, _ in cells)])
    rows = np.concatenate([rows for rows, _ in cells]) - int(near.row_off)
    cols = np.concatenate([cols for _, cols in cells]) - int(near.col_off)
    flat = rows * valid.shape[1] + cols
    used = valid.ravel()
    # Overlapping features share cells: a sparse product sums them all, feature by feature.
    member = csr_array((used[flat].astype(np.float64), flat, ends), shape=(len(pieces), valid.size))
    of_cells = np.where(used, values.reshape(len(values), -1), 0).T
    features = np.array([piece.feature for piece in pieces])
    np.add.at(total, features, member @ of_cells)
    np.add.at(counts, features, np.asarray(member.sum(axis=1)).astype(np.int64))


def _spoken(bounds: Sequence[float] | NDArray[np.floating]) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in bounds))
