"""B1, B3 and T7 for distances and the loss: the array zoo, exporters that lie, leaks."""

import gc
import sys
from functools import partial

import numpy as np
import pytest
import sizes
from test_array_zoo import INVALID, VALID
from test_buffers import VALUES, Exporter, claims, counts, honest, lies, repeat, resident_bytes

import topoloss_swift
from topoloss_swift import _core
from topoloss_swift._loss import resample_adjoint

# ---------------------------------------------------------------- B1: the array zoo


def options(field):
    """All dimensions of volumes with at most three axes; more of them are a batch."""
    return {"spatial_dims": min(3, memoryview(field).ndim) or 1, "dimensions": None, "resolution": 3}


def nothing_like(field):
    return np.zeros(memoryview(field).shape)


ENTRIES = {
    "prediction": lambda field: topoloss_swift.topological_loss(
        field, nothing_like(field), **options(field)
    ),
    "target": lambda field: topoloss_swift.topological_loss_and_gradient(
        nothing_like(field), field, target_gradient=memoryview(field).format[-1] in "efd", **options(field)
    ),
    "gradient": lambda field: topoloss_swift.topological_loss_and_gradient(
        field, nothing_like(field), **options(field)
    ),
    "kept target": lambda field: topoloss_swift.target_diagrams(field, **options(field)),
    "resampling": lambda field: topoloss_swift.resample(
        field, spatial_dims=min(3, memoryview(field).ndim) or 1, resolution=2
    ),
}


def bits(result):
    """Everything in a result that can differ, but for leading axes of one volume."""
    while isinstance(result, list) and len(result) == 1:
        result = result[0]
    if isinstance(result, (tuple, list)):
        return [bits(part) for part in result]
    return result if isinstance(result, topoloss_swift.Diagrams) else np.asarray(result).tobytes()


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", [*VALID, "4 axes", "33 axes"])
def test_valid_kind(kind, entry, tally):
    """The result of the plain copy, bit for bit; infinities are for diagrams only."""
    if kind == "33 axes" and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("NumPy 1 reads at most 32 axes, so it cannot make the copy to compare with")
    call = ENTRIES[entry]
    field = VALID[kind]() if kind in VALID else INVALID[kind][0]()[0]
    plain = np.ascontiguousarray(field)
    plain = plain.astype(plain.dtype.newbyteorder("="))
    if kind == "infinities" or (kind, entry) == ("bool", "gradient"):
        error = ValueError if kind == "infinities" else TypeError
        with pytest.raises(error) as caught:
            call(field)
        passed = type(caught.value) is error
    else:
        # NumPy has a limit on axes that is below ours: the copy is made without the leading ones.
        copy = plain if plain.ndim <= 4 else plain.reshape((1,) * 4)
        passed = bits(call(field)) == bits(call(copy))
    tally(f"B1[{entry}, {kind}]", 1, int(passed))


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", [kind for kind in INVALID if "axes" not in kind])
def test_invalid_kind(kind, entry, tally):
    make, expected = INVALID[kind]
    if (kind, entry) == ("int64 beyond 2**53", "gradient"):
        expected = TypeError  # integers have no gradient
    cells = list(make())
    for field in cells:
        with pytest.raises(expected) as caught:
            ENTRIES[entry](field)
        assert type(caught.value) is expected
    tally(f"B1[{entry}, {kind}]", len(cells), len(cells))


# ---------------------------------------------------------------- B3: exporters that lie


