"""K11: going on from every step, with other numbers of threads, from another place: the same bits."""

import itertools
import random
import shutil

import pytest
from toy import checkpoints

STEPS = 60


@pytest.mark.identifier("K11")
def test_resume_matrix(new_toy, scratch, tally, seed, cases, in_parallel):
    toy = new_toy(
        "--epochs", "15", "--adversarial-epochs", "5", "--batch-size", "2", "--checkpoint-steps", "1",
        "--schedule", "plateau",
    )  # fmt: skip
    assert toy.reference
    kept, steps = toy.all_checkpoints()
    assert steps == list(range(1, STEPS + 1)), f"checkpoints of the steps {steps}"
    moved = scratch / "moved" / "elsewhere"
    shutil.copytree(toy.cells, moved)

    def check(case, _):
        step, threads, is_moved = case
        home = toy.folder()
        folder = home / "another" / "place" if is_moved else home
        (folder / "fold-0/checkpoints").mkdir(parents=True)
        shutil.copy(checkpoints(kept)[step], folder / "fold-0/checkpoints")
        end = toy.assert_goes_on(folder, threads=threads, data=moved if is_moved else None)
        assert end.resumed == step, f"went on from {end.resumed}"
        shutil.rmtree(home)

    matrix = list(itertools.product(steps, (1, 2, 4), (False, True)))
    chosen = random.Random(seed).sample(matrix, min(len(matrix), cases(30, len(matrix))))
    results = in_parallel(check, chosen)
    shutil.rmtree(kept)
    tally("K11", len(results), results.count(None), f"of {len(matrix)} places to go on from", seed)
