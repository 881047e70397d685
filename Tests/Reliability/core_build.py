"""The C sources built by the clang of the Swift toolchain: under sanitizers, or counting what they run."""

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

import topoloss_swift
from swift_tests import ROOT, SWIFT

PACKAGE = pathlib.Path(topoloss_swift.__file__).parent
TESTS = ROOT / "python" / "tests"
CLANG = pathlib.Path(shutil.which(SWIFT)).resolve().with_name("clang")


def runtime(name):
    """A shared runtime of clang, such as asan."""
    done = subprocess.run([CLANG, "-print-resource-dir"], check=True, capture_output=True, text=True)
    return next(pathlib.Path(done.stdout.strip(), "lib/linux").glob(f"libclang_rt.{name}-*.so"))


def compile_c(target, sources, *flags):
    command = [CLANG, "-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-fuse-ld=lld", *flags, *sources, "-o", target]
    subprocess.run(command, check=True)
    return target


def compile_row_compare(target, *flags):
    """The program that checks the row compare of CProcessor against a plain one."""
    sources = [ROOT / "Sources/CProcessor/cprocessor.c", ROOT / "Tests/Reliability/cprocessor_check.c"]
    return compile_c(target, [*sources, "-lm"], *flags, f"-I{ROOT / 'Sources/CProcessor/include'}")


def package_with_core(folder, *flags):
    """A copy of the installed package in `folder` whose extension was compiled with these flags."""
    package = folder / "topoloss_swift"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("_core.*.so", "_core.so", "__pycache__"))
    extension = package / next(PACKAGE.glob("_core*.so")).name
    includes = [ROOT / "Sources/CTopoLoss/include", sysconfig.get_path("include")]
    compile_c(
        extension,
        [ROOT / "python/topoloss_swift/_core.c"],
        "-shared",
        "-fPIC",
        *(f"-I{path}" for path in includes),
        f"-L{package / 'lib'}",
        "-ltopoloss",
        "-Wl,-rpath,$ORIGIN/lib",
        *flags,
    )
    return extension


def run_python_tests(folder, tests, results, timeout, chosen, **environment):
    """Runs what is `chosen` (pytest -k) in files of python/tests against the package in `folder`."""
    program = (
        "import sys, pytest, topoloss_swift\n"
        f"assert topoloss_swift.__file__.startswith({str(folder)!r}), topoloss_swift.__file__\n"
        "sys.exit(pytest.main(sys.argv[1:]))\n"
    )
    # Not what the tests count: that stays where they are run for their own sake.
    results.mkdir(exist_ok=True)
    command = [sys.executable, "-c", program, "-q", "-x", "-k", chosen, "-p", "no:cacheprovider"]
    done = subprocess.run(
        command + [TESTS / name for name in tests],
        cwd=results,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONMALLOC": "malloc", "TOPOLOSS_TIER": "C"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    return done.stdout, done.returncode
