"""The page Results on real layers with a child at the other end: runs, map, comparison, exports, repetition."""

import json
import os
import shutil
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers, results
from mmearth_qgis.mmearth_plugin.pages import export_box, results_page
from mmearth_qgis.mmearth_plugin.runs.score_comparison import comparison_text
from qgis.core import QgsCoordinateReferenceSystem, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QLineEdit

pytestmark = pytest.mark.qgis


class Setting:
    """A page Results with its runner, on the scene of the tests."""

    def __init__(self, iface, python):
        from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
        from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
        from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
        from mmearth_qgis.mmearth_plugin.runs.run_results import RunResults

        self.runner = JobRunner(iface.messageBar())
        self.runner.backend = BackendProcess(python, self.runner)
        self.scene_page = ScenePage(iface.mapCanvas())
        self.scene_page.set_layer(next(iter(QgsProject.instance().mapLayersByName("My scene")), None))
        self.source = self.scene_page.source_box.usable()
        self.results = RunResults(iface, self.scene_page, self.runner)
        self.page, self.history = self.results.page, self.results.history
        self.is_closed = False

    def run(self, request, wait_for):
        """Runs a request as the dock does: its layers go into the scene's group."""
        from mmearth_qgis.mmearth_plugin.runs import run_repeat

        def show(result):
            results.add_results(results.result_group(self.source), run_repeat.result_files(request, result))

        before = len(self.history.runs())
        self.runner.run(request, show)
        wait_for(lambda: not self.runner.is_busy)
        QTest.qWait(20)
        return self.history.runs()[0] if len(self.history.runs()) > before else None

    def names(self):
        """Returns the names of all rows."""
        rows = self.page.list
        return [rows.topLevelItem(i).text(0) for i in range(rows.topLevelItemCount())]

    def ask(self, action, run):
        """Chooses a run and asks for an action on it."""
        self.page.choose(run.id)
        self.page.ask(action)

    def close(self):
        """Ends everything."""
        if not self.is_closed:
            self.results.close()
        self.scene_page.close_tools()
        self.runner.backend.shutdown()
        for widget in (self.page, self.scene_page, self.runner):
            widget.deleteLater()


@pytest.fixture
def setting(iface, fake_backend, output_folder, scene_layer):
    from mmearth_qgis.mmearth_plugin import settings

    iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    iface.canvas.setExtent(scene_layer.extent())
    made = Setting(iface, settings.python())
    yield made
    made.close()


@pytest.fixture
def mapped(setting, tmp_path, make_raster, wait_for):
    """Returns a function that trains and maps: one run with a score, a class map and its confidence."""

    def run(name="first"):
        folder = tmp_path / name
        folder.mkdir()
        training = protocol.FewShotRequest((make_raster(),), make_raster("labels.tif"), str(folder / "model.zip"))
        setting.run(training, wait_for)
        out, confidence = str(folder / "classes.tif"), str(folder / "confidence.tif")
        setting.run(protocol.PredictRequest(make_raster(), out, training.model, confidence=confidence), wait_for)
        return setting.history.runs()[0]

    return run


def group():
    """Returns the groups of runs: name → names of the layers in it."""
    found = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
    return {one.name(): [node.name() for node in one.findLayers()] for one in found.findGroups()}


