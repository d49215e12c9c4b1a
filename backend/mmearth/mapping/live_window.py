"""What stays in memory between previews: the features of one scene, compressed to 64 bytes a pixel.

Box means and linear maps commute, so the principal components of the features come out of a window as cheaply as the
logits of a classifier, and a classifier on them maps the window by one matrix product. Numbers and reasons:
docs/decisions/0016-live-preview.md. Knows scenes and pixels; nothing of labels or classes.
"""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth import protocol
from mmearth.embedding.features import WindowFeatures
from mmearth.errors import InputError
from mmearth.mapping.few_shot_samples import (
    COLLECTING,
    DRAWS,
    READING,
    SAMPLE_WINDOWS,
    TRIES,
    UNLABELLED_PX,
    spread_windows,
)
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.mapping.random_features import fit_random_features
from mmearth.mapping.recipe_features import HALO_PX, RecipeFeatures, grown, inside, recipe_groups
from mmearth.progress import Report
from mmearth.weights.checkpoints import load_weights

FloatArray = NDArray[np.floating]
Codes = NDArray[np.int8]
Cell = tuple[int, int]  # row and column of a cell, in cells

COMPONENTS = 64
SPAN = 5.0  # deviations of a component from its mean that a code of 8 bits reaches
CELL_PX = 64  # side of what is computed, kept and dropped as one
BLOCK_PX = 256  # side of what is computed together; above it, the sums of 64 components leave the processor's cache
LARGEST_PX = 6_250_000  # of a window: 400 MB of codes
KEPT_BYTES = 2**29  # cells that no preview asked for last are dropped beyond this
SLAB_CELLS = 256  # 64 MB: above 32 MB memory is always given back to the system
PREPARING = "Preparing the preview"


@dataclass(frozen=True)
class Compression:
    """Principal components of features x, in 8 bits.

    Attributes:
        weight: (c, d): weight · x is a code before rounding.
        step: (c,) what one code is worth, in the units of x.
    """

    weight: FloatArray
    step: FloatArray

    def codes(self, features: FloatArray) -> Codes:
        """Returns (n, c) codes of features x, (n, d)."""
        return rounded(features @ self.weight.T)

    def values(self, codes: Codes) -> FloatArray:
        """Returns (n, c) float32: coordinates along the components."""
        result: FloatArray = codes * self.step
        return result


def fit_compression(sample: FloatArray, components: int = COMPONENTS) -> Compression:
    """Fits the components to a sample of features x, (m, d), whose mean is 0; fewer where x has fewer dimensions."""
    x = np.asarray(sample, np.float64)
    variances, axes = np.linalg.eigh(x.T @ x / len(x))
    first = slice(None, -min(components, x.shape[1]) - 1, -1)
    # A direction in which nothing varies keeps the code 0 instead of enlarging what rounding left there.
    step = SPAN * np.sqrt(np.maximum(variances[first], 1e-9 * variances[-1] + 1e-12)) / 127
    return Compression((axes[:, first] / step).T.astype(np.float32), step.astype(np.float32))


def rounded(projected: FloatArray) -> Codes:
    """Returns codes -127…127."""
    return np.clip(np.rint(projected), -127, 127).astype(np.int8)


