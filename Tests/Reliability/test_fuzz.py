"""C3, C5: fuzzing. The targets are in Tests/Fuzz; what once ended one of them is in found/ there, and is tried
first."""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "Tests/Fuzz"
TARGETS = ("tiff", "npy", "png", "safetensors", "settings", "split", "scores", "diagrams", "distances", "loss")
# Of one input.
LONGEST_SECONDS, LARGEST_MIB = 2, 512
SECONDS_TO_BUILD = 3600

sys.path.append(str(FUZZ))
from corpus import write  # noqa: E402


@pytest.fixture(scope="module")
def program():
    """The program fuzz, built for the sources as they are."""
    built = subprocess.run(
        [FUZZ / "build.sh"], capture_output=True, text=True, timeout=SECONDS_TO_BUILD
    )
    assert built.returncode == 0, built.stdout[-4000:] + built.stderr[-4000:]
    return ROOT / ".build-fuzz/fuzz"


@pytest.fixture(scope="module")
def seeds(scratch):
    write(scratch / "seeds")
    return scratch / "seeds"


def run(program, target, *arguments, **options):
    return subprocess.run(
        [program, f"-timeout={LONGEST_SECONDS}", f"-rss_limit_mb={LARGEST_MIB}", *arguments],
        env={**os.environ, "FUZZ_TARGET": target}, capture_output=True, text=True, errors="replace", **options,
    )  # fmt: skip


def is_harmless(program, target, file):
    """Whether a file ends the target only because the machine is busy: alone, it takes less time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    end = run(program, target, "-timeout=60", file)
    took = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return end.returncode == 0 and took < LONGEST_SECONDS


def number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


@pytest.mark.release
@pytest.mark.identifier("C3")
def test_libfuzzer(program, seeds, scratch, tally, cases, in_parallel, seed):
    """`cases` are seconds for each target."""
    seconds = cases(30, 4 * 3600)

    def check(target, _):
        grown, found = scratch / f"grown-{target}", FUZZ / "found" / target
        grown.mkdir()
        found.mkdir(parents=True, exist_ok=True)
        past = sorted(found.iterdir())
        dictionary = FUZZ / f"dictionaries/{target}.dict"
        flags = [f"-dict={dictionary}"] if dictionary.exists() else []
        flags += [f"-max_total_time={seconds}", "-print_final_stats=1", "-max_len=65536", f"-seed={seed}"]
        replay = run(program, target, *past) if past else None
        end = run(program, target, *flags, f"-artifact_prefix={found}/", grown, seeds / target)
        new = [file for file in sorted(found.iterdir()) if file not in past]
        for file in new:
            if file.name.startswith(("timeout-", "slow-unit-")) and is_harmless(program, target, file):
                file.unlink()
        new = [file for file in new if file.exists()]
        if not past and not new:
            found.rmdir()
        executions = number(r"stat::number_of_executed_units:\s+(\d+)", end.stderr)
        edges = number(r" cov: (\d+)", end.stderr)
        if new or (replay and replay.returncode):
            print(target, [str(file) for file in new], end.stderr[-3000:], replay and replay.stderr[-3000:])
            return target, executions, edges, False
        return target, executions, edges, True

    results = in_parallel(check, TARGETS)
    for target, executions, edges, is_good in results:
        assert executions > 1000 and edges > 100, f"{target} was not fuzzed: {executions} runs, {edges} edges"
    for target, executions, edges, is_good in results:
        tally(f"C3-{target}", executions, executions if is_good else executions - 1, f"{edges} edges", seed=seed)


@pytest.mark.release
@pytest.mark.identifier("C5")
def test_atheris(seeds, tmp_path, tally, cases, seed):
    """The Python layer: texts, paths and buffers; only errors of the table come out."""
    if find_spec("atheris") is None:
        pytest.skip("C5: atheris is not installed (pip install atheris), so the Python layer was NOT fuzzed")
    runs = cases(20_000, 1_000_000)
    end = subprocess.run(
        [sys.executable, FUZZ / "python_layer.py", f"-atheris_runs={runs}", f"-runs={runs}", f"-seed={seed}",
         "-timeout=10", "-max_len=4096", "-len_control=0", seeds / "python_layer"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    done = number(r"(?m)^(?:#|Done )(\d+)", end.stderr + end.stdout)
    if end.returncode:
        print(end.stdout[-3000:], end.stderr[-3000:])
        for file in tmp_path.glob("crash-*"):
            found = FUZZ / "found/python_layer"
            found.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, found)
    assert done > 1000 or end.returncode, end.stderr[-2000:]
    edges = number(r" cov: (\d+)", end.stderr)
    tally("C5", done, done if end.returncode == 0 else done - 1, f"{edges} edges", seed=seed)
