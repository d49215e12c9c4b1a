"""The verb `suggest`: looks at windows spread over a scene and says where a polygon would teach a model most."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from rasterio.errors import WindowError
from rasterio.windows import Window

from mmearth import protocol
from mmearth.classifiers.temperature import apply_temperature
from mmearth.cog import check_output
from mmearth.errors import InputError
from mmearth.mapping.compatibility import check_kind, require, weights_of
from mmearth.mapping.few_shot_samples import READING, spread_windows
from mmearth.mapping.model_file import REGRESSION, Model, load_model
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.mapping.recipe_features import HALO_PX, grown, inside
from mmearth.mapping.suggestion_layer import style_path, write_points
from mmearth.mapping.suggestions import (
    APART_PX,
    CLEAR_PX,
    NEIGHBOUR_PX,
    Candidates,
    choose_points,
    homogeneity,
    neighbours,
)
from mmearth.progress import Report
from mmearth.scenes.extent import inside_mask, read_mask, touches_mask, window_of
from mmearth.scenes.raster import Grid
from mmearth.vector_tables import VectorTable, read_table

WINDOWS, CANDIDATES = 48, 4000  # looked at in all: what is kept in memory does not depend on the size of the scene
TRIES = 4  # windows looked for for each one wanted, as some lie outside the mask or hold no data
FEWER = (
    "{found} of {wanted} points were found: points lie at least {apart} pixels from each other and {clear} from "
    "polygons, and the area is too small for more."
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Area:
    """Where points may lie: a window of the scene, polygons to stay in (None: anywhere) and polygons to stay out of."""

    window: Window
    mask: np.ndarray | None
    labelled: np.ndarray | None


@dataclass(frozen=True)
class Looked:
    """Candidates of a window, or of all: places in the scene, features, homogeneity, and estimates or probabilities."""

    rows: NDArray[np.integer]
    cols: NDArray[np.integer]
    features: NDArray[np.floating]
    homogeneity: NDArray[np.floating]
    scores: NDArray[np.floating]


def run(request: protocol.SuggestRequest, report: Report) -> dict[str, Any]:
    """Writes a layer of points with reasons.

    Args:
        request: See `protocol.SuggestRequest`.
        report: Told after every window; cancels between layers.

    Returns:
        out, style, points (how many), reasons (how many of each), warnings, seconds.

    Raises:
        InputError: scene, extent, mask or labels do not serve, or the scene does not suit the model.
        CheckpointError: the model or its weights do not serve.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    check_output(request.out, (".gpkg",))
    if request.count < 1:
        raise InputError(f"{request.count} points are wanted.", "Ask for at least one.")
    model = load_model(request.model)
    check_kind(request.scene, model)
    load = (lambda: weights_of(model)) if model.weights_sha256 else None
    sources = PixelSources(
        request.bands, request.units, load, request.device, report.check, request.layers, precision=request.precision
    )
    with sources.open(request.scene) as scene:
        warnings = [*scene.warnings, *require(model, scene)]
        table = _read_labels(request)
        area = _area(request, scene, table)
        looked = _look(scene, model, area, request.seed, report)
        if looked is None:
            raise InputError(
                f"'{scene.name}' holds no pixel with data that could be labelled in this extent.",
                "Choose another extent or mask; existing polygons and what lies around them do not count.",
            )
        report.progress("Choosing points", 0, 1)
        regression = model.task == REGRESSION
        candidates = Candidates(
            rows=looked.rows,
            cols=looked.cols,
            features=_compared(model, looked.features),
            homogeneity=looked.homogeneity,
            probabilities=None if regression else looked.scores,
            distance=None if model.novelty is None else model.novelty.distances(looked.features),
        )
        polygons = None if regression else polygons_per_class(table, model)
        choices = choose_points(candidates, request.count, polygons)
        write_points(request.out, scene.grid, candidates, choices, model.classes, looked.scores if regression else None)
    if len(choices) < request.count:
        warnings.append(FEWER.format(found=len(choices), wanted=request.count, apart=APART_PX, clear=CLEAR_PX))
    warnings = list(dict.fromkeys(warnings))
    for warning in warnings:
        report.log(warning, "warning")
    kinds = [choice.reason for choice in choices]
    return {
        "out": request.out,
        "style": str(style_path(request.out)),
        "points": len(choices),
        "reasons": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _compared(model: Model, features: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns features x in the space that distances to labelled polygons are taken in, where the model has one."""
    if model.novelty is None:
        return features
    weight, bias = model.novelty.linear()
    projected: NDArray[np.floating] = features @ weight.T + bias
    return projected


def _read_labels(request: protocol.SuggestRequest) -> VectorTable | None:
    if not request.labels:
        return None
    return read_table(request.labels + (f"|layername={request.labels_layer}" if request.labels_layer else ""))


def polygons_per_class(table: VectorTable | None, model: Model) -> NDArray[np.int64] | None:
    """Returns (K,) polygons of each class of the model; None where the layer does not tell."""
    if table is None or model.field not in table.attributes.column_names:
        return None
    column = table.attributes.column(model.field)
    values = [str(value).strip() for value in column.to_pylist() if value is not None]
    if pa.types.is_floating(column.type):  # whole numbers in a column that holds fractions
        values = [value.removesuffix(".0") for value in values]
    return np.array([sum(value in (str(info.value), info.name) for value in values) for info in model.classes])


def _area(request: protocol.SuggestRequest, scene: PixelSource, table: VectorTable | None) -> Area:
    grid = scene.grid
    window = window_of(grid, request.bounds, scene.name)
    mask = read_mask(request.mask, grid)
    if mask is not None:  # a small mask in a large scene must not be missed by the windows
        left, bottom, right, top = shapely.total_bounds(mask)
        masked = window_of(grid, (left, bottom, right, top), scene.name)
        try:
            window = window.intersection(masked)
        except WindowError as error:
            raise InputError(
                "The mask lies outside the extent.",
                "Choose an extent that overlaps the mask, or leave one of them out.",
            ) from error
    labelled = None
    if table is not None:
        shapes = table.shapes_in(grid.crs)
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        side = max(abs(grid.transform.a), abs(grid.transform.e))
        labelled = shapely.buffer(shapely.make_valid(shapes), CLEAR_PX * side)
    return Area(window, mask, labelled)


def _look(scene: PixelSource, model: Model, area: Area, seed: int, report: Report) -> Looked | None:
    """Draws candidates from windows that lie evenly over the area; None where none of them holds data."""
    rng = np.random.default_rng(seed)
    part = scene.grid.crop(area.window)
    windows = [
        Window(w.col_off + area.window.col_off, w.row_off + area.window.row_off, w.width, w.height)
        for w in spread_windows(part, WINDOWS * TRIES, rng)
    ]
    windows = [window for window in windows if touches_mask(area.mask, scene.grid, window)]
    wanted = min(WINDOWS, len(windows))
    found: list[Looked] = []
    for window in windows:
        report.progress(READING, len(found), wanted)
        looked = _look_at(scene, model, area, window, CANDIDATES // wanted, rng)
        if looked is not None:
            found.append(looked)
        if len(found) == wanted:
            break
    if not found:
        return None
    return Looked(*(np.concatenate([getattr(one, name) for one in found]) for name in Looked.__dataclass_fields__))


def _look_at(
    scene: PixelSource, model: Model, area: Area, window: Window, count: int, rng: np.random.Generator
) -> Looked | None:
    allowed = _allowed(scene.grid, area, window)
    if not allowed.any():
        return None
    wider = Window(
        window.col_off - NEIGHBOUR_PX,
        window.row_off - NEIGHBOUR_PX,
        window.width + 2 * NEIGHBOUR_PX,
        window.height + 2 * NEIGHBOUR_PX,
    )
    features = scene.features(grown(wider))
    valid = inside(features.valid)
    middle = slice(NEIGHBOUR_PX, -NEIGHBOUR_PX)
    places = np.argwhere(allowed & valid[middle, middle])
    if not len(places):
        return None
    rows, cols = places[np.sort(rng.permutation(len(places))[:count])].T
    around = neighbours(rows + NEIGHBOUR_PX, cols + NEIGHBOUR_PX)  # in `valid`
    x = model.features.at(features, around[0].ravel() + HALO_PX, around[1].ravel() + HALO_PX)
    nearby = x.reshape(*around.shape[1:], -1)
    head = model.head
    alike: NDArray[np.floating] = np.ones(len(rows))
    if hasattr(head, "probabilities"):
        probabilities = head.probabilities(x)
        predicted = probabilities.argmax(axis=1).reshape(around.shape[1:])
        alike = homogeneity(predicted, valid[around[0], around[1]])
        own = probabilities.reshape(*around.shape[1:], -1)[:, 0]
        scores = apply_temperature(own, model.temperature, axis=1)
    else:
        scores = head.estimates(nearby[:, 0])
    return Looked(rows + int(window.row_off), cols + int(window.col_off), nearby[:, 0], alike, scores)


def _allowed(grid: Grid, area: Area, window: Window) -> Mask:
    """Returns (rows, cols): inside the mask, and away from polygons."""
    allowed = np.ones((int(window.height), int(window.width)), bool)
    wanted, taken = inside_mask(area.mask, grid, window), inside_mask(area.labelled, grid, window)
    if wanted is not None:
        allowed &= wanted
    if taken is not None:
        allowed &= ~taken
    return allowed
