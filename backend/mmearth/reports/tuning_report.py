"""Writes what a fine-tuning found: report.html for the analyst, report.json and confusion.csv for programs.

The page is one file without scripts or links to other files. Knows scores and texts; nothing of networks or rasters.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
from dataclasses import dataclass
from pathlib import Path

from mmearth.disk import disk_errors
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
from mmearth.tuning.baseline_scores import BaselineScores
from mmearth.tuning.tuning_scores import FEWEST_GROUPS, TuningScores, difference
from mmearth.validation.cross_validation import FEWEST_FOR_INTERVAL

FEW_SHOT = "few-shot"
# What a rung is called on the page; the last entry is not trained here, but what rungs are measured against.
RUNG_NAMES = {
    "probe": "Linear probe",
    "decoder": "Decoder on a frozen encoder",
    "partial": "Last stages tuned, too",
    "full": "Everything tuned",
    FEW_SHOT: "Few-shot head, frozen",
}
_FEW_SAMPLES = 5


@dataclass(frozen=True)
class RungScore:
    """What one rung of the ladder reached.

    Attributes:
        rung: A key of `RUNG_NAMES`.
        scores: On the held-out samples.
        seconds: That it took.
    """

    rung: str
    scores: TuningScores
    seconds: float


@dataclass(frozen=True)
class TuningContent:
    """What a report of a fine-tuning tells.

    Attributes:
        classes: In the order of the class indices of the scores.
        rungs: What was tried, in order.
        chosen: The rung that the model file holds.
        baselines: Of the majority class and the raw bands, on the same held-out samples.
        counted: What scores count, as in `Tiles`.
        folds: What was held out together: "polygon", "block" or "scene".
        folds_reason: Why, as one sentence.
        decision: Why this rung, as one sentence; empty where it was the user's choice.
        facts: (what, value) pairs on how it was made.
        notes: Warnings on labels and scenes.
        curve: Path of the picture of the course; empty where nothing was trained.
        multi_label: Whether a sample may have several classes.
    """

    classes: tuple[ClassInfo, ...]
    rungs: tuple[RungScore, ...]
    chosen: str
    baselines: BaselineScores
    counted: str
    folds: str
    folds_reason: str
    decision: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    curve: str = ""
    multi_label: bool = False

    @property
    def scores(self) -> TuningScores:
        """Of the rung that the model file holds."""
        return next(rung.scores for rung in self.rungs if rung.rung == self.chosen)


def write_tuning_report(folder: str | Path, content: TuningContent) -> Path:
    """Writes report.html, report.json and confusion.csv; each appears complete or not at all.

    Returns:
        Path of report.html.

    Raises:
        ResourceError: the folder cannot be written.
    """
    texts = {"confusion.csv": _confusion_csv(content), "report.json": _json(content), "report.html": _page(content)}
    return write_files(folder, texts)


def headline(content: TuningContent) -> str:
    """Returns the result in plain sentences."""
    score, base = content.scores, content.baselines
    name = RUNG_NAMES[content.chosen]
    text = (
        f"{name}: macro-F1 on held-out {_groups(content)} {number(score.macro_f1)}"
        f"{spoken_range(score.macro_f1_interval)}, against {number(base.raw_bands.macro_f1)} with raw bands alone and "
        f"{number(base.majority.macro_f1)} for the majority class."
    )
    gain, interval = difference(score, base.raw_bands)
    if interval is None:
        return f"{text} Too few {_groups(content)} were held out to say whether that is better than chance."
    low, high = interval
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "not clearly different from"
    return f"{text} It is {verdict} raw bands here ({gain:+.2f}, 95 % interval {low:+.2f} to {high:+.2f})."


def _groups(content: TuningContent) -> str:
    return f"{content.folds}s"


def _json(content: TuningContent) -> str:
    gain, interval = difference(content.scores, content.baselines.raw_bands)
    document = {
        "headline": headline(content),
        "classes": [{"value": c.value, "name": c.name, "color": c.color} for c in content.classes],
        "rung": content.chosen,
        "decision": content.decision,
        "rungs": [
            {"rung": rung.rung, "seconds": round(rung.seconds, 2), **rung.scores.to_json()} for rung in content.rungs
        ],
        "raw_bands": content.baselines.raw_bands.to_json(),
        "majority": content.baselines.majority.to_json(),
        "gain_over_bands": {"macro_f1": gain, "interval_95": interval},
        "calibration": content.scores.calibration.to_json(),
        "counted": content.counted,
        "folds": content.folds,
        "folds_reason": content.folds_reason,
        "facts": dict(content.facts),
        "notes": list(content.notes),
    }
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _confusion_csv(content: TuningContent) -> str:
    """Rows are true classes, columns predicted ones; with several classes at once, how often each was found or not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names, confusion = [c.name for c in content.classes], content.scores.confusion
    if content.multi_label:
        writer.writerow(["class", "neither", "found though not there", "not found", "found"])
        rows = confusion.reshape(len(names), 4)
    else:
        writer.writerow(["true \\ predicted", *names])
        rows = confusion
    for name, row in zip(names, rows, strict=True):
        writer.writerow([name, *(f"{v:.10g}" for v in row)])
    return text.getvalue()


