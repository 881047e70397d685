"""The C interface of the packaged libtopoloss.so, called through ctypes: overflow (B2), misuse,
the two-call query, cancellation."""

import ctypes
import itertools
import math
import mmap
import statistics
import threading
import time
from ctypes import POINTER, byref, c_char, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

import numpy as np
import pytest

import topoloss_swift

STATUS = {
    "OK": 0, "EDTYPE": -1, "ESHAPE": -2, "ENAN": -3, "EINF": -4, "ELIMIT": -5, "ENOMEM": -6,
    "EBUFFER": -7, "EFORMAT": -8, "EUNSUPPORTED": -9, "ECHECKSUM": -10, "EIO": -11, "EBUSY": -12,
    "EPATH": -13, "ECANCELLED": -14, "EARGUMENT": -15, "EINTERNAL": -16,
}  # fmt: skip
NAMES = {number: name for name, number in STATUS.items()}
FLOAT32, FLOAT64 = 11, 12
SHOULD_CANCEL = ctypes.CFUNCTYPE(c_int32, c_void_p)


class Error(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t), ("code", c_int32), ("reserved", c_int32), ("index", c_int64),
        ("message", c_char * 256),
    ]  # fmt: skip

    def __init__(self):
        super().__init__(struct_size=ctypes.sizeof(Error), index=-77)


class Array(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t), ("data", c_void_p), ("dtype", c_int32),
        ("byte_swapped", c_int32), ("rank", c_int32), ("reserved", c_int32),
        ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
    ]  # fmt: skip


class Options(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t), ("filtration", c_int32), ("construction", c_int32),
        ("dimensions", c_uint32), ("threads", c_int32), ("zero_persistence", c_int32),
        ("reserved", c_int32), ("max_memory", c_uint64), ("cancellation", c_void_p),
        ("should_cancel", SHOULD_CANCEL), ("context", c_void_p),
    ]  # fmt: skip


LIBRARY = ctypes.CDLL(str(Path(topoloss_swift.__file__).parent / "lib" / "libtopoloss.so"))
for name, result, arguments in [
    ("topoloss_status_name", ctypes.c_char_p, [c_int32]),
    ("topoloss_version", ctypes.c_char_p, []),
    ("topoloss_version_numbers", None, [c_void_p] * 3),
    ("topoloss_options_init", None, [c_void_p]),
    ("topoloss_cancellation_create", c_void_p, []),
    ("topoloss_cancellation_cancel", None, [c_void_p]),
    ("topoloss_cancellation_reset", None, [c_void_p]),
    ("topoloss_cancellation_destroy", None, [c_void_p]),
    ("topoloss_persistence_diagrams", c_int32, [c_void_p, c_int32] + [c_void_p] * 3),
    ("topoloss_diagrams_volumes", c_int64, [c_void_p]),
    ("topoloss_diagrams_dimensions", c_uint32, [c_void_p]),
    ("topoloss_diagrams_copy", c_int32,
     [c_void_p, c_int64, c_int32, c_void_p, c_void_p, c_int64, c_void_p, c_void_p]),
    ("topoloss_diagrams_destroy", None, [c_void_p]),
    ("topoloss_workspace_bytes", c_int32, [c_void_p, c_int32, c_int32, c_void_p, c_void_p]),
]:  # fmt: skip
    getattr(LIBRARY, name).restype = result
    getattr(LIBRARY, name).argtypes = arguments

NOISE = np.random.default_rng(2).standard_normal((6, 7, 8))


def extents(*numbers):
    return (c_int64 * len(numbers))(*numbers)


def describe(values, shape=None, strides=None):
    """The topoloss_array of a NumPy array; another shape, strides or dtype can be claimed."""
    dtype = {"float32": FLOAT32, "float64": FLOAT64}[values.dtype.name]
    shape = values.shape if shape is None else shape
    strides = values.strides if strides is None else strides
    array = Array(
        struct_size=ctypes.sizeof(Array), data=values.ctypes.data, dtype=dtype, rank=len(shape),
        shape=extents(*shape), strides=extents(*strides),
    )  # fmt: skip
    array.keep_alive = values
    return array


def options(**changes):
    result = Options()
    LIBRARY.topoloss_options_init(byref(result))
    for name, value in changes.items():
        setattr(result, name, value)
    return result


