"""Times whole epochs of `shapr train` beside PyTorch, and the topological loss within a step; writes RESULTS.md.

    make bench-training             the whole benchmark, some ten minutes
    make bench-training QUICK=1     two threads alone, fewer epochs
    .venv-peers/current/bin/python Benchmarks/training.py --rows share    rows whose name has a match

Only the whole benchmark replaces the section in RESULTS.md; the others print theirs. Ends if a peer's first epoch
has other losses. The real cells must be there.
"""

import argparse
import os
import re
import tempfile

import inputs
import report
import training_cells
import training_rows as rows
from training_programs import peer_versions

SECTION = "Training"
PACKAGES = ("torch", "numpy", "safetensors")
EPOCH_LEGEND = """\
**Seconds per epoch** on real cells: 81 to train on with the paper's augmentation in batches of 6, forward, (2 Dice +
BCE) / 2 + 0.1 L_T, backward, Adam; then the same losses of 27 cells in evaluation. L_T is that of dimension 2,
superlevel sets, at the stated resolution. Ours is the program `shapr train` as it is: it reads and decodes the
images in every epoch, and writes checkpoint and logs. PyTorch has all cells in memory, writes nothing, and gets
L_T from torch_topological. It learns from the same cells in the same order with the same augmentation and the same
first weights: at learning rate 0 geometric and topological losses agree to {0:g} and {1:g}, in the first epoch
of learning to {2:g} and {3:g}. That epoch is left out of the medians. In brackets, how many times longer
PyTorch takes."""
SHARE_LEGEND = """\
**L_T within a training step** of ours, on batches of real cells; medians in milliseconds. "Inside" is the time from
call to return of the loss, "difference" that of steps with and without it, which take turns. Before training,
predictions are noise with thousands of features; after a few epochs they are like cells. The verdict is on both.
PyTorch's share is that of the difference."""


def measure(options):
    """The tables of the section as Markdown, and all verdicts."""

    def selected(found):
        return [case for case in found if re.search(options.rows, case.name) and (case.quick or not options.quick)]

    epochs, shares = [], []
    with tempfile.TemporaryDirectory() as folder:
        report.say("preparing cells and weights")
        training_cells.write(folder)
        wanted = selected(rows.epoch_cases())
        if wanted:
            rows.check_still(folder)
        epochs = [rows.epoch_row(case, folder, options.quick) for case in wanted]
        shares = [rows.share_row(case, folder, options.quick) for case in selected(rows.share_cases())]
    text = []
    if epochs:
        legend = EPOCH_LEGEND.format(*rows.STILL, *rows.LEARNING)
        heads = ["case", *rows.COLUMNS, "ours, all", "target", "met"]
        text += [legend, report.table(heads, epochs)]
    if shares:
        heads = ["case", "step", "inside", "difference", "inside", "difference", "PyTorch", "target", "met"]
        text += [SHARE_LEGEND, report.table(heads, shares)]
    return "\n\n".join(part.strip() for part in text), [row[-1] for row in epochs + shares]


def arguments():
    parser = argparse.ArgumentParser(description="Time whole training epochs beside PyTorch.")
    parser.add_argument("--quick", action="store_true", help="two threads alone, fewer epochs")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name has a match")
    return parser.parse_args()


def main():
    options = arguments()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: some rows compare one with two")
    if not inputs.cells_at_hand():
        raise SystemExit("the sample of real cells, ../shared/data/shapr-sample, is absent")
    load = report.load_average()
    body, verdicts = measure(options)
    packages = f"{report.versions(PACKAGES)}; in an environment of its own {peer_versions()}"
    report.conclude("training", SECTION, body, verdicts, packages, load)


if __name__ == "__main__":
    main()
