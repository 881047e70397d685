"""A6: turning and mirroring a volume turns and mirrors its voxels, and changes nothing else.

The turned volumes are views with permuted and negative strides, so these tests also see
whether strides are read right.
"""

import itertools

import numpy as np
import sizes
from volumes import Cases, sorted_rows, strict_order

import topoloss_swift

SEED = sizes.seed(0xA6)
N_VOLUMES = sizes.cases(50, 500)


def symmetries(rank):
    """All permutations of the axes with all mirrorings: 48 for a cube."""
    for axes in itertools.permutations(range(rank)):
        for steps in itertools.product((1, -1), repeat=rank):
            yield axes, tuple(slice(None, None, step) for step in steps)


def table(field, voxel_numbers, **options):
    """Every pair as a row (dimension, birth, death, creator, destroyer), sorted.

    `voxel_numbers` has the number of every voxel of `field`, -1 stays -1.
    """
    numbers = np.append(voxel_numbers.ravel(), -1)
    rows = [np.empty((0, 5))]
    for diagram in topoloss_swift.persistence_diagrams(field, **options):
        points, voxels = np.asarray(diagram.points), np.asarray(diagram.voxels)
        rows.append(np.column_stack([np.full(len(points), diagram.dimension), points, numbers[voxels]]))
    return sorted_rows(np.vstack(rows))


def test_48_symmetries(tally):
    rng = np.random.default_rng(SEED)
    assert len(list(symmetries(3))) == 48
    cases = Cases()
    for number in range(N_VOLUMES):
        shape = tuple(rng.integers(1, 14, size=3))
        # Without ties: which voxel stands for a plateau is decided by index, so it would not turn.
        field = strict_order(rng, shape).astype(("f4", "f8", "i2", "u2", "f4")[number % 5])
        voxel_numbers = np.arange(field.size).reshape(shape)
        options = {"filtration": ("sublevel", "superlevel")[number % 2], "construction": "TV"[number // 2 % 2]}
        expected = table(field, voxel_numbers, **options)
        for axes, mirror in symmetries(3):
            turned = field.transpose(axes)[mirror]
            found = table(turned, voxel_numbers.transpose(axes)[mirror], **options)
            cases.check(np.array_equal(found, expected), shape, axes, mirror, options, turned.strides)
    assert cases.run == 48 * N_VOLUMES
    tally("A6", cases.run, cases.passed, seed=SEED)


def test_8_symmetries_of_a_plane(tally):
    rng = np.random.default_rng(SEED + 1)
    cases = Cases()
    for number in range(N_VOLUMES):
        shape = tuple(rng.integers(1, 40, size=2))
        field = strict_order(rng, shape)
        voxel_numbers = np.arange(field.size).reshape(shape)
        options = {"filtration": ("sublevel", "superlevel")[number % 2], "construction": "TV"[number // 2 % 2]}
        expected = table(field, voxel_numbers, **options)
        for axes, mirror in symmetries(2):
            found = table(field.transpose(axes)[mirror], voxel_numbers.transpose(axes)[mirror], **options)
            cases.check(np.array_equal(found, expected), shape, axes, mirror, options)
    tally("A6", cases.run, cases.passed, seed=SEED + 1)


def test_every_second_voxel(tally):
    """A view with gaps is the volume of what it shows, not of what lies under it."""
    rng = np.random.default_rng(SEED + 2)
    cases = Cases()
    for number in range(N_VOLUMES):
        under = strict_order(rng, tuple(rng.integers(2, 16, size=3)))
        view = under[:: rng.integers(1, 4), :: -rng.integers(1, 4), 1 :: rng.integers(1, 4)]
        voxel_numbers = np.arange(view.size).reshape(view.shape)
        construction = "TV"[number % 2]
        found = table(view, voxel_numbers, construction=construction)
        expected = table(np.ascontiguousarray(view), voxel_numbers, construction=construction)
        cases.check(np.array_equal(found, expected), under.shape, view.strides)
    tally("A6", cases.run, cases.passed, seed=SEED + 2)
