"""The verb `draw_sample`: points at random inside each class of a map, to be labelled without looking at the map."""

import time
from typing import Any

import numpy as np

from mmearth import protocol
from mmearth.cog import check_output
from mmearth.errors import InputError
from mmearth.mapping.class_map import ClassMap, pixels_of_ranks, read_class_map
from mmearth.mapping.sample_layer import Design, Stratum, write_sample
from mmearth.progress import Report

FEWEST_POINTS = 2  # of one point of a class no spread is known


def run(request: protocol.DrawSampleRequest, report: Report) -> dict[str, Any]:
    """Draws points: pixels of a class are equally likely, none is drawn twice, points come in no order.

    Args:
        request: See `protocol.DrawSampleRequest`.
        report: Told after every tile of the two times that the map is read.

    Returns:
        out, style, points, classes (number of them that have points), rows (value, name, color, points, pixels of
        each), warnings, seconds.

    Raises:
        InputError: no class map, or too few points asked for.
        ResourceError: the file cannot be written.
    """
    started_s = time.monotonic()
    if request.per_class < FEWEST_POINTS:
        raise InputError(
            f"{request.per_class} point(s) of each class were asked for; at least {FEWEST_POINTS} are wanted.",
            "Draw 50 of each class for figures that can be told apart.",
        )
    check_output(request.out, (".gpkg",))
    found = read_class_map(request.map, report)
    rng = np.random.default_rng(request.seed)
    wanted = np.minimum(found.pixels, request.per_class)
    ranks = [np.sort(rng.choice(n, int(k), replace=False)) for n, k in zip(found.pixels, wanted, strict=True)]
    places = pixels_of_ranks(found, ranks, report)
    codes = 1 + rng.permutation(len(found.classes))
    order = rng.permutation(int(wanted.sum()))
    rows, cols = (np.concatenate([place[axis] for place in places])[order] for axis in (0, 1))
    xs, ys = found.grid.transform @ (cols + 0.5, rows + 0.5)  # type: ignore[operator] # takes arrays, too
    style = write_sample(
        request.out,
        np.column_stack([xs, ys]),
        np.repeat(codes, wanted)[order],
        found.grid.crs,
        _design(found, codes, request.seed),
        found.classes,
    )
    warnings = [
        f"Class '{info.name}' has {pixels:,} pixels on the map: all of them are in the sample."
        if pixels
        else f"Class '{info.name}' has no pixel on the map: no point of it was drawn."
        for info, pixels in zip(found.classes, found.pixels.tolist(), strict=True)
        if pixels < request.per_class
    ]
    for warning in warnings:
        report.log(warning, "warning")
    return {
        "out": request.out,
        "style": style,
        "points": len(order),
        "classes": int(np.count_nonzero(wanted)),
        "rows": [
            {"value": c.value, "name": c.name, "color": c.color, "points": int(k), "pixels": int(n)}
            for c, k, n in zip(found.classes, wanted, found.pixels, strict=True)
        ],
        "warnings": warnings,
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _design(found: ClassMap, codes: np.ndarray, seed: int) -> Design:
    strata = [
        Stratum(int(code), info.value, info.name, int(pixels), float(area_m2))
        for code, info, pixels, area_m2 in zip(codes, found.classes, found.pixels, found.area_m2, strict=True)
        if pixels
    ]
    return Design(
        found.name,
        tuple(found.grid.transform)[:6],
        (found.grid.width, found.grid.height),
        tuple(sorted(strata, key=lambda stratum: stratum.code)),
        seed,
    )
