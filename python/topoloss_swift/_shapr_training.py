"""One call of the trainer: checkpoints, and callbacks that get dicts."""

import os
from collections.abc import Callable
from typing import Any

from ._options import watches_signals

_STEP, _EPOCH = 0, 1  # events of topoloss.h
_STAGES = ("supervised", "adversarial")
_LOSSES = ("loss", "dice", "cross_entropy", "topological", "adversarial", "discriminator")

_OnRecord = Callable[[dict[str, Any]], object]


def open_checkpoint(
    training: Any, checkpoint: "str | os.PathLike[str] | None", resume: bool
) -> bytes | None:
    """Goes on from a checkpoint that is there, if that is wanted; its path as the extension takes it."""
    path = None if checkpoint is None else os.fsencode(checkpoint)
    if resume and path is None:
        raise ValueError("resume=True goes on from a checkpoint: say which one")
    if path is not None and os.path.exists(path):
        if not resume:
            raise FileExistsError(
                f"{os.fsdecode(path)!r} is there already: go on with resume=True, or remove it"
            )
        training.load(path)
    return path


def run_training(
    training: Any, path: bytes | None, on_epoch: _OnRecord | None, on_step: _OnRecord | None
) -> None:
    """Trains to the end; a checkpoint is written before the callbacks hear of its epoch."""

    def progress(report: tuple[Any, ...]) -> None:
        if report[0] == _STEP and on_step is not None:
            on_step(_step_record(report))
        if report[0] == _EPOCH:
            if path is not None:
                training.save(path)
            if on_epoch is not None:
                on_epoch(_epoch_record(report))

    wanted = on_epoch is not None or on_step is not None or path is not None
    try:
        training.fit(progress if wanted else None, watches_signals())
    except KeyboardInterrupt:
        if path is not None:
            training.save(path)
        raise


def _step_record(report: tuple[Any, ...]) -> dict[str, Any]:
    _, stage, epoch, epochs, step, steps, _, train, _, rate = report
    return {
        "stage": _STAGES[stage], "epoch": epoch, "epochs": epochs, "step": step, "steps": steps,
        "rate": rate, **_named("train", train),
    }  # fmt: skip


def _epoch_record(report: tuple[Any, ...]) -> dict[str, Any]:
    """The names and the order of the program's log.jsonl."""
    _, stage, epoch, _, _, _, is_best, train, validation, rate = report
    return {
        "stage": _STAGES[stage], "epoch": epoch, "rate": rate, **_named("train", train),
        **_named("val", validation[:4]), "is_best": bool(is_best),
    }  # fmt: skip


def _named(prefix: str, losses: tuple[float, ...]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in zip(_LOSSES, losses)}
