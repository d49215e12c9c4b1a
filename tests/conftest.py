"""Shared by two Pythons: the backend's (torch, no QGIS) and QGIS's (no torch). Imports neither."""

import gc
import importlib.util
import os
import sys
import traceback
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAKE_CHILDREN = ROOT / "tests" / "contract" / "fake_children"
HAS_QGIS = importlib.util.find_spec("qgis") is not None
HAS_TORCH = importlib.util.find_spec("torch") is not None

collect_ignore_glob = ["contract/fake_children/*"]
if not HAS_QGIS:
    collect_ignore_glob += ["plugin/*", "contract/test_backend_process.py", "contract/test_remote.py"]
if not HAS_TORCH:
    collect_ignore_glob += ["backend/*", "contract/test_serve.py"]


def pytest_report_header(config):
    """Says which of the two halves this run tests."""
    lines = []
    if not HAS_QGIS:
        lines.append("no QGIS in this Python: plugin tests are left out (run them with /usr/bin/python3)")
    if not HAS_TORCH:
        lines.append("no torch in this Python: backend tests are left out (run them with .venv/bin/python)")
    return lines


def _register_plugin():
    """Imports the repository root as package `mmearth_qgis`, as QGIS does with a plugin folder."""
    spec = importlib.util.spec_from_file_location(
        "mmearth_qgis", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["mmearth_qgis"] = module
    spec.loader.exec_module(module)
    return module


if HAS_QGIS and "mmearth_qgis" not in sys.modules:
    _register_plugin()


@pytest.fixture(scope="session")
def qgis_app(tmp_path_factory):
    """Yields a running QgsApplication without a window, with settings of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.pop("MMEARTH_PYTHON", None)
    profile = tmp_path_factory.mktemp("profile")
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(profile)
    from qgis.core import QgsApplication, QgsProject, QgsSettings
    from qgis.PyQt.QtCore import QEvent, QSettings

    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(profile))
    QgsApplication.setOrganizationName("mmearth-test")
    QgsApplication.setApplicationName("mmearth-test")
    app = QgsApplication([], True, str(profile))
    app.initQgis()
    QgsSettings().clear()
    yield app
    QgsProject.instance().clear()
    gc.collect()  # widgets go before the application does
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app.exitQgis()


@pytest.fixture(autouse=True)
def no_error_in_a_slot(monkeypatch):
    """Fails a test in which a Qt slot raised: Qt has no caller to raise to, and PyQt would abort the process."""
    errors = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: errors.append("".join(traceback.format_exception(*error))))
    yield
    assert not errors, "\n".join(errors)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path_factory):
    """Keeps results that a test computes, or its child processes, out of the user's cache."""
    folder = tmp_path_factory.mktemp("cache") / "mmearth"
    monkeypatch.setenv("MMEARTH_CACHE", str(folder))
    return folder


@pytest.fixture
def fake_python(tmp_path):
    """Returns a function that makes a "Python" which runs a fake child whatever it is asked to run."""

    def make(name):
        script = tmp_path / f"python-{name}"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE_CHILDREN / name}.py" "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    return make


@pytest.fixture
def wait_for(qgis_app):
    """Returns a function that runs the event loop until a condition holds."""
    from qgis.PyQt.QtTest import QTest

    def wait(condition, timeout_s=10.0):
        for _ in range(int(timeout_s * 50)):
            if condition():
                return
            QTest.qWait(20)
        raise AssertionError(f"nothing happened within {timeout_s} s")

    return wait