class TestList:
    def test_without_runs_the_page_says_what_will_be_there(self, setting):
        assert not setting.page.empty.isHidden()
        assert setting.page.list.isHidden() or setting.page.list.parentWidget().isHidden()
        assert "No runs yet" in setting.page.empty.text()

    def test_a_run_is_listed_with_its_score_and_its_layers_lie_in_its_group(self, setting, mapped):
        run = mapped()
        assert setting.page.empty.isHidden()
        assert setting.names() == [run.name]
        assert setting.page.list.topLevelItem(0).text(1) == "F1 0.91"
        assert "(0.85–0.95); raw bands 0.82" in setting.page.details.text()
        assert "My scene" in setting.page.details.text()
        assert group() == {run.name: ["Classes", "Confidence"]}

    def test_an_embedding_stays_beside_the_groups(self, setting, make_raster, tmp_path, wait_for):
        run = setting.run(protocol.EmbedRequest(make_raster(), str(tmp_path / "embedding.tif")), wait_for)
        assert run.verb == "embed"
        found = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
        assert [child.name() for child in found.children()] == ["Embedding"]

    def test_a_name_is_edited_in_place_and_the_group_follows(self, setting, mapped, wait_for):
        run = mapped()
        setting.page.list.topLevelItem(0).setText(0, 'Spring <b> "north"')
        wait_for(lambda: setting.history.run(run.id).name == 'Spring <b> "north"')
        assert list(group()) == ['Spring <b> "north"']
        setting.page.list.topLevelItem(0).setText(0, "  ")
        wait_for(lambda: setting.names() == ['Spring <b> "north"'])

    def test_deleted_files_are_told(self, setting, mapped):
        run = mapped()
        os.unlink(run.files["out"])
        setting.results.refresh()
        assert setting.page.list.topLevelItem(0).text(1) == "files missing"
        assert "classes.tif" in setting.page.details.text()
        assert not setting.page.show_button.isEnabled()
        assert results_page.REPEAT in setting.page.possible(run)

    def test_a_removed_run_comes_back_by_undo(self, setting, mapped):
        mapped()
        run = mapped("second")
        setting.ask(results_page.REMOVE, run)
        assert len(setting.names()) == 1
        assert Path(run.files["out"]).exists()
        assert run.name in setting.page.removed_text.text()
        setting.page.undo_button.click()
        assert setting.names()[0] == run.name
        assert setting.page.current_id() == run.id

    def test_the_menu_offers_what_is_possible(self, setting, mapped):
        run = mapped()
        setting.page._fill(setting.page.menu)
        offered = {action.text(): action.isEnabled() for action in setting.page.menu.actions() if action.text()}
        assert not offered["Compare with…"], "there is but one run"
        assert all(offered[text] for text in ("Show on map", "Open report", "Export…", "Repeat", "Remove from list"))
        assert run.name in setting.names()

    def test_fits_a_narrow_dock(self, setting, mapped):
        mapped()
        mapped("second")
        for action in (results_page.COMPARE, results_page.EXPORT):
            setting.ask(action, setting.history.runs()[0])
            setting.page.resize(300, 900)
            assert setting.page.minimumSizeHint().width() <= 300
            if os.environ.get("H6PNG"):
                setting.page.grab().save(os.environ["H6PNG"] + f"/results_{action}.png")

    def test_another_project_has_its_own_runs(self, setting, mapped):
        mapped()
        QgsProject.instance().clear()
        assert not setting.page.empty.isHidden()

    def test_nothing_is_heard_after_the_end(self, setting, mapped):
        mapped()
        setting.results.close()
        setting.is_closed = True
        setting.runner.finished_run.emit(protocol.EmbedRequest("/a", "/b"), {"out": "/b", "seconds": 1.0})
        QgsProject.instance().clear()
        assert len(setting.history.runs()) == 1


class TestMap:
    def test_an_earlier_run_is_shown_instead(self, setting, mapped, iface):
        first, second = mapped(), mapped("second")
        assert list(group()) == [second.name, first.name]
        setting.ask(results_page.SHOW, first)
        shown = [results.file_of(layer) for layer in QgsProject.instance().layerTreeRoot().checkedLayers()]
        assert first.files["out"] in shown
        assert second.files["out"] not in shown
        assert results.file_of(iface.active) == first.files["out"]

    def test_layers_that_were_removed_are_loaded_again(self, setting, mapped):
        run = mapped()
        root = QgsProject.instance().layerTreeRoot()
        root.removeChildNode(root.findGroup("MMEarth – My scene"))
        QApplication.processEvents()
        assert len(QgsProject.instance().mapLayers()) == 1
        setting.ask(results_page.SHOW, run)
        assert group() == {run.name: ["Classes", "Confidence"]}
        assert results.find_run_group(run.id).findLayers()[1].layer().opacity() == pytest.approx(0.5), "styled"

    def test_a_map_out_of_view_is_brought_into_view(self, setting, mapped, iface):
        run = mapped()
        iface.canvas.setExtent(type(iface.canvas.extent())(0, 0, 100, 100))
        setting.ask(results_page.SHOW, run)
        assert iface.canvas.extent().intersects(setting.source.extent)

    def test_a_report_that_is_gone_is_told(self, setting, mapped):
        run = mapped()
        shutil.rmtree(Path(run.report).parent)
        setting.ask(results_page.REPORT, run)
        assert "report.html" in setting.runner.problem.text()


