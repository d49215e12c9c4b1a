"""The runs of a project: kept in the project file, with paths as seen from there, and beside what they made."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import Qgis, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...backend.mmearth import protocol
from .. import messages
from ..messages import tr
from .run_record import LEARNS, MAP, MODEL, RECORDED, Run, files_of, from_text, make_run, message_of, to_text

_SCOPE, _RUNS, _COUNT = "mmearth", "runs", "run_count"
_MOST_RUNS = 100  # all are written anew when one comes, in the GUI thread: 20 ms or so


class RunHistory(QObject):
    """Knows requests, results and the project; nothing of layers."""

    changed = pyqtSignal()

    def __init__(self, project: QgsProject, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._project = project
        self._runs: List[Run] = []
        project.readProject.connect(self._read)
        project.writeProject.connect(self._on_write)
        project.cleared.connect(self._read)
        self._read()

    def close(self) -> None:
        """Lets the project go."""
        self._project.readProject.disconnect(self._read)
        self._project.writeProject.disconnect(self._on_write)
        self._project.cleared.disconnect(self._read)

    def runs(self) -> List[Run]:
        """Returns all runs, the newest first."""
        return list(self._runs)

    def run(self, run_id: str) -> Optional[Run]:
        """Returns a run; None where there is none of this id."""
        return next((run for run in self._runs if run.id == run_id), None)

    def record(self, request: protocol.Request, result: Dict[str, Any], scene: str = "") -> Optional[Run]:
        """Keeps a run that has just ended, and leaves its requests beside what it made.

        The first map of a model belongs to the run that trained the model; a later one has the model's scores.

        Args:
            request: As sent.
            result: Of the backend.
            scene: Name of the scene; empty takes the name of its file.

        Returns:
            The run, or None where requests of this kind are not kept.
        """
        verb = messages.verb_of(request)
        if verb not in RECORDED or not files_of(result):  # an embedding of polygons alone is a table
            return None
        trained = self._trained(str(getattr(request, MODEL, ""))) if verb == "predict" else None
        if trained is not None and MAP not in trained.files:
            run = _with_map(trained, request, result)
            self._runs[self._runs.index(trained)] = run
        else:
            number = self._project.readNumEntry(_SCOPE, _COUNT, 0)[0] + 1
            self._project.writeEntry(_SCOPE, _COUNT, number)
            run = make_run(request, result, number, scene or self._scene_of(request))
            if trained is not None:
                run = dataclasses.replace(run, scores=trained.scores, report=trained.report)
            self._runs.insert(0, run)
        self._forget_replaced(run)
        self._store()
        write_requests(run)
        return run

    def rename(self, run_id: str, name: str) -> None:
        """Gives a run another name; an empty one changes nothing."""
        run = self.run(run_id)
        if run is not None and name.strip() and name != run.name:
            self._runs[self._runs.index(run)] = dataclasses.replace(run, name=name.strip())
            self._store()

    def remove(self, run_id: str) -> Optional[Tuple[int, Run]]:
        """Takes a run off the list, its files stay; returns what `restore` wants, None where there is no such run."""
        run = self.run(run_id)
        if run is None:
            return None
        place = self._runs.index(run)
        self._runs.remove(run)
        self._store()
        return place, run

    def restore(self, place: int, run: Run) -> None:
        """Puts a run back where it was."""
        self._runs.insert(place, run)
        self._store()

    def _trained(self, model: str) -> Optional[Run]:
        """Returns the newest run that made a model file."""
        return next((run for run in self._runs if run.verb in LEARNS and run.files.get(MODEL) == model), None)

    def _scene_of(self, request: protocol.Request) -> str:
        """Returns the name of the scene that a request is about; of one about an embedding, that of its run."""
        embedding = str(getattr(request, "embedding", ""))
        made = next((run for run in self._runs if embedding and run.files.get(MAP) == embedding), None)
        if made is not None:
            return made.scene
        scenes = tuple(getattr(request, "scenes", ())) or (getattr(request, "scene", "") or embedding,)
        return Path(str(scenes[0]).split("\n")[0]).stem

    def _forget_replaced(self, run: Run) -> None:
        """Drops runs whose main file this one has written again."""
        self._runs = [one for one in self._runs if one is run or one.main_file != run.main_file]

    def _store(self) -> None:
        del self._runs[_MOST_RUNS:]
        self._project.writeEntry(_SCOPE, _RUNS, to_text(self._runs, self._home()))
        self.changed.emit()

    def _home(self) -> str:
        """Returns the folder from which paths are seen; empty where they shall stay absolute."""
        relative = self._project.filePathStorage() == Qgis.FilePathType.Relative
        return self._project.absolutePath() if relative else ""

    def _on_write(self, *_document: Any) -> None:
        """Writes the paths as seen from where the project is being saved, which may be another folder than before."""
        if self._runs:
            self._project.writeEntry(_SCOPE, _RUNS, to_text(self._runs, self._home()))

    def _read(self, *_document: Any) -> None:
        text, _found = self._project.readEntry(_SCOPE, _RUNS, "")
        self._runs = from_text(text, self._project.absolutePath())
        self.changed.emit()


def _with_map(trained: Run, request: protocol.Request, result: Dict[str, Any]) -> Run:
    files = {**trained.files, **files_of(result), MODEL: trained.files[MODEL]}
    return dataclasses.replace(
        trained,
        files=files,
        requests=(*trained.requests, message_of(request)),
        seconds=trained.seconds + float(result.get("seconds", 0.0)),
        classes=bool(result.get("classes")),
    )


def write_requests(run: Run) -> None:
    """Leaves the requests of a run beside what it made; where that folder cannot be written to, the log says so."""
    path = Path(run.request_file)
    try:
        path.write_text(requests_text(run), encoding="utf-8")
    except OSError as error:
        text = tr('The request of run "{name}" could not be written to "{path}": {reason}')
        reason = error.strerror or str(error)
        messages.log(text.format(name=run.name, path=path, reason=reason), Qgis.MessageLevel.Warning)


def requests_text(run: Run) -> str:
    """Returns the requests of a run as the text of a file that `mmearth run` takes."""
    listed = list(run.requests)
    return json.dumps(listed[0] if len(listed) == 1 else listed, indent=2, ensure_ascii=False) + "\n"
