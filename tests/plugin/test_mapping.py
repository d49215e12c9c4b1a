"""The mapping loop in the dock with a child at the other end: train, look at problems, suggest, draw, compare."""

import json
from pathlib import Path

import pytest
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsPalettedRasterRenderer,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtTest import QTest

from .conftest import LEFT_M, TOP_M

pytestmark = pytest.mark.qgis


@pytest.fixture
def mapping(dock, iface, scene_layer, make_polygons, wait_for):
    """The loop on the scene with two labelled polygons."""
    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    iface.canvas.setExtent(scene_layer.extent())
    dock.scene_page.set_layer(scene_layer)
    dock.mapping.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    wait_for(lambda: dock.embed_page.cost.text())
    return dock.mapping


@pytest.fixture
def group():
    def read():
        found = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
        return {} if found is None else {node.name(): node for node in found.findLayers()}

    return read


@pytest.fixture
def mapped(mapping, group, wait_for):
    """The loop after a training."""
    mapping.few_shot_page.button.click()
    wait_for(lambda: "Classes" in group())
    return mapping


def centre(iface):
    return iface.canvas.extent().center()


class TestResults:
    def test_only_the_classes_are_shown(self, mapping, group, wait_for):
        for check in mapping.few_shot_page.outputs.raster_checks.values():
            check.setChecked(True)
        mapping.few_shot_page.button.click()
        wait_for(lambda: "Classes" in group())
        found = {name: node.itemVisibilityChecked() for name, node in group().items()}
        hidden = ["Confidence", "Probabilities", "Margin", "Entropy", "Unlike anything labelled"]
        assert found == {"Classes": True, **dict.fromkeys(hidden, False)}
        assert list(found) == ["Classes", *hidden]
        assert group()["Margin"].layer().opacity() == pytest.approx(0.5), "the style beside the file"

    def test_parcels_are_added(self, mapping, group, make_polygons, wait_for):
        outputs = mapping.few_shot_page.outputs
        outputs.parcels_check.setChecked(True)
        outputs.parcels_box.setLayer(make_polygons([(1, 2, 2), (1, 6, 2), (1, 9, 2)], name="Fields"))
        mapping.few_shot_page.button.click()
        wait_for(lambda: "Classified polygons" in group())
        assert group()["Classified polygons"].layer().featureCount() == 3

    def test_a_regression_brings_values(self, mapping, group, make_polygons, wait_for):
        page = mapping.labels_page
        page.layer_box.setLayer(make_polygons([(1.5, 0, 0), (2.5, 4, 0)], "height:double", name="Heights"))
        page.field_box.setCurrentIndex(0)
        mapping.few_shot_page.outputs.raster_checks["interval"].setChecked(True)
        mapping.few_shot_page.button.click()
        wait_for(lambda: "Values" in group())
        assert list(group()) == ["Values", "90 % interval"]
        assert "R² 0.64" in mapping.few_shot_page.score.text()

    def test_a_score_of_other_labels_is_taken_away(self, mapped, make_polygons):
        assert not mapped.few_shot_page.score.isHidden()
        mapped.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0)], name="Other"))
        assert mapped.few_shot_page.score.isHidden()
        assert mapped.few_shot_page.report_button.isHidden()


class TestProblems:
    def test_they_are_listed_and_looked_at(self, mapped, iface):
        page = mapped.labels_page
        (problem,) = page.problems.problems()
        page.problems.list.setCurrentRow(0)
        page.problems.zoom_button.click()
        assert centre(iface).x() == pytest.approx(662450, abs=1)
        assert centre(iface).y() == pytest.approx(5362550, abs=1)
        assert 20 < iface.canvas.extent().height() < 400
        ids = [feature.id() for feature in page.layer.getFeatures()]
        assert page.layer.selectedFeatureIds() == [ids[problem["features"][0] - 1]]

    def test_they_are_found_in_a_map_of_another_crs(self, mapped, iface):
        iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
        mapped.labels_page.problems.list.setCurrentRow(0)
        mapped.labels_page.problems.zoom_button.click()
        assert centre(iface).x() == pytest.approx(11.1946, abs=1e-3)  # 662450 m E, 5362550 m N in zone 32N, by pyproj
        assert centre(iface).y() == pytest.approx(48.3952, abs=1e-3)

    def test_another_layer_has_none_of_them(self, mapped, make_polygons):
        mapped.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0)], name="Other"))
        assert mapped.labels_page.problems.isHidden()


