"""Training an encoder with a child at the other end: shown, cancelled, gone on with, found again at the next start."""

import json
import os
import signal
from dataclasses import dataclass
from datetime import date

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import layers, messages, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
from mmearth_qgis.mmearth_plugin.messages import InputError
from mmearth_qgis.mmearth_plugin.pages import adapt_page, pair_list, pretrain_page
from mmearth_qgis.mmearth_plugin.pages.scene_page import ScenePage
from mmearth_qgis.mmearth_plugin.training import started_trainings
from mmearth_qgis.mmearth_plugin.training.encoder_training import EncoderTraining
from mmearth_qgis.mmearth_plugin.training.started_trainings import CutOff
from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDockWidget, QVBoxLayout, QWidget

pytestmark = pytest.mark.qgis

PAGES = {"pretrain": pretrain_page.PretrainPage, "adapt": adapt_page.AdaptPage}
NAMES = {"pretrain": "My_scene_weights", "adapt": "My_scene_adapted"}
FIELDS = {"pretrain": "epochs", "adapt": "steps"}
STEPS = {"pretrain": 40, "adapt": 400}  # that the child tells of
only = {kind: pytest.mark.parametrize("kind", [kind]) for kind in PAGES}


def choose(box, data):
    index = box.findData(data)
    assert index >= 0
    box.setCurrentIndex(index)


@dataclass
class Panel:
    """The controller and what it works with, in a window as narrow as a dock."""

    scene_page: ScenePage
    runner: JobRunner
    training: EncoderTraining

    @property
    def page(self):
        return self.training.page

    @property
    def kind(self):
        return self.page.verb

    @property
    def number_box(self):
        return getattr(self.page, f"{FIELDS[self.kind]}_box")

    @property
    def at_the_last_step(self):
        return self.page.view.text.text().startswith("Step 40 of ")

    def end(self):
        """Does what the dock does when QGIS ends."""
        if self.runner.backend is not None:
            self.training.close()
            self.runner.close()
            self.runner.backend.shutdown()
            self.runner.backend = None
            self.scene_page.close_tools()


@pytest.fixture(params=list(PAGES))
def kind(request):
    return request.param


@pytest.fixture
def reference(make_raster):
    layer = QgsRasterLayer(make_raster("sentinel.tif"), "Sentinel")
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def make_panel(iface, fake_python, scene_layer, reference, output_folder, kind):
    """Returns a function that makes a page and its controller, as at a start of QGIS."""
    made = []

    def make():
        scene_page, runner = ScenePage(iface.canvas), JobRunner(iface.bar)
        scene_page.setParent(iface.window)  # beside what is tested
        runner.backend = BackendProcess(fake_python("normal"), runner)
        panel = Panel(scene_page, runner, EncoderTraining(PAGES[kind](), scene_page, runner))
        dock, content = QDockWidget(iface.window), QWidget()
        layout = QVBoxLayout(content)
        layout.addWidget(panel.page)
        layout.addWidget(runner)
        dock.setWidget(content)
        iface.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        iface.window.resize(900, 900)
        iface.window.show()
        scene_page.set_layer(scene_layer)
        if kind == "pretrain":
            panel.page.propose_out("My scene")
        else:
            panel.page.set_scene(layers.layer_source(scene_layer))
            panel.page.pairs.reference_box.setLayer(reference)
        made.append(panel)
        return panel

    yield make
    for panel in made:
        panel.end()
    QgsSettings().remove("mmearth")


@pytest.fixture
def panel(make_panel):
    return make_panel()


@pytest.fixture
def page(panel):
    return panel.page


@pytest.fixture
def waiting(panel, page, make_raster, output_folder):
    """The panel with a run that waits until an embedding has ended, which does not by itself."""
    output_folder.mkdir()
    slow = protocol.EmbedRequest(scene=make_raster("slow.tif"), out=str(output_folder / "o.tif"))
    panel.runner.run(slow, lambda result: None)
    page.button.click()
    return panel


