"""Finished units on the disk until the raster is whole: one small file each, so that nothing done is ever lost.

A unit's file appears under its name when it is complete, and not before; what is there after a crash is what is done.
Units without data are empty files. What was counted in a unit may lie beside it. Several processes may write different
units at once. Serves embeddings and maps alike.
"""

import errno
import html
import json
import math
import os
import shutil
import sys
import threading
import uuid
from pathlib import Path
from typing import IO, Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mmearth.cog import Layout, check_space, write_cog, write_text
from mmearth.disk import disk_errors
from mmearth.errors import InputError, ResourceError
from mmearth.progress import Report

UNIT_BLOCK_PX = 256
JOB, LOCK, VALID_CELLS = "job.json", "lock", "VALID_CELLS"
DONE, COUNTED = (".tif", ".empty"), ".counts"
_GDAL_TYPES = {
    "int8": "Int8",
    "uint8": "Byte",
    "int16": "Int16",
    "uint16": "UInt16",
    "int32": "Int32",
    "float32": "Float32",
}

Counts = dict[str, NDArray[Any]]


class UnitStore:
    """The folder of units beside an output that is being made.

    Args:
        out: The file to be made.
        layout: What it holds; None where it is no raster, and units hold only what was counted.
    """

    def __init__(self, out: str, layout: Layout | None) -> None:
        self._target = Path(out)
        self._layout = layout
        self.folder = units_folder(out)
        self._lock: IO[bytes] | None = None
        self._is_ours = False
        self._is_abandoned = False
        self._keeping = threading.Lock()  # between giving up and the moment in which a unit appears

    def open(self, job: dict[str, Any], resume: bool) -> set[int]:
        """Makes the folder, or takes up the one that an interrupted run of the same job left.

        Args:
            job: What determines the result, JSON.
            resume: Whether to go on with what is there.

        Returns:
            Indexes of the units that are done.

        Raises:
            InputError: another process is at work on this output.
            ResourceError: the folder cannot be written to.
        """
        text = json.dumps(job, sort_keys=True)
        with disk_errors(self.folder.parent):
            self.folder.mkdir(exist_ok=True)
            self._lock = (self.folder / LOCK).open("ab")
        try:
            before = self._job_before()
            if not _lock(self._lock):
                process = "" if before is None else f" ({before['process']})"
                raise InputError(
                    f"'{self._target.name}' is being written by another process{process}.",
                    "Wait for it, or choose another file name.",
                )
            self._is_ours = True
            started_anew = before is None or before["job"] != text or not resume
            with disk_errors(self.folder):
                for file in self.folder.iterdir():
                    if file.name not in (LOCK, JOB) and (started_anew or not file.stem.isdecimal()):
                        file.unlink()
            write_text(self.folder / JOB, json.dumps({"process": os.getpid(), "job": text}))
        except BaseException:
            self.release()
            raise
        return {int(file.stem) for file in self.folder.iterdir() if file.suffix in DONE and file.stem.isdecimal()}

    def write(self, index: int, values: np.ndarray | None, counts: Counts | None = None) -> None:
        """Keeps a unit.

        Args:
            index: Its number.
            values: (bands, rows, cols), or None where there are no data.
            counts: What was counted in it, for `counts`.

        Raises:
            ResourceError: the disk is full, or the folder cannot be written to.
        """
        if counts is not None:  # first: where a unit is done, these are there
            self._write_counts(index, counts)
        if values is None:
            with disk_errors(self.folder), self._keeping:
                if not self._is_abandoned:
                    (self.folder / f"{index:07d}.empty").touch()
            return
        layout = self._raster_layout
        check_space(self.folder, 2 * values.nbytes)
        part = self.folder / f".{index:07d}.{uuid.uuid4().hex[:12]}.part"  # machines may share the folder
        count, height, width = values.shape
        first, nodata = values[0], layout.nodata
        valid = int(np.count_nonzero(~np.isnan(first) if math.isnan(nodata) else first != nodata))
        try:
            with disk_errors(self.folder):
                with rasterio.open(
                    part,
                    "w",
                    driver="GTiff",
                    width=width,
                    height=height,
                    count=count,
                    dtype=values.dtype.name,
                    tiled=True,
                    blockxsize=UNIT_BLOCK_PX,
                    blockysize=UNIT_BLOCK_PX,
                    interleave="pixel",
                    crs=layout.grid.crs,
                    transform=layout.grid.transform,
                ) as dataset:
                    dataset.update_tags(**{VALID_CELLS: valid})
                    dataset.write(values)
                # GDAL does not report every write that failed; see cog.py.
                if part.stat().st_size < values.nbytes:
                    raise OSError(errno.ENOSPC, "the file is shorter than what was written to it")
                self._keep(part, self.folder / f"{index:07d}.tif")
        finally:
            part.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Gives up what another thread is writing, without waiting for it: it does not appear any more."""
        with self._keeping:
            self._is_abandoned = True

    def _keep(self, part: Path, file: Path) -> None:
        """Brings a written file safely onto the disk and gives it its name."""
        if self._is_abandoned:
            return
        with part.open("r+b") as opened:  # Windows syncs only what may be written to
            os.fsync(opened.fileno())
        with self._keeping:
            if not self._is_abandoned:
                part.replace(file)

    def counts(self, index: int) -> Counts:
        """Returns what was counted in a unit that is done.

        Raises:
            ResourceError: the file is gone or damaged.
        """
        file = self._counts_file(index)
        try:
            found: Counts = load(file.read_bytes())
        except (OSError, SafetensorError) as error:
            raise ResourceError(
                f"'{file}' was changed while it was needed ({error}).",
                f"Remove the folder '{self.folder}' and start again.",
            ) from error
        return found

    def finish(self, units: dict[int, Window], report: Report) -> None:
        """Makes the COG of all units and removes them; arguments as of `publish`."""
        self.publish(units, report)
        self.remove()

    def publish(self, units: dict[int, Window], report: Report) -> None:
        """Makes the COG of all units, which stay.

        Args:
            units: Index → cells of every unit.
            report: Told about the conversion.
        """
        source = self._mosaic(units)
        # In here, so that a process that is killed leaves nothing beside the output; under a name of its own, since
        # after a cancel GDAL goes on for a while, with overviews under a name that follows from this one.
        whole = self.folder / f"{uuid.uuid4().hex}.tif"
        write_cog(source, whole, self._raster_layout, report)
        with disk_errors(self._target.parent):
            whole.replace(self._target)

    def valid_cells(self) -> int:
        """Returns how many cells of all units hold data."""
        total = 0
        for file in self.folder.glob("*.tif"):
            with rasterio.open(file) as dataset:
                total += int(dataset.tags()[VALID_CELLS])
        return total

    def remove(self) -> None:
        """Removes the folder and all in it."""
        self.release()  # Windows removes no file that is open
        shutil.rmtree(self.folder, ignore_errors=True)

    def release(self) -> None:
        """Lets another run go on with the units; where there are none, nothing stays."""
        if self._lock is None:
            return
        self._lock.close()
        self._lock = None
        if self._is_ours and not any(file.stem.isdecimal() for file in self.folder.iterdir()):
            shutil.rmtree(self.folder, ignore_errors=True)
        self._is_ours = False

    @property
    def _raster_layout(self) -> Layout:
        if self._layout is None:
            raise ValueError("a store without a layout holds no rasters")
        return self._layout

    def _counts_file(self, index: int) -> Path:
        return self.folder / f"{index:07d}{COUNTED}"

    def _write_counts(self, index: int, counts: Counts) -> None:
        content = save({name: np.ascontiguousarray(array) for name, array in counts.items()})
        check_space(self.folder, len(content))
        part = self.folder / f".{index:07d}.{uuid.uuid4().hex[:12]}.part"
        try:
            with disk_errors(self.folder):
                part.write_bytes(content)
                self._keep(part, self._counts_file(index))
        finally:
            part.unlink(missing_ok=True)

    def _job_before(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.folder / JOB).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and {"process", "job"} <= set(found) else None

    def _mosaic(self, units: dict[int, Window]) -> Path:
        """Writes a virtual raster of all units: one of each row of units, and one of the rows."""
        rows: dict[int, dict[int, Window]] = {}
        for index, cells in units.items():
            if (self.folder / f"{index:07d}.tif").exists():
                rows.setdefault(int(cells.row_off), {})[index] = cells
        grid = self._raster_layout.grid
        bands: list[tuple[str, Window]] = []
        for top, members in sorted(rows.items()):
            height = int(next(iter(members.values())).height)
            name = f"row_{top}.vrt"
            sources = [(f"{i:07d}.tif", Window(c.col_off, 0, c.width, c.height)) for i, c in sorted(members.items())]
            write_text(self.folder / name, self._vrt(grid.width, height, sources, described=False))
            bands.append((name, Window(0, top, grid.width, height)))
        whole = self.folder / "whole.vrt"
        write_text(whole, self._vrt(grid.width, grid.height, bands, described=True))
        return whole

    def _vrt(self, width: int, height: int, sources: list[tuple[str, Window]], described: bool) -> str:
        layout = self._raster_layout
        kind = _GDAL_TYPES[layout.dtype]
        header = ""
        if described:
            transform = ", ".join(repr(float(value)) for value in layout.grid.transform.to_gdal())
            tags = "".join(f'<MDI key="{key}">{html.escape(text)}</MDI>' for key, text in layout.tags.items())
            header = (
                f"<SRS>{html.escape(layout.grid.crs.to_wkt())}</SRS><GeoTransform>{transform}</GeoTransform>"
                f"<Metadata>{tags}</Metadata>"
            )
        bands = []
        for number in range(1, layout.count + 1):
            about = f"<NoDataValue>{layout.nodata!r}</NoDataValue>"
            if described:
                about = f"<Description>{html.escape(layout.descriptions[number - 1])}</Description>{about}"
                kind_of_colour = "Palette" if layout.colors else "Gray" if number == 1 else "Undefined"
                about += f"<ColorInterp>{kind_of_colour}</ColorInterp>{_color_table(layout.colors)}"
                if layout.scales:
                    scale, offset = layout.scales[number - 1], layout.offsets[number - 1]
                    about += f"<Offset>{offset!r}</Offset><Scale>{scale!r}</Scale>"
            parts = "".join(
                f'<SimpleSource><SourceFilename relativeToVRT="1">{name}</SourceFilename>'
                f"<SourceBand>{number}</SourceBand>"
                f'<SrcRect xOff="0" yOff="0" xSize="{int(place.width)}" ySize="{int(place.height)}"/>'
                f'<DstRect xOff="{int(place.col_off)}" yOff="{int(place.row_off)}" xSize="{int(place.width)}" '
                f'ySize="{int(place.height)}"/></SimpleSource>'
                for name, place in sources
            )
            bands.append(f'<VRTRasterBand dataType="{kind}" band="{number}">{about}{parts}</VRTRasterBand>')
        return f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{header}{"".join(bands)}</VRTDataset>'


def _color_table(colors: dict[int, tuple[int, int, int]]) -> str:
    """Returns the colours of the values 0…largest; those of no value are black, as GDAL writes them."""
    if not colors:
        return ""
    rows = (colors.get(value, (0, 0, 0)) for value in range(max(colors) + 1))
    entries = (f'<Entry c1="{red}" c2="{green}" c3="{blue}" c4="255"/>' for red, green, blue in rows)
    return f"<ColorTable>{''.join(entries)}</ColorTable>"


def units_folder(out: str) -> Path:
    """Returns the folder in which the units of an output wait."""
    target = Path(out)
    return target.with_name(f".{target.name}.units")


def _lock(file: IO[bytes]) -> bool:
    """Locks a file until it is closed, which the system does when a process dies; False where it is locked already.

    Process numbers would not do: after a restart of the machine another program may have the one that was written down.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)  # else a file system without locks
    return True
