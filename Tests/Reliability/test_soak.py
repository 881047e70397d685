"""K12: a training under faults of all kinds, for as many seconds as `--cases` says."""

import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import threading
import time

import pytest
from small_disk import small_disk
from test_corrupt_checkpoint import DAMAGES
from toy import LONG, PATIENCE, End, checkpoints, differences, outcome

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# Seconds from a start to a fault.
SOONEST, LATEST = 0.1, 2.5
DISK = "256m"


class Samples(threading.Thread):
    """The memory and the open files of a process, looked at again and again while it runs."""

    def __init__(self, process):
        super().__init__()
        self.folder, self.bytes, self.files = pathlib.Path(f"/proc/{process.pid}"), [], []
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            try:
                pages = int((self.folder / "statm").read_text().split()[1])
                files = len(os.listdir(self.folder / "fd"))
            except (OSError, IndexError):
                return
            self.bytes.append(pages * os.sysconf("SC_PAGESIZE"))
            self.files.append(files)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class Soak:
    def __init__(self, toy, choice):
        self.toy, self.choice = toy, choice
        self.faults = dict.fromkeys(("kill", "signal", "error", "full", "damage"), 0)
        self.most_bytes = self.most_files = 0

    def finish(self, folder):
        """Goes on without a fault, however long it takes: what is left, and what was seen."""
        process = self.toy.start(folder)
        with Samples(process) as samples:
            end = self.wait(process, None)
        assert end.code == 0, end.errors
        found = outcome(folder)
        shutil.rmtree(folder)
        return found, samples

    def undisturbed(self):
        """Sets the reference. The growth of memory from the second quarter to the last, in bytes."""
        self.reference, samples = self.finish(self.toy.folder())
        quarter = len(samples.bytes) // 4
        assert quarter > 3, "the training is too short"
        self.usual_bytes, self.usual_files = max(samples.bytes), max(samples.files)
        middle = samples.bytes[quarter : 2 * quarter]
        return statistics.median(samples.bytes[-quarter:]) - statistics.median(middle)

    def disturb(self, folder, disk):
        """Goes on until a fault ends the run. True if the run has come to its end."""
        fault = self.choice.choice(list(self.faults))
        environment = self.error() if fault == "error" else {}
        process = self.toy.start(folder, environment=environment)
        with Samples(process) as samples:
            end = self.wait(process, self.choice.uniform(SOONEST, LATEST))
            if end is None:
                end = getattr(self, fault)(process, disk)
        self.most_bytes = max(self.most_bytes, *samples.bytes, 0)
        self.most_files = max(self.most_files, *samples.files, 0)
        allowed = {"signal": (0, 130, 138, 143), "error": (0, 73, 74, 137), "full": (0, 74, 73)}
        assert end.code in allowed.get(fault, (0, 137)), f"{fault}: exit code {end.code}: {end.errors}"
        self.faults[fault] += 1
        if fault == "damage":
            self.harm(folder)
        return end.code == 0

    @staticmethod
    def wait(process, seconds):
        try:
            return End(process, *process.communicate(timeout=seconds))
        except subprocess.TimeoutExpired:
            return None

    def kill(self, process, _):
        process.kill()
        return self.wait(process, PATIENCE)

    def signal(self, process, _):
        process.send_signal(self.choice.choice(SIGNALS))
        return self.wait(process, PATIENCE)

    def error(self, process=None, _=None):
        """What the preloaded library is told; or the end of a run that went on nevertheless."""
        if process:
            return self.kill(process, None)
        name = self.choice.choice(("ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR", "SHORT"))
        return {"FAULT_ERROR": f"{self.choice.randint(1, 20_000)}:{name}:sticky"}

    def full(self, process, disk):
        ballast = disk.path / "ballast"
        try:
            with open(ballast, "wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass
        except OSError:
            pass
        try:
            end = self.wait(process, PATIENCE)
        finally:
            ballast.unlink()
        return end

    damage = kill

    def harm(self, folder):
        """Damages the newest checkpoint, if there is another."""
        there = checkpoints(folder)
        if len(there) > 1:
            path = there[max(there)]
            path.write_bytes(DAMAGES["flip"](path.read_bytes(), self.choice))


@pytest.mark.release
@pytest.mark.identifier("K12")
def test_soak(toy, new_toy, tally, seed, cases):
    seconds = cases(60, 3600)
    assert toy.reference  # and how long it takes
    # As many epochs as fill a third of the time when nothing disturbs them; the log of more is slow to write.
    epochs = min(2000, max(20, int(seconds / 3 / (toy.seconds / 4))))
    long = new_toy(*LONG, "--epochs", str(epochs), "--early-stopping-patience", str(epochs))
    soak = Soak(long, random.Random(seed))
    growth = soak.undisturbed()
    started, runs = time.monotonic(), 0
    with small_disk(long.folder(), size=DISK) as disk:
        while time.monotonic() - started < seconds or not runs:
            folder = disk.path / f"run-{runs}"
            while time.monotonic() - started < seconds and not soak.disturb(folder, disk):
                pass
            found, _ = soak.finish(folder)
            assert found == soak.reference, f"other results: {differences(found, soak.reference)}"
            runs += 1
    # The log, which is part of every checkpoint, gets longer by a record of every epoch.
    assert growth < max(1 << 20, 8192 * epochs), f"an undisturbed training grew by {growth} bytes"
    assert soak.most_files <= soak.usual_files, f"{soak.most_files} open files, usual are {soak.usual_files}"
    more = soak.most_bytes - soak.usual_bytes
    assert more < 4 << 20, f"{more} bytes more than in an undisturbed training"
    assert all(soak.faults.values()), soak.faults
    count = sum(soak.faults.values())
    worst = f"{runs} runs of {epochs} epochs in {seconds} s; {growth / 1024:.0f} KiB grown"
    tally("K12", count, count, worst, seed)
