"""Takes out of a report what names a person: the home folder and the login name.

Imports the standard library only. Knows nothing of what the report is about.
"""

import getpass
import os
import re
import sys
from pathlib import Path

HOME, USER = "~", "<user>"


def redact(text: str) -> str:
    """Returns a text without home folder and login name of whoever runs this."""
    return redact_names(text, _home_folders(), _login_names())


def redact_names(text: str, homes: list[str], logins: list[str]) -> str:
    """Returns a text in which home folders are "~" and login names "<user>", where they stand as whole words.

    On Windows, paths are found with either slash, and letters' case does not matter.
    """
    flags = re.IGNORECASE if sys.platform == "win32" else 0
    for home in sorted(homes, key=len, reverse=True):
        parts = [re.escape(part) for part in re.split(r"[\\/]+", home.rstrip("\\/"))]
        if len([part for part in parts if part]) >= 1:  # a home of "/" names nobody
            text = re.sub(r"(?<!\w)" + r"[\\/]+".join(parts) + r"(?!\w)", HOME, text, flags=flags)
    for login in logins:
        if login:
            text = re.sub(rf"(?<!\w){re.escape(login)}(?!\w)", USER, text, flags=flags)
    return text


def _home_folders() -> list[str]:
    found = [os.path.expanduser("~"), os.environ.get("HOME", ""), os.environ.get("USERPROFILE", "")]
    homes = {home for home in found if home and home != "~"}
    return sorted(homes | {os.path.realpath(home) for home in homes if Path(home).is_dir()})


def _login_names() -> list[str]:
    names = {os.environ.get(variable, "") for variable in ("LOGNAME", "USER", "USERNAME")}
    try:
        names.add(getpass.getuser())
    except (OSError, KeyError, ImportError):  # an account without an entry; Windows without the variables
        names.discard("")
    return sorted(names - {""})
