"""The rows of `loss.py`: who is timed on what, and what is to be reached."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as with_default
from functools import partial

import diagram_inputs
import distance_contestants as distances
import loss_contestants as losses
from distance_contestants import HERA, POT, SCIPY
from loss_contestants import CRIPSER, OURS, OURS_NUMPY, REFERENCE

MIB = 2**20
CAVITIES, ALL = (2,), (0, 1, 2)


@dataclass(frozen=True)
class Case:
    """One row. `make` gives the contestants by name; `targets` are the least ratios peer / ours."""

    name: str
    make: Callable[[], dict[str, Callable]]
    targets: dict[str, float] = with_default(default_factory=dict)
    limit: float | None = None  # seconds that ours may take
    calls: int = 1  # that one run counts for
    quick: bool = False  # --quick runs it too
    note: dict[str, str] = with_default(default_factory=dict)  # by contestant, to stand beside the time


@dataclass(frozen=True)
class PairCase:
    """The distance of one pair of diagrams: a row of times, and for large pairs one of memory."""

    kind: str
    counts: tuple[int, int]
    names: tuple[str, ...]
    targets: dict[str, float] = with_default(default_factory=dict)
    limit: float | None = None
    memory_limit: int | None = None  # bytes that ours may take

    @property
    def name(self):
        return f"{self.kind}, {self.counts[0]} x {self.counts[1]} points"

    @property
    def quick(self):
        return max(self.counts) <= 1000

    def make(self):
        pair = diagram_inputs.pair(self.kind, *self.counts)
        return {name: partial(distances.EVERYBODY[name], *pair) for name in self.names}

    calls, note = 1, {}


def loss_cases(batch, reference):
    """The loss of the batch that `inputs.training_batch` gives."""

    def make(resolution, dimensions):
        found = {
            OURS: losses.ours_in_torch(*batch, resolution, dimensions),
            OURS_NUMPY: losses.ours_in_numpy(*batch, resolution, dimensions),
            REFERENCE: partial(reference.run, resolution, dimensions),
        }
        if dimensions == CAVITIES:
            found[CRIPSER] = losses.by_cripser(*batch, resolution, gudhis_matching=resolution is None)
        return found

    yield Case("16^3, dimension 2", partial(make, 16, CAVITIES), {REFERENCE: 120, CRIPSER: 20}, quick=True)
    note = {CRIPSER: " with GUDHI's matching"}
    yield Case("64^3, dimension 2", partial(make, None, CAVITIES), {CRIPSER: 6}, note=note)
    yield Case("32^3, all dimensions", partial(make, 32, ALL), {REFERENCE: 60})
    yield Case("64^3, all dimensions", partial(make, None, ALL), {REFERENCE: 60})


def full_against_small(batch, reference):
    """This package without downsampling, the reference with it: the answers are of different things."""

    def make():
        return {
            OURS: losses.ours_in_torch(*batch, None, CAVITIES),
            OURS_NUMPY: losses.ours_in_numpy(*batch, None, CAVITIES),
            REFERENCE: partial(reference.run, 16, CAVITIES),
        }

    return Case("64^3, dimension 2, against 16^3 of the reference", make, {REFERENCE: 2})


def pair_cases():
    """W2 of one pair; scipy needs minutes where it is left out, POT's matrix gigabytes."""
    us, everybody = distances.OURS, tuple(distances.EVERYBODY)
    yield PairCase("network-like", (50, 50), everybody)
    yield PairCase("network-like", (200, 200), everybody)
    yield PairCase("network-like", (1000, 1000), everybody, {POT: 1000, SCIPY: 15})
    yield PairCase("network-like", (5000, 1318), everybody, {SCIPY: 40})
    yield PairCase("two networks", (1000, 1000), everybody)
    yield PairCase("two networks", (5000, 5000), (us, POT, HERA))
    yield PairCase("noise", (200, 200), everybody)
    yield PairCase("noise", (1000, 1000), everybody, {POT: 12})
    yield PairCase("noise", (5000, 5000), (us, POT, HERA), {POT: 80, HERA: 50})
    yield PairCase("noise", (20000, 20000), (us, HERA), {HERA: 60}, 1.0, 100 * MIB)
    yield PairCase("smooth", (10666, 1392), (us, HERA, SCIPY))


def small_cases(count=1000):
    """W2 of many pairs of 5 to 15 points."""

    def make(kind, in_one_call):
        run = distances.on_batch if in_one_call else distances.one_by_one
        return run((distances.OURS, SCIPY), *diagram_inputs.small_pairs(kind, count))

    for kind in ("network-like", "noise"):
        for in_one_call, how in ((True, "one call"), (False, "a call each")):
            name = f"{kind}, {count} pairs of 5-15 points, {how}, *microseconds per pair*"
            targets = {SCIPY: 30} if in_one_call else {}
            yield Case(name, partial(make, kind, in_one_call), targets, calls=count, quick=True)


def loss_thread_cases(batch):
    """Names, and functions that make a run with so many threads."""
    for resolution, dimensions in ((16, CAVITIES), (None, CAVITIES), (None, ALL)):
        name = f"loss, {resolution or 64}^3, {'dimension 2' if dimensions == CAVITIES else 'all dimensions'}"
        yield name, partial(losses.ours_in_numpy, *batch, resolution, dimensions)


def distance_thread_cases(count=1000):
    """The same for distances."""
    for kind in ("network-like", "noise"):
        pairs = diagram_inputs.small_pairs(kind, count)
        yield f"{kind}, {count} pairs of 5-15 points", partial(partial, distances.ours_in_one_call, *pairs)
