"""The rasters of a map while it is made: unit by unit on the disk, so that a map that was broken off is gone on with.

Every raster has its own store; the map's own is written last, so that a unit it has is whole everywhere. Knows nothing
of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth.cog import check_space
from mmearth.embedding.unit_store import Counts, UnitStore
from mmearth.mapping.map_outputs import MapRaster
from mmearth.progress import Report


class MapStore:
    """Units of all rasters of a map, and what was counted in each.

    Args:
        out: The map, or the layer, that is made.
        rasters: The map first; none where the result is a layer.
        paths: Key of a raster → where it shall stand.
    """

    def __init__(self, out: str, rasters: Sequence[MapRaster], paths: dict[str, str]) -> None:
        self._folder = Path(out).parent
        self._bytes_per_cell = sum(raster.layout.size_bytes for raster in rasters) // (
            rasters[0].layout.grid.width * rasters[0].layout.grid.height if rasters else 1
        )
        self._main = UnitStore(out, rasters[0].layout if rasters else None)
        self._others = [UnitStore(paths[raster.key], raster.layout) for raster in rasters[1:]]
        self._makes_rasters = bool(rasters)

    def open(self, job: dict[str, Any], units: dict[int, Window]) -> set[int]:
        """Takes up what an interrupted run of the same job left; returns the indexes of the units that are done.

        Args:
            job: What determines the result, JSON.
            units: Index → cells of every unit.

        Raises:
            InputError: another process is at work on one of the files.
            ResourceError: the folder cannot be written to, or has too little room.
        """
        cells = sum(int(window.width * window.height) for window in units.values())
        # The units and the finished COG with its overviews exist side by side for a moment.
        check_space(self._folder, int(cells * self._bytes_per_cell * 2.4))
        done = set(units)
        try:
            for store in (*self._others, self._main):
                done &= store.open(job, resume=True)
        except BaseException:
            self.release()
            raise
        return done

    def write(self, index: int, tiles: Sequence[NDArray[Any]], counts: Counts) -> None:
        """Keeps a unit.

        Args:
            index: Its number.
            tiles: (bands, rows, cols) of each raster, in their order; none where there are no data.
            counts: What was counted in it.

        Raises:
            ResourceError: the disk is full, or the folder cannot be written to.
        """
        for number, store in enumerate(self._others, 1):
            store.write(index, tiles[number] if tiles else None)
        self._main.write(index, tiles[0] if tiles else None, counts)

    def abandon(self) -> None:
        """Gives up the unit that another thread is writing, without waiting for it."""
        for store in (*self._others, self._main):
            store.abandon()

    def counts(self, index: int) -> Counts:
        """Returns what was counted in a unit that is done."""
        return self._main.counts(index)

    def publish(self, units: dict[int, Window], report: Report) -> None:
        """Makes all rasters, the map last: where it stands, everything stands."""
        if self._makes_rasters:
            for store in (*self._others, self._main):
                store.publish(units, report)

    def remove(self) -> None:
        """Removes all units."""
        for store in (*self._others, self._main):
            store.remove()

    def release(self) -> bool:
        """Lets another run go on with the units; returns whether there are any."""
        for store in (*self._others, self._main):
            store.release()
        return self._main.folder.exists()
