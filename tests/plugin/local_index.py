"""A package index on the loopback address that misbehaves on demand, with tiny wheels and locks to put into it.

Serves a folder of wheels: `/simple/<package>/` as PEP 691 JSON or PEP 503 HTML, as asked for, and `/files/<name>` whole
or by Range. It answers as a proxy would, too: what is asked for with a whole address is looked up by its path.

    with LocalIndex(folder) as index:
        index.drop("tiny-1.0-py3-none-any.whl", after_bytes=100)
        ...                                     # index.address is what a user would type: http://127.0.0.1:…/simple
        assert [request.range for request in index.requests if request.path.endswith(".whl")] == ["", "bytes=100-"]
"""

import base64
import hashlib
import http.server
import io
import json
import re
import socket
import socketserver
import threading
import urllib.parse
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

JSON_TYPE = "application/vnd.pypi.simple.v1+json"  # PEP 691
LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><form>Password <input></form></body></html>"
)
SLICE_BYTES = 65536
REASONS = {404: "Not Found", 407: "Proxy Authentication Required", 416: "Range Not Satisfiable", 500: "Server Error"}


@dataclass
class Request:
    """What was asked, and how it was answered: `range` and `accept` are headers, `sent_bytes` grows as it is sent."""

    path: str
    range: str
    accept: str
    status: int
    sent_bytes: int = 0


@dataclass
class Switches:
    """How the index misbehaves; all off at first.

    Attributes:
        statuses: Name of a package or file, or "" for everything → [status, how often]; -1 is always.
        drops: Name of a file → [bytes of the answer after which the connection ends, how often].
        contents: Name of a file → what is sent in its place; the page keeps the true hash and size.
        bytes_per_second: Speed of each file; 0 is as fast as it goes.
        html_only: No JSON, whatever is asked for.
        without_hashes: Pages name no hashes and no sizes.
        without_range: Files are always sent whole.
        login_page: Everything is answered with a page to log in, as in a hotel.
        redirect: Pages and files lie at another address, to which the first one redirects.
    """

    statuses: dict = field(default_factory=dict)
    drops: dict = field(default_factory=dict)
    contents: dict = field(default_factory=dict)
    bytes_per_second: int = 0
    html_only: bool = False
    without_hashes: bool = False
    without_range: bool = False
    login_page: bool = False
    redirect: bool = False


