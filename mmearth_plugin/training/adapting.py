"""Adaptation to another sensor in the dock: sends the request, shows the run, remembers it if QGIS ends first."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import QObject

from ...backend.mmearth import protocol
from .. import layers
from ..backend_process import Job
from ..jobs.job_runner import JobRunner, log_warnings
from ..messages import InputError, tr
from ..pages.adapt_page import AdaptPage
from ..pages.scene_page import ScenePage
from . import encoder_run, started_trainings

ADAPT = "adapt"  # among the trainings that were started


class Adapting(QObject):
    """Owns the page."""

    def __init__(self, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._runner = scene_page, runner
        self._out = ""  # of the run that is on
        self.page = AdaptPage()
        self.page.run.connect(lambda resume: runner.guarded(partial(self._run, resume)))
        self.page.note.resume.connect(lambda out: runner.guarded(partial(self._resume, out)))
        self.page.note.forget.connect(self._forget)
        self._show_cut_off()

    def close(self) -> None:
        """Leaves a run that is on to be found at the next start."""
        started_trainings.leave(self._out)
        self.page.close()

    def _run(self, resume: bool) -> None:
        page, device = self.page, self._scene_page.device()
        request = encoder_run.remembered(page.weights_out(), device, protocol.AdaptRequest) if resume else None
        if request is None:
            request = page.request(self._scene(), self._scene_page.weights(), device, resume)
        self._submit(request)

    def _resume(self, out: str) -> None:
        request = encoder_run.remembered(out, self._scene_page.device(), protocol.AdaptRequest)
        if request is None:
            text = tr(
                'What training "{name}" was asked is no longer in its folder. Choose its data and file name again.'
            )
            raise InputError(text.format(name=Path(out).name))
        self._submit(request)

    def _scene(self) -> Optional[layers.Scene]:
        """Returns the scene of step "Scene", whose bands may have been chosen there, if it is one of the images."""
        source = self._scene_page.source_box.usable()
        used = source is not None and source.path in self.page.images()
        return self._scene_page.scene() if used else None

    def _submit(self, request: protocol.AdaptRequest) -> None:
        page, out = self.page, request.weights_out
        begun = []
        earlier = _written(out)

        def begin() -> None:
            begun.append(True)
            self._out = out
            started_trainings.begin(ADAPT, out, time.time())
            self._show_cut_off()
            page.begin(request)

        def show_metrics(step: int, total: int, values: Dict[str, float], picture: str) -> None:
            started_trainings.tell_steps(out, total)
            page.view.show_metrics(step, total, values, picture)

        def stop(*_reason: str) -> None:
            self._end(out)
            if begun:
                page.show_stopped(kept=_written(out) not in (earlier, None))
            elif not request.resume:
                encoder_run.forget(out)

        def show(result: Dict[str, Any]) -> None:
            self._end(out)
            page.show_result(result)
            self._runner.tell_done(tr("weights {name}").format(name=Path(result["weights"]).name), result)
            log_warnings(result)

        def watch(job: Job) -> None:
            job.started.connect(begin)
            job.log.connect(page.view.show_log)
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
        self.page.drop(out)
        self._show_cut_off()

    def _show_cut_off(self) -> None:
        self.page.note.show_latest(started_trainings.cut_off(ADAPT))


def _written(path: str) -> Optional[int]:
    """Returns when a file was written; None where there is none."""
    file = Path(path)
    return file.stat().st_mtime_ns if file.is_file() else None
