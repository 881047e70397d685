"""The part of a report on training: the curves of the losses, and a line for each training."""

from .curves import panels
from .markup import Content
from .page import caption, details, legend
from .run_folder import Run, Training
from .scores import Score
from .tables import row, table
from .training_log import best_epoch


def training_part(run: Run, baseline: Run | None) -> Content:
    before = baseline.trainings if baseline else []
    words = (
        "Losses after each epoch; lower is better. The ring marks the epoch with the lowest validation "
        "loss, whose weights are kept. Where validation rises while training falls, the network learns its "
        "cells by heart."
    )
    entries = [("train-line", "training cells"), ("validation-line", "validation cells")]
    if any(training.log for training in before):
        entries.append(("baseline-line", "validation cells, baseline"))
    parts: list[Content] = []
    if any(training.log for training in run.trainings):
        parts += [caption(words), legend(*entries), panels(run.trainings, before)]
    rows = []
    for training in run.trainings:
        rows.append(row(training.title, *_facts(training)))
    header = [
        "training",
        "train",
        "val",
        "test",
        "epochs",
        "best epoch",
        "best validation loss",
        "scored cells",
    ]
    parts.append(table(header, rows))
    if len(run.trainings) > 1:
        for training in run.trainings:
            if training.log:
                same = [one for one in before if (one.seed, one.fold) == (training.seed, training.fold)]
                parts.append(details(f"Losses of {training.title}", panels([training], same)))
    return parts


def _facts(training: Training) -> list[str]:
    best = best_epoch(training.log)
    lists = [
        str(len(training.split[name])) if name in training.split else "–" for name in ("train", "val", "test")
    ]
    supervised = sum(epoch.stage != "adversarial" for epoch in training.log)
    adversarial = len(training.log) - supervised
    epochs = f"{supervised} + {adversarial} adversarial" if adversarial else str(supervised)
    if best is None:
        return [*lists, epochs, "–", "–", _scored(training.scores)]
    loss = training.log[best].losses.get("val_loss")
    return [*lists, epochs, str(best + 1), "–" if loss is None else f"{loss:.4f}", _scored(training.scores)]


def _scored(scores: list[Score] | None) -> str:
    return "not yet" if scores is None else str(len(scores))
