"""The Pretrain page: fields become the right request, a run is shown, a stopped run is offered again."""

import json
import os
import signal
from dataclasses import dataclass
from datetime import date

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.pretrain_page import BUNDLED, FOLDER, OTHER, RANDOM, RASTERS, PretrainPage
from mmearth_qgis.mmearth_plugin.pages.run_view import RunView
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.training import started_trainings
from mmearth_qgis.mmearth_plugin.training.encoder_run import BUNDLED_WEIGHTS, remembered, resumable_step
from mmearth_qgis.mmearth_plugin.training.pretrain_targets import target_name
from mmearth_qgis.mmearth_plugin.training.pretraining import Pretraining
from mmearth_qgis.mmearth_plugin.training.started_trainings import CutOff
from qgis.core import QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget, QVBoxLayout, QWidget

pytestmark = pytest.mark.qgis


def choose(box, data):
    index = box.findData(data)
    assert index >= 0
    box.setCurrentIndex(index)


def add_layer(path, name, palette=False):
    layer = QgsRasterLayer(path, name)
    if palette:
        classes = [QgsPalettedRasterRenderer.Class(1000, QColor("#123456"), "One")]
        layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes))
    QgsProject.instance().addMapLayer(layer)
    return layer


def leave_checkpoint(folder, stem, step=120):
    run = folder / f"{stem}_run"
    run.mkdir(parents=True)
    (run / "checkpoint.safetensors").touch()
    (run / "checkpoint.json").write_text(json.dumps({"step": step}), encoding="utf-8")
    return run


@pytest.fixture
def page(qgis_app, output_folder):
    page = PretrainPage()
    page.propose_out("My scene")
    yield page
    QgsProject.instance().clear()


@pytest.fixture
def scene(make_raster):
    source = layers.layer_source(QgsRasterLayer(make_raster(), "My scene"))
    return layers.Scene(source, bands={"B2": 1, "B3": 2}, units="reflectance", weights="w")


def test_the_scene_with_the_defaults(page, scene, output_folder):
    assert page.uses_scene()
    request = page.request(scene, "cpu", False)
    out = str(output_folder / "My_scene_weights.safetensors")
    assert request == protocol.PretrainRequest(
        data=(scene.path,),
        weights_out=out,
        bands={"B2": 1, "B3": 2},
        units="reflectance",
        start=BUNDLED_WEIGHTS,
        device="cpu",
    )
    assert os.path.isfile(BUNDLED_WEIGHTS)
    assert protocol.request_from_json(protocol.request_to_json("1", request)) == request


def test_every_field_reaches_the_request(page, scene, tmp_path):
    start = tmp_path / "start.safetensors"
    start.touch()
    choose(page.size_box, "nano")
    choose(page.patch_box, 16)
    choose(page.recipe_box, "paper")
    choose(page.weighting_box, "unweighted")
    choose(page.start_box, OTHER)
    page.start_edit.setFilePath(str(start))
    page.epochs_box.setValue(20)
    page.batch_box.setValue(32)
    page.learning_rate_box.setValue(3e-4)
    page.mask_ratio_box.setValue(0.75)
    page.seed_box.setValue(7)
    page.band_dropout_check.setChecked(False)
    request = page.request(scene, "auto", False)
    assert (request.size, request.patch_size, request.recipe) == ("nano", 16, "paper")
    assert (request.weighting, request.start, request.epochs) == ("unweighted", str(start), 20)
    assert (request.batch, request.seed, request.band_dropout) == (32, 7, False)
    assert (request.learning_rate, request.mask_ratio) == pytest.approx((3e-4, 0.75))


def test_the_choices_are_those_of_the_protocol(page):
    def data(box):
        return tuple(box.itemData(i) for i in range(box.count()))

    assert data(page.recipe_box) == protocol.RECIPES
    assert data(page.weighting_box) == protocol.WEIGHTINGS
    assert data(page.size_box) == protocol.SIZES


def test_rasters_take_no_bands_of_the_scene(page, make_raster, output_folder):
    paths = (make_raster("a.tif"), make_raster("b.tif"))
    choose(page.data_box, RASTERS)
    assert not page.uses_scene()
    page.files_edit.setFilePath(" ".join(f'"{path}"' for path in paths))
    request = page.request(None, "auto", False)
    assert (request.data, request.bands, request.units) == (paths, {}, "auto")
    assert request.weights_out == str(output_folder / "a_weights.safetensors")


