"""K1: kill -9 at any moment, restart by the same command, until it is done."""

import itertools
import os
import shutil
import signal
import time

import pytest
from toy import checkpoints, kill

MOST_KILLS = 5


def is_unfinished(name):
    """Whether a file is a checkpoint that is being written."""
    return name.startswith("ckpt-") and name.endswith(".tmp")


def wait_for_save(process, folder, random):
    """Until a file is being written, for the so many-th time."""
    left = random.randint(1, 6)
    was_there = False
    while process.poll() is None and left > 0:
        try:
            is_there = any(is_unfinished(name) for name in os.listdir(folder / "fold-0/checkpoints"))
        except FileNotFoundError:
            is_there = False
        left -= is_there and not was_there
        was_there = is_there
        time.sleep(0.0001)


@pytest.mark.identifier("K1")
def test_kill(toy, tally, seed, cases, in_parallel):
    wanted = cases(100, 1000)
    assert toy.reference
    interval = longest_interval(toy)

    def check(in_save, random):
        folder = toy.folder()
        newest, kills, caught = None, 0, 0
        while kills < MOST_KILLS:
            process = toy.start(folder)
            if in_save:
                wait_for_save(process, folder, random)
            else:
                time.sleep(random.uniform(0, toy.seconds))
            end = kill(process)
            if end.code != 128 + signal.SIGKILL:
                assert end.code == 0, end.errors
                break
            kills += 1
            caught += any(folder.glob("fold-0/checkpoints/ckpt-*.tmp"))
            # What it printed is lost when the kill came before.
            assert end.resumed in (newest, None), f"went on from {end.resumed}, not from {newest}"
            newest = max(checkpoints(folder), default=None)
        newest = max(checkpoints(folder), default=None)
        end = toy.assert_goes_on(folder)
        end.assert_resumed(newest)
        shutil.rmtree(folder)
        return kills, caught

    # Runs until there were enough kills.
    kills = caught = runs = failures = 0
    while kills < wanted:
        for result in in_parallel(check, [False, True] * 5):
            runs += 1
            if isinstance(result, Exception):
                failures += 1
                kills += 1
            else:
                kills += result[0]
                caught += result[1]
    assert caught > 0, "no kill came while a checkpoint was being written"
    tally(
        "K1", kills, kills - failures,
        f"{interval} steps lost at most; {runs} runs, {caught} kills inside a save", seed,
    )  # fmt: skip


def longest_interval(toy):
    """Steps between checkpoints at most, as a run writes them that keeps all."""
    folder, steps = toy.all_checkpoints()
    shutil.rmtree(folder)
    interval = max(after - before for before, after in itertools.pairwise([0, *steps]))
    assert interval <= 2, f"checkpoints are {interval} steps apart"
    return interval
