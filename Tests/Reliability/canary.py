"""A folder with a canary beside it, which nothing may change."""

import contextlib
import hashlib
import itertools
import os
import shutil

import numpy
import pytest

_numbers = itertools.count()


class Box:
    """A folder `work` with cells and a volume, and beside it a canary, which must not change."""

    def __init__(self, folder, cells):
        self.folder, self.work, self.canary = folder, folder / "below/work", folder / "canary"
        self.work.mkdir(parents=True)
        self.canary.mkdir()
        (self.canary / "file").write_text("sings")
        os.mkfifo(self.canary / "pipe")
        for place in (self.work, self.canary):
            numpy.save(place / "volume.npy", numpy.arange(512, dtype=numpy.uint8).reshape(8, 8, 8))
            shutil.copytree(cells, place / "cells")

    def assert_unchanged(self, before, output):
        found = changes(before, state(self.folder), output)
        assert not found, f"changed outside of {output!r}: {found}"

    def state(self):
        return state(self.folder)


def state(folder):
    """What is in a folder: the kinds of its entries, and what they hold or lead to."""
    found = {}
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(parent, name)
            if os.path.islink(path):
                found[path] = os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = hashlib.sha256(file.read()).hexdigest()
            else:
                found[path] = os.lstat(path).st_mode
    return found


def changes(before, after, output):
    """The entries that are new, gone or different, but for those that an output at the path `output` has in
    it or needs above it."""
    named = os.path.abspath(os.fsencode(output))
    # A link to a folder is the folder; a link to a file is replaced, and the file stays as it is.
    owned = (named, os.path.realpath(named)) if os.path.isdir(named) else (named,)
    return sorted(
        path
        for path in {*before, *after}
        if before.get(path) != after.get(path)
        and not any(path == one or path.startswith(one + b"/") for one in owned)
        and not (path not in before and any(one.startswith(path + b"/") for one in owned))
    )


@pytest.fixture(scope="module")
def few_cells(new_toy, scratch):
    """Three cells."""
    toy, folder = new_toy(), scratch / "few-cells"
    for name in sorted(os.listdir(toy.cells / "obj"))[:3]:
        for part in ("image", "mask", "obj"):
            (folder / part).mkdir(parents=True, exist_ok=True)
            shutil.copy(toy.cells / part / name, folder / part)
    return folder


@pytest.fixture
def box(few_cells, scratch):
    """`with box() as one`: a box of its own for a case."""

    @contextlib.contextmanager
    def new():
        folder = scratch / f"box-{next(_numbers)}"
        try:
            yield Box(folder, few_cells)
        finally:
            shutil.rmtree(os.fsencode(folder))

    return new
