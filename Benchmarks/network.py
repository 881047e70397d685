"""Times SHAPR's network beside PyTorch, and writes RESULTS.md.

    make bench-network             the whole benchmark, some minutes
    make bench-network QUICK=1     without the slow contestants, the adversarial step and one thread
    .venv-peers/current/bin/python Benchmarks/network.py --rows inference    rows whose name has a match

Only the whole benchmark replaces the section in RESULTS.md; the others print theirs.
A wrong answer, of ours or of a peer, ends the run.
"""

import argparse
import os
import re
import shlex
import tempfile
from contextlib import closing

import network_cases as cases
import network_inputs
import network_programs as programs
import report
from network_rows import Programs, memory_row, scaling_row, time_row

SECTION = "The network"
PACKAGES = ("torch", "numpy", "safetensors")
LEGEND = """\
Batch 6 at 64^3 unless a row says otherwise, the same random weights and batch for all, two threads unless a row
says otherwise. A training step is forward, (2 Dice + BCE) / 2, backward and Adam. Medians in milliseconds, then
GFLOP/s; in brackets, how many times longer a peer takes than this package. GFLOP/s count the layers as they are
written down ({forward:.2f} GFLOP forward), also where a contestant merges some and computes less."""
STEP_LEGEND = """\
**Training step.** All with the same loss, except "masks": that one has the reference's own, which first selects
the voxels whose target is not 2. As it comes, PyTorch returns every freed tensor to the system; with "tuned memory",
which takes environment variables, it keeps it, which is faster."""
ADVERSARIAL_LEGEND = """\
**Adversarial step**, both updates. The reference's step has four generator forwards and thresholds what its
discriminator sees (default layout, no masks, no topological loss); its GFLOP/s are of the row's arithmetic, not of its
own. The third column does the same as this package: one generator forward, gradients through the discriminator."""
INFERENCE_LEGEND = """\
**Inference**, running statistics; "folded" has them multiplied into the weights beforehand."""
SCALING_LEGEND = "**Threads**: a training step, medians in milliseconds."
MEMORY_LEGEND = """\
**Memory of a training step**: peak in MiB above a program that has started and not yet made its model, memory
settings as they come."""


def select(options, found):
    """The wanted ones of some cases."""
    return [c for c in found if re.search(options.rows, c.name) and (c.quick or not options.quick)]


def timed_table(options, running, legend, found, columns):
    rows = [time_row(case, columns, running, options.quick) for case in select(options, found)]
    return [legend, report.table(["case", *columns, "target", "met"], rows)] if rows else [], rows


def measure(options, running):
    """The tables of the section as Markdown, and all verdicts."""
    steps, inferences = list(cases.STEPS), list(cases.inferences(6))
    tables = [
        (STEP_LEGEND, cases.step_cases(), steps),
        (ADVERSARIAL_LEGEND, cases.adversarial_cases(), list(cases.ADVERSARIAL_STEPS)),
        (INFERENCE_LEGEND, cases.inference_cases(), inferences),
    ]
    text, rows = [LEGEND.format(forward=2 * cases.GENERATOR)], []
    for table in tables:
        more_text, more_rows = timed_table(options, running, *table)
        text, rows = text + more_text, rows + more_rows
    if re.search(options.rows, "threads"):
        found = [scaling_row("ours", *cases.STEPS[cases.OURS], running, cases.SCALING)]
        if not options.quick:
            found.append(scaling_row(cases.CHANNELS_LAST, *cases.STEPS[cases.CHANNELS_LAST], running))
        text += [SCALING_LEGEND, report.table(["who", "1 thread", "2 threads", "ratio", "target", "met"], found)]
        rows += found
    if re.search(options.rows, "memory"):
        found = [memory_row(running)]
        text += [MEMORY_LEGEND, report.table(["case", *cases.MEMORY, "target", "met"], found)]
        rows += found
    return "\n\n".join(part.strip() for part in text), [row[-1] for row in rows]


def arguments():
    parser = argparse.ArgumentParser(description="Time SHAPR's network beside PyTorch.")
    parser.add_argument("--quick", action="store_true", help="leave out what is slow")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name has a match")
    # For trying the program with another contestant in our place.
    parser.add_argument("--ours", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: some rows compare one with two")
    load = report.load_average()
    if options.ours:
        programs.OURS[:] = shlex.split(options.ours)
    with tempfile.TemporaryDirectory() as folder:
        network_inputs.write(folder)
        with closing(Programs(folder)) as running:
            body, verdicts = measure(options, running)
            version = running.get("ours", 2).version
    packages = f"{report.versions(PACKAGES)}; {version}"
    report.conclude("network", SECTION, body, verdicts, packages, load)


if __name__ == "__main__":
    main()
