"""Persistence diagrams of a prediction and the truth, with the matching whose cost is W_p."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import topoloss_swift
from topoloss_swift import Diagram

from .chart import Scale, round_ticks, svg, tick_text
from .failure import Failure
from .markup import Markup, element
from .measures import DIMENSIONS
from .volumes import Floats

SIZE, LEFT, RIGHT, TOP, BOTTOM = 300.0, 38.0, 10.0, 44.0, 34.0
# Points of one diagram that are drawn; the rest has the shortest lives.
MOST_POINTS = 150


@dataclass(frozen=True)
class LossOptions:
    """How the run's loss looks at volumes: the settings of the same names, checked when they are used."""

    filtration: str
    construction: str
    dimensions: list[int]
    resolution: int | None
    order: float
    essential_classes: str

    @staticmethod
    def of(settings: dict[str, Any]) -> "LossOptions":
        resolution = settings.get("topological_resolution", 16)
        options = LossOptions(
            settings.get("filtration", "superlevel"),
            settings.get("construction", "T"),
            settings.get("topological_dimensions", [2]),
            resolution,
            settings.get("order", 2.0),
            settings.get("essential_classes", "extreme"),
        )
        try:
            # Two voxels suffice to find out whether the settings can be used.
            matched(np.array([[[0, 1]]], dtype=np.float32), np.array([[[1, 0]]], dtype=np.float32), options)
            topoloss_swift.resample(np.zeros((1, 1, 1), dtype=np.float32), resolution=resolution)
        except (TypeError, ValueError, KeyError) as error:
            raise Failure(78, "CONFIG", f"settings.json: {error}") from None
        return options

    @property
    def scale_name(self) -> str:
        return "full size" if self.resolution is None else f"{self.resolution}³ voxels"


@dataclass(frozen=True)
class Matched:
    """Two diagrams of one homology dimension.

    Attributes
    ----------
    prediction, truth : arrays (n, 2)
        Births and deaths as they count in the distance; classes that never end and count for nothing
        or only among themselves have an infinite death.
    essential : tuple of sets
        Which points of each never end.
    rows : int array (k, 2)
        Indices of partners, -1 for the diagonal.
    """

    dimension: int
    distance: float
    prediction: NDArray[np.float64]
    truth: NDArray[np.float64]
    essential: tuple[set[int], set[int]]
    rows: NDArray[np.int64]


def matched(prediction: Floats, truth: Floats, options: LossOptions) -> list[Matched]:
    """The diagrams of two volumes in the dimensions of the loss, with their optimal matching."""
    both = [
        topoloss_swift.persistence_diagrams(
            volume,
            filtration=options.filtration,  # type: ignore[call-overload]
            construction=options.construction,
            # Dimension 0 is asked for where it counts only; it alone has classes that never end.
            dimensions=options.dimensions,
        )
        for volume in (prediction, truth)
    ]
    found = []
    for dimension in options.dimensions:
        one, other = (diagrams[dimension] for diagrams in both)
        certificate = topoloss_swift.wasserstein_certificate(
            one,
            other,
            order=options.order,
            essential_classes=options.essential_classes,  # type: ignore[arg-type]
        )
        before, after = _points(one, options), _points(other, options)
        found.append(
            Matched(
                dimension,
                certificate.distance,
                before[0],
                after[0],
                (before[1], after[1]),
                certificate.matching,
            )
        )
    return found


def at_resolution(volume: Floats, options: LossOptions) -> Floats:
    """The volume as the loss sees it."""
    return topoloss_swift.resample(volume, resolution=options.resolution)


def _points(diagram: Diagram, options: LossOptions) -> tuple[NDArray[np.float64], set[int]]:
    points = diagram.points.copy()
    endless = set(np.flatnonzero(~np.isfinite(points[:, 1])).tolist())
    if options.essential_classes == "extreme" and diagram.last_value is not None:
        points[list(endless), 1] = diagram.last_value
    return points, endless


