"""The dock: five steps and the pages beside them, jobs at the foot; describes, embeds and pretrains."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtWidgets import QDockWidget, QMenu, QVBoxLayout, QWidget

from ..backend.mmearth import protocol
from . import environment, messages, pretrain_run, results, settings
from .backend_process import BackendProcess, Job
from .environment_banner import EnvironmentBanner
from .job_runner import JobRunner
from .mapping import Mapping
from .messages import InputError, tr
from .pages.embed_page import EmbedPage
from .pages.layout import fold
from .pages.page_stack import PageStack
from .pages.pretrain_page import PretrainPage
from .pages.scene_page import ScenePage
from .pages.step_bar import StepBar
from .preview import Preview
from .step_watch import StepWatch
from .steps import EMBED, LABEL, MAP, SCENE, TRAIN
from .weights_dialog import WeightsDialog

_PRIMARY = "QPushButton { font-weight: bold; padding: 5px; }"
PRETRAIN = "pretrain"  # pages that are no steps


class Dock(QDockWidget):
    """The panel "MMEarth". Owns the backend process of the interactive session."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__("MMEarth", iface.mainWindow())
        self.setObjectName("MMEarthDock")
        self._iface = iface
        self._describing: Optional[Job] = None
        self.banner = EnvironmentBanner()
        self.runner = JobRunner(iface.messageBar())
        self.scene_page = ScenePage(iface.mapCanvas())
        self.embed_page = EmbedPage()
        self.mapping = Mapping(iface, self.scene_page, self.runner)
        self.preview = Preview(iface.mapCanvas(), self.scene_page, self.mapping, self.runner)
        self.pretrain_page = PretrainPage()
        self.watch = StepWatch(self.scene_page, self.mapping.labels_page, self)
        self.menu = QMenu(self)
        self.bar = StepBar([(PRETRAIN, tr("Pretrain"))], self.menu)
        self.stack = PageStack()
        self._lay_out()

        self.banner.changed.connect(self._connect_backend)
        self.scene_page.changed.connect(self._describe)
        self.scene_page.source_box.changed.connect(self._on_source)
        self.scene_page.folder_edit.fileChanged.connect(self._on_folder)
        self.embed_page.run.connect(partial(self.runner.guarded, self._embed))
        self.pretrain_page.run.connect(lambda resume: self.runner.guarded(partial(self._pretrain, resume)))
        self.pretrain_page.use_weights.connect(self._use_weights)
        self.scene_page.more_weights.connect(partial(self.runner.guarded, self._choose_weights))
        self.bar.chosen.connect(self.show_page)
        self.stack.shown.connect(self.bar.set_current)
        self.watch.changed.connect(self.bar.show_states)
        self.runner.busy.connect(self._on_busy)
        self.runner.ended.connect(self.scene_page.changed)
        self._selection = iface.layerTreeView().selectionModel()
        self._selection.selectionChanged.connect(self._on_selection)
        self._on_selection()
        self._on_source()
        self._connect_backend()
        self.bar.set_current(self.stack.current())

    def _lay_out(self) -> None:
        mapping, stack = self.mapping, self.stack
        pages = (self.embed_page, mapping.few_shot_page, mapping.predict_page, self.pretrain_page)
        for page in (*pages, mapping.fine_tuning.page):
            page.button.setStyleSheet(_PRIMARY)
        stack.add(SCENE, self.scene_page)
        stack.add(EMBED, self.embed_page)
        stack.add(LABEL, mapping.labels_page, fold(tr("Where to label next"), mapping.suggest_page))
        stack.add(TRAIN, mapping.few_shot_page)
        stack.add(MAP, mapping.predict_page, fold(tr("Check the map"), mapping.assess_page))
        stack.add(PRETRAIN, self.pretrain_page)
        body = QWidget()
        outer = QVBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2)
        outer.addWidget(self.bar)
        outer.addWidget(self.banner)
        outer.addWidget(stack, 1)
        outer.addWidget(self.runner)
        body.setMinimumWidth(300)
        self.setWidget(body)

    def show_page(self, key: str) -> None:
        """Brings a page to the front."""
        self.stack.show_page(key)

    def reveal(self, widget: QWidget) -> None:
        """Brings the page of a widget to the front and scrolls to it."""
        self.stack.reveal(widget)

    def embed_layer(self, layer: QgsRasterLayer) -> None:
        """Embeds a layer right away, as the layer tree's context menu does."""
        self.show_page(EMBED)
        self.scene_page.set_layer(layer)
        self.runner.guarded(self._embed)

    def shutdown(self) -> None:
        """Ends the child and takes everything off the canvas; the dock is of no use afterwards."""
        self.banner.shutdown()
        self.preview.close()
        self.watch.close()
        self._selection.selectionChanged.disconnect(self._on_selection)
        self.scene_page.close_tools()
        if self.runner.backend is not None:
            self.runner.backend.shutdown()

    def _connect_backend(self) -> None:
        """Takes the Python there is; the child itself starts with the first request."""
        self.preview.close()
        if self.runner.backend is not None:
            self.runner.backend.shutdown()
            self.runner.backend.deleteLater()
            self.runner.backend = None
        self._describing = None
        self.mapping.forget_jobs()
        python = environment.find_python()
        self.banner.show_state(python)
        if python:
            self.runner.backend = BackendProcess(python, self)
            self.runner.backend.ready.connect(self._on_ready)
        self.embed_page.options.set_backend(self.runner.backend)
        self._describe()

    def _on_ready(self, hello: Dict[str, Any]) -> None:
        self.scene_page.set_devices(hello["devices"])

    def _describe(self) -> None:
        """Asks what the scene is, unless long work runs: then it is asked afterwards."""
        backend = self.runner.backend
        if backend is None or self.runner.is_busy or not self.scene_page.source_box.is_chosen():
            return
        if self._describing is not None:
            backend.cancel(self._describing)
        try:
            job = Job(self.scene_page.request(), self)
        except InputError as error:
            self.scene_page.show_problem(str(error))
            self.watch.show_problem(str(error))
            return
        self._describing = job

        def show(result: Dict[str, Any]) -> None:
            if job is self._describing:
                self.scene_page.show_description(result)
                self.embed_page.show_description(result)
                self.watch.show_description(result)
                self._on_busy(self.runner.is_busy)

        def show_problem(code: str, message: str, remedy: str) -> None:
            if job is self._describing:
                self.embed_page.cost.clear()
                sentence = messages.error_sentence(code, message, remedy)
                self.scene_page.show_problem(sentence, offer_bands=code == protocol.INPUT)
                self.watch.show_problem(sentence)

        job.finished.connect(show)
        job.failed.connect(show_problem)
        for signal in (job.finished, job.failed, job.cancelled):
            signal.connect(job.deleteLater)
        backend.submit(job)
        self.mapping.check_model()

    def _on_source(self) -> None:
        self._describing = None  # an answer on its way is about another scene
        self.embed_page.refusal = ""
        self.mapping.on_scene()
        self._on_busy(self.runner.is_busy)
        self._propose_out()

    def _on_selection(self, *_changes: Any) -> None:
        self.scene_page.source_box.set_selected(self._iface.layerTreeView().selectedLayers())

    def _propose_out(self) -> None:
        source = self.scene_page.source_box.usable()
        if source is not None:
            self.embed_page.propose_out(source.name)
            self.pretrain_page.propose_out(source.name)
        self.mapping.fine_tuning.page.set_scene(source)

    def _on_folder(self, folder: str) -> None:
        settings.set_output_folder(folder)
        self._propose_out()

    def _on_busy(self, busy: bool) -> None:
        self.mapping.show_busy(busy)
        for button in (self.embed_page.button, self.pretrain_page.button, self.pretrain_page.resume_button):
            button.setEnabled(not busy)
        self.embed_page.show_refusal()

    def _embed(self) -> None:
        scene = self.scene_page.scene()
        request = self.embed_page.request(scene)

        def show(result: Dict[str, Any]) -> None:
            name = tr("Embedding")
            embedding = results.ResultFile(result["out"], result["style"], name)
            results.add_results(results.result_group(scene.source), [embedding])
            self.runner.tell_done(name, result)
            self.embed_page.options.forget_cache()
            self._propose_out()

        self.runner.run(request, show)

    def _pretrain(self, resume: bool) -> None:
        page = self.pretrain_page
        device = self.scene_page.device()
        request = pretrain_run.remembered(page.weights_out(), device) if resume else None
        if request is None:
            scene = self.scene_page.scene() if page.uses_scene() else None
            request = page.request(scene, device, resume)
            pretrain_run.remember(request)
        page.begin(request)

        def show(result: Dict[str, Any]) -> None:
            page.show_result(result)
            self.runner.tell_done(tr("weights {name}").format(name=Path(result["weights"]).name), result)

        def watch(job: Job) -> None:
            job.metrics.connect(page.show_metrics)
            job.failed.connect(page.show_stopped)
            job.cancelled.connect(page.show_stopped)

        self.runner.run(request, show, watch=watch)

    def _use_weights(self, path: str) -> None:
        self.scene_page.set_weights(path)
        self.runner.tell(tr("Embedding and training use {name} from now on.").format(name=Path(path).name))

    def _choose_weights(self) -> None:
        dialog = WeightsDialog(self.runner.backend, self)
        dialog.chosen.connect(self._use_weights)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
