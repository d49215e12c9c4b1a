"""Sentences for the user: translation, error codes with their remedies, time and size in words, the log panel."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional

from qgis.core import Qgis, QgsMessageLog
from qgis.PyQt.QtCore import QCoreApplication

from ..backend.mmearth import protocol
from .jobs.log_text import redacted

PANEL = "MMEarth"
_MOST_LINES = 200  # for a bug report
_MOST_CHARACTERS = 2000  # of a request: sixty classes make a long one
_latest: Deque[str] = deque(maxlen=_MOST_LINES)


def tr(text: str) -> str:
    """Translates a text of the plugin."""
    return QCoreApplication.translate("MMEarth", text)


class InputError(Exception):
    """A layer or field that cannot be used; the message says what was found, what is wanted and what to do."""


def log(text: str, level: Qgis.MessageLevel = Qgis.MessageLevel.Info) -> None:
    """Writes a line to the log panel "MMEarth", from any thread, without the user's name and home folder."""
    text = redacted(text)
    _latest.extend(f"{time.strftime('%H:%M:%S')} {line}" for line in text.splitlines())
    QgsMessageLog.logMessage(text, PANEL, level, False)


def latest_lines() -> List[str]:
    """Returns the last lines of the log panel, with their times."""
    return list(_latest)


def verb_of(request: protocol.Request) -> str:
    """Returns the name of a request in the protocol."""
    return next(verb for verb, kind in protocol.VERBS.items() if type(request) is kind)


def request_line(request: protocol.Request) -> str:
    """Returns what a request says, for the log: the fields that are not as they are by default."""
    said = {
        field.name: getattr(request, field.name)
        for field in fields(request)
        if getattr(request, field.name) != (None if field.default is MISSING else field.default)
        and getattr(request, field.name) not in ("", (), {})
    }
    return f"{verb_of(request)} {json.dumps(said, ensure_ascii=False)}"[:_MOST_CHARACTERS]


def result_line(request: protocol.Request, result: Dict[str, Any]) -> str:
    """Returns what a result says, for the log: numbers and short texts, not its tables."""
    said = {key: value for key, value in result.items() if isinstance(value, (str, int, float)) and value != ""}
    return f"{verb_of(request)} → {json.dumps(said, ensure_ascii=False)}"[:_MOST_CHARACTERS]


def hello_text(hello: Dict[str, Any]) -> str:
    """Returns what a backend says of itself: versions and devices."""
    versions = ", ".join(f"{name} {version}" for name, version in hello.get("versions", {}).items())
    devices = ", ".join(str(device.get("name")) for device in hello.get("devices", []))
    text = tr("Backend {version}, protocol {protocol}: {versions}; devices: {devices}")
    found = hello.get("backend"), hello.get("protocol")
    return text.format(version=found[0], protocol=found[1], versions=versions, devices=devices)


def job_name(request: protocol.Request) -> str:
    """Returns what users call a job: what it does, and to which file."""
    names = {
        "embed": tr("Embedding"),
        "few_shot": tr("Training"),
        "fine_tune": tr("Fine-tuning"),
        "evaluate": tr("Evaluation"),
        "predict": tr("Map"),
        "suggest": tr("Places to label"),
        "draw_sample": tr("Sample points"),
        "assess": tr("Accuracy"),
        "pretrain": tr("Pretraining"),
        "adapt": tr("Adaptation"),
        "similar": tr("Similarity"),
        "outline": tr("Outlines"),
        "cluster": tr("Clusters"),
        "scatter": tr("Scatter plot"),
        "compare_maps": tr("Comparison"),
        "export_map": tr("Export"),
        "download_weights": tr("Download"),
        "convert_weights": tr("Conversion"),
        "doctor": tr("Device test"),
    }
    verb = verb_of(request)
    files = (getattr(request, key, "") for key in ("scene", "model", "weights_out", "embedding", "source", "out"))
    file = next(filter(None, files), "")
    name = names.get(verb, phase_text(verb))
    return tr("{job}: {file}").format(job=name, file=Path(str(file).splitlines()[0]).name) if file else name


def remedy_for(code: str) -> str:
    """Returns what to do about an error that brings no remedy of its own."""
    return {
        protocol.INPUT: tr("Choose another layer, extent, field or band mapping."),
        protocol.CHECKPOINT: tr("Choose other weights or another model."),
        protocol.RESOURCE: tr("Choose a smaller extent, free memory or disk, or choose another device."),
        protocol.PROTOCOL: tr("Install the backend again (panel MMEarth > … > Backend)."),
        protocol.INTERNAL: tr('Look at the log panel "MMEarth" and report it, please.'),
    }.get(code, "")


def error_sentence(code: str, message: str, remedy: str) -> str:
    """Joins what happened and what to do about it."""
    return f"{message.strip()} {(remedy or remedy_for(code)).strip()}".strip()


def phase_text(phase: str) -> str:
    """Returns a phase name as the backend sends it, ready for display."""
    text = phase.replace("_", " ").strip() or tr("working")
    return text[0].upper() + text[1:]


def time_text(seconds: float) -> str:
    """Returns a duration as a person would say it."""
    if seconds < 1:
        return tr("less than a second")
    if seconds < 90:
        return tr("{n} s").format(n=round(seconds))
    if seconds < 5400:
        return tr("{n} min").format(n=round(seconds / 60))
    return tr("{n} h").format(n=f"{seconds / 3600:.1f}")


def time_left_text(eta_s: Optional[float]) -> str:
    """Returns the time left; empty while it is unknown."""
    return "" if eta_s is None else tr("{time} left").format(time=time_text(eta_s))


def head_names(regression: bool) -> Dict[str, str]:
    """Returns the kinds of classifiers, or of regressions, as `protocol.HEADS` names them, and what users call them."""
    names = {
        "recipe": tr("Recommended"),
        "prototype": tr("Nearest prototype"),
        "knn": tr("Nearest neighbours"),
        "ridge": tr("Ridge regression") if regression else tr("Ridge"),
        "logistic": tr("Logistic regression"),
        "forest": tr("Random forest"),
        "mlp": tr("Small neural network"),
    }
    return {head: names.get(head, head) for head in protocol.HEADS}


def rung_names() -> Dict[str, str]:
    """Returns how much of a network is trained, as `protocol.RUNGS` names it, and what users call it."""
    names = {
        "auto": tr("Automatic"),
        "probe": tr("Linear probe"),
        "decoder": tr("Decoder"),
        "partial": tr("Last stages"),
        "full": tr("Everything"),
    }
    return {rung: names.get(rung, rung) for rung in protocol.RUNGS}


def tried_name(rung: str) -> str:
    """Returns what users call a rung of a result of fine_tune, which may be that nothing of a network was trained."""
    return tr("Quick classifier") if rung == "few-shot" else rung_names().get(rung, rung)


def metrics_text(step: int, total: int, values: Dict[str, float]) -> str:
    """Returns named values after a step in one line."""
    named = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
    return tr("Step {step} of {total}: {values}").format(step=step, total=total, values=named)


def size_text(size_bytes: float) -> str:
    """Returns a size in MB or GB."""
    if size_bytes < 1e6:
        return tr("less than 1 MB")
    if size_bytes < 1e9:
        return tr("{n} MB").format(n=round(size_bytes / 1e6))
    return tr("{n} GB").format(n=f"{size_bytes / 1e9:.1f}")
