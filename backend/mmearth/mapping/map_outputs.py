"""The rasters that a map consists of: how each is stored, described and drawn, given what a model says of pixels.

Knows classes, probabilities and grids; nothing of features, scenes or vector layers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from mmearth.cog import Layout, rgb
from mmearth.scenes.raster import Grid
from mmearth.styles import (
    ClassInfo,
    class_style_qml,
    confidence_style_qml,
    distance_style_qml,
    entropy_style_qml,
    probability_style_qml,
    value_style_qml,
)

PERCENT_NODATA = 255  # percentages are 0 to 100
DISTANCE_STEPS = 128  # a distance is rounded to 1/128: half the bytes of unrounded numbers, and nothing lost
CHUNK = 1 << 14  # pixels looked at together: they stay in the processor's cache
FLOAT_OPTIONS = {"PREDICTOR": "FLOATING_POINT"}
FloatArray = NDArray[np.floating]


@dataclass(frozen=True)
class TileValues:
    """What is known of n valid pixels.

    Attributes:
        scores: (K, n) calibrated probabilities; of a regression (3, n) value, low and high.
        distance: (n,) distance to anything labelled; of no pixel where it is not wanted.
    """

    scores: FloatArray
    distance: FloatArray

    @functools.cached_property
    def winner(self) -> NDArray[np.integer]:
        """(n,) index of the most probable class."""
        return most_probable(self.scores)


@dataclass(frozen=True)
class Piece:
    """A part of a tile.

    Attributes:
        rows, cols: Where it lies in the tile.
        values: Of its valid pixels, row by row; None where there is none.
        valid: (rows, cols).
    """

    rows: slice
    cols: slice
    values: TileValues | None
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class MapRaster:
    """One raster of a map.

    Attributes:
        key: Name of the request's field with its path, and of the result's.
        layout: What the COG holds.
        stored: Takes the valid pixels of a tile, returns (bands, n) values of the layout's data type.
        style: Text of the style file beside it.
    """

    key: str
    layout: Layout
    stored: Callable[[TileValues], NDArray[Any]]
    style: str

    def tile(self, values: TileValues | None, valid: NDArray[np.bool_]) -> NDArray[Any]:
        """Returns (bands, rows, cols) of a tile, nodata where not valid.

        Args:
            values: Of the valid pixels, row by row; None where there is none.
            valid: (rows, cols).
        """
        shape = (self.layout.count, *valid.shape)
        if values is not None and valid.all():
            return self.stored(values).astype(self.layout.dtype, copy=False).reshape(shape)
        filled = self.empty(*valid.shape)
        if values is not None:
            filled[:, valid] = self.stored(values)
        return filled

    def empty(self, rows: int, cols: int) -> NDArray[Any]:
        """Returns (bands, rows, cols) of a tile without data."""
        return np.full((self.layout.count, rows, cols), self.layout.nodata, self.layout.dtype)


def class_storage(values: Sequence[int]) -> tuple[str, int]:
    """Returns (data type, nodata) for class values: the smallest type that holds them and a nodata value.

    Nodata is 0 unless a class has that value; then it is the type's largest value.
    """
    for dtype, largest in (("uint8", 255), ("uint16", 65535)):
        if 0 not in values and max(values) <= largest:
            return dtype, 0
        if 0 in values and max(values) < largest:
            return dtype, largest
    return "int32", 0 if 0 not in values else -1


def class_rasters(
    keys: Sequence[str], classes: Sequence[ClassInfo], grid: Grid, provenance: dict[str, Any]
) -> list[MapRaster]:
    """Returns the rasters of a classification, the class map ("out") first.

    Args:
        keys: Of those wanted beside it: "confidence", "probabilities", "margin", "entropy", "distance".
        classes: In the order of the probabilities.
        grid: Of the map.
        provenance: What each file's tag says.
    """
    names = tuple(info.name for info in classes)
    dtype, nodata = class_storage([info.value for info in classes])
    values = np.array([info.value for info in classes], dtype)
    colors = {} if dtype == "int32" else {info.value: rgb(info.color) for info in classes}
    layout = Layout(grid, 1, dtype, nodata, ("class",), _tags("out", provenance), colors=colors, resampling="mode")
    rasters = [MapRaster("out", layout, lambda tile: values[tile.winner], class_style_qml(classes, nodata))]
    percentages: dict[str, tuple[tuple[str, ...], Callable[[TileValues], NDArray[Any]], str]] = {
        "confidence": (("confidence, percent",), lambda tile: tile.scores.max(axis=0), confidence_style_qml()),
        "probabilities": (names, lambda tile: tile.scores, probability_style_qml(names[0])),
        "margin": (("margin, percent",), lambda tile: margin(tile.scores), confidence_style_qml()),
        "entropy": (("entropy, percent of the largest",), lambda tile: entropy(tile.scores), entropy_style_qml()),
    }
    for key, (bands, share, style) in percentages.items():
        if key in keys:
            layout = Layout(grid, len(bands), "uint8", PERCENT_NODATA, bands, _tags(key, provenance))
            rasters.append(MapRaster(key, layout, _percent(share), style))
    return rasters + ([_distance_raster(grid, provenance)] if "distance" in keys else [])


def value_rasters(
    keys: Sequence[str], field: str, value_range: tuple[float, float], grid: Grid, provenance: dict[str, Any]
) -> list[MapRaster]:
    """Returns the rasters of a regression, the values ("out") first.

    Args:
        keys: Of those wanted beside it: "interval", "distance".
        field: Name of what is estimated.
        value_range: Smallest and largest value of the labels: the ends of the colour ramp.
        grid: Of the map.
        provenance: What each file's tag says.
    """
    style = value_style_qml(value_range)
    chosen: dict[str, tuple[tuple[str, ...], slice]] = {"out": ((field,), slice(0, 1))}
    if "interval" in keys:
        ends = (f"{field}, low end of the 90 % interval", f"{field}, high end of the 90 % interval")
        chosen["interval"] = (ends, slice(1, 3))
    rasters = [
        MapRaster(key, _float_layout(grid, bands, _tags(key, provenance)), _rows(rows), style)
        for key, (bands, rows) in chosen.items()
    ]
    return rasters + ([_distance_raster(grid, provenance)] if "distance" in keys else [])


def most_probable(probabilities: FloatArray) -> NDArray[np.integer]:
    """Returns (n,) index of the largest of (K, n) probabilities, the first of equal ones.

    The same as numpy's argmax, in a tenth of its time where K is small.
    """
    kind = np.dtype(np.min_scalar_type(len(probabilities) - 1)).type
    winner = np.zeros(probabilities.shape[1], kind)
    for start in range(0, len(winner), CHUNK):
        part, best = winner[slice(start, start + CHUNK)], probabilities[0, slice(start, start + CHUNK)].copy()
        for index in range(1, len(probabilities)):
            own = probabilities[index, slice(start, start + CHUNK)]
            np.maximum(part, (own > best) * kind(index), out=part)
            np.maximum(best, own, out=best)
    return winner


def margin(probabilities: FloatArray) -> FloatArray:
    """Returns (n,) the largest minus the second largest of (K, n) probabilities, K ≥ 2."""
    ordered = np.partition(probabilities, -2, axis=0)
    found: FloatArray = ordered[-1] - ordered[-2]
    return found


def entropy(probabilities: FloatArray) -> FloatArray:
    """Returns (n,) the entropy of (K, n) probabilities as a share of the largest possible one, log K."""
    found: FloatArray = -xlogy(probabilities, probabilities).sum(axis=0) / np.log(len(probabilities))
    return found


def _percent(share: Callable[[TileValues], NDArray[Any]]) -> Callable[[TileValues], NDArray[Any]]:
    return lambda tile: np.rint(share(tile) * 100).clip(0, 100).astype(np.uint8)


def _rows(rows: slice) -> Callable[[TileValues], NDArray[Any]]:
    return lambda tile: tile.scores[rows]


def _distance_raster(grid: Grid, provenance: dict[str, Any]) -> MapRaster:
    names = ("distance to anything labelled, above 2 = unlike it",)
    layout = _float_layout(grid, names, _tags("distance", provenance))
    return MapRaster("distance", layout, _rounded_distance, distance_style_qml())


def _rounded_distance(tile: TileValues) -> NDArray[Any]:
    return np.rint(tile.distance * DISTANCE_STEPS) / np.float32(DISTANCE_STEPS)


def _float_layout(grid: Grid, bands: tuple[str, ...], tags: dict[str, str]) -> Layout:
    return Layout(grid, len(bands), "float32", float("nan"), bands, tags, options=FLOAT_OPTIONS)


def _tags(key: str, provenance: dict[str, Any]) -> dict[str, str]:
    return {"MMEARTH": json.dumps({**provenance, "output": "map" if key == "out" else key})}
