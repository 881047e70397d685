"""What all tests share: `tally`, the one line every reliability test leaves behind, and `child`,
a program in a fresh interpreter.

The tests run against the installed package; nothing here puts the source tree on the path.
"""

import json
import os
import subprocess
import sys
import textwrap
import time

import pytest

RESULTS_FOLDER = "results"
_lines = []


@pytest.fixture
def tally():
    """`tally(ID, n_run, n_pass, worst, seed=None)`: records a count, then fails unless all passed.

    `worst` is the largest figure seen (a time, an error), with its unit in the text, or
    `"-"` when there is none. The line `ID n_run n_pass worst` is printed when the run
    ends, and appended at once to results/reliability.jsonl under the working directory.
    """

    def record(identifier, n_run, n_pass, worst="-", seed=None):
        _lines.append(f"{identifier} {n_run} {n_pass} {worst}")
        row = {
            "id": identifier,
            "n_run": int(n_run),
            "n_pass": int(n_pass),
            "worst": worst if isinstance(worst, (int, float, str)) else str(worst),
            "seed": seed,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        os.makedirs(RESULTS_FOLDER, exist_ok=True)
        with open(os.path.join(RESULTS_FOLDER, "reliability.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        assert n_run > 0, f"{identifier}: nothing was run"
        assert n_pass == n_run, f"{identifier}: {n_run - n_pass} of {n_run} failed, worst {worst}"

    return record


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


def pytest_terminal_summary(terminalreporter):
    """Shows what was counted, also when pytest captured the tests' output."""
    if _lines:
        terminalreporter.section("reliability: ID n_run n_pass worst")
        for line in _lines:
            terminalreporter.write_line(line)
