"""The offline bundle: one zip with uv, the wheels of a lock and perhaps a Python. docs/offline-bundle.md has its form.

It is checked against the locks of this plugin, so that a bundle cannot bring in what the plugin does not name; only
what a lock has no hash for is taken with the hash that the bundle tells.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ..messages import tr
from .locks import Lock, Wheel, read_lock, read_wheels, this_platform, uv_wheel
from .programs import Wanted

_FORMAT = 1
_ABOUT, _REQUIREMENTS = "bundle.json", "requirements.txt"
_PYTHON_ARCHIVE = re.compile(r"python/\w+/[\w.+-]+\.tar\.(?:gz|zst)")
_CHUNK = 1 << 20


def write(bundle: Path, downloads: Path, lock: Lock, uv: Wheel, hashes: Dict[str, str], wanted: Wanted) -> None:
    """Makes a bundle from what was downloaded, under a temporary name first.

    Args:
        hashes: File name → SHA-256 of the wheels.
        wanted: Asked before each file; where it says no, the bundle is not written.

    Raises:
        OSError: it cannot be written.
    """
    about = {
        "format": _FORMAT,
        "platform": this_platform(),
        "build": lock.build,
        "python": lock.python,
        "lock": lock.id,
    }
    part = bundle.with_name(bundle.name + ".part")
    archives = [(path, path.relative_to(downloads).as_posix()) for path in (downloads / "python").glob("*/*.tar.*")]
    wheels = [(downloads / wheel.file, f"wheels/{wheel.file}") for wheel in lock.wheels]
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_ABOUT, json.dumps(about))
        archive.writestr(_REQUIREMENTS, _with_hashes(lock, hashes))
        for path, name in [(downloads / uv.file, uv.file), *wheels, *archives]:
            if not wanted():
                break
            if not name.endswith(".part"):
                archive.write(path, name)
    if wanted():
        part.replace(bundle)
    else:
        part.unlink()


def unpack(bundle: Path, downloads: Path, build: str, locks: Path, wanted: Wanted) -> str:
    """Puts the files of a bundle among the downloads, each compared with its hash.

    Args:
        wanted: Asked while files are copied; where it says no, this ends with `InterruptedError`.

    Returns:
        The minor version of Python that the bundle is made for.

    Raises:
        OSError: it cannot be read, or the files cannot be written.
        ValueError: the bundle is for something else, or was damaged.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            return _unpack(archive, bundle, downloads, build, locks, wanted)
    except (zipfile.BadZipFile, KeyError) as error:
        text = tr('"{file}" is not a complete offline bundle ({error}). Copy it again, or make it again.')
        raise ValueError(text.format(file=bundle.name, error=error)) from error


def read_about(bundle: Path) -> Dict[str, Any]:
    """Returns what a bundle says about itself: platform, build, python, lock.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no bundle.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            return dict(json.loads(archive.read(_ABOUT).decode("utf-8")))
    except (zipfile.BadZipFile, KeyError) as error:
        text = tr('"{file}" is not a complete offline bundle ({error}). Copy it again, or make it again.')
        raise ValueError(text.format(file=bundle.name, error=error)) from error


def read_hashes(downloads: Path) -> Dict[str, str]:
    """Returns file name → SHA-256 as the bundle that was unpacked last tells."""
    text = (downloads / _REQUIREMENTS).read_text(encoding="utf-8")
    return {wheel.file: wheel.sha256 for wheel in read_wheels(text)}


def _unpack(archive: zipfile.ZipFile, bundle: Path, downloads: Path, build: str, locks: Path, wanted: Wanted) -> str:
    about = json.loads(archive.read(_ABOUT).decode("utf-8"))
    found = (about.get("platform"), about.get("build"))
    if about.get("format") != _FORMAT or found != (this_platform(), build):
        text = tr('The bundle "{file}" is for "{found}"; "{wanted}" is wanted. Make one for it, or choose that build.')
        found_text = "-".join(map(str, found))
        raise ValueError(text.format(file=bundle.name, found=found_text, wanted=f"{this_platform()}-{build}"))
    python = str(about["python"])
    lock = read_lock(this_platform(), build, python, locks)
    if about.get("lock") != lock.id:
        text = tr('The bundle "{file}" belongs to another version of the plugin. Make it again with this version.')
        raise ValueError(text.format(file=bundle.name))
    told = archive.read(_REQUIREMENTS).decode("utf-8")
    hashes = {wheel.file: wheel.sha256 for wheel in read_wheels(told)}
    uv = uv_wheel(this_platform(), locks)
    for wheel, name in [(uv, uv.file), *((wheel, f"wheels/{wheel.file}") for wheel in lock.wheels)]:
        _copy(archive, name, downloads / wheel.file, wheel.sha256 or hashes[wheel.file], wanted)
    for name in archive.namelist():
        if _PYTHON_ARCHIVE.fullmatch(name):
            _copy(archive, name, downloads / name, "", wanted)  # uv knows its hash
    (downloads / _REQUIREMENTS).write_text(told, encoding="utf-8")
    return python


def _copy(archive: zipfile.ZipFile, name: str, target: Path, sha256: str, wanted: Wanted) -> None:
    """Copies one file out of a bundle; under its name only once its content is right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part, content = target.with_name(target.name + ".part"), hashlib.sha256()
    with archive.open(name) as source, part.open("wb") as sink:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            if not wanted():
                raise InterruptedError
            content.update(chunk)
            sink.write(chunk)
    found = content.hexdigest()
    if sha256 and found != sha256:
        part.unlink()
        text = tr('"{file}" has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed.')
        raise ValueError(text.format(file=target.name, found=found[:12], wanted=sha256[:12]))
    part.replace(target)


def _with_hashes(lock: Lock, hashes: Dict[str, str]) -> str:
    """Returns the lines of a lock, the hashes it lacks filled in."""
    lines: List[str] = []
    rows: Tuple[Wheel, ...] = lock.wheels
    for wheel in rows:
        sha256, word = wheel.sha256 or hashes[wheel.file], f" {wheel.word}" if wheel.word else ""
        lines.append(f"{wheel.name}=={wheel.version} --hash=sha256:{sha256}  # {wheel.file} {wheel.size}{word}\n")
    return "".join(lines)
