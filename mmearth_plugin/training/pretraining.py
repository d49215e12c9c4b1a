"""Pretraining in the dock: sends the page's request, shows the run, remembers it in case QGIS ends before it does."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Dict

from qgis.PyQt.QtCore import QObject

from ...backend.mmearth import protocol
from ..backend_process import Job
from ..jobs.job_runner import JobRunner
from ..messages import InputError, tr
from ..pages.pretrain_page import PretrainPage
from ..pages.scene_page import ScenePage
from . import encoder_run, started_trainings


class Pretraining(QObject):
    """Owns the page."""

    def __init__(self, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._runner = scene_page, runner
        self._out = ""  # of the run that is on
        self.page = PretrainPage()
        self.page.run.connect(lambda resume: runner.guarded(partial(self._run, resume)))
        self.page.note.resume.connect(lambda out: runner.guarded(partial(self._resume, out)))
        self.page.note.forget.connect(self._forget)
        self._show_cut_off()

    def close(self) -> None:
        """Leaves a run that is on to be found at the next start."""
        started_trainings.leave(self._out)

    def _run(self, resume: bool) -> None:
        page, device = self.page, self._scene_page.device()
        request = encoder_run.remembered(page.weights_out(), device, protocol.PretrainRequest) if resume else None
        if request is None:
            scene = self._scene_page.scene() if page.uses_scene() else None
            request = page.request(scene, device, resume)
        self._submit(request)

    def _resume(self, out: str) -> None:
        request = encoder_run.remembered(out, self._scene_page.device(), protocol.PretrainRequest)
        if request is None:
            text = tr(
                'What training "{name}" was asked is no longer in its folder. Choose its data and file name again.'
            )
            raise InputError(text.format(name=Path(out).name))
        self._submit(request)

    def _submit(self, request: protocol.PretrainRequest) -> None:
        page, out = self.page, request.weights_out
        begun = []

        def begin() -> None:
            begun.append(True)
            self._out = out
            started_trainings.begin(started_trainings.PRETRAIN, out, time.time())
            self._show_cut_off()
            page.begin(request)

        def show_metrics(step: int, total: int, values: Dict[str, float], picture: str) -> None:
            started_trainings.tell_steps(out, total)
            page.show_metrics(step, total, values, picture)

        def stop(*_reason: str) -> None:
            self._end(out)
            if begun:
                page.show_stopped()
            elif not request.resume:
                encoder_run.forget(out)

        def show(result: Dict[str, Any]) -> None:
            self._end(out)
            page.show_result(result)
            self._runner.tell_done(tr("weights {name}").format(name=Path(result["weights"]).name), result)

        def watch(job: Job) -> None:
            job.started.connect(begin)
            job.metrics.connect(show_metrics)
            job.failed.connect(stop)
            job.cancelled.connect(stop)

        if not request.resume:
            encoder_run.remember(request)
        self._runner.run(request, show, watch=watch)
        page.show_running(True)

    def _end(self, out: str) -> None:
        self._out = ""
        started_trainings.end(out)
        self.page.show_running(False)
        self._show_cut_off()

    def _forget(self, out: str) -> None:
        started_trainings.end(out)
        if not encoder_run.resumable_step(out):
            encoder_run.forget(out)
        self._show_cut_off()

    def _show_cut_off(self) -> None:
        self.page.note.show_latest(started_trainings.cut_off(started_trainings.PRETRAIN))
