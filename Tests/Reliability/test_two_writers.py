"""K10: a run directory has one writer; the lock of a killed one holds nobody up."""

import csv
import shutil
import signal
import subprocess
import time

import pytest
from toy import SETTINGS, checkpoints, ended, kill, outcome


@pytest.mark.identifier("K10")
def test_two_writers(toy, new_toy, tally, seed, cases, in_parallel):
    assert toy.reference
    other = new_toy("--epochs", "7", "--learning-rate", "0.5")

    def second_is_refused(second):
        folder = toy.folder()
        process = toy.start(folder)
        while process.poll() is None and not checkpoints(folder):
            time.sleep(0.0005)
        process.send_signal(signal.SIGSTOP)
        try:
            before = outcome(folder)
            second.run(folder).assert_refused(75)
            assert outcome(folder) == before, "the one that was refused changed something"
        finally:
            process.send_signal(signal.SIGCONT)
        assert ended(process).code == 0
        assert outcome(folder) == toy.reference
        shutil.rmtree(folder)

    def stale_lock_is_no_hindrance(random):
        folder = toy.folder()
        process = toy.start(folder)
        while process.poll() is None and not (folder / "fold-0/.lock").exists():
            time.sleep(0.0005)
        time.sleep(random.uniform(0, 0.1))
        kill(process)
        assert (folder / "fold-0/.lock").exists()
        toy.assert_goes_on(folder)
        shutil.rmtree(folder)

    def check(kind, random):
        if kind == "stale":
            stale_lock_is_no_hindrance(random)
        else:
            second_is_refused(toy if kind == "same" else other)

    results = in_parallel(check, ["same", "other", "stale", "stale"] * (cases(20, 20) // 4))
    tally("K10", len(results), results.count(None), seed=seed)


@pytest.mark.identifier("K10")
def test_run_that_is_refused_changes_nothing(toy, new_toy):
    folder = toy.folder()
    assert toy.run(folder).code == 0
    before = outcome(folder)
    other = new_toy("--epochs", "7")
    other.run(folder, resume=False).assert_refused(73)
    other.run(folder).assert_refused(65)
    assert outcome(folder) == before
    shutil.rmtree(folder)


@pytest.mark.identifier("K10")
def test_folds_side_by_side(new_toy):
    """Each fold in a process of its own, all in one run directory, as an array of jobs does."""
    toy = new_toy()
    output = toy.folder()
    command = [toy.program, "train", "--data", toy.cells, "--output", output, "--epochs", "1"]
    command += [*SETTINGS, "--threads", "1", "--resume", "--fold"]
    running = [
        subprocess.Popen([*command, str(fold)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for fold in range(5)
    ]
    for process in running:
        errors = process.communicate()[1]
        assert process.returncode == 0, errors
    with open(output / "scores.csv", encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names)) == len(list((toy.cells / "obj").iterdir()))
    shutil.rmtree(output)
