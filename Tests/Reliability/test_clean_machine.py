"""S5: the wheel on a machine that has never heard of Swift: an empty environment, no toolchain, no network, and
the tests in a folder without the sources. And what a first `import` and a first `pip install` are like.

The tests that need no more than NumPy run on Debian's Python with Debian's NumPy, and on the newest CPython with
the newest NumPy; there, before a release, all of them with all that they compare with.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

from test_interpreters import find_pythons

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "python" / "tests"
SYSTEM_PYTHON = "/usr/bin/python3"
# NumPy and pytest are enough for these.
NUMPY_ONLY = [
    "test_api", "test_array_zoo", "test_buffers", "test_c_abi", "test_error_table", "test_fork_threads",
    "test_interpreters", "test_interrupt", "test_loss_buffers", "test_loss_errors", "test_manners",
    "test_shapr", "test_shapr_interrupt",
]  # fmt: skip
LONGEST_IMPORT = 0.3  # seconds
# Extras, and a package that each must bring.
DOORS = [("torch", "torch"), ("jax", "jax"), ("sklearn", "scikit-learn"), ("shapr", "tifffile"), ("report", "scikit-image")]
ALONE = """
import shutil, socket
assert shutil.which("swift") is None, "there is Swift on the PATH"
assert [name for _, name in socket.if_nameindex()] == ["lo"], "there is a network"
"""
pytestmark = [pytest.mark.identifier("S5"), pytest.mark.release]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the sources here."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-build-isolation"]
    run(*pip, "--no-deps", "--wheel-dir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def no_network():
    """The command that starts another one without a network."""
    for flags in (["-n"], ["-r", "-n"]):
        command = ["unshare", *flags]
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    pytest.skip("LOUD SKIP: this machine lets nobody take the network away (unshare -n)")


def environment(python, folder, wheel, *, system=False, requirements=()):
    """An environment with the wheel and nothing of ours beside it; its interpreter."""
    flags = ["--system-site-packages"] if system else []
    run(python, "-m", "venv", *flags, folder)
    inside = folder / "bin" / "python"
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    got = subprocess.run([*pip, *requirements], capture_output=True, text=True) if requirements else None
    if got and got.returncode != 0:
        pytest.skip(f"LOUD SKIP: pip could not get {' '.join(requirements)}: {got.stderr.strip()[-300:]}")
    run(*pip, "--no-index", "--no-deps", wheel)
    return inside


def suite(inside, folder, no_network, names):
    """Runs tests against the installed wheel; how many passed and failed."""
    folder.mkdir()
    shutil.copytree(TESTS, folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    clean = {"PATH": f"{inside.parent}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    run(*no_network, inside, "-c", ALONE, env=clean, cwd=folder)
    chosen = [f"tests/{name}.py" for name in names] or ["tests"]
    command = [*no_network, inside, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *chosen]
    done = subprocess.run(command, env=clean, cwd=folder, capture_output=True, text=True, timeout=7200)
    print(done.stdout[-3000:], done.stderr[-1000:])
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    bad = counts.get("failed", 0) + counts.get("error", 0) + (done.returncode not in (0, 1))
    return counts.get("passed", 0), bad


def test_system_python(wheel, no_network, tmp_path, tally):
    asked = subprocess.run([SYSTEM_PYTHON, "-c", "import numpy; print(numpy.__version__)"], capture_output=True)
    if asked.returncode != 0:
        pytest.skip(f"LOUD SKIP: {SYSTEM_PYTHON} has no NumPy (on Debian: apt-get install python3-numpy)")
    inside = environment(SYSTEM_PYTHON, tmp_path / "venv", wheel, system=True, requirements=["pytest>=7.4"])
    passed, bad = suite(inside, tmp_path / "elsewhere", no_network, NUMPY_ONLY)
    tally(f"S5[system Python, NumPy {asked.stdout.decode().strip()}]", passed + bad, passed)


def test_newest_python(wheel, no_network, tmp_path, tally, complete):
    newest = max(find_pythons().items(), key=lambda named: [int(part) for part in named[0].split()[0].split(".")])
    version, python = newest[0].split()[0], newest[1]
    requirements = ["-r", ROOT / "tools" / "requirements-test.txt"] if complete else ["numpy", "pytest"]
    inside = environment(python, tmp_path / "venv", wheel, requirements=[str(part) for part in requirements])
    passed, bad = suite(inside, tmp_path / "elsewhere", no_network, [] if complete else NUMPY_ONLY)
    tally(f"S5[Python {version}]", passed + bad, passed)


def test_import_is_quick(wheel, tmp_path, tally):
    inside = environment(sys.executable, tmp_path / "venv", wheel)
    without_numpy = run(inside, "-c", "import sys, topoloss_swift; print('numpy' in sys.modules)").strip()
    assert without_numpy == "False"

    def seconds(code):
        begin = time.perf_counter()
        run(inside, "-I", "-c", code)
        return time.perf_counter() - begin

    # The machine may be busy with other tests: the import itself is the best of several, less a bare start.
    taken = min(seconds("import topoloss_swift") for _ in range(7)) - min(seconds("pass") for _ in range(7))
    tally("S5[import]", 1, int(taken < LONGEST_IMPORT), f"{taken:.3f} s")


@pytest.mark.parametrize("extra, package", DOORS)
def test_extra_resolves(extra, package, wheel, tmp_path, tally):
    """`pip install 'topoloss-swift[extra]'` finds the wheel and a set of versions that fit together."""
    inside = environment(sys.executable, tmp_path / "venv", wheel)
    pip = [inside, "-m", "pip", "install", "--disable-pip-version-check", "--dry-run", "--find-links", wheel.parent]
    done = subprocess.run([*pip, f"topoloss-swift[{extra}]"], capture_output=True, text=True)
    if done.returncode != 0 and "from versions: none" in done.stderr:
        pytest.skip(f"LOUD SKIP: there is no network, or no PyPI, to find {package} in")
    print(done.stdout[-1500:], done.stderr[-1500:])
    taken = re.findall(r"Would install (.*)", done.stdout)
    tally(f"S5[extra {extra}]", 1, int(len(taken) == 1 and f" {package}-" in f" {taken[0]}"))


def test_building_without_swift_says_so(tmp_path, tally):
    """One sentence that says what is missing and what to do, and nothing built."""
    copy = tmp_path / "sources"
    copied = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "python/topoloss_swift", "Sources/CTopoLoss", "tools")
    for name in copied:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", tmp_path, copy],
        env={**os.environ, "SWIFT": "no-such-swift"}, capture_output=True, text=True,
    )  # fmt: skip
    said = re.findall(r"error: (building topoloss needs the Swift 6\.3 toolchain.*)", done.stdout + done.stderr)
    good = done.returncode != 0 and len(said) == 1 and "SWIFT" in said[0] and "Traceback" not in done.stderr
    print(done.stdout[-2000:], done.stderr[-2000:])
    tally("S5[no Swift]", 1, int(good))
