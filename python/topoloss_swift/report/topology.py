"""The part of a report on topology: persistence diagrams of a few cells."""

from pathlib import Path

from .cells import Cell, Key, read_cell
from .choice import by_distance
from .markup import Content, Markup, element
from .matching import LossOptions, at_resolution, drawing, matched
from .page import caption, legend
from .run_folder import Run
from .scores import Score


def topology(run: Run, before: dict[Key, Score], data: Path | None) -> Content:
    """The diagrams of a few cells, from the largest distance to the median one."""
    if data is None:
        return None
    options = LossOptions.of(run.settings)
    blocks = []
    kinds: set[str] = set()
    most = 0
    for score, reason in by_distance(run.scores, max(options.dimensions)):
        cell = read_cell(score, data, before.get((score.seed, score.name)))
        charts = _cell_diagrams(cell, options)
        if not charts:
            continue
        kinds |= {shape.kind for shape in cell.shapes}
        most = max(most, len(charts))
        note = element("span", reason, class_="quiet")
        heading = element("h3", element("bdi", score.name, class_="name"), " ", note)
        blocks.append(element("div", heading, element("div", charts, class_="diagrams")))
    if not blocks:
        return None
    words = (
        "Each point is a feature of a volume: it is born at one brightness and dies at another, and the "
        "further it lies from the diagonal, the longer it lives; what lies at the diagonal is noise. Lines "
        "join the features of the prediction with those of the truth, or with the diagonal where they have "
        "no partner; the lengths of all lines together are the distance W, in the sense of the loss. Few "
        "and short lines are better; a circle without a dot near it is a feature that the prediction lacks. "
        "Triangles never end. "
    )
    how = f"Filtration {options.filtration}, construction {options.construction}"
    what = f"{how}, as in the training; first at the resolution that the loss uses, then at full size."
    if options.resolution is None:
        what = f"{how}, at full size, as in the training."
    entries = [("truth-ring", "truth"), ("prediction", "prediction of this run")]
    if "baseline" in kinds:
        entries.append(("baseline", "prediction of the baseline"))
    # Two charts leave room for another cell beside them.
    layout = "pairs-of-cells" if most <= 2 else None
    return [caption(words, what), legend(*entries), element("div", blocks, class_=layout)]


def _cell_diagrams(cell: Cell, options: LossOptions) -> list[Markup]:
    """The charts of a cell whose truth is known: as the loss sees the volumes, then at full size."""
    truth = cell.shape("truth")
    if truth is None:
        return []
    scales = [(options.scale_name, True), ("full size", False)]
    charts: list[Markup] = []
    for where, is_reduced in scales if options.resolution is not None else scales[1:]:
        for shape in cell.shapes:
            if shape.kind != "truth":
                pair = [shape.volume, truth]
                one, other = (at_resolution(volume, options) for volume in pair) if is_reduced else pair
                charts += [
                    drawing(found, shape.kind, where, options.order) for found in matched(one, other, options)
                ]
    return charts