def test_a_mmearth_folder_has_no_further_layers(page, tmp_path, make_raster):
    add_layer(make_raster("dem.tif"), "DEM")
    page.targets.add_button.click()
    (tmp_path / "data_100k").mkdir()
    choose(page.data_box, FOLDER)
    assert page.targets.isHidden()
    page.folder_edit.setFilePath(str(tmp_path / "data_100k"))
    request = page.request(None, "auto", False)
    assert (request.data, request.layers) == ((str(tmp_path / "data_100k"),), ())


def test_further_layers_are_named_and_their_kind_is_guessed(page, scene, make_raster):
    cover = add_layer(make_raster("cover.tif", bands=1), "Land cover (2020)", palette=True)
    elevation = add_layer(make_raster("dem.tif", bands=1), "DEM")
    for layer in (cover, elevation, elevation):
        page.targets.layer_box.setLayer(layer)
        page.targets.add_button.click()
    table = page.targets.table
    table.cellWidget(2, 1).setCurrentIndex(1)
    assert page.request(scene, "auto", False).layers == (
        {"path": cover.source(), "name": "land_cover_2020", "kind": "classes"},
        {"path": elevation.source(), "name": "dem", "kind": "continuous"},
        {"path": elevation.source(), "name": "dem_2", "kind": "classes"},
    )
    table.selectRow(1)
    page.targets.remove_button.click()
    table.item(0, 0).setText("Cover")
    assert [entry["name"] for entry in page.request(scene, "auto", False).layers] == ["cover", "dem_2"]


def test_names_of_targets():
    assert target_name("Sentinel2", ()) == "sentinel2_2"  # the scene itself has that name
    assert target_name("  ", ()) == "layer"
    assert target_name("Höhe/m", ("höhe_m",)) == "höhe_m_2"


def test_layers_that_cannot_be_used_are_refused(page, scene, make_raster):
    layer = add_layer(make_raster("dem.tif"), "DEM")
    for _ in range(2):
        page.targets.add_button.click()
    page.targets.table.item(1, 0).setText("dem")
    with pytest.raises(InputError, match='Two layers to predict are named "dem"'):
        page.request(scene, "auto", False)
    page.targets.table.removeRow(1)
    QgsProject.instance().removeMapLayer(layer.id())
    with pytest.raises(InputError, match='"dem" is no longer in the project'):
        page.request(scene, "auto", False)


@pytest.mark.parametrize(
    ("kind", "text"), [(RASTERS, "at least one raster file"), (FOLDER, "a folder in the MMEarth layout")]
)
def test_data_that_are_not_there_are_refused(page, kind, text):
    choose(page.data_box, kind)
    with pytest.raises(InputError, match=text):
        page.request(None, "auto", False)
    (page.files_edit if kind == RASTERS else page.folder_edit).setFilePath("/nowhere/x")
    with pytest.raises(InputError, match=f'"/nowhere/x".*{text}'):
        page.request(None, "auto", False)


def test_bad_paths_are_refused(page, scene):
    page.out_edit.setFilePath("weights")
    with pytest.raises(InputError, match="not a full path"):
        page.request(scene, "auto", False)
    choose(page.start_box, OTHER)
    page.propose_out("x")
    with pytest.raises(InputError, match="no weights file"):
        page.request(scene, "auto", False)


def test_another_encoder_does_not_start_from_the_bundled_weights(page):
    choose(page.patch_box, 16)
    assert page.start_box.currentData() == RANDOM
    choose(page.patch_box, 8)
    choose(page.start_box, BUNDLED)
    choose(page.size_box, "tiny")
    assert page.start_box.currentData() == RANDOM


def test_a_stopped_run_is_offered_again_and_not_overwritten(page, scene, output_folder):
    assert page.resume_button.isHidden()
    leave_checkpoint(output_folder, "My_scene_weights")
    page.propose_out("My scene")
    assert not page.resume_button.isHidden()
    assert page.resume_button.text() == "Go on from step 120"
    assert page.request(scene, "auto", True).resume
    with pytest.raises(InputError, match="stopped after step 120.*another file name"):
        page.request(scene, "auto", False)
    page.out_edit.setFilePath(str(output_folder / "My_scene_weights"))  # the suffix comes by itself
    assert not page.resume_button.isHidden()
    for path in ("", "/", str(output_folder / "other.safetensors")):
        page.out_edit.setFilePath(path)
        assert page.resume_button.isHidden()
    assert not page.request(scene, "auto", False).resume


