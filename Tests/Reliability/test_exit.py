"""T10: Python ends inside and around calls, with the right exit code, without a signal, within two seconds."""

import itertools
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import time

import pytest

import topoloss_swift

pytestmark = pytest.mark.identifier("T10")
HERE = pathlib.Path(__file__).parent
SECONDS = 2

# What the programs have in common. A call takes long enough to be interrupted; `leaving` says when the end begins.
PRELUDE = """
import array, atexit, os, signal, sys, threading, time
import topoloss_swift
flat = array.array("d", [(7 * i * i * i) % 1009 for i in range(64 ** 3)])
large = memoryview(flat).cast("B").cast("d", [64, 64, 64])
small = memoryview(array.array("d", [(5 * i) % 9 for i in range(64)])).cast("B").cast("d", [4, 4, 4])
expected = topoloss_swift.persistence_diagrams(small)

def call(field=small):
    return topoloss_swift.persistence_diagrams(field, threads=2)

def forever(field=large):
    while True:
        call(field)
        topoloss_swift.topological_loss(field, field, resolution=None)
        topoloss_swift.wasserstein(expected[0], expected[0])

def start(work=forever, daemon=True):
    thread = threading.Thread(target=work, daemon=daemon)
    thread.start()
    time.sleep(WAIT)
    return thread

def leaving():
    print(time.time(), flush=True)

def training(**functions):
    images = memoryview(bytes(range(256)) * 4).cast("B", [4, 16, 16])
    masks = memoryview(bytes([0] * 128 + [255] * 128) * 4).cast("B", [4, 16, 16])
    objects = memoryview(bytes([0] * 128 + [255] * 128) * 256).cast("B", [4, 64, 16, 16])
    settings = '{"base_filters": 2, "epochs": 100000, "batch_size": 2, "topological_resolution": 4}'
    lists = [array.array("q", cells).tobytes() for cells in ([0, 1, 2], [3], [])]
    return topoloss_swift._core.training(settings, images, masks, objects, None, *lists, 2, 0, False)

def fit(progress=None):
    training().fit(progress, threading.current_thread() is threading.main_thread())
"""

# name: (program, exit code)
PROGRAMS = {
    "sys.exit beside a call": ("start(); leaving(); sys.exit(7)", 7),
    "sys.exit in a call's signal handler": (
        """
        def leave(*_):
            leaving(); sys.exit(4)
        signal.signal(signal.SIGALRM, leave); signal.setitimer(signal.ITIMER_REAL, WAIT)
        forever()
        """, 4),
    "sys.exit in a training's function": (
        """
        def leave(report):
            leaving(); sys.exit(5)
        fit(leave)
        """, 5),
    "sys.exit beside a training": ("start(fit); leaving(); sys.exit(6)", 6),
    "sys.exit beside a training that calls back": (
        "start(lambda: fit(lambda report: None)); leaving(); sys.exit(8)", 8),
    "os._exit beside a call": ("start(); leaving(); os._exit(9)", 9),
    "os._exit in a call": (
        """
        def leave(*_):
            leaving(); os._exit(10)
        signal.signal(signal.SIGALRM, leave); signal.setitimer(signal.ITIMER_REAL, WAIT)
        forever()
        """, 10),
    "an exception beside a call": ("start(); leaving(); raise RuntimeError", 1),
    "an exception in a training's function": (
        """
        def fail(report):
            leaving(); raise RuntimeError
        fit(fail)
        """, 1),
    "the end beside a call": ("start(); leaving()", 0),
    "the end beside many calls": ("[start() for _ in range(8)]; leaving()", 0),
    "the end waits for a thread": ("start(lambda: (call(), time.sleep(0.1)), daemon=False); leaving()", 0),
    "atexit calls": ("atexit.register(lambda: os._exit(11 if call() == expected else 12)); start(); leaving()", 11),
    "atexit calls, registered before the import": (
        """
        @atexit.register
        def last():
            assert topoloss_swift.persistence_diagrams(small) == expected
        del sys.modules["topoloss_swift"], sys.modules["topoloss_swift._core"]
        import topoloss_swift
        leaving()
        """, 0),
    "what is alive at the end": (
        """
        import builtins
        class Late:
            def __init__(self):
                self.training, self.call, self.small, self.expected = training(), call, small, expected
            def __del__(self):
                self.call(self.small) == self.expected or os._exit(13)
        builtins.late = kept = Late()
        kept.itself = kept
        leaving()
        """, 0),
}  # fmt: skip


