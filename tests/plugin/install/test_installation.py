"""Installing the backend against an index on this machine: real uv, a real Python, a real self-test."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis

PYTHON = Path(__file__).resolve().parents[3] / ".venv" / "bin" / "python"
STAND_IN = "mmearth_stand_in"


def ending(installation):
    return installation.ended[0]


def begun(installation, wait_for, words):
    """Waits for a step."""
    wait_for(lambda: installation.ended or any(words in text for text, _part in installation.steps), 60)
    assert not installation.ended


def fetched(shop, name):
    """How often a file was asked for."""
    return sum(request.path.endswith(name) for request in shop.index.requests)


def entries(folder, pattern):
    return sorted(path.name for path in folder.glob(pattern))


def test_a_fresh_installation_ends_with_a_backend_that_computes(install, tmp_path, shop, version):
    from mmearth_qgis.mmearth_plugin.install import environments

    before = set(sys.path), set(sys.modules), dict(os.environ)
    folder = tmp_path / "Löwe's profile & ключ" / "backend"
    installation = install(folder=folder)
    assert installation.ended == [("finished", str(environments.complete(folder)[0].python))]
    python = Path(installation.ended[0][1])
    assert folder in python.parents
    marker = environments.complete(folder)[0].marker
    assert (marker.build, marker.python) == ("cpu", version)
    assert marker.download_bytes >= shop.package.stat().st_size
    assert 0 < marker.disk_bytes < 10e6  # the packages of the test environment are not its own
    parts = [part for _text, part in installation.steps]
    assert parts == sorted(parts)
    texts = [text for text, _part in installation.steps]
    for wanted in ("installer (uv)", "Python", "packages", "environment", "real tile", "Self-test passed"):
        assert any(wanted in text for text in texts), wanted
    ask = "import torch, sys, mmearth_stand_in; print(mmearth_stand_in.VERSION, sys.prefix)"
    said = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True).stdout
    assert said.strip() == f"1.0 {python.parent.parent}"
    assert (set(sys.path), dict(os.environ)) == (before[0], before[2])
    assert not [name for name in set(sys.modules) - before[1] if name.split(".")[0] in ("torch", "numpy", STAND_IN)]


def test_cancelled_at_any_step_it_goes_on_from_there(install, tmp_path, shop, wait_for):
    from mmearth_qgis.mmearth_plugin.install import environments

    folder = tmp_path / "backend"
    shop.index.switches.bytes_per_second = 40_000_000
    for words in (" MB of ", "Making the environment", "Installing packages", "Testing"):
        installation = install(wait=False)
        begun(installation, wait_for, words)
        installation.cancel()
        assert installation.ended == [("cancelled",)]
        assert environments.current(folder) is None
    assert ending(install())[0] == "finished"
    assert fetched(shop, shop.package.name) == 1
    ranges = [request.range for request in shop.index.requests if request.path.endswith(shop.uv.name)]
    assert ranges[0] == ""
    assert all(found.startswith("bytes=") and found != "bytes=0-" for found in ranges[1:])


def test_a_connection_that_drops_costs_no_more_than_what_was_lost(install, shop):
    size = shop.uv.stat().st_size
    shop.index.drop(shop.uv.name, after_bytes=size * 2 // 5, times=2)
    shop.stock("1.0", sites="/nowhere")  # the proof is not what this is about
    assert "Self-test" not in ending(install())[1]
    assert fetched(shop, shop.uv.name) == 3
    assert shop.index.sent_bytes(shop.uv.name) < 1.1 * size


def test_what_the_index_does_wrong_is_a_sentence(install, shop, tmp_path, case):
    shop.index.answer(407)
    kind, text = ending(install())
    case("Proxy that answers 407", text)
    assert kind == "failed"
    assert "proxy" in text
    assert "407" in text
    shop.index.switches.statuses.clear()
    shop.index.switches.login_page = True
    assert "web page" in case("Login page of a hotel", ending(install())[1])
    shop.index.switches.login_page = False
    shop.index.replace(shop.package.name, b"x" * shop.package.stat().st_size)
    text = case("Wrong hash", ending(install())[1])
    assert shop.package.name in text
    assert "SHA-256" in text
    assert entries(tmp_path / "backend" / "downloads", "mmearth*") == []
    assert entries(tmp_path / "backend", "env-*") == []


def test_no_network_is_a_sentence(install, shop, case):
    shop.index.close()
    kind, text = ending(install())
    assert kind == "failed"
    case("No network", text)
    assert "127.0.0.1" in text
    assert "network" in text


def test_a_folder_that_cannot_be_made_is_a_sentence(install, tmp_path, case):
    (tmp_path / "backend").write_text("a file", encoding="utf-8")
    kind, text = ending(install())
    assert kind == "failed"
    case("A file where the folder should be", text)
    assert f'"{tmp_path / "backend"}"' in text


def test_a_damaged_uv_is_fetched_anew(install, shop, tmp_path):
    downloads = tmp_path / "backend" / "downloads"
    downloads.mkdir(parents=True)
    (downloads / shop.uv.name).write_bytes(b"x" * shop.uv.stat().st_size)
    shop.stock("1.0", sites="/nowhere")  # the proof is not what this is about
    assert "No module named" in ending(install())[1]
    assert fetched(shop, shop.uv.name) == 1


def test_an_uv_that_was_changed_is_not_unpacked(shop, tmp_path, qgis_app):
    from mmearth_qgis.mmearth_plugin.install import locks, uv_program

    changed = tmp_path / shop.uv.name
    changed.write_bytes(shop.uv.read_bytes() + b"x")
    wheel = locks.uv_wheel(locks.this_platform(), shop.locks)
    target = uv_program.program(tmp_path, wheel)
    with pytest.raises(ValueError, match="SHA-256"):
        uv_program.unpack(changed, wheel, target, lambda: True)
    assert not target.exists()


def test_one_installs_while_the_other_waits(install, shop, wait_for, tmp_path):
    first, second = install(wait=False), install(wait=False)
    wait_for(lambda: second.steps)
    assert "Another QGIS installs the backend now" in second.steps[0][0]
    assert str(os.getpid()) in second.steps[0][0]
    wait_for(lambda: first.ended and second.ended, 90)
    assert first.ended == second.ended
    assert ending(first)[0] == "finished"
    assert len(second.steps) == 1  # it found the work done
    assert fetched(shop, shop.package.name) == 1


def test_the_lock_of_a_dead_process_does_not_stop_anybody(install, shop, tmp_path, case):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "install.lock").write_text(f"{gone.pid}\nqgis\n{os.uname().nodename}\n", encoding="ascii")
    shop.index.answer(404)
    assert 'has no package "uv"' in case("Package index at a wrong address (404)", ending(install())[1])


def test_the_old_environment_stays_until_the_new_one_computes(install, shop, tmp_path, case):
    from mmearth_qgis.mmearth_plugin.install import environments

    folder = tmp_path / "backend"
    old = ending(install())[1]
    shop.stock("2.0", sites="/nowhere")
    found = environments.current(folder)
    assert not found.is_current(shop.locks)
    kind, text = ending(install())
    assert kind == "failed"
    case("Update whose packages do not work (the old backend stays in use)", text)
    assert "No module named" in text
    assert environments.current(folder).python == old
    shop.stock("3.0")
    new = ending(install())[1]
    assert new != old
    assert environments.current(folder).python == new
    assert environments.current(folder).is_current(shop.locks)
    assert Path(old).is_file()
    assert environments.remove_others(Path(new).parent.parent) == []
    assert entries(folder, "env-*") == [Path(new).parent.parent.name]
    assert not environments.downloads(folder).exists()


def test_removing_takes_what_is_ours_alone(tmp_path, qgis_app):
    from mmearth_qgis.mmearth_plugin.install import environments

    folder = tmp_path / "backend"
    for name in ("env-cpu-python3.12-abc/bin", "downloads", "python/cpython", "uv-0.1", "uv-cache", "mine"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("text", encoding="utf-8")
    assert environments.remove(folder) == []
    assert entries(folder, "*") == ["mine"]
    shutil.rmtree(folder / "mine")
    assert environments.remove(folder) == []
    assert not folder.exists()


def test_a_python_that_does_not_fit_is_refused(install, tmp_path, shop, case):
    python = tmp_path / "python"
    for said, words in [
        ('[[3, 8], "x86_64", true, "cpython"]', "is Python 3.8; the backend wants"),
        ('[[3, 12], "x86_64", false, "cpython"]', "32 bits"),
        ('[[3, 12], "riscv64", true, "cpython"]', "riscv64"),
        ('[[3, 11], "x86_64", true, "pypy"]', "pypy"),
        ("no JSON", "not a working Python"),
    ]:
        python.write_text(f"#!/bin/sh\necho '{said}'\n", encoding="utf-8")
        python.chmod(0o755)
        kind, text = ending(install(python=str(python)))
        assert kind == "failed"
        assert words in text
        case(f"Python of one's own: {said}", text)
        assert f'"{python}"' in text
    kind, text = ending(install(python=str(tmp_path / "nothing")))
    case("Python of one's own that is gone", text)
    assert (kind, '"' in text, "cannot be started" in text) == ("failed", True, True)


def test_a_python_is_fetched_where_there_is_none(install, shop, tmp_path, monkeypatch, local_index, version, case):
    from mmearth_qgis.mmearth_plugin.install import uv_program

    (shop.build_folder / f"python{version}.txt").rename(shop.build_folder / "python3.9.txt")
    archive = shop.wheels / "cpython-3.9.tar.gz"
    real, addresses = uv_program.read_python_list, []

    def from_here(said):
        python = real(said)
        addresses.append(python.url)
        return python._replace(url=shop.index.file_address(archive.name))

    monkeypatch.setattr(uv_program, "read_python_list", from_here)
    monkeypatch.setattr(uv_program, "find_python_command", lambda uv, _version: ["false"])  # none in the system
    kind, text = ending(install(python=""))
    assert kind == "failed"
    case("No Python on the computer, and its archive is gone", text)
    assert "404" in text or archive.name in text
    assert addresses[0].startswith("https://")
    assert "cpython-3.9" in addresses[0]
    with tarfile.open(archive, "w:gz") as sink:
        sink.add(PYTHON.resolve(), "python/bin/python3.9")
    kind, text = ending(install(python=""))
    case("Another archive in place of Python's", text)
    assert kind == "failed"  # uv knows the hash of the right one
    assert "damaged or was changed" in text


def test_a_hash_that_no_lock_has_is_recorded_and_kept_to(install, shop, tmp_path, local_index, version, case):
    late = local_index.make_wheel(shop.wheels, "late", "1.0")
    shop.stock("1.0", sites="/nowhere")
    local_index.write_lock(shop.build_folder, [shop.package], version, unread=[late])
    shop.index.switches.without_hashes = True
    address = {"torch_index": shop.index.address}
    assert "No module named" in ending(install(**address))[1]
    recorded = json.loads((tmp_path / "backend" / "recorded-hashes.json").read_text(encoding="utf-8"))
    assert recorded == {late.name: local_index.sha256_of(late)}
    (tmp_path / "backend" / "downloads" / late.name).unlink()
    local_index.make_wheel(shop.wheels, "late", "1.0", {"late.py": "changed = True"})
    text = case("A file that is another one than at the first download", ending(install(**address))[1])
    assert late.name in text
    assert recorded[late.name][:12] in text


@pytest.fixture
def offline_bundle(shop, tmp_path, monkeypatch, wait_for, short_waits, qgis_app):
    """A bundle as the button makes it; its Python is none."""
    from mmearth_qgis.mmearth_plugin.install import uv_program
    from mmearth_qgis.mmearth_plugin.install.bundle_making import BundleMaking
    from mmearth_qgis.mmearth_plugin.install.installation import Plan

    (shop.wheels / "cpython.tar.gz").write_bytes(b"archive")
    fake = uv_program.ManagedPython("3.12", shop.index.file_address("cpython.tar.gz"), "20260101/cpython.tar.gz")
    monkeypatch.setattr(uv_program, "read_python_list", lambda _said: fake)
    target, ended = tmp_path / "bundle.zip", []
    making = BundleMaking(Plan("cpu", tmp_path / "here", shop.index.address, locks=shop.locks), target)
    making.finished.connect(ended.append)
    making.failed.connect(ended.append)
    making.start()
    wait_for(lambda: ended, 60)
    assert ended == [str(target)]
    return target


def test_a_bundle_installs_without_network(offline_bundle, install, shop, tmp_path):
    from mmearth_qgis.mmearth_plugin.install import bundle

    shop.index.close()
    assert bundle.read_about(offline_bundle)["build"] == "cpu"
    assert ending(install(folder=tmp_path / "there", bundle=offline_bundle, index=""))[0] == "finished"


def test_a_bundle_that_does_not_fit_is_refused(offline_bundle, install, shop, tmp_path, case):
    def changed(name, content):
        target = tmp_path / "changed.zip"
        with zipfile.ZipFile(offline_bundle) as source, zipfile.ZipFile(target, "w") as sink:
            for entry in source.namelist():
                sink.writestr(entry, content if entry == name else source.read(entry))
        return target

    def refusal(name, path):
        kind, text = ending(install(folder=tmp_path / "there", bundle=path, index=""))
        assert kind == "failed"
        assert entries(tmp_path / "there", "env-*") == []
        return case(name, text)

    about = json.loads(zipfile.ZipFile(offline_bundle).read("bundle.json"))
    assert "SHA-256" in refusal("Bundle with a changed file", changed(f"wheels/{shop.package.name}", b"something else"))
    assert 'for "linux-x86_64-cu999"' in refusal(
        "Bundle for another build", changed("bundle.json", json.dumps({**about, "build": "cu999"}))
    )
    assert "another version of the plugin" in refusal(
        "Bundle of another version", changed("bundle.json", json.dumps({**about, "lock": "0"}))
    )
    (tmp_path / "half.zip").write_bytes(offline_bundle.read_bytes()[:1000])
    assert "not a complete offline bundle" in refusal("Half a bundle", tmp_path / "half.zip")