def test_a_finished_run_is_not_offered_again(output_folder):
    run = leave_checkpoint(output_folder, "w")
    weights = output_folder / "w.safetensors"
    weights.touch()
    state = run / "checkpoint.json"
    os.utime(state, (1000, 1000))
    os.utime(weights, (2000, 2000))
    assert resumable_step(str(weights)) == 0
    os.utime(state, (3000, 3000))  # a later run over the same file was stopped
    assert resumable_step(str(weights)) == 120


@pytest.mark.parametrize("text", ["", "{}", '{"verb": "describe", "scene": "x"}', '{"verb": "pretrain", "new": 1}'])
def test_what_was_asked_is_not_guessed(output_folder, text):
    run = leave_checkpoint(output_folder, "w")
    weights = str(output_folder / "w.safetensors")
    assert remembered(weights, "cpu", protocol.PretrainRequest) is None
    (run / "request.json").write_text(text, encoding="utf-8")
    assert remembered(weights, "cpu", protocol.PretrainRequest) is None


@pytest.mark.parametrize("text", ["", "[]", '{"steps": 3}', "{"])
def test_a_damaged_checkpoint_is_not_offered(output_folder, text):
    run = leave_checkpoint(output_folder, "w")
    (run / "checkpoint.json").write_text(text, encoding="utf-8")
    assert resumable_step(str(output_folder / "w.safetensors")) == 0


