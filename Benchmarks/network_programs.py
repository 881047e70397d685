"""The contestants of `network.py`: programs that stay alive, take orders and keep their own time.

A program is started with a folder of inputs and a number of threads. It prints one line, its name and
version as a JSON string, before it has made any model. Then it answers each line ``CASE COUNT`` that
it reads with one line of JSON: ``seconds``, the time of each of COUNT runs in a row, and ``values``,
what the first of them computed. A case's first order makes its model from the files; the models of
different cases share nothing, and a model keeps learning from order to order.

The cases of this package are ``step`` (values: the loss), ``adversarial`` (the loss of the generator
and that of the discriminator), ``inference6`` and ``inference1`` (mean and mean square of the prediction).
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import clock

HERE = Path(__file__).resolve().parent
OURS = [HERE.parent / ".build-network" / "release" / "network-bench"]
TORCH = [sys.executable, "-W", "ignore", HERE / "network_contestants.py"]

# PyTorch returns every freed tensor to the system and has the next one's pages zeroed anew, unless it
# is told otherwise: these make it keep memory, in large pages.
KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "THP_MEM_ALLOC_ENABLE": "1",
}


class Program:
    """One contestant, on as many cores as it has threads."""

    def __init__(self, command, folder, threads, environment=None):
        with clock.bound_to(threads):
            self._process = subprocess.Popen(
                [*command, folder, str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, **(environment or {})},
            )
        self.version = self._reply()

    def run(self, case, count=1):
        """So many runs in a row: their median time, and what the first computed."""
        print(case, count, file=self._process.stdin, flush=True)
        reply = self._reply()
        return clock.Elsewhere(statistics.median(reply["seconds"]), reply["values"])

    def memory(self, key):
        """A size from the kernel's account of the process, in bytes."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def _reply(self):
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args[0]} ended with status {self._process.wait()}")
        return json.loads(line)


def peak_memory(command, folder, threads, case):
    """Bytes that two runs need at most, above a program that has started and not yet made the model."""
    program = Program(command, folder, threads)
    try:
        before = program.memory("VmRSS")
        program.run(case, 2)
        return program.memory("VmHWM") - before
    finally:
        program.close()
