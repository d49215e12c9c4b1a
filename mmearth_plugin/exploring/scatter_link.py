"""Links the scatter plot to the map: what is under the mouse here is shown there, and what is chosen can be a class."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QFileDialog

from ...backend.mmearth import protocol
from .. import layers, map_view, temporary
from ..jobs.job_runner import JobRunner, log_warnings
from ..jobs.latest_request import LatestRequest
from ..messages import InputError, tr
from ..pages.explore_page import ExplorePage
from ..pages.labels_page import LabelsPage
from ..pages.scatter_box import CLASSES
from ..pages.scatter_plot import NO_CLASS, PlotPoint
from ..tools.pick_tool import PickTool
from . import canvas_places

_CHOSEN, _MARKED = QColor("#1c7ed6"), QColor("#d6336c")


class ScatterLink(QObject):
    """Asks for the points and knows where on the map each lies."""

    make_class = pyqtSignal(str, str)  # path of polygons, proposed name
    shown = pyqtSignal(dict)  # result

    def __init__(self, canvas: QgsMapCanvas, page: ExplorePage, labels_page: LabelsPage, runner: JobRunner) -> None:
        super().__init__(runner)
        self._canvas, self._page, self._box, self._labels = canvas, page, page.scatter_box, labels_page
        self._places: List[QgsPointXY] = []  # of the points, in the embedding's CRS
        self._classes: List[str] = []  # of the points; empty where none
        self._latest = LatestRequest(runner, self)
        self.tool = PickTool(canvas)
        self._marker: Optional[QgsVertexMarker] = None
        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PointGeometry)
        self._band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
        self._band.setIconSize(7)
        self._band.setWidth(2)
        self._band.setColor(_CHOSEN)

        plot = self._box.plot
        self._latest.failed.connect(self._box.show_state)
        self.tool.picked.connect(self._told(self._on_picked))
        self.tool.deactivated.connect(self._box.end_picking)
        self._box.draw.connect(self._told(self._ask))
        self._box.pick_toggled.connect(self._on_pick_toggled)
        self._box.zoom_wanted.connect(self._told(self._zoom))
        self._box.class_wanted.connect(self._told(self._make_class))
        self._box.picture_wanted.connect(self._told(self._save_picture))
        plot.hovered.connect(self._told(self._show_marker))
        plot.chosen.connect(self._told(self._show_chosen))
        canvas.destinationCrsChanged.connect(self._on_crs)
        page.changed.connect(self.clear)

    def clear(self) -> None:
        """Forgets the points."""
        self._latest.drop()
        self._places, self._classes = [], []
        self._box.plot.set_points([], ("", ""))
        self._show_marker(-1)
        self._box.show_state("")

    def close(self) -> None:
        """Takes everything off the canvas."""
        self._canvas.destinationCrsChanged.disconnect(self._on_crs)
        self._latest.close()
        self.clear()
        self._canvas.unsetMapTool(self.tool)
        self.tool.deleteLater()
        self._canvas.scene().removeItem(self._band)

    def _told(self, action: Any) -> Any:
        """Returns a slot that runs an action; what it cannot use is told in the page."""

        def slot(*arguments: Any) -> None:
            try:
                action(*arguments)
            except InputError as error:
                self._box.show_state(str(error))

        return slot

    def _ask(self) -> None:
        embedding = self._page.required()
        fields: Dict[str, Any] = {}
        try:
            fields = {} if self._labels.is_regression else self._labels.fields()
        except InputError:
            if self._box.axes() == CLASSES:
                raise
        if self._box.axes() == CLASSES and not fields:
            raise InputError(tr("These axes need classes. Choose a label layer with two classes, in step Label."))
        view = canvas_places.view_in_layer(self._canvas, embedding).intersect(embedding.extent())
        if view.isEmpty():
            text = tr('Embedding "{name}" is not in view. Zoom to the layer.')
            raise InputError(text.format(name=embedding.name()))
        request = protocol.ScatterRequest(
            embedding=layers.raster_path(embedding),
            out=temporary.new_file("scatter.csv"),
            axes=self._box.axes(),
            bounds=(view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()),
            **fields,
        )
        self._box.show_state(tr("Drawing…"))
        self._latest.send(request, self._show)

    def _show(self, result: Dict[str, Any]) -> None:
        colors = {}
        for entry in result["classes"]:
            colors.update({str(entry["value"]): str(entry["color"]), str(entry["name"]): str(entry["color"])})
        with open(str(result["out"]), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._places = [QgsPointXY(float(row["map_x"]), float(row["map_y"])) for row in rows]
        self._classes = [row.get("class") or "" for row in rows]
        points = [
            PlotPoint(float(row["plot_x"]), float(row["plot_y"]), colors.get(name, NO_CLASS))
            for row, name in zip(rows, self._classes)
        ]
        first, second = (f"{100 * float(share):.0f} %" for share in result["explained"])
        text = tr("direction {n} ({share})") if result["axes"] == CLASSES else tr("component {n} ({share})")
        axes = (text.format(n=1, share=first), text.format(n=2, share=second))
        self._box.plot.set_points(points, axes)
        self._say_count()
        log_warnings(result)
        self.shown.emit(result)

    def _say_count(self) -> None:
        chosen, with_class = len(self._box.plot.selection()), sum(map(bool, self._classes))
        if chosen:
            self._box.show_state(tr("{n} of {all} points chosen").format(n=chosen, all=len(self._places)))
        elif self._places:
            text = tr("{n} points, {k} of them labelled").format(n=len(self._places), k=with_class)
            self._box.show_state(text)

    def _show_marker(self, number: int) -> None:
        if self._marker is not None:
            self._canvas.scene().removeItem(self._marker)
            self._marker = None
        if 0 <= number < len(self._places):
            self._marker = QgsVertexMarker(self._canvas)
            self._marker.setIconType(QgsVertexMarker.IconType.ICON_CIRCLE)
            self._marker.setIconSize(16)
            self._marker.setPenWidth(3)
            self._marker.setColor(_MARKED)
            self._marker.setCenter(self._on_canvas(number))

    def _show_chosen(self, numbers: List[int]) -> None:
        self._band.reset(QgsWkbTypes.GeometryType.PointGeometry)
        for number in numbers:
            self._band.addPoint(self._on_canvas(number), number == numbers[-1])
        self._say_count()

    def _on_canvas(self, number: int) -> QgsPointXY:
        return canvas_places.to_canvas(self._canvas, self._places[number], self._page.required())

    def _on_crs(self) -> None:
        """What lies on the canvas lies elsewhere now."""
        self._show_marker(-1)
        self._told(self._show_chosen)(self._box.plot.selection())

    def _on_pick_toggled(self, on: bool) -> None:
        if on:
            self._canvas.setMapTool(self.tool)
        else:
            self._canvas.unsetMapTool(self.tool)

    def _on_picked(self, point: QgsPointXY, _other: bool) -> None:
        if not self._places:
            raise InputError(tr("There are no points yet. Draw them first."))
        place = canvas_places.to_layer(self._canvas, point, self._page.required())
        number = min(range(len(self._places)), key=lambda i: self._places[i].sqrDist(place))
        self._box.plot.mark(number)
        self._show_marker(number)

    def _zoom(self) -> None:
        box = QgsRectangle()
        box.setMinimal()
        for square in self._squares(self._page.required()):
            box.combineExtentWith(square)
        map_view.zoom_to(self._canvas, box, self._page.required().crs())

    def _squares(self, embedding: QgsRasterLayer) -> List[QgsRectangle]:
        """Returns the pixels of the embedding that are chosen.

        Raises:
            InputError: there are none.
        """
        numbers = self._box.plot.selection()
        if not numbers:
            raise InputError(tr("No points are chosen. Draw a lasso around some, with Shift held."))
        half_x, half_y = embedding.rasterUnitsPerPixelX() / 2, embedding.rasterUnitsPerPixelY() / 2
        places = [self._places[number] for number in numbers]
        return [QgsRectangle(p.x() - half_x, p.y() - half_y, p.x() + half_x, p.y() + half_y) for p in places]

    def _make_class(self) -> None:
        embedding = self._page.required()
        squares = [QgsGeometry.fromRect(square) for square in self._squares(embedding)]
        joined = QgsGeometry.unaryUnion(squares)  # pixels beside each other become one polygon
        layer = QgsVectorLayer("Polygon", "points", "memory")
        layer.setCrs(embedding.crs())
        features = []
        for part in joined.asGeometryCollection():
            feature = QgsFeature()
            feature.setGeometry(part)
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        path = temporary.new_file("chosen_points.gpkg")
        error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
            layer, path, QgsProject.instance().transformContext(), QgsVectorFileWriter.SaveVectorOptions()
        )
        if error != QgsVectorFileWriter.WriterError.NoError:
            text = tr('The chosen points cannot be written to "{path}": {message} Free space on the disk.')
            raise InputError(text.format(path=path, message=message))
        self.make_class.emit(path, tr("Chosen points"))

    def _save_picture(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(self._box, tr("Save as picture"), "", tr("Pictures (*.png)"))
        if path:
            self.save_picture(str(Path(path).with_suffix(".png")))

    def save_picture(self, path: str) -> None:
        """Writes the plot as a picture.

        Raises:
            InputError: the file cannot be written.
        """
        if not self._box.plot.grab().save(path):
            raise InputError(tr('The picture "{path}" cannot be written. Choose another folder.').format(path=path))
