"""C7: hostile names and paths, wherever the program takes one: an answer within two seconds, in one line, and
nothing is written outside of the output."""

import itertools
import json
import os
import random
import struct
import subprocess
import time

import pytest
from canary import box, few_cells
from hostile_names import NAMES, THINGS, is_one_line

__all__ = ["box", "few_cells"]

LONGEST = 2
# After which a program hangs; what is refused late once, on a busy machine, has a second chance.
PATIENCE = 20
# Usage, data, missing, creation, writing, settings: docs/reliability.md.
REFUSED = {64, 65, 66, 73, 74, 78}


@pytest.fixture
def assert_good(new_toy):
    """`assert_good(box, output, arguments)`: runs the program in a box and looks at what it says and
    leaves behind; gives its exit code."""
    program = new_toy().program

    def run(box, output, arguments):
        before = box.state()
        for _ in range(2):
            started = time.monotonic()
            end = subprocess.run(
                [program, *arguments], cwd=box.work, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=PATIENCE,
            )  # fmt: skip
            seconds = time.monotonic() - started
            if end.returncode == 0 or seconds < LONGEST:
                break
        # What is taken may take long.
        assert end.returncode == 0 or seconds < LONGEST, f"{seconds} s"
        errors = end.stderr.decode()  # which fails for what is not UTF-8
        assert end.returncode in {0, *REFUSED}, f"exit code {end.returncode}: {errors}"
        if end.returncode:
            assert errors.startswith("topoloss: error[") and errors.endswith("\n"), errors
            assert is_one_line(errors), repr(errors)
        else:
            assert not errors, errors
        for line in end.stdout.decode().split("\n"):
            assert is_one_line(line), repr(line)
        box.assert_unchanged(before, os.path.join(os.fsencode(box.work), os.fsencode(output)))
        return end.returncode

    return run


def made(box, folder, name, content):
    """Whether a file of this name could be made in a folder of the box."""
    path = os.fsencode(box.work / folder) + b"/" + name
    if os.path.lexists(path) or b"/" in name or not name:
        return False
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError:
        return False
    return True


def named(name, value):
    """A flag with its value, which may look like a flag or be not UTF-8."""
    return os.fsencode(name) + b"=" + value


def input_file(box, name):
    made(box, ".", name + b".npy", (box.work / "volume.npy").read_bytes())
    return "out", ["convert", "--output=out", "--format=npy", "--", name + b".npy"]


def member(box, name):
    """The cell's name in each of its folders."""
    cell = sorted(os.listdir(box.work / "cells/obj"))[0]
    for part in ("image", "mask", "obj"):
        made(box, f"cells/{part}", name + b".tif", (box.work / "cells" / part / cell).read_bytes())
    return "out", ["baseline", "--data=cells", "--output=out", "--folds=3"]


def checked(box, name):
    member(box, name)
    return "out", ["check", "--data=cells"]


def converted(box, name):
    made(box, "cells/obj", name + b".npy", (box.work / "volume.npy").read_bytes())
    return "out", ["convert", "--output=out", "--format=tiff", "cells"]


def data_folder(box, name):
    return "out", ["check", named("--data", name)]


def output_folder(box, name):
    return name, ["convert", named("--output", name), "--format=npy", "volume.npy"]


def output_file(box, name):
    evaluate = ["evaluate", "--predictions=cells/obj", "--truth=cells/obj", "--no-topology"]
    return name, [*evaluate, named("--output", name)]


def run_folder(box, name):
    return name, ["baseline", "--data=cells", named("--output", name), "--folds=3"]


def settings_file(box, name):
    made(box, ".", name, b'{"epochs": 0, "base_filters": 1}')
    return "out", ["train", "--data=cells", "--output=out", named("--settings", name)]


def split_file(box, name):
    made(box, ".", name, b'{"train": ["x"], "val": ["y"]}')
    return "out", ["baseline", "--data=cells", "--output=out", named("--split", name)]


def split_entry(box, name):
    """In a split, names are text."""
    lists = {"train": [name.decode("utf-8", "surrogateescape")], "val": ["x"]}
    (box.work / "split.json").write_text(json.dumps(lists))
    return "out", ["baseline", "--data=cells", "--output=out", "--split=split.json"]


