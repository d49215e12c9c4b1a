"""Writes what a few-shot training found: report.html for the analyst, report.json and confusion.csv for programs.

The page is one file without scripts or links to other files. Knows scores and texts; nothing of rasters or models.
"""

import csv
import html
import io
import json
from dataclasses import dataclass
from pathlib import Path

from mmearth.reports import report_figures as figures
from mmearth.reports.calibration_text import calibration_text
from mmearth.reports.report_page import (
    OPTIMISM,
    REMEDY,
    cell,
    facts_section,
    notes_section,
    number,
    page,
    section,
    spoken_range,
    swatch,
    write_files,
)
from mmearth.styles import ClassInfo
from mmearth.validation.cross_validation import FEWEST_FOR_INTERVAL, Validation, macro_f1_difference
from mmearth.validation.learning_curve import LearningCurve

_FEW_POLYGONS = 5
_CONFUSED = 0.1  # share of a class that is taken for one other class before the page speaks of it


@dataclass(frozen=True)
class ReportContent:
    """What a report of a classification tells; `regression_report.RegressionContent` is that of a regression.

    Attributes:
        classes: In the order of the class indices of the validations.
        embedding: Score of the classifier that the map uses; its calibration is shown, too.
        bands: Score of the raw bands alone, same folds; None where there are no bands.
        majority: Score of always predicting the most frequent class, same folds.
        facts: (what, value) pairs on how it was made: scenes, labels, bands, units, weights, seed.
        notes: Warnings on labels and scenes.
        no_bands: Why there is no score of the raw bands.
        learning: What fewer polygons would have scored (`learning_curve.learning_curve`); None leaves it out.
        folds_reason: One sentence: why single polygons, or blocks of neighbouring ones, were held out together.
        method: What the classifier is called on the page.
    """

    classes: tuple[ClassInfo, ...]
    embedding: Validation
    bands: Validation | None
    majority: Validation
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    no_bands: str = ""
    learning: LearningCurve | None = None
    folds_reason: str = ""
    method: str = "Few-shot recipe"

    @property
    def methods(self) -> tuple[tuple[str, Validation], ...]:
        """The scores with the names they have on the page."""
        if self.bands is None:
            return (self.method, self.embedding), ("Majority class", self.majority)
        return (self.method, self.embedding), ("Raw bands", self.bands), ("Majority class", self.majority)


def headline(content: ReportContent) -> str:
    """Returns the result in plain sentences."""
    score = content.embedding
    if score.macro_f1 is None:
        return f"Score on held-out polygons: not known, because {score.reason}."
    majority = f"{number(content.majority.macro_f1)} for the majority class"
    text = f"Macro-F1 on held-out polygons: {number(score.macro_f1)}{spoken_range(score.macro_f1_interval)}, against "
    if content.bands is None:
        return f"{text}{majority}. Raw bands alone: not available, because {content.no_bands}."
    text += f"{number(content.bands.macro_f1)} with raw bands alone and {majority}."
    difference = macro_f1_difference(score, content.bands)
    if difference is None:
        return text
    gain, (low, high) = difference
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "not clearly different from"
    name = "The recipe" if content.method == ReportContent.method else content.method
    return f"{text} {name} is {verdict} raw bands here ({gain:+.2f}, 95 % interval {low:+.2f} to {high:+.2f})."


def write_report(folder: str | Path, content: ReportContent) -> Path:
    """Writes report.html, report.json and confusion.csv; each appears complete or not at all.

    Returns:
        Path of report.html.

    Raises:
        ResourceError: the folder cannot be written.
    """
    texts = {"confusion.csv": _confusion_csv(content), "report.json": _json(content), "report.html": _page(content)}
    return write_files(folder, texts)


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
        "calibration": content.embedding.calibration.to_json(),
        "learning_curve": None if content.learning is None else content.learning.to_json(),
        "folds_reason": content.folds_reason,
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
    sections = [
        section("Compared with simpler ways", _comparison(content)),
        _honesty(content),
        section("Classes", _class_table(content)),
        section("What was taken for what", _confusion_table(content)) if score.num_folds else "",
        section("What more labels would bring", _learning(content.learning)) if content.learning is not None else "",
        section("How far its probabilities can be believed", calibration_text(score.calibration, "polygons"))
        if score.num_folds
        else "",
        notes_section(content.notes),
        facts_section(content.facts, "<code>report.json</code> and <code>confusion.csv</code>"),
    ]
    return page("Class map report", headline(content), sections)


def _comparison(content: ReportContent) -> str:
    rows = [
        figures.Bar(name, score.macro_f1, score.macro_f1_interval, i) for i, (name, score) in enumerate(content.methods)
    ]
    folds = "No polygon could be held out."
    if content.embedding.num_folds:
        folds = (
            f"Cross-validation with {content.embedding.num_folds} folds of whole polygons: no polygon has pixels on "
            "both sides. Each polygon counts once, however large it is."
        )
    reason = f" {html.escape(content.folds_reason)}" if content.folds_reason else ""
    return (
        f"{figures.bars(rows, 'Macro-F1 of each method')}<p>{folds}{reason} Whiskers: 95 % interval, bootstrap over "
        "polygons.</p>"
    )


