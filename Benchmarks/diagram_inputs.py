"""The pairs of diagrams whose distances are timed, cut to size by a seeded permutation."""

from functools import lru_cache

import numpy as np

import inputs
import topoloss_swift

ALL = (0, 1, 2)

# Two sources each: kind of volume, extent, filtration, homology dimensions; construction T. The
# smooth pair is sublevel, where 128^3 voxels have enough loops for the sizes that are compared.
PAIRS = {
    "network-like": (("noise", 128, "superlevel", ALL), ("network-like", 128, "superlevel", ALL)),
    "noise": (("noise", 128, "superlevel", (2,)), ("noise", 64, "superlevel", (2,))),
    "two networks": (("network-like", 128, "superlevel", (2,)), ("network-like", 64, "superlevel", (2,))),
    "smooth": (("smooth", 256, "sublevel", (1,)), ("smooth", 128, "sublevel", (1,))),
}


@lru_cache
def _points(kind, n, filtration, dimensions):
    """All finite points in random order, shape ``(points, 2)``, float64."""
    found = topoloss_swift.persistence_diagrams(
        inputs.volume(kind, n), filtration=filtration, construction="T", dimensions=dimensions, threads=1
    )
    points = np.concatenate([np.asarray(diagram.points, dtype=np.float64) for diagram in found])
    return np.random.default_rng(0).permutation(points[np.isfinite(points[:, 1])])


def pair(name, *counts):
    """Two diagrams with so many points, arrays of float64."""
    cut = [_points(*source)[:count] for source, count in zip(PAIRS[name], counts, strict=True)]
    if [len(points) for points in cut] != list(counts):
        raise ValueError(f"the pair {name!r} has fewer than {counts} points")
    return tuple(np.ascontiguousarray(points) for points in cut)


def small_pairs(name, count):
    """`count` pairs of 5 to 15 points each, no point used twice: two lists of arrays."""
    rng = np.random.default_rng(0)

    def diagrams(source):
        ends = np.cumsum(rng.integers(5, 15, size=count, endpoint=True))
        return np.split(_points(*source)[: ends[-1]], ends[:-1])

    return tuple(diagrams(source) for source in PAIRS[name])