class CellStore:
    """Codes of cells, in slabs so large that the system gives and takes them whole.

    As arrays of their own among the temporary ones of the encoder, they would keep the heap from shrinking: it would be
    eight times as large.

    Args:
        components: Codes of a pixel.
    """

    def __init__(self, components: int) -> None:
        self._shape = components, CELL_PX, CELL_PX
        self._slots: OrderedDict[Cell, int] = OrderedDict()
        self._free: list[int] = []
        self._slabs: list[tuple[Codes, NDArray[np.bool_]]] = []

    def __contains__(self, cell: Cell) -> bool:
        return cell in self._slots

    def __iter__(self) -> Iterator[Cell]:
        return iter(self._slots)

    def __len__(self) -> int:
        return len(self._slots)

    def __getitem__(self, cell: Cell) -> tuple[Codes, NDArray[np.bool_]]:
        """Returns (c, rows, cols) codes and (rows, cols) valid."""
        slab, place = divmod(self._slots[cell], SLAB_CELLS)
        codes, valid = self._slabs[slab]
        return codes[place], valid[place]

    def put(self, cell: Cell, codes: Codes, valid: NDArray[np.bool_]) -> None:
        """Keeps a copy of a cell's codes (c, rows, cols) and of where they are valid."""
        if not self._free:
            first = len(self._slabs) * SLAB_CELLS
            self._free = list(range(first, first + SLAB_CELLS))
            slab = np.empty((SLAB_CELLS, *self._shape), np.int8), np.empty((SLAB_CELLS, *self._shape[1:]), bool)
            self._slabs.append(slab)
        self._slots[cell] = self._free.pop()
        for kept, new in zip(self[cell], (codes, valid), strict=True):
            kept[:] = new

    def keep(self, wanted: Sequence[Cell], most: int) -> None:
        """Drops the cells that were wanted longest ago until `most` are left, but none that is wanted now."""
        for cell in wanted:
            self._slots.move_to_end(cell)
        for _ in range(len(self) - max(len(wanted), most)):
            self._free.append(self._slots.popitem(last=False)[1])


