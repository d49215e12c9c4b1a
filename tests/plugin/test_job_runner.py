"""Long jobs at the foot of the dock: their order, their ends, and what becomes of results nobody waits for."""

import os
import signal
import time
from pathlib import Path

import pytest
from mmearth_qgis.backend.mmearth import protocol
from mmearth_qgis.mmearth_plugin import messages, settings
from mmearth_qgis.mmearth_plugin.backend_process import BackendProcess
from mmearth_qgis.mmearth_plugin.jobs import job_runner
from mmearth_qgis.mmearth_plugin.jobs.job_runner import JobRunner
from mmearth_qgis.mmearth_plugin.messages import InputError
from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLabel, QToolButton, QVBoxLayout

pytestmark = pytest.mark.qgis


@pytest.fixture
def runner(iface, fake_python):
    runner = JobRunner(iface.bar)
    runner.backend = BackendProcess(fake_python("normal"), runner)
    QVBoxLayout(iface.window.centralWidget()).addWidget(runner)
    iface.window.resize(320, 400)
    iface.window.show()
    yield runner
    runner.close()
    runner.backend.shutdown()
    QgsSettings().remove("mmearth")


@pytest.fixture
def embed(runner, make_raster, tmp_path):
    """Returns a function that has a raster embedded, by its name; "slow…" takes until it is cancelled."""
    shown = []

    def start(name, show=None, **more):
        request = protocol.EmbedRequest(scene=make_raster(f"{name}.tif"), out=str(tmp_path / f"{name}_out.tif"))
        runner.run(request, show or (lambda result: shown.append(Path(result["out"]).stem)), **more)

    start.shown = shown
    return start


def notices(runner):
    return [item.text() for item in runner._messages.items()]


def waiting(runner):
    QTest.qWait(10)  # Qt shows what was added to a layout when it is idle
    return [label.text() for label in runner.queue.findChildren(QLabel) if label.isVisible()]


def runs(runner):
    return "" if runner.request is None else Path(runner.request.scene).stem


def test_jobs_run_one_after_another_in_the_order_they_came(runner, embed, wait_for):
    heard = []
    runner.busy.connect(heard.append)
    runner.finished_run.connect(lambda request, result: heard.append(Path(request.scene).stem))
    for name in ("a", "b", "c"):
        embed(name)
    assert runs(runner) == "a"
    assert runner.queue.button.text() == "2 waiting"
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == ["a_out", "b_out", "c_out"]
    assert heard == [True, "a", "b", False, "c"]
    assert not runner.queue.isVisible()


def test_waiting_jobs_are_listed_and_can_be_taken_out(runner, embed, wait_for):
    embed("slow_1")
    for name in ("a", "b", "c"):
        embed(name)
    QTest.mouseClick(runner.queue.button, Qt.MouseButton.LeftButton)
    assert waiting(runner) == ["Embedding: a.tif", "Embedding: b.tif", "Embedding: c.tif"]
    remove = {b.accessibleName(): b for b in runner.queue.findChildren(QToolButton) if b.isVisible()}
    QTest.mouseClick(remove['Take "Embedding: b.tif" out of the queue'], Qt.MouseButton.LeftButton)
    assert waiting(runner) == ["Embedding: a.tif", "Embedding: c.tif"]
    assert runs(runner) == "slow_1"
    runner.cancel_button.click()
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == ["a_out", "c_out"]
    assert notices(runner) == ["Cancelled."]


def test_it_says_what_runs_or_waits_and_when_that_changes(runner, embed, wait_for):
    seen = []
    runner.changed.connect(lambda: seen.append(runner.has(protocol.EmbedRequest)))
    assert not runner.has(protocol.EmbedRequest)
    embed("slow_1")
    assert seen[-1]
    assert not runner.has(protocol.PredictRequest)
    embed("a")
    seen.clear()
    runner.cancel_all()
    wait_for(lambda: not runner.is_busy)
    assert (seen[0], seen[-1]) == (True, False)


