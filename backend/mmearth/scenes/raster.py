"""Reading scenes: grid, band mapping, units and windowed reads. Knows nothing of models or labels."""

import math
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.modalities import (
    BAND_BY_NAME,
    PRODUCT_ORDERS,
    Units,
)
from mmearth.scenes.band_names import band_names, band_text, band_wavelengths
from mmearth.scenes.scene_files import resolve
from mmearth.scenes.scene_values import alpha_bands, find_units, is_missing, read_valid, sample_pixels
from mmearth.scenes.scene_vrt import is_virtual, name_of
from mmearth.scenes.scene_warp import north_up

WEB_PREFIXES = ("http://", "https://", "wms:", "wmts:", "xyz:", "type=xyz", "contextualwmslegend")
SUBDATASET = re.compile(r"[A-Z][A-Z0-9_]+:")  # NETCDF:…, SENTINEL2_L2A:…; a Windows drive has one letter
CACHE_BYTES = 256 * 2**20  # GDAL's default is 5 % of the machine's memory
# What weights of pictures want, in the order of a picture's bands.
COLOURS = {ColorInterp.red: "B4", ColorInterp.green: "B3", ColorInterp.blue: "B2"}
LEVEL_1C = re.compile(r"(?<![A-Z0-9])(?:MSI)?L1C(?![A-Z0-9])")  # in names of products and files


