"""Class rasters beside scenes as labels of tiles. Knows masks and grids; nothing of images or networks."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.labels.label_layer import ClassInfo
from mmearth.labels.label_problems import LISTED, Problem
from mmearth.labels.label_values import is_ignored
from mmearth.labels.sample_groups import BLOCK, SampleGroups
from mmearth.scenes.raster import Grid
from mmearth.styles import PALETTE, is_color
from mmearth.tuning.tile_grid import Tile, TileGrid

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]

SCENE = "scene"
FEWEST_SCENES = 5  # from which on whole scenes are held out
BLOCK_PX = 64  # side of a sample: blocks of a scene that are held out as wholes
LARGEST_VALUE = 65534  # 65535 is nodata in maps
MOST_VALUES = 256  # of classes; more is a measurement
_ROWS = 512  # of a mask that are looked at together
_OFF_PX = 0.01  # by which the corners of mask and scene may differ, in pixels
_SUFFIXES = (".tif", ".tiff", ".png", ".vrt", ".img", ".jp2", ".bmp", ".asc")


class MaskLabels:
    """Masks of scenes; a sample is a block of a scene.

    Args:
        request: Names the folder and the classes.
        names: File names of the scenes.
        grids: Of the scenes.
        check: Called between masks; raises to stop.

    Attributes:
        classes: The classes that have pixels.
        sample_classes: (P,) class with most pixels of each block; 0 where there is none.
        field: Empty: masks have none.
        weighs_pixels: True: every pixel counts once.
        notes: What the user should know.

    Raises:
        InputError: the masks do not serve, with the reason.
    """

    weighs_pixels = True
    field = ""

    def __init__(
        self,
        request: protocol.FineTuneRequest,
        names: Sequence[str],
        grids: Sequence[Grid],
        tile_grids: Sequence[TileGrid],
        check: Callable[[], None],
    ) -> None:
        self._folder = Path(request.masks)
        self._ignore, self._folds, self._grids, self._tile_grids = request.ignore, request.folds, grids, tile_grids
        self.notes: list[str] = []
        self._paths = _matched(self._folder, names, self.notes)
        counts: dict[int, int] = {}
        for path, name, grid in zip(self._paths, names, grids, strict=True):
            check()
            own = self._counts(path, name, grid)
            if not own:
                self.notes.append(f"Mask '{path.name}' has no labelled pixel: its scene teaches nothing.")
            for value, count in own.items():
                counts[value] = counts.get(value, 0) + count
        self.classes = self._found_classes(counts, request)
        self._values = np.array([c.value for c in self.classes])
        per_scene = [(-(-g.height // BLOCK_PX), -(-g.width // BLOCK_PX)) for g in grids]
        self._blocks_across = [cols for _, cols in per_scene]
        self._first_block = [0, *itertools.accumulate(rows * cols for rows, cols in per_scene)]
        self.sample_classes = np.zeros(self._first_block[-1], np.int64)

    def tiles(self, scene: int) -> IntArray:
        """Returns the numbers of the tiles of a scene: any may hold labels."""
        return np.arange(len(self._tile_grids[scene]))

    def read(self, scene: int, number: int, tile: Tile) -> tuple[IntArray, IntArray]:
        """Returns class index and block (rows, cols) of the pixels that belong to a tile; -1 is none."""
        path = self._paths[scene]
        with _opened(path) as dataset:
            values, labelled = self._labelled(dataset, path.name, tile.own)
        at = np.minimum(np.searchsorted(self._values, values), len(self._values) - 1)
        labelled &= self._values[at] == values
        rows = int(tile.own.row_off) + np.arange(values.shape[0])
        cols = int(tile.own.col_off) + np.arange(values.shape[1])
        blocks = rows[:, None] // BLOCK_PX * self._blocks_across[scene] + cols // BLOCK_PX
        return np.where(labelled, at, -1), np.where(labelled, self._first_block[scene] + blocks, -1)

    def groups(self, amounts: FloatArray) -> SampleGroups:
        """Returns what is held out together, of blocks with (P, K) pixels of each class."""
        block = np.arange(len(amounts))
        scene = np.searchsorted(self._first_block, block, side="right") - 1
        per_scene = np.zeros((len(self._grids), amounts.shape[1]))
        np.add.at(per_scene, scene, amounts)
        taught = int(np.count_nonzero(per_scene.any(axis=1)))
        present = amounts.any(axis=0)
        spread = bool((np.count_nonzero(per_scene, axis=0)[present] > 1).all())
        numbers = np.where(amounts.any(axis=1), block, -1)
        side = f"squares of {BLOCK_PX} pixels"
        if self._folds == BLOCK:
            return SampleGroups(BLOCK, numbers, f"Blocks were held out, as chosen: {side}.")
        if taught >= FEWEST_SCENES and spread:
            reason = f"Whole scenes were held out: there are {taught} with masks."
            return SampleGroups(SCENE, np.where(numbers < 0, -1, scene), reason)
        why = f"{taught} scene{'s' if taught > 1 else ''} with masks, fewer than {FEWEST_SCENES}"
        if taught >= FEWEST_SCENES:
            why = "a class lies in one scene only"
        return SampleGroups(
            BLOCK, numbers, f"Blocks of scenes were held out, {side}: {why}. Neighbouring blocks are alike; the score "
            "may be too high."
        )  # fmt: skip

    def problems(self, pixels: IntArray) -> list[Problem]:
        """Returns nothing: problems belong to polygons."""
        return []

    def no_data(self) -> InputError:
        """Returns the refusal where no labelled pixel holds data."""
        return InputError(
            f"None of the labelled pixels of the masks in '{self._folder.name}' holds data in its scene.",
            "Check the scenes' nodata value, or choose scenes that hold data where the masks do.",
        )

    def _labelled(self, dataset: DatasetReader, name: str, window: Window) -> tuple[IntArray, NDArray[np.bool_]]:
        """Returns values, and which of them are labels, of a window."""
        try:
            found = dataset.read(1, window=window)
        except RasterioError as error:
            raise InputError(f"Mask '{name}' cannot be read: {error}.", "Copy or save that file again.") from error
        labelled = np.ones(found.shape, bool)
        if dataset.nodata is not None:
            labelled &= (found != dataset.nodata) & (found == found)
        if np.issubdtype(found.dtype, np.floating):
            labelled &= np.isfinite(found)
            broken = labelled & (found != np.round(found))
            if broken.any():
                raise InputError(
                    f"Mask '{name}' holds {found[broken][0]:g}; classes are whole numbers.",
                    "Choose rasters of class numbers.",
                )
            found = np.where(labelled, found, 0)
        values: IntArray = found.astype(np.int64)
        for value in np.unique(values[labelled]).tolist():
            if is_ignored(value, self._ignore):
                labelled &= values != value
        return values, labelled

    def _counts(self, path: Path, name: str, grid: Grid) -> dict[int, int]:
        counts: dict[int, int] = {}
        with _opened(path) as dataset:
            _require_same_grid(dataset, path.name, name, grid)
            for top in range(0, grid.height, _ROWS):
                window = Window(0, top, grid.width, min(_ROWS, grid.height - top))
                values, labelled = self._labelled(dataset, path.name, window)
                found, numbers = np.unique(values[labelled], return_counts=True)
                for value, number in zip(found.tolist(), numbers.tolist(), strict=True):
                    counts[value] = counts.get(value, 0) + number
                if len(counts) > MOST_VALUES:
                    raise InputError(
                        f"Mask '{path.name}' holds more than {MOST_VALUES} different values; classes are wanted.",
                        "Choose rasters of class numbers.",
                    )
        bad = [value for value in counts if not 0 <= value <= LARGEST_VALUE]
        if bad:
            raise InputError(
                f"Mask '{path.name}' holds {bad[0]}; classes are whole numbers from 0 to {LARGEST_VALUE}.",
                f"Give {bad[0]} as a value to ignore, or write other numbers.",
            )
        return counts

    def _found_classes(self, counts: dict[int, int], request: protocol.FineTuneRequest) -> tuple[ClassInfo, ...]:
        if not counts:
            raise InputError(
                f"The masks in '{self._folder.name}' have no labelled pixel: all are nodata or to be ignored.",
                "Choose other masks, or other values to ignore.",
            )
        listed = {int(entry["value"]): entry for entry in request.classes if str(entry.get("value", "")).isdecimal()}
        unlisted = sorted(set(counts) - set(listed)) if listed else []
        if unlisted:
            raise InputError(
                f"The masks in '{self._folder.name}' hold class {', '.join(map(str, unlisted[:LISTED]))}; the class "
                f"list has {', '.join(map(str, sorted(listed)[: 2 * LISTED]))}.",
                "Add it to the class list, or give it as a value to ignore.",
            )
        if len(counts) < 2:
            raise InputError(
                f"The masks in '{self._folder.name}' hold only one class: {next(iter(counts))}.",
                "Choose masks with at least two classes, or fewer values to ignore.",
            )
        for value in sorted(set(listed) - set(counts)):
            if not is_ignored(value, request.ignore):
                self.notes.append(
                    f"Class {listed[value].get('name', value)} of the class list has no pixel in the masks."
                )
        unused = itertools.cycle(c for c in PALETTE if c not in {e.get("color") for e in listed.values()})
        classes = []
        for value in sorted(counts):
            entry = listed.get(value, {})
            color = str(entry["color"]).lower() if is_color(entry.get("color")) else next(unused)
            classes.append(ClassInfo(value, str(entry.get("name") or value), color))
        return tuple(classes)


def _matched(folder: Path, names: Sequence[str], notes: list[str]) -> list[Path]:
    """Returns the mask of each scene."""
    if not folder.is_dir():
        raise InputError(f"There is no folder '{folder}' of masks.", "Choose the folder that holds the class rasters.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    by_name = {path.name: path for path in files}
    by_stem: dict[str, list[Path]] = {}
    for path in files:
        by_stem.setdefault(path.stem, []).append(path)
    found = []
    for name in names:
        own = [by_name[name]] if name in by_name else by_stem.get(Path(name).stem, [])
        if len(own) > 1:
            raise InputError(
                f"Scene '{name}' has {len(own)} masks in '{folder.name}': {', '.join(path.name for path in own)}.",
                "Keep one of them.",
            )
        if not own:
            raise InputError(
                f"Scene '{name}' has no mask in '{folder.name}', which holds {len(files)} rasters.",
                f"Add '{Path(name).stem}.tif' to the folder, or leave the scene out.",
            )
        found += own
    if len(set(found)) < len(found):
        twice = next(path for path in found if found.count(path) > 1)
        raise InputError(
            f"Mask '{twice.name}' belongs to more than one scene.", "Give scenes names that differ, and masks the same."
        )
    left = [path.name for path in files if path not in set(found)]
    if left:
        listed = ", ".join(left[:LISTED]) + (", …" if len(left) > LISTED else "")
        notes.append(f"{len(left)} of {len(files)} masks in '{folder.name}' have no scene and are not used ({listed}).")
    return found


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # pictures are taken as they lie, by their size
        try:
            dataset = rasterio.open(path)
        except RasterioError as error:
            raise InputError(
                f"Mask '{path.name}' could not be opened as a raster ({error}).", "Save it again as a GeoTIFF."
            ) from error
        with dataset:
            yield dataset


def _require_same_grid(dataset: DatasetReader, name: str, scene: str, grid: Grid) -> None:
    if dataset.count != 1:
        raise InputError(f"Mask '{name}' has {dataset.count} bands; one is wanted.", "Keep the band of the classes.")
    if dataset.shape != (grid.height, grid.width):
        raise InputError(
            f"Mask '{name}' has {dataset.height} rows and {dataset.width} columns; its scene '{scene}' has "
            f"{grid.height} and {grid.width}.",
            "Cut or resample the mask to the grid of its scene (nearest neighbour).",
        )
    if dataset.crs is None and dataset.transform.is_identity:
        return
    if dataset.crs is not None and dataset.crs != grid.crs:
        raise InputError(
            f"Mask '{name}' is in {dataset.crs.to_string()}; its scene '{scene}' is in {grid.crs.to_string()}.",
            "Reproject the mask to the grid of its scene (nearest neighbour).",
        )
    inverse = ~grid.transform
    for corner in ((0, 0), (grid.width, grid.height)):
        col, row = inverse @ (dataset.transform @ corner)
        if max(abs(col - corner[0]), abs(row - corner[1])) > _OFF_PX:
            raise InputError(
                f"Mask '{name}' lies {col - corner[0]:+.3g} columns and {row - corner[1]:+.3g} rows off its scene "
                f"'{scene}'.",
                "Resample the mask to the grid of its scene (nearest neighbour).",
            )
