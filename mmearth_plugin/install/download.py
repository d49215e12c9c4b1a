"""Downloads one large file through QGIS's network: resumed, checked, and without holding up the window.

Knows an address, a file and a hash; nothing of packages.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Callable, Optional, Tuple

from qgis.PyQt.QtCore import QObject, QUrl, pyqtSignal
from qgis.PyQt.QtNetwork import QNetworkReply, QNetworkRequest

from .. import messages
from ..messages import tr
from . import network
from .programs import Work

_BUFFER_BYTES = 1 << 18  # that Qt holds of one file; what is read is hashed and written in one go
_SHOWN = 12  # digits of a hash


@dataclass(frozen=True)
class Wanted:
    """A file to download.

    Args:
        sha256: Empty where it is not known.
        size: In bytes; 0 where it is not known.
    """

    url: str
    file: Path
    sha256: str = ""
    size: int = 0

    @property
    def part(self) -> Path:
        """Where the file grows."""
        return self.file.with_name(self.file.name + ".part")


class Download(QObject):
    """Downloads one file; ends with exactly one of `finished` and `failed`, unless it is cancelled."""

    progress = pyqtSignal(object, object)  # bytes there, bytes in all: of any size, as int of Qt has 32 bits
    finished = pyqtSignal(str)  # SHA-256 found
    failed = pyqtSignal(str)  # sentence with cause and remedy

    def __init__(self, wanted: Wanted, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._wanted = wanted
        self._total = wanted.size
        self._received = self._furthest = 0
        self._resumed = False  # part of the file comes from an earlier answer
        self._ranges = True
        self._etag = b""
        self._hash: Any = hashlib.sha256()
        self._sink: Optional[BinaryIO] = None
        self._reply: Optional[QNetworkReply] = None
        self._answered = False
        self._over = False
        self._hashing: Optional[Work] = None
        self._tries = network.Tries(self)
        self._tries.again.connect(self._ask)

    def start(self) -> None:
        """Goes on with what is there of the file."""
        try:
            self._wanted.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._fail_for(error)
            return
        if not self._wanted.part.is_file():
            self._on_hashed((hashlib.sha256(), 0))
            return
        self._hashing = Work(lambda is_wanted: hash_of(self._wanted.part, is_wanted), self)
        self._hashing.done.connect(self._on_hashed)
        self._hashing.failed.connect(self._fail_for)
        self._hashing.start()

    def cancel(self) -> None:
        """Stops at once, without a signal; what is there of the file stays."""
        self._over = True
        self._tries.stop()
        reply, self._reply = self._reply, None
        network.drop(reply)
        if self._hashing is not None:
            self._hashing.drop()
        try:
            self._close()
        except OSError as error:  # the disk is full: what could not be written is asked for again
            messages.log(str(error))

    def _on_hashed(self, found: Tuple[Any, int]) -> None:
        if self._over:
            return
        if self._hashing is not None:
            self._hashing.drop()  # its thread may not have come to its very end, and goes with this object
        self._hash, self._received = found
        self._furthest = self._received
        self._resumed = self._received > 0
        if self._wanted.size and self._received > self._wanted.size:
            self._forget()
        if self._wanted.size and self._received == self._wanted.size:
            self._complete()
        else:
            self._ask()

    def _ask(self) -> None:
        headers = {"Accept-Encoding": "identity"}  # else bytes of the answer are not bytes of the file
        try:
            if self._sink is None:
                self._sink = self._wanted.part.open("ab" if self._received else "wb")
            if self._received and not self._ranges:
                self._start_over()
        except OSError as error:
            self._fail_for(error)
            return
        if self._received:
            headers["Range"] = f"bytes={self._received}-"
            if self._etag:
                headers["If-Range"] = self._etag.decode("ascii", "replace")
        self._answered = False
        self._reply = network.get(self._wanted.url, headers)
        self._reply.setReadBufferSize(_BUFFER_BYTES)
        self._reply.readyRead.connect(self._read)
        self._reply.finished.connect(self._on_ended)

    def _read(self) -> None:
        if self._reply is None:
            return
        try:
            if self._take(self._reply):
                return
        except OSError as error:
            self._fail_for(error)
            return
        self._ask_anew()

    def _take(self, reply: QNetworkReply) -> bool:
        """Writes what has come; returns whether the answer is one that can be used."""
        if network.status(reply) not in (200, 206):
            reply.readAll()  # the text of an error
            return True
        if not self._answered:
            self._answered = True
            if not self._begin(reply):
                return False
            if self._reply is None:  # refused
                return True
        data = bytes(reply.readAll())
        if data and self._sink is not None:
            self._sink.write(data)
            self._hash.update(data)
            self._received += len(data)
            if self._received > self._furthest:  # a server that begins anew each time must not do so for ever
                self._furthest = self._received
                self._tries.went_on()
            self.progress.emit(self._received, max(self._total, self._received))
        return True

    def _begin(self, reply: QNetworkReply) -> bool:
        """Looks at the head of an answer; returns False where it goes on at another place than was asked for."""
        length = int(reply.header(QNetworkRequest.KnownHeaders.ContentLengthHeader) or 0)
        goes_on = network.status(reply) == 206
        if goes_on:
            found = re.match(rb"bytes (\d+)-", bytes(reply.rawHeader(b"Content-Range")))
            if found is None or int(found[1]) != self._received:
                return False
        whole = length and length + (self._received if goes_on else 0)
        if network.is_web_page(reply):  # no wheel and no archive is one
            self._fail(network.explained(self._what(), network.web_page_line(reply)))
            return True
        if self._wanted.size and whole and whole != self._wanted.size:
            self._fail(self._size_sentence(whole))
            return True
        if goes_on:
            self._resumed = True
        elif self._received:
            self._start_over()
        etag = bytes(reply.rawHeader(b"ETag"))
        self._etag = etag if etag.startswith(b'"') else b""  # a weak one does not promise the same bytes
        self._total = self._wanted.size or whole
        return True

    def _ask_anew(self) -> None:
        """Asks for the whole file: the server's ranges cannot be used."""
        reply, self._reply = self._reply, None
        network.drop(reply)
        self._ranges = False
        self._ask()

    def _on_ended(self) -> None:
        reply = self._reply
        if reply is None:
            return
        self._read()
        if self._reply is not reply:  # failed, or asked anew
            return
        self._reply = None
        reply.deleteLater()
        if network.status(reply) == 416 and self._ranges:
            whole = re.match(rb"bytes \*/(\d+)$", bytes(reply.rawHeader(b"Content-Range")))
            if whole is not None and int(whole[1]) == self._received:
                self._complete()
            else:
                self._ask_anew()
        elif not network.is_broken(reply) and self._received >= self._total:
            self._complete()
        elif network.is_broken(reply) and not network.is_passing(reply) or not self._tries.wait():
            self._fail(network.explained(self._what(), network.said(reply)))

    def _complete(self) -> None:
        found = self._hash.hexdigest()
        try:
            self._close()
            if self._wanted.size and self._received != self._wanted.size:  # the server did not tell before
                self._wanted.part.unlink()
                self._fail(self._size_sentence(self._received))
                return
            if self._wanted.sha256 and found != self._wanted.sha256:
                self._refuse(found)
                return
            self._wanted.part.replace(self._wanted.file)
        except OSError as error:
            self._fail_for(error)
            return
        self._over = True
        self.finished.emit(found)

    def _refuse(self, found: str) -> None:
        """Throws a file with a wrong hash away; one that came in several pieces gets another chance."""
        self._wanted.part.unlink()
        if self._resumed:
            messages.log(f"{self._wanted.file.name}: SHA-256 {found} after resuming; downloaded once more")
            self._forget()
            self._ask()
            return
        text = tr(
            '"{file}" from {host} has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed, and '
            "was removed. Try again; if it happens again, a proxy or a mirror changes downloads: ask your "
            "administrator, or choose another package index."
        )
        wanted = self._wanted.sha256[:_SHOWN]
        self._fail(text.format(file=self._wanted.file.name, host=self._host(), found=found[:_SHOWN], wanted=wanted))

    def _start_over(self) -> None:
        if self._sink is not None:
            self._sink.seek(0)
            self._sink.truncate()
        self._forget()

    def _forget(self) -> None:
        self._hash, self._received, self._resumed, self._etag = hashlib.sha256(), 0, False, b""

    def _close(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()

    def _what(self) -> str:
        return tr('"{file}" was not downloaded from {host}.').format(file=self._wanted.file.name, host=self._host())

    def _host(self) -> str:
        return QUrl(self._wanted.url).host()

    def _size_sentence(self, found: int) -> str:
        text = tr(
            '"{file}" on {host} has {found} bytes, but {wanted} are wanted: it is not the same file. '
            "Choose another package index, or update the plugin."
        )
        name, wanted = self._wanted.file.name, self._wanted.size
        return text.format(file=name, host=self._host(), found=found, wanted=wanted)

    def _fail_for(self, error: OSError) -> None:
        text = tr('"{file}" cannot be written in "{folder}".')
        what = text.format(file=self._wanted.file.name, folder=self._wanted.file.parent)
        self._fail(network.explained(what, f"download: {error}"))

    def _fail(self, sentence: str) -> None:
        if not self._over:
            self.cancel()
            self.failed.emit(sentence)


def hash_of(file: Path, is_wanted: Callable[[], bool]) -> Tuple[Any, int]:
    """Returns the running SHA-256 and the size of a file, of nothing where there is none; may be told to stop.

    Raises:
        OSError: the file cannot be read.
    """
    found, size = hashlib.sha256(), 0
    if file.is_file():
        with file.open("rb") as source:
            while is_wanted():
                block = source.read(1 << 20)
                if not block:
                    break
                found.update(block)
                size += len(block)
    return found, size
