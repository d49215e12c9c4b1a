"""Locks what the installer installs: a wheel a package, for every system, build of PyTorch and Python, with its hash.

`make` resolves backend/requirements.txt with uv and writes resources/locks; `check` resolves again at the versions
locked and says what differs. A lock is a requirements file, as pip and uv read it, with "# FILE SIZE [INDEX]" behind
each package. No lock names a host: who installs asks an index for the package, and knows the file by its name and hash.
"""

import argparse
import json
import os
import re
import subprocess  # nosec B404 - runs uv and pip
import sys
import tempfile
import tomllib
import urllib.parse
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "backend"))  # run as a file, this knows its own folder only

from mmearth import device_report  # noqa: E402

FOLDER = ROOT / "resources" / "locks"
REQUIREMENTS = ROOT / "backend" / "requirements.txt"
UV = "uv==0.13.9"  # beside backend/tools/requirements-dev.txt the one place that says it
PYTHONS = ("3.11", "3.12", "3.13")
PYTORCH = "pytorch"  # word for PyTorch's own index
CUDA_ONLY = re.compile(r"nvidia-|cuda-|triton$")  # what torch asks for on Linux beyond what it asks for anywhere
GLIBC = tuple(range(28, 4, -1))  # minor versions of glibc 2; torch's wheel wants 2.28
MACOS = (14, 0)  # PyTorch's current releases want it


@dataclass(frozen=True)
class Platform:
    """A kind of computer: uv's word for it, and the platform tags of wheels that fit, the best first."""

    uv: str
    tags: tuple[str, ...]


PLATFORMS = {
    "linux-x86_64": Platform(
        "x86_64-unknown-linux-gnu",
        (
            *(f"manylinux_2_{minor}_x86_64" for minor in GLIBC),
            *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"),
        ),
    ),
    "windows-x86_64": Platform("x86_64-pc-windows-msvc", ("win_amd64",)),
    "macos-arm64": Platform("aarch64-apple-darwin", tuple(mac_platforms(MACOS, "arm64"))),
}


@dataclass(frozen=True)
class Build:
    """A build of PyTorch for a platform; `torch_tag` is the platform tag of a wheel that only PyTorch's index has."""

    platform: str
    name: str
    torch_tag: str = ""

    @property
    def folder(self) -> str:
        return f"{self.platform}-{self.name}"


BUILDS = (
    Build("linux-x86_64", "cu130"),
    Build("linux-x86_64", "cpu", "manylinux_2_28_x86_64"),
    Build("windows-x86_64", "cpu"),
    Build("windows-x86_64", "cu130", "win_amd64"),
    Build("windows-x86_64", "cu126", "win_amd64"),
    Build("macos-arm64", "mps"),
)


@dataclass(frozen=True)
class Locked:
    """A line of a lock; `word`: index, or platform of uv; without hash and with size 0 if it was not read."""

    name: str
    version: str
    file: str
    sha256: str = ""
    size: int = 0
    word: str = ""

    def __str__(self) -> str:
        pinned = f" --hash=sha256:{self.sha256}" if self.sha256 else ""
        return f"{self.name}=={self.version}{pinned}  # {self.file} {self.size} {self.word}".rstrip()


class LockError(Exception):
    """Nothing could be resolved, or a lock cannot be read."""


def lock_path(folder: Path, build: Build, python: str) -> Path:
    """Returns where the lock of a build lies."""
    return folder / build.folder / f"python{python}.txt"


def read(path: Path) -> list[Locked]:
    """Reads a lock.

    Raises:
        LockError: there is none, or a line is not of its form.
    """
    if not path.is_file():
        raise LockError(f"there is no lock '{path.parent.name}/{path.name}'; run `make locks`.")
    form = re.compile(r"([\w.-]+)==(\S+?)(?: --hash=sha256:([0-9a-f]{64}))?  # (\S+\.whl) (\d+)(?: (\S+))?")
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = form.fullmatch(line)
        if not parts:
            raise LockError(f"{path.parent.name}/{path.name}, line {number}, is '{line}'; run `make locks`.")
        name, version, sha256, file, size, word = parts.groups()
        found.append(Locked(name, version, file, sha256 or "", int(size), word or ""))
    return found


