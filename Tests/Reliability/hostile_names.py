"""Names and things in a folder that were made to harm."""

import os
import socket

# As bytes; some can be names of files, others only texts or paths.
NAMES = {
    "dot": b".",
    "up": b"..",
    "empty": b"",
    "up and out": b"../../canary/file",
    "far up and out": b"../../canary/../canary/file",
    "line": b"a\nb",
    "return": b"a\rb",
    "tabulator": b"a\tb",
    "clear the screen": b"\x1b[2Ja",
    "title of the terminal": b"\x1b]0;a\x07",
    "delete": b"a\x7f",
    "C1 control": "a\u009b31m".encode(),
    "line separator": "a\u2028b".encode(),
    "byte-order mark": "\ufeffa".encode(),
    "right to left": "a\u202eb".encode(),
    "combining": "e\u0301\u0301\u0301".encode(),
    "not UTF-8": b"\xff\xfe",
    "half a character": b"a\xe2\x82",
    "surrogate": b"\xed\xa0\x80",
    "overlong": b"..\xc0\xaf..\xc0\xafcanary",
    "250 bytes": b"n" * 250,
    "256 bytes": b"n" * 256,
    "5000 bytes": b"/".join([b"n" * 249] * 20),
    "device": b"CON",
    "device with an end": b"NUL.tif",
    "drive": b"C:\\x",
    "backslashes": b"..\\..\\canary",
    "stream": b"a:b",
    "slashes": b"a//b",
    "home": b"~",
    "variable": b"$HOME",
    "command": b"$(touch canary)",
    "backticks": b"`touch canary`",
    "commands": b"; touch canary",
    "flag": b"-rf",
    "long flag": b"--output",
    "format": b"%s%n%n",
    "wildcard": b"*?[a]",
    "quotes": b"\"'a",
    "blank": b" ",
    "hidden": b".hidden",
    "temporary": b"a.tmp",
}

# Things that have a good name, and are no plain file: how each is made at a path.
THINGS = {
    "link out": lambda path, canary: os.symlink(canary / "volume.npy", path),
    "link to a folder outside": lambda path, canary: os.symlink(canary / "cells", path),
    "dangling link": lambda path, canary: os.symlink(canary / "nothing", path),
    "link to itself": lambda path, canary: os.symlink(path, path),
    "pipe": lambda path, canary: os.mkfifo(path),
    "link to a pipe": lambda path, canary: os.symlink(canary / "pipe", path),
    "endless device": lambda path, canary: os.symlink("/dev/zero", path),
    "empty device": lambda path, canary: os.symlink("/dev/null", path),
    "terminal": lambda path, canary: os.symlink("/dev/tty", path),
    "own memory": lambda path, canary: os.symlink("/proc/self/mem", path),
    "folder": lambda path, canary: os.mkdir(path),
    "socket": lambda path, canary: _bind(path),
}


def _bind(path):
    """Makes a socket, whose path may be longer than its address can be."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(os.fsencode(f"/proc/self/fd/{folder}/") + os.fsencode(os.path.basename(path)))
    finally:
        os.close(folder)


def is_one_line(text):
    """Whether a message, with or without its newline, stays on its line and leaves the terminal alone."""
    line = text.removesuffix("\n")
    return not any(ord(one) < 32 or 127 <= ord(one) < 160 or one in "\u2028\u2029" for one in line)
