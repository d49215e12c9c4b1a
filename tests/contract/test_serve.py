"""The real child process over real pipes."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from mmearth import protocol

BACKEND = Path(__file__).resolve().parents[2] / "backend"


class Child:
    """A running backend whose events are read by a thread."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mmearth", "serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.events = queue.Queue()
        self.errors = []
        self.readers = [threading.Thread(target=self._read), threading.Thread(target=self._drain)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def _drain(self):
        self.errors.extend(self.process.stderr)

    def send(self, message):
        self.process.stdin.write(protocol.encode(message))
        self.process.stdin.flush()

    def event(self, timeout_s=60):
        return self.events.get(timeout=timeout_s)

    def answer(self, request_id, timeout_s=120):
        """Returns (events before the end, terminal event) of one request."""
        before = []
        while True:
            event = self.event(timeout_s)
            if event["event"] in protocol.TERMINAL_EVENTS and event["id"] == request_id:
                return before, event
            before.append(event)

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=20)
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def child():
    running = Child()
    assert running.event()["event"] == "hello"
    yield running
    running.close()


def write_scene(path, side=96):
    values = np.random.default_rng(0).integers(300, 3000, (12, side, side)).astype("uint16")
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=12, dtype="uint16", crs="EPSG:32632",
        transform=Affine(10, 0, 600000, 0, -10, 5200000), tiled=True, blockxsize=256, blockysize=256,
    ) as dataset:  # fmt: skip
        dataset.write(values)
    return str(path)


def test_hello_says_version_and_device_and_the_end_of_input_ends_the_child():
    child = Child()
    hello = child.event()
    assert hello["event"] == "hello"
    assert hello["protocol"] == protocol.PROTOCOL_VERSION
    assert hello["versions"]["torch"]
    assert [device["id"] for device in hello["devices"]][-1] == "cpu"
    assert child.close() == 0


def test_a_job_ends_with_one_result_and_a_file(child, tmp_path):
    scene, out = write_scene(tmp_path / "scene.tif"), str(tmp_path / "out.tif")
    child.send(protocol.request_to_json("a", protocol.EmbedRequest(scene, out, stages=(0, 1), components=8)))
    before, end = child.answer("a")
    assert end["event"] == "result"
    assert {event["id"] for event in before} == {"a"}
    assert any(event["event"] == "progress" and event["phase"] == "Embedding" for event in before)
    with rasterio.open(end["result"]["out"]) as dataset:
        assert (dataset.count, dataset.width, dataset.crs.to_epsg()) == (8, 96, 32632)
        assert (dataset.dtypes[0], dataset.nodata) == ("int8", -128)


def test_a_bad_request_is_answered_and_the_next_one_works(child, tmp_path):
    child.send({"id": "1", "verb": "dance"})
    assert child.answer("1")[1]["code"] == "protocol"
    child.process.stdin.write("this is not JSON\n")
    child.process.stdin.flush()
    assert child.answer("")[1]["code"] == "protocol"
    child.send(protocol.request_to_json("2", protocol.DescribeRequest(str(tmp_path / "none.tif"))))
    end = child.answer("2")[1]
    assert (end["code"], "There is no file" in end["message"], bool(end["remedy"])) == ("input", True, True)
    child.send(protocol.request_to_json("3", protocol.DescribeRequest(write_scene(tmp_path / "s.tif"))))
    assert child.answer("3")[1]["result"]["mapping"]["B8A"] == 9


def test_cancel_works_within_a_second_and_keeps_what_is_done(child, tmp_path):
    scene, out = write_scene(tmp_path / "scene.tif", 512), tmp_path / "out.tif"
    child.send(protocol.request_to_json("a", protocol.EmbedRequest(scene, str(out), tile_px=64)))
    while not ((event := child.event())["event"] == "progress" and event["done"] > 0):
        pass
    started_s = time.monotonic()
    child.send(protocol.cancel_message("a"))
    before, end = child.answer("a")
    assert end["event"] == "cancelled"
    waited_s = time.monotonic() - started_s
    assert "The tiles that are done are kept" in [event for event in before if event["event"] == "log"][-1]["message"]
    assert sorted(item.name for item in tmp_path.iterdir()) == [".out.tif.units", "scene.tif"]
    assert waited_s < 3  # a second on an idle machine; test machines are shared


def test_cancel_in_the_first_tile_leaves_nothing(child, tmp_path):
    scene, out = write_scene(tmp_path / "scene.tif", 1500), tmp_path / "out.tif"
    child.send(protocol.request_to_json("a", protocol.EmbedRequest(scene, str(out))))
    while child.event()["event"] != "progress":
        pass
    time.sleep(1)
    child.send(protocol.cancel_message("a"))
    assert child.answer("a")[1]["event"] == "cancelled"
    assert [item.name for item in tmp_path.iterdir()] == ["scene.tif"]


def test_cancel_without_resume_leaves_nothing(child, tmp_path):
    scene, out = write_scene(tmp_path / "scene.tif", 512), tmp_path / "out.tif"
    child.send(protocol.request_to_json("a", protocol.EmbedRequest(scene, str(out), tile_px=64, resume=False)))
    while not ((event := child.event())["event"] == "progress" and event["done"] > 0):
        pass
    child.send(protocol.cancel_message("a"))
    assert child.answer("a")[1]["event"] == "cancelled"
    assert [item.name for item in tmp_path.iterdir()] == ["scene.tif"]


def test_terminate_in_the_middle_of_a_job_keeps_whole_tiles_and_the_next_child_goes_on(tmp_path):
    child = Child()
    child.event()
    scene, out = write_scene(tmp_path / "scene.tif", 256), tmp_path / "out.tif"
    request = protocol.EmbedRequest(scene, str(out), tile_px=64, stages=(0, 1), components=8)
    child.send(protocol.request_to_json("a", request))
    units = tmp_path / ".out.tif.units"
    while not list(units.glob("*.tif")):
        time.sleep(0.01)
    child.process.terminate()
    assert child.close() == 130
    kept = len(list(units.glob("*.tif")))
    assert 0 < kept < 16
    assert not out.exists()
    child = Child()
    child.event()
    child.send(protocol.request_to_json("a", request))
    result = child.answer("a")[1]["result"]
    child.close()
    assert (result["tiles"], result["tiles_resumed"]) == (16, kept)
    with rasterio.open(out) as dataset:
        assert (dataset.dtypes[0], dataset.nodata, dataset.width) == ("int8", -128, 256)
        assert (dataset.read(1) != -128).all()
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.qml", "out.tif", "scene.tif"]


def test_a_native_print_to_descriptor_1_cannot_corrupt_the_protocol(tmp_path):
    code = (
        "import os, sys\n"
        "from mmearth.serve import protocol_pipe\n"
        "with protocol_pipe() as pipe:\n"
        "    os.write(1, b'noise from a library\\n')\n"
        "    print('noise from Python')\n"
        "    pipe.write('{}\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(BACKEND)}, capture_output=True, text=True
    )
    assert done.stdout == "{}\n"
    assert "noise from a library" in done.stderr
    assert "noise from Python" in done.stderr
