"""Fetching a file over HTTP: streamed, resumed where it stopped, cancelled at once, recognised ever after by its hash.

Knows nothing of weights; imports the standard library only.
"""

import json
import os
import shutil
import time
from pathlib import Path

from mmearth.disk import disk_errors, hash_file
from mmearth.errors import CheckpointError, ResourceError
from mmearth.progress import Report
from mmearth.weights.http_stream import POLL_S, Dropped, Stream

HASHES_FILE = "hashes.json"
RETRIES = 3
RETRY_WAIT_S = 1.0  # before the first retry; twice as long before each further one
PHASE = "Downloading"
_AGAIN = "Check the connection and start again: what has arrived is kept, and the rest is fetched."


def fetch(url: str, target: Path, pinned: str, report: Report) -> str:
    """Makes `target` hold what lies at `url`, or leaves it as it was.

    A hash is recorded in `HASHES_FILE` of the target's folder when a file comes for the first time. A target that has
    its recorded hash is not fetched again; a content with another one is refused. What has arrived when a download
    stops stays in `<target>.part`, and the next call goes on from there.

    Args:
        url: https, or http on this computer.
        target: Path of the file in an existing folder.
        pinned: Hash that the file must have, "sha256:<hex>"; empty means the recorded one, or any the first time.
        report: Told about bytes; cancelling leaves the `.part`.

    Returns:
        "sha256:<hex>" of the file.

    Raises:
        CheckpointError: a web page came instead of a file, or a file other than before.
        ResourceError: no connection, no such file, no room.
    """
    wanted = pinned or _read_hashes(target.parent).get(target.name, "")
    if target.is_file():
        found = f"sha256:{hash_file(target)}"
        if found == (wanted or found):
            _record(target, found)
            return found
        report.log(f"'{target.name}' has changed since it was fetched; it is fetched again.", "warning")
    part = target.with_name(target.name + ".part")
    for attempt in range(RETRIES + 1):
        try:
            _fetch_rest(url, part, report)
            break
        except Dropped as error:
            size_mb = part.stat().st_size / 1e6 if part.exists() else 0
            if attempt == RETRIES:
                raise ResourceError(
                    f"'{url}' could not be fetched: {error}; {size_mb:.1f} MB arrived, after {RETRIES} retries.", _AGAIN
                ) from error
            report.log(f"{error}; trying again after {size_mb:.1f} MB", "warning")
            _wait(RETRY_WAIT_S * 2**attempt, report)
    found = f"sha256:{hash_file(part)}"
    if wanted and found != wanted:
        _discard(part)
        raise CheckpointError(
            f"'{url}' is another file than before: its hash is {found}, wanted is {wanted}.",
            f"Ask the authors whether it was replaced. To take the new one, delete '{target.name}' and its line in "
            f"'{target.parent / HASHES_FILE}'.",
        )
    with disk_errors(target.parent):
        os.replace(part, target)
    _discard(part)
    _record(target, found)
    return found


def forget(target: Path) -> None:
    """Deletes a file and its recorded hash, so that the next `fetch` takes whatever comes."""
    hashes = _read_hashes(target.parent)
    with disk_errors(target.parent):
        target.unlink(missing_ok=True)
        _write_hashes(target.parent, {name: found for name, found in hashes.items() if name != target.name})


def _fetch_rest(url: str, part: Path, report: Report) -> None:
    """Brings a `.part` from where it stands to its end.

    Raises:
        Dropped: it is worth trying again.
    """
    note = part.with_name(part.name + ".json")
    have = part.stat().st_size if part.exists() else 0
    known = _read_json(note) if have else {}
    headers = {"Accept-Encoding": "identity", "User-Agent": "mmearth-qgis"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known.get("validator"):
            headers["If-Range"] = known["validator"]  # a server whose file changed sends all of the new one
    with Stream(url, headers, report) as stream:
        head = stream.head
        if head.start not in (0, have) or (head.start and str(head.total) != known.get("total", str(head.total))):
            _discard(part)
            raise Dropped("the server goes on with another file than it began with")
        have = head.start
        first = stream.next_chunk()
        if have == 0 and ("text/html" in head.content_type or first.lstrip()[:1] == b"<"):
            _discard(part)
            raise CheckpointError(
                f"'{url}' gave a web page instead of a file.",
                "The file was moved, or a log-in page of your network stands before it: open the address in a browser.",
            )
        if have == 0 and not first:
            raise Dropped("the server sent nothing")
        _check_room(part.parent, head.total, have)
        with disk_errors(part.parent):
            kept = {"validator": head.validator} | ({} if head.total is None else {"total": str(head.total)})
            note.write_text(json.dumps(kept), encoding="utf-8")
        # Closing writes too, so it lies inside. What the network does arrives as `Dropped`, never as an OSError.
        with disk_errors(part.parent), part.open("r+b" if have else "wb") as opened:
            opened.seek(have)
            chunk = first
            while chunk:
                opened.write(chunk)
                have += len(chunk)
                report.progress(PHASE, have, max(head.total or have, have))
                chunk = stream.next_chunk()
    if head.total is not None and have != head.total:
        raise Dropped(f"the connection ended after {have} of {head.total} bytes")


def _check_room(folder: Path, total: int | None, have: int) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - have > free:
        raise ResourceError(
            f"The file still needs {(total - have) / 1e6:.0f} MB; the disk of '{folder}' has {free / 1e6:.0f} MB free.",
            "Free some room, or choose another folder.",
        )


def _wait(seconds: float, report: Report) -> None:
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        report.check()
        time.sleep(min(POLL_S, left_s))


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_name(part.name + ".json").unlink(missing_ok=True)


def _read_hashes(folder: Path) -> dict[str, str]:
    path = folder / HASHES_FILE
    hashes = _read_json(path)
    if not hashes and path.exists() and path.read_text(encoding="utf-8", errors="replace").strip() != "{}":
        # Starting an empty list would silently accept any file.
        raise CheckpointError(f"'{path}' is damaged.", "Delete it, and the files beside it that you do not trust.")
    return hashes


def _read_json(path: Path) -> dict[str, str]:
    """Returns an object of texts; empty where there is none or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def _record(target: Path, found: str) -> None:
    hashes = _read_hashes(target.parent)  # anew: another download may have ended meanwhile
    if hashes.get(target.name) == found:
        return
    with disk_errors(target.parent):
        _write_hashes(target.parent, {**hashes, target.name: found})


def _write_hashes(folder: Path, hashes: dict[str, str]) -> None:
    temporary = folder / f"{HASHES_FILE}.part"
    temporary.write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, folder / HASHES_FILE)
