"""A9: every matching comes with a proof that none is better. A10: the laws of a metric."""

import math

import numpy as np
import sizes
import transport
from volumes import Cases

from topoloss_swift import wasserstein, wasserstein_batch, wasserstein_certificate

SEED = sizes.seed(0xA10)
ORDERS = (1, 1.5, 2, 3)


def test_certificates(tally):
    """5,000 pairs: most small, with ties and copies; 40 of hundreds, 4 of thousands of points."""
    rng, counted, worst = np.random.default_rng(SEED), Cases(), 0.0
    for number in range(sizes.cases(5_000, 100_000)):
        largest = 5_000 if number % 1_250 == 0 else 500 if number % 125 == 0 else 30
        kind = transport.KINDS[rng.integers(len(transport.KINDS))]
        counts = (5_000, 4_000) if largest == 5_000 else rng.integers(0, largest + 1, 2)
        a, b = (transport.diagram(rng, count, kind) for count in counts)
        order, norm = ORDERS[number % 4], ("maximum", "euclidean")[number // 4 % 2]
        found = wasserstein_certificate(a, b, order=order, ground_norm=norm)
        proven, gap = transport.check_certificate(found, a, b, order, norm)
        small = len(a) * len(b) <= 300**2  # the matrix of all costs in one piece
        holds = proven and (not small or transport.check_matching(found, a, b, order, norm))
        counted.check(holds, kind, len(a), len(b), order, norm, gap)
        worst = max(worst, gap)
    tally("A9", counted.run, counted.passed, f"{worst:.1e}", SEED)


def test_the_checker_sees_what_is_wrong():
    """A better matching exists, or the proof does not prove: each must be found out."""
    a, b = np.array([[0.0, 4], [10, 14]]), np.array([[1.0, 4], [10, 15]])
    good = wasserstein_certificate(a, b)
    assert transport.check_certificate(good, a, b, 2)[0] and transport.check_matching(good, a, b, 2)

    class Claim:
        distance, matching = good.distance, good.matching
        potentials_a, potentials_b = good.potentials_a, good.potentials_b

    for name, value in (
        ("distance", good.distance * 1.001), ("distance", good.distance * 0.999),
        ("potentials_a", good.potentials_a + [1e-6, -1e-6]), ("potentials_b", good.potentials_b * 0),
    ):  # fmt: skip
        claim = Claim()
        setattr(claim, name, value)
        assert not transport.check_certificate(claim, a, b, 2)[0], name
    for rows in ([[0, 1], [1, 0]], [[0, 0], [1, -1]], [[0, 0], [1, 0]], [[0, 0]], good.matching[::-1]):
        claim = Claim()
        claim.matching = np.array(rows)
        assert not transport.check_matching(claim, a, b, 2), rows


def close(found, expected, scale):
    """Equal up to 1e-9 of the size of what was added up."""
    return np.abs(np.asarray(found) - expected) <= 1e-9 * np.maximum(1, scale)


def test_laws_of_the_metric(tally):
    """Eight laws for each triple of diagrams; order infinity is the bottleneck distance."""
    rng, counted = np.random.default_rng(SEED + 1), Cases()
    for number in range(sizes.cases(5_000, 50_000) // 8):
        kind = transport.KINDS[number % len(transport.KINDS)]
        order = (*ORDERS, math.inf)[number % 5]
        norm = ("maximum", "euclidean")[number // 5 % 2]
        a, b, c = (transport.diagram(rng, rng.integers(0, 40), kind) for _ in range(3))
        none, shift, factor = np.empty((0, 2)), rng.standard_normal(), rng.uniform(-3, 3)
        extra = np.repeat(rng.standard_normal((5, 1)), 2, 1)  # points on the diagonal
        mixed = rng.permutation(np.vstack([a, extra]))
        pairs = [(a, b), (b, a), (b, c), (a, c), (a, a), (a, none), (a + shift, b + shift),
                 (factor * a, factor * b), (mixed, b)]  # fmt: skip
        ab, ba, bc, ac, aa, to_none, moved, scaled, with_extra = wasserstein_batch(
            *zip(*pairs), order=order, ground_norm=norm
        )
        to_diagonal = transport.costs(a, none, 1, norm)[1]
        expected = np.linalg.norm(to_diagonal, order) if len(a) > 0 else 0
        # Shifts by numbers far larger than the distances cost digits.
        size = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0), abs(shift))
        checks = {
            "symmetry": close(ab, ba, ab),
            "triangle": ac <= ab + bc + 1e-9 * max(1, ac),
            "of itself": aa == 0,
            "to nothing": close(to_none, expected, expected),
            "shift": close(moved, ab, size * 1e-3),
            "scale": close(scaled, abs(factor) * ab, abs(factor) * max(ab, size * 1e-3)),
            "on the diagonal": close(with_extra, ab, ab),
            "apart": (ab > 0) == (transport.wasserstein(a, b, 1) > 0),
        }
        for law, holds in checks.items():
            counted.check(holds, law, kind, order, norm, len(a), len(b), len(c))
    tally("A10", counted.run, counted.passed, seed=SEED + 1)


def test_orders_are_ordered():
    """W_p falls as p grows, down to the bottleneck distance."""
    rng = np.random.default_rng(SEED + 2)
    for _ in range(100):
        a, b = transport.diagram(rng, 12), transport.diagram(rng, 15)
        distances = [wasserstein(a, b, order=order) for order in (1, 1.3, 2, 5, 60, math.inf)]
        assert all(one >= other - 1e-12 for one, other in zip(distances, distances[1:]))
        assert distances[-2] <= distances[-1] * 27 ** (1 / 60) * (1 + 1e-9)
