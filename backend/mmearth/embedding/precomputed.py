"""Embeddings that are there already, read back as floats: ours, AlphaEarth's and TESSERA's.

How values are stored:
 - ours (`embed`): value = code × scale of the band; -128 (floats: NaN) where there is none;
 - AlphaEarth (Brown et al. 2025, arXiv:2507.22291; files as its GCS readme describes them): 64 bands A00…A63, value =
   sign(code) · (|code| / 127.5)², code -128 where there is none, often stored south-up; Earth Engine exports floats;
 - TESSERA (Feng et al. 2025, arXiv:2506.20380; files as geotessera writes them): value = code × scale of the pixel,
   codes and scales in two files; its GeoTIFF exports hold floats.

Knows nothing of encoders, labels or classes.
"""

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth.embedding import tessera_files
from mmearth.embedding.embedding_codes import (
    NODATA_CODE,
    Read,
    is_int8,
    read_linear,
    read_per_pixel,
    read_power_law,
    stored_codes,
)
from mmearth.errors import InputError
from mmearth.scenes.raster import CACHE_BYTES, Grid
from mmearth.scenes.scene_vrt import RESULT_TAG, is_virtual, name_of
from mmearth.weights.shared_space import SharedSpace, read_space

ALPHAEARTH_CHANNELS = tuple(f"A{i:02d}" for i in range(64))
TESSERA_NAME = re.compile(r"Tessera_Band_\d+")
PER_PIXEL = "int8 codes × the scale of each pixel"
ZARR_METADATA = ("zarr.json", ".zattrs", ".zmetadata")
METADATA_BYTES = 2**20
_OF_THE_SENSOR = ("weights_sha256", "bands")  # what differs by nature between two sensors of one space


@dataclass(frozen=True)
class EmbeddingInfo:
    """What an embedding is; two with the same features are equal in kind, channels and details.

    Attributes:
        kind: "mmearth", "alphaearth" or "tessera".
        model: Name of what made it, for people.
        channels: Name of each channel.
        storage: How stored values become floats, for people.
        details: What else the values depend on; None where the file does not say. Values are those of JSON.
    """

    kind: str
    model: str
    channels: tuple[str, ...]
    storage: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a person reads, such as "AlphaEarth embedding, 64 channels"."""
        return f"{self.model} embedding, {len(self.channels)} channels"

    def difference(self, other: "EmbeddingInfo") -> tuple[str, str] | None:
        """Returns what tells this embedding and another apart, of this one and of the other; None if nothing does."""
        if self.kind != other.kind or len(self.channels) != len(other.channels):
            return self.title, other.title
        if self.channels != other.channels:
            first = next(pair for pair in zip(self.channels, other.channels, strict=True) if pair[0] != pair[1])
            return f"channel {first[0]}", f"channel {first[1]} in its place"
        by_nature = (*_OF_THE_SENSOR, "space") if self.shares_space(other) else ("space",)
        for key in [key for key in self.details if key in other.details and key not in by_nature]:
            mine, theirs = self.details[key], other.details[key]
            if None not in (mine, theirs) and mine != theirs:
                return f"{key.replace('_', ' ')} {_shortened(mine)}", _shortened(theirs)
        return None

    @property
    def space(self) -> SharedSpace | None:
        """Whose space its weights were adapted to; None where it is their own, or what is said of it is damaged."""
        try:
            return read_space(self.details.get("space"))
        except ValueError:
            return None

    def shares_space(self, other: "EmbeddingInfo") -> bool:
        """Returns whether other weights made the other one, of which both or one were adapted to the same space."""
        hashes = [info.details.get("weights_sha256") for info in (self, other)]
        of_scenes = "scene" in [info.details.get("pca_from") for info in (self, other)]  # then channels are its own
        if None in hashes or hashes[0] == hashes[1] or of_scenes:
            return False
        homes = [found.sha256 if (found := info.space) else info.details["weights_sha256"] for info in (self, other)]
        return bool(homes[0] == homes[1])

    def spoken_details(self) -> dict[str, str]:
        """Returns the details that are known as texts."""
        spoken = {key: _spoken(value) for key, value in self.details.items() if value is not None and key != "space"}
        return {**spoken, "space": f"shared with '{self.space.taught_by}'"} if self.space else spoken


@dataclass(frozen=True)
class Embedding:
    """An open embedding.

    Attributes:
        name: File name, for messages.
        info: What it is.
        grid: North-up grid of its cells.
        dtype: Data type of the stored values.
        nodata: Stored value where there is no data; None where something else says so.
        warped: How the grid was turned north-up, for the user; "" where it is so in the file.
    """

    name: str
    info: EmbeddingInfo
    grid: Grid
    dtype: str
    nodata: float | None
    warped: str
    _read_inside: Read = field(repr=False)

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window, which may reach over the edges of the raster.

        Args:
            window: In cells of the grid; whole numbers.

        Returns:
            values: (K, rows, cols) float32, 0 where not valid.
            valid: (rows, cols) bool.

        Raises:
            InputError: the file is damaged.
        """
        top, left, height, width = (int(v) for v in (window.row_off, window.col_off, window.height, window.width))
        values = np.zeros((len(self.info.channels), height, width), np.float32)
        valid = np.zeros((height, width), bool)
        row0, row1 = max(0, top), min(self.grid.height, top + height)
        col0, col1 = max(0, left), min(self.grid.width, left + width)
        if row1 > row0 and col1 > col0:
            try:
                found, found_valid = self._read_inside(Window(col0, row0, col1 - col0, row1 - row0))
            except (RasterioError, OSError) as error:
                cause = error.__cause__ or error  # rasterio's own text only points to it
                raise InputError(f"'{self.name}' cannot be read: {cause}.", "Copy or download it again.") from error
            rows, cols = slice(row0 - top, row1 - top), slice(col0 - left, col1 - left)
            np.copyto(values[:, rows, cols], found, where=found_valid)
            valid[rows, cols] = found_valid
        return values, valid

    def reading(self) -> dict[str, Any]:
        """Returns how it is read, under the keys of `raster.Scene.reading`; no band is mapped."""
        return {
            "mapping": {},
            "mapping_how": "embedding",
            "units": "embedding",
            "units_label": f"{self.info.model} embedding",
            "units_how": self.info.storage,
            "level": "",
            "warped": self.warped,
            "precomputed": self.info.title,
        }


