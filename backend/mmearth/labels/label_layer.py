"""Label polygons: classes or numbers of a vector layer, and the pixels inside each polygon.

Knows label layers and grids; nothing of features or models.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS

from mmearth.errors import InputError
from mmearth.labels.label_classes import classes_of
from mmearth.labels.label_file import LabelTable, projected, read_table
from mmearth.labels.label_pixels import (
    PolygonPixels,
    centres_inside,
    exclusive,
    meets,
    sample_pixels,
    to_pixels,
    without,
)
from mmearth.labels.label_problems import (
    INVALID,
    LISTED,
    OUTSIDE,
    SINGLE,
    SLIVER,
    UNLABELLED,
    Places,
    Problem,
    overlaps,
)
from mmearth.labels.label_values import (
    CLASSES,
    REGRESSION,
    chosen_field,
    found_task,
    is_ignored,
    is_negation,
    keys_of,
    numbers_of,
    split_negatives,
)
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo

__all__ = ["ClassInfo", "Labels", "PolygonPixels", "polygon_pixels", "read_labels", "sample_pixels"]

MOST_SINGLE_CLASSES = 20  # with more values than this and one polygon each, a field is a number, not a class


@dataclass(frozen=True)
class Labels:
    """Labelled polygons of one layer, in the CRS that was asked for.

    Attributes:
        geometries: One polygon or multi-polygon for each sample.
        values: Index of its class in `classes`, int64; of numbers, equal where the numbers are.
        classes: The classes that have polygons, by pixel value; none for a regression.
        field: Name of the label field.
        places: Feature ids and outlines in the layer's own CRS.
        negative: (P,) bool: the polygon is certainly not of that class.
        targets: (P,) numbers of a regression; empty for classes.
        ignored: Polygons of values that are no label.
        task_reason: Why the field is taken as classes or as numbers.
        notes: What the user should know; `polygon_pixels` adds to it.
        problems: What is wrong with single polygons; `polygon_pixels` adds to it.
    """

    geometries: list[Any]
    values: NDArray[np.int64]
    classes: tuple[ClassInfo, ...]
    field: str
    places: Places
    negative: NDArray[np.bool_]
    targets: NDArray[np.float64] = dataclasses.field(default_factory=lambda: np.empty(0))
    ignored: list[Any] = dataclasses.field(default_factory=list)
    task_reason: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    @property
    def fids(self) -> NDArray[np.integer]:
        """(P,) feature id of each polygon in its layer."""
        return self.places.fids

    @property
    def task(self) -> str:
        """ "classes" or "regression"."""
        return REGRESSION if len(self.targets) else CLASSES


def read_labels(
    path: str,
    layer: str,
    field: str,
    classes: Sequence[Mapping[str, Any]],
    crs: CRS,
    ignore: Sequence[str] = (),
    task: str = CLASSES,
) -> Labels:
    """Reads label polygons.

    Args:
        path: GeoPackage, GeoJSON, Shapefile or another vector format of GDAL.
        layer: Layer name; empty means the only layer with polygons.
        field: Label field; empty means the only sensible one.
        classes: {"value", "name", "color"} in order, each key optional; empty means the classes found.
        crs: CRS of the geometries returned.
        ignore: Values of the field that are no label.
        task: "classes", "regression", or "auto": decimal numbers mean regression.

    Raises:
        InputError: no such file, layer or field, no CRS, no polygon, fewer than two classes or different numbers, or a
            negative of a class that is not there.
    """
    table = read_table(path, layer)
    notes: list[str] = []
    without = int(np.count_nonzero(~table.usable & ~table.invalid))
    if without:
        notes.append(f"{_many(without, 'feature')} without a polygon ignored.")
    field = chosen_field(table.columns, field, task, table.name)
    column = np.asarray(table.columns[field])
    task, reason = found_task(column, field, task)
    raw = numbers_of(column, field, table.name).tolist() if task == REGRESSION else keys_of(column, field, table.name)
    labelled = np.array([value is not None and value == value for value in raw], bool)
    ignored = np.array([value is not None and is_ignored(value, ignore) for value in raw], bool)
    _note_unused(ignore, [value for value in raw if value is not None], field, notes)
    rows = np.flatnonzero(table.usable & labelled & ~ignored)
    if not len(rows):
        besides = " that is not to be ignored" if ignored.any() else ""
        raise InputError(
            f"Label layer '{table.name}' has no polygon with a value in field '{field}'{besides}.",
            "Fill in the field, save the layer, and choose the field and the values to ignore again.",
        )
    values: list[Any] = [raw[row] for row in rows]
    info: tuple[ClassInfo, ...] = ()
    negative, targets = np.zeros(len(rows), bool), np.empty(0)
    if task == REGRESSION:
        targets = np.array(values)
        indices = _different_numbers(targets, field, table.name)
    else:
        about, negative = split_negatives(values, field, table.name)
        columns = {f: [v[row] for row in rows[~negative]] for f, v in table.columns.items()}
        positive = [key for key, is_negative in zip(about, negative, strict=True) if not is_negative]
        info, own = classes_of(
            positive, columns, field, classes, notes, lambda text: is_ignored(text, ignore) or is_negation(text)
        )
        position = dict(zip(positive, own.tolist(), strict=True))
        indices = np.array([position[key] for key in about], np.int64)
        _require_classes(info, np.bincount(own), field, table, notes)
    places = Places(table.fids[rows], list(table.outlines[rows]), table.crs)
    moved = projected(table.outlines[np.flatnonzero(table.usable)], table.crs, crs, table.name)
    at = np.cumsum(table.usable) - 1
    labels = Labels(
        geometries=list(moved[at[rows]]),
        values=indices,
        classes=info,
        field=field,
        places=places,
        negative=negative,
        targets=targets,
        ignored=list(moved[at[np.flatnonzero(table.usable & ignored)]]),
        task_reason=reason,
        notes=notes,
    )
    labels.problems.extend([*_row_problems(table, labelled, field), *_label_problems(labels)])
    return labels


def polygon_pixels(labels: Labels, grid: Grid) -> list[PolygonPixels]:
    """Returns the pixels of each polygon that has any; what was left out is told in `labels.notes` and `.problems`.

    A pixel belongs to a polygon when its centre lies inside. Pixels claimed by polygons of different labels, or by one
    that is to be ignored, are dropped; those claimed twice by one class stay with the first polygon, so that no pixel
    is in two polygons. Memory does not grow with the raster: of a polygon with a bounding box above 4 million pixels a
    regular lattice is taken.

    Raises:
        InputError: no polygon has a pixel.
    """
    found, outside, between = [], [], []
    for index, geometry in enumerate(labels.geometries):
        in_pixels = to_pixels(geometry, grid)
        if not meets(in_pixels, (0, grid.height), (0, grid.width)):
            outside.append(index)
            continue
        pixels = centres_inside(index, in_pixels, grid)
        if len(pixels.rows):
            found.append(pixels)
        else:
            between.append(index)
    _require_any(labels, grid, found, outside, between)
    size, places = _pixel_size(grid), labels.places
    labels.problems.extend(
        places.problem(OUTSIDE, f"Polygon {places.fids[i]} lies outside the raster.", i) for i in outside
    )
    labels.problems.extend(
        places.problem(SLIVER, f"Polygon {places.fids[i]} holds no centre of a pixel of {size}.", i) for i in between
    )
    if labels.ignored:
        found, taken = without(found, labels.ignored, grid)
        if taken:
            labels.notes.append(f"{_many(taken, 'pixel')} of labelled polygons in polygons to be ignored left out.")
        if not found:
            raise InputError(
                "Every labelled pixel lies in a polygon that is to be ignored.", "Choose the values to ignore again."
            )
    return _one_polygon_each(labels, found, grid.width)


def _one_polygon_each(labels: Labels, found: Sequence[PolygonPixels], width: int) -> list[PolygonPixels]:
    kept, contested, twice = exclusive(found, labels.values, labels.negative, width)
    one, several = ("class", "classes") if labels.task == CLASSES else ("number", "numbers")
    if contested:
        labels.notes.append(
            f"{_many(contested, 'pixel')} inside polygons of different {several} left out; check for overlaps."
        )
    if twice:
        labels.notes.append(f"{_many(twice, 'pixel')} inside two polygons of one {one} counted once.")
    lost = sorted({p.polygon for p in found} - {p.polygon for p in kept})
    if lost:
        listed = ", ".join(str(labels.fids[i]) for i in lost[:LISTED]) + (", …" if len(lost) > LISTED else "")
        labels.notes.append(f"{_many(len(lost), 'polygon')} wholly under others left out (feature {listed}).")
    if not kept:
        raise InputError(
            f"Every labelled pixel lies in polygons of different {several}.", "Remove the overlap between the polygons."
        )
    return kept


def _note_unused(ignore: Sequence[str], values: Sequence[Any], field: str, notes: list[str]) -> None:
    unused = [text for text in ignore if not any(is_ignored(value, [text]) for value in set(values))]
    if unused:
        notes.append(f"To be ignored, but not in field '{field}': {', '.join(map(repr, unused))}.")


def _different_numbers(targets: NDArray[np.float64], field: str, name: str) -> NDArray[np.int64]:
    """Returns an index for each number, equal where the numbers are."""
    distinct, indices = np.unique(targets, return_inverse=True)
    if len(distinct) < 2:
        raise InputError(
            f"Label layer '{name}' has only one number in field '{field}': {distinct[0]:g}.",
            "Draw polygons with other numbers, or choose another field.",
        )
    return indices.astype(np.int64)


def _require_classes(
    info: tuple[ClassInfo, ...], counts: NDArray[np.integer], field: str, table: LabelTable, notes: list[str]
) -> None:
    if len(info) < 2:
        raise InputError(
            f"Label layer '{table.name}' has only one class in field '{field}': '{info[0].name}'.",
            "Draw polygons of at least one more class, or choose another class field.",
        )
    if (counts == 1).all() and len(info) > MOST_SINGLE_CLASSES:
        raise InputError(
            f"Field '{field}' of '{table.name}' has {len(info)} values for {len(info)} polygons: it numbers the "
            "polygons, it is not their class.",
            f"Choose the class field; the fields are {', '.join(table.columns)}.",
        )
    if (counts == 1).all() and len(info) > 2:
        notes.append(f"Every class of field '{field}' has one polygon: is it the class, or a number of each polygon?")


def _row_problems(table: LabelTable, labelled: NDArray[np.bool_], field: str) -> list[Problem]:
    places = Places(table.fids, list(table.outlines), table.crs)
    unlabelled = np.flatnonzero(table.usable & ~labelled).tolist()
    return [
        *(
            places.problem(INVALID, f"The outline of polygon {table.fids[row]} was repaired; it crosses itself.", row)
            for row in np.flatnonzero(table.usable & table.invalid).tolist()
        ),
        *(
            places.problem(UNLABELLED, f"Polygon {table.fids[row]} has no value in field '{field}'; left out.", row)
            for row in unlabelled
        ),
    ]


def _label_problems(labels: Labels) -> list[Problem]:
    problems = overlaps(labels.places, labels.values, labels.negative, _caller(labels))
    positive = np.flatnonzero(~labels.negative)
    counts = np.bincount(labels.values[positive], minlength=len(labels.classes))
    if labels.classes and ((counts > 1).any() or len(labels.classes) == 2):
        for number in np.flatnonzero(counts == 1):
            (polygon,) = positive[labels.values[positive] == number]
            message = (
                f"Class '{labels.classes[number].name}' has 1 polygon: its score cannot be known; draw at least 2 "
                "(5 are better)."
            )
            problems.append(labels.places.problem(SINGLE, message, polygon))
    return problems


def _caller(labels: Labels) -> Callable[[int], str]:
    def called(polygon: int) -> str:
        if labels.task == REGRESSION:
            return f"{labels.targets[polygon]:g}"
        name = labels.classes[labels.values[polygon]].name
        return f"not {name}" if labels.negative[polygon] else name

    return called


def _require_any(
    labels: Labels, grid: Grid, found: Sequence[PolygonPixels], outside: Sequence[int], between: Sequence[int]
) -> None:
    if found:
        return
    if not between:
        extent = shapely.total_bounds(labels.geometries)
        raise InputError(
            f"All {len(outside)} label polygons lie outside the raster: they cover {_spoken(extent)}, "
            f"the raster covers {_spoken(grid.bounds)} (left, bottom, right, top in {grid.crs.to_string()}).",
            "Draw polygons on the raster, or check the coordinate reference system of both layers.",
        )
    raise InputError(
        f"None of the {len(between)} label polygons on the raster holds the centre of a pixel; "
        f"a pixel is {_pixel_size(grid)}.",
        "Draw polygons that cover several pixels.",
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _spoken(bounds: Sequence[float] | NDArray[np.floating]) -> str:
    return "({})".format(", ".join(f"{value:.6g}" for value in bounds))


def _pixel_size(grid: Grid) -> str:
    unit = "degrees" if grid.crs.is_geographic else grid.crs.linear_units
    return f"{abs(grid.transform.a):g} × {abs(grid.transform.e):g} {unit}"
