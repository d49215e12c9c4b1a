"""The page Explore on real layers with a child at the other end: what it asks, what comes onto the map, what stays."""

from pathlib import Path

import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMultiBandColorRenderer,
    QgsPalettedRasterRenderer,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleBandGrayRenderer,
    QgsVectorLayer,
)
from qgis.gui import QgsVertexMarker
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

pytestmark = pytest.mark.qgis

LEFT_M, TOP_M, RES_M = 662400.0, 5362560.0, 10.0


@pytest.fixture
def make_embedding(make_raster):
    def make(name="embedding.tif", width=20, height=10, layer_name="Embedding", tag='{"stages": [0, 1]}'):
        path = make_raster(name, bands=8, width=width, height=height)
        dataset = gdal.Open(path, gdal.GA_Update)
        dataset.SetMetadataItem("MMEARTH", tag)
        dataset.GetRasterBand(1).WriteRaster(0, 0, width, 1, bytes(2 * width))  # that there is something to stretch
        dataset.FlushCache()
        del dataset
        layer = QgsRasterLayer(path, layer_name)
        assert layer.isValid()
        return layer

    return make


@pytest.fixture
def embedding(make_embedding, scene_layer):
    """An embedding in the result group of the scene."""
    layer = make_embedding()
    QgsProject.instance().addMapLayer(layer, False)
    QgsProject.instance().layerTreeRoot().addGroup("MMEarth – My scene").addLayer(layer)
    return layer


@pytest.fixture
def make_exploring(iface, engine, output_folder):
    from mmearth_qgis.mmearth_plugin import settings
    from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
    from mmearth_qgis.mmearth_plugin.exploring.exploring import Exploring
    from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
    from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
    from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage

    made = []

    def make():
        runner = JobRunner(iface.messageBar())
        runner.backend = BackendProcess(settings.python(), runner)
        scene_page, labels_page = ScenePage(iface.mapCanvas()), LabelsPage()
        scene_page.set_layer(next(iter(QgsProject.instance().mapLayersByName("My scene")), None))
        exploring = Exploring(iface, scene_page, labels_page, runner)
        exploring.labels_page, exploring.runner, exploring.scene_page = labels_page, runner, scene_page
        exploring.classes, exploring.is_closed = [], False
        exploring.make_class.connect(lambda path, name: exploring.classes.append((path, name)))
        made.append((exploring, scene_page, runner))
        return exploring

    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    iface.window.resize(400, 300)
    iface.window.show()
    look(iface, QgsRectangle(LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M))
    yield make
    for exploring, scene_page, runner in made:
        if not exploring.is_closed:
            exploring.close()
        scene_page.close_tools()
        runner.backend.shutdown()
        for widget in (exploring.page, scene_page, runner):
            widget.deleteLater()


@pytest.fixture
def exploring(make_exploring, embedding):
    return make_exploring()


def look(iface, extent):
    QApplication.processEvents()
    iface.canvas.setExtent(extent)
    QApplication.processEvents()


def click_map(iface, x, y, button=Qt.MouseButton.LeftButton, modifier=Qt.KeyboardModifier.NoModifier):
    pixel = iface.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
    QTest.mouseClick(iface.canvas.viewport(), button, modifier, QPoint(round(pixel.x()), round(pixel.y())))


def at(col, row):
    """Returns the middle of a pixel of the embedding."""
    return LEFT_M + (col + 0.5) * RES_M, TOP_M - (row + 0.5) * RES_M


def names():
    group = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
    return sorted(node.name() for node in group.findLayers())


def canvas_items(iface, kind):
    return [item for item in iface.canvas.scene().items() if isinstance(item, kind) and item.isVisible()]


def asked(engine):
    """Returns the requests for similar places, without those that only have the embedding read."""
    return [request for request in engine("similar") if Path(request["out"]).name != "prepared.tif"]


def similar_shown(exploring):
    return lambda: exploring.similar.similarity.layer() is not None and not exploring.similar._latest.is_waiting


