"""One pass over a scene that writes the rasters of a map and counts what is on it, tile by tile.

A tile's counts are kept beside it and added up in one order at the end, so that a map that was broken off and gone on
with is the same file. Knows rasters, pieces and parcels; nothing of models.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth.cog import cog_writer
from mmearth.embedding.unit_store import Counts
from mmearth.embedding.unit_writer import UnitWriter
from mmearth.errors import Cancelled, InputError
from mmearth.mapping.map_outputs import MapRaster, Piece
from mmearth.mapping.map_store import MapStore
from mmearth.mapping.parcels import Parcels
from mmearth.progress import Report
from mmearth.scenes.plan import Unit
from mmearth.scenes.raster import Grid

PHASE = "Mapping"
PARCELS = "parcels."  # what names of their counts start with

Tile = tuple[list[NDArray[Any]], Counts]  # (bands, rows, cols) of each raster, none without data; what was counted


class Totals:
    """What is counted on a map.

    Args:
        count: Number of classes; 1 for values.
        parcels: Polygons of the user's; None for none.

    Attributes:
        pixels, area_m2: (count,) cells of each class, or of all values, and their area.
    """

    def __init__(self, count: int, parcels: Parcels | None) -> None:
        self.pixels, self.area_m2 = np.zeros(count, np.int64), np.zeros(count)
        self.parcels = parcels

    def of_piece(self, piece: Piece, grid: Grid) -> Counts:
        """Returns what a piece on a grid of its own adds; nothing is added yet."""
        if piece.values is None:
            return {}
        count, scores = len(self.pixels), piece.values.scores
        winner = piece.values.winner if count > 1 else np.zeros(scores.shape[1], np.int64)
        row_area_m2 = np.repeat(grid.pixel_areas_m2(), np.count_nonzero(piece.valid, axis=1))
        found = {
            "pixels": np.bincount(winner, minlength=count),
            "area_m2": np.bincount(winner, row_area_m2, count),
        }
        if self.parcels is None:
            return found
        return found | {PARCELS + name: a for name, a in self.parcels.found(scores, piece.valid, grid).items()}

    def take(self, counts: Counts) -> None:
        """Adds the counts of a unit: those of its pieces, by number."""
        pieces: dict[int, Counts] = {}
        for name, array in counts.items():
            number, _, own = name.partition(".")
            pieces.setdefault(int(number), {})[own] = array
        for _, found in sorted(pieces.items()):
            if "pixels" in found:
                self.pixels += found["pixels"]
                self.area_m2 += found["area_m2"]
            own_parcels = {name.removeprefix(PARCELS): a for name, a in found.items() if name.startswith(PARCELS)}
            if self.parcels is not None and own_parcels:
                self.parcels.take(own_parcels)


@dataclass(frozen=True)
class MapRun:
    """A map to be made.

    Attributes:
        name: Of the scene, for messages.
        grid: Of the map.
        strips: The units, in the order they are worked on.
        rasters: The map first; none where the result is a layer.
        paths: Key of a raster → where it shall stand.
        totals: What is counted.
        report: Told after every unit.
    """

    name: str
    grid: Grid
    strips: list[list[Unit]]
    rasters: list[MapRaster]
    paths: dict[str, str]
    totals: Totals
    report: Report

    @property
    def units(self) -> dict[int, Unit]:
        """All units by index, in order."""
        return {unit.index: unit for strip in self.strips for unit in strip}

    def tile(self, unit: Unit, pieces: Iterable[Piece]) -> Tile:
        """Returns a unit's tile of each raster, and its counts, from pieces that do not overlap."""
        rows, cols = int(unit.cells.height), int(unit.cells.width)
        tiles: list[NDArray[Any]] = []
        counts: Counts = {}
        grid = self.grid.crop(unit.cells)
        for number, piece in enumerate(pieces):
            if piece.values is None:
                continue
            parts = [raster.tile(piece.values, piece.valid) for raster in self.rasters]
            if piece.valid.shape == (rows, cols):
                tiles = parts
            else:
                tiles = tiles or [raster.empty(rows, cols) for raster in self.rasters]
                for tile, part in zip(tiles, parts, strict=True):
                    tile[:, piece.rows, piece.cols] = part
            top, left = piece.rows.start, piece.cols.start
            own = grid.crop(Window(left, top, piece.cols.stop - left, piece.rows.stop - top))
            counts |= {f"{number}.{name}": array for name, array in self.totals.of_piece(piece, own).items()}
        return tiles, counts

    @contextlib.contextmanager
    def written_directly(self, made: Iterable[tuple[Unit, Tile]]) -> Iterator[None]:
        """Writes the tiles into temporary rasters; enters when all are counted, publishes the map on leaving.

        For maps that are made nearly as fast as units are kept: one that is broken off starts again.

        Args:
            made: All units with their tiles, in order.
        """
        self.report.progress(PHASE, 0, 1)
        total, done = self._total, 0
        with contextlib.ExitStack() as stack:
            # The map is published last: where it stands, everything else stands.
            writers = [
                stack.enter_context(cog_writer(self.paths[raster.key], raster.layout, self.report))
                for raster in self.rasters
            ]
            for unit, (tiles, counts) in made:
                rows, cols = int(unit.cells.height), int(unit.cells.width)
                tiles = tiles or [raster.empty(rows, cols) for raster in self.rasters]
                for writer, tile in zip(writers, tiles, strict=True):
                    writer.write(tile, unit.cells)
                self.totals.take(counts)
                done += unit.pixels
                self.report.progress(PHASE, done, total)
            self._require_data()
            yield

    @contextlib.contextmanager
    def written(self, store: MapStore, done: set[int], made: Iterable[tuple[Unit, Tile]]) -> Iterator[None]:
        """Keeps the tiles of the units that are not done; enters when all are counted, publishes the map on leaving.

        Args:
            store: Open.
            done: Indexes of units that it has already.
            made: The other units with their tiles, in order.
        """
        units = self.units
        total, finished = self._total, sum(unit.pixels for index, unit in units.items() if index in done)
        if done:
            self.report.log(f"Going on with {len(done)} of {len(units)} tiles that are done.", "info")
        self.report.progress(PHASE, finished, total)
        try:
            with UnitWriter(store, self.report.check) as writer:
                for unit, (tiles, counts) in made:
                    writer.put(unit.index, tiles, counts)
                    finished += unit.pixels
                    self.report.progress(PHASE, finished, total)
            for index in units:
                self.totals.take(store.counts(index))
            self._require_data()
            yield
            store.publish({index: unit.cells for index, unit in units.items()}, self.report)
            store.remove()
        except InputError:  # it would come again
            store.remove()
            raise
        except BaseException as error:
            if store.release() and isinstance(error, Cancelled):
                self.report.log("The tiles that are done are kept; the same request goes on with them.", "info")
            raise

    @property
    def _total(self) -> int:
        return max(1, sum(unit.pixels for unit in self.units.values()))

    def _require_data(self) -> None:
        """Refuses a map without any data; a layer says of each polygon by itself that nothing is known of it."""
        if self.rasters and not self.totals.pixels.any():
            raise InputError(
                f"'{self.name}' holds no valid pixel in this extent: all of it is nodata.",
                "Choose another extent or scene, or check the layer's nodata value.",
            )
