"""What our map tools have in common: a rubber band in the colour of the active class."""

from __future__ import annotations

from qgis.core import QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

POLYGON = QgsWkbTypes.GeometryType.PolygonGeometry
_FILL_ALPHA = 70
_WIDTH_PX = 2
_HALO = QColor(255, 255, 255, 190)  # shows the outline on ground of its own colour
_BEFORE_A_CLASS = QColor("#e03131")


def make_band(canvas: QgsMapCanvas) -> QgsRubberBand:
    """Returns a new rubber band of polygons on the canvas."""
    band = QgsRubberBand(canvas, POLYGON)
    band.setWidth(_WIDTH_PX)
    band.setSecondaryStrokeColor(_HALO)
    color_band(band, _BEFORE_A_CLASS)
    return band


def color_band(band: QgsRubberBand, color: QColor) -> None:
    """Gives a rubber band the colour of a class."""
    fill = QColor(color)
    fill.setAlpha(_FILL_ALPHA)
    band.setFillColor(fill)
    band.setStrokeColor(color)


class LabelTool(QgsMapTool):
    """A tool that shows on the map what would become a polygon of the active class."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.band = make_band(canvas)

    def set_color(self, color: QColor) -> None:
        """Takes the colour of the active class."""
        color_band(self.band, color)

    def drop(self) -> bool:
        """Forgets the present shape; returns whether there was one."""
        found = self.band.numberOfVertices() > 0
        self.band.reset(POLYGON)
        return found

    def close(self) -> None:
        """Takes the tool off the canvas."""
        self.canvas().unsetMapTool(self)
        self.canvas().scene().removeItem(self.band)
        self.deleteLater()