def test_embedding_of_the_scene_is_proposed_and_nothing_else_offered(exploring, embedding, make_embedding):
    page = exploring.page
    assert page.embedding() is embedding
    foreign = make_embedding("map.tif", layer_name="Probabilities", tag='{"output": "probabilities"}')
    QgsProject.instance().addMapLayer(foreign)
    assert [page.layer_box.itemText(i) for i in range(page.layer_box.count())] == ["choose an embedding", "Embedding"]
    newer = make_embedding("newer.tif", layer_name="Newer")
    QgsProject.instance().addMapLayer(newer, False)
    QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene").insertLayer(0, newer)
    exploring.runner.ended.emit()
    assert page.embedding() is newer
    page.layer_box.setLayer(embedding)
    exploring.runner.ended.emit()
    assert page.embedding() is embedding, "what the user chose stays"


def test_without_an_embedding_the_page_says_where_to_get_one(make_exploring, scene_layer, make_embedding):
    exploring = make_exploring()
    page, gone = exploring.page, []
    exploring.go_to_embed.connect(lambda: gone.append(True))
    assert "Embed the scene first" in page.missing.text()
    assert not page.missing.isHidden()
    assert page._tools.isHidden()
    page.embed_button.click()
    assert gone == [True]
    QgsProject.instance().addMapLayer(make_embedding())
    assert page.missing.isHidden()
    assert not page._tools.isHidden()
    QgsProject.instance().clear()
    assert not page.missing.isHidden()


def test_clicks_on_the_map_ask_for_places_like_them(exploring, embedding, iface, engine, wait_for):
    box = exploring.page.similar_box
    box.pick_button.click()
    assert iface.canvas.mapTool() is exploring.similar.tool
    click_map(iface, *at(3, 2))
    wait_for(similar_shown(exploring))
    click_map(iface, *at(9, 5))
    click_map(iface, *at(15, 7), modifier=Qt.KeyboardModifier.ShiftModifier)
    click_map(iface, *at(1, 8), Qt.MouseButton.RightButton)
    wait_for(lambda: "unlike 2" in box.state.text())
    request = asked(engine)[-1]
    assert request["embedding"] == embedding.source()
    assert request["bounds"] is None, "it is small: all of it"
    assert request["points"] == pytest.approx([*at(3, 2), *at(9, 5)], abs=2)
    assert request["unlike"] == pytest.approx([*at(15, 7), *at(1, 8)], abs=2)
    assert names() == ["Embedding", "Similar places"]
    assert box.state.text() == "Like 2 places, unlike 2."
    assert len(canvas_items(iface, QgsVertexMarker)) == 4
    assert box.slider.value() == round(0.6 * 254), "as the backend proposes"

    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier)
    exploring.similar.tool.keyPressEvent(key)
    wait_for(lambda: "unlike 1" in box.state.text())
    escape = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    exploring.similar.tool.keyPressEvent(escape)
    assert iface.canvas.mapTool() is not exploring.similar.tool
    assert not box.pick_button.isChecked()
    box.clear_button.click()
    assert names() == ["Embedding"]
    assert canvas_items(iface, QgsVertexMarker) == []


def test_embedding_is_read_before_the_first_click(exploring, embedding, engine, wait_for):
    box = exploring.page.similar_box
    box.pick_button.click()
    wait_for(lambda: box.state.text() == "Click a place on the map.")
    (request,) = engine("similar")
    assert request["points"] == pytest.approx([LEFT_M + 100, TOP_M - 50], abs=1)
    assert not Path(request["out"]).exists()
    assert names() == ["Embedding"]
    box.pick_button.click()
    box.pick_button.click()
    exploring.similar.prepare()
    assert not exploring.similar._preparation.is_waiting, "once is enough"


