"""Distances between diagrams: known answers, twins, scipy and POT, operands of every kind."""

import math

import numpy as np
import ot
import pytest
import transport
from volumes import Cases

import topoloss_swift
from topoloss_swift import (
    bottleneck,
    persistence_diagrams,
    persistent_entropy,
    sliced_wasserstein,
    total_persistence,
    wasserstein,
    wasserstein_batch,
    wasserstein_certificate,
)

SEED = 0xA9
NONE = np.empty((0, 2))
# The sums have at most 600 terms of one sign, so both sides are right to about 600 x 1e-16.
RELATIVE = 1e-12


def close(found, expected):
    return math.isclose(found, expected, rel_tol=RELATIVE, abs_tol=1e-12)


# ---------------------------------------------------------------- known answers


def test_a_point_moves_or_goes_to_the_diagonal():
    """(0, 4) to (1, 4): a move by 1; alone it lies 2 from the diagonal."""
    one, other = np.array([[0.0, 4]]), np.array([[1.0, 4]])
    assert wasserstein(one, other) == 1 and bottleneck(one, other) == 1
    assert wasserstein(one, NONE) == 2 and bottleneck(one, NONE) == 2
    assert wasserstein(one, NONE, ground_norm="euclidean") == pytest.approx(4 / math.sqrt(2))
    assert wasserstein(NONE, NONE) == 0 == bottleneck(NONE, NONE)


def test_norms_and_orders():
    """(0, 10) to (3, 14): by 4 in the maximum norm, by 5 in the Euclidean norm. Twice that: two
    points, so 2^(1/p) times as much."""
    one, other = np.array([[0.0, 10]] * 2), np.array([[3.0, 14]] * 2)
    for order in (1, 1.5, 2, 3, 10):
        assert close(wasserstein(one, other, order=order), 2 ** (1 / order) * 4)
        euclidean = wasserstein(one, other, order=order, ground_norm="euclidean")
        assert close(euclidean, 2 ** (1 / order) * 5)
    assert wasserstein(one, other, order=math.inf) == 4 == bottleneck(one, other)
    assert wasserstein(one, other, order=math.inf, ground_norm="euclidean") == 5


def test_matching_rows():
    """Points of `a` in order, then those of `b` that go to the diagonal; none on the diagonal."""
    a = np.array([[5, 5.1], [0, 10], [3, 3], [20, 30]])
    b = np.array([[0.5, 10], [7, 7], [1, 1.2], [20, 31]])
    distance, matching = wasserstein(a, b, return_matching=True)
    assert matching.dtype == np.int64 and matching.tolist() == [[0, -1], [1, 0], [3, 3], [-1, 2]]
    assert close(distance, math.sqrt(0.05**2 + 0.5**2 + 1 + 0.1**2))
    distance, matching = wasserstein(NONE, NONE, return_matching=True)
    assert distance == 0 and matching.shape == (0, 2) and matching.dtype == np.int64


def test_essential_classes():
    """Matched by birth: 0 with 1 and 5 with 7. They are counted, or not."""
    a = np.array([[5, np.inf], [0, np.inf], [2, 3]])
    b = np.array([[1, np.inf], [2, 3.5], [7, np.inf]])
    distance, matching = wasserstein(a, b, return_matching=True)
    assert close(distance, math.sqrt(1 + 4 + 0.25))
    assert matching.tolist() == [[0, 2], [1, 0], [2, 1]]
    assert bottleneck(a, b) == 2
    distance, matching = wasserstein(a, b, essential_classes="ignored", return_matching=True)
    assert distance == 0.5 and matching.tolist() == [[2, 1]]
    assert bottleneck(a, b, essential_classes="ignored") == 0.5
    for function in (wasserstein, bottleneck):
        with pytest.raises(ValueError, match="essential"):
            function(a, b[:2])
        assert function(a, b[:2], essential_classes="ignored") == 0.5


