"""B1: 24 kinds of arrays, each at every entry point. Either the exact exception of the error
table, or the diagrams of the same values, dense ranks in a plain contiguous array."""

import ctypes
import itertools

import numpy as np
import pytest

import topoloss_swift

# filtration x construction: the entry points there are.
ENTRIES = list(itertools.product(("superlevel", "sublevel"), ("T", "V")))
SHAPE = (4, 5, 6)


def noise(dtype=np.float64, shape=SHAPE):
    values = np.random.default_rng(20240).integers(-40, 40, shape)
    return values.astype(dtype) if dtype is not np.bool_ else values > 0


def with_values(*values):
    """Noise in which these values are frequent."""
    field = noise()
    places = np.random.default_rng(7).permutation(field.size)
    for value, place in zip(itertools.cycle(values), places[: field.size // 2]):
        field.flat[place] = value
    return field


def read_only(field):
    field.flags.writeable = False
    return field


def nan_corners():
    for corner in itertools.product((0, -1), repeat=3):
        field = noise()
        field[corner] = np.nan
        yield field


def many_axes(count):
    """A float64 array of `count` axes of one voxel; ctypes has no limit on axes."""
    kind = ctypes.c_double
    for _ in range(count):
        kind = kind * 1
    return kind()


TINY = np.nextafter(0, 1)  # the smallest denormal

VALID = {
    "infinities": lambda: with_values(np.inf, -np.inf),
    "minus zero": lambda: with_values(-0.0, 0.0),
    "denormals": lambda: with_values(TINY, 2 * TINY, 3 * TINY, -TINY, 0.0),
    "1e308": lambda: with_values(1e308, -1e308, np.nextafter(1e308, np.inf)),
    "constant": lambda: np.full(SHAPE, 3.5),
    "one voxel": lambda: np.array([[[7.25]]]),
    "1 x n x 1": lambda: noise(shape=(1, 120, 1)),
    "strided": lambda: noise(shape=(8, 10, 12))[::2, 1::2, ::2],
    "negative stride": lambda: noise()[::-1, :, ::-1],
    "stride 0": lambda: np.broadcast_to(noise()[:, :1, :], SHAPE),
    "other byte order": lambda: noise().astype(np.dtype(np.float64).newbyteorder("S")),
    "read-only": lambda: read_only(noise()),
    "float16": lambda: noise(np.float16),
    "bool": lambda: noise(np.bool_),
}

INVALID = {
    "NaN in each corner": (nan_corners, ValueError),
    "all NaN": (lambda: [np.full(SHAPE, np.nan)], ValueError),
    "0-d": (lambda: [np.array(1.0)], ValueError),
    "empty axis": (lambda: [np.zeros((4, 0, 6)), np.zeros(0)], ValueError),
    "4 axes": (lambda: [np.zeros((2, 2, 2, 2))], ValueError),
    "33 axes": (lambda: [many_axes(33)], ValueError),
    "int64 beyond 2**53": (
        lambda: [np.array([0, 2**53 + 1]), np.array([0, -(2**53) - 1])],
        topoloss_swift.LimitError,
    ),
    "complex": (lambda: [noise(np.complex128), noise(np.complex64)], TypeError),
    "object": (lambda: [noise(object)], TypeError),
    "str": (lambda: [noise(np.str_), noise(np.bytes_)], TypeError),
}


def check_against_ranks(field, filtration, construction):
    """Pairs must be those of the dense ranks, and the points the values at those voxels."""
    field_diagrams = topoloss_swift.persistence_diagrams(
        field, filtration=filtration, construction=construction
    )
    values = np.ascontiguousarray(field, dtype=np.float64)
    ranks = np.unique(values, return_inverse=True)[1].reshape(values.shape)
    rank_diagrams = topoloss_swift.persistence_diagrams(
        ranks.astype(np.float64), filtration=filtration, construction=construction
    )
    copy_diagrams = topoloss_swift.persistence_diagrams(
        values, filtration=filtration, construction=construction
    )
    never = -np.inf if filtration == "superlevel" else np.inf
    assert len(field_diagrams) == len(rank_diagrams) == values.ndim
    for diagram, of_ranks, of_copy in zip(field_diagrams, rank_diagrams, copy_diagrams):
        assert diagram.points.tobytes() == of_copy.points.tobytes()
        assert np.array_equal(diagram.voxels, of_copy.voxels)
        assert np.array_equal(diagram.voxels, of_ranks.voxels)
        at_voxels = values.reshape(-1)[diagram.voxels]
        at_voxels[diagram.voxels == -1] = never
        assert np.array_equal(diagram.points, at_voxels)
        if diagram.dimension == 0:  # every volume has one component that never ends
            assert (diagram.voxels == -1).sum() == 1


@pytest.mark.parametrize("kind", VALID)
def test_valid_kind(kind, tally):
    for filtration, construction in ENTRIES:
        check_against_ranks(VALID[kind](), filtration, construction)
    tally(f"B1[{kind}]", len(ENTRIES), len(ENTRIES))


@pytest.mark.parametrize("kind", INVALID)
def test_invalid_kind(kind, tally):
    make, expected = INVALID[kind]
    cells = 0
    for filtration, construction in ENTRIES:
        for field in make():
            with pytest.raises(expected) as caught:
                topoloss_swift.persistence_diagrams(
                    field, filtration=filtration, construction=construction
                )
            assert type(caught.value) is expected, "not a subclass of it"
        cells += 1
    tally(f"B1[{kind}]", len(ENTRIES), cells)


def test_there_are_24_kinds():
    assert len(VALID) + len(INVALID) == 24


def test_nan_is_named_by_its_flat_index():
    field = noise()
    field[1, 2, 3] = field[3, 0, 0] = np.nan
    first = np.ravel_multi_index((1, 2, 3), SHAPE)
    with pytest.raises(ValueError, match=rf"\b{first}\b"):
        topoloss_swift.persistence_diagrams(field[:, :, :])
    # The index is that of the array as the caller sees it, whatever its memory order.
    with pytest.raises(ValueError, match=rf"\b{first}\b"):
        topoloss_swift.persistence_diagrams(np.asfortranarray(field))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_64_bit_integers_up_to_2_to_53(dtype):
    field = np.array([0, 2**53, 1, 2**53 - 1], dtype)
    points = topoloss_swift.persistence_diagrams(field)[0].points
    assert sorted(points.tolist()) == [[2.0**53 - 1, 1.0], [2.0**53, -np.inf]]
    with pytest.raises(topoloss_swift.LimitError):
        topoloss_swift.persistence_diagrams(field + dtype(1))


@pytest.mark.parametrize("code", "?bBhHiIlLqQefd")
@pytest.mark.parametrize("order", "<>")
def test_every_element_type_in_both_byte_orders(code, order):
    """Over its whole range, so that a sign or a width that is misread shows."""
    dtype = np.dtype(order + code)
    generator = np.random.default_rng(3)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = max(limits.min, -(2**53)), min(limits.max, 2**53)
        field = generator.integers(low, high, SHAPE, dtype.newbyteorder("="), endpoint=True)
    else:
        field = generator.standard_normal(SHAPE) * 1000
    field = field.astype(dtype)
    check_against_ranks(field, "superlevel", "T")
    check_against_ranks(field, "sublevel", "V")


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[s]", "g", "G", "V4", [("x", "f4")]])
def test_other_element_types_are_type_errors(dtype):
    with pytest.raises(TypeError):
        topoloss_swift.persistence_diagrams(np.zeros(SHAPE, dtype))
