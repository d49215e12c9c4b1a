"""Writing cloud-optimised GeoTIFFs: tile by tile into a temporary file, then one conversion, then one rename."""

import contextlib
import errno
import glob
import os
import shutil
import threading
import uuid
import xml.etree.ElementTree as ElementTree  # nosec B405 - writes XML, never parses any
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.windows import Window

from mmearth.errors import InputError, ResourceError
from mmearth.progress import Report
from mmearth.scenes.raster import CACHE_BYTES, Grid

BLOCK_PX = 256
MOST_CATEGORIES = 1024  # GDAL lists a name for every value from 0 on; with larger values the table alone names classes
COG_OPTIONS = {
    "BLOCKSIZE": 512,
    "COMPRESS": "DEFLATE",
    "LEVEL": 1,
    "PREDICTOR": "NO",
    "BIGTIFF": "IF_SAFER",
    "NUM_THREADS": "ALL_CPUS",
    "SPARSE_OK": "YES",
}
FULL_BYTES = 2**20  # a disk with less than this free counts as full


@dataclass(frozen=True)
class Layout:
    """What a COG to be written holds.

    Attributes:
        grid: Its grid.
        count: Number of bands.
        dtype: rasterio's name of the data type.
        nodata: Value of cells without data.
        descriptions: One name per band.
        tags: Text tags of the file.
        scales, offsets: Per band; value = stored * scale + offset.
        colors: Class value → (red, green, blue); only for one band of uint8 or uint16.
        resampling: GDAL's name of the overview resampling.
        options: Creation options of the COG that differ from `COG_OPTIONS`.
    """

    grid: Grid
    count: int
    dtype: str
    nodata: float
    descriptions: tuple[str, ...]
    tags: dict[str, str] = field(default_factory=dict)
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    colors: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    resampling: str = "average"
    options: dict[str, str] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Uncompressed size without overviews."""
        return self.grid.width * self.grid.height * self.count * np.dtype(self.dtype).itemsize


def check_output(path: str, suffixes: Sequence[str] = (".tif", ".tiff")) -> None:
    """Refuses an output that could not be written, before any work is done.

    Raises:
        InputError: relative path, wrong extension or no such folder.
        ResourceError: the folder is not writable.
    """
    target = Path(path)
    if target.suffix.lower() not in suffixes:
        raise InputError(f"Output '{target.name}' should end in {' or '.join(suffixes)}.", "Choose another file name.")
    folder = target.parent
    if not folder.is_dir():
        raise InputError(f"The output folder '{folder}' does not exist.", "Create it, or choose another folder.")
    probe = folder / f".{target.name}.{os.getpid()}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ResourceError(
            f"The output folder '{folder}' is not writable ({error.strerror}).",
            "Choose a folder that you may write to.",
        ) from error


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuses work whose output would not fit on the disk.

    Raises:
        ResourceError: less space is free than needed.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise ResourceError(
            f"The disk of '{folder}' has {free_bytes / 1e9:.2f} GB free; this needs {needed_bytes / 1e9:.2f} GB.",
            "Free some space, choose another folder, a smaller extent or a coarser output.",
        )


class CogWriter:
    """Collects windows in a temporary GeoTIFF; see `cog_writer`."""

    def __init__(self, dataset: Any, folder: Path, pending_bytes: int) -> None:
        self._dataset = dataset
        self._folder = folder
        self._pending_bytes = pending_bytes

    def write(self, values: np.ndarray, window: Window) -> None:
        """Writes (bands, rows, cols) values of the layout's data type to a window of the output grid.

        Raises:
            ResourceError: the disk would not hold it and what waits in GDAL's cache.
        """
        check_space(self._folder, values.nbytes + self._pending_bytes)
        self._dataset.write(values, window=window)


@contextlib.contextmanager
def cog_writer(path: str, layout: Layout, report: Report) -> Iterator[CogWriter]:
    """Yields a writer; on a clean exit the finished COG stands at `path`, otherwise nothing does.

    Args:
        path: Where the COG shall stand; replaced if it exists.
        layout: What it holds.
        report: Told about the conversion.

    Raises:
        ResourceError: the disk is full or not writable.
    """
    check_output(path)
    target = Path(path)
    _remove_leftovers(target)
    # The temporary GeoTIFF and the finished COG with overviews exist side by side for a moment.
    check_space(target.parent, int(layout.size_bytes * 2.4))
    stripes = target.with_name(f".{target.name}.{os.getpid()}.part.tif")
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), _disk_errors(target.parent):
            with rasterio.open(stripes, "w", **_profile(layout)) as dataset:
                dataset.nodata = layout.nodata
                dataset.descriptions = layout.descriptions
                dataset.update_tags(**layout.tags)
                if layout.scales:
                    dataset.scales, dataset.offsets = layout.scales, layout.offsets
                if layout.colors:
                    dataset.write_colormap(1, {value: (*color, 255) for value, color in layout.colors.items()})
                elif layout.count > 1:
                    dataset.colorinterp = (ColorInterp.gray,) + (ColorInterp.undefined,) * (layout.count - 1)
                yield CogWriter(dataset, target.parent, min(CACHE_BYTES, layout.size_bytes))
            _require_whole(stripes, layout.size_bytes)
        write_cog(stripes, target, layout, report)
    finally:
        for leftover in target.parent.glob(f".{glob.escape(target.name)}.{os.getpid()}.*"):
            leftover.unlink(missing_ok=True)


def write_cog(source: Path, target: Path, layout: Layout, report: Report) -> None:
    """Makes a COG of a raster that GDAL opens and puts it in place when it is whole.

    Args:
        source: The raster, with everything that the layout says.
        target: Where the COG shall stand; replaced if it exists.
        layout: What it holds.
        report: Told how far it is.

    Raises:
        ResourceError: the disk is full or not writable.
    """
    # A name of its own for each attempt: after a cancel GDAL goes on for a while with the file of the one before.
    cog = target.with_name(f".{target.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.cog.tif")
    try:
        with _disk_errors(target.parent):
            _convert(source, cog, layout, report)
            _require_readable(cog)
        cog.replace(target)
    finally:
        with contextlib.suppress(PermissionError):  # Windows removes no file that GDAL still holds after a cancel
            cog.unlink(missing_ok=True)


def _convert(stripes: Path, cog: Path, layout: Layout, report: Report) -> None:
    """Makes a COG of the temporary file, in a thread of its own, so that Cancel need not wait for GDAL.

    After a cancel the thread goes on for a while, writing to a file that has no name any more.
    """
    failures: list[Exception] = []

    def copy() -> None:
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
                options = {**COG_OPTIONS, "RESAMPLING": layout.resampling, **layout.options}
                rasterio.shutil.copy(stripes, cog, driver="COG", **options)
        except Exception as error:  # noqa: BLE001 - GDAL's own errors have no common class; raised again below
            failures.append(error)

    worker = threading.Thread(target=copy, daemon=True)
    worker.start()
    while worker.is_alive():
        written_bytes = cog.stat().st_size if cog.exists() else 0
        report.progress("Writing", min(written_bytes, layout.size_bytes), layout.size_bytes)
        worker.join(0.1)
    if failures:
        raise failures[0]
    report.progress("Writing", layout.size_bytes, layout.size_bytes)


# GDAL does not report every write that failed (seen with 3.10 on a full disk: it prints, and closes the file as if all
# were well), so what was written is looked at before anyone relies on it.
def _require_whole(stripes: Path, expected_bytes: int) -> None:
    if stripes.stat().st_size < expected_bytes:
        raise OSError(errno.ENOSPC, "the temporary file is shorter than what was written to it")


def _require_readable(cog: Path) -> None:
    """Reads the first and last block of every overview and of the full resolution, which end the file in this order."""
    with rasterio.open(cog) as dataset:
        levels = [None, *range(len(dataset.overviews(1)))]
    for level in levels:
        with rasterio.open(cog, **({} if level is None else {"overview_level": level})) as dataset:
            for corner in (Window(0, 0, 1, 1), Window(dataset.width - 1, dataset.height - 1, 1, 1)):
                dataset.read(1, window=corner)
    if shutil.disk_usage(cog.parent).free < FULL_BYTES:
        raise OSError(errno.ENOSPC, "the disk filled up while the file was written")


def _remove_leftovers(target: Path) -> None:
    """Removes half-written files of this target whose process was killed."""
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.tif*"):
        process_id = leftover.name.removeprefix(f".{target.name}.").split(".")[0]
        if process_id.isdigit() and not _is_running(int(process_id)):
            leftover.unlink(missing_ok=True)


def _is_running(process_id: int) -> bool:
    if os.name == "nt":
        return False  # Windows refuses to delete a file that a running process holds open
    try:
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _profile(layout: Layout) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "width": layout.grid.width,
        "height": layout.grid.height,
        "count": layout.count,
        "dtype": layout.dtype,
        "crs": layout.grid.crs,
        "transform": layout.grid.transform,
        "tiled": True,
        "blockxsize": BLOCK_PX,
        "blockysize": BLOCK_PX,
        "interleave": "pixel",
        "compress": "none",
        "sparse_ok": False,
        "bigtiff": "if_safer",
        "photometric": "palette" if layout.colors else "minisblack",
    }


@contextlib.contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except (RasterioError, OSError) as error:
        free_bytes = shutil.disk_usage(folder).free
        if free_bytes < FULL_BYTES or getattr(error, "errno", None) == errno.ENOSPC:
            raise ResourceError(
                f"The disk of '{folder}' is full ({free_bytes / 1e6:.0f} MB free).",
                "Free some space or choose another folder; nothing half-written was left.",
            ) from error
        raise


def write_class_table(path: str, rows: Sequence[dict[str, Any]], values: int) -> None:
    """Writes category names and a raster attribute table to the `.aux.xml` beside a class raster, as GDAL reads it.

    Args:
        path: The class raster.
        rows: One per class: value, name, color ("#rrggbb"), pixels, area_m2.
        values: Number of category names to list (largest value + 1); names of unused values are empty.
    """
    root = ElementTree.Element("PAMDataset")
    band = ElementTree.SubElement(root, "PAMRasterBand", band="1")
    names = {int(row["value"]): str(row["name"]) for row in rows}
    if values <= MOST_CATEGORIES:
        categories = ElementTree.SubElement(band, "CategoryNames")
        for value in range(values):
            ElementTree.SubElement(categories, "Category").text = names.get(value, "")
    table = ElementTree.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    # GDAL's numbers: type 0 integer, 1 real, 2 text; usage 0 generic, 1 pixel count, 2 name, 5 min-max, 6…8 colours.
    colors = [("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8)]
    columns = [("Value", 0, 5), ("Class", 2, 2), *colors, ("Count", 0, 1), ("Area_m2", 1, 0)]
    for index, (name, kind, usage) in enumerate(columns):
        definition = ElementTree.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in (("Name", name), ("Type", str(kind)), ("Usage", str(usage))):
            ElementTree.SubElement(definition, tag).text = text
    for index, row in enumerate(rows):
        red, green, blue = rgb(str(row["color"]))
        element = ElementTree.SubElement(table, "Row", index=str(index))
        cells = (row["value"], row["name"], red, green, blue, row["pixels"], f"{row['area_m2']:.1f}")
        for cell in cells:
            ElementTree.SubElement(element, "F").text = str(cell)
    write_text(Path(path + ".aux.xml"), ElementTree.tostring(root, encoding="unicode"))


def rgb(color: str) -> tuple[int, int, int]:
    """Returns (red, green, blue) of "#rrggbb"."""
    number = int(color.removeprefix("#"), 16)
    return number >> 16, number >> 8 & 255, number & 255


def write_text(path: Path, text: str) -> None:
    """Writes a small text file under a temporary name and renames it.

    Raises:
        ResourceError: the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _disk_errors(path.parent):
            temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