def test_lying_exporters(tally):
    """As volumes and as diagrams, wherever an array goes in; every buffer is given back."""
    volume = np.zeros((2, 3, 4))
    calls = [
        lambda liar: topoloss_swift.topological_loss_and_gradient(liar, volume),
        lambda liar: topoloss_swift.topological_loss(volume, liar),
        topoloss_swift.target_diagrams,
        lambda liar: resample_adjoint(liar, (3, 3, 4)),
        topoloss_swift.total_persistence,
        lambda liar: topoloss_swift.wasserstein_batch([np.zeros((1, 2))], [liar]),
        lambda liar: topoloss_swift.wasserstein(liar, np.zeros((1, 2)), return_matching=True),
    ]
    counts.update(get=0, release=0)
    run = passed = 0
    for fields in lies():
        claims.clear()
        claims.update(fields)
        for call in calls:
            run += 1
            try:
                call(Exporter())
            except (BufferError, TypeError):
                passed += 1
            except Exception as error:
                print(fields, "led to", repr(error))
    assert counts["get"] == counts["release"] > 0
    tally("B3[loss]", run, passed)
    claims.clear()
    claims.update(honest())
    expected = topoloss_swift.topological_loss(np.frombuffer(VALUES).reshape(2, 3, 4), volume)
    assert topoloss_swift.topological_loss(Exporter(), volume) == expected, "honest ones are believed"
    assert counts["get"] == counts["release"]


# ---------------------------------------------------------------- results


def test_results_are_arrays_of_their_own():
    field = np.random.default_rng(1).random((2, 5, 6, 7), dtype=np.float32)
    block = _core.resample(field, 3, (2, 3, 4))
    view = memoryview(block)
    assert view.shape == (2, 2, 3, 4) and view.format == "f" and view.c_contiguous
    assert view.strides == (96, 48, 16, 4) and not view.readonly and view.nbytes == 192
    assert np.asarray(block, order="F").flags.f_contiguous, "a copy"
    half = memoryview(_core.resample(field.astype(np.float16), 3, (1, 1, 7)))
    assert half.format == "e" and half.itemsize == 2 and half.shape == (2, 1, 1, 7)


def test_arrays_are_given_back():
    """bytearray refuses to grow while anybody holds its buffer."""
    points, volume = bytearray(32), bytearray(64)
    for call in (
        lambda: topoloss_swift.wasserstein(memory(points, 2, 2), memory(points, 2, 2), order=1),
        lambda: topoloss_swift.wasserstein(memory(points, 2, 2), np.zeros(3)),
        lambda: topoloss_swift.topological_loss(memory(volume, 2, 2, 2), memory(volume, 2, 2, 2)),
        lambda: topoloss_swift.topological_loss(memory(volume, 2, 2, 2), np.zeros((2, 2, 3))),
        lambda: topoloss_swift.topological_loss(memory(volume, 2, 2, 2), np.zeros((2, 2, 2), complex)),
        lambda: topoloss_swift.resample(memory(volume, 2, 2, 2), resolution=1),
    ):
        try:
            call()
        except (ValueError, TypeError):
            pass
        points.append(0), volume.append(0)
        points.pop(), volume.pop()


def memory(content, *shape):
    return memoryview(content).cast("d", shape)


# ---------------------------------------------------------------- T7: no leaks