def test_potentials_of_essential_classes():
    """u is the cost of the pair, v is 0, so the sum over all points is still the whole cost."""
    a, b = np.array([[0, np.inf], [2, 3]]), np.array([[2, 3.5], [3, np.inf]])
    found = wasserstein_certificate(a, b)
    assert found.potentials_a[0] == 9 and found.potentials_b[1] == 0
    assert close(found.potentials_a.sum() + found.potentials_b.sum(), found.distance**2)
    assert close(found.distance, math.sqrt(9.25))


def test_essential_classes_at_the_extreme():
    """Superlevel: 3 never ends, so at the lowest value, 0; (2, 1) is finite. Sublevel: at 3."""
    one, other = np.array([0.0, 3, 1, 2, 0]), np.array([1.0, 3, 1, 1, 1])
    for filtration, last in (("superlevel", (0, 1)), ("sublevel", (3, 3))):
        a, b = (persistence_diagrams(field, filtration=filtration)[0] for field in (one, other))
        assert (a.last_value, b.last_value) == last
        assert one[a.last_voxel] == last[0] and other[b.last_voxel] == last[1]
        finite = [diagram.points.copy() for diagram in (a, b)]
        for points, end in zip(finite, last):
            points[np.isinf(points[:, 1]), 1] = end
        assert wasserstein(a, b, essential_classes="extreme") == wasserstein(*finite) > 0
        assert bottleneck(a, b, essential_classes="extreme") == bottleneck(*finite) > 0
        certificate = wasserstein_certificate(a, b, essential_classes="extreme")
        assert transport.check_matching(certificate, *finite, 2)
        assert transport.check_certificate(certificate, *finite, 2)[0]
        found = wasserstein_batch([a, b], [b, a], essential_classes="extreme")
        assert found.tolist() == [wasserstein(*finite)] * 2
    with pytest.raises(TypeError, match="Diagram"):
        wasserstein(one.reshape(-1, 1), b, essential_classes="extreme")
    # A class that begins where the filtration ends has no persistence left, and does not count.
    flat = persistence_diagrams(np.full(4, 2.5))[0]
    assert wasserstein(flat, flat, essential_classes="extreme", return_matching=True)[1].size == 0
    # It cannot end at infinity, nor in a dimension whose filtration's end is not known.
    unbounded = persistence_diagrams(np.array([0.0, 3, -np.inf]))[0]
    with pytest.raises(ValueError, match="infinity"):
        wasserstein(unbounded, unbounded, essential_classes="extreme")


def test_total_persistence_and_entropy():
    points = np.array([[0, 3.0], [1, 1], [2, 1], [5, np.inf]])
    assert total_persistence(points) == 10 and total_persistence(points, order=1) == 4
    assert close(total_persistence(points, order=0.5), math.sqrt(3) + 1)
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert close(persistent_entropy(points), expected)
    assert close(persistent_entropy([[0, 1]] * np.ones((5, 1))), math.log(5))
    for empty in (NONE, np.array([[2.0, 2]]), np.array([[2.0, np.inf]])):
        assert total_persistence(empty) == 0 == persistent_entropy(empty)


def sliced_twin(a, b, directions):
    """Both projected, completed by the other's projections onto the diagonal, sorted, compared."""
    a, b = (points[np.isfinite(points[:, 1])] for points in (a, b))
    middles = [np.repeat(points.mean(1, keepdims=True), 2, 1) for points in (a, b)]
    a, b = np.vstack([a, middles[1]]), np.vstack([b, middles[0]])
    angles = -np.pi / 2 + np.pi * np.arange(directions) / directions
    total = 0
    for angle in angles:
        line = np.array([np.cos(angle), np.sin(angle)])
        total += np.abs(np.sort(a @ line) - np.sort(b @ line)).sum()
    return total / directions


def test_sliced_wasserstein():
    rng = np.random.default_rng(SEED)
    assert sliced_wasserstein(NONE, NONE) == 0
    for directions in (1, 2, 7, 50):
        a, b = transport.diagram(rng, 9), transport.diagram(rng, 14)
        a[3, 1] = np.inf
        found = sliced_wasserstein(a, b, directions=directions)
        assert math.isclose(found, sliced_twin(a, b, directions), rel_tol=1e-12)
        assert math.isclose(found, sliced_wasserstein(b, a, directions=directions), rel_tol=1e-12)
    assert sliced_wasserstein(a, a) == 0


