"""T9: a guest leaves the process as it found it. Every test runs in a fresh interpreter."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import topoloss_swift

PACKAGE = Path(topoloss_swift.__file__).parent

# Printed before the import, after it, and after calls: all that others in the process rely on.
STATE = """
import faulthandler, json, locale, os, signal, sys, threading, time
{before}
# With the first thread of a process, whoever starts it, glibc takes signal 33 for itself.
first = threading.Thread(target=int)
first.start(); first.join()
while len(os.listdir("/proc/self/task")) > threading.active_count():
    time.sleep(0.01)
def state():
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
    umask = os.umask(0); os.umask(umask)
    return {{
        **{{key: status[key].strip() for key in
           ("SigBlk", "SigIgn", "SigCgt", "ShdPnd", "Umask", "Threads", "NoNewPrivs")}},
        "mask": sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
        "handlers": [str(signal.getsignal(number)) for number in signal.valid_signals()],
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": umask,
        "cwd": os.getcwd(),
        "environ": sorted(os.environ.items()),
        "files": sorted(os.listdir("/proc/self/fd")),
        "threads": [thread.name for thread in threading.enumerate()],
        "tasks": len(os.listdir("/proc/self/task")),
        "nice": os.nice(0),
        "affinity": sorted(os.sched_getaffinity(0)),
        "faulthandler": faulthandler.is_enabled(),
        "recursion": sys.getrecursionlimit(),
        "switch": sys.getswitchinterval(),
        "denormal": 5e-324 * 1.0 != 0.0,  # flush-to-zero would make it zero
        "third": (1.0 / 3.0).hex(),       # another rounding mode would change it
    }}
states = [state()]
import array
import topoloss_swift
states.append(state())
sys.modules["numpy"] = None  # results would be NumPy arrays, and NumPy starts threads of its own
field = memoryview(array.array("d", [(7 * i * i) % 101 for i in range(4096)]))
field = field.cast("B").cast("d", [16, 16, 16])
for threads in (1, 2, 8):
    for filtration in ("superlevel", "sublevel"):
        topoloss_swift.persistence_diagrams(field, filtration=filtration, threads=threads)
        topoloss_swift.topological_loss(field, field, filtration=filtration, threads=threads)
        points = topoloss_swift.target_diagrams(field, filtration=filtration, threads=threads)[2]
        topoloss_swift.wasserstein_batch([points] * 9, [points] * 9, threads=threads)
for bad in (array.array("d", [float("nan")]), array.array("d"), bytearray(3), None):
    try:
        topoloss_swift.persistence_diagrams(bad, dimensions=(1,))
    except (ValueError, TypeError):
        pass
    try:
        topoloss_swift.topological_loss_and_gradient(bad, field)
    except (ValueError, TypeError):
        pass
    try:
        topoloss_swift.wasserstein(bad, bad)
    except (ValueError, TypeError):
        pass
# A worker that was joined can show in /proc for another moment.
deadline = time.monotonic() + 2
while len(os.listdir("/proc/self/task")) > states[0]["tasks"] and time.monotonic() < deadline:
    time.sleep(0.01)
states.append(state())
print(json.dumps(states))
"""

# What a program may have set up before it meets this library.
SETTINGS = {
    "nothing": "",
    "faulthandler": "faulthandler.enable()",
    "locale": "locale.setlocale(locale.LC_ALL, 'C.UTF-8')",
    "umask": "os.umask(0o027)",
    "cwd": "os.chdir('/')",
    "blocked signals": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])",
    "ignored signals": "signal.signal(signal.SIGPIPE, signal.SIG_IGN)",
    "own handlers": "[signal.signal(number, lambda *_: None) for number in"
    " (signal.SIGINT, signal.SIGTERM, signal.SIGSEGV, signal.SIGILL, signal.SIGUSR2)]",
    "environment": "os.environ['LANG'] = 'tr_TR.UTF-8'; os.environ['TZ'] = 'Asia/Kathmandu'",
    "threads": "threading.Thread(target=lambda: time.sleep(30), daemon=True).start()",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_nothing_is_different(setting, child, tally):
    passed = 0
    for _ in range(3):
        states = json.loads(child(STATE.format(before=SETTINGS[setting])))
        assert states[1] == states[0], "after the import"
        assert states[2] == states[0], "after calls"
        passed += 1
    tally(f"T9[{setting}]", 3, passed)


def test_faulthandler_still_prints():
    """A crash after a call ends in Python's traceback, not in that of another runtime."""
    crash = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c",
         "import array, ctypes, topoloss_swift\n"
         "topoloss_swift.persistence_diagrams(array.array('d', range(9)))\n"
         "ctypes.string_at(0)"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert crash.returncode == -11
    assert crash.stderr.startswith("Fatal Python error: Segmentation fault")
    assert "*** " not in crash.stderr, "the Swift backtracer stayed out"


def test_a_daemon_thread_inside_a_call_does_not_disturb_the_exit(child):
    """The interpreter ends while a call runs; the exit code is right, nothing crashes."""
    for _ in range(5):
        child(
            """
            import array, threading, time, topoloss_swift
            flat = array.array("d", [(7 * i * i * i) % 1009 for i in range(64 ** 3)])
            field = memoryview(flat).cast("B").cast("d", [64, 64, 64])
            def run():
                while True:
                    topoloss_swift.persistence_diagrams(field)
            threading.Thread(target=run, daemon=True).start()
            time.sleep(0.05)
            """
        )


def test_import_is_quick_and_brings_no_numpy(child, tally):
    """Under 0.3 s; the best of five, since the machine may be busy."""
    program = """
        import sys, time
        start = time.perf_counter()
        import topoloss_swift
        print(time.perf_counter() - start)
        assert not any(name.split(".")[0] == "numpy" for name in sys.modules)
        """
    best = min(float(child(program)) for _ in range(5))
    tally("T9[import]", 1, int(best < 0.3), f"{best * 1e3:.0f} ms")


# ---------------------------------------------------------------- S4: the shared objects


def tool(*command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip(f"LOUD SKIP: {command[0]} is not installed")


OBJECTS = {"_core": (PACKAGE / "_core.abi3.so", r"PyInit__core"),
           "libtopoloss": (PACKAGE / "lib" / "libtopoloss.so", r"topoloss_\w+")}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_only_our_names_are_exported(name):
    path, allowed = OBJECTS[name]
    names = [line.split()[-1] for line in tool("nm", "-D", "--defined-only", path).splitlines()]
    assert names and [name for name in names if not re.fullmatch(allowed, name)] == []


@pytest.mark.parametrize("name", OBJECTS)
def test_hardening_and_dependencies(name):
    path, _ = OBJECTS[name]
    dynamic, segments = tool("readelf", "-dW", path), tool("readelf", "-lW", path)
    assert "GNU_RELRO" in segments and "BIND_NOW" in dynamic
    stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
    assert "E" not in stack.split()[6], "the stack is not executable"
    assert "(RPATH)" not in dynamic and "TEXTREL" not in dynamic
    assert set(re.findall(r"RUNPATH.*\[(.*)\]", dynamic)) <= {"$ORIGIN/lib", "$ORIGIN"}
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    system = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
    assert "libc.so.6" in needed and needed <= system | {"libtopoloss.so"}


def test_no_static_python_object():
    """`_core` holds its objects per interpreter: the only writable data are tables of C."""
    undefined = tool("nm", "-D", "--undefined-only", PACKAGE / "_core.abi3.so")
    for forbidden in ("PyModule_Create2", "PyType_Ready", "PyState_FindModule"):
        assert forbidden not in undefined
