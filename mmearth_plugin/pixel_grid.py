"""The pixels of a raster as places on the ground. Knows geometry; nothing of tools and label layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsDistanceArea,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)

Cell = Tuple[int, int]  # column, row of the upper left pixel of a brush


@dataclass(frozen=True)
class PixelGrid:
    """Where the pixels of a north-up raster lie.

    Attributes:
        crs: Of the raster.
        left, top: Its upper left corner.
        width, height: Of a pixel, in units of the CRS.
    """

    crs: QgsCoordinateReferenceSystem
    left: float
    top: float
    width: float
    height: float

    def pixel_area_m2(self) -> float:
        """Returns the area of the first pixel on the ground."""
        measure = QgsDistanceArea()
        measure.setSourceCrs(self.crs, QgsProject.instance().transformContext())
        measure.setEllipsoid(self.crs.ellipsoidAcronym())
        return float(measure.measureArea(self.square((0, 0), 1)))

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in squared units of the CRS."""
        return self.width * self.height

    def cell_at(self, point: QgsPointXY, side_px: int) -> Cell:
        """Returns the upper left pixel of the square of pixels that lies nearest around a point."""
        shift = (side_px - 1) / 2
        column = math.floor((point.x() - self.left) / self.width - shift)
        return column, math.floor((self.top - point.y()) / self.height - shift)

    def square(self, cell: Cell, side_px: int) -> QgsGeometry:
        """Returns a square of pixels as a polygon."""
        left, top = self.left + cell[0] * self.width, self.top - cell[1] * self.height
        return QgsGeometry.fromRect(QgsRectangle(left, top - side_px * self.height, left + side_px * self.width, top))


def described_grid(description: Dict[str, Any]) -> PixelGrid:
    """Returns the pixels of a scene from a result of describe."""
    crs = QgsCoordinateReferenceSystem(str(description["crs"]))
    if not crs.isValid():
        crs = QgsCoordinateReferenceSystem.fromWkt(str(description["crs"]))
    left, _bottom, _right, top = description["bounds"]
    width, height = description["res"]
    return PixelGrid(crs, float(left), float(top), abs(float(width)), abs(float(height)))


def grid_of(layer: QgsRasterLayer) -> PixelGrid:
    """Returns the pixels of a raster layer."""
    extent = layer.extent()
    width, height = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    return PixelGrid(layer.crs(), extent.xMinimum(), extent.yMaximum(), width, height)


def cells_between(start: Cell, end: Cell) -> Iterator[Cell]:
    """Yields the cells on the way from one to another without the first, each beside the one before it.

    Neighbours share an edge, never a corner alone: what is drawn with them is one polygon.
    """
    column, row = start
    steps = max(abs(end[0] - column), abs(end[1] - row))
    for step in range(1, steps + 1):
        along = step / steps
        to_column, to_row = round(start[0] + along * (end[0] - start[0])), round(start[1] + along * (end[1] - start[1]))
        if to_column != column and to_row != row:
            yield to_column, row
        column, row = to_column, to_row
        yield column, row
