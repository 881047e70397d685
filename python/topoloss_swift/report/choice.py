"""Which cells are shown: the best, the median and the worst, then some of every class."""

import math
from collections.abc import Sequence

from .scores import Score


def ranked(scores: Sequence[Score]) -> list[Score]:
    """The cells from best to worst by IoU; those without a value come last, by name."""

    def place(score: Score) -> tuple[float, str]:
        value = score.values.get("iou_error", math.nan)
        return (math.inf if math.isnan(value) else value), score.name

    return sorted(scores, key=place)


def chosen(scores: Sequence[Score], count: int) -> list[tuple[Score, str]]:
    """At most `count` cells from best to worst, each with the reason why it is shown ("" for none)."""
    order = ranked(scores)
    reasons: dict[int, str] = {}

    def take(cells: Sequence[int], position: float, reason: str) -> None:
        if cells and len(reasons) < count:
            index = cells[round(position * (len(cells) - 1))]
            reasons.setdefault(index, reason)

    everything = range(len(order))
    for position, word in ((0, "best"), (1, "worst"), (0.5, "median")):
        take(everything, position, word)
    classes: dict[str, list[int]] = {}
    for index, score in enumerate(order):
        classes.setdefault(score.class_name, []).append(index)
    if len(classes) > 1:
        for position, word in ((0.5, "median"), (0, "best"), (1, "worst")):
            for _, cells in sorted(classes.items()):
                take(cells, position, f"{word if len(cells) > 1 else 'only one'} of its class")
    # What is left of the number, spread over all cells.
    free = [index for index in everything if index not in reasons]
    left = min(count - len(reasons), len(free))
    for number in range(left):
        reasons[free[number * len(free) // left]] = ""
    return [(order[index], reasons[index]) for index in sorted(reasons)]


def by_distance(scores: Sequence[Score], dimension: int) -> list[tuple[Score, str]]:
    """Three cells from the largest to the median W_2 of a homology dimension, each with what it is.

    Cells of which most are alike would show nothing; without these scores it is the first of all.
    """
    key = f"wasserstein{dimension}"
    order = [score for score in scores if not math.isnan(score.values.get(key, math.nan))]
    order.sort(key=lambda score: (-score.values[key], score.name))
    if not order:
        return [(score, "") for score in ranked(scores)[:1]]
    picked: dict[int, str] = {}
    for position, word in ((0, "largest distance"), (0.25, "upper quarter"), (0.5, "median distance")):
        picked.setdefault(round(position * (len(order) - 1)), word)
    return [(order[index], word) for index, word in picked.items()]
