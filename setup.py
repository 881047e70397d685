"""Builds the Python package: one `swift build`, then one C file.

The wheel carries libtopoloss, with the Swift runtime inside, in the folder lib/ beside the
extension that uses it and finds it through $ORIGIN/lib. (In the package itself, tools that
walk through packages would take a file *.so for a Python module.) The rest of the description
is in pyproject.toml, the build of the library in tools/build_library.py.

SWIFT names another `swift` than the one on the PATH. TOPOLOSS_LIBRARY_DIR names a folder with
a finished library, and skips `swift build`.
"""

import glob
import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))
from build_library import DARWIN, LIBRARY, BuildError, build  # noqa: E402

HEADER = Path("Sources/CTopoLoss/include/topoloss.h")
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
# libc by name, although Python has loaded it: tools that check wheels look for it.
LINUX_LINK = ["-Wl,-rpath,$ORIGIN/lib", "-Wl,-s", "-Wl,--no-as-needed", "-lc"]
LINUX_LINK += ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"]
DARWIN_LINK = ["-Wl,-rpath,@loader_path/lib", "-Wl,-x"]


def version():
    """The version is written once, in the C header."""
    text = (ROOT / HEADER).read_text(encoding="utf-8")
    return ".".join(
        re.search(rf"TOPOLOSS_VERSION_{part}\s+(\d+)", text)[1]
        for part in ("MAJOR", "MINOR", "PATCH")
    )


def swift_build():
    try:
        return build()
    except BuildError as error:
        raise CompileError(str(error)) from None


class BuildWithSwift(build_ext):
    """Puts the library where the extension goes, then builds the extension against it."""

    def run(self):
        given = os.environ.get("TOPOLOSS_LIBRARY_DIR")
        library = Path(given) / LIBRARY if given else swift_build()
        if not library.is_file():
            raise CompileError(f"there is no {LIBRARY} in {library.parent}")
        package = Path(self.get_ext_fullpath(self.extensions[0].name)).parent
        target = package / "lib" / LIBRARY
        target.parent.mkdir(parents=True, exist_ok=True)
        # A new file, not new content: a running Python may have the old one mapped.
        fresh = target.with_suffix(".new")
        shutil.copy2(library, fresh)
        os.replace(fresh, target)
        # By name and not by path: the path would be written into the extension.
        self.extensions[0].library_dirs = [str(target.parent)]
        self.extensions[0].libraries = ["topoloss"]
        self.force = True  # one file, a second: cheaper than a stale binary
        super().run()

    def build_extensions(self):
        # Some Pythons hand on the library folders of the machine they were built on.
        self.compiler.linker_so = [
            flag for flag in self.compiler.linker_so if not flag.startswith(("-Wl,-rpath", "-L"))
        ]
        super().build_extensions()

    def get_outputs(self):
        outputs = super().get_outputs()
        return outputs + [str(Path(outputs[0]).parent / "lib" / LIBRARY)]


class SourcesWithLinks(sdist):
    """setuptools takes a folder once: the second and third name of the kernels' folder would be missing."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        for link in (ROOT / "Sources").glob("*/*"):
            if link.is_symlink() and link.is_dir():
                copy = Path(base_dir) / link.relative_to(ROOT)
                shutil.copytree(link, copy, dirs_exist_ok=True)


core = Extension(
    "topoloss_swift._core",
    sources=["python/topoloss_swift/_core.c"],
    depends=[str(HEADER)] + sorted(glob.glob("python/topoloss_swift/_core_*.h", root_dir=ROOT)),
    include_dirs=[str(HEADER.parent)],
    py_limited_api=not FREE_THREADED,
    # No debug information, which -s would remove anyway: it has paths, and a build identifier of them.
    extra_compile_args=["-std=c11", "-fvisibility=hidden", "-Wall", "-Wextra", "-g0"],
    extra_link_args=DARWIN_LINK if DARWIN else LINUX_LINK,
)

setup(
    version=version(),
    ext_modules=[core],
    cmdclass={"build_ext": BuildWithSwift, "sdist": SourcesWithLinks},
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
