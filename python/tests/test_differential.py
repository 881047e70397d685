"""A3: the same diagrams as GUDHI and CubicalRipser, bit for bit."""

import gudhi
import numpy as np
import pytest
import tcripser
from cripser import computePH as cripser_vertices
import sizes
from volumes import KINDS, Cases, finite, random_shape, volume

import topoloss_swift

SEED = sizes.seed(0xA3)
N_VOLUMES = sizes.cases(1_000, 20_000)
LONGEST = sizes.of_tier(24, 64)


def ours(field, filtration, construction):
    diagrams = topoloss_swift.persistence_diagrams(field, filtration=filtration, construction=construction)
    return [np.asarray(diagram.points) for diagram in diagrams]


def by_gudhi(field, construction):
    """Sublevel diagrams, one array of points per dimension."""
    if construction == "T":
        complex_ = gudhi.CubicalComplex(top_dimensional_cells=field)
    else:
        complex_ = gudhi.CubicalComplex(vertices=field)
    complex_.compute_persistence(homology_coeff_field=2, min_persistence=0)
    return [complex_.persistence_intervals_in_dimension(k) for k in range(field.ndim)]


def by_cripser(field, construction):
    """Sublevel diagrams; CubicalRipser writes the largest double for a death that never comes."""
    compute = tcripser.computePH if construction == "T" else cripser_vertices
    rank = field.ndim
    if construction == "V" and rank == 2 and 1 in field.shape:
        # CubicalRipser 0.0.37 joins no voxels along the only line of such a plane: it gives every
        # voxel a class that never ends. GUDHI and the boundary matrix agree with us there.
        field = field.ravel()
    rows = compute(field, maxdim=rank - 1)
    points = np.where(rows[:, 1:3] == np.finfo(float).max, np.inf, rows[:, 1:3])
    return [points[rows[:, 0] == k] for k in range(rank)]


def sublevel(compute, field, filtration, construction):
    """A superlevel filtration is the sublevel filtration of the negative, with the signs put back."""
    if filtration == "sublevel":
        return compute(field, construction)
    return [-np.asarray(points).reshape(-1, 2) for points in compute(-field, construction)]


def same(found, expected):
    """Equal finite points, and as many essential classes."""
    return len(found) == len(expected) and all(
        np.array_equal(finite(f), finite(e)) and len(f) == len(np.asarray(e).reshape(-1, 2))
        for f, e in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("peer", [by_gudhi, by_cripser], ids=["gudhi", "cripser"])
def test_same_points_as_peer(peer, tally):
    rng = np.random.default_rng(SEED)
    cases = Cases()
    for number in range(N_VOLUMES):
        kind = KINDS[number % len(KINDS)]
        # Most volumes are small, so that 1,000 of them fit into seconds; every tenth is not.
        shape = random_shape(rng, LONGEST if number % 10 == 0 else 12)
        field = volume(rng, shape, kind)
        filtration = ("sublevel", "superlevel")[number // 2 % 2]
        construction = "TV"[number % 2]
        found = ours(field, filtration, construction)
        expected = sublevel(peer, field, filtration, construction)
        cases.check(same(found, expected), kind, shape, filtration, construction, found, expected)
    tally("A3", cases.run, cases.passed, seed=SEED)


def test_largest_shape(tally):
    rng = np.random.default_rng(SEED + 1)
    cases = Cases()
    for kind in KINDS:
        field = volume(rng, (LONGEST, LONGEST, LONGEST), kind)
        for construction in "TV":
            found = ours(field, "superlevel", construction)
            for peer in (by_gudhi, by_cripser):
                expected = sublevel(peer, field, "superlevel", construction)
                cases.check(same(found, expected), kind, construction, peer.__name__)
    tally("A3", cases.run, cases.passed, seed=SEED + 1)


@pytest.mark.parametrize("construction", ["T", "V"])
def test_same_voxels_as_cripser(construction, tally):
    """Without ties the voxels are a property of the volume, too."""
    rng = np.random.default_rng(SEED + 2)
    compute = tcripser.computePH if construction == "T" else cripser_vertices
    cases = Cases()
    for _ in range(50):
        shape = random_shape(rng, 9, ranks=(3,))
        field = volume(rng, shape, "noise")
        rows = compute(field, maxdim=2)
        rows = rows[rows[:, 2] != np.finfo(float).max]
        births, deaths = rows[:, 3:6].astype(int), rows[:, 6:9].astype(int)
        expected = {
            (int(dimension), int(np.ravel_multi_index(b, shape)), int(np.ravel_multi_index(d, shape)))
            for dimension, b, d in zip(rows[:, 0], births, deaths, strict=True)
        }
        diagrams = topoloss_swift.persistence_diagrams(field, filtration="sublevel", construction=construction)
        found = {(d.dimension, int(b), int(e)) for d in diagrams for b, e in np.asarray(d.voxels) if e >= 0}
        cases.check(found == expected, shape, found ^ expected)
    tally("A3", cases.run, cases.passed, seed=SEED + 2)
