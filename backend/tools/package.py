"""Builds the plugin's zip from what pb_tool.cfg lists and git tracks, with translations compiled; scans what is inside.

One top folder, `mmearth_qgis`, as QGIS's plugin repository wants it. The same content gives the same bytes. The scan is
that of the plugin repository: bandit with its full rule set, detect-secrets and flake8, each with zero findings.
"""

import argparse
import configparser
import json
import os
import shutil
import subprocess  # nosec B404 - runs git and the scanners
import sys
import tempfile
import zipfile
from pathlib import Path

import translations

ROOT = Path(__file__).resolve().parents[2]
LARGEST_ZIP_BYTES = 25_000_000
INDEX_FILE = "resources/locks/index.json"  # not in git: where packages come from is not for the source to say
LEFT_OUT = (".toml", ".ts")  # settings of development tools, and translations before they are compiled


class PackageError(Exception):
    """The zip would not be fit to publish."""


def deployed_files(tracked: list[str], config: configparser.ConfigParser) -> list[str]:
    """Returns the tracked files, relative to the root, that pb_tool.cfg deploys.

    Raises:
        PackageError: an entry of pb_tool.cfg matches no tracked file.
    """
    files = config["files"]
    single = [name for key in ("python_files", "extras") for name in files[key].split()]
    folders = files["extra_dirs"].split()
    missing = [name for name in single if name not in tracked]
    missing += [folder for folder in folders if not any(name.startswith(f"{folder}/") for name in tracked)]
    if missing:
        raise PackageError(f"pb_tool.cfg lists what git does not track: {', '.join(missing)}. Commit it or drop it.")
    inside = tuple(f"{folder}/" for folder in folders)
    return sorted(
        name for name in tracked if name in single or (name.startswith(inside) and Path(name).suffix not in LEFT_OUT)
    )


def tracked_files() -> list[str]:
    """Returns the paths that git tracks, relative to the root.

    Raises:
        PackageError: no git here, or not a clone.
    """
    # The tree may belong to someone else than the caller, as under sudo.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except FileNotFoundError as error:
        raise PackageError("git is not installed; it says which files belong to the plugin. Install git.") from error
    except subprocess.CalledProcessError as error:
        raise PackageError(f"git does not list the files of {ROOT}: {error.stderr.strip()} Use a git clone.") from error
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def compiled_translations() -> dict[str, bytes]:
    """Returns path in the plugin → content of the files that QGIS reads.

    Raises:
        PackageError: they cannot be compiled.
    """
    folder = Path(tempfile.mkdtemp(prefix="mmearth-translations-"))
    try:
        made = translations.release(folder)
        return {(translations.FOLDER / path.name).relative_to(ROOT).as_posix(): path.read_bytes() for path in made}
    except translations.TranslationError as error:
        raise PackageError(str(error)) from error
    finally:
        shutil.rmtree(folder)


def index_addresses() -> bytes:
    """Returns where the installed plugin looks for packages unless it is told otherwise, as JSON.

    The source names no index: the main one is pip's own, PyTorch's is what whoever packages says in TORCH_INDEX.

    Raises:
        PackageError: pip does not say.
    """
    ended = subprocess.run(
        [sys.executable, "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise PackageError(f"pip does not tell its index: {ended.stderr.strip()} Run `make clean-venv setup`.")
    addresses = {"index": ended.stdout.strip(), "torch_index": os.environ.get("TORCH_INDEX", "")}
    return (json.dumps(addresses, indent=1) + "\n").encode()


def read_config() -> configparser.ConfigParser:
    """Returns pb_tool.cfg."""
    config = configparser.ConfigParser()
    config.read(ROOT / "pb_tool.cfg", encoding="utf-8")
    return config


def plugin_version() -> str:
    """Returns the version that metadata.txt states."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def build(folder: Path) -> Path:
    """Writes the zip to `folder` and returns its path.

    Raises:
        PackageError: something listed is missing, or the zip is too large.
    """
    config = read_config()
    top = config["plugin"]["name"]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{top}-{plugin_version()}.zip"
    contents = {name: (ROOT / name).read_bytes() for name in deployed_files(tracked_files(), config)}
    contents |= compiled_translations() | {INDEX_FILE: index_addresses()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{top}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, contents[name], compress_type=zipfile.ZIP_DEFLATED)
    if target.stat().st_size > LARGEST_ZIP_BYTES:
        raise PackageError(
            f"{target.name} has {target.stat().st_size / 1e6:.1f} MB; the plugin repository takes at most "
            f"{LARGEST_ZIP_BYTES / 1e6:.0f} MB."
        )
    return target


def scan(folder: Path) -> list[str]:
    """Returns what the scanners found in an unpacked zip: one text per scanner that found something."""
    found = []
    for name, command in {
        "bandit": ["bandit", "--quiet", "--recursive", "."],
        "flake8": ["flake8", "--isolated", "--max-line-length", "120", "."],
    }.items():
        ended = _run_module(command, folder)
        if ended.returncode:
            found.append(f"{name}:\n{ended.stdout}{ended.stderr}")
    ended = _run_module(["detect_secrets", "scan", "--all-files", "."], folder)
    secrets = json.loads(ended.stdout)["results"] if ended.returncode == 0 else {"detect-secrets": ended.stderr}
    if secrets:
        found.append(f"detect-secrets:\n{json.dumps(secrets, indent=2)}")
    return found


def _run_module(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="folder for the zip (default: build)")
    parser.add_argument("--no-scan", action="store_true", help="build only")
    arguments = parser.parse_args()
    unpacked = Path(tempfile.mkdtemp(prefix="mmearth-package-"))
    try:
        target = build(arguments.out.resolve())
        shutil.unpack_archive(target, unpacked)
        with zipfile.ZipFile(target) as archive:
            count = len(archive.namelist())
        found = [] if arguments.no_scan else scan(unpacked)
    except PackageError as error:
        sys.exit(f"Package: {error}")
    finally:
        shutil.rmtree(unpacked)
    if found:
        sys.exit("\n".join(["Package: the scan found:", *found]))
    scanned = "not scanned" if arguments.no_scan else "bandit, detect-secrets and flake8 found nothing"
    print(f"{target}: {count} files, {target.stat().st_size / 1e6:.2f} MB; {scanned}")


if __name__ == "__main__":
    main()
