"""The rows of `training.py`: who trains how, what is to be reached, and what was found."""

import statistics
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import network_programs as programs
import report
from training_programs import TORCH, ShaprTrain, TorchTrain

OURS, CHANNELS_LAST, TUNED = "ours", "channels_last_3d", "channels_last_3d, tuned memory"
COLUMNS = (OURS, CHANNELS_LAST, TUNED)

# How far geometric and topological losses of an epoch may be apart. At learning rate 0, only by another order of
# float32 additions. Else Adam's first steps are almost the sign of the gradient: where a gradient is about 0, that order
# decides which way a weight goes.
STILL, LEARNING = (1e-6, 1e-4), (2e-3, 2e-2)


@dataclass(frozen=True)
class Epochs:
    """One row of whole epochs."""

    name: str
    threads: int
    settings: tuple[str, ...]  # of `shapr train`
    peer: str | None  # the case of `training_torch.py`; None where it would take too long
    tuned: bool = False  # also with the memory settings that PyTorch does not come with
    target: float | None = None  # least ratio peer / ours
    quick: bool = False


@dataclass(frozen=True)
class Share:
    """One row of the topological loss within a step."""

    name: str
    case: str  # of both programs
    threads: int
    passes: int  # over the batches, of ours
    target: float  # largest share
    peer: bool = False
    quick: bool = False


def epoch_cases():
    for threads in (2, 1):
        more = f", {threads} thread{'s' * (threads > 1)}"
        two = threads == 2
        yield Epochs(f"epoch, 16^3{more}", threads, (), "epoch", two, 3.5 if two else None, two)
        without = ("--topological-weight", "0")
        yield Epochs(f"epoch without topological loss{more}", threads, without, "epoch without", two)
        full = ("--topological-resolution", "null")
        yield Epochs(f"epoch, full size 64^3{more}", threads, full, None)


def share_cases():
    for threads in (2, 1):
        more = f", {threads} thread{'s' * (threads > 1)}"
        two = threads == 2
        for weights, words in (("start", "before training"), ("trained", "after 5 epochs")):
            yield Share(f"share, 16^3, {words}{more}", f"share16-{weights}", threads, 2, 0.02, two, two)
            yield Share(f"share, 64^3, {words}{more}", f"share64-{weights}", threads, 1, 0.25, False, two)


def check(name, found, ours, tolerances):
    """Ends the program if an epoch had other losses."""
    for found_loss, our_loss, tolerance in zip(found, ours, tolerances * 2, strict=True):
        if abs(found_loss - our_loss) > tolerance * abs(our_loss):
            raise SystemExit(f"wrong answer: {name}: losses {found}, ours: {ours}")
    differences = (f"{abs(a - b) / max(abs(b), 1e-30):.1g}" for a, b in zip(found, ours, strict=True))
    report.say(f"{name}: losses differ by {', '.join(differences)} of ours")


def check_still(folder):
    """Compares the losses of an epoch in which nothing is learned: the same cells, changed in the same way."""
    with (
        closing(ShaprTrain(Path(folder) / "still", 2, "--learning-rate", "0")) as ours,
        closing(TorchTrain(folder, 2, "epoch at rate 0")) as peer,
    ):
        ours.epochs(1)
        peer.epochs(1)
        check("epoch at rate 0", peer.losses(0), ours.losses(0), STILL)


def epoch_row(case, folder, quick):
    """Seconds per epoch: the first is left out and its losses are compared, then all take turns."""
    with ExitStack() as stack:
        run = Path(folder) / case.name.replace(" ", "-")
        who = {OURS: stack.enter_context(closing(ShaprTrain(run, case.threads, *case.settings)))}

        def add(column, environment=None):
            contestant = TorchTrain(folder, case.threads, case.peer, environment)
            who[column] = stack.enter_context(closing(contestant))

        if case.peer:
            add(CHANNELS_LAST)
        if case.tuned and not quick:
            add(TUNED, programs.KEEP_MEMORY)
        for name, contestant in who.items():
            contestant.epochs(1)
            if name != OURS:
                check(f"first {case.name}, {name}", contestant.losses(0), who[OURS].losses(0), LEARNING)
        times = {name: [] for name in who}
        for _ in range(2 if quick else 3):
            for name, contestant in who.items():
                # Two of ours in a row, so that not all begin with the caches of another.
                times[name] += contestant.epochs(2 if name == OURS else 1)
    seconds = {name: statistics.median(found) for name, found in times.items()}

    def cell(column):
        if column not in seconds:
            return "-"
        ratio = "" if column == OURS else f" ({report.factor(seconds[column] / seconds[OURS])})"
        return f"{seconds[column]:.2f}{ratio}"

    target, checks = "-", []
    if case.target:
        target = f"{case.target:g}x {CHANNELS_LAST}"
        checks = [seconds[CHANNELS_LAST] >= case.target * seconds[OURS]]
    spread = f"{min(times[OURS]):.2f} ... {max(times[OURS]):.2f}"
    row = [case.name, *map(cell, COLUMNS), spread, target, report.verdict(checks)]
    report.say(" | ".join(row))
    return row


def measure_share(command, folder, case, passes):
    """Medians over all batches: seconds of a step with the loss, difference to one without, inside the loss."""
    with closing(programs.Program(command, folder, case.threads)) as program:
        values = [value for _ in range(passes) for value in program.run(case.case).result]
    triples = list(zip(values[::3], values[1::3], values[2::3], strict=True))[1:]  # the first warms up
    step = statistics.median(with_loss for _, with_loss, _ in triples)
    difference = statistics.median(with_loss - without for without, with_loss, _ in triples)
    return step, difference, statistics.median(inside for _, _, inside in triples)


def share_row(case, folder, quick):
    """The topological loss in a step: ours inside and as a difference, a peer's as a difference."""
    step, difference, inside = measure_share(programs.OURS, folder, case, case.passes)
    peer = "-"
    if case.peer and not quick:
        peer_step, peer_difference, _ = measure_share(TORCH, folder, case, 1)
        peer = f"{percent(peer_difference / peer_step)} of {report.milliseconds(peer_step)}"
    milliseconds = map(report.milliseconds, (step, inside, difference))
    shares = percent(inside / step), percent(difference / step)
    met = report.verdict([inside <= case.target * step, difference <= case.target * step])
    row = [case.name, *milliseconds, *shares, peer, f"under {percent(case.target)}", met]
    report.say(" | ".join(row))
    return row


def percent(share):
    return f"{100 * share:.3g} %"
