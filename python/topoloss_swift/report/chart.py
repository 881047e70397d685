"""The frame of a chart in SVG: scales, round ticks, thin lines. Colours are classes of style.css."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .markup import Markup, element, join


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` to places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def spanning(values: Iterable[float], start: float, end: float, *, from_zero: bool = False) -> Scale:
    """A scale with room for all finite values, and for something around a single one."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if from_zero:
        low = min(low, 0.0)
    if not low < high:
        low, high = (0.0, 1.0) if low == 0 else (low - abs(low) / 2, high + abs(low) / 2)
    margin = 0.05 * (high - low)
    return Scale(low if from_zero and low == 0 else low - margin, high + margin, start, end)


def round_ticks(scale: Scale, count: int = 5) -> list[float]:
    """About `count` values with few digits."""
    rough = (scale.high - scale.low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next((unit * factor for factor in (1, 2, 2.5, 5) if unit * factor >= rough), unit * 10)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A tick with the digits it needs, a true minus sign, no -0."""
    return f"{value + 0.0:.4g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def horizontal_ticks(scale: Scale, left: float, right: float, count: int = 4) -> Markup:
    """Lines across a chart, with their values on the left."""
    return join(
        [
            element("line", x1=left, x2=right, y1=scale(value), y2=scale(value), class_="grid"),
            element("text", tick_text(value), x=left - 6, y=scale(value) + 3.5, class_="tick end"),
        ]
        for value in round_ticks(scale, count)
    )


def polyline(points: Sequence[tuple[float, float]], kind: str) -> Markup | None:
    """A line through points; one point alone is a dot."""
    if not points:
        return None
    if len(points) == 1:
        return element("circle", cx=points[0][0], cy=points[0][1], r=2, class_=f"dot {kind}")
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return element("path", d=path, class_=f"line {kind}")


def svg(width: float, height: float, *content: Markup | None, label: str, kind: str = "chart") -> Markup:
    """A picture of that many units, which is as wide as the page lets it be."""
    return element(
        "svg",
        *content,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=label,
        class_=kind,
    )


def shortened(name: str, letters: int) -> str:
    """A name that may be of any length, for a place that has room for some letters."""
    return name if len(name) <= letters else name[: letters - 1] + "…"
