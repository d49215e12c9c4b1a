"""Units on real Dask clusters: the same bytes, whatever becomes of the workers."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import distributed
import numpy as np
import pytest
from mmearth import embed, protocol
from mmearth.embedding import cluster
from mmearth.errors import Cancelled, InputError, ResourceError

WIDTH, HEIGHT, TILES = 200, 130, 12  # of 64 pixels


class Watcher:
    """A report that remembers what was logged and acts once, as soon as something was computed."""

    def __init__(self, act=None, at=1):
        self.act, self.at, self.logs = act, at, []

    def progress(self, phase, done, total):
        if phase == "Embedding" and done >= self.at and self.act:
            act, self.act = self.act, None
            act()

    def check(self):
        pass

    def log(self, message, level="info"):
        self.logs.append(message)


def at_work(client):
    """The address of a worker that computes."""
    return next(name for name, keys in client.processing().items() if keys)


@pytest.fixture(scope="module")
def workers():
    """Two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
    ) as running:
        yield running


@pytest.fixture
def client(workers):
    with distributed.Client(workers) as connected:
        connected.wait_for_workers(2)
        yield connected


@pytest.fixture
def slow(client):
    """Makes every unit of the workers take a while longer."""

    def patch(pause_s):
        import time

        from mmearth.embedding import embed_job

        compute = embed_job.__dict__.setdefault("compute_at_once", embed_job.EmbedJob.compute)

        def compute_slowly(*arguments):
            time.sleep(pause_s)
            return compute(*arguments)

        embed_job.EmbedJob.compute = compute_slowly

    client.run(patch, 0.3)
    yield
    client.run(patch, 0)


@pytest.fixture
def run(make_raster, tmp_path, tiny_weights):
    scene = make_raster(width=WIDTH, height=HEIGHT)

    def embed_scene(name, report=None, **options):
        options = {"weights": tiny_weights, "components": 8, "tile_px": 64, "cache": False, "threads": 1, **options}
        request = protocol.EmbedRequest(scene, str(tmp_path / name), device="cpu", **options)
        return embed.run(request, report or Watcher())

    return embed_scene


@pytest.fixture
def expected(run, tmp_path):
    """The bytes without a cluster."""
    assert run("alone.tif")["tiles"] == TILES
    return (tmp_path / "alone.tif").read_bytes()


def test_processes_of_this_machine_write_the_same_bytes(run, tmp_path, expected):
    result = run("out.tif", scheduler="local:2")
    assert (tmp_path / "out.tif").read_bytes() == expected
    assert (result["tiles"], result["tiles_resumed"]) == (TILES, 0)
    assert not (tmp_path / ".out.tif.units").exists()


def test_a_killed_worker_costs_its_unit_only(run, tmp_path, expected, workers, client, slow):
    processes = client.run(os.getpid)
    killed = []

    def kill_one_at_work():
        killed.append(processes[at_work(client)])
        os.kill(killed[0], signal.SIGKILL)

    report = Watcher(kill_one_at_work)
    result = run("out.tif", report, scheduler=workers.scheduler_address)
    assert (tmp_path / "out.tif").read_bytes() == expected
    assert result["tiles"] == TILES
    assert len(killed) == 1
    assert killed[0] not in client.run(os.getpid).values()
    assert report.logs.count("A worker was lost; its tile is computed again.") == 1


def test_a_unit_that_takes_workers_down_is_given_up_and_the_rest_is_kept(
    run, tmp_path, expected, workers, client, slow, monkeypatch
):
    monkeypatch.setattr(workers.scheduler, "allowed_failures", 0)
    processes = client.run(os.getpid)
    report = Watcher(lambda: os.kill(processes[at_work(client)], signal.SIGKILL))
    with pytest.raises(ResourceError, match="took several workers of 'tcp://.*' down.*more memory.*are kept"):
        run("out.tif", report, scheduler=workers.scheduler_address)
    result = run("out.tif")
    assert 0 < result["tiles_resumed"] < TILES
    assert (tmp_path / "out.tif").read_bytes() == expected


def test_a_cancel_takes_back_what_waits_and_keeps_what_is_done(run, tmp_path, expected, workers, client, slow):
    cancelled_s = []

    def cancel_now():
        cancelled_s.append(time.monotonic())
        raise Cancelled

    with pytest.raises(Cancelled):
        run("out.tif", Watcher(cancel_now), scheduler=workers.scheduler_address)
    assert time.monotonic() - cancelled_s[0] < 2  # a second on an idle machine
    for _ in range(50):
        if not any(client.processing().values()):
            break
        time.sleep(0.1)
    assert not any(client.processing().values())
    done = len(list((tmp_path / ".out.tif.units").glob("*.tif")))
    assert 0 < done < TILES
    result = run("out.tif", scheduler=workers.scheduler_address)
    assert result["tiles_resumed"] == done
    assert (tmp_path / "out.tif").read_bytes() == expected


