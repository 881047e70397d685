"""K7: asked to stop at any moment, the program writes a checkpoint and ends; the run goes on from there."""

import json
import os
import random
import shutil
import signal
import time

import pytest
from toy import checkpoints, ended, kill

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# Schedulers send SIGKILL 30 s after SIGTERM.
LONGEST = 10


def wait_until(process, is_there):
    while process.poll() is None and not is_there():
        time.sleep(0.0002)


def is_saving(folder):
    return lambda: any((folder / "fold-0/checkpoints").glob("ckpt-*.tmp"))


@pytest.mark.identifier("K7")
def test_signals(toy, tally, seed, cases, in_parallel):
    assert toy.reference
    folder, steps = toy.all_checkpoints()
    shutil.rmtree(folder)

    def check(kind, random):
        number = random.choice(SIGNALS)
        folder = toy.folder()
        if random.random() < 0.5:
            # One that was broken off before, so that loading a checkpoint is among the moments.
            process = toy.start(folder)
            time.sleep(random.uniform(0, toy.seconds))
            kill(process)
        process = toy.start(folder)
        if kind == "in a save":
            wait_until(process, is_saving(folder))
        else:
            time.sleep(random.uniform(0, toy.seconds))
        # Frozen, so that what it has reached when the signal comes is known.
        process.send_signal(signal.SIGSTOP)
        reached = max(checkpoints(folder), default=0)
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        sent = time.monotonic()
        if kind in ("twice", "then killed"):
            wait_until(process, is_saving(folder))
        if kind == "then killed":
            time.sleep(random.uniform(0, 0.002))
            kill(process)
            seconds = 0
        else:
            if kind == "twice":
                process.send_signal(number)
            end = ended(process)
            seconds = time.monotonic() - sent
            # Nothing was left to stop when the last steps were done.
            wanted = (0, 128 + number) if reached >= steps[-1] - 2 else (128 + number,)
            assert end.code in wanted, f"exit code {end.code} after step {reached}: {end.errors}"
            # A signal before the program looks for signals ends it as if there had been none.
            if end.errors:
                assert end.errors.startswith("topoloss: error[CANCELLED]: "), end.errors
                assert end.errors.count("\n") == 1 and checkpoints(folder)
            assert seconds < LONGEST, f"{seconds} s until the end"
            # One step at most is begun after the one in work, and saves are two steps apart.
            last = max(checkpoints(folder), default=0)
            assert end.code == 0 or last <= reached + 2, f"asked after step {reached}, went on to {last}"
        newest = max(checkpoints(folder), default=None)
        end = toy.assert_goes_on(folder)
        end.assert_resumed(newest)
        shutil.rmtree(folder)
        return seconds

    kinds = ["at random", "at random", "in a save", "twice", "then killed"]
    results = in_parallel(check, kinds * (cases(50, 500) // len(kinds)))
    passed = [result for result in results if not isinstance(result, Exception)]
    tally("K7", len(results), len(passed), f"{max(passed, default=0):.2f} s until the end", seed)


@pytest.fixture
def many_cells(scratch, new_toy):
    """A folder of many cells, all the same, and the names of them."""
    cells = new_toy().cells
    folder = scratch / "many"
    names = [f"cell{number:04}.tif" for number in range(1000)]
    for part in ("image", "mask", "obj"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        source = min((cells / part).iterdir())
        for name in names:
            if not (folder / part / name).exists():
                os.link(source, folder / part / name)
    return folder, names


@pytest.mark.identifier("K7")
@pytest.mark.parametrize("slow", ["validation", "prediction"])
def test_slow_parts_are_left(slow, many_cells, new_toy, scratch, tally, seed):
    """A validation and a prediction of 1,000 cells take seconds; a signal does not wait for their end."""
    folder, names = many_cells
    split = scratch / f"{slow}.json"
    # The two lists that are not empty, and the many cells in one of them.
    few, many = names[4:6], names[6:]
    val, test = (many, few) if slow == "validation" else (few, many)
    split.write_text(json.dumps({"train": names[:4], "val": val, "test": test}))
    toy = new_toy("--epochs", "1", "--checkpoint-steps", "1", "--batch-size", "2", "--split", str(split))
    output = toy.folder()
    process = toy.start(output, data=folder)
    begun = {
        "validation": lambda: 1 in checkpoints(output),
        "prediction": lambda: any(output.glob("fold-0/predictions/*.tif")),
    }
    wait_until(process, begun[slow])
    # The second and last step of the epoch.
    time.sleep(random.Random(seed).uniform(0.2, 0.4))
    sent = time.monotonic()
    process.send_signal(signal.SIGTERM)
    end = ended(process)
    seconds = time.monotonic() - sent
    assert end.code == 143, f"exit code {end.code}: {end.errors}"
    newest = max(checkpoints(output))
    assert newest == 2, f"the checkpoint is one of step {newest}"
    assert len(list(output.glob("fold-0/predictions/*.tif"))) < len(many)
    shutil.rmtree(output)
    tally(f"K7-{slow}", 1, int(seconds < LONGEST / 5), f"{seconds:.2f} s until the end", seed)
