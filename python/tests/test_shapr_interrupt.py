"""The trainer under Ctrl-C, fork and threads."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from shapr_cells import SETTINGS, cells

from topoloss_swift.shapr import Shapr

CELLS = cells()
LIMIT_SECONDS = 0.200  # P5
ROUNDS = 12


def send_after(seconds, sent):
    def run():
        time.sleep(seconds)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def interrupted(model, delay, **options):
    """Seconds from the signal to the exception."""
    sent = []
    thread = send_after(delay, sent)
    try:
        while True:  # a training that is over before the signal begins anew
            model.fit(*CELLS, **options)
            if options:
                thread.join()
    except KeyboardInterrupt:
        return time.perf_counter() - sent[0]
    finally:
        thread.join()


def test_ctrl_c_is_answered_in_every_stage(tally):
    """T8 for the trainer: at random moments, steps of about 0.1 s and adversarial ones among them."""
    rng = np.random.default_rng(8)
    model = Shapr(SETTINGS, base_filters=8, batch_size=6, epochs=3, adversarial_epochs=50)
    times = [interrupted(model, rng.uniform(0, 1.5)) for _ in range(ROUNDS)]
    good = sum(seconds < LIMIT_SECONDS for seconds in times)
    tally("T8-trainer", ROUNDS, good, f"{max(times):.3f} s", seed=8)


def test_what_was_broken_off_goes_on_to_the_same_bits(tmp_path, tally):
    """A step that is broken off leaves nothing behind: interrupted again and again, the end is the same."""
    settings = {**SETTINGS, "base_filters": 4, "epochs": 3, "adversarial_epochs": 2}
    whole = Shapr(settings).fit(*CELLS)
    rng = np.random.default_rng(3)
    path = tmp_path / "state"
    broken = Shapr(settings)
    interruptions = 0
    while True:
        sent = []
        thread = send_after(rng.uniform(0.03, 0.3), sent)
        try:
            try:
                broken.fit(*CELLS, checkpoint=path, resume=True)
                done = True
            except KeyboardInterrupt:
                done = False
                interruptions += 1
            thread.join()
        except KeyboardInterrupt:
            pass  # it came when the training was over
        if done:
            break
    assert broken.history == whole.history
    assert np.array_equal(broken.predict(*CELLS[:2]), whole.predict(*CELLS[:2]))
    tally("T8-resume", 1 + interruptions, 1 + interruptions, f"{interruptions} interruptions", seed=3)


def test_a_child_after_fork_trains_anew(child):
    """The parent has trained and has a model; the child makes its own, with the same bits."""
    child(
        """
        import os, sys
        sys.path.insert(0, sys.argv[1])
        import numpy as np
        from shapr_cells import SETTINGS, cells
        from topoloss_swift.shapr import Shapr
        data = cells()
        parent = Shapr(SETTINGS).fit(*data)
        expected = parent.predict(*data[:2])
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    own = Shapr(SETTINGS).fit(*data)
                    code = 0 if np.array_equal(own.predict(*data[:2]), expected) else 2
                    try:
                        parent.predict(*data[:2])
                        code = 3
                    except ValueError as error:
                        code = code if "another process" in str(error) else 4
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert np.array_equal(parent.predict(*data[:2]), expected)
        """,
        os.path.dirname(__file__),
        timeout=300,
    )


def test_no_thread_is_left_behind():
    def threads():
        return len(os.listdir("/proc/self/task"))

    before = threads()
    counts = []
    Shapr(SETTINGS, threads=4).fit(*CELLS, on_epoch=lambda row: counts.append(threads()))
    assert threads() == before
    assert max(counts) <= before + 4  # the team, and the one that loads


def test_other_threads_run_meanwhile_and_have_trainings_of_their_own():
    expected = Shapr(SETTINGS).fit(*CELLS).history
    found, ticks = [], []
    workers = [
        threading.Thread(target=lambda: found.append(Shapr(SETTINGS).fit(*CELLS).history)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        ticks.append(time.perf_counter())
        time.sleep(0.001)
    assert found == [expected] * 3
    assert len(ticks) > 10  # the GIL was free


def test_one_model_serves_one_call_at_a_time():
    model = Shapr(SETTINGS).fit(*CELLS)
    images, masks = (np.tile(array, (50, 1, 1)) for array in CELLS[:2])
    expected = model.predict(images, masks)
    outcomes = []

    def predict():
        try:
            outcomes.append(np.array_equal(model.predict(images, masks), expected))
        except BlockingIOError:
            outcomes.append(None)

    workers = [threading.Thread(target=predict) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(outcomes) == 8 and False not in outcomes and True in outcomes


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_what_a_signal_handler_raises_comes_out(error):
    def handler(number, frame):
        raise error("from the handler")

    before = signal.signal(signal.SIGUSR1, handler)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        with pytest.raises(error, match="from the handler"):
            while True:
                Shapr(SETTINGS, epochs=100).fit(*CELLS)
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
