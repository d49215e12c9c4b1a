"""The scores of two runs side by side, as rich text. Knows runs; nothing of maps."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, List, Optional, Sequence

from ..messages import tr
from .run_record import Run

AMBER, GREY = "#b45309", "#6b7280"
_MOST_CLASSES = 30


def score_line(run: Run) -> str:
    """Returns the score of a run in a few words; empty where it has none."""
    scores = run.scores
    if scores.get("macro_f1") is not None:
        return tr("F1 {score}").format(score=f"{scores['macro_f1']:.2f}")
    if scores.get("r2") is not None:
        return tr("R² {score}").format(score=f"{scores['r2']:.2f}")
    return ""


def comparison_text(first: Run, second: Run) -> str:
    """Returns a table of the scores of two runs, and whether they differ beyond their noise."""
    rows = [_row([tr("Score"), *(f"<b>{_short(run)}</b>" for run in (first, second)), tr("Change")])]
    rows += [
        _row(_cells(tr("Macro F1"), "macro_f1", first, second)),
        _row(_cells(tr("Raw bands"), "raw_bands_macro_f1", first, second)),
        _row(_cells(tr("Majority"), "majority_macro_f1", first, second)),
        _row(_cells("R²", "r2", first, second)),
        _row(_cells("RMSE", "rmse", first, second)),
    ]
    rows += _class_rows(first, second)
    table = "".join(filter(None, rows[1:]))
    if not table:
        return _colored(GREY, tr("Neither run has a score: only runs that train a model have one."))
    return (
        f"<table cellspacing='0' cellpadding='3' width='100%'>{rows[0]}{table}</table><p>{_verdict(first, second)}</p>"
    )


def _short(run: Run) -> str:
    return escape(run.name.split(" · ")[0] if " · " in run.name else run.name[:12])


def _cells(title: str, key: str, first: Run, second: Run) -> List[str]:
    values = [run.scores.get(key) for run in (first, second)]
    return _figures(title, values) if any(value is not None for value in values) else []


def _figures(title: str, values: Sequence[Optional[float]]) -> List[str]:
    one, other = values
    change = "" if one is None or other is None else _change(other - one)
    return [title, *("–" if value is None else f"{value:.2f}" for value in values), change]


def _change(difference: float) -> str:
    text = f"{difference:+.2f}"
    return "0.00" if float(text) == 0 else text


def _class_rows(first: Run, second: Run) -> List[str]:
    """Returns a row for each class that both runs have, told by its name."""
    listed = [{str(one["name"]): one["f1"] for one in run.scores.get("per_class", [])} for run in (first, second)]
    shared = [name for name in listed[0] if name in listed[1]][:_MOST_CLASSES]
    return [_row(_figures(escape(name), (listed[0][name], listed[1][name]))) for name in shared]


def _row(cells: Sequence[str]) -> str:
    aligned = (f"<td align='{'right' if i else 'left'}'>{cell}</td>" for i, cell in enumerate(cells))
    return f"<tr>{''.join(aligned)}</tr>" if cells else ""


def _verdict(first: Run, second: Run) -> str:
    """Says whether the difference of macro F1 goes beyond the intervals of both.

    Two 95 % intervals that overlap do not exclude a difference; that they are apart makes one likely.
    """
    one, other = first.scores, second.scores
    if one.get("macro_f1") is None or other.get("macro_f1") is None:
        return _colored(GREY, tr("Not both of the runs have a score."))
    spans = [one.get("interval"), other.get("interval")]
    if None in spans:
        return _colored(GREY, tr("Whether that is more than noise is not known: a run has no interval."))
    texts = [f"{low:.2f}–{high:.2f}" for low, high in spans]
    (low_a, high_a), (low_b, high_b) = spans
    if low_a <= high_b and low_b <= high_a:
        text = tr("Within noise: the 95 % intervals overlap ({first} and {second}).")
        said = _colored(AMBER, text.format(first=texts[0], second=texts[1]))
    else:
        text = tr("More than noise: the 95 % intervals are apart ({first} and {second}).")
        said = f"<b>{text.format(first=texts[0], second=texts[1])}</b>"
    if _held_out(first) != _held_out(second):
        said += "<br>" + _colored(AMBER, tr("They were scored on other labels, so compare with care."))
    return said


def _held_out(run: Run) -> Any:
    """Returns what tells the labels of a run apart from those of another."""
    training: Dict[str, Any] = run.requests[0] if run.requests else {}
    return [training.get(key) for key in ("labels", "labels_layer", "field", "masks")]


def _colored(color: str, text: str) -> str:
    return f"<span style='color:{color}'>{text}</span>"
