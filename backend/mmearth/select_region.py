"""The verb `select_region`: grows the region of similar embedding around places and writes its outline."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from pyogrio.errors import DataSourceError

from mmearth import protocol
from mmearth.cog import check_output
from mmearth.errors import InputError, ResourceError
from mmearth.exploring.grown_region import Surroundings, look_around
from mmearth.exploring.held_embedding import HeldEmbedding, held_embedding, stamp
from mmearth.exploring.traced_outlines import place, simplify, trace, without_holes
from mmearth.progress import Report

SUFFIXES = (".geojson", ".json")

_last: tuple[object, Surroundings] | None = None  # of the places that were asked about last


def run(request: protocol.SelectRegionRequest, report: Report) -> dict[str, Any]:
    """Writes the outline of a region.

    Args:
        request: See `protocol.SelectRegionRequest`.
        report: Told while the embedding is read; cancels there.

    Returns:
        out, area_px, area_m2, tolerance, warnings, seconds. The area is that of the pixels, small holes filled.

    Raises:
        InputError: embedding, places, tolerance or reach do not serve.
        ResourceError: the output cannot be written.
    """
    started_s = time.monotonic()
    check_output(request.out, SUFFIXES)
    _check(request)
    embedding = held_embedding(request.embedding)
    around = _surroundings(embedding, request, report)
    region = without_holes(around.region(request.tolerance))
    polygons, _ = trace(region.astype(np.int32))
    grid = embedding.grid.crop(around.window)
    outline = place(simplify(polygons, request.simplify_px), grid.transform)
    _write(request.out, outline, grid.crs.to_wkt())
    for warning in embedding.warnings:
        report.log(warning, "warning")
    return {
        "out": request.out,
        "area_px": int(region.sum()),
        "area_m2": round(float(region.sum(axis=1) @ grid.pixel_areas_m2()), 2),
        "tolerance": request.tolerance,
        "warnings": list(embedding.warnings),
        "seconds": round(time.monotonic() - started_s, 3),
    }


def _check(request: protocol.SelectRegionRequest) -> None:
    if not request.points:
        raise InputError("There is no place to grow a region from.", "Click a place on the embedding.")
    if not 0 <= request.tolerance <= 1:
        raise InputError(f"The tolerance is {request.tolerance:g}; it lies between 0 and 1.", "Choose one between.")
    if request.reach_px < 1:
        raise InputError(f"The reach is {request.reach_px} pixels.", "Choose one pixel or more.")


def _surroundings(embedding: HeldEmbedding, request: protocol.SelectRegionRequest, report: Report) -> Surroundings:
    """Returns what the regions of the places depend on; that of the last places is kept."""
    global _last
    key = request.embedding, stamp(request.embedding), request.points, request.reach_px
    if _last is None or _last[0] != key:
        rows, cols = embedding.pixels_of(request.points)
        embedding.hold(None, report)
        _last = key, look_around(embedding, rows, cols, request.reach_px, report)
    return _last[1]


def _write(out: str, polygons: Any, wkt: str) -> None:
    """Writes one feature, under a temporary name first."""
    target = Path(out)
    part = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    outline = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(list(polygons))
    try:
        pyogrio.raw.write(
            part, shapely.to_wkb(np.array([outline], object)), [], [], driver="GeoJSON",
            geometry_type=outline.geom_type, crs=wkt,
        )  # fmt: skip
        part.replace(target)
    except (DataSourceError, OSError) as error:
        raise ResourceError(
            f"The outline cannot be written to '{out}' ({error}).", "Free disk space, or choose another folder."
        ) from error
    finally:
        part.unlink(missing_ok=True)
