"""T5: the one binary in every Python from 3.11 on that is on this machine, and in
subinterpreters with their own GIL where that Python has them."""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sizes

import topoloss_swift

PACKAGE = Path(topoloss_swift.__file__).parent

# No NumPy: the other Pythons have none. Every interpreter must find the same numbers.
SMOKE = """
import array, sys, pickle
import topoloss_swift
assert topoloss_swift.__file__.startswith(sys.path[0]), topoloss_swift.__file__
sys.modules["numpy"] = None
flat = array.array("d", [(37 * i * i) % 211 for i in range(216)])
field = memoryview(flat).cast("B").cast("d", [6, 6, 6])
diagrams = topoloss_swift.persistence_diagrams(field, threads=2)
assert pickle.loads(pickle.dumps(diagrams)) == diagrams
empty = topoloss_swift.persistence_diagrams(memoryview(bytes(8)).cast("B", [2, 2, 2]))[2]
assert empty.points.shape == (0, 2)
distance, matching = topoloss_swift.wasserstein(
    diagrams[0], diagrams[1], essential_classes="extreme", return_matching=True)
other = memoryview(array.array("d", [(53 * i * i) % 199 for i in range(216)])).cast("B").cast("d", [6, 6, 6])
kept = pickle.loads(pickle.dumps(topoloss_swift.target_diagrams(other, dimensions=None)))
loss, gradient = topoloss_swift.topological_loss_and_gradient(field, kept, dimensions=None, threads=2)
assert gradient.shape == (6, 6, 6) and gradient.format == "d"
try:
    topoloss_swift.topological_loss(field, array.array("d", [0.0]))
    raise SystemExit("different shapes were accepted")
except ValueError:
    pass
try:
    topoloss_swift.persistence_diagrams(array.array("d", [1.0, float("nan")]))
    raise SystemExit("NaN was accepted")
except ValueError as error:
    assert "1" in str(error)
try:
    topoloss_swift.persistence_diagrams(array.array("q", [2 ** 60]))
    raise SystemExit("a large integer was accepted")
except topoloss_swift.LimitError:
    pass
if sys.version_info >= (3, 12):
    class Refusing:
        def __buffer__(self, flags):
            raise RuntimeError("no")
    try:
        topoloss_swift.persistence_diagrams(Refusing())
    except TypeError as error:
        assert type(error.__cause__) is RuntimeError
text = repr([[d.dimension, d.points.tolist(), d.voxels.tolist(), d.last_value] for d in diagrams])
text += repr([distance, matching.tolist(), loss, gradient.tolist()])
"""

# Creates interpreters with their own GIL, several at a time in threads, `count` in all.
# 3.12 has only the private module; 3.13 made it take a configuration by name.
SUBINTERPRETERS = """
import sys, threading
count, program, expected = int(sys.argv[1]), sys.argv[2], sys.argv[3]
try:
    import _interpreters as interpreters
    create = lambda: interpreters.create("isolated")
except ImportError:
    import _xxsubinterpreters as interpreters
    create = lambda: interpreters.create(isolated=True)
program = f"import sys; sys.path.insert(0, {sys.path[0]!r})\\n" + program
program += f"\\nassert text == {expected!r}"
failures, done = [], []
def work():
    for _ in range(count // 4):
        one = create()
        try:
            failure = interpreters.exec(one, program) if hasattr(interpreters, "exec") \\
                else interpreters.run_string(one, program)
            if failure is not None:
                failures.append(str(failure))
        except Exception as error:
            failures.append(repr(error))
        finally:
            interpreters.destroy(one)
        done.append(one)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(done), len(failures), *failures[:1])
"""


def find_pythons():
    """{"version path": path} of every CPython from 3.11 on."""
    places = [sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"]
    for minor in range(11, 20):
        name = f"python3.{minor}"
        places += [shutil.which(name) or "", f"/usr/bin/{name}", f"/usr/local/bin/{name}"]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places += sorted(glob.glob(str(pyenv / "versions" / "3.*" / "bin" / "python3")))
    # Launchers (shims, virtual environments) name the interpreter behind them; a free-threaded
    # one cannot load a binary of the limited API.
    question = (
        "import os, platform, sys, sysconfig\n"
        "print(platform.python_implementation(), *sys.version_info[:3],"
        " sysconfig.get_config_var('Py_GIL_DISABLED') or 0, os.path.realpath(sys.executable))"
    )
    found = {}
    for place in dict.fromkeys(os.path.realpath(place) for place in places if place):
        try:
            answer = subprocess.run([place, "-c", question], capture_output=True, text=True)
        except OSError:
            continue  # not there
        if answer.returncode != 0:
            continue  # a launcher without that version behind it
        kind, major, minor, micro, free_threaded, path = answer.stdout.strip().split(" ", 5)
        if kind == "CPython" and int(minor) >= 11 and free_threaded == "0":
            found[f"{major}.{minor}.{micro} {path}"] = path
    return found


PYTHONS = find_pythons()
WITH_SUBINTERPRETERS = {
    name: path for name, path in PYTHONS.items() if int(name.split(".")[1]) >= 12
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A folder with nothing but the installed package: no NumPy of another Python beside it."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def program(folder, body):
    return f"import sys; sys.path.insert(0, {str(folder)!r})\n{body}"


def smoke(folder, python, child):
    return child(program(folder, SMOKE + "\nprint(text)"), python=python).strip()


@pytest.mark.parametrize("name", PYTHONS)
def test_every_python(name, alone, child, tally):
    here = smoke(alone, sys.executable, child)
    assert len(here) > 100, "the volume has many pairs"
    tally(f"T5[{name.split()[0]}]", 1, int(smoke(alone, PYTHONS[name], child) == here))


def test_subinterpreters(alone, child, tally):
    if not WITH_SUBINTERPRETERS:
        pytest.skip("LOUD SKIP: no Python from 3.12 on, so no interpreters with their own GIL")
    expected = smoke(alone, sys.executable, child)
    wanted = sizes.cases(200, 2_000)
    each = 4 * -(-wanted // (4 * len(WITH_SUBINTERPRETERS)))  # in groups of 4 threads
    for name, path in WITH_SUBINTERPRETERS.items():
        code = program(alone, SUBINTERPRETERS)
        answer = child(code, each, SMOKE, expected, python=path, timeout=300)
        done, failed, *why = answer.split(maxsplit=2)
        assert int(done) == each, answer
        tally(f"T5[{name.split()[0]} own GIL]", each, each - int(failed), *why)
