"""Fine-tuning in the dock: sends the page's request, shows the run, pauses it, has the scene mapped."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Dict

from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices

from ...backend.mmearth import protocol
from ..backend_process import Job
from ..jobs.job_runner import JobRunner, log_warnings
from ..messages import InputError, tr
from ..pages.fine_tune_page import FineTunePage
from ..pages.labels_page import LabelsPage
from ..pages.scene_page import ScenePage
from . import fine_tune_run, started_trainings


class FineTuning(QObject):
    """Owns the page; says `map_scene` with the result of a run whose model shall map the scene of step "Scene"."""

    map_scene = pyqtSignal(dict)

    def __init__(self, scene_page: ScenePage, labels_page: LabelsPage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._labels_page, self._runner = scene_page, labels_page, runner
        self.result: Dict[str, Any] = {}  # of the last run; of one that was stopped, its model and unit alone
        self.page = FineTunePage(labels_page)
        self._model = ""  # of the run that is on
        self.page.run.connect(lambda resume: runner.guarded(partial(self._run, resume)))
        self.page.note.resume.connect(lambda model: runner.guarded(partial(self._resume, model)))
        self.page.note.forget.connect(self._forget)
        self.page.view.pause.connect(self._pause)
        self.page.view.open_report.connect(self._open_report)
        self.page.view.map_scene.connect(lambda: self.map_scene.emit(self.result))
        self._show_cut_off()

    def close(self) -> None:
        """Leaves a run that is on to be found at the next start."""
        started_trainings.leave(self._model)

    def show_busy(self, busy: bool) -> None:
        """Opens or closes the button that has the scene mapped."""
        self.page.view.map_button.setEnabled(not busy)

    def _run(self, resume: bool) -> None:
        page, device = self.page, self._scene_page.device()
        request = fine_tune_run.remembered(page.resumable, device) if resume else None
        if request is None:
            scene = self._scene_page.scene() if page.data.uses_scene() else None
            request = fine_tune_run.keep_labels(page.request(scene, self._scene_page.weights(), device, resume))
        self._submit(request)

    def _resume(self, model: str) -> None:
        request = fine_tune_run.remembered(model, self._scene_page.device())
        if request is None:
            text = tr('What training "{name}" was asked is no longer known. Choose its data and file name again.')
            raise InputError(text.format(name=Path(model).name))
        self._submit(request)

    def _submit(self, request: protocol.FineTuneRequest) -> None:
        page, model = self.page, request.model
        begun = []

        def begin() -> None:
            begun.append(True)
            self._model = model
            fine_tune_run.remember(request)
            started_trainings.begin(started_trainings.FINE_TUNE, model, time.time())
            self._show_cut_off()
            page.begin(request)

        def show_metrics(step: int, total: int, values: Dict[str, float], picture: str) -> None:
            started_trainings.tell_steps(model, total)
            page.view.show_metrics(step, total, values, picture)

        def stop(*_reason: str) -> None:
            self._end(model)
            if begun:
                page.show_stopped()

        def cancelled() -> None:
            stop()
            if begun:
                self._keep_best(request)

        def show(result: Dict[str, Any]) -> None:
            self._end(model)
            self.result = result
            page.show_result(result)
            self._labels_page.show_problems(result.get("problems", []))
            self._runner.tell(tr("The network is trained: {name}").format(name=Path(str(result["model"])).name))
            log_warnings(result)

        def watch(job: Job) -> None:
            job.started.connect(begin)
            job.metrics.connect(show_metrics)
            job.failed.connect(stop)
            job.cancelled.connect(cancelled)

        self._runner.run(request, show, watch=watch)
        page.show_running(True)

    def _end(self, model: str) -> None:
        self._model = ""
        started_trainings.end(model)
        self.page.show_running(False)
        self._show_cut_off()

    def _forget(self, model: str) -> None:
        started_trainings.end(model)
        fine_tune_run.forget(model)
        self.page.refresh_resume()
        self._show_cut_off()

    def _show_cut_off(self) -> None:
        self.page.note.show_latest(started_trainings.cut_off(started_trainings.FINE_TUNE))

    def _keep_best(self, request: protocol.FineTuneRequest) -> None:
        """Takes the model that a stopped run left, as it was best."""
        if Path(request.model).is_file():
            self.result = {"model": request.model, "unit": request.unit}

    def _pause(self) -> None:
        self.page.show_pausing()
        self._runner.cancel(tr("Pausing…"), tr("Paused."))

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.result["report"])))
