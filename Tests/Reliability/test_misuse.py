"""B4: the whole C interface in random order, with arguments of which some are wrong."""

import re
import subprocess

import pytest
from drivers import HEADERS, build

pytestmark = pytest.mark.identifier("B4")


def run(program, folder, sequences, seed):
    """What each function was called, and how often it was right; the calls must all have been."""
    finished = subprocess.run(
        [program, str(sequences), str(seed)], cwd=folder, capture_output=True, text=True, errors="replace"
    )
    assert finished.returncode == 0, f"exit code {finished.returncode}\n{finished.stderr[-4000:]}"
    assert not finished.stderr, finished.stderr[-4000:]
    first, *lines = finished.stdout.splitlines()
    assert first == "failures 0"
    return {name: (int(calls), int(right)) for name, calls, right in map(str.split, lines)}


def check_that_nothing_is_left_out(coverage):
    """Every function of the header was called, and was right at least once."""
    declared = set(re.findall(r"\b(topoloss_\w+)\(", (HEADERS / "topoloss.h").read_text()))
    declared = {name for name in declared if not name.endswith("_init")}  # every struct of options is filled by one
    assert declared == set(coverage)
    assert [name for name, (_, right) in coverage.items() if right == 0] == []


def test_random_calls(tmp_path, cases, seed, tally):
    sequences = cases(2000, 65536)
    coverage = run(build("misuse.c", tmp_path), tmp_path, sequences, seed)
    if sequences >= 2000:
        check_that_nothing_is_left_out(coverage)
    tally("B4", sequences, sequences, f"{sum(calls for calls, _ in coverage.values())} calls", seed)


@pytest.mark.release
def test_random_calls_under_address_sanitizer(tmp_path, cases, seed, tally):
    """Whatever is read or written outside of what the caller gave, or after it was freed, ends the program."""
    sequences = cases(2000, 65536)
    coverage = run(build("misuse.c", tmp_path, "address"), tmp_path, sequences, seed)
    if sequences >= 2000:
        check_that_nothing_is_left_out(coverage)
    tally("B4[ASan]", sequences, sequences, f"{sum(calls for calls, _ in coverage.values())} calls", seed)
