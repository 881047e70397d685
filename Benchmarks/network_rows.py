"""Makes the rows of the tables of `network.py`: compares what was computed, then takes times and memory."""

from functools import partial

import network_cases as cases
import network_programs as programs
import report
from clock import medians, timed

MIB = 2**20


class Programs:
    """The running contestants; each starts when it is first needed, and lives to the end."""

    def __init__(self, folder):
        self._folder, self._running = folder, {}

    def get(self, kind, threads):
        """`kind` is "ours", "torch" or "tuned torch"."""
        if (kind, threads) not in self._running:
            environment = programs.KEEP_MEMORY if kind == "tuned torch" else None
            program = programs.Program(self._command(kind), self._folder, threads, environment)
            self._running[kind, threads] = program
        return self._running[kind, threads]

    def order(self, kind, threads, case):
        """A function that has the case run for about half a second, at least once.

        Several runs in a row, as in training, so that none pays for the caches that the contestant
        before it filled.
        """
        program = self.get(kind, threads)
        once = program.run(case).seconds
        return partial(program.run, case, max(1, min(5, round(0.5 / once))))

    def peak_memory(self, kind, threads, case):
        """Bytes, in a program of its own with the memory settings that it comes with."""
        return programs.peak_memory(self._command(kind), self._folder, threads, case)

    @staticmethod
    def _command(kind):
        return programs.OURS if kind == "ours" else programs.TORCH

    def close(self):
        for program in self._running.values():
            program.close()


def time_row(case, columns, running, quick):
    """The row's cells: milliseconds and GFLOP/s of each contestant, and how many times longer than ours."""
    wanted = {c: case.contestants[c] for c in columns if c in case.contestants and not (quick and c in case.slow)}
    values = {c: running.get(kind, case.threads).run(name).result for c, (kind, name) in wanted.items()}
    for column, found in values.items():
        if cases.wrong(case, column, found, values[cases.OURS]):
            raise SystemExit(f"wrong answer: {case.name}, {column}: {found}, ours: {values[cases.OURS]}")
    orders = {c: running.order(kind, case.threads, name) for c, (kind, name) in wanted.items()}
    seconds = medians(orders, {c: timed(order)[0] for c, order in orders.items()}, at_least=3)
    ours = seconds[cases.OURS]

    def cell(column):
        if column not in seconds:
            return "not run" if column in case.contestants else "-"
        speed = 2 * case.work / seconds[column]
        ratio = "" if column == cases.OURS else f" ({report.factor(seconds[column] / ours)})"
        return f"{report.milliseconds(seconds[column])}, {speed:.0f}{ratio}"

    aims = {column: f" (aim {ratio:g}x)" for column, ratio in case.aims.items()}
    targets = [f"{ratio:g}x {column}{aims.get(column, '')}" for column, ratio in case.targets.items()]
    checks = [
        seconds[column] >= ratio * ours if column in seconds else None for column, ratio in case.targets.items()
    ]
    row = [case.name, *map(cell, columns), ", ".join(targets), report.verdict(checks)]
    report.say(" | ".join(row))
    return row


def scaling_row(name, kind, case, running, target=None):
    """One thread beside two."""
    orders = {threads: running.order(kind, threads, case) for threads in (1, 2)}
    seconds = medians(orders, {threads: timed(order)[0] for threads, order in orders.items()}, at_least=3)
    ratio = seconds[1] / seconds[2]
    times = [report.milliseconds(seconds[threads]) for threads in (1, 2)]
    checks = [] if target is None else [ratio >= target]
    row = [name, *times, report.factor(ratio), f"{target}x" if target else "-", report.verdict(checks)]
    report.say(" | ".join(row))
    return row


def memory_row(running):
    """Peak memory of a training step with two threads, in programs that do nothing else."""
    found = {c: running.peak_memory(kind, 2, name) / MIB for c, (kind, name) in cases.MEMORY.items()}
    cells = [f"{value:.0f}" for value in found.values()]
    met = report.verdict([found[cases.OURS] <= cases.MEMORY_LIMIT])
    row = ["training step", *cells, f"{cases.MEMORY_LIMIT} MiB", met]
    report.say(" | ".join(row))
    return row
