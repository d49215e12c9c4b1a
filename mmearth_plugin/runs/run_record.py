"""A finished run: what was asked, what came, how good it is; and its form as text. Knows no layers and no widgets."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.PyQt.QtCore import QDate, QLocale

from ...backend.mmearth import protocol
from .. import messages
from ..messages import tr

RECORDED = ("embed", "few_shot", "fine_tune", "predict", "cluster", "similar")
LEARNS = ("few_shot", "fine_tune")
MODEL, MAP = "model", "out"  # roles of files, as the backend's results name them
RASTERS = (".tif", ".tiff")
_ROLES = (
    MODEL, MAP, "confidence", "probabilities", "margin", "entropy", "distance", "interval", "vector", "parcels",
)  # fmt: skip
_SCORES = ("task", "macro_f1", "interval", "raw_bands_macro_f1", "majority_macro_f1", "r2", "rmse")
_HERE = "project:"  # stands for the folder of the project in stored texts


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes:
        id: Never changes.
        verb: What was asked first, as `protocol.VERBS` names it.
        name: For the user, who may change it.
        scene: Name of the scene.
        started: UTC, ISO 8601.
        seconds: What it took, the map included.
        files: Role → absolute path; roles are `MODEL`, `MAP` and the further outputs of predict.
        requests: As sent, in order: a training and the map that followed it are one run.
        classes: Whether the map has classes.
        scores: Of the model, as far as known; `per_class` lists {"name", "f1", "interval"}.
        report: Page of the report, or empty.
        device: What it was computed on, or empty where that is not known.
    """

    id: str
    verb: str
    name: str
    scene: str
    started: str
    seconds: float
    files: Dict[str, str]
    requests: Tuple[Dict[str, Any], ...]
    classes: bool = False
    scores: Dict[str, Any] = field(default_factory=dict)
    report: str = ""
    device: str = ""

    @property
    def main_file(self) -> str:
        """The map or embedding if there is one, else the model."""
        return self.files.get(MAP) or self.files.get(MODEL, "")

    @property
    def class_map(self) -> str:
        """Path of the class raster; empty where there is none."""
        path = self.files.get(MAP, "")
        return path if self.classes and path.lower().endswith(RASTERS) else ""

    @property
    def request_file(self) -> str:
        """Where the requests lie as a file that `mmearth run` takes."""
        first = self.files.get(MODEL) if self.verb in LEARNS else self.main_file
        return str(Path(first or self.main_file).with_suffix(".request.json"))

    def is_missing(self) -> bool:
        """Returns whether what it made is gone from the disk."""
        return not os.path.exists(self.main_file)

    def missing(self) -> List[str]:
        """Returns the paths that are gone from the disk."""
        return [path for path in self.files.values() if not os.path.exists(path)]


def verb_texts() -> Dict[str, str]:
    """Returns what users call a run, by its verb."""
    return {
        "embed": tr("Embedding"),
        "few_shot": tr("Quick classifier"),
        "fine_tune": tr("Fine-tuned network"),
        "predict": tr("Map"),
        "cluster": tr("Groups"),
        "similar": tr("Similarity"),
    }


def make_run(request: protocol.Request, result: Dict[str, Any], number: int, scene: str) -> Run:
    """Returns the run of a request that has just ended.

    Args:
        request: As sent.
        result: Of the backend.
        number: Of the run in its project.
        scene: Name of the scene.
    """
    message = message_of(request)
    verb = str(message["verb"])
    seconds = float(result.get("seconds", 0.0))
    started = datetime.now(timezone.utc) - timedelta(seconds=seconds)
    name = tr("{n} · {what}").format(n=number, what=verb_texts()[verb])
    return Run(
        id=uuid.uuid4().hex,
        verb=verb,
        name=name,
        scene=scene,
        started=started.isoformat(timespec="seconds"),
        seconds=seconds,
        files={**({MODEL: str(message[MODEL])} if verb == "predict" else {}), **files_of(result)},
        requests=(message,),
        classes=bool(result.get("classes")) and verb != "few_shot",
        scores=scores_of(result) if verb in LEARNS else {},
        report=str(result.get("report", "")),
        device=str(result.get("device") or ""),
    )


