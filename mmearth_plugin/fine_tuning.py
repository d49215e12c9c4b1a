"""Fine-tuning in the dock: sends the page's request, shows the run, pauses it, has the scene mapped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Dict

from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices

from ..backend.mmearth import protocol
from . import fine_tune_run
from .backend_process import Job
from .job_runner import JobRunner, log_warnings
from .messages import tr
from .pages.fine_tune_page import FineTunePage
from .pages.labels_page import LabelsPage
from .pages.scene_page import ScenePage


class FineTuning(QObject):
    """Owns the page; says `map_scene` with the result of a run whose model shall map the scene of section 1."""

    map_scene = pyqtSignal(dict)

    def __init__(self, scene_page: ScenePage, labels_page: LabelsPage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._labels_page, self._runner = scene_page, labels_page, runner
        self.result: Dict[str, Any] = {}  # of the last run; of one that was stopped, its model and unit alone
        self.page = FineTunePage(labels_page)
        self.page.run.connect(lambda resume: runner.guarded(partial(self._run, resume)))
        self.page.view.pause.connect(self._pause)
        self.page.view.open_report.connect(self._open_report)
        self.page.view.map_scene.connect(lambda: self.map_scene.emit(self.result))

    def show_busy(self, busy: bool) -> None:
        """Opens or closes the buttons that start work."""
        for button in (self.page.button, self.page.resume_button, self.page.view.map_button):
            button.setEnabled(not busy)

    def _run(self, resume: bool) -> None:
        page, device = self.page, self._scene_page.device()
        request = fine_tune_run.remembered(page.resumable, device) if resume else None
        if request is None:
            scene = self._scene_page.scene() if page.data.uses_scene() else None
            request = fine_tune_run.keep_labels(page.request(scene, self._scene_page.weights(), device, resume))
            fine_tune_run.remember(request)
        page.begin(request)

        def show(result: Dict[str, Any]) -> None:
            self.result = result
            page.show_result(result)
            self._labels_page.show_problems(result.get("problems", []))
            self._runner.tell(tr("The network is trained: {name}").format(name=Path(str(result["model"])).name))
            log_warnings(result)

        def watch(job: Job) -> None:
            job.metrics.connect(page.view.show_metrics)
            job.failed.connect(page.show_stopped)
            job.cancelled.connect(page.show_stopped)
            job.cancelled.connect(partial(self._keep_best, request))

        self._runner.run(request, show, watch=watch)

    def _keep_best(self, request: protocol.FineTuneRequest) -> None:
        """Takes the model that a stopped run left, as it was best."""
        if Path(request.model).is_file():
            self.result = {"model": request.model, "unit": request.unit}

    def _pause(self) -> None:
        self.page.show_pausing()
        self._runner.cancel(tr("Pausing…"), tr("Paused."))

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.result["report"])))
