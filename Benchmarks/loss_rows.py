"""Makes the rows of the tables of `loss.py`: compares the answers, then takes times and memory."""


import numpy as np

import diagram_inputs
import distance_contestants as distances
import report
from clock import bound_to, medians, timed

MIB = 2**20


def time_row(case, columns, read, wrong):
    """The row's cells, and what each contestant answered.

    Parameters
    ----------
    case : Case
    columns : tuple of str
        Names of contestants; the first is this package, whose time the ratios are of.
    read : callable
        Makes an answer comparable, outside the clock.
    wrong : callable
        ``wrong(name, answer, ours)``: whether a contestant's answer is not that of this package.
    """
    ours, first, answers = columns[0], {}, {}
    with bound_to(1):
        contestants = case.make()
        for name, run in contestants.items():
            first[name], result = timed(run)
            answers[name] = read(result)
            if wrong(name, answers[name], answers[ours]):
                raise SystemExit(f"wrong answer: {case.name}, {name}: {answers[name]}, {ours}: {answers[ours]}")
        seconds = medians(contestants, first)
    scale = 1000 / case.calls if case.calls > 1 else 1  # microseconds where the row is per call

    def cell(name):
        if name not in seconds:
            return "-"
        ratio = "" if name.startswith("ours") else f" ({report.factor(seconds[name] / seconds[ours])})"
        return report.milliseconds(seconds[name] * scale) + case.note.get(name, "") + ratio

    targets = [f"{ratio}x {peer}" for peer, ratio in case.targets.items()]
    checks = [seconds[peer] >= ratio * seconds[ours] for peer, ratio in case.targets.items()]
    if case.limit:
        targets.append(f"under {case.limit:g} s")
        checks.append(seconds[ours] < case.limit)
    row = [case.name, *map(cell, columns), ", ".join(targets) or "-", report.verdict(checks)]
    report.say(" | ".join(row))
    return row, answers


def thread_row(name, with_threads):
    """Times with one thread on one core and with two on two; the answers must have the same bits."""
    runs, first, answers = {}, {}, []
    for threads in (1, 2):

        def run(call=with_threads(threads), threads=threads):
            with bound_to(threads):
                return call()

        runs[threads] = run
        first[threads], answer = timed(run)
        answers.append([np.asarray(part).tobytes() for part in answer])
    if answers[0] != answers[1]:
        raise SystemExit(f"wrong answer: {name} depends on the thread count")
    seconds = medians(runs, first, at_least=3)
    times = [report.milliseconds(seconds[threads]) for threads in (1, 2)]
    row = [name, *times, report.factor(seconds[1] / seconds[2])]
    report.say(" | ".join(row))
    return row


def memory_row(case):
    """Peak memory of one call of each, in processes that do nothing else."""
    pair = diagram_inputs.pair(case.kind, *case.counts)
    with bound_to(1):
        found = {who: distances.peak_memory(who, *pair) for who in case.names}
    cells = [f"{found[who] / MIB:.1f}" if who in found else "-" for who in distances.EVERYBODY]
    checks = [found[distances.OURS] <= case.memory_limit] if case.memory_limit else []
    target = f"{case.memory_limit // MIB} MiB" if case.memory_limit else "-"
    row = [case.name, *cells, target, report.verdict(checks)]
    report.say(" | ".join(row))
    return row
