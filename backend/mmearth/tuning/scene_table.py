"""A table of scenes and their classes as labels of tiles. Knows tables and grids; nothing of images or networks."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.labels.label_classes import classes_of
from mmearth.labels.label_layer import ClassInfo
from mmearth.labels.label_problems import LISTED, Problem
from mmearth.labels.label_values import is_ignored
from mmearth.labels.sample_groups import SampleGroups
from mmearth.tuning.mask_folder import SCENE
from mmearth.tuning.polygon_labels import first_class, split_classes
from mmearth.tuning.tile_grid import Tile, TileGrid

IntArray = NDArray[np.integer]

SCENE_COLUMN, CLASS_COLUMN = "scene", "class"
MOST_TILES_OF_A_SCENE = 16  # of a large scene, drawn at random


class SceneLabels:
    """Classes of whole scenes; a sample is a scene.

    Args:
        request: Names the table (.csv) and its class column.
        names: File names of the scenes.
        tile_grids: The scenes cut into tiles.

    Attributes:
        classes: The classes that have scenes.
        sample_classes: (P,) class index of each scene, or (P, K) bool where one may have several; -1 without a class.
        field: Name of the class column.
        weighs_pixels: False: every scene counts once.
        notes: What the user should know.

    Raises:
        InputError: the table does not serve, with the reason.
    """

    weighs_pixels = False

    def __init__(self, request: protocol.FineTuneRequest, names: Sequence[str], tile_grids: Sequence[TileGrid]) -> None:
        self._tile_grids, self._seed = tile_grids, request.seed
        self.field = request.field or CLASS_COLUMN
        self.notes: list[str] = []
        table = Path(request.labels)
        texts = _read(table, self.field, names)
        self._listed = np.array([text is not None for text in texts])
        if not self._listed.all():
            left = [name for name, text in zip(names, texts, strict=True) if text is None]
            listed = ", ".join(left[:LISTED]) + (", …" if len(left) > LISTED else "")
            self.notes.append(f"{len(left)} of {len(names)} scenes have no row in '{table.name}': left out ({listed}).")
        self.classes: tuple[ClassInfo, ...]
        self.sample_classes: NDArray[Any]
        if request.multi_label:
            self.classes, self.sample_classes = split_classes(
                [text or "" for text in texts], self.field, request, self.notes
            )
        else:
            self._listed &= np.array(
                [bool(text) and not is_ignored(_key(text or ""), request.ignore) for text in texts]
            )
            if not self._listed.any():
                raise InputError(
                    f"Table '{table.name}' gives no scene a class in column '{self.field}'.", "Fill in the column."
                )
            keys = [_key(text or "") for text, own in zip(texts, self._listed, strict=True) if own]
            if not all(isinstance(key, int) for key in keys):
                keys = [str(key) for key in keys]
            self.classes, indices = classes_of(keys, {}, self.field, request.classes, self.notes)
            self.sample_classes = np.full(len(names), -1)
            self.sample_classes[self._listed] = indices
        if len(self.classes) < 2:
            raise InputError(
                f"Table '{table.name}' holds only one class in column '{self.field}': '{self.classes[0].name}'.",
                "Add scenes of at least one more class.",
            )

    def tiles(self, scene: int) -> IntArray:
        """Returns the numbers of the tiles of a scene; of a large one some, drawn at random."""
        numbers = np.arange(len(self._tile_grids[scene]) if self._listed[scene] else 0)
        if len(numbers) > MOST_TILES_OF_A_SCENE:
            rng = np.random.default_rng([self._seed, scene])
            numbers = np.sort(rng.choice(numbers, MOST_TILES_OF_A_SCENE, replace=False))
        return numbers

    def read(self, scene: int, number: int, tile: Tile) -> tuple[IntArray, IntArray]:
        """Returns class index and scene (rows, cols) of the pixels that belong to a tile."""
        shape = int(tile.own.height), int(tile.own.width)
        label = int(first_class(self.sample_classes[[scene]])[0])
        return np.full(shape, label, np.int16), np.full(shape, scene, np.int32)

    def groups(self, amounts: NDArray[np.floating]) -> SampleGroups:
        """Returns what is held out together: each scene by itself."""
        numbers = np.where(self._listed, np.arange(len(amounts)), -1)
        return SampleGroups(SCENE, numbers, "Whole scenes were held out.")

    def problems(self, pixels: IntArray) -> list[Problem]:
        """Returns nothing: problems belong to polygons."""
        return []

    def no_data(self) -> InputError:
        """Returns the refusal where no labelled pixel holds data."""
        return InputError(
            "None of the scenes of the table holds data: all pixels are nodata.", "Check the scenes' nodata value."
        )


def _key(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _read(table: Path, field: str, names: Sequence[str]) -> list[str | None]:
    """Returns the class of each scene as the table has it; None of a scene that is not in it."""
    if not table.is_file():
        raise InputError(f"There is no table '{table}'.", "Choose a .csv file with the columns scene and class.")
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"Table '{table.name}' is not text in UTF-8.", "Save it as CSV (UTF-8).") from error
    lines = text.splitlines()
    delimiter = "," if not lines or "," in lines[0] or ";" not in lines[0] else ";"
    reader = csv.DictReader(lines, delimiter=delimiter)
    columns = [column.strip() for column in reader.fieldnames or []]
    reader.fieldnames = columns
    for column in (SCENE_COLUMN, field):
        if column not in columns:
            raise InputError(
                f"Table '{table.name}' has no column '{column}'; its columns are {', '.join(columns) or 'none'}.",
                f"Name the columns {SCENE_COLUMN} and {CLASS_COLUMN}, or choose the class column.",
            )
    rows = {}
    for number, row in enumerate(reader, 2):
        scene = Path((row[SCENE_COLUMN] or "").strip()).name
        matches = [i for i, name in enumerate(names) if scene in (name, Path(name).stem)]
        if not matches:
            raise InputError(
                f"Row {number} of table '{table.name}' names scene '{scene}', which is not among the {len(names)} "
                "scenes given.",
                "Add the scene, correct its name, or take the row out.",
            )
        if len(matches) > 1 or matches[0] in rows:
            raise InputError(
                f"Row {number} of table '{table.name}' names scene '{scene}', which "
                + ("has another row already." if len(matches) == 1 else f"{len(matches)} of the scenes are called."),
                "Keep one row for each scene, and file names that differ.",
            )
        rows[matches[0]] = (row[field] or "").strip()
    return [rows.get(i) for i in range(len(names))]
