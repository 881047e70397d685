"""T11: calls that are told to stop, by a token or at a deadline, end within 100 ms."""

import subprocess

import pytest
from drivers import build

pytestmark = pytest.mark.identifier("T11")


def check(tmp_path, count, seed, tally, name):
    """Diagrams, losses, distances and steps of a training in turn."""
    program = build("cancel.c", tmp_path)
    finished = subprocess.run([program, str(count), str(seed)], capture_output=True, text=True)
    print(finished.stderr)
    words = finished.stdout.split()
    assert finished.returncode in (0, 1) and words[0] == "cases", f"exit code {finished.returncode}"
    tally(name, count, count - int(words[3]), f"{words[5]} ms", seed)


def test_calls_that_are_told_to_stop(tmp_path, seed, tally):
    check(tmp_path, 40, seed, tally, "T11[thinned]")


@pytest.mark.release
def test_a_thousand_calls_that_are_told_to_stop(tmp_path, cases, seed, tally):
    check(tmp_path, cases(1000, 1000), seed, tally, "T11")
