"""A bundle has every file of a lock with its hash, installs without an index, and is not left half made."""

import hashlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "backend" / "tools"
LINUX = "cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64"


@pytest.fixture(scope="module")
def index_module():
    spec = importlib.util.spec_from_file_location("local_index", ROOT / "tests" / "plugin" / "local_index.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["local_index"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["local_index"]


@pytest.fixture
def wheels(index_module, tmp_path):
    """Wheels that this computer takes, or any Linux with Python 3.12; torch lies in an index of its own."""
    folder = tmp_path / "index"
    return {
        "one": index_module.make_wheel(folder, "tiny-one", "1.0"),
        "two": index_module.make_wheel(folder, "tiny-two", "2.0", tag=LINUX),
        "stable": index_module.make_wheel(folder, "tiny-stable", "3.0", tag="cp38-abi3-manylinux2014_x86_64"),
        "torch": index_module.make_wheel(
            tmp_path / "pytorch", "torch", "2.13.0+cpu", tag="cp312-cp312-manylinux_2_28_x86_64"
        ),
        "uv": index_module.make_wheel(folder, "uv", "0.13.9", tag="py3-none-manylinux_2_17_x86_64"),
    }


@pytest.fixture
def locks(index_module, wheels, tmp_path):
    folder = tmp_path / "locks"
    known = [wheels[name] for name in ("one", "two", "stable")]
    index_module.write_lock(folder / "linux-x86_64-cpu", known, unread=[wheels["torch"]])
    index_module.write_uv_lock(folder, {"linux-x86_64": wheels["uv"]})
    return folder


@pytest.fixture
def indexes(index_module, wheels, monkeypatch):
    """The main index and PyTorch's, the only ones that pip asks."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    main, torch = (index_module.LocalIndex(wheels[name].parent) for name in ("one", "torch"))
    with main, torch:
        monkeypatch.setenv("PIP_INDEX_URL", main.address)
        monkeypatch.setenv("TORCH_INDEX", torch.address)
        yield main, torch


def bundle(locks: Path, target: Path, *options: str, python: str = "3.12") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(TOOLS / "offline_bundle.py"), "--platform", "linux-x86_64", "--build", "cpu"]
    command += ["--python", python, "--locks", str(locks), "--out", str(target), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_bundle_has_what_its_description_says(locks, wheels, indexes, index_module, tmp_path: Path) -> None:
    archive = tmp_path / "20261101" / "cpython-3.12.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"an archive")
    target = tmp_path / "a folder with ä" / "bundle.zip"
    ended = bundle(locks, target, "--python-archive", str(archive))
    assert ended.returncode == 0, ended.stderr
    assert [path.name for path in target.parent.iterdir()] == ["bundle.zip"]
    with zipfile.ZipFile(target) as opened:
        inside = {entry.filename: entry for entry in opened.infolist()}
        assert {entry.compress_type for entry in inside.values()} == {zipfile.ZIP_STORED}
        wheel_names = {f"wheels/{wheels[name].name}" for name in ("one", "two", "stable", "torch")}
        python = "python/20261101/cpython-3.12.tar.gz"
        assert set(inside) == wheel_names | {"bundle.json", "requirements.txt", wheels["uv"].name, python}
        assert opened.read(wheels["uv"].name) == wheels["uv"].read_bytes()
        text = (locks / "linux-x86_64-cpu" / "python3.12.txt").read_bytes()
        assert json.loads(opened.read("bundle.json")) == {
            "format": 1,
            "platform": "linux-x86_64",
            "build": "cpu",
            "python": "3.12",
            "lock": hashlib.sha256(text).hexdigest()[:12],
        }
        lines = opened.read("requirements.txt").decode().splitlines()
    for name in ("one", "two", "stable", "torch"):
        digest = index_module.sha256_of(wheels[name])
        (line,) = [line for line in lines if wheels[name].name in line]
        assert f" --hash=sha256:{digest}  # {wheels[name].name} {wheels[name].stat().st_size}" in line
    assert len(lines) == 4


def test_a_bundle_installs_without_an_index(index_module, indexes, tmp_path: Path) -> None:
    folder, mine = tmp_path / "locks", f"{sys.version_info[0]}.{sys.version_info[1]}"
    one = index_module.make_wheel(indexes[0].folder, "tiny-one", "1.0")
    torch = index_module.make_wheel(indexes[1].folder, "torch", "2.13.0+cpu")
    index_module.write_lock(folder / "linux-x86_64-cpu", [one], python=mine, unread=[torch])
    index_module.write_uv_lock(folder, {"linux-x86_64": next(indexes[0].folder.glob("uv-*.whl"))})
    assert bundle(folder, tmp_path / "bundle.zip", python=mine).returncode == 0
    asked = len(indexes[0].requests)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as opened:
        opened.extractall(tmp_path / "there")
    command = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-index", "--no-deps", "--no-cache"]
    command += ["--require-hashes", "--find-links", "wheels", "--target", "installed", "-r", "requirements.txt"]
    ended = subprocess.run(command, cwd=tmp_path / "there", capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "there" / "installed" / "torch.py").read_text(encoding="utf-8") == 'VERSION = "2.13.0+cpu"\n'
    assert (tmp_path / "there" / "installed" / "tiny_one.py").is_file()
    assert len(indexes[0].requests) == asked


def test_a_file_with_another_hash_is_refused_and_nothing_stays(locks, wheels, indexes, tmp_path: Path) -> None:
    indexes[0].replace(wheels["two"].name, wheels["one"].read_bytes())
    ended = bundle(locks, tmp_path / "out" / "bundle.zip")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Offline bundle: pip does not get the files: ERROR: THESE PACKAGES DO NOT MATCH")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_that_no_index_has_is_named(locks, wheels, indexes, tmp_path: Path) -> None:
    wheels["torch"].unlink()
    ended = bundle(locks, tmp_path / "bundle.zip")
    assert ended.returncode == 1
    assert "No matching distribution found for torch==2.13.0+cpu" in ended.stderr
    assert not (tmp_path / "bundle.zip").exists()


def test_a_lock_that_is_not_there_is_named_with_those_that_are(locks, indexes, tmp_path: Path) -> None:
    ended = bundle(locks, tmp_path / "bundle.zip", python="3.9")
    assert ended.returncode == 1
    assert "there is no lock 'linux-x86_64-cpu/python3.9.txt'" in ended.stderr
    assert "There are: linux-x86_64-cpu python3.12." in ended.stderr


def test_an_archive_of_python_that_is_not_there_is_named(locks, indexes, tmp_path: Path) -> None:
    ended = bundle(locks, tmp_path / "bundle.zip", "--python-archive", str(tmp_path / "none.tar.gz"))
    assert ended.returncode == 1
    assert f"there is no archive of Python at '{tmp_path / 'none.tar.gz'}'" in ended.stderr
