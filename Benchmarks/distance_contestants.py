"""Who computes the 2-Wasserstein distance with the maximum norm: functions that return it.

All but Hera are exact and find the matching. As a program, ``distance_contestants.py NAME PAIR.npz``
prints the peak memory of one call as JSON; the process does nothing else.
"""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import gudhi.hera
import gudhi.wasserstein
import numpy as np
from scipy.optimize import linear_sum_assignment

import topoloss_swift
from fresh_process import status

OURS, POT, HERA, SCIPY = "ours", "POT", "Hera, 1 %", "scipy"
TOLERANCES = {POT: 1e-9, HERA: 0.01, SCIPY: 1e-9}  # relative, of the distance


def ours(first, second):
    """This package, with matching and dual certificate."""
    return topoloss_swift.wasserstein(first, second, order=2, return_matching=True)[0]


def by_pot(first, second):
    """POT's network simplex, the way GUDHI calls it."""
    return gudhi.wasserstein.wasserstein_distance(first, second, order=2, internal_p=np.inf, matching=True)[0]


def by_hera(first, second):
    """Hera's auction with a relative error of one percent; it gives no matching."""
    return gudhi.hera.wasserstein_distance(first, second, order=2, internal_p=np.inf, delta=0.01)


def by_scipy(first, second):
    """scipy's assignment on the reduced n x m matrix.

    An entry is what a pair saves over sending both points to the diagonal, or 0, so that a point
    that saves nothing is on the diagonal wherever the assignment puts it.
    """
    alone = [((points[:, 1] - points[:, 0]) / 2) ** 2 for points in (first, second)]
    cost = np.abs(first[:, 0, None] - second[:, 0])
    np.maximum(cost, np.abs(first[:, 1, None] - second[:, 1]), out=cost)
    cost *= cost
    gain = np.subtract(alone[0][:, None], cost, out=cost)
    gain += alone[1]
    np.maximum(gain, 0, out=gain)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return np.sqrt(max(alone[0].sum() + alone[1].sum() - gain[rows, columns].sum(), 0))


EVERYBODY = {OURS: ours, POT: by_pot, HERA: by_hera, SCIPY: by_scipy}


def one_by_one(names, firsts, seconds):
    """The contestants on many pairs, a call each: functions without arguments by name."""

    def run(function):
        return [function(*pair) for pair in zip(firsts, seconds, strict=True)]

    return {name: partial(run, EVERYBODY[name]) for name in names}


def on_batch(names, firsts, seconds):
    """The same, but this package gets all pairs in one call."""
    return one_by_one(names, firsts, seconds) | {OURS: partial(ours_in_one_call, firsts, seconds)}


def ours_in_one_call(firsts, seconds, threads=1):
    """This package on many pairs; distances without the matchings."""
    return topoloss_swift.wasserstein_batch(firsts, seconds, order=2, threads=threads)


def wrong(name, found, expected):
    """Whether distances differ by more than the contestant's tolerance."""
    return not np.allclose(found, expected, rtol=TOLERANCES.get(name, 1e-9), atol=1e-12)


def peak_memory(name, first, second):
    """Bytes above the state with the pair in memory, of one call in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/pair.npz", first=first, second=second)
        command = [sys.executable, __file__, name, f"{folder}/pair.npz"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["above"]


def main(name, pair_file):
    with np.load(pair_file) as pair:
        first, second = pair["first"], pair["second"]
    EVERYBODY[name](first[:2], second[:2])  # what is imported at the first call does not count
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    before = status("VmRSS")
    EVERYBODY[name](first, second)
    print(json.dumps({"above": status("VmHWM") - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
