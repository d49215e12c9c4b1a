"""Results kept by what they were computed from, so that the same request again costs a copy.

An entry is a small JSON named by its key, which names a copy of the result named by its own SHA-256. Both come to be
by renaming, so that several processes may share the folder without locks: whatever one of them finds half gone or
damaged, it takes for absent. Imports the standard library only; knows nothing of rasters or requests.
"""

import contextlib
import hashlib
import json
import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmearth.disk import disk_errors

FOLDER_VARIABLE = "MMEARTH_CACHE"
DEFAULT_LIMIT_BYTES = 5 * 10**9
CHUNK_BYTES = 2**20
SAMPLE_BYTES, SAMPLES = 64 * 2**10, 16  # of a file: what can be read at once from a slow disk
FORGOTTEN_S = 24 * 3600  # files under a temporary name that are older were left by a process that died
SETTINGS_FILE = "settings.json"
# Of a virtual raster as text: the folders of its files, which are no part of what it is.
_SOURCE_FOLDERS = re.compile(r"(<SourceFilename[^>]*>)[^<]*[/\\](?=[^<]*</SourceFilename>)")
_VIRTUAL_FILE_SYSTEM = re.compile(r"/vsi\w+/")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """What the cache knows of one result: its file, size and digest, and what the verb returned with it."""

    path: Path  # of the entry itself
    sha256: str
    size_bytes: int
    result: dict[str, Any]

    @property
    def data(self) -> Path:
        return self.path.with_name(f"{self.sha256}.data")


def cache_folder() -> Path:
    """Returns the folder of the cache, which need not exist.

    It lies where the system keeps what programs can make again; the environment variable `FOLDER_VARIABLE` moves it.
    """
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen).absolute()
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return caches / "mmearth" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mmearth"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmearth"


def scene_identity(paths: Sequence[str]) -> str:
    """Returns a digest of the files that a raster is read from, or "" where what they hold cannot be known.

    Files count by size, time of change and samples of what they hold, not by name: a scene that was moved is the same
    scene. Names without a file count for nothing.

    Args:
        paths: Files as GDAL names them (`dataset.files`), those in archives too; before them, of a virtual raster, its
            text. A file on a server may change unseen, so a scene with one has no identity.
    """
    digest = hashlib.sha256()
    known: dict[Path, bytes] = {}
    found = False
    for path in paths:
        if path.lstrip().startswith("<"):
            digest.update(hashlib.sha256(_SOURCE_FOLDERS.sub(r"\1", path).encode()).digest())
            continue
        file, inside = _local_file(path)
        if file is None:
            if _VIRTUAL_FILE_SYSTEM.match(path):
                return ""
            continue
        if file not in known:
            known[file] = _folder_identity(file) if file.is_dir() else _file_identity(file)
        digest.update(known[file] + hashlib.sha256(inside.encode()).digest())
        found = True
    return digest.hexdigest() if found else ""


def key_of(parts: dict[str, Any]) -> str:
    """Returns the key of everything that a result depends on: JSON values, in which the order of keys is nothing."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def fetch(key: str, out: Path, check: Callable[[], None] = lambda: None) -> dict[str, Any] | None:
    """Puts the file of an entry at `out` and returns the result that was stored with it; None where there is none.

    A damaged entry is removed. Where `out` cannot be written there is no result either: writing it anew will say why.

    Args:
        key: From `key_of`.
        out: Replaced if it exists.
        check: Called every few milliseconds; may raise, which leaves `out` as it was.
    """
    if not limit_bytes():
        return None
    path = _results() / f"{key}.json"
    entry = _read_entry(path)
    if entry is None:
        _remove(path)
        return None
    temporary = _temporary(out)
    try:
        if not entry.data.is_file() or _copy(entry.data, temporary, check) != (entry.sha256, entry.size_bytes):
            logger.warning("a damaged result was removed from the cache: %s", key)
            _remove(entry.path, entry.data)
            return None
        temporary.replace(out)
    except OSError as error:
        logger.warning("the cached result cannot be copied to %s: %s", out, error)
        return None
    finally:
        _remove(temporary)
    with contextlib.suppress(OSError):
        os.utime(entry.path)  # most recently used
    return entry.result


def store(key: str, file: Path, result: dict[str, Any]) -> None:
    """Keeps a copy of a file with its result; the least recently used make room for it.

    What does not fit the limit is not kept, and a disk that is full is not an error: the user has the file itself.
    """
    folder, limit = _results(), limit_bytes()
    if not limit:
        return
    temporary = _temporary(folder / key)
    try:
        expected_bytes = file.stat().st_size
        if expected_bytes > limit:
            logger.info("%s is larger than the cache's limit; it is not kept there", file)
            return
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(limit - expected_bytes, key)
        sha256, size_bytes = _copy(file, temporary, lambda: None)
        temporary.replace(folder / f"{sha256}.data")
        _write_json(folder / f"{key}.json", {"sha256": sha256, "size_bytes": size_bytes, "result": result})
    except OSError as error:
        logger.warning("the result is not kept in the cache %s: %s", folder, error)
    finally:
        _remove(temporary)


def usage() -> dict[str, Any]:
    """Returns where the cache lies, the bytes of its files, the number of its entries, and its limit (0: off)."""
    return {
        "folder": str(cache_folder()),
        "bytes": sum(size for _, size, _ in _files(".data")),
        "entries": sum(1 for _ in _files(".json")),
        "limit_bytes": limit_bytes(),
    }


def clear() -> None:
    """Removes every result; what another program holds open stays."""
    for suffix in (".json", ".data", ".part"):
        _remove(*(path for path, _, _ in _files(suffix)))


def limit_bytes() -> int:
    """Returns the size that the cache may have; 0 where it is switched off."""
    try:
        value = json.loads((cache_folder() / SETTINGS_FILE).read_text(encoding="utf-8"))["limit_bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_LIMIT_BYTES
    return max(0, value) if isinstance(value, int) else DEFAULT_LIMIT_BYTES


def set_limit(size_bytes: int) -> None:
    """Sets and keeps the limit, and removes what is beyond it; 0 switches the cache off.

    Raises:
        ResourceError: the folder cannot be written to.
    """
    folder = cache_folder()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _write_json(folder / SETTINGS_FILE, {"limit_bytes": size_bytes})
    _make_room(size_bytes, "")


def _results() -> Path:
    return cache_folder() / "results"


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.part")  # several machines may share a home


def _files(suffix: str) -> Iterator[tuple[Path, int, float]]:
    """Yields path, size and time of change of the cache's files of a kind; some may go meanwhile."""
    try:
        listed = list(os.scandir(_results()))
    except OSError:
        return
    for found in listed:
        if found.name.endswith(suffix):
            with contextlib.suppress(OSError):
                status = os.stat(found.path)
                yield Path(found.path), status.st_size, status.st_mtime


