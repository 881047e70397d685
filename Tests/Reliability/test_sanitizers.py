"""S1: no report of AddressSanitizer, LeakSanitizer, ThreadSanitizer, UndefinedBehaviorSanitizer or Memcheck."""

import os
import shutil
import subprocess

import pytest
import swift_tests
from checked_tests import SLOWED_DOWN, checked_run, passed_tests
from core_build import PACKAGE, compile_c, compile_row_compare, package_with_core, run_python_tests, runtime
from swift_tests import ROOT

pytestmark = [pytest.mark.identifier("S1"), pytest.mark.release]

REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")
UNDEFINED = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
THREAD_TARGETS = ["ComputeRuntime", "CProcessor", "PersistentHomology", "OptimalTransport", "TopologicalLoss"]
THREAD_TESTS = ["ComputeRuntimeTests", "PersistentHomologyTests", "OptimalTransportTests", "TopologicalLossTests"]
THREAD_SUITES = [
    "ComputeRuntimeTests",
    "PersistentHomologyTests.(ThreadCountTests|BatchTests)",
    "TopologicalLossTests.(LossBatchTests|TieTests)",
]


def assert_silent(output, code):
    lines = [line for line in output.splitlines() if any(report in line for report in REPORTS)]
    assert code == 0 and not lines, "\n".join(lines) + output[-6000:]


def assert_watched(program, variable, name):
    """The program was built with the sanitizer: else silence would mean nothing."""
    help_text = subprocess.run(
        [program, "--version"], env=os.environ | {variable: "help=1"}, capture_output=True, text=True
    )
    assert f"Available flags for {name}" in help_text.stdout + help_text.stderr


def test_swift_under_address_sanitizer(complete, tally):
    run = checked_run(complete)
    assert_watched(run.program, "ASAN_OPTIONS", "AddressSanitizer")
    assert_silent(run.output, run.code)
    tests = passed_tests(run.output)
    tally("S1[Swift, ASan + LSan]", tests, tests)


def test_swift_under_thread_sanitizer(complete, tally, tmp_path):
    package = ROOT
    if not complete:
        package = tmp_path
        swift_tests.copy_package(package, [*THREAD_TARGETS, "TestOracles", *THREAD_TESTS])
    program = swift_tests.build(package, package / ".build-tsan", "--sanitize=thread")
    assert_watched(program, "TSAN_OPTIONS", "ThreadSanitizer")
    output, code = swift_tests.run(
        program,
        [] if complete else THREAD_SUITES,
        tmp_path / "results",
        3 * 3600,
        SLOWED_DOWN,
        TSAN_OPTIONS="halt_on_error=0:exitcode=66:allocator_may_return_null=1",
    )
    assert_silent(output, code)
    tests = passed_tests(output)
    tally("S1[Swift, TSan]", tests, tests)


def test_the_row_compare(tally, tmp_path):
    program = compile_row_compare(tmp_path / "check", *UNDEFINED)
    done = subprocess.run([program], capture_output=True, text=True)
    assert_silent(done.stdout + done.stderr, done.returncode)
    tally("S1[row compare, ASan + UBSan]", int(done.stdout), int(done.stdout))


def test_sanitizers_report(tmp_path):
    """Both kinds of mistake are reported by what the C sources are built with."""
    (tmp_path / "wrong.c").write_text(
        "#include <stdlib.h>\n"
        "int main(int count, char **texts) {\n"
        "  (void)texts;\n"
        "  if (count > 1) return (0x7fffffff + count) & 1;\n"
        "  char *bytes = malloc(8);\n"
        "  bytes[7 + count] = 1;\n"
        "  return bytes[0];\n"
        "}\n"
    )
    program = compile_c(tmp_path / "wrong", [tmp_path / "wrong.c"], *UNDEFINED)
    for arguments, report in [([], "ERROR: AddressSanitizer"), (["more"], "runtime error: signed integer")]:
        done = subprocess.run([program, *arguments], capture_output=True, text=True)
        assert done.returncode != 0 and report in done.stderr
        with pytest.raises(AssertionError):
            assert_silent(done.stderr, 0)


# Tests of the extension; R are those that take longer.
CORE_TESTS = ["test_buffers.py", "test_loss_errors.py", "test_distances.py"]
MORE_CORE_TESTS = [f"test_{name}.py" for name in ("array_zoo", "loss_buffers", "error_table", "api", "shapr")]


def test_extension_under_sanitizers(complete, tally, tmp_path):
    package_with_core(tmp_path / "package", *UNDEFINED, "-shared-libasan")
    tests = CORE_TESTS + (MORE_CORE_TESTS if complete else [])
    output, code = run_python_tests(
        tmp_path / "package",
        tests,
        tmp_path / "results",
        3 * 3600,
        # Python itself leaks at its end; leaks of the extension are counted by T7, whose measure, the
        # memory of the process, grows by what AddressSanitizer keeps back.
        "not leak",
        LD_PRELOAD=str(runtime("asan")),
        ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1",
    )
    assert_silent(output, code)
    tally("S1[extension, ASan + UBSan]", len(tests), len(tests))


def test_examples_under_memcheck(tally, tmp_path):
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    examples = ["diagrams", "distance"]
    for example in examples:
        program = compile_c(
            tmp_path / example,
            [ROOT / f"examples/c/{example}.c"],
            f"-I{ROOT / 'Sources/CTopoLoss/include'}",
            f"-L{PACKAGE / 'lib'}",
            "-ltopoloss",
        )
        done = subprocess.run(
            ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
            + ["--errors-for-leak-kinds=definite,indirect", program],
            env=os.environ | {"LD_LIBRARY_PATH": str(PACKAGE / "lib")},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-6000:]
        assert done.stdout, f"{example} printed nothing"
    tally("S1[C examples, Memcheck]", len(examples), len(examples))