class TestComparison:
    def test_scores_stand_side_by_side(self, setting, mapped):
        first, second = mapped(), mapped("second")
        setting.ask(results_page.COMPARE, second)
        assert setting.page.compare_box.chosen() == [first.id, second.id]
        text = setting.page.compare_box.scores.text()
        assert "Macro F1" in text
        assert "<td align='right'>0.91</td><td align='right'>0.91</td><td align='right'>0.00</td>" in text
        assert "Within noise" in text

    @pytest.mark.parametrize(
        ("one", "other", "words"),
        [
            ([0.85, 0.95], [0.6, 0.8], "More than noise"),
            ([0.85, 0.95], [0.7, 0.86], "Within noise"),
            (None, [0.7, 0.86], "not known"),
        ],
    )
    def test_intervals_say_whether_it_is_noise(self, setting, mapped, one, other, words):
        from dataclasses import replace

        run = mapped()
        runs = [replace(run, scores={"macro_f1": 0.8, "interval": interval}) for interval in (one, other)]
        assert words in comparison_text(*runs)

    def test_classes_are_compared_by_name(self, setting, mapped):
        from dataclasses import replace

        run = mapped()
        per_class = [[{"name": "A<b>", "f1": 0.5}, {"name": "B", "f1": 0.9}], [{"name": "A<b>", "f1": 0.75}]]
        runs = [replace(run, scores={"macro_f1": 0.8, "per_class": rows}) for rows in per_class]
        text = comparison_text(*runs)
        assert "A&lt;b&gt;</td><td align='right'>0.50</td><td align='right'>0.75</td><td align='right'>+0.25" in text
        assert ">B<" not in text

    def test_the_difference_becomes_a_map_and_a_sentence(self, setting, mapped, wait_for):
        mapped()
        second = mapped("second")
        setting.ask(results_page.COMPARE, second)
        box = setting.page.compare_box
        box.button.click()
        wait_for(lambda: not box.differences.isHidden())
        text = box.differences.text()
        assert "The same class on 75.0 % of 12 ha</b>; kappa 0.50" in text
        assert "Wood → Lake" in text
        assert "3 ha" in text
        assert "Sand" in text, "the warning"
        assert (Path(second.class_map).parent / "classes_to_classes.csv").exists()
        found = QgsProject.instance().layerTreeRoot().findGroup("MMEarth – My scene")
        assert found.children()[0].name() == "Differences 1 → 2"
        seen = [layer.name() for layer in QgsProject.instance().layerTreeRoot().checkedLayers()]
        assert seen == ["Differences 1 → 2", "My scene"], "no map hides the image where nothing differs"

    def test_a_map_that_is_gone_is_told(self, setting, mapped):
        first, second = mapped(), mapped("second")
        setting.ask(results_page.COMPARE, second)
        os.unlink(first.class_map)
        setting.page.compare_box.button.click()
        assert f'The map of "{first.name}" is gone' in setting.runner.problem.text()


