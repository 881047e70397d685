"""A4: Betti numbers of thresholded volumes, counted by labelling pieces and counting cells.

Nothing here computes persistence: `scipy.ndimage.label` finds the pieces of a mask and of its
complement, and the Euler characteristic is a count of cells.
"""

import itertools

import numpy as np
import pytest
import sizes
from scipy import ndimage
from volumes import KINDS, Cases, volume

import topoloss_swift

SEED = sizes.seed(0xA4)
SHAPES = [(32, 32, 32), (20, 45, 17), (64, 48), (7, 1, 200), (30, 30, 30), (90, 90), (500,), (24, 40, 33)]
N_VOLUMES = sizes.cases(100, 1_000)
N_THRESHOLDS = 20


def connectivity(rank, construction):
    """Neighbours that touch: voxels that share a facet in V, also those that share a corner in T."""
    return ndimage.generate_binary_structure(rank, 1 if construction == "V" else rank)


def label_pieces(mask, construction):
    return ndimage.label(mask, connectivity(mask.ndim, construction))


def label_outside(mask, construction):
    """Pieces of the complement, one layer of background around; they touch as in the other construction."""
    outside = np.pad(~mask, 1, constant_values=True)
    return ndimage.label(outside, connectivity(mask.ndim, "T" if construction == "V" else "V"))


def euler_characteristic(mask, construction):
    """The alternating count of the cells of the complex that belongs to a mask."""
    if construction == "V":
        # A cell is there when all its corners are.
        reduce, padded = np.logical_and, mask
    else:
        # A cell is there when one of the top cells around it is; slices must not run off the edge.
        reduce, padded = np.logical_or, np.pad(mask, 1)
    total = 0
    for axes in itertools.product((0, 1), repeat=mask.ndim):
        cells = padded
        for axis, pair in enumerate(axes):
            if pair:
                n = cells.shape[axis]
                cells = reduce(cells.take(range(n - 1), axis), cells.take(range(1, n), axis))
            elif construction == "T":
                cells = cells.take(range(1, cells.shape[axis] - 1), axis)
        # In V a pair of neighbours is an edge; in T the face between them has one dimension less.
        dimension = sum(axes) if construction == "V" else mask.ndim - sum(axes)
        total += (-1) ** dimension * int(np.count_nonzero(cells))
    return total


def betti_numbers(mask, construction):
    rank = mask.ndim
    betti = [0] * rank
    betti[0] = label_pieces(mask, construction)[1]
    if rank > 1:
        betti[-1] = label_outside(mask, construction)[1] - 1
    if rank == 3:
        betti[1] = betti[0] + betti[2] - euler_characteristic(mask, construction)
    else:
        # Already known here, so that the count of cells is itself tested.
        assert euler_characteristic(mask, construction) == betti[0] - (betti[1] if rank == 2 else 0)
    return betti


def alive(points, filtration, start, end):
    """How many classes born no later than `start` are alive after `end`."""
    births, deaths = np.asarray(points).reshape(-1, 2).T
    if filtration == "sublevel":
        return int(np.count_nonzero((births <= start) & (deaths > end)))
    return int(np.count_nonzero((births >= start) & (deaths < end)))


def mask_at(field, filtration, threshold):
    return field <= threshold if filtration == "sublevel" else field >= threshold


def thresholds(rng, field, number):
    """Values of the volume and levels between them, in the order of the filtration."""
    return rng.choice(field.ravel(), number) + rng.choice([0.0, 1e-3], number)


@pytest.fixture(scope="module")
def volumes_and_diagrams():
    rng = np.random.default_rng(SEED)
    cases = []
    for number in range(N_VOLUMES):
        kind = KINDS[number % len(KINDS)]
        field = volume(rng, SHAPES[number % len(SHAPES)], kind)
        options = {"filtration": ("sublevel", "superlevel")[number % 2], "construction": "TV"[number // 2 % 2]}
        diagrams = topoloss_swift.persistence_diagrams(field, **options)
        cases.append((field, options, [diagram.points for diagram in diagrams]))
    return cases


def test_betti_numbers(volumes_and_diagrams, tally):
    rng = np.random.default_rng(SEED + 1)
    cases = Cases()
    for field, options, points in volumes_and_diagrams:
        for t in thresholds(rng, field, N_THRESHOLDS):
            mask = mask_at(field, options["filtration"], t)
            expected = betti_numbers(mask, options["construction"])
            found = [alive(p, options["filtration"], t, t) for p in points]
            cases.check(found == expected, field.shape, options, t, found, expected)
    assert cases.run == N_VOLUMES * N_THRESHOLDS
    tally("A4", cases.run, cases.passed, seed=SEED)


def test_persistent_betti_numbers(volumes_and_diagrams, tally):
    """Which pieces of the smaller mask survive, as different ones, in the larger mask.

    The same for the holes of the highest dimension: those are the pieces of the complement that
    hold a piece of the larger mask's complement, the outside not counted.
    """
    rng = np.random.default_rng(SEED + 2)
    cases = Cases()
    for field, options, points in volumes_and_diagrams:
        filtration, construction = options["filtration"], options["construction"]
        for pair in thresholds(rng, field, 8).reshape(-1, 2):
            start, end = sorted(pair, reverse=filtration == "superlevel")
            smaller, larger = (mask_at(field, filtration, t) for t in (start, end))
            labels = label_pieces(larger, construction)[0]
            expected = [len(np.unique(labels[smaller]))]
            found = [alive(points[0], filtration, start, end)]
            if field.ndim > 1:
                labels = label_outside(smaller, construction)[0]
                expected.append(len(np.unique(labels[np.pad(~larger, 1, constant_values=True)])) - 1)
                found.append(alive(points[-1], filtration, start, end))
            cases.check(found == expected, field.shape, options, start, end, found, expected)
    tally("A4", cases.run, cases.passed, seed=SEED)
