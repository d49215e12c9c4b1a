"""A raster that this program wrote, once more: on another grid, with everything that makes it readable.

Colours, names of classes and bands, scales and tags stay. Read and written block by block. Knows nothing of polygons.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import CRSError, RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mmearth import protocol
from mmearth.cog import Layout, cog_writer, write_class_table
from mmearth.errors import InputError
from mmearth.mapping.class_map import read_class_map
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import CACHE_BYTES, Grid
from mmearth.scenes.scene_warp import TOLERANCE_PX

CLASS_OUTPUTS = ("map", "difference", "clusters")  # of the tag that says what a raster is
_BLOCK_BYTES = 64 * 2**20  # read and written together
_BLOCK_PX = 256
_MOST_PX = 2**31 - 1  # rows or columns that GDAL counts
_MORE = 1.5  # times larger pixels are a mean of those they cover
_OF_NUMBERS_PX = 0.125  # tolerance of the approximated transformation; GDAL's own default
_EDGE_POINTS = 21  # on each side of an extent that is transformed, as its sides become curves
_FLOAT_OPTIONS = {"PREDICTOR": "FLOATING_POINT"}


@dataclass(frozen=True)
class Plan:
    """What a raster becomes.

    Attributes:
        layout: Of the file to write.
        resampling: Of its pixels.
        classes: Whether its numbers name classes.
        warnings: What the user should know.
    """

    layout: Layout
    resampling: Resampling
    classes: bool
    warnings: tuple[str, ...]


def export_raster(request: protocol.ExportMapRequest, report: Report) -> Plan:
    """Writes a COG of the raster on the grid that is asked for; of classes, their names and areas beside it.

    Raises:
        InputError: the source cannot be read, or the CRS or the resolution does not serve.
        ResourceError: disk full or not writable.
    """
    name = Path(request.source).name
    with _opened(request.source) as dataset:
        plan = _plan(dataset, request)
        grid = plan.layout.grid
        options = {"crs": grid.crs, "transform": grid.transform, "width": grid.width, "height": grid.height}
        options |= {"src_nodata": dataset.nodata, "nodata": plan.layout.nodata, "resampling": plan.resampling}
        with (
            cog_writer(request.out, plan.layout, report) as writer,
            WarpedVRT(dataset, **options, tolerance=TOLERANCE_PX if plan.classes else _OF_NUMBERS_PX) as warped,
        ):
            for window in _windows(grid, dataset.count * np.dtype(plan.layout.dtype).itemsize):
                report.progress("Exporting", window.row_off * grid.width + window.col_off, grid.height * grid.width)
                try:
                    values = warped.read(window=window)
                except RasterioError as error:
                    cause = error.__cause__ or error
                    raise InputError(f"'{name}' cannot be read: {cause}.", "Copy or write it again.") from error
                writer.write(values, window)
    if plan.classes:
        _write_names(request.out, report)
    return plan


@contextlib.contextmanager
def _opened(path: str) -> Iterator[DatasetReader]:
    name, remedy = Path(path).name, "Choose a raster of a run whose files are there."
    if not Path(path).exists():
        raise InputError(f"There is no file '{path}'.", remedy)
    try:
        dataset = rasterio.open(path)
    except RasterioError as error:
        raise InputError(f"'{name}' could not be opened as a raster ({error}).", remedy) from error
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), dataset:
        transform = dataset.transform
        if dataset.crs is None or transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
            raise InputError(
                f"'{name}' has no coordinate reference system, or is not north-up.", "Choose a result of this program."
            )
        yield dataset


def _plan(dataset: DatasetReader, request: protocol.ExportMapRequest) -> Plan:
    name, dtype = Path(request.source).name, str(dataset.dtypes[0])
    own = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
    grid = _grid(own, request, name)
    colors = _colors(dataset)
    classes = bool(colors) or _output(dataset) in CLASS_OUTPUTS
    coarser = grid.pixel_size_m()[0] > _MORE * own.pixel_size_m()[0]
    averaged = Resampling.average if coarser else Resampling.bilinear
    nodata = dataset.nodata
    warnings: tuple[str, ...] = ()
    if nodata is None:
        nodata = _new_nodata(dtype)
        warnings = (f"'{name}' has no nodata value; {nodata:g} now means no data.",)
    scaled = set(dataset.scales) != {1.0} or set(dataset.offsets) != {0.0}
    layout = Layout(
        grid,
        dataset.count,
        dtype,
        nodata,
        tuple(text or "" for text in dataset.descriptions),
        {key: value for key, value in dataset.tags().items() if key != "AREA_OR_POINT"},
        scales=tuple(dataset.scales) if scaled else (),
        offsets=tuple(dataset.offsets) if scaled else (),
        colors=colors,
        resampling="mode" if classes else "average",
        options=_FLOAT_OPTIONS if np.dtype(dtype).kind == "f" else {},
    )
    return Plan(layout, Resampling.nearest if classes else averaged, classes, warnings)


def _grid(own: Grid, request: protocol.ExportMapRequest, name: str) -> Grid:
    part = own.crop(window_of(own, request.bounds, name))
    crs = parse_crs(request.crs) if request.crs else own.crs
    if request.res < 0 or not math.isfinite(request.res):
        raise InputError(f"The pixel size {request.res:g} is not possible.", "Give a number above 0.")
    if crs == own.crs and not request.res:
        return part
    left, bottom, right, top = _bounds_in(crs, part, name)
    # As GDAL has it: square pixels, and as many along the diagonal.
    res = request.res or math.hypot(right - left, top - bottom) / math.hypot(part.width, part.height)
    width, height = (max(1, math.ceil(size / res - 1e-6)) for size in (right - left, top - bottom))
    if max(width, height) > _MOST_PX:
        raise InputError(
            f"With pixels of {request.res:g} the export has {width} × {height} pixels.", "Choose larger pixels."
        )
    return Grid(crs, Affine(res, 0, left, 0, -res, top), width, height)


def _bounds_in(crs: CRS, part: Grid, name: str) -> tuple[float, float, float, float]:
    if crs == part.crs:
        return part.bounds
    bounds: tuple[float, float, float, float] = (math.inf,) * 4
    with contextlib.suppress(RasterioError):  # said below
        bounds = transform_bounds(part.crs, crs, *part.bounds, densify_pts=_EDGE_POINTS)
    if not all(map(math.isfinite, bounds)) or bounds[2] <= bounds[0]:
        raise InputError(
            f"'{name}' cannot be brought into {crs.to_string()}.",
            "Choose a coordinate reference system that serves this part of the Earth.",
        )
    return bounds


def parse_crs(text: str) -> CRS:
    """Reads an authority code or WKT.

    Raises:
        InputError: neither.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            f"'{text}' is not a coordinate reference system that is known here.", 'Give a code such as "EPSG:4326".'
        ) from error


