"""The verb `compare_maps`: two class maps of the same ground become a map and a table of where they differ."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmearth import protocol
from mmearth.cog import Layout, check_output, cog_writer, rgb, write_class_table, write_text
from mmearth.errors import InputError
from mmearth.mapping.class_map import ClassMap, read_class_map
from mmearth.mapping.map_comparison import (
    NO_CLASS,
    PairCounts,
    SharedClasses,
    blocks,
    common_window,
    count_pairs,
    shared_classes,
)
from mmearth.progress import Report
from mmearth.scenes.raster import Grid
from mmearth.styles import ClassInfo, class_style_qml

AGREE = 0  # on the difference map
AGREE_NAME = "No difference"
_WHITE = "#ffffff"
_TO_SHARE = 0.7  # of the later class in the colour of a pair: one sees what became of the ground, and tells pairs apart
_M2_OF_HA = 10_000


@dataclass(frozen=True)
class Transition:
    """A pair of different classes that occurs.

    Attributes:
        code: Its value on the difference map.
        first, second: Index of the class in either map.
        name: "Forest → Maize".
        color: "#rrggbb".
        pixels, area_m2: How much of it there is.
    """

    code: int
    first: int
    second: int
    name: str
    color: str
    pixels: int
    area_m2: float


def run(request: protocol.CompareMapsRequest, report: Report) -> dict[str, Any]:
    """Compares two class maps.

    Args:
        request: See `protocol.CompareMapsRequest`.
        report: Told after every block of the maps.

    Returns:
        out, style, table, agreement (share of the area), kappa (None where both hold one class), transitions (a row
        for each pair of different classes that occurs, the largest first: code, from, to, color, pixels, area_ha),
        classes (value, name, color, first_ha, second_ha), pixels, area_ha (compared), warnings, seconds.

    Raises:
        InputError: a file is no class map, the maps have no ground in common, or an output would replace a map.
        ResourceError: disk full or not writable.
    """
    started_s = time.monotonic()
    _check_outputs(request)
    first, second = read_class_map(request.first, report), read_class_map(request.second, report)
    classes = shared_classes(first, second)
    for warning in classes.warnings:
        report.log(warning, "warning")
    window = common_window(first, second, request.bounds)
    counts = count_pairs(first, second, classes, window, report)
    transitions = _transitions(classes, counts)
    layout = _layout(first.grid.crop(window), transitions, (first, second))
    codes = np.full((len(classes.classes),) * 2, AGREE, np.dtype(layout.dtype))
    for one in transitions:
        codes[one.first, one.second] = one.code
    with cog_writer(request.out, layout, report) as writer:
        for block, here, there in blocks(first, second, classes, window, "Mapping", report):
            known = (here != NO_CLASS) & (there != NO_CLASS)
            writer.write(np.where(known, codes[here, there], codes.dtype.type(layout.nodata))[None], block)
    style = _write_legend(request.out, transitions, counts)
    if request.table:
        write_text(Path(request.table), _table(classes, counts, codes))
    total_m2 = float(counts.area_m2.sum())
    return {
        "out": request.out,
        "style": style,
        "table": request.table,
        "agreement": counts.agreement,
        "kappa": counts.kappa,
        "transitions": [
            {
                "code": one.code,
                "from": classes.classes[one.first].name,
                "to": classes.classes[one.second].name,
                "color": one.color,
                "pixels": one.pixels,
                "area_ha": one.area_m2 / _M2_OF_HA,
            }
            for one in transitions
        ],
        "classes": [
            {
                "value": info.value,
                "name": info.name,
                "color": info.color,
                "first_ha": float(counts.area_m2[i].sum()) / _M2_OF_HA,
                "second_ha": float(counts.area_m2[:, i].sum()) / _M2_OF_HA,
            }
            for i, info in enumerate(classes.classes)
        ],
        "pixels": int(counts.pixels.sum()),
        "area_ha": total_m2 / _M2_OF_HA,
        "warnings": list(classes.warnings),
        "seconds": round(time.monotonic() - started_s, 2),
    }


def _check_outputs(request: protocol.CompareMapsRequest) -> None:
    check_output(request.out)
    if request.table:
        check_output(request.table, (".csv",))
    if Path(request.out).resolve() in {Path(path).resolve() for path in (request.first, request.second)}:
        raise InputError(
            f"'{Path(request.out).name}' is one of the maps that are compared.", "Choose another file for the result."
        )


def _transitions(classes: SharedClasses, counts: PairCounts) -> list[Transition]:
    """Returns the pairs that occur, the largest first, numbered from 1."""
    pairs = [(int(i), int(j)) for i, j in np.argwhere(counts.pixels) if i != j]
    pairs.sort(key=lambda pair: (-counts.area_m2[pair], pair))
    found = []
    for code, (i, j) in enumerate(pairs, AGREE + 1):
        one, other = classes.classes[i], classes.classes[j]
        name, color = f"{one.name} → {other.name}", _between(one.color, other.color)
        found.append(Transition(code, i, j, name, color, int(counts.pixels[i, j]), float(counts.area_m2[i, j])))
    return found


def _between(one: str, other: str) -> str:
    mixed = [round(a + (b - a) * _TO_SHARE) for a, b in zip(rgb(one), rgb(other), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _layout(grid: Grid, transitions: list[Transition], maps: tuple[ClassMap, ClassMap]) -> Layout:
    dtype = next(name for name in ("uint8", "uint16", "int32") if len(transitions) < np.iinfo(name).max)
    names = {AGREE: AGREE_NAME, **{one.code: one.name for one in transitions}}
    tag = {"output": "difference", "first": maps[0].name, "second": maps[1].name, "classes": names}
    colors = {one.code: rgb(one.color) for one in transitions}
    return Layout(
        grid,
        1,
        dtype,
        int(np.iinfo(dtype).max),
        ("change of class",),
        {"MMEARTH": json.dumps(tag)},
        colors={} if dtype == "int32" else {AGREE: rgb(_WHITE), **colors},
        resampling="mode",
    )


def _write_legend(out: str, transitions: list[Transition], counts: PairCounts) -> str:
    """Writes names, table and style of the difference map beside it; returns the path of the style."""
    agreeing = {
        "value": AGREE,
        "name": AGREE_NAME,
        "color": _WHITE,
        "pixels": int(np.trace(counts.pixels)),
        "area_m2": float(np.trace(counts.area_m2)),
    }
    rows = [
        {"value": one.code, "name": one.name, "color": one.color, "pixels": one.pixels, "area_m2": one.area_m2}
        for one in transitions
    ]
    write_class_table(out, [agreeing, *rows], len(rows) + 1)
    style = Path(out).with_suffix(".qml")
    entries = [ClassInfo(one.code, one.name, one.color) for one in transitions]
    write_text(style, class_style_qml(entries, AGREE))  # the value given as nodata is the transparent one
    return str(style)


def _table(classes: SharedClasses, counts: PairCounts, codes: np.ndarray) -> str:
    """Returns the table of all pairs that occur, those that agree included, the largest first."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["code", "from", "to", "pixels", "area_ha", "share"])
    total_m2 = counts.area_m2.sum()
    pairs = [(int(i), int(j)) for i, j in np.argwhere(counts.pixels)]
    for i, j in sorted(pairs, key=lambda pair: (-counts.area_m2[pair], pair)):
        names = classes.classes[i].name, classes.classes[j].name
        area_m2 = counts.area_m2[i, j]
        table.writerow(
            [codes[i, j], *names, counts.pixels[i, j], f"{area_m2 / _M2_OF_HA:.4f}", f"{area_m2 / total_m2:.6f}"]
        )
    return text.getvalue()
