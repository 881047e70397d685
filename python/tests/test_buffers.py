"""What crosses the border: exporters that lie (B3), buffers that are given back, no leaks (T7)."""

import array
import ctypes
import gc
import itertools
import random
import sys
from ctypes import POINTER, c_char_p, c_int, c_ssize_t, c_uint, c_void_p, py_object

import numpy as np
import pytest
import sizes

import topoloss_swift
from topoloss_swift import persistence_diagrams

# ---------------------------------------------------------------- an exporter that can lie


class PyBuffer(ctypes.Structure):
    """Py_buffer of the stable ABI."""

    _fields_ = [
        ("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t), ("itemsize", c_ssize_t),
        ("readonly", c_int), ("ndim", c_int), ("format", c_char_p), ("shape", POINTER(c_ssize_t)),
        ("strides", POINTER(c_ssize_t)), ("suboffsets", POINTER(c_ssize_t)),
        ("internal", c_void_p),
    ]  # fmt: skip


class Slot(ctypes.Structure):
    _fields_ = [("slot", c_int), ("function", c_void_p)]


class Spec(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p), ("basicsize", c_int), ("itemsize", c_int), ("flags", c_uint),
        ("slots", POINTER(Slot)),
    ]  # fmt: skip


GET = ctypes.PYFUNCTYPE(c_int, c_void_p, POINTER(PyBuffer), c_int)
RELEASE = ctypes.PYFUNCTYPE(None, c_void_p, POINTER(PyBuffer))
claims = {}  # the fields of the next Py_buffer
counts = {"get": 0, "release": 0}


def get_buffer(address, view, flags):
    view[0].obj = None
    for name, value in claims.items():
        setattr(view[0], name, value)
    ctypes.pythonapi.Py_IncRef(c_void_p(address))
    view[0].obj = address
    counts["get"] += 1
    return 0


def release_buffer(address, view):
    counts["release"] += 1


GET_BUFFER, RELEASE_BUFFER = GET(get_buffer), RELEASE(release_buffer)
SLOTS = (Slot * 3)(
    (1, ctypes.cast(GET_BUFFER, c_void_p)),  # Py_bf_getbuffer
    (2, ctypes.cast(RELEASE_BUFFER, c_void_p)),  # Py_bf_releasebuffer
    (0, None),
)
SPEC = Spec(b"exporter.Exporter", object.__basicsize__, 0, 1 << 18, SLOTS)  # Py_TPFLAGS_DEFAULT
from_spec = ctypes.pythonapi.PyType_FromSpec
from_spec.argtypes, from_spec.restype = [POINTER(Spec)], py_object
Exporter = from_spec(ctypes.byref(SPEC))

VALUES = (ctypes.c_double * 24)(*random.Random(1).choices(range(9), k=24))


def lengths(*numbers):
    return (c_ssize_t * len(numbers))(*numbers)


def honest(**lies):
    """The fields of a true (2, 3, 4) float64 buffer, some of them replaced."""
    truth = {
        "buf": ctypes.addressof(VALUES), "len": 192, "itemsize": 8, "readonly": 1, "ndim": 3,
        "format": b"d", "shape": lengths(2, 3, 4), "strides": lengths(96, 32, 8), "suboffsets": None,
        "internal": None,
    }  # fmt: skip
    return {**truth, **lies}


def exported(fields):
    """What persistence_diagrams makes of an exporter with these fields."""
    claims.clear()
    claims.update(fields)
    return persistence_diagrams(Exporter())


def test_an_honest_exporter_is_believed():
    counts.update(get=0, release=0)
    expected = persistence_diagrams(np.frombuffer(VALUES).reshape(2, 3, 4))
    assert exported(honest()) == expected
    assert exported(honest(strides=None)) == expected, "no strides: C order (as ctypes arrays)"
    assert exported(honest(suboffsets=lengths(-1, -1, -1))) == expected, "negative: not used"
    little = b"<d" if sys.byteorder == "little" else b">d"
    for same in (b"@d", b"=d", little):
        assert exported(honest(format=same)) == expected
    assert counts["get"] == counts["release"] == 6