def _honesty(content: ReportContent) -> str:
    score = content.embedding
    few = [c.name for c, n in zip(content.classes, score.polygons, strict=True) if n < _FEW_POLYGONS]
    shaky = ""
    if few:
        listed = html.escape(", ".join(few))
        shaky = f"<p>Fewer than {_FEW_POLYGONS} polygons: {listed}. Their figures can change much with one polygon.</p>"
    if score.macro_f1 is None:
        text = (
            f"<p>What cannot be known with these polygons: how good the map is as a whole. {html.escape(score.reason)}."
            f"</p><p>{REMEDY}</p>{shaky}"
        )
        return section("What cannot be known", text, "honest")
    return section(
        "How far to trust this score",
        "<p>Read it as an upper bound for the map. Polygons are drawn where a class is plain to see; the map also "
        f"holds edges and mixtures. In our few-shot benchmark, scores on held-out polygons were about {OPTIMISM:.2f} "
        f"higher than those on the whole map.</p><p>{REMEDY}</p>{shaky}",
        "honest",
    )


def _class_table(content: ReportContent) -> str:
    rows = []
    score = content.embedding
    for i, c in enumerate(content.classes):
        baseline = "" if content.bands is None else f"<td>{number(content.bands.f1[i])}</td>"
        f1, *others = (cell(getattr(score, m)[i], score.intervals[m][i]) for m in ("f1", "precision", "recall", "iou"))
        rows.append(
            f"<tr><th>{swatch(c)}</th><td>{c.value}</td>{f1}{baseline}{''.join(others)}"
            f"<td>{score.polygons[i]}</td><td>{score.pixels[i]:,}</td></tr>"
        )
    known = score.macro_f1 is not None
    baseline = "" if content.bands is None else f"<td>{number(content.bands.macro_f1)}</td>"
    rows.append(
        f'<tr class="total"><th>Mean of the classes</th><td></td>{cell(score.macro_f1, score.macro_f1_interval)}'
        f"{baseline}<td></td><td></td><td></td><td>{sum(score.polygons)}</td><td>{sum(score.pixels):,}</td></tr>"
    )
    accuracy = f"Overall accuracy {number(score.accuracy)}{spoken_range(score.accuracy_interval)}. " if known else ""
    column = "" if content.bands is None else "<th>F1, raw bands</th>"
    missing = "" if known else f"<p>Not known: {html.escape(score.reason)}.</p>"
    return (
        f'<div class="scroll"><table><thead><tr><th>Class</th><th>Value</th><th>F1</th>{column}<th>Precision</th>'
        "<th>Recall</th><th>IoU</th><th>Polygons</th><th>Pixels used</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f"<p>{accuracy}Precision: how much of what the classifier calls by this name is it. Recall: how much of it the "
        "classifier finds. F1 joins both; IoU does so more strictly. Below each figure: 95 % interval, bootstrap over "
        f"polygons, where a class has {FEWEST_FOR_INTERVAL} or more.{_no_width(content)}</p>{missing}"
    )


def _no_width(content: ReportContent) -> str:
    """Returns a warning of classes without a single error, whose intervals have no width."""
    score = content.embedding
    perfect = [
        f"{html.escape(c.name)} {max(0.0, 1 - 3 / n):.2f}"
        for c, recall, n in zip(content.classes, score.recall, score.polygons, strict=True)
        if recall == 1.0 and n >= FEWEST_FOR_INTERVAL
    ]
    if not perfect:
        return ""
    return (
        " An interval without width means that all polygons agree, not certainty: where all of n are right, the true "
        f"recall may still be as low as 1 − 3/n ({', '.join(perfect)})."
    )


def _confusion_table(content: ReportContent) -> str:
    head = "".join(f"<th>{swatch(c)}</th>" for c in content.classes)
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
        rows.append(f"<tr><th>{swatch(c)}</th>{''.join(cells)}</tr>")
    return (
        '<div class="scroll"><table class="confusion"><thead><tr><th>True ↓ taken for →</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        "<p>In polygons: a polygon with 30 % of its pixels wrong adds 0.7 to the diagonal and 0.3 beside it. "
        f"Per cent of the row. {_confused(content)}</p>"
    )


def _confused(content: ReportContent) -> str:
    """Returns the largest confusions in words."""
    found = [
        (row[j] / row.sum(), content.classes[i].name, content.classes[j].name)
        for i, row in enumerate(content.embedding.confusion)
        for j in range(len(row))
        if i != j and row.sum() and row[j] >= _CONFUSED * row.sum()
    ]
    if not found:
        return "No class is often taken for another one."
    worst = [f"{share:.0%} of {true} is taken for {taken}" for share, true, taken in sorted(found, reverse=True)[:3]]
    return html.escape(f"Most often: {'; '.join(worst)}. More polygons of these may help most.")


def _learning(curve: LearningCurve) -> str:
    sentence = f"<p>{html.escape(curve.sentence())}</p>"
    if not curve.scores:
        return sentence
    return (
        f"{figures.learning(curve)}{sentence}<p>Each dot: trained on a random part of the polygons and scored on "
        f"held-out ones, {curve.fits} trainings in three folds. Broken line: a guess from the curve's form, with its "
        "95 % interval; it holds for more polygons of the same kind, not for new places or other appearances.</p>"
    )