@dataclass(frozen=True)
class Grid:
    """Where pixels lie: CRS, affine transform from (col, row) to (x, y), and size in pixels."""

    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(left, bottom, right, top) in the units of the CRS; the grid is north-up."""
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (self.width, self.height)
        return left, bottom, right, top

    def pixel_areas_m2(self) -> np.ndarray:
        """Returns (rows,) the area of a pixel of each row: planar, or on the ellipsoid where the CRS is geographic."""
        if not self.crs.is_geographic:
            factor = float(self.crs.linear_units_factor[1])
            return np.full(self.height, abs(self.transform.determinant) * factor**2)
        geod = pyproj.CRS.from_wkt(self.crs.to_wkt()).get_geod() or pyproj.Geod(ellps="WGS84")
        left, _, _, top = self.bounds
        right = left + self.transform.a
        edges = top + self.transform.e * np.arange(self.height + 1)
        areas = [
            abs(geod.polygon_area_perimeter([left, right, right, left], [south, south, north, north])[0])
            for north, south in zip(edges[:-1], edges[1:], strict=True)
        ]
        return np.array(areas)

    def pixel_size_m(self) -> tuple[float, float]:
        """Returns (width, height) on the ground of the pixel in the middle of the grid, whatever the CRS."""
        crs = pyproj.CRS.from_wkt(self.crs.to_wkt())
        geodetic = crs.geodetic_crs
        if geodetic is None:  # an engineering CRS has no place on Earth
            factor = float(self.crs.linear_units_factor[1])
            return abs(self.transform.a) * factor, abs(self.transform.e) * factor
        x, y = self.transform @ (self.width / 2, self.height / 2)
        half_x, half_y = self.transform.a / 2, self.transform.e / 2
        transformer = pyproj.Transformer.from_crs(crs, geodetic, always_xy=True)
        lon, lat = transformer.transform([x - half_x, x, x + half_x, x], [y, y - half_y, y, y + half_y])
        geod = geodetic.get_geod() or pyproj.Geod(ellps="WGS84")
        _, _, sizes_m = geod.inv(lon[:2], lat[:2], lon[2:], lat[2:])
        return float(sizes_m[0]), float(sizes_m[1])

    def crop(self, window: Window) -> "Grid":
        """Returns the grid of a window of this grid."""
        transform = self.transform @ Affine.translation(window.col_off, window.row_off)
        return Grid(self.crs, transform, int(window.width), int(window.height))

    def coarsen(self, stride_px: int) -> "Grid":
        """Returns the grid of cells of `stride_px` pixels that covers this grid."""
        transform = self.transform @ Affine.scale(stride_px)
        return Grid(self.crs, transform, math.ceil(self.width / stride_px), math.ceil(self.height / stride_px))


@dataclass(frozen=True)
class BandMapping:
    """Which band of the file is which Sentinel-2 band: `indexes` by name (1-based), and how that was found."""

    indexes: dict[str, int]
    how: str  # "names", "wavelengths", "colours", "order" or "chosen"


@dataclass(frozen=True)
class Scene:
    """An open raster with its bands and units understood.

    Attributes:
        name: File or folder name, for messages.
        source: What GDAL opens: a path, or a virtual raster as text.
        dataset: Open rasterio dataset; owned by `open_scene`.
        reader: What pixels are read from: the dataset, or a north-up view of it.
        warped: Why the view is not the dataset itself, for the user; "" where it is.
        grid: The reader's grid.
        mapping: Band mapping.
        units: How values become reflectance × 10⁴.
        units_how: Why these units, for the user.
        scales, offsets: Per mapped band, in the order of `mapping.indexes`.
        looked_at: Stored pixels that the units were told from, None where tags or the user gave them.
    """

    name: str
    source: str
    dataset: DatasetReader
    reader: DatasetReader | WarpedVRT
    warped: str
    grid: Grid
    mapping: BandMapping
    units: Units
    units_how: str
    scales: np.ndarray
    offsets: np.ndarray
    looked_at: np.ndarray | None

    @property
    def level(self) -> str:
        """Processing level of a Sentinel-2 scene: "l1c" where its name says so or it has band 10, else "l2a".

        L2A products have no band 10, which sees clouds only.
        """
        names = band_names(self.dataset)
        unnamed = not any(names) and self.dataset.count == len(PRODUCT_ORDERS[13])
        return "l1c" if LEVEL_1C.search(self.name.upper()) or "B10" in names or unnamed else "l2a"

    def reading(self) -> dict[str, Any]:
        """Returns how the scene is read, as every verb reports it."""
        return {
            "mapping": dict(self.mapping.indexes),
            "mapping_how": self.mapping.how,
            "units": self.units.name,
            "units_label": self.units.label,
            "units_how": self.units_how,
            "level": self.level,
            "warped": self.warped,
        }

    def read(self, window: Window, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window, which may reach over the edges of the raster.

        Args:
            window: In pixels of the grid; whole numbers.
            names: Sentinel-2 bands wanted, in this order; those the scene lacks come back as 0.

        Returns:
            images: (len(names), rows, cols) float32, reflectance × 10⁴, 0 where not valid.
            valid: (rows, cols) bool, True where every mapped band holds data.
        """
        raw, valid = self.read_stored(window)
        scales, offsets = self.factors(names)
        images = np.zeros((len(names), *valid.shape), np.float32)
        positions = {name: i for i, name in enumerate(self.mapping.indexes)}
        for i, name in enumerate(names):
            if name in positions:
                values = raw[positions[name]].astype(np.float32) * scales[i] + offsets[i]
                images[i] = np.where(valid, values, 0)
        return images, valid

    def sample(self) -> np.ndarray:
        """Returns (B, pixels) some valid pixels of the mapped bands, as they are stored.

        Those that were read already for the units, else of one small window: blocks of a product's JPEG 2000 files are
        slow to decode.
        """
        if self.looked_at is not None:
            return self.looked_at
        try:
            return sample_pixels(self.dataset, list(self.mapping.indexes.values()), places=1)
        except RasterioError as error:
            raise _unreadable(self.name, error) from error

    def factors(self, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Returns (scales, offsets) per name, by which stored values become reflectance × 10⁴; 0 for bands lacking."""
        found = {name: (self.scales[i], self.offsets[i]) for i, name in enumerate(self.mapping.indexes)}
        pairs = np.array([found.get(name, (0.0, 0.0)) for name in names], np.float32)
        return pairs[:, 0], pairs[:, 1]

    def read_stored(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Reads the mapped bands of a window, which may reach over the edges of the raster, as they are stored.

        Returns:
            raw: (B, rows, cols) in the raster's data type, 0 beyond its edges.
            valid: (rows, cols) bool, True where every mapped band holds data.
        """
        return read_over_edges(self.grid, window, len(self.mapping.indexes), self._read_inside)

    @contextmanager
    def another_handle(self) -> Iterator[Callable[[Window], tuple[np.ndarray, np.ndarray] | None]]:
        """Opens the raster once more, for another thread; yields what reads a window inside it as it is stored.

        Windows of which the file holds no block at all are all nodata: of them nothing is read, and None returned.
        """
        indexes = list(self.mapping.indexes.values())
        with _opened(self.source, self.name) as dataset, north_up(dataset, self.name) as (reader, _):

            def read(window: Window) -> tuple[np.ndarray, np.ndarray] | None:
                try:
                    if reader is dataset and is_missing(dataset, indexes, window):
                        return None
                    return read_valid(reader, indexes, window)
                except RasterioError as error:
                    raise _unreadable(self.name, error) from error

            yield read

    def _read_inside(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        try:
            return read_valid(self.reader, list(self.mapping.indexes.values()), window)
        except RasterioError as error:
            raise _unreadable(self.name, error) from error


def read_over_edges(
    grid: Grid, window: Window, count: int, read: Callable[[Window], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Reads the part of a window that lies on a grid by `read` and fills the rest with 0 and not valid.

    Args:
        grid: The raster's.
        window: In pixels of the grid; whole numbers.
        count: Number of bands, B.
        read: Takes a window on the grid, returns ((B, rows, cols), (rows, cols) bool).
    """
    height, width = int(window.height), int(window.width)
    row0, col0 = max(0, int(window.row_off)), max(0, int(window.col_off))
    row1 = min(grid.height, int(window.row_off) + height)
    col1 = min(grid.width, int(window.col_off) + width)
    valid = np.zeros((height, width), bool)
    if row1 <= row0 or col1 <= col0:
        return np.zeros((count, height, width), np.uint8), valid
    raw, raw_valid = read(Window(col0, row0, col1 - col0, row1 - row0))
    if raw_valid.shape == valid.shape:
        return raw, raw_valid
    rows = slice(row0 - int(window.row_off), row1 - int(window.row_off))
    cols = slice(col0 - int(window.col_off), col1 - int(window.col_off))
    images = np.zeros((count, height, width), raw.dtype)
    images[:, rows, cols], valid[rows, cols] = raw, raw_valid
    return images, valid


@contextmanager
def open_scene(path: str, bands: dict[str, int], units: str, wanted: tuple[str, ...]) -> Iterator[Scene]:
    """Opens a raster, checks its grid, and finds its bands and units.

    Args:
        path: Raster file; folder or zip of band files; several files, one a line; virtual raster as text
            (`scene_files`).
        bands: Band mapping chosen by the user; empty to propose one.
        units: Key of `UNITS`, or "auto".
        wanted: Bands that the weights know: of Sentinel-2, or of another sensor as `sensor_bands` names them, in which
            case values are taken as they are unless `units` says otherwise. Empty: all that the file has, as a sensor
            of its own.

    Raises:
        InputError: not a raster, no CRS or georeference, palette image, bands not recognised.
    """
    if path.lower().startswith(WEB_PREFIXES):
        raise InputError(
            f"'{path}' is a web tile service: its pixels are pictures, not measurements.",
            "Download the scene as a GeoTIFF, or save the layer as a raw-data GeoTIFF, and choose that file.",
        )
    several = "\n" in path
    if (
        not (several or is_virtual(path) or path.startswith("/vsi") or SUBDATASET.match(path))
        and not Path(path).exists()
    ):
        raise InputError(f"There is no file '{path}'.", "Check the path, or add the layer to the project again.")
    resolved = resolve(path)
    name = name_of(resolved)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), _opened(resolved, name) as dataset:
        _check_values(dataset, name)
        with north_up(dataset, name) as (reader, warped):
            grid = Grid(reader.crs, reader.transform, reader.width, reader.height)
            mapping = _find_bands(dataset, name, bands, wanted)
            try:
                found, how, scales, offsets, looked_at = find_units(
                    dataset, list(mapping.indexes.values()), units, _is_sentinel2(wanted)
                )
            except RasterioError as error:
                raise _unreadable(name, error) from error
            yield Scene(name, resolved, dataset, reader, warped, grid, mapping, found, how, scales, offsets, looked_at)


def _opened(path: str, name: str) -> DatasetReader:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as a refusal, in our own words
            return rasterio.open(path)
    except RasterioIOError as error:
        reason = "one of its files is missing" if is_virtual(path) else error
        raise InputError(
            f"'{name}' could not be opened as a raster ({reason}).",
            "Choose a raster in a format that GDAL reads, such as GeoTIFF.",
        ) from error


def _unreadable(name: str, error: RasterioError) -> InputError:
    cause = error.__cause__ or error  # rasterio's own text only points to it
    return InputError(f"'{name}' cannot be read: {cause}.", "Copy or download that file again.")


def _check_values(dataset: DatasetReader, name: str) -> None:
    if dataset.count == 0:
        raise InputError(
            f"'{name}' holds no bands of its own, only {len(dataset.subdatasets)} sub-datasets.",
            "Choose one of its sub-datasets, or build a VRT of the bands you need.",
        )
    if dataset.colorinterp[0] == ColorInterp.palette:
        raise InputError(
            f"Raster '{name}' is a palette image: its values are colour numbers, not measurements.",
            "Choose the raster that the picture was made from.",
        )
    if dataset.dtypes[0].startswith("complex"):
        raise InputError(
            f"Raster '{name}' holds complex numbers ({dataset.dtypes[0]}); reflectances are wanted.",
            "Choose an optical scene.",
        )


def _find_bands(dataset: DatasetReader, name: str, chosen: dict[str, int], wanted: tuple[str, ...]) -> BandMapping:
    if chosen:
        for band, index in chosen.items():
            if band not in wanted:
                raise InputError(f"Band '{band}' is not one the weights know.", f"They know {', '.join(wanted)}.")
            if not 1 <= index <= dataset.count:
                raise InputError(
                    f"{band} was given as band {index} of '{name}', which has {dataset.count} bands.",
                    f"Choose a number from 1 to {dataset.count}.",
                )
        return BandMapping({band: chosen[band] for band in wanted if band in chosen}, "chosen")
    if not _is_sentinel2(wanted):
        return _find_sensor_bands(dataset, name, wanted)
    names = band_names(dataset)
    for how, found in (("names", names), ("wavelengths", band_wavelengths(dataset))):
        named = [band for band in found if band in wanted]
        if len(named) >= 3:
            indexes = {band: found.index(band) + 1 for band in wanted if band in named}
            return BandMapping(indexes, how)
    colours = {COLOURS.get(colour): i for i, colour in enumerate(dataset.colorinterp, 1)}
    if set(wanted) <= set(colours):
        return BandMapping({band: colours[band] for band in wanted}, "colours")
    numbers = _data_bands(dataset)
    if len(numbers) in PRODUCT_ORDERS:
        order = PRODUCT_ORDERS[len(numbers)]
        return BandMapping({band: numbers[order.index(band)] for band in wanted if band in order}, "order")
    if set(wanted) == set(COLOURS.values()) and len(numbers) >= len(wanted):
        return BandMapping(dict(zip(COLOURS.values(), numbers, strict=False)), "order")
    spoken = f"{wanted[0]}…{wanted[-1]}"
    count = f"{len(numbers)} band{'s' if len(numbers) > 1 else ''}"
    how_many = "too few" if any(names) else "none"
    raise InputError(
        f"Raster '{name}' has {count}, {how_many} of them named; the weights want {len(wanted)} ({spoken}).",
        "Choose a Sentinel-2 scene, or say which band is which (for a red-green-blue image: B4=1,B3=2,B2=3)."
        if len(numbers) > 2
        else "Choose a Sentinel-2 scene, or, where every band is a file of its own, the folder that holds them.",
    )


def _is_sentinel2(wanted: tuple[str, ...]) -> bool:
    return any(band in BAND_BY_NAME for band in wanted)


def _data_bands(dataset: DatasetReader) -> list[int]:
    """Returns the 1-based numbers of the bands that hold data, that is, all but alpha."""
    return sorted(set(dataset.indexes) - set(alpha_bands(dataset)))


def sensor_bands(dataset: DatasetReader) -> dict[str, int]:
    """Returns name → 1-based number of a file's bands when they are taken as a sensor of their own, without alpha.

    Names are what the bands are called where every band has a name of its own, else "band 1", "band 2"…; the name of a
    Sentinel-2 band gets "band" in front, so that weights of another sensor are never taken for Sentinel-2's.
    """
    numbers = _data_bands(dataset)
    texts = [band_text(dataset, number) for number in numbers]
    if all(texts) and len(set(texts)) == len(texts):
        return {f"band {text}" if text in BAND_BY_NAME else text: i for text, i in zip(texts, numbers, strict=True)}
    return {f"band {i}": i for i in numbers}


def _find_sensor_bands(dataset: DatasetReader, name: str, wanted: tuple[str, ...]) -> BandMapping:
    found = sensor_bands(dataset)
    if not wanted:
        return BandMapping(found, "names")
    if set(wanted) <= set(found):
        return BandMapping({band: found[band] for band in wanted}, "names")
    if len(found) == len(wanted):
        return BandMapping(dict(zip(wanted, found.values(), strict=True)), "order")
    raise InputError(
        f"Raster '{name}' has {len(found)} bands ({', '.join(found)}); the weights want "
        f"{len(wanted)} ({', '.join(wanted)}).",
        "Choose a raster of the sensor that the weights were pretrained on, or say which band is which.",
    )
