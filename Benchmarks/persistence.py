"""Times persistence diagrams beside CubicalRipser and GUDHI, and writes RESULTS.md.

    python Benchmarks/persistence.py                     the whole benchmark, some minutes
    python Benchmarks/persistence.py --quick             without GUDHI at 128^3 and without 256^3
    python Benchmarks/persistence.py --rows 'noise 64'   rows whose name has a match

Only the whole benchmark replaces the section in RESULTS.md; the others print theirs.
A wrong answer, of ours or of a peer, ends the run.
"""

import argparse
import os
import re
import tempfile
from functools import partial

import numpy as np

import inputs
import report
from cases import all_cases
from clock import bound_to, medians, timed
from contestants import CRIPSER, GUDHI, OURS, ours, ours_in_one_call, same
from fresh_process import in_fresh_process

MIB = 2**20
SECTION = "Persistence"
PACKAGES = ("cripser", "gudhi", "numpy", "scipy")
LEGEND = """\
All dimensions with voxels unless a row says otherwise. Times are medians in milliseconds, of one thread on
one core unless a row says otherwise; in brackets, how many times longer a peer takes than this package."""


def first_runs(contestants):
    """Seconds of one run of each by name, after every answer was compared with ours."""
    expected, first = None, {}
    for name, contestant in contestants.items():
        first[name], result = timed(contestant.run)
        answer = contestant.read(result)
        del result
        if expected is None:
            expected = answer  # the first is ours
        other = contestant.reference
        if not same(answer, other.read(other.run()) if other else expected):
            raise SystemExit(f"wrong answer: {name} differs from {OURS}")
    return first


def peer_row(case, options):
    """The row's cells and its verdict."""
    with bound_to(1):
        contestants = case.make()
        if options.quick:
            contestants = {name: c for name, c in contestants.items() if name not in case.slow}
        seconds = medians({name: c.run for name, c in contestants.items()}, first_runs(contestants))
    scale = 1000 / case.volumes if case.volumes > 1 else 1  # microseconds where the row is per volume
    cells, checks = [case.name, report.milliseconds(seconds[OURS] * scale)], []
    for peer in (CRIPSER, GUDHI):
        target = case.targets.get(peer)
        if peer not in seconds:
            cells.append("not run" if peer in case.slow else "-")
            checks += [None] if target else []
            continue
        ratio = seconds[peer] / seconds[OURS]
        note = case.note.get(peer, "")
        cells.append(f"{report.milliseconds(seconds[peer] * scale)}{note} ({report.factor(ratio)})")
        checks += [ratio >= target] if target else []
    target = ", ".join(f"{ratio}x {peer}" for peer, ratio in case.targets.items())
    return [*cells, target, report.verdict(checks)]


def thread_cases(options):
    """Names, contestants by number of threads, least ratios; the last ones are slow."""
    n, large = 64 // options.size_divisor, 256 // options.size_divisor

    def batch(threads):
        return ours_in_one_call(inputs.noise_batch(16, n), "T", threads=threads)

    def single(kind, threads):
        return ours(inputs.volume(kind, large), "T", threads=threads)

    yield f"two threads: 16 x noise {n}^3, one call, T", batch, 1.7
    if not options.quick:
        for kind, target in (("smooth", None), ("network-like", 1.6), ("noise", 1.6)):
            yield f"two threads: {kind} {large}^3, T", partial(single, kind), target


def thread_row(name, contestant, target):
    """Times with one thread on one core and with two on two."""
    contestants = {threads: contestant(threads) for threads in (1, 2)}

    def on_cores(threads):
        with bound_to(threads):
            return contestants[threads].run()

    first, answers = {}, []
    for threads, one in contestants.items():
        first[threads], result = timed(partial(on_cores, threads))
        answers.append(one.read(result))
        del result
    if not same(*answers):
        raise SystemExit("wrong answer: the result depends on the thread count")
    runs = {threads: partial(on_cores, threads) for threads in contestants}
    seconds = medians(runs, first, at_least=3)
    ratio = seconds[1] / seconds[2]
    times = [report.milliseconds(seconds[threads]) for threads in (1, 2)]
    checks = [ratio >= target] if target else []
    return [name, *times, report.factor(ratio), f"{target}x" if target else "-", report.verdict(checks)]


