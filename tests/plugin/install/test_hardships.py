"""What a machine does to an installation: a full disk, a read-only home, kill -9 at any moment, a slow network.

Takes minutes and mounts file systems: `make test-install` runs it, as root.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.qgis,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("MMEARTH_TEST_INSTALL"), reason="make test-install asks for it"),
]

PYTHON = Path(__file__).resolve().parents[3] / ".venv" / "bin" / "python"
CHILD = Path(__file__).with_name("install_child.py")
KILLS = 12


@pytest.fixture
def mount(tmp_path):
    """Mounts file systems in memory; they go with the test."""
    mounted = []

    def make(name, megabytes, *options):
        folder = tmp_path / name
        folder.mkdir()
        wanted = ",".join([f"size={megabytes}m", *options])
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", wanted, "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("file systems cannot be mounted here: " + done.stderr.decode())
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def child(shop, tmp_path):
    """Starts a process of its own that installs."""
    started = []

    def start(folder):
        command = [sys.executable, str(CHILD), str(folder), shop.index.address, str(shop.locks), str(PYTHON)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def said(process):
    """Waits for a process and returns its steps and its end."""
    lines = [json.loads(line) for line in process.communicate(timeout=120)[0].splitlines()]
    return [line[1] for line in lines if line[0] == "step"], lines[-1]


@pytest.fixture
def sentence(case):
    """Takes a failed installation and the name of its case; returns what is shown."""

    def said_by(installation, name):
        kind, text = installation.ended[0]
        assert kind == "failed"
        return case(name, text)

    return said_by


def test_a_disk_without_room_for_the_download(install, mount, sentence):
    text = sentence(install(folder=mount("small", 20) / "backend"), "disk full at the download")
    assert "free" in text.lower()
    assert "small" in text


def test_a_disk_without_room_to_unpack(install, mount, shop, sentence):
    shop.stock("1.0", **{"large.bin": os.urandom(40_000_000)})
    text = sentence(install(folder=mount("narrow", 135) / "backend"), "disk full while unpacking")
    assert "disk was full" in text or "disk is full" in text


def test_a_home_that_cannot_be_written(install, mount, sentence):
    text = sentence(install(folder=mount("home", 20, "ro") / "backend"), "read-only home")
    assert "home" in text
    assert "read-only" in text


def test_killed_at_any_moment_it_goes_on(child, shop, tmp_path, case):
    """kill -9 of QGIS, its lock left behind, at twelve moments spread over the whole installation."""
    shop.index.switches.bytes_per_second = 8_000_000
    folder, last = tmp_path / "backend", []
    for number in range(KILLS):
        process = child(folder)
        time.sleep(0.8 + 2.7 * (number * 0.618 % 1))  # spread evenly, in no order
        process.kill()
        steps = [json.loads(line) for line in process.communicate()[0].splitlines()]
        last.append(steps[-1][1] if steps else "nothing yet")
    sys.stdout.write(f"\nkilled at: {', '.join(last)}\n")
    case("QGIS killed twelve times", "The next try goes on; the installation ends with a self-test that passed.")
    assert any("Downloading" in step for step in last)
    assert any("Testing" in step for step in last)
    steps, (kind, python) = said(child(folder))
    assert kind == "finished"
    assert Path(python).is_file()
    sent = shop.index.sent_bytes(shop.uv.name)
    assert sent < 1.3 * shop.uv.stat().st_size  # each byte came once, but for what was on its way


def test_two_processes_at_once(child, shop, tmp_path, case):
    first, second = child(tmp_path / "backend"), child(tmp_path / "backend")
    ends = [said(process) for process in (first, second)]
    assert [end[0] for _steps, end in ends] == ["finished", "finished"]
    waits = [step for steps, _end in ends for step in steps if "Another QGIS" in step]
    assert len(waits) == 1
    case("Two QGIS at once", waits[0])
    assert sum(request.path.endswith(shop.package.name) for request in shop.index.requests) == 1


def test_cancel_on_a_slow_network_is_quick(install, shop, wait_for):
    shop.index.switches.bytes_per_second = 200_000
    installation = install(wait=False)
    wait_for(lambda: any("MB of" in text for text, _part in installation.steps), 30)
    started_s = time.perf_counter()
    installation.cancel()
    took_s = time.perf_counter() - started_s
    sys.stdout.write(f"\ncancelled in {1000 * took_s:.0f} ms\n")
    assert installation.ended == [("cancelled",)]
    assert took_s < 1


def test_a_bundle_of_the_command_line_installs_the_published_lock(install, shop, tmp_path):
    from mmearth_qgis.mmearth_plugin.install.locks import LOCKS

    shop.index.close()
    started_s = time.perf_counter()
    bundle = Path(os.environ["MMEARTH_INSTALL_BUNDLE"])
    installation = install(folder=tmp_path / "offline", bundle=bundle, index="", locks=LOCKS, python="")
    assert installation.ended[0][0] == "finished", installation.ended
    sys.stdout.write(f"\ninstalled from a bundle in {time.perf_counter() - started_s:.1f} s\n")
