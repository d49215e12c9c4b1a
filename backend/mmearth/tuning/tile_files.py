"""Tiles as files: images, labels and samples one after another. Knows scenes and arrays; not where labels come from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mmearth.embedding.features import standardise
from mmearth.scenes.raster import Scene
from mmearth.tuning.tile_grid import Tile
from mmearth.weights.checkpoints import Weights

IntArray = NDArray[np.integer]

LABELLED_SHARE = 0.5  # of a cell that must be labelled for the cell to have a class
_FILES = {"images": np.float16, "labels": np.int16, "samples": np.int32}


class TileFiles:
    """Writes tiles one after another under temporary names.

    Files are written, not mapped, while they grow: a full disk is then an error that can be told.
    """

    def __init__(self, folder: Path, sample_classes: NDArray[Any], cell_px: int) -> None:
        self._folder, self._sample_classes, self._cell_px = folder, sample_classes, cell_px
        self._files: dict[str, IO[bytes]] = {}
        self.bounds: list[tuple[int, int, int, int]] = []
        self.entries: list[IntArray] = []

    @contextlib.contextmanager
    def files(self) -> Iterator[None]:
        """Opens the files; they get their names when all is written."""
        paths = {name: self._folder / f"{name}.raw" for name in _FILES}
        temporary = {name: path.with_name(f".{path.name}.{os.getpid()}.part") for name, path in paths.items()}
        try:
            with contextlib.ExitStack() as stack:
                self._files = {name: stack.enter_context(path.open("wb")) for name, path in temporary.items()}
                yield
            for name, path in paths.items():
                temporary[name].replace(path)
        finally:
            for path in temporary.values():
                path.unlink(missing_ok=True)

    def add(self, labelled: tuple[IntArray, IntArray], tile: Tile, weights: Weights, scene: Scene) -> None:
        """Writes a tile if any of its labelled pixels holds data."""
        labels, samples = labelled
        if not (samples >= 0).any():
            return
        raw, valid = scene.read_stored(tile.window)
        labels, samples = np.where(valid, labels, -1), np.where(valid, samples, -1)
        if self._cell_px > 1:
            labels, samples = _as_cells(labels, samples, self._cell_px)
        if not (samples >= 0).any():
            return
        number = len(self.bounds)
        self.entries.append(self._drawable(labels, samples, number))
        rows, cols = (np.flatnonzero(valid.any(axis=axis)) for axis in (1, 0))
        self.bounds.append((int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1))
        image = standardise(weights, scene, raw, valid)
        for name, values in (("images", image), ("labels", labels), ("samples", samples)):
            self._files[name].write(np.ascontiguousarray(values, _FILES[name]).tobytes())

    def _drawable(self, labels: IntArray, samples: IntArray, tile: int) -> IntArray:
        own = samples >= 0
        pairs, counts = np.unique(np.stack([labels[own], samples[own]]), axis=1, return_counts=True)
        classes, numbers = pairs.astype(np.int64)
        if self._sample_classes.ndim == 2:  # one row for every class of a sample, and one for those of none
            has = self._sample_classes[numbers]
            has = np.column_stack([has, ~has.any(axis=1)])
            at, classes = np.nonzero(has)
            numbers, counts = numbers[at], counts[at]
        return np.stack([classes, numbers, np.full(len(classes), tile), counts], axis=1)

    def arrays(self, bands: int, side: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Returns images, labels and samples as they lie on disk."""
        count = len(self.bounds)
        shapes = {"images": (count, bands, side, side), "labels": (count, side, side), "samples": (count, side, side)}
        images, labels, samples = (
            np.memmap(self._folder / f"{name}.raw", dtype, "r", shape=shapes[name]) for name, dtype in _FILES.items()
        )
        return images, labels, samples


def _as_cells(labels: IntArray, samples: IntArray, cell_px: int) -> tuple[IntArray, IntArray]:
    """Gives every cell the class, and the sample, that most of its labelled pixels have; too few of them make none."""
    count = len(labels) // cell_px
    out_labels, out_samples = np.full_like(labels, -1), np.full_like(samples, -1)
    for row in range(count):
        for col in range(count):
            cell = slice(row * cell_px, (row + 1) * cell_px), slice(col * cell_px, (col + 1) * cell_px)
            own = labels[cell] >= 0
            if np.count_nonzero(own) < LABELLED_SHARE * cell_px**2:
                continue
            winner = np.bincount(labels[cell][own]).argmax()
            out_labels[cell] = winner
            numbers, counts = np.unique(samples[cell][own & (labels[cell] == winner)], return_counts=True)
            out_samples[cell] = numbers[counts.argmax()]
    return out_labels, out_samples