class LocalIndex:
    """A running index of the wheels in `folder`, read anew at each request; a context manager.

    Attributes:
        switches: Misbehaviours; may be set at any time, and hold from the next request on.
        requests: Every request so far, oldest first.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.switches = Switches()
        self.requests = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._hashes = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.index = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="local-index")
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def address(self):
        """The index's address, as a user would type it."""
        return f"http://127.0.0.1:{self.port}/simple"

    def file_address(self, name):
        return f"http://127.0.0.1:{self.port}/files/{urllib.parse.quote(name)}"

    def answer(self, status, name="", times=-1):
        """Answers with a status (404, 407, 500, …) what is asked for by a package's or file's name; "" is all."""
        self.switches.statuses[name] = [status, times]

    def drop(self, name, after_bytes, times=1):
        """Ends the connection after some bytes of a file's answer."""
        self.switches.drops[name] = [after_bytes, times]

    def replace(self, name, content):
        """Sends other bytes in place of a file."""
        self.switches.contents[name] = content

    def sent_bytes(self, name):
        """Returns how many bytes of a file were sent in all."""
        with self.lock:
            return sum(asked.sent_bytes for asked in self.requests if asked.path.endswith(urllib.parse.quote(name)))

    def close(self):
        """Ends the server, its connections and its threads."""
        self.closing.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def wheels(self, package):
        """Returns the wheels of a package, by its normalised name."""
        return sorted(path for path in self.folder.glob("*.whl") if normalised(path.name.split("-")[0]) == package)

    def hash_of(self, path):
        """Returns a file's SHA-256; read again only where the file changed."""
        facts = path.stat()
        key = (path, facts.st_size, facts.st_mtime_ns)
        if key not in self._hashes:
            self._hashes[key] = sha256_of(path)
        return self._hashes[key]


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = False  # server_close() waits for every answer
    request_queue_size = 64

    def __init__(self, *arguments):
        self._sockets = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self._sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._sockets.discard(request)
        super().shutdown_request(request)

    def end_connections(self):
        """Ends what waits for a further request on a connection that is kept."""
        for request in list(self._sockets):
            _end(request)

    def handle_error(self, request, client_address):
        """A client that goes away is what the tests are about; what is wrong here shows as a test that fails."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def index(self):
        return self.server.index

    def log_message(self, *_arguments):
        """Nothing is printed."""

    def do_CONNECT(self):  # noqa: N802
        status = self._forced_status("")
        self._send(status or 501, b"", headers=self._status_headers(status))

    def do_HEAD(self):  # noqa: N802
        self.do_GET()

    def do_GET(self):  # noqa: N802
        switches = self.index.switches
        parts = [urllib.parse.unquote(part) for part in urllib.parse.urlsplit(self.path).path.split("/") if part]
        moved = parts[:1] == ["moved"]
        parts = parts[1:] if moved else parts
        name = parts[-1] if parts else ""
        status = self._forced_status(name)
        if status:
            self._send(status, REASONS.get(status, "").encode(), headers=self._status_headers(status))
        elif switches.login_page:
            self._send(200, LOGIN_PAGE, "text/html; charset=utf-8")
        elif switches.redirect and not moved:
            self._send(302, b"", headers={"Location": "/moved" + urllib.parse.urlsplit(self.path).path})
        elif parts[:1] == ["simple"] and len(parts) == 2:
            self._page(normalised(name))
        elif parts[:1] == ["files"] and len(parts) == 2 and (self.index.folder / name).is_file():
            self._file(self.index.folder / name)
        else:
            self._send(404, b"Not Found")

    def _forced_status(self, name):
        """Returns the status that a switch wants; 0 if none does."""
        with self.index.lock:
            for key in (name, ""):
                status, times = self.index.switches.statuses.get(key, (0, 0))
                if times:
                    self.index.switches.statuses[key] = [status, times - 1 if times > 0 else times]
                    return status
        return 0

    def _status_headers(self, status):
        if status == 407:
            return {"Proxy-Authenticate": 'Basic realm="proxy"', "Connection": "close"}
        return {"WWW-Authenticate": 'Basic realm="index"'} if status == 401 else {}

    def _page(self, package):
        wheels = self.index.wheels(package)
        switches = self.index.switches
        if not wheels:
            self._send(404, b"Not Found")
            return
        files = []
        for path in wheels:
            entry = {"filename": path.name, "url": f"../../files/{urllib.parse.quote(path.name)}", "hashes": {}}
            if not switches.without_hashes:
                entry.update(hashes={"sha256": self.index.hash_of(path)}, size=path.stat().st_size)
            files.append(entry)
        if JSON_TYPE in self.headers.get("Accept", "") and not switches.html_only:
            page = {"meta": {"api-version": "1.1"}, "name": package, "files": files}
            page["versions"] = sorted({path.name.split("-")[1] for path in wheels})
            self._send(200, json.dumps(page).encode(), JSON_TYPE)
            return
        links = []
        for entry in files:
            fragment = f"#sha256={entry['hashes']['sha256']}" if entry["hashes"] else ""
            links.append(f'<a href="{entry["url"]}{fragment}">{entry["filename"]}</a><br/>')
        page = f"<!DOCTYPE html><html><head><title>Links</title></head><body>{''.join(links)}</body></html>"
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _file(self, path):
        content = self.index.switches.contents.get(path.name)
        size = path.stat().st_size if content is None else len(content)
        etag = f'"{self.index.hash_of(path)[:16]}"'
        headers = {"ETag": etag, "Accept-Ranges": "none" if self.index.switches.without_range else "bytes"}
        first, status = 0, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        fresh = self.headers.get("If-Range", etag) == etag
        last = size - 1
        if asked and fresh and not self.index.switches.without_range:
            first, status = int(asked.group(1)), 206
            last = min(last, int(asked.group(2) or last))
            if first >= size:
                self._send(416, b"", headers={"Content-Range": f"bytes */{size}"})
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        if content is None:
            with path.open("rb") as file:
                file.seek(first)
                self._send(status, file, headers=headers, length=last + 1 - first, name=path.name)
        else:
            piece = content[slice(first, last + 1)]
            self._send(status, piece, headers=headers, name=path.name)

    def _send(self, status, body, content_type="application/octet-stream", headers=None, length=None, name=""):
        """Sends an answer, as slowly and as far as the switches say, and notes the request."""
        length = len(body) if length is None else length
        stop_at, pace = self._stop_at(name), self.index.switches.bytes_per_second if name else 0
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        request = Request(self.path, self.headers.get("Range", ""), self.headers.get("Accept", ""), status)
        with self.index.lock:
            self.index.requests.append(request)
        self.end_headers()
        until = 0 if self.command == "HEAD" else length if stop_at is None else min(length, stop_at)
        source = io.BytesIO(body) if isinstance(body, bytes) else body
        while request.sent_bytes < until and not self.index.closing.is_set():
            step = min(until - request.sent_bytes, max(1, pace // 20) if pace else SLICE_BYTES)
            request.sent_bytes += step  # before it is sent: who has received it may ask at once
            self.wfile.write(source.read(step))
            if pace:
                self.index.closing.wait(step / pace)
        if request.sent_bytes < (0 if self.command == "HEAD" else length):
            self.close_connection = True
            _end(self.connection)

    def _stop_at(self, name):
        """Returns after how many bytes the connection is to end; None if not at all."""
        with self.index.lock:
            after_bytes, times = self.index.switches.drops.get(name, (0, 0))
            if not times:
                return None
            self.index.switches.drops[name] = [after_bytes, times - 1 if times > 0 else times]
            return after_bytes


def _end(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        return


def normalised(package):
    """Returns a package's name as indexes write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def sha256_of(path):
    """Returns a file's SHA-256 in hexadecimal digits."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def make_wheel(folder, name, version, files=None, tag="py3-none-any", requires=()):
    """Writes a small valid wheel and returns its path; the same arguments give the same bytes.

    Args:
        folder: Where to; made if it is not there.
        files: Path in the wheel → text or bytes; without any, a module of the package's name that knows its version.
            What lies in `<name>-<version>.data/scripts/` becomes executable.
        requires: What it asks for, each as in a requirements file.
    """
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    contents = dict(files) if files else {f"{stem.split('-')[0]}.py": f'VERSION = "{version}"\n'}
    asked = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    contents[f"{stem}.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{asked}"
    tags = "".join(f"Tag: {kind}-{abi}-{where}\n" for kind, abi, where in _tags(tag))
    pure = "true" if tag.endswith("-none-any") else "false"
    contents[f"{stem}.dist-info/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: {pure}\n{tags}"
    written = {path: text if isinstance(text, bytes) else text.encode() for path, text in contents.items()}
    record = [f"{path},sha256={_record_hash(content)},{len(content)}" for path, content in written.items()]
    record.append(f"{stem}.dist-info/RECORD,,\n")
    written[f"{stem}.dist-info/RECORD"] = "\n".join(record).encode()
    target = Path(folder) / f"{stem}-{tag}.whl"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, content in written.items():
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if ".data/scripts/" in path else 0o644) << 16
            archive.writestr(entry, content)
    return target


def _tags(tag):
    kinds, abis, places = tag.split("-")
    return [(kind, abi, place) for kind in kinds.split(".") for abi in abis.split(".") for place in places.split(".")]


def _record_hash(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def write_lock(folder, wheels, python="3.12", unread=()):
    """Writes `<folder>/python<python>.txt`, a lock of wheels, and returns its path.

    Args:
        folder: The lock's folder, such as `…/locks/linux-x86_64-cpu`; made if it is not there.
        unread: Those wheels that lie in PyTorch's index and whose hash and size the lock does not know.
    """
    lines = []
    for wheel in sorted(map(Path, [*wheels, *unread])):
        name, version = wheel.name.split("-")[:2]
        if wheel in map(Path, unread):
            lines.append(f"{normalised(name)}=={version}  # {wheel.name} 0 pytorch")
        else:
            lines.append(_locked(wheel))
    return _write_lines(Path(folder) / f"python{python}.txt", lines)


def write_uv_lock(folder, wheels):
    """Writes `<folder>/uv.txt` from platform word → wheel of uv, and returns its path."""
    return _write_lines(Path(folder) / "uv.txt", [f"{_locked(Path(path))} {word}" for word, path in wheels.items()])


def _locked(wheel):
    name, version = wheel.name.split("-")[:2]
    return f"{normalised(name)}=={version} --hash=sha256:{sha256_of(wheel)}  # {wheel.name} {wheel.stat().st_size}"


def _write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode())  # write_text's newline wants Python 3.10
    return path
