"""Writes what a few-shot training found: report.html for the analyst, report.json and confusion.csv for programs.

The page is one file without scripts or links to other files. Knows scores and texts; nothing of rasters or models.
"""

import csv
import html
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmearth.cog import write_text
from mmearth.errors import ResourceError
from mmearth.report_style import CSS
from mmearth.styles import ClassInfo
from mmearth.validation import Interval, Validation, macro_f1_difference

# Cross-validated minus true macro-F1, mean of mapping tasks with dense reference maps (few-shot benchmark).
OPTIMISM = 0.08
_FEW_POLYGONS = 5


@dataclass(frozen=True)
class ReportContent:
    """What a report tells.

    Attributes:
        classes: In the order of the class indices of the validations.
        embedding: Score of the classifier that the map uses.
        bands: Score of the raw bands alone, same folds; None where there are no bands.
        majority: Score of always predicting the most frequent class, same folds.
        facts: (what, value) pairs on how it was made: scenes, labels, bands, units, weights, seed.
        notes: Warnings on labels and scenes.
        no_bands: Why there is no score of the raw bands.
    """

    classes: tuple[ClassInfo, ...]
    embedding: Validation
    bands: Validation | None
    majority: Validation
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    no_bands: str = ""

    @property
    def methods(self) -> tuple[tuple[str, Validation], ...]:
        """The scores with the names they have on the page."""
        if self.bands is None:
            return ("Few-shot recipe", self.embedding), ("Majority class", self.majority)
        return ("Few-shot recipe", self.embedding), ("Raw bands", self.bands), ("Majority class", self.majority)


def headline(content: ReportContent) -> str:
    """Returns the result in plain sentences."""
    score = content.embedding
    if score.macro_f1 is None:
        return f"Score on held-out polygons: not known, because {score.reason}."
    majority = f"{_number(content.majority.macro_f1)} for the majority class"
    text = f"Macro-F1 on held-out polygons: {_number(score.macro_f1)}{_range(score.macro_f1_interval)}, against "
    if content.bands is None:
        return f"{text}{majority}. Raw bands alone: not available, because {content.no_bands}."
    text += f"{_number(content.bands.macro_f1)} with raw bands alone and {majority}."
    difference = macro_f1_difference(score, content.bands)
    if difference is None:
        return text
    gain, (low, high) = difference
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "not clearly different from"
    return f"{text} The recipe is {verdict} raw bands here ({gain:+.2f}, 95 % interval {low:+.2f} to {high:+.2f})."


def write_report(folder: str | Path, content: ReportContent) -> Path:
    """Writes report.html, report.json and confusion.csv; each appears complete or not at all.

    Returns:
        Path of report.html.

    Raises:
        ResourceError: the folder cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_text(target / "confusion.csv", _confusion_csv(content))
        write_text(target / "report.json", _json(content))
        write_text(target / "report.html", _page(content))
    except OSError as error:
        raise ResourceError(
            f"The report cannot be written to '{target}' ({error.strerror}).",
            "Choose a folder that you may write to, on a disk with free space.",
        ) from error
    return target / "report.html"


def _json(content: ReportContent) -> str:
    difference = None if content.bands is None else macro_f1_difference(content.embedding, content.bands)
    document = {
        "headline": headline(content),
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in content.classes],
        "embedding": content.embedding.to_json(),
        "bands": None if content.bands is None else content.bands.to_json(),
        "bands_reason": content.no_bands,
        "majority": content.majority.to_json(),
        "gain_over_bands": None if difference is None else {"macro_f1": difference[0], "interval_95": difference[1]},
        "facts": dict(content.facts),
        "notes": list(content.notes),
    }
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _confusion_csv(content: ReportContent) -> str:
    """Rows are true classes, columns predicted ones, in polygons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [c.name for c in content.classes]
    writer.writerow(["true \\ predicted", *names])
    for name, row in zip(names, content.embedding.confusion, strict=True):
        writer.writerow([name, *(f"{v:.4f}" for v in row)])
    return text.getvalue()


def _page(content: ReportContent) -> str:
    score = content.embedding
    folds = (
        f"Cross-validation with {score.num_folds} folds of whole polygons: no polygon has pixels on both sides. "
        "Each polygon counts once, however large it is."
        if score.num_folds
        else "No polygon could be held out."
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in content.notes)
    facts = "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in content.facts)
    sections = [
        f'<header><h1>Class map report</h1><p class="headline">{html.escape(headline(content))}</p></header>',
        f"<section><h2>Compared with simpler ways</h2>{_bars(content.methods)}<p>{folds} Whiskers: 95 % interval, "
        "bootstrap over polygons.</p></section>",
        _honesty(content) if score.macro_f1 is not None else "",
        f"<section><h2>Classes</h2>{_class_table(content)}</section>",
        f"<section><h2>What was taken for what</h2>{_confusion_table(content)}</section>" if score.num_folds else "",
        f'<section class="notes"><h2>Please check</h2><ul>{notes}</ul></section>' if notes else "",
        f"<section><h2>How it was made</h2><dl>{facts}</dl><p>The same figures are in <code>report.json</code> and "
        "<code>confusion.csv</code> beside this file.</p></section>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Class map report</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{CSS}</style></head><body><main>\n" + "\n".join(s for s in sections if s) + "\n</main></body></html>\n"
    )


