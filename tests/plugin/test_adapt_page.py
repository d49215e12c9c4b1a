"""The page "Adapt": fields become the right request, a run is shown, how well two sensors agree is said."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess, Job
from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner, trains
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.adapt_page import BUNDLED, OTHER, SCENE, AdaptPage
from mmearth_qgis.mmearth_plugin.pages.adapt_view import AdaptView
from mmearth_qgis.mmearth_plugin.pages.pair_list import LAYER, MADE
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.training import encoder_run, started_trainings
from mmearth_qgis.mmearth_plugin.training.adapting import ADAPT, Adapting
from mmearth_qgis.mmearth_plugin.training.agreement import agreement_text, helped
from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDockWidget, QVBoxLayout, QWidget

pytestmark = pytest.mark.qgis


def choose(box, data):
    index = box.findData(data)
    assert index >= 0
    box.setCurrentIndex(index)


def data(box):
    return tuple(box.itemData(i) for i in range(box.count()))


@pytest.fixture
def add(make_raster):
    def add(name, **options):
        layer = QgsRasterLayer(make_raster(f"{name}.tif", **options), name)
        QgsProject.instance().addMapLayer(layer)
        return layer

    yield add
    QgsProject.instance().clear()


@pytest.fixture
def drone(add):
    return add("Drone")


@pytest.fixture
def sentinel(add):
    return add("Sentinel")


@pytest.fixture
def page(drone, sentinel, output_folder):
    page = AdaptPage()
    page.set_scene(layers.layer_source(drone))
    page.pairs.reference_box.setLayer(sentinel)
    yield page
    page.close()


class TestRequest:
    """Fields → request."""

    def test_the_defaults(self, page, drone, sentinel, output_folder):
        request = page.request(None, "/weights/of/scene.safetensors", "cpu", False)
        assert request == protocol.AdaptRequest(
            targets=(drone.source(),),
            weights_out=str(output_folder / "Drone_adapted.safetensors"),
            references=(sentinel.source(),),
            device="cpu",
        )
        assert protocol.request_from_json(protocol.request_to_json("1", request)) == request

    def test_every_field_reaches_the_request(self, page, add, tmp_path):
        weights = tmp_path / "known.safetensors"
        weights.touch()
        cover = add("Cover", bands=1)
        choose(page.weights_box, OTHER)
        page.weights_edit.setFilePath(str(weights))
        choose(page.mode_box, "xstars")
        choose(page.anchors_box, "complementary")
        page.cover_box.setLayer(cover)
        page.working_box.setValue(1.5)
        page.window_box.setValue(64)
        page.steps_box.setValue(300)
        page.seed_box.setValue(7)
        page.shift_check.setChecked(True)
        page.scratch_check.setChecked(True)
        page.out_edit.setFilePath(str(tmp_path / "mine"))
        request = page.request(None, "", "auto", False)
        assert (request.weights, request.mode, request.anchors) == (str(weights), "xstars", "complementary")
        assert (request.land_cover, request.working_m, request.window_px) == (cover.source(), 1.5, 64)
        assert (request.steps, request.seed, request.correct_shift, request.from_scratch) == (300, 7, True, True)
        assert request.weights_out == str(tmp_path / "mine.safetensors")

    def test_the_choices_are_those_of_the_protocol(self, page):
        assert data(page.mode_box) == protocol.ADAPT_MODES
        assert data(page.anchors_box) == protocol.ANCHORS

    def test_each_mode_is_explained_in_a_line_of_its_own(self, page):
        said = set()
        for mode in protocol.ADAPT_MODES:
            choose(page.mode_box, mode)
            said.add(page.mode_text.text())
        assert len(said) == len(protocol.ADAPT_MODES)
        assert all(said)

    @pytest.mark.parametrize(("how", "wanted"), [(BUNDLED, ""), (SCENE, "/w/scene.safetensors")])
    def test_the_weights(self, page, how, wanted):
        choose(page.weights_box, how)
        assert page.request(None, "/w/scene.safetensors", "auto", False).weights == wanted

    def test_references_made_from_the_image(self, page, drone):
        choose(page.pairs.how_box, MADE)
        assert page.pairs.reference_box.isHidden()
        assert "averaged" in page.pairs.made_note.text()
        request = page.request(None, "", "auto", False)
        assert (request.targets, request.references, request.reference_m) == ((drone.source(),), (), 0.0)
        page.pairs.metres_box.setValue(20.0)
        assert page.request(None, "", "auto", False).reference_m == 20.0
        choose(page.pairs.how_box, LAYER)
        assert page.request(None, "", "auto", False).reference_m == 0.0

    def test_several_pairs_keep_their_order(self, page, add, drone, sentinel):
        page.pairs.add_button.click()
        page.pairs.add_button.click()  # the same one again
        other, reference = add("Other drone"), add("Other Sentinel")
        page.pairs.target_box.setLayer(other)
        page.pairs.reference_box.setLayer(reference)
        request = page.request(None, "", "auto", False)
        assert request.targets == (drone.source(), other.source())
        assert request.references == (sentinel.source(), reference.source())
        page.pairs.remove_button.click()
        assert page.request(None, "", "auto", False).targets == (other.source(),)
        assert page.pairs.list.isHidden()

    def test_pairs_without_their_layers_are_taken_off(self, page, add, sentinel):
        page.pairs.add_button.click()
        other = add("Other drone")
        page.pairs.target_box.setLayer(other)
        QgsProject.instance().removeMapLayer(sentinel.id())
        assert page.pairs.list.count() == 0
        page.pairs.target_box.setLayer(other)
        page.pairs.reference_box.setLayer(None)
        with pytest.raises(InputError, match='No reference is chosen for "Other drone"'):
            page.request(None, "", "auto", False)

    def test_no_image_is_its_own_reference(self, page, drone):
        box = page.pairs.reference_box
        assert drone.name() not in [box.itemText(i) for i in range(box.count())]

    def test_without_any_layer(self, qgis_app, output_folder, tmp_path):
        page = AdaptPage()
        page.out_edit.setFilePath(str(tmp_path / "w"))
        with pytest.raises(InputError, match="No image of the new sensor is chosen"):
            page.request(None, "", "auto", False)
        page.close()

    def test_weights_that_are_not_there(self, page):
        choose(page.weights_box, OTHER)
        page.weights_edit.setFilePath("/nowhere/w.safetensors")
        with pytest.raises(InputError, match='no weights file "/nowhere/w.safetensors"'):
            page.request(None, "", "auto", False)

    @pytest.mark.parametrize(
        ("which", "how", "wanted"),
        [
            ("drone", LAYER, ({"B4": 1}, {}, "auto")),
            ("drone", MADE, ({"B4": 1}, {"B4": 1}, "reflectance")),
            ("sentinel", LAYER, ({}, {"B4": 1}, "reflectance")),
        ],
    )
    def test_bands_chosen_for_the_scene_go_where_the_scene_is(self, page, drone, sentinel, which, how, wanted):
        source = layers.layer_source({"drone": drone, "sentinel": sentinel}[which])
        choose(page.pairs.how_box, how)
        request = page.request(layers.Scene(source, bands={"B4": 1}, units="reflectance"), "", "auto", False)
        assert (request.target_bands, request.bands, request.units) == wanted

    def test_a_choice_stays_while_the_scene_is_the_same(self, page, drone, sentinel):
        page.pairs.target_box.setLayer(sentinel)
        page.set_scene(layers.layer_source(drone))
        assert page.pairs.target_box.currentLayer().id() == sentinel.id()
        assert Path(page.out_edit.filePath()).name == "Sentinel_adapted.safetensors"


def result(after, before, **other):
    names = ("retrieval", "chance", "cosine", "deranged_cosine")
    made = {"weights": "/w/drone.safetensors", "steps": 120, "seconds": 61.0, "pairs": "", "warnings": []}
    found = {"agreement": dict(zip(names, after)), "before": dict(zip(names, before)), "stopped": "flat"}
    return {**made, **found, **other}


BEFORE = (0.02, 0.004, 0.4, 0.38)


class TestAgreement:
    """Numbers → sentences."""

    @pytest.mark.parametrize(
        ("after", "said"),
        [
            ((0.62, 0.004, 0.81, 0.31), "agree well"),
            ((0.3, 0.004, 0.7, 0.31), "agree in part"),
            ((0.05, 0.04, 0.7, 0.5), "hardly agree"),
            ((0.02, 0.004, 0.9, 0.88), "did not help"),  # nearer to everything, and so to nothing
            ((0.01, 0.004, 0.3, 0.29), "did not help"),
        ],
    )
    def test_the_verdict(self, qgis_app, after, said):
        assert said in agreement_text(result(after, BEFORE))

    def test_the_numbers(self, qgis_app):
        text = agreement_text(result((0.62, 0.004, 0.81, 0.31), BEFORE))
        assert "62 % of the held-out places (before: 2 %, by chance: 0.4 %)" in text
        assert "Cosine on the same ground 0.81 (before: 0.40), on other ground 0.31." in text

    def test_places_told_apart_count_where_as_many_are_found(self, qgis_app):
        found = dict(zip(("retrieval", "cosine", "deranged_cosine"), (0.5, 0.5, 0.4)))
        assert helped({**found, "deranged_cosine": 0.2}, found)
        assert not helped({**found, "deranged_cosine": 0.2, "retrieval": 0.4}, found)


class TestView:
    """What a run shows."""

    @pytest.fixture
    def view(self, qgis_app):
        view = AdaptView()
        view.begin("/w/drone.safetensors", False)
        return view

    def test_losses_and_agreement_are_apart(self, view):
        view.show_metrics(5, 400, {"loss": 2.0, "distill": 1.0}, "")
        assert view.text.text() == "Step 5 of at most 400"
        view.show_metrics(10, 400, {"loss": 1.0, "distill": 0.5, "retrieval": 0.25, "cosine": 0.7}, "")
        assert view.loss_curve.points("total") == [(5, 2.0), (10, 1.0)]
        assert view.loss_curve.points("retrieval") == []
        assert view.score_curve.points("retrieval") == [(10, 0.25)]
        assert view.text.text() == "Step 10 of at most 400; held-out places: retrieval@1 25 %, cosine 0.70"
        view.show_metrics(15, 400, {"loss": 0.9}, "")
        assert view.text.text().endswith("retrieval@1 25 %, cosine 0.70")

    def test_the_picture_of_pairs(self, view, tmp_path):
        picture = tmp_path / "pairs.png"
        image = QImage(200, 40, QImage.Format.Format_RGB32)
        image.fill(QColor("#208040"))
        image.save(str(picture))
        view.show_metrics(0, 400, {}, str(picture))
        assert (view.picture.pixmap.width(), view.picture.isHidden()) == (200, False)
        view.begin("/w/drone.safetensors", True)
        assert not view.picture.isHidden()
        view.begin("/w/drone.safetensors", False)
        assert view.picture.isHidden()

    def test_warnings_come_at_once_and_each_once(self, view):
        view.show_log("info", "Reading.")
        assert view.warnings.isHidden()
        view.show_log("warning", "Shifted by <2> pixels.")
        view.show_log("warning", "Shifted by <2> pixels.")
        assert view.warnings.text() == "⚠ Shifted by <2> pixels."
        view.show_result(result((0.6, 0.01, 0.8, 0.3), BEFORE, warnings=["Shifted by <2> pixels.", "No dates."]))
        assert view.warnings.text() == "⚠ Shifted by <2> pixels.\n⚠ No dates."
        view.begin("/w/drone.safetensors", False)
        assert view.warnings.isHidden()

    @pytest.mark.parametrize(("stopped", "said"), [("flat", "gained no more"), ("steps", "all steps done")])
    def test_how_it_ended(self, view, stopped, said):
        view.show_result(result((0.6, 0.01, 0.8, 0.3), BEFORE, stopped=stopped))
        assert view.text.text().startswith("<b>drone</b>: 120 steps in 61 s")
        assert said in view.text.text()

    def test_stopped_before_anything(self, view):
        view.show_stopped(0, False)
        assert (view.text.text(), view.use_button.isHidden()) == ("Stopped.", True)


@dataclass
class Ready:
    """The controller and what it works with, in a window as narrow as a dock."""

    scene_page: ScenePage
    runner: JobRunner
    adapting: Adapting

    def end(self):
        """Does what the dock does when QGIS ends."""
        if self.runner.backend is not None:
            self.adapting.close()
            self.runner.close()
            self.runner.backend.shutdown()
            self.runner.backend = None
            self.scene_page.close_tools()


@pytest.fixture
def make_ready(iface, fake_python, drone, sentinel, output_folder):
    """Returns a function that makes the page and its controller, as at a start of QGIS."""
    made = []

    def make():
        scene_page, runner = ScenePage(iface.canvas), JobRunner(iface.bar)
        scene_page.setParent(iface.window)  # beside what is tested
        runner.backend = BackendProcess(fake_python("normal"), runner)
        ready = Ready(scene_page, runner, Adapting(scene_page, runner))
        panel, content = QDockWidget(iface.window), QWidget()
        layout = QVBoxLayout(content)
        layout.addWidget(ready.adapting.page)
        layout.addWidget(runner)
        panel.setWidget(content)
        iface.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
        iface.window.resize(900, 900)
        iface.window.show()
        scene_page.set_layer(drone)
        ready.adapting.page.set_scene(layers.layer_source(drone))
        ready.adapting.page.pairs.reference_box.setLayer(sentinel)
        made.append(ready)
        return ready

    yield make
    for ready in made:
        ready.end()
    QgsSettings().remove("mmearth")


class TestRunning:
    """With a child at the other end."""

    @pytest.fixture
    def ready(self, make_ready):
        return make_ready()

    @pytest.fixture
    def page(self, ready):
        return ready.adapting.page

    def test_a_run_says_how_well_it_went_and_its_weights_are_used(self, ready, page, wait_for, output_folder):
        out = output_folder / "Drone_adapted.safetensors"
        page.button.click()
        assert not page.button.isEnabled()
        wait_for(lambda: page.view.use_button.isVisible())
        assert ready.runner.problem.text() == ""
        assert page.view.loss_curve.points("distill") == [(10, 1.0), (20, 0.5), (40, 0.25)]
        assert page.view.score_curve.points("retrieval") == [(10, 0.1), (20, 0.4), (40, 0.6)]
        assert "agree well" in page.view.text.text()
        assert "shifted by 1.4" in page.view.warnings.text()
        assert json.loads(out.read_text())["mode"] == "distill"
        assert page.button.isEnabled()
        assert page.out_edit.filePath() == str(output_folder / "Drone_adapted_2.safetensors")
        used = []
        page.use_weights.connect(used.append)
        page.view.use_button.click()
        assert used == [str(out)]
        assert json.loads(settings.started_trainings()) == []

    def test_bands_that_were_chosen_are_sent(self, ready, page, wait_for, output_folder):
        ready.scene_page._chosen_bands = {"B4": 1}
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        sent = json.loads((output_folder / "Drone_adapted.safetensors").read_text())
        assert (sent["target_bands"], sent["bands"]) == ({"B4": 1}, {})

    def test_cancelled_it_keeps_the_best_and_goes_on(self, ready, page, wait_for, output_folder):
        page.steps_box.setValue(400)
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: page.view.text.text().startswith("Step 40 of at most 400"))
        assert "shifted by 1.4" in page.view.warnings.text()
        ready.runner.cancel_button.click()
        wait_for(page.button.isEnabled)
        assert page.view.text.text() == "Stopped; saved after step 40. The best weights so far are kept."
        assert page.view.use_button.isVisible()
        assert page.resume_button.isVisible()
        with pytest.raises(InputError, match="stopped after step 40"):
            page.request(None, "", "auto", False)
        (output_folder / "slow_run").rename(output_folder / "again_run")  # under this name the child comes to an end
        page.out_edit.setFilePath(str(output_folder / "again.safetensors"))
        page.steps_box.setValue(9)  # a run goes on as it was begun
        page.resume_button.click()
        wait_for(lambda: (output_folder / "again.safetensors").exists() and page.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        assert (sent["resume"], sent["steps"]) == (True, 400)

    def test_a_run_that_fails_at_once_leaves_nothing(self, ready, page, wait_for, output_folder):
        page.out_edit.setFilePath(str(output_folder / "missing.safetensors"))
        page.button.click()
        assert (output_folder / "missing_run").is_dir()
        wait_for(lambda: "12 are wanted" in ready.runner.problem.text())
        assert not (output_folder / "missing_run").exists()
        assert not page.resume_button.isVisible()
        assert not page.view.use_button.isVisible()

    def test_a_run_taken_out_of_the_queue_leaves_nothing(self, ready, page, wait_for, make_raster, output_folder):
        output_folder.mkdir()
        slow = protocol.EmbedRequest(scene=make_raster("slow.tif"), out=str(output_folder / "o.tif"))
        ready.runner.run(slow, lambda result: None)
        page.button.click()
        assert (output_folder / "Drone_adapted_run").is_dir()
        ready.runner.cancel_all()
        wait_for(lambda: not ready.runner.is_busy)
        assert page.button.isEnabled()
        assert not page.view.isVisible()
        assert not (output_folder / "Drone_adapted_run").exists()

    def test_a_run_cut_off_is_told_at_the_next_start_and_goes_on(
        self, ready, page, make_ready, wait_for, output_folder
    ):
        page.steps_box.setValue(77)
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: page.view.text.text().startswith("Step 40"))
        ready.end()
        after = make_ready().adapting.page
        assert 'Training "slow.safetensors" ended with QGIS; saved at step 40 of 400' in after.note.text.text()
        (output_folder / "slow_run").rename(output_folder / "again_run")
        started_trainings.begin(ADAPT, str(output_folder / "again.safetensors"), 0.0)
        started_trainings.leave(str(output_folder / "again.safetensors"))
        after.note.show_latest(started_trainings.cut_off(ADAPT))
        after.note.resume_button.click()
        wait_for(lambda: after.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        assert (sent["resume"], sent["steps"]) == (True, 77)
        assert after.note.isHidden()

    def test_what_cannot_be_resumed_is_said(self, ready, output_folder):
        ready.adapting.page.note.resume.emit(str(output_folder / "gone.safetensors"))
        assert "no longer in its folder" in ready.runner.problem.text()

    def test_all_of_it_fits_a_narrow_dock(self, page, add, wait_for):
        add("a drone flight with a name that is longer than the dock is wide")
        page.advanced.setCollapsed(False)
        page.pairs.add_button.click()
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        page.resume_button.show()
        assert page.minimumSizeHint().width() <= 300
        choose(page.pairs.how_box, MADE)
        choose(page.weights_box, OTHER)
        assert page.minimumSizeHint().width() <= 300


def test_remembered_is_only_what_an_adaptation_was_asked(qgis_app, tmp_path):
    request = protocol.AdaptRequest(("a.tif",), str(tmp_path / "w.safetensors"), mode="mae")
    assert encoder_run.remembered(request.weights_out, "cpu", protocol.AdaptRequest) is None
    encoder_run.remember(request)
    found = encoder_run.remembered(request.weights_out, "cpu", protocol.AdaptRequest)
    assert (found.mode, found.device, found.resume) == ("mae", "cpu", True)
    folder = tmp_path / "w_run"
    other = protocol.PretrainRequest(("a.tif",), request.weights_out)
    (folder / "request.json").write_text(protocol.encode(protocol.request_to_json("", other)), encoding="utf-8")
    assert encoder_run.remembered(request.weights_out, "cpu", protocol.AdaptRequest) is None
    encoder_run.forget(request.weights_out)
    assert not folder.exists()


def test_it_is_a_training(qgis_app):
    request = protocol.AdaptRequest(("a.tif",), "w")
    assert Job(request).grace_s == 60.0  # time to save before it is ended by force
    assert trains(request)


def test_the_dock_leads_there_from_pretrain_and_uses_the_weights(fake_backend, plugin, drone, sentinel):
    dock = plugin.show_dock()
    dock.show_page("pretrain")
    QTest.mouseClick(dock.pretrain_page.adapt_button, Qt.MouseButton.LeftButton)
    assert dock.stack.current() == "adapt"
    assert dock.bar.buttons["pretrain"].isChecked()
    dock.bar.buttons["pretrain"].click()
    assert dock.stack.current() == "pretrain"
    for layer in (sentinel, drone):
        dock.scene_page.set_layer(layer)
        assert dock.adapting.page.pairs.target_name() == layer.name()
    dock.adapting.page.use_weights.emit("/w/drone.safetensors")
    assert dock.scene_page.weights() == "/w/drone.safetensors"


def test_the_page_lets_go_of_the_project_with_the_plugin(fake_backend, iface, drone, sentinel):
    import mmearth_qgis

    plugin = mmearth_qgis.classFactory(iface)
    plugin.initGui()
    pairs = plugin.show_dock().adapting.page.pairs
    pairs.add_button.click()
    plugin.unload()
    QgsProject.instance().removeMapLayer(drone.id())
    assert pairs.list.count() == 1
