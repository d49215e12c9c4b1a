"""Which backend is used where there are several."""

import json
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import environment, settings
from mmearth_qgis.mmearth_plugin.install import environments, locks

pytestmark = pytest.mark.qgis


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def installed(folder, name, installed="2026-01-01T00:00:00+00:00", lock="0" * 12, build="cpu", python="3.12"):
    """Makes what looks like a complete environment; returns its Python."""
    target = folder / f"env-{name}"
    path = program(target / "bin" / "python")
    environments.mark(target, environments.Marker(lock, build, python, installed, 1.0, 1, 1))
    return path


@pytest.fixture
def root(no_backend, tmp_path):
    settings.set_backend_folder(str(tmp_path / "chosen"))
    return tmp_path / "chosen" / "mmearth-backend"


def test_a_chosen_python_comes_first(root, tmp_path, monkeypatch):
    assert environment.find_python() == ""
    assert environment.find_launch() is None
    ours = installed(root, "a")
    assert environment.find_python() == ours
    checkout = program(tmp_path / "elsewhere" / ".venv" / "bin" / "python")
    assert environment.find_python() == checkout
    variable = program(tmp_path / "variable")
    monkeypatch.setenv("MMEARTH_PYTHON", variable)
    assert environment.find_python() == variable
    chosen = program(tmp_path / "chosen python")
    settings.set_python(chosen)
    assert environment.find_python() == chosen
    assert environment.find_launch().program == chosen
    Path(chosen).unlink()
    assert environment.find_python() == variable


def test_another_machine_comes_before_any_python(root, tmp_path):
    settings.set_python(program(tmp_path / "chosen"))
    settings.set_remote_command("ssh host mmearth serve")
    assert environment.find_launch().program == "ssh"


def test_without_a_chosen_folder_it_is_in_the_profile(no_backend):
    from qgis.core import QgsApplication

    assert environments.root() == Path(QgsApplication.qgisSettingsDirPath()) / "mmearth" / "backend"
    assert "python" not in environments.root().parts  # that one is QGIS's own


def test_an_interrupted_installation_is_not_taken_for_an_environment(root):
    path = program(root / "env-half" / "bin" / "python")
    assert environment.find_python() == ""
    (root / "env-half" / "mmearth-environment.json").write_text("{", encoding="utf-8")
    assert environment.find_python() == ""
    assert Path(path).is_file()


def test_the_one_that_fits_the_plugin_comes_before_newer_ones(root):
    lock = locks.read_lock(locks.this_platform(), "cpu", "3.12")
    fitting = installed(root, "fits", "2026-01-01T00:00:00+00:00", lock.id)
    installed(root, "newer", "2026-02-02T00:00:00+00:00")
    assert environment.find_python() == fitting
    assert environments.current(root).is_current()
    (Path(fitting).parent.parent / "mmearth-environment.json").unlink()
    assert not environments.current(root).is_current()
    assert "newer" in environment.find_python()


def test_forgetting_is_quick_and_leaves_the_files(root):
    path = installed(root, "a")
    environments.forget(root)
    assert environment.find_python() == ""
    assert Path(path).is_file()


def test_a_marker_tells_what_it_was_given(root):
    installed(root, "a", lock="abc")
    found = environments.current(root)
    assert (found.marker.lock, found.marker.build, found.marker.python) == ("abc", "cpu", "3.12")
    assert json.loads((found.folder / "mmearth-environment.json").read_text(encoding="utf-8"))["seconds"] == 1.0
