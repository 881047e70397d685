"""The file operations of a run, as fault.c logs them."""

import collections
import os
import pathlib
import re
from typing import NamedTuple


class Operation(NamedTuple):
    name: str  # open, write, ftruncate, fsync, rename, unlink, mkdir, and close
    path: str
    argument: str  # of ftruncate the size, of rename the new path, of open "truncate" or "folder"
    data: bytes  # what write writes


def logged(path):
    """The operations in a log, in their order."""
    log = pathlib.Path(path).read_bytes()
    operations, place = [], 0
    while place < len(log):
        end = log.index(b"\n", place)
        name, file, argument, size = log[place:end].split(b"\t")
        place = end + 1 + int(size)
        data = log[end + 1 : place]
        operations.append(Operation(name.decode(), os.fsdecode(file), os.fsdecode(argument), data))
    assert place == len(log), f"{path} ends inside an operation"
    return operations


def operations_of(toy, folder, environment=()):
    """Those of a training in `folder`."""
    log = toy.scratch / f"{folder.name}.log"
    end = toy.run(folder, environment={"FAULT_LOG": log, **dict(environment)})
    assert end.code == 0, end.errors
    operations = logged(log)
    log.unlink()
    return operations


def acknowledged(operations):
    """After each operation, the step of the newest checkpoint that was reported as saved: renamed, and its
    folder fsynced."""
    steps, renamed, saved = [], None, None
    for operation in operations:
        renamed = renamed_checkpoint(operation) or renamed
        if operation.name == "fsync" and operation.path.endswith("/checkpoints"):
            saved = renamed
        steps.append(saved)
    return steps


def renamed_checkpoint(operation):
    """The step of the checkpoint that takes its name by this operation, if it is one that does so."""
    found = re.search(r"checkpoints/ckpt-(\d+)\.safetensors$", operation.argument)
    return int(found[1]) if operation.name == "rename" and found else None


def contents_of_checkpoints(operations):
    """For each step what its checkpoint was: that of the last one is written anew when the training ends."""
    contents, writing = collections.defaultdict(list), b""
    for operation in operations:
        if operation.name == "ftruncate":
            writing = b""
        writing += operation.data
        if step := renamed_checkpoint(operation):
            contents[step].append(writing)
    return contents
