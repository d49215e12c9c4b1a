"""The dock: one page below the other, progress and Cancel at the bottom; sends the pages' requests to the backend."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.core import Qgis, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..backend.mmearth import protocol
from . import environment, labels, layers, messages, pretrain_run, settings
from .backend_process import BackendProcess, Job
from .environment_banner import EnvironmentBanner
from .messages import InputError, tr
from .pages.embed_page import EmbedPage
from .pages.few_shot_page import FewShotPage
from .pages.predict_page import PredictPage
from .pages.pretrain_page import PretrainPage
from .pages.scene_page import ScenePage
from .weights_dialog import WeightsDialog

_PRIMARY = "QPushButton { font-weight: bold; padding: 5px; }"


class Dock(QDockWidget):
    """The panel "MMEarth". Owns the backend process of the interactive session."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__("MMEarth", iface.mainWindow())
        self.setObjectName("MMEarthDock")
        self._iface = iface
        self._backend: Optional[BackendProcess] = None
        self._describing: Optional[Job] = None
        self._job: Optional[Job] = None
        self._report = ""
        self.banner = EnvironmentBanner()
        self.scene_page = ScenePage(iface.mapCanvas())
        self.embed_page = EmbedPage()
        self.few_shot_page = FewShotPage()
        self.predict_page = PredictPage()
        self.pretrain_page = PretrainPage()
        self._runners = (self.embed_page, self.few_shot_page, self.predict_page, self.pretrain_page)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setStyleSheet("QLabel { color: #c92a2a; background: #fff0f0; border-radius: 3px; padding: 5px; }")
        self.problem.hide()
        self.phase = QLabel()
        self.phase.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(True)
        self.cancel_button = QPushButton(tr("Cancel"))
        self._progress = QWidget()
        self._progress.hide()
        self._lay_out()

        self.banner.changed.connect(self._connect_backend)
        self.scene_page.changed.connect(self._describe)
        self.scene_page.source_box.changed.connect(self._on_source)
        self.scene_page.folder_edit.fileChanged.connect(self._on_folder)
        self.embed_page.run.connect(partial(self._guarded, self._embed))
        self.few_shot_page.run.connect(partial(self._guarded, self._train_and_predict))
        self.few_shot_page.new_layer.connect(partial(self._guarded, self._new_label_layer))
        self.few_shot_page.open_report.connect(self._open_report)
        self.predict_page.run.connect(partial(self._guarded, self._predict))
        self.pretrain_page.run.connect(lambda resume: self._guarded(partial(self._pretrain, resume)))
        self.pretrain_page.use_weights.connect(self._use_weights)
        self.scene_page.more_weights.connect(partial(self._guarded, self._choose_weights))
        self.cancel_button.clicked.connect(self._cancel)
        self._selection = iface.layerTreeView().selectionModel()
        self._selection.selectionChanged.connect(self._on_selection)
        self._on_selection()
        self._propose_out()
        self._connect_backend()

    def _lay_out(self) -> None:
        for page in self._runners:
            page.button.setStyleSheet(_PRIMARY)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.banner)
        column.addWidget(self.scene_page)
        for page in self._runners:
            column.addWidget(page)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        progress = QVBoxLayout(self._progress)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self.phase)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        progress.addLayout(row)
        body = QWidget()
        outer = QVBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 2, 8, 6)
        foot.addWidget(self.problem)
        foot.addWidget(self._progress)
        outer.addLayout(foot)
        body.setMinimumWidth(300)
        self.setWidget(body)

    def embed_layer(self, layer: QgsRasterLayer) -> None:
        """Embeds a layer right away, as the layer tree's context menu does."""
        self.scene_page.set_layer(layer)
        self._guarded(self._embed)

    def shutdown(self) -> None:
        """Ends the child and takes everything off the canvas; the dock is of no use afterwards."""
        self.banner.shutdown()
        self._selection.selectionChanged.disconnect(self._on_selection)
        self.scene_page.close_tools()
        if self._backend is not None:
            self._backend.shutdown()

    def _guarded(self, action: Callable[[], None]) -> None:
        """Runs what a click asks for; the boundary at which errors become text."""
        self._show_problem("")
        if self._job is not None:
            self._show_problem(tr("Something else is running. Wait for it, or cancel it."))
            return
        if self._backend is None:
            self._show_problem(environment.missing_text())
            return
        try:
            action()
        except InputError as error:
            self._show_problem(str(error))

    def _connect_backend(self) -> None:
        """Takes the Python there is; the child itself starts with the first request."""
        if self._backend is not None:
            self._backend.shutdown()
            self._backend.deleteLater()
            self._backend = None
        self._describing = None
        python = environment.find_python()
        self.banner.show_state(python)
        if python:
            self._backend = BackendProcess(python, self)
            self._backend.ready.connect(self._on_ready)
        self.embed_page.options.set_backend(self._backend)
        self._describe()

    def _on_ready(self, hello: Dict[str, Any]) -> None:
        self.scene_page.set_devices(hello["devices"])

    def _describe(self) -> None:
        """Asks what the scene is, unless long work runs: then it is asked afterwards."""
        if self._backend is None or self._job is not None or not self.scene_page.source_box.is_chosen():
            return
        if self._describing is not None:
            self._backend.cancel(self._describing)
        try:
            job = Job(self.scene_page.request(), self)
        except InputError as error:
            self.scene_page.show_problem(str(error))
            return
        self._describing = job

        def show(result: Dict[str, Any]) -> None:
            if job is self._describing:
                self.scene_page.show_description(result)
                self.embed_page.show_description(result)
                self._set_enabled(self._job is None)

        def show_problem(code: str, message: str, remedy: str) -> None:
            if job is self._describing:
                self.embed_page.cost.clear()
                sentence = messages.error_sentence(code, message, remedy)
                self.scene_page.show_problem(sentence, offer_bands=code == protocol.INPUT)

        job.finished.connect(show)
        job.failed.connect(show_problem)
        for signal in (job.finished, job.failed, job.cancelled):
            signal.connect(job.deleteLater)
        self._backend.submit(job)

    def _on_source(self) -> None:
        self._describing = None  # an answer on its way is about another scene
        self.embed_page.refusal = ""
        self._set_enabled(self._job is None)
        self._propose_out()

    def _on_selection(self, *_changes: Any) -> None:
        self.scene_page.source_box.set_selected(self._iface.layerTreeView().selectedLayers())

    def _propose_out(self) -> None:
        source = self.scene_page.source_box.usable()
        if source is not None:
            self.embed_page.propose_out(source.name)
            self.pretrain_page.propose_out(source.name)

    def _on_folder(self, folder: str) -> None:
        settings.set_output_folder(folder)
        self._propose_out()

    def _new_label_layer(self) -> None:
        self.few_shot_page.make_layer(self.scene_page.scene())
        self._iface.setActiveLayer(self.few_shot_page.layer_box.currentLayer())
        self._iface.actionAddFeature().trigger()

    def _embed(self) -> None:
        scene = self.scene_page.scene()
        request = self.embed_page.request(scene)

        def show(result: Dict[str, Any]) -> None:
            self._add_results(scene, [(result["out"], result["style"], tr("Embedding"))], result)
            self.embed_page.options.forget_cache()
            self._propose_out()

        self._run(request, show)

    def _train_and_predict(self) -> None:
        scene = self.scene_page.scene()
        training = self.few_shot_page.request(scene)
        prediction = self.few_shot_page.predict_request(scene, training)

        def show(result: Dict[str, Any]) -> None:
            self._report = str(result["report"])
            self.few_shot_page.show_result(result)
            self._show_warnings(result)
            self._run_predict(scene, prediction)

        self._run(training, show, Path(training.model).parent)

    def _predict(self) -> None:
        scene = self.scene_page.scene()
        self._run_predict(scene, self.predict_page.request(scene))

    def _run_predict(self, scene: layers.Scene, request: protocol.PredictRequest) -> None:
        def show(result: Dict[str, Any]) -> None:
            found: List[Tuple[str, str, str]] = [
                (result["vector"], "", tr("Class polygons")),
                (result["out"], result["style"], tr("Classes")),
                (result["confidence"], result["confidence_style"], tr("Confidence")),
            ]
            added = self._add_results(scene, [item for item in found if item[0]], result)
            if result["vector"]:
                labels.show_result_classes(added[0], result["classes"])
                layers.hide(added[0])

        self._run(request, show, Path(request.out).parent)

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
            name = Path(result["weights"]).name
            text = tr("Done in {time}: weights {name}").format(time=messages.time_text(result["seconds"]), name=name)
            self._iface.messageBar().pushMessage("MMEarth", text, Qgis.MessageLevel.Success, 6)
            self._show_warnings(result)

        def watch(job: Job) -> None:
            job.metrics.connect(page.show_metrics)
            job.failed.connect(page.show_stopped)
            job.cancelled.connect(page.show_stopped)

        self._run(request, show, watch=watch)

    def _use_weights(self, path: str) -> None:
        self.scene_page.set_weights(path)
        text = tr("Embedding and training use {name} from now on.").format(name=Path(path).name)
        self._iface.messageBar().pushMessage("MMEarth", text, Qgis.MessageLevel.Info, 6)

    def _choose_weights(self) -> None:
        dialog = WeightsDialog(self._backend, self)
        dialog.chosen.connect(self._use_weights)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _run(
        self,
        request: protocol.Request,
        show: Callable[[Dict[str, Any]], Any],
        folder: Optional[Path] = None,
        watch: Optional[Callable[[Job], None]] = None,
    ) -> None:
        """Runs long work with progress and Cancel.

        Args:
            request: What to do.
            show: Called with the result.
            folder: Made for the results; removed if none come.
            watch: Called with the job before it starts, to hear more of it.
        """
        self._job = job = Job(request, self)
        if watch is not None:
            watch(job)

        def end() -> None:
            self._job = None
            self._progress.hide()
            self._set_enabled(True)
            if folder is not None:
                layers.drop_empty_folder(folder)
            job.deleteLater()

        def on_finished(result: Dict[str, Any]) -> None:
            end()
            try:
                show(result)
            except InputError as error:
                self._show_problem(str(error))
            self.scene_page.changed.emit()

        def on_failed(code: str, message: str, remedy: str) -> None:
            end()
            self._show_problem(messages.error_sentence(code, message, remedy))
            self._iface.messageBar().pushMessage("MMEarth", message, Qgis.MessageLevel.Critical, 8)
            self.scene_page.changed.emit()

        def on_cancelled() -> None:
            end()
            self._iface.messageBar().pushMessage("MMEarth", tr("Cancelled."), Qgis.MessageLevel.Info, 4)
            self.scene_page.changed.emit()

        job.progress.connect(self._show_progress)
        job.log.connect(lambda level, text: messages.log(text))
        job.finished.connect(on_finished)
        job.failed.connect(on_failed)
        job.cancelled.connect(on_cancelled)
        self._set_enabled(False)
        self.phase.setText(tr("Starting…"))
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self._progress.show()
        self._backend.submit(job)

    def _cancel(self) -> None:
        if self._job is not None and self._backend is not None:
            self.cancel_button.setEnabled(False)
            self.phase.setText(tr("Cancelling…"))
            self._backend.cancel(self._job)

    def _show_progress(self, phase: str, done: float, total: float, eta_s: Optional[float]) -> None:
        if not self.cancel_button.isEnabled():
            return
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * done / total) if total else 0)
        self.phase.setText(" · ".join(filter(None, (messages.phase_text(phase), messages.time_left_text(eta_s)))))

    def _set_enabled(self, enabled: bool) -> None:
        for page in self._runners:
            page.button.setEnabled(enabled)
        self.embed_page.show_refusal()
        self.pretrain_page.resume_button.setEnabled(enabled)

    def _add_results(self, scene: layers.Scene, results: List[Tuple[str, str, str]], result: Dict[str, Any]) -> List:
        added = layers.add_results(layers.result_group(scene.source), results)
        names = ", ".join(name for _path, _style, name in results)
        text = tr("Taken from the cache: {names}") if result.get("cached") else tr("Done in {time}: {names}")
        text = text.format(time=messages.time_text(result["seconds"]), names=names)
        self._iface.messageBar().pushMessage("MMEarth", text, Qgis.MessageLevel.Success, 6)
        self._show_warnings(result)
        return added

    def _show_warnings(self, result: Dict[str, Any]) -> None:
        for warning in result.get("warnings", []):
            messages.log(str(warning), Qgis.MessageLevel.Warning)

    def _show_problem(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def _open_report(self) -> None:
        path = Path(self._report)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path / "report.html" if path.is_dir() else path)))