def test_the_view_keeps_losses_and_learned_weights_apart_and_shows_the_picture(qgis_app, tmp_path):
    view, image = RunView(), QImage(400, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    assert image.save(str(tmp_path / "r.png"))
    view.resize(200, 400)
    view.begin(False)
    view.show_metrics(3, 9, {"dem": 1.0, "total": 2.0, "weight dem": 0.25}, str(tmp_path / "r.png"))
    assert view.curve.points("dem") == [(3, 1.0)]
    assert view.curve.points("weight dem") == []
    assert "dem: 0.25" in view.curve.toolTip()
    assert view.text.text() == "Step 3 of 9"
    view.picture.resize(200, view.picture.height())
    assert view.picture.height() == 50  # half as wide, half as high
    assert view.picture.grab().toImage().pixelColor(100, 25) == QColor("#ff0000")
    clicked = []
    view.picture.clicked.disconnect()  # nothing is opened here
    view.picture.clicked.connect(clicked.append)
    QTest.mouseClick(view.picture, Qt.MouseButton.LeftButton)
    assert clicked == [str(tmp_path / "r.png")]
    view.show_metrics(4, 9, {}, str(tmp_path / "missing.png"))
    assert view.picture.pixmap.width() == 400
    assert view.text.text() == "Step 3 of 9"
    view.begin(True)
    assert view.curve.points("dem") == [(3, 1.0)]
    view.begin(False)
    assert view.curve.points("dem") == []
    assert view.picture.pixmap.isNull()


@dataclass
class Ready:
    """The controller and what it works with, in a window as narrow as a dock."""

    scene_page: ScenePage
    runner: JobRunner
    pretraining: Pretraining

    @property
    def pretrain_page(self):
        return self.pretraining.page


@pytest.fixture
def make_ready(iface, fake_python, scene_layer, output_folder):
    """Returns a function that makes the page and its controller, as at a start of QGIS."""
    made = []

    def make():
        scene_page, runner = ScenePage(iface.canvas), JobRunner(iface.bar)
        scene_page.setParent(iface.window)  # beside what is tested
        runner.backend = BackendProcess(fake_python("normal"), runner)
        ready = Ready(scene_page, runner, Pretraining(scene_page, runner))
        panel, content = QDockWidget(iface.window), QWidget()
        layout = QVBoxLayout(content)
        layout.addWidget(ready.pretrain_page)
        layout.addWidget(runner)
        panel.setWidget(content)
        iface.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
        iface.window.resize(900, 900)
        iface.window.show()
        scene_page.set_layer(scene_layer)
        ready.pretrain_page.propose_out("My scene")
        made.append(ready)
        return ready

    yield make
    for ready in made:
        end(ready)
    QgsSettings().remove("mmearth")


def end(ready):
    """Does what the dock does when QGIS ends."""
    if ready.runner.backend is not None:
        ready.pretraining.close()
        ready.runner.close()
        ready.runner.backend.shutdown()
        ready.runner.backend = None
        ready.scene_page.close_tools()


class TestRunning:
    """With a child at the other end."""

    @pytest.fixture
    def ready(self, make_ready):
        return make_ready()

    def test_a_run_shows_losses_and_its_weights_are_used(self, ready, wait_for, output_folder):
        page, out = ready.pretrain_page, output_folder / "My_scene_weights.safetensors"
        page.epochs_box.setValue(3)
        page.button.click()
        assert not page.button.isEnabled()
        wait_for(lambda: page.view.use_button.isVisible())
        assert page.view.curve.points("landcover") == [(10, 2.0), (20, 1.0), (40, 0.5)]
        assert page.view.text.text() == "<b>My_scene_weights</b>: 40 steps in 61 s, final loss 0.75"
        assert json.loads(out.read_text())["epochs"] == 3
        assert page.button.isEnabled()
        assert page.out_edit.filePath() == str(output_folder / "My_scene_weights_2.safetensors")
        used = []
        page.use_weights.connect(used.append)
        page.view.use_button.click()
        assert used == [str(out)]

    def test_cancelled_and_gone_on_with(self, ready, wait_for, output_folder):
        page, scene_path = ready.pretrain_page, ready.scene_page.scene().path
        page.epochs_box.setValue(5)
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: page.view.text.text() == "Step 40 of 40")
        assert not page.resume_button.isEnabled()
        ready.runner.cancel_button.click()
        wait_for(page.button.isEnabled)
        assert page.view.text.text() == "Stopped; saved after step 40."
        assert page.resume_button.isVisible()
        assert ready.runner.problem.text() == ""
        run = output_folder / "slow_run"
        run.rename(output_folder / "again_run")
        page.out_edit.setFilePath(str(output_folder / "again.safetensors"))
        page.epochs_box.setValue(99)  # a run goes on as it was begun
        ready.scene_page.set_layer(None)
        page.out_edit.setFilePath(str(output_folder / "again.safetensors"))
        page.resume_button.click()
        wait_for(lambda: (output_folder / "again.safetensors").exists() and page.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        assert (sent["resume"], sent["epochs"], sent["data"]) == (True, 5, [scene_path])

    def test_a_killed_run_is_offered_again(self, ready, wait_for, output_folder):
        page = ready.pretrain_page
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: (output_folder / "slow_run" / "checkpoint.json").exists())
        os.kill(ready.runner.backend.pid, signal.SIGKILL)
        wait_for(lambda: ready.runner.problem.text())
        assert page.resume_button.isVisible()
        assert page.resume_button.isEnabled()
        assert page.view.text.text() == "Stopped; saved after step 40."

    def test_a_run_needs_the_scene_only_if_it_is_the_data(self, ready, make_raster, wait_for):
        page = ready.pretrain_page
        ready.scene_page.set_layer(None)
        page.button.click()
        assert "No raster layer is chosen" in ready.runner.problem.text()
        choose(page.data_box, RASTERS)
        page.files_edit.setFilePath(make_raster("a.tif"))
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        assert ready.runner.problem.text() == ""

    def test_a_run_that_fails_at_once_leaves_nothing(self, ready, wait_for, output_folder):
        page = ready.pretrain_page
        page.out_edit.setFilePath(str(output_folder / "missing.safetensors"))
        page.button.click()
        assert (output_folder / "missing_run").is_dir()
        wait_for(lambda: "12 are wanted" in ready.runner.problem.text())
        assert not (output_folder / "missing_run").exists()
        assert not page.resume_button.isVisible()

    def test_the_page_shows_only_what_belongs_there(self, ready):
        page = ready.pretrain_page
        assert page.button.isVisible()
        hidden = (page.resume_button, page.view, page.files_edit, page.folder_edit, page.start_edit, page.note)
        assert not any(widget.isVisible() for widget in hidden)

    def test_all_of_it_fits_a_narrow_dock(self, ready, wait_for):
        page = ready.pretrain_page
        page.advanced.setCollapsed(False)
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        page.note.show_latest([CutOff("/a/name_that_is_longer_than_the_dock_is_wide.safetensors", 40, 400, 1e9)])
        page.resume_button.show()
        assert page.minimumSizeHint().width() <= 300

    def test_a_run_that_waits_begins_when_its_turn_has_come(self, ready, wait_for, make_raster, output_folder):
        output_folder.mkdir()
        page, slow = ready.pretrain_page, make_raster("slow.tif")
        ready.runner.run(protocol.EmbedRequest(scene=slow, out=str(output_folder / "o.tif")), lambda result: None)
        page.button.click()
        assert not page.view.isVisible()
        assert not page.button.isEnabled()
        assert ready.runner.queue.button.text() == "1 waiting"
        ready.runner.cancel_button.click()
        wait_for(lambda: page.view.use_button.isVisible())

    def test_a_run_taken_out_of_the_queue_leaves_nothing(self, ready, wait_for, make_raster, output_folder):
        output_folder.mkdir()
        page, slow = ready.pretrain_page, make_raster("slow.tif")
        ready.runner.run(protocol.EmbedRequest(scene=slow, out=str(output_folder / "o.tif")), lambda result: None)
        page.button.click()
        assert (output_folder / "My_scene_weights_run").is_dir()
        ready.runner.cancel_all()
        wait_for(lambda: not ready.runner.is_busy)
        assert page.button.isEnabled()
        assert not page.view.isVisible()
        assert not (output_folder / "My_scene_weights_run").exists()


