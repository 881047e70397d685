"""How a command ends: one line on standard error and an exit code (docs/run-directory.md)."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import NoReturn

# Modules of the packages in the extra `report`.
NEEDED = ("numpy", "scipy", "skimage", "tifffile", "PIL")


class Failure(Exception):
    """What a command ends with.

    Parameters
    ----------
    code : int
        The exit code.
    name : str
        What stands in brackets: ``topoloss: error[NAME]: message``.
    message : str
        File and reason; it is brought to one line.
    """

    def __init__(self, code: int, name: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.name = name

    @property
    def line(self) -> str:
        """The whole line, without control characters that file names may carry."""
        text = "".join(one if one.isprintable() else "�" for one in str(self))
        return f"topoloss: error[{self.name}]: {text}"


def unreadable(path: object, error: OSError) -> Failure:
    """A file or folder that cannot be read."""
    return Failure(66, "IO", f"{path}: cannot be read: {error.strerror or error}")


class Parser(argparse.ArgumentParser):
    """Options whose misuse ends with exit code 64."""

    def error(self, message: str) -> NoReturn:
        raise Failure(64, "USAGE", f"{message}; {self.prog} --help says more")


def ending(body: Callable[[], None]) -> int:
    """Run a command; what it raises becomes its one line and its exit code.

    Returns
    -------
    int
        The exit code, 0 when all went well.
    """
    try:
        missing = [name for name in NEEDED if find_spec(name) is None]
        if missing:
            hint = "pip install 'topoloss-swift[report]'"
            raise Failure(69, "PACKAGE", f"{', '.join(missing)} not found: {hint} brings all of it")
        body()
    except Failure as failure:
        return _say(failure)
    except MemoryError as error:
        return _say(Failure(71, "NOMEM", str(error) or "not enough memory"))
    except KeyboardInterrupt:
        return _say(Failure(130, "CANCELLED", "stopped"))
    except BrokenPipeError:
        # Nobody reads what is printed any more; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _say(failure: Failure) -> int:
    print(failure.line, file=sys.stderr)
    return failure.code
