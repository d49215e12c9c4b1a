"""Writes what the training of a regression found: report.html for the analyst, report.json and estimates.csv.

The page is one file without scripts or links to other files. Knows scores and texts; nothing of rasters or models.
"""

import csv
import html
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmearth.reports import report_figures as figures
from mmearth.reports.report_page import facts_section, notes_section, page, section, write_files
from mmearth.validation.regression_validation import NOMINAL_COVERAGE, RegressionValidation

_FEW_POLYGONS = 30


@dataclass(frozen=True)
class RegressionContent:
    """What a report of a regression tells.

    Attributes:
        name: What is estimated: the label field.
        validation: Score of the regression that the map uses.
        bands: Score of ridge regression on the raw bands alone, same folds; None where there are no bands.
        facts: (what, value) pairs on how it was made: scenes, labels, bands, units, weights, seed.
        notes: Warnings on labels and scenes.
        no_bands: Why there is no score of the raw bands.
        folds_reason: One sentence: why single polygons, or blocks of neighbouring ones, were held out together.
        method: What the regression is called on the page.
    """

    name: str
    validation: RegressionValidation
    bands: RegressionValidation | None
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    no_bands: str = ""
    folds_reason: str = ""
    method: str = "Few-shot regression"


def regression_headline(content: RegressionContent) -> str:
    """Returns the result in plain sentences."""
    score = content.validation
    if score.r2 is None or score.rmse is None or score.mean_rmse is None:
        return f"Score of '{content.name}' on held-out polygons: not known, because {score.reason}."
    interval = score.intervals["r2"]
    spread = "" if interval is None else f" (95 % interval {interval[0]:.2f} to {interval[1]:.2f})"
    text = (
        f"'{content.name}' on held-out polygons: R² {score.r2:.2f}{spread}, typical error (RMSE) {score.rmse:.3g} "
        f"against {score.mean_rmse:.3g} when always telling the mean"
    )
    if content.bands is not None and content.bands.rmse is not None:
        text += f" and {content.bands.rmse:.3g} with raw bands alone"
    if score.r2 <= 0:
        return f"{text}. The estimates are no better than the mean: do not use the map."
    return f"{text}."


def write_regression_report(folder: str | Path, content: RegressionContent) -> Path:
    """Writes report.html, report.json and estimates.csv; each appears complete or not at all.

    Returns:
        Path of report.html.

    Raises:
        ResourceError: the folder cannot be written.
    """
    document = {
        "headline": regression_headline(content),
        "name": content.name,
        "regression": content.validation.to_json(),
        "bands": None if content.bands is None else content.bands.to_json(),
        "bands_reason": content.no_bands,
        "folds_reason": content.folds_reason,
        "facts": dict(content.facts),
        "notes": list(content.notes),
    }
    texts = {
        "estimates.csv": _estimates_csv(content.validation),
        "report.json": json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n",
        "report.html": _page(content),
    }
    return write_files(folder, texts)


