"""The verb `cluster`: groups the pixels of an embedding without labels."""

from __future__ import annotations

import colorsys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.windows import Window

from mmearth import protocol
from mmearth.cog import Layout, check_output, cog_writer, rgb, write_class_table, write_text
from mmearth.errors import InputError
from mmearth.exploring.held_embedding import held_embedding
from mmearth.exploring.pixel_groups import find_groups, silhouettes, suggested
from mmearth.progress import Report
from mmearth.scenes.extent import window_of
from mmearth.styles import PALETTE, ClassInfo, class_style_qml

DRAWN_PX = 20_000
MOST = 60  # groups
NODATA = 0
GROUPING = "Grouping pixels"
# Steps of hue and lightness beyond the palette that never come near an earlier pair (R2 sequence).
HUE_STEP, LIGHT_STEP = 0.754878, 0.569840


def run(request: protocol.ClusterRequest, report: Report) -> dict[str, Any]:
    """Writes the class raster of the groups, its style and its table of classes.

    Args:
        request: See `protocol.ClusterRequest`.
        report: Told block by block; cancels there.

    Returns:
        out, style, classes (value, name, color, pixels, area_m2, share; largest first, as drawn pixels tell where the
        embedding does not fit into memory), clusters (how many), suggested (how many the data suggest, 0 where a number
        was given), scores (silhouette by number, as text), warnings, seconds.

    Raises:
        InputError: embedding, extent or number do not serve.
        ResourceError: the output cannot be written.
    """
    started_s = time.monotonic()
    check_output(request.out)
    _check(request)
    embedding = held_embedding(request.embedding)
    window = window_of(embedding.grid, request.bounds, embedding.name)
    embedding.hold(window, report)
    _, _, vectors = embedding.draw(window, DRAWN_PX, request.seed, report)
    scores = {} if request.clusters else silhouettes(vectors, range(2, request.most + 1), request.seed, report)
    advised = 0 if request.clusters else suggested(scores)
    groups = find_groups(vectors, request.clusters or advised, request.seed)
    if embedding.holds(window):
        groups = groups.counted(embedding, window, report)
    number = len(groups.centres)
    warnings = list(embedding.warnings)
    if number < request.clusters:
        warnings.append(f"{request.clusters} groups were wanted; the pixels are of {number} kinds only.")
    classes = [ClassInfo(i + 1, f"Group {i + 1}", color) for i, color in enumerate(colors(number))]
    grid = embedding.grid.crop(window)
    layout = Layout(
        grid, 1, "uint8", NODATA, ("group",), colors={info.value: rgb(info.color) for info in classes},
        resampling="mode",
    )  # fmt: skip
    counts, areas_m2, done = np.zeros(number + 1, np.int64), np.zeros(number + 1), 0
    row_m2 = grid.pixel_areas_m2()
    with cog_writer(request.out, layout, report) as writer, closing(embedding.parts(window, report)) as parts:
        for part in parts:
            found = groups.of(part, embedding)
            writer.write(found[None], Window(part.cols.start, part.rows.start, found.shape[1], found.shape[0]))
            counts += np.bincount(found.ravel(), minlength=number + 1)
            areas_m2 += np.bincount(found.ravel(), np.repeat(row_m2[part.rows], found.shape[1]), number + 1)
            done += found.size
            report.progress(GROUPING, done, grid.width * grid.height)
    total = max(1, int(counts[1:].sum()))
    rows = [
        {
            "value": info.value,
            "name": info.name,
            "color": info.color,
            "pixels": int(counts[info.value]),
            "area_m2": round(float(areas_m2[info.value]), 1),
            "share": round(float(counts[info.value]) / total, 4),
        }
        for info in classes
    ]
    write_class_table(request.out, rows, number + 1)
    style = Path(request.out).with_suffix(".qml")
    write_text(style, class_style_qml(classes, NODATA))
    for warning in warnings:
        report.log(warning, "warning")
    return {
        "out": request.out,
        "style": str(style),
        "classes": rows,
        "clusters": number,
        "suggested": advised,
        "scores": {str(count): round(score, 3) for count, score in scores.items()},
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 3),
    }


def _check(request: protocol.ClusterRequest) -> None:
    if request.clusters and not 2 <= request.clusters <= MOST:
        raise InputError(
            f"{request.clusters} groups are wanted.", f"Choose 2 to {MOST}, or 0 for the number that the data suggest."
        )
    if not request.clusters and not 2 <= request.most <= MOST:
        raise InputError(f"At most {request.most} groups may be suggested.", f"Choose 2 to {MOST}.")


def colors(number: int) -> list[str]:
    """Returns different colours, first those that people with any colour vision tell apart."""
    found = list(PALETTE[:number])
    for more in range(number - len(found)):
        turn, light = (more * HUE_STEP) % 1.0, 0.3 + 0.55 * ((more * LIGHT_STEP) % 1.0)
        channels = colorsys.hls_to_rgb(turn, light, 0.65)
        found.append("#{:02x}{:02x}{:02x}".format(*(round(255 * channel) for channel in channels)))
    return found
