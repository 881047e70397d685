"""Who is timed: this package, CubicalRipser, GUDHI; and how their answers are compared.

All compute sublevel filtrations with coefficients in Z/2. The peers get float64, which is what they
compute in, so that no conversion falls into their time; this package gets the float32 as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cripser
import gudhi
import numpy as np
from gudhi._pers_cub_low_dim_ext import _persistence_on_rectangle_from_top_cells as gudhi_2d_fast_path

import topoloss_swift

OURS, CRIPSER, GUDHI = "ours", "CubicalRipser", "GUDHI"


@dataclass(frozen=True)
class Contestant:
    """One program on one input.

    `run` is what the clock sees; `read` turns its result into ``{dimension: (sorted finite points,
    number of essential classes)}``, outside the clock. The answer must be that of `reference`, where
    a peer computes something else than its row; otherwise that of this package in the same row.
    """

    run: Callable[[], Any]
    read: Callable[[Any], dict]
    reference: "Contestant | None" = None


def canonical(points):
    """Sorted rows are equal exactly if the multisets are."""
    points = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    finite = points[np.isfinite(points[:, 1])]
    return finite[np.lexsort(finite.T[::-1])], len(points) - len(finite)


def same(found, expected):
    """Equal finite points and as many essential classes, in every dimension."""
    return found.keys() == expected.keys() and all(
        np.array_equal(found[k][0], expected[k][0]) and found[k][1] == expected[k][1] for k in found
    )


def ours(field, construction, dimensions=None, threads=1):
    """This package: points and voxels of the asked dimensions."""

    def run():
        return topoloss_swift.persistence_diagrams(
            field, filtration="sublevel", construction=construction, dimensions=dimensions, threads=threads
        )

    def read(diagrams):
        values = field.ravel()
        for diagram in diagrams:
            ends = diagram.voxels[:, 1] >= 0
            if not np.array_equal(values[diagram.voxels[ends]], diagram.points[ends]):
                raise SystemExit("wrong answer: the values at the voxels are not births and deaths")
        return {diagram.dimension: canonical(diagram.points) for diagram in diagrams}

    return Contestant(run, read)


def by_cripser(field, construction, dimensions=None):
    """CubicalRipser: all dimensions, or H0 alone by `maxdim`, or the top one alone by `top_dim`."""
    compute = cripser.computePH_T if construction == "T" else cripser.computePH
    field = field.astype(np.float64)
    top = field.ndim - 1
    options = {"maxdim": top}
    if dimensions == (0,):
        options = {"maxdim": 0}
    elif dimensions == (top,):
        options = {"top_dim": True}
    elif dimensions is not None:
        raise ValueError("CubicalRipser computes all dimensions, or the first, or the last")

    def read(rows):
        # A death that never comes is written as the largest double.
        points = np.where(rows[:, 1:3] == np.finfo(np.float64).max, np.inf, rows[:, 1:3])
        return {k: canonical(points[rows[:, 0] == k]) for k in dimensions or range(top + 1)}

    return Contestant(lambda: compute(field, **options), read)


def by_gudhi(field, construction):
    """GUDHI's complex: all dimensions with voxels."""
    field = field.astype(np.float64)

    def run():
        if construction == "T":
            complex_ = gudhi.CubicalComplex(top_dimensional_cells=field)
            complex_.compute_persistence(2, 0)
            return complex_.cofaces_of_persistence_pairs()
        complex_ = gudhi.CubicalComplex(vertices=field)
        complex_.compute_persistence(2, 0)
        return complex_.vertices_of_persistence_pairs()

    def read(voxels):
        pairs, essential = voxels
        values = field.ravel(order="F")  # GUDHI's flat indices have the first axis fastest

        def of_dimension(k):
            points = values[pairs[k]] if k < len(pairs) else np.empty((0, 2))
            return canonical(points)[0], len(essential[k]) if k < len(essential) else 0

        return {k: of_dimension(k) for k in range(field.ndim)}

    return Contestant(run, read)


def by_gudhi_in_2d(field):
    """GUDHI's fast path for planes, which gives no voxels and knows the T-construction only.

    Its door is ``gudhi.sklearn.CubicalPersistence``; this is the function behind it, called directly
    because the door needs scikit-learn and does more work.
    """
    doubles = field.astype(np.float64)
    return Contestant(
        lambda: gudhi_2d_fast_path(doubles, 0.0),
        lambda diagrams: {k: canonical(points) for k, points in enumerate(diagrams)},
        reference=ours(field, "T"),
    )


def one_by_one(contestants):
    """The same program on many inputs, one call each."""

    def read(results):
        singles = [c.read(result) for c, result in zip(contestants, results, strict=True)]
        return {(i, k): diagram for i, single in enumerate(singles) for k, diagram in single.items()}

    return Contestant(lambda: [c.run() for c in contestants], read)


def ours_in_one_call(batch, construction, dimensions=None, threads=1):
    """This package on a batch of volumes, one call."""

    def run():
        return topoloss_swift.persistence_diagrams(
            batch,
            filtration="sublevel",
            construction=construction,
            dimensions=dimensions,
            spatial_dims=3,
            threads=threads,
        )

    readers = one_by_one([ours(field, construction, dimensions) for field in batch])
    return Contestant(run, readers.read)
