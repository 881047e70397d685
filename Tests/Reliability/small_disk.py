"""A disk of a few kilobytes, or of a few files."""

import contextlib
import subprocess

import pytest


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here, so nothing is known of full ones: {done.stderr.strip()}")


class SmallDisk:
    """`path` is where it is mounted; everybody may write there. `options` are of tmpfs: size, nr_inodes."""

    def __init__(self, path, **options):
        self.path = path
        path.mkdir()
        mount("-t", "tmpfs", "-o", written(mode="777", **options), "tmpfs", path)

    def change(self, *flags, **options):
        mount("-o", ",".join(["remount", *flags, written(**options)]).rstrip(","), self.path)


def written(**options):
    return ",".join(f"{name}={value}" for name, value in options.items())


@contextlib.contextmanager
def small_disk(path, **options):
    disk = SmallDisk(path, **options)
    try:
        yield disk
    finally:
        subprocess.run(["umount", path], check=True)
        path.rmdir()
