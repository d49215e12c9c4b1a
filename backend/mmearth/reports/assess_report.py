"""Writes what sample points say of a map: report.html for the analyst, assess.json for programs.

The page is one file without scripts or links to other files. Knows figures and texts; nothing of rasters or layers.
"""

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmearth.reports import report_figures as figures
from mmearth.reports.report_page import (
    cell,
    facts_section,
    notes_section,
    page,
    section,
    spoken_range,
    swatch,
    write_files,
)
from mmearth.styles import ClassInfo

_HECTARE_M2 = 1e4
_SQUARE_KM_M2 = 1e6


@dataclass(frozen=True)
class AssessContent:
    """What the report tells.

    Attributes:
        accuracy, classes: As in the result of `assess`.
        counts: (K, K) points, rows as mapped, columns as they are.
        shares: (K, K) the same as shares of the area.
        total_m2: Area that the shares are of.
        how: How the points were drawn and are weighed, in sentences.
        facts: (what, value) pairs on what was compared.
        notes: Warnings.
    """

    accuracy: dict[str, Any]
    classes: list[dict[str, Any]]
    counts: NDArray[np.integer]
    shares: NDArray[np.floating]
    total_m2: float
    how: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def write_assess_report(folder: str, content: AssessContent) -> tuple[Path, str]:
    """Writes report.html and assess.json; each appears complete or not at all.

    Returns:
        Path of report.html, and its headline.

    Raises:
        ResourceError: the folder cannot be written.
    """
    headline = _headline(content)
    document = {
        "headline": headline,
        "accuracy": content.accuracy,
        "classes": content.classes,
        "confusion_points": content.counts.tolist(),
        "confusion_area_shares": [[round(float(v), 8) for v in row] for row in content.shares],
        "total_m2": content.total_m2,
        "how": content.how,
        "facts": dict(content.facts),
        "notes": list(content.notes),
    }
    texts = {
        "assess.json": json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n",
        "report.html": _page(content, headline),
    }
    return write_files(folder, texts), headline


def _headline(content: AssessContent) -> str:
    accuracy = content.accuracy
    interval = accuracy["overall_interval"]
    ends = (interval[0], interval[1]) if interval else None
    text = (
        f"Overall accuracy of the map: {accuracy['overall']:.2f}{spoken_range(ends)}, from {accuracy['points']} sample "
        "points."
    )
    off = [row for row in content.classes if _verdict(row) in ("too little", "too much")]
    if not off:
        return text
    spoken = [f"{_verdict(row)} {row['name']}" for row in off[:3]]
    return f"{text} It shows {', '.join(spoken)}."


def _verdict(row: dict[str, Any]) -> str:
    """Returns whether the mapped area of a class fits its interval."""
    ends = row["area_interval_m2"]
    if ends is None:
        return "not known"
    if row["mapped_m2"] < ends[0]:
        return "too little"
    return "too much" if row["mapped_m2"] > ends[1] else "not clearly off"


def _page(content: AssessContent, headline: str) -> str:
    sections = [
        section("Area of each class", _areas(content)),
        section("How right the map is", _accuracies(content)),
        section("What was taken for what", _confusion(content)),
        section("How to read this", f"<p>{html.escape(content.how)}</p>{_READING}", "honest"),
        notes_section(content.notes),
        facts_section(content.facts, "<code>assess.json</code>"),
    ]
    return page("Map assessment", headline, sections)


_READING = (
    "<p>Unlike scores on held-out polygons, these figures hold for the whole map, edges and mixtures included, as long "
    "as the points were labelled without looking at the map and without skipping the difficult ones. Counting pixels "
    "of the map gives areas that its errors push to one side; the estimated areas are freed of that, and their "
    "intervals say how well the points know them. An interval without width means that no error was found among its "
    "points, not that there is none.</p>"
)


