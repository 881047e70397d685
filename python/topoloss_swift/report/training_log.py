"""The table log.csv: the losses of each epoch of one training."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from .failure import Failure
from .files import read_text


@dataclass(frozen=True)
class Epoch:
    """One line of the log: `stage`, the losses by column, and whether validation was best so far."""

    stage: str
    losses: dict[str, float]
    is_best: bool


def read_log(path: Path) -> list[Epoch]:
    """The epochs of one training, in their order.

    Raises
    ------
    Failure
        66 when the file cannot be read, 65 (with the line) when it is not such a table.
    """
    rows = csv.DictReader(io.StringIO(read_text(path)), strict=True)
    epochs = []
    try:
        for row in rows:
            losses = {}
            for key, value in row.items():
                if key in ("stage", "epoch", "is_best"):
                    continue
                losses[key] = float(value)
            epochs.append(Epoch(row.get("stage") or "", losses, row.get("is_best") == "true"))
    except (csv.Error, ValueError, TypeError, AttributeError):
        raise Failure(65, "FORMAT", f"{path}, line {rows.line_num}: not a line of a training log") from None
    return epochs


def best_epoch(log: list[Epoch]) -> int | None:
    """The place of the epoch whose weights were kept: the last one that was the best so far."""
    return max((place for place, epoch in enumerate(log) if epoch.is_best), default=None)


def losses(log: list[Epoch], column: str) -> list[float]:
    """One column; NaN where an epoch has none."""
    return [epoch.losses.get(column, math.nan) for epoch in log]
