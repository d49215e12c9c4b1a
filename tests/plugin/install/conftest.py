"""What installations are tested with: an index on this machine, real uv, a real Python, one tiny package.

The package of the lock leads Python to the packages of the test environment, so that nothing large is fetched.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv" / "bin" / "python"
UV = ROOT / ".venv" / "bin" / "uv"
STAND_IN = "mmearth_stand_in"


@pytest.fixture(scope="session")
def version():
    """Minor version of the test environment's Python."""
    if not PYTHON.is_file() or not UV.is_file():
        pytest.skip("needs .venv with uv: make test makes it")
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def uv_wheel_file(tmp_path_factory, version, local_index):
    """A wheel of uv as the index has it, made from the program of the test environment."""
    folder = tmp_path_factory.mktemp("uv")
    said = subprocess.run([str(UV), "--version"], capture_output=True, text=True, check=True).stdout
    number = said.split()[1]
    return local_index.make_wheel(folder, "uv", number, {f"uv-{number}.data/scripts/uv": UV.read_bytes()})


@pytest.fixture
def shop(tmp_path, uv_wheel_file, version, local_index):
    """An index with uv and one package, and the locks for it."""
    from mmearth_qgis.mmearth_plugin.install import locks

    class Shop:
        def __init__(self):
            self.wheels, self.locks = tmp_path / "wheels", tmp_path / "locks"
            self.wheels.mkdir()
            (self.wheels / uv_wheel_file.name).symlink_to(uv_wheel_file)
            self.uv = self.wheels / uv_wheel_file.name
            self.build_folder = self.locks / f"{locks.this_platform()}-cpu"
            local_index.write_uv_lock(self.locks, {locks.this_platform(): self.uv})
            facts = {"least_driver": "", "lowest_capability": None, "highest_capability": None}
            (self.locks / "builds.json").write_text(json.dumps({self.build_folder.name: facts}), encoding="utf-8")
            self.index = local_index.LocalIndex(self.wheels)
            self.stock("1.0")

        def stock(self, number, sites=None, **more):
            """Puts a version of the package into the index and into the lock."""
            packages = sites or next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
            files = {f"{STAND_IN}.pth": f"{packages}\n", f"{STAND_IN}.py": f"VERSION = '{number}'\n", **more}
            self.package = local_index.make_wheel(self.wheels, STAND_IN, number, files)
            local_index.write_lock(self.build_folder, [self.package], version)

    found = Shop()
    with found.index:
        yield found


@pytest.fixture
def install(shop, wait_for, tmp_path, qgis_app, short_waits):
    """Runs an installation to its end; returns how it ended, with what, and the steps that were told."""
    from mmearth_qgis.mmearth_plugin.install.installation import Installation, Plan

    started = []

    def run(wait=True, folder=tmp_path / "backend", **changes):
        values = {"index": shop.index.address, "python": str(PYTHON), "locks": shop.locks, **changes}
        installation = Installation(Plan("cpu", Path(folder), **values))
        ended, steps = [], []
        for name in ("finished", "failed", "cancelled"):
            getattr(installation, name).connect(lambda *what, name=name: ended.append((name, *what)))
        installation.step.connect(lambda text, part: steps.append((text, part)))
        started.append(installation)
        installation.start()
        if wait:
            wait_for(lambda: ended, 60)
        installation.ended, installation.steps = ended, steps
        return installation

    yield run
    for installation in started:
        installation.cancel()


@pytest.fixture
def short_waits(monkeypatch):
    from mmearth_qgis.mmearth_plugin.install import network

    monkeypatch.setattr(network, "WAITS_MS", (10, 10, 10, 10))


@pytest.fixture(scope="session")
def case():
    """Takes what a case showed; with MMEARTH_WRITE_DOCS=1 all become the table of docs/installation-failures.md."""
    rows = {}

    def note(name, text):
        rows[name] = re.sub(r"/[^\"`]*/pytest-[^\"`]*/(?=[^/\"`]+[\"`])", "/home/ann/", text)
        print(f"\n{name}: {text}")
        return text

    yield note
    if os.environ.get("MMEARTH_WRITE_DOCS"):
        lines = [
            "# What a failed installation says",
            "",
            "Each case was brought about for real (`make test-install` prints the sentences); paths are shortened. The",
            "table of known words and exit codes behind many of them is [failures.md](failures.md).",
            "",
            "| case | what is shown |",
            "| --- | --- |",
            *(f"| {name} | {text.replace('|', chr(92) + '|')} |" for name, text in rows.items()),
        ]
        (ROOT / "docs" / "installation-failures.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
