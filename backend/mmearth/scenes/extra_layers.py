"""Extra layers (elevation, an index, radar) that join the bands of a scene: any raster, seen on the scene's grid.

A layer is resampled as it is read, bilinearly, also where it holds whole numbers: a class raster becomes shares of its
classes only if it is split into one layer for each. Knows nothing of what its values mean.
"""

import contextlib
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mmearth.errors import InputError
from mmearth.modalities import BAND_BY_NAME
from mmearth.scenes.band_names import band_text
from mmearth.scenes.raster import CACHE_BYTES, Grid, read_over_edges
from mmearth.scenes.scene_values import alpha_bands
from mmearth.scenes.scene_vrt import is_virtual, name_of

WARP_MEMORY_MB = 64  # a read that would take more is split by GDAL
TOLERANCE_PX = 0.1  # of the approximated transformation


@dataclass(frozen=True)
class _Layer:
    """A layer on the scene's grid.

    Attributes:
        name: File name, for messages.
        view: What it is read from.
        indexes: 1-based numbers of its bands.
        scales, offsets: (n,) of these bands: what the file's own tags say a value stands for.
    """

    name: str
    view: WarpedVRT
    indexes: list[int]
    scales: np.ndarray
    offsets: np.ndarray

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Returns values (n, rows, cols) float32 and valid (rows, cols) of a window inside the grid."""
        try:
            values = self.view.read(self.indexes, window=window)
            alphas = alpha_bands(self.view)
            valid = np.ones(values.shape[1:], bool)
            if alphas:
                valid = self.view.read(alphas[0], window=window) != 0
        except RasterioError as error:
            cause = error.__cause__ or error  # rasterio's own text only points to it
            raise InputError(
                f"Layer '{self.name}' cannot be read: {cause}.", "Copy or download that file again."
            ) from error
        if self.view.nodata is not None:
            valid &= np.all(values != self.view.nodata, axis=0)
        valid &= np.isfinite(values).all(axis=0)
        scaled = np.where(valid, values, 0) * self.scales[:, None, None] + self.offsets[:, None, None]
        return np.where(valid, scaled, 0).astype(np.float32), valid


@dataclass(frozen=True)
class ExtraLayers:
    """Open layers on one grid.

    Attributes:
        names: Of all channels: the file's name without its ending, and for several bands what each is called.
        grid: The scene's.
    """

    names: tuple[str, ...]
    grid: Grid
    _layers: tuple[_Layer, ...]

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window, which may reach over the edges of the grid.

        Returns:
            values: (L, rows, cols) float32, 0 where not valid.
            valid: (rows, cols) bool, True where every layer holds data.

        Raises:
            InputError: a file is damaged.
        """
        return read_over_edges(self.grid, window, len(self.names), self._read_inside)

    def _read_inside(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        parts = [layer.read(window) for layer in self._layers]
        valid: np.ndarray = np.all([part_valid for _, part_valid in parts], axis=0)
        return np.where(valid, np.concatenate([values for values, _ in parts]), np.float32(0)), valid


@contextlib.contextmanager
def open_layers(paths: Sequence[str], grid: Grid, scene: str, taken: Collection[str]) -> Iterator[ExtraLayers]:
    """Opens layers to be read on the grid of a scene.

    Args:
        paths: Of rasters in any CRS and of any resolution.
        grid: The scene's.
        scene: Path of the scene, which is no layer of itself.
        taken: Names that the scene's own bands have: a channel of one of them is called "layer …".

    Raises:
        InputError: a layer is no raster, has no CRS or georeference, holds colour or complex numbers, is the scene
            itself, lies elsewhere, or has the same name as another.
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), contextlib.ExitStack() as stack:
        layers: list[_Layer] = []
        names: list[str] = []
        for path in paths:
            _refuse_scene(path, scene)
            dataset = stack.enter_context(_opened(path))
            name = Path(path).name
            _check(dataset, name)
            _check_overlap(dataset, grid, name, scene)
            view = stack.enter_context(_on_grid(dataset, grid))
            indexes = [index for index in dataset.indexes if index not in alpha_bands(dataset)]
            scales, offsets = (np.array([tags[i - 1] for i in indexes]) for tags in (dataset.scales, dataset.offsets))
            layers.append(_Layer(name, view, indexes, scales, offsets))
            names += _channels(dataset, indexes, Path(path).stem, taken)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"Two layers are called '{twice[0]}'.", "Rename one of the files, or leave it out.")
        yield ExtraLayers(tuple(names), grid, tuple(layers))


def _channels(dataset: DatasetReader, indexes: list[int], stem: str, taken: Collection[str]) -> list[str]:
    names = [stem]
    if len(indexes) > 1:
        texts = [band_text(dataset, index) for index in indexes]
        distinct = all(texts) and len(set(texts)) == len(texts)
        names = [f"{stem} {text if distinct else index}" for text, index in zip(texts, indexes, strict=True)]
    # Indices are made of Sentinel-2 bands by their names: a layer must never pass for one.
    return [f"layer {name}" if name in taken or name in BAND_BY_NAME else name for name in names]


def _refuse_scene(path: str, scene: str) -> None:
    if not path.startswith("/vsi") and not Path(path).exists():
        raise InputError(f"There is no file '{path}'.", "Check the path, or add the layer to the project again.")
    parts = [] if is_virtual(scene) else scene.splitlines()
    for part in parts:
        if part == path or (Path(part).exists() and Path(path).exists() and Path(part).samefile(path)):
            raise InputError(
                f"Layer '{Path(path).name}' is the scene itself: its bands are used already.", "Leave it out."
            )


def _opened(path: str) -> DatasetReader:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said as a refusal, in our own words
            return rasterio.open(path)
    except RasterioError as error:
        raise InputError(
            f"Layer '{Path(path).name}' could not be opened as a raster ({error}).",
            "Choose a raster in a format that GDAL reads, such as GeoTIFF.",
        ) from error


def _check(dataset: DatasetReader, name: str) -> None:
    if dataset.count == 0:
        raise InputError(f"Layer '{name}' holds no bands of its own.", "Choose one of its sub-datasets.")
    if dataset.crs is None:
        raise InputError(
            f"Layer '{name}' has no coordinate reference system.",
            "Assign it (in QGIS: Raster → Projections → Assign Projection), or warp it if it has control points.",
        )
    if dataset.transform.is_identity:
        raise InputError(
            f"Layer '{name}' has no georeference.",
            "Georeference it (in QGIS: Layer → Georeferencer) and use the result.",
        )
    if ColorInterp.palette in dataset.colorinterp:
        raise InputError(
            f"Layer '{name}' is a palette image: its values are colour or class numbers, not measurements.",
            "Choose a raster of measurements, or make a 0/1 raster of each class that matters.",
        )
    if any(dtype.startswith("complex") for dtype in dataset.dtypes):
        raise InputError(f"Layer '{name}' holds complex numbers.", "Choose, or make, a raster of real numbers.")


def _check_overlap(dataset: DatasetReader, grid: Grid, name: str, scene: str) -> None:
    own = _bounds(dataset)
    try:  # the scene's corners in the layer's CRS: those of a layer of the whole Earth have no place in the scene's
        left, bottom, right, top = transform_bounds(grid.crs, dataset.crs, *grid.bounds)
        meets = left < own[2] and right > own[0] and bottom < own[3] and top > own[1]
    except RasterioError:
        meets = False
    if not meets:
        raise InputError(
            f"Layer '{name}' lies elsewhere: it does not meet the scene '{name_of(scene.splitlines()[0])}'.",
            "Choose a layer of the scene's ground; for scenes of several places, merge their layers into one raster.",
        )


def _bounds(dataset: DatasetReader) -> tuple[float, float, float, float]:
    """Returns (left, bottom, right, top), also of a raster that is rotated or stored south-up."""
    corners = np.array(
        [dataset.transform @ (col, row) for col in (0, dataset.width) for row in (0, dataset.height)], np.float64
    )
    (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(bottom), float(right), float(top)


def _on_grid(dataset: DatasetReader, grid: Grid) -> WarpedVRT:
    """Returns a view of a raster on a grid; what lies outside the raster, or is missing in it, is not valid."""
    alphas = alpha_bands(dataset)
    options = {"src_alpha": alphas[0]} if alphas else {} if dataset.nodata is not None else {"add_alpha": True}
    if not alphas and MaskFlags.per_dataset in dataset.mask_flag_enums[0]:
        options = {"add_alpha": True}
    return WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.transform,
        width=grid.width,
        height=grid.height,
        resampling=Resampling.bilinear,
        # Whole numbers, too, are interpolated as numbers: heights would become steps.
        dtype="float64" if "float64" in dataset.dtypes else "float32",
        tolerance=TOLERANCE_PX,
        warp_mem_limit=WARP_MEMORY_MB,
        **options,
    )
