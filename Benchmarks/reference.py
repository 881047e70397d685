"""torch_topological, in the environment of its own that it needs: GUDHI 3.11, not a later one.

``Reference`` is the benchmark's side. The other side is this file as a program in that environment:
``reference.py BATCH.npz wall|processor`` says its versions, then answers each line that it reads,
resolution and dimensions, with the time, the value and the gradient's norm of one run.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

import clock

PYTHON = Path(__file__).resolve().parents[1] / ".venv-peers" / "reference" / "bin" / "python"
PACKAGES = ("torch_topological", "gudhi")


class Reference:
    """The loss of torch_topological on one batch; the process starts at the first run."""

    def __init__(self, prediction, target):
        self._folder = tempfile.TemporaryDirectory()
        self._file = f"{self._folder.name}/batch.npz"
        np.savez(self._file, prediction=prediction, target=target)
        self.versions = "torch_topological not run"

    @cached_property
    def _process(self):
        command = [PYTHON, "-W", "ignore", __file__, self._file, clock.kind()]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions = json.loads(process.stdout.readline())
        return process

    def run(self, resolution, dimensions):
        """One forward and backward run: value and norm of the gradient."""
        print(json.dumps([resolution, dimensions]), file=self._process.stdin, flush=True)
        reply = self._process.stdout.readline()
        if not reply:
            raise SystemExit("torch_topological's process ended")
        seconds, value, norm = json.loads(reply)
        return clock.Elsewhere(seconds, (value, norm))

    def close(self):
        """Ends the process, if there is one."""
        if "_process" in self.__dict__:
            self._process.stdin.close()
            self._process.wait()
        self._folder.cleanup()


def loss(prediction, target, resolution, dimensions):
    """W2 + total persistence of the wanted dimensions, mean over the batch, of superlevel sets."""
    import torch
    from torch_topological.nn import CubicalComplex, WassersteinDistance

    diagrams, distance = CubicalComplex(superlevel=True, dim=3), WassersteinDistance(q=2)
    batches = [prediction, target]
    if resolution is not None:
        size = (resolution,) * 3
        resample = partial(torch.nn.functional.interpolate, size=size, mode="trilinear", align_corners=True)
        batches = [resample(batch) for batch in batches]
    total = 0
    for found, true in zip(*(diagrams(batch.squeeze(1)) for batch in batches), strict=True):
        for k in dimensions:
            # A list of one diagram each: of several it returns the root of the sum of squares.
            total = total + distance([found[k]], [true[k]])
            points = found[k].diagram
            total = total + ((points[:, 1] - points[:, 0]) ** 2).sum()
    return total / len(prediction)


def main(batch_file, kind_of_time):
    import torch

    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to standard error
    torch.set_num_threads(1)
    if kind_of_time == "processor":
        clock.use_processor_time()
    with np.load(batch_file) as batch:
        prediction = torch.from_numpy(batch["prediction"]).requires_grad_()
        target = torch.from_numpy(batch["target"])

    def run(resolution, dimensions):
        prediction.grad = None
        value = loss(prediction, target, resolution, dimensions)
        value.backward()
        return value.item()

    names = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(json.dumps(names), file=replies, flush=True)
    for line in sys.stdin:
        seconds, value = clock.timed(partial(run, *json.loads(line)))
        print(json.dumps([seconds, value, prediction.grad.norm().item()]), file=replies, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
