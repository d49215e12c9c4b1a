"""What can go wrong when files are written, said once, and the hash that files are known by.

Imports the standard library only. Knows nothing of formats.
"""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmearth.errors import ResourceError


def hash_file(path: Path) -> str:
    """Returns the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns a failure to write into a sentence about the folder.

    Raises:
        ResourceError: the disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(
                f"The disk of '{folder}' is full.", "Free some space, or choose a folder on another disk."
            ) from error
        raise ResourceError(
            f"'{folder}' cannot be written to: {error.strerror or error}.", "Choose another folder."
        ) from error