def leak_cases():
    """Every new function and every way it can fail: (what, call)."""
    generator = np.random.default_rng(9)
    volume, truth = generator.random((2, 3, 4, 5)), generator.random((2, 3, 4, 5))
    nan = volume.copy()
    nan[1, 2, 2, 2] = np.nan
    a, b = generator.random((6, 2)), generator.random((5, 2))
    bad = np.full((3, 2), np.nan)
    kept = topoloss_swift.target_diagrams(truth)
    swift = topoloss_swift
    return [volume, truth, a, b], [
        ("distance", partial(swift.wasserstein, a, b)),
        ("matching", lambda: swift.wasserstein(a, b, return_matching=True)),
        ("certificate", lambda: swift.wasserstein_certificate(a, b).potentials_a),
        ("batch", partial(swift.wasserstein_batch, [a, b, a], [b, a, a], threads=1)),
        ("bottleneck", partial(swift.bottleneck, a, b)),
        ("sliced", partial(swift.sliced_wasserstein, a, b)),
        ("total", partial(swift.total_persistence, a)),
        ("entropy", partial(swift.persistent_entropy, a)),
        ("extreme", lambda: swift.wasserstein(kept[0][2], kept[1][2], essential_classes="extreme")),
        ("NaN points", partial(swift.wasserstein, a, bad)),
        ("NaN points, matching", partial(swift.wasserstein_certificate, a, bad)),
        ("second operand", partial(swift.wasserstein_batch, [a, a], [b, np.zeros(3)])),
        ("first operand", partial(swift.wasserstein_certificate, np.zeros((2, 3)), b)),
        ("numbers of pairs", partial(swift.wasserstein_batch, [a], [b, b])),
        ("one diagram", partial(swift.total_persistence, bad)),
        ("large integers", partial(swift.persistent_entropy, np.full((2, 2), 2**60))),
        ("loss", partial(swift.topological_loss, volume, truth)),
        ("each", lambda: swift.topological_loss(volume, truth, reduction="none").sum()),
        ("gradient", lambda: swift.topological_loss_and_gradient(volume, truth, target_gradient=True)),
        ("kept", lambda: swift.topological_loss_and_gradient(volume, kept)),
        ("terms", partial(swift.topological_loss_terms, volume, truth)),
        ("target", partial(swift.target_diagrams, truth)),
        ("resampling", partial(swift.resample, truth, resolution=2)),
        ("adjoint", partial(resample_adjoint, truth, (5, 5, 5), [1, 2])),
        ("shape", partial(_core.shape, volume)),
        ("NaN", partial(swift.topological_loss_and_gradient, volume, nan, target_gradient=True)),
        ("NaN, kept", partial(swift.topological_loss, nan, kept)),
        ("shapes", partial(swift.topological_loss, volume, truth[:1])),
        ("dimensions", partial(swift.topological_loss, volume[0, 0], truth[0, 0], spatial_dims=2)),
        ("type of target", partial(swift.topological_loss, volume, truth.astype(complex))),
        ("type of gradient", partial(swift.topological_loss_and_gradient, volume.astype(int), truth)),
        ("second gradient", lambda: swift.topological_loss_and_gradient(
            volume, truth.astype(int), target_gradient=True)),
        ("nesting", partial(swift.topological_loss, volume, kept[0])),
        ("other diagrams", partial(swift.topological_loss, volume, kept, resolution=2)),
        ("tuple", partial(_core.topological_loss, volume, [1, 2], 3, (0,) * 13, 0, False)),
        ("volumes", partial(_core.topological_loss, volume, [], 3, LOSS_OPTIONS, 0, False)),
        ("diagrams", partial(_core.topological_loss, volume, [(0.0, a), (0.0, bad[:, :1])], 3,
                             LOSS_OPTIONS, 1, False)),
        ("factors", partial(resample_adjoint, truth, (5, 5, 5), [1])),
        ("extents", partial(resample_adjoint, truth, (0, 5, 5))),
        ("axes", partial(swift.resample, truth[0, 0, 0])),
    ]  # fmt: skip


LOSS_OPTIONS = (0, 0, 4, 2, 2.0, True, 0, (2, 2, 2), (1.0, 1.0, 1.0), 0.0, 1.0, False, 1)


def test_no_leaks(tally):
    """Many rounds of each: no references, no blocks of Python memory, no bytes stay behind."""
    rounds = sizes.of_tier(1_000, 100_000)
    watched, cases = leak_cases()
    watched += [_core.Block, topoloss_swift.LimitError]
    for _, call in cases:
        repeat(call, 100)
    gc.collect()
    references = [sys.getrefcount(each) for each in watched]
    growths = []
    for _ in range(3):
        before, passed = resident_bytes(), 0
        for what, call in cases:
            blocks = sys.getallocatedblocks()
            repeat(call, rounds)
            gc.collect()
            left = sys.getallocatedblocks() - blocks
            if left < rounds // 20:  # one object per call would be `rounds` blocks
                passed += rounds
            else:
                print(what, "leaves", left, "blocks in", rounds, "calls")
        growths.append(resident_bytes() - before)
        # An allocator keeps a few MiB when it likes, once. A leak comes back each time, with at
        # least the 40 bytes of the smallest array here.
        if growths[-1] < 16 * rounds * len(cases):
            break
    assert [sys.getrefcount(each) for each in watched] == references
    calls = rounds * len(cases)
    assert growths[-1] < 16 * calls, f"{[grown / calls for grown in growths]} bytes per call"
    tally("T7[loss]", calls, passed, f"{max(growths[-1], 0) / calls:.2f} bytes/call")