def test_slider_is_kept_and_says_the_share_of_the_view(exploring, iface, wait_for):
    box = exploring.page.similar_box
    box.pick_button.click()
    click_map(iface, *at(3, 2))
    wait_for(similar_shown(exploring))
    box.slider.setValue(127)
    values = [25 * (row + col) % 255 for row in range(10) for col in range(20)]
    expected = 100 * sum(value >= 127 for value in values) / 200
    assert box.value.text() == "at least 0.50"
    assert box.share.text() == f"{expected:.1f} % of the view"
    click_map(iface, *at(5, 5))
    wait_for(lambda: "Like 2" in box.state.text())
    assert box.slider.value() == 127


def test_map_in_another_crs_asks_in_that_of_the_embedding(exploring, embedding, iface, engine, wait_for):
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    to_degrees = QgsCoordinateTransform(embedding.crs(), degrees, QgsProject.instance())
    iface.canvas.setDestinationCrs(degrees)
    look(iface, to_degrees.transformBoundingBox(embedding.extent()))
    exploring.page.similar_box.pick_button.click()
    place = to_degrees.transform(QgsPointXY(*at(10, 5)))
    click_map(iface, place.x(), place.y())
    wait_for(similar_shown(exploring))
    assert asked(engine)[-1]["points"] == pytest.approx(at(10, 5), abs=2)
    iface.canvas.setDestinationCrs(embedding.crs())
    (marker,) = canvas_items(iface, QgsVertexMarker)
    assert marker.center().distance(QgsPointXY(*at(10, 5))) < 2


def test_large_embedding_is_asked_for_an_area_that_stays(
    exploring, make_embedding, iface, engine, wait_for, monkeypatch
):
    from mmearth_qgis.mmearth_plugin.exploring import embedding_layers

    monkeypatch.setattr(embedding_layers, "_AREA_PX", 20)  # instead of 2,000
    large = make_embedding("large.tif", width=60, height=50, layer_name="Large")
    QgsProject.instance().addMapLayer(large)
    exploring.page.layer_box.setLayer(large)

    def look_at(col, row):
        """Shows 5 pixels around one."""
        x, y = at(col, row)
        look(iface, QgsRectangle(x - 25, y - 20, x + 25, y + 20))

    look_at(30, 25)
    exploring.page.similar_box.pick_button.click()
    click_map(iface, *at(30, 25))
    wait_for(similar_shown(exploring))
    left, bottom, right, top = asked(engine)[-1]["bounds"]
    assert (right - left, top - bottom) == (200, 200)
    assert left < iface.canvas.extent().xMinimum() < iface.canvas.extent().xMaximum() < right
    assert (left - LEFT_M) % RES_M == 0
    look_at(32, 23)
    click_map(iface, *at(32, 23))
    wait_for(lambda: len(asked(engine)) == 2)
    assert asked(engine)[-1]["bounds"] == [left, bottom, right, top], "the area is the one held ready"
    look_at(58, 3)
    wait_for(lambda: len(asked(engine)) == 3)
    assert asked(engine)[-1]["bounds"] == [LEFT_M + 400, TOP_M - 200, LEFT_M + 600, TOP_M]


def test_place_outside_and_places_not_meant_alone_are_said(exploring, iface, engine):
    box = exploring.page.similar_box
    box.pick_button.click()
    look(iface, QgsRectangle(LEFT_M - 500, TOP_M - 500, LEFT_M + 500, TOP_M + 500))
    click_map(iface, LEFT_M - 300, TOP_M)
    assert 'outside embedding "Embedding"' in box.state.text()
    click_map(iface, *at(3, 2), Qt.MouseButton.RightButton)
    assert box.state.text() == "Click a place that is meant, too."
    assert asked(engine) == []


