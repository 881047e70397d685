"""The contestants of `training.py`: `shapr train` itself, and programs that take orders."""

import csv
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import clock
import network_programs as programs
import reference
import training_cells as cells

TORCH = [reference.PYTHON, "-W", "ignore", programs.HERE / "training_torch.py"]
VERSIONS = "from importlib.metadata import version; print(*(f'{name} {version(name)}' for name in %r), sep=', ')"
EPOCH = re.compile(r"fold 0 supervised epoch \d+: ")


def peer_versions():
    """Packages of the peer's environment with their versions."""
    return subprocess.check_output([reference.PYTHON, "-c", VERSIONS % (reference.PACKAGES,)], text=True).strip()


class ShaprTrain:
    """One run of `shapr train`, which is stopped between the epochs that are asked for.

    The program prints a line after each epoch, when checkpoint and logs are written. An epoch's time goes from
    one line to the next, or from the moment that it goes on; so reading and decoding of the images,
    augmentation, validation, checkpoint and logs are all in it.
    """

    def __init__(self, folder, threads, *settings):
        self._folder = Path(folder)
        command = cells.train(folder, "--threads", str(threads), *settings)
        with clock.bound_to(threads):
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def epochs(self, count):
        """The seconds of each of so many epochs."""
        last, seconds = time.perf_counter(), []
        os.kill(self._process.pid, signal.SIGCONT)
        while len(seconds) < count:
            line = self._process.stdout.readline()
            now = time.perf_counter()
            if not line:
                raise SystemExit(f"shapr ended with status {self._process.wait()}")
            if EPOCH.match(line):
                seconds.append(now - last)
                last = now
        os.kill(self._process.pid, signal.SIGSTOP)
        return seconds

    def losses(self, epoch):
        """Geometric and topological loss in training, then the same in validation."""
        with open(self._folder / "fold-0" / "log.csv", encoding="utf-8") as file:
            row = list(csv.DictReader(file))[epoch]
        found = []
        for part in ("train", "val"):
            topological = float(row[f"{part}_topological"])
            found += [float(row[f"{part}_loss"]) - topological, topological]
        return found

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


class TorchTrain:
    """The same epochs in PyTorch, one after the other."""

    def __init__(self, folder, threads, case, environment=None):
        self._program = programs.Program(TORCH, folder, threads, environment)
        self._case, self._losses = case, []

    def epochs(self, count):
        found = [self._program.run(self._case) for _ in range(count)]
        self._losses += [run.result for run in found]
        return [run.seconds for run in found]

    def losses(self, epoch):
        return self._losses[epoch]

    def close(self):
        self._program.close()
