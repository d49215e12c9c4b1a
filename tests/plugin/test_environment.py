"""Finding and building the Python of the backend, with a stand-in for pip's work: no network, no torch."""

import sys
from pathlib import Path

import pytest
from mmearth_qgis.mmearth_plugin import backend_log, environment, settings
from mmearth_qgis.mmearth_plugin.environment_banner import EnvironmentBanner
from qgis.core import QgsSettings

pytestmark = pytest.mark.qgis


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def base_python(tmp_path, fake_python):
    """A "Python" whose module venv makes an environment in which pip works and the backend is a fake child."""

    def make(pip="echo Collecting torch", child="normal"):
        inner = tmp_path / "inner"
        program(inner, f'case "$2" in pip) {pip};; *) exec "{fake_python(child)}" "$@";; esac')
        return program(
            tmp_path / "base python",
            f'if [ "$1" = -c ]; then echo 3 12; else mkdir -p "$4/bin" && cp "{inner}" "$4/bin/python"; fi',
        )

    return make


@pytest.fixture
def banner(no_backend, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "built_environment", lambda: tmp_path / "settings" / "env")
    banner = EnvironmentBanner()
    banner.show_state("")
    yield banner
    banner.shutdown()


def test_a_chosen_python_comes_first(no_backend, tmp_path, monkeypatch):
    assert environment.find_python() == ""
    chosen, variable = program(tmp_path / "chosen", ""), program(tmp_path / "variable", "")
    monkeypatch.setenv("MMEARTH_PYTHON", variable)
    assert environment.find_python() == variable
    settings.set_python(chosen)
    assert environment.find_python() == chosen
    Path(chosen).unlink()
    assert environment.find_python() == variable


def test_the_checkouts_own_environment_is_found(no_backend, tmp_path):
    path = program(tmp_path / "elsewhere" / ".venv" / "bin" / "python", "")
    assert environment.find_python() == path


def test_a_half_built_environment_is_not_taken_for_one(no_backend, tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "built_environment", lambda: tmp_path / "env")
    path = program(tmp_path / "env" / "bin" / "python", "")
    assert environment.find_python() == ""
    (tmp_path / "env" / "mmearth-environment.txt").touch()
    assert environment.find_python() == path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo 3 8", "is Python 3.8; the backend wants"),
        ("exit 1", "not a working Python"),
        ("echo no", "not a working"),
    ],
)
def test_an_unfit_python_is_refused(qgis_app, tmp_path, text, problem):
    assert problem in environment.python_problem(program(tmp_path / "python", text))


def test_this_python_is_fit(qgis_app):
    assert environment.python_problem(sys.executable) == ""


def test_building_shows_lines_and_proves_the_environment(banner, base_python, tmp_path, wait_for):
    changed = []
    banner.changed.connect(lambda: changed.append(environment.find_python()))
    seen = []
    banner.build(base_python(pip="echo Collecting torch; sleep 0.3"))
    banner._builder.line.connect(seen.append)
    wait_for(lambda: changed)
    assert "Collecting torch" in seen
    assert changed == [str(tmp_path / "settings" / "env" / "bin" / "python")]
    assert banner.bar.isHidden()


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"pip": "echo 'No matching distribution for torch'; exit 1"}, "No matching distribution for torch"),
        ({"child": "no_torch"}, "No module named 'torch'"),
        ({"child": "other_version"}, "protocol version 99"),
    ],
)
def test_a_failed_build_says_why_and_leaves_nothing(banner, base_python, tmp_path, wait_for, kwargs, text):
    banner.build(base_python(**kwargs))
    wait_for(lambda: not banner.build_button.isHidden())
    assert text in banner.step.text()
    assert not (tmp_path / "settings" / "env").exists()
    assert environment.find_python() == ""


@pytest.mark.parametrize(
    ("pip", "cause", "remedy"),
    [
        (
            "echo 'Retrying: Tunnel connection failed: 407 Proxy Authentication Required'; "
            "echo 'ERROR: No matching distribution found for torch'; exit 1",
            "The proxy of this network asks for a user name and a password (407).",
            "into the variable HTTPS_PROXY",
        ),
        (
            "echo 'Could not install packages due to an OSError: [Errno 28] No space left on device' >&2; exit 1",
            "The disk was full while packages were unpacked.",
            "Free about 6 GB",
        ),
        ("kill -9 $$", "most likely because the memory was full.", "Close other programs"),
    ],
)
def test_a_failed_installation_says_cause_remedy_and_where_the_log_is(
    banner, base_python, wait_for, monkeypatch, pip, cause, remedy
):
    opened = []
    monkeypatch.setattr(backend_log.QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toLocalFile())))
    banner.build(base_python(pip=pip))
    wait_for(lambda: not banner.build_button.isHidden())
    text = banner.step.text()
    assert cause in text
    assert remedy in text
    assert text.endswith(f'The whole log is in "{backend_log.path()}".')
    assert "-m pip install" in backend_log.path().read_text(encoding="utf-8")
    assert not banner.log_button.isHidden()
    banner.log_button.click()
    assert opened == [str(backend_log.path())]


def test_a_long_line_of_a_program_leaves_room_for_the_cause(banner, base_python, wait_for):
    banner.build(base_python(pip=f"echo 'No such option: {'x' * 900}'; exit 2"))
    wait_for(lambda: not banner.build_button.isHidden())
    assert 'A step ended with code 2: "No such option: xxx' in banner.step.text()
    assert "report it with the log" in banner.step.text()
    assert "x" * 250 not in banner.step.text()


def test_a_folder_that_cannot_be_made_is_a_sentence(banner, base_python, tmp_path):
    (tmp_path / "settings").write_text("a file", encoding="utf-8")
    banner.build(base_python())
    assert f'cannot be written in "{tmp_path / "settings"}"' in banner.step.text()
    assert not banner.build_button.isHidden()


def test_a_python_without_venv_says_what_to_install(qgis_app, tmp_path):
    python = program(tmp_path / "python", "echo \"ModuleNotFoundError: No module named 'venv'\" >&2; exit 1")
    assert "cannot make environments" in environment.python_problem(python)


def test_cancelling_a_build_leaves_nothing(banner, base_python, tmp_path, wait_for):
    banner.build(base_python(pip="echo Downloading; exec sleep 30"))
    wait_for(lambda: banner.step.text() == "Downloading")
    banner.cancel_button.click()
    assert "Cancelled" in banner.step.text()
    assert not (tmp_path / "settings" / "env").exists()


def test_ones_own_environment_is_remembered(banner, tmp_path):
    changed = []
    banner.changed.connect(lambda: changed.append(1))
    banner.use_own(program(tmp_path / "own", ""))
    assert changed == [1]
    assert environment.find_python() == str(tmp_path / "own")
    QgsSettings().remove("mmearth")