class TestCutOff:
    """A training that QGIS took with it."""

    @pytest.fixture
    def page(self, make_ready, output_folder, wait_for):
        """Returns the page of the next start."""
        before = make_ready()
        before.pretrain_page.epochs_box.setValue(7)
        before.pretrain_page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        before.pretrain_page.button.click()
        wait_for(lambda: (output_folder / "slow_run" / "checkpoint.json").exists())
        wait_for(lambda: before.pretrain_page.view.text.text() == "Step 40 of 40")
        assert not before.pretrain_page.note.isVisible()
        end(before)
        self.ready = make_ready()
        return self.ready.pretrain_page

    def test_it_is_told_at_the_next_start(self, page):
        assert not page.note.isHidden()
        text = page.note.text.text()
        assert text.startswith('Training "slow.safetensors" ended with QGIS; saved at step 40 of 40 (')
        assert str(date.today().year)[2:] in text

    def test_it_goes_on_as_it_was_begun(self, page, output_folder, wait_for):
        (output_folder / "slow_run").rename(output_folder / "again_run")  # under this name the child comes to an end
        started_trainings.begin(started_trainings.PRETRAIN, str(output_folder / "again.safetensors"), 0.0)
        started_trainings.leave(str(output_folder / "again.safetensors"))
        page.note.show_latest(started_trainings.cut_off(started_trainings.PRETRAIN))
        page.note.resume_button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        assert (sent["resume"], sent["epochs"]) == (True, 7)
        assert page.note.isHidden()

    def test_it_is_forgotten_but_its_files_stay(self, page, output_folder):
        page.note.forget_button.click()
        assert page.note.isHidden()
        assert (output_folder / "slow_run" / "checkpoint.json").exists()
        assert started_trainings.cut_off(started_trainings.PRETRAIN) == []

    def test_what_cannot_be_resumed_is_said(self, page, output_folder):
        (output_folder / "slow_run" / "request.json").unlink()
        page.note.resume_button.click()
        assert "no longer in its folder" in self.ready.runner.problem.text()

    def test_nothing_saved(self, page, output_folder):
        (output_folder / "slow_run" / "checkpoint.json").unlink()
        self.ready.pretraining._show_cut_off()
        assert "ended with QGIS before anything was saved" in page.note.text.text()
        assert page.note.resume_button.isHidden()
        assert not page.note.forget_button.isHidden()

    @pytest.mark.parametrize("how", ["finished", "removed"])
    def test_what_came_to_an_end_after_all_is_not_told(self, page, output_folder, how):
        if how == "finished":
            (output_folder / "slow.safetensors").touch()
            os.utime(output_folder / "slow.safetensors", (4e9, 4e9))
        else:
            (output_folder / "slow_run").rename(output_folder / "elsewhere")
        assert started_trainings.cut_off(started_trainings.PRETRAIN) == []

    def test_what_another_qgis_trains_is_not_told(self, page):
        entries = json.loads(settings.started_trainings())
        settings.set_started_trainings(json.dumps([{**entry, "process": os.getppid()} for entry in entries]))
        assert started_trainings.cut_off(started_trainings.PRETRAIN) == []

    @pytest.mark.parametrize("text", ["", "{", "3", "[3]", '[{"out": "x"}]'])
    def test_damaged_settings_are_nothing(self, qgis_app, text):
        settings.set_started_trainings(text)
        assert started_trainings.cut_off(started_trainings.PRETRAIN) == []
        QgsSettings().remove("mmearth")
