"""A14: defects that are put in on purpose are caught by the tests A1 to A13.

All of them are compiled at once, each behind a switch that an environment variable sets when the
program starts: `original` becomes `(activeMutant == N ? mutated : original)`. So the tests are built
once, not sixty times.
"""

import random
import time

import pytest
import swift_tests
from mutants import MUTANTS

MODULES = ["PersistentHomology", "OptimalTransport", "TopologicalLoss"]
# What is compiled: the three modules, what they import, and their tests.
TARGETS = ["ComputeRuntime", "CProcessor", *MODULES, "TestOracles", *(f"{module}Tests" for module in MODULES)]
# The suites of A1, A2 and A7 to A13 (EssentialClassTests belong to A10), the quickest first.
SUITES = {
    "PersistentHomology": [
        "PersistentHomologyTests.ElementTypeTests",
        "PersistentHomologyTests.RandomVolumeTests",
        "PersistentHomologyTests.ExhaustiveVolumeTests",
        "PersistentHomologyTests.MediumVolumeTests",
    ],
    "OptimalTransport": [
        "OptimalTransportTests.BottleneckTests",
        "OptimalTransportTests.EssentialClassTests",
        "OptimalTransportTests.SmallDiagramTests",
        "OptimalTransportTests.MetricLawTests",
        "OptimalTransportTests.LargeDiagramTests",
    ],
    "TopologicalLoss": [
        "TopologicalLossTests.LossOracleTests",
        "TopologicalLossTests.GradientIdentityTests",
        "TopologicalLossTests.TieTests",
        "TopologicalLossTests.StabilityTests",
        "TopologicalLossTests.FiniteDifferenceTests",
    ],
}
SWITCH = """\
#if canImport(Glibc)
  internal import Glibc
#endif

/// The mutant that is alive, from 1; 0 is none.
let activeMutant: Int = {
  guard let text = unsafe getenv("ACTIVE_MUTANT") else { return 0 }
  return Int(unsafe String(cString: text)) ?? 0
}()
"""


def suites_for(module):
    """Its own suites, then those of the loss, which runs all three modules."""
    return [suite for name in dict.fromkeys([module, "TopologicalLoss"]) for suite in SUITES[name]]


def seed_defect(source, number, marked, replacement):
    """The source text with one defect behind its switch."""
    before, original, after = marked.replace("»", "«").split("«")
    text = before + original + after
    assert source.count(text) == 1, f"mutant {number}: {text!r} occurs {source.count(text)} times"
    if replacement is None:
        switched = f"if activeMutant != {number} {{ {original} }}"
    else:
        switched = f"(activeMutant == {number} ? ({replacement}) : ({original}))"
    return source.replace(text, before + switched + after)


def write_mutated_package(folder):
    """A copy of the package with all defects and only the targets that matter."""
    swift_tests.copy_package(folder, TARGETS)
    for module in MODULES:
        (folder / "Sources" / module / "ActiveMutant.swift").write_text(SWITCH, encoding="utf-8")
    for number, (_, file, marked, replacement) in enumerate(MUTANTS, 1):
        path = folder / "Sources" / file
        source = seed_defect(path.read_text(encoding="utf-8"), number, marked, replacement)
        path.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def tests(tmp_path_factory):
    """The program with all mutants, and how long each suite takes when none is alive."""
    folder = tmp_path_factory.mktemp("mutants")
    write_mutated_package(folder)
    program = swift_tests.build(folder, folder / "build")
    seconds = {}
    for suite in sum(SUITES.values(), []):
        start = time.monotonic()
        output, code = swift_tests.run(program, [suite], folder, timeout=900)
        assert code == 0, f"without a mutant, {suite} fails:\n{output[-4000:]}"
        assert " 0 tests" not in output, f"{suite} has no test"
        seconds[suite] = time.monotonic() - start
    print({suite: round(duration, 1) for suite, duration in seconds.items()})
    return program, folder, seconds


@pytest.mark.identifier("A14")
@pytest.mark.release
def test_mutants_are_caught(tests, tally, cases, seed, in_parallel):
    program, folder, seconds = tests
    chosen = random.Random(seed).sample(range(1, len(MUTANTS) + 1), cases(20, len(MUTANTS)))

    def killer(number, _random):
        """The first suite that notices the mutant."""
        for suite in suites_for(MUTANTS[number - 1][1].split("/")[0]):
            _, code = swift_tests.run(
                program, [suite], folder, timeout=60 + 5 * seconds[suite], ACTIVE_MUTANT=str(number)
            )
            if code != 0:
                return suite
        return None

    killers = in_parallel(killer, chosen)
    for number, suite in zip(chosen, killers, strict=True):
        print(f"{'caught by ' + suite if suite else 'SURVIVES'}: {MUTANTS[number - 1][0]}")
    tally("A14", len(chosen), len(chosen) - killers.count(None), seed=seed)
