"""The dock: five steps and the pages beside them, jobs at the foot. Joins the parts; each does its own work."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import QgsMapLayer, QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtWidgets import QDockWidget, QMenu, QVBoxLayout, QWidget

from . import backend_log, environment, help, options_page, sample_project, settings
from .backend_process import BackendProcess
from .classes.class_making import ClassMaking
from .devices import Devices
from .embedding import Embedding
from .exploring import embedding_layers
from .exploring.exploring import Exploring
from .install.backend_setup import BackendSetup
from .jobs import bug_report
from .jobs.job_runner import JobRunner
from .labelling import Labelling
from .layer_drop import LayerDrop
from .mapping import Mapping
from .messages import tr
from .pages.adapt_page import AdaptPage
from .pages.layout import fold
from .pages.page_stack import PageStack
from .pages.pretrain_page import PretrainPage
from .pages.preview_strip import PreviewStrip
from .pages.remote_dialog import RemoteDialog
from .pages.scene_page import ScenePage
from .pages.step_bar import StepBar
from .pixel_grid import described_grid
from .preview.preview import Preview
from .runs.run_results import RunResults
from .scene_description import SceneDescription
from .step_watch import StepWatch
from .steps import EMBED, LABEL, MAP, SCENE, TRAIN
from .training.encoder_training import EncoderTraining
from .weights_dialog import WeightsDialog

# Pages that are no steps.
EXPLORE, RESULTS, PRETRAIN, DEVICES, BACKEND = "explore", "results", "pretrain", "devices", "backend"
ADAPT = "adapt"  # reached from the page "Pretrain", of which it counts as a part
_PRIMARY = "QPushButton { font-weight: bold; padding: 5px; }"


class Dock(QDockWidget):
    """The panel "MMEarth". Owns the backend process of the interactive session."""

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__("MMEarth", iface.mainWindow())
        self.setObjectName("MMEarthDock")
        self._iface = iface
        canvas = iface.mapCanvas()
        self.runner = runner = JobRunner(iface.messageBar())
        self.scene_page = scene_page = ScenePage(canvas)
        self.description = SceneDescription(scene_page, runner)
        self.embedding = Embedding(scene_page, runner)
        self.mapping = Mapping(iface, scene_page, runner)
        labels_page, few_shot_page = self.mapping.labels_page, self.mapping.few_shot_page
        self.labelling = Labelling(iface, scene_page, labels_page, runner, self._newest_embedding)
        self.strip = PreviewStrip()
        self.preview = Preview(canvas, scene_page, labels_page, few_shot_page, self.strip, runner)
        self.exploring = Exploring(iface, scene_page, labels_page, runner)
        self.class_making = ClassMaking(labels_page, runner, self.mapping.new_label_layer)
        self.run_results = RunResults(iface, scene_page, runner)
        self.pretraining = EncoderTraining(PretrainPage(), scene_page, runner)
        self.adapting = EncoderTraining(AdaptPage(), scene_page, runner)
        self.devices = Devices(scene_page, runner)
        self.setup = BackendSetup(self)
        self._backend_waits = False  # another one is there, but the one in use has something to finish
        self.watch = StepWatch(scene_page, labels_page, self)
        self.bar = StepBar(_pages(), self._make_menu())
        self.stack = PageStack()
        self._lay_out()
        self._join()
        self._on_selection()
        self._on_source()
        self.connect_backend()
        self._on_page(self.stack.current())

    @property
    def embed_page(self) -> QWidget:
        """The page of step "Embed"."""
        return self.embedding.page

    @property
    def pretrain_page(self) -> QWidget:
        """The page "Pretrain"."""
        return self.pretraining.page

    def _lay_out(self) -> None:
        mapping, stack = self.mapping, self.stack
        pages = (self.embed_page, mapping.few_shot_page, mapping.predict_page, self.pretrain_page, self.adapting.page)
        for page in (*pages, mapping.fine_tuning.page):
            page.button.setStyleSheet(_PRIMARY)
        mapping.labels_page.add_tools(self.labelling.page)
        stack.add(SCENE, self.scene_page)
        stack.add(EMBED, self.embed_page)
        stack.add(LABEL, mapping.labels_page, fold(tr("Where to label next"), mapping.suggest_page))
        stack.add(TRAIN, mapping.few_shot_page)
        stack.add(MAP, mapping.predict_page, fold(tr("Check the map"), mapping.assess_page))
        stack.add(EXPLORE, self.exploring.page)
        stack.add(RESULTS, self.run_results.page)
        stack.add(PRETRAIN, self.pretrain_page)
        stack.add(ADAPT, self.adapting.page)
        stack.add(DEVICES, self.devices.page)
        stack.add(BACKEND, self.setup.page)
        body = QWidget()
        outer = QVBoxLayout(body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(2)
        for widget in (self.bar, self.setup.banner):
            outer.addWidget(widget)
        outer.addWidget(stack, 1)
        for widget in (self.strip, self.runner):
            outer.addWidget(widget)
        body.setMinimumWidth(300)
        self.setWidget(body)

    def _make_menu(self) -> QMenu:
        menu, runner = QMenu(self), self.runner
        for text, action in {
            tr("Open sample project"): lambda: runner.told(self.open_sample),
            tr("Devices and checks"): lambda: self.show_page(DEVICES),
            tr("Backend"): lambda: self.show_page(BACKEND),
            tr("Settings…"): lambda: self._iface.showOptionsDialog(self._iface.mainWindow(), "mmearth"),
            tr("Show the log"): backend_log.open_log,
            tr("Copy for a bug report"): lambda: runner.tell(bug_report.copy(runner.backend)),
        }.items():
            menu.addAction(text).triggered.connect(lambda _checked=False, wanted=action: wanted())
        return menu

    def _join(self) -> None:
        runner, scene_page, mapping = self.runner, self.scene_page, self.mapping
        self.setup.changed.connect(self._take_backend)
        self.setup.told.connect(runner.tell)
        runner.busy.connect(self.setup.page.show_busy)
        self.setup.remote_wanted.connect(self._choose_machine)
        self.setup.page_wanted.connect(partial(self.show_page, BACKEND))
        scene_page.source_box.changed.connect(self._on_source)
        scene_page.folder_edit.fileChanged.connect(self._on_folder)
        scene_page.more_weights.connect(partial(runner.guarded, self._choose_weights))
        self.description.described.connect(self._on_described)
        self.description.failed.connect(self._on_problem)
        self.pretraining.page.use_weights.connect(self._use_weights)
        self.pretraining.page.adapt_wanted.connect(partial(self.show_page, ADAPT))
        self.adapting.page.use_weights.connect(self._use_weights)
        self.devices.restart_wanted.connect(self.connect_backend)
        self.exploring.go_to_embed.connect(partial(self.show_page, EMBED))
        self.exploring.make_class.connect(lambda path, name: self.class_making.offer(path, name, self))
        mapping.few_shot_page.scores.connect(mapping.labels_page.show_scores)
        self.strip.next_suggestion.connect(partial(runner.guarded, mapping.suggest_next))
        self.bar.chosen.connect(self.show_page)
        self.bar.help_wanted.connect(lambda: help.open_page(_shown_as(self.stack.current())))
        self.stack.shown.connect(self._on_page)
        self.watch.changed.connect(self.bar.show_states)
        LayerDrop(self).dropped.connect(self.take_layer)
        runner.started.connect(self.watch.on_started)
        runner.finished_run.connect(self.watch.on_result)
        runner.changed.connect(self._show_running)
        self._selection = self._iface.layerTreeView().selectionModel()
        self._selection.selectionChanged.connect(self._on_selection)

    def show_page(self, key: str) -> None:
        """Brings a page to the front."""
        self.stack.show_page(key)

    def reveal(self, widget: QWidget) -> None:
        """Brings the page of a widget to the front and scrolls to it."""
        self.stack.reveal(widget)

    def take_layer(self, layer: QgsMapLayer) -> None:
        """Makes a raster the scene, and a vector layer the labels."""
        if isinstance(layer, QgsRasterLayer):
            self.scene_page.set_layer(layer)
            self.show_page(SCENE)
        else:
            self.mapping.labels_page.layer_box.setLayer(layer)
            self.show_page(LABEL)

    def embed_layer(self, layer: QgsRasterLayer) -> None:
        """Embeds a layer right away, as the layer tree's context menu does."""
        self.show_page(EMBED)
        self.scene_page.set_layer(layer)
        self.runner.guarded(self.embedding.embed)

    def open_sample(self) -> None:
        """Opens the sample project.

        Raises:
            InputError: its folder cannot be used.
        """
        if sample_project.open_sample(self._iface, sample_project.default_folder()):
            self.scene_page.set_layer(self._iface.activeLayer())
            self.mapping.labels_page.layer_box.setLayer(sample_project.sample_labels())
            self.show_page(SCENE)

    def shutdown(self) -> None:
        """Ends the child and takes everything off the canvas; the dock is of no use afterwards."""
        self.setup.close()
        self._selection.selectionChanged.disconnect(self._on_selection)
        fine_tuning = self.mapping.fine_tuning
        for part in (self.preview, self.labelling, self.exploring, self.run_results, self.watch):
            part.close()
        trainings = (self.pretraining, self.adapting, fine_tuning)
        for part in (self.devices, *trainings, self.mapping.labels_page, self.runner):
            part.close()
        for box in (self.scene_page.source_box, self.mapping.few_shot_page.layers, self.mapping.predict_page.layers):
            box.close()
        self.scene_page.close_tools()
        if self.runner.backend is not None:
            self.runner.backend.shutdown()

    def apply_options(self) -> None:
        """Takes what was changed in the options of QGIS."""
        self.scene_page.folder_edit.setFilePath(settings.output_folder())
        backend = self.runner.backend
        if environment.find_launch() != (None if backend is None else backend.launch):
            self.connect_backend()
        elif backend is not None:
            options_page.send_cache_limit(backend)

    def connect_backend(self) -> None:
        """Takes the Python there is; the child itself starts with the first request."""
        self.preview.stop()
        self.runner.forget_jobs()
        if self.runner.backend is not None:
            self.runner.backend.shutdown()
            self.runner.backend.deleteLater()
            self.runner.backend = None
        self.description.forget()
        self.mapping.forget_jobs()
        launch = environment.find_launch()
        if launch is not None:
            self.runner.backend = BackendProcess(launch, self)
            self.runner.backend.ready.connect(self._on_ready)
        self.setup.show_state()
        self.embedding.page.options.set_backend(self.runner.backend)
        self.devices.forget()
        self.description.ask()

    def _take_backend(self) -> None:
        """Takes another backend once the one in use has finished its jobs; what is gone already is let go at once."""
        backend = self.runner.backend
        self._backend_waits = self.runner.is_busy and _is_there(backend)
        if not self._backend_waits and environment.find_launch() != (None if backend is None else backend.launch):
            self.connect_backend()
        else:
            self.setup.show_state()
        if not self._backend_waits:
            self.setup.installer.clean_up()

    def _on_ready(self, hello: Dict[str, Any]) -> None:
        self.scene_page.set_devices(hello["devices"])
        self.devices.recall()
        options_page.send_cache_limit(self.runner.backend)

    def _on_described(self, description: Dict[str, Any]) -> None:
        self.scene_page.show_description(description)
        self.embedding.page.show_description(description)
        self.mapping.few_shot_page.show_cost(description)
        self.mapping.labels_page.set_grid(described_grid(description))
        self.devices.show_description(description)
        self.watch.show_description(description)
        self._show_running()
        self.mapping.check_model()

    def _on_problem(self, sentence: str, offer_bands: bool) -> None:
        self.embedding.page.cost.clear()
        self.mapping.few_shot_page.show_cost(None)
        self.devices.show_description(None)
        self.scene_page.show_problem(sentence, offer_bands=offer_bands)
        self.watch.show_problem(sentence)
        self.mapping.check_model()

    def _on_page(self, key: str) -> None:
        self.bar.set_current(_shown_as(key))
        self.strip.setVisible(key in (LABEL, TRAIN, MAP))
        if key == RESULTS:
            self.run_results.refresh()
        elif key == EXPLORE:
            self.exploring.prepare()
        elif key == DEVICES:
            self.devices.prepare()

    def _on_source(self) -> None:
        self.embedding.on_scene()
        self.mapping.on_scene()
        self.mapping.few_shot_page.show_cost(None)
        self.mapping.labels_page.set_grid(None)
        self._propose_out()
        self._show_running()

    def _on_selection(self, *_changes: Any) -> None:
        self.scene_page.source_box.set_selected(self._iface.layerTreeView().selectedLayers())

    def _propose_out(self) -> None:
        source = self.scene_page.source_box.usable()
        self.embedding.propose_out()
        if source is not None:
            self.pretraining.page.propose_out(source.name)
        self.adapting.page.set_scene(source)
        self.mapping.fine_tuning.page.set_scene(source)

    def _on_folder(self, folder: str) -> None:
        settings.set_output_folder(folder)
        self._propose_out()

    def _show_running(self, *_what: Any) -> None:
        """Closes the buttons of what runs or waits already; everything else can be asked for and waits its turn."""
        self.embedding.show_running()
        self.mapping.show_running()
        if not self.runner.is_busy:
            self.watch.on_stopped()
            if self._backend_waits:
                self._take_backend()

    def _newest_embedding(self) -> Optional[QgsRasterLayer]:
        """Returns the scene where it is an embedding itself, else its last one."""
        source = self.scene_page.source_box.usable()
        if source is None:
            return None
        scene = QgsProject.instance().mapLayer(source.layer_id)
        return scene if embedding_layers.is_embedding(scene) else embedding_layers.newest(source)

    def _use_weights(self, path: str) -> None:
        self.scene_page.set_weights(path)
        self.runner.tell(tr("Embedding and training use {name} from now on.").format(name=Path(path).name))

    def _choose_weights(self) -> None:
        dialog = WeightsDialog(self.runner.backend, self)
        dialog.chosen.connect(self._use_weights)
        dialog.removed.connect(self._on_weights_removed)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose_machine(self) -> None:
        dialog = RemoteDialog(self)
        dialog.accepted.connect(self.apply_options)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_weights_removed(self, path: str) -> None:
        if self.scene_page.weights() and Path(self.scene_page.weights()) == Path(path):
            self.scene_page.set_weights("")


def _is_there(backend: Optional[BackendProcess]) -> bool:
    return backend is not None and (backend.launch.is_remote or Path(backend.launch.program).exists())


def _shown_as(key: str) -> str:
    """Returns the page that the head of the dock and the tutorial count a page to."""
    return PRETRAIN if key == ADAPT else key


def _pages() -> Any:
    return (EXPLORE, tr("Explore")), (RESULTS, tr("Results")), (PRETRAIN, tr("Pretrain"))
