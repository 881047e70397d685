"""The Swift tests in a build of another kind: with mutants, under a sanitizer, counting what they run."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# As in the Makefile: optimised, and every assert() alive.
FLAGS = ["-c", "release", "-Xswiftc", "-enable-testing", "-Xswiftc", "-assert-config", "-Xswiftc", "Debug"]
SWIFT = os.environ.get("SWIFT", "swift")


def copy_package(folder, targets):
    """A copy of the package with only these targets and what they import: quicker to build than all."""
    for name in ("Sources", "Tests"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    manifest = (ROOT / "Package.swift").read_text(encoding="utf-8")
    kept = ", ".join(f'"{target}"' for target in targets)
    manifest += f"\npackage.targets.removeAll {{ ![{kept}].contains($0.name) }}\n"
    manifest += "package.products = []\npackage.dependencies = []\n"
    (folder / "Package.swift").write_text(manifest, encoding="utf-8")


def build(package, scratch_path, *flags):
    """Builds the tests of a package and returns the program that runs them."""
    command = [SWIFT, "build", "--build-tests", *FLAGS, *flags]
    command += ["--package-path", str(package), "--scratch-path", str(scratch_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    return next(pathlib.Path(scratch_path, "release").glob("*.xctest"))


def run(program, suites, folder, timeout, skipped=(), **environment):
    """Runs the suites whose name matches; their output and exit code, None after the time.

    In another folder and at their ordinary size: what they count there is not what they count for themselves.
    """
    ordinary = {"TOPOLOSS_TIER": "C", "TOPOLOSS_CASES": "", "TOPOLOSS_SEED": ""}
    folder.mkdir(exist_ok=True)
    command = [str(program), "--testing-library", "swift-testing"]
    for suite in suites:
        command += ["--filter", suite]
    for suite in skipped:
        command += ["--skip", suite]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | ordinary | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as late:
        return (late.output or b"").decode(errors="replace"), None
    return done.stdout.decode(errors="replace"), done.returncode