def write(path: Path, lines: list[Locked]) -> None:
    """Writes a lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def fitting_tags(platform: str, python: str) -> list[Tag]:
    """Returns the tags of wheels that a Python on a platform takes, the best first."""
    version = tuple(int(part) for part in python.split("."))
    interpreter, tags = "cp" + python.replace(".", ""), PLATFORMS[platform].tags
    return [*cpython_tags(version, [interpreter], tags), *compatible_tags(version, interpreter, tags)]


def resolve(requirements: str, platform: str, python: str, constraints: str = "", overrides: str = "") -> list[Locked]:
    """Returns what a set of requirements comes to on a platform: the best fitting wheel of each package.

    Args:
        requirements, constraints, overrides: Texts of requirements files.

    Raises:
        LockError: uv finds no answer, or a package has no wheel that fits.
    """
    with tempfile.TemporaryDirectory(prefix="mmearth-locks-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "uv", "pip", "compile", "--no-config", "--python", sys.executable]
        command += ["--format", "pylock.toml", "--only-binary", ":all:"]
        command += ["--python-platform", PLATFORMS[platform].uv, "--python-version", python]
        for option, text in (("", requirements), ("--constraints", constraints), ("--overrides", overrides)):
            if text:  # uv warns of an empty file
                file = folder / f"{option.strip('-') or 'requirements'}.txt"
                file.write_text(text, encoding="utf-8")
                command += [option, str(file)] if option else [str(file)]
        environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": ".".join(map(str, MACOS))}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LockError(f"uv finds no wheels for {platform}, Python {python}: {ended.stderr.strip()}")
    tags = fitting_tags(platform, python)
    return [_best(package, tags) for package in tomllib.loads(ended.stdout)["packages"]]


def _best(package: dict[str, object], tags: list[Tag]) -> Locked:
    """Returns the wheel of a package that comes first in `tags`."""
    ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags)))}
    ranked = []
    wheels = package.get("wheels", [])
    for wheel in wheels if isinstance(wheels, list) else []:
        file = urllib.parse.unquote(wheel["url"].rpartition("/")[2])
        rank = min((ranks[tag] for tag in parse_wheel_filename(file)[3] if tag in ranks), default=None)
        if rank is not None:
            ranked.append((rank, file, wheel))
    if not ranked:
        raise LockError(f"{package['name']} {package['version']} has no wheel that fits; it has {wheels}.")
    _, file, wheel = min(ranked, key=lambda entry: entry[:2])
    return Locked(
        str(package["name"]), str(package["version"]), file, wheel["hashes"]["sha256"], int(wheel.get("size", 0))
    )


def resolve_build(build: Build, python: str, requirements: str, constraints: str = "") -> list[Locked]:
    """Returns the lock of a build; torch of PyTorch's own index without hash and size.

    That index names its files by a rule, and the packages that they ask for are those of the main index's torch, save
    on Linux, where the latter asks for CUDA's as well.

    Raises:
        LockError: uv finds no answer.
    """
    lines = resolve(requirements, build.platform, python, constraints)
    if not build.torch_tag:
        return lines
    without = "".join(f"{line.name}; sys_platform == 'none'\n" for line in lines if CUDA_ONLY.match(line.name))
    if without:
        lines = resolve(requirements, build.platform, python, constraints, without)
    return [_of_pytorch(line, build, python) if line.name == "torch" else line for line in lines]


def _of_pytorch(torch: Locked, build: Build, python: str) -> Locked:
    version = f"{torch.version}+{build.name}"
    interpreter = "cp" + python.replace(".", "")
    return Locked("torch", version, f"torch-{version}-{interpreter}-{interpreter}-{build.torch_tag}.whl", word=PYTORCH)


def with_hash(line: Locked, python: str, before: list[Locked]) -> Locked:
    """Adds hash and size to a wheel of PyTorch's index: from the lock before, or where pip looks besides indexes."""
    known = next((old for old in before if old.file == line.file and old.sha256), None)
    if known:
        return known
    platform = line.file.removesuffix(".whl").rpartition("-")[2]
    with tempfile.TemporaryDirectory(prefix="mmearth-locks-") as name:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]
        command += [name, "--python-version", python, "--platform", platform, f"{line.name}=={line.version}"]
        # Without an index: what lies there is read in seconds, what does not is gigabytes.
        index = os.environ.get("TORCH_INDEX")
        command += ["--index-url", index] if index else ["--no-index"]
        subprocess.run(command, capture_output=True, check=False)
        file = Path(name) / line.file
        if not file.is_file():
            return line
        with file.open("rb") as opened:
            return replace(line, sha256=file_digest(opened, "sha256").hexdigest(), size=file.stat().st_size)


def uv_wheels() -> list[Locked]:
    """Returns the wheel of uv for each platform, with the platform's word.

    Raises:
        LockError: one has none.
    """
    return [replace(resolve(UV, platform, PYTHONS[0])[0], word=platform) for platform in PLATFORMS]


