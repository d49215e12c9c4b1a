"""Fine-tuning in the dock: fields become the right request, a run is shown, paused, resumed, and its network maps."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers
from mmearth_qgis.mmearth_plugin.messages import InputError, rung_names
from mmearth_qgis.mmearth_plugin.pages.few_shot_page import FEW, MANY
from mmearth_qgis.mmearth_plugin.pages.fine_tune_page import FineTunePage
from mmearth_qgis.mmearth_plugin.pages.labels_page import LabelsPage
from mmearth_qgis.mmearth_plugin.pages.predict_page import PredictPage
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.pages.score_text import tuned_text
from mmearth_qgis.mmearth_plugin.pages.training_data import (
    CELLS,
    FOLDER,
    MASKS,
    PIXELS,
    POLYGONS,
    RASTERS,
    TABLE,
    WHOLE_POLYGONS,
    WHOLE_SCENES,
)
from mmearth_qgis.mmearth_plugin.pages.tuning_view import TuningView
from mmearth_qgis.mmearth_plugin.training import fine_tune_run
from mmearth_qgis.mmearth_plugin.training.fine_tuning import FineTuning
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer

pytestmark = pytest.mark.qgis


def choose(box, data):
    index = box.findData(data)
    assert index >= 0, data
    box.setCurrentIndex(index)


def offered(box):
    return tuple(box.itemData(i) for i in range(box.count()))


def leave_checkpoint(model, step=120):
    run = model.with_name(f"{model.stem}_run")
    run.mkdir(parents=True)
    (run / "checkpoint.safetensors").touch()
    (run / "checkpoint.json").write_text(json.dumps({"step": step}), encoding="utf-8")


@pytest.fixture
def scene(make_raster):
    source = layers.layer_source(QgsRasterLayer(make_raster(), "My scene"))
    return layers.Scene(source, bands={"B2": 1, "B3": 2}, units="reflectance")


@pytest.fixture
def labels_page(make_polygons):
    page = LabelsPage()
    page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    yield page
    QgsProject.instance().clear()


@pytest.fixture
def page(labels_page, scene, output_folder):
    page = FineTunePage(labels_page)
    page.set_scene(scene.source)
    return page


@pytest.fixture
def chips(make_raster, tmp_path):
    """A folder of two scenes beside something else, and one of their masks; returns both."""
    for name in ("chips", "masks"):
        (tmp_path / name).mkdir()
        for chip in ("b.tif", "a.tif"):
            make_raster(f"{name}/{chip}", bands=12 if name == "chips" else 1, width=128, height=64)
    (tmp_path / "chips" / "notes.txt").touch()
    return tmp_path / "chips", tmp_path / "masks"


class TestRequest:
    def test_the_scene_and_its_polygons_with_the_defaults(self, page, scene, output_folder):
        request = page.request(scene, "w", "cpu", False)
        assert request == protocol.FineTuneRequest(
            scenes=(scene.path,),
            model=str(output_folder / "My_scene_network.zip"),
            labels=request.labels,
            labels_layer="polygons",
            field="class_id",
            classes=request.classes,
            bands={"B2": 1, "B3": 2},
            units="reflectance",
            weights="w",
            device="cpu",
        )
        assert [entry["value"] for entry in request.classes] == [1, 2]
        assert output_folder.is_dir()
        assert protocol.request_from_json(protocol.request_to_json("1", request)) == request

    def test_a_folder_of_masks(self, page, chips, output_folder):
        scenes, masks = chips
        choose(page.data.scenes_box, FOLDER)
        choose(page.data.truth_box, MASKS)
        page.data.folder_edit.setFilePath(str(scenes))
        page.data.masks_edit.setFilePath(str(masks))
        assert not page.data.uses_scene()
        request = page.request(None, "", "auto", False)
        assert request.scenes == (str(scenes / "a.tif"), str(scenes / "b.tif"))
        assert (request.masks, request.labels, request.field, request.classes) == (str(masks), "", "", ())
        assert (request.task, request.unit, request.bands, request.units) == ("segmentation", "auto", {}, "auto")
        assert request.model == str(output_folder / "chips_network.zip")

    def test_rasters_are_read_as_section_1_was_told_to_read_one_of_their_kind(self, page, chips, iface):
        scenes, masks = chips
        scene_page = ScenePage(iface.canvas)
        scene_page.set_layer(QgsProject.instance().addMapLayer(QgsRasterLayer(str(scenes / "a.tif"), "a")))
        choose(scene_page.units_box, "byte")
        scene_page.close_tools()
        choose(page.data.scenes_box, FOLDER)
        choose(page.data.truth_box, MASKS)
        page.data.folder_edit.setFilePath(str(scenes))
        page.data.masks_edit.setFilePath(str(masks))
        assert page.request(None, "", "auto", False).units == "byte"
        assert page.request(None, "other weights", "auto", False).units == "auto"

    def test_every_option_reaches_the_request(self, page, scene):
        choose(page.data.task_box, CELLS)
        page.data.cell_box.setValue(37)
        page.data.cell_box.editingFinished.emit()
        choose(page.rung_box, "partial")
        choose(page.recipe_box, "mmearth")
        choose(page.folds_box, "block")
        page.held_out_box.setValue(30)
        page.epochs_box.setValue(12)
        page.batch_box.setValue(16)
        page.learning_rate_box.setValue(3e-4)
        page.seed_box.setValue(5)
        page.random_check.setChecked(True)
        request = page.request(scene, "", "auto", False)
        assert (request.task, request.unit, request.cell_px) == ("classification", "cell", 40)
        assert (request.rung, request.recipe, request.folds) == ("partial", "mmearth", "block")
        assert (request.epochs, request.batch, request.seed, request.random_start) == (12, 16, 5, True)
        assert (request.held_out, request.learning_rate) == pytest.approx((0.3, 3e-4))

    def test_each_task_offers_the_labels_that_it_can_learn_from(self, page):
        found = {}
        for task in offered(page.data.task_box):
            choose(page.data.task_box, task)
            found[task] = offered(page.data.truth_box)
        both = (POLYGONS, MASKS)
        assert found == {PIXELS: both, CELLS: both, WHOLE_POLYGONS: (POLYGONS,), WHOLE_SCENES: (TABLE,)}

    def test_several_classes_are_a_matter_of_wholes(self, page, scene, tmp_path):
        page.data.several_check.setChecked(True)
        assert not page.request(scene, "", "auto", False).multi_label
        choose(page.data.task_box, WHOLE_POLYGONS)
        assert page.request(scene, "", "auto", False).multi_label
        choose(page.data.task_box, WHOLE_SCENES)
        table = tmp_path / "scenes.csv"
        table.touch()
        page.data.table_edit.setFilePath(str(table))
        request = page.request(scene, "", "auto", False)
        assert (request.labels, request.unit, request.multi_label) == (str(table), "scene", True)

    def test_the_choices_are_those_of_the_protocol_with_a_sentence_each(self, page):
        assert offered(page.rung_box) == protocol.RUNGS
        assert offered(page.recipe_box) == protocol.TUNING_RECIPES
        assert offered(page.folds_box) == protocol.FOLDS
        assert not set(protocol.RUNGS) & set(rung_names().values()), "names of the protocol"
        sentences = set()
        for rung in protocol.RUNGS:
            choose(page.rung_box, rung)
            sentences.add(page.rung_text.text())
        assert len(sentences) == len(protocol.RUNGS)


class TestFileName:
    def test_it_follows_the_scenes_and_leaves_the_users_own_choice(self, page, chips, output_folder):
        page.out_edit.setFilePath(str(output_folder / "mine.zip"))
        choose(page.data.truth_box, MASKS)
        choose(page.data.task_box, CELLS)
        assert page.out_edit.filePath() == str(output_folder / "mine.zip")
        choose(page.data.scenes_box, FOLDER)
        page.data.folder_edit.setFilePath(str(chips[0]))
        assert page.out_edit.filePath() == str(output_folder / "chips_network.zip")


class TestRefusals:
    @pytest.mark.parametrize(("kind", "text"), [(FOLDER, "holds no rasters"), (RASTERS, "at least one raster file")])
    def test_no_scenes(self, page, kind, text):
        choose(page.data.scenes_box, kind)
        with pytest.raises(InputError, match=text):
            page.request(None, "", "auto", False)

    def test_a_scene_that_is_gone(self, page):
        choose(page.data.scenes_box, RASTERS)
        page.data.files_edit.setFilePath("/nowhere/x.tif")
        with pytest.raises(InputError, match='"/nowhere/x.tif" was not found'):
            page.request(None, "", "auto", False)

    def test_no_masks_and_no_table(self, page, scene, tmp_path):
        choose(page.data.truth_box, MASKS)
        page.data.masks_edit.setFilePath(str(tmp_path / "none"))
        with pytest.raises(InputError, match="holds no class rasters"):
            page.request(scene, "", "auto", False)
        choose(page.data.task_box, WHOLE_SCENES)
        with pytest.raises(InputError, match="There is no table"):
            page.request(scene, "", "auto", False)

    def test_numbers_are_no_classes(self, scene, make_polygons, output_folder):
        labels_page = LabelsPage()
        labels_page.layer_box.setLayer(make_polygons([(1.5, 0, 0), (2.5, 4, 0)], "height:double"))
        labels_page.field_box.setCurrentIndex(0)
        page = FineTunePage(labels_page)
        page.set_scene(scene.source)
        with pytest.raises(InputError, match="estimates no numbers"):
            page.request(scene, "", "auto", False)

    def test_no_full_path(self, page, scene):
        page.out_edit.setFilePath("model")
        with pytest.raises(InputError, match=r'"model\.zip" is not a full path'):
            page.request(scene, "", "auto", False)

    def test_a_stopped_run_is_not_overwritten(self, page, scene, output_folder):
        leave_checkpoint(output_folder / "My_scene_network.zip")
        with pytest.raises(InputError, match='"My_scene_network.zip" stopped after step 120.*another file name'):
            page.request(scene, "", "auto", False)
        assert page.request(scene, "", "auto", True).resume


class TestUnfinishedRuns:
    def test_a_run_goes_on_as_it_was_begun_after_qgis_was_closed(self, page, scene, labels_page, output_folder):
        page.epochs_box.setValue(9)
        request = page.request(scene, "", "cpu", False)
        fine_tune_run.remember(request)
        leave_checkpoint(Path(request.model))
        later = FineTunePage(labels_page)
        assert not later.resume_button.isHidden()
        assert later.resume_button.text() == "Resume last run, step 120"
        assert fine_tune_run.remembered(later.resumable, "cuda") == replace(request, device="cuda", resume=True)
        later.out_edit.setFilePath(request.model.removesuffix(".zip"))
        assert later.resume_button.text() == "Resume after step 120"

    def test_labels_that_are_in_no_file_yet_are_kept_with_the_run(self, page, scene, make_polygons, tmp_path):
        request = page.request(scene, "", "cpu", False)
        kept = fine_tune_run.keep_labels(request)
        assert Path(kept.labels) == Path(request.model).with_name("My_scene_network_run") / "labels.gpkg"
        assert QgsVectorLayer(f"{kept.labels}|layername={kept.labels_layer}").featureCount() == 2
        assert replace(kept, labels=request.labels) == request
        own = replace(request, labels=str(tmp_path / "own.gpkg"))
        assert fine_tune_run.keep_labels(own) == own

    def test_runs_are_kept_apart_and_forgotten(self, page, scene, output_folder):
        first = page.request(scene, "", "auto", False)
        second = replace(first, model=str(output_folder / "other.zip"), epochs=3)
        for request in (first, second, replace(first, epochs=4)):
            fine_tune_run.remember(request)
        assert fine_tune_run.remembered(first.model, "auto").epochs == 4
        assert fine_tune_run.remembered(second.model, "auto").epochs == 3
        assert fine_tune_run.latest_unfinished() == ""  # nothing was saved yet
        leave_checkpoint(Path(second.model))
        assert fine_tune_run.latest_unfinished() == second.model
        fine_tune_run.forget(second.model)
        assert fine_tune_run.remembered(second.model, "auto") is None
        assert fine_tune_run.latest_unfinished() == ""

    @pytest.mark.parametrize("text", ["", "{}", "{", '[{"model": "/m.zip", "new": 1}]', "[3]"])
    def test_what_was_asked_is_not_guessed(self, output_folder, text):
        from mmearth_qgis.mmearth_plugin import settings

        settings.set_unfinished_runs(text)
        assert fine_tune_run.remembered("/m.zip", "auto") is None
        assert fine_tune_run.latest_unfinished() == ""


class TestCost:
    def test_twice_the_ground_costs_twice(self, chips):
        scenes = fine_tune_run.rasters_in(str(chips[0]))
        one, two = (fine_tune_run.cost(scenes[:n] * 60, "full", 10, 0) for n in (1, 2))
        assert two.seconds[1] == pytest.approx(2 * one.seconds[1])
        assert one.disk_bytes == 60 * 128 * 128 * 12 * 2  # one tile of 12 bands in half precision for each chip

    def test_the_recipe_bounds_the_steps_where_the_user_leaves_them_open(self, make_raster):
        scenes = (make_raster("large.tif", width=1792, height=1792),)
        few, many = (fine_tune_run.cost(scenes * n, "full", 0, 0).seconds[1] for n in (1, 1000))
        assert many / few == pytest.approx(1.0)  # 3136 crops are 2000 steps already, the most there are
        little = fine_tune_run.cost(scenes, "full", 0, 3).seconds[1]
        assert many / little == pytest.approx(20.0)  # 2000 steps and 100

    def test_automatic_costs_as_all_rungs(self, chips):
        scenes = fine_tune_run.rasters_in(str(chips[0])) * 60
        single = [fine_tune_run.cost(scenes, rung, 10, 0).seconds[1] for rung in protocol.RUNGS[1:]]
        assert fine_tune_run.cost(scenes, "auto", 10, 0).seconds[1] == pytest.approx(sum(single))
        assert single == sorted(single)

    def test_tiles_without_polygons_cost_nothing(self, make_raster):
        scenes = (make_raster("large.tif", width=1280, height=1280),)
        assert fine_tune_run.cost(scenes, "full", 10, 0).disk_bytes == 100 * 128 * 128 * 3 * 2
        assert fine_tune_run.cost(scenes, "full", 10, 5).disk_bytes == 10 * 128 * 128 * 3 * 2

    def test_it_is_told_and_unknown_ground_is_not_guessed(self, page):
        assert page.cost.text().startswith("Roughly ")
        choose(page.data.scenes_box, RASTERS)
        assert page.cost.isHidden()
        assert fine_tune_run.cost(("/nowhere.tif",), "full", 1, 0) is None


class TestView:
    def test_each_kind_of_value_has_an_axis_of_its_own(self, qgis_app):
        view = TuningView()
        view.begin(False)
        view.show_metrics(3, 9, {"loss": 1.5, "held-out F1": 0.4, "learning rate": 1e-3}, "")
        view.show_metrics(6, 9, {"loss": 1.2, "learning rate": 5e-4}, "")
        assert view.loss_curve.points("loss") == [(3, 1.5), (6, 1.2)]
        assert view.score_curve.points("held-out F1") == [(3, 0.4)]
        assert view.rate_curve.points("learning rate") == [(3, 1e-3), (6, 5e-4)]
        assert view.loss_curve.points("held-out F1") == []
        view.show_metrics(9, 9, {"held-out F1": 0.45}, "")
        low, high = view.score_curve._range()
        assert (low, high) == (0.4, 0.45)  # what it gains is seen, however little
        assert view.loss_curve._range()[0] == 0.0
        assert view.text.text() == "Step 9 of at most 9; best held-out F1 0.45"
        view.begin(True)
        assert view.loss_curve.points("loss") == [(3, 1.5), (6, 1.2)]
        view.begin(False)
        assert view.loss_curve.points("loss") == []

    def test_a_stopped_run_says_how_good_its_best_network_was(self, qgis_app):
        view = TuningView()
        view.begin(False)
        for step, score in ((1, 0.4), (2, 0.7), (3, 0.6)):
            view.show_metrics(step, 9, {"held-out F1": score}, "")
        view.show_stopped(3, True, True)
        assert view.text.text() == "Paused after step 3. The best network so far is kept: held-out F1 0.70."
        assert not view.map_button.isHidden()
        view.show_stopped(0, False, False)
        assert view.map_button.isHidden()
        assert view.text.text() == "Stopped before anything was learned."
        assert view.pause_button.isHidden()

    def test_the_score_stands_beside_its_baselines_and_says_which_rung_it_is_of(self):
        result = {
            "rung": "decoder",
            "rungs": [
                {"rung": "few-shot", "macro_f1": 0.7, "interval": [0.65, 0.75]},
                {"rung": "decoder", "macro_f1": 0.8, "interval": None},
            ],
            "decision": "It is 'better'.",
            "macro_f1": 0.8,
            "interval": [0.76, 0.84],
            "raw_bands_macro_f1": 0.66,
            "majority_macro_f1": None,
            "steps": 40,
            "best_step": 20,
            "seconds": 61.0,
            "warnings": ["<few> labels"],
        }
        text = tuned_text(result)
        assert "<b>Macro F1 0.80</b> (0.76–0.84) on held-out labels; raw bands 0.66, majority –" in text
        assert "Tried: Quick classifier 0.70 (0.65–0.75), Decoder 0.80" in text
        assert "It is &#x27;better&#x27;." in text
        assert "⚠ &lt;few&gt; labels" in text
        one = tuned_text({**result, "rungs": result["rungs"][1:]})
        assert "Decoder: 40 steps in 61 s, the best after step 20" in one
        assert "Tried" not in one
        none = tuned_text({**result, "macro_f1": None, "reason": "one class is held out"})
        assert "No score: one class is held out" in none


class TestPredicting:
    """What the section "Map with a saved model" offers for a network."""

    CHECKED: ClassVar = {"task": "segmentation", "kind": "fine_tune", "facts": {}, "errors": [], "warnings": []}

    @pytest.fixture
    def predict_page(self, qgis_app, make_polygons, tmp_path):
        make_polygons([(1, 0, 0)])
        (tmp_path / "m.zip").touch()
        page = PredictPage()
        page.model_edit.setFilePath(str(tmp_path / "m.zip"))
        for check in page.outputs.raster_checks.values():
            check.setChecked(True)
        page.outputs.vector_check.setChecked(True)
        yield page
        QgsProject.instance().clear()

    @pytest.mark.parametrize("unit", ["", "cell"])
    def test_a_map_has_no_distance_and_no_interval(self, predict_page, scene, output_folder, unit):
        predict_page.show_check({**self.CHECKED, "unit": unit})
        request = predict_page.request(scene)
        assert (request.distance, request.interval) == ("", "")
        assert Path(request.out).name == "classes.tif"
        assert all((request.confidence, request.probabilities, request.margin, request.entropy, request.vector))

    @pytest.mark.parametrize("unit", ["polygon", "scene"])
    def test_of_wholes_comes_a_layer_alone(self, predict_page, scene, output_folder, unit):
        predict_page.show_check({**self.CHECKED, "task": "classification", "unit": unit})
        request = predict_page.request(scene)
        assert Path(request.out).name == f"classified_{'polygons' if unit == 'polygon' else 'scene'}.gpkg"
        assert bool(request.parcels) == (unit == "polygon")
        files = [request.confidence, request.probabilities, request.margin, request.entropy, request.distance]
        assert [*files, request.vector, request.parcels_out] == [""] * 7

    def test_the_next_model_is_taken_for_a_map_until_it_was_checked(self, predict_page, scene, output_folder):
        predict_page.show_check({**self.CHECKED, "unit": "scene"})
        predict_page.model_edit.setFilePath(predict_page.model() + "/")
        assert predict_page.outputs.gives_raster

    def test_a_cancelled_map_is_taken_up_where_it_was_left(self, predict_page, scene, output_folder):
        first = Path(predict_page.request(scene).out)
        (first.parent / "confidence.tif.part").touch()
        assert Path(predict_page.request(scene).out) == first
        first.touch()
        assert Path(predict_page.request(scene).out).parent.name == "My_scene_map_2"


class TestInTheDock:
    """With a child at the other end."""

    @pytest.fixture
    def ready(self, dock, scene_layer, make_polygons, wait_for):
        dock.scene_page.set_layer(scene_layer)
        dock.mapping.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
        wait_for(lambda: dock.embed_page.cost.text())
        choose(dock.mapping.few_shot_page.way_box, MANY)
        dock.reveal(dock.mapping.fine_tuning.page)
        return dock

    @pytest.fixture
    def tuning(self, ready):
        return ready.mapping.fine_tuning

    def test_section_4_offers_both_ways(self, ready):
        page = ready.mapping.few_shot_page
        assert offered(page.way_box) == (FEW, MANY)
        assert ready.mapping.fine_tuning.page.button.isVisible()
        assert not page.button.isVisible()
        choose(page.way_box, FEW)
        assert page.button.isVisible()
        assert not ready.mapping.fine_tuning.page.button.isVisible()

    def test_a_run_is_shown_and_its_network_maps_the_scene(self, ready, tuning, wait_for, output_folder):
        page, model = tuning.page, output_folder / "My_scene_network.zip"
        page.epochs_box.setValue(3)
        page.button.click()
        assert not page.button.isEnabled()
        wait_for(lambda: page.view.map_button.isVisible())
        assert page.view.score_curve.points("held-out F1") == [(10, 0.5), (20, 0.8), (40, 0.75)]
        assert "Macro F1 0.80" in page.view.text.text()
        assert page.view.report_button.isVisible()
        assert not page.view.pause_button.isVisible()
        assert json.loads(model.read_text())["epochs"] == 3
        assert page.out_edit.filePath() == str(output_folder / "My_scene_network_2.zip")
        assert fine_tune_run.remembered(str(model), "auto") is None
        page.view.map_button.click()
        group = QgsProject.instance().layerTreeRoot().findGroup
        wait_for(lambda: group("MMEarth – My scene") is not None)
        assert ready.mapping.predict_page.model() == str(model)
        assert "Classes" in [node.name() for node in group("MMEarth – My scene").findLayers()]

    def test_paused_and_resumed(self, ready, tuning, wait_for, output_folder, scene_layer):
        page, scene_path = tuning.page, ready.scene_page.scene().path
        page.epochs_box.setValue(5)
        page.out_edit.setFilePath(str(output_folder / "slow.zip"))
        page.button.click()
        wait_for(lambda: page.view.text.text().startswith("Step 40 of at most 400"))
        page.view.pause_button.click()
        assert ready.runner.phase.text() == "Pausing…"
        wait_for(page.button.isEnabled)
        assert page.view.text.text().startswith("Paused after step 40. The best network so far is kept")
        assert page.resume_button.isVisible()
        assert [item.text() for item in ready._iface.bar.items()] == ["Paused."]
        # Under another name the child comes to an end; what was asked is found by the name.
        (output_folder / "slow_run").rename(output_folder / "again_run")
        request = fine_tune_run.remembered(str(output_folder / "slow.zip"), "auto")
        fine_tune_run.remember(replace(request, model=str(output_folder / "again.zip")))
        page.epochs_box.setValue(99)  # a run goes on as it was begun
        ready.scene_page.set_layer(None)
        page.out_edit.setFilePath(str(output_folder / "again.zip"))
        page.resume_button.click()
        wait_for(lambda: page.view.map_button.isVisible())
        sent = json.loads((output_folder / "again.zip").read_text())
        assert (sent["resume"], sent["epochs"], sent["scenes"]) == (True, 5, [scene_path])

    def test_cancelled(self, ready, tuning, wait_for, output_folder):
        page = tuning.page
        page.out_edit.setFilePath(str(output_folder / "slow.zip"))
        page.button.click()
        wait_for(lambda: page.view.text.text().startswith("Step 40"))
        ready.runner.cancel_button.click()
        wait_for(page.button.isEnabled)
        assert page.view.text.text().startswith("Stopped; saved after step 40. The best network so far is kept")
        page.view.map_button.click()  # what was best is of use, without going on
        wait_for(lambda: QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene") is not None)
        assert ready._iface.bar.items()[-1].text() == "Cancelled."

    def test_a_killed_run_is_offered_again(self, ready, tuning, wait_for, output_folder):
        page = tuning.page
        page.out_edit.setFilePath(str(output_folder / "slow.zip"))
        page.button.click()
        wait_for(lambda: (output_folder / "slow_run" / "checkpoint.json").exists())
        os.kill(ready.runner.backend.pid, signal.SIGKILL)
        wait_for(lambda: ready.runner.problem.text())
        assert page.resume_button.isVisible()
        assert page.resume_button.isEnabled()

    def test_a_run_that_fails_at_once_leaves_nothing_to_resume(self, ready, tuning, wait_for, output_folder):
        page = tuning.page
        page.out_edit.setFilePath(str(output_folder / "missing.zip"))
        page.button.click()
        wait_for(lambda: "12 are wanted" in ready.runner.problem.text())
        assert not page.resume_button.isVisible()
        assert fine_tune_run.remembered(str(output_folder / "missing.zip"), "auto") is None
        assert page.view.text.text() == "Stopped before anything was learned."

    def test_wholes_are_classified_once_the_user_has_said_which(self, ready, tuning, wait_for):
        choose(tuning.page.data.task_box, WHOLE_POLYGONS)
        tuning.page.button.click()
        wait_for(lambda: tuning.page.view.map_button.isVisible())
        wait_for(tuning.page.view.map_button.isEnabled)
        tuning.page.view.map_button.click()
        page = ready.mapping.predict_page
        assert not page.outputs.parcels_box.isHidden()
        assert not ready.runner.is_busy
        page.button.click()
        wait_for(lambda: QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene") is not None)
        (node,) = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene").findLayers()
        assert node.name() == "Classified polygons"
        assert node.layer().featureCount() == 2

    def test_all_of_it_fits_a_narrow_dock(self, ready, tuning, wait_for):
        page = tuning.page
        page.advanced.setCollapsed(False)
        content = ready.widget().findChild(type(ready.embed_page)).parentWidget()
        page.button.click()
        wait_for(lambda: page.view.map_button.isVisible())
        page.view.pause_button.show()
        page.resume_button.show()
        for task in offered(page.data.task_box):
            choose(page.data.task_box, task)
            assert content.minimumSizeHint().width() <= 310, task

    def test_a_run_that_qgis_took_with_it_is_told_at_the_next_start(self, ready, tuning, wait_for, output_folder):
        model = output_folder / "slow.zip"
        tuning.page.out_edit.setFilePath(str(model))
        tuning.page.button.click()
        wait_for(lambda: tuning.page.view.text.text().startswith("Step 40 of at most 400"))
        assert tuning.page.note.isHidden()
        tuning.close()
        later = FineTuning(ready.scene_page, ready.mapping.labels_page, ready.runner)
        assert not later.page.note.isHidden()
        text = later.page.note.text.text()
        assert text.startswith('Training "slow.zip" ended with QGIS; saved at step 40 of 400 (')
        assert later.page.resume_button.text() == "Resume last run, step 40"
        later.page.note.forget_button.click()
        assert later.page.note.isHidden()
        assert later.page.resume_button.isHidden()
        assert (output_folder / "slow_run" / "checkpoint.json").exists()
        later.page.note.resume.emit(str(model))
        assert "no longer known" in ready.runner.problem.text()