def compute(array, spatial_rank=3, chosen=None):
    """(status, handle or None, error)."""
    handle, error = c_void_p(), Error()
    status = LIBRARY.topoloss_persistence_diagrams(
        byref(array), spatial_rank, None if chosen is None else byref(chosen), byref(handle),
        byref(error),
    )  # fmt: skip
    if status != 0:
        assert handle.value is None, "no handle beside an error"
        assert error.code == status
        assert error.message, "every error says why"
        error.message.decode("utf-8")
    return NAMES[status], handle, error


@pytest.fixture
def handle():
    status, handle, _ = compute(describe(NOISE))
    assert status == "OK"
    yield handle
    LIBRARY.topoloss_diagrams_destroy(handle)


def copy(handle, dimension, points, voxels, capacity, volume=0):
    """(status, count) of topoloss_diagrams_copy; the buffers are addresses or None."""
    count = c_int64(-5)
    status = LIBRARY.topoloss_diagrams_copy(
        handle, volume, dimension, points, voxels, capacity, byref(count), byref(Error())
    )
    return NAMES[status], count.value


# ---------------------------------------------------------------- B2: sizes that overflow


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


def test_overflowing_shapes(tally):
    """512 shapes: refused in under a millisecond (median of 5) without touching memory.

    Shapes that are legal (one long axis) are computed instead, on one element with strides 0.
    """
    sizes = (0, 1, 2**16, 2**21, 2**31, 2**32, 2**63 - 1, -1)
    element = np.ones(1, np.float32)
    passed, slowest, grown = 0, 0.0, 0
    legal = []
    compute(describe(element, (-1, 1, 1), (0, 0, 0)))  # the first error may load pages
    before = resident_bytes()
    for shape in itertools.product(sizes, repeat=3):
        if all(1 <= extent <= 2**21 for extent in shape) and math.prod(shape) < 2**31:
            legal.append(shape)
            continue
        array = describe(element, shape, (0, 0, 0))
        times = []
        for _ in range(5):
            start = time.perf_counter()
            status, _, _ = compute(array)
            times.append(time.perf_counter() - start)
        allowed = {"ESHAPE", "ELIMIT"} if min(shape) < 1 else {"ELIMIT"}
        bytes_needed = c_uint64()
        workspace = LIBRARY.topoloss_workspace_bytes(
            extents(*shape), 3, FLOAT32, byref(bytes_needed), byref(Error())
        )
        median = statistics.median(times)
        slowest = max(slowest, median)
        passed += status in allowed and NAMES[workspace] in allowed and median < 1e-3
    grown = resident_bytes() - before
    # 256 KiB is for Python's own objects; the smallest wrongly allocated volume is 2^16 voxels
    # of 4 bytes and more.
    assert grown <= 256 * 1024
    assert len(legal) == 7
    for shape in legal:
        status, handle, error = compute(describe(element, shape, (0, 0, 0)))
        assert status == "OK", (shape, error.message)
        passed += copy(handle, 0, None, None, 0) == ("OK", 1)
        LIBRARY.topoloss_diagrams_destroy(handle)
    tally("B2", 512, passed, f"{slowest * 1e6:.0f} us, {grown} bytes")


@pytest.mark.parametrize("rank", [-1, 0, 65, 2**31 - 1])
def test_impossible_ranks(rank):
    array = describe(NOISE)
    array.rank = rank
    assert compute(array)[0] in ("ESHAPE", "ELIMIT")


@pytest.mark.parametrize("spatial_rank", [-1, 0, 4, 2**31 - 1])
def test_impossible_spatial_ranks(spatial_rank):
    assert compute(describe(NOISE), spatial_rank)[0] in ("ESHAPE", "EARGUMENT", "EUNSUPPORTED")


def test_leading_axes_that_overflow():
    element = np.ones(1, np.float32)
    for shape in [(2**62, 2**62, 1), (2**31, 2**31, 2**31, 1), (2**40, 1, 1)]:
        assert compute(describe(element, shape, (0,) * len(shape)), 1)[0] == "ELIMIT"


# ---------------------------------------------------------------- misuse


