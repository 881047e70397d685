"""Gradients of the loss: finite differences (A11), exact identities (A12), ties (A13), the
adjoint of resampling."""

import numpy as np
import pytest
import sizes
from volumes import KINDS, Cases, random_shape, volume

from topoloss_swift import (
    persistence_diagrams,
    resample,
    topological_loss,
    topological_loss_and_gradient,
    topological_loss_terms,
)
from topoloss_swift._loss import resample_adjoint

SEED = sizes.seed(0xA11)
STEP = 1e-6


def apart(rng, shape):
    """Different values, at least 1e-3 apart, at random distances: no pair is tied with another."""
    gaps = 1e-3 + 0.02 * rng.random(int(np.prod(shape)))
    return rng.permutation(np.cumsum(gaps)).reshape(shape)


def option_sets():
    """Different norms of change, filtrations, constructions, dimensions, essential classes."""
    for number in range(20):
        rank = (3, 3, 2, 1)[number % 4]
        yield {
            "spatial_dims": rank,
            "resolution": (None, None, 3)[number % 3],
            "dimensions": (tuple(range(rank)), (rank - 1,), (0,))[number % 3],
            "order": (2, 1, 1.5, 3)[number // 2 % 4],
            "total_persistence": number % 5 != 0,
            "filtration": ("superlevel", "sublevel")[number % 2],
            "construction": "TV"[number // 3 % 2],
            "essential_classes": ("extreme", "matched", "ignored")[number // 4 % 3],
            "dimension_reduction": ("sum", "root")[number // 5 % 2],
            "minimum_persistence": (0.0, 0.05)[number // 7 % 2],
        }


def test_finite_differences(tally):
    """20,000 derivatives in random directions, central differences. Where the gradient itself changes
    within the step, another pairing took over, and there is no derivative to compare with."""
    rng = np.random.default_rng(SEED)
    counted, skipped, worst = Cases(), 0, 0.0
    for options in option_sets():
        shape = {1: (20,), 2: (5, 4), 3: (4, 4, 3)}[options["spatial_dims"]]
        prediction, target = (
            np.stack([apart(rng, shape) for _ in range(1_000)]) for _ in range(2)
        )
        moves = rng.standard_normal((2, *prediction.shape))
        axes = tuple(range(1, prediction.ndim))

        def at(step):
            return topological_loss_and_gradient(
                prediction + step * moves[0], target + step * moves[1], reduction="none",
                target_gradient=True, **options,
            )  # fmt: skip

        (_, *here), (high, *above), (low, *below) = at(0), at(STEP), at(-STEP)
        measured = (high - low) / (2 * STEP)
        expected = sum((one * move).sum(axes) for one, move in zip(here, moves))
        # The size of what was added up; a derivative near 0 is the difference of larger ones.
        size = 1 + sum((np.abs(one) * np.abs(move)).sum(axes) for one, move in zip(here, moves))
        changed = sum(np.abs(one - other).max(axes) for one, other in zip(above, below))
        steady = changed <= 1e-4 * size
        skipped += int((~steady).sum())
        errors = (np.abs(measured - expected) / size)[steady]
        worst = max(worst, errors.max())
        for error in errors:
            counted.check(error <= 1e-6, options, error)
    assert skipped <= 200, f"{skipped} of 20,000 were skipped, more than 1 %"
    tally("A11", counted.run, counted.passed, f"{worst:.1e} ({skipped} skipped)", SEED)


# ---------------------------------------------------------------- A12


def identity_case(rng, number):
    rank = (3, 3, 3, 2, 1)[number % 5]
    shape = random_shape(rng, {1: 200, 2: 40, 3: 24 if number % 25 == 0 else 9}[rank], (rank,))
    fields = [volume(rng, shape, KINDS[(number + i) % len(KINDS)]) for i in (0, 1)]
    return *fields, {
        "spatial_dims": rank,
        "dimensions": None,
        "order": (1, 2, 3)[number % 3],
        "filtration": ("superlevel", "sublevel")[number % 2],
        "construction": "TV"[number // 2 % 2],
        "essential_classes": ("extreme", "matched", "ignored")[number // 3 % 3],
    }


def test_identities(tally):
    """Adding a constant to both volumes changes nothing; multiplying both by a number multiplies
    the distance by it and the total persistence by its power. And only pairs have a gradient."""
    rng, counted, worst = np.random.default_rng(SEED + 1), Cases(), 0.0
    for number in range(sizes.cases(500, 10_000)):
        prediction, target, options = identity_case(rng, number)
        resolution = (None, 5)[number // 7 % 2]
        value, of_prediction, of_target = topological_loss_and_gradient(
            prediction, target, resolution=resolution, target_gradient=True, **options
        )
        terms = topological_loss_terms(prediction, target, resolution=resolution, **options)
        distance, persistence = terms["wasserstein"].sum(), terms["total_persistence"].sum()
        products = prediction * of_prediction, target * of_target
        pairs = 1
        if resolution is None:
            for field, gradient in ((prediction, of_prediction), (target, of_target)):
                kept = {key: options[key] for key in ("filtration", "construction", "spatial_dims")}
                points = sum(len(diagram) for diagram in persistence_diagrams(field, **kept))
                counted.check(np.count_nonzero(gradient) <= 2 * points, number, options)
                pairs += points
        # What rounding makes of sums of that many numbers of that size.
        size = 1e-12 * pairs * max(1, sum(np.abs(one).sum() for one in (of_prediction, of_target)))
        shift = abs(of_prediction.sum() + of_target.sum())
        counted.check(shift <= size, "shift", number, options, shift)
        size *= max(1, np.abs(prediction).max(), np.abs(target).max())
        scale = abs(sum(product.sum() for product in products) - distance - options["order"] * persistence)
        counted.check(scale <= size, "scale", number, options, scale)
        worst = max(worst, shift, scale)
    tally("A12", counted.run, counted.passed, f"{worst:.1e}", SEED + 1)


# ---------------------------------------------------------------- A13


def tied_volume(rng, number):
    shape = random_shape(rng, 7, (3,))
    kind = ("constant", "binary", "plateaus", "three levels")[number % 4]
    if kind == "constant":
        return np.full(shape, rng.standard_normal())
    if kind == "three levels":
        return rng.integers(0, 3, shape).astype(float)
    return volume(rng, shape, kind)


def test_ties(tally):
    """Volumes full of equal values: one gradient, whatever the repeat and the number of
    threads; finite; and a small step against it never makes the loss larger by as much as a
    step along a slope would."""
    rng, counted, descents = np.random.default_rng(SEED + 2), Cases(), 0
    for number in range(sizes.cases(1_000, 10_000)):
        prediction = tied_volume(rng, number)
        target = tied_volume(rng, number // 4)
        target = np.resize(target, prediction.shape)
        options = {
            "dimensions": None,
            "resolution": None,
            "construction": "TV"[number % 2],
            "filtration": ("superlevel", "sublevel")[number // 2 % 2],
        }
        value, gradient = topological_loss_and_gradient(prediction, target, **options)
        counted.check(np.isfinite(gradient).all() and np.isfinite(value), number, options)
        for repeat in range(100 if number < 20 else 4):
            again = topological_loss_and_gradient(
                prediction, target, threads=(1, 2, 4, None)[repeat % 4], **options
            )
            same = again[0] == value and again[1].tobytes() == gradient.tobytes()
            counted.check(same, number, repeat, options)
        slope = (gradient**2).sum()
        step = 1e-6 / max(1, np.abs(gradient).max())
        moved = topological_loss(prediction - step * gradient, target, **options)
        counted.check(moved <= value + 0.5 * step * slope + 1e-12, number, options, moved - value, step * slope)
        descents += slope > 0 and moved < value - 1e-3 * step * slope
    tally("A13", counted.run, counted.passed, f"{descents} descend", SEED + 2)


# ---------------------------------------------------------------- the adjoint


def test_adjoint_of_resampling(tally):
    """<resample(x), y> = <x, adjoint(y)>, also with a factor for each volume."""
    rng, counted = np.random.default_rng(SEED + 3), Cases()
    for _ in range(200):
        shape = random_shape(rng, 15)
        sizes = [None if rng.random() < 0.2 else int(rng.integers(1, 9)) for _ in shape]
        x = rng.standard_normal((2, 3, *shape))
        small = resample(x, spatial_dims=len(shape), resolution=sizes)
        y = rng.standard_normal(small.shape)
        factors = rng.standard_normal(6)
        for weights in (None, factors):
            carried = resample_adjoint(y, shape, weights)
            each = np.ones((2, 3)) if weights is None else weights.reshape(2, 3)
            axes = tuple(range(2, x.ndim))
            left, right = (small * y).sum(axes) * each, (x * carried).sum(axes)
            counted.check(np.allclose(left, right, 1e-12, 1e-12), shape, sizes)
            counted.check(carried.shape == x.shape and carried.dtype == x.dtype, shape)
    tally("adjoint", counted.run, counted.passed, seed=SEED + 3)


def test_adjoint_at_full_size_and_its_errors():
    y = np.random.default_rng(1).random((2, 3, 4, 5), dtype=np.float32)
    carried = resample_adjoint(y, (3, 4, 5), [1, 2])
    assert carried.dtype == np.float32 and np.array_equal(carried, y * [[[[1]]], [[[2]]]])
    for extents, factors, words in (
        ((3, 4, 5), [1, 2, 3], "3 factors for 2 volumes"),
        ((3, 4, 5, 6), None, "spatial_dims"),
        ((), None, "spatial_dims"),
    ):
        with pytest.raises(ValueError, match=words):
            resample_adjoint(y, extents, factors)
    with pytest.raises(TypeError):
        resample_adjoint(y.astype(int), (6, 8, 10))
    with pytest.raises(ValueError):
        resample_adjoint(y, (6, 0, 10))
    with pytest.raises(ValueError):
        resample_adjoint(y[0, 0, 0], (6, 8, 10))
