"""S4: the two binaries of the Python package, and that the same sources give the same bytes.

The libraries are those of the installed package; `make check-c` compares libtopoloss.so's names with the header.
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import pytest

import topoloss_swift
from artefact import Artefact

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = pathlib.Path(topoloss_swift.__file__).parent
# The oldest system that the wheel is for: Debian 12, Ubuntu 22.04 and RHEL 9 are newer or equal.
GLIBC = (2, 34)
# Every Linux with glibc has these. No Swift runtime, no libstdc++, no libgomp.
SYSTEM = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2"}
# A fixed day, so that the times in an archive are those of the sources and not of the build.
EPOCH = "1750000000"


def machine_paths():
    """Folders that only this machine has, as they would be written into a binary."""
    swift = shutil.which(os.environ.get("SWIFT", "swift"))
    folders = {ROOT, pathlib.Path(tempfile.gettempdir()), pathlib.Path.home(), pathlib.Path(sys.prefix)}
    if swift:
        folders.add(pathlib.Path(swift).resolve().parents[2])
    return [f"{folder}/".encode() for folder in sorted(folders) if len(folder.parts) > 1]


def faults(library, needed, runpath, names):
    """What is wrong with a library, a sentence each; and how many statements were checked."""
    loader = {name for name in library.tags("NEEDED") if name.startswith("ld-linux")}  # thread-local storage
    statements = {
        "read-only after relocation (RELRO)": "GNU_RELRO" in library.segments,
        "all names bound before the first call": "BIND_NOW" in library.dynamic,
        "no executable stack": "E" not in library.stack_flags,
        "no segment both writable and executable": not any(
            "W" in flags and "E" in flags for flags in library.loaded_flags
        ),
        "no relocations in code": "TEXTREL" not in library.dynamic,
        f"run path among {runpath}": set(library.tags("RUNPATH")) <= runpath,
        "no old-style run path": not library.tags("RPATH"),
        f"glibc {GLIBC} is new enough, it asks for {library.glibc}": library.glibc <= GLIBC,
        f"needs {needed} only, asks for {library.tags('NEEDED')}": set(library.tags("NEEDED")) <= needed | loader,
        "exports what it should": bool(library.exported) and all(map(names, library.exported)),
        "no symbol table, no debug information": not re.search(r"\.symtab|\.debug_", library.sections),
    }
    for path in machine_paths():
        statements[f"{path.decode()} is not in it"] = path not in library.content
    return [text for text, holds in statements.items() if not holds], len(statements)


@pytest.mark.identifier("S4")
def test_binaries(tally):
    library = PACKAGE / "lib" / "libtopoloss.so"
    (extension,) = PACKAGE.glob("_core.*.so")
    wrong, checked = [], 0
    for path, needed, runpath, names in (
        (library, SYSTEM, {"$ORIGIN"}, lambda name: name.startswith("topoloss_")),
        (extension, SYSTEM | {"libtopoloss.so"}, {"$ORIGIN/lib"}, lambda name: name == "PyInit__core"),
    ):
        found, statements = faults(Artefact(path), needed, runpath, names)
        wrong += [f"{path.name}: not true: {text}" for text in found]
        checked += statements
    print(*wrong, sep="\n")
    tally("S4", checked, checked - len(wrong), *wrong[:1])


def sources(folder):
    """A copy of what a fresh clone has."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
    )
    if listed.returncode != 0:
        pytest.skip("LOUD SKIP: two builds are compared in a git clone only")
    for name in listed.stdout.decode().split("\0"):
        source, target = ROOT / name, folder / name
        if not name or not (source.is_file() or source.is_symlink()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
    return folder


def wheel(source, output):
    """Builds the wheel of a source folder; {name in it: SHA-256}, and that of the whole."""
    shutil.rmtree(source / "build", ignore_errors=True)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-build-isolation"]
        + ["--no-deps", "--wheel-dir", output, source],
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    (path,) = output.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        contents = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    return {**contents, path.name: hashlib.sha256(path.read_bytes()).hexdigest()}


def unpacked_sdist(source, folder):
    """What the source distribution of a clone unpacks to."""
    packed = folder / "packed"
    packed.mkdir(parents=True)
    backend = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", backend, packed], cwd=source, check=True, capture_output=True)
    (path,) = packed.glob("*.tar.gz")
    shutil.unpack_archive(path, folder)
    return folder / path.name.removesuffix(".tar.gz")


@pytest.mark.identifier("S4")
@pytest.mark.release
def test_same_bytes_twice(tally, tmp_path):
    """A clone and the source distribution, in two folders, make the same wheel.

    Their paths are equally long: Swift 6.3 writes the length of a source file's path, mapped or not, into the
    checks of `withoutActuallyEscaping`. The paths themselves must not matter.
    """
    clone = sources(tmp_path / "a folder, and a clone's")
    unpacked = unpacked_sdist(clone, tmp_path / "sdist")
    sdist = unpacked.rename(tmp_path / "another, and an sdist's")
    assert len(str(clone)) == len(str(sdist))
    one, other = wheel(clone, tmp_path / "wheel-1"), wheel(sdist, tmp_path / "wheel-2")
    different = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    print(*different, sep="\n")
    tally("S4[same bytes]", len(one), len(one) - len(different), *different[:1])
