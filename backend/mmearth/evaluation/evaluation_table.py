"""The one table of an evaluation: model × protocol × partition, mean ± spread over seeds; as CSV, JSON and Markdown."""

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from mmearth.cog import write_text

STEM = "evaluation"


@dataclass
class Row:
    """One cell of the comparison.

    Attributes:
        model, protocol, partition: What was compared.
        train: How many samples it learnt from.
        metric: Name of the metric.
        scores, valid: On test and on valid, one for each seed; None where it is undefined.
        seconds: Of all seeds together.
        note: Why there is no score.
    """

    model: str
    protocol: str
    partition: str
    train: int
    metric: str
    scores: list[float | None] = field(default_factory=list)
    valid: list[float | None] = field(default_factory=list)
    seconds: float = 0.0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the row with "mean" and "std" (with n - 1; None of a single seed) of the scores that are numbers."""
        numbers = [score for score in self.scores if score is not None]
        watched = [score for score in self.valid if score is not None]
        return {
            **asdict(self),
            "seconds": round(self.seconds, 2),
            "seeds": len(self.scores),
            "mean": fmean(numbers) if numbers else None,
            "std": stdev(numbers) if len(numbers) > 1 else None,
            "valid_mean": fmean(watched) if watched else None,
        }

    def text(self) -> str:
        """Returns the mean and the spread as a person reads them."""
        row = self.to_json()
        if row["mean"] is None:
            return "–"
        return f"{row['mean']:.3f}" + (f" ± {row['std']:.3f}" if row["std"] is not None else "")


def write_table(folder: Path, head: dict[str, Any], rows: list[Row], notes: list[str]) -> dict[str, str]:
    """Writes the table, each file under a temporary name first.

    Args:
        folder: Where to.
        head: What the table is about, for the JSON file and the Markdown title: "dataset", "task", "classes", …
        rows: In order.
        notes: Sentences below the table.

    Returns:
        Paths: csv, json, markdown.

    Raises:
        ResourceError: the disk is full or the folder cannot be written to.
    """
    paths = {kind: folder / f"{STEM}.{end}" for kind, end in (("csv", "csv"), ("json", "json"), ("markdown", "md"))}
    content = {**head, "rows": [row.to_json() for row in rows], "notes": notes}
    write_text(paths["csv"], _csv(rows))
    write_text(paths["json"], json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))
    write_text(paths["markdown"], _markdown(head, rows, notes))
    return {kind: str(path) for kind, path in paths.items()}


def _csv(rows: list[Row]) -> str:
    columns = ("model", "protocol", "partition", "train", "metric", "mean", "std", "valid_mean", "seeds", "seconds")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "scores", "note"])
    for row in rows:
        values = row.to_json()
        scores = " ".join("" if score is None else f"{score:.6g}" for score in row.scores)
        writer.writerow([*(values[column] for column in columns), scores, row.note])
    return text.getvalue()


def _markdown(head: dict[str, Any], rows: list[Row], notes: list[str]) -> str:
    metric = rows[0].metric if rows else ""
    lines = [
        f"# {head['dataset']}: {metric} on test, mean ± standard deviation over seeds",
        "",
        "| model | protocol | partition | training samples | score | seeds |",
        "|---|---|---|---:|---:|---:|",
        *(
            f"| {row.model} | {row.protocol} | {row.partition} | {row.train} | {row.text()} | {len(row.scores)} |"
            for row in rows
        ),
    ]
    said = [*notes, *dict.fromkeys(f"{row.model}, {row.protocol}: {row.note}" for row in rows if row.note)]
    return "\n".join([*lines, "", *(f"- {note}" for note in said), ""]).rstrip() + "\n"
