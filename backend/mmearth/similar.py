"""The verb `similar`: how like some places every pixel of an embedding is."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from mmearth import protocol
from mmearth.cog import Layout, check_output, check_space, cog_writer, write_text
from mmearth.disk import disk_errors
from mmearth.exploring.held_embedding import HeldEmbedding, held_embedding
from mmearth.exploring.similarity import NODATA, direction_of, first_threshold, levels, similarity_style
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.scenes.raster import Grid

SMALL_PX = 25 * 10**6  # of what is written at once, without overviews
BLOCK_PX = 256
COMPARING = "Comparing pixels"


def run(request: protocol.SimilarRequest, report: Report) -> dict[str, Any]:
    """Writes the similarity raster and its style.

    Args:
        request: See `protocol.SimilarRequest`.
        report: Told block by block; cancels there.

    Returns:
        out, style, threshold (0…1, above which pixels are probably meant), pixels (with data), warnings, seconds.

    Raises:
        InputError: embedding, places, polygons or extent do not serve.
        ResourceError: the output cannot be written.
    """
    started_s = time.monotonic()
    check_output(request.out)
    embedding = held_embedding(request.embedding)
    window = window_of(embedding.grid, request.bounds, embedding.name)
    for points in (request.points, request.unlike):
        embedding.pixels_of(points)  # refuses a place outside before anything is read
    embedding.hold(window, report)
    direction = direction_of(embedding, request.points, request.unlike, request.features, report)
    small = window.width * window.height <= SMALL_PX
    counts = (_write_small if small else _write_large)(request.out, embedding, window, direction, report)
    style = Path(request.out).with_suffix(".qml")
    write_text(style, similarity_style())
    for warning in embedding.warnings:
        report.log(warning, "warning")
    return {
        "out": request.out,
        "style": str(style),
        "threshold": first_threshold(counts[:NODATA]),
        "pixels": int(counts[:NODATA].sum()),
        "warnings": list(embedding.warnings),
        "seconds": round(time.monotonic() - started_s, 3),
    }


def _write_small(
    out: str, embedding: HeldEmbedding, window: Window, direction: NDArray[np.float32], report: Report
) -> NDArray[np.int64]:
    """Writes at once what is looked at now; returns how many pixels have each level."""
    found = np.empty((int(window.height), int(window.width)), np.uint8)
    with closing(embedding.parts(window, report)) as parts:
        for part in parts:
            found[part.rows, part.cols] = levels(part, direction, embedding)
    _write_plain(Path(out), found, embedding.grid.crop(window))
    return np.bincount(found.ravel(), minlength=NODATA + 1)


def _write_large(
    out: str, embedding: HeldEmbedding, window: Window, direction: NDArray[np.float32], report: Report
) -> NDArray[np.int64]:
    """Writes a COG part by part; returns how many pixels have each level."""
    grid = embedding.grid.crop(window)
    layout = Layout(grid, 1, "uint8", NODATA, ("similarity",))
    counts, done = np.zeros(NODATA + 1, np.int64), 0
    with cog_writer(out, layout, report) as writer, closing(embedding.parts(window, report)) as parts:
        for part in parts:
            found = levels(part, direction, embedding)
            place = Window(part.cols.start, part.rows.start, found.shape[1], found.shape[0])
            writer.write(found[None], place)
            counts += np.bincount(found.ravel(), minlength=NODATA + 1)
            done += found.size
            report.progress(COMPARING, done, grid.width * grid.height)
    return counts


def _write_plain(target: Path, values: NDArray[np.uint8], grid: Grid) -> None:
    check_space(target.parent, 2 * values.nbytes)
    part = target.with_name(f".{target.stem}.{os.getpid()}.part.tif")
    try:
        with disk_errors(target.parent):
            with rasterio.open(
                part, "w", driver="GTiff", width=grid.width, height=grid.height, count=1, dtype="uint8",
                nodata=NODATA, crs=grid.crs, transform=grid.transform, tiled=True, blockxsize=BLOCK_PX,
                blockysize=BLOCK_PX,
            ) as dataset:  # fmt: skip
                dataset.write(values, 1)
                dataset.set_band_description(1, "similarity")
            os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
