"""Makes one zip that installs the backend without a network: the wheels of a lock, uv's, and what they are.

The form is described in docs/offline-bundle.md. pip fetches the files, from the indexes it is set up for; each is
compared with its hash in the lock. Knows nothing of how a bundle is installed.
"""

import argparse
import json
import os
import shutil
import subprocess  # nosec B404 - runs pip
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from hashlib import file_digest, sha256
from pathlib import Path

import locks
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
FORMAT = 1
LONGEST_ERROR_LINES = 3


class BundleError(Exception):
    """A file cannot be had, or is not what the lock says."""


def lock_id(text: str) -> str:
    """Returns what a lock is known by: it changes with every package, version and hash."""
    return sha256(text.encode()).hexdigest()[:12]


def fetch(lines: Iterable[locks.Locked], python: str, folder: Path, index: str = "") -> None:
    """Downloads the files of lock lines with pip, which compares the hashes that are there.

    Args:
        index: Address of the index to ask; else pip's own.

    Raises:
        BundleError: pip does not get them.
    """
    lines = list(lines)
    hashed = [line for line in lines if line.sha256]
    platforms = {tag.platform for line in lines for tag in parse_wheel_filename(line.file)[3]} - {"any"}
    for part in (hashed, [line for line in lines if not line.sha256]):
        if not part:
            continue
        wanted = folder / "wanted.txt"
        wanted.write_text("".join(f"{line}\n" for line in part), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--dest", str(folder), "--requirement", str(wanted)]
        command += ["--python-version", python, "--implementation", "cp", "--abi", "cp" + python.replace(".", "")]
        for platform in sorted(platforms):
            command += ["--platform", platform]
        command += ["--require-hashes"] if part is hashed else []
        command += ["--index-url", index] if index else []
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wanted.unlink()
        if ended.returncode:
            told = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")] or ended.stderr.splitlines()
            raise BundleError(f"pip does not get the files: {' '.join(told[:LONGEST_ERROR_LINES])}")


def verified(line: locks.Locked, folder: Path) -> locks.Locked:
    """Returns a lock line with hash and size as its file in `folder` has them.

    Raises:
        BundleError: the file is missing, or is not what the line says.
    """
    file = folder / line.file
    if not file.is_file():
        there = sorted(path.name for path in folder.glob(f"{line.name.replace('-', '_')}-*.whl"))
        raise BundleError(f"the lock wants '{line.file}'; downloaded was {', '.join(there) or 'nothing of it'}.")
    with file.open("rb") as opened:
        found = file_digest(opened, "sha256").hexdigest()
    if line.sha256 and found != line.sha256:
        raise BundleError(f"'{line.file}' has the hash {found[:12]}…; the lock wants {line.sha256[:12]}….")
    return replace(line, sha256=found, size=file.stat().st_size)


def write(target: Path, contents: dict[str, str], files: dict[str, Path]) -> None:
    """Writes the zip under a temporary name, then renames it; nothing is compressed, as wheels already are.

    Args:
        contents, files: Path in the zip → text, or file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
            for name, text in contents.items():
                archive.writestr(_entry(name), text)
            for name, file in sorted(files.items()):
                entry = _entry(name)
                entry.file_size = file.stat().st_size  # so that a large one gets the larger form of an entry
                with file.open("rb") as source, archive.open(entry, "w") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    return entry


def make(platform: str, build: str, python: str, target: Path, archive: Path | None, folder: Path) -> int:
    """Makes a bundle and returns how many wheels it has.

    Args:
        archive: A managed Python's, to be put in as well.
        folder: The locks'.

    Raises:
        BundleError: there is no such lock, or a file of it cannot be had.
    """
    try:
        path = folder / f"{platform}-{build}" / f"python{python}.txt"
        lines = locks.read(path)
        uv = next((line for line in locks.read(folder / "uv.txt") if line.word == platform), None)
    except locks.LockError as error:
        offered = ", ".join(sorted(f"{entry.parent.name} {entry.stem}" for entry in folder.glob("*/python*.txt")))
        raise BundleError(f"{error} There are: {offered}.") from error
    if uv is None:
        raise BundleError(f"uv.txt has no wheel of uv for '{platform}'.")
    if archive is not None and not archive.is_file():
        raise BundleError(f"there is no archive of Python at '{archive}'.")
    with tempfile.TemporaryDirectory(prefix="mmearth-bundle-", dir=_existing(target.parent)) as name:
        wheels = Path(name)
        own = [line for line in lines if line.word == locks.PYTORCH]
        fetch([line for line in lines if line.word != locks.PYTORCH], python, wheels)
        fetch(own, python, wheels, os.environ.get("TORCH_INDEX", ""))
        fetch([uv], python, wheels)
        complete = [verified(line, wheels) for line in lines]
        facts = {
            "format": FORMAT,
            "platform": platform,
            "build": build,
            "python": python,
            "lock": lock_id(path.read_text(encoding="utf-8")),
        }
        contents = {
            "bundle.json": json.dumps(facts, indent=1) + "\n",
            "requirements.txt": "".join(f"{line}\n" for line in complete),
        }
        files = {f"wheels/{line.file}": wheels / line.file for line in complete}
        files[uv.file] = wheels / verified(uv, wheels).file
        if archive is not None:
            # As uv's option for a mirror wants it: the folder is the archive's date.
            files[f"python/{archive.parent.name}/{archive.name}"] = archive
        write(target, contents, files)
    return len(complete)


def _existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", required=True, help="such as linux-x86_64, windows-x86_64, macos-arm64")
    parser.add_argument("--build", required=True, help="such as cpu, cu130, mps")
    parser.add_argument("--python", required=True, help="such as 3.12")
    parser.add_argument("--out", type=Path, help="the zip (default: in build/, named after what it holds)")
    parser.add_argument("--python-archive", type=Path, help="a managed Python's archive, in a folder named by its date")
    parser.add_argument("--locks", type=Path, default=locks.FOLDER, help="folder of the locks")
    arguments = parser.parse_args()
    platform, build, python = arguments.platform, arguments.build, arguments.python
    target = arguments.out or ROOT / "build" / f"mmearth-backend-{platform}-{build}-python{python}.zip"
    try:
        count = make(platform, build, python, target.resolve(), arguments.python_archive, arguments.locks)
    except BundleError as error:
        sys.exit(f"Offline bundle: {error}")
    print(f"{target}: {count} wheels, {target.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