def test_null_pointers():
    array, handle, error = describe(NOISE), c_void_p(), Error()
    call = LIBRARY.topoloss_persistence_diagrams
    assert NAMES[call(None, 3, None, byref(handle), byref(error))] == "EARGUMENT"
    assert NAMES[call(byref(array), 3, None, None, byref(error))] == "EARGUMENT"
    assert NAMES[call(None, 3, None, None, None)] == "EARGUMENT"
    for field in ("data", "shape"):
        hollow = describe(NOISE)
        setattr(hollow, field, None)
        assert compute(hollow)[0] == "EARGUMENT"
    assert LIBRARY.topoloss_diagrams_volumes(None) == 0
    assert LIBRARY.topoloss_diagrams_dimensions(None) == 0
    LIBRARY.topoloss_diagrams_destroy(None)
    LIBRARY.topoloss_cancellation_cancel(None)
    LIBRARY.topoloss_cancellation_reset(None)
    LIBRARY.topoloss_cancellation_destroy(None)
    LIBRARY.topoloss_options_init(None)
    LIBRARY.topoloss_version_numbers(None, None, None)
    assert copy(None, 0, None, None, 0)[0] == "EARGUMENT"
    assert NAMES[LIBRARY.topoloss_workspace_bytes(None, 3, FLOAT64, None, None)] == "EARGUMENT"


def test_no_error_struct_is_fine():
    handle = c_void_p()
    array = describe(np.full((2, 2), np.nan))
    status = LIBRARY.topoloss_persistence_diagrams(byref(array), 2, None, byref(handle), None)
    assert NAMES[status] == "ENAN"


def test_struct_size():
    """A size too small for any version is refused; a larger one is from a later header."""
    for size in (0, 1, 8):
        array = describe(NOISE)
        array.struct_size = size
        assert compute(array)[0] == "EARGUMENT"
        assert compute(describe(NOISE), 3, options(struct_size=size))[0] == "EARGUMENT"
    later = options(struct_size=ctypes.sizeof(Options) + 64)
    status, handle, _ = compute(describe(NOISE), 3, later)
    assert status == "OK"
    LIBRARY.topoloss_diagrams_destroy(handle)


def test_error_struct_is_never_overrun():
    """A small struct_size promises a small struct: what lies behind it stays as it was."""
    for size in (0, 8, 16, 24, 40):
        guarded = (ctypes.c_ubyte * (ctypes.sizeof(Error) + 64))(*([0xA5] * 344))
        Error.from_buffer(guarded).struct_size = size
        array = describe(np.full((2, 2), np.nan))
        handle = c_void_p()
        LIBRARY.topoloss_persistence_diagrams(byref(array), 2, None, byref(handle), guarded)
        assert set(guarded[max(size, 8) :]) == {0xA5}, size


@pytest.mark.parametrize(
    "changes",
    [
        {"filtration": 2}, {"filtration": -1}, {"construction": 2}, {"dimensions": 8},
        {"dimensions": 2**31}, {"threads": -1},
    ],
)  # fmt: skip
def test_unknown_option_values(changes):
    assert compute(describe(NOISE), 3, options(**changes))[0] == "EARGUMENT"


@pytest.mark.parametrize("dtype", [0, -1, 13, 2**31 - 1])
def test_unknown_element_types(dtype):
    array = describe(NOISE)
    array.dtype = dtype
    assert compute(array)[0] == "EDTYPE"


def test_nan_has_its_index():
    field = NOISE.copy()
    field.flat[101] = np.nan
    status, _, error = compute(describe(field))
    assert (status, error.index) == ("ENAN", 101)
    assert b"101" in error.message


def test_too_little_memory_is_an_error_with_the_bytes():
    status, _, error = compute(describe(NOISE), 3, options(max_memory=100))
    assert status == "ENOMEM"
    assert any(part.isdigit() for part in error.message.decode().split())


def test_names_and_version():
    for number, name in NAMES.items():
        assert LIBRARY.topoloss_status_name(number).decode() == f"TOPOLOSS_{name}"
    for unknown in (1, -17, 2**31 - 1, -(2**31)):
        assert LIBRARY.topoloss_status_name(unknown)
    numbers = [c_int32() for _ in range(3)]
    LIBRARY.topoloss_version_numbers(*map(byref, numbers))
    version = ".".join(str(number.value) for number in numbers)
    assert version == LIBRARY.topoloss_version().decode() == topoloss_swift.__version__


# ---------------------------------------------------------------- the two-call query