class TestShown:
    """What a run tells, and what comes of it."""

    @only["pretrain"]
    def test_a_pretraining_shows_losses(self, page, wait_for, output_folder):
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        assert page.view.curve.points("landcover") == [(10, 2.0), (20, 1.0), (40, 0.5)]
        assert page.view.text.text() == "<b>My_scene_weights</b>: 40 steps in 61 s, final loss 0.75"

    @only["adapt"]
    def test_an_adaptation_shows_agreement_and_warnings(self, panel, page, wait_for, monkeypatch):
        logged = []
        monkeypatch.setattr(messages, "log", lambda text, *_level: logged.append(text))
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        assert page.view.loss_curve.points("distill") == [(10, 1.0), (20, 0.5), (40, 0.25)]
        assert page.view.score_curve.points("retrieval") == [(10, 0.1), (20, 0.4), (40, 0.6)]
        assert "agree well" in page.view.text.text()
        assert "shifted by 1.4" in page.view.warnings.text()
        assert len([text for text in logged if "shifted by 1.4" in text]) == 2  # as it ran, and of its result

    @only["adapt"]
    def test_bands_that_were_chosen_are_sent(self, panel, page, wait_for, output_folder):
        panel.scene_page._chosen_bands = {"B4": 1}
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        sent = json.loads((output_folder / "My_scene_adapted.safetensors").read_text())
        assert (sent["target_bands"], sent["bands"]) == ({"B4": 1}, {})

    def test_its_weights_are_used(self, panel, page, kind, wait_for, output_folder):
        out = output_folder / f"{NAMES[kind]}.safetensors"
        panel.number_box.setValue(3)
        page.button.click()
        assert not page.button.isEnabled()
        wait_for(lambda: page.view.use_button.isVisible())
        assert panel.runner.problem.text() == ""
        assert json.loads(out.read_text())[FIELDS[kind]] == 3
        assert page.button.isEnabled()
        assert page.out_edit.filePath() == str(output_folder / f"{NAMES[kind]}_2.safetensors")
        assert json.loads(settings.started_trainings()) == []
        used = []
        page.use_weights.connect(used.append)
        page.view.use_button.click()
        assert used == [str(out)]

    @only["pretrain"]
    def test_a_run_needs_the_scene_only_if_it_is_the_data(self, panel, page, make_raster, wait_for):
        panel.scene_page.set_layer(None)
        page.button.click()
        assert "No raster layer is chosen" in panel.runner.problem.text()
        choose(page.data_box, pretrain_page.RASTERS)
        page.files_edit.setFilePath(make_raster("a.tif"))
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        assert panel.runner.problem.text() == ""

    def test_the_page_shows_only_what_belongs_there(self, page, kind):
        fields = {"pretrain": ("files_edit", "folder_edit", "start_edit"), "adapt": ("weights_edit",)}[kind]
        assert page.button.isVisible()
        assert page.out_edit.isVisible()
        hidden = (page.resume_button, page.view, page.note, *(getattr(page, name) for name in fields))
        assert not any(widget.isVisible() for widget in hidden)

    def test_all_of_it_fits_a_narrow_dock(self, page, kind, make_raster, wait_for):
        name = "a drone flight with a name that is longer than the dock is wide"
        QgsProject.instance().addMapLayer(QgsRasterLayer(make_raster(f"{name}.tif"), name))
        page.advanced.setCollapsed(False)
        if kind == "adapt":
            page.pairs.add_button.click()
        page.button.click()
        wait_for(lambda: page.view.use_button.isVisible())
        page.note.show_latest([CutOff("/a/name_that_is_longer_than_the_dock_is_wide.safetensors", 40, 400, 1e9)])
        page.resume_button.show()
        assert page.minimumSizeHint().width() <= 300
        if kind == "adapt":
            choose(page.pairs.how_box, pair_list.MADE)
            choose(page.weights_box, adapt_page.OTHER)
            assert page.minimumSizeHint().width() <= 300