def _honesty(content: ReportContent) -> str:
    few = [c.name for c, n in zip(content.classes, content.embedding.polygons, strict=True) if n < _FEW_POLYGONS]
    shaky = ""
    if few:
        listed = html.escape(", ".join(few))
        shaky = f"<p>Fewer than {_FEW_POLYGONS} polygons: {listed}. Their figures can change much with one polygon.</p>"
    return (
        '<section class="honest"><h2>How far to trust this score</h2><p>Read it as an upper bound for the map. '
        "Polygons are drawn where a class is plain to see; the map also holds edges and mixtures. In our few-shot "
        f"benchmark, scores on held-out polygons were about {OPTIMISM:.2f} higher than those on the whole map. To know "
        "its accuracy, place 50 or more sample points per class at random, label them without looking at the map, "
        f"and compare.</p>{shaky}</section>"
    )


def _bars(methods: Sequence[tuple[str, Validation]]) -> str:
    """Returns an SVG of macro-F1 with intervals; each bar's title holds the figures."""
    left_px, scale_px, row_px = 170, 440, 44
    height_px = row_px * len(methods) + 30
    parts = [
        f'<svg viewBox="0 0 680 {height_px}" role="img" aria-label="Macro-F1 of each method" class="bars">',
        *(
            f'<line class="grid" x1="{left_px + scale_px * tick / 5}" x2="{left_px + scale_px * tick / 5}" y1="4"'
            f' y2="{height_px - 24}"/><text class="tick" x="{left_px + scale_px * tick / 5}" y="{height_px - 6}">'
            f"{tick / 5:.1f}</text>"
            for tick in range(6)
        ),
    ]
    for i, (name, score) in enumerate(methods):
        middle = 4 + row_px * (i + 0.5)
        parts.append(f'<text class="name" x="{left_px - 12}" y="{middle + 5}">{html.escape(name)}</text>')
        if score.macro_f1 is None:
            parts.append(f'<text class="value" x="{left_px + 8}" y="{middle + 5}">not known</text>')
            continue
        width = scale_px * score.macro_f1
        parts.append(
            f'<rect class="bar bar{i}" x="{left_px}" y="{middle - 13}" width="{width:.1f}" height="26" rx="3">'
            f"<title>{html.escape(name)}: {score.macro_f1:.3f}</title></rect>"
        )
        right = width
        if score.macro_f1_interval is not None:
            low, high = (left_px + scale_px * v for v in score.macro_f1_interval)
            right = max(right, high - left_px)
            parts.append(
                f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}'
                f'M{low:.1f} {middle - 5}v10M{high:.1f} {middle - 5}v10"/>'
            )
        parts.append(
            f'<text class="value" x="{left_px + right + 10:.1f}" y="{middle + 5}">{_number(score.macro_f1)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _class_table(content: ReportContent) -> str:
    rows = []
    score = content.embedding
    for i, c in enumerate(content.classes):
        baseline = () if content.bands is None else (content.bands.f1[i],)
        figures = (score.f1[i], *baseline, score.precision[i], score.recall[i])
        cells = "".join(f"<td>{_number(v)}</td>" for v in figures)
        rows.append(
            f"<tr><th>{_swatch(c)}</th><td>{c.value}</td>{cells}"
            f"<td>{score.polygons[i]}</td><td>{score.pixels[i]:,}</td></tr>"
        )
    known = score.macro_f1 is not None
    means = (score.macro_f1,) if content.bands is None else (score.macro_f1, content.bands.macro_f1)
    total = "".join(f"<td>{_number(v)}</td>" for v in means)
    rows.append(
        f'<tr class="total"><th>Mean of the classes</th><td></td>{total}<td></td><td></td>'
        f"<td>{sum(score.polygons)}</td><td>{sum(score.pixels):,}</td></tr>"
    )
    accuracy = f"Overall accuracy {_number(score.accuracy)}{_range(score.accuracy_interval)}. " if known else ""
    column = "" if content.bands is None else "<th>F1, raw bands</th>"
    missing = "" if known else f"<p>Not known: {html.escape(score.reason)}.</p>"
    return (
        f"<table><thead><tr><th>Class</th><th>Value</th><th>F1</th>{column}<th>Precision</th>"
        "<th>Recall</th><th>Polygons</th><th>Pixels used</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
        f"<p>{accuracy}Precision: how much of what the classifier calls by this name is it. Recall: how much of it the "
        f"classifier finds. F1 joins both.</p>{missing}"
    )


def _confusion_table(content: ReportContent) -> str:
    head = "".join(f"<th>{_swatch(c)}</th>" for c in content.classes)
    rows = []
    for i, (c, row) in enumerate(zip(content.classes, content.embedding.confusion, strict=True)):
        total = row.sum()
        cells = []
        for j, value in enumerate(row):
            share = value / total if total else 0.0
            color = "46, 125, 80" if i == j else "192, 80, 60"
            dark = ' class="dark"' if share > 0.55 else ""
            cells.append(
                f'<td{dark} style="background: rgba({color}, {0.06 + 0.9 * share if value else 0:.2f})">'
                f"{value:.1f}<small>{share:.0%}</small></td>"
                if total
                else "<td>–</td>"
            )
        rows.append(f"<tr><th>{_swatch(c)}</th>{''.join(cells)}</tr>")
    return (
        '<div class="scroll"><table class="confusion"><thead><tr><th>True ↓ taken for →</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        "<p>In polygons: a polygon with 30 % of its pixels wrong adds 0.7 to the diagonal and 0.3 beside it. "
        "Per cent of the row.</p>"
    )


def _swatch(c: ClassInfo) -> str:
    return f'<span class="swatch" style="background: {html.escape(c.color)}"></span>{html.escape(c.name)}'


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f" (95 % interval {interval[0]:.2f} to {interval[1]:.2f})"
