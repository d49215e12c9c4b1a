"""Shapes before they become labels, the pixels of a brush, and the drawing tools under a mouse."""

import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsRasterLayer, QgsRectangle, QgsWkbTypes
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest

pytestmark = pytest.mark.qgis

LEFT_M, TOP_M, RES_M = 662400.0, 5362560.0, 10.0
LEFT_BUTTON = Qt.MouseButton.LeftButton


def wkt(text):
    return QgsGeometry.fromWkt(text)


def cells(*corners):
    """Returns squares of 1 × 1 by their lower left corners as one outline."""
    return QgsGeometry.unaryUnion([QgsGeometry.fromRect(QgsRectangle(x, y, x + 1, y + 1)) for x, y in corners])


class TestShape:
    @pytest.fixture(autouse=True)
    def _names(self, qgis_app):
        from mmearth_qgis.mmearth_plugin.messages import InputError
        from mmearth_qgis.mmearth_plugin.tools import shape

        self.shape, self.InputError = shape, InputError

    def test_doubled_vertices_go(self):
        found = self.shape.cleaned(wkt("Polygon((0 0,4 0,4 0,4 4,4 4,0 4,0 0,0 0))"), 1.0)
        assert found.equals(wkt("MultiPolygon(((0 0,4 0,4 4,0 4,0 0)))"))
        assert len(found.asMultiPolygon()[0][0]) == 5

    def test_a_bow_tie_becomes_its_two_triangles(self):
        found = self.shape.cleaned(wkt("Polygon((0 0,4 4,4 0,0 4,0 0))"), 1.0)
        assert found.isGeosValid()
        assert sorted(part.area() for part in found.asGeometryCollection()) == [4.0, 4.0]

    def test_parts_below_a_pixel_go_and_the_rest_stays(self):
        found = self.shape.cleaned(wkt("MultiPolygon(((0 0,4 0,4 4,0 4,0 0)),((9 9,9.5 9,9.5 9.5,9 9)))"), 1.0)
        assert found.area() == 16.0

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Polygon((0 0,0.5 0,0.5 0.5,0 0.5,0 0))", "25 % of a pixel"),
            ("Polygon((0 0,4 0,0 0,0 0))", "no area"),
            ("Polygon((1 1,1 1,1 1,1 1))", "no area"),
        ],
    )
    def test_what_is_less_than_a_pixel_is_refused(self, text, words):
        with pytest.raises(self.InputError, match=words):
            self.shape.cleaned(wkt(text), 1.0)

    def test_one_whole_pixel_is_enough_after_reprojecting(self):
        assert self.shape.cleaned(wkt("Polygon((0 0,0.999 0,0.999 1,0 1,0 0))"), 1.0).area() == pytest.approx(0.999)

    def test_simplifying_stays_within_the_tolerance(self):
        ring = [(x / 10, 0.3 if x % 2 else 0.0) for x in range(101)] + [(10, 10), (0, 10), (0, 0)]
        drawn = QgsGeometry.fromPolygonXY([[QgsPointXY(*point) for point in ring]])
        found = self.shape.cleaned(drawn, 1.0, 0.5)
        assert len(found.asMultiPolygon()[0][0]) < 8
        assert found.hausdorffDistance(drawn) <= 0.5

    @pytest.mark.parametrize(
        ("kind", "parts", "z", "m"),
        [
            (QgsWkbTypes.Polygon, 1, False, False),
            (QgsWkbTypes.MultiPolygon, 2, False, False),
            (QgsWkbTypes.Polygon25D, 1, True, False),
            (QgsWkbTypes.PolygonM, 1, False, True),
            (QgsWkbTypes.MultiPolygonZM, 2, True, True),
        ],
    )
    def test_fitted_has_the_type_of_the_layer_and_of_several_parts_the_largest(self, kind, parts, z, m):
        two = wkt("MultiPolygon(((0 0,1 0,1 1,0 0)),((5 5,9 5,9 9,5 9,5 5)))")
        found = self.shape.fitted(two, kind)
        assert found.isGeosValid()
        assert QgsWkbTypes.flatType(found.wkbType()) == QgsWkbTypes.flatType(kind)
        assert (found.constGet().is3D(), found.constGet().isMeasure()) == (z, m)
        assert len(found.asGeometryCollection()) == parts
        assert found.area() == (16.0 if parts == 1 else 16.5)

    def test_fitted_repairs_what_reprojecting_crossed(self):
        found = self.shape.fitted(wkt("MultiPolygon(((0 0,4 4,4 0,0 4,0 0)))"), QgsWkbTypes.MultiPolygon)
        assert found.isGeosValid()
        assert found.area() == 8.0

    def test_lines_are_no_place_for_labels(self):
        with pytest.raises(self.InputError, match="neither polygons nor points"):
            self.shape.fitted(wkt("MultiPolygon(((0 0,1 0,1 1,0 0)))"), QgsWkbTypes.LineString)

    def test_a_layer_of_points_gets_one_in_the_pixel(self):
        found = self.shape.fitted(wkt("MultiPolygon(((4 4,5 4,5 5,4 5,4 4)))"), QgsWkbTypes.MultiPointZ)
        assert found.asWkt() == "MultiPointZ ((4.5 4.5 0))"

    def test_stairs_become_slopes_that_keep_every_pixel_centre(self):
        stairs = [(x, y) for x in range(12) for y in range(12 - x)]
        region = [cell for cell in stairs if cell != (3, 3)] + [(20, 20), (21, 21)]  # a hole, and two touching corners
        edges = cells(*region)
        found = self.shape.smoothed(edges, 1.0, 1.0)
        assert found.isGeosValid()
        assert (
            sum(len(list(part.vertices())) for part in found.asGeometryCollection()) < 40 < len(list(edges.vertices()))
        )
        assert found.hausdorffDistance(edges) < 0.5
        inside = {(x, y) for x in range(-1, 24) for y in range(-1, 24) if found.contains(QgsPointXY(x + 0.5, y + 0.5))}
        assert inside == set(region)

    def test_very_small_regions_keep_their_pixels(self):
        edges = cells((0, 0), (1, 0))
        assert self.shape.smoothed(edges, 1.0, 1.0).area() == 2.0