def program(name, wait):
    return f"WAIT = {wait}\n" + PRELUDE + textwrap.dedent(PROGRAMS[name][0])


def ends_well(name, finished, seconds):
    """Whether a program came to the right end; says so if not."""
    if finished.returncode == PROGRAMS[name][1] and seconds <= SECONDS:
        return True
    print(f"{name}: exit code {finished.returncode} after {seconds:.1f} s\n{finished.stderr[-2000:]}")
    return False


def run(name, random):
    """(right, seconds from the last word to the end)."""
    code = program(name, random.uniform(0.01, 0.08))
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    seconds = time.time() - float(finished.stdout.split()[-1]) if finished.stdout else 60
    return ends_well(name, finished, seconds), seconds


def test_every_end(cases, in_parallel, tally):
    names = list(itertools.islice(itertools.cycle(PROGRAMS), cases(len(PROGRAMS), 180)))
    results = in_parallel(run, names)
    passed = sum(isinstance(result, tuple) and result[0] for result in results)
    worst = max(result[1] for result in results if isinstance(result, tuple))
    tally("T10", len(names), passed, f"{worst:.2f} s")


@pytest.mark.release
def test_many_ends(cases, in_parallel, tally):
    names = list(itertools.islice(itertools.cycle(PROGRAMS), cases(45, 180)))
    results = in_parallel(run, names)
    passed = sum(isinstance(result, tuple) and result[0] for result in results)
    worst = max(result[1] for result in results if isinstance(result, tuple))
    tally("T10[many]", len(names), passed, f"{worst:.2f} s")


@pytest.fixture(scope="module")
def embedding(tmp_path_factory):
    """A C program with a Python of its own, and the folder that holds nothing but the package."""
    folder = tmp_path_factory.mktemp("embed")
    version = sysconfig.get_config_var("LDVERSION")
    places = [flag for name in ("LIBDIR", "LIBPL") if (flag := sysconfig.get_config_var(name))]
    subprocess.run(
        ["cc", "-Wall", "-Wextra", f"-I{sysconfig.get_path('include')}", HERE / "embed.c",
         *(f"-L{place}" for place in places), f"-lpython{version}", "-lm", "-ldl", "-o", folder / "embed"],
        check=True,
    )  # fmt: skip
    package = pathlib.Path(topoloss_swift.__file__).parent
    shutil.copytree(package, folder / "alone" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_embedding(embedding, cases, tally):
    """Python is started and ended several times in one process, with threads in calls at the end."""
    lives = {
        "once": ["call() == expected or missing"],
        "three times": ["call() == expected or missing"] * 3,
        "with a call that runs": ["start(); call()"],
        "with a training that is kept": ["import builtins; builtins.kept = training()", "call()"],
        "with trainings": ["training().log()", "training().log()"],
    }
    count = cases(5, 20)
    passed = 0
    for name in itertools.islice(itertools.cycle(lives), count):
        codes = ["WAIT = 0.05\n" + PRELUDE + code for code in lives[name]]
        start = time.time()
        finished = subprocess.run(
            [embedding / "embed", embedding / "alone", *codes], capture_output=True, text=True, timeout=60
        )
        # The time that starting Python and the calls take is not that of the end.
        if finished.returncode == 0 and time.time() - start < 10 * SECONDS:
            passed += 1
        else:
            print(name, finished.returncode, finished.stderr[-2000:])
    tally("T10[embedding]", count, passed)
