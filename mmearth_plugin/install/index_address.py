"""Where packages are found: the addresses of the main package index and of PyTorch's. No host is named here."""

from __future__ import annotations

import configparser
import ipaddress
import json
import os
import re
import sys
from pathlib import Path
from typing import Iterable, List, Mapping, Tuple
from urllib.parse import urlsplit

from .. import settings
from ..messages import tr

PACKAGED = Path(__file__).resolve().parents[2] / "resources" / "locks" / "index.json"  # written by the packaging
_SECTIONS = ("install", "global")  # of pip's configuration; the first counts


def main_index() -> str:
    """Returns the address of the main package index; empty where none is known."""
    return _first(
        [
            (settings.package_index(), True),
            (os.environ.get("MMEARTH_INDEX", ""), True),
            (re.sub(r"^[\w.-]+=(?=https?:)", "", os.environ.get("UV_DEFAULT_INDEX", "")), False),  # "name=address"
            (os.environ.get("PIP_INDEX_URL", ""), False),
            (index_of_pip(pip_files(os.environ, sys.platform, Path.home())), False),
            (_packaged("index"), False),
        ]
    )


def torch_index() -> str:
    """Returns the address of PyTorch's index; empty where none is known."""
    return _first(
        [
            (settings.torch_index(), True),
            (os.environ.get("MMEARTH_TORCH_INDEX", ""), True),
            (_packaged("torch_index"), False),
        ]
    )


def address_problem(address: str, by_hand: bool = True) -> str:
    """Returns what is wrong with the address of an index, or nothing.

    Args:
        by_hand: The user gave it to this plugin; otherwise http is refused outside of this computer.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or "" if parts.port != 0 else ""  # a port that is no number raises, too
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("https", "http") or any(letter.isspace() for letter in address):
        text = tr('"{address}" is not the address of a package index. Enter one that begins with https://.')
        return text.format(address=address)
    if parts.scheme == "http" and not by_hand and not _is_this_computer(host):
        text = tr('The package index "{host}" is not secure (http). Enter one that begins with https://.')
        return text.format(host=host)
    return ""


def index_of_pip(files: Iterable[Path]) -> str:
    """Returns the index that pip's configuration names; empty where it names none.

    Args:
        files: The one that counts least first.
    """
    found = ""
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):  # pip itself would not start with it
            continue
        named = (_index_in(parser, section) for section in _SECTIONS)
        found = next(filter(None, named), found)
    return found


def pip_files(variables: Mapping[str, str], system: str, home: Path) -> List[Path]:
    """Returns where pip looks for its configuration, the file that counts least first.

    Args:
        variables: Of the environment.
        system: `sys.platform`.
    """
    chosen = variables.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:  # the way to switch all of them off
        return []
    if system == "win32":
        shared = [Path(variables.get("PROGRAMDATA", "C:\\ProgramData"), "pip", "pip.ini")]
        roaming = variables.get("APPDATA", "") or str(home / "AppData" / "Roaming")
        own = [home / "pip" / "pip.ini", Path(roaming, "pip", "pip.ini")]
    elif system == "darwin":
        shared = [Path("/Library/Application Support/pip/pip.conf")]
        in_library = home / "Library" / "Application Support" / "pip"
        newer = in_library if in_library.is_dir() else home / ".config" / "pip"
        own = [home / ".pip" / "pip.conf", newer / "pip.conf"]
    else:
        folders = (variables.get("XDG_CONFIG_DIRS", "") or "/etc/xdg").split(":")
        shared = [*(Path(folder, "pip", "pip.conf") for folder in folders), Path("/etc/pip.conf")]
        config = variables.get("XDG_CONFIG_HOME", "") or str(home / ".config")
        own = [home / ".pip" / "pip.conf", Path(config, "pip", "pip.conf")]
    return [*shared, *own, *([Path(chosen)] if chosen else [])]


def _index_in(parser: configparser.RawConfigParser, section: str) -> str:
    if not parser.has_section(section):
        return ""
    for name, value in parser.items(section):
        if name.replace("_", "-").lstrip("-") == "index-url":
            return value.strip()
    return ""


def _first(candidates: Iterable[Tuple[str, bool]]) -> str:
    for address, by_hand in candidates:
        found = address.strip().rstrip("/")
        if found and not address_problem(found, by_hand):
            return found
    return ""


def _packaged(key: str) -> str:
    try:
        found = json.loads(PACKAGED.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a checkout has none
        return ""
    return str(found.get(key) or "") if isinstance(found, dict) else ""


def _is_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
