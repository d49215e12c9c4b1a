"""Keeps the page "Devices" true: asks the backend what there is, tests it, and remembers the device of the user."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, Optional, Tuple

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication

from ..backend.mmearth import protocol
from . import settings
from .backend_process import BackendProcess
from .jobs.job_runner import JobRunner
from .jobs.latest_request import LatestRequest
from .messages import tr
from .pages.device_page import DevicePage
from .pages.scene_page import ScenePage

Asked = Tuple[Optional[BackendProcess], str]  # who was asked, and with which weights


class Devices(QObject):
    """Owns the page; says `restart_wanted` where the backend should start again with other threads."""

    restart_wanted = pyqtSignal()

    def __init__(self, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._scene_page, self._runner = scene_page, runner
        self._report: Dict[str, Any] = {}
        self._known: Optional[Asked] = None  # backend and weights of the report
        self._latest = LatestRequest(runner, self)
        self._latest.failed.connect(self._on_failed)
        self.page = page = DevicePage()
        page.chosen.connect(self.choose)
        page.test_wanted.connect(lambda: runner.guarded(self._test))
        page.refresh_wanted.connect(self.refresh)
        page.copy_wanted.connect(self._copy)
        page.restart_wanted.connect(self.restart_wanted)
        scene_page.device_box.activated.connect(self._remember)
        scene_page.device_box.currentIndexChanged.connect(self._show_chosen)
        runner.changed.connect(self._on_jobs)
        runner.busy.connect(page.show_busy)
        runner.failed_run.connect(self._on_failed_run)
        self._show_chosen()

    def prepare(self) -> None:
        """Asks what there is, unless that is known of this backend and these weights; called when the page is shown."""
        self.page.show_limits()
        if self._known != self._wanted() and not self._runner.has(protocol.DoctorRequest):
            self.refresh()

    def refresh(self) -> None:
        """Asks what there is."""
        asked = self._wanted()
        self._latest.send(protocol.DoctorRequest(weights=asked[1]), partial(self._show_report, asked))

    def forget(self) -> None:
        """Called when the backend is another: what the one before said is true no more."""
        self._latest.drop()
        self._known, self._report = None, {}
        self.page.forget_report()
        if self.page.isVisible():
            self.prepare()

    def recall(self) -> None:
        """Chooses the device that the user chose last, if the backend has it; called when its devices are offered."""
        box = self._scene_page.device_box
        index = box.findData(settings.device())
        if index >= 0:
            box.setCurrentIndex(index)
        self._show_chosen()

    def choose(self, device: str) -> None:
        """Sets the device of step "Scene", and remembers it."""
        settings.set_device(device)
        box = self._scene_page.device_box
        if box.findData(device) < 0:  # it became usable after the backend had said hello
            names = {found["id"]: found["name"] for found in self._report.get("devices", [])}
            box.addItem(str(names.get(device, device)), device)
        box.setCurrentIndex(box.findData(device))
        self._show_chosen()

    def show_description(self, description: Optional[Dict[str, Any]]) -> None:
        """Shows how long the scene takes on each device; None where no scene is described."""
        self.page.show_description(description)

    def close(self) -> None:
        """Stops listening; of no use afterwards."""
        self._latest.close()
        box = self._scene_page.device_box
        box.activated.disconnect(self._remember)
        box.currentIndexChanged.disconnect(self._show_chosen)
        self._runner.changed.disconnect(self._on_jobs)
        self._runner.busy.disconnect(self.page.show_busy)
        self._runner.failed_run.disconnect(self._on_failed_run)

    def _wanted(self) -> Tuple[Optional[BackendProcess], str]:
        return self._runner.backend, self._scene_page.weights()

    def _test(self) -> None:
        if self._runner.has(protocol.DoctorRequest):
            return
        self._latest.drop()  # a report without a test would come after the test, and hide it
        asked = self._wanted()
        self._runner.run(protocol.DoctorRequest(test=True, weights=asked[1]), partial(self._show_report, asked))

    def _show_report(self, asked: Asked, report: Dict[str, Any]) -> None:
        self._known, self._report = asked, report
        self.page.show_report(report)

    def _copy(self) -> None:
        QApplication.clipboard().setText(str(self._report["markdown"]))
        self._runner.tell(tr("The report is on the clipboard. Paste it into your message, as Markdown."))

    def _on_failed(self, sentence: str) -> None:
        self._known = None
        self.page.show_problem(sentence)

    def _on_failed_run(self, request: protocol.Request, _sentence: str) -> None:
        if isinstance(request, protocol.DoctorRequest) and not self._report:
            self.refresh()  # what was asked before the test was dropped for it

    def _on_jobs(self) -> None:
        self.page.show_testing(self._runner.has(protocol.DoctorRequest))

    def _remember(self, _index: int = 0) -> None:
        settings.set_device(self._scene_page.device())
        self._show_chosen()

    def _show_chosen(self, _index: int = 0) -> None:
        self.page.show_chosen(self._scene_page.device(), settings.device())