def drawing(pair: Matched, kind: str, where: str, order: float) -> Markup:
    """The two diagrams over each other, from 0 to 1, with a line for each match."""
    x, y = Scale(0, 1, LEFT, SIZE - RIGHT), Scale(0, 1, SIZE - BOTTOM, TOP)

    def place(point: Sequence[float]) -> tuple[float, float]:
        birth, death = (min(max(value, 0.0), 1.0) for value in point)
        return x(birth), y(death)

    shown = [_longest(points) for points in (pair.prediction, pair.truth)]
    for one, other in pair.rows.tolist():
        # Partners are drawn together.
        if one in shown[0] and other >= 0:
            shown[1].add(other)
        elif other in shown[1] and one >= 0:
            shown[0].add(one)
    lines, total = [], 0
    for one, other in pair.rows.tolist():
        if one in shown[0] or other in shown[1]:
            ends = [_end(points, index) for points, index in ((pair.prediction, one), (pair.truth, other))]
            start, end = ends[0] or _diagonal(ends[1]), ends[1] or _diagonal(ends[0])
            (x1, y1), (x2, y2) = place(start), place(end)
            lines.append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    marks = []
    for points, members, endless, name in (
        (pair.truth, shown[1], pair.essential[1], "truth"),
        (pair.prediction, shown[0], pair.essential[0], kind),
    ):
        total += len(points) - len(members)
        for index in sorted(members):
            birth, death = points[index].tolist()
            words = f"{name}: birth {birth:.3f}, death {death:.3f}" + (", never ends" * (index in endless))
            across, down = place((birth, death))
            if index in endless:
                mark = element(
                    "path", element("title", words), d=_triangle(across, down), class_=f"point {name}"
                )
            else:
                mark = element(
                    "circle",
                    element("title", words),
                    cx=across,
                    cy=down,
                    r=3.6 if name == "truth" else 2.8,
                    class_=f"point {name}",
                )
            marks.append(mark)
    ticks = []
    for value in round_ticks(x, 4):
        ticks += [
            element("line", x1=x(value), x2=x(value), y1=TOP, y2=SIZE - BOTTOM, class_="grid"),
            element("line", x1=LEFT, x2=SIZE - RIGHT, y1=y(value), y2=y(value), class_="grid"),
            element("text", tick_text(value), x=x(value), y=SIZE - BOTTOM + 14, class_="tick middle"),
            element("text", tick_text(value), x=LEFT - 5, y=y(value) + 3.5, class_="tick end"),
        ]
    name = f"H{pair.dimension} {DIMENSIONS[pair.dimension]}"
    title = {"prediction": "this run"}.get(kind, kind)
    return svg(
        SIZE,
        SIZE,
        element(
            "text",
            element("tspan", title, class_=f"panel-title fill-{kind}"),
            element("tspan", where, dx=6),
            x=LEFT,
            y=14,
            class_="value",
        ),
        element(
            "text",
            f"{name}: W",
            element("tspan", f"{order:g}", dy=3, class_="small"),
            element("tspan", f" = {pair.distance:.4f}", dy=-3),
            x=LEFT,
            y=32,
            class_="value",
        ),
        element("text", f"{total} short lives not drawn", x=LEFT, y=SIZE - 4, class_="tick")
        if total
        else None,
        *ticks,
        element("path", d=f"M{x(0)} {y(0)}L{x(1)} {y(1)}", class_="diagonal"),
        element("path", d="".join(lines), class_="match") if lines else None,
        *marks,
        element("text", "birth", x=SIZE - RIGHT, y=SIZE - 4, class_="tick end"),
        element("text", "death", x=LEFT + 4, y=TOP + 10, class_="tick"),
        label=f"persistence diagrams of {kind} and truth, {name}, {where}: distance {pair.distance:.4f}",
        kind="chart square",
    )


def _longest(points: NDArray[np.float64]) -> set[int]:
    """The points that live longest."""
    lives = np.abs(points[:, 0] - points[:, 1])
    return set(np.argsort(-lives, kind="stable")[:MOST_POINTS].tolist())


def _end(points: NDArray[np.float64], index: int) -> tuple[float, float] | None:
    return None if index < 0 else (float(points[index, 0]), float(points[index, 1]))


def _diagonal(point: tuple[float, float] | None) -> tuple[float, float]:
    """The nearest point of the diagonal; a class without end has none."""
    if point is None or not all(math.isfinite(value) for value in point):
        return point or (0.0, 0.0)
    return (point[0] + point[1]) / 2, (point[0] + point[1]) / 2


def _triangle(x: float, y: float) -> str:
    return f"M{x - 4:.1f} {y - 3.4:.1f}h8l-4 7Z"
