"""The top of the report: what was trained on what, the main numbers, and what is missing."""

import math

from .comparison import Compared, compared, pairs
from .markup import Content, Markup, element
from .measures import BY_KEY, MAIN, Measure
from .numbers import change, fixed, probability
from .run_folder import Run
from .scores import Score
from .summaries import summary
from .tables import verdict


def headline(run: Run, baseline: Run | None, missing: list[str]) -> Content:
    parts: list[Content] = [element("p", _story(run), class_="story")]
    if missing:
        # The sentences of many folds would bury the rest.
        shown = missing[:8] + ([f"And {len(missing) - 8} more."] if len(missing) > 8 else [])
        parts.append(element("ul", [element("li", sentence) for sentence in shown], class_="missing"))
    before = baseline.scores if baseline else []
    scores = run.scores
    if before and scores:
        # Both runs are judged on the same cells.
        rows = {row.measure.key: row for row in compared(pairs(before, scores))}
        tiles = [_compared_tile(rows[key]) for key in MAIN if key in rows and rows[key].baseline.count]
    else:
        tiles = [_tile(BY_KEY[key], scores) for key in MAIN if _has_value(scores, key)]
    if tiles:
        parts.append(element("div", tiles, class_="tiles"))
    return parts


def _has_value(scores: list[Score], key: str) -> bool:
    return any(not math.isnan(score.values.get(key, math.nan)) for score in scores)


def _tile(measure: Measure, scores: list[Score]) -> Markup:
    """The median of a measure."""
    found = summary([score.values.get(measure.key, math.nan) for score in scores])
    return _number(measure, found.median, f"median of {found.count} cells")


def _compared_tile(found: Compared) -> Markup:
    """The median of a measure, and the baseline's below it."""
    kind = verdict(found)
    share = change(found.change_of_median)
    note: Content = [f"baseline {fixed(found.baseline.median)} · ", share]
    words = (
        element("span", f"{kind}, p = {probability(found.p)}", class_=kind) if kind else "no clear difference"
    )
    return _number(found.measure, found.candidate.median, note, words)


def _number(measure: Measure, median: float, *notes: Content) -> Markup:
    return element(
        "div",
        element("span", measure.title, class_="what"),
        element("b", fixed(median)),
        [element("span", note, class_="quiet") for note in notes],
        element("span", measure.direction, class_="quiet") if len(notes) == 1 else None,
        class_="tile-number",
        title=f"{measure.meaning}; {measure.direction}",
    )


def _story(run: Run) -> str:
    """Two or three sentences a biologist can repeat."""
    sentences = []
    trainings = run.trainings
    sizes = {
        name: [len(one.split[name]) for one in trainings if name in one.split] for name in ("train", "val")
    }
    if sizes["train"] and sizes["val"]:
        train, val = (_span(sizes[name]) for name in ("train", "val"))
        which = "Trained" if len(trainings) == 1 else f"{len(trainings)} trainings, each"
        sentences.append(f"{which} on {train} cells and validated on {val}.")
    epochs = [len(one.log) for one in trainings if one.log]
    if epochs:
        sentences.append(f"{_span(epochs)} epochs; the weights with the lowest validation loss were kept.")
    if run.scores:
        classes = len({score.class_name for score in run.scores})
        kinds = f" of {classes} classes" if classes > 1 else ""
        which = ""
        if any(one.split.get("test") for one in trainings):
            which = ", none of which was seen in training"
        elif sizes["val"]:
            which = ": the validation cells, as the split has no test list"
        sentences.append(f"Scored on {_cells(run.scores)}{kinds}{which}.")
    weight = run.settings.get("topological_weight")
    if isinstance(weight, (int, float)):
        if weight == 0:
            sentences.append("The topological loss was not used.")
        else:
            resolution = run.settings.get("topological_resolution", 16)
            size = "at full size" if resolution is None else f"on {resolution}³ voxels"
            dimensions = run.settings.get("topological_dimensions")
            names = ", ".join(f"H{one}" for one in dimensions) if isinstance(dimensions, list) else "?"
            sentences.append(f"Topological loss of {names} {size}, weight {weight:g}.")
    return " ".join(sentences) or "A run of shapr."


def _cells(scores: list[Score]) -> str:
    names = len({score.name for score in scores})
    text = f"{names} cell{'s' * (names != 1)}"
    return text if names == len(scores) else f"{text} ({len(scores)} predictions)"


def _span(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"