class TestSavedModel:
    @pytest.fixture
    def model(self, tmp_path):
        path = tmp_path / "model.zip"
        path.write_text('{"task": "classes"}', encoding="utf-8")
        return str(path)

    def test_it_is_checked_as_soon_as_it_is_chosen(self, mapping, model, wait_for):
        mapping.predict_page.model_edit.setFilePath(model)
        wait_for(lambda: "serves this scene" in mapping.predict_page.verdict.text())
        assert mapping.predict_page.button.isEnabled()

    def test_a_scene_that_it_does_not_serve_closes_the_button(self, dock, mapping, model, make_raster, wait_for):
        layer = QgsRasterLayer(make_raster("wrong.tif"), "Wrong")
        QgsProject.instance().addMapLayer(layer)
        dock.scene_page.set_layer(layer)
        mapping.predict_page.model_edit.setFilePath(model)
        wait_for(lambda: "offers other bands" in mapping.predict_page.verdict.text())
        assert not mapping.predict_page.button.isEnabled()
        assert mapping.few_shot_page.button.isEnabled()

    def test_doubts_about_an_adapted_image_are_shown_and_it_can_be_mapped(
        self, dock, mapping, model, make_raster, wait_for
    ):
        layer = QgsRasterLayer(make_raster("adapted.tif"), "Adapted")
        QgsProject.instance().addMapLayer(layer)
        dock.scene_page.set_layer(layer)
        mapping.predict_page.model_edit.setFilePath(model)
        wait_for(lambda: "was adapted to say the same" in mapping.predict_page.verdict.text())
        assert "do not trust this map" in mapping.predict_page.verdict.text()
        assert mapping.predict_page.button.isEnabled()

    def test_it_maps(self, mapping, model, group, wait_for):
        mapping.predict_page.model_edit.setFilePath(model)
        mapping.predict_page.button.click()
        wait_for(lambda: "Classes" in group())


class TestSuggestions:
    def test_without_a_model_it_says_what_to_do(self, dock, mapping):
        mapping.suggest_page.button.click()
        assert 'Use "Train and predict"' in dock.runner.problem.text()

    @pytest.fixture
    def suggested(self, mapped, group, wait_for):
        mapped.suggest_page.button.click()
        wait_for(lambda: "Where to label next" in group())
        return mapped.suggest_page

    def test_they_are_walked_through_in_their_order(self, suggested, iface):
        assert suggested.reason.text() == "<b>Point 1 of 2</b><br>Uncertain: &#x27;Wood&#x27; or &#x27;Lake&#x27;?"
        assert centre(iface).x() == pytest.approx(662525, abs=1)
        suggested.next_button.click()
        assert "Rare class." in suggested.reason.text()
        assert centre(iface).x() == pytest.approx(662425, abs=1)
        suggested.next_button.click()
        assert "Point 1 of 2" in suggested.reason.text()
        suggested.previous_button.click()
        assert "Point 2 of 2" in suggested.reason.text()

    def test_a_later_map_goes_below_them(self, mapped, suggested, group, wait_for):
        mapped.few_shot_page.button.click()
        wait_for(lambda: len(QgsProject.instance().mapLayersByName("Classes")) == 2)
        assert list(group())[0] == "Where to label next"

    def test_the_request_names_model_and_labels(self, mapped, suggested, dock, output_folder):
        request = suggested.request(dock.scene_page.scene(), str(output_folder / "My_scene_map" / "model.zip"), ())
        assert (request.count, request.labels_layer) == (20, "polygons")
        assert request.out == str(output_folder / "My_scene_map" / "My_scene_suggestions_2.gpkg")

    def test_accepting_one_starts_a_polygon_of_the_suggested_class(self, mapped, suggested, iface):
        started = []
        iface.add_feature.triggered.connect(lambda: started.append(iface.active))
        page = mapped.labels_page
        for entry, name in zip(page._classes(), ("Wood", "Lake")):
            page.table.renamed.emit(entry, name)
        suggested.next_button.click()  # the model takes it for "Lake"
        page.table.choose(1)
        suggested.accept_button.click()
        assert page.table.active().name == "Lake"
        assert started == [page.layer]
        assert page.layer.isEditable()
        page.layer.rollBack()

    def test_points_that_were_removed_are_said_to_be_gone(self, dock, suggested):
        QgsProject.instance().removeMapLayer(suggested.walk.layer.id())
        suggested.next_button.click()
        suggested.accept_button.click()
        assert "is gone" in dock.runner.problem.text()


