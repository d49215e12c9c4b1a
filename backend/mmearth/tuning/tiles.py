"""Labelled ground of all scenes as tiles on disk, ready to draw crops from. Knows scenes and labels; no network.

Images are standardised exactly as the encoder sees them when a scene is embedded, so that a network tuned on tiles and
one that streams through a scene compute the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.disk import disk_errors
from mmearth.embedding.features import scene_warnings
from mmearth.embedding.precomputed import recognise
from mmearth.errors import InputError
from mmearth.labels.label_problems import Problem, sentences
from mmearth.labels.sample_groups import SampleGroups
from mmearth.mapping.compatibility import side_m
from mmearth.progress import Report
from mmearth.scenes.raster import Grid, Scene, open_scene
from mmearth.styles import ClassInfo
from mmearth.tuning.hold_out import hold_out
from mmearth.tuning.mask_folder import MaskLabels
from mmearth.tuning.polygon_labels import PolygonLabels
from mmearth.tuning.scene_table import SceneLabels
from mmearth.tuning.tile_files import LABELLED_SHARE, TileFiles
from mmearth.tuning.tile_grid import Tile, TileGrid
from mmearth.weights.checkpoints import Weights

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]

SEGMENTATION, CLASSIFICATION = protocol.TUNING_TASKS
PIXEL, CELL, POLYGON, SCENE = "pixel", "cell", "polygon", "scene"
MOST_TILES = 6000  # drawn at random from more; 128 × 128 pixels with 12 bands make 2.4 GB of images
READING = "Reading tiles"


@dataclass(frozen=True)
class Tiles:
    """Labelled tiles; N of them with T × T pixels, P samples, K classes. Every labelled pixel is in one tile.

    Attributes:
        images: (N, C, T, T) float16 on disk, standardised; 0 where not valid and in bands that a scene lacks.
        labels: (N, T, T) int16 on disk, class index or -1; where a sample may have several classes, the lowest of them.
        samples: (N, T, T) int32 on disk, index of the polygon, scene or block that is labelled, or -1.
        bounds: (N, 4) first row, row after the last, first and next column of each tile's part of its scene.
        entries: (E, 4) class (K: none), sample, tile, labelled pixels: what can be drawn.
        classes: In the order of the indices.
        sample_classes: (P,) class index, -1 without any, or (P, K) bool where samples may have several classes; of a
            block the class with most pixels.
        held_out: (P,) bool: validates, and never teaches.
        groups: (P,) what each sample is held out with; -1 where it has no labelled pixel.
        pixels: (P,) labelled pixels with data, before any limit on tiles.
        task: One of `protocol.TUNING_TASKS`.
        unit: "pixel", "cell", "polygon" or "scene": what gets a class.
        cell_px: Side of a cell; 1 where there are none.
        field: Name of the class field; empty for masks.
        weighs_pixels: Whether scores count pixels (masks), not samples.
        folds: "polygon", "block" or "scene": what is held out together.
        folds_reason: Why, as one sentence.
        reading: How the first scene is read.
        resolution_m: Side of its pixels on the ground.
        scenes: Names.
        bands: Of the images.
        band_dropout: Whether the encoder was trained to do without some bands.
        notes: Warnings.
        problems: What is wrong with single polygons.
    """

    images: NDArray[np.float16]
    labels: NDArray[np.int16]
    samples: NDArray[np.int32]
    bounds: IntArray
    entries: IntArray
    classes: tuple[ClassInfo, ...]
    sample_classes: NDArray[Any]
    held_out: NDArray[np.bool_]
    groups: IntArray
    pixels: IntArray
    task: str
    unit: str
    cell_px: int
    field: str
    weighs_pixels: bool
    folds: str
    folds_reason: str
    reading: dict[str, Any]
    resolution_m: float
    scenes: tuple[str, ...]
    bands: tuple[str, ...]
    band_dropout: bool
    notes: list[str]
    problems: list[Problem]

    @property
    def multi_label(self) -> bool:
        """Whether a sample may have several classes."""
        return self.sample_classes.ndim == 2

    @property
    def counted(self) -> str:
        """What scores count: "pixel" or "cell" of masks, "polygon", or "scene"."""
        if self.weighs_pixels:
            return self.unit
        return SCENE if self.unit == SCENE else POLYGON

    @property
    def tile_px(self) -> int:
        """Side of a tile."""
        return int(self.labels.shape[-1])

    @property
    def labelled_samples(self) -> int:
        """How many samples have labelled pixels with data."""
        return int(np.count_nonzero(self.pixels))


class LabelSource(Protocol):
    """Labels of all scenes: polygons, masks or a table."""

    classes: tuple[ClassInfo, ...]
    sample_classes: NDArray[Any]
    field: str
    weighs_pixels: bool
    notes: list[str]

    def tiles(self, scene: int) -> IntArray:
        """Returns the numbers of the tiles of a scene that may hold labels."""

    def read(self, scene: int, number: int, tile: Tile) -> tuple[IntArray, IntArray]:
        """Returns class index and sample (rows, cols) of the pixels that belong to a tile; -1 is none."""

    def groups(self, amounts: FloatArray) -> SampleGroups:
        """Returns what is held out together, of samples with (P, K) amounts of each class."""

    def problems(self, pixels: IntArray) -> list[Problem]:
        """Returns what is wrong with single samples, of which so many pixels hold data."""

    def no_data(self) -> InputError:
        """Returns the refusal where no labelled pixel holds data."""


@dataclass(frozen=True)
class _Seen:
    path: str
    name: str
    grid: Grid
    reading: dict[str, Any]
    warnings: list[str]


def collect_tiles(request: protocol.FineTuneRequest, weights: Weights, folder: Path, report: Report) -> Tiles:
    """Reads the labelled parts of every scene.

    Args:
        request: Scenes, labels, task and what validates.
        weights: Whose bands and statistics hold.
        folder: Where images and labels are kept; what an earlier call left there is replaced.
        report: Told after every tile; cancels between tiles.

    Raises:
        InputError: scenes or labels do not serve, with the reason.
        ResourceError: the folder cannot be written to.
    """
    unit = _unit(request, weights.patch_size)
    align_px = request.cell_px if unit == CELL else weights.patch_size
    seen = _look_at(request, weights, report)
    tile_grids = [TileGrid.over(scene.grid.height, scene.grid.width, align_px) for scene in seen]
    source = _label_source(request, seen, tile_grids, report)
    wanted = [(scene, int(number)) for scene in range(len(seen)) for number in source.tiles(scene)]
    notes = [note for scene in seen for note in scene.warnings]
    if len(wanted) > MOST_TILES:
        chosen = np.random.default_rng([request.seed, 1]).choice(len(wanted), MOST_TILES, replace=False)
        notes.append(f"The labels cover {len(wanted):,} tiles; {MOST_TILES:,} of them, drawn at random, are used.")
        wanted = [wanted[i] for i in np.sort(chosen)]
    writer = TileFiles(folder, source.sample_classes, request.cell_px if unit == CELL else 1)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with writer.files():
            for at, (scene, number, opened) in enumerate(_opened(request, weights, seen, wanted)):
                report.progress(READING, at, len(wanted))
                tile = tile_grids[scene].tile(number)
                if tile.own.width > 0 and tile.own.height > 0:
                    writer.add(_labelled(source, scene, number, tile), tile, weights, opened)
    report.progress(READING, len(wanted), len(wanted))
    if not writer.entries:
        raise _nothing_left(source, request, unit)
    entries = np.concatenate(writer.entries)
    amounts, pixels = _amounts(source, entries)
    _require_two_classes(source, amounts, unit)
    groups = source.groups(amounts)
    present = np.flatnonzero(pixels)
    held_out = np.zeros(len(pixels), bool)
    names = [c.name for c in source.classes]
    held_out[present], unknown = hold_out(
        amounts[present], groups.numbers[present], request.held_out, request.seed, names, groups.kind
    )
    problems = source.problems(pixels)
    images, labels, samples = writer.arrays(len(weights.bands), tile_grids[0].tile_px)
    return Tiles(
        images=images,
        labels=labels,
        samples=samples,
        bounds=np.array(writer.bounds),
        entries=entries,
        classes=source.classes,
        sample_classes=amounts.argmax(axis=1) if source.weighs_pixels else source.sample_classes,
        held_out=held_out,
        groups=groups.numbers,
        pixels=pixels,
        task=request.task,
        unit=unit,
        cell_px=request.cell_px if unit == CELL else 1,
        field=source.field,
        weighs_pixels=source.weighs_pixels,
        folds=groups.kind,
        folds_reason=groups.reason,
        reading=seen[0].reading,
        resolution_m=side_m(seen[0].grid),
        scenes=tuple(scene.name for scene in seen),
        bands=weights.bands,
        band_dropout=weights.band_dropout,
        notes=list(dict.fromkeys([*notes, *source.notes, *sentences(problems), *unknown])),
        problems=problems,
    )


def _unit(request: protocol.FineTuneRequest, patch_px: int) -> str:
    """Returns what gets a class; refuses what does not fit together."""
    if bool(request.labels) == bool(request.masks):
        given = "Both labels and masks were given" if request.labels else "Neither labels nor masks were given"
        raise InputError(
            f"{given}; one of them is wanted.", "Choose a layer of polygons, a table, or a folder of masks."
        )
    if not 0 < request.held_out < 1:
        raise InputError(
            f"{request.held_out:g} of the labels were to validate; a share between 0 and 1 is wanted.", "Choose 0.2."
        )
    table = request.labels.lower().endswith(".csv")
    kind = "a folder of masks" if request.masks else "a table of scenes" if table else "a layer of polygons"
    natural = CELL if request.masks else SCENE if table else POLYGON
    unit = PIXEL if request.task == SEGMENTATION else natural if request.unit == "auto" else request.unit
    possible = {CELL: (PIXEL, CELL), SCENE: (SCENE,), POLYGON: (PIXEL, CELL, POLYGON)}[natural]
    if unit not in possible:
        raise InputError(
            f"The labels are {kind}, which says nothing of a {unit} as a whole."
            if unit != PIXEL
            else f"The labels are {kind}, which says nothing of single pixels.",
            f"Choose to classify {' or '.join(f'{u}s' for u in possible)}, or other labels.",
        )
    if request.multi_label and unit not in (POLYGON, SCENE):
        raise InputError(
            f"Several classes at once are possible for polygons and scenes; {unit}s have one.",
            "Choose to classify polygons or scenes, or one class for each.",
        )
    if unit == CELL and (request.cell_px < patch_px or request.cell_px % patch_px):
        raise InputError(
            f"Cells of {request.cell_px} pixels do not fit the weights, whose patches are {patch_px} pixels wide.",
            f"Choose a multiple of {patch_px}, such as {2 * patch_px}.",
        )
    return unit


def _look_at(request: protocol.FineTuneRequest, weights: Weights, report: Report) -> list[_Seen]:
    seen = []
    for path in request.scenes:
        report.check()
        if recognise(path) is not None:
            raise InputError(
                f"'{Path(path).name}' is an embedding; fine-tuning changes the encoder and wants the scene itself.",
                "Choose the scene, or train on embeddings by few-shot mapping.",
            )
        with open_scene(path, request.bands, request.units, weights.bands) as scene:
            warnings = scene_warnings(scene, weights)
            seen.append(_Seen(path, scene.name, scene.grid, scene.reading(), warnings))
    if not seen:
        raise InputError("No scene was given.", "Choose at least one raster.")
    return seen


def _label_source(
    request: protocol.FineTuneRequest, seen: list[_Seen], tile_grids: list[TileGrid], report: Report
) -> LabelSource:
    names, grids = [scene.name for scene in seen], [scene.grid for scene in seen]
    if request.masks:
        return MaskLabels(request, names, grids, tile_grids, report.check)
    if request.labels.lower().endswith(".csv"):
        return SceneLabels(request, names, tile_grids)
    return PolygonLabels(request, grids, tile_grids)


def _opened(
    request: protocol.FineTuneRequest, weights: Weights, seen: list[_Seen], wanted: list[tuple[int, int]]
) -> Iterator[tuple[int, int, Scene]]:
    """Yields scene, tile and the open scene; each scene is opened once."""
    with contextlib.ExitStack() as stack:
        current, scene = -1, None
        for index, number in wanted:
            if index != current or scene is None:
                stack.close()
                scene = stack.enter_context(open_scene(seen[index].path, request.bands, request.units, weights.bands))
                current = index
            yield index, number, scene


def _labelled(source: LabelSource, scene: int, number: int, tile: Tile) -> tuple[IntArray, IntArray]:
    """Returns class index and sample (T, T) of a tile, -1 beyond its own pixels."""
    side = int(tile.window.height)
    labels: IntArray = np.full((side, side), -1, np.int16)
    samples: IntArray = np.full((side, side), -1, np.int32)
    top, left = int(tile.own.row_off - tile.window.row_off), int(tile.own.col_off - tile.window.col_off)
    own = slice(top, top + int(tile.own.height)), slice(left, left + int(tile.own.width))
    labels[own], samples[own] = source.read(scene, number, tile)
    return labels, samples


def _amounts(source: LabelSource, entries: IntArray) -> tuple[FloatArray, IntArray]:
    """Returns (P, K) how much of each class a sample is, and (P,) its labelled pixels with data."""
    shape = len(source.sample_classes), len(source.classes)
    counts = np.zeros((shape[0], shape[1] + 1))
    np.add.at(counts, (entries[:, 1], entries[:, 0]), entries[:, 3])
    if source.weighs_pixels:
        return counts[:, :-1], counts.sum(axis=1).astype(np.int64)
    pixels = counts.max(axis=1).astype(np.int64)  # a sample of several classes has them all at each of its pixels
    return (counts[:, :-1] > 0).astype(float), pixels


def _require_two_classes(source: LabelSource, amounts: FloatArray, unit: str) -> None:
    present = np.flatnonzero(amounts.any(axis=0))
    if len(present) < 2:
        names = ", ".join(f"'{source.classes[i].name}'" for i in present) or "none"
        raise InputError(
            f"Only class {names} has labelled {'cells' if unit == CELL else 'pixels'} with data; "
            "at least two classes are wanted.",
            "Label larger areas of other classes, or choose smaller cells."
            if unit == CELL
            else "Label another class where the scenes have data.",
        )


def _nothing_left(source: LabelSource, request: protocol.FineTuneRequest, unit: str) -> InputError:
    refusal = source.no_data()
    if unit != CELL:
        return refusal
    return InputError(
        f"No cell of {request.cell_px} × {request.cell_px} pixels with data is labelled by at least "
        f"{LABELLED_SHARE:.0%}.",
        "Draw larger polygons, choose smaller cells, or segmentation as the task.",
    )
