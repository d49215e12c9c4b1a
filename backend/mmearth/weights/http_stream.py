"""A server's answer as a stream of bytes that a caller can leave within a moment, even while the server says nothing.

A thread reads the network. Knows nothing of files; imports the standard library only.
"""

import http.client
import queue
import re
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from mmearth.errors import ResourceError
from mmearth.progress import Report

READ_BYTES = 1 << 16
STALL_S = 30.0  # a server that says nothing for so long counts as a dropped connection
POLL_S = 0.2  # how long Cancel may go unnoticed


@dataclass(frozen=True)
class Head:
    """What a server says before the content.

    Attributes:
        total: Bytes of the whole file; None where the server does not say.
        start: Which byte comes first; equal to `total` where the server says that there are no more.
        validator: Text by which this version of the file is recognised; may be empty.
        content_type: Kind of content.
    """

    total: int | None
    start: int
    validator: str
    content_type: str


class Dropped(Exception):  # noqa: N818 - an event, which may be tried again
    """The connection failed or ended early."""


def is_safe_url(url: str) -> bool:
    """Says whether an address is https, or http on this computer itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost"))


class Stream:
    """A response that is read by a thread; every wait ends within `POLL_S` when the caller cancels.

    Attributes:
        head: What the server said first.
    """

    def __init__(self, url: str, headers: dict[str, str], report: Report) -> None:
        self._report = report
        self._stopped = threading.Event()
        self._items: queue.Queue[Head | bytes | Exception] = queue.Queue(maxsize=16)
        _check_url(url)
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the address was checked above
        threading.Thread(target=self._read, args=(request,), daemon=True).start()
        try:
            head = self._take()
        except BaseException:
            self._stopped.set()
            raise
        if not isinstance(head, Head):
            raise TypeError("content came before the head")
        self.head = head

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def next_chunk(self) -> bytes:
        """Returns bytes, empty at the end.

        Raises:
            Dropped: it failed or ended early.
            Cancelled: the caller asked to stop.
            ResourceError: the server refuses, or sends elsewhere than to https.
        """
        item = self._take()
        return item if isinstance(item, bytes) else b""

    def _take(self) -> "Head | bytes":
        while True:
            self._report.check()
            try:
                item = self._items.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if isinstance(item, Exception):
                raise item
            return item

    def _read(self, request: urllib.request.Request) -> None:
        """Runs in the thread: puts the head, chunks, and an empty chunk at the end, or what went wrong."""
        opener = urllib.request.build_opener(_SafeRedirects)
        try:
            with opener.open(request, timeout=STALL_S) as response:
                self._put(_understand(response))
                while chunk := response.read1(READ_BYTES):
                    if not self._put(chunk):
                        return
                self._put(b"")
        except urllib.error.HTTPError as error:
            error.close()
            no_more = re.fullmatch(r"bytes \*/(\d+)", error.headers.get("Content-Range", ""))
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                size = int(no_more[1]) if no_more else -1
                self._put(Head(size, size, error.headers.get("ETag", ""), ""))
                self._put(b"")
            else:
                self._put(_refusal(request, error))
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            self._put(Dropped(f"no connection to '{urlsplit(request.full_url).hostname}': {reason}"))
        except Exception as error:  # of any kind: the caller would wait for ever
            self._put(error)

    def _put(self, item: "Head | bytes | Exception") -> bool:
        while not self._stopped.is_set():
            try:
                self._items.put(item, timeout=POLL_S)
            except queue.Full:
                continue
            return True
        return False


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server elsewhere, but never out of https."""

    def redirect_request(  # the signature is the library's
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        """Returns the request to follow with."""
        if not is_safe_url(newurl):
            fp.close()
        _check_url(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _check_url(url: str) -> None:
    if not is_safe_url(url):
        raise ResourceError(f"The address '{url}' is not https.", "Files are fetched by https alone.")


def _understand(response: http.client.HTTPResponse) -> Head:
    etag = response.headers.get("ETag", "")
    validator = response.headers.get("Last-Modified", "") if not etag or etag.startswith("W/") else etag
    length = response.headers.get("Content-Length", "")
    total, start = (int(length) if length.isdigit() else None), 0
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
        if match is None:
            raise Dropped("the server answered with a part of the file without saying which")
        start, total = int(match[1]), int(match[2])
    return Head(total, start, validator, response.headers.get("Content-Type", ""))


def _refusal(request: urllib.request.Request, error: urllib.error.HTTPError) -> Exception:
    if error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR or error.code == http.HTTPStatus.TOO_MANY_REQUESTS:
        return Dropped(f"the server answered {error.code} {error.reason}")
    return ResourceError(
        f"'{request.full_url}' could not be fetched: the server answered {error.code} {error.reason}.",
        "Look whether the file was moved; fetch it with a browser, and read it with `mmearth weights convert`.",
    )
