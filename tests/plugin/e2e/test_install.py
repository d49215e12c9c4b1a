"""The published zip in a fresh profile of QGIS: one click installs the backend, which then does the main job.

In the main tests the lock names one small package, which leads to the packages of the test environment. With
MMEARTH_INSTALL_WHEELS=folder (see `make test-install`) it is the lock that is published, with its real packages.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.qgis, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
PYTHON, UV = ROOT / ".venv/bin/python", ROOT / ".venv/bin/uv"
REAL = os.environ.get("MMEARTH_INSTALL_WHEELS", "")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The plugin as it is published, unpacked."""
    folder = tmp_path_factory.mktemp("published")
    tool = [str(PYTHON), str(ROOT / "backend/tools/package.py"), "--out", str(folder), "--no-scan"]
    subprocess.run(tool, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.zip"))) as archive:
        archive.extractall(folder)
    return folder / "mmearth_qgis"


@pytest.fixture(scope="module")
def index(published, local_index, tmp_path_factory):
    """An index on this machine with what the locks of the published plugin name."""
    if REAL:
        folder = Path(REAL)
    else:
        folder = tmp_path_factory.mktemp("wheels")
        locks = published / "resources" / "locks"
        shutil.rmtree(locks)
        packages = next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
        version = packages.parent.name[len("python") :]
        number = subprocess.run([str(UV), "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        uv = local_index.make_wheel(folder, "uv", number, {f"uv-{number}.data/scripts/uv": UV.read_bytes()})
        package = local_index.make_wheel(folder, "stand_in", "1.0", {"stand_in.pth": f"{packages}\n"})
        local_index.write_uv_lock(locks, {"linux-x86_64": uv})
        local_index.write_lock(locks / "linux-x86_64-cpu", [package], version)
        facts = {"least_driver": "", "lowest_capability": None, "highest_capability": None}
        (locks / "builds.json").write_text(json.dumps({"linux-x86_64-cpu": facts}), encoding="utf-8")
    with local_index.LocalIndex(folder) as running:
        yield running


@pytest.fixture(scope="module")
def facts(run_scenario, published, index):
    found = run_scenario(
        "install_scenario.py",
        plugin=published,
        python="",
        MMEARTH_INDEX=index.address,
        MMEARTH_TORCH_INDEX=index.address,
    )
    sys.stdout.write(
        f"{found['seconds']:.1f} s, longest pause of the window {1000 * found['longest_pause_s']:.0f} ms; "
        f"{found['state']}\n"
    )
    return found


def test_one_click_ends_with_a_self_test_that_passed(facts):
    assert facts["problem"] == ""
    assert facts["steps"][-1] == "Self-test passed"
    assert "Downloads" in facts["offer"]
    assert "Installed" in facts["state"]


def test_the_main_job_runs_with_what_was_installed(facts):
    assert facts["layers"]
    assert facts["backend"].startswith(facts["folder"] + "/mmearth/backend/env-cpu-")


def test_qgis_is_as_it_was(facts):
    assert facts["changed"] == {}
    assert [name for name in facts["modules"] if name.split(".")[0] in ("torch", "numpy", "rasterio")] == []


def test_the_window_never_waited(facts):
    assert facts["longest_pause_s"] < 1.0  # a machine that is loaded; `make test-install` prints the figure
