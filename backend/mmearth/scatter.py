"""The verb `scatter`: where drawn pixels of an embedding lie in two dimensions, for a scatter plot."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window
from threadpoolctl import threadpool_limits

from mmearth import protocol
from mmearth.cog import check_output, write_text
from mmearth.errors import InputError
from mmearth.exploring.held_embedding import HeldEmbedding, held_embedding
from mmearth.exploring.plot_axes import class_axes, component_axes
from mmearth.labels.label_layer import Labels, polygon_pixels, read_labels, sample_pixels
from mmearth.progress import Report
from mmearth.scenes.extent import window_of

MOST = 50_000  # points
LABELLED_SHARE = 0.5  # of the points at most
COLUMNS = ("map_x", "map_y", "plot_x", "plot_y", "class")

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]


@dataclass(frozen=True)
class Labelled:
    """Pixels of polygons: rows, columns and vectors, and which class of `labels` each is."""

    labels: Labels
    rows: IntArray
    cols: IntArray
    vectors: FloatArray
    classes: IntArray


def run(request: protocol.ScatterRequest, report: Report) -> dict[str, Any]:
    """Writes the table. The class of a point is the value that it has in the class list.

    Args:
        request: See `protocol.ScatterRequest`.
        report: Told while the embedding is read; cancels there.

    Returns:
        out, points (how many), classes (value, name, color, points), explained (two shares), axes, warnings, seconds.

    Raises:
        InputError: embedding, extent or labels do not serve. Labels that do not serve are a warning only, where
            principal components are wanted.
        ResourceError: the output cannot be written.
    """
    started_s = time.monotonic()
    check_output(request.out, (".csv",))
    _check(request)
    embedding = held_embedding(request.embedding)
    window = window_of(embedding.grid, request.bounds, embedding.name)
    embedding.hold(None, report)
    warnings = list(embedding.warnings)
    labelled = _labelled(embedding, window, request, warnings, report)
    known = 0 if labelled is None else len(labelled.rows)
    rows, cols, vectors = embedding.draw(window, request.count, request.seed, report)
    kept = np.sort(np.random.default_rng(request.seed).permutation(len(rows))[: request.count - known])
    by_class = request.axes == "classes" and labelled is not None
    with threadpool_limits(1):
        axes = class_axes(labelled.vectors, labelled.classes) if by_class and labelled else component_axes(vectors)
    rows, cols, vectors = rows[kept], cols[kept], vectors[kept]
    values = [""] * len(rows)
    classes: list[dict[str, Any]] = []
    if labelled is not None:
        rows, cols = np.concatenate([labelled.rows, rows]), np.concatenate([labelled.cols, cols])
        vectors = np.concatenate([labelled.vectors, vectors])
        info = labelled.labels.classes
        values = [str(info[number].value) for number in labelled.classes] + values
        counts = np.bincount(labelled.classes, minlength=len(info))
        classes = [
            {"value": entry.value, "name": entry.name, "color": entry.color, "points": int(count)}
            for entry, count in zip(info, counts, strict=True)
        ]
    _write(request.out, _centres(embedding, rows, cols), axes.place(vectors), values)
    for warning in warnings:
        report.log(warning, "warning")
    return {
        "out": request.out,
        "points": len(rows),
        "classes": classes,
        "explained": [round(share, 4) for share in axes.explained],
        "axes": request.axes,
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 3),
    }


def _check(request: protocol.ScatterRequest) -> None:
    if not 1 <= request.count <= MOST:
        raise InputError(f"{request.count:,} points are wanted.", f"Ask for 1 to {MOST:,}.")
    if request.axes not in protocol.SCATTER_AXES:
        raise InputError(f"There are no axes '{request.axes}'.", f"Choose {' or '.join(protocol.SCATTER_AXES)}.")
    if request.axes == "classes" and not request.labels:
        raise InputError(
            "Axes that tell classes apart need labels, and no label layer was given.",
            "Choose a label layer, or principal components as axes.",
        )


def _labelled(
    embedding: HeldEmbedding, window: Window, request: protocol.ScatterRequest, warnings: list[str], report: Report
) -> Labelled | None:
    """Returns pixels of polygons in the window, each polygon with about as many; None where there are none."""
    if not request.labels:
        return None
    try:
        labels = read_labels(
            request.labels, request.labels_layer, request.field, request.classes, embedding.grid.crs, request.ignore
        )
        inside = [pixels for pixels in polygon_pixels(labels, embedding.grid) if not labels.negative[pixels.polygon]]
        most = max(1, int(request.count * LABELLED_SHARE))
        sampled = sample_pixels(inside, max(1, most // max(1, len(inside))), request.seed)
        rows, cols = (np.concatenate([getattr(p, axis) for p in sampled]) for axis in ("rows", "cols"))
        classes = np.concatenate([np.full(len(p.rows), labels.values[p.polygon]) for p in sampled])
        near = (rows >= window.row_off) & (rows < window.row_off + window.height)
        near &= (cols >= window.col_off) & (cols < window.col_off + window.width)
        vectors, valid = embedding.at(rows[near], cols[near], report)
        rows, cols, classes = (part[near][valid][:most] for part in (rows, cols, classes))
        vectors = vectors[valid][:most]
        if request.axes == "classes" and len(np.unique(classes)) < 2:
            raise InputError(
                "Fewer than two classes have polygons with data in the extent.",
                "Choose a larger extent, or principal components as axes.",
            )
    except InputError as error:
        if request.axes == "classes":
            raise
        warnings.append(f"The plot has no classes: {error.message}")
        return None
    return Labelled(labels, rows, cols, vectors, classes)


def _centres(embedding: HeldEmbedding, rows: IntArray, cols: IntArray) -> FloatArray:
    """Returns (n, 2) x and y of the centres of pixels."""
    north_up = embedding.grid.transform
    return np.column_stack([north_up.c + (cols + 0.5) * north_up.a, north_up.f + (rows + 0.5) * north_up.e])


def _write(out: str, on_map: FloatArray, in_plot: FloatArray, values: list[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for (map_x, map_y), (plot_x, plot_y), value in zip(on_map.tolist(), in_plot.tolist(), values, strict=True):
        writer.writerow((repr(map_x), repr(map_y), f"{plot_x:.6g}", f"{plot_y:.6g}", value))
    write_text(Path(out), text.getvalue())
