"""The verb `preview`: a window is mapped at once from labels that are still being drawn.

The features of the window stay in memory, so that one more polygon costs reading labels, a fit and a matrix product.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth import protocol
from mmearth.classifiers.by_name import fit_classifier
from mmearth.classifiers.recipe_heads import fit_recipe
from mmearth.cog import check_output, rgb, write_text
from mmearth.errors import InputError
from mmearth.labels.label_layer import ClassInfo, Labels, polygon_pixels, read_labels, sample_pixels
from mmearth.labels.label_problems import Problem, merged, on_nodata, sentences, shortened
from mmearth.labels.negatives import Negatives, fit_with_negatives
from mmearth.mapping.live_window import LiveScene, live_scene
from mmearth.mapping.map_outputs import class_storage
from mmearth.models.heads import Head, PooledHead
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import Grid
from mmearth.styles import class_style_qml

# Pixels of a polygon that teach. A quarter of what training draws maps as well (docs/decisions/0016-live-preview.md).
MOST_PIXELS, LEAST_PIXELS, MANY_POLYGONS = 50, 6, 40
DENSE_PX = 60_000  # pixels of a window that a head sees which is not linear; the others take the class of one nearby
BLOCK_PX = 256

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]


def run(request: protocol.PreviewRequest, report: Report) -> dict[str, Any]:
    """Maps a window.

    Args:
        request: See `protocol.PreviewRequest`.
        report: Told while features are computed; cancels between layers.

    Returns:
        out, style, classes (value, name, color, pixels), problems, warnings, prepared (whether features had to be
        computed), window_px (width, height), step_px (1, or the distance of the pixels that were classified), seconds,
        timings (seconds of labels, fit, map, write).

    Raises:
        InputError: scene, extent or labels do not serve, or the window is too large.
        CheckpointError: the weights do not load.
        ResourceError: disk or device.
    """
    clock = _Clock()
    check_output(request.out)
    scene, opened = live_scene(request, report)
    window = window_of(scene.grid, request.bounds, scene.name)
    prepared = scene.prepare(window, report) or opened
    clock.tick("prepare")
    labels = read_labels(
        request.labels, request.labels_layer, request.field, request.classes, scene.grid.crs, request.ignore
    )
    inside = polygon_pixels(labels, scene.grid)
    sampled = sample_pixels(inside, _pixels_per_polygon(len(inside)), request.seed)
    polygons = np.concatenate([np.full(len(pixels.rows), pixels.polygon) for pixels in sampled])
    rows, cols = (np.concatenate([getattr(pixels, axis) for pixels in sampled]) for axis in ("rows", "cols"))
    clock.tick("labels")
    features, valid = scene.at(rows, cols, report)
    clock.tick("prepare")
    if not valid.any():
        raise InputError(
            f"None of the labelled pixels of '{scene.name}' holds data: all of them are nodata.",
            "Draw the polygons where the scene has data, or check the layer's nodata value.",
        )
    problems = _problems(labels, polygons, valid)
    clock.tick("labels")
    head = _fit(request, scene, labels, features[valid], polygons[valid])
    clock.tick("fit")
    report.check()
    winners, known, step_px = _map(scene, window, head)
    clock.tick("map")
    report.check()
    counts = np.bincount(winners[known], minlength=len(labels.classes))
    style = _write(request.out, scene.grid.crop(window), labels.classes, winners, known)
    clock.tick("write")
    return {
        "out": request.out,
        "style": style,
        "classes": [
            {"value": info.value, "name": info.name, "color": info.color, "pixels": int(count)}
            for info, count in zip(labels.classes, counts, strict=True)
        ],
        "problems": [problem.to_json() for problem in shortened(problems)],
        "warnings": list(dict.fromkeys([*scene.warnings, *labels.notes, *sentences(problems)])),
        "prepared": prepared,
        "window_px": [int(window.width), int(window.height)],
        "step_px": step_px,
        "seconds": round(sum(clock.seconds.values()), 3),
        "timings": {name: round(clock.seconds[name], 3) for name in ("labels", "fit", "map", "write")},
    }


class _Clock:
    """Adds up the seconds of each part of the work."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last_s = time.monotonic()

    def tick(self, name: str) -> None:
        """Gives the time since the last tick to a part."""
        now_s = time.monotonic()
        self.seconds[name] = self.seconds.get(name, 0.0) + now_s - self._last_s
        self._last_s = now_s


