"""Asks a package index where files are: pages of PEP 691 (JSON) and PEP 503 (HTML), read through QGIS's network."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtNetwork import QNetworkReply

from ..messages import tr
from . import network
from .programs import Work

_AT_ONCE = 6
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_PACKED = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".egg", ".exe")  # what indexes list


class Found(NamedTuple):
    """Where a file is.

    Args:
        sha256: Empty where the index does not tell.
        size: In bytes; 0 where the index does not tell.
    """

    url: str
    sha256: str
    size: int


class NotAnIndexError(ValueError):
    """A page that lists no files."""


class PackageIndex(QObject):
    """Finds files in one index; ends with exactly one of `found` and `failed`, unless it is cancelled."""

    found = pyqtSignal(dict)  # file name → Found
    failed = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, address: str, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._address = address.rstrip("/")
        self._waiting: List[Tuple[str, str]] = []
        self._pages: Dict[str, _Page] = {}  # by package
        self._files: Dict[str, Found] = {}
        self._over = False

    def look_up(self, packages: Mapping[str, str]) -> None:
        """Asks for files.

        Args:
            packages: Name of a package → name of its file.
        """
        self._waiting = list(packages.items())
        self._next()

    def cancel(self) -> None:
        """Stops at once, without a signal."""
        self._over = True
        self._waiting.clear()
        while self._pages:
            _package, page = self._pages.popitem()
            page.cancel()
            page.deleteLater()

    def _next(self) -> None:
        while self._waiting and len(self._pages) < _AT_ONCE and not self._over:
            self._ask(*self._waiting.pop(0))
        if not self._over and not self._pages:
            self._over = True
            self.found.emit(self._files)

    def _ask(self, package: str, file: str) -> None:
        page = _Page(f"{self._address}/{quote(normalised(package))}/", package, file, self)
        self._pages[package] = page
        page.found.connect(lambda found: self._on_found(package, file, found))
        page.failed.connect(self._fail)
        page.ask()

    def _on_found(self, package: str, file: str, found: Found) -> None:
        self._files[file] = found
        self._pages.pop(package).deleteLater()
        self._next()

    def _fail(self, sentence: str) -> None:
        if not self._over:
            self.cancel()
            self.failed.emit(sentence)


class _Page(QObject):
    """Reads the page of one package; finds one file there."""

    found = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, url: str, package: str, file: str, parent: QObject) -> None:
        super().__init__(parent)
        self._url, self._package, self._file = url, package, file
        self._reply: Optional[QNetworkReply] = None
        self._reading: Optional[Work] = None
        self._tries = network.Tries(self)
        self._tries.again.connect(self.ask)

    def ask(self) -> None:
        self._reply = network.get(self._url, {"Accept": _ACCEPT})
        self._reply.finished.connect(self._on_ended)

    def cancel(self) -> None:
        self._tries.stop()
        reply, self._reply = self._reply, None
        network.drop(reply)
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.drop()

    def _on_ended(self) -> None:
        reply, self._reply = self._reply, None
        if reply is None:
            return
        reply.deleteLater()
        if not network.is_broken(reply):
            self._read(reply)
        elif network.status(reply) in (404, 410):
            text = tr(
                'The package index "{host}" has no package "{package}". Check the address of the index '
                "(panel MMEarth > … > Backend), or update the plugin."
            )
            self._say(text)
        elif not network.is_passing(reply) or not self._tries.wait():
            what = tr('The package index "{host}" did not answer for the package "{package}".')
            self.failed.emit(network.explained(self._named(what), network.said(reply)))

    def _read(self, reply: QNetworkReply) -> None:
        """Reads a page in a thread: the HTML of a large package takes seconds."""
        data, url = bytes(reply.readAll()), reply.url().toString(QUrl.ComponentFormattingOption.FullyEncoded)
        portal = network.web_page_line(reply)
        self._reading = Work(lambda _is_wanted: find_file(data, url, self._file), self)
        self._reading.done.connect(self._on_read)
        self._reading.failed.connect(lambda _error: self._on_not_read(portal))
        self._reading.start()

    def _on_read(self, found: Optional[Found]) -> None:
        if self._reading is None:
            return
        self._reading.drop()  # its thread may not have come to its very end, and goes with this object
        if found is not None:
            self.found.emit(found)
            return
        text = tr(
            'The package index "{host}" does not have the file "{file}". Update the plugin; if it is the newest, '
            "choose another index (panel MMEarth > … > Backend)."
        )
        self._say(text)

    def _on_not_read(self, portal: str) -> None:
        if self._reading is None:
            return
        what = tr('The package index "{host}" sent no list of files for the package "{package}".')
        self.failed.emit(network.explained(self._named(what), portal))

    def _say(self, text: str) -> None:
        self.failed.emit(self._named(text))

    def _named(self, text: str) -> str:
        return text.format(host=QUrl(self._url).host(), package=self._package, file=self._file)


def normalised(package: str) -> str:
    """Returns the name of a package as PEP 503 writes it in addresses."""
    return re.sub(r"[-_.]+", "-", package).lower()


def find_file(data: bytes, url: str, file: str) -> Optional[Found]:
    """Returns where a page says that a file is, by the file's name; None where it is not listed.

    Args:
        url: Of the page: addresses in it may be relative.

    Raises:
        NotAnIndexError: the page is none of an index.
    """
    text = data.decode("utf-8", "replace")
    listed = _of_json(text, file) if text.lstrip().startswith("{") else _of_html(text, file)
    for entry in listed:
        place = _with_password(urljoin(url, entry.url), url)
        scheme, of_page = urlsplit(place).scheme, urlsplit(url).scheme
        if (
            scheme == "https" or scheme == of_page == "http"
        ):  # not less safe than the page, and no file of this computer
            return entry._replace(url=place)
    return None


def _of_json(text: str, file: str) -> List[Found]:
    """Reads PEP 691; a page of 3 MB takes 30 ms, which no other thread can use."""
    try:
        files = json.loads(text)["files"]
        return [
            Found(entry["url"], (entry.get("hashes") or {}).get("sha256") or "", int(entry.get("size") or 0))
            for entry in files
            if entry["filename"] == file
        ]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotAnIndexError(str(error)) from error


def _of_html(text: str, file: str) -> List[Found]:
    links = _Links()
    links.feed(text)
    links.close()
    listed, has_files = [], False
    for link in links.found:
        parts = urlsplit(urljoin(links.base, link))
        name = unquote(parts.path.rpartition("/")[2])
        has_files = has_files or name.endswith(_PACKED)
        if name == file:
            kind, _equals, value = parts.fragment.partition("=")
            sha256 = value.lower() if kind == "sha256" else ""
            listed.append(Found(urlunsplit(parts._replace(fragment="")), sha256, 0))
    if not has_files:
        raise NotAnIndexError
    return listed


def _with_password(url: str, page: str) -> str:
    """Returns the address with the user name and password of the page where both are of the same server."""
    parts, of_page = urlsplit(url), urlsplit(page)
    same = (parts.scheme, parts.hostname, parts.port) == (of_page.scheme, of_page.hostname, of_page.port)
    if not same or "@" in parts.netloc or "@" not in of_page.netloc:
        return url
    return urlunsplit(parts._replace(netloc=of_page.netloc))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: List[str] = []

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        """Called for each tag."""
        target = dict(attrs).get("href")
        if target and tag == "a":
            self.found.append(target)
        elif target and tag == "base" and not self.base:
            self.base = target
