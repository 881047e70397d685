"""Figures that need a process of their own: peak memory, and one fixed instruction set.

As a program, ``fresh_process.py memory|time FIELD.npy CONSTRUCTION`` prints its findings as JSON.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import topoloss_swift
from clock import medians, timed


def in_fresh_process(task, field_file, construction, instruction_set=None):
    """The findings of another Python, as a dict; see `memory` and `time_and_digest`."""
    environment = dict(os.environ)
    environment.pop("TOPOLOSS_INSTRUCTION_SET", None)
    if instruction_set is not None:
        environment["TOPOLOSS_INSTRUCTION_SET"] = instruction_set
    command = [sys.executable, __file__, task, field_file, construction]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def digest(diagrams):
    """Equal for equal points and voxels in equal order, bit for bit."""
    parts = hashlib.sha256()
    for diagram in diagrams:
        parts.update(diagram.points.tobytes())
        parts.update(diagram.voxels.tobytes())
    return parts.hexdigest()


def status(key):
    """A size from the kernel's account of this process, in bytes.

    Not `ru_maxrss`: that one survives the start of a new program, so a child would begin with the
    peak of the benchmark itself.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))


def memory(run, field):
    """Peak of the process, and what of it lies above the state with the input already in memory."""
    before = status("VmRSS")
    diagrams = run()
    peak = status("VmHWM")
    return {"above": peak - before, "peak": peak, "voxels": field.size, "pairs": sum(map(len, diagrams))}


def time_and_digest(run):
    """Median seconds, the digest of the result, and the instruction set that was in use."""
    first, diagrams = timed(run)
    found = digest(diagrams)
    del diagrams
    seconds = medians({"ours": run}, {"ours": first})["ours"]
    return {"seconds": seconds, "digest": found, "instruction_set": instruction_set()}


def instruction_set():
    """The last word of the build information: "avx512", "avx2" or "portable"."""
    return topoloss_swift.build_info().split()[-1]


def main(task, field_file, construction):
    field = np.load(field_file)  # read, not mapped: it is in memory before the account begins

    def run():
        return topoloss_swift.persistence_diagrams(
            field, filtration="sublevel", construction=construction, threads=1
        )

    print(json.dumps(memory(run, field) if task == "memory" else time_and_digest(run)))


if __name__ == "__main__":
    main(*sys.argv[1:])
