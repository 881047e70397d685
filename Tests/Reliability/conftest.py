"""The reliability tests of training: they run the program `shapr` itself on made-up cells.

    make reliability                       everything, complete
    make reliability ID=K1 N=1000 SEED=7   one test
    make test                              all of them, thinned

Environment: SHAPR, the program (default .build-shapr/release/shapr).
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

from tally import pytest_terminal_summary, tally  # noqa: E402
from toy import CELLS, LONG, SHORT, Toy  # noqa: E402

__all__ = ["pytest_terminal_summary", "tally"]

# Programs that run side by side.
WORKERS = 2


def pytest_addoption(parser):
    group = parser.getgroup("reliability")
    group.addoption("--id", help="run the test with this identifier only, as K1")
    group.addoption("--cases", type=int, help="how many cases, kills or bytes; each test has its default")
    group.addoption("--random-seed", type=int, default=7, help="which random cases (default 7)")
    group.addoption("--complete", action="store_true", help="every case, as before a release")


def pytest_configure(config):
    config.addinivalue_line("markers", "identifier(name): the row of docs/reliability.md that it belongs to")


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--id")
    if wanted:
        items[:] = [item for item in items if item.get_closest_marker("identifier").args[0] == wanted.upper()]
        if not items:
            raise pytest.UsageError(f"there is no test {wanted}")


@pytest.fixture(scope="session")
def complete(pytestconfig):
    return pytestconfig.getoption("--complete")


@pytest.fixture(scope="session")
def seed(pytestconfig):
    return pytestconfig.getoption("--random-seed")


@pytest.fixture(scope="session")
def cases(pytestconfig, complete):
    """`cases(thinned, whole)`: how many of a test's cases are run now."""
    wanted = pytestconfig.getoption("--cases")
    return lambda thinned, whole: wanted or (whole if complete else thinned)


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
