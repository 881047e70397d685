"""T6: Python without a global lock: it stays without one after the import, and threads that share arrays, results
and handles get what one thread alone gets.

FREE_THREADED_PYTHON names such a Python where python3.13t, python3.14t or pyenv do not.
"""

import glob
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import topoloss_swift

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = pathlib.Path(topoloss_swift.__file__).parent / "lib"
THREADS = 16
pytestmark = [pytest.mark.identifier("T6"), pytest.mark.release]

GIL = """
import sys
assert not sys._is_gil_enabled(), "this Python has its lock on already"
import topoloss_swift
print(sys._is_gil_enabled())
"""

# No NumPy: there may be none for this Python. Nothing is kept from one thread but what is shared on purpose.
STORM = """
import array, pickle, random, sys, threading
import topoloss_swift
threads, calls, seed = (int(argument) for argument in sys.argv[1:])

def field(extent, factor):
    flat = array.array("d", [(factor * i * i) % 211 for i in range(extent * 36)])
    return memoryview(flat).cast("B").cast("d", [extent, 6, 6])

fields = [field(extent, 37) for extent in range(3, 9)]
others = [field(extent, 53) for extent in range(3, 9)]
shared = [topoloss_swift.persistence_diagrams(one) for one in fields]
targets = [topoloss_swift.target_diagrams(one, dimensions=None) for one in others]

def plain(diagrams):
    return [(d.dimension, d.points.tolist(), d.voxels.tolist(), d.last_value) for d in diagrams]

def refused(make):
    try:
        topoloss_swift.persistence_diagrams(make)
    except (TypeError, ValueError) as error:
        return type(error).__name__ + str(error)

jobs = []
for one, other, diagrams, target in zip(fields, others, shared, targets):
    jobs += [
        lambda one=one: plain(topoloss_swift.persistence_diagrams(one, threads=2)),
        lambda diagrams=diagrams: plain(pickle.loads(pickle.dumps(diagrams))),
        lambda diagrams=diagrams: topoloss_swift.wasserstein(diagrams[1], diagrams[2]),
        lambda one=one, target=target: [
            part.tolist() if hasattr(part, "tolist") else part
            for part in topoloss_swift.topological_loss_and_gradient(one, target, dimensions=None)],
        lambda diagrams=diagrams: [bytes(memoryview(d.points)) for d in diagrams],
    ]
jobs += [lambda: refused(array.array("d", [1.0, float("nan")])), lambda: refused("text")]
expected = [job() for job in jobs]
right = [0] * threads
start = threading.Barrier(threads)

def work(mine):
    draw = random.Random(f"{seed} {mine}")
    start.wait()
    for _ in range(calls):
        place = draw.randrange(len(jobs))
        right[mine] += jobs[place]() == expected[place]

crowd = [threading.Thread(target=work, args=(mine,)) for mine in range(threads)]
for one in crowd: one.start()
for one in crowd: one.join()
print(sys._is_gil_enabled(), sum(right))
"""


def find_free_threaded():
    """{version: path} of every CPython without a lock that can be found."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    places = [os.environ.get("FREE_THREADED_PYTHON", "")]
    places += [shutil.which(f"python3.{minor}t") or "" for minor in range(13, 20)]
    places += sorted(glob.glob(str(pyenv / "versions" / "*t" / "bin" / "python3")))
    question = "import sysconfig, platform; print(sysconfig.get_config_var('Py_GIL_DISABLED'), platform.python_version())"
    found = {}
    for place in filter(None, places):
        asked = subprocess.run([place, "-c", question], capture_output=True, text=True)
        free, _, version = asked.stdout.strip().partition(" ")
        if asked.returncode == 0 and free == "1":
            found[version] = place
    return found


@pytest.fixture(scope="module", params=find_free_threaded().items() or [None], ids=lambda pair: pair and pair[0])
def free_threaded(request, tmp_path_factory):
    """(version, interpreter) of an environment with the wheel for such a Python."""
    if request.param is None:
        pytest.skip("LOUD SKIP: there is no free-threaded Python (FREE_THREADED_PYTHON names one)")
    version, python = request.param
    folder = tmp_path_factory.mktemp("free-threaded")
    copy = folder / "sources"
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "python/topoloss_swift", "Sources/CTopoLoss", "tools"):
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
    inside = folder / "venv" / "bin" / "python"
    quiet = {"check": True, "stdout": subprocess.PIPE, "timeout": 600}
    subprocess.run([python, "-m", "venv", folder / "venv"], **quiet)
    # Fetched by the Python of the tests: one that was built by hand may have no ssl.
    fetch = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--dest", folder]
    subprocess.run([*fetch, "setuptools>=77"], **quiet)
    pip = [inside, "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--find-links", folder]
    subprocess.run([*pip, "setuptools"], **quiet)
    environment = {**os.environ, "TOPOLOSS_LIBRARY_DIR": str(LIBRARY)}
    subprocess.run([*pip, "--no-build-isolation", "--no-deps", copy], env=environment, **quiet)
    return version, inside


def answer(interpreter, code, *arguments):
    done = subprocess.run(
        [interpreter, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "has been enabled to load" not in done.stderr, done.stderr
    return done.stdout.split()


def test_lock_stays_off(free_threaded, tally):
    version, interpreter = free_threaded
    tally(f"T6[{version}, lock off]", 1, int(answer(interpreter, GIL) == ["False"]))


def test_storm(free_threaded, cases, seed, tally):
    version, interpreter = free_threaded
    calls = cases(250, 100_000 // THREADS)
    enabled, right = answer(interpreter, STORM, THREADS, calls, seed)
    assert enabled == "False"
    tally(f"T6[{version}]", THREADS * calls, int(right), seed=seed)
