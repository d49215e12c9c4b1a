"""Map tools that draw a shape with the mouse: rectangle, freehand, brush. They say what was drawn and keep nothing."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from ..messages import InputError
from ..pixel_grid import Cell, PixelGrid, cells_between
from .label_tool import POLYGON, LabelTool, color_band, make_band
from .reprojecting import moved_point

_DRAGGED_PX = 4  # of the screen: less is a click


class DrawTool(LabelTool):
    """A shape that the mouse draws at one go."""

    drawn = pyqtSignal(object, object)  # QgsGeometry, its QgsCoordinateReferenceSystem

    def deactivate(self) -> None:
        """Another tool is chosen."""
        self.drop()
        super().deactivate()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Escape and Backspace drop the shape."""
        event.setAccepted(event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace) and self.drop())

    def finish(self, shape: QgsGeometry) -> None:
        """Says what was drawn, in the CRS of the map."""
        self.drop()
        self.drawn.emit(shape, self.canvas().mapSettings().destinationCrs())


class RectangleTool(DrawTool):
    """A rectangle from corner to corner: dragged, or two clicks."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._first: Optional[QgsPointXY] = None
        self._pressed = QPoint()

    def drop(self) -> bool:
        """Forgets the first corner."""
        found, self._first = self._first is not None, None
        return super().drop() or found

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Sets the first corner, or the second one of two clicks."""
        if event.button() != Qt.MouseButton.LeftButton:
            self.drop()
        elif self._first is None:
            self._first, self._pressed = event.mapPoint(), event.pos()
        else:
            self._finish(event.mapPoint())

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Shows the rectangle."""
        if self._first is not None:
            self.band.setToGeometry(QgsGeometry.fromRect(QgsRectangle(self._first, event.mapPoint())), None)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Ends a rectangle that was dragged; a click waits for the second one."""
        moved = (event.pos() - self._pressed).manhattanLength() >= _DRAGGED_PX
        if self._first is not None and event.button() == Qt.MouseButton.LeftButton and moved:
            self._finish(event.mapPoint())

    def _finish(self, second: QgsPointXY) -> None:
        self.finish(QgsGeometry.fromRect(QgsRectangle(self._first, second)))


class FreehandTool(DrawTool):
    """An outline drawn with the button held down."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._points: List[QgsPointXY] = []

    def drop(self) -> bool:
        """Forgets the outline."""
        found, self._points = bool(self._points), []
        return super().drop() or found

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Begins the outline."""
        self.drop()
        if event.button() == Qt.MouseButton.LeftButton:
            self._add(event.mapPoint())

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Goes on with the outline."""
        if self._points:
            self._add(event.mapPoint())

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Closes the outline."""
        points = self._points
        if len(points) < 3:
            self.drop()
        elif event.button() == Qt.MouseButton.LeftButton:
            self.finish(QgsGeometry.fromPolygonXY([[*points, points[0]]]))

    def _add(self, point: QgsPointXY) -> None:
        self._points.append(point)
        self.band.addPoint(point)


class BrushTool(DrawTool):
    """Squares of pixels of the scene: a click is one, dragging paints.

    Args:
        canvas: Where it draws.
        grid: Returns the pixels of the scene. Raises InputError where there is none.
    """

    refused = pyqtSignal(str)  # why nothing can be painted here

    def __init__(self, canvas: QgsMapCanvas, grid: Callable[[], PixelGrid]) -> None:
        super().__init__(canvas)
        self._make_grid = grid
        self._grid: Optional[PixelGrid] = None  # while painting
        self._cells: Dict[Cell, QgsGeometry] = {}
        self._last: Cell = (0, 0)
        self.side_px = 1
        self._cursor = make_band(canvas)

    def set_color(self, color: QColor) -> None:
        """Takes the colour of the active class."""
        super().set_color(color)
        color_band(self._cursor, color)

    def drop(self) -> bool:
        """Forgets what was painted."""
        self._cursor.reset(POLYGON)
        self._cells, self._grid = {}, None
        return super().drop()

    def close(self) -> None:
        """Takes the tool off the canvas."""
        self.canvas().scene().removeItem(self._cursor)
        super().close()

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Begins to paint."""
        self.drop()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        try:
            grid = self._make_grid()
            self._last = self._cell(grid, event)
        except InputError as error:
            self.refused.emit(str(error))
            return
        self._grid = grid
        self._paint(self._last)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Goes on painting; shows which pixels a click would take."""
        try:
            grid = self._grid or self._make_grid()
            cell = self._cell(grid, event)
        except InputError:  # told when the mouse is pressed
            return
        self._cursor.setToGeometry(grid.square(cell, self.side_px), grid.crs)
        if self._grid is not None:
            for between in cells_between(self._last, cell):
                self._paint(between)
            self._last = cell

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Makes one shape of what was painted."""
        if self._grid is None or event.button() != Qt.MouseButton.LeftButton:
            return
        shape, crs = QgsGeometry.unaryUnion(list(self._cells.values())), self._grid.crs
        self.drop()
        self.drawn.emit(shape, crs)

    def _cell(self, grid: PixelGrid, event: QgsMapMouseEvent) -> Cell:
        map_crs = self.canvas().mapSettings().destinationCrs()
        return grid.cell_at(moved_point(event.mapPoint(), map_crs, grid.crs), self.side_px)

    def _paint(self, cell: Cell) -> None:
        if cell not in self._cells:
            self._cells[cell] = self._grid.square(cell, self.side_px)
            self.band.addGeometry(self._cells[cell], self._grid.crs)