def test_selected_polygons_are_looked_for(exploring, iface, engine, make_polygons, wait_for):
    polygons = make_polygons([(1, 0, 0), (2, 4, 4), (2, 8, 4)])
    box = exploring.page.similar_box
    iface.setActiveLayer(None)
    exploring.labels_page.layer_box.setLayer(None)
    box.polygons_button.click()
    assert "No polygon is selected" in box.state.text()
    iface.setActiveLayer(polygons)
    polygons.selectByIds([f.id() for f in polygons.getFeatures() if f["class_id"] == 2][:1])
    box.polygons_button.click()
    wait_for(similar_shown(exploring))
    found = QgsVectorLayer(asked(engine)[-1]["features"], "found", "ogr")
    assert found.featureCount() == 1
    assert next(found.getFeatures()).geometry().centroid().asPoint() == QgsPointXY(LEFT_M + 50, TOP_M - 50)


def test_active_class_is_looked_for_where_nothing_is_selected(exploring, engine, make_polygons, wait_for):
    polygons = make_polygons([(1, 0, 0), (2, 4, 4), (2, 8, 4)])
    exploring.labels_page.layer_box.setLayer(polygons)
    exploring.labels_page.table.choose(2)
    exploring.page.similar_box.polygons_button.click()
    wait_for(similar_shown(exploring))
    found = QgsVectorLayer(asked(engine)[-1]["features"], "found", "ogr")
    assert sorted(f["class_id"] for f in found.getFeatures()) == [2, 2]


def test_what_is_shown_becomes_a_class(exploring, iface, engine, wait_for):
    box = exploring.page.similar_box
    box.pick_button.click()
    click_map(iface, *at(3, 2))
    wait_for(similar_shown(exploring))
    box.slider.setValue(200)
    look(iface, QgsRectangle(LEFT_M + 40, TOP_M - 60, LEFT_M + 120, TOP_M))
    box.class_button.click()
    wait_for(lambda: exploring.classes)
    request = engine("outline")[-1]
    assert (request["low"], request["high"]) == (200, 254)
    assert request["raster"] == exploring.similar.similarity.layer().source()
    view = iface.canvas.extent().intersect(QgsRectangle(LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M))
    seen = [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()]
    assert request["bounds"] == pytest.approx(seen)
    ((path, name),) = exploring.classes
    assert name == "Similar places"
    assert QgsVectorLayer(path, "x", "ogr").featureCount() == 2


def test_question_waits_while_long_work_runs(exploring, iface, engine, wait_for):
    from mmearth_qgis.backend.mmearth import protocol

    slow = protocol.EmbedRequest(scene="slow.tif", out="x.tif")
    exploring.runner.run(slow, lambda result: None)
    box = exploring.page.similar_box
    box.pick_button.click()
    click_map(iface, *at(3, 2))
    click_map(iface, *at(6, 2))
    assert box.state.text() == "Looking…"
    exploring.runner.cancel("", "")
    wait_for(similar_shown(exploring))
    assert [len(request["points"]) for request in asked(engine)] == [4], "the newest alone"


def in_colours(layer):
    return lambda: isinstance(layer.renderer(), QgsMultiBandColorRenderer)


def stretch_of(layer):
    found = layer.renderer().redContrastEnhancement()
    return found.minimumValue(), found.maximumValue()


def make_gray(layer):
    layer.setRenderer(QgsSingleBandGrayRenderer(layer.dataProvider(), 4))


def test_colours_are_stretched_to_the_view_and_taken_back(exploring, embedding, iface, wait_for):
    make_gray(embedding)
    embedding.setOpacity(0.5)
    button = exploring.page.colors_button
    button.click()
    wait_for(in_colours(embedding))
    renderer = embedding.renderer()
    assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (1, 2, 3)
    assert stretch_of(embedding) == (0, 1000), "the first row is 0, the others 1000"
    assert embedding.opacity() == pytest.approx(0.5)
    button.click()
    assert isinstance(embedding.renderer(), QgsSingleBandGrayRenderer)
    assert embedding.renderer().grayBand() == 4
    look(iface, QgsRectangle(LEFT_M + 50, TOP_M - 80, LEFT_M + 100, TOP_M - 60))
    button.click()
    wait_for(in_colours(embedding))
    assert stretch_of(embedding) == (1000, 1000), "the first row is out of view"