def recognise(path: str) -> EmbeddingInfo | None:
    """Returns what embedding a raster is; None if it is none, or no raster at all.

    Args:
        path: GeoTIFF or virtual raster; TESSERA's grid_….npy, its scales, or the folder that holds them.

    Raises:
        InputError: an embedding that cannot be read as it lies there: a part of it is missing, or it is Zarr.
    """
    if not _is_one_path(path):
        return None
    _refuse_zarr(Path(path))
    array = tessera_files.tile_arrays(Path(path))
    if array is not None:
        return _recognise_tile(array)
    if not (path.startswith("/vsi") or Path(path).is_file()):
        return None
    try:
        with _open(path) as dataset:
            return _recognise_raster(dataset, path)
    except RasterioIOError:
        return None  # whoever opens it as a scene says what is wrong with it


@contextmanager
def open_embedding(path: str) -> Iterator[Embedding]:
    """Opens an embedding to read windows of floats from it, whatever it is stored as.

    Example:
        with open_embedding("embedding.tif") as embedding:
            values, valid = embedding.read(Window(0, 0, 256, 256))

    Args:
        path: See `recognise`.

    Raises:
        InputError: no embedding, a part of it is missing, or it lies on no north-up or south-up grid.
    """
    info = recognise(path)
    if info is None:
        raise not_an_embedding(path)
    array = tessera_files.tile_arrays(Path(path))
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), ExitStack() as stack:
        if array is not None:
            grid, read = tessera_files.open_tile(array)
            yield Embedding(array.name, info, grid, "int8", None, "", read)
            return
        dataset = stack.enter_context(_open(path))
        codes = stored_codes(dataset)
        if info.kind == "alphaearth" and is_int8(dataset):
            read = read_power_law(codes, len(info.channels))
        elif info.kind == "tessera" and is_int8(dataset):
            scales = stack.enter_context(_open(str(tessera_files.scales_raster(Path(path)))))
            read = read_per_pixel(codes, stored_codes(scales), len(info.channels))
        else:
            read = read_linear(codes, len(info.channels), zero_is_nodata=info.kind != "mmearth")
        nodata = None if dataset.nodata is None or not np.isfinite(dataset.nodata) else dataset.nodata
        yield Embedding(Path(path).name, info, codes.grid, dataset.dtypes[0], nodata, codes.turned, read)


def refuse_embedding(path: str) -> None:
    """Refuses to embed what is an embedding already.

    Raises:
        InputError: it is one.
    """
    info = recognise(path)
    if info is not None:
        raise InputError(
            f"'{Path(path).name}' is an embedding already ({info.title}).", "Use it directly: train on it."
        )


def not_an_embedding(path: str) -> InputError:
    """Returns the refusal of a raster, or of nothing at all, where an embedding is wanted."""
    if _is_one_path(path) and not path.startswith("/vsi") and not Path(path).exists():
        return InputError(f"There is no file '{path}'.", "Check the path, or add the layer to the project again.")
    name = name_of(path) if is_virtual(path) else Path(path.splitlines()[0]).name
    return InputError(
        f"'{name}' is not an embedding that is known: one of this plugin, of AlphaEarth or of TESSERA.",
        "Choose a file that 'embed' wrote, AlphaEarth's 64 bands (A00…A63), or TESSERA's grid_….npy or GeoTIFF.",
    )


def _open(path: str) -> DatasetReader:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as a refusal, in our own words
        return rasterio.open(path)


def _recognise_raster(dataset: DatasetReader, path: str) -> EmbeddingInfo | None:
    if dataset.count == 0:
        return None
    return _recognise_own(dataset) or _recognise_alphaearth(dataset) or _recognise_tessera(dataset, Path(path))


