"""C1, C2: settings and split files that are damaged or made to harm: taken, or refused in one line."""

import json
import os
import random
import shutil
import subprocess
import time

import pytest

LONGEST = 2
SETTINGS = b'{"epochs": 1, "batch_size": 2, "topological_dimensions": [0, 2], "schedule": "step"}'
# Settings are good when the next thing that fails is the data folder, which is not there.
GOOD_SETTINGS, GOOD_SPLIT = 66, 0


@pytest.fixture
def door(new_toy, scratch):
    """`door(kind, content, name)`: hands a file to the program as settings or as split."""
    toy = new_toy()

    def run(kind, content, name):
        path = scratch / f"{kind}-{name}.json"
        path.write_bytes(content)
        output = scratch / f"{kind}-{name}"
        if kind == "settings":
            flags = ["--settings", path, "--data", scratch / "nowhere"]
        else:
            flags = ["--split", path, "--data", toy.cells, "--epochs", "0", "--base-filters", "1"]
        started = time.monotonic()
        end = subprocess.run(
            [toy.program, "train", "--output", output, "--threads", "1", *flags],
            capture_output=True, timeout=60,
        )  # fmt: skip
        seconds = time.monotonic() - started
        path.unlink()
        shutil.rmtree(output, ignore_errors=True)
        assert seconds < LONGEST, f"{seconds} s"
        if end.returncode:
            lines = end.stderr.decode()  # which fails for what is not UTF-8
            assert lines.count("\n") == 1 and lines.startswith("topoloss: error["), lines
        return end.returncode

    return run


def split_text(toy):
    names = sorted(os.listdir(toy.cells / "obj"))
    return json.dumps({"train": names[:2], "val": names[2:3], "test": names[3:4]}).encode()


def mutants(text, random, count):
    """Truncations at every byte, single bit flips, and splices."""
    yield from (text[:end] for end in range(len(text)))
    for _ in range(count // 2):
        place = random.randrange(len(text))
        yield text[:place] + bytes([text[place] ^ 1 << random.randrange(8)]) + text[place + 1 :]
    for _ in range(count // 2):
        first, second, third = sorted(random.randrange(len(text)) for _ in range(3))
        yield text[:second] + text[first:third] + text[third:]


@pytest.mark.identifier("C1")
def test_mutated_json(door, new_toy, tally, seed, cases, in_parallel):
    toy = new_toy()
    generator = random.Random(seed)
    count = cases(40, 2000)
    every = [("settings", text) for text in mutants(SETTINGS, generator, count)]
    every += [("split", text) for text in mutants(split_text(toy), generator, count)]
    wanted = {"settings": (GOOD_SETTINGS, 78), "split": (GOOD_SPLIT, 65)}

    def check(case, random):
        kind, text = case
        code = door(kind, text, f"mutant-{random.getrandbits(64)}")
        assert code in wanted[kind], f"exit code {code}"

    results = in_parallel(check, every)
    tally("C1-json", len(results), results.count(None), seed=seed)


def crafted(good):
    """Contents by name; every one of them is to be refused. `good` is a text that is not."""
    member = good[1:-1]
    escaped = member.replace(b'"e', b'"\\u0065').replace(b'"t', b'"\\u0074')
    return {
        "empty": b"",
        "white": b" \n\t ",
        "null": b"null",
        "list": b"[" + good + b"]",
        "nested": b'{"a": ' + b"[" * 400_000 + b"]" * 400_000 + b"}",
        "nested open": b"[" * 900_000,
        "trailing": good + b"}",
        "twice": good + good,
        "duplicate": b"{" + member + b", " + member + b"}",
        "escaped duplicate": b"{" + member + b", " + escaped + b"}",
        "utf-16": good.decode().encode("utf-16"),
        "utf-32": good.decode().encode("utf-32"),
        "utf-8 mark": b"\xef\xbb\xbf" + good,
        "nul": good[:-1] + b"\0}",
        "nul at the end": good + b"\0",
        "over a mebibyte": good[:-1] + b" " * (1 << 20) + b"}",
        "comment": b"/* */" + good,
        "single quotes": good.replace(b'"', b"'"),
        "trailing comma": good[:-1] + b",}",
        "control character": good.replace(b'": ', b'\x01": ', 1),
        "not utf-8": good.replace(b'": ', b'\xff": ', 1),
    }  # fmt: skip


@pytest.mark.identifier("C2")
def test_crafted_json(door, new_toy, tally, in_parallel):
    toy = new_toy()
    good = split_text(toy)
    first = json.loads(good)["train"][0].encode()
    settings = crafted(SETTINGS) | {
        "1e999": b'{"learning_rate": 1e999}',
        "NaN": b'{"learning_rate": NaN}',
        "long number": b'{"learning_rate": 1' + b"0" * 100_000 + b"}",
        "beyond 64 bits": b'{"epochs": 18446744073709551617}',
        "negative": b'{"epochs": -1}',
        "half": b'{"epochs": 1.5}',
        "another kind": b'{"epochs": "1"}',
        "unknown": b'{"epoch": 1}',
        "long name": b'{"' + b"e" * 500_000 + b'": 1}',
        "lone surrogate": b'{"schedule": "\\ud800"}',
        "line in a name": b'{"a\\nb": 1}',
        "escape sequence": b'{"\\u001b[2J": 1}',
    }  # fmt: skip
    splits = crafted(good) | {
        "no lists": b"{}",
        "no names": b'{"train": [], "val": [], "test": []}',
        "numbers": b'{"train": [1], "val": [2]}',
        "no such cell": b'{"train": ["nobody"], "val": ["nothing"]}',
        "up and out": b'{"train": ["../../etc/passwd"], "val": ["x"]}',
        "in two lists": b'{"train": ["' + first + b'"], "val": ["' + first + b'"]}',
        "line in a name": b'{"train": ["a\\nb"], "val": ["x"]}',
        "escape sequence": b'{"train": ["\\u001b[2J"], "val": ["x"]}',
    }
    every = [("settings", name, text, 78) for name, text in settings.items()]
    every += [("split", name, text, 65) for name, text in splits.items()]

    def check(case, _):
        kind, name, text, expected = case
        code = door(kind, text, name.replace(" ", "-"))
        assert code == expected, f"exit code {code} instead of {expected}"

    assert door("settings", SETTINGS, "good") == GOOD_SETTINGS
    assert door("split", good, "good") == GOOD_SPLIT
    results = in_parallel(check, every)
    tally("C2-json", len(results), results.count(None))