class TestExport:
    @pytest.fixture
    def box(self, setting, mapped):
        setting.ask(results_page.EXPORT, mapped())
        return setting.page.export_box

    def choose(self, box, text):
        index = box.what_box.findText(text)
        assert index >= 0, [box.what_box.itemText(i) for i in range(box.what_box.count())]
        box.what_box.setCurrentIndex(index)

    def test_a_raster_is_asked_for_in_another_crs(self, setting, box, tmp_path, wait_for):
        sent = []
        setting.runner.finished_run.connect(lambda request, _result: sent.append(request))
        box.crs_box.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
        assert box.res_box.decimals() == 7
        box.res_box.setValue(0.0001)
        box.file_box.setFilePath(str(tmp_path / "export"))
        box.button.click()
        wait_for(lambda: "export.tif" in box.note.text())
        (request,) = sent
        assert (request.crs, request.res, Path(request.out).name) == ("EPSG:4326", 0.0001, "export.tif")
        assert request.source == setting.history.runs()[0].files["out"]
        assert len(setting.history.runs()) == 1, "an export is no run"

    def test_polygons_have_no_pixel_size(self, setting, box, tmp_path, wait_for):
        box.res_box.setValue(20)
        self.choose(box, "Class polygons")
        assert box.res_box.isHidden()
        assert box.res() == 0
        box.file_box.setFilePath(str(tmp_path / "areas.gpkg"))
        box.button.click()
        wait_for(lambda: "areas.gpkg" in box.note.text())

    def test_the_model_is_copied(self, setting, box, tmp_path, wait_for):
        self.choose(box, "Model")
        assert box.crs_box.isHidden()
        box.file_box.setFilePath(str(tmp_path / "copy.zip"))
        box.button.click()
        wait_for(lambda: "copy.zip" in box.note.text())
        assert (tmp_path / "copy.zip").read_bytes() == Path(setting.history.runs()[0].files["model"]).read_bytes()

    def test_figures_are_copied(self, setting, box, tmp_path, wait_for):
        report = Path(setting.history.runs()[0].report).parent
        for name in ("a.png", "b.png"):
            (report / name).write_text(name, encoding="utf-8")
        self.choose(box, "Figures of the report")
        box.file_box.setFilePath(str(tmp_path / "figures"))
        box.button.click()
        wait_for(lambda: "figures" in box.note.text())
        assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["a.png", "b.png"]

    def test_a_report_without_figures_says_so(self, setting, box, tmp_path):
        self.choose(box, "Figures of the report")
        box.file_box.setFilePath(str(tmp_path / "figures"))
        box.button.click()
        assert "has no figures" in setting.runner.problem.text()

    def test_the_request_file(self, setting, box, tmp_path):
        self.choose(box, "Request file")
        box.file_box.setFilePath(str(tmp_path / "again.json"))
        box.button.click()
        stored = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
        assert [one["verb"] for one in stored] == ["few_shot", "predict"]

    def test_nothing_replaces_itself(self, setting, box):
        run = setting.history.runs()[0]
        for what, role in (("Classes", "out"), ("Model", "model")):
            self.choose(box, what)
            box.file_box.setFilePath(run.files[role])
            box.button.click()
            assert "would replace itself" in setting.runner.problem.text()

    def test_without_a_file_it_says_so(self, setting, box):
        box.button.click()
        assert "No file is chosen" in setting.runner.problem.text()

    def test_a_deleted_source_is_told(self, setting, box, tmp_path):
        os.unlink(setting.history.runs()[0].files["out"])
        box.file_box.setFilePath(str(tmp_path / "export.tif"))
        box.button.click()
        assert "is gone" in setting.runner.problem.text()

    def test_a_place_that_cannot_be_written_is_told(self, setting, box, tmp_path, wait_for):
        self.choose(box, "Model")
        (tmp_path / "file").write_text("", encoding="utf-8")
        box.file_box.setFilePath(str(tmp_path / "file" / "copy.zip"))
        box.button.click()
        wait_for(lambda: setting.runner.problem.text())
        assert "could not be written" in setting.runner.problem.text()
        assert not setting.results.copies.is_busy

    def test_a_full_disk_is_told(self, setting, box, tmp_path, wait_for):
        box.file_box.setFilePath(str(tmp_path / "full.tif"))
        box.button.click()
        wait_for(lambda: setting.runner.problem.text())
        assert setting.runner.problem.text() == "The disk is full. Free some space."

    def test_a_layer_removed_while_exporting_harms_nothing(self, setting, box, tmp_path, wait_for):
        box.file_box.setFilePath(str(tmp_path / "export.tif"))
        box.button.click()
        QgsProject.instance().removeAllMapLayers()
        wait_for(lambda: "export.tif" in box.note.text())


class TestRepeat:
    def test_everything_runs_again_into_new_files(self, setting, mapped, wait_for, tmp_path):
        first = mapped()
        setting.ask(results_page.REPEAT, first)
        wait_for(lambda: len(setting.history.runs()) == 2 and not setting.runner.is_busy)
        QTest.qWait(20)
        second = setting.history.runs()[0]
        assert second.files == {
            "model": str(tmp_path / "first/model_2.zip"),
            "out": str(tmp_path / "first/classes_2.tif"),
            "confidence": str(tmp_path / "first/confidence_2.tif"),
        }
        assert second.requests[1]["model"] == second.files["model"]
        assert group() == {second.name: ["Classes", "Confidence"], first.name: ["Classes", "Confidence"]}

    def test_what_it_was_made_from_is_gone(self, setting, mapped):
        run = mapped()
        os.unlink(run.requests[1]["scene"])
        setting.ask(results_page.REPEAT, run)
        assert "scene.tif" in setting.runner.problem.text()
        assert not setting.runner.is_busy

    def test_the_request_is_copied(self, setting, mapped):
        run = mapped()
        setting.ask(results_page.COPY_REQUEST, run)
        assert json.loads(QApplication.clipboard().text()) == list(run.requests)


def test_the_keyboard_renames(setting, mapped, wait_for):
    run = mapped()
    setting.page.resize(300, 600)
    setting.page.show()
    setting.page.activateWindow()
    assert QTest.qWaitForWindowActive(setting.page)
    rows = setting.page.list
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_F2)
    editor = rows.viewport().findChild(QLineEdit)
    assert editor.text() == run.name
    QTest.keyClicks(editor, "Mine")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    wait_for(lambda: setting.history.run(run.id).name == "Mine")


def test_a_source_without_a_layer_has_a_group_of_its_own(setting, mapped, scene_layer):
    run = mapped()
    QgsProject.instance().removeAllMapLayers()
    source = setting.results._source(run)
    assert (source.name, source.layer_id) == ("My scene", "")
    assert isinstance(source, layers.Source)
    assert export_box.role_texts(run)["out"] == "Classes"
