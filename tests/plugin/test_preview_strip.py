"""The strip of the preview, and what its buttons do to a real map with a child at the other end."""

import pytest
from mmearth_qgis.mmearth_plugin import results, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
from mmearth_qgis.mmearth_plugin.pages.few_shot_page import FewShotPage
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.pages.preview_strip import PreviewStrip
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.preview.disagreement import Contradiction
from mmearth_qgis.mmearth_plugin.preview.preview import Preview
from qgis.core import QgsCoordinateReferenceSystem, QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer, QgsSettings
from qgis.gui import QgsLayerTreeMapCanvasBridge, QgsRubberBand
from qgis.PyQt.QtCore import QEvent, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QShortcut

pytestmark = pytest.mark.qgis


@pytest.fixture
def strip(qgis_app):
    return PreviewStrip()


class TestStrip:
    def test_it_is_narrow_and_slim_and_can_be_read_aloud(self, strip):
        assert strip.minimumSizeHint().width() <= 300
        assert strip.sizeHint().height() <= 50
        buttons = (strip.swipe_button, strip.disagreement_button, strip.next_button)
        assert [button.accessibleName() for button in buttons] == ["Swipe", "Disagreement", "Next suggestion"]
        for widget in (*buttons, strip.preview_button, strip.opacity_slider):
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, "reachable by keyboard"
            assert widget.toolTip()

    def test_the_slider_shows_the_opacity_and_tells_only_the_users_choice(self, strip):
        chosen = []
        strip.opacity_chosen.connect(chosen.append)
        assert not strip.opacity_slider.isEnabled()
        strip.show_opacity(0.4)
        assert (strip.opacity_slider.isEnabled(), strip.opacity_slider.value(), chosen) == (True, 40, [])
        QTest.keyClick(strip.opacity_slider, Qt.Key.Key_PageUp)
        assert chosen == [0.5]

    def test_contradictions_are_counted_listed_and_chosen(self, strip):
        chosen = []
        strip.contradiction_chosen.connect(chosen.append)
        strip.show_contradictions(
            [Contradiction(7, "Wood", "Lake", 0.834), Contradiction(9, "Lake", "Wood", 1)], 41, True
        )
        assert strip.contradictions_text.text().startswith("2 of 41 polygons in view disagree")
        assert "zoom in" in strip.contradictions_text.text()
        assert strip.contradictions.item(0).text() == "Wood ≠ Lake (83 %)"
        strip.contradictions.itemClicked.emit(strip.contradictions.item(1))
        assert chosen == [9]
        strip.show_contradictions([], 41, False)
        assert strip.contradictions.isHidden()
        strip.hide_contradictions()
        assert strip.contradictions_text.isHidden()

    def test_numbers_have_no_preview(self, strip):
        strip.preview_button.setChecked(True)
        strip.set_offered(False)
        assert (strip.preview_button.isEnabled(), strip.preview_button.isChecked()) == (False, False)
        assert "numbers" in strip.preview_button.toolTip()


@pytest.fixture
def preview(iface, scene_layer, make_polygons, fake_backend):
    """The preview of the scene with two labelled polygons, on real pages."""
    canvas = iface.canvas
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    canvas.resize(200, 100)
    bridge = QgsLayerTreeMapCanvasBridge(QgsProject.instance().layerTreeRoot(), canvas)  # as QGIS has it
    canvas.setExtent(scene_layer.extent())
    scene_page, labels_page, strip = ScenePage(canvas), LabelsPage(), PreviewStrip()
    scene_page.set_layer(scene_layer)
    labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    runner = JobRunner(iface.messageBar())
    runner.backend = BackendProcess(QgsSettings().value("mmearth/python"), grace_s=5)
    made = Preview(canvas, scene_page, labels_page, FewShotPage(labels_page), strip, runner)
    made.live._delay.setInterval(20)
    made.runner, made.labels_page = runner, labels_page
    yield made
    made.close()
    scene_page.close_tools()
    runner.backend.shutdown()
    bridge.deleteLater()


@pytest.fixture
def add_map(scene_layer, make_raster):
    """Returns a function that adds a map that has one class everywhere, as a prediction does."""

    def add(everywhere=1, nowhere=2, name="Classes"):
        layer = QgsRasterLayer(make_raster(f"{name}.tif", bands=1), name)
        classes = [
            QgsPalettedRasterRenderer.Class(value, QColor("#117733"), str(name))
            for value, name in ((1000, everywhere), (7, nowhere))
        ]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
        QgsProject.instance().addMapLayer(layer, False)
        root = QgsProject.instance().layerTreeRoot()
        group = root.findGroup("MMEarth – My scene") or root.insertGroup(0, "MMEarth – My scene")
        group.insertGroup(0, "1 · Map").insertLayer(0, layer)
        return layer

    return add