def test_colours_taken_back_at_once_do_not_come(exploring, embedding, wait_for):
    make_gray(embedding)
    exploring.page.colors_button.click()
    exploring.page.colors_button.click()
    wait_for(lambda: QgsApplication.taskManager().countActiveTasks() == 0)
    QApplication.processEvents()
    assert isinstance(embedding.renderer(), QgsSingleBandGrayRenderer)


def test_colours_of_scaled_codes_are_stretched_as_qgis_reads_them(exploring, make_embedding, wait_for):
    layer = make_embedding("scaled.tif", layer_name="Scaled")
    dataset = gdal.Open(layer.source(), gdal.GA_Update)
    dataset.GetRasterBand(1).SetScale(0.01)
    dataset.GetRasterBand(1).SetOffset(2)
    dataset = None
    scaled = QgsRasterLayer(layer.source(), "Scaled")
    QgsProject.instance().addMapLayer(scaled)
    exploring.page.layer_box.setLayer(scaled)
    make_gray(scaled)
    exploring.page.colors_button.click()
    wait_for(in_colours(scaled))
    assert stretch_of(scaled) == pytest.approx((2, 12))


def test_embedding_whose_file_is_gone_is_said(exploring, embedding, iface):
    Path(embedding.source()).unlink()
    exploring.page.colors_button.click()
    assert not exploring.page.colors_button.isChecked() or exploring.page.embedding() is None
    assert "was not found" in iface.bar.currentItem().text()


def test_groups_are_listed_renamed_and_made_classes(exploring, engine, wait_for, output_folder):
    box = exploring.page.cluster_box
    box.count_box.setValue(4)
    box.button.click()
    wait_for(lambda: "Groups" in names())
    request = engine("cluster")[-1]
    assert (request["clusters"], request["bounds"]) == (4, None)
    assert Path(request["out"]).parent == output_folder
    assert [box.table.item(row, 0).text() for row in range(4)] == ["Group 1", "Group 2", "Group 3", "Group 4"]
    assert box.table.item(0, 1).text() == "30.0 %", "9 of 30 pixels"
    assert "suggest 3" in box.state.text()
    layer = exploring.clusters.layer()
    entries = [QgsPalettedRasterRenderer.Class(v, QColor("red"), f"Group {v}") for v in (1, 2, 3, 4)]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))

    box.table.item(1, 0).setText("Water")
    assert [entry.label for entry in layer.renderer().classes()] == ["Group 1", "Water", "Group 3", "Group 4"]
    assert "Water" in Path(layer.source()).with_suffix(".qml").read_text(encoding="utf-8")
    box.table.selectRow(1)
    box.class_button.click()
    wait_for(lambda: exploring.classes)
    assert (engine("outline")[-1]["low"], engine("outline")[-1]["high"]) == (2, 2)
    assert exploring.classes[0][1] == "Water"
    QgsProject.instance().removeMapLayer(layer.id())
    box.class_button.click()
    assert "Find groups" in box.state.text()


def draw_scatter(exploring, wait_for):
    exploring.page.scatter_box.button.click()
    wait_for(lambda: exploring.scatter._places)


def test_plot_and_map_point_at_each_other(exploring, iface, wait_for):
    box = exploring.page.scatter_box
    draw_scatter(exploring, wait_for)
    assert box.state.text() == "4 points, 0 of them labelled"
    box.plot.hovered.emit(2)
    (marker,) = canvas_items(iface, QgsVertexMarker)
    assert marker.center() == QgsPointXY(*at(2, 0))
    box.plot.hovered.emit(-1)
    assert canvas_items(iface, QgsVertexMarker) == []

    box.pick_button.click()
    click_map(iface, LEFT_M + 33, TOP_M - 40)
    assert box.plot.marked == 3
    assert canvas_items(iface, QgsVertexMarker)[0].center() == QgsPointXY(*at(3, 0))


