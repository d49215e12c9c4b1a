"""Asks the backend what the scene is whenever that may have changed, and says the answer."""

from __future__ import annotations

from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.mmearth import protocol
from . import messages
from .backend_process import Job
from .jobs.job_runner import JobRunner
from .messages import InputError
from .pages.scene_page import ScenePage


class SceneDescription(QObject):
    """Asks only while no long work runs: what runs then is asked for again when it has ended."""

    described = pyqtSignal(dict)
    failed = pyqtSignal(str, bool)  # sentence; whether naming the bands may help

    def __init__(self, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._runner = scene_page, runner
        self._job: Optional[Job] = None
        scene_page.changed.connect(self.ask)
        scene_page.source_box.changed.connect(self.forget)
        runner.ended.connect(scene_page.changed)

    def forget(self) -> None:
        """Called when another scene is chosen, or the backend is another: an answer on its way is of no use."""
        self._job = None

    def ask(self) -> None:
        """Asks what the scene is."""
        backend = self._runner.backend
        if backend is None or self._runner.is_busy or not self._scene_page.source_box.is_chosen():
            return
        if self._job is not None:
            backend.cancel(self._job)
        try:
            job = Job(self._scene_page.request(), self)
        except InputError as error:
            self.failed.emit(str(error), False)
            return
        self._job = job

        def show(result: Dict[str, Any]) -> None:
            if job is self._job:
                self.described.emit(result)

        def show_problem(code: str, message: str, remedy: str) -> None:
            if job is self._job:
                self.failed.emit(messages.error_sentence(code, message, remedy), code == protocol.INPUT)

        job.finished.connect(show)
        job.failed.connect(show_problem)
        for signal in (job.finished, job.failed, job.cancelled):
            signal.connect(job.deleteLater)
        backend.submit(job)
