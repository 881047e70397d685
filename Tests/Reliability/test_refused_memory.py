"""K6: memory is refused, to the library in every call, and to the program by a limit on its address space."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from toy import checkpoints

HERE = pathlib.Path(__file__).parent
CALLS = (
    "tables", "diagrams", "diagrams-V", "diagrams-batch", "wasserstein", "bottleneck", "sliced",
    "certificate", "certificate-few", "loss", "loss-resampled", "train", "train-adversarial", "load",
    "predict", "score",
)  # fmt: skip
# Kilobytes of address space below which the program need not even start (docs/reliability.md).
FLOOR = 98_304
# More than the toy training needs.
CEILING = 327_680


@pytest.fixture(scope="module")
def memory(scratch):
    """The preloaded library of memory.c."""
    try:
        import topoloss_swift  # noqa: F401
    except ImportError as error:
        pytest.skip(f"the Python package is not installed (`make package`), no call is checked: {error}")
    library = scratch / "memory.so"
    source = HERE / "memory.c"
    subprocess.run(["cc", "-Wall", "-Wextra", "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def refuse(memory, call, most):
    """Refuses allocations of a call, all or about so many: cases, failures, and allocations."""
    arguments = [call, str(most), str(HERE.parents[1] / "python/tests")]
    done = subprocess.run(
        [sys.executable, HERE / "refused_memory.py", *arguments],
        env={**os.environ, "LD_PRELOAD": str(memory)},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    for case, failure in answer["failures"].items():
        print(f"{call}, allocation {case}: {failure}")
    return answer["run"], len(answer["failures"]), answer["asked"]


def refuse_all(memory, in_parallel, most):
    results = in_parallel(lambda call, _: refuse(memory, call, most), CALLS)
    failed = [result for result in results if isinstance(result, Exception)]
    assert not failed, failed
    return [sum(column) for column in zip(*results, strict=True)]


@pytest.mark.identifier("K6")
def test_refused_to_calls(memory, tally, cases, in_parallel):
    """A few allocations of each call; all of them, once and from there on, in the whole row."""
    run, failures, asked = refuse_all(memory, in_parallel, cases(3, 0))
    tally("K6", run, run - failures, f"of {2 * asked} cases in {len(CALLS)} calls")


@pytest.mark.release
@pytest.mark.identifier("K6")
def test_all_refused_to_calls(memory, tally, complete, in_parallel):
    if complete:
        pytest.skip("every case is among those of the test before")
    run, failures, asked = refuse_all(memory, in_parallel, 0)
    tally("K6-all", run, run - failures, f"{asked} allocations in {len(CALLS)} calls")


@pytest.mark.identifier("K6")
def test_little_address_space(toy, tally, seed, cases, in_parallel):
    """Enough for the training, or exit code 71 and one line; going on with more gives the same results."""
    assert toy.reference
    count = cases(6, 200)

    def check(case, random):
        kilobytes = FLOOR + int((CEILING - FLOOR) * (case + random.random()) / count)
        folder = toy.folder()
        threads = random.choice((1, 2))
        end = toy.run(folder, through=["prlimit", f"--as={kilobytes << 10}"], threads=threads)
        assert end.code in (0, 71), f"{kilobytes} KiB: exit code {end.code}: {end.errors}"
        if end.code:
            end.assert_refused(71)
            assert "bytes" in end.errors, f"{end.errors} does not say how much is needed"
        newest = max(checkpoints(folder), default=None)
        toy.assert_goes_on(folder).assert_resumed(newest)
        shutil.rmtree(folder)
        return end.code

    results = in_parallel(check, range(count))
    refused = results.count(71)
    passed = refused + results.count(0)
    tally("K6-limit", count, passed, f"{refused} refused between {FLOOR >> 10} and {CEILING >> 10} MiB", seed)


GROUPS = pathlib.Path("/sys/fs/cgroup")


@pytest.fixture
def group():
    """A control group, and the file in it that holds the limit of its memory."""
    old = GROUPS / "memory"
    folder = (old if old.is_dir() else GROUPS) / "topoloss-reliability"
    try:
        folder.mkdir()
        name = "memory.limit_in_bytes" if old.is_dir() else "memory.max"
        (folder / name).write_text(str(1 << 30))
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip(f"no memory group can be made here, so the kernel's own kill is not checked: {error}")
    yield folder, folder / name
    folder.rmdir()


@pytest.mark.release
@pytest.mark.identifier("K6")
def test_killed_by_its_group(toy, group, complete, tally, cases):
    """The kernel kills what needs more than its group has, at any moment; the run goes on with more."""
    if not complete:
        pytest.skip("only in the whole row (`make reliability TIER=R`)")
    assert toy.reference
    folder_of_group, limit = group
    count, killed = cases(1, 20), 0
    for case in range(count):
        folder = toy.folder()
        limit.write_text(str((4 << 20) + case * (32 << 20) // count))
        join = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(folder_of_group / "cgroup.procs")]
        end = toy.run(folder, through=join)
        assert end.code in (0, 71, 137), f"exit code {end.code}: {end.errors}"
        killed += end.code == 137
        limit.write_text(str(1 << 30))
        newest = max(checkpoints(folder), default=None)
        toy.assert_goes_on(folder).assert_resumed(newest)
        shutil.rmtree(folder)
    assert killed, "no limit was low enough"
    tally("K6-group", count, count, f"{killed} killed")
