"""Run in a Python with memory.c preloaded: refuses every large allocation of a call, one after the other.

    refused_memory.py CALL MOST FOLDER

CALL is a name of `calls`, MOST the number of cases at most, FOLDER has python/tests. Prints what became of
them as JSON. Each case is a child of a process that has computed nothing yet: memory that one call gives
back is kept for the next, which would not ask for it again.
"""

import ctypes
import hashlib
import itertools
import json
import os
import re
import sys
import tempfile
import traceback

import numpy as np

import topoloss_swift
from topoloss_swift.shapr import Shapr

ALLOCATOR = ctypes.CDLL(None)
for name in ("memory_asked", "memory_refused", "memory_lost"):
    getattr(ALLOCATOR, name).restype = ctypes.c_long
ALLOCATOR.memory_refuse.argtypes = (ctypes.c_long, ctypes.c_int)

RNG = np.random.default_rng(6)
VOLUMES, TRUTHS = RNG.normal(size=(2, 2, 24, 24, 24)).astype(np.float32)
# Many points, for which a k-d tree is used, and few.
MANY, OTHERS = (np.sort(RNG.uniform(size=(n, 2)), axis=1)[:, ::-1].copy() for n in (2600, 2500))
FEW, FEWER = MANY[:200].copy(), OTHERS[:180].copy()
SETTINGS = {"base_filters": 4, "epochs": 1, "batch_size": 2, "topological_resolution": 8, "threads": 1}


def points(diagrams):
    return [diagram.points for diagram in diagrams]


def diagrams(volume, **options):
    return points(topoloss_swift.persistence_diagrams(volume, **{"threads": 1, **options}))


def batch():
    found = topoloss_swift.persistence_diagrams(VOLUMES, spatial_dims=3, threads=2)
    return [each for of_volume in found for each in points(of_volume)]


def loss(resolution):
    return topoloss_swift.topological_loss_and_gradient(
        VOLUMES, TRUTHS, spatial_dims=3, resolution=resolution, dimensions=(0, 1, 2), threads=1
    )


def certificate(first, second):
    found = topoloss_swift.wasserstein_certificate(first, second)
    return [np.asarray(part) for part in (found.matching, found.potentials_a, found.potentials_b)]


def calls(cells, folder):
    """What is called, and what is made ready for it before memory is refused."""
    file = f"{folder}/model.safetensors"
    volumes = f"{folder}/volumes.npy"

    def nothing():
        return None

    def tables():
        """Tables that are made once, by the first diagrams, and stay."""
        diagrams(VOLUMES[0][:3, :3, :3])

    def fit(**options):
        return Shapr(SETTINGS, **options).fit(*cells)

    def predict(model):
        return model.predict(*cells[:2])

    def load():
        return Shapr.load(file, threads=1)

    def score(model):
        scores = model.score(np.load(volumes), cells[2])
        return [np.asarray(scores[name]) for name in sorted(scores)]

    def prepare():
        fit().save(file)
        np.save(volumes, predict(load()))

    return {
        "prepare": (prepare, nothing),
        "tables": (nothing, lambda _: diagrams(VOLUMES[0][:3, :3, :3])),
        "diagrams": (tables, lambda _: diagrams(VOLUMES[0])),
        "diagrams-V": (tables, lambda _: diagrams(VOLUMES[0].astype(np.float64), construction="V")),
        "diagrams-batch": (tables, lambda _: batch()),
        "wasserstein": (nothing, lambda _: topoloss_swift.wasserstein(MANY, OTHERS)),
        "bottleneck": (nothing, lambda _: topoloss_swift.bottleneck(MANY, OTHERS)),
        "sliced": (nothing, lambda _: topoloss_swift.sliced_wasserstein(MANY, OTHERS)),
        "certificate": (nothing, lambda _: certificate(MANY, OTHERS)),
        "certificate-few": (nothing, lambda _: certificate(FEW, FEWER)),
        "loss": (tables, lambda _: loss(None)),
        "loss-resampled": (tables, lambda _: loss(16)),
        "train": (tables, lambda _: predict(fit())),
        "train-adversarial": (tables, lambda _: predict(fit(adversarial_epochs=1))),
        "load": (nothing, lambda _: predict(load())),
        "predict": (load, predict),
        "score": (load, score),
    }


def in_child(function):
    """What a function returns, computed in a child; how it ended, if it ended otherwise."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = function()
        except BaseException:
            answer = traceback.format_exc()
        os.write(there, json.dumps(answer).encode())
        os._exit(0)
    os.close(there)
    with open(here) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if status == 0 else f"ended by signal {os.waitstatus_to_exitcode(status)}"


def digest(result):
    parts = result if isinstance(result, (list, tuple)) else [result]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def undisturbed(prepare, call):
    """How many large allocations a call makes, what it returns, and how many bytes it keeps for good."""
    state = prepare()
    ALLOCATOR.memory_begin()
    ALLOCATOR.memory_refuse(0, 0)
    found = call(state)
    asked, expected = ALLOCATOR.memory_asked(), digest(found)
    del state, found
    return asked, expected, ALLOCATOR.memory_lost()


def attempt(call, state, k, sticky):
    """What a call returns, or the words of its MemoryError; and how many allocations were refused."""
    ALLOCATOR.memory_refuse(k, sticky)
    found = error = None
    try:
        found = call(state)
    except MemoryError as caught:
        error = str(caught)
    count = ALLOCATOR.memory_refused()
    ALLOCATOR.memory_refuse(0, 0)
    return found, error, count


def refused(prepare, call, expected, kept, k, sticky):
    """None if all is well, or what is not."""
    state = prepare()
    ALLOCATOR.memory_begin()
    found, error, count = attempt(call, state, k, sticky)
    if not count:
        # Threads share what one of them gave back: then fewer are asked for.
        return None if digest(found) == expected else "was not asked for, and the result is wrong"
    if error is None:
        return "nobody said so" + ("" if digest(found) == expected else ", and the result is wrong")
    # NumPy's own arrays have NumPy's own words.
    if not re.search(r"[1-9]\d* bytes|^Unable to allocate", error):
        return f"{error!r} does not say how much is needed"
    if digest(call(state)) != expected:
        return "the next call is wrong"
    del state, found
    lost = ALLOCATOR.memory_lost() - kept
    return f"{lost} bytes were not given back" if lost > 0 else None


def main():
    name, most, tests = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sys.path.append(tests)
    from shapr_cells import cells

    with tempfile.TemporaryDirectory() as folder:
        known = calls(cells(6), folder)
        if name in ("load", "predict", "score"):
            in_child(known["prepare"][0])
        prepare, call = known[name]
        asked, expected, kept = in_child(lambda: undisturbed(prepare, call))
        cases = list(itertools.product(range(1, asked + 1), (0, 1)))
        cases = cases[:: max(1, len(cases) // most)] if most else cases
        failures = {}
        for k, sticky in cases:
            answer = in_child(lambda: refused(prepare, call, expected, kept, k, sticky))
            if answer:
                failures[f"{k}{' sticky' if sticky else ''}"] = answer
    print(json.dumps({"asked": asked, "run": len(cases), "failures": failures}))


main()