class TestPixelGrid:
    @pytest.fixture
    def grid(self, make_raster):
        from mmearth_qgis.mmearth_plugin.pixel_grid import grid_of

        return grid_of(QgsRasterLayer(make_raster(), "scene"))

    @pytest.mark.parametrize(
        ("side_px", "east_px", "south_px", "cell"),
        [
            (1, 3.9, 2.1, (3, 2)),
            (2, 3.9, 2.1, (3, 1)),  # the corner of pixels nearest to it is (4, 2)
            (3, 3.9, 2.1, (2, 1)),
            (4, 3.4, 2.6, (1, 1)),
        ],
    )
    def test_a_brush_lies_around_the_point(self, grid, side_px, east_px, south_px, cell):
        found = grid.cell_at(QgsPointXY(LEFT_M + RES_M * east_px, TOP_M - RES_M * south_px), side_px)
        assert found == cell
        box = grid.square(found, side_px).boundingBox()
        assert (box.xMinimum(), box.yMaximum()) == (LEFT_M + RES_M * cell[0], TOP_M - RES_M * cell[1])
        assert box.width() == box.height() == side_px * RES_M

    def test_the_way_from_cell_to_cell_never_jumps_over_a_corner(self):
        from mmearth_qgis.mmearth_plugin.pixel_grid import cells_between

        way = [(0, 0), *cells_between((0, 0), (5, -3))]
        assert way[-1] == (5, -3)
        steps = [abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in zip(way, way[1:])]
        assert set(steps) == {1}
        assert list(cells_between((2, 2), (2, 2))) == []


