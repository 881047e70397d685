"""Reading files that somebody names: plain files only, of a size that texts have."""

import errno
import os
import stat
from typing import BinaryIO

from . import _core

# Settings, splits and tables of scores are far smaller.
MOST_BYTES = 64 << 20


def open_regular(path: "str | os.PathLike[str]") -> BinaryIO:
    """Opens a file for reading.

    Raises
    ------
    OSError
        A file that is not there or cannot be read; a folder, a device or a pipe, for whose other end nothing
        waits.
    """
    file = open(path, "rb", opener=_without_waiting)
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))


def read_text(path: "str | os.PathLike[str]", error: type[ValueError] = _core.FormatError) -> str:
    """The text of a file.

    Raises
    ------
    error
        For more than 64 MiB, and for what is not UTF-8.
    OSError
        As `open_regular`.
    """
    with open_regular(path) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise error(f"{os.fspath(path)!r} has more than {MOST_BYTES} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as found:
        raise error(f"{os.fspath(path)!r}, byte {found.start}: not UTF-8") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
