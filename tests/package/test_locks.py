"""The locks hold every requirement for every system and Python; the tool resolves them, and sees what is wrong."""

import configparser
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "resources" / "locks"
TOOL = ROOT / "backend" / "tools" / "locks.py"
FOLDERS = {
    "linux-x86_64-cpu": (150e6, 800e6),
    "linux-x86_64-cu130": (2e9, 4e9),
    "windows-x86_64-cpu": (200e6, 800e6),
    "windows-x86_64-cu130": (100e6, 4e9),
    "windows-x86_64-cu126": (100e6, 4e9),
    "macos-arm64-mps": (200e6, 800e6),
}
PYTHONS = ("3.11", "3.12", "3.13")
ALL = [(folder, python) for folder in FOLDERS for python in PYTHONS]
LINE = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)( --hash=sha256:(?P<hash>[0-9a-f]{64}))?"
    r"  # (?P<file>[^ ]+\.whl) (?P<size>\d+)(?P<index> pytorch)?"
)


def imported(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool():
    yield imported(TOOL)
    del sys.modules["locks"]


@pytest.fixture(scope="module")
def index_module():
    yield imported(ROOT / "tests" / "plugin" / "local_index.py")
    del sys.modules["local_index"]


@pytest.fixture
def index(index_module, tmp_path, monkeypatch):
    """An index with two tiny packages, of which one asks for the other, and the only one that uv and pip ask."""
    folder = tmp_path / "index"
    index_module.make_wheel(folder, "tiny-one", "1.0")
    index_module.make_wheel(folder, "tiny-two", "2.0")
    index_module.make_wheel(folder, "uv", "0.13.9")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with index_module.LocalIndex(folder) as running:
        monkeypatch.setenv("UV_DEFAULT_INDEX", running.address)
        yield running


def lines_of(folder: str, python: str) -> list[re.Match[str]]:
    text = (LOCKS / folder / f"python{python}.txt").read_text(encoding="utf-8")
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    assert all(found), "a line that the plugin's reader would not take"
    return found


def tags_of(platform: str, python: str) -> set[Tag]:
    """Tags that a Python takes, from what each system is: glibc 2.28 (torch's least), Windows, macOS 14 on arm64."""
    version = tuple(map(int, python.split(".")))
    if platform == "linux-x86_64":
        platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(5, 29)]
        platforms += ["manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64"]
    elif platform == "windows-x86_64":
        platforms = ["win_amd64"]
    else:
        platforms = [f"macosx_{major}_0_{kind}" for major in range(11, 15) for kind in ("arm64", "universal2")]
        platforms += [f"macosx_10_{minor}_universal2" for minor in range(4, 17)]
    interpreter = "cp" + python.replace(".", "")
    return {*cpython_tags(version, [interpreter], platforms), *compatible_tags(version, interpreter, platforms)}


def test_there_is_a_lock_for_every_system_build_and_python() -> None:
    found = {(path.parent.name, path.stem.removeprefix("python")) for path in LOCKS.glob("*/*.txt")}
    assert found == set(ALL)