def lies():
    """At least 200 buffers that contradict themselves, or that hold no real numbers."""
    for itemsize in (0, -1, 1, 2, 4, 7, 16, 2**62):
        yield honest(itemsize=itemsize)
    for code, size in zip("?bBhHiIlLqQnNef", (1, 1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 8, 8, 2, 4)):
        for prefix in ("", "@", "=", "<", ">", "!"):
            for wrong in (size + 1, 3):
                yield honest(format=(prefix + code).encode(), itemsize=wrong, len=24 * wrong)
    for prefix in ("=", "<", ">", "!"):  # standard sizes: l is 4 bytes, n is not allowed
        for code in "lLnN":
            yield honest(format=(prefix + code).encode())
    for text in (
        "", "@", "<", "dd", "2d", "d ", " d", "^d", "|d", "Zd", "Zf", "O", "P", "s", "8s", "p", "x",
        "c", "u", "w", "2w", "g", "T{d:x:}", "(2)d", "&d", "X{}", "d:x:", "<<d", "<@d", "D", "é",
        "d" * 5000, "%s%n",
    ):  # fmt: skip
        yield honest(format=text.encode())
    yield honest(format=b"\xff\xfe")
    yield honest(format=None)  # means unsigned bytes, but the itemsize is 8
    for ndim in (-1, -(2**31), 65, 2**31 - 1):
        yield honest(ndim=ndim)
        yield honest(ndim=ndim, strides=None, shape=None)
    yield honest(shape=None)
    yield honest(shape=None, strides=None)
    yield honest(shape=None, ndim=1)
    for length in (0, -1, 191, 193, 184, 2**62):
        yield honest(len=length)
        yield honest(len=length, strides=None)
    for axis, extent in itertools.product(range(3), (-1, -(2**63), 1, 5, 2**40)):
        shape = [2, 3, 4]
        shape[axis] = extent
        yield honest(shape=lengths(*shape))
    yield honest(buf=None)
    yield honest(buf=None, strides=None)
    for axis in range(3):
        suboffsets = [-1, -1, -1]
        suboffsets[axis] = axis * 8
        yield honest(suboffsets=lengths(*suboffsets))


def test_lying_exporters(tally):
    counts.update(get=0, release=0)
    cases = list(lies())
    passed = 0
    for fields in cases:
        try:
            exported(fields)
        except (BufferError, TypeError):
            passed += 1
        except Exception as error:
            print(fields, "led to", repr(error))
    assert len(cases) >= 200
    assert counts["get"] == counts["release"] > 0
    tally("B3", len(cases), passed)


def test_an_exporter_that_refuses_is_a_type_error():
    """A released memoryview raises ValueError; its words and itself stay visible."""
    view = memoryview(bytearray(8))
    view.release()
    with pytest.raises(TypeError, match="released") as caught:
        persistence_diagrams(view)
    assert type(caught.value.__cause__) is ValueError


@pytest.mark.skipif(sys.version_info < (3, 12), reason="__buffer__ in Python came with 3.12")
def test_what_an_exporter_raises():
    class Refusing:
        def __init__(self, error):
            self.error = error

        def __buffer__(self, flags):
            raise self.error

    for cause in (ValueError("no"), RuntimeError("no"), OSError("no")):
        with pytest.raises(TypeError, match="no") as caught:
            persistence_diagrams(Refusing(cause))
        assert caught.value.__cause__ is cause
    for untouched in (BufferError(), TypeError(), MemoryError(), KeyboardInterrupt(), SystemExit()):
        with pytest.raises(type(untouched)) as caught:
            persistence_diagrams(Refusing(untouched))
        assert caught.value is untouched


@pytest.mark.parametrize("extents", [(2**62, 2**62, 4), (2**21, 2**21, 2**21)])
def test_a_shape_that_overflows_is_over_the_limit(extents):
    with pytest.raises(topoloss_swift.LimitError):
        exported(honest(shape=lengths(*extents), strides=lengths(0, 0, 0)))


# ---------------------------------------------------------------- buffers are given back


@pytest.mark.parametrize(
    "values, options, error",
    [
        ([1, 2, 3], {}, None),
        ([1, 2, 3], {"spatial_dims": 2}, ValueError),
        ([1, 2, 3], {"dimensions": (1,)}, ValueError),
        ([1, float("nan")], {}, ValueError),
        ([], {}, ValueError),
    ],
)
def test_the_array_can_be_resized_after_the_call(values, options, error):
    """array.array refuses to grow while anybody holds its buffer."""
    field = array.array("d", values)
    if error is None:
        persistence_diagrams(field, **options)
    else:
        with pytest.raises(error):
            persistence_diagrams(field, **options)
    field.append(4.0)


def test_a_rejected_type_is_given_back_too():
    field = bytearray(b"abc")
    view = memoryview(field).cast("c")
    with pytest.raises(TypeError):
        persistence_diagrams(view)
    view.release()
    field.append(1)


def test_ctypes_arrays_and_bytes():
    expected = persistence_diagrams(np.array([3.0, 1.0, 2.0]))
    assert persistence_diagrams((ctypes.c_double * 3)(3, 1, 2)) == expected
    big = ctypes.c_double.__ctype_be__ * 3
    assert persistence_diagrams(big(3, 1, 2)) == expected
    assert len(persistence_diagrams(b"\x03\x01\x02")[0]) == 2


# ---------------------------------------------------------------- the memory of results


def test_a_block_is_an_ordinary_buffer():
    block = topoloss_swift._core.block(np.arange(6.0).tobytes(), "d")
    view = memoryview(block)
    assert view.shape == (3, 2) and view.strides == (16, 8) and view.format == "d"
    assert not view.readonly and view.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert np.asarray(block, order="F").tolist() == view.tolist(), "a copy"
    assert bytes(block) == np.arange(6.0).tobytes()
    view.release()
    empty = memoryview(topoloss_swift._core.block(b"", "q"))
    assert empty.shape == (0, 2) and empty.tolist() == []
    with pytest.raises(ValueError):
        topoloss_swift._core.block(b"123", "d")
    with pytest.raises(ValueError):
        topoloss_swift._core.block(bytes(16), "f")
    with pytest.raises(TypeError):
        type(block)()