def _recognise_own(dataset: DatasetReader) -> EmbeddingInfo | None:
    try:
        made = json.loads(dataset.tags().get(RESULT_TAG, ""))
    except ValueError:
        return None
    if not isinstance(made, dict) or not {"stages", "weights_sha256"} <= made.keys():
        return None  # class maps carry the tag, too
    details = {key: made.get(key) for key in ("weights_sha256", "stages", "components", "grn", "pca_from")}
    if "space" in made:
        details["space"] = made["space"]
    bands = made.get("bands")
    details["bands"] = list(bands) if isinstance(bands, dict) and bands else None
    if made.get("pca_from") == "scene":  # components fitted on one scene mean nothing on another
        details["source"] = made.get("source")
    channels = tuple(text or f"band {i}" for i, text in enumerate(dataset.descriptions, 1))
    codes = np.issubdtype(np.dtype(dataset.dtypes[0]), np.integer)
    storage = f"{dataset.dtypes[0]} codes × the scale of each band" if codes else f"{dataset.dtypes[0]}, as stored"
    return EmbeddingInfo("mmearth", f"MMEarth {made.get('model', '')}".strip(), channels, storage, details)


def _recognise_alphaearth(dataset: DatasetReader) -> EmbeddingInfo | None:
    names = dataset.descriptions
    named, unnamed = names == ALPHAEARTH_CHANNELS, not any(names)
    if dataset.count != len(ALPHAEARTH_CHANNELS) or not (named or unnamed):
        return None
    if is_int8(dataset) and (named or dataset.nodata == NODATA_CODE):
        storage = "int8 codes, sign × (code / 127.5)², -128 = no data"
    elif named and dataset.dtypes[0].startswith("float"):
        storage = f"{dataset.dtypes[0]}, as stored"
    else:
        return None
    return EmbeddingInfo("alphaearth", "AlphaEarth", ALPHAEARTH_CHANNELS, storage)


def _recognise_tessera(dataset: DatasetReader, path: Path) -> EmbeddingInfo | None:
    tags = dataset.tags()
    named = all(TESSERA_NAME.fullmatch(text or "") for text in dataset.descriptions)
    certain = named or ("TESSERA_DATASET_VERSION" in tags and dataset.count > 1)
    if not certain and dataset.count != tessera_files.CHANNELS:
        return None
    if is_int8(dataset):
        scales = tessera_files.scales_raster(path)
        if scales is None:
            if certain or tessera_files.TILE_NAME.match(path.name):
                raise tessera_files.without_scales(path.name, f"{path.stem}_scales.tif")
            return None
        with _open(str(scales)) as found:
            if (found.count, found.shape) != (1, dataset.shape):
                raise InputError(
                    f"The scales in '{scales.name}' ({found.count} × {found.height} × {found.width}) do not fit "
                    f"'{path.name}' ({dataset.height} × {dataset.width}).",
                    "Put the two files of one tile beside each other.",
                )
        storage = PER_PIXEL
    elif certain and dataset.dtypes[0].startswith("float"):
        storage = f"{dataset.dtypes[0]}, as stored"
    else:
        return None
    channels = tuple(dataset.descriptions) if named else _tessera_channels(dataset.count)
    return _tessera_info(channels, storage, tags.get("TESSERA_DATASET_VERSION"), tags.get("TESSERA_DATASET_VARIANT"))


def _tessera_channels(count: int) -> tuple[str, ...]:
    return tuple(f"Tessera_Band_{i}" for i in range(count))


def _tessera_info(channels: tuple[str, ...], storage: str, version: str | None, variant: str | None) -> EmbeddingInfo:
    """Returns the description; "v1" and "1.0" are the same version."""
    number = version.lower().removeprefix("v") if version else None
    number = f"{number}.0" if number and number.isdigit() else number
    details = {"version": number, "variant": variant}
    return EmbeddingInfo("tessera", " ".join(["TESSERA", *([number] if number else [])]), channels, storage, details)


def _is_one_path(path: str) -> bool:
    """Whether a scene's path is one of a file or folder: neither a virtual raster as text nor a list of files."""
    return not is_virtual(path) and "\n" not in path


def _recognise_tile(file: Path) -> EmbeddingInfo | None:
    if not tessera_files.holds_codes(file):
        return None
    channels = _tessera_channels(tessera_files.CHANNELS)
    return _tessera_info(channels, PER_PIXEL, *tessera_files.stated_version(file))


def _refuse_zarr(path: Path) -> None:
    """Refuses a Zarr store that says it holds embeddings; others are for GDAL to open."""
    for name in ZARR_METADATA:
        file = path / name
        if file.is_file():
            with file.open("rb") as opened:
                text = opened.read(METADATA_BYTES).decode("utf-8", "replace").lower()
            if any(word in text for word in ("geoemb", "tessera", "alphaearth", "satellite_embedding")):
                raise InputError(
                    f"'{path.name}' is an embedding stored as Zarr, which is not read here.",
                    "Export the area that you need as GeoTIFF (for TESSERA: geotessera download --format tiff).",
                )


def _spoken(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _shortened(value: Any) -> str:
    return f"{value[:12]}…" if isinstance(value, str) and len(value) > 40 else _spoken(value)  # hashes
