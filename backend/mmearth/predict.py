"""The verb `predict`: a scene and a model become a map, its uncertainty, classified parcels and polygons."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth import protocol
from mmearth.classifiers.temperature import apply_temperature
from mmearth.cog import check_output, cog_writer, write_class_table, write_text
from mmearth.errors import InputError
from mmearth.mapping.code_scores import channels_alone, fold_codes, open_codes
from mmearth.mapping.compatibility import check_kind, require, weights_of
from mmearth.mapping.map_outputs import MapRaster, TileValues, class_rasters, value_rasters
from mmearth.mapping.model_file import REGRESSION, Model, load_model
from mmearth.mapping.parcels import Parcels, read_parcels
from mmearth.mapping.pixel_source import PixelSource, PixelSources
from mmearth.mapping.polygons import PolygonOptions, write_polygons
from mmearth.mapping.recipe_features import grown, inside
from mmearth.models.heads import Pooled
from mmearth.progress import Report
from mmearth.scenes.extent import inside_mask, read_mask, touches_mask, window_of
from mmearth.scenes.plan import Unit, plan
from mmearth.styles import class_polygons_style_qml, value_polygons_style_qml

TILE_PX = 512
MOST_CLASSES = 20  # with more of them, tiles are smaller, so that memory hardly grows with the number of classes
RASTERS = ("confidence", "probabilities", "margin", "entropy", "distance", "interval")  # beside the map itself
NOT_OF_VALUES = ("confidence", "probabilities", "margin", "entropy", "vector")
VALUES = 3  # of a regression: value, low, high


def run(request: protocol.PredictRequest, report: Report) -> dict[str, Any]:
    """Maps a scene.

    Args:
        request: See `protocol.PredictRequest`.
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
    styles = _check_outputs(request)
    model = load_model(request.model)
    _check_offered(request, model)
    check_kind(request.scene, model)
    load = (lambda: weights_of(model)) if model.weights_sha256 else None
    sources = PixelSources(request.bands, request.units, load, request.device, report.check, request.layers)
    with sources.open(request.scene) as scene:
        warnings = [*scene.warnings, *require(model, scene)]
        for warning in warnings:
            report.log(warning, "warning")
        window = window_of(scene.grid, request.bounds, scene.name)
        rasters = _rasters(request, scene, model, window)
        parcels = None
        if request.parcels:
            count = VALUES if model.task == REGRESSION else len(model.classes)
            parcels = read_parcels(request.parcels, request.parcels_layer, scene.grid.crs, count)
        pixels, area_m2 = _map(request, report, scene, model, window, rasters, parcels)
        reading = scene.reading
    rows = _class_rows(model, pixels, area_m2) if model.task != REGRESSION else []
    for raster in rasters:
        write_text(Path(styles[raster.key]), raster.style)
    if parcels is not None:
        write_text(Path(styles["parcels"]), _parcels_style(parcels, model))
    if rows:
        write_class_table(request.out, rows, max(info.value for info in model.classes) + 1)
    if request.vector:
        options = PolygonOptions(request.sieve_px, request.min_area_m2, request.simplify_px)
        write_polygons(request.out, request.vector, model.classes, request.confidence or None, report, options)
        write_text(Path(styles["vector"]), class_polygons_style_qml(model.classes, "class_value"))
    outputs = {key: path for key, path in _outputs(request).items() if key != "out"}
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


def _outputs(request: protocol.PredictRequest) -> dict[str, str]:
    """Returns the path of every output, empty where it is not wanted, by its key in the result."""
    rasters = {key: str(getattr(request, key)) for key in ("out", *RASTERS)}
    return {**rasters, "vector": request.vector, "parcels": request.parcels_out}


def _check_outputs(request: protocol.PredictRequest) -> dict[str, str]:
    """Refuses outputs that could not be written; returns the path of the style of each that is wanted."""
    if bool(request.parcels) != bool(request.parcels_out):
        missing = "file for the classified parcels" if request.parcels else "layer of parcels"
        raise InputError(f"A {missing} is wanted as well.", "Give both the layer and the file, or neither.")
    wanted = {key: path for key, path in _outputs(request).items() if path}
    for key, path in wanted.items():
        check_output(path, (".gpkg",) if key in ("vector", "parcels") else (".tif", ".tiff"))
    named = [path for path in (request.scene, request.parcels.partition("|")[0], *wanted.values()) if path]
    if len({str(Path(path).resolve()) for path in named}) < len(named):
        raise InputError("Two of the files have the same name.", "Give the scene and every output their own.")
    styles: dict[str, str] = {}
    for key, path in wanted.items():
        usual = str(Path(path).with_suffix(".qml"))
        # Where map.tif and map.gpkg lie side by side, QGIS would take the style of one for both.
        styles[key] = usual if usual not in styles.values() else path + ".qml"
    return styles


def _check_offered(request: protocol.PredictRequest, model: Model) -> None:
    """Refuses outputs that the model cannot give."""
    lacking = NOT_OF_VALUES if model.task == REGRESSION else ("interval",)
    asked = [key for key in lacking if getattr(request, key)]
    if asked:
        kind = "estimates numbers" if model.task == REGRESSION else "tells classes apart"
        names = ", ".join("polygons" if key == "vector" else key for key in asked)
        raise InputError(f"The model {kind}: there is no such output as {names}.", "Leave it out.")
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


