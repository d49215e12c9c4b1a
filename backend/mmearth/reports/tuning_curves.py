"""The course of a fine-tuning as picture and table: loss, held-out F1 and learning rate over the steps, rung by rung.

Knows numbers; nothing of networks or labels.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mmearth.cog import write_text
from mmearth.disk import disk_errors
from mmearth.styles import PALETTE

# "rung" (text), "step", and what was measured at it; a row need not have every column.
Row = Mapping[str, float | str]

RUNG, STEP, LOSS, F1, RATE = "rung", "step", "loss", "held-out F1", "learning rate"
_PANELS = ((LOSS, 2.0), (F1, 2.0), (RATE, 1.0))
_MANY = 40  # points of a line that are not marked one by one any more
_DPI = 110


def write_curve_csv(path: Path, rows: Sequence[Row]) -> None:
    """Writes one line for each row; columns in the order in which they come up, rung and step first.

    Raises:
        ResourceError: the folder cannot be written to, or the disk is full.
    """
    columns = list(dict.fromkeys([RUNG, STEP, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _written(value) for name, value in row.items()} for row in rows)
    with disk_errors(path.parent):
        write_text(path, text.getvalue())


def draw_curve(path: Path, rows: Sequence[Row], best_step: int | None = None) -> None:
    """Draws loss, held-out F1 and learning rate, a line for each rung.

    Args:
        path: Of the PNG file.
        rows: In the order of time.
        best_step: Where the weights were taken that are kept; None leaves the mark out.

    Raises:
        ResourceError: the folder cannot be written to, or the disk is full.
    """
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [share for _, share in _PANELS]})
    rungs = list(dict.fromkeys(str(row.get(RUNG, "")) for row in rows))
    for axis, (name, _) in zip(axes, _PANELS, strict=True):
        _draw_panel(axis, name, rows, rungs)
        if best_step is not None and rows:
            axis.axvline(best_step, color="#777777", linewidth=1, linestyle=":")
    if any(rungs):
        axes[0].legend(fontsize=8, ncols=len(rungs))
    axes[-1].set_xlabel("step" if best_step is None else "step (dotted: the weights that are kept)")
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    _save(figure, path)


def _draw_panel(axis: Axes, name: str, rows: Sequence[Row], rungs: Sequence[str]) -> None:
    drawn: list[float] = []
    for rung, color in zip(rungs, (PALETTE[i % len(PALETTE)] for i in range(len(rungs))), strict=True):
        own = [row for row in rows if str(row.get(RUNG, "")) == rung and name in row]
        values = [float(row[name]) for row in own]
        marker = "o" if len(own) <= _MANY and name == F1 else None
        axis.plot([float(row[STEP]) for row in own], values, label=rung, color=color, marker=marker, markersize=3)
        drawn += values
    if name == F1:
        axis.set_ylim(0, 1)
    elif name == LOSS and drawn and min(drawn) > 0:
        axis.set_yscale("log")
    axis.set_ylabel(name)
    axis.grid(alpha=0.3)


def _written(value: float | str) -> float | str:
    return value if isinstance(value, str | int) else float(f"{value:.6g}")


def _save(figure: Figure, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with disk_errors(path.parent):
        try:
            figure.savefig(temporary, dpi=_DPI, format="png")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
