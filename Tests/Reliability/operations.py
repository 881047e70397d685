"""The file operations of a run, as fault.c logs them."""

import os
import pathlib
from typing import NamedTuple


class Operation(NamedTuple):
    name: str  # open, write, ftruncate, fsync, rename, unlink, mkdir
    path: str
    argument: str  # of ftruncate the size, of rename the new path, of open "truncate"
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


def operations_of(toy, folder):
    """Those of a training in `folder`."""
    log = toy.scratch / f"{folder.name}.log"
    end = toy.run(folder, environment={"FAULT_LOG": log})
    assert end.code == 0, end.errors
    operations = logged(log)
    log.unlink()
    return operations
