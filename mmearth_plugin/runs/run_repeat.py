"""From a stored run back to what can be done: its files as layers, its requests with new outputs. Knows no widgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from ...backend.mmearth import protocol
from .. import layers, results
from ..messages import InputError, tr
from .run_record import MAP, MODEL, Run, message_of

# Fields of requests that name files or folders to write.
_OUTPUTS = (
    "out", "model", "report", "confidence", "probabilities", "margin", "entropy", "distance", "interval", "vector",
    "parcels_out",
)  # fmt: skip


def scene_of(run: Run) -> str:
    """Returns the path of the scene of a run; of one about an embedding, the path of that."""
    for request in reversed(run.requests):
        scenes = request.get("scenes") or [request.get("scene") or request.get("embedding") or ""]
        if scenes[0]:
            return str(scenes[0])
    return ""


def map_files(run: Run) -> List[results.ResultFile]:
    """Returns the layers of a run, the topmost first."""
    found: Dict[str, Any] = {role: path for role, path in run.files.items() if role != MODEL}
    return _files(run.verb, {**found, "classes": run.classes})


def result_files(request: protocol.Request, result: Dict[str, Any]) -> List[results.ResultFile]:
    """Returns the layers of a result that has just come, the topmost first; a training brings none."""
    return _files(str(message_of(request)["verb"]), result)


def _files(verb: str, result: Dict[str, Any]) -> List[results.ResultFile]:
    if not result.get(MAP):
        return []
    names = {"embed": tr("Embedding"), "cluster": tr("Groups"), "similar": tr("Similarity")}
    if verb in names:
        return [results.ResultFile(str(result[MAP]), str(result.get("style", "")), names[verb])]
    return results.map_files({**_styles(result), **result})


def _styles(result: Dict[str, Any]) -> Dict[str, str]:
    """Returns the styles of files that share a stem with another: theirs are named after the whole file name."""
    own = {key: Path(f"{path}.qml") for key, path in result.items() if isinstance(path, str) and path}
    return {"style" if key == MAP else f"{key}_style": str(style) for key, style in own.items() if style.is_file()}


def again(run: Run) -> List[protocol.Request]:
    """Returns the requests of a run with outputs that do not exist yet.

    Raises:
        InputError: a request is not one of this version, or what it reads is gone.
    """
    renamed: Dict[str, str] = {}
    for request in run.requests:
        for path in (request.get(key) for key in _OUTPUTS if not (key == MODEL and request["verb"] == "predict")):
            if path and path not in renamed:
                old = Path(path)
                renamed[path] = str(layers.free_path(str(old.parent), old.stem, old.suffix))
    requests = []
    for stored in run.requests:
        message = {key: renamed.get(value, value) if key in _OUTPUTS else value for key, value in stored.items()}
        if "resume" in message and message["verb"] == "fine_tune":
            message["resume"] = False
        try:
            requests.append(protocol.request_from_json(message))
        except protocol.MalformedMessage as error:
            text = tr('Run "{name}" was made by another version and cannot be repeated: {error}')
            raise InputError(text.format(name=run.name, error=error)) from error
        _check_inputs(run, message, renamed)
    return requests


def _check_inputs(run: Run, message: Dict[str, Any], renamed: Dict[str, str]) -> None:
    """Refuses to repeat what reads files that are gone."""
    single = (message.get(key) for key in ("scene", "embedding", "labels", "masks", "weights", MODEL))
    made = set(renamed.values())
    for text in (*single, *message.get("scenes", ()), *message.get("layers", ())):
        for path in str(text or "").split("\n"):
            file = path.partition("|")[0]
            if Path(file).is_absolute() and file not in made and not Path(file).exists():
                said = tr('"{path}", which run "{name}" was made from, is gone. Put it back, then repeat the run.')
                raise InputError(said.format(path=file, name=run.name))