class TestSample:
    @pytest.fixture
    def drawn(self, mapped, group, wait_for):
        renderer = QgsPalettedRasterRenderer(
            mapped.assess_page.map_box.currentLayer().dataProvider(),
            1,
            [QgsPalettedRasterRenderer.Class(i, QColor("#117733"), name) for i, name in ((1, "Wood"), (2, "Lake"))],
        )
        mapped.assess_page.map_box.currentLayer().setRenderer(renderer)
        mapped.assess_page.draw_button.click()
        wait_for(lambda: "Sample points" in group())
        return mapped.assess_page

    def test_without_a_map_it_says_what_to_do(self, dock, mapping):
        mapping.assess_page.draw_button.click()
        assert "No class map is chosen" in dock.runner.problem.text()
        mapping.assess_page.compare_button.click()
        assert "No class map is chosen" in dock.runner.problem.text()

    def test_the_last_map_is_the_one_that_is_checked(self, mapped, output_folder):
        assert mapped.assess_page.draw_request().map == str(output_folder / "My_scene_map" / "classes.tif")

    def test_points_are_edited_one_by_one_without_the_map_in_sight(self, drawn, group, iface):
        box = drawn.class_box
        assert [box.itemText(i) for i in range(box.count())] == ["not known yet", "Wood", "Lake"]
        assert not group()["Classes"].itemVisibilityChecked()
        assert drawn.place.text() == "<b>Point 1 of 2</b>, 0 with a class"
        assert centre(iface).x() == pytest.approx(662425, abs=1)
        box.setCurrentIndex(2)
        box.activated.emit(2)
        assert drawn.place.text() == "<b>Point 2 of 2</b>, 1 with a class"
        assert box.currentText() == "not known yet"
        assert [feature["class"] for feature in drawn.walk.features()][0] == "Lake"
        box.setCurrentIndex(1)
        box.activated.emit(1)
        assert drawn.place.text() == "<b>Point 2 of 2</b>, 2 with a class"

    def test_polygons_in_class_colours_are_hidden_too(self, mapping, group, make_polygons, wait_for):
        outputs = mapping.few_shot_page.outputs
        outputs.parcels_check.setChecked(True)
        outputs.parcels_box.setLayer(make_polygons([(1, 2, 2)], name="Fields"))
        mapping.few_shot_page.button.click()
        wait_for(lambda: "Classified polygons" in group())
        parcels = group()["Classified polygons"].layer()
        parcels.setRenderer(QgsCategorizedSymbolRenderer("class_id", []))
        mapping.assess_page.draw_button.click()
        wait_for(lambda: "Sample points" in group())
        shown = [name for name, node in group().items() if node.itemVisibilityChecked()]
        assert shown == ["Sample points"]

    def test_what_was_said_is_saved_and_compared(self, drawn, wait_for, output_folder):
        drawn.class_box.setCurrentIndex(1)
        drawn.class_box.activated.emit(1)
        drawn.compare_button.click()
        wait_for(lambda: not drawn.headline.isHidden())
        assert drawn.headline.text() == "<b>Overall accuracy 91 % (88–94 %)</b>"
        report = output_folder / "My_scene_map" / "classes_accuracy" / "report.html"
        message = json.loads(report.read_text(encoding="utf-8"))
        assert message["samples"] == str(output_folder / "My_scene_map" / "classes_sample.gpkg"), "not a copy"
        assert message["field"] == "class"
        assert not drawn.walk.layer.isModified()
        assert not drawn.report_button.isHidden()


class TestPreview:
    def test_it_follows_and_says_so(self, dock, mapping, iface, group, wait_for):
        iface.canvas.setExtent(QgsRectangle(LEFT_M, TOP_M - 100, LEFT_M + 200, TOP_M))
        dock.strip.preview_button.click()
        wait_for(lambda: dock.strip.state.text() == "Preview of 2 classes, 0.9 s")
        assert "Preview" in group()
        dock.strip.preview_button.click()
        assert "Preview" not in group()
        assert dock.strip.state.text() == ""

    def test_a_scene_out_of_view_is_said(self, dock, mapping, iface, wait_for):
        iface.canvas.setExtent(QgsRectangle(0, 0, 10, 10))
        dock.strip.preview_button.click()
        wait_for(lambda: "outside layer" in dock.strip.state.text())

    def test_without_a_backend_the_button_jumps_back(self, no_backend, plugin):
        dock = plugin.show_dock()
        dock.strip.preview_button.click()
        assert not dock.strip.preview_button.isChecked()
        assert "Install the backend" in dock.runner.problem.text()


def test_the_canvas_moves_nearer_where_it_shows_too_much(iface, make_polygons):
    from mmearth_qgis.mmearth_plugin import map_view

    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    iface.canvas.setDestinationCrs(crs)
    iface.canvas.resize(400, 400)
    iface.canvas.setExtent(QgsRectangle(600000, 5300000, 700000, 5400000))
    map_view.look_at(iface.canvas, QgsPointXY(662500, 5362500), crs)
    QTest.qWait(10)
    assert centre(iface).x() == pytest.approx(662500, abs=1)
    assert iface.canvas.scale() == pytest.approx(5000, rel=0.05)


def test_paths_of_all_results_lie_in_one_folder(mapped, output_folder):
    assert {path.name for path in (output_folder / "My_scene_map").iterdir()} >= {"model.zip", "report", "classes.tif"}
    assert mapped.report == str(Path(output_folder) / "My_scene_map" / "report" / "report.html")
