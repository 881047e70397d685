"""C programs that call the library: compiled against the one of the package, or against one that a
sanitizer watches."""

import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).parent
HEADERS = ROOT / "Sources" / "CTopoLoss" / "include"


def toolchain(program):
    """A program of the Swift toolchain: its sanitizers belong together."""
    swift = pathlib.Path(shutil.which("swift")).resolve()
    return str(swift.with_name(program))


def library_folder(sanitizer=None):
    """Where libtopoloss.so is. With a sanitizer ("address", "thread") it is built, with every assert() alive."""
    if sanitizer is None:
        return ROOT / ".build-python" / "release"
    scratch = ROOT / f".build-{sanitizer}"
    subprocess.run(
        ["swift", "build", "-c", "release", "--product", "topoloss", f"--sanitize={sanitizer}",
         "-Xswiftc", "-assert-config", "-Xswiftc", "Debug", "--scratch-path", scratch],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return scratch / "release"


def build(source, folder, sanitizer=None):
    """The program of a file in this folder."""
    program = folder / f"{pathlib.Path(source).stem}-{sanitizer or 'plain'}"
    library = library_folder(sanitizer)
    flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-fuse-ld=lld"]
    if sanitizer:
        flags += [f"-fsanitize={sanitizer}", "-fno-omit-frame-pointer"]
    if sanitizer == "thread":  # its runtime watches Dispatch, too, whether it is used or not
        swift = pathlib.Path(toolchain("swift")).parents[1] / "lib" / "swift" / "linux"
        flags += [f"-L{swift}", "-ldispatch", "-lBlocksRuntime", f"-Wl,-rpath,{swift}"]
    subprocess.run(
        [toolchain("clang"), *flags, f"-I{HEADERS}", HERE / source, f"-L{library}", "-ltopoloss",
         f"-Wl,-rpath,{library}", "-lm", "-o", program],
        check=True, capture_output=sanitizer is not None,
    )  # fmt: skip
    return program
