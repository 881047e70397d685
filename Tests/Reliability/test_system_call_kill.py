"""K2: the program ends at the k-th file operation that changes something, for every k."""

import collections
import re
import shutil
import subprocess

import pytest
from operations import operations_of
from toy import checkpoints


@pytest.mark.identifier("K2")
def test_system_call_kill(short, tally, seed, cases, in_parallel):
    folder = short.folder()
    count = len(operations_of(short, folder))
    shutil.rmtree(folder)
    assert short.reference
    every = max(1, count // cases(count // 10, count))

    def check(k, _):
        folder = short.folder()
        end = short.run(folder, environment={"FAULT_KILL": k})
        assert end.code == 137, f"operation {k} of {count} was not reached: {end.code}"
        newest = max(checkpoints(folder), default=None)
        end = short.assert_goes_on(folder)
        end.assert_resumed(newest)
        shutil.rmtree(folder)

    # The first one of the thinned ones follows from the seed.
    results = in_parallel(check, range(1 + seed % every, count + 1, every))
    tally("K2", len(results), results.count(None), f"of {count} operations", seed)


# Names of system calls, and of the operations that are counted.
CALLS = {
    "write": "write", "pwrite64": "write", "writev": "write",
    "ftruncate": "ftruncate",
    "fsync": "fsync", "fdatasync": "fsync",
    "rename": "rename", "renameat": "rename", "renameat2": "rename",
    "unlink": "unlink", "unlinkat": "unlink",
    "mkdir": "mkdir", "mkdirat": "mkdir",
    "open": "open", "openat": "open", "creat": "open",
}  # fmt: skip


@pytest.mark.identifier("K2")
def test_every_system_call_is_seen(short):
    """The preloaded library misses none of the calls that the kernel gets."""
    trace = short.scratch / "trace"
    strace = shutil.which("strace")
    if not strace or subprocess.run([strace, "-o", trace, "true"], capture_output=True).returncode:
        pytest.skip("strace is not there or may not be used: whether all calls are counted is not checked")
    folder = short.folder()
    # The folder above the run directory gets an fsync, too; the trace is read for the run's own files.
    operations = operations_of(short, folder)
    counted = collections.Counter(each.name for each in operations if each.path.startswith(str(folder)))
    shutil.rmtree(folder)
    calls = ["-e", "trace=" + ",".join(CALLS)]
    command = [strace, "-f", "-y", "-o", trace, *calls, *short.command(folder)]
    subprocess.run(command, check=True, capture_output=True)
    seen = collections.Counter()
    # Lines of others than files of the run: reading, standard output.
    for line in trace.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\((.*)", line)
        if not call or str(folder) not in call[2]:
            continue
        if CALLS[call[1]] == "open" and not re.search("O_WRONLY|O_RDWR", call[2]):
            continue
        seen[CALLS[call[1]]] += 1
    assert seen == counted, f"the kernel saw {seen}, the preloaded library {counted}"
    shutil.rmtree(folder)
