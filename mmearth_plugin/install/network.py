"""What all downloads share: how QGIS's network is asked, what a broken reply left behind, and when to try again."""

from __future__ import annotations

import sys
from typing import Any, Dict, Optional

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtCore import QObject, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtNetwork import QNetworkReply, QNetworkRequest

from .. import failures, messages

WAITS_MS = (1000, 2000, 4000, 8000)  # before the second try, the third, …
# Numbers of QNetworkReply::NetworkError: refused, closed, not found, timed out, aborted by QGIS's own timer, network
# changed (3 ×), unknown; proxy closed, proxy timed out.
_PASSING = (1, 2, 3, 4, 5, 7, 8, 9, 99, 102, 104)
_SERVER_ERROR = 500


def get(url: str, headers: Dict[str, str]) -> QNetworkReply:
    """Asks for a file with QGIS's proxy, certificates and passwords, past its cache."""
    request = QNetworkRequest(QUrl(url))
    attributes, policies = QNetworkRequest.Attribute, QNetworkRequest.RedirectPolicy
    request.setAttribute(attributes.RedirectPolicyAttribute, _number(policies.NoLessSafeRedirectPolicy))
    request.setAttribute(attributes.CacheLoadControlAttribute, _number(QNetworkRequest.CacheLoadControl.AlwaysNetwork))
    request.setAttribute(attributes.CacheSaveControlAttribute, False)
    request.setAttribute(attributes.Http2AllowedAttribute, False)  # over HTTP/2 Qt ignores the size of the buffer
    for name, value in headers.items():
        request.setRawHeader(name.encode("ascii"), value.encode("ascii"))
    return QgsNetworkAccessManager.instance().get(request)


def status(reply: QNetworkReply) -> int:
    """Returns the HTTP status; 0 where the server did not get as far."""
    return int(reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute) or 0)


def is_broken(reply: QNetworkReply) -> bool:
    """Returns whether a finished reply is an error."""
    return _number(reply.error()) != 0


def is_passing(reply: QNetworkReply) -> bool:
    """Returns whether the same request may well succeed a little later."""
    return status(reply) >= _SERVER_ERROR or (status(reply) < 400 and _number(reply.error()) in _PASSING)


def is_web_page(reply: QNetworkReply) -> bool:
    """Returns whether a person was meant to read the answer."""
    return bytes(reply.rawHeader(b"Content-Type")).lower().startswith(b"text/html")


def said(reply: QNetworkReply) -> str:
    """Returns a line about an error that `failures` knows.

    Qt's own words are left out where there is a status: they quote the address, which may hold a password.
    """
    words = "" if status(reply) else reply.errorString()
    return f"QNetworkReply {_number(reply.error())} (HTTP {status(reply)}): {words}"


def explained(what: str, line: str) -> str:
    """Returns what did not work, why, and what to do about it.

    Args:
        what: Sentence.
        line: What `said` returned, or the text of an exception.
    """
    messages.log(f"{what} {line}")
    failure = failures.explain(0, False, [line], sys.platform)
    return f"{what} {messages.error_sentence(failure.code, failure.cause, failure.remedy)}"


def web_page_line(reply: QNetworkReply) -> str:
    """Returns a line about an answer that is a login page or the like, which `failures` knows."""
    return f"QNetworkReply brought a web page of {reply.url().host()}"


class Tries(QObject):
    """Waits before a request is sent again, longer each time, and says when it is enough."""

    again = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._broken = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.again)

    def went_on(self) -> None:
        """Starts counting anew: something new was received."""
        self._broken = 0

    def wait(self) -> bool:
        """Has `again` come after a while; returns whether there is another try."""
        if self._broken >= len(WAITS_MS):
            return False
        self._timer.start(WAITS_MS[self._broken])
        self._broken += 1
        return True

    def stop(self) -> None:
        """Has `again` not come any more."""
        self._timer.stop()


def drop(reply: Optional[QNetworkReply]) -> None:
    """Ends a reply; whoever listens to it must have forgotten it before, as it tells of its end at once."""
    if reply is not None:
        reply.abort()
        reply.deleteLater()


def _number(member: Any) -> int:
    """Returns the number of a member of an enumeration of Qt 5 or 6."""
    return int(getattr(member, "value", member))
