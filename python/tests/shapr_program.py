"""The program shapr, where it has been built (`make shapr`)."""

import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / ".build-shapr" / "release" / "shapr"
needs_shapr = pytest.mark.skipif(not PROGRAM.exists(), reason="shapr is not built; `make shapr` builds it")


def shapr(*arguments, cwd=None):
    """Its standard output; a failure of the program fails the test."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