def _page(content: TuningContent) -> str:
    sections = [
        section("Compared with simpler ways", _comparison(content)),
        section("Rungs that were tried", _rungs(content)),
        _honesty(content),
        section("Classes", _class_table(content)),
        "" if content.multi_label else section("What was taken for what", _confusion_table(content)),
        section("Course of the training", _curve(content.curve)) if content.curve else "",
        section("How far its probabilities can be believed", calibration_text(content.scores.calibration, "labels")),
        notes_section(content.notes),
        facts_section(content.facts, "<code>report.json</code> and <code>confusion.csv</code>"),
    ]
    return page("Fine-tuning report", headline(content), sections)


def _comparison(content: TuningContent) -> str:
    own, base = content.scores, content.baselines
    methods = [(RUNG_NAMES[content.chosen], own)]
    methods += [(RUNG_NAMES[r.rung], r.scores) for r in content.rungs if r.rung == FEW_SHOT != content.chosen]
    methods += [("Raw bands", base.raw_bands), ("Majority class", base.majority)]
    rows = [
        figures.Bar(name, scores.macro_f1, scores.macro_f1_interval, min(i, 2))
        for i, (name, scores) in enumerate(methods)
    ]
    counts = f"Every {content.counted} counts once{', however large it is' if content.counted == 'polygon' else ''}."
    whiskers = (
        f"Whiskers: 95 % interval, drawn among the held-out {_groups(content)}."
        if own.macro_f1_interval is not None
        else f"Intervals want {FEWEST_GROUPS} held-out {_groups(content)}; there are {own.groups}."
    )
    return (
        f"{figures.bars(rows, 'Macro-F1 of each method')}<p>One part of the labels, {own.groups} {_groups(content)}, "
        f"was held out from all training. {counts} {html.escape(content.folds_reason)} {whiskers}</p>"
    )


def _rungs(content: TuningContent) -> str:
    rows = []
    for rung in content.rungs:
        chosen = " (kept)" if rung.rung == content.chosen else ""
        micro = cell(rung.scores.micro_f1, rung.scores.micro_f1_interval)
        rows.append(
            f"<tr><th>{html.escape(RUNG_NAMES[rung.rung])}{chosen}</th>"
            f"{cell(rung.scores.macro_f1, rung.scores.macro_f1_interval)}{micro}<td>{rung.seconds:,.0f} s</td></tr>"
        )
    micro_name = "Micro-F1" if content.multi_label else "Accuracy"
    decision = f"<p>{html.escape(content.decision)}</p>" if content.decision else ""
    return (
        f'<div class="scroll"><table><thead><tr><th>Rung</th><th>Macro-F1</th><th>{micro_name}</th><th>Time</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>{decision}"
    )


