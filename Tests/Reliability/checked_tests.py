"""One run of the Swift tests that serves two rows: under AddressSanitizer (S1), and counted (S3)."""

import functools
import pathlib
from typing import NamedTuple

import swift_tests
from swift_tests import ROOT

# What a sanitizer makes slower or larger than the limit of the test, which is about time or memory alone.
SLOWED_DOWN = ["largeInput", "TransportErrorTests/cancelled", "LongPathTests", "manyTensors"]

# The suites of column C; R are all. First those that take memory and pointers from a stranger.
ADDRESS_SUITES = [
    "TopoLossABITests",
    "SHAPRFilesTests.HostileFilesTests",
    "SHAPRFilesTests.RecordedFilesTests",
    "SHAPRFilesTests.VolumeWriterTests",
    "NeuralNetworkTests.*Checkpoint",
    "NeuralNetworkTests.JSON",
    "ComputeRuntimeTests",
    "PersistentHomologyTests.(BatchTests|RandomVolumeTests|PersistenceErrorTests|ThreadCountTests)",
    "OptimalTransportTests.(SmallDiagramTests|BottleneckTests|SlicedWassersteinTests)",
    "TopologicalLossTests.(LossBatchTests|LossOracleTests|ResamplingTests)",
    "NeuralKernelsTests.(PoolingTests|MomentsTests|PointwiseTests|LoadMapsTests)",
]
SUPPRESSED = ROOT / "Tests/Reliability/suppressed_leaks.txt"


class CheckedRun(NamedTuple):
    program: pathlib.Path
    profile: pathlib.Path
    output: str
    code: int | None


@functools.cache
def checked_run(complete):
    """Builds the whole package and runs its tests once."""
    folder = ROOT / ".build-checked"
    program = swift_tests.build(ROOT, folder, "--sanitize=address", "--enable-code-coverage")
    profile = folder / "tests.profraw"
    output, code = swift_tests.run(
        program,
        [] if complete else ADDRESS_SUITES,
        folder / "results",
        3 * 3600,
        SLOWED_DOWN,
        ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1",
        LSAN_OPTIONS=f"suppressions={SUPPRESSED}:print_suppressions=0",
        LLVM_PROFILE_FILE=str(profile),
    )
    return CheckedRun(program, profile, output, code)


def passed_tests(output):
    """How many tests a run of Swift Testing says that it has passed."""
    (line,) = [line for line in output.splitlines() if "Test run with" in line and "passed" in line]
    return int(line.split("Test run with ")[1].split()[0])
