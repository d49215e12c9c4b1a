"""TESSERA's tiles as geotessera keeps them: codes and scales in two arrays, the georeference in a third file.

Knows nothing of what is done with them.
"""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window

from mmearth.embedding.embedding_codes import Read, scale_pixels
from mmearth.errors import InputError
from mmearth.scenes.raster import Grid
from mmearth.scenes.scene_warp import north_up

CHANNELS = 128
TILE_NAME = re.compile(r"grid_-?\d+\.\d+_-?\d+\.\d+")  # longitude and latitude of the middle of a tile
LANDMASKS = "global_0.1_degree_tiff_all"  # folder with one georeferenced file a tile
METADATA = "tessera_metadata.json"
PARENTS = 4  # folders between a tile and the root of geotessera's tree, at most
RASTER_SUFFIXES = (".tif", ".tiff")


def tile_arrays(path: Path) -> Path | None:
    """Returns TESSERA's file of codes for its path, that of its scales, or that of the folder of both."""
    if TILE_NAME.fullmatch(path.name) and path.is_dir():
        path = path / f"{path.name}.npy"
    if path.name.endswith("_scales.npy"):
        path = path.with_name(path.name.removesuffix("_scales.npy") + ".npy")
    return path if path.suffix == ".npy" and path.is_file() else None


def holds_codes(file: Path) -> bool:
    """Whether an array holds the codes of a tile, (rows, cols, channels) int8.

    Raises:
        InputError: it does, and its scales are missing.
    """
    try:
        codes = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return False
    if codes.dtype != np.int8 or codes.ndim != 3 or codes.shape[2] != CHANNELS:
        return False
    if not _scales_array(file).is_file():
        raise without_scales(file.name, _scales_array(file).name)
    return True


def _scales_array(file: Path) -> Path:
    return file.with_name(f"{file.stem}_scales.npy")


def without_scales(name: str, wanted: str) -> InputError:
    """Returns the refusal of codes whose scales are missing."""
    return InputError(
        f"'{name}' holds TESSERA's int8 codes; the scale of each pixel, '{wanted}', is missing beside it.",
        "Put it there, or export the tile as GeoTIFF (geotessera download --format tiff).",
    )


def scales_raster(path: Path) -> Path | None:
    """Returns the raster with the scale of each pixel beside a raster of codes, if there is one."""
    candidates = (path.with_name(f"{path.stem}_scales{suffix}") for suffix in RASTER_SUFFIXES)
    return next((file for file in candidates if file.is_file()), None)


def stated_version(file: Path) -> tuple[str | None, str | None]:
    """Returns TESSERA's version and variant as geotessera writes them at the root of its tree."""
    found = (folder / METADATA for folder in list(file.resolve().parents)[: PARENTS + 1])
    metadata = next((path for path in found if path.is_file()), None)
    if metadata is None:
        return None, None
    try:
        stated = json.loads(metadata.read_text(encoding="utf-8"))
        return stated.get("dataset_version"), stated.get("dataset_variant")
    except (OSError, ValueError, AttributeError):
        return None, None


def open_tile(file: Path) -> tuple[Grid, Read]:
    """Returns the grid of a tile and a reader of its values; only the windows that are read come into memory.

    Raises:
        InputError: the landmask is missing, or the files differ in size.
    """
    codes = np.load(file, mmap_mode="r", allow_pickle=False)
    scales = np.load(_scales_array(file), mmap_mode="r", allow_pickle=False)
    grid = _landmask_grid(file)
    shapes = {"codes": codes.shape[:2], "scales": scales.shape, "landmask": (grid.height, grid.width)}
    if len(set(shapes.values())) > 1:
        spoken = ", ".join(f"{what} {' × '.join(map(str, shape))}" for what, shape in shapes.items())
        raise InputError(
            f"The files of TESSERA's tile '{file.stem}' differ in size: {spoken}.", "Download the tile again."
        )

    def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
        rows, cols = window.toslices()
        return scale_pixels(np.moveaxis(codes[rows, cols], 2, 0), np.asarray(scales[rows, cols]))

    return grid, read


def _landmask_grid(file: Path) -> Grid:
    """Returns the grid of a tile from the georeferenced file that geotessera keeps for it."""
    folders = list(file.resolve().parents)[: PARENTS + 1]
    places = [folders[0], *(folder / LANDMASKS for folder in folders)]
    found = (place / f"{file.stem}{suffix}" for place in places for suffix in RASTER_SUFFIXES)
    landmask = next((path for path in found if path.is_file()), None)
    if landmask is None:
        raise InputError(
            f"'{file.name}' has no georeference: TESSERA's landmask '{file.stem}.tiff' is neither beside it nor in "
            f"'{LANDMASKS}'.",
            "Download the tile with geotessera, which writes both, or export it as GeoTIFF.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as a refusal, in our own words
        with rasterio.open(landmask) as dataset, north_up(dataset, landmask.name) as (_, warped):
            if warped:
                raise InputError(f"The landmask '{landmask.name}' is not north-up.", "Download the tile again.")
            return Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
