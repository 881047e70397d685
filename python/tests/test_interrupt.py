"""T8: Ctrl-C, and any exception of a signal handler, ends a running call within 200 ms."""

import os
import random
import signal
import threading
import time

import numpy as np
import pytest
import sizes

from topoloss_swift import (
    bottleneck,
    persistence_diagrams,
    sliced_wasserstein,
    topological_loss,
    topological_loss_and_gradient,
    wasserstein,
    wasserstein_batch,
)

SEED = sizes.seed(8)
ROUNDS = sizes.cases(100, 500)
LIMIT_SECONDS = 0.200
NOISE = np.random.default_rng(SEED).standard_normal((96, 96, 96)).astype(np.float32)
SMALL = NOISE[:6, :6, :6]


class HandlerError(Exception):
    pass


def send_after(seconds, sent, begun):
    """SIGINT to this process, as a terminal sends it, so long after `begun`; when goes into `sent`."""

    def run():
        begun.wait()
        time.sleep(seconds)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def interrupted(expected, delay, call=persistence_diagrams, operands=(NOISE,), **options):
    """Seconds from the signal to the exception."""
    sent, begun = [], threading.Event()
    thread = send_after(delay, sent, begun)
    seconds = None
    try:
        begun.set()  # not before: without a delay the signal would meet the start of the thread
        # More than one call long enough for every delay: the signal always meets one of them.
        while True:
            call(*operands, **options)
    except expected:
        seconds = time.perf_counter() - sent[0]
    finally:
        thread.join()
    return seconds


def call_seconds():
    start = time.perf_counter()
    persistence_diagrams(NOISE)
    return time.perf_counter() - start


def test_ctrl_c_at_random_moments(tally):
    before = persistence_diagrams(SMALL)
    chance = random.Random(SEED)
    longest = min(call_seconds(), 1.0)
    delays = []
    for round in range(ROUNDS):
        options = {"threads": 1 + round % 2, "construction": "TV"[round // 2 % 2]}
        delays.append(interrupted(KeyboardInterrupt, chance.uniform(0, longest), **options))
        assert persistence_diagrams(SMALL) == before
    passed = sum(delay <= LIMIT_SECONDS for delay in delays)
    tally("T8", ROUNDS, passed, f"{max(delays) * 1e3:.0f} ms", SEED)


def points(seed, count):
    births = np.random.default_rng(seed).random(count)
    return np.column_stack([births, births + np.random.default_rng(seed + 1).random(count)])


MANY, OTHERS = points(1, 20_000), points(2, 20_000)
LONG_CALLS = {
    "wasserstein": (wasserstein, (MANY, OTHERS), {}),
    "matching": (wasserstein, (MANY, OTHERS), {"return_matching": True}),
    "batch": (wasserstein_batch, ([MANY[:3_000]] * 4, [OTHERS[:3_000]] * 4), {"threads": 2}),
    "bottleneck": (bottleneck, (MANY, OTHERS), {}),
    "sliced": (sliced_wasserstein, (MANY, OTHERS), {"directions": 1_000}),
    "loss": (topological_loss, (NOISE, NOISE[::-1]), {"resolution": None, "dimensions": (0, 2)}),
    "loss of a batch": (
        topological_loss_and_gradient, (NOISE.reshape(8, 48, 48, 48), NOISE.reshape(8, 48, 48, 48)[::-1]),
        {"resolution": None, "threads": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG_CALLS)
def test_ctrl_c_in_distances_and_the_loss(name, tally):
    call, operands, options = LONG_CALLS[name]
    before = wasserstein(MANY[:50], OTHERS[:50])
    chance, delays = random.Random(name), []
    for _ in range(12):
        delay = chance.uniform(0.005, 0.3)  # by then the call has begun
        delays.append(interrupted(KeyboardInterrupt, delay, call, operands, **options))
        assert wasserstein(MANY[:50], OTHERS[:50]) == before
    passed = sum(delay <= LIMIT_SECONDS for delay in delays)
    tally(f"T8[{name}]", 12, passed, f"{max(delays) * 1e3:.0f} ms")


def test_other_exceptions_of_a_handler_propagate(tally):
    def handler(number, frame):
        raise HandlerError("from the handler")

    old = signal.signal(signal.SIGINT, handler)
    try:
        delays = [interrupted(HandlerError, 0.01 * round) for round in range(10)]
    finally:
        signal.signal(signal.SIGINT, old)
    passed = sum(delay <= LIMIT_SECONDS for delay in delays)
    tally("T8[handler]", 10, passed, f"{max(delays) * 1e3:.0f} ms")


def test_a_handler_that_raises_nothing_lets_the_call_finish():
    """It also runs during the call, not after it, and may itself use the library."""
    expected, inner, ran = persistence_diagrams(NOISE), persistence_diagrams(SMALL), []

    def handler(number, frame):
        ran.append((time.perf_counter(), persistence_diagrams(SMALL) == inner))

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        thread = threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGUSR1))
        thread.start()
        found = persistence_diagrams(NOISE, threads=1)
        ended = time.perf_counter()
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert found == expected
    assert len(ran) == 1 and ran[0][1]
    assert ran[0][0] < ended


def test_memory_of_an_interrupted_call_is_freed():
    """Ten interrupted calls must not keep ten volumes (each 96^3 voxels, several bytes a voxel)."""

    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    for _ in range(3):
        interrupted(KeyboardInterrupt, 0.03)
    before = resident()
    for _ in range(10):
        interrupted(KeyboardInterrupt, 0.03)
    # Two volumes of slack for what the allocator keeps.
    assert resident() - before < 2 * NOISE.size * 4


def test_other_threads_are_not_interrupted():
    """A signal belongs to the main thread; a call in another one runs to its end."""
    results = []
    thread = threading.Thread(target=lambda: results.append(persistence_diagrams(NOISE)))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)
    thread.join()
    assert results[0] == persistence_diagrams(NOISE)
