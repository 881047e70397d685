"""B6: the results do not depend on the floating-point mode of the caller, which stays as it was."""

import contextlib
import ctypes
import itertools
import platform
import subprocess

import numpy as np
import pytest
from shapr_cells import SETTINGS, cells

import topoloss_swift
from topoloss_swift.shapr import Shapr

if platform.machine() != "x86_64":
    pytest.skip("LOUD SKIP: the mode is set by an instruction of x86-64", allow_module_level=True)

SOURCE = """
#include <xmmintrin.h>
unsigned get_mode(void) { return _mm_getcsr(); }
void set_mode(unsigned mode) { _mm_setcsr(mode); }
"""
DEFAULT, FLAGS = 0x1F80, 0x3F
ROUNDING = {"nearest": 0x0000, "down": 0x2000, "up": 0x4000, "zero": 0x6000}
DENORMALS = {"kept": 0, "flushed": 0x8040}  # FTZ and DAZ
MODES = {
    f"{name}, {what}": DEFAULT | bits | more
    for (name, bits), (what, more) in itertools.product(ROUNDING.items(), DENORMALS.items())
}
VOLUMES = 125


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mode")
    (folder / "mode.c").write_text(SOURCE)
    library = folder / "mode.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, folder / "mode.c"], check=True)
    return ctypes.CDLL(str(library))


@contextlib.contextmanager
def floats(processor, mode):
    """This thread computes in another mode meanwhile; what comes back must be the same mode."""
    processor.set_mode(mode)
    try:
        yield
        left = processor.get_mode()
    finally:
        processor.set_mode(DEFAULT)
    assert left & ~FLAGS == mode, f"mode {mode:#x} came back as {left:#x}"


def volume(number):
    """Small, with many denormal numbers, of each floating-point type in turn."""
    rng = np.random.default_rng(number)
    kind = (np.float64, np.float32, np.float16)[number % 3]
    steps = rng.integers(-9, 10, rng.integers(2, 7, 3))
    least = np.finfo(kind).smallest_subnormal
    field = (steps * least).astype(kind)
    if number % 2:
        field[0] = rng.standard_normal(field[0].shape).astype(kind)
    return field


def points_of(field):
    """Diagrams in the volume's own type. NumPy converts in the mode that is set: not part of the test."""
    diagrams = topoloss_swift.persistence_diagrams(field)
    return [np.asarray(diagram.points).astype(field.dtype) for diagram in diagrams]


def everything(field, points):
    """The bits of all that can be asked of a volume and of diagrams."""
    diagrams = topoloss_swift.persistence_diagrams(field, threads=2)
    # A mean over volumes would be Python's arithmetic, in the mode that is set.
    options = {"dimensions": None, "resolution": 3, "order": 1.5, "threads": 2, "reduction": "none"}
    value, gradient = topoloss_swift.topological_loss_and_gradient(field, field[::-1].copy(), **options)
    ends = {"essential_classes": "ignored"}
    distances = [
        topoloss_swift.wasserstein(points[1], points[0][::2], order=1.5, **ends),
        topoloss_swift.bottleneck(points[2], points[1], **ends),
        topoloss_swift.sliced_wasserstein(points[2], points[1]),
        topoloss_swift.total_persistence(points[0]),
        topoloss_swift.persistent_entropy(points[0]),
    ]
    smaller = topoloss_swift.resample(field, resolution=3)
    return diagrams, np.array([value, *distances]).tobytes(), gradient.tobytes(), np.asarray(smaller).tobytes()


def test_same_bits_in_every_mode(processor, tally):
    passed = 0
    for number in range(VOLUMES):
        field = volume(number)
        points = points_of(field)
        expected = everything(field, points)
        for name, mode in MODES.items():
            with floats(processor, mode):
                found = everything(field, points)
            if found == expected:
                passed += 1
            else:
                which = [one == other for one, other in zip(found, expected)]
                print(f"volume {number}, {name}: (diagrams, numbers, gradient, resampled) equal: {which}")
    tally("B6", VOLUMES * len(MODES), passed)


def test_same_training_in_every_mode(processor, tally):
    images, masks, objects = cells(6)
    split = {"validation": [4, 5]}

    def trained():
        model = Shapr(**{**SETTINGS, "epochs": 1}).fit(images, masks, objects, **split)
        return model.predict(images, masks).tobytes()

    expected = trained()
    passed = 0
    for mode in MODES.values():
        with floats(processor, mode):
            found = trained()
        passed += found == expected
    tally("B6[training]", len(MODES), passed)
