"""One small training, and what the tests do with it: start, stop, go on, compare."""

import hashlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

CELLS = 10
# The smallest network.
SETTINGS = ["--base-filters", "1", "--topological-resolution", "8"]
# Three epochs and an adversarial one of three steps each; checkpoints after the second step and the last.
LONG = ["--epochs", "3", "--adversarial-epochs", "1", "--checkpoint-steps", "2", "--batch-size", "2"]
# Two epochs of two steps, a checkpoint after each: few file operations, but each kind.
SHORT = ["--epochs", "2", "--checkpoint-steps", "1", "--batch-size", "3"]
# Files whose content says nothing of results: locks, and seconds that were needed.
CLOCK_OR_LOCK = {".lock", "seconds.txt"}
# Seconds after which a program hangs: 100 times what a run takes alone.
PATIENCE = 120


class Toy:
    """A training of `shapr` with fixed flags.

    Its runs go to folders of their own under `scratch`; `reference` is the outcome of one that nothing
    disturbed.
    """

    numbers = itertools.count()

    def __init__(self, program, cells, scratch, fault, flags):
        self.program, self.cells, self.scratch, self.fault = program, cells, scratch, fault
        self.flags = [*SETTINGS, "--split", str(self._split()), *flags]
        self._reference = None

    def _split(self):
        names = sorted(os.listdir(self.cells / "obj"))
        path = self.scratch / "split.json"
        path.write_text(json.dumps({"train": names[:6], "val": names[6:8], "test": names[8:9]}))
        return path

    def all_checkpoints(self):
        """The folder of a finished run that kept every checkpoint, and their steps."""
        folder = self.folder()
        end = self.run(folder, environment={"FAULT_KEEP": 1})
        assert end.code == 0, end.errors
        return folder, list(checkpoints(folder))

    def folder(self):
        """A path for a new run directory."""
        return self.scratch / f"run-{next(self.numbers)}"

    def command(self, output, resume=True, data=None, threads=1):
        """One thread, since many programs run side by side."""
        places = ["--data", str(data or self.cells), "--output", str(output), "--threads", str(threads)]
        return [self.program, "train", *places, *self.flags, *(["--resume"] if resume else [])]

    def start(self, output, *, environment=(), user=None, through=(), **places):
        """Starts the training. `environment` holds variables for the preloaded library of fault.c; `user`
        is who runs it, if it is somebody else; `through` a command that starts it; `places` is what `command`
        takes."""
        added = {name: str(value) for name, value in dict(environment).items()}
        if added:
            added["LD_PRELOAD"] = str(self.fault)
        return subprocess.Popen(
            [*through, *self.command(output, **places)],
            env={**os.environ, **added},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
        )

    def run(self, output, **options):
        """Trains until the program ends."""
        return ended(self.start(output, **options))

    @property
    def reference(self):
        if self._reference is None:
            folder = self.folder()
            started = time.monotonic()
            end = self.run(folder)
            self.seconds = time.monotonic() - started
            assert end.code == 0, end.errors
            self._reference = outcome(folder)
            shutil.rmtree(folder)
        return self._reference

    def assert_goes_on(self, output, **places):
        """Runs the same command to its end: all results must be those of the reference."""
        end = self.run(output, **places)
        assert end.code == 0, f"exit code {end.code}: {end.errors}"
        found = outcome(output)
        assert found == self.reference, f"other results: {differences(found, self.reference)}"
        return end


class End:
    """How a program ended: exit code as a shell has it, and what it printed."""

    def __init__(self, process, output, errors):
        self.code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self.output, self.errors = output, errors

    @property
    def resumed(self):
        """The step whose checkpoint the run went on from, or None if it began anew."""
        found = re.search(r"goes on from \S*/ckpt-(\d+)\.safetensors", self.output)
        return int(found.group(1)) if found else None

    def assert_resumed(self, step):
        """The run went on from the checkpoint of this step, unless there was nothing left to do."""
        if "all results are there already" not in self.output:
            assert self.resumed == step, f"went on from {self.resumed}, not from {step}"

    def assert_refused(self, *codes):
        """An error as the program promises: its exit code, and exactly one line."""
        assert self.code in codes, f"exit code {self.code}: {self.errors}"
        assert self.errors.count("\n") == 1 and self.errors.startswith("topoloss: error["), self.errors


def ended(process):
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return End(process, output, errors)


def kill(process):
    process.send_signal(signal.SIGKILL)
    return ended(process)


def checkpoints(folder):
    """The complete checkpoints of a run: their steps, in order, and their paths."""
    names = pathlib.Path(folder, "fold-0/checkpoints").glob("ckpt-*.safetensors")
    return {int(path.stem.removeprefix("ckpt-")): path for path in sorted(names)}


def outcome(folder):
    """SHA-256 of all that a run leaves, temporary files included, but for the paths in settings.json. Of the
    checkpoints only the last: which one came before depends on where a run stopped."""
    last = list(checkpoints(folder).values())[-1:]
    hashes = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_dir() or path.name in CLOCK_OR_LOCK:
            continue
        if path.name.startswith("ckpt-") and path.suffix == ".safetensors" and path not in last:
            continue
        content = path.read_bytes()
        if path.name == "settings.json":
            settings = json.loads(content)
            for place in ("data", "output", "split", "threads"):
                del settings[place]
            content = json.dumps(settings).encode()
        hashes[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return hashes


def differences(found, expected):
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
