"""The reliability tests of whole programs: most run `shapr` itself on made-up cells.

    make test                              those that are quick
    make reliability                       also those marked `release`
    make reliability TIER=R                every case of all of them
    make reliability ID=K1 N=1000 SEED=7   one test

Environment: SHAPR, the program (default .build-shapr/release/shapr); for sizes see python/tests/sizes.py.
"""

import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "python" / "tests"))

import sizes  # noqa: E402
from tally import pytest_terminal_summary, tally  # noqa: E402
from toy import CELLS, LONG, SHORT, Toy  # noqa: E402

__all__ = ["pytest_terminal_summary", "tally"]

# Programs that run side by side.
WORKERS = 2


def pytest_addoption(parser):
    group = parser.getgroup("reliability")
    group.addoption("--id", help="run the test with this identifier only, as K1")
    group.addoption("--release", action="store_true", help="also the tests that `make test` leaves out")


def pytest_configure(config):
    config.addinivalue_line("markers", "identifier(name): the row of docs/reliability.md that it belongs to")
    config.addinivalue_line("markers", "release: too long for `make test`")


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--id")
    if wanted:
        items[:] = [item for item in items if item.get_closest_marker("identifier").args[0] == wanted.upper()]
        if not items:
            raise pytest.UsageError(f"there is no test {wanted}")
    elif not config.getoption("--release"):
        left_out = [item for item in items if item.get_closest_marker("release")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def complete():
    return sizes.of_tier(False, True)


@pytest.fixture(scope="session")
def seed():
    return sizes.seed(7)


@pytest.fixture(scope="session")
def cases():
    """`cases(thinned, whole)`: how many of a test's cases are run now."""
    return sizes.cases


@pytest.fixture(scope="session")
def scratch():
    """A folder in memory if there is room, so that thousands of runs do not wait for a disk."""
    memory = pathlib.Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shapr-", dir=memory if roomy else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def fault(scratch):
    """The preloaded library of fault.c."""
    library = scratch / "fault.so"
    source = pathlib.Path(__file__).with_name("fault.c")
    subprocess.run(["cc", "-Wall", "-Wextra", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


@pytest.fixture(scope="session")
def new_toy(scratch, fault):
    """`new_toy(*flags)`: a training whose runs are compared with one that nothing disturbed."""
    program = os.environ.get("SHAPR") or str(ROOT / ".build-shapr/release/shapr")
    if not os.access(program, os.X_OK):
        pytest.fail(f"{program} is not there: build it by `make shapr`, or say where it is by SHAPR")
    cells = scratch / "cells"
    if not cells.exists():
        subprocess.run(
            [program, "synthesize", "--output", cells, "--count", str(CELLS)], check=True, capture_output=True
        )
    return lambda *flags: Toy(program, cells, scratch, fault, flags)


@pytest.fixture(scope="session")
def toy(new_toy):
    """The long training."""
    return new_toy(*LONG)


@pytest.fixture(scope="session")
def short(new_toy):
    """The short training."""
    return new_toy(*SHORT)


@pytest.fixture
def in_parallel(seed):
    """`in_parallel(check, cases)`: `check(case, random)` for all cases; what they return or the assertion
    that failed, in the order of the cases. Each case has random numbers of its own."""

    def run(check, cases):
        def guarded(numbered):
            number, case = numbered
            try:
                return check(case, random.Random(f"{seed} {number}"))
            except (AssertionError, subprocess.TimeoutExpired) as failure:
                print(f"case {number} ({case!r}): {failure}")
                return failure

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(guarded, enumerate(cases)))

    return run
