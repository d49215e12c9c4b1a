"""What the numbers stored in a scene mean: which are data, and how they become reflectance. Knows nothing of grids."""

import math

import numpy as np
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.modalities import UNITS, Units, recognise_units

# Sentinel Hub and its browsers write 16-bit files as reflectance × 65535 ("raw" in the browser's download dialog).
FULL_SCALE = Units("full_scale", "16 bit, 65 535 taken as reflectance 1", 1e4 / 65535, 0.0)
SAMPLE_PX = 128  # side of the windows that are looked at
FULL_SCALE_MIN_VALUES = 50  # different values, below which the test says too little


def alpha_bands(dataset: DatasetReader | WarpedVRT) -> list[int]:
    """Returns the 1-based numbers of the bands that say where the others hold data."""
    return [index for index in dataset.indexes if dataset.colorinterp[index - 1] == ColorInterp.alpha]


def read_valid(dataset: DatasetReader | WarpedVRT, indexes: list[int], window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Returns the bands (n, rows, cols) as they are stored, and where all of them hold data (rows, cols)."""
    if len({dataset.dtypes[index - 1] for index in indexes}) == 1:
        raw = dataset.read(indexes, window=window)
    else:  # rasterio reads bands of different types only one by one
        raw = np.stack([dataset.read(index, window=window) for index in indexes])
    alphas = alpha_bands(dataset)
    if alphas:  # GDAL's own masks follow alpha in files of two and four bands only
        valid = dataset.read(alphas[0], window=window) != 0
    elif any(MaskFlags.per_dataset in dataset.mask_flag_enums[i - 1] for i in indexes):
        valid = np.all(dataset.read_masks(indexes, window=window) != 0, axis=0)
    else:
        valid = np.ones(raw.shape[1:], bool)
    for j, index in enumerate(indexes):
        nodata = dataset.nodatavals[index - 1]
        if nodata is not None and not math.isnan(nodata):
            valid &= raw[j] != nodata
    if np.issubdtype(raw.dtype, np.floating):
        valid &= np.all(np.isfinite(raw), axis=0)
    # Sentinel-2 files without a nodata tag hold 0 in every band where there is no data.
    valid &= np.any(raw != 0, axis=0)
    return raw, valid


def is_missing(dataset: DatasetReader, indexes: list[int], window: Window) -> bool:
    """Whether a GeoTIFF holds none of the blocks of a window: then all of it is nodata, without decoding anything."""
    if dataset.driver != "GTiff":
        return False
    rows, cols = dataset.block_shapes[0]
    for index in indexes:
        for row in range(int(window.row_off) // rows, math.ceil((window.row_off + window.height) / rows)):
            for col in range(int(window.col_off) // cols, math.ceil((window.col_off + window.width) / cols)):
                if dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=index) is not None:
                    return False
    return True


def find_units(
    dataset: DatasetReader, indexes: list[int], chosen: str, sentinel2: bool
) -> tuple[Units, str, np.ndarray, np.ndarray, np.ndarray | None]:
    """Finds how the values of bands become reflectance × 10⁴.

    Args:
        dataset: Any raster.
        indexes: 1-based numbers of its bands.
        chosen: Key of `UNITS`, or "auto" to look at tags and values.
        sentinel2: Whether the bands are Sentinel-2's; values of others stay as they are unless a unit is chosen.

    Returns:
        (units, why these, scales, offsets, sample): scales and offsets per band, value × scale + offset; the pixels
        that were looked at as `sample_pixels` returns them, None where there was no need to look.

    Raises:
        InputError: no such unit.
    """
    ones = np.ones(len(indexes), np.float32)
    if chosen == "auto" and not sentinel2:
        return UNITS["raw"], "the weights are of another sensor", ones, ones * 0, None
    if chosen != "auto":
        if chosen not in UNITS:
            raise InputError(f"Unit '{chosen}' is not known.", f"Choose one of auto, {', '.join(UNITS)}.")
        units = UNITS[chosen]
        return units, "chosen", ones * units.scale, ones * units.offset, None
    tag_scales = np.array([dataset.scales[i - 1] for i in indexes], np.float32)
    tag_offsets = np.array([dataset.offsets[i - 1] for i in indexes], np.float32)
    if np.any(tag_scales != 1) or np.any(tag_offsets != 0):
        scales, offsets = tag_scales * 1e4, tag_offsets * 1e4
        units = Units("tagged", f"scale {tag_scales[0]:g} and offset {tag_offsets[0]:g} of the file", 1e4, 0.0)
        for known in (UNITS["dn"], UNITS["dn_offset"]):  # the same unit under the same name, however a file says it
            if np.allclose(scales, known.scale, rtol=1e-5) and np.allclose(offsets, known.offset, atol=0.01):
                units = known
        return units, "the file's own scale and offset tags", scales, offsets, None
    pixels = sample_pixels(dataset, indexes)
    dtype = pixels.dtype
    if _is_full_scale(pixels):
        units, why = FULL_SCALE, "the values are the multiples of 6.5535 that reflectance × 65535 has"
    else:
        low, high = _value_range(pixels)
        key, why = recognise_units(np.issubdtype(dtype, np.integer), dtype.itemsize * 8, low, high)
        units = UNITS[key]
    return units, why, ones * units.scale, ones * units.offset, pixels


def sample_pixels(dataset: DatasetReader, indexes: list[int], places: int = 3) -> np.ndarray:
    """Returns (bands, pixels) as they are stored: the valid pixels of small windows at `places` x `places` places.

    A single place is the middle.
    """
    height, width = min(SAMPLE_PX, dataset.height), min(SAMPLE_PX, dataset.width)
    steps = np.linspace(0, 1, places) if places > 1 else np.array([0.5])
    samples: list[np.ndarray] = []
    for row in np.unique((steps * (dataset.height - height)).astype(int)):
        for col in np.unique((steps * (dataset.width - width)).astype(int)):
            raw, valid = read_valid(dataset, indexes, Window(int(col), int(row), width, height))
            samples.append(raw[:, valid])
    return np.concatenate(samples, axis=1)


def _value_range(pixels: np.ndarray) -> tuple[float, float]:
    """Returns (0.1th percentile of the darkest band, 98th percentile of all) of (bands, pixels)."""
    if pixels.shape[1] == 0:
        return 0.0, 10000.0
    return float(np.percentile(pixels, 0.1, axis=1).min()), float(np.percentile(pixels, 98))


def _is_full_scale(pixels: np.ndarray) -> bool:
    """Whether 16-bit values (bands, pixels) are whole DN that were stretched from 10000 to 65535.

    Such values leave gaps of six or seven: one in 6.55 of all numbers occurs. By chance that does not happen.
    """
    if pixels.dtype != np.uint16:
        return False
    values = np.unique(pixels).astype(np.float64)
    stretched = np.rint(np.rint(values / 6.5535) * 6.5535)
    return len(values) >= FULL_SCALE_MIN_VALUES and float(np.mean(stretched == values)) > 0.9
