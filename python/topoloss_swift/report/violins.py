"""The errors of the single cells, and how they are spread: one chart for each measure."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .chart import Scale, horizontal_ticks, shortened, spanning, svg
from .markup import Markup, element
from .measures import MEASURES, Measure
from .scores import Score

HEIGHT, LEFT, RIGHT, TOP = 250.0, 44.0, 8.0, 32.0
# Classes beyond these are in the tables only.
MOST_CLASSES = 12
# Cells of a violin whose names are told; more would make the page heavy.
MOST_NAMED = 150
ALL = "all cells"
# Letters of a class name below a chart.
LETTERS = 18


def violins(run: Sequence[Score], baseline: Sequence[Score]) -> Markup:
    """A chart for each measure that was scored, with the baseline's cells beside the run's."""
    shown = [measure for measure in MEASURES if any(measure.key in score.values for score in run)]
    return element("div", [_chart(measure, run, baseline) for measure in shown], class_="violins")


def class_names(scores: Sequence[Score]) -> list[str]:
    return sorted({score.class_name for score in scores})


def _chart(measure: Measure, run: Sequence[Score], baseline: Sequence[Score]) -> Markup:
    classes = class_names(run)
    names = [ALL, *classes[:MOST_CLASSES]] if len(classes) > 1 else [ALL]
    width = max(540.0, 60 + 58.0 * len(names))
    step = (width - LEFT - RIGHT) / len(names)
    is_level = step >= 5.4 * min(LETTERS, max(len(name) for name in names))
    bottom = HEIGHT - (26 if is_level else 62)
    values = [score.values.get(measure.key, math.nan) for score in [*run, *baseline]]
    y = spanning(values, bottom, TOP, from_zero=True)
    parts: list[Markup | None] = [horizontal_ticks(y, LEFT, width - RIGHT)]
    for place, name in enumerate(names):
        middle = LEFT + (place + 0.5) * step
        groups = [("baseline", baseline), ("prediction", run)] if baseline else [("prediction", run)]
        room = min(step * 0.86, 120) / len(groups)
        for number, (kind, scores) in enumerate(groups):
            cells = scores if place == 0 else [one for one in scores if one.class_name == name]
            at = middle + (number - (len(groups) - 1) / 2) * room
            parts.append(_violin(cells, measure.key, y, at, room / 2 * 0.92, kind))
        label = name if place == 0 else (name or "no class")
        parts.append(_label(label, middle, bottom + 16, is_level, place == 0))
    heading = element(
        "text",
        element("tspan", measure.title, class_="panel-title"),
        element("tspan", measure.direction, dx=8, class_="tick"),
        x=LEFT,
        y=16,
    )
    return svg(width, HEIGHT, heading, *parts, label=f"{measure.title} of the single cells by class")


def _label(name: str, x: float, y: float, is_level: bool, is_strong: bool) -> Markup:
    """The name of a class below its violins, oblique where there are many."""
    turn = None if is_level else f"rotate(-28 {x + 4:.0f} {y:.0f})"
    kind = ("tick middle" if is_level else "tick end") + (" strong" if is_strong else "")
    words = element("title", name), shortened(name, LETTERS)
    return element("text", words, x=x if is_level else x + 4, y=y, transform=turn, class_=kind)


def _violin(scores: Sequence[Score], key: str, y: Scale, at: float, reach: float, kind: str) -> Markup | None:
    """The cells around the place `at`, which may go `reach` to either side."""
    found = [(score.values.get(key, math.nan), score.name) for score in scores]
    found = sorted(pair for pair in found if not math.isnan(pair[0]))
    if not found:
        return element("text", "–", x=at, y=y(y.low) - 4, class_="tick middle")
    values = np.array([value for value, _ in found])
    heights = [y(value) for value in values]
    shifts = swarm(heights, reach)
    parts = [_body(values, y, at, reach, kind)]
    if len(found) <= MOST_NAMED:
        for (value, name), shift, height in zip(found, shifts, heights):
            words = element("title", f"{shortened(name, 60)}: {value:.4g}")
            parts.append(element("circle", words, cx=at + shift, cy=height, r=1.9, class_=f"cell {kind}"))
    else:
        # Lines without length and with round ends: dots in a few bytes.
        dots = "".join(f"M{at + shift:.1f} {height:.1f}h0" for shift, height in zip(shifts, heights))
        parts.append(element("path", d=dots, class_=f"dots {kind}"))
    middle = y(float(np.median(values)))
    parts.append(
        element(
            "path",
            element("title", f"median {np.median(values):.4g} of {len(values)} cells"),
            d=f"M{at - reach:.1f} {middle:.1f}H{at + reach:.1f}",
            class_=f"median {kind}",
        )
    )
    return element("g", parts)


def _body(values: NDArray[np.float64], y: Scale, at: float, reach: float, kind: str) -> Markup | None:
    """The density of the values by Gaussian kernels, from the lowest to the highest; None for few values."""
    spread = values.std(ddof=1) if len(values) >= 4 else 0
    if not spread > 0:
        return None
    # Scott's rule.
    width = spread * len(values) ** -0.2
    places = np.linspace(values[0], values[-1], 48)
    density = np.exp(-0.5 * ((places[:, None] - values) / width) ** 2).sum(1)
    half = reach * density / density.max()
    right = [f"{at + h:.1f} {y(v):.1f}" for v, h in zip(places, half)]
    left = [f"{at - h:.1f} {y(v):.1f}" for v, h in zip(places[::-1], half[::-1])]
    return element("path", d="M" + "L".join(right + left) + "Z", class_=f"violin {kind}")


def swarm(heights: Sequence[float], reach: float, size: float = 3.4) -> list[float]:
    """How far each dot moves to the side so that dots of like height do not hide each other.

    Dots in one row of `size` lie beside each other, from the middle outwards, closer where many are.
    """
    rows: dict[int, list[int]] = {}
    for index, height in enumerate(heights):
        rows.setdefault(int(height // size), []).append(index)
    shifts = [0.0] * len(heights)
    for members in rows.values():
        gap = min(size, 2 * reach / len(members))
        for place, index in enumerate(members):
            side = 1 if place % 2 else -1
            shifts[index] = side * ((place + 1) // 2) * gap
    return shifts