def _areas(content: AssessContent) -> str:
    unit, name = (_SQUARE_KM_M2, "km²") if content.total_m2 >= 1e9 else (_HECTARE_M2, "ha")
    if content.total_m2 < 10 * _HECTARE_M2:
        unit, name = 1.0, "m²"
    bars, rows = [], []
    for row in content.classes:
        ends = row["area_interval_m2"]
        estimated, mapped = row["area_m2"] / unit, row["mapped_m2"] / unit
        interval = None if ends is None else (ends[0] / unit, ends[1] / unit)
        bars.append(figures.Bar(row["name"], estimated, interval, 0, f"{_spoken(estimated)} {name}"))
        bars.append(figures.Bar("on the map", mapped, None, 2, f"{_spoken(mapped)} {name}"))
        half = "not known" if row["area_error_m2"] is None else f"± {_spoken(1.96 * row['area_error_m2'] / unit)}"
        error = "not known" if row["area_error_m2"] is None else _spoken(row["area_error_m2"] / unit)
        share = row["area_m2"] / content.total_m2
        rows.append(
            f"<tr><th>{swatch(_info(row))}</th><td>{_spoken(mapped)}</td><td>{_spoken(estimated)}</td><td>{half}</td>"
            f"<td>{error}</td><td>{share:.1%}</td><td>{_verdict(row)}</td></tr>"
        )
    largest = max(max(bar.value or 0.0, *(bar.interval or (0.0,))) for bar in bars)
    return (
        f"{figures.bars(bars, 'Area of each class', 1.05 * largest)}"
        f'<div class="scroll"><table><thead><tr><th>Class</th><th>On the map, {name}</th><th>Estimated, {name}</th>'
        f"<th>95 % interval</th><th>Standard error</th><th>Share</th><th>The map shows</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></div><p>Estimated: what the points say there is, corrected for the errors of "
        "the map.</p>"
    )


def _accuracies(content: AssessContent) -> str:
    rows = "".join(
        f"<tr><th>{swatch(_info(row))}</th>{_cell(row, 'users')}{_cell(row, 'producers')}"
        f"<td>{row['points']}</td><td>{row['true_points']}</td></tr>"
        for row in content.classes
    )
    ends = content.accuracy["overall_interval"]
    overall = cell(content.accuracy["overall"], None if ends is None else (ends[0], ends[1]))
    return (
        "<table><thead><tr><th>Class</th><th>User’s accuracy</th><th>Producer’s accuracy</th><th>Points mapped as "
        f"it</th><th>Points that are it</th></tr></thead><tbody>{rows}"
        f'<tr class="total"><th>Overall accuracy</th>{overall}<td></td>'
        f"<td>{content.accuracy['points']}</td><td></td></tr>"
        "</tbody></table><p>User’s accuracy: of the area mapped as a class, how much is it. Producer’s accuracy: of "
        "the area that is a class, how much is mapped as it. All are shares of the area, not of the points; below each "
        "figure its 95 % interval.</p>"
    )


def _confusion(content: AssessContent) -> str:
    head = "".join(f"<th>{swatch(_info(row))}</th>" for row in content.classes)
    rows = []
    for i, row in enumerate(content.classes):
        cells = []
        for j, (points, share) in enumerate(zip(content.counts[i], content.shares[i], strict=True)):
            color = "46, 125, 80" if i == j else "192, 80, 60"
            of_row = points / max(1, content.counts[i].sum())
            dark = ' class="dark"' if of_row > 0.55 else ""
            cells.append(
                f'<td{dark} style="background: rgba({color}, {0.06 + 0.9 * of_row if points else 0:.2f})">'
                f"{points}<small>{share:.1%}</small></td>"
            )
        rows.append(f"<tr><th>{swatch(_info(row))}</th>{''.join(cells)}</tr>")
    return (
        '<div class="scroll"><table class="confusion"><thead><tr><th>Mapped as ↓ is →</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div><p>Points, and the share of the area they "
        "stand for.</p>"
    )


def _cell(row: dict[str, Any], name: str) -> str:
    ends = row[f"{name}_interval"]
    return cell(row[name], None if ends is None else (ends[0], ends[1]))


def _info(row: dict[str, Any]) -> ClassInfo:
    return ClassInfo(row["value"], row["name"], row["color"])


def _spoken(area: float) -> str:
    return f"{area:,.0f}" if area >= 100 else f"{area:.3g}"
