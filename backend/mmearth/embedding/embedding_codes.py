"""How the stored values of an embedding become floats, window by window, north-up.

Knows rasters that are open; nothing of whose embedding they are, nor of where files lie.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.scenes.raster import Grid
from mmearth.scenes.scene_warp import north_up

NODATA_CODE = -128

Read = Callable[[Window], tuple[np.ndarray, np.ndarray]]  # a window inside the grid → values (K, rows, cols), valid


@dataclass(frozen=True)
class StoredCodes:
    """The stored values of a raster, north-up: rows and columns are put in order as they are read.

    Measured on a south-up file of 64 bands, that is six times as fast as a warp, and never interpolates.
    """

    dataset: DatasetReader
    grid: Grid
    turned: str

    def read(self, count: int, window: Window) -> np.ndarray:
        """Returns the first `count` bands (count, rows, cols) of a window inside the grid."""
        upwards, leftwards = self.dataset.transform.e > 0, self.dataset.transform.a < 0
        row = self.grid.height - window.row_off - window.height if upwards else window.row_off
        col = self.grid.width - window.col_off - window.width if leftwards else window.col_off
        place = Window(col, row, window.width, window.height)
        stored: np.ndarray = self.dataset.read(list(range(1, count + 1)), window=place)
        stored = stored[:, :: -1 if upwards else 1, :: -1 if leftwards else 1]
        return stored.view(np.int8) if is_int8(self.dataset) else stored


def stored_codes(dataset: DatasetReader) -> StoredCodes:
    """Returns the values of a raster on its north-up grid.

    Raises:
        InputError: no georeference, or one that is neither north-up, south-up nor mirrored.
    """
    name = Path(dataset.name).name
    transform = dataset.transform
    skewed = abs(transform.b) + abs(transform.d) > 1e-9 * abs(transform.a)
    if skewed or (dataset.crs is None and dataset.gcps[0]):
        raise InputError(
            f"Embedding '{name}' is rotated or placed by ground control points; its codes must not be interpolated.",
            "Warp it to a north-up grid first (gdalwarp -r near), or use the file that it was made from.",
        )
    with north_up(dataset, name) as (view, warped):
        grid = Grid(view.crs, view.transform, view.width, view.height)
    turned = f"'{name}' is stored south-up or mirrored; it is turned as it is read." if warped else ""
    return StoredCodes(dataset, grid, turned)


def is_int8(dataset: DatasetReader) -> bool:
    """Whether the values are signed bytes; GDAL before 3.7 says so in a tag."""
    if dataset.dtypes[0] == "uint8":
        return bool(dataset.tags(1, ns="IMAGE_STRUCTURE").get("PIXELTYPE") == "SIGNEDBYTE")
    return bool(dataset.dtypes[0] == "int8")


def power_law(codes: np.ndarray) -> np.ndarray:
    """Returns float32 values of AlphaEarth's int8 codes, in the same shape: sign(code) · (|code| / 127.5)²."""
    values: np.ndarray = codes.astype(np.float32)
    values *= np.abs(values)
    values *= np.float32(1 / 127.5**2)
    return values


def read_power_law(codes: StoredCodes, count: int) -> Read:
    """Returns a reader of AlphaEarth's int8 codes."""

    def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
        stored = codes.read(count, window)
        return power_law(stored), ~np.any(stored == NODATA_CODE, axis=0)

    return read


def read_per_pixel(codes: StoredCodes, scales: StoredCodes, count: int) -> Read:
    """Returns a reader of codes with a scale of each pixel in another raster."""

    def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
        return scale_pixels(codes.read(count, window), scales.read(1, window)[0])

    return read


def scale_pixels(codes: np.ndarray, scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns values and validity of codes (K, rows, cols) and scales (rows, cols); no scale, no data."""
    valid = np.isfinite(scales) & (scales > 0)
    return codes * np.where(valid, scales, 0).astype(np.float32), valid


def read_linear(codes: StoredCodes, count: int, zero_is_nodata: bool) -> Read:
    """Returns a reader of codes or floats with a scale and offset of each band, as GDAL's tags say.

    Args:
        codes: Stored values.
        count: Bands to read.
        zero_is_nodata: Whether 0 in every band is where there are no data, as in exports of others.
    """
    dataset = codes.dataset
    scales, offsets = (np.array(row, np.float32)[:, None, None] for row in (dataset.scales, dataset.offsets))

    def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
        stored = codes.read(count, window)
        valid = np.ones(stored.shape[1:], bool)
        if dataset.nodata is not None and not np.isnan(dataset.nodata):
            valid &= np.all(stored != dataset.nodata, axis=0)
        if np.issubdtype(stored.dtype, np.floating):
            valid &= np.all(np.isfinite(stored), axis=0)
        if zero_is_nodata:
            valid &= np.any(stored != 0, axis=0)
        return np.where(valid, stored, 0).astype(np.float32) * scales + offsets, valid

    return read
