"""The frame of report pages, and how numbers, ranges and class names look on them."""

import html
from collections.abc import Sequence
from pathlib import Path

from mmearth.cog import write_text
from mmearth.errors import ResourceError
from mmearth.reports.report_style import CSS
from mmearth.styles import ClassInfo
from mmearth.validation.cross_validation import Interval

# Cross-validated minus true macro-F1, mean of mapping tasks with dense reference maps (few-shot benchmark).
OPTIMISM = 0.08
REMEDY = (
    "To know how good the map is, take independent sample points: draw them in QGIS with “Draw sample points of a map” "
    "(on the command line <code>mmearth draw-sample</code>; 50 of each class), label them without looking at the map, "
    "and compare with “Accuracy and area of a map” (<code>mmearth assess</code>), which also tells the area of each "
    "class with its interval."
)


def page(title: str, headline: str, sections: Sequence[str]) -> str:
    """Returns a whole page; sections that are empty are left out."""
    head = f'<header><h1>{html.escape(title)}</h1><p class="headline">{html.escape(headline)}</p></header>'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{CSS}</style></head><body><main>\n"
        + "\n".join([head, *(s for s in sections if s)])
        + "\n</main></body></html>\n"
    )


def section(title: str, body: str, kind: str = "") -> str:
    """Returns a section; `kind` is a class of the style sheet."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<section{attribute}><h2>{html.escape(title)}</h2>{body}</section>"


def notes_section(notes: Sequence[str]) -> str:
    """Returns the warnings; empty where there are none."""
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return section("Please check", f"<ul>{items}</ul>", "notes") if notes else ""


def facts_section(facts: Sequence[tuple[str, str]], files: str) -> str:
    """Returns how it was made, and in which files beside the page the same figures stand."""
    rows = "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in facts)
    return section("How it was made", f"<dl>{rows}</dl><p>The same figures are in {files} beside this file.</p>")


def swatch(c: ClassInfo) -> str:
    """Returns the name of a class behind its colour."""
    return f'<span class="swatch" style="background: {html.escape(c.color)}"></span>{html.escape(c.name)}'


def number(value: float | None) -> str:
    """Returns a score."""
    return "not known" if value is None else f"{value:.2f}"


def spoken_range(interval: Interval | None) -> str:
    """Returns an interval to stand behind a score in a sentence; empty where there is none."""
    return "" if interval is None else f" (95 % interval {interval[0]:.2f} to {interval[1]:.2f})"


def cell(value: float | None, interval: Interval | None) -> str:
    """Returns a table cell of a score with its interval below."""
    below = "" if interval is None else f"<small>{interval[0]:.2f}–{interval[1]:.2f}</small>"
    return f"<td>{number(value)}{below}</td>"


def write_files(folder: str | Path, texts: dict[str, str]) -> Path:
    """Writes files by name, report.html last; each appears complete or not at all.

    Returns:
        Path of report.html.

    Raises:
        ResourceError: the folder cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, text in sorted(texts.items(), key=lambda item: item[0] == "report.html"):
            write_text(target / name, text)
    except OSError as error:
        raise ResourceError(
            f"The report cannot be written to '{target}' ({error.strerror}).",
            "Choose a folder that you may write to, on a disk with free space.",
        ) from error
    return target / "report.html"
