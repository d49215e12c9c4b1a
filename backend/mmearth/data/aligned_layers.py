"""Reads raster layers on the grid of another raster, as pretext targets: measured values or classes.

Knows nothing of tiles or shards.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mmearth.data.shards import MAX_CLASSES, NO_CLASS
from mmearth.errors import InputError
from mmearth.pretraining.tasks import MMEARTH_TASKS
from mmearth.scenes.raster import Grid

LAYER_KINDS = ("continuous", "classes")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")  # also the name of a file and of a network's module


@dataclass(frozen=True)
class Layer:
    """A layer as the user chose it; `kind` is one of `LAYER_KINDS`."""

    path: str
    name: str
    kind: str


class AlignedLayer:
    """A layer seen through another raster's grid; made by `open_layer`.

    Args:
        layer: Which.
        dataset: Open, on the grid; None where the layer does not reach it.
        channels: Bands that count.
        grid: The other raster's.
    """

    def __init__(self, layer: Layer, dataset: DatasetReader | None, channels: int, grid: Grid) -> None:
        self.layer, self.channels = layer, channels
        self._dataset, self._grid = dataset, grid

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Reads a window of the grid.

        Returns:
            values: (channels, rows, cols), bilinear for continuous layers, of the nearest pixel for classes.
            valid: The same shape, False where the layer holds no data or does not reach.
        """
        shape = (self.channels, int(window.height), int(window.width))
        if self._dataset is None:
            return np.zeros(shape, np.float32), np.zeros(shape, bool)
        indexes = list(range(1, self.channels + 1))
        try:
            values = self._dataset.read(indexes, window=window)
            valid = self._dataset.read_masks(indexes, window=window) != 0
        except RasterioError as error:
            raise InputError(
                f"Layer '{self.layer.name}' cannot be read: {error}.", "Look at that file, or leave the layer out."
            ) from error
        if np.issubdtype(values.dtype, np.floating):
            valid &= np.isfinite(values)
        return values, valid


class CodeTable:
    """Numbers the codes of a class layer in the order in which they are met."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._numbers: dict[int, int] = {}

    @property
    def codes(self) -> list[int]:
        """The code of each class."""
        return list(self._numbers)

    def classes(self, values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Returns class numbers, uint8, `NO_CLASS` where not valid.

        Raises:
            InputError: values are not whole numbers, or there are too many of them.
        """
        found, inverse = np.unique(values[valid], return_inverse=True)
        if np.issubdtype(found.dtype, np.floating) and np.any(found != np.round(found)):
            raise InputError(
                f"Layer '{self._layer.name}' holds {found[found != np.round(found)][0]:g}; classes are whole numbers.",
                "Give it the kind 'continuous'.",
            )
        for code in found.tolist():
            self._numbers.setdefault(int(code), len(self._numbers))
        if len(self._numbers) > MAX_CLASSES:
            raise InputError(
                f"Layer '{self._layer.name}' holds more than {MAX_CLASSES} different values; that is no class map.",
                "Give it the kind 'continuous'.",
            )
        numbers = np.array([self._numbers[int(code)] for code in found.tolist()], np.uint8)
        classes = np.full(values.shape, NO_CLASS["class_map"], np.uint8)
        if len(found):
            classes[valid] = numbers[inverse]
        return classes


def read_layers(chosen: tuple[dict[str, Any], ...]) -> tuple[Layer, ...]:
    """Checks layers as a request carries them: path, name and kind of each.

    Raises:
        InputError: something is missing, of the wrong kind, or a name is not usable or taken.
    """
    layers: list[Layer] = []
    taken = {task.name for task in MMEARTH_TASKS}
    for entry in chosen:
        if set(entry) != {"path", "name", "kind"} or not all(isinstance(value, str) for value in entry.values()):
            raise InputError(f"A layer was given as {entry}; it needs path, name and kind.", "Give all three as text.")
        layer = Layer(**entry)
        if layer.kind not in LAYER_KINDS:
            raise InputError(
                f"Layer '{layer.name}' has the kind '{layer.kind}'.", f"Choose one of {', '.join(LAYER_KINDS)}."
            )
        if not _NAME.fullmatch(layer.name):
            raise InputError(
                f"'{layer.name}' cannot be the name of a layer.",
                "Use up to 40 letters without accents, digits, hyphens and underscores.",
            )
        if layer.name in taken:
            raise InputError(
                f"The name '{layer.name}' is taken, by another layer or a task of MMEarth.", "Rename that layer."
            )
        taken.add(layer.name)
        layers.append(layer)
    return tuple(layers)


@contextlib.contextmanager
def open_layer(layer: Layer, grid: Grid) -> Iterator[AlignedLayer]:
    """Opens a layer on a grid.

    Raises:
        InputError: not a raster file, or without a CRS.
    """
    try:
        source = rasterio.open(layer.path)
    except RasterioIOError as error:
        raise InputError(
            f"Layer '{Path(layer.path).name}' could not be opened as a raster ({error}).",
            "Choose a raster in a format that GDAL reads, such as GeoTIFF.",
        ) from error
    with source:
        if source.crs is None:
            raise InputError(
                f"Layer '{Path(layer.path).name}' has no coordinate reference system.",
                "Assign it (in QGIS: Raster → Projections → Assign Projection) and try again.",
            )
        alpha = ColorInterp.alpha in source.colorinterp
        channels = 1 if layer.kind == "classes" else source.count - alpha
        if not _overlap(source, grid):
            yield AlignedLayer(layer, None, channels, grid)
            return
        with WarpedVRT(
            source,
            crs=grid.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.nearest if layer.kind == "classes" else Resampling.bilinear,
            add_alpha=source.nodata is None and not alpha,
        ) as aligned:
            yield AlignedLayer(layer, aligned, channels, grid)


def _overlap(source: DatasetReader, grid: Grid) -> bool:
    try:
        left, bottom, right, top = transform_bounds(source.crs, grid.crs, *source.bounds)
    except RasterioError:
        return False
    grid_left, grid_bottom, grid_right, grid_top = grid.bounds
    return bool(left < grid_right and right > grid_left and bottom < grid_top and top > grid_bottom)
