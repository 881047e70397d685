"""`tally`: the one line that every reliability test leaves behind, whichever folder it is in."""

import json
import os
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


def pytest_terminal_summary(terminalreporter):
    """Shows what was counted, also when pytest captured the tests' output."""
    if _lines:
        terminalreporter.section("reliability: ID n_run n_pass worst")
        for line in _lines:
            terminalreporter.write_line(line)
