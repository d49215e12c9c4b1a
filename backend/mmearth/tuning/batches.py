"""Batches for fine-tuning: crops around labelled pixels, balanced by class, and the held-out tiles in order.

A batch is a function of the seed and its step alone, so going on after a stop needs no state. Knows tiles; no network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmearth.tuning.augment import jittered, turned, without_bands
from mmearth.tuning.tiles import CELL, PIXEL, Tiles

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]

_ORDER, _CROP = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class Batch:
    """N crops of S × S pixels with R labelled things each: cells row by row, or the one polygon or scene.

    Attributes:
        images: (N, C, S, S) float32, as the encoder sees them.
        targets: Class index, int64, -1 is none: (N, S, S) of a segmentation, (N, R) of cells, (N, 1) of polygons and
            scenes; where these may have several classes (N, 1, K) float32, 1 has it, 0 has not.
        regions: (N, S, S) bool, the pixels of the polygon or scene; None for segmentation and cells.
        samples: (N, S, S) or (N, R) int64: index of the labelled thing, as in `Tiles`; -1 is none.
    """

    images: Tensor
    targets: Tensor
    regions: Tensor | None
    samples: Tensor


class TrainingBatches:
    """Draws batches from tiles.

    Args:
        tiles: Where the crops lie.
        crop_px: Side of a training crop: a multiple of the patch size, and of the cells.
        seed: Same seed, same batches.
        augmented: Whether crops are turned, mirrored, brought to other light, and robbed of bands where the encoder
            can do without; they are shifted in any case.
    """

    def __init__(self, tiles: Tiles, crop_px: int, seed: int, *, augmented: bool = True) -> None:
        if not 0 < crop_px <= tiles.tile_px or crop_px % tiles.cell_px:
            raise ValueError(f"crops of {crop_px} px from tiles of {tiles.tile_px} px with cells of {tiles.cell_px} px")
        self._tiles, self._crop_px, self._seed, self._augmented = tiles, crop_px, seed % 2**32, augmented
        self._per_pixel = tiles.unit == PIXEL
        self._whole = tiles.unit not in (PIXEL, CELL)
        teaching = tiles.entries[~tiles.held_out[tiles.entries[:, 1]]]
        self._classes = [
            _Choices(teaching[teaching[:, 0] == c], tiles.weighs_pixels) for c in np.unique(teaching[:, 0])
        ]
        self.samples = len(np.unique(teaching[:, 1]))
        self._pixels = int(teaching[:, 3].sum())

    @property
    def crops_of_an_epoch(self) -> int:
        """How many crops it takes to go through the training labels about once, each class as often as the others.

        A crop for every sample, and as many as the labelled pixels of large ones fill.
        """
        filled = self._pixels // self._crop_px**2
        return max(self.samples, 0 if self._whole else filled)

    def batch(self, step: int, size: int) -> Batch:
        """Returns the batch of a step, `size` crops of training samples; labels of held-out samples are -1."""
        order = np.random.default_rng([self._seed, _ORDER, step])
        rounds = -(-size // len(self._classes))
        drawn = np.concatenate([order.permutation(len(self._classes)) for _ in range(rounds)])[:size]
        crops = [
            self._crop(self._classes[c], np.random.default_rng([self._seed, _CROP, step, i]))
            for i, c in enumerate(drawn)
        ]
        return self._stacked(crops)

    def validation(self, size: int) -> Iterator[Batch]:
        """Yields the held-out samples, whole tiles as they are, `size` at once; every held-out pixel comes once.

        Of a polygon or scene that lies in several tiles each part comes by itself.
        """
        tiles = self._tiles
        own = tiles.entries[tiles.held_out[tiles.entries[:, 1]]]
        places = np.unique(own[:, [2, 1]] if self._whole else own[:, [2, 2]], axis=0)
        for start in range(0, len(places), size):
            crops = []
            for tile, sample in places[slice(start, start + size)].tolist():
                labels, samples = np.array(tiles.labels[tile]), np.array(tiles.samples[tile])
                theirs = samples == sample if self._whole else tiles.held_out[samples] & (samples >= 0)
                crops.append(_Crop(np.asarray(tiles.images[tile], np.float32), *_only(theirs, labels, samples)))
            yield self._stacked(crops)

    def _crop(self, choices: _Choices, rng: np.random.Generator) -> _Crop:
        tiles, side = self._tiles, self._crop_px
        label, sample, tile = choices.draw(rng)
        labels, samples = np.asarray(tiles.labels[tile]), np.asarray(tiles.samples[tile])
        own = samples == sample
        if not tiles.multi_label:
            own &= labels == label
        inside = np.flatnonzero(own)
        row, col = divmod(int(rng.choice(inside)), tiles.tile_px)
        first_row, last_row, first_col, last_col = tiles.bounds[tile]
        if self._whole:  # as much of the sample as possible
            rows, cols = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
            first_row, last_row, first_col, last_col = rows[0], rows[-1] + 1, cols[0], cols[-1] + 1
        top = self._start(row, int(first_row), int(last_row), rng)
        left = self._start(col, int(first_col), int(last_col), rng)
        part = slice(top, top + side), slice(left, left + side)
        image = np.asarray(tiles.images[tile][:, part[0], part[1]], np.float32)
        labels, samples = labels[part], samples[part]
        theirs = samples == sample if self._whole else ~tiles.held_out[samples] & (samples >= 0)
        labels, samples = _only(theirs, labels, samples)
        if self._augmented:
            turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))
            image, labels, samples = (turned(values, turns, mirrored) for values in (image, labels, samples))
            image = jittered(image, rng)
            if tiles.band_dropout:
                image = without_bands(image, rng)
        return _Crop(image, labels, samples)

    def _start(self, pixel: int, first: int, stop: int, rng: np.random.Generator) -> int:
        """Draws where a crop begins along an axis: with the pixel, and within what is there or all around it."""
        side, step = self._crop_px, self._tiles.cell_px
        if stop - first <= side:
            low, high = stop - side, first
        else:
            low, high = max(first, pixel - side + 1), min(pixel, stop - side)
        last = self._tiles.tile_px - side
        low, high = (min(max(edge, 0), last) for edge in (low, high))
        if step == 1:
            return int(rng.integers(low, high + 1))
        low, high = -(-low // step), high // step
        return step * int(rng.integers(low, high + 1)) if low <= high else min(high, last // step) * step

    def _stacked(self, crops: list[_Crop]) -> Batch:
        images = torch.from_numpy(np.stack([crop.image for crop in crops]))
        labels = np.stack([crop.labels for crop in crops]).astype(np.int64)
        samples = np.stack([crop.samples for crop in crops]).astype(np.int64)
        if self._per_pixel:
            return Batch(images, torch.from_numpy(labels), None, torch.from_numpy(samples))
        if not self._whole:
            cell = self._tiles.cell_px
            cells = [v[:, ::cell, ::cell].reshape(len(crops), -1) for v in (labels, samples)]
            return Batch(images, torch.from_numpy(cells[0]), None, torch.from_numpy(cells[1]))
        numbers = samples.max(axis=(1, 2))[:, None]
        found: NDArray[Any] = self._tiles.sample_classes[numbers]
        targets = torch.from_numpy(found.astype(np.float32 if self._tiles.multi_label else np.int64))
        return Batch(images, targets, torch.from_numpy(samples >= 0), torch.from_numpy(numbers))


@dataclass(frozen=True)
class _Crop:
    """Image (C, S, S), class index and sample (S, S)."""

    image: FloatArray
    labels: IntArray
    samples: IntArray


class _Choices:
    """Entries of one class: samples weigh the same, or pixels do; of a sample, tiles weigh by its pixels in them."""

    def __init__(self, entries: IntArray, weighs_pixels: bool) -> None:
        _, sample = np.unique(entries[:, 1], return_inverse=True)
        pixels = entries[:, 3].astype(np.float64)
        weights = pixels if weighs_pixels else pixels / np.bincount(sample, pixels)[sample]
        self._entries, self._ends = entries, np.cumsum(weights)

    def draw(self, rng: np.random.Generator) -> tuple[int, int, int]:
        """Draws (class, sample, tile)."""
        at = np.searchsorted(self._ends, rng.random() * self._ends[-1], side="right")
        label, sample, tile, _ = self._entries[min(int(at), len(self._ends) - 1)].tolist()
        return label, sample, tile


def _only(wanted: NDArray[np.bool_], labels: IntArray, samples: IntArray) -> tuple[IntArray, IntArray]:
    return np.where(wanted, labels, -1), np.where(wanted, samples, -1)