def build_facts() -> dict[str, dict[str, object]]:
    """Returns folder of a build → what a card and its driver must have for it; empty where it wants none."""
    facts: dict[str, dict[str, object]] = {}
    wheels = {name: (cuda, lowest, highest) for name, cuda, lowest, highest in device_report.WHEELS}
    for build in BUILDS:
        cuda, lowest, highest = wheels.get(build.name, (0, None, None))
        linux, windows = device_report.LEAST_DRIVERS.get(cuda, ("", ""))
        facts[build.folder] = {
            "least_driver": windows if build.platform.startswith("windows") else linux,
            "lowest_capability": lowest,
            "highest_capability": highest,
        }
    return facts


def differences(place: str, locked: list[Locked], resolved: list[Locked]) -> list[str]:
    """Returns a sentence for each thing in which a lock is not what is resolved today."""
    # uv has a line for each platform, packages have one each; another index is no other package.
    old, new = (
        {(line.name, line.word * (line.word != PYTORCH)): line for line in lines} for lines in (locked, resolved)
    )
    gone, missing = ([one[key] for key in one.keys() - other.keys()] for one, other in ((old, new), (new, old)))
    found = [f"{place}: nothing asks for {line.name} {line.version} any more." for line in gone]
    found += [f"{place}: {line.name} {line.version} is missing." for line in missing]
    for key in old.keys() & new.keys():
        was, now = old[key], new[key]
        if was.version != now.version:
            found.append(f"{place}: {was.name} is locked at {was.version}; {now.version} is asked for.")
        elif was.file != now.file:
            found.append(f"{place}: the index no longer gives {was.file} for {was.name}, it gives {now.file}.")
        elif now.sha256 and was.sha256 != now.sha256:
            found.append(f"{place}: {was.file} has another hash now: {now.sha256[:12]}…, locked {was.sha256[:12]}….")
    return sorted(found)


def make(folder: Path, requirements: Path) -> None:
    """Writes all locks.

    Raises:
        LockError: uv finds no answer.
    """
    for build in BUILDS:
        for python in PYTHONS:
            path = lock_path(folder, build, python)
            before = read(path) if path.is_file() else []
            lines = resolve_build(build, python, requirements.read_text(encoding="utf-8"))
            lines = [with_hash(line, python, before) if line.word else line for line in lines]
            write(path, lines)
            unread = "".join(f"; {line.file} could not be read" for line in lines if not line.size)
            size_mb = sum(line.size for line in lines) / 1e6
            print(f"{build.folder}, Python {python}: {len(lines)} files, {size_mb:.0f} MB{unread}", flush=True)
    write(folder / "uv.txt", uv_wheels())
    facts = json.dumps(build_facts(), indent=1) + "\n"
    (folder / "builds.json").write_text(facts, encoding="utf-8", newline="\n")


def check(folder: Path, requirements: Path) -> list[str]:
    """Returns in which the locks differ from what their versions resolve to today, a sentence each."""
    found = []
    for build in BUILDS:
        for python in PYTHONS:
            place = f"{build.folder}, Python {python}"
            try:
                locked = read(lock_path(folder, build, python))
                pins = "".join(f"{line.name}=={line.version.partition('+')[0]}\n" for line in locked)
                resolved = resolve_build(build, python, requirements.read_text(encoding="utf-8"), pins)
                found += differences(place, locked, resolved)
            except LockError as error:
                found.append(f"{place}: {error}")
    try:
        found += differences("uv", read(folder / "uv.txt"), uv_wheels())
    except LockError as error:
        found.append(f"uv: {error}")
    facts = folder / "builds.json"
    if not facts.is_file() or json.loads(facts.read_text(encoding="utf-8")) != json.loads(json.dumps(build_facts())):
        found.append("builds.json is not what device_report.py says; run `make locks`.")
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "check"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the locks (default: resources/locks)")
    parser.add_argument("--requirements", type=Path, default=REQUIREMENTS, help="what to lock")
    arguments = parser.parse_args()
    try:
        if arguments.what == "make":
            make(arguments.folder, arguments.requirements)
            return
        found = check(arguments.folder, arguments.requirements)
    except LockError as error:
        sys.exit(f"Locks: {error}")
    if found:
        sys.exit("\n".join(["Locks: these differ; `make locks` writes them anew:", *found]))
    print(f"{len(BUILDS) * len(PYTHONS)} locks: every file is in the index, with its hash")


if __name__ == "__main__":
    main()