def _problems(labels: Labels, polygons: IntArray, valid: NDArray[np.bool_]) -> list[Problem]:
    """Returns what is wrong with single polygons, given the polygon of each pixel and whether it holds data."""
    looked_at, with_data = (
        dict(zip(*(part.tolist() for part in np.unique(own, return_counts=True)), strict=True))
        for own in (polygons, polygons[valid])
    )
    found = [*labels.problems, *on_nodata(labels.places, looked_at, with_data)]
    return merged(found, {int(labels.fids[polygon]) for polygon in with_data})


def _fit(
    request: protocol.PreviewRequest, scene: LiveScene, labels: Labels, features: FloatArray, polygons: IntArray
) -> Head:
    """Fits the head that training would fit, but on the components alone.

    The recipe shrinks by the mean variance of all its features. Those that the components leave out vary by nearly
    nothing, but they count: without them the map is up to .03 worse (docs/decisions/0016).
    """
    drawn, count = scene.unlabelled, len(labels.classes)

    def fit(features: FloatArray, classes: IntArray, polygons: IntArray) -> Head:
        if request.head == "recipe":
            return fit_recipe(features, classes, polygons, drawn, count, scene.num_features)
        return fit_classifier(request.head, features, classes, polygons, drawn, count, request.seed)

    classes, denied = labels.values[polygons], labels.negative[polygons]
    negatives = Negatives(features[denied], classes[denied], polygons[denied], polygons[denied])
    return fit_with_negatives(fit, features[~denied], classes[~denied], polygons[~denied], negatives)


def _map(scene: LiveScene, window: Window, head: Head) -> tuple[IntArray, NDArray[np.bool_], int]:
    """Returns the class index of each pixel of a window, where it holds data, and the distance of the pixels seen."""
    shape = int(window.height), int(window.width)
    winners, known = np.zeros(shape, np.int16), np.zeros(shape, bool)
    step = scene.compression.step
    if isinstance(head, PooledHead):
        weight, bias = head.linear()
        folded = torch.from_numpy(np.ascontiguousarray(weight * step, np.float32))
        offset = torch.from_numpy(np.asarray(bias, np.float32))[:, None]
        for rows, cols, codes, valid in scene.parts(window):
            known[rows, cols] = valid
            logits = torch.addmm(offset, folded, torch.from_numpy(codes).flatten(1).float())
            winners[rows, cols] = head.combine(logits.numpy()).argmax(axis=0).reshape(valid.shape)
        return winners, known, 1
    apart = math.ceil(math.sqrt(shape[0] * shape[1] / DENSE_PX))
    places, seen = [], []
    for rows, cols, codes, valid in scene.parts(window):
        known[rows, cols] = valid
        places.append((rows, cols))
        seen.append(codes[:, ::apart, ::apart])
    flat = np.concatenate([part.reshape(len(step), -1) for part in seen], axis=1)
    found = head.probabilities(scene.compression.values(flat.T)).argmax(axis=1)
    ends = np.cumsum([part[0].size for part in seen])
    for (rows, cols), part, own in zip(places, seen, np.split(found, ends[:-1]), strict=True):
        spread = own.reshape(part.shape[1:]).repeat(apart, axis=0).repeat(apart, axis=1)
        winners[rows, cols] = spread[: rows.stop - rows.start, : cols.stop - cols.start]
    return winners, known, apart


def _pixels_per_polygon(polygons: int) -> int:
    """Returns how many pixels of a polygon teach: 50, and half as many with each doubling beyond 40 polygons.

    In steps, since another number draws other pixels, and those outside the window have to be computed.
    """
    return max(LEAST_PIXELS, MOST_PIXELS >> (polygons // MANY_POLYGONS).bit_length())


def _write(out: str, grid: Grid, classes: tuple[ClassInfo, ...], winners: IntArray, known: NDArray[np.bool_]) -> str:
    """Writes the class raster and its style, each under a temporary name first; returns the style's path."""
    values = np.array([info.value for info in classes])
    dtype, nodata = class_storage(values.tolist())
    pixels = np.where(known, values.astype(dtype)[winners], np.array(nodata, dtype))
    part = Path(out).with_name(f".{Path(out).stem}.{os.getpid()}.part.tif")
    try:
        with rasterio.open(
            part, "w", driver="GTiff", width=grid.width, height=grid.height, count=1, dtype=dtype, nodata=nodata,
            crs=grid.crs, transform=grid.transform, tiled=True, blockxsize=BLOCK_PX, blockysize=BLOCK_PX,
        ) as dataset:  # fmt: skip
            dataset.write(pixels, 1)
            dataset.set_band_description(1, "class")
            if dtype != "int32":  # for which a TIFF has no colour table
                dataset.write_colormap(1, {info.value: rgb(info.color) for info in classes})
        style = Path(out).with_suffix(".qml")
        write_text(style, class_style_qml(classes, nodata))
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return str(style)
