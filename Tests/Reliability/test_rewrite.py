"""B5: a thread rewrites what a call reads, all the while it runs."""

import subprocess

import pytest
from drivers import build

pytestmark = pytest.mark.identifier("B5")


def run(program, count, seed):
    finished = subprocess.run([program, str(count), str(seed)], capture_output=True, text=True)
    assert finished.returncode == 0, f"exit code {finished.returncode}\n{finished.stderr[-8000:]}"
    assert not finished.stderr, finished.stderr[-8000:]
    words = finished.stdout.split()
    assert int(words[5]) >= count, "most calls end with a result"
    return f"{words[5]} results"


def test_inputs_that_change(tmp_path, cases, seed, tally):
    count = cases(50, 1000)
    tally("B5", count, count, run(build("rewrite.c", tmp_path), count, seed), seed)


@pytest.mark.release
def test_inputs_that_change_under_address_sanitizer(tmp_path, cases, seed, tally):
    count = cases(50, 1000)
    tally("B5[ASan]", count, count, run(build("rewrite.c", tmp_path, "address"), count, seed), seed)
