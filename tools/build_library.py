#!/usr/bin/env python3
"""Builds libtopoloss with the Swift and the C++ runtime inside, and prints where it is.

Needs no installed package: setup.py and `make library` both call it, so that the flags, and with them
everything that was compiled, are the same. Quick when nothing changed. SWIFT names another `swift` than
the one on the PATH.

What is inside is hidden: only topoloss_* is exported, and the runtime cannot meet another Swift runtime.
The same sources give the same bytes in any folder whose path is as long (Tests/Reliability/test_artefact.py).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from discardable_runtime import discardable_copy  # noqa: E402

DARWIN = sys.platform == "darwin"
LIBRARY = "libtopoloss.dylib" if DARWIN else "libtopoloss.so"
# Its own scratch folder, so that this build and a developer's `swift build` keep apart.
SCRATCH = ROOT / ".build-python"
# What the library uses of the runtime.
ARCHIVES = ["libswiftCore.a", "libswiftGlibc.a", "libswiftSynchronization.a"]


class BuildError(Exception):
    """One sentence that says why there is no library."""


def find_swift():
    name = os.environ.get("SWIFT", "swift")
    swift = shutil.which(name)
    if swift is None:
        raise BuildError(
            f"building topoloss needs the Swift 6.3 toolchain, and there is no `{name}`: install it and put it"
            " into PATH (or name it by SWIFT), or install a wheel, which needs none"
        )
    return swift


def compiler_flags():
    # Functions in sections of their own, and not kept for users outside the library: there are none.
    flags = ["-Xfrontend", "-function-sections", "-Xfrontend", "-internalize-at-link"]
    # No path of this machine, nor a hash of the command line, in the library.
    flags += ["-file-prefix-map", f"{ROOT}=.", "-Xfrontend", "-disable-incremental-llvm-codegen"]
    return flags


def linux_flags(swift):
    """Flags for swiftc and for the linker that put the runtime inside."""
    # lld, because gold leaves Swift names in the dynamic symbol table.
    compiler = ["-static-stdlib", "-use-ld=lld"]
    linker = [f"--version-script={ROOT / 'tools/exports.map'}", "--gc-sections", "-s", "-soname", LIBRARY]
    linker += ["-z", "relro", "-z", "now", "-z", "noexecstack"]
    folder = SCRATCH / "runtime"
    folder.mkdir(parents=True, exist_ok=True)
    asked = [swift, "-print-target-info", "-static-stdlib"]
    answer = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout
    runtime = Path(json.loads(answer)["paths"]["runtimeLibraryPaths"][0])
    for name in ARCHIVES:  # swiftc names the folder of the runtime before any other
        linker.append(f"--remap-inputs={runtime / name}={discardable_copy(runtime / name, folder)}")
    # The first libstdc++ the linker meets is the one without a shared twin beside it.
    asked = [shutil.which("clang", path=Path(swift).resolve().parent) or "cc", "-print-file-name=libstdc++.a"]
    cplusplus = Path(subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    if cplusplus.is_file():
        shutil.copyfile(cplusplus, folder / cplusplus.name)
        compiler += ["-L", str(folder)]
    return compiler, linker


def darwin_flags():
    """The Swift runtime is a part of macOS. (Nobody has run this yet.)"""
    linker = ["-exported_symbol", "_topoloss_*", "-dead_strip", "-x", "-install_name", f"@rpath/{LIBRARY}"]
    return [], linker


def build():
    """Builds the library and returns its path."""
    swift = find_swift()
    compiler, linker = darwin_flags() if DARWIN else linux_flags(swift)
    command = [swift, "build", "--package-path", str(ROOT), "--scratch-path", str(SCRATCH)]
    command += ["-c", "release", "--product", "topoloss"]
    for flag in compiler_flags() + compiler:
        command += ["-Xswiftc", flag]
    for flag in linker:
        command += ["-Xlinker", flag]
    command += ["-Xcc", f"-ffile-prefix-map={ROOT}=."]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise BuildError("`swift build` failed; its messages are above")
    shown = subprocess.run(command + ["--show-bin-path"], check=True, stdout=subprocess.PIPE, text=True)
    return Path(shown.stdout.strip()) / LIBRARY


if __name__ == "__main__":
    try:
        print(build())
    except BuildError as error:
        sys.exit(f"build_library: {error}")
