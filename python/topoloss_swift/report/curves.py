"""The losses of each epoch, as lines."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .chart import Scale, horizontal_ticks, polyline, round_ticks, spanning, svg, tick_text
from .markup import Markup, element, join
from .run_folder import Training
from .training_log import Epoch, best_epoch, losses

WIDTH, HEIGHT = 540.0, 236.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 12.0, 30.0, 30.0

PANELS = (
    ("loss", "total loss"),
    ("dice", "Dice loss"),
    ("cross_entropy", "cross entropy"),
    ("topological", "topological loss, times its weight"),
)
ADVERSARIAL = (
    ("train_adversarial", "generator against discriminator"),
    ("train_discriminator", "discriminator"),
)


@dataclass(frozen=True)
class Curve:
    """A line: `kind` gives its colour."""

    kind: str
    title: str
    values: list[float]
    best: int | None = None


def panels(trainings: Sequence[Training], baseline: Sequence[Training]) -> Markup:
    """The four losses of these trainings over each other, and the adversarial ones if there are any."""
    shown = []
    for column, title in PANELS:
        # A loss that is 0 throughout has no weight: it was not computed.
        curves = [curve for curve in _curves(trainings, baseline, column) if any(curve.values)]
        if curves:
            shown.append(_panel(title, curves, _stages(trainings)))
    for column, title in ADVERSARIAL:
        curves = [
            Curve("train", f"{training.title}, training", _adversarial(training.log, column))
            for training in trainings
        ]
        if any(any(value > 0 for value in curve.values) for curve in curves):
            shown.append(_panel(title, curves, _stages(trainings)))
    return element("div", shown, class_="panels")


def _curves(trainings: Sequence[Training], baseline: Sequence[Training], column: str) -> list[Curve]:
    curves = []
    for training in baseline:
        title = f"baseline, {training.title}, validation"
        curves.append(Curve("baseline", title, losses(training.log, f"val_{column}")))
    for training in trainings:
        log, best = training.log, best_epoch(training.log)
        curves.append(Curve("train", f"{training.title}, training", losses(log, f"train_{column}")))
        curves.append(
            Curve("validation", f"{training.title}, validation", losses(log, f"val_{column}"), best)
        )
    return curves


def _adversarial(log: Sequence[Epoch], column: str) -> list[float]:
    """These losses do not exist in the supervised epochs, where the log has 0."""
    return [epoch.losses.get(column, math.nan) if epoch.stage == "adversarial" else math.nan for epoch in log]


def _stages(trainings: Sequence[Training]) -> tuple[int, int] | None:
    """The first and the last adversarial epoch, if all trainings that have any begin them alike."""
    stages = [
        [place for place, epoch in enumerate(training.log) if epoch.stage == "adversarial"]
        for training in trainings
    ]
    stages = [stage for stage in stages if stage]
    if len({stage[0] for stage in stages}) != 1:
        return None
    return stages[0][0], max(stage[-1] for stage in stages)


def _panel(title: str, curves: Sequence[Curve], adversarial: tuple[int, int] | None) -> Markup:
    epochs = max((len(curve.values) for curve in curves), default=1)
    x = Scale(1, max(epochs, 2), LEFT, WIDTH - RIGHT)
    values = [value for curve in curves for value in curve.values]
    y = spanning(values, HEIGHT - BOTTOM, TOP)
    many = len(curves) > 3
    parts = []
    if adversarial is not None:
        # Places count from 0, epochs from 1.
        start, end = x(max(1, adversarial[0] + 0.5)), min(x(adversarial[1] + 1.5), WIDTH - RIGHT)
        height = HEIGHT - BOTTOM - TOP
        parts += [
            element("rect", x=start, y=TOP, width=end - start, height=height, class_="stage"),
            element("text", "adversarial", x=end - 4, y=TOP + 12, class_="tick end"),
        ]
    parts.append(horizontal_ticks(y, LEFT, WIDTH - RIGHT))
    for value in round_ticks(x, 6):
        if value == round(value):
            parts.append(element("text", tick_text(value), x=x(value), y=HEIGHT - 14, class_="tick middle"))
    for curve in curves:
        points = [(x(k + 1), y(value)) for k, value in enumerate(curve.values) if math.isfinite(value)]
        line = polyline(points, curve.kind + (" thin" if many else ""))
        parts.append(element("g", element("title", curve.title), line))
        if curve.best is not None and math.isfinite(curve.values[curve.best]):
            number, value = curve.best + 1, curve.values[curve.best]
            words = f"{curve.title}: best epoch {number}, {value:.4g}"
            dot = element("circle", cx=x(number), cy=y(value), r=3.0 if many else 4.5, class_="best")
            parts.append(element("g", element("title", words), dot))
    return svg(
        WIDTH,
        HEIGHT,
        element("text", title, x=LEFT, y=16, class_="panel-title"),
        join(*parts),
        element("text", "epoch", x=LEFT - 6, y=HEIGHT - 14, class_="tick end"),
        label=f"{title} by epoch",
    )