def message_of(request: protocol.Request) -> Dict[str, Any]:
    """Returns a request as a request file holds it."""
    message: Dict[str, Any] = json.loads(protocol.encode(protocol.request_to_json("", request)))
    message.pop("id")
    return message


def files_of(result: Dict[str, Any]) -> Dict[str, str]:
    """Returns role → path of the files of a result."""
    return {role: str(result[role]) for role in _ROLES if isinstance(result.get(role), str) and result[role]}


def scores_of(result: Dict[str, Any]) -> Dict[str, Any]:
    """Returns how good a trained model is, with the score of each class if the report tells it."""
    scores = {key: result[key] for key in _SCORES if result.get(key) is not None}
    per_class = _per_class(str(result.get("report", "")), str(result.get("rung", "")))
    return {**scores, "per_class": per_class} if per_class else scores


def _per_class(report: str, rung: str) -> List[Dict[str, Any]]:
    page = Path(report)
    try:
        told = json.loads((page if page.is_dir() else page.parent).joinpath("report.json").read_text(encoding="utf-8"))
        tried = {str(one["rung"]): one for one in told.get("rungs", [])}
        score = told.get("embedding") or tried.get(rung) or {}
        values, ends = score.get("f1", []), score.get("f1_interval_95", [])
        names = [str(one["name"]) for one in told["classes"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # absent, or of another version
        messages.log(tr("The scores of the classes were not read from the report: {error}").format(error=error))
        return []
    if len(values) != len(names):
        return []
    spread = ends if len(ends) == len(names) else [None] * len(names)
    return [{"name": name, "f1": f1, "interval": interval} for name, f1, interval in zip(names, values, spread)]


def to_text(runs: List[Run], home: str) -> str:
    """Returns runs as text; paths in or below a folder are written as seen from there.

    Args:
        runs: What to write.
        home: Folder of the project; empty where there is none, or where it stores absolute paths.
    """
    return json.dumps([_moved(vars(run), _leaving(home)) for run in runs])


def from_text(text: str, home: str) -> List[Run]:
    """Reads what `to_text` wrote; entries that are none are left out.

    Args:
        text: As stored; may be empty.
        home: Folder of the project now.
    """
    try:
        entries = json.loads(text or "[]")
    except ValueError:  # edited by hand
        entries = []
    known = {one.name for one in fields(Run)}
    runs = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            values = {key: value for key, value in _moved(entry, _coming(home)).items() if key in known}
            runs.append(Run(**{**values, "requests": tuple(values["requests"])}))
        except (KeyError, TypeError, AttributeError) as error:  # of a later version, or edited by hand
            messages.log(tr("A stored run could not be read and is left out: {error}").format(error=error))
    return runs


def _moved(entry: Dict[str, Any], replace: Any) -> Dict[str, Any]:
    """Returns the values of a run with its paths replaced; what users name themselves is none."""
    return {key: value if key in ("name", "scores") else _replaced(value, replace) for key, value in entry.items()}


def _replaced(value: Any, replace: Any) -> Any:
    """Returns JSON values with every line of every text replaced; a text may list paths, one a line."""
    if isinstance(value, str):
        return "\n".join(replace(line) for line in value.split("\n"))
    if isinstance(value, dict):
        return {key: _replaced(one, replace) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(one, replace) for one in value]
    return value


def _leaving(home: str) -> Any:
    folder = home.replace("\\", "/").rstrip("/") + "/"
    length = len(folder)

    def replace(line: str) -> str:
        path = line.replace("\\", "/")
        return _HERE + path[length:] if home and path.startswith(folder) else line

    return replace


def _coming(home: str) -> Any:
    length = len(_HERE)

    def replace(line: str) -> str:
        return str(Path(home) / line[length:]) if line.startswith(_HERE) else line

    return replace


def when_text(run: Run) -> str:
    """Returns when a run started, as briefly as it can be told today: a time, or a date."""
    found = started_at(run)
    if found is None:
        return ""
    if found.date() == datetime.now().date():
        return found.strftime("%H:%M")
    return QLocale().toString(QDate(found.year, found.month, found.day), QLocale.FormatType.ShortFormat)


def started_at(run: Run) -> Optional[datetime]:
    """Returns when a run started, in local time; None where the text is none."""
    try:
        return datetime.fromisoformat(run.started).astimezone()
    except ValueError:
        return None