def _read_entry(path: Path) -> _Entry | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        sha256, size_bytes, result = stored["sha256"], stored["size_bytes"], stored["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (isinstance(sha256, str) and re.fullmatch("[0-9a-f]{64}", sha256) and isinstance(result, dict)):
        return None
    return _Entry(path, sha256, size_bytes, result)


def _make_room(allowed_bytes: int, coming: str) -> None:
    """Removes the entry that is about to be replaced, forgotten files, and the least recently used entries."""
    now_s = time.time()
    _remove(*(path for path, _, changed_s in _files(".part") if now_s - changed_s > FORGOTTEN_S))
    by_use = sorted(_files(".json"), key=lambda file: file[2])
    entries = {path: _read_entry(path) for path, _, _ in by_use if path.stem != coming}
    sizes = {path: size for path, size, _ in _files(".data")}
    kept: set[Path] = set()
    total_bytes = 0
    for path in reversed(entries):
        entry = entries[path]
        size_bytes = 0 if entry is None or entry.data in kept else sizes.get(entry.data, 0)
        if entry is None or entry.data not in sizes or total_bytes + size_bytes > allowed_bytes:
            _remove(path)
            continue
        total_bytes += size_bytes
        kept.add(entry.data)
    _remove(*(path for path in sizes if path not in kept))


def _remove(*paths: Path) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # on Windows, another process may be reading it
            logger.info("%s stays for now: %s", path, error)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    temporary = _temporary(path)
    try:
        temporary.write_text(json.dumps(value, allow_nan=False), encoding="utf-8")
        temporary.replace(path)
    finally:
        _remove(temporary)


def _copy(source: Path, target: Path, check: Callable[[], None]) -> tuple[str, int]:
    """Copies a file and returns the SHA-256 and the size of what was copied."""
    digest, size_bytes = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            check()
            digest.update(chunk)
            writer.write(chunk)
            size_bytes += len(chunk)
    return digest.hexdigest(), size_bytes


def _local_file(path: str) -> tuple[Path | None, str]:
    """Returns the file or folder of this machine behind a path of GDAL's, and the name inside if an archive."""
    match = _VIRTUAL_FILE_SYSTEM.match(path)
    if not match:
        return (Path(path), "") if Path(path).exists() else (None, "")
    while match := _VIRTUAL_FILE_SYSTEM.match(path):  # /vsizip//vsitar/…
        path = path.removeprefix(match.group())
    path = path.replace("{", "").replace("}", "")
    archive = next((p for p in (Path(path), *Path(path).parents) if p.is_file()), None)
    return (None, "") if archive is None else (archive, Path(path).relative_to(archive).as_posix())


def _file_identity(file: Path) -> bytes:
    status = file.stat()
    digest = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode())
    last = max(0, status.st_size - SAMPLE_BYTES)
    with file.open("rb") as opened:
        for start in sorted({last * i // (SAMPLES - 1) for i in range(SAMPLES)}):
            opened.seek(start)
            digest.update(opened.read(SAMPLE_BYTES))
    return digest.digest()


def _folder_identity(folder: Path) -> bytes:
    """Returns a digest of names, sizes and times: rasters that are folders may have very many files."""
    digest = hashlib.sha256()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        status = file.stat()
        digest.update(f"{file.relative_to(folder).as_posix()} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.digest()