def test_a_cancel_ends_processes_of_our_own_soon(run):
    cancelled_s = []

    def cancel_now():
        cancelled_s.append(time.monotonic())
        raise Cancelled

    with pytest.raises(Cancelled):
        run("out.tif", Watcher(cancel_now), scheduler="local:1")
    assert time.monotonic() - cancelled_s[0] < 3


def test_workers_use_the_calibration_that_was_kept(run, tmp_path, workers):
    """Each worker would otherwise measure the scene again; without it the bytes would be those of frozen statistics."""
    options = {"grn": "scene", "pca_from": "scene"}
    run("alone.tif", **options)
    run("frozen.tif")
    run("out.tif", scheduler=workers.scheduler_address, **options)
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "alone.tif").read_bytes()
    assert (tmp_path / "out.tif").read_bytes() != (tmp_path / "frozen.tif").read_bytes()


def test_a_worker_takes_as_many_threads_as_it_was_given(run, workers, client):
    def threads_of_torch():  # asked in a new thread: one that was asked before keeps its number
        from concurrent.futures import ThreadPoolExecutor

        import torch

        with ThreadPoolExecutor(1) as executor:
            return executor.submit(torch.get_num_threads).result()

    run("out.tif", scheduler=workers.scheduler_address, threads=3)
    assert 3 in client.run(threads_of_torch).values()
    run("out.tif", scheduler=workers.scheduler_address, threads=0)
    assert 1 in client.run(threads_of_torch).values()


def test_a_job_is_closed_at_its_end_and_files_that_changed_are_read_anew(run, tmp_path, make_raster, workers, client):
    def plugins(dask_worker):
        return [name for name in dask_worker.plugins if name.startswith("mmearth")]

    run("out.tif", scheduler=workers.scheduler_address)
    assert set(map(tuple, client.run(plugins).values())) == {()}
    make_raster(values=np.random.default_rng(1).integers(300, 3000, (12, HEIGHT, WIDTH)))
    run("other.tif", scheduler=workers.scheduler_address)
    run("alone.tif")
    assert (tmp_path / "other.tif").read_bytes() == (tmp_path / "alone.tif").read_bytes()


@pytest.mark.parametrize(
    ("module", "name", "value", "words"),
    [
        ("protocol", "BACKEND_VERSION", "0.0.9", "has .*another version of the backend.*the same version installed"),
        (
            "embedding.cluster_worker",
            "Path",
            lambda _: pathlib.Path("/nowhere"),
            "does not see '.*out.tif.units'.*the same files under the same paths",
        ),
    ],
)
def test_workers_that_would_do_another_job_are_refused(run, tmp_path, workers, client, module, name, value, words):
    def change(value):
        import importlib

        found = importlib.import_module(f"mmearth.{module}")
        before = getattr(found, name)
        setattr(found, name, value)
        return before

    (before, *_) = client.run(change, value).values()
    try:
        with pytest.raises(InputError, match=f"The worker tcp://.* {words}"):
            run("out.tif", scheduler=workers.scheduler_address)
    finally:
        client.run(change, before)
    assert not list((tmp_path / ".out.tif.units").glob("*.tif"))


@pytest.mark.parametrize("scheduler", ["somewhere", "local:", "local:two", "pigeon://host:1", "tcp://host:port"])
def test_what_names_no_scheduler_is_refused(run, tmp_path, scheduler):
    with pytest.raises(InputError, match=f"'{scheduler}' does not name a Dask scheduler.*tcp://host:8786, or local:4"):
        run("out.tif", scheduler=scheduler)


def test_a_scheduler_that_does_not_answer_is_named(run, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match="scheduler 'tcp://127.0.0.1:9' does not answer.*Start it, or check"):
        run("out.tif", scheduler="tcp://127.0.0.1:9")


def test_without_dask_the_sentence_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ResourceError, match="Dask is not installed.*Install 'distributed'"):
        run("out.tif", scheduler="local:2")


def test_a_cluster_without_workers_is_told_and_a_lost_scheduler_ends_the_wait(run, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "NO_WORKER_S", 0)
    file = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    with subprocess.Popen([*command, "--scheduler-file", str(file)], stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                if file.exists() and file.stat().st_size:
                    break
                time.sleep(0.1)
            report = Watcher()
            monkeypatch.setattr(report, "log", lambda message, level: (report.logs.append(message), process.kill()))
            with pytest.raises(ResourceError, match="was lost.*Start it again.*are kept"):
                run("out.tif", report, scheduler=json.loads(file.read_text())["address"])
            assert report.logs == ["The cluster has no workers yet; the tiles wait for them."]
        finally:
            process.kill()
