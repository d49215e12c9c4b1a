"""Reads the lock files: which wheels make up the backend on a system, with which build of PyTorch, for which Python.

Knows files and facts, no widgets and no network.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..messages import tr

LOCKS = Path(__file__).resolve().parent.parent.parent / "resources" / "locks"
PYTORCH = "pytorch"  # name of PyTorch's own index in the locks
CPU = "cpu"
_TORCH_WITH_CUDA_BYTES = 2_500_000_000  # PyTorch's wheels with CUDA in them, which are those for Windows
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}
_SYSTEMS = {"linux": "linux", "win32": "windows", "darwin": "macos"}
_LINE = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)"
    r"(?:\s+--hash=sha256:(?P<sha256>[0-9a-f]{64}))?"
    r"\s+# (?P<file>\S+\.whl) (?P<size>\d+)(?: (?P<word>\S+))?\s*"
)


@dataclass(frozen=True)
class Wheel:
    """One line of a lock.

    Args:
        sha256: Empty where the hash was not known when the lock was made: it is recorded at the first download.
        size: In bytes; 0 where it was not known.
        word: In the locks of an environment the index that has the file, empty for the main one; in the list of uv the
            platform.
    """

    name: str
    version: str
    file: str
    sha256: str
    size: int
    word: str


@dataclass(frozen=True)
class Lock:
    """What is installed for one build and one minor version of Python."""

    build: str
    python: str
    text: str
    wheels: Tuple[Wheel, ...]

    @property
    def id(self) -> str:
        """Changes with every package, version and hash."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()[:12]

    @property
    def index_names(self) -> List[str]:
        """Which indexes have its files; "" is the main one."""
        return sorted({wheel.word for wheel in self.wheels})


@dataclass(frozen=True)
class Card:
    """A card of NVIDIA, as its driver tells of it."""

    name: str
    driver: str
    capability: Optional[Tuple[int, int]]


def this_platform() -> str:
    """Returns the word of this computer in the names of locks, such as "linux-x86_64"; it may have none."""
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{machine_word(platform.machine())}"


def machine_word(machine: str) -> str:
    """Returns the word in the names of locks for a kind of processor, as Python calls it."""
    return _MACHINES.get(machine.lower(), machine.lower())


def no_packages_text() -> str:
    """Returns what to say where there is no lock for this computer."""
    text = tr('There are no packages for this kind of computer ("{platform}"). Use an environment of your own.')
    return text.format(platform=this_platform())


def read_wheels(text: str) -> Tuple[Wheel, ...]:
    """Reads the lines of a lock.

    Raises:
        ValueError: a line is neither a comment nor a package.
    """
    wheels = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(line)
        wheels.append(
            Wheel(
                found["name"],
                found["version"],
                found["file"],
                found["sha256"] or "",
                int(found["size"]),
                found["word"] or "",
            )
        )
    return tuple(wheels)


def builds(system: str, folder: Path = LOCKS) -> List[str]:
    """Returns the builds of PyTorch that there are locks for, the one without a graphics card first."""
    start = len(system) + 1
    names = [entry.name[start:] for entry in folder.glob(f"{system}-*") if entry.is_dir()]
    return sorted(names, key=lambda name: (name not in (CPU, "mps"), name))


def pythons(system: str, build: str, folder: Path = LOCKS) -> List[str]:
    """Returns the minor versions of Python that a build has a lock for, the oldest first."""
    found = [entry.stem.replace("python", "") for entry in (folder / f"{system}-{build}").glob("python*.txt")]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


def read_lock(system: str, build: str, python: str, folder: Path = LOCKS) -> Lock:
    """Reads a lock.

    Raises:
        OSError: there is none.
    """
    text = (folder / f"{system}-{build}" / f"python{python}.txt").read_text(encoding="utf-8")
    return Lock(build, python, text, read_wheels(text))


def download_bytes(lock: Lock, system: str, folder: Path = LOCKS) -> Tuple[int, bool]:
    """Returns what is downloaded for a lock, and whether that is known.

    A file without a size is taken to be as large as that of the same build for another Python.
    """
    locks = [lock, *(read_lock(system, lock.build, python, folder) for python in pythons(system, lock.build, folder))]
    sizes = {wheel.name: wheel.size for other in locks for wheel in other.wheels if wheel.size}
    total = sum(wheel.size or sizes.get(wheel.name, _TORCH_WITH_CUDA_BYTES) for wheel in lock.wheels)
    return total, all(wheel.size for wheel in lock.wheels)


def uv_wheel(system: str, folder: Path = LOCKS) -> Wheel:
    """Returns the wheel of uv for a platform.

    Raises:
        LookupError: there is none.
    """
    for wheel in read_wheels((folder / "uv.txt").read_text(encoding="utf-8")):
        if wheel.word == system:
            return wheel
    raise LookupError(system)


def build_for(cards: Sequence[Card], system: str, folder: Path = LOCKS) -> str:
    """Returns the build that suits the cards of a computer; the one for processors where none does."""
    offered = builds(system, folder)
    facts = json.loads((folder / "builds.json").read_text(encoding="utf-8"))
    for build in sorted(offered, reverse=True):  # the newest CUDA first
        if any(_serves(facts[f"{system}-{build}"], card) for card in cards):
            return build
    return offered[0] if offered else ""


def _serves(facts: Dict[str, Any], card: Card) -> bool:
    if not facts["least_driver"] or _version(card.driver) < _version(facts["least_driver"]):
        return False
    if card.capability is None:
        return True
    return tuple(facts["lowest_capability"]) <= card.capability <= tuple(facts["highest_capability"])


def _version(text: str) -> List[int]:
    return [int(part) for part in re.findall(r"\d+", text)]
