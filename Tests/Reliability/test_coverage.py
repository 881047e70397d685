"""S3: how much of the engine, of the readers of files and of the C sources the tests run."""

import fnmatch
import json
import subprocess

import pytest
from checked_tests import checked_run
from core_build import CLANG, compile_row_compare, package_with_core, run_python_tests
from swift_tests import ROOT

pytestmark = [pytest.mark.identifier("S3"), pytest.mark.release]

# Files under Sources, and the least percentage of lines and of regions of them together.
GROUPS = {
    "core": (["PersistentHomology/*", "OptimalTransport/*", "TopologicalLoss/*"], 95, 0),
    "readers": (
        [
            "NeuralNetwork/Checkpoint*",
            "NeuralNetwork/JSON*",
            *(f"SHAPRFiles/{name}*" for name in ("ByteR", "Deflate", "InputFile", "NPY", "PNG", "Pixel", "TIFF")),
        ],
        95,
        90,
    ),
    "C interface": (["TopoLossABI/*"], 95, 0),
}
CORE_TESTS = ["api", "array_zoo", "buffers", "distances", "error_table", "loss", "loss_buffers", "loss_errors"]
CORE_TESTS += ["loss_target", "shapr", "interrupt", "shapr_interrupt"]


def summaries(program, profile):
    """By path under the project: the summary of llvm-cov."""
    merged = profile.with_suffix(".profdata")
    tool = CLANG.with_name
    raw = sorted(profile.parent.glob(f"{profile.stem}*.profraw"))
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", *raw, "-o", merged], check=True)
    shown = subprocess.run(
        [tool("llvm-cov"), "export", "-summary-only", "-instr-profile", merged, program],
        check=True,
        capture_output=True,
        text=True,
    )
    files = json.loads(shown.stdout)["data"][0]["files"]
    root = f"{ROOT.resolve()}/"
    return {file["filename"].removeprefix(root): file["summary"] for file in files}


def percentage(found, what):
    count = sum(summary[what]["count"] for summary in found.values())
    return 100 * sum(summary[what]["covered"] for summary in found.values()) / count if count else 100.0


def report(name, found):
    """Prints the files that are run least, and returns the percentages of them all."""
    for path, summary in sorted(found.items(), key=lambda item: item[1]["lines"]["percent"])[:12]:
        figures = ", ".join(f"{what} {summary[what]['percent']:.1f}" for what in ("lines", "regions", "branches"))
        print(f"  {path}: {figures}")
    figures = {what: percentage(found, what) for what in ("lines", "regions", "branches")}
    print(f"{name}: " + ", ".join(f"{what} {figure:.1f} %" for what, figure in figures.items()))
    return figures


def test_swift(complete, tally):
    run = checked_run(complete)
    assert run.code == 0, run.output[-4000:]
    files = summaries(run.program, run.profile)
    assert files, "nothing was counted"
    passed = 0
    shown = []
    for name, (patterns, lines, regions) in GROUPS.items():
        found = {
            path: summary
            for path, summary in files.items()
            if any(fnmatch.fnmatch(path, f"Sources/{pattern}") for pattern in patterns)
        }
        assert found, f"no file of {name}"
        figures = report(name, found)
        shown.append(f"{name} {figures['lines']:.1f} %")
        passed += figures["lines"] >= lines and figures["regions"] >= regions
    tally("S3[Swift]", len(GROUPS), passed, "lines: " + ", ".join(shown))


COUNTING = ["-fprofile-instr-generate", "-fcoverage-mapping"]


def test_row_compare(tally, tmp_path):
    program = compile_row_compare(tmp_path / "check", *COUNTING)
    profile = tmp_path / "check.profraw"
    subprocess.run([program], check=True, capture_output=True, env={"LLVM_PROFILE_FILE": str(profile)})
    files = summaries(program, profile)
    figures = report("row compare", {path: files[path] for path in files if path.startswith("Sources/CProcessor/")})
    tally("S3[row compare]", 1, int(figures["lines"] >= 95), f"row compare {figures['lines']:.1f} %")


def test_extension(tally, tmp_path):
    extension = package_with_core(tmp_path / "package", *COUNTING)
    profile = tmp_path / "extension.profraw"
    output, code = run_python_tests(
        tmp_path / "package",
        [f"test_{name}.py" for name in CORE_TESTS],
        tmp_path / "results",
        3 * 3600,
        "not leak",
        LLVM_PROFILE_FILE=str(tmp_path / "extension-%p.profraw"),
    )
    assert code == 0, output[-4000:]
    files = summaries(extension, profile)
    found = {path: summary for path, summary in files.items() if path.startswith("python/topoloss_swift/_core")}
    figures = report("extension", found)
    reached = figures["lines"] >= 95
    shown = f"lines {figures['lines']:.1f} %, branches {figures['branches']:.1f} %"
    tally("S3[extension]", 1, int(reached), shown)
