"""K4: the k-th file operation of a run fails, or it and all that come after it."""

import collections
import itertools
import random
import shutil

import pytest
from operations import acknowledged, contents_of_checkpoints, logged, operations_of
from toy import checkpoints

# Whoever gets one of these cannot go on; the program ends with one of the table's two exit codes.
HARD = ("ENOSPC", "EIO", "EDQUOT", "EROFS")
# These are no failures: the rest is written, or the call is made again.
SOFT = ("EINTR", "SHORT")
# Output that cannot be made, or output that cannot be written; the fsync after a mkdir is part of making.
# An old checkpoint that stays, or a file that is closed after its fsync, loses nothing: HARMLESS.
CODES = {
    "open": {73}, "mkdir": {73}, "fsync": {73, 74}, "write": {74}, "ftruncate": {74}, "rename": {74},
    "unlink": {0, 74}, "close": {0},
}  # fmt: skip
HARMLESS = ("unlink", "close")
COUNT_MORE = {"FAULT_MORE": 1}


def all_cases(operations):
    """(k, error, sticky): every kind for every operation; for each write, of which there are many, one."""
    kinds = list(itertools.product((*HARD, *SOFT), (False, True)))
    writes = 0
    for k, operation in enumerate(operations, 1):
        if operation.name == "write":
            writes += 1
            yield k, *kinds[writes % len(kinds)]
        else:
            yield from ((k, *kind) for kind in kinds if kind[0] != "SHORT")


def spread(cases, operations, count, seed):
    """So many of them, all sorts of operations and errors in turn."""
    choice = random.Random(seed)
    sorts = collections.defaultdict(list)
    for case in cases:
        sorts[operations[case[0] - 1].name, *case[1:]].append(case)
    for each in sorts.values():
        choice.shuffle(each)
    queues = list(sorts.values())
    choice.shuffle(queues)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*queues))
    return list(itertools.islice((case for case in turns if case is not None), count))


@pytest.fixture(scope="module")
def operations(short):
    folder = short.folder()
    found = operations_of(short, folder, COUNT_MORE)
    shutil.rmtree(folder)
    return found


@pytest.fixture(scope="module")
def fail(short, operations):
    """`fail((k, error, sticky))`: a run in which operation k fails, how it ends, and how it goes on."""
    assert short.reference
    good = contents_of_checkpoints(operations)
    saved = [None, *acknowledged(operations)]

    def run(case):
        k, error, sticky = case
        folder = short.folder()
        order = f"{k}:{error}" + (":sticky" if sticky else "")
        end = short.run(folder, environment={"FAULT_ERROR": order, **COUNT_MORE})
        check_code(end, operations[k - 1].name, error, sticky)
        there = checkpoints(folder)
        newest = max(there, default=None)
        for step, path in there.items():
            assert path.read_bytes() in good[step], f"the checkpoint of step {step} is not what it was"
        promised = saved[k - 1]
        assert promised is None or newest >= promised, f"{newest} is there, {promised} was reported as saved"
        go_on(short, folder, newest)

    return run


def check_code(end, name, error, sticky):
    codes = {0} if error in SOFT else CODES[name]
    if name in HARMLESS and sticky and error in HARD:
        # The next one is to blame; there is none after the last.
        codes = {0, 73, 74}
    assert end.code in codes, f"exit code {end.code}: {end.errors}"
    if end.code:
        end.assert_refused(end.code)
        assert "error[IO]" in end.errors, end.errors


def go_on(toy, folder, newest):
    """The same command gives the results of the reference. The folders of the run, too, last from now on: one
    whose fsync failed may not have."""
    log = toy.scratch / f"{folder.name}.log"
    end = toy.assert_goes_on(folder, environment={"FAULT_LOG": log})
    end.assert_resumed(newest)
    lasting = {operation.path for operation in logged(log) if operation.name == "fsync"}
    log.unlink()
    above = {str(path) for path in (folder.parent, folder, folder / "fold-0")}
    assert "already" in end.output or above <= lasting, f"no fsync of {above - lasting}"
    shutil.rmtree(folder)


@pytest.mark.identifier("K4")
def test_io_errors(short, operations, fail, tally, seed, cases, in_parallel):
    everything = list(all_cases(operations))
    chosen = spread(everything, operations, cases(60, len(everything)), seed)
    results = in_parallel(lambda case, _: fail(case), chosen)
    tally("K4", len(results), results.count(None), f"of {len(everything)} cases", seed)


@pytest.mark.release
@pytest.mark.identifier("K4")
def test_more_io_errors(short, operations, fail, tally, seed, complete, in_parallel):
    """What `make test` leaves out; the whole row has them all."""
    if complete:
        pytest.skip("every case is among those of the test before")
    chosen = spread(all_cases(operations), operations, 300, seed)[60:]
    results = in_parallel(lambda case, _: fail(case), chosen)
    tally("K4-more", len(results), results.count(None), seed=seed)
