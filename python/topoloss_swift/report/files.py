"""Reading small texts, and writing files so that nobody ever sees half of one."""

import os
import tempfile
from pathlib import Path

from .._files import MOST_BYTES, open_regular
from .failure import Failure, unreadable


def read_text(path: Path) -> str:
    """The UTF-8 text of a file of at most 64 MiB.

    Raises
    ------
    Failure
        66 when it cannot be read, 65 when it is larger or not UTF-8.
    """
    try:
        with open_regular(path) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    if len(data) > MOST_BYTES:
        raise Failure(65, "LIMIT", f"{path}: more than {MOST_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(65, "FORMAT", f"{path}, byte {error.start}: not UTF-8") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file in place of what may be there: all of it or, on any failure, nothing.

    Raises
    ------
    Failure
        73 when it cannot be made, 74 when it cannot be written.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except OSError as error:
        raise Failure(73, "IO", f"{path}: cannot be made: {error.strerror}") from None
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise Failure(74, "IO", f"{path}: cannot be written: {error.strerror}") from None
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(73, "IO", f"{path}: the folder cannot be made: {error.strerror}") from None


def _umask() -> int:
    """The process's mask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
