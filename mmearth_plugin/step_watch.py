"""Keeps the facts that the steps' states follow from, as scene, labels and jobs change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..backend.mmearth import protocol
from . import layers, messages, steps
from .messages import InputError, tr
from .pages.labels_page import LabelsPage
from .pages.scene_page import ScenePage
from .steps import EMBED, MAP, TRAIN, Facts, Outcome

_STEP_OF = {
    protocol.EmbedRequest: EMBED,
    protocol.FewShotRequest: TRAIN,
    protocol.FineTuneRequest: TRAIN,
    protocol.PredictRequest: MAP,
}


class StepWatch(QObject):
    """Says `changed` with the state of every step."""

    changed = pyqtSignal(dict)

    def __init__(self, scene_page: ScenePage, labels_page: LabelsPage, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._scene_page, self._labels_page = scene_page, labels_page
        self._layer: Optional[QgsVectorLayer] = None
        self._revision = 0
        self._labelled: List[Tuple[protocol.Request, Any]] = []  # jobs on their way, and the labels they were sent with
        self.facts = Facts()
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(150)  # after the label page has counted
        self._delay.timeout.connect(self._count)
        scene_page.changed.connect(self._on_scene)
        labels_page.changed.connect(self._on_labels)
        self._on_labels()

    def close(self) -> None:
        """Lets go of the label layer."""
        self._delay.stop()
        self._watch(None)

    def show_description(self, description: Dict[str, Any]) -> None:
        """Takes what the backend says of the scene."""
        text = tr("{w} × {h} pixels, {read}")
        self.facts = replace(
            self.facts,
            scene=self._scene(),
            problem="",
            is_embedding=bool(description.get("precomputed")),
            scene_text=text.format(w=description["width"], h=description["height"], read=description["units_label"]),
        )
        self._tell()

    def show_problem(self, sentence: str) -> None:
        """Takes why the scene cannot be used."""
        self.facts = replace(self.facts, scene=self._scene(), problem=sentence, scene_text="")
        self._tell()

    def on_started(self, request: protocol.Request) -> None:
        """Called when a job starts."""
        self._labelled.append((request, self.facts.labels))
        self.facts = replace(self.facts, running=_STEP_OF.get(type(request), ""))
        self._tell()

    def on_stopped(self) -> None:
        """Called when no job runs."""
        self._labelled.clear()
        self.facts = replace(self.facts, running="")
        self._tell()

    def on_result(self, request: protocol.Request, result: Dict[str, Any]) -> None:
        """Called with what a job made."""
        step = _STEP_OF.get(type(request), "")
        if not step or (step == EMBED and request.features):  # a table of polygons is no embedding
            return
        labelled = next((labels for sent, labels in self._labelled if sent is request), self.facts.labels)
        if step == TRAIN:
            source: Any = labelled
        elif step == EMBED:
            source = (*_reading(request), request.weights)
        else:
            trained = dict(self.facts.outcomes).get(TRAIN)
            source = _reading(request), labelled if trained is not None and trained.source == labelled else None
        self.facts = self.facts.with_outcome(step, Outcome(source, _made_text(step, result)))
        self._tell()

    def _scene(self) -> Any:
        """Returns what tells this scene, part and reading from another; None while there is none."""
        source = self._scene_page.source_box.usable()
        if source is None:
            return None
        try:
            scene = self._scene_page.scene()
        except InputError:
            return source.path, None, (), "", ""
        return (*_reading(scene), scene.weights)

    def _on_scene(self) -> None:
        found = self._scene()
        if found != self.facts.scene:
            self.facts = replace(self.facts, scene=found, scene_text="", problem="", is_embedding=False)
        self._tell()

    def _on_labels(self) -> None:
        self._watch(self._labels_page.layer)
        self._delay.start()

    def _watch(self, layer: Optional[QgsVectorLayer]) -> None:
        if layer is self._layer:
            return
        if self._layer is not None:
            self._layer.willBeDeleted.disconnect(self._forget)
            for signal in _edits(self._layer):
                signal.disconnect(self._on_edit)
        self._layer = layer
        if layer is not None:
            layer.willBeDeleted.connect(self._forget)
            for signal in _edits(layer):
                signal.connect(self._on_edit)

    def _forget(self) -> None:
        self._layer = None
        self._delay.start()

    def _on_edit(self, *_what: Any) -> None:
        self._revision += 1
        self._delay.start()

    def _count(self) -> None:
        layer, page = self._labels_page.layer, self._labels_page
        field = page.field_box.currentText()
        if layer is None or not field:
            self.facts = replace(self.facts, labels=None, classes=0, polygons=0)
        else:
            classes, polygons = page.counted()
            self.facts = replace(
                self.facts, labels=(layer.id(), field, self._revision), classes=classes, polygons=polygons
            )
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(steps.states(self.facts))


def _reading(of: Any) -> Tuple[Any, ...]:
    """Returns what a scene, or a request about one, says of raster, part and reading."""
    path = of.path if isinstance(of, layers.Scene) else of.scene
    return path, of.bounds, tuple(sorted(of.bands.items())), of.units


def _edits(layer: QgsVectorLayer) -> Any:
    return layer.featureAdded, layer.featuresDeleted, layer.geometryChanged, layer.attributeValueChanged


def _made_text(step: str, result: Dict[str, Any]) -> str:
    time = messages.time_text(float(result.get("seconds", 0)))
    if step == EMBED:
        return tr("Embedded in {time}.").format(time=time)
    if step == MAP:
        return tr("Mapped in {time}.").format(time=time)
    score = result.get("macro_f1")
    if isinstance(score, (int, float)):
        return tr("Trained in {time}: macro F1 {score} on held-out labels.").format(time=time, score=f"{score:.2f}")
    return tr("Trained in {time}.").format(time=time)
