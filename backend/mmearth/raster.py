"""Reading scenes: grid, band mapping, units and windowed reads. Knows nothing of models or labels."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.modalities import (
    BAND_BY_NAME,
    PRODUCT_ORDERS,
    UNITS,
    Units,
    band_name_from_text,
    band_name_from_wavelength,
    recognise_units,
)

WEB_PREFIXES = ("http://", "https://", "wms:", "wmts:", "xyz:", "type=xyz", "contextualwmslegend")
CACHE_BYTES = 256 * 2**20  # GDAL's default is 5 % of the machine's memory


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
    how: str  # "names", "wavelengths", "order" or "chosen"


@dataclass(frozen=True)
class Scene:
    """An open raster with its bands and units understood.

    Attributes:
        dataset: Open rasterio dataset; owned by `open_scene`.
        grid: The dataset's grid.
        mapping: Band mapping.
        units: How values become reflectance × 10⁴.
        units_how: Why these units, for the user.
        scales, offsets: Per mapped band, in the order of `mapping.indexes`.
    """

    dataset: DatasetReader
    grid: Grid
    mapping: BandMapping
    units: Units
    units_how: str
    scales: np.ndarray
    offsets: np.ndarray

    @property
    def name(self) -> str:
        """File name, for messages."""
        return Path(self.dataset.name).name

    def reading(self) -> dict[str, Any]:
        """Returns how the scene is read, as every verb reports it."""
        return {
            "mapping": dict(self.mapping.indexes),
            "mapping_how": self.mapping.how,
            "units": self.units.name,
            "units_label": self.units.label,
            "units_how": self.units_how,
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
        height, width = int(window.height), int(window.width)
        images = np.zeros((len(names), height, width), np.float32)
        valid = np.zeros((height, width), bool)
        row0, col0 = max(0, int(window.row_off)), max(0, int(window.col_off))
        row1 = min(self.grid.height, int(window.row_off) + height)
        col1 = min(self.grid.width, int(window.col_off) + width)
        if row1 <= row0 or col1 <= col0:
            return images, valid
        inside = Window(col0, row0, col1 - col0, row1 - row0)
        raw, raw_valid = self._read_inside(inside)
        rows = slice(row0 - int(window.row_off), row1 - int(window.row_off))
        cols = slice(col0 - int(window.col_off), col1 - int(window.col_off))
        valid[rows, cols] = raw_valid
        position = {name: i for i, name in enumerate(self.mapping.indexes)}
        for i, name in enumerate(names):
            if name in position:
                j = position[name]
                values = raw[j].astype(np.float32) * self.scales[j] + self.offsets[j]
                images[i, rows, cols] = np.where(raw_valid, values, 0)
        return images, valid

    def _read_inside(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        indexes = list(self.mapping.indexes.values())
        raw = self.dataset.read(indexes, window=window)
        if any(MaskFlags.per_dataset in self.dataset.mask_flag_enums[i - 1] for i in indexes):
            valid = np.all(self.dataset.read_masks(indexes, window=window) != 0, axis=0)
        else:
            valid = np.ones(raw.shape[1:], bool)
            for j, index in enumerate(indexes):
                nodata = self.dataset.nodatavals[index - 1]
                if nodata is not None and not math.isnan(nodata):
                    valid &= raw[j] != nodata
        if np.issubdtype(raw.dtype, np.floating):
            valid &= np.all(np.isfinite(raw), axis=0)
        # Sentinel-2 files without a nodata tag hold 0 in every band where there is no data.
        valid &= np.any(raw != 0, axis=0)
        return raw, valid


@contextmanager
def open_scene(path: str, bands: dict[str, int], units: str, wanted: tuple[str, ...]) -> Iterator[Scene]:
    """Opens a raster, checks its grid, and finds its bands and units.

    Args:
        path: Raster file.
        bands: Band mapping chosen by the user; empty to propose one.
        units: Key of `UNITS`, or "auto".
        wanted: Bands that the weights know: of Sentinel-2, or of another sensor as `sensor_bands` names them, in which
            case values are taken as they are unless `units` says otherwise. Empty: all that the file has, as a sensor
            of its own.

    Raises:
        InputError: not a raster file, no CRS, rotated or south-up grid, palette image, bands not recognised.
    """
    if path.lower().startswith(WEB_PREFIXES):
        raise InputError(
            f"'{path}' is a web tile service: its pixels are pictures, not measurements.",
            "Download the scene as a GeoTIFF, or save the layer as a raw-data GeoTIFF, and choose that file.",
        )
    if not path.startswith("/vsi") and not Path(path).exists():
        raise InputError(f"There is no file '{path}'.", "Check the path, or add the layer to the project again.")
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        try:
            dataset = rasterio.open(path)
        except RasterioIOError as error:
            raise InputError(
                f"'{Path(path).name}' could not be opened as a raster ({error}).",
                "Choose a raster in a format that GDAL reads, such as GeoTIFF.",
            ) from error
        with dataset:
            grid = _check_grid(dataset)
            mapping = _find_bands(dataset, bands, wanted)
            found, how, scales, offsets = _find_units(dataset, mapping, units, wanted)
            yield Scene(dataset, grid, mapping, found, how, scales, offsets)


def _check_grid(dataset: DatasetReader) -> Grid:
    name = Path(dataset.name).name
    if dataset.count == 0:
        raise InputError(
            f"'{name}' holds no bands of its own, only {len(dataset.subdatasets)} sub-datasets.",
            "Choose one of its sub-datasets, or build a VRT of the bands you need.",
        )
    if dataset.crs is None:
        raise InputError(
            f"Raster '{name}' has no coordinate reference system; a map needs one.",
            "Assign it (in QGIS: Raster → Projections → Assign Projection) and try again.",
        )
    transform = dataset.transform
    if abs(transform.b) > 1e-9 * abs(transform.a) or abs(transform.d) > 1e-9 * abs(transform.a) or transform.e >= 0:
        state = "rotated" if transform.b or transform.d else "stored south-up or without a georeference"
        raise InputError(
            f"Raster '{name}' is {state}; a north-up grid is wanted.",
            "Warp it to a north-up grid (in QGIS: Raster → Projections → Warp) and use the result.",
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
    return Grid(dataset.crs, transform, dataset.width, dataset.height)


def _find_bands(dataset: DatasetReader, chosen: dict[str, int], wanted: tuple[str, ...]) -> BandMapping:
    name = Path(dataset.name).name
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
        return _find_sensor_bands(dataset, wanted)
    for how, found in (("names", _names(dataset)), ("wavelengths", _wavelengths(dataset))):
        named = [band for band in found if band in wanted]
        if len(named) >= 3:
            indexes = {band: found.index(band) + 1 for band in wanted if band in named}
            return BandMapping(indexes, how)
    if dataset.count in PRODUCT_ORDERS:
        order = PRODUCT_ORDERS[dataset.count]
        return BandMapping({band: order.index(band) + 1 for band in wanted if band in order}, "order")
    spoken = f"{wanted[0]}…{wanted[-1]}"
    count = f"{dataset.count} band{'s' if dataset.count > 1 else ''}"
    raise InputError(
        f"Raster '{name}' has {count}, none of them named; the weights want {len(wanted)} ({spoken}).",
        "Choose a Sentinel-2 scene, or say which band is which (for a red-green-blue image: B4=1,B3=2,B2=3).",
    )


def _is_sentinel2(wanted: tuple[str, ...]) -> bool:
    return any(band in BAND_BY_NAME for band in wanted)


def sensor_bands(dataset: DatasetReader) -> dict[str, int]:
    """Returns name → 1-based number of a file's bands when they are taken as a sensor of their own, without alpha.

    Names are the descriptions where every band has one of its own, else "band 1", "band 2"…; a description that is a
    Sentinel-2 band's name gets "band" in front, so that weights of another sensor are never taken for Sentinel-2's.
    """
    numbers = [i for i in range(1, dataset.count + 1) if dataset.colorinterp[i - 1] != ColorInterp.alpha]
    texts = [(dataset.descriptions[i - 1] or "").strip() for i in numbers]
    if all(texts) and len(set(texts)) == len(texts):
        return {f"band {text}" if text in BAND_BY_NAME else text: i for text, i in zip(texts, numbers, strict=True)}
    return {f"band {i}": i for i in numbers}


def _find_sensor_bands(dataset: DatasetReader, wanted: tuple[str, ...]) -> BandMapping:
    found = sensor_bands(dataset)
    if not wanted:
        return BandMapping(found, "names")
    if set(wanted) <= set(found):
        return BandMapping({band: found[band] for band in wanted}, "names")
    if len(found) == len(wanted):
        return BandMapping(dict(zip(wanted, found.values(), strict=True)), "order")
    raise InputError(
        f"Raster '{Path(dataset.name).name}' has {len(found)} bands ({', '.join(found)}); the weights want "
        f"{len(wanted)} ({', '.join(wanted)}).",
        "Choose a raster of the sensor that the weights were pretrained on, or say which band is which.",
    )


def _names(dataset: DatasetReader) -> list[str | None]:
    return [band_name_from_text(text) if text else None for text in dataset.descriptions]


def _wavelengths(dataset: DatasetReader) -> list[str | None]:
    found: list[str | None] = []
    for index in range(1, dataset.count + 1):
        tags = {**dataset.tags(index), **dataset.tags(index, ns="IMAGERY")}
        values = [value for key, value in tags.items() if "wavelength" in key.lower() and "unit" not in key.lower()]
        try:
            found.append(band_name_from_wavelength(float(values[0])) if values else None)
        except ValueError:
            found.append(None)
    return found


def _find_units(
    dataset: DatasetReader, mapping: BandMapping, chosen: str, wanted: tuple[str, ...]
) -> tuple[Units, str, np.ndarray, np.ndarray]:
    indexes = list(mapping.indexes.values())
    ones = np.ones(len(indexes), np.float32)
    if chosen == "auto" and not _is_sentinel2(wanted):
        return UNITS["raw"], "the weights are of another sensor", ones, ones * 0
    if chosen != "auto":
        if chosen not in UNITS:
            raise InputError(f"Unit '{chosen}' is not known.", f"Choose one of auto, {', '.join(UNITS)}.")
        units = UNITS[chosen]
        return units, "chosen", ones * units.scale, ones * units.offset
    tag_scales = np.array([dataset.scales[i - 1] for i in indexes], np.float32)
    tag_offsets = np.array([dataset.offsets[i - 1] for i in indexes], np.float32)
    if np.any(tag_scales != 1) or np.any(tag_offsets != 0):
        units = Units("tagged", f"scale {tag_scales[0]:g} and offset {tag_offsets[0]:g} of the file", 1e4, 0.0)
        return units, "the file's own scale and offset tags", tag_scales * 1e4, tag_offsets * 1e4
    low, high = _value_range(dataset, indexes)
    dtype = np.dtype(dataset.dtypes[indexes[0] - 1])
    key, why = recognise_units(np.issubdtype(dtype, np.integer), dtype.itemsize * 8, low, high)
    units = UNITS[key]
    return units, why, ones * units.scale, ones * units.offset


def _value_range(dataset: DatasetReader, indexes: list[int]) -> tuple[float, float]:
    """Returns (0.1th percentile of the darkest band, 98th percentile of all) over at most nine small windows."""
    side = min(128, dataset.width, dataset.height)
    samples: list[np.ndarray] = []
    for row in np.linspace(0, dataset.height - side, 3).astype(int):
        for col in np.linspace(0, dataset.width - side, 3).astype(int):
            window = Window(int(col), int(row), min(side, dataset.width), min(side, dataset.height))
            values = dataset.read(indexes, window=window).reshape(len(indexes), -1).astype(np.float64)
            keep = np.all(np.isfinite(values), axis=0) & np.any(values != 0, axis=0)
            for j, index in enumerate(indexes):
                nodata = dataset.nodatavals[index - 1]
                if nodata is not None:
                    keep &= values[j] != nodata
            samples.append(values[:, keep])
    pixels = np.concatenate(samples, axis=1)
    if pixels.shape[1] == 0:
        return 0.0, 10000.0
    return float(np.percentile(pixels, 0.1, axis=1).min()), float(np.percentile(pixels, 98))