def test_two_calls_give_what_python_gives(handle):
    assert LIBRARY.topoloss_diagrams_volumes(handle) == 1
    assert LIBRARY.topoloss_diagrams_dimensions(handle) == 0b111
    for diagram in topoloss_swift.persistence_diagrams(NOISE):
        status, count = copy(handle, diagram.dimension, None, None, 0)
        assert (status, count) == ("OK", len(diagram)) and count > 0
        points, voxels = np.zeros((count, 2)), np.zeros((count, 2), np.int64)
        addresses = points.ctypes.data, voxels.ctypes.data
        assert copy(handle, diagram.dimension, *addresses, count) == ("OK", count)
        assert np.array_equal(points, diagram.points) and np.array_equal(voxels, diagram.voxels)
        again = np.zeros((count, 2))
        assert copy(handle, diagram.dimension, again.ctypes.data, None, count) == ("OK", count)
        assert np.array_equal(again, points)
        again = np.zeros((count, 2), np.int64)
        assert copy(handle, diagram.dimension, None, again.ctypes.data, count) == ("OK", count)
        assert np.array_equal(again, voxels)


def test_capacity_too_small_writes_nothing(handle):
    _, count = copy(handle, 1, None, None, 0)
    points, voxels = np.full((count, 2), 7.0), np.full((count, 2), 7)
    for capacity in (0, count - 1, -1):
        status, _ = copy(handle, 1, points.ctypes.data, voxels.ctypes.data, capacity)
        assert status in ("EBUFFER", "EARGUMENT") and (status == "EBUFFER" or capacity < 0)
    assert (points == 7).all() and (voxels == 7).all()


def test_overlapping_buffers_are_refused(handle):
    _, count = copy(handle, 1, None, None, 0)
    memory = np.full(4 * count, 7.0)
    start = memory.ctypes.data
    for offset in (0, 8, 16 * count - 8):
        for first, second in [(start, start + offset), (start + offset, start)]:
            assert copy(handle, 1, first, second, count)[0] == "EBUFFER"
    assert (memory == 7).all()
    assert copy(handle, 1, start, start + 16 * count, count) == ("OK", count)


def test_volumes_and_dimensions_that_are_not_there(handle):
    for volume in (-1, 1, 2**62):
        assert copy(handle, 0, None, None, 0, volume)[0] == "EARGUMENT"
    for dimension in (-1, 3, 32, 2**31 - 1):
        assert copy(handle, dimension, None, None, 0)[0] == "EARGUMENT"


def test_workspace_is_at_most_16_bytes_per_voxel():
    needed = c_uint64()
    status = LIBRARY.topoloss_workspace_bytes(
        extents(256, 256, 256), 3, FLOAT32, byref(needed), byref(Error())
    )
    assert NAMES[status] == "OK"
    assert 256**3 <= needed.value <= 16 * 256**3


# ---------------------------------------------------------------- cancellation

SLOW = np.random.default_rng(3).standard_normal((160, 160, 160)).astype(np.float32)


def test_token_stops_a_running_call():
    """Within 150 ms: the header says about 50, and another process may hold the processor."""
    token = LIBRARY.topoloss_cancellation_create()
    chosen = options(cancellation=token, threads=2)
    delays = []
    for wait in (0.05, 0.1, 0.15, 0.02):
        cancelled_at = []

        def cancel():
            time.sleep(wait)
            cancelled_at.append(time.perf_counter())
            LIBRARY.topoloss_cancellation_cancel(token)

        thread = threading.Thread(target=cancel)
        thread.start()
        status, _, _ = compute(describe(SLOW), 3, chosen)
        ended = time.perf_counter()
        thread.join()
        assert status == "ECANCELLED"
        delays.append(ended - cancelled_at[0])
        assert compute(describe(NOISE), 3, chosen)[0] == "ECANCELLED", "until it is reset"
        LIBRARY.topoloss_cancellation_reset(token)
    status, handle, _ = compute(describe(NOISE), 3, chosen)
    assert status == "OK"
    LIBRARY.topoloss_diagrams_destroy(handle)
    LIBRARY.topoloss_cancellation_destroy(token)
    assert max(delays) <= 0.150, delays


def test_callback_stops_a_running_call():
    """It is asked in the calling thread only, at least every 100 ms (about 20 is promised)."""
    asked = []

    def should_cancel(context):
        asked.append((threading.get_ident(), time.perf_counter()))
        return len(asked) == 5

    start = time.perf_counter()
    status, _, _ = compute(describe(SLOW), 3, options(should_cancel=SHOULD_CANCEL(should_cancel)))
    assert status == "ECANCELLED" and len(asked) == 5
    assert {thread for thread, _ in asked} == {threading.get_ident()}
    moments = [start] + [moment for _, moment in asked]
    assert max(b - a for a, b in zip(moments, moments[1:])) <= 0.100
