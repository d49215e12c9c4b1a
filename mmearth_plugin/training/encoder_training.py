"""A training of an encoder in the dock: sends the page's request, shows the run, remembers it if QGIS ends first."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional, Union

from qgis.PyQt.QtCore import QObject

from ...backend.mmearth import protocol
from ..backend_process import Job
from ..jobs.job_runner import JobRunner
from ..messages import InputError, tr
from ..pages.adapt_page import AdaptPage
from ..pages.pretrain_page import PretrainPage
from ..pages.scene_page import ScenePage
from . import encoder_run, started_trainings


class EncoderTraining(QObject):
    """Serves a page whose run writes weights; what it learns from is the page's alone."""

    def __init__(self, page: Union[PretrainPage, AdaptPage], scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self.page, self._scene_page, self._runner = page, scene_page, runner
        self._out = ""  # of the run that is on
        page.run_box.run.connect(lambda resume: runner.guarded(partial(self._run, resume)))
        page.note.resume.connect(lambda out: runner.guarded(partial(self._resume, out)))
        page.note.forget.connect(self._forget)
        self._show_cut_off()

    def close(self) -> None:
        """Leaves a run that is on to be found at the next start."""
        started_trainings.leave(self._out)
        self.page.close()

    def _run(self, resume: bool) -> None:
        request = self._remembered(self.page.run_box.weights_out()) if resume else None
        self._submit(self.page.ask(self._scene_page, resume) if request is None else request)

    def _resume(self, out: str) -> None:
        request = self._remembered(out)
        if request is None:
            text = tr(
                'What training "{name}" was asked is no longer in its folder. Choose its data and file name again.'
            )
            raise InputError(text.format(name=Path(out).name))
        self._submit(request)

    def _remembered(self, out: str) -> Optional[encoder_run.Asked]:
        """Returns the request that goes on with a run of this page; None where none was written down."""
        return encoder_run.remembered(out, self._scene_page.device(), protocol.VERBS[self.page.verb])

    def _submit(self, request: encoder_run.Asked) -> None:
        page, out = self.page, request.weights_out
        begun = []

        def begin() -> None:
            begun.append(True)
            self._out = out
            started_trainings.begin(page.verb, out, time.time())
            self._show_cut_off()
            page.begin(request)

        def stop(*_reason: str) -> None:
            self._end(out)
            if begun:
                encoder_run.forget_unsaved(out)
                page.show_stopped(encoder_run.resumable_step(out))
                page.run_box.refresh_resume()
            elif not request.resume:
                encoder_run.forget(out)

        def show(result: Dict[str, Any]) -> None:
            self._end(out)
            page.show_result(result)
            self._runner.tell_done(tr("weights {name}").format(name=Path(result["weights"]).name), result)

        def watch(job: Job) -> None:
            if not request.resume:  # only now: another job that writes this file has been ruled out
                encoder_run.remember(request)
            job.started.connect(begin)
            job.metrics.connect(lambda _step, total, *_shown: started_trainings.tell_steps(out, total))
            page.watch(job)
            job.failed.connect(stop)
            job.cancelled.connect(stop)

        self._runner.run(request, show, watch=watch)
        page.run_box.show_running(True)

    def _end(self, out: str) -> None:
        self._out = ""
        started_trainings.end(out)
        self.page.run_box.show_running(False)
        self._show_cut_off()

    def _forget(self, out: str) -> None:
        started_trainings.end(out)
        encoder_run.forget_unsaved(out)
        self._show_cut_off()

    def _show_cut_off(self) -> None:
        self.page.note.show_latest(started_trainings.cut_off(self.page.verb))