def memory_row(name, field, construction, per_voxel, in_all):
    """Peak memory of one call on one thread, in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder, bound_to(1):
        np.save(f"{folder}/field.npy", field)
        found = in_fresh_process("memory", f"{folder}/field.npy", construction)
    each = found["above"] / found["voxels"]
    checks = [each <= per_voxel] if per_voxel else []
    checks += [found["peak"] < in_all] if in_all else []
    target = f"{per_voxel} bytes per voxel" if per_voxel else f"process under {in_all // MIB} MiB"
    sizes = [f"{found[key] / MIB:.0f}" for key in ("above", "peak")]
    return [name, str(found["pairs"]), *sizes, f"{each:.1f}", target, report.verdict(checks)]


def memory_cases(options):
    """Name, kind, size, limit in bytes per voxel above the input, limit of the whole process."""
    n = 256 // options.size_divisor
    if not options.quick:
        for kind, per_voxel, in_all in (("smooth", 16, None), ("noise", None, 1536 * MIB)):
            yield f"memory: {kind} {n}^3, float32, T", kind, n, per_voxel, in_all


def instruction_row(name, kind, n):
    """Times with the processor's own instruction set and with lesser ones, three rounds in turn."""
    rounds = {"own": [], "avx2": [], "portable": []}
    with tempfile.TemporaryDirectory() as folder, bound_to(1):
        np.save(f"{folder}/field.npy", inputs.volume(kind, n))
        for _ in range(3):
            for wish, found in rounds.items():
                wished = None if wish == "own" else wish
                found.append(in_fresh_process("time", f"{folder}/field.npy", "T", wished))
    if len({one["digest"] for found in rounds.values() for one in found}) != 1:
        raise SystemExit("wrong answer: the result depends on the instruction set")
    seconds = {wish: np.median([one["seconds"] for one in found]) for wish, found in rounds.items()}
    slowdown = {wish: seconds[wish] / seconds["own"] for wish in ("avx2", "portable")}
    # A processor without AVX2 cannot grant the wish.
    granted = [wish for wish in slowdown if rounds[wish][0]["instruction_set"] == wish]
    cells = [name, f"{report.milliseconds(seconds['own'])} ({rounds['own'][0]['instruction_set']})"]
    for wish, times in slowdown.items():
        shown = f"{report.milliseconds(seconds[wish])} ({times:.2f}x)"
        cells.append(shown if wish in granted else "-")
    check = bool(slowdown["avx2"] <= 2) if "avx2" in granted else None
    return [*cells, "avx2 at most 2x slower", report.verdict([check])]


def instruction_cases(options):
    n = 128 // options.size_divisor
    for kind in ("smooth", "network-like", "noise"):
        yield f"instruction sets: {kind} {n}^3, T", kind, n


def collect(rows):
    """Runs the rows one after the other, telling each."""
    done = []
    for row in rows:
        done.append(row())
        report.say(" | ".join(done[-1]))
    return done


def measure(options):
    """The tables of the section as Markdown, and all verdicts."""
    wanted = re.compile(options.rows).search
    kept = [case for case in all_cases(options.size_divisor) if wanted(case.name)]
    peers = collect(partial(peer_row, case, options) for case in kept)
    threads = collect(partial(thread_row, *case) for case in thread_cases(options) if wanted(case[0]))
    memory = collect(
        partial(memory_row, name, inputs.volume(kind, n), "T", per_voxel, in_all)
        for name, kind, n, per_voxel, in_all in memory_cases(options)
        if wanted(name)
    )
    sets = collect(partial(instruction_row, *case) for case in instruction_cases(options) if wanted(case[0]))
    goal = ["target", "met"]
    parts = [
        LEGEND,
        report.table(["case", "ours", CRIPSER, GUDHI, *goal], peers),
        report.table(["case", "1 thread", "2 threads", "ratio", *goal], threads),
        report.table(["case", "pairs", "MiB above the input", "MiB of the process", "bytes per voxel", *goal], memory),
        report.table(["case", "as found", "avx2", "portable", *goal], sets),
    ]
    if not inputs.cells_at_hand():
        report.say("SKIPPED: the rows with real cells, because the sample is absent")
        parts.append("**Skipped: the rows with real cells, because the sample is absent.**")
    return "\n\n".join(part.strip() for part in parts if part), [row[-1] for row in peers + threads + memory + sets]


def arguments():
    parser = argparse.ArgumentParser(description="Time persistence diagrams beside the peers.")
    parser.add_argument("--quick", action="store_true", help="leave out GUDHI at 128^3 and all of 256^3")
    parser.add_argument("--rows", default="", metavar="REGEX", help="only rows whose name has a match")
    # For trying the program itself: divides every extent but those of the real cells.
    parser.add_argument("--size-divisor", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: half of the rows compare one with two")
    load = report.load_average()
    body, verdicts = measure(options)
    met = "Made with divided sizes, to try the program: the targets do not apply."
    packages = report.versions(PACKAGES)
    report.conclude(
        "persistence", SECTION, body, verdicts, packages, load, met if options.size_divisor != 1 else None
    )


if __name__ == "__main__":
    main()