@pytest.mark.parametrize(("folder", "python"), ALL)
def test_a_lock_has_every_requirement_at_its_version(folder: str, python: str) -> None:
    wanted = dict(
        line.split("==")
        for line in (ROOT / "backend" / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    locked = {line["name"]: line["version"].partition("+")[0] for line in lines_of(folder, python)}
    assert {name: locked.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(("folder", "python"), ALL)
def test_each_file_is_of_its_package_and_fits_python_and_platform(folder: str, python: str) -> None:
    fitting = tags_of(folder.rpartition("-")[0], python)
    lines = lines_of(folder, python)
    assert len({line["name"] for line in lines}) == len(lines)
    for line in lines:
        name, version, _, tags = parse_wheel_filename(line["file"])
        assert (name, str(version)) == (canonicalize_name(line["name"]), line["version"])
        assert tags & fitting, f"{line['file']} does not fit"


@pytest.mark.parametrize(("folder", "python"), ALL)
def test_only_pytorchs_own_files_may_lack_hash_and_size(folder: str, python: str) -> None:
    lines = lines_of(folder, python)
    assert [line["name"] for line in lines if not (line["hash"] and int(line["size"])) and not line["index"]] == []
    assert [line["name"] for line in lines if line["index"]] == [x["name"] for x in lines if "+" in x["version"]]
    assert all(bool(line["hash"]) == (int(line["size"]) > 0) for line in lines)
    least, most = FOLDERS[folder]
    assert least < sum(int(line["size"]) for line in lines) < most


def test_cuda_is_only_where_it_is_wanted() -> None:
    for folder, python in ALL:
        lines = lines_of(folder, python)
        nvidia = [line["name"] for line in lines if line["name"].startswith(("nvidia-", "cuda-", "triton"))]
        assert bool(nvidia) == (folder == "linux-x86_64-cu130"), (folder, python)
        (torch,) = [line["version"] for line in lines if line["name"] == "torch"]
        of_main_index = folder in ("linux-x86_64-cu130", "windows-x86_64-cpu", "macos-arm64-mps")
        assert torch.partition("+")[2] == ("" if of_main_index else folder.rpartition("-")[2])


def test_what_torch_asks_for_is_locked() -> None:
    from importlib.metadata import requires

    asked = {re.match(r"[\w.-]+", text)[0].lower() for text in requires("torch") if "extra ==" not in text}
    asked = {canonicalize_name(name) for name in asked}
    for folder, python in ALL:
        assert {name for name in asked if not name.startswith(("nvidia-", "cuda-", "triton"))} <= {
            line["name"] for line in lines_of(folder, python)
        }, (folder, python)


def test_uv_is_there_for_every_platform() -> None:
    lines = (LOCKS / "uv.txt").read_text(encoding="utf-8").splitlines()
    parts = [re.fullmatch(r"uv==0\.13\.9 --hash=sha256:[0-9a-f]{64}  # (\S+\.whl) (\d+) (\S+)", line) for line in lines]
    assert {part[3] for part in parts} == {folder.rpartition("-")[0] for folder in FOLDERS}
    for part in parts:
        assert parse_wheel_filename(part[1])[3] & tags_of(part[3], "3.11")
        assert 5e6 < int(part[2]) < 60e6
    assert "uv==0.13.9" in (ROOT / "backend" / "tools" / "requirements-dev.txt").read_text(encoding="utf-8").split()


def test_the_facts_of_builds_are_those_of_the_device_report() -> None:
    from mmearth.device_report import LEAST_DRIVERS, WHEELS

    facts = json.loads((LOCKS / "builds.json").read_text(encoding="utf-8"))
    assert set(facts) == set(FOLDERS)
    by_name = {name: (cuda, list(lowest), list(highest)) for name, cuda, lowest, highest in WHEELS}
    for folder, fact in facts.items():
        platform, _, build = folder.rpartition("-")
        cuda, lowest, highest = by_name.get(build, (0, None, None))
        assert (fact["lowest_capability"], fact["highest_capability"]) == (lowest, highest)
        driver = LEAST_DRIVERS.get(cuda, ("", ""))[platform == "windows-x86_64"]
        assert fact["least_driver"] == driver
    assert facts["windows-x86_64-cu126"]["least_driver"] == "528.33"  # NVIDIA's table


def test_no_lock_names_a_host() -> None:
    for path in LOCKS.rglob("*"):
        if path.is_file() and path.name != "index.json":
            assert "://" not in path.read_text(encoding="utf-8"), path


def test_pip_reads_a_lock_as_it_is(tmp_path: Path) -> None:
    script = (
        "import sys; from pip._internal.req.req_file import parse_requirements as parse\n"
        "from pip._internal.network.session import PipSession\n"
        "print(len([row for row in parse(sys.argv[1], session=PipSession()) if row.options['hashes']]))"
    )
    lock = LOCKS / "windows-x86_64-cpu" / "python3.12.txt"
    ended = subprocess.run([sys.executable, "-c", script, str(lock)], capture_output=True, text=True, check=True)
    assert int(ended.stdout) == len(lock.read_text(encoding="utf-8").splitlines())


def test_the_zip_takes_the_locks_and_the_index(tmp_path: Path) -> None:
    sys.path.insert(0, str(TOOL.parent))
    try:
        package = imported(TOOL.with_name("package.py"))
    finally:
        sys.path.remove(str(TOOL.parent))
    config = configparser.ConfigParser()
    config.read_string("[files]\npython_files:\nextras:\nextra_dirs: resources\n")
    there = [path.relative_to(ROOT).as_posix() for path in LOCKS.rglob("*.*") if path.is_file()]
    assert package.deployed_files(there, config) == sorted(there)
    assert "extra_dirs: mmearth_plugin backend/mmearth resources" in (ROOT / "pb_tool.cfg").read_text(encoding="utf-8")
    addresses = json.loads(package.index_addresses())
    assert set(addresses) == {"index", "torch_index"}
    assert re.fullmatch(r"https://[^/ ]+/simple/?", addresses["index"])
    assert package.INDEX_FILE == "resources/locks/index.json"


def test_the_scan_of_the_zip_takes_the_locks(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_bytes((LOCKS / "linux-x86_64-cpu" / "python3.11.txt").read_bytes())
    (tmp_path / "builds.json").write_bytes((LOCKS / "builds.json").read_bytes())
    command = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout)["results"] == {}


def test_what_is_asked_for_is_resolved_with_what_it_asks_for(tool, index, index_module) -> None:
    index_module.make_wheel(
        index.folder, "tiny-three", "3.0", requires=["tiny-one", "tiny-two; sys_platform == 'linux'"]
    )
    found = tool.resolve("tiny-three==3.0\n", "windows-x86_64", "3.12")
    one = index.folder / "tiny_one-1.0-py3-none-any.whl"
    digest = hashlib.sha256(one.read_bytes()).hexdigest()
    assert str(found[0]) == f"tiny-one==1.0 --hash=sha256:{digest}  # {one.name} {one.stat().st_size}"
    assert [line.name for line in found] == ["tiny-one", "tiny-three"]
    on_linux = tool.resolve("tiny-three==3.0\n", "linux-x86_64", "3.12")
    assert [line.name for line in on_linux] == ["tiny-one", "tiny-three", "tiny-two"]


def test_the_best_fitting_of_several_wheels_is_taken(tool, index, index_module) -> None:
    index_module.make_wheel(index.folder, "tiny-one", "1.0", tag="cp312-cp312-macosx_10_9_universal2")
    index_module.make_wheel(index.folder, "tiny-one", "1.0", tag="cp312-cp312-macosx_11_0_arm64")
    index_module.make_wheel(index.folder, "tiny-one", "1.0", tag="cp312-cp312-win_amd64")

    def file(platform: str, python: str) -> str:
        return tool.resolve("tiny-one==1.0\n", platform, python)[0].file

    assert file("macos-arm64", "3.12") == "tiny_one-1.0-cp312-cp312-macosx_11_0_arm64.whl"
    assert file("windows-x86_64", "3.12") == "tiny_one-1.0-cp312-cp312-win_amd64.whl"
    assert file("windows-x86_64", "3.13") == "tiny_one-1.0-py3-none-any.whl"


def test_what_the_index_does_not_have_is_said(tool, index) -> None:
    with pytest.raises(tool.LockError, match=r"(?s)no wheels for linux-x86_64, Python 3\.11: .*tiny-nothing"):
        tool.resolve("tiny-nothing==1.0\n", "linux-x86_64", "3.11")


def test_torch_of_pytorchs_own_index_has_the_name_that_the_index_gives_it(tool, index, index_module) -> None:
    index_module.make_wheel(index.folder, "torch", "9.1")
    build = tool.Build("windows-x86_64", "cu130", "win_amd64")
    found = tool.resolve_build(build, "3.12", "torch==9.1\ntiny-one==1.0\n")
    assert [line.name for line in found] == ["tiny-one", "torch"]
    assert str(found[1]) == "torch==9.1+cu130  # torch-9.1+cu130-cp312-cp312-win_amd64.whl 0 pytorch"


def test_a_hash_once_known_is_kept(tool, index_module, monkeypatch, tmp_path) -> None:
    line = tool.Locked("torch", "9.1+cpu", "torch-9.1+cpu-cp312-cp312-win_amd64.whl", word="pytorch")
    before = tool.Locked(line.name, line.version, line.file, "0" * 64, 5, "pytorch")
    assert tool.with_hash(line, "3.12", [before]) == before
    wheel = index_module.make_wheel(tmp_path, "torch", "9.1+cpu", tag="cp312-cp312-win_amd64")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    read = tool.with_hash(line, "3.12", [])
    assert (read.sha256, read.size) == (hashlib.sha256(wheel.read_bytes()).hexdigest(), wheel.stat().st_size)


def test_made_locks_are_found_right_and_each_change_is_said(
    tool, index, index_module, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(tool, "PYTHONS", ("3.12",))
    monkeypatch.setattr(tool, "BUILDS", (tool.Build("windows-x86_64", "cpu"),))
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "locks"
    requirements.write_text("tiny-one==1.0\ntiny-two==2.0\n", encoding="utf-8")
    tool.make(folder, requirements)
    lock = folder / "windows-x86_64-cpu" / "python3.12.txt"
    first, second = lock.read_text(encoding="utf-8").splitlines()
    assert tool.check(folder, requirements) == []

    def said(*lines: str) -> str:
        lock.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (sentence,) = tool.check(folder, requirements)
        return sentence.removeprefix("windows-x86_64-cpu, Python 3.12: ")

    assert said(first) == "tiny-two 2.0 is missing."
    other = re.sub(r"sha256:\w{64}", "sha256:" + "0" * 64, second)
    assert re.fullmatch(r"tiny_two-2.0-\S+ has another hash now: \w{12}…, locked 000000000000….", said(first, other))
    gone = second.replace("py3-none-any", "py2.py3-none-any")
    assert said(first, gone).startswith("the index no longer gives tiny_two-2.0-py2.py3-none-any.whl for tiny-two")
    extra = first.replace("tiny-one==1.0", "tiny-zero==0.1")
    assert said(first, second, extra) == "nothing asks for tiny-zero 0.1 any more."
    assert "is 'tiny'; run `make locks`" in said("tiny")
    requirements.write_text("tiny-one==1.0\ntiny-two==3.0\n", encoding="utf-8")
    assert "uv finds no wheels" in said(first, second)


def test_cuda_and_what_only_it_needs_are_left_out_of_the_build_for_processors(tool, index, index_module) -> None:
    index_module.make_wheel(index.folder, "cuda-toolkit", "13.0", requires=["tiny-two"])
    index_module.make_wheel(index.folder, "triton", "3.7")
    asked = ["tiny-one", "cuda-toolkit; sys_platform == 'linux'", "triton; sys_platform == 'linux'"]
    index_module.make_wheel(index.folder, "torch", "9.1", requires=asked)
    found = tool.resolve_build(tool.Build("linux-x86_64", "cu130"), "3.13", "torch==9.1\n")
    assert [line.name for line in found] == ["cuda-toolkit", "tiny-one", "tiny-two", "torch", "triton"]
    found = tool.resolve_build(tool.Build("linux-x86_64", "cpu", "manylinux_2_28_x86_64"), "3.13", "torch==9.1\n")
    files = ["tiny_one-1.0-py3-none-any.whl", "torch-9.1+cpu-cp313-cp313-manylinux_2_28_x86_64.whl"]
    assert [line.file for line in found] == files
