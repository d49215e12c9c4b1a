"""The zip is what QGIS's plugin repository takes, and QGIS loads it."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "backend" / "tools" / "package.py"
# Debian's wrapper `qgis_process` adds an option that the program itself refuses.
QGIS_PROCESS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")


def build(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(TOOL), "--out", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def zip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    ended = build(folder, "--no-scan")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (path,) = folder.glob("mmearth_qgis-*.zip")
    return path


def test_one_top_folder_small_and_without_development_files(zip_path: Path) -> None:
    names = zipfile.ZipFile(zip_path).namelist()
    assert {name.split("/")[0] for name in names} == {"mmearth_qgis"}
    for wanted in ("metadata.txt", "__init__.py", "LICENSE", "backend/mmearth/protocol.py", "backend/requirements.txt"):
        assert f"mmearth_qgis/{wanted}" in names
    assert [name for name in names if re.search(r"/(tests|docs|benchmarks|\.\w+|__pycache__)(/|$)|\.pyc$", name)] == []
    assert not any(name.startswith("mmearth_qgis/backend/tools/") for name in names)
    assert zip_path.stat().st_size <= 25_000_000


def test_the_same_content_gives_the_same_bytes(zip_path: Path, tmp_path: Path) -> None:
    build(tmp_path, "--no-scan")
    assert (tmp_path / zip_path.name).read_bytes() == zip_path.read_bytes()


def test_bandit_detect_secrets_and_flake8_find_nothing(tmp_path: Path) -> None:
    ended = build(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_scan_finds_what_it_should_find(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "import subprocess\n\nsubprocess.call('ls', shell=True)\nTOKEN = '4e042ce6c2fdfbd58320c01a59a6a8a9'\nx=1\n",
        encoding="utf-8",
    )
    script = f"import sys; sys.path.insert(0, {str(TOOL.parent)!r}); import package, pathlib; "
    script += f"print([text.split(':')[0] for text in package.scan(pathlib.Path({str(tmp_path)!r}))])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "['bandit', 'flake8', 'detect-secrets']"


@pytest.mark.qgis
@pytest.mark.skipif(QGIS_PROCESS is None, reason="no qgis_process on this machine")
def test_qgis_loads_the_zip_and_offers_its_algorithms(zip_path: Path, tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    with zipfile.ZipFile(zip_path) as archive:
        archive.extractall(plugins)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MMEARTH"))},
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "home" / "share"),
        "QGIS_PLUGINPATH": str(plugins),
        "QT_QPA_PLATFORM": "offscreen",
    }
    (tmp_path / "home").mkdir()

    def qgis_process(*arguments: str) -> str:
        ended = subprocess.run(
            [QGIS_PROCESS, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout

    qgis_process("plugins", "enable", "mmearth_qgis")
    listed = qgis_process("list")
    found = set(re.findall(r"^\s*(?:mmearth:)?(embed|fewshot|predict)\s", listed.partition("MMEarth")[2], re.MULTILINE))
    assert found == {"embed", "fewshot", "predict"}