class TestStopped:
    """A run that was cancelled, failed or never had its turn."""

    def test_cancelled_and_gone_on_with_as_it_was_begun(self, panel, page, kind, wait_for, output_folder):
        scene_path = panel.scene_page.scene().path
        panel.number_box.setValue(5)
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: panel.at_the_last_step)
        assert not page.resume_button.isEnabled()
        panel.runner.cancel_button.click()
        wait_for(page.button.isEnabled)
        kept = {"pretrain": "", "adapt": " The best weights so far are kept."}[kind]
        assert page.view.text.text() == f"Stopped; saved after step 40.{kept}"
        assert page.view.use_button.isVisible() == bool(kept)
        assert page.resume_button.isVisible()
        assert panel.runner.problem.text() == ""
        with pytest.raises(InputError, match="stopped after step 40"):
            page.ask(panel.scene_page, False)
        (output_folder / "slow_run").rename(output_folder / "again_run")  # under this name the child comes to an end
        panel.number_box.setValue(99)
        panel.scene_page.set_layer(None)
        page.out_edit.setFilePath(str(output_folder / "again.safetensors"))
        page.resume_button.click()
        wait_for(lambda: (output_folder / "again.safetensors").exists() and page.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        data = sent["data" if kind == "pretrain" else "targets"]
        assert (sent["resume"], sent[FIELDS[kind]], data) == (True, 5, [scene_path])

    def test_a_killed_run_is_offered_again(self, panel, page, wait_for, output_folder):
        page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        page.button.click()
        wait_for(lambda: (output_folder / "slow_run" / "checkpoint.json").exists())
        os.kill(panel.runner.backend.pid, signal.SIGKILL)
        wait_for(lambda: panel.runner.problem.text())
        assert page.resume_button.isVisible()
        assert page.resume_button.isEnabled()
        assert page.view.text.text().startswith("Stopped; saved after step 40.")

    def test_a_run_that_fails_at_once_leaves_nothing(self, panel, page, wait_for, output_folder):
        page.out_edit.setFilePath(str(output_folder / "missing.safetensors"))
        page.button.click()
        assert (output_folder / "missing_run").is_dir()
        wait_for(lambda: "12 are wanted" in panel.runner.problem.text())
        assert not (output_folder / "missing_run").exists()
        assert not page.resume_button.isVisible()
        assert not page.view.use_button.isVisible()

    def test_a_run_that_waits_begins_when_its_turn_has_come(self, waiting, page, wait_for):
        assert not page.view.isVisible()
        assert not page.button.isEnabled()
        assert waiting.runner.queue.button.text() == "1 waiting"
        waiting.runner.cancel_button.click()
        wait_for(lambda: page.view.use_button.isVisible())

    def test_a_run_taken_out_of_the_queue_leaves_nothing(self, waiting, page, kind, wait_for, output_folder):
        assert (output_folder / f"{NAMES[kind]}_run").is_dir()
        waiting.runner.cancel_all()
        wait_for(lambda: not waiting.runner.is_busy)
        assert page.button.isEnabled()
        assert not page.view.isVisible()
        assert not (output_folder / f"{NAMES[kind]}_run").exists()

    @only["adapt"]
    def test_what_another_job_writes_keeps_its_request(self, panel, page, wait_for, output_folder):
        out, asked = output_folder / "slow.safetensors", output_folder / "slow_run" / "request.json"
        other = EncoderTraining(pretrain_page.PretrainPage(), panel.scene_page, panel.runner)
        for its in (other.page, page):
            its.out_edit.setFilePath(str(out))
            its.button.click()
        assert "is being written by a job" in panel.runner.problem.text()
        assert page.button.isEnabled()
        assert json.loads(asked.read_text())["verb"] == "pretrain"
        wait_for(lambda: other.page.view.text.text() == "Step 40 of 40")
        other.close()


class TestCutOff:
    """A training that QGIS took with it."""

    @pytest.fixture
    def after(self, make_panel, output_folder, wait_for):
        """The panel of the next start."""
        before = make_panel()
        before.number_box.setValue(7)
        before.page.out_edit.setFilePath(str(output_folder / "slow.safetensors"))
        before.page.button.click()
        wait_for(lambda: (output_folder / "slow_run" / "checkpoint.json").exists())
        wait_for(lambda: before.at_the_last_step)
        assert not before.page.note.isVisible()
        before.end()
        return make_panel()

    @pytest.fixture
    def note(self, after):
        return after.page.note

    def test_it_is_told_at_the_next_start(self, note, kind):
        assert not note.isHidden()
        text = note.text.text()
        assert text.startswith(f'Training "slow.safetensors" ended with QGIS; saved at step 40 of {STEPS[kind]} (')
        assert str(date.today().year)[2:] in text

    def test_it_goes_on_as_it_was_begun(self, after, note, kind, output_folder, wait_for):
        (output_folder / "slow_run").rename(output_folder / "again_run")  # under this name the child comes to an end
        started_trainings.begin(kind, str(output_folder / "again.safetensors"), 0.0)
        started_trainings.leave(str(output_folder / "again.safetensors"))
        note.show_latest(started_trainings.cut_off(kind))
        note.resume_button.click()
        wait_for(lambda: after.page.view.use_button.isVisible())
        sent = json.loads((output_folder / "again.safetensors").read_text())
        assert (sent["resume"], sent[FIELDS[kind]]) == (True, 7)
        assert note.isHidden()

    def test_it_is_forgotten_but_what_was_saved_stays(self, note, kind, output_folder):
        note.forget_button.click()
        assert note.isHidden()
        assert (output_folder / "slow_run" / "checkpoint.json").exists()
        assert (output_folder / "slow_run" / "request.json").exists()
        assert started_trainings.cut_off(kind) == []

    def test_forgotten_it_leaves_nothing_where_nothing_was_saved(self, note, kind, output_folder):
        for name in ("checkpoint.json", "checkpoint.safetensors"):
            (output_folder / "slow_run" / name).unlink()
        note.forget_button.click()
        assert not (output_folder / "slow_run").exists()

    def test_what_cannot_be_resumed_is_said(self, after, note, output_folder):
        (output_folder / "slow_run" / "request.json").unlink()
        note.resume_button.click()
        assert "no longer in its folder" in after.runner.problem.text()

    def test_nothing_saved(self, after, note, output_folder):
        (output_folder / "slow_run" / "checkpoint.json").unlink()
        after.training._show_cut_off()
        assert "ended with QGIS before anything was saved" in note.text.text()
        assert note.resume_button.isHidden()
        assert not note.forget_button.isHidden()

    def test_it_is_told_on_the_page_of_its_kind_alone(self, after, kind):
        other = {"pretrain": "adapt", "adapt": "pretrain"}[kind]
        assert started_trainings.cut_off(other) == []
        assert len(started_trainings.cut_off(kind)) == 1

    @pytest.mark.parametrize("how", ["finished", "removed"])
    def test_what_came_to_an_end_after_all_is_not_told(self, after, kind, output_folder, how):
        if how == "finished":
            (output_folder / "slow.safetensors").touch()
            os.utime(output_folder / "slow.safetensors", (4e9, 4e9))
        else:
            (output_folder / "slow_run").rename(output_folder / "elsewhere")
        assert started_trainings.cut_off(kind) == []

    def test_what_another_qgis_trains_is_not_told(self, after, kind):
        entries = json.loads(settings.started_trainings())
        settings.set_started_trainings(json.dumps([{**entry, "process": os.getppid()} for entry in entries]))
        assert started_trainings.cut_off(kind) == []


@pytest.mark.parametrize("text", ["", "{", "3", "[3]", '[{"out": "x"}]'])
def test_damaged_settings_are_nothing(qgis_app, text):
    settings.set_started_trainings(text)
    assert started_trainings.cut_off(started_trainings.PRETRAIN) == []
    QgsSettings().remove("mmearth")
