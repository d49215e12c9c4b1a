"""Takes the user's name and home folder out of texts for logs and bug reports. Knows nothing of QGIS."""

from __future__ import annotations

import getpass
import json
import os
import re
import unicodedata
from functools import lru_cache
from typing import List, Pattern, Set, Tuple
from urllib.parse import quote

_HOME, _USER = "~", "<user>"
_SHORTEST_NAME = 3  # a shorter one stands in any text: it is taken out of paths alone
_DOS_LETTERS = 6  # that Windows keeps of a long name: "ANNSMI~1"


def redacted(text: str) -> str:
    """Returns a text with "~" for the home folder and "<user>" for the user's name, in all forms that paths take."""
    for pattern, replacement in _rules(os.path.expanduser("~"), _login_name()):
        text = pattern.sub(replacement, text)
    return text


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without an entry, as in containers
        return ""


@lru_cache(maxsize=4)
def _rules(home: str, user: str) -> Tuple[Tuple[Pattern[str], str], ...]:
    """Returns what is replaced by what, in this order: the home folder goes before the name that is part of it."""
    parts = [part for part in re.split(r"[\\/]+", home) if part]
    rules: List[Tuple[Pattern[str], str]] = []
    if parts:
        root = r"[\\/]+" if home.startswith(("/", "\\")) else ""
        for written in _spellings(parts):
            folder = root + r"[\\/]+".join(re.escape(part) for part in written)
            rules.append((_compiled(rf"(?<![\w.~%-]){folder}(?![\w-]|\.\w)"), _HOME))
    names = {user} | ({parts[-1]} if len(parts) > 1 else set())
    for name in sorted(filter(None, names), key=len, reverse=True):
        for spelling in sorted(set(map("".join, _spellings([name]))), key=len, reverse=True):
            if len(name) < _SHORTEST_NAME:
                rules.append((_compiled(rf"(?<=[\\/]){re.escape(spelling)}(?=[\\/])"), _USER))
            else:
                rules.append((_compiled(rf"(?<!\w){re.escape(spelling)}(?!\w)"), _USER))
        letters = "".join(c for c in name if c.isalnum())
        if len(letters) >= _DOS_LETTERS:
            rules.append((_compiled(rf"(?<!\w){re.escape(letters[:_DOS_LETTERS])}~\d"), _USER))
    return tuple(rules)


def _spellings(parts: List[str]) -> Set[Tuple[str, ...]]:
    """Returns the parts of a path as they are, as Unicode may compose them, as in addresses and as in JSON."""
    spellings = set()
    for form in (parts, *([unicodedata.normalize(kind, part) for part in parts] for kind in ("NFC", "NFD"))):
        spellings.add(tuple(form))
        spellings.add(tuple(quote(part, safe=":") for part in form))
        spellings.add(tuple(json.dumps(part)[1:-1] for part in form))
    return spellings


def _compiled(pattern: str) -> Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