def _colors(dataset: DatasetReader) -> dict[int, tuple[int, int, int]]:
    if dataset.count > 1:
        return {}
    try:
        return {value: (red, green, blue) for value, (red, green, blue, _) in dataset.colormap(1).items()}
    except ValueError:  # it has none
        return {}


def _output(dataset: DatasetReader) -> str:
    """Returns what the tag of this program says the raster is; empty where there is none."""
    with contextlib.suppress(ValueError, AttributeError):  # a tag of another program
        return str(json.loads(dataset.tags().get("MMEARTH", "{}")).get("output", ""))
    return ""


def _new_nodata(dtype: str) -> float:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return math.nan
    return float(np.iinfo(kind).max if kind.kind == "u" else np.iinfo(kind).min)


def _windows(grid: Grid, pixel_bytes: int) -> Iterator[Window]:
    """Yields square blocks of the grid that are read and written together."""
    side = max(_BLOCK_PX, math.isqrt(_BLOCK_BYTES // pixel_bytes) // _BLOCK_PX * _BLOCK_PX)
    for top in range(0, grid.height, side):
        for left in range(0, grid.width, side):
            yield Window(left, top, min(side, grid.width - left), min(side, grid.height - top))


def _write_names(out: str, report: Report) -> None:
    """Writes the classes, with the pixels and areas that they have now, beside an exported class raster."""
    found = read_class_map(out, report)
    rows: list[dict[str, Any]] = [
        {"value": info.value, "name": info.name, "color": info.color, "pixels": int(pixels), "area_m2": float(area_m2)}
        for info, pixels, area_m2 in zip(found.classes, found.pixels, found.area_m2, strict=True)
    ]
    write_class_table(out, rows, max(info.value for info in found.classes) + 1)