def tensor_name(box, name):
    text = name.decode("utf-8", "surrogateescape")
    header = json.dumps({text: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (box.work / "model").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    return "out", ["predict", "--model=model", "--input=cells", "--output=out"]


def model_file(box, name):
    made(box, ".", name, b"no model")
    return "out", ["predict", named("--model", name), "--input=cells", "--output=out"]


def table_entry(box, name):
    """The name of a cell, and its class, in two tables of scores."""
    quoted = name.replace(b'"', b'""')
    for run, number in (("one", b"0.25"), ("other", b"0.5")):
        (box.work / run).mkdir()
        row = b'"' + quoted + b'","' + quoted + b'",' + number + b"\n"
        (box.work / run / "scores.csv").write_bytes(b"name,class,iou_error\n" + row)
    return "out", ["compare", "one", "other", named("--title", name)]


DOORS = [
    input_file, member, checked, converted, data_folder, output_folder, output_file, run_folder,
    settings_file, split_file, split_entry, tensor_name, model_file, table_entry,
]  # fmt: skip


def chosen(random, every, count):
    """So many of the cases, in an order of their own; each at least once if there are more."""
    return random.sample(every, count) if count < len(every) else every


def outcomes(results):
    """The exit codes that were seen; a failed case has none."""
    return [result for result in results if isinstance(result, int)]


@pytest.mark.identifier("C7")
def test_names(box, assert_good, tally, in_parallel, seed, cases):
    def check(case, _):
        door, name = case
        with box() as one:
            output, arguments = door(one, NAMES[name])
            return assert_good(one, output, arguments)

    every = list(itertools.product(DOORS, NAMES))
    every = chosen(random.Random(seed), every, cases(110, len(every)))
    codes = outcomes(results := in_parallel(check, every))
    # Neither is everything taken nor everything refused.
    assert {0, 65, 66} <= set(codes), set(codes)
    tally("C7-names", len(results), len(codes), seed=seed)


def put(box, thing, *places):
    """Puts a thing in the place of what may be there."""
    for place in places:
        path = box.work / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        THINGS[thing](path, box.canary)


def thing_as(door, place):
    """The thing is what the door is told to take."""

    def open_door(box, thing):
        put(box, thing, place)
        return door(box, os.fsencode(place).removesuffix(b".npy"))

    open_door.__name__ = door.__name__
    return open_door


def thing_as_cell(part):
    """The thing stands for a file of a cell."""

    def open_door(box, thing):
        put(box, thing, f"cells/{part}/{min(os.listdir(box.work / 'cells' / part))}")
        return "out", ["baseline", "--data=cells", "--output=out", "--folds=3"]

    return open_door


def thing_in_output(*places):
    """The thing is where the program is about to write."""

    def open_door(box, thing):
        put(box, thing, *(f"out/{place}" for place in places))
        return "out", ["baseline", "--data=cells", "--output=out", "--folds=3"]

    return open_door


THING_DOORS = [
    thing_as(input_file, "thing.npy"),
    *(
        thing_as(door, "thing")
        for door in (data_folder, output_folder, output_file, run_folder, settings_file, split_file, model_file)
    ),
    thing_as_cell("image"),
    thing_as_cell("obj"),
    thing_in_output("split.json"),
    thing_in_output("split.json.tmp"),
    thing_in_output("fold-0/scores.csv", "scores.csv"),
    thing_in_output("fold-0/.lock"),
]


@pytest.mark.identifier("C7")
def test_things(box, assert_good, tally, in_parallel, seed, cases):
    def check(case, _):
        door, thing = case
        with box() as one:
            output, arguments = door(one, thing)
            return assert_good(one, output, arguments)

    every = list(itertools.product(THING_DOORS, THINGS))
    every = chosen(random.Random(seed), every, cases(60, len(every)))
    codes = outcomes(results := in_parallel(check, every))
    assert {0, 65, 66, 73} <= set(codes), set(codes)
    tally("C7-things", len(results), len(codes), seed=seed)
