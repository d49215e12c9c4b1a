"""The page "Adapt": fields become the right request, losses are shown, how well two sensors agree is said."""

from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers
from mmearth_qgis.mmearth_plugin.backend_process import Job
from mmearth_qgis.mmearth_plugin.jobs.job_runner import trains
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages.adapt_page import BUNDLED, OTHER, SCENE, AdaptPage
from mmearth_qgis.mmearth_plugin.pages.adapt_view import AdaptView
from mmearth_qgis.mmearth_plugin.pages.pair_list import LAYER, MADE
from mmearth_qgis.mmearth_plugin.training import encoder_run
from mmearth_qgis.mmearth_plugin.training.agreement import agreement_text, helped
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest

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

    def test_one_loss_that_is_the_whole_is_drawn_once(self, view):
        view.show_metrics(5, 9, {"loss": 1.0, "distill": 1.0}, "")
        assert view.loss_curve.points("total") == [(5, 1.0)]
        assert view.loss_curve.points("distill") == []

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
