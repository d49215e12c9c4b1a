"""The verb `predict`: a scene and a model become a map, its uncertainty, classified parcels and polygons."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth import protocol
from mmearth.classifiers.temperature import apply_temperature
from mmearth.cog import check_output, write_class_table, write_text
from mmearth.errors import InputError
from mmearth.mapping.code_scores import channels_alone, fold_codes, open_codes
from mmearth.mapping.compatibility import check_kind, require, weights_of
from mmearth.mapping.map_job import Made, MapJob, outputs_of
from mmearth.mapping.map_outputs import Piece, TileValues, class_rasters, value_rasters
from mmearth.mapping.map_run import MapRun, Tile
from mmearth.mapping.model_file import REGRESSION, Model
from mmearth.mapping.pixel_source import PixelSources
from mmearth.mapping.polygons import PolygonOptions, write_polygons
from mmearth.mapping.recipe_features import LAST_STAGE, grown, inside
from mmearth.models.heads import Pooled
from mmearth.progress import Report
from mmearth.scenes.extent import inside_mask, read_mask, window_of
from mmearth.scenes.plan import Unit
from mmearth.styles import class_polygons_style_qml, value_polygons_style_qml
from mmearth.tuning.tuned_map import check_layer_request, map_tuned
from mmearth.tuning.tuned_model import POLYGON, TunedModel, load_any
from mmearth.tuning.tuned_scores import stages_of

TILE_PX = 512
MOST_CLASSES = 20  # with more of them, tiles are smaller, so that memory hardly grows with the number of classes
NOT_OF_VALUES = ("confidence", "probabilities", "margin", "entropy", "vector")
VALUES = 3  # of a regression: value, low, high
OTHER_PRECISION = (
    "The model was trained on features in {trained}; this map takes them in {now}. What differs is the encoder's "
    "rounding: pixels that lie between two classes may fall to the other."
)


def run(request: protocol.PredictRequest, report: Report) -> dict[str, Any]:
    """Maps a scene.

    What is done stays on the disk until the map is whole; the same request goes on there after a cancel or a crash.

    Args:
        request: See `protocol.PredictRequest`. With a tuned network that classifies polygons or scenes, `out` is the
            layer (.gpkg) of `parcels`, or of the scene's outline, with their classes; it gives no rasters.
        report: Told after every tile; cancels between layers.

    Returns:
        out, style, classes (none of a regression), mapping, units, precomputed, warnings, seconds; of each further
        output that was asked for its path, and `<output>_style`; both are empty for the others.

    Raises:
        InputError: scene, extent, mask or parcels do not serve, or the scene is not of the kind that the model was
            trained on: other bands, another embedding.
        CheckpointError: the model or its weights do not serve.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    model = load_any(request.model)
    styles = _check_outputs(request, model)
    _check_offered(request, model)
    check_kind(request.scene, model)
    load = (lambda: weights_of(model)) if isinstance(model, TunedModel) or model.weights_sha256 else None
    stages = stages_of(model) if isinstance(model, TunedModel) else tuple(range(LAST_STAGE + 1))
    sources = PixelSources(
        request.bands, request.units, load, request.device, report.check, request.layers, stages, request.precision
    )
    with sources.open(request.scene) as scene:
        warnings = [*scene.warnings, *require(model, scene)]
        for warning in warnings:
            report.log(warning, "warning")
        trained = model.precision if isinstance(model, Model) else ""
        if trained and trained != sources.precision:
            report.log(OTHER_PRECISION.format(trained=trained, now=sources.precision), "info")
        window = window_of(scene.grid, request.bounds, scene.name)
        job = MapJob(request, model, sources, scene, window, read_mask(request.mask, scene.grid), report, styles)
        rows = map_tuned(job, model) if isinstance(model, TunedModel) else _map_few_shot(job, model)
        reading = scene.reading
    if rows and not _gives_layer(model):
        write_class_table(request.out, rows, max(info.value for info in model.classes) + 1)
    if request.vector:
        options = PolygonOptions(request.sieve_px, request.min_area_m2, request.simplify_px)
        write_polygons(request.out, request.vector, model.classes, request.confidence or None, report, options)
        write_text(Path(styles["vector"]), class_polygons_style_qml(model.classes, "class_value"))
    outputs = {key: path for key, path in outputs_of(request).items() if key != "out"}
    return {
        "out": request.out,
        "style": styles["out"],
        **outputs,
        **{f"{key}_style": styles.get(key, "") for key in outputs},
        "classes": rows,
        **reading,
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _check_outputs(request: protocol.PredictRequest, model: Model | TunedModel) -> dict[str, str]:
    """Refuses outputs that could not be written; returns the path of the style of each that is wanted."""
    layer = _gives_layer(model)
    if isinstance(model, TunedModel) and layer:
        check_layer_request(request, polygons=model.unit == POLYGON)
    elif bool(request.parcels) != bool(request.parcels_out):
        missing = "file for the classified parcels" if request.parcels else "layer of parcels"
        raise InputError(f"A {missing} is wanted as well.", "Give both the layer and the file, or neither.")
    wanted = {key: path for key, path in outputs_of(request).items() if path}
    for key, path in wanted.items():
        check_output(path, (".gpkg",) if layer or key in ("vector", "parcels") else (".tif", ".tiff"))
    named = [path for path in (request.scene, request.parcels.partition("|")[0], *wanted.values()) if path]
    if len({str(Path(path).resolve()) for path in named}) < len(named):
        raise InputError("Two of the files have the same name.", "Give the scene and every output their own.")
    styles: dict[str, str] = {}
    for key, path in wanted.items():
        usual = str(Path(path).with_suffix(".qml"))
        # Where map.tif and map.gpkg lie side by side, QGIS would take the style of one for both.
        styles[key] = usual if usual not in styles.values() else path + ".qml"
    return styles


def _gives_layer(model: Model | TunedModel) -> bool:
    return isinstance(model, TunedModel) and not model.gives_raster


def _check_offered(request: protocol.PredictRequest, model: Model | TunedModel) -> None:
    """Refuses outputs that the model cannot give."""
    if isinstance(model, TunedModel):
        lacking: tuple[str, ...] = ("interval", "distance")
    else:
        lacking = NOT_OF_VALUES if model.task == REGRESSION else ("interval",)
    asked = [key for key in lacking if getattr(request, key)]
    if asked:
        kind = "estimates numbers" if model.task == REGRESSION else "tells classes apart"
        names = ", ".join("polygons" if key == "vector" else key for key in asked)
        raise InputError(f"The model {kind}: there is no such output as {names}.", "Leave it out.")
    if isinstance(model, TunedModel):
        return
    head, nowhere = model.head, np.zeros((1, len(model.features.mean)), np.float32)
    if request.interval and hasattr(head, "estimates") and not np.isfinite(head.estimates(nowhere)).all():
        raise InputError(
            "The model does not know its interval: it was trained on too few polygons to measure one.",
            "Leave the interval out, or train on more polygons.",
        )
    if request.distance and model.novelty is None:
        raise InputError(
            "The model does not know how far a pixel lies from anything labelled.",
            "Train the model again, or leave the distance out.",
        )


def _map_few_shot(job: MapJob, model: Model) -> list[dict[str, Any]]:
    """Makes the map of a few-shot model; returns the rows of its classes, none of a regression."""
    request, scene = job.request, job.scene
    regression = model.task == REGRESSION
    provenance = {
        "model": model.weights_name,
        "weights_sha256": model.weights_sha256,
        "embedding": None if scene.embedding is None else asdict(scene.embedding),
        "layers": list(model.layers),
        **job.provenance(),
    }
    keys, grid = job.raster_keys, scene.grid.crop(job.window)
    if regression:
        rasters = value_rasters(keys, model.field, _value_range(model), grid, provenance)
    else:
        rasters = class_rasters(keys, model.classes, grid, provenance)
    # With many classes tiles are smaller, so that memory hardly grows with their number.
    tile_px = TILE_PX if len(model.classes) <= MOST_CLASSES else TILE_PX // 2
    making = job.making(rasters, grid, job.strips(job.window, tile_px, 1), VALUES if regression else 0)
    heads = (model.head, model.novelty) if request.distance else (model.head,)
    with contextlib.ExitStack() as stack:
        pooled = [head for head in heads if isinstance(head, Pooled)]
        reader = None
        if scene.embedding is not None and len(pooled) == len(heads) and channels_alone(model.features):
            reader = stack.enter_context(open_codes(request.scene))
        if reader is not None:
            scores_of = fold_codes(model.features, pooled, reader.scales, reader.offsets)
            read = ((unit, *reader.read(unit.window)) for unit in making.units.values())
            made = ((unit, _few_shot_tile(job, model, making, unit, scores_of(c), v)) for unit, c, v in read)
            stack.enter_context(making.written_directly(made))
        else:
            store, done = job.opened_store(making, tile_px)
            made = stack.enter_context(contextlib.closing(_few_shot_tiles(job, model, making, heads, done)))
            stack.enter_context(making.written(store, done, made))
        parcels = making.totals.parcels
        if parcels is not None and regression:
            parcels.write_values(request.parcels_out)
        elif parcels is not None:
            parcels.write_classes(model.classes, request.parcels_out)
    job.write_styles(making)
    if parcels is not None and regression:
        style = value_polygons_style_qml(_value_range(model), parcels.field("mean"))
        write_text(Path(job.styles["parcels"]), style)
    elif parcels is not None:
        job.write_class_style("parcels", parcels)
    return [] if regression else job.class_rows(making.totals)


def _value_range(model: Model) -> tuple[float, float]:
    return float(model.scores["target_min"]), float(model.scores["target_max"])


def _few_shot_tiles(job: MapJob, model: Model, making: MapRun, heads: tuple[Any, ...], done: set[int]) -> Made:
    """Yields the units that are not done, with their tiles."""
    for unit, features in job.streamed(making, done, grown):
        valid = inside(features.valid)
        none = np.empty((0, *valid.shape), np.float32)
        scores = model.features.scores(features, *heads) if valid.any() else none
        del features
        yield unit, _few_shot_tile(job, model, making, unit, scores, valid)


def _few_shot_tile(
    job: MapJob, model: Model, making: MapRun, unit: Unit, scores: np.ndarray, valid: NDArray[np.bool_]
) -> Tile:
    """Returns a unit's tile from what a model says of its pixels, (M, rows, cols), and where that is valid."""
    wanted = inside_mask(job.mask, job.scene.grid, unit.window)
    valid = valid if wanted is None else valid & wanted
    values = _tile_values(scores, valid, model) if valid.any() else None
    rows, cols = (slice(0, size) for size in valid.shape)
    return making.tile(unit, [Piece(rows, cols, values, valid)])


def _tile_values(scores: np.ndarray, valid: NDArray[np.bool_], model: Model) -> TileValues:
    flat = scores.reshape(len(scores), -1) if valid.all() else scores[:, valid]
    count = VALUES if model.task == REGRESSION else len(model.classes)
    own, distance = flat[:count], flat[count:].ravel()
    return TileValues(own if model.task == REGRESSION else apply_temperature(own, model.temperature, 0), distance)
