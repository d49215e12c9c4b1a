"""Mapping with a tuned network: a raster of pixels or cells, or a layer of polygons or of the scene as a whole."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from mmearth import protocol
from mmearth.errors import InputError
from mmearth.mapping.map_job import Made, MapJob, class_row, outputs_of
from mmearth.mapping.map_outputs import class_rasters
from mmearth.mapping.map_run import PARCELS, MapRun, Totals
from mmearth.mapping.parcels import Parcels, footprint, read_parcels
from mmearth.scenes.plan import snap
from mmearth.tuning.tuned_model import POLYGON, TunedModel
from mmearth.tuning.tuned_scores import TunedScores


def map_tuned(job: MapJob, model: TunedModel) -> list[dict[str, Any]]:
    """Makes the map, or the layer, of a tuned network; returns the rows of its classes."""
    scores = TunedScores(model, job.sources.extractor, job.scene, job.mask)
    if not model.gives_raster:
        return _classify_layer(job, model, scores)
    request, scene, step = job.request, job.scene, model.step_px
    provenance = {
        "model": model.weights.name,
        "weights_sha256": model.weights.sha256,
        "network": model.kind,
        "rung": model.rung,
        **job.provenance(),
    }
    window = snap(job.window, step, scene.grid)
    keys, grid = job.raster_keys, scene.grid.crop(window).coarsen(step)
    rasters = class_rasters(keys, model.classes, grid, provenance)
    making = job.making(rasters, grid, job.strips(window, scores.tile_px, step), 0)
    store, done = job.opened_store(making, scores.tile_px)
    with contextlib.closing(_tuned_tiles(job, making, scores, done)) as made, making.written(store, done, made):
        parcels = making.totals.parcels
        if parcels is not None:
            parcels.write_classes(model.classes, request.parcels_out)
    job.write_styles(making)
    if parcels is not None:
        job.write_class_style("parcels", parcels)
    return job.class_rows(making.totals)


def check_layer_request(request: protocol.PredictRequest, *, polygons: bool) -> None:
    """Refuses what a network that classifies polygons or scenes cannot give."""
    what = "polygons" if polygons else "whole scenes"
    if Path(request.out).suffix.lower() != ".gpkg":
        raise InputError(
            f"The model classifies {what}: its result is a layer, and '{Path(request.out).name}' would be a raster.",
            "Choose a file name that ends in .gpkg.",
        )
    if polygons and not request.parcels:
        raise InputError("The model classifies polygons, and none are given.", "Choose a layer of polygons as parcels.")
    names = [key for key, path in outputs_of(request).items() if path and key != "out"]
    if request.parcels and not polygons:
        names.append("parcels")
    if names:
        raise InputError(f"The model classifies {what}: it takes no {' and no '.join(names)}.", "Leave that out.")


def _classify_layer(job: MapJob, model: TunedModel, scores: TunedScores) -> list[dict[str, Any]]:
    """Writes the classes of polygons, or of the scene; returns the rows of the classes, with their polygons."""
    request, scene = job.request, job.scene
    channels = model.weights.dims[-1]
    if model.unit == POLYGON:
        parcels = read_parcels(request.parcels, request.parcels_layer, scene.grid.crs, channels)
    else:
        parcels = footprint(scene.grid.crop(job.window), scene.name, channels)
    strips = job.strips(job.window, scores.tile_px, 1, parcels)
    making = MapRun(scene.name, scene.grid.crop(job.window), strips, [], {}, Totals(1, parcels), job.report)
    store, done = job.opened_store(making, scores.tile_px)
    made = _layer_tiles(job, making, scores, parcels, done)
    with contextlib.closing(made), making.written(store, done, made):
        means, known = parcels.means()
        if not known.any():
            raise InputError(
                f"None of the polygons lies on a valid pixel of '{scene.name}' in this extent.",
                "Choose polygons on the scene, or another extent.",
            )
        probabilities = scores.probabilities(means)
        winner = parcels.write_probabilities(model.classes, probabilities, known, model.multi_label, request.out)
    job.write_class_style("out", parcels)
    pixel_m2 = float(scene.grid.crop(job.window).pixel_areas_m2().mean())
    rows = []
    for k, info in enumerate(model.classes):
        own = known & (winner == k)
        pixels = int(parcels.pixels[own].sum())
        rows.append(
            {**class_row(info), "pixels": pixels, "area_m2": round(pixels * pixel_m2, 1), "polygons": int(own.sum())}
        )
    return rows


def _tuned_tiles(job: MapJob, making: MapRun, scores: TunedScores, done: set[int]) -> Made:
    for unit, features in job.streamed(making, done, scores.window):
        tile = making.tile(unit, scores.pieces(unit, features))
        del features
        yield unit, tile


def _layer_tiles(job: MapJob, making: MapRun, scores: TunedScores, parcels: Parcels, done: set[int]) -> Made:
    for unit, features in job.streamed(making, done, scores.window):
        found = scores.counts(unit, features, parcels)
        del features
        yield unit, ([], {f"0.{PARCELS}{name}": array for name, array in found.items()})
