"""Fixtures of the end-to-end tests: a virtual screen, a scratch profile of QGIS, a scenario played in it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PICTURES = ROOT / "build" / "screenshots"
SAMPLE = ROOT / "resources" / "sample"


@pytest.fixture(scope="session")
def python():
    """Returns the Python of the real backend."""
    found = os.environ.get("MMEARTH_E2E_PYTHON") or os.environ.get("MMEARTH_PYTHON") or str(ROOT / ".venv/bin/python")
    if not Path(found).exists():
        pytest.skip(f"no Python for the backend: {found} is missing; run `make setup`")
    return found


@pytest.fixture(scope="session")
def display():
    """Yields the environment of a virtual screen with a window manager."""
    for program in ("Xvfb", "openbox", "qgis"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing; run `backend/tools/setup.sh qgis`")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    number = server.stdout.readline().decode().strip()
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "MMEARTH_PYTHON")}
    environment["DISPLAY"] = f":{number}"
    manager = subprocess.Popen(["openbox"], env=environment, stderr=subprocess.DEVNULL)
    yield environment
    for process in (manager, server):
        process.terminate()
        process.wait(10)
    server.stdout.close()


@pytest.fixture(scope="session")
def pictures():
    """Returns the folder for screenshots, emptied once."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    return PICTURES


@pytest.fixture(scope="session")
def run_scenario(python, display, pictures, tmp_path_factory):
    """Returns a function that plays a scenario in a new profile, on a copy of the sample; returns what it saw."""

    def run(name, ini="", plugin=ROOT, python=python, **files):
        folder = tmp_path_factory.mktemp("e2e")
        profiles = folder / "Pröfile mit Leerzeichen 测试"
        plugins = profiles / "profiles/default/python/plugins"
        plugins.mkdir(parents=True)
        (plugins / "mmearth_qgis").symlink_to(plugin)
        settings = profiles / "profiles/default/QGIS/QGIS3.ini"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            f"[PythonPlugins]\nmmearth_qgis=true\n[mmearth]\npython={python}\n[qgis]\ncheckVersion=false\n{ini}",
            encoding="utf-8",
        )
        for sample in ("scene.tif", "labels.gpkg"):
            shutil.copy(SAMPLE / sample, folder / sample)
        environment = {
            **display,
            "HOME": str(folder),
            "E2E_DRIVING": str(Path(__file__).parent),
            "E2E_SCENE": str(folder / "scene.tif"),
            "E2E_LABELS": str(folder / "labels.gpkg"),
            "E2E_FOLDER": str(folder),
            "E2E_PICTURES": str(pictures),
            **{key: str(path) for key, path in files.items()},
        }
        command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(profiles)]
        done = subprocess.run(
            [*command, "--code", str(Path(__file__).with_name(name))],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=420,
        )
        result = folder / "result.json"
        assert result.exists(), f"QGIS ended without a result, code {done.returncode}: {done.stderr[-3000:]}"
        outcome = json.loads(result.read_text())
        assert outcome["errors"] == [], "\n".join(outcome["errors"])
        return outcome["facts"]

    return run