# ---------------------------------------------------------------- scipy and POT


def cases(rng, count, largest):
    for number in range(count):
        kind = transport.KINDS[number % len(transport.KINDS)]
        sizes = rng.integers(0, largest + 1, 2)
        norm = ("maximum", "euclidean")[number % 2]
        order = (1, 1.5, 2, 3)[number // 2 % 4]
        yield *(transport.diagram(rng, size, kind) for size in sizes), order, norm, kind


def test_equal_to_scipy(tally):
    rng, counted = np.random.default_rng(SEED), Cases()
    for largest, count in ((8, 700), (60, 60), (300, 14)):
        for a, b, order, norm, kind in cases(rng, count, largest):
            expected = transport.wasserstein(a, b, order, norm)
            found = wasserstein(a, b, order=order, ground_norm=norm)
            # What is far away has lost as many digits as it lies far away.
            relative = 1e-9 if kind == "far away" else RELATIVE
            holds = math.isclose(found, expected, rel_tol=relative, abs_tol=1e-12)
            counted.check(holds, kind, len(a), len(b), order, norm, found, expected)
    tally("A9[scipy]", counted.run, counted.passed, seed=SEED)


def test_equal_to_pot(tally):
    """POT solves the same problem as a transport with one heavy point for each diagonal."""
    rng, counted = np.random.default_rng(SEED + 1), Cases()
    for largest, count in ((60, 42), (300, 14)):
        for a, b, order, norm, kind in cases(rng, count, largest):
            pairs, of_a, of_b = transport.costs(a, b, order, norm)
            matrix = np.block([[pairs, of_a[:, None]], [of_b[None, :], np.zeros((1, 1))]])
            masses = np.append(np.ones(len(a)), len(b)), np.append(np.ones(len(b)), len(a))
            expected = ot.emd2(*masses, matrix, numItermax=10**7) if len(a) + len(b) > 0 else 0
            found = wasserstein(a, b, order=order, ground_norm=norm) ** order
            # POT's own masses and sums are right to about 1e-10.
            holds = math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
            counted.check(holds, kind, len(a), len(b), order, norm, found, expected)
    tally("A9[POT]", counted.run, counted.passed, seed=SEED + 1)


def test_bottleneck_equals_its_twin(tally):
    """It is one of the costs, so the two are equal; in the Euclidean norm up to the last bits."""
    rng, counted = np.random.default_rng(SEED + 2), Cases()
    for a, b, _, norm, kind in cases(rng, 200, 20):
        found, expected = bottleneck(a, b, ground_norm=norm), transport.bottleneck(a, b, norm)
        holds = found == expected if norm == "maximum" else math.isclose(found, expected, rel_tol=1e-15)
        counted.check(holds, kind, len(a), len(b), norm, found, expected)
    tally("A9[bottleneck]", counted.run, counted.passed, seed=SEED + 2)


# ---------------------------------------------------------------- operands of every kind


def layouts(points):
    """The same numbers in other memory."""
    wide = np.zeros((2 * len(points) + 1, 5))
    wide[1::2, 1:4:2] = points
    yield "Fortran order", np.asfortranarray(points)
    yield "with gaps", wide[1::2, 1:4:2]
    yield "backwards", points[::-1, ::-1].copy()[::-1, ::-1]
    yield "other byte order", points.astype(points.dtype.newbyteorder("S"))
    yield "read-only", np.frombuffer(points.tobytes()).reshape(-1, 2)
    yield "misaligned", np.frombuffer(b"-" + points.tobytes(), np.uint8)[1:].view(float).reshape(-1, 2)
    yield "memoryview", memoryview(points)


def test_layouts_give_the_same_bits():
    rng = np.random.default_rng(SEED + 3)
    a, b = transport.diagram(rng, 40), transport.diagram(rng, 30)
    expected, rows = wasserstein(a, b, return_matching=True)
    for name, other in layouts(a):
        found, matching = wasserstein(other, b, return_matching=True)
        assert found == expected and np.array_equal(matching, rows), name
        assert bottleneck(b, other) == bottleneck(b, a), name
        assert sliced_wasserstein(other, b) == sliced_wasserstein(a, b), name
        assert total_persistence(other) == total_persistence(a), name
        assert persistent_entropy(other) == persistent_entropy(a), name


@pytest.mark.parametrize("code", "?bBhHiIlLqQefd")
@pytest.mark.parametrize("order", "<>")
def test_every_element_type(code, order):
    """Over its whole range, read as NumPy reads it."""
    dtype, rng = np.dtype(order + code), np.random.default_rng(4)
    if dtype.kind in "iu":
        low, high = max(np.iinfo(dtype).min, -(2**53)), min(np.iinfo(dtype).max, 2**53)
        points = rng.integers(low, high, (20, 2), dtype.newbyteorder("="), endpoint=True)
    elif dtype == np.float16:  # every half there is: denormals, zeros, both signs
        points = np.arange(2**16, dtype=np.uint16).view(np.float16)
        points = points[np.isfinite(points)].reshape(-1, 2)
    else:
        points = rng.standard_normal((20, 2)) * 1000
    points = points.astype(dtype)
    assert total_persistence(points, order=1) == total_persistence(points.astype(float), order=1)
    assert bottleneck(points[:100], NONE) == bottleneck(points[:100].astype(float), NONE)


def test_halves_that_are_infinite():
    points = np.array([[1, np.inf], [2, -np.inf]], np.float16)
    assert wasserstein(points, points.astype(float) + [[2, 0], [0, 0]]) == pytest.approx(
        wasserstein(points.astype(float), points.astype(float) + [[2, 0], [0, 0]])
    )
    with pytest.raises(ValueError, match="NaN"):
        wasserstein(np.full((1, 2), np.nan, np.float16), NONE)


def test_diagrams_are_operands():
    field = np.random.default_rng(5).random((6, 6, 6))
    one, other = persistence_diagrams(field), persistence_diagrams(field[::-1] ** 2)
    for k in range(3):
        assert wasserstein(one[k], other[k]) == wasserstein(one[k].points, other[k].points)
        finite = [d.points[np.isfinite(d.points[:, 1])] for d in (one[k], other[k])]
        expected = transport.wasserstein(*finite)
        assert close(wasserstein(one[k], other[k], essential_classes="ignored"), expected)
    with pytest.raises(TypeError, match=r"diagrams\[2\]"):
        wasserstein(one, other)


def test_batches(tally):
    """The same bits as one by one, for every number of threads; the order of pairs is kept."""
    rng = np.random.default_rng(SEED + 4)
    first = [transport.diagram(rng, size, kind) for kind in transport.KINDS for size in range(0, 40, 3)]
    second = [transport.diagram(rng, len(points) // 2 + 3) for points in first]
    passed = 0
    for order in (1, 2, math.inf):
        alone = [wasserstein(*pair, order=order) for pair in zip(first, second)]
        for threads in (1, 2, 4, None):
            found = wasserstein_batch(first, second, order=order, threads=threads)
            assert found.dtype == np.float64 and found.shape == (len(first),)
            passed += found.tolist() == alone
    tally("T1[distances]", 12, passed, seed=SEED + 4)
    assert wasserstein_batch([], []).shape == (0,)
    assert wasserstein_batch((NONE,), iter([NONE])).tolist() == [0]


def test_certificate_is_frozen():
    found = wasserstein_certificate(NONE, NONE)
    with pytest.raises(AttributeError):
        found.distance = 1
    assert found.potentials_a.shape == found.potentials_b.shape == (0,)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "function, options, error, words",
    [
        (wasserstein, {"order": 0.5}, ValueError, "order"),
        (wasserstein, {"order": math.nan}, ValueError, "order"),
        (wasserstein, {"order": -math.inf}, ValueError, "order"),
        (wasserstein, {"order": "2"}, TypeError, "order"),
        (wasserstein, {"order": True}, TypeError, "order"),
        (wasserstein, {"order": None}, TypeError, "order"),
        (wasserstein, {"order": math.inf, "return_matching": True}, ValueError, "inf"),
        (wasserstein, {"ground_norm": "manhattan"}, ValueError, "'maximum' or 'euclidean'"),
        (wasserstein, {"ground_norm": 2}, TypeError, "'maximum' or 'euclidean'"),
        (wasserstein, {"essential_classes": "dropped"}, ValueError, "'matched', 'ignored' or 'extreme'"),
        (wasserstein, {"return_matching": 1}, TypeError, "return_matching"),
        (wasserstein, {"threads": 2}, TypeError, "threads"),
        (bottleneck, {"order": 2}, TypeError, "order"),
        (bottleneck, {"ground_norm": ""}, ValueError, "ground_norm"),
        (wasserstein_certificate, {"order": math.inf}, ValueError, "inf"),
        (sliced_wasserstein, {"directions": 0}, ValueError, "directions"),
        (sliced_wasserstein, {"directions": 2**31}, ValueError, "directions"),
        (sliced_wasserstein, {"directions": 2.0}, TypeError, "directions"),
    ],
)
def test_wrong_options(function, options, error, words):
    points = np.array([[0.0, 1]])
    with pytest.raises(error, match=words) as caught:
        function(points, points, **options)
    assert type(caught.value) is error


def test_wrong_options_of_one_diagram():
    points = np.array([[0.0, 1]])
    for order, error in ((0, ValueError), (-1, ValueError), (math.inf, ValueError), ("1", TypeError)):
        with pytest.raises(error, match="order"):
            total_persistence(points, order=order)
    for threads, error in ((0, ValueError), (2**31, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="threads"):
            wasserstein_batch([points], [points], threads=threads)
    with pytest.raises(ValueError, match="2 diagrams"):
        wasserstein_batch([points] * 2, [points] * 3)


FUNCTIONS = {
    "wasserstein": lambda points: wasserstein(NONE, points),
    "matching": lambda points: wasserstein(points, NONE, return_matching=True),
    "batch": lambda points: wasserstein_batch([NONE, NONE], [NONE, points]),
    "bottleneck": lambda points: bottleneck(points, NONE),
    "sliced": lambda points: sliced_wasserstein(NONE, points),
    "total persistence": total_persistence,
    "entropy": persistent_entropy,
}
WRONG = {
    "NaN": (np.array([[0, 1], [2, np.nan]]), ValueError, r"\b3\b"),
    "infinite birth": (np.array([[0, 1], [np.inf, 1]]), ValueError, r"\b2\b"),
    "no columns": (np.zeros(4), ValueError, r"\(n, 2\), not \(4,\)"),
    "three columns": (np.zeros((4, 3)), ValueError, r"\(n, 2\), not \(4, 3\)"),
    "three axes": (np.zeros((2, 2, 2)), ValueError, r"\(n, 2\), not \(2, 2, 2\)"),
    "0-d": (np.array(1.0), ValueError, "no axes"),
    "complex": (np.zeros((3, 2), complex), TypeError, "cannot be read as numbers"),
    "object": (np.zeros((3, 2), object), TypeError, "cannot be read as numbers"),
    "text": (np.zeros((3, 2), str), TypeError, "cannot be read as numbers"),
    "list": ([[0.0, 1.0]], TypeError, "numpy.asarray"),
    "masked": (np.ma.masked_less(np.ones((2, 2)), 0), TypeError, "filled"),
    "int64": (np.array([[0, 2**53 + 1]]), topoloss_swift.LimitError, r"2\*\*53"),
    "uint64": (np.array([[0, 2**63]], np.uint64), topoloss_swift.LimitError, r"2\*\*53"),
    "negative int64": (np.array([[-(2**53) - 1, 0]]), topoloss_swift.LimitError, r"2\*\*53"),
    "endless": (np.broadcast_to(np.zeros((1, 2)), (2**58, 2)), MemoryError, "16 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", WRONG)
def test_wrong_operands(kind, function):
    points, error, words = WRONG[kind]
    with pytest.raises(error, match=words) as caught:
        FUNCTIONS[function](points)
    assert type(caught.value) is error
