"""S3: every row of the table of bad input in docs/reliability.md is hit by name, by the program itself.

The exceptions of Python are in python/tests/test_error_table.py, the codes of C in the *StatusTests.swift."""

import json
import os
import re
import resource
import subprocess

import numpy as np
import pytest
from swift_tests import ROOT

IMAGES = ROOT / "Tests/Fixtures/images/files"
TABLE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8").split("| Bad input | C code | Python | exit")[1]


def rows():
    """First cell and exit codes of every row."""
    for line in TABLE.split("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        yield cells[0], set(re.findall(r"\b[67]\d\b|\b1[34]\d\b", cells[-1]))


def saved(path, array):
    np.save(path, array)
    return path


def huge(path):
    """The header alone of an array whose size overflows."""
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2097152, 2097152, 2097152), }".ljust(117) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text)
    return path


def with_nan():
    volume = np.zeros((4, 4, 4), np.float32)
    volume[1, 2, 3] = np.nan
    return volume


# By the first words of a row: the arguments, made in a folder, and words of the message.
# fmt: off
CASES = {
    "wrong dtype": lambda f: (["diagrams", saved(f / "a.npy", np.zeros((4, 4, 4), complex))], "'<c16'"),
    "wrong ndim": lambda f: (["diagrams", saved(f / "a.npy", np.zeros((4, 0, 4)))], "4 x 0 x 4"),
    "NaN anywhere": lambda f: (["diagrams", saved(f / "a.npy", with_nan())], "(z 1, y 2, x 3)"),
    "dim product": lambda f: (["diagrams", huge(f / "a.npy")], "more voxels than the limit"),
    "needs more memory": lambda f: (["diagrams", saved(f / "a.npy", np.zeros((250, 250, 250), "f4"))], "bytes"),
    "NULL where": lambda f: (["diagrams", saved(f / "a.npy", np.ones((4, 4))), "--dimensions", "3"], ""),
    "malformed": lambda f: (["diagrams", saved(f / "a.tif.npy", np.zeros(1)).rename(f / "a.tif")], "byte 0"),
    "valid but unsupported": lambda f: (["diagrams", IMAGES / "colour.png"], "colours"),
    "missing file": lambda f: (["diagrams", f / "nothing.npy"], "nothing.npy"),
    "cannot create": lambda f: (["diagrams", saved(f / "a.npy", np.ones((4, 4))), "--output", f / "a.npy/b"], ""),
    "ENOSPC": lambda f: (["diagrams", saved(f / "a.npy", np.ones((4, 4, 4)))], "standard output"),
    "bad config": lambda f: (["train", "--data", f, "--output", f / "run", "--settings", settings(f)], "1:12"),
    "usage": lambda f: (["train", "--output", f / "run"], "--data is missing"),
    "name escapes": lambda f: (["train", "--data", cells(f), "--split", f / "s.json", "--output", f], "../x"),
}
# fmt: on
# Rows that another test of this folder hits, or none can.
ELSEWHERE = {
    "interrupted by the caller": "test_signals.py",
    "checksum mismatch": "test_corrupt_checkpoint.py",
    "another live process": "test_two_writers.py",
    "read-only output buffer": None,  # arrays of a caller: the program has none
    "a defect of this library": None,
    "loss becomes NaN/Inf": "test_not_finite.py",
}


def settings(folder):
    (folder / "settings.json").write_text('{ "epoch": 3}')
    return folder / "settings.json"


def cells(folder):
    """One cell, and a split that names another outside."""
    for kind in ("image", "mask", "obj"):
        (folder / kind).mkdir()
        (folder / kind / "x.tif").touch()
    (folder / "s.json").write_text(json.dumps({"train": ["../x"], "val": ["x"]}))
    return folder


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (128 << 20, 128 << 20))


@pytest.mark.identifier("S3")
def test_every_row_is_named():
    for row, _ in rows():
        named = [words for words in (*CASES, *ELSEWHERE) if row.startswith(words)]
        assert len(named) == 1, row
    assert len(list(rows())) == len(CASES) + len(ELSEWHERE)
    for file in filter(None, ELSEWHERE.values()):
        assert (ROOT / "Tests/Reliability" / file).exists()


@pytest.mark.identifier("S3")
@pytest.mark.parametrize("words", CASES)
def test_exit_code(words, tmp_path):
    program = os.environ.get("SHAPR") or ROOT / ".build-shapr/release/shapr"
    arguments, message = CASES[words](tmp_path)
    with open("/dev/full" if words == "ENOSPC" else os.devnull, "wb") as sink:
        done = subprocess.run(
            [program, *arguments],
            stdout=sink,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            preexec_fn=limit_memory if words == "needs more memory" else None,
        )
    (codes,) = [codes for row, codes in rows() if row.startswith(words)]
    assert str(done.returncode) in codes, done.stderr
    assert re.fullmatch(r"topoloss: error\[[A-Z]+\]: [^\n]+\n", done.stderr), done.stderr
    assert message in done.stderr
