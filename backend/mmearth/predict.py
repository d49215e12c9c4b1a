"""The verb `predict`: a scene and a model folder become a class map, its confidence and, if wanted, polygons."""

import contextlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from mmearth import protocol
from mmearth.checkpoints import Weights, load_weights
from mmearth.cog import Layout, check_output, cog_writer, rgb, write_class_table, write_text
from mmearth.errors import CheckpointError, InputError
from mmearth.extent import inside_mask, read_mask, touches_mask, window_of
from mmearth.model_folder import Model, load_model
from mmearth.pixel_source import PixelSource, PixelSources
from mmearth.plan import plan
from mmearth.polygons import write_polygons
from mmearth.precomputed import not_an_embedding, recognise
from mmearth.progress import Report
from mmearth.raster import Grid
from mmearth.recipe_features import grown, inside
from mmearth.styles import class_style_qml, confidence_style_qml

TILE_PX = 512
MOST_CLASSES = 20  # with more of them, tiles are smaller, so that memory hardly grows with the number of classes
CONFIDENCE_NODATA = 255  # confidence is 0 to 100 percent


def run(request: protocol.PredictRequest, report: Report) -> dict[str, Any]:
    """Maps a scene.

    Args:
        request: See `protocol.PredictRequest`.
        report: Told after every tile; cancels between layers.

    Returns:
        out, style, confidence, confidence_style, vector, classes, mapping, units, precomputed, warnings, seconds.

    Raises:
        InputError: scene, extent or mask do not serve, or the scene is not of the kind that the model was trained
            on: other bands, another embedding.
        CheckpointError: the model folder or its weights do not serve.
        ResourceError: disk or device.
    """
    started_s = time.monotonic()
    _check_outputs(request)
    model = load_model(request.model)
    _check_kind(request.scene, model)
    load = (lambda: _weights_of(model)) if model.weights_sha256 else None
    sources = PixelSources(request.bands, request.units, load, request.device, report.check)
    with sources.open(request.scene) as scene:
        _check_bands(scene, model)
        warnings = list(scene.warnings)
        if scene.units != model.units:
            warnings.append(f"The model was trained on {model.units}; '{scene.name}' is read as {scene.units}.")
        for warning in warnings:
            report.log(warning, "warning")
        window = window_of(scene.grid, request.bounds, scene.name)
        pixels, area_m2 = _map(request, report, scene, model, window)
        rows = [
            {
                "value": info.value,
                "name": info.name,
                "color": info.color,
                "pixels": int(n),
                "area_m2": float(round(a, 1)),
            }
            for info, n, a in zip(model.classes, pixels, area_m2, strict=True)
        ]
        reading = scene.reading
    _, nodata = class_storage([info.value for info in model.classes])
    style, confidence_style = _write_sidecars(request, rows, model, nodata)
    if request.vector:
        write_polygons(request.out, request.vector, model.classes, request.confidence or None, report)
    return {
        "out": request.out,
        "style": style,
        "confidence": request.confidence,
        "confidence_style": confidence_style,
        "vector": request.vector,
        "classes": rows,
        **reading,
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def class_storage(values: list[int]) -> tuple[str, int]:
    """Returns (data type, nodata) for class values: the smallest type that holds them and a nodata value.

    Nodata is 0 unless a class has that value; then it is the type's largest value.
    """
    for dtype, largest in (("uint8", 255), ("uint16", 65535)):
        if 0 not in values and max(values) <= largest:
            return dtype, 0
        if 0 in values and max(values) < largest:
            return dtype, largest
    return "int32", 0 if 0 not in values else -1


def _check_outputs(request: protocol.PredictRequest) -> None:
    check_output(request.out)
    if request.confidence:
        check_output(request.confidence)
    if request.vector:
        check_output(request.vector, (".gpkg",))
    named = [path for path in (request.scene, request.out, request.confidence, request.vector) if path]
    if len({str(Path(path).resolve()) for path in named}) < len(named):
        raise InputError("Two of the files have the same name.", "Give scene, map, confidence and polygons their own.")


def _weights_of(model: Model) -> Weights:
    weights = load_weights(model.weights_path)
    if weights.sha256 != model.weights_sha256:
        raise CheckpointError(
            f"The model was trained with weights '{model.weights_name}' (sha256 {model.weights_sha256[:12]}…); "
            f"found are '{weights.name}' ({weights.sha256[:12]}…).",
            "Train the model again, or put the weights it was trained with back.",
        )
    return weights


def _check_kind(path: str, model: Model) -> None:
    """Refuses a scene that the model cannot read features from, before any weights are loaded."""
    name, found = Path(path).name, recognise(path)
    if model.embedding is None:
        if found is not None:
            raise InputError(
                f"'{name}' is an embedding ({found.title}); the model was trained on spectral scenes with "
                f"{', '.join(model.bands)}.",
                "Choose a scene, or train a model on this embedding.",
            )
        return
    if found is None:
        refusal = not_an_embedding(path)
        raise InputError(
            f"{refusal.message} The model was trained on {model.embedding.title}.",
            "Choose an embedding of that kind, or train a model on this scene.",
        )
    difference = found.difference(model.embedding)
    if difference is not None:
        raise InputError(
            f"'{name}' has {difference[0]}; the model was trained on {difference[1]}.",
            "Choose an embedding that was made in the same way, or train a model on this one.",
        )


def _check_bands(scene: PixelSource, model: Model) -> None:
    if scene.bands != model.bands:
        raise InputError(
            f"'{scene.name}' offers bands {', '.join(scene.bands)}; the model was trained with "
            f"{', '.join(model.bands)}.",
            "Choose a scene with the same bands, map the bands by hand, or train a model on this scene.",
        )


def _map(
    request: protocol.PredictRequest, report: Report, scene: PixelSource, model: Model, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Writes the rasters; returns pixels and square metres of each class."""
    grid = scene.grid.crop(window)
    mask = read_mask(request.mask, scene.grid)
    values = np.array([info.value for info in model.classes])
    dtype, nodata = class_storage(values.tolist())
    provenance = {
        "model": model.weights_name,
        "weights_sha256": model.weights_sha256,
        "embedding": None if scene.embedding is None else asdict(scene.embedding),
        "bands": scene.reading["mapping"],
        "units": scene.units,
        "source": scene.name,
        "field": model.field,
        "classes": {str(info.value): info.name for info in model.classes},
        "scores": model.scores,
        "version": protocol.BACKEND_VERSION,
    }
    tags = {"MMEARTH": json.dumps(provenance)}
    colors = {} if dtype == "int32" else {info.value: rgb(info.color) for info in model.classes}
    class_layout = Layout(grid, 1, dtype, nodata, ("class",), tags, colors=colors, resampling="mode")
    confidence_layout = Layout(grid, 1, "uint8", CONFIDENCE_NODATA, ("confidence, percent",), tags)
    tile_px = TILE_PX if len(model.classes) <= MOST_CLASSES else TILE_PX // 2
    pixels, area_m2 = np.zeros(len(values), np.int64), np.zeros(len(values))
    done = 0.0
    report.progress("Mapping", 0, 1)
    with contextlib.ExitStack() as stack:
        # The map is published last: where it stands, everything else stands.
        class_writer = stack.enter_context(cog_writer(request.out, class_layout, report))
        confidence_writer = None
        if request.confidence:
            confidence_writer = stack.enter_context(cog_writer(request.confidence, confidence_layout, report))
        # Tiles that no polygon of the mask meets are neither read nor written, and come out as nodata.
        strips = plan(window, tile_px, 1, scene.strip_px, lambda part: touches_mask(mask, scene.grid, part))
        total = float(max(1, sum(unit.pixels for strip in strips for unit in strip)))
        for strip in strips:
            windows = [grown(unit.window) for unit in strip]
            with contextlib.closing(scene.stream(windows)) as stream:  # type: ignore[type-var]
                for unit, features in zip(strip, stream, strict=True):
                    wanted, valid = inside_mask(mask, scene.grid, unit.window), inside(features.valid)
                    labels = np.full(valid.shape, nodata, dtype)
                    percent = np.full(valid.shape, CONFIDENCE_NODATA, np.uint8)
                    valid = valid if wanted is None else valid & wanted
                    if valid.any():
                        probabilities = model.features.probabilities(features, model.head)
                        winner = probabilities.argmax(axis=0)
                        labels[valid] = values[winner[valid]]
                        percent[valid] = np.rint(probabilities.max(axis=0)[valid] * 100)
                        _count(pixels, area_m2, winner, valid, scene.grid.crop(unit.window))
                    class_writer.write(labels[None], unit.cells)
                    if confidence_writer is not None:
                        confidence_writer.write(percent[None], unit.cells)
                    done += unit.pixels
                    report.progress("Mapping", done, total)
        if not pixels.any():
            raise InputError(
                f"'{scene.name}' holds no valid pixel in this extent: all of it is nodata.",
                "Choose another extent or scene, or check the layer's nodata value.",
            )
    return pixels, area_m2


def _count(pixels: np.ndarray, area_m2: np.ndarray, winner: np.ndarray, valid: np.ndarray, grid: Grid) -> None:
    """Adds a tile's pixels and areas to the totals of each class."""
    row_area_m2 = grid.pixel_areas_m2()
    for index in range(len(pixels)):
        per_row = np.count_nonzero((winner == index) & valid, axis=1)
        pixels[index] += per_row.sum()
        area_m2[index] += per_row @ row_area_m2


def _write_sidecars(
    request: protocol.PredictRequest, rows: list[dict[str, Any]], model: Model, nodata: int
) -> tuple[str, str]:
    """Writes style and attribute table beside the class map, and the style of the confidence; returns the styles."""
    style = str(Path(request.out).with_suffix(".qml"))
    write_text(Path(style), class_style_qml(model.classes, nodata))
    write_class_table(request.out, rows, max(info.value for info in model.classes) + 1)
    if not request.confidence:
        return style, ""
    confidence_style = str(Path(request.confidence).with_suffix(".qml"))
    write_text(Path(confidence_style), confidence_style_qml())
    return style, confidence_style