class LiveScene:
    """The compressed features of a scene, computed cell by cell where somebody looks, and kept.

    Args:
        request: What the scene is and how it is read.
        report: Told after every window that is looked at; cancels between layers.

    Raises:
        InputError: the scene does not serve, or holds no data.
        CheckpointError: the weights do not load.
    """

    def __init__(self, request: protocol.PreviewRequest, report: Report) -> None:
        self._path = request.scene
        self._report = report
        load = (lambda: load_weights(request.weights)) if request.encoder else None
        self._sources = PixelSources(
            request.bands,
            request.units,
            load,
            request.device,
            lambda: self._report.check(),
            request.layers,
            precision=request.precision,
        )
        with self._sources.open(self._path) as scene:
            self.name, self.grid, self.warnings = scene.name, scene.grid, scene.warnings
            self._features, sample = fit_features(scene, request.seed, report)
        self.compression = fit_compression(sample)
        self.unlabelled = self.compression.values(self.compression.codes(sample))
        self._cells = CellStore(len(self.compression.step))
        self._pixels: dict[tuple[int, int], Codes | None] = {}  # labelled ones outside the cells; None is nodata

    @property
    def num_features(self) -> int:
        """How many features a pixel has before they are compressed."""
        return len(self._features.mean)

    @property
    def kept_bytes(self) -> int:
        """Size of the cells in memory."""
        return len(self._cells) * self._cell_bytes

    @property
    def _cell_bytes(self) -> int:
        return CELL_PX**2 * (len(self.compression.step) + 1)

    def prepare(self, window: Window, report: Report) -> bool:
        """Computes the cells of a window that are not there yet; returns whether there were any.

        A cancelled call leaves whole cells only, and the next one goes on from them.

        Raises:
            InputError: the window is too large.
        """
        if window.width * window.height > LARGEST_PX:
            raise InputError(
                f"The view shows {int(window.width):,} × {int(window.height):,} pixels of '{self.name}'; a preview "
                f"takes {LARGEST_PX:,} pixels at most.",
                "Zoom in.",
            )
        self._report = report
        wanted = cells_of(window)
        missing = [cell for cell in wanted if cell not in self._cells]
        if missing:
            blocks = _blocks(missing)
            report.progress(PREPARING, 0, len(blocks))
            with contextlib.ExitStack() as stack:
                scene = stack.enter_context(self._sources.open(self._path))
                windows = scene.stream([grown(block) for block in blocks])
                stack.enter_context(contextlib.closing(windows))  # type: ignore[type-var]
                for done, (block, features) in enumerate(zip(blocks, windows, strict=True), 1):
                    self._keep(block, features)
                    report.progress(PREPARING, done, len(blocks))
        self._cells.keep(wanted, KEPT_BYTES // self._cell_bytes)
        return bool(missing)

    def at(
        self, rows: NDArray[np.integer], cols: NDArray[np.integer], report: Report
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Returns the features of pixels of the scene, (n, c), and which of them hold data, (n,).

        Pixels outside the cells in memory are computed once.
        """
        self._report = report
        codes = np.zeros((len(rows), len(self.compression.step)), np.int8)
        valid = np.zeros(len(rows), bool)
        pixels = list(zip(rows.tolist(), cols.tolist(), strict=True))
        owners: dict[Cell, list[int]] = {}
        for number, (row, col) in enumerate(pixels):
            owners.setdefault((row // CELL_PX, col // CELL_PX), []).append(number)
        self._compute({c: [pixels[n] for n in own] for c, own in owners.items() if c not in self._cells}, report)
        for cell, own in owners.items():
            if cell in self._cells:
                kept, known = self._cells[cell]
                inner = rows[own] % CELL_PX, cols[own] % CELL_PX
                codes[own], valid[own] = kept[:, inner[0], inner[1]].T, known[inner]
                continue
            for number in own:
                found = self._pixels[pixels[number]]
                if found is not None:
                    codes[number], valid[number] = found, True
        return self.compression.values(codes), valid

    def parts(self, window: Window) -> Iterator[tuple[slice, slice, Codes, NDArray[np.bool_]]]:
        """Yields the parts of a prepared window: its rows and columns, (c, rows, cols) codes and (rows, cols) valid."""
        top, left = int(window.row_off), int(window.col_off)
        bottom, right = top + int(window.height), left + int(window.width)
        for row, col in cells_of(window):
            codes, valid = self._cells[row, col]
            first, begin = max(top, row * CELL_PX), max(left, col * CELL_PX)
            last, end = min(bottom, (row + 1) * CELL_PX), min(right, (col + 1) * CELL_PX)
            rows = slice(first - row * CELL_PX, last - row * CELL_PX)
            cols = slice(begin - col * CELL_PX, end - col * CELL_PX)
            yield (
                slice(first - top, last - top),
                slice(begin - left, end - left),
                codes[:, rows, cols],
                valid[rows, cols],
            )

    def _compute(self, wanted: dict[Cell, list[tuple[int, int]]], report: Report) -> None:
        """Computes labelled pixels of cells that are not in memory, and keeps these pixels alone."""
        new = {cell: own for cell, own in wanted.items() if not all(pixel in self._pixels for pixel in own)}
        if not new:
            return
        with self._sources.open(self._path) as scene:
            for done, (cell, own) in enumerate(new.items()):
                report.progress(COLLECTING, done, len(new))
                top, left = cell[0] * CELL_PX, cell[1] * CELL_PX
                codes, valid = self._encode(scene.features(grown(Window(left, top, CELL_PX, CELL_PX))))
                for row, col in own:
                    known = valid[row - top, col - left]
                    self._pixels[row, col] = codes[:, row - top, col - left].copy() if known else None
        report.progress(COLLECTING, len(new), len(new))

    def _keep(self, block: Window, features: WindowFeatures) -> None:
        codes, valid = self._encode(features)
        top, left = int(block.row_off) // CELL_PX, int(block.col_off) // CELL_PX
        for row, col in cells_of(block):
            rows = slice((row - top) * CELL_PX, (row - top + 1) * CELL_PX)
            cols = slice((col - left) * CELL_PX, (col - left + 1) * CELL_PX)
            self._cells.put((row, col), codes[:, rows, cols], valid[rows, cols])

    def _encode(self, features: WindowFeatures) -> tuple[Codes, NDArray[np.bool_]]:
        """Returns (c, rows, cols) codes and (rows, cols) valid of a window without its halo."""
        valid = inside(features.valid)
        if not valid.any():
            return np.zeros((len(self.compression.step), *valid.shape), np.int8), valid
        weight = self.compression.weight
        projected = self._features.logits(features, weight, np.zeros(len(weight), np.float32))
        codes = rounded(inside(projected.numpy()))
        codes[:, ~valid] = 0
        return codes, valid


_held: tuple[object, LiveScene] | None = None


def live_scene(request: protocol.PreviewRequest, report: Report) -> tuple[LiveScene, bool]:
    """Returns the scene of a request, and whether it had to be opened: one is kept, as long as its files do not change.

    Raises:
        InputError, CheckpointError: see `LiveScene`.
    """
    global _held
    files = [*request.scene.splitlines(), *request.layers, request.weights]
    key = (
        (request.scene, request.layers, request.weights, request.units, request.seed, request.encoder),
        (request.device, request.precision),
        tuple(request.bands.items()),
        tuple(map(_stamp, files)),
    )
    if _held is not None and _held[0] == key:
        return _held[1], False
    _held = None  # its memory is needed
    scene = LiveScene(request, report)
    _held = key, scene
    return scene, True


def fit_features(scene: PixelSource, seed: int, report: Report) -> tuple[RecipeFeatures, FloatArray]:
    """Fits the recipe's features to windows that lie evenly over a scene; returns them and x, (m, d), of drawn pixels.

    Raises:
        InputError: none of the windows holds data.
    """
    rng = np.random.default_rng(seed)
    windows: list[WindowFeatures] = []
    for place in spread_windows(scene.grid, SAMPLE_WINDOWS * TRIES, rng):
        report.progress(READING, len(windows), SAMPLE_WINDOWS)
        looked_at = scene.features(grown(place))
        if inside(looked_at.valid).any():
            windows.append(looked_at)
        if len(windows) == SAMPLE_WINDOWS:
            break
    if not windows:
        raise InputError(
            f"'{scene.name}' holds no data in any of the places that were looked at.",
            "Cut the scene to the part that holds data, or check the layer's nodata value.",
        )
    images = [(window.bands.numpy(), window.valid) for window in windows]
    random = fit_random_features(
        images,
        scene.bands,
        spectral=scene.embedding is None,
        seed=seed,
        draws=DRAWS,
        num_layers=len(scene.layers),
    )
    groups = recipe_groups(random, sum(len(maps) for maps in windows[0].stages.values()))
    features = RecipeFeatures(random, groups, np.empty(0), np.empty(0))
    places = [np.argwhere(inside(window.valid)) + HALO_PX for window in windows]
    share = min(1.0, UNLABELLED_PX / sum(map(len, places)))
    drawn = [at[np.sort(rng.permutation(len(at))[: max(1, round(len(at) * share))])] for at in places]
    parts = []
    for window, at in zip(windows, drawn, strict=True):
        report.check()
        parts.append(features.raw_at(window, at[:, 0], at[:, 1]))
    report.check()
    raw = np.concatenate(parts)
    features = features.standardised(raw)
    return features, (raw - features.mean) * features.scale


def cells_of(window: Window) -> list[Cell]:
    """Returns the cells that a window touches, row by row."""
    top, left = int(window.row_off), int(window.col_off)
    bottom, right = top + int(window.height), left + int(window.width)
    rows = range(top // CELL_PX, -(-bottom // CELL_PX))
    return [(row, col) for row in rows for col in range(left // CELL_PX, -(-right // CELL_PX))]


def _blocks(cells: Sequence[Cell]) -> list[Window]:
    """Returns windows that hold the cells: of each block of a lattice, the smallest one around its cells."""
    side = BLOCK_PX // CELL_PX
    members: dict[Cell, list[Cell]] = {}
    for row, col in cells:
        members.setdefault((row // side, col // side), []).append((row, col))
    windows = []
    for _, own in sorted(members.items()):
        first = [min(cell[axis] for cell in own) for axis in (0, 1)]
        size = [max(cell[axis] for cell in own) + 1 - first[axis] for axis in (0, 1)]
        windows.append(Window(first[1] * CELL_PX, first[0] * CELL_PX, size[1] * CELL_PX, size[0] * CELL_PX))
    return windows


def _stamp(path: str) -> tuple[int, int] | None:
    """Returns what changes when a file does; None of what is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