def test_chosen_points_lie_on_the_map_and_become_a_class(exploring, iface, wait_for, tmp_path):
    box = exploring.page.scatter_box
    draw_scatter(exploring, wait_for)
    assert not box.class_action.isEnabled()
    box.plot.choose([0, 1, 3])
    assert box.state.text() == "3 of 4 points chosen"
    band = exploring.scatter._band
    assert band.asGeometry().asMultiPoint() == [QgsPointXY(*at(i, 0)) for i in (0, 1, 3)]
    box.class_action.trigger()
    ((path, name),) = exploring.classes
    assert name == "Chosen points"
    areas = sorted(f.geometry().area() for f in QgsVectorLayer(path, "x", "ogr").getFeatures())
    assert areas == pytest.approx([100, 200]), "two pixels beside each other are one polygon"
    box.zoom_action.trigger()
    assert iface.canvas.extent().contains(QgsPointXY(*at(3, 0)))
    picture = tmp_path / "plot.png"
    exploring.scatter.save_picture(str(picture))
    assert picture.stat().st_size > 1000
    box.plot.choose([])
    assert band.asGeometry().isEmpty()


def test_plot_is_coloured_by_class(exploring, engine, make_polygons, wait_for):
    polygons = make_polygons([(1, 0, 0), (2, 4, 4)])
    exploring.labels_page.layer_box.setLayer(polygons)
    colors = {entry.value: entry.color for entry in exploring.labels_page._classes()}
    box = exploring.page.scatter_box
    box.axes_box.setCurrentIndex(1)
    box.axes_box.activated.emit(1)
    wait_for(lambda: exploring.scatter._places)
    request = engine("scatter")[-1]
    assert request["axes"] == "classes"
    assert request["field"] == "class_id"
    assert [point.color for point in box.plot._points] == [colors[1], colors[2], "#adb5bd", "#adb5bd"]
    assert box.state.text() == "4 points, 2 of them labelled"


def test_axes_of_classes_without_classes_are_said(exploring, engine):
    exploring.labels_page.layer_box.setLayer(None)
    box = exploring.page.scatter_box
    box.axes_box.setCurrentIndex(1)
    box.button.click()
    assert "label layer" in box.state.text()
    assert engine("scatter") == []


def test_close_leaves_nothing(exploring, embedding, iface, wait_for):
    make_gray(embedding)
    exploring.page.similar_box.pick_button.click()
    click_map(iface, *at(3, 2))
    wait_for(similar_shown(exploring))
    draw_scatter(exploring, wait_for)
    exploring.page.scatter_box.plot.choose([0, 1])
    exploring.page.scatter_box.plot.hovered.emit(1)
    exploring.page.colors_button.click()
    wait_for(in_colours(embedding))
    exploring.page.scatter_box.pick_button.click()
    folder = Path(exploring.similar.similarity.layer().source()).parent
    exploring.close()
    exploring.is_closed = True
    assert names() == ["Embedding"]
    assert isinstance(embedding.renderer(), QgsSingleBandGrayRenderer)
    assert canvas_items(iface, QgsVertexMarker) == []
    assert exploring.scatter._band not in iface.canvas.scene().items()
    assert iface.canvas.mapTool() is None
    assert not folder.exists()
    QgsProject.instance().removeMapLayer(embedding.id())
    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))


def test_embedding_removed_while_asked(exploring, embedding, iface, wait_for):
    exploring.page.similar_box.pick_button.click()
    click_map(iface, *at(3, 2))
    QgsProject.instance().removeMapLayer(embedding.id())
    wait_for(lambda: not exploring.similar._latest.is_waiting)
    assert exploring.page.embedding() is None
    assert exploring.similar.similarity.layer() is None
    click_map(iface, *at(3, 2))
    assert "No embedding is chosen" in exploring.page.similar_box.state.text()