class TestDrawTools:
    """A canvas of 200 × 100 pixels that shows the scene of 20 × 10: ten of the screen are one of the scene."""

    @pytest.fixture(autouse=True)
    def _canvas(self, iface, make_raster):
        self.canvas = iface.canvas
        iface.window.show()
        self.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
        self.canvas.setFixedSize(202, 102)
        QTest.qWait(10)
        self.scene = QgsRasterLayer(make_raster(), "scene")
        self.canvas.setExtent(self.scene.extent())
        self.canvas.setFixedSize(202, 102)
        yield
        del self.canvas, self.scene  # pytest keeps the instance until QGIS is gone

    def at(self, column, row):
        """Returns a place of the screen by columns and rows of the scene."""
        place = QgsPointXY(LEFT_M + column * RES_M, TOP_M - row * RES_M)
        pixel = self.canvas.getCoordinateTransform().transform(place)
        return QPoint(round(pixel.x()), round(pixel.y()))

    def drag(self, *places, release=True):
        viewport = self.canvas.viewport()
        QTest.mousePress(viewport, LEFT_BUTTON, pos=self.at(*places[0]))
        for place in places[1:]:
            _move(viewport, self.at(*place))
        if release:
            QTest.mouseRelease(viewport, LEFT_BUTTON, pos=self.at(*places[-1]))

    def use(self, make):
        tool, drawn = make(self.canvas), []
        tool.drawn.connect(lambda shape, crs: drawn.append((shape, crs)))
        self.canvas.setMapTool(tool)
        return tool, drawn

    def columns_and_rows(self, shape):
        box = shape.boundingBox()
        west, east = (box.xMinimum() - LEFT_M) / RES_M, (box.xMaximum() - LEFT_M) / RES_M
        return [west, (TOP_M - box.yMaximum()) / RES_M, east, (TOP_M - box.yMinimum()) / RES_M]

    def test_rectangle_dragged_and_clicked(self):
        from mmearth_qgis.mmearth_plugin.tools.draw_tools import RectangleTool

        tool, drawn = self.use(RectangleTool)
        self.drag((2, 1), (4, 3), (7, 6))
        for place in ((8, 2), (12, 5)):
            QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(*place))
        found = [self.columns_and_rows(shape) for shape, _crs in drawn]
        assert found == [pytest.approx([2, 1, 7, 6], abs=0.1), pytest.approx([8, 2, 12, 5], abs=0.1)]
        assert drawn[0][1].authid() == "EPSG:32632"
        assert tool.band.numberOfVertices() == 0
        tool.close()

    def test_freehand(self):
        from mmearth_qgis.mmearth_plugin.tools.draw_tools import FreehandTool

        tool, drawn = self.use(FreehandTool)
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(2, 2))
        assert (drawn, tool.band.numberOfVertices()) == ([], 0)
        self.drag((2, 2), (8, 2), (8, 8), (2, 8))
        ((shape, _crs),) = drawn
        assert shape.area() == pytest.approx(3600, rel=0.05)
        tool.close()

    def test_brush_paints_pixels_of_the_scene(self):
        from mmearth_qgis.mmearth_plugin.pixel_grid import grid_of
        from mmearth_qgis.mmearth_plugin.tools.draw_tools import BrushTool

        tool, drawn = self.use(lambda canvas: BrushTool(canvas, lambda: grid_of(self.scene)))
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(3.5, 4.5))
        self.drag((5.5, 2.5), (8.5, 5.5))
        tool.side_px = 3
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(12.5, 4.5))
        shapes = [shape for shape, _crs in drawn]
        assert self.columns_and_rows(shapes[0]) == [3, 4, 4, 5]
        assert self.columns_and_rows(shapes[1]) == [5, 2, 9, 6]
        assert shapes[1].area() == 7 * RES_M**2  # a diagonal of four, joined by their edges
        assert not shapes[1].isMultipart()
        assert self.columns_and_rows(shapes[2]) == [11, 3, 14, 6]
        tool.close()

    def test_brush_without_a_scene_says_so(self):
        from mmearth_qgis.mmearth_plugin.messages import InputError
        from mmearth_qgis.mmearth_plugin.tools.draw_tools import BrushTool

        def nothing():
            raise InputError("No scene.")

        tool, drawn = self.use(lambda canvas: BrushTool(canvas, nothing))
        said = []
        tool.refused.connect(said.append)
        _move(self.canvas.viewport(), self.at(3, 3))
        QTest.mouseClick(self.canvas.viewport(), LEFT_BUTTON, pos=self.at(3, 3))
        assert (said, drawn) == (["No scene."], [])
        tool.close()

    def test_closing_leaves_nothing_on_the_canvas(self):
        from mmearth_qgis.mmearth_plugin.pixel_grid import grid_of
        from mmearth_qgis.mmearth_plugin.tools.draw_tools import BrushTool

        before = len(self.canvas.scene().items())
        tool, _drawn = self.use(lambda canvas: BrushTool(canvas, lambda: grid_of(self.scene)))
        self.drag((5, 2), (8, 5), release=False)
        tool.close()
        assert len(self.canvas.scene().items()) == before
        assert self.canvas.mapTool() is None


def _move(viewport, place):
    """Moves the mouse with the left button held, which QTest.mouseMove does not tell."""
    from qgis.PyQt.QtCore import QEvent, QPointF
    from qgis.PyQt.QtGui import QMouseEvent
    from qgis.PyQt.QtWidgets import QApplication

    everywhere = viewport.mapToGlobal(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(everywhere),
        Qt.MouseButton.NoButton,
        LEFT_BUTTON,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)
