"""T4: many threads make mixed calls at once; every answer is the serial one."""

import random
import subprocess
import sys
import threading

import numpy as np
import pytest
from drivers import build
from shapr_cells import SETTINGS, cells

import topoloss_swift
from topoloss_swift.shapr import Shapr

pytestmark = pytest.mark.identifier("T4")
THREADS = 16


def storm(program, calls, seed):
    """How many calls were made; each was right, and no sanitizer had anything to say."""
    finished = subprocess.run([program, str(THREADS), str(calls), str(seed)], capture_output=True, text=True)
    assert finished.returncode == 0, f"exit code {finished.returncode}\n{finished.stderr[-8000:]}"
    assert not finished.stderr, finished.stderr[-8000:]
    return int(finished.stdout.split()[1])


def test_threads_in_c(tmp_path, cases, seed, tally):
    """Handles are shared, too: exchanged, destroyed and cancelled by one thread while others use them."""
    calls = storm(build("storm.c", tmp_path), cases(500, 100_000 // THREADS), seed)
    tally("T4[C]", calls, calls, seed=seed)


@pytest.mark.release
def test_threads_under_thread_sanitizer(tmp_path, cases, seed, tally):
    calls = storm(build("storm.c", tmp_path, "thread"), cases(500, 100_000 // THREADS), seed)
    tally("T4[TSan]", calls, calls, seed=seed)


@pytest.mark.release
def test_threads_under_address_sanitizer(tmp_path, cases, seed, tally):
    calls = storm(build("storm.c", tmp_path, "address"), cases(500, 100_000 // THREADS), seed)
    tally("T4[ASan]", calls, calls, seed=seed)


def python_jobs():
    """Calls of every kind, without what they have in common but the model."""
    rng = np.random.default_rng(8)
    jobs = []
    for size in range(3, 9):
        volume = rng.integers(0, 50, (size, 6, 7)).astype(np.float32)
        points = [np.asarray(d.points) for d in topoloss_swift.persistence_diagrams(volume)]

        def diagrams(threads, volume=volume):
            return topoloss_swift.persistence_diagrams(volume, threads=threads)

        def loss(threads, volume=volume):
            pair = volume, volume[::-1]
            value, gradient = topoloss_swift.topological_loss_and_gradient(*pair, resolution=None, threads=threads)
            return value, np.asarray(gradient).tobytes()

        def distance(threads, points=points):
            batch = topoloss_swift.wasserstein_batch(points[1:] * 2, points[1:][::-1] * 2, threads=threads)
            return np.asarray(batch).tobytes()

        def refused(threads, volume=volume):
            try:
                topoloss_swift.persistence_diagrams(volume.astype(complex), threads=threads)
            except TypeError as error:
                return str(error)

        jobs += [diagrams, loss, distance, refused]
    images, masks, objects = cells(4)
    model = Shapr(**{**SETTINGS, "epochs": 1}).fit(images, masks, objects, validation=[3])
    expected = model.predict(images, masks).tobytes()

    def predict(threads):
        """The one model of all threads: its answer, or the refusal of a handle that is in use."""
        try:
            return model.predict(images, masks).tobytes()
        except BlockingIOError:
            return expected

    return [*jobs, predict]


def python_storm(calls, seed):
    """How many of `calls` calls per thread, in 16 threads, were as the serial ones."""
    jobs = python_jobs()
    expected = [job(1) for job in jobs]
    right = [0] * THREADS
    interval = sys.getswitchinterval()

    def work(mine):
        draw = random.Random(f"{seed} {mine}")
        for _ in range(calls):
            place = draw.randrange(len(jobs))
            right[mine] += jobs[place](draw.randint(1, 3)) == expected[place]

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(THREADS)]
    sys.setswitchinterval(1e-4)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return sum(right)


def test_threads_in_python(seed, tally):
    calls = 60
    tally("T4[Python, thinned]", THREADS * calls, python_storm(calls, seed), seed=seed)


@pytest.mark.release
def test_many_threads_in_python(cases, seed, tally):
    calls = cases(500, 100_000 // THREADS)
    tally("T4[Python]", THREADS * calls, python_storm(calls, seed), seed=seed)