class TestPreview:
    def test_it_is_shown_told_and_taken_away(self, preview, wait_for):
        preview.strip.preview_button.click()
        wait_for(lambda: preview.strip.state.text() == "Preview of 2 classes, 0.9 s")
        assert preview.live.layer().source().endswith(".tif")
        assert preview.strip.opacity_slider.value() == 70
        preview.strip.preview_button.click()
        assert preview.live.layer() is None
        assert preview.strip.state.isHidden()

    def test_the_slider_sets_the_opacity_and_the_next_preview_has_it(self, preview, wait_for):
        preview.strip.preview_button.click()
        wait_for(preview.live.layer)
        preview.strip.opacity_slider.setValue(35)
        wait_for(lambda: preview.live.layer().opacity() == pytest.approx(0.35))
        assert settings.preview_opacity() == pytest.approx(0.35)
        preview.strip.preview_button.click()
        preview.strip.preview_button.click()
        wait_for(preview.live.layer)
        assert preview.live.layer().opacity() == pytest.approx(0.35)

    def test_without_a_preview_the_slider_is_of_the_last_map(self, preview, add_map, wait_for):
        layer = add_map()
        wait_for(lambda: preview.strip.opacity_slider.value() == 100)
        preview.strip.opacity_slider.setValue(20)
        wait_for(lambda: layer.opacity() == pytest.approx(0.2))
        assert settings.preview_opacity() == pytest.approx(0.7)
        QgsProject.instance().removeMapLayer(layer.id())
        wait_for(lambda: not preview.strip.opacity_slider.isEnabled())

    def test_a_map_that_is_not_ticked_counts_for_nothing(self, preview, add_map):
        layer = add_map()
        assert (preview.class_map(), preview.result_rasters()) == (layer, [layer])
        QgsProject.instance().layerTreeRoot().findLayer(layer.id()).setItemVisibilityChecked(False)
        assert (preview.class_map(), preview.result_rasters()) == (None, [])

    def test_swipe_wants_a_map(self, preview, add_map, iface):
        preview.strip.swipe_button.click()
        assert not preview.strip.swipe_button.isChecked()
        assert "No map" in preview.strip.state.text()
        add_map()
        preview.strip.swipe_button.click()
        assert preview.swipe.item in iface.canvas.scene().items()
        preview.strip.turn_action.trigger()
        assert preview.swipe.item.is_turned

    def test_disagreement_follows_the_last_map(self, preview, add_map, wait_for, iface):
        preview.strip.disagreement_button.click()
        assert "Live preview" in preview.strip.contradictions_text.text()
        add_map(everywhere=1)
        wait_for(lambda: preview.strip.contradictions.count() == 1)
        assert preview.strip.contradictions_text.text() == "1 of 2 polygons in view disagree with the map"
        assert preview.strip.contradictions.item(0).text() == "2 ≠ 1 (100 %)"
        preview.strip.disagreement_button.click()
        assert preview.strip.contradictions_text.isHidden()

    def test_without_a_backend_it_stays_off_and_says_why(self, preview):
        backend, preview.runner.backend = preview.runner.backend, None
        preview.strip.preview_button.click()
        assert not preview.strip.preview_button.isChecked()
        assert preview.runner.problem.text()
        preview.runner.backend = backend

    def test_numbers_to_estimate_switch_it_off(self, preview, make_polygons):
        layer = make_polygons([(1.5, 0, 0), (2.5, 4, 0)], "height:double", name="Heights")
        preview.labels_page.layer_box.setLayer(layer)
        preview.labels_page.field_box.setCurrentText("height")
        assert not preview.strip.preview_button.isEnabled()

    def test_the_key_asks_for_the_next_suggestion_where_the_strip_is_seen(self, preview):
        asked = []
        preview.strip.next_suggestion.connect(lambda: asked.append(1))
        preview._next_key.activated.emit()
        assert asked == []
        preview.strip.show()
        preview._next_key.activated.emit()
        assert asked == [1]
        preview.strip.hide()

    def test_closing_leaves_nothing_on_canvas_and_project(self, preview, add_map, iface, wait_for):
        items, keys = set(iface.canvas.scene().items()), len(iface.canvas.findChildren(QShortcut))
        add_map()
        strip = preview.strip
        strip.preview_button.click()
        wait_for(preview.live.layer)
        for button in (strip.swipe_button, strip.disagreement_button):
            button.click()
        wait_for(lambda: [item for item in iface.canvas.scene().items() if isinstance(item, QgsRubberBand)])
        preview.close()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert set(iface.canvas.scene().items()) == items
        assert len(iface.canvas.findChildren(QShortcut)) == keys - 1
        assert [layer.name() for layer in QgsProject.instance().mapLayers().values()].count("Preview") == 0
        assert not any(
            results.is_result_group(node) and not node.children()
            for node in QgsProject.instance().layerTreeRoot().children()
        )
