"""The embedding that is being explored: its codes stay in memory as far as they fit, the rest is read block by block.

Vectors of pixels are taken from the mean of the embedding, so that a cosine of 0 means "as unlike as chance". Memory
does not grow with the raster. Knows nothing of what is looked for.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from threadpoolctl import threadpool_limits

from mmearth.errors import InputError
from mmearth.exploring.coded_source import NO_DATA, Codes, FloatArray, Valid, open_coded
from mmearth.mapping.few_shot_samples import spread_windows
from mmearth.progress import Report

HELD_BYTES = 600 * 10**6  # codes and lengths in memory
BLOCK_PX = 512  # side of what is read at once: a block of our COGs
CHUNK_PX = 1 << 14  # pixels whose values stay in the processor's cache
MEAN_PX = 20_000  # pixels that tell the mean
SPREAD = 16  # windows that pixels are drawn from, where they have to be read
SHORTEST = 1e-6  # a vector that is shorter has no direction
READERS = 2  # threads that decode blocks, where all is read at once
POLL_S = 0.1
READING = "Reading the embedding"

IntArray = NDArray[np.integer]


@dataclass(frozen=True)
class Part:
    """Some pixels of a window: its rows and columns, codes (C, rows, cols) and lengths (rows, cols).

    Lengths are negative where there are no data.
    """

    rows: slice
    cols: slice
    codes: Codes
    lengths: FloatArray


class HeldEmbedding:
    """An embedding of which all, or a window, is in memory.

    Args:
        path: Of the raster.

    Raises:
        InputError: no embedding, or one that cannot be explored, with the reason.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = Path(path).name
        with open_coded(path) as source:
            self.grid, self.coding = source.grid, source.coding
            self.warnings = [source.turned] if source.turned else []
        self._codes: Codes | None = None
        self._valid: Valid = np.zeros((0, 0), bool)
        self._lengths: FloatArray | None = None
        self._window = Window(0, 0, 0, 0)

    @property
    def channels(self) -> int:
        """How many a pixel has."""
        return len(self.coding.scales)

    def pixels_of(self, points: Sequence[float]) -> tuple[IntArray, IntArray]:
        """Returns rows and columns of places x, y, x, y, ….

        Raises:
            InputError: an odd number of them, or a place outside the embedding.
        """
        if len(points) % 2:
            raise InputError(f"{len(points)} coordinates are no pairs of x and y.", "Give x and y of every place.")
        inverse = ~self.grid.transform
        xy = np.asarray(points, float).reshape(-1, 2)
        finite = np.isfinite(xy).all(axis=1)
        cols, rows = (np.floor(axis) for axis in inverse @ tuple(np.where(finite[:, None], xy, 0).T))
        outside = ~finite | (rows < 0) | (cols < 0) | (rows >= self.grid.height) | (cols >= self.grid.width)
        if outside.any():
            x, y = xy[np.argmax(outside)]
            left, bottom, right, top = self.grid.bounds
            raise InputError(
                f"The place {x:.6g}, {y:.6g} lies outside embedding '{self.name}', which covers {left:.6g} to "
                f"{right:.6g} and {bottom:.6g} to {top:.6g}.",
                "Choose a place on the embedding.",
            )
        return rows.astype(np.int64), cols.astype(np.int64)

    def holds(self, window: Window) -> bool:
        """Tells whether a window of the grid is in memory."""
        held = self._window
        return (
            self._codes is not None
            and held.row_off <= window.row_off
            and held.col_off <= window.col_off
            and window.row_off + window.height <= held.row_off + held.height
            and window.col_off + window.width <= held.col_off + held.width
        )

    def hold(self, window: Window | None, report: Report) -> None:
        """Reads all of the embedding into memory if it fits, else the window if that fits.

        Raises:
            InputError: the file is damaged.
            Cancelled: nothing is held then.
        """
        whole = Window(0, 0, self.grid.width, self.grid.height)
        wanted = whole if self._fits(whole) else window
        if wanted is None or self.holds(wanted) or not self._fits(wanted):
            return
        self._codes = self._lengths = None  # their memory is needed
        shape = int(wanted.height), int(wanted.width)
        codes, valid = np.empty((self.channels, *shape), np.int8), np.empty(shape, bool)
        self._fill(codes, valid, wanted, report)
        self._codes, self._valid, self._window = codes, valid, wanted
        lengths = np.empty(shape, np.float32)
        for rows in _strips(shape[0], shape[1]):  # not to be cancelled: codes without lengths are of no use
            lengths[rows] = self._measured(codes[:, rows], valid[rows])
        self._lengths = lengths

    def _fill(self, codes: Codes, valid: Valid, window: Window, report: Report) -> None:
        """Reads a window into arrays, several blocks at once."""

        def read(place: Window) -> None:
            rows, cols = _within(place, window)
            with open_coded(self._path, self.coding) as source:
                codes[:, rows, cols], valid[rows, cols] = source.read(place)

        places = _blocks(window)
        with ThreadPoolExecutor(READERS) as readers:
            waiting = [readers.submit(read, place) for place in places]
            try:
                for done, future in enumerate(waiting):
                    report.progress(READING, done, len(places))
                    while not wait([future], POLL_S).done:
                        report.check()
                    future.result()
            finally:
                readers.shutdown(cancel_futures=True)
        report.progress(READING, len(places), len(places))

    def parts(self, window: Window, report: Report) -> Generator[Part]:
        """Yields a window of the grid in parts, each no larger than `CHUNK_PX` pixels or a row.

        Meanwhile products of matrices run in one thread: of such small ones, threads that wait for each other cost more
        than they bring, on a busy machine twenty times as much (docs/decisions/0022-explore.md).

        Raises:
            InputError: the file is damaged.
        """
        with threadpool_limits(1):
            yield from self._parts(window, report)

    def _parts(self, window: Window, report: Report) -> Generator[Part]:
        if self._codes is None or self._lengths is None or not self.holds(window):
            with closing(self._read(window, report)) as blocks:
                for rows, cols, codes, valid in blocks:
                    for strip in _strips(*valid.shape):
                        own = slice(rows.start + strip.start, rows.start + strip.stop)
                        yield Part(own, cols, codes[:, strip], self._measured(codes[:, strip], valid[strip]))
            return
        top, left = int(window.row_off - self._window.row_off), int(window.col_off - self._window.col_off)
        cols = slice(left, left + int(window.width))
        for rows in _strips(int(window.height), int(window.width)):
            report.check()
            held = slice(rows.start + top, rows.stop + top)
            yield Part(rows, slice(0, int(window.width)), self._codes[:, held, cols], self._lengths[held, cols])

    def at(self, rows: IntArray, cols: IntArray, report: Report) -> tuple[FloatArray, Valid]:
        """Returns vectors (n, C) of pixels, from the mean, and which of them hold data (n,)."""
        codes, valid = self._codes_at(rows, cols, report)
        return self._values(codes), valid

    def draw(self, window: Window, count: int, seed: int, report: Report) -> tuple[IntArray, IntArray, FloatArray]:
        """Returns rows, columns and vectors (n, C), from the mean, of at most `count` pixels with data.

        Raises:
            InputError: no pixel that was looked at holds data.
        """
        rows, cols, codes = self._draw_codes(window, count, seed, report)
        return rows, cols, self._values(codes)

    @cached_property
    def mean(self) -> FloatArray:
        """(C,) mean code of pixels that lie evenly over the embedding."""
        whole = Window(0, 0, self.grid.width, self.grid.height)
        _, _, codes = self._draw_codes(whole, MEAN_PX, 0, None)
        mean: FloatArray = codes.mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    def _draw_codes(
        self, window: Window, count: int, seed: int, report: Report | None
    ) -> tuple[IntArray, IntArray, Codes]:
        rng = np.random.default_rng(seed)
        top, left = int(window.row_off), int(window.col_off)
        if self.holds(window):
            windows = [window]
        else:
            windows = [
                Window(part.col_off + left, part.row_off + top, part.width, part.height)
                for part in spread_windows(self.grid.crop(window), SPREAD, rng)
            ]
        found: list[tuple[IntArray, IntArray, Codes]] = []
        for number, part in enumerate(windows):
            if report is not None:
                report.progress("Drawing pixels", number, len(windows))
            codes, valid = self._window_codes(part)
            places = np.flatnonzero(valid)
            keep = np.sort(rng.choice(places, min(len(places), -(-count // len(windows))), replace=False))
            rows, cols = np.divmod(keep, valid.shape[1])
            own = codes[:, rows, cols].T
            found.append((rows + int(part.row_off), cols + int(part.col_off), own))
        rows, cols, drawn = (np.concatenate(kind) for kind in zip(*found, strict=True))
        if not len(rows):
            raise InputError(
                NO_DATA.format(name=self.name), "Choose another extent, or an embedding that holds data there."
            )
        return rows, cols, drawn

    def _codes_at(self, rows: IntArray, cols: IntArray, report: Report) -> tuple[Codes, Valid]:
        codes, valid = np.zeros((len(rows), self.channels), np.int8), np.zeros(len(rows), bool)
        blocks = rows // BLOCK_PX * (self.grid.width // BLOCK_PX + 1) + cols // BLOCK_PX
        for block in np.unique(blocks):
            report.check()
            own = np.flatnonzero(blocks == block)
            top, left = int(rows[own].min()), int(cols[own].min())
            around = Window(left, top, int(cols[own].max()) + 1 - left, int(rows[own].max()) + 1 - top)
            found, known = self._window_codes(around)
            codes[own] = found[:, rows[own] - top, cols[own] - left].T
            valid[own] = known[rows[own] - top, cols[own] - left]
        return codes, valid

    def _window_codes(self, window: Window) -> tuple[Codes, Valid]:
        if self._codes is None or not self.holds(window):
            with open_coded(self._path, self.coding) as source:
                return source.read(window)
        top, left = int(window.row_off - self._window.row_off), int(window.col_off - self._window.col_off)
        rows, cols = slice(top, top + int(window.height)), slice(left, left + int(window.width))
        return self._codes[:, rows, cols], self._valid[rows, cols]

    def _read(self, window: Window, report: Report) -> Generator[tuple[slice, slice, Codes, Valid]]:
        """Yields the blocks of a window: rows and columns in it, codes and where they are valid."""
        places = _blocks(window)
        with open_coded(self._path, self.coding) as source:
            for number, place in enumerate(places):
                report.progress(READING, number, len(places))
                yield *_within(place, window), *source.read(place)
            report.progress(READING, len(places), len(places))

    def _fits(self, window: Window) -> bool:
        return bool(window.width * window.height * (self.channels + 5) <= HELD_BYTES)

    def _values(self, codes: Codes) -> FloatArray:
        """Returns vectors (n, C) from the mean, of codes (n, C)."""
        return (codes - self.mean) * self.coding.scales

    def _measured(self, codes: Codes, valid: Valid) -> FloatArray:
        """Returns the lengths (rows, cols) of vectors, -1 where there are no data."""
        values = codes.astype(np.float32)
        values -= self.mean[:, None, None]
        values *= self.coding.scales[:, None, None]
        np.square(values, out=values)
        return np.where(valid, np.sqrt(values.sum(axis=0)), -1).astype(np.float32)


def cosines(part: Part, directions: FloatArray, embedding: HeldEmbedding) -> FloatArray:
    """Returns (D, rows, cols) cosines of directions (D, C) of length 1; 0 where a pixel has none."""
    weight = directions * embedding.coding.scales
    bias = weight @ embedding.mean
    products = weight @ part.codes.reshape(len(part.codes), -1).astype(np.float32)
    products -= bias[:, None]
    lengths = part.lengths.reshape(-1)
    found: FloatArray = products * np.where(lengths > SHORTEST, 1 / np.maximum(lengths, SHORTEST), 0)
    return found.reshape(-1, *part.lengths.shape)


def unit(vectors: FloatArray) -> FloatArray:
    """Returns vectors (n, C) at length 1; those without a direction stay 0."""
    lengths: FloatArray = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths <= SHORTEST] = np.inf
    found: FloatArray = vectors / lengths
    return found


def _blocks(window: Window) -> list[Window]:
    """Returns the parts of a window in the blocks of the file, row by row."""
    top, left = int(window.row_off), int(window.col_off)
    bottom, right = top + int(window.height), left + int(window.width)
    corners = [
        (max(top, row), max(left, col), min(bottom, row + BLOCK_PX), min(right, col + BLOCK_PX))
        for row in range(top // BLOCK_PX * BLOCK_PX, bottom, BLOCK_PX)
        for col in range(left // BLOCK_PX * BLOCK_PX, right, BLOCK_PX)
    ]
    return [Window(col0, row0, col1 - col0, row1 - row0) for row0, col0, row1, col1 in corners]


def _within(place: Window, window: Window) -> tuple[slice, slice]:
    """Returns the rows and columns of a window that a part of it has."""
    row, col = int(place.row_off - window.row_off), int(place.col_off - window.col_off)
    return slice(row, row + int(place.height)), slice(col, col + int(place.width))


def _strips(rows: int, cols: int) -> Iterator[slice]:
    step = max(1, CHUNK_PX // max(1, cols))
    return (slice(row, min(rows, row + step)) for row in range(0, rows, step))


_held: tuple[object, HeldEmbedding] | None = None


def held_embedding(path: str) -> HeldEmbedding:
    """Returns the embedding at a path: one is kept, as long as its file does not change.

    Raises:
        InputError: see `HeldEmbedding`.
    """
    global _held
    key = path, stamp(path)
    if _held is not None and _held[0] == key:
        return _held[1]
    _held = None  # its memory is needed
    embedding = HeldEmbedding(path)
    _held = key, embedding
    return embedding


def stamp(path: str) -> tuple[int, int] | None:
    """Returns what changes when a file does; None of what is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
