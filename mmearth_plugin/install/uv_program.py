"""uv, the program that makes environments: unpacked from its wheel, and the commands that we give it.

uv runs without network: what it installs was downloaded by QGIS before.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import List, NamedTuple

from qgis.PyQt.QtCore import QProcessEnvironment, QUrl

from ..child_environment import child_environment
from ..messages import tr
from . import environments
from .locks import Wheel
from .programs import Wanted

PREFERRED = "3.12"
_PROGRAM = "uv.exe" if sys.platform == "win32" else "uv"


class ManagedPython(NamedTuple):
    """A Python that uv can unpack."""

    version: str  # minor version
    url: str
    file: str  # below the mirror


def program(folder: Path, wheel: Wheel) -> Path:
    """Returns where uv is once it was unpacked."""
    return folder / f"uv-{wheel.version}" / _PROGRAM


def unpack(wheel_file: Path, wheel: Wheel, target: Path, _wanted: Wanted) -> None:
    """Takes uv out of its wheel; does nothing where it was taken out before.

    Raises:
        OSError: it cannot be written.
        ValueError: the wheel is not the one that the lock names.
    """
    if target.is_file():
        return
    found = hashlib.sha256(wheel_file.read_bytes()).hexdigest()
    if found != wheel.sha256:
        text = tr('"{file}" has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed.')
        raise ValueError(text.format(file=wheel_file.name, found=found[:12], wanted=wheel.sha256[:12]))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with zipfile.ZipFile(wheel_file) as archive:
        inside = f"uv-{wheel.version}.data/scripts/{_PROGRAM}"
        with archive.open(inside) as source, part.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
    part.chmod(0o755)
    part.replace(target)


def environment(folder: Path) -> QProcessEnvironment:
    """Returns the environment of uv: the user's without what QGIS and uv's own variables would change."""
    variables = child_environment()
    for name in variables.keys():  # noqa: SIM118 - not a dict
        if name.upper().startswith(("UV_", "PIP_", "VIRTUAL_ENV", "CONDA_")):
            variables.remove(name)
    variables.remove("PYTHONPATH")
    variables.insert("UV_NO_CONFIG", "1")
    variables.insert("UV_NO_PROGRESS", "1")
    # On the disk of the environment, so that files are moved and not copied; it goes once they are installed.
    variables.insert("UV_CACHE_DIR", str(environments.uv_cache(folder)))
    variables.insert("UV_PYTHON_INSTALL_DIR", str(folder / "python"))
    variables.insert("UV_PYTHON_INSTALL_BIN", "0")
    variables.insert("UV_PYTHON_INSTALL_REGISTRY", "0")
    return variables


def find_python_command(uv: Path, version: str) -> List[str]:
    """Returns the command that says the path of a Python of the system, of a minor version."""
    return [str(uv), "python", "find", "--offline", "--system", "--no-project", "--no-python-downloads", version]


def list_python_command(uv: Path, version: str) -> List[str]:
    """Returns the command that says, as JSON, which Python of its own uv would unpack."""
    wanted = f"cpython-{version}"
    return [
        str(uv),
        "python",
        "list",
        wanted,
        "--offline",
        "--only-downloads",
        "--output-format",
        "json",
        "--show-urls",
    ]


def read_python_list(text: str) -> ManagedPython:
    """Reads what `list_python_command` says.

    Raises:
        LookupError: uv knows no Python for this computer.
    """
    for entry in json.loads(text):
        if entry.get("implementation") == "cpython" and entry.get("variant", "default") == "default":
            *_start, date, name = QUrl(entry["url"]).path().split("/")
            version = ".".join(entry["version"].split(".")[:2])
            return ManagedPython(version, entry["url"], f"{date}/{name}")
    raise LookupError(tr("There is no Python for this kind of computer; choose one of your own."))


def install_python_command(uv: Path, version: str, downloads: Path) -> List[str]:
    """Returns the command that unpacks a Python that was fetched; uv knows the hash of its archive."""
    mirror = QUrl.fromLocalFile(str(downloads / "python")).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    return [str(uv), "python", "install", f"cpython-{version}", "--no-bin", "--mirror", mirror]


def find_managed_command(uv: Path, version: str) -> List[str]:
    """Returns the command that says the path of a Python that uv has unpacked."""
    return [
        str(uv),
        "python",
        "find",
        "--managed-python",
        "--no-project",
        "--no-python-downloads",
        "--offline",
        version,
    ]


def make_command(uv: Path, python: str, target: Path) -> List[str]:
    """Returns the command that makes an empty environment."""
    return [str(uv), "venv", "--offline", "--no-project", "--clear", "--python", python, str(target)]


def install_command(uv: Path, python: Path, wheels: Path, requirements: Path) -> List[str]:
    """Returns the command that installs wheels whose hashes are right, and nothing else."""
    return [
        str(uv), "pip", "install", "--offline", "--no-index", "--no-deps", "--require-hashes",
        "--only-binary", ":all:", "--python", str(python), "--find-links", str(wheels), "-r", str(requirements),
    ]  # fmt: skip
