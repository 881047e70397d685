"""What all tests share: `tally`, and `child`, a program in a fresh interpreter.

The tests run against the installed package; nothing here puts the source tree on the path.
"""

import os
import subprocess
import sys
import textwrap

import pytest

from tally import pytest_terminal_summary, tally

__all__ = ["child", "pytest_terminal_summary", "tally"]


@pytest.fixture
def child():
    """`child(code, *arguments, python=..., timeout=60, **environment)`: runs a program, returns
    its standard output, and fails when its exit code is not 0 or `timeout` seconds pass."""

    def run(code, *arguments, python=sys.executable, timeout=60, **environment):
        finished = subprocess.run(
            [python, "-c", textwrap.dedent(code), *map(str, arguments)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if finished.returncode != 0:
            pytest.fail(f"exit code {finished.returncode}\n{finished.stdout}\n{finished.stderr}")
        return finished.stdout

    return run