def _rasters(request: protocol.PredictRequest, scene: PixelSource, model: Model, window: Window) -> list[MapRaster]:
    """Returns the rasters that are wanted, the map first."""
    provenance = {
        "model": model.weights_name,
        "weights_sha256": model.weights_sha256,
        "embedding": None if scene.embedding is None else asdict(scene.embedding),
        "bands": scene.reading["mapping"],
        "layers": list(model.layers),
        "units": scene.units,
        "source": scene.name,
        "task": model.task,
        "field": model.field,
        "classes": {str(info.value): info.name for info in model.classes},
        "temperature": model.temperature,
        "scores": model.scores,
        "version": protocol.BACKEND_VERSION,
    }
    keys, grid = [key for key in RASTERS if getattr(request, key)], scene.grid.crop(window)
    if model.task == REGRESSION:
        return value_rasters(keys, model.field, _value_range(model), grid, provenance)
    return class_rasters(keys, model.classes, grid, provenance)


def _value_range(model: Model) -> tuple[float, float]:
    return float(model.scores["target_min"]), float(model.scores["target_max"])


def _map(
    request: protocol.PredictRequest,
    report: Report,
    scene: PixelSource,
    model: Model,
    window: Window,
    rasters: list[MapRaster],
    parcels: Parcels | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Writes rasters and parcels in one pass; returns pixels and square metres of each class, or of all values."""
    mask = read_mask(request.mask, scene.grid)
    count = max(1, len(model.classes))
    pixels, area_m2 = np.zeros(count, np.int64), np.zeros(count)
    done = 0.0
    report.progress("Mapping", 0, 1)
    with contextlib.ExitStack() as stack:
        # The map is published last: where it stands, everything else stands.
        writers = [
            stack.enter_context(cog_writer(getattr(request, raster.key), raster.layout, report)) for raster in rasters
        ]
        # Tiles that no polygon of the mask meets are neither read nor written, and come out as nodata.
        tile_px = TILE_PX if len(model.classes) <= MOST_CLASSES else TILE_PX // 2
        strips = plan(window, tile_px, 1, scene.strip_px, lambda part: touches_mask(mask, scene.grid, part))
        total = float(max(1, sum(unit.pixels for strip in strips for unit in strip)))
        with contextlib.closing(_scored(request, scene, model, strips)) as scored:
            for unit, scores, valid in scored:
                wanted, grid = inside_mask(mask, scene.grid, unit.window), scene.grid.crop(unit.window)
                valid = valid if wanted is None else valid & wanted
                tile = _tile_values(scores, valid, model) if valid.any() else None
                for raster, writer in zip(rasters, writers, strict=True):
                    writer.write(raster.tile(tile, valid), unit.cells)
                if tile is not None:
                    winner = tile.winner if model.classes else np.zeros(len(tile.winner), np.int64)
                    pixels += np.bincount(winner, minlength=count)
                    row_area_m2 = np.repeat(grid.pixel_areas_m2(), np.count_nonzero(valid, axis=1))
                    area_m2 += np.bincount(winner, row_area_m2, count)
                    if parcels is not None:
                        parcels.add(tile.scores, valid, grid)
                done += unit.pixels
                report.progress("Mapping", done, total)
        if not pixels.any():
            raise InputError(
                f"'{scene.name}' holds no valid pixel in this extent: all of it is nodata.",
                "Choose another extent or scene, or check the layer's nodata value.",
            )
        if parcels is not None and model.task == REGRESSION:
            parcels.write_values(request.parcels_out)
        elif parcels is not None:
            parcels.write_classes(model.classes, request.parcels_out)
    return pixels, area_m2


def _scored(
    request: protocol.PredictRequest, scene: PixelSource, model: Model, strips: list[list[Unit]]
) -> Generator[tuple[Unit, np.ndarray, NDArray[np.bool_]]]:
    """Yields units with what the model says of them, (M, rows, cols), and where that is valid; M = 0 where nowhere."""
    heads = (model.head, model.novelty) if request.distance else (model.head,)
    pooled = [head for head in heads if isinstance(head, Pooled)]
    if scene.embedding is not None and len(pooled) == len(heads) and channels_alone(model.features):
        with open_codes(request.scene) as reader:
            if reader is not None:
                scores_of = fold_codes(model.features, pooled, reader.scales, reader.offsets)
                for unit in itertools.chain.from_iterable(strips):
                    codes, valid = reader.read(unit.window)
                    yield unit, scores_of(codes), valid
                return
    for strip in strips:
        windows = [grown(unit.window) for unit in strip]
        with contextlib.closing(scene.stream(windows)) as stream:  # type: ignore[type-var]
            for unit, features in zip(strip, stream, strict=True):
                valid = inside(features.valid)
                none = np.empty((0, *valid.shape), np.float32)
                yield unit, model.features.scores(features, *heads) if valid.any() else none, valid


def _tile_values(scores: np.ndarray, valid: NDArray[np.bool_], model: Model) -> TileValues:
    flat = scores.reshape(len(scores), -1) if valid.all() else scores[:, valid]
    count = VALUES if model.task == REGRESSION else len(model.classes)
    own, distance = flat[:count], flat[count:].ravel()
    return TileValues(own if model.task == REGRESSION else apply_temperature(own, model.temperature, 0), distance)


def _parcels_style(parcels: Parcels, model: Model) -> str:
    if model.task == REGRESSION:
        return value_polygons_style_qml(_value_range(model), parcels.field("mean"))
    return class_polygons_style_qml(model.classes, parcels.field("class_value"))


def _class_rows(model: Model, pixels: NDArray[np.int64], area_m2: NDArray[np.float64]) -> list[dict[str, Any]]:
    return [
        {"value": info.value, "name": info.name, "color": info.color, "pixels": int(n), "area_m2": float(round(a, 1))}
        for info, n, a in zip(model.classes, pixels, area_m2, strict=True)
    ]