def test_a_block_answers_every_kind_of_request():
    """Consumers may ask for less than all fields; what they did not ask for is NULL."""
    get_buffer = ctypes.pythonapi.PyObject_GetBuffer
    get_buffer.argtypes = [py_object, POINTER(PyBuffer), c_int]
    release = ctypes.pythonapi.PyBuffer_Release
    release.argtypes = [POINTER(PyBuffer)]
    block = topoloss_swift._core.block(np.arange(6.0).tobytes(), "d")
    one_pair = topoloss_swift._core.block(bytes(16), "d")
    writable, with_format, with_shape, with_strides = 0x1, 0x4, 0x8, 0x18
    c_order, f_order, any_order = 0x20 | with_strides, 0x40 | with_strides, 0x80 | with_strides
    view = PyBuffer()
    for flags in itertools.chain(range(4), [with_format, with_shape, with_strides, c_order, any_order],
                                 [with_format | c_order | writable]):  # fmt: skip
        get_buffer(block, ctypes.byref(view), flags)
        assert view.len == 48 and view.itemsize == 8 and not view.readonly
        assert bool(view.format) == bool(flags & with_format)
        assert bool(view.shape) == (flags & with_shape == with_shape)
        assert bool(view.strides) == (flags & with_strides == with_strides)
        release(ctypes.byref(view))
    with pytest.raises(BufferError):
        get_buffer(block, ctypes.byref(view), f_order)
    get_buffer(one_pair, ctypes.byref(view), f_order)  # one row is in both orders
    release(ctypes.byref(view))


# ---------------------------------------------------------------- T7: no leaks


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def leak_cases():
    """Every function and every way it can fail: (what, call)."""
    generator = np.random.default_rng(9)
    volume = generator.standard_normal((4, 5, 6))
    nan = volume.copy()
    nan[2, 2, 2] = np.nan
    lie = honest(len=5)
    diagrams = persistence_diagrams(volume)
    return volume, [
        ("result", lambda: [(d.points, d.voxels, repr(d)) for d in persistence_diagrams(volume)]),
        ("batch", lambda: persistence_diagrams(volume, spatial_dims=1)),
        ("one dimension", lambda: persistence_diagrams(volume, dimensions=(1,))[1].points),
        ("pickle", lambda: diagrams[0].__reduce__()[0](*diagrams[0].__reduce__()[1])),
        ("NaN", lambda: persistence_diagrams(nan)),
        ("limit", lambda: persistence_diagrams(np.array([2**60]))),
        ("complex", lambda: persistence_diagrams(volume.astype(complex))),
        ("datetime", lambda: persistence_diagrams(np.zeros(3, "M8[s]"))),
        ("empty", lambda: persistence_diagrams(volume[:0])),
        ("spatial_dims", lambda: persistence_diagrams(volume[0], spatial_dims=3)),
        ("dimensions", lambda: persistence_diagrams(volume[0], dimensions=(2,))),
        ("liar", lambda: exported(lie)),
        ("list", lambda: persistence_diagrams([1, 2])),
        ("option", lambda: persistence_diagrams(volume, filtration="x")),
        ("missing", lambda: persistence_diagrams(volume, dimensions=(0,))[1]),
        ("wrong block", lambda: topoloss_swift._core.block(b"1", "d")),
        ("wrong call", lambda: topoloss_swift._core.persistence_diagrams(volume)),
        ("version", lambda: (topoloss_swift.build_info(), topoloss_swift._core.version())),
    ]


def repeat(call, times):
    for _ in range(times):
        try:
            call()
        except Exception:
            pass


def test_no_leaks(tally):
    """Many rounds of each: no references, no blocks of Python memory, no bytes stay behind."""
    rounds = sizes.of_tier(2_000, 100_000)
    volume, cases = leak_cases()
    watched = [volume, topoloss_swift._core.Block, topoloss_swift.LimitError, Exporter]
    for _, call in cases:
        repeat(call, 200)
    gc.collect()
    references = [sys.getrefcount(each) for each in watched]
    before = resident_bytes()
    passed = 0
    for what, call in cases:
        blocks = sys.getallocatedblocks()
        repeat(call, rounds)
        gc.collect()
        left = sys.getallocatedblocks() - blocks
        if left < rounds // 20:  # one object per call would be `rounds` blocks
            passed += rounds
        else:
            print(what, "leaves", left, "blocks in", rounds, "calls")
    grown = resident_bytes() - before
    assert [sys.getrefcount(each) for each in watched] == references
    # Less than one byte per call is the law of long runs. In this short one an allocator may
    # keep a few pages; a call that leaks leaks far more: a Block's memory, a volume's keys.
    calls = rounds * len(cases)
    assert grown < 8 * calls, f"{grown / calls:.1f} bytes per call"
    tally("T7", calls, passed, f"{max(grown, 0) / calls:.2f} bytes/call")