def _estimates_csv(score: RegressionValidation) -> str:
    """A row for each held-out polygon; ends of intervals that are not known are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["value", "estimate", "low", "high"])
    if score.num_folds:
        for value, estimate in zip(score.values, score.polygon_estimates, strict=True):
            writer.writerow(["" if np.isnan(v) else f"{v:.6g}" for v in (value, *estimate)])
    return text.getvalue()


def _page(content: RegressionContent) -> str:
    score = content.validation
    known = score.r2 is not None
    sections = [
        section("Compared with simpler ways", _comparison(content)),
        _honesty(content),
        section("Estimates and values", _scatter(content)) if known else "",
        section("How far off", _table(score)) if known else "",
        notes_section(content.notes),
        facts_section(content.facts, "<code>report.json</code> and <code>estimates.csv</code>"),
    ]
    return page(f"Report of the map of {content.name}", regression_headline(content), sections)


def _comparison(content: RegressionContent) -> str:
    score, bands = content.validation, content.bands
    rows = [figures.Bar(content.method, score.rmse, score.intervals["rmse"], 0, _digits(score.rmse))]
    if bands is not None:
        rows.append(figures.Bar("Raw bands", bands.rmse, bands.intervals["rmse"], 1, _digits(bands.rmse)))
    rows.append(figures.Bar("Always the mean", score.mean_rmse, None, 2, _digits(score.mean_rmse)))
    ends = [end for row in rows for end in (row.value, *(row.interval or ())) if end is not None]
    no_bands = f" Raw bands alone: not available, because {html.escape(content.no_bands)}." if content.no_bands else ""
    folds = "No polygon could be held out."
    if score.num_folds:
        folds = (
            f"RMSE: the shorter, the better. Cross-validation with {score.num_folds} folds of whole polygons: no "
            "polygon has pixels on both sides; its mean estimate is compared with its value, and each polygon "
            "counts once."
        )
    reason = f" {html.escape(content.folds_reason)}" if content.folds_reason else ""
    return (
        f"{figures.bars(rows, 'RMSE of each method', 1.1 * max(ends, default=1.0) or 1.0)}"
        f"<p>{folds}{reason} Whiskers: 95 % interval, bootstrap over polygons.{no_bands}</p>"
    )


def _honesty(content: RegressionContent) -> str:
    score = content.validation
    if score.r2 is None:
        text = (
            f"<p>How good the map is cannot be known with these polygons: {html.escape(score.reason)}.</p>"
            "<p>Its values are still shown; compare them with measurements of your own before you use them.</p>"
        )
        return section("What cannot be known", text, "honest")
    few = ""
    if score.polygons < _FEW_POLYGONS:
        few = (
            f"<p>{score.polygons} polygons are few for a number: with fewer than {_FEW_POLYGONS}, figures can change "
            "much with one polygon.</p>"
        )
    return section(
        "How far to trust this score",
        "<p>Read it as an upper bound for the map. Polygons are drawn where things are plain and even; the map also "
        f"holds edges and mixtures. It holds from {score.values.min():.4g} to {score.values.max():.4g}, the values "
        "that were labelled: beyond them the map guesses. To know how good the map is, measure at places drawn at "
        f"random, not chosen for being typical.</p>{few}",
        "honest",
    )


def _scatter(content: RegressionContent) -> str:
    score, name = content.validation, html.escape(content.name)
    held = score.polygon_estimates
    errors = held[:, 0] - score.values
    interval = ""
    if score.coverage is not None:
        interval = f", the line through it its {NOMINAL_COVERAGE:.0%} prediction interval"
    return (
        f"{figures.scatter(score.values, held, content.name)}"
        f"<p>A dot is a held-out polygon{interval}; on the broken line estimate and value of {name} are the same.</p>"
        f"{figures.residuals(score.values, errors, content.name)}<p>{_trend(score)}</p>"
    )


def _trend(score: RegressionValidation) -> str:
    """Returns whether high values come out too low and low ones too high, as estimates that are unsure do."""
    errors = score.polygon_estimates[:, 0] - score.values
    spread = score.values - score.values.mean()
    slope = float(spread @ errors / (spread @ spread))
    if slope < -0.15:
        return (
            f"High values come out too low and low ones too high: of a difference between two places, the map shows "
            f"about {1 + slope:.0%}. Sums over large areas are right where their mean is near that of the polygons."
        )
    return "Errors do not depend much on the value."


def _table(score: RegressionValidation) -> str:
    meanings = {
        "r2": ("R²", "Share of the variance between polygons that the estimates explain; 1 is perfect, 0 the mean."),
        "rmse": ("RMSE", "Typical error, large ones weighing more; in the units of the labels."),
        "mae": ("MAE", "Mean error regardless of its sign."),
        "bias": ("Bias", "Mean error with its sign: above 0, the map shows too much."),
        "coverage": (
            "Coverage",
            f"How often the value lies in the {NOMINAL_COVERAGE:.0%} interval, which was set without the polygons "
            "that it is judged on."
            if score.coverage is not None
            else "There are too few polygons to know how wide the interval must be.",
        ),
    }
    rows = []
    for key, (title, meaning) in meanings.items():
        interval = score.intervals[key]
        ends = "" if interval is None else f"{_digits(interval[0])} to {_digits(interval[1])}"
        rows.append(
            f"<tr><th>{title}</th><td>{_digits(getattr(score, key))}</td><td>{ends}</td>"
            f'<td class="words">{meaning}</td></tr>'
        )
    return (
        "<table><thead><tr><th>Figure</th><th>Value</th><th>95 % interval</th><th></th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table><p>{score.polygons} polygons, {score.pixels:,} pixels. Always telling "
        f"the mean: RMSE {_digits(score.mean_rmse)}, MAE {_digits(score.mean_mae)}.</p>"
    )


def _digits(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"
