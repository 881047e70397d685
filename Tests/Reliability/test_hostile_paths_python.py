"""C7: hostile names and paths, wherever Python takes one: an answer or one error of the table within two
seconds, in one line, and nothing is written outside of the output."""

import contextlib
import functools
import io
import os
import random
import resource
import signal
import sys
import time
from unittest import mock

import numpy
import pytest
from canary import box, few_cells
from hostile_names import NAMES, THINGS, is_one_line

from topoloss_swift.report.command import main as report_main
from topoloss_swift.report.mesh_command import main as mesh_main
from topoloss_swift.shapr import Shapr, compare, read_folder, train

__all__ = ["box", "few_cells"]

LONGEST = 2
PATIENCE = 20
SETTINGS = {"base_filters": 1, "epochs": 1, "batch_size": 2, "topological_weight": 0, "threads": 1}


class Blocked(BaseException):
    """What a call ends with that waits for something."""


@contextlib.contextmanager
def impatient(seconds):
    """Ends what waits; signals come to the main thread."""

    def ring(*_):
        raise Blocked(f"waited for {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@functools.cache
def small_cells():
    """Images, masks and objects of three cells."""
    noise = numpy.random.default_rng(0)
    images = noise.integers(0, 255, (3, 8, 8), numpy.uint8)
    objects = noise.integers(0, 255, (3, 64, 8, 8), numpy.uint8)
    return images, images > 127, objects


@functools.cache
def trained():
    return Shapr(SETTINGS).fit(*small_cells())


def command(main, *arguments):
    """A command of the package in this process; its line as an exception."""
    errors = io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["command", *arguments]),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(errors),
    ):
        code = main()
    if code:
        assert errors.getvalue().startswith("topoloss: error["), errors.getvalue()
        raise ValueError(errors.getvalue().removesuffix("\n"))


# What is written to the path itself, or to "out".
DOORS = {
    "load": lambda path: Shapr.load(path),
    "save": lambda path: trained().save(path),
    "checkpoint": lambda path: Shapr(SETTINGS).fit(*small_cells(), checkpoint=path),
    "resume": lambda path: Shapr(SETTINGS).fit(*small_cells(), checkpoint=path, resume=True),
    "settings": lambda path: Shapr(path),
    "compare": lambda path: compare(path, path),
    "table": lambda path: compare(path + ".csv", path + ".csv"),
    "read_folder": lambda path: read_folder(path),
    "split": lambda path: train("cells", SETTINGS, split=path),
    "names": lambda path: Shapr(SETTINGS, learning_rate=1e30, epochs=4).fit(*small_cells(), names=[path] * 3),
    "report": lambda path: command(report_main, "--output=out", "--", path),
    "gallery": lambda path: command(report_main, "--output=out", "--gallery=" + path),
    "mesh": lambda path: command(mesh_main, "--output=out", "--", path),
}


def check(box, door, path):
    """Whether the door took the path; fails for any other end than a value or an error of the table."""
    before = box.state()
    for _ in range(2):
        started = time.monotonic()
        try:
            with impatient(PATIENCE):
                DOORS[door](path)
            took = True
        # The classes that the page's table has for files, names and settings.
        except (OSError, ValueError) as error:
            assert is_one_line(str(error)), repr(str(error))
            took = False
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}") from error
        seconds = time.monotonic() - started
        if took or seconds < LONGEST:
            break
    assert took or seconds < LONGEST, f"{seconds} s"
    output = path if door in ("save", "checkpoint", "resume") else "out"
    if "\0" not in output:
        box.assert_unchanged(before, os.path.join(os.fsencode(box.work), os.fsencode(output)))
    return took


@pytest.fixture(scope="module", autouse=True)
def bounded():
    """Two more gigabytes at most: an endless file must not take the machine's memory."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as sizes:
        pages = int(sizes.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (2 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture
def run(box, monkeypatch):
    """`run(cases, make)`: checks all; `make(box, door, case)` prepares one and gives the path."""

    def run(every, make):
        results = []
        for door, case in every:
            with box() as one, monkeypatch.context() as place:
                place.chdir(one.work)
                try:
                    results.append(check(one, door, make(one, door, case)))
                except (AssertionError, Blocked) as failure:
                    print(f"{door}, {case!r}: {failure}")
                    results.append(failure)
        return results

    return run


def sample(seed, cases, count):
    every = [(door, case) for door in DOORS for case in cases]
    return random.Random(seed).sample(every, min(count, len(every)))


def passed(results):
    return sum(isinstance(result, bool) for result in results)


@pytest.mark.identifier("C7")
def test_names(run, tally, seed, cases):
    names = {**NAMES, "zero byte": b"a\0b"}
    results = run(
        sample(seed, names, cases(100, 10_000)), lambda box, door, name: os.fsdecode(names[name])
    )
    assert True in results and False in results
    tally("C7-python-names", len(results), passed(results), seed=seed)


@pytest.mark.identifier("C7")
def test_things(run, tally, seed, cases):
    def make(box, door, thing):
        THINGS[thing](box.work / ("thing.csv" if door == "table" else "thing"), box.canary)
        return "thing"

    results = run(sample(seed, THINGS, cases(60, 10_000)), make)
    assert True in results and False in results
    tally("C7-python-things", len(results), passed(results), seed=seed)


@pytest.mark.identifier("C7")
def test_things_as_cells(run, tally):
    """Things in the place of a cell's file."""
    ends = {"image": ".png", "mask": ".npy", "obj": ".tif"}

    def make(box, door, case):
        thing, part = case
        folder = box.work / "cells" / part
        cell = folder / min(os.listdir(folder))
        cell.unlink()
        THINGS[thing](cell.with_suffix(ends[part]), box.canary)
        return "cells"

    results = run([("read_folder", (thing, part)) for thing in THINGS for part in ends], make)
    tally("C7-python-cells", len(results), passed(results))
