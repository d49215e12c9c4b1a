"""The mapping loop: labels, model, map, suggestions, check of the map. Sends the pages' requests, shows what comes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsWkbTypes,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ..backend.mmearth import protocol
from . import layers, map_view, messages, results
from .backend_process import Job
from .jobs.job_runner import JobRunner, log_warnings
from .messages import InputError, tr
from .pages.assess_page import AssessPage
from .pages.few_shot_page import MANY, FewShotPage
from .pages.labels_page import LabelsPage
from .pages.output_options import WHOLE_POLYGONS
from .pages.predict_page import PredictPage
from .pages.scene_page import ScenePage
from .pages.suggest_page import SuggestPage
from .training.fine_tuning import FineTuning

_POLYGONS = QgsWkbTypes.GeometryType.PolygonGeometry


class Mapping(QObject):
    """Owns the pages from labels to the check of the map."""

    def __init__(self, iface: QgisInterface, scene_page: ScenePage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._iface, self._scene_page, self._runner = iface, scene_page, runner
        self._canvas = iface.mapCanvas()
        self._checking: Optional[Job] = None
        self._model: Tuple[str, Tuple[str, ...]] = ("", ())  # of the last map: file, paths of its further layers
        self.report = ""  # of the last training
        self.accuracy_report = ""
        self.labels_page = LabelsPage()
        self.few_shot_page = FewShotPage(self.labels_page)
        self.fine_tuning = FineTuning(scene_page, self.labels_page, runner)
        self.few_shot_page.add_way(MANY, tr("Many polygons: fine-tune a network"), self.fine_tuning.page)
        self.predict_page = PredictPage()
        self.suggest_page = SuggestPage(self.labels_page, self._canvas)
        self.assess_page = AssessPage(self._canvas)

        def guard(action: Callable[[], None]) -> Callable[[], None]:
            return partial(runner.guarded, action)

        self.labels_page.new_layer.connect(guard(self.new_label_layer))
        self.labels_page.zoom.connect(lambda problem: runner.told(partial(self._zoom_to, problem)))
        self.few_shot_page.run.connect(guard(self._train_and_predict))
        self.few_shot_page.open_report.connect(lambda: _open(self.report))
        self.fine_tuning.map_scene.connect(lambda result: runner.guarded(partial(self._map_with, result)))
        self.predict_page.run.connect(guard(self._predict))
        self.predict_page.changed.connect(self.check_model)
        self.suggest_page.run.connect(guard(self._suggest))
        self.suggest_page.accept.connect(lambda: runner.told(self._accept))
        self.suggest_page.walk_on.connect(lambda step: runner.told(partial(self.suggest_page.walk.go, step)))
        self.assess_page.draw.connect(guard(self._draw_sample))
        self.assess_page.compare.connect(guard(self._compare))
        self.assess_page.walk_on.connect(lambda step: runner.told(partial(self.assess_page.walk.go, step)))
        self.assess_page.open_report.connect(lambda: _open(self.accuracy_report))

    def show_running(self) -> None:
        """Opens or closes the buttons that start work: closed are those of what runs or waits."""
        suggest, assess, has = self.suggest_page, self.assess_page, self._runner.has
        self.few_shot_page.button.setEnabled(not has(protocol.FewShotRequest))
        self.predict_page.button.setEnabled(not has(protocol.PredictRequest))
        suggest.button.setEnabled(not has(protocol.SuggestRequest))
        assess.draw_button.setEnabled(not has(protocol.DrawSampleRequest))
        assess.compare_button.setEnabled(not has(protocol.AssessRequest))
        self.fine_tuning.show_busy(has(protocol.PredictRequest))
        self.predict_page.show_refusal()

    def on_scene(self) -> None:
        """Takes another scene."""
        source = self._scene_page.source_box.usable()
        for page in (self.few_shot_page, self.predict_page):
            page.layers.set_scene("" if source is None else source.layer_id)

    def check_model(self) -> None:
        """Asks what the saved model is and whether it serves the scene, unless long work runs."""
        backend, page = self._runner.backend, self.predict_page
        if backend is None or self._runner.is_busy or not page.model():
            return
        if self._checking is not None:
            backend.cancel(self._checking)
        try:
            scene = self._scene_page.scene() if self._scene_page.source_box.is_chosen() else None
            self._checking = job = Job(page.check_request(scene), self)
        except InputError as error:
            page.show_problem(str(error))
            return

        def end(show: Callable[..., None], *answer: Any) -> None:
            if job is self._checking:
                self._checking = None
                show(*answer)
                self.show_running()
            job.deleteLater()

        job.finished.connect(partial(end, page.show_check))
        job.failed.connect(lambda *error: end(page.show_problem, messages.error_sentence(*error)))
        job.cancelled.connect(job.deleteLater)
        backend.submit(job)

    def forget_jobs(self) -> None:
        """Called when the backend is another: its jobs are gone."""
        self._checking = None

    def new_label_layer(self) -> None:
        """Makes a label layer for the scene and has the user draw polygons.

        Raises:
            InputError: the layer cannot be made.
        """
        self.labels_page.make_layer(self._scene_page.scene())
        self._draw_polygons()

    def _draw_polygons(self) -> None:
        self._iface.setActiveLayer(self.labels_page.layer)
        self._iface.actionAddFeature().trigger()

    def _zoom_to(self, problem: Dict[str, Any]) -> None:
        map_view.zoom_to_bounds(self._canvas, problem["bounds"], str(problem["crs"]))
        if self.labels_page.layer is not None:
            self.labels_page.layer.selectByIds(self.labels_page.layer_features(problem))

    def _train_and_predict(self) -> None:
        scene = self._scene_page.scene()
        training = self.few_shot_page.request(scene)
        prediction = self.few_shot_page.predict_request(scene, training)

        def show(result: Dict[str, Any]) -> None:
            self.report = str(result["report"])
            self.few_shot_page.show_result(result)
            self.labels_page.show_problems(result.get("problems", []))
            log_warnings(result)
            self._run_predict(scene, prediction)

        self._runner.run(training, show, Path(training.model).parent)

    def _predict(self) -> None:
        scene = self._scene_page.scene()
        self._run_predict(scene, self.predict_page.request(scene))

    def _map_with(self, result: Dict[str, Any]) -> None:
        """Maps the scene with a fine-tuned network; which polygons it shall classify as wholes, the user says."""
        page = self.predict_page
        page.set_network(str(result["model"]), str(result["unit"]))
        if result["unit"] == WHOLE_POLYGONS:
            page.options.setCollapsed(False)
            self._runner.tell(tr('Choose the polygons to classify in step "Map", and predict.'))
        else:
            self._predict()

    def _run_predict(self, scene: layers.Scene, request: protocol.PredictRequest) -> None:
        def show(result: Dict[str, Any]) -> None:
            self._model = request.model, request.layers
            files = results.map_files(result)
            added = results.add_results(results.result_group(scene.source), files)
            maps = [layer for layer, file in zip(added, files) if file.path == result["out"]]
            if result["classes"] and isinstance(maps[0], QgsRasterLayer):
                self.assess_page.set_map(maps[0])
            shown = [file.name for file in files if file.shown]
            more = tr("; {n} more layers, not ticked yet").format(n=len(files) - len(shown))
            self._runner.tell_done(", ".join(shown) + (more if len(files) > len(shown) else ""), result)

        self._runner.run(request, show, Path(request.out).parent)

    def _suggest(self) -> None:
        scene = self._scene_page.scene()
        model, extra = self._model
        if not model:
            model, extra = self.predict_page.model(), self.predict_page.layers.paths()
        request = self.suggest_page.request(scene, model, extra)

        def show(result: Dict[str, Any]) -> None:
            self.suggest_page.show_points(self._add_points(scene, result, tr("Where to label next")))

        self._runner.run(request, show)

    def suggest_next(self) -> None:
        """Goes to the next suggested place; asks for places where there are none yet.

        Raises:
            InputError: there is no model yet, the scene cannot be used, or the point is gone.
        """
        walk = self.suggest_page.walk
        if walk.count and walk.position + 1 < walk.count:
            walk.go(1)
            self.suggest_page.suggested_class()  # says so where the user has deleted that point
        else:
            self._suggest()

    def _accept(self) -> None:
        """Has the user draw at the suggested point, with the suggested class chosen."""
        page, layer = self.suggest_page, self.labels_page.layer
        name = page.suggested_class()
        if layer is None:
            raise InputError(tr('No label layer is chosen. Choose one in step "Label", or use "New label layer".'))
        if not layer.isEditable() and not layer.startEditing():
            raise InputError(tr('Layer "{name}" cannot be edited. Choose another one.').format(name=layer.name()))
        page.walk.show()
        self._draw_polygons()
        if name and not self.labels_page.is_regression and self.labels_page.choose_class(name):
            self._runner.tell(tr('Draw a polygon around the point: it becomes "{name}".').format(name=name))
        else:
            self._runner.tell(tr("Draw a polygon around the point."))

    def _draw_sample(self) -> None:
        scene = self._scene_page.scene()
        request, layer = self.assess_page.draw_request(), self.assess_page.map_box.currentLayer()

        def show(result: Dict[str, Any]) -> None:
            points = self._add_points(scene, result, tr("Sample points"))
            self.assess_page.show_points(points)
            for shown in _telltales(layer):  # who sees the map answers what the map says
                results.hide(shown)
            self._runner.tell(tr("The map is hidden, so that it tells no answers."))

        self._runner.run(request, show)

    def _compare(self) -> None:
        request = self.assess_page.assess_request()

        def show(result: Dict[str, Any]) -> None:
            self.accuracy_report = str(result["report"])
            self.assess_page.show_result(result)
            log_warnings(result)

        self._runner.run(request, show)

    def _add_points(self, scene: layers.Scene, result: Dict[str, Any], name: str) -> Any:
        files = [results.ResultFile(result["out"], result.get("style", ""), name)]
        (points,) = results.add_results(results.result_group(scene.source), files)
        log_warnings(result)
        return points


def _telltales(layer: QgsRasterLayer) -> List[QgsMapLayer]:
    """Returns a map and the other layers of its group that show its classes: rasters, and polygons in their colours."""
    node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
    beside = [] if node is None else [other.layer() for other in node.parent().findLayers()]
    kinds = (QgsPalettedRasterRenderer, QgsCategorizedSymbolRenderer)
    areas = [one for one in beside if isinstance(one, QgsRasterLayer) or one.geometryType() == _POLYGONS]
    return [one for one in areas if one is layer or isinstance(one.renderer(), kinds)]


def _open(report: str) -> None:
    path = Path(report)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path / "report.html" if path.is_dir() else path)))
