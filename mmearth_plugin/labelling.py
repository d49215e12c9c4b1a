"""Drawing labels: which tool is on the map, what becomes of a shape, undo and redo, the keys of the map.

Polygons are drawn with QGIS's own tool, so that snapping and tracing work; the other tools are ours.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgisInterface, QgsMapTool
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor

from .jobs.job_runner import JobRunner
from .labels import NAME_FIELD, ClassEntry
from .messages import InputError, tr
from .pages.draw_bar import FREEHAND, POINT, POLYGON, RECTANGLE, SMART_SELECT, DrawBar
from .pages.labels_page import LabelsPage
from .pages.scene_page import ScenePage
from .pixel_grid import PixelGrid, grid_of
from .tools import label_edits
from .tools.canvas_keys import CanvasKeys
from .tools.draw_tools import BrushTool, FreehandTool, RectangleTool
from .tools.label_tool import POLYGON as POLYGON_GEOMETRY
from .tools.label_tool import LabelTool
from .tools.region import Region
from .tools.reprojecting import moved_shape
from .tools.shape import cleaned, smoothed
from .tools.smart_select import SmartSelectTool


class Labelling(QObject):
    """Owns the drawing tools and their row of buttons, `page`.

    Args:
        iface: QGIS.
        scene_page: Says what a pixel is.
        labels_page: Says which layer, field and class.
        runner: Whose backend finds regions.
        embedding_source: Returns the last embedding of the scene; None where there is none.
    """

    def __init__(
        self,
        iface: QgisInterface,
        scene_page: ScenePage,
        labels_page: LabelsPage,
        runner: JobRunner,
        embedding_source: Callable[[], Optional[QgsRasterLayer]],
    ) -> None:
        super().__init__(runner)
        self._iface, self._canvas = iface, iface.mapCanvas()
        self._scene_page, self._labels_page = scene_page, labels_page
        self._embedding_source = embedding_source
        self._layer: Optional[QgsVectorLayer] = None
        self._accepting = False  # the region, once it is settled
        self.page = DrawBar()
        self.region = Region(runner, embedding_source, self)
        self.region.set_tolerance(self.page.tolerance())
        self.smart_select = SmartSelectTool(self._canvas)
        self.tools: Dict[str, LabelTool] = {
            RECTANGLE: RectangleTool(self._canvas),
            FREEHAND: FreehandTool(self._canvas),
            POINT: BrushTool(self._canvas, self._pixels),
            SMART_SELECT: self.smart_select,
        }
        self._keys = CanvasKeys(self._canvas, self._takes_digits, self._takes_undo, self)

        self.page.chosen.connect(self.choose)
        self.page.undo.connect(self._undo)
        self.page.redo.connect(self._redo)
        self.page.save.connect(partial(self._told, self._save))
        self.page.brush_changed.connect(self._on_brush)
        self.page.tolerance_changed.connect(self.region.set_tolerance)
        self.page.accept.connect(self._accept)
        for name in (RECTANGLE, FREEHAND, POINT):
            self.tools[name].drawn.connect(partial(self._on_drawn, name))
        self.tools[POINT].refused.connect(self._refuse)
        self.smart_select.seeded.connect(self._on_seed)
        self.smart_select.unseeded.connect(self.region.unseed)
        self.smart_select.wheeled.connect(self.page.turn)
        self.smart_select.accepted.connect(self._accept)
        self.smart_select.double_clicked.connect(self._on_double_click)
        self.smart_select.dropped.connect(self._on_dropped)
        self.region.changed.connect(self._on_region)
        self.region.failed.connect(self._on_region_failed)
        self._keys.class_chosen.connect(self._choose_class)
        self._keys.undo.connect(self._undo)
        self._keys.redo.connect(self._redo)
        self._canvas.mapToolSet.connect(self._on_map_tool)
        self._canvas.destinationCrsChanged.connect(self._on_map_crs)
        labels_page.changed.connect(self._on_labels)
        labels_page.table.activated_class.connect(self._show_color)
        self._on_labels()

    def close(self) -> None:
        """Takes tools, keys and signals off the map and the label layer."""
        self._labels_page.changed.disconnect(self._on_labels)
        self._labels_page.table.activated_class.disconnect(self._show_color)
        self._canvas.mapToolSet.disconnect(self._on_map_tool)
        self._canvas.destinationCrsChanged.disconnect(self._on_map_crs)
        self._keys.close()
        self._follow(None)
        self.region.close()
        for tool in self.tools.values():
            tool.close()

    def choose(self, name: str) -> None:
        """Puts a tool on the map; what it lacks is said below the buttons."""
        self._told(partial(self._choose, name))

    def _choose(self, name: str) -> None:
        layer = label_edits.make_editable(self._labels_page.layer)
        self._class_values()
        if layer.geometryType() != POLYGON_GEOMETRY and name not in (POLYGON, POINT):
            text = tr('Layer "{name}" holds points. Use "Point", or choose a polygon layer.')
            raise InputError(text.format(name=layer.name()))
        if name == SMART_SELECT:
            self.region.prepare(self._canvas.center(), self._canvas.mapSettings().destinationCrs())
        else:
            self.region.drop()
        self._iface.setActiveLayer(layer)
        self._show_color(self._labels_page.table.active())
        if name == POLYGON:
            self._iface.actionAddFeature().trigger()
        else:
            self._canvas.setMapTool(self.tools[name])
        self._canvas.setFocus()
        self.page.show_options(name)
        self.page.show_note(_hint(name))

    def _on_drawn(self, name: str, shape: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        self._told(partial(self._add, shape, crs, name == FREEHAND))

    def _add(self, shape: QgsGeometry, crs: QgsCoordinateReferenceSystem, simplify: bool) -> None:
        """Makes a shape a polygon of the active class."""
        layer, values = label_edits.make_editable(self._labels_page.layer), self._class_values()
        try:
            grid = self._pixels()
        except InputError:  # no scene: it counts what the screen shows
            grid = None
        if grid is None:
            half_px = self._canvas.mapUnitsPerPixel() / 2 if simplify else 0.0
            clean = cleaned(shape, 0.0, half_px)
            clean = moved_shape(clean, crs, layer.crs())
        else:
            half_px = min(grid.width, grid.height) / 2 if simplify else 0.0
            clean = cleaned(moved_shape(shape, crs, grid.crs), grid.pixel_area, half_px)
            pixels = clean.area() / grid.pixel_area
            clean = moved_shape(clean, grid.crs, layer.crs())
        feature = label_edits.add_shape(layer, clean, values)
        if not values:  # a number that only the user knows
            self._iface.openFeatureForm(layer, feature, False, False)
        elif grid is not None:
            text = tr('Added to "{name}": {n} pixels.')
            self.page.show_note(text.format(name=self._labels_page.table.active().name, n=round(pixels)))

    def _class_values(self) -> Dict[str, Any]:
        """Returns what the fields of a new polygon get; nothing where they hold numbers to estimate.

        Raises:
            InputError: no class is chosen.
        """
        if self._labels_page.is_regression:
            return {}
        entry: Optional[ClassEntry] = self._labels_page.table.active()
        if entry is None:
            raise InputError(tr("No class is chosen. Choose one in the list, or add one, and draw then."))
        return {NAME_FIELD: entry.name, self._labels_page.field_box.currentText(): entry.value}

    def _pixels(self) -> PixelGrid:
        """Returns the pixels of the scene; of a scene that is no layer, those of its embedding.

        Raises:
            InputError: there is neither.
        """
        source = self._scene_page.source_box.usable()
        layer = None if source is None else QgsProject.instance().mapLayer(source.layer_id)
        layer = layer or self._embedding_source()
        if layer is None:
            raise InputError(tr('How large a pixel is, is not known. Choose a raster layer in step "Scene" first.'))
        return grid_of(layer)

    def _on_seed(self, point: QgsPointXY, more: bool) -> None:
        self._accepting = False
        self.page.show_note(tr("Looking for what is alike… The first time, the embedding is read."))
        self.region.seed(point, self._canvas.mapSettings().destinationCrs(), more)

    def _on_dropped(self) -> None:
        self._accepting = False
        self.region.drop()
        self.page.show_note(_hint(SMART_SELECT))

    def _on_double_click(self) -> None:
        self._told(self.region.take_back_click)
        self._accept()

    def _accept(self) -> None:
        """Makes the region a polygon, as soon as it is what was asked for."""
        self._accepting = True
        self._on_region()

    def _on_region(self) -> None:
        shape, grid = self.region.shape, self.region.grid
        if shape is None:
            self.smart_select.drop()
        else:
            self.smart_select.show_region(shape, grid.crs)
        self.page.show_acceptable(shape is not None)
        if self._accepting and self.region.is_settled:
            self._accepting = False
            if shape is not None:
                self._told(self._take_region)
        elif shape is not None:
            self.page.show_note(tr("{n} pixels. Enter takes them.").format(n=self.region.pixels))

    def _take_region(self) -> None:
        shape, grid = self.region.shape, self.region.grid
        self._add(smoothed(shape, grid.width, grid.height), grid.crs, False)
        self.region.drop()

    def _on_region_failed(self, sentence: str) -> None:
        self._accepting = False
        self._refuse(sentence)

    def _on_map_crs(self) -> None:
        if self.region.shape is not None:
            self.smart_select.show_region(self.region.shape, self.region.grid.crs)

    def _on_brush(self, side_px: int) -> None:
        self.tools[POINT].side_px = side_px

    def _on_map_tool(self, tool: Optional[QgsMapTool], _before: Optional[QgsMapTool]) -> None:
        ours = [name for name, one in self.tools.items() if one is tool]
        adds = tool is not None and tool.action() is not None and tool.action() == self._iface.actionAddFeature()
        self.page.show_tool(ours[0] if ours else POLYGON if adds else "")

    def _show_color(self, entry: Optional[ClassEntry]) -> None:
        if entry is not None:
            for tool in self.tools.values():
                tool.set_color(QColor(entry.color))

    def _choose_class(self, digit: str) -> None:
        table = self._labels_page.table
        if table.choose_number(digit):
            self.page.show_note(tr('Class "{name}"').format(name=table.active().name))
        else:
            self._refuse(tr("No class has the key {digit}. Choose one in the list, or add one.").format(digit=digit))

    def _on_labels(self) -> None:
        """Takes another layer or field."""
        if self._labels_page.layer is not self._layer:
            self._follow(self._labels_page.layer)
        self._show_color(self._labels_page.table.active())

    def _follow(self, layer: Optional[QgsVectorLayer]) -> None:
        """Shows the edits of another layer; what is being drawn is dropped."""
        if self._layer is not None:
            self._layer.undoStack().indexChanged.disconnect(self._show_edits)
            for signal in (self._layer.editingStarted, self._layer.editingStopped, self._layer.afterCommitChanges):
                signal.disconnect(self._show_edits)
            self._layer.willBeDeleted.disconnect(self._forget_layer)
        self._drop_shapes()
        self._layer = layer
        if layer is not None:
            layer.undoStack().indexChanged.connect(self._show_edits)
            for signal in (layer.editingStarted, layer.editingStopped, layer.afterCommitChanges):
                signal.connect(self._show_edits)
            layer.willBeDeleted.connect(self._forget_layer)
        self._show_edits()

    def _forget_layer(self) -> None:
        self._layer = None
        self._drop_shapes()
        self._show_edits()

    def _drop_shapes(self) -> None:
        self._accepting = False
        self.region.drop()
        for tool in self.tools.values():
            tool.drop()

    def _show_edits(self, _change: Any = None) -> None:
        layer = self._layer
        if layer is None or not layer.isEditable():
            self.page.show_edits(False, False, False)
        else:
            stack = layer.undoStack()
            self.page.show_edits(stack.canUndo(), stack.canRedo(), layer.isModified())

    def _undo(self) -> None:
        if self._layer is not None:
            self._layer.undoStack().undo()
            self._layer.triggerRepaint()

    def _redo(self) -> None:
        if self._layer is not None:
            self._layer.undoStack().redo()
            self._layer.triggerRepaint()

    def _save(self) -> None:
        if self._layer is not None:
            label_edits.save(self._layer)
            self.page.show_note(tr('Saved in "{name}".').format(name=self._layer.name()))

    def _takes_digits(self) -> bool:
        return self._layer is not None and (self.page.isVisible() or isinstance(self._canvas.mapTool(), LabelTool))

    def _takes_undo(self) -> bool:
        """Whether Ctrl+Z on the map means the labels: not while the user edits another layer."""
        if self._layer is None or not self._layer.isEditable():
            return False
        visible = self.page.isVisible() and self._iface.activeLayer() == self._layer
        return visible or isinstance(self._canvas.mapTool(), LabelTool)

    def _told(self, action: Callable[[], None]) -> None:
        """Runs what the user asked for; what cannot be done is said below the buttons."""
        try:
            action()
        except InputError as error:
            self._refuse(str(error))

    def _refuse(self, sentence: str) -> None:
        self.page.show_note(sentence, problem=True)


def _hint(tool: str) -> str:
    return {
        POLYGON: tr("Click the corners; a right click ends the polygon."),
        RECTANGLE: tr("Drag from corner to corner. Escape drops the shape."),
        FREEHAND: tr("Hold the button down and draw the outline. Escape drops it."),
        POINT: tr("Click pixels, or paint with the button held down."),
        SMART_SELECT: tr("Click a place; Shift+click adds one. Enter takes the area, Escape drops it."),
    }[tool]
