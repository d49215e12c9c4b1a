"""The dock with a child at the other end: work runs, results arrive styled in a group, errors are told once."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from qgis.core import QgsProject, QgsRasterLayer

pytestmark = pytest.mark.qgis


def group():
    return QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")


def names():
    return [] if group() is None else [node.name() for node in group().findLayers()]


@pytest.fixture
def ready(dock, scene_layer, wait_for):
    dock.scene_page.set_layer(scene_layer)
    wait_for(lambda: dock.embed_page.cost.text())
    return dock


def test_choosing_a_layer_describes_it(ready):
    assert "2 of 3" in ready.scene_page.band_table.button.text()
    assert ready.scene_page.units_box.itemText(0) == "DN, reflectance × 10 000"
    assert ready.embed_page.cost.text() == "Takes 12 s, 1.5 GB of memory, 40 MB on disk"
    assert [ready.scene_page.device_box.itemText(i) for i in range(2)] == ["Automatic", "CPU (fake)"]
    assert ready.setup.banner.isHidden()


def test_embed_button_brings_a_styled_layer_in_a_group(ready, wait_for, output_folder):
    ready.embed_page.button.click()
    assert not ready.embed_page.button.isEnabled()
    wait_for(lambda: names() == ["Embedding"])
    layer = group().children()[0].layer()
    assert layer.opacity() == pytest.approx(0.5)
    assert Path(layer.source()) == output_folder / "My_scene_embedding.tif"
    assert ready.embed_page.button.isEnabled()
    assert ready.embed_page.out_edit.filePath().endswith("My_scene_embedding_2.tif")


def test_context_menu_embeds_the_active_layer(plugin, ready, iface, scene_layer, wait_for):
    iface.active = scene_layer
    iface.layer_actions[0].trigger()
    wait_for(lambda: names() == ["Embedding"])


def test_train_and_predict(ready, make_polygons, wait_for, output_folder):
    ready.mapping.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    ready.mapping.few_shot_page.button.click()
    wait_for(lambda: names() == ["Classes", "Confidence"])
    text = ready.mapping.few_shot_page.score.text()
    assert "0.91" in text
    assert "0.85–0.95" in text
    assert "raw bands 0.82" in text
    assert "majority 0.25" in text
    assert not ready.mapping.few_shot_page.report_button.isHidden()
    assert ready.mapping.report == str(output_folder / "My_scene_map" / "report" / "report.html")
    message = json.loads((output_folder / "My_scene_map" / "model.zip").read_text())
    assert [entry["value"] for entry in message["classes"]] == [1, 2]
    root = [node.name() for node in QgsProject.instance().layerTreeRoot().children()]
    assert root.index("MMEarth – My scene") < root.index("My scene")


def test_a_second_run_keeps_the_first(ready, wait_for):
    for count in (1, 2):
        ready.embed_page.button.click()
        wait_for(lambda count=count: len(names()) == count)
    sources = {node.layer().source() for node in group().children()}
    assert len(sources) == 2


def test_an_error_is_shown_with_its_remedy_and_leaves_no_folder(
    ready, make_raster, make_polygons, wait_for, output_folder
):
    layer = QgsRasterLayer(make_raster("missing.tif"), "Bad")
    QgsProject.instance().addMapLayer(layer)
    ready.scene_page.set_layer(layer)
    wait_for(lambda: "12 are wanted" in ready.scene_page.notes.text())
    ready.embed_page.button.click()
    wait_for(lambda: ready.runner.problem.text())
    assert ready.runner.problem.text() == "'missing.tif' has 3 bands; 12 are wanted. Choose another."
    assert len(ready._iface.bar.items()) == 1
    assert ready.embed_page.button.isEnabled()


def slow_layer(make_raster, dock):
    layer = QgsRasterLayer(make_raster("slow.tif"), "My scene")
    QgsProject.instance().addMapLayer(layer)
    dock.scene_page.set_layer(layer)
    return layer


def test_progress_and_cancel(dock, make_raster, wait_for, output_folder):
    slow_layer(make_raster, dock)
    dock.embed_page.button.click()
    wait_for(lambda: dock.runner.phase.text() == "Encoding")
    assert dock.runner.bar.isVisible()
    dock.runner.cancel_button.click()
    wait_for(lambda: dock.embed_page.button.isEnabled())
    assert not dock.runner.bar.isVisible()
    assert names() == []
    assert dock.runner.problem.text() == ""


def test_killed_child_gives_one_message_and_the_next_job_works(dock, make_raster, scene_layer, wait_for):
    slow_layer(make_raster, dock)
    dock.embed_page.button.click()
    wait_for(lambda: dock.runner.phase.text() == "Encoding")
    os.kill(dock.runner.backend.pid, signal.SIGKILL)
    wait_for(lambda: dock.runner.problem.text())
    assert "ended in the middle of the work" in dock.runner.problem.text()
    assert len(dock._iface.bar.items()) == 1
    dock.scene_page.set_layer(scene_layer)
    dock.embed_page.button.click()
    wait_for(lambda: names() == ["Embedding"])
    assert dock.runner.problem.text() == ""


def test_a_broken_environment_is_explained(dock, fake_backend, scene_layer, wait_for):
    fake_backend("no_torch")
    dock.connect_backend()
    dock.scene_page.set_layer(scene_layer)
    dock.embed_page.button.click()
    wait_for(lambda: dock.runner.problem.text())
    assert "No module named 'torch'" in dock.runner.problem.text()
    assert "Install the backend again" in dock.runner.problem.text()


def test_no_layer_is_said_not_thrown(dock):
    dock.scene_page.set_layer(None)
    dock.embed_page.button.click()
    assert "No raster layer is chosen" in dock.runner.problem.text()


def test_scene_removed_while_it_is_embedded(ready, scene_layer, wait_for):
    ready.embed_page.button.click()
    QgsProject.instance().removeMapLayer(scene_layer.id())
    wait_for(lambda: names() == ["Embedding"])


def test_dock_fits_320_pixels(dock, iface):
    assert dock.widget().minimumSizeHint().width() <= 320
    content = dock.widget().findChild(type(dock.embed_page)).parentWidget()
    assert content.minimumSizeHint().width() <= 310


def test_a_layer_with_300_bands_is_taken_at_once(dock, make_raster, wait_for):
    layer = QgsRasterLayer(make_raster("many.tif", bands=300), "Many")
    QgsProject.instance().addMapLayer(layer)
    started_s = time.perf_counter()
    dock.scene_page.set_layer(layer)
    assert time.perf_counter() - started_s < 0.5
    wait_for(lambda: dock.embed_page.cost.text())
    assert len(dock.scene_page.source_box.source().bands) == 300
    assert dock.stack.content("scene").minimumSizeHint().width() <= 310