def test_what_a_result_asks_for_goes_before_what_waits(runner, embed, wait_for):
    order = []

    def train(_result):
        for name in ("map_1", "map_2"):
            embed(name, lambda _result, name=name: order.append(name))
        order.append("trained")

    embed("model", train)
    embed("other", lambda _result: order.append("other"))
    wait_for(lambda: not runner.is_busy)
    assert order == ["trained", "map_1", "map_2", "other"]


def test_cancel_takes_less_than_a_second_and_the_next_job_starts(runner, embed, wait_for, fake_python):
    runner.backend = BackendProcess(fake_python("stubborn"), runner)  # hears no cancel
    embed("a")
    wait_for(lambda: runner.backend.hello is not None and runner.backend._running is not None)
    embed("b")
    started_s = time.monotonic()
    runner.cancel_button.click()
    wait_for(lambda: runs(runner) == "b")
    assert time.monotonic() - started_s < 2.0  # 0.8 s on an idle machine; test machines are shared
    runner.backend.shutdown(100)


def test_cancel_all_leaves_nothing(runner, embed, wait_for, tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    embed("slow_1")
    embed("a", folder=folder)
    runner.cancel_all_action.trigger()
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == []
    assert not folder.exists()


def test_after_a_crash_the_queue_goes_on(runner, embed, wait_for):
    failed = []
    runner.failed_run.connect(lambda request, sentence: failed.append((Path(request.scene).stem, sentence)))
    embed("slow_1")
    embed("a")
    wait_for(lambda: runner.phase.text() == "Encoding")
    os.kill(runner.backend.pid, signal.SIGKILL)
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == ["a_out"]
    assert [name for name, _sentence in failed] == ["slow_1"]
    assert "ended in the middle of the work" in failed[0][1]
    assert runner.problem.text() == failed[0][1]


def test_a_python_that_is_none_fails_all_that_waits_once_each(runner, embed, wait_for):
    runner.backend = BackendProcess("/nowhere/python", runner)
    failed = []
    runner.failed_run.connect(lambda request, _sentence: failed.append(Path(request.scene).stem))
    for name in ("a", "b", "c"):
        embed(name)
    wait_for(lambda: not runner.is_busy)
    assert failed == ["a", "b", "c"]
    assert "cannot be started" in runner.problem.text()


def test_two_jobs_do_not_write_the_same_file(runner, embed, wait_for):
    embed("slow_1")
    runner.guarded(lambda: embed("slow_1"))
    assert '"slow_1_out.tif" is being written' in runner.problem.text()
    embed("a")
    with pytest.raises(InputError, match="a_out.tif"):
        embed("a")
    runner.cancel_all()
    wait_for(lambda: not runner.is_busy)
    embed("a")
    wait_for(lambda: embed.shown == ["a_out"])


def test_a_project_that_is_closed_meanwhile_is_told_where_the_result_lies(runner, embed, wait_for, tmp_path):
    finished = []
    runner.finished_run.connect(lambda request, _result: finished.append(Path(request.scene).stem))
    embed("slow_1")
    embed("a")
    QgsProject.instance().clear()
    runner.cancel_button.click()
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == []
    (told,) = [text for text in notices(runner) if "project" in text]
    assert told == (
        f"Embedding: a.tif: done, but its project was closed meanwhile. The result is in {tmp_path / 'a_out.tif'}"
    )
    assert (tmp_path / "a_out.tif").exists()
    embed("b")  # of the new project
    wait_for(lambda: embed.shown == ["b_out"])
    assert finished == ["b"]


def test_a_layer_that_is_gone_when_its_result_comes(runner, embed, wait_for, make_raster, tmp_path):
    layer = QgsRasterLayer(make_raster("scene.tif"), "scene")
    QgsProject.instance().addMapLayer(layer)
    embed("a", lambda _result: layer.setName("embedded"))
    embed("b")
    QgsProject.instance().removeMapLayer(layer.id())
    wait_for(lambda: not runner.is_busy)
    assert embed.shown == ["b_out"]
    (told,) = notices(runner)
    assert "a layer that it belongs to was removed meanwhile" in told
    assert str(tmp_path / "a_out.tif") in told


def test_a_result_that_cannot_be_used_does_not_stop_the_queue(runner, embed, wait_for):
    def refuse(_result):
        raise InputError("The result could not be loaded.")

    embed("a", refuse)
    embed("b")
    wait_for(lambda: not runner.is_busy)
    assert runner.problem.text() == "The result could not be loaded."
    assert embed.shown == ["b_out"]


def test_another_backend_ends_what_the_old_one_did(runner, embed, wait_for):
    cancelled, busy = [], []
    runner.busy.connect(busy.append)
    embed("slow_1", watch=lambda job: job.cancelled.connect(lambda: cancelled.append(1)))
    embed("a", watch=lambda job: job.cancelled.connect(lambda: cancelled.append(2)))
    wait_for(lambda: runner.phase.text() == "Encoding")
    runner.forget_jobs()
    assert sorted(cancelled) == [1, 2]
    assert busy == [True, False]
    assert not runner.is_busy


def test_a_watcher_hears_when_the_turn_of_its_job_has_come(runner, embed, wait_for):
    heard = []
    embed("slow_1")
    embed("a", watch=lambda job: job.started.connect(lambda: heard.append("started")))
    assert heard == []
    runner.cancel_button.click()
    wait_for(lambda: embed.shown == ["a_out"])
    assert heard == ["started"]


@pytest.mark.parametrize(("wanted", "seconds", "alerts"), [(True, 0.0, 1), (False, 0.0, 0), (True, 60.0, 0)])
def test_a_user_who_is_elsewhere_is_told_after_a_long_job(
    runner, embed, wait_for, monkeypatch, iface, wanted, seconds, alerts
):
    alerted = []
    monkeypatch.setattr(job_runner, "_LONG_S", seconds)
    monkeypatch.setattr(job_runner.QApplication, "alert", alerted.append)
    state = Qt.ApplicationState.ApplicationInactive
    monkeypatch.setattr(job_runner.QApplication, "applicationState", lambda: state)
    settings.set_notifications(wanted)
    embed("a")
    wait_for(lambda: embed.shown)
    wait_for(lambda: not runner.is_busy)
    assert alerted == [iface.window] * alerts


def test_the_log_has_what_was_asked_and_what_came(runner, embed, wait_for):
    embed("a")
    wait_for(lambda: not runner.is_busy)
    text = "\n".join(messages.latest_lines())
    assert 'embed {"scene": "' in text
    assert "a_out.tif" in text
    assert '"pixels": 200' in text
    versions = f"Backend {protocol.BACKEND_VERSION}, protocol {protocol.PROTOCOL_VERSION}: torch fake"
    assert f"{versions}; devices: CPU (fake)" in text


def test_every_request_has_a_name():
    for request, name in (
        (protocol.EmbedRequest(scene="/a/b.tif\n/a/c.tif", out="/a/o.tif"), "Embedding: b.tif"),
        (protocol.ClusterRequest(embedding="/a/e.tif", out="/a/o.tif"), "Clusters: e.tif"),
        (protocol.CacheRequest(), "Cache"),
    ):
        assert messages.job_name(request) == name


def test_it_fits_a_narrow_dock(runner, embed, wait_for):
    embed("slow_with_a_name_that_is_much_longer_than_any_dock_is_wide_in_any_language")
    embed("another_name_that_is_much_longer_than_any_dock_is_wide_in_any_language")
    runner.queue.button.click()
    QTest.qWait(20)
    assert runner.minimumSizeHint().width() <= 300
    runner.cancel_all()
    wait_for(lambda: not runner.is_busy)
