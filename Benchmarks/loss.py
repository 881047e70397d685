"""Times the topological loss and distances of diagrams beside the peers, and writes RESULTS.md.

    make bench-loss             the whole benchmark, some minutes
    make bench-loss QUICK=1     without the large inputs
    .venv-peers/current/bin/python Benchmarks/loss.py --rows 'noise, 1000'    rows whose name has a match

Only the whole benchmark replaces the section in RESULTS.md; the others print theirs.
A wrong answer, of ours or of a peer, ends the run.
"""

import argparse
import os
import re
from contextlib import closing

import numpy as np
import torch

import clock
import distance_contestants as distances
import inputs
import loss_cases as cases
import loss_contestants as losses
import report
from loss_rows import memory_row, thread_row, time_row
from reference import Reference

SECTION = "Distances and the loss"
PACKAGES = ("torch", "cripser", "gudhi", "POT", "numpy", "scipy")
LOSS_LEGEND = """\
**The loss of a batch of 6 real cells, 64^3, with its gradient**: W2 + total persistence of superlevel sets, on the stated
resolution; the targets' diagrams are computed every time. Medians in milliseconds of forward and backward, one
thread on one core; in brackets, how many times longer a peer takes than this package in PyTorch."""
NORM_LEGEND = """\
The values agree to 1e-4. Each package has its own rule for the gradient on ties of the maximum norm; the
gradient's norm:"""
PAIR_LEGEND = """\
**Distances**: W2 with the maximum norm; exact and with the matching, except Hera. Medians in milliseconds, one
thread on one core; in brackets, how many times longer a peer takes than this package."""
MEMORY_LEGEND = "**Memory of a distance**: peak in MiB above the input, in a process of its own."
THREAD_LEGEND = "**Two threads**: this package from NumPy, medians in milliseconds, on one core and on two."


def differ(name, found, ours):
    """Whether two losses are not the same value."""
    return not np.isclose(found[0], ours[0], rtol=losses.TOLERANCE)


def never(*_):
    return False


def loss_tables(wanted, reference, batch):
    """Times and gradients' norms, as Markdown; and the rows with a verdict."""
    columns = (losses.OURS, losses.OURS_NUMPY, losses.REFERENCE, losses.CRIPSER)
    rows, norms = [], []
    for case in filter(wanted, cases.loss_cases(batch, reference)):
        row, answers = time_row(case, columns, losses.read, differ)
        rows.append(row)
        cells = [f"{answers[name][1]:.4f}" if name in answers else "-" for name in columns]
        norms.append([case.name, f"{answers[losses.OURS][0]:.6f}", *cells])
    for case in filter(wanted, [cases.full_against_small(batch, reference)]):
        rows.append(time_row(case, columns, losses.read, never)[0])
    text = [LOSS_LEGEND, report.table(["case", *columns, "target", "met"], rows)] if rows else []
    text += [NORM_LEGEND, report.table(["case", "value", *columns], norms)] if norms else []
    return text, rows


def distance_tables(wanted):
    """Times and memory, as Markdown; and the rows."""
    columns = tuple(distances.EVERYBODY)
    pairs = list(filter(wanted, cases.pair_cases()))
    rows = [
        time_row(case, columns, lambda answer: answer, distances.wrong)[0]
        for case in [*pairs, *filter(wanted, cases.small_cases())]
    ]
    memory = [memory_row(case) for case in pairs if max(case.counts) >= 1000]
    text = [PAIR_LEGEND, report.table(["case", *columns, "target", "met"], rows)] if rows else []
    text += [MEMORY_LEGEND, report.table(["case", *columns, "target", "met"], memory)] if memory else []
    return text, rows + memory


def thread_table(options, matches, batch):
    """One thread beside two; needs the wall clock."""
    if options.quick or clock.kind() != "wall":
        return []
    found = [*(cases.loss_thread_cases(batch) if batch else []), *cases.distance_thread_cases()]
    rows = [thread_row(name, with_threads) for name, with_threads in found if matches(name)]
    return [THREAD_LEGEND, report.table(["case", "1 thread", "2 threads", "ratio"], rows)] if rows else []


def measure(options):
    """The tables of the section as Markdown, all verdicts, and the versions of the reference."""
    matches = re.compile(options.rows).search

    def wanted(case):
        return matches(case.name) and (case.quick or not options.quick)

    text, rows, batch, versions = [], [], None, "torch_topological not run"
    if inputs.cells_at_hand():
        batch = inputs.training_batch()
        with closing(Reference(*batch)) as reference:
            text, rows = loss_tables(wanted, reference, batch)
            versions = reference.versions
    else:
        report.say("SKIPPED: the rows of the loss, because the sample of real cells is absent")
        text = ["**Skipped: the rows of the loss, because the sample of real cells is absent.**"]
    more_text, more_rows = distance_tables(wanted)
    text += more_text + thread_table(options, matches, batch)
    return "\n\n".join(part.strip() for part in text), [row[-1] for row in rows + more_rows], versions


def arguments():
    parser = argparse.ArgumentParser(description="Time the topological loss and distances beside the peers.")
    parser.add_argument("--quick", action="store_true", help="leave out the large inputs")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name has a match")
    # For trying the program on a busy machine.
    parser.add_argument("--processor-time", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: some rows compare one with two")
    load = report.load_average()
    torch.set_num_threads(1)
    if options.processor_time:
        clock.use_processor_time()
    body, verdicts, reference_versions = measure(options)
    packages = f"{report.versions(PACKAGES)}; in an environment of its own {reference_versions}"
    report.conclude("loss", SECTION, body, verdicts, packages, load)


if __name__ == "__main__":
    main()
