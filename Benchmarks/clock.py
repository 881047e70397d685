"""Medians of interleaved runs, on as many cores as a row is allowed."""

import gc
import os
import statistics
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_now = time.perf_counter


def use_processor_time():
    """From now on a second is one that this process computed: for trying things on a busy machine."""
    global _now
    _now = time.process_time


def kind():
    """"wall" or "processor"."""
    return "wall" if _now is time.perf_counter else "processor"


@dataclass(frozen=True)
class Elsewhere:
    """What a function returns that ran, and was timed, in another process."""

    seconds: float
    result: Any


@contextmanager
def bound_to(cores):
    """Binds this thread, and the threads and processes it starts meanwhile, to that many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-cores:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def timed(function):
    """Seconds of one call, and its result."""
    gc.disable()
    try:
        start = _now()
        result = function()
        seconds = _now() - start
    finally:
        gc.enable()
    return (result.seconds, result.result) if isinstance(result, Elsewhere) else (seconds, result)


def repeats(first, at_least):
    """How often to run what took `first` seconds: about three seconds in all, slow ones 1-3 times."""
    if first > 4:
        return at_least
    if first > 1:
        return max(3, at_least)
    return min(31, max(5, int(3 / first)))


def medians(functions, first, at_least=1):
    """Median seconds by name; the runs of all `functions` are spread over the same stretch of time.

    Parameters
    ----------
    functions : dict of str to callable
    first : dict of str to float
        What a first run took. A run of over a second has nothing to warm up and counts;
        a shorter one does not.
    at_least : int
        So many runs even of slow functions.
    """
    times = {name: [first[name]] if first[name] > 1 else [] for name in functions}
    turns = []
    for name in functions:
        missing = repeats(first[name], at_least) - len(times[name])
        turns += [((turn + 0.5) / missing, name) for turn in range(missing)]
    for _, name in sorted(turns):
        times[name].append(timed(functions[name])[0])
    return {name: statistics.median(values) for name, values in times.items()}
