"""Folders of this machine and what another machine calls them: paths translated there and back.

Knows how paths are written on Windows and elsewhere, nothing of requests or of what lies on a disk.
"""

from __future__ import annotations

import ntpath
import posixpath
import re
from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

Pair = Tuple[str, str]  # folder here, the same folder there
_WINDOWS = re.compile(r"[A-Za-z]:(?:[\\/]|$)|\\\\|//")
# What GDAL and timm write before a path: "/vsizip/{…", 'NETCDF:"…', "GTIFF_DIR:2:…", "timm:NAME@…".
_LEAD = re.compile(r"(?:timm:[^@]*@)?(?:/vsi(?:zip|tar|gzip)/\{?|[A-Za-z]\w+:(?!//)(?:\d+:)?\"?)*")
_NO_FILE = re.compile(r"[A-Za-z][\w+.-]+://|/?vsi(?:curl|s3|gs|az|oss|swift)\w*/")


@dataclass(frozen=True)
class PathMap:
    """Translates paths by pairs of folders; of nested ones the innermost counts.

    Args:
        pairs: Folder here, the same folder there.
        resolved: The same with the folders there as links lead to them: programs there may name their files so.
    """

    pairs: Tuple[Pair, ...] = ()
    resolved: Tuple[Pair, ...] = ()

    def there(self, path: str) -> Optional[str]:
        """Returns what the other machine calls a path of this one; None where it lies in no mapped folder.

        What GDAL writes around a path stays around it, and addresses on the net stay as they are.
        """
        lead = _LEAD.match(path)
        start = lead.end() if lead is not None else 0
        bare, bar, layer = path[start:].partition("|")  # "file|layername=name"
        if _NO_FILE.match(bare):
            return path
        for here, there in sorted(self.pairs, key=lambda pair: -len(_plain(pair[0]))):
            rest = _rest(bare, here)
            if rest is not None:
                return path[:start] + _joined(there, rest) + bar + layer
        return None

    def here(self, text: str) -> str:
        """Returns a path or a sentence of the other machine with its paths as this one calls them."""
        pairs = [*self.pairs, *self.resolved]
        if not pairs or not text:
            return text
        for here, there in _longest_first(pairs):
            own = _bare(there)
            if "\n" not in text and (text == own or text[: len(own) + 1] in (own + "/", own + "\\")):
                return _joined(here, text.replace(own, "", 1).lstrip("/\\"), "\\" in here)
        named = [pair for pair in pairs if _bare(pair[1])]  # in a sentence, not every "/" is the root of a disk
        return _in_text(named).sub(lambda found: _moved(found.group(), named), text) if named else text

    def with_resolved(self, folders: Sequence[str]) -> PathMap:
        """Returns a map that also knows what links there lead to, a folder for each pair."""
        found = tuple((here, folder) for (here, there), folder in zip(self.pairs, folders) if folder not in ("", there))
        return replace(self, resolved=found)


def is_absolute(path: str) -> bool:
    """Whether a text is a full path, of Windows or of another system."""
    return bool(_WINDOWS.match(path)) or path.startswith("/")


def _plain(path: str) -> str:
    """Returns a path without dots and doubled separators, with "/" between its parts and none at its end."""
    if _WINDOWS.match(path):
        return ntpath.normpath(path).replace("\\", "/").rstrip("/")
    return posixpath.normpath(path).rstrip("/")


def _rest(path: str, folder: str) -> Optional[str]:
    """Returns the part of a path below a folder; None where it lies elsewhere. Windows knows no case."""
    if not is_absolute(path) or bool(_WINDOWS.match(path)) != bool(_WINDOWS.match(folder)):
        return None
    whole, start = _plain(path), _plain(folder)
    size = len(start)
    head, rest = whole[:size], whole[size:]
    same = head.lower() == start.lower() if _WINDOWS.match(folder) else head == start
    return rest.lstrip("/") if same and (not rest or rest.startswith("/")) else None


def _bare(folder: str) -> str:
    return folder.rstrip("/\\")


def _joined(folder: str, rest: str, backslashes: Optional[bool] = None) -> str:
    """Returns the path of something in a folder, as the folder's system, or its user, writes it."""
    windows = bool(_WINDOWS.match(folder))
    separator = "\\" if (windows if backslashes is None else windows and backslashes) else "/"
    if windows:
        rest = rest.replace("\\", "/").replace("/", separator)
    return f"{_bare(folder)}{separator}{rest}" if rest else _bare(folder) or "/"


def _moved(found: str, pairs: Sequence[Pair]) -> str:
    """Returns what was found in a sentence, with its quotes if it had any, as this machine calls it."""
    quote = found[0] if found[0] in "'\"" else ""
    path = found[1:-1] if quote else found
    for here, there in _longest_first(pairs):
        if path == _bare(there) or path.startswith((_bare(there) + "/", _bare(there) + "\\")):
            return quote + _joined(here, path.replace(_bare(there), "", 1).lstrip("/\\"), "\\" in here) + quote
    return found


def _longest_first(pairs: Sequence[Pair]) -> List[Pair]:
    return sorted(pairs, key=lambda pair: -len(_bare(pair[1])))


def _in_text(pairs: Sequence[Pair]) -> re.Pattern:
    """Returns what finds paths in a sentence: in quotes with spaces and all, else up to the next space."""
    folders = "|".join(re.escape(_bare(there)) for _here, there in _longest_first(pairs))
    start = rf"(?:{folders})(?![\w-])(?!\.\w)"
    return re.compile(
        rf"'{start}(?:[/\\][^'\n]*)?'|\"{start}(?:[/\\][^\"\n]*)?\"|(?<![\w/.\\-]){start}(?:[/\\][^\s'\"|<>]*)?"
    )
