"""Finds places like those picked: map tool, requests, the layer they come to, and what becomes a class."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import (
    QgsExpression,
    QgsFeatureRequest,
    QgsPointXY,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgisInterface, QgsVertexMarker
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ...backend.mmearth import protocol
from .. import layers, temporary
from ..jobs.job_runner import JobRunner, log_warnings
from ..jobs.latest_request import LatestRequest
from ..messages import InputError, tr
from ..pages.explore_page import ExplorePage
from ..pages.labels_page import LabelsPage
from ..tools.pick_tool import PickTool
from . import canvas_places, embedding_layers
from .similarity_layer import SimilarityLayer

_DELAY_MS = 300  # after the last movement of the canvas
_MOST_POLYGONS = 500  # that become a class at once
_LIKE, _UNLIKE = QColor("#2f9e44"), QColor("#e03131")


class SimilarPlaces(QObject):
    """Asks after each click; the newest counts."""

    make_class = pyqtSignal(str, str)  # path of polygons, proposed name
    shown = pyqtSignal(dict)  # result

    def __init__(self, iface: QgisInterface, page: ExplorePage, labels_page: LabelsPage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._iface, self._canvas = iface, iface.mapCanvas()
        self._page, self._box, self._labels = page, page.similar_box, labels_page
        self._places: List[Tuple[QgsPointXY, bool, QgsVertexMarker]] = []  # in the embedding's CRS; whether not meant
        self._features = ""  # path of polygons that are looked for, too
        self._area: Optional[protocol.Bounds] = None
        self._is_own_threshold = False  # whether the user moved the slider
        self._prepared: Tuple[str, Optional[protocol.Bounds]] = ("", None)  # embedding and area that are held ready
        self._asked_s = 0.0
        self.latency_s = 0.0  # from the last click to its layer
        self._latest = LatestRequest(runner, self)
        self._preparation = LatestRequest(runner, self)
        self._outline = LatestRequest(runner, self)
        self.similarity = SimilarityLayer(self._canvas, lambda: embedding_layers.result_group_of(page.required()))
        self.tool = PickTool(self._canvas)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY_MS)

        self._latest.failed.connect(self._box.show_state)
        self._outline.failed.connect(self._box.show_state)
        self.tool.picked.connect(lambda point, other: self._told(partial(self._on_picked, point, other)))
        self.tool.taken_back.connect(lambda: self._told(self._take_back))
        self.tool.deactivated.connect(self._box.end_picking)
        self._box.pick_toggled.connect(self._on_pick_toggled)
        self._box.polygons_wanted.connect(lambda: self._told(self._look_for_polygons))
        self._box.cleared.connect(self.clear)
        self._box.threshold_moved.connect(self._on_threshold)
        self._box.class_wanted.connect(lambda: self._told(self._make_class))
        self._delay.timeout.connect(lambda: self._told(self._on_view))
        self._canvas.extentsChanged.connect(self._delay.start)
        self._canvas.destinationCrsChanged.connect(self._place_markers)
        page.changed.connect(self.clear)

    def prepare(self) -> None:
        """Has the backend read what is in view before the first click: that is most of what the first answer takes."""
        embedding = self._page.embedding()
        if embedding is None:
            return
        view = canvas_places.view_in_layer(self._canvas, embedding)
        self._area = embedding_layers.area_around(embedding, view, self._area)
        source = layers.raster_path(embedding)
        if (source, self._area) == self._prepared:
            return
        self._prepared = source, self._area
        place = view.intersect(embedding.extent()).center()
        out = temporary.new_file("prepared.tif")
        request = protocol.SimilarRequest(source, out, points=(place.x(), place.y()), bounds=self._area)
        self._preparation.send(request, self._on_prepared)
        if not self._places:
            self._box.show_state(tr("Reading the embedding… You can click already."))

    def clear(self) -> None:
        """Forgets what was looked for and takes the layer away."""
        self._latest.drop()
        for _point, _other, marker in self._places:
            self._canvas.scene().removeItem(marker)
        self._places, self._features, self._area = [], "", None
        self._is_own_threshold = False
        self.similarity.clear()
        self._box.show_result(False)
        self._box.show_state(tr("Nothing is looked for yet."))

    def close(self) -> None:
        """Takes everything off the canvas and the project."""
        self._canvas.extentsChanged.disconnect(self._delay.start)
        self._canvas.destinationCrsChanged.disconnect(self._place_markers)
        self._delay.stop()
        for requests in (self._latest, self._preparation, self._outline):
            requests.close()
        self.clear()
        self._canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()

    def _told(self, action: Any) -> None:
        """Runs an action; what it cannot use is told in the page."""
        try:
            action()
        except InputError as error:
            self._box.show_state(str(error))

    def _on_pick_toggled(self, on: bool) -> None:
        if on:
            self._canvas.setMapTool(self.tool)
            self._canvas.setFocus()
            self._told(self.prepare)
        else:
            self._canvas.unsetMapTool(self.tool)

    def _on_prepared(self, result: Dict[str, Any]) -> None:
        for file in (str(result["out"]), str(result["style"])):
            Path(file).unlink()
        if not self._places:
            self._box.show_state(tr("Click a place on the map."))

    def _on_picked(self, point: QgsPointXY, other: bool) -> None:
        embedding = self._page.required()
        place = canvas_places.to_layer(self._canvas, point, embedding)
        if not embedding.extent().contains(place):
            text = tr('This place lies outside embedding "{name}". Click inside it.')
            raise InputError(text.format(name=embedding.name()))
        marker = QgsVertexMarker(self._canvas)
        marker.setIconType(QgsVertexMarker.IconType.ICON_X if other else QgsVertexMarker.IconType.ICON_CROSS)
        marker.setColor(_UNLIKE if other else _LIKE)
        marker.setPenWidth(3)
        marker.setCenter(point)
        self._places.append((place, other, marker))
        self._ask()

    def _take_back(self) -> None:
        if not self._places:
            return
        self._canvas.scene().removeItem(self._places.pop()[2])
        if self._places or self._features:
            self._ask()
        else:
            self.clear()

    def _look_for_polygons(self) -> None:
        self._features = layers.mask_source(self._wanted_polygons())
        self._ask()

    def _wanted_polygons(self) -> QgsVectorLayer:
        """Returns the selected polygons of the active layer, else those of the active class, as a layer of their own.

        Raises:
            InputError: there are none.
        """
        active = self._iface.activeLayer()
        if _has_polygons(active) and active.selectedFeatureCount():
            return active.materialize(QgsFeatureRequest(active.selectedFeatureIds()))
        layer, entry = self._labels.layer, self._labels.table.active()
        if _has_polygons(layer) and entry is not None:
            field = QgsExpression.quotedColumnRef(self._labels.field_box.currentText())
            where = f"{field} = {QgsExpression.quotedValue(entry.value)}"
            found = layer.materialize(QgsFeatureRequest().setFilterExpression(where))
            if found.featureCount():
                return found
        raise InputError(
            tr("No polygon is selected. Select polygons of the active layer, or choose a class that has some.")
        )

    def _ask(self) -> None:
        embedding = self._page.required()
        like = [place for place, other, _marker in self._places if not other]
        unlike = [place for place, other, _marker in self._places if other]
        if not like and not self._features:
            self._box.show_state(tr("Click a place that is meant, too."))
            return
        view = canvas_places.view_in_layer(self._canvas, embedding)
        self._area = embedding_layers.area_around(embedding, view, self._area)
        request = protocol.SimilarRequest(
            embedding=layers.raster_path(embedding),
            out=self.similarity.next_path(),
            points=_flat(like),
            unlike=_flat(unlike),
            features=self._features,
            bounds=self._area,
        )
        self._asked_s = time.monotonic()
        self._box.show_state(tr("Looking…"))
        self._latest.send(request, partial(self._show, request))

    def _show(self, request: protocol.SimilarRequest, result: Dict[str, Any]) -> None:
        self.similarity.show(str(result["out"]))
        if not self._is_own_threshold:
            self.similarity.set_threshold(float(result["threshold"]))
        self.latency_s = time.monotonic() - self._asked_s
        log_warnings(result)
        self._box.show_threshold(self.similarity.threshold)
        self._box.show_share(self.similarity.threshold, self.similarity.share())
        self._box.show_result(True)
        self._box.show_state(_asked_text(request))
        self.shown.emit(result)

    def _on_threshold(self, threshold: float) -> None:
        self._is_own_threshold = True
        self.similarity.set_threshold(threshold)
        self._box.show_share(self.similarity.threshold, self.similarity.share())

    def _on_view(self) -> None:
        """The canvas shows something else: other shares, and perhaps ground that was not asked for."""
        embedding = self._page.embedding()
        if embedding is None or self.similarity.layer() is None:
            return
        self.similarity.count()
        self._box.show_share(self.similarity.threshold, self.similarity.share())
        view = canvas_places.view_in_layer(self._canvas, embedding)
        if not view.intersects(embedding.extent()):
            return
        if embedding_layers.area_around(embedding, view, self._area) != self._area:
            self._ask()

    def _make_class(self) -> None:
        layer, view = self.similarity.layer(), self.similarity.view()
        if layer is None:
            raise InputError(tr("There is no layer of similar places any more. Pick a place on the map."))
        if view is None:
            raise InputError(tr("No similar place is in view. Move the map to some."))
        low, high = self.similarity.values()
        request = protocol.OutlineRequest(
            raster=layers.raster_path(layer),
            out=temporary.new_file("similar_places.gpkg"),
            low=low,
            high=high,
            bounds=(view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()),
            most=_MOST_POLYGONS,
        )
        self._outline.send(request, self._hand_over)

    def _hand_over(self, result: Dict[str, Any]) -> None:
        if not result["polygons"]:
            raise InputError(tr("Nothing in view is similar enough. Move the slider to the left, or the map."))
        if result["polygons"] == _MOST_POLYGONS:
            self._box.show_state(tr("The {n} largest areas become polygons.").format(n=_MOST_POLYGONS))
        self.make_class.emit(str(result["out"]), tr("Similar places"))

    def _place_markers(self) -> None:
        embedding = self._page.embedding()
        for place, _other, marker in self._places if embedding is not None else []:
            marker.setCenter(canvas_places.to_canvas(self._canvas, place, embedding))


def _asked_text(request: protocol.SimilarRequest) -> str:
    """Returns what an answer is about: clicks may have come since it was asked for."""
    like, unlike = len(request.points) // 2, len(request.unlike) // 2
    places = tr("Like one place") if like == 1 else tr("Like {n} places").format(n=like)
    text = places if like else tr("Like the polygons")
    text += tr(" and the polygons") if like and request.features else ""
    return text + (tr(", unlike {n}").format(n=unlike) if unlike else "") + "."


def _has_polygons(layer: Any) -> bool:
    polygon = QgsWkbTypes.GeometryType.PolygonGeometry
    return isinstance(layer, QgsVectorLayer) and layer.isValid() and layer.geometryType() == polygon


def _flat(points: List[QgsPointXY]) -> Tuple[float, ...]:
    return tuple(value for point in points for value in (point.x(), point.y()))