def _honesty(content: TuningContent) -> str:
    score = content.scores
    few = [c.name for c, n in zip(content.classes, score.samples, strict=True) if n < _FEW_SAMPLES]
    told = [
        "Read it as an upper bound. The held-out labels also chose the moment at which training stopped, and the rung "
        "where several were tried, so the score leans a little to the bright side.",
    ]
    if content.folds == "polygon":
        told.append(
            "Polygons are drawn where a class is plain to see; the map also holds edges and mixtures. In our few-shot "
            f"benchmark, scores on held-out polygons were about {OPTIMISM:.2f} higher than those on the whole map."
        )
    told.append("Nothing is known of other places, seasons or sensors than those of the labels.")
    if score.reason:
        told.append(f"Not in the mean: {score.reason}. How well these are told apart is not known.")
    if few:
        unit = f"{content.counted}s" if content.counted in ("polygon", "scene") else "blocks"
        told.append(f"Fewer than {_FEW_SAMPLES} held-out {unit}: {', '.join(few)}. Their figures can change much.")
    text = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in told)
    return section("How far to trust this score", f"{text}<p>{REMEDY}</p>", "honest")


def _class_table(content: TuningContent) -> str:
    score, bands = content.scores, content.baselines.raw_bands
    rows = []
    for i, c in enumerate(content.classes):
        f1, *others = (cell(getattr(score, m)[i], score.intervals[m][i]) for m in ("f1", "precision", "recall", "iou"))
        rows.append(
            f"<tr><th>{swatch(c)}</th><td>{c.value}</td>{f1}<td>{number(bands.f1[i])}</td>{''.join(others)}"
            f"<td>{score.samples[i]}</td></tr>"
        )
    rows.append(
        f'<tr class="total"><th>Mean of the classes</th><td></td>{cell(score.macro_f1, score.macro_f1_interval)}'
        f"<td>{number(bands.macro_f1)}</td><td></td><td></td><td></td><td></td></tr>"
    )
    return (
        '<div class="scroll"><table><thead><tr><th>Class</th><th>Value</th><th>F1</th><th>F1, raw bands</th>'
        "<th>Precision</th><th>Recall</th><th>IoU</th><th>Held out</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        "<p>Precision: how much of what the network calls by this name is it. Recall: how much of it the network "
        "finds. F1 joins both; IoU does so more strictly. Below each figure: 95 % interval, where at least "
        f"{FEWEST_FOR_INTERVAL} {_groups(content)} of a class were held out, and {FEWEST_GROUPS} in all.</p>"
    )


def _confusion_table(content: TuningContent) -> str:
    head = "".join(f"<th>{swatch(c)}</th>" for c in content.classes)
    rows = []
    for i, (c, row) in enumerate(zip(content.classes, content.scores.confusion, strict=True)):
        total, cells = row.sum(), []
        for j, value in enumerate(row):
            if not total:
                cells.append("<td>–</td>")
                continue
            share = value / total
            color = "46, 125, 80" if i == j else "192, 80, 60"
            dark = ' class="dark"' if share > 0.55 else ""
            cells.append(
                f'<td{dark} style="background: rgba({color}, {0.06 + 0.9 * share if value else 0:.2f})">'
                f"{value:,.4g}<small>{share:.0%}</small></td>"
            )
        rows.append(f"<tr><th>{swatch(c)}</th>{''.join(cells)}</tr>")
    return (
        '<div class="scroll"><table class="confusion"><thead><tr><th>True ↓ taken for →</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div><p>Per cent of the row.</p>"
    )


def _curve(path: str) -> str:
    with disk_errors(Path(path).parent):
        picture = base64.b64encode(Path(path).read_bytes()).decode("ascii")
    return (
        f'<img style="max-width: 100%" alt="Loss, held-out F1 and learning rate over the steps" '
        f'src="data:image/png;base64,{picture}">'
    )
