"""The report of a run: its parts in their order."""

from pathlib import Path
from typing import TypeAlias

from .cells import Cell, data_folder, partners, read_cell
from .choice import by_distance, chosen
from .comparison import pairs
from .curves import panels
from .gallery import gallery
from .headline import headline
from .markup import Content, Markup, element
from .matching import LossOptions, at_resolution, drawing, matched
from .page import caption, details, legend, page
from .run_folder import Run, Training
from .scores import Score
from .settings_table import settings_table
from .tables import class_changes, class_statistics, paper_table, row, statistics, table
from .training_log import best_epoch
from .violins import violins

# Seed and name of a cell.
Key: TypeAlias = tuple[str | None, str]


def run_report(run: Run, baseline: Run | None, data: Path | None, count: int) -> bytes:
    """The page of a run, beside a baseline if there is one.

    Parameters
    ----------
    data : Path, optional
        The folder of the cells; the one in the run's settings without it.
    count : int
        Cells in the gallery, at most.
    """
    before = baseline.scores if baseline else []
    folder = data_folder(run, data)
    missing = list(run.missing)
    if baseline is not None:
        missing += [f"Baseline: {sentence}" for sentence in baseline.missing]
    if folder is None and run.scores:
        missing.append("The data folder was not found: say where it is by --data to see images and true shapes.")
    partner = partners(run.scores, before)
    cells = [
        (read_cell(score, folder, partner.get((score.seed, score.name))), reason)
        for score, reason in chosen(run.scores, count)
    ]
    sections: list[tuple[str, str, Content]] = [("summary", "", headline(run, baseline, missing))]
    if cells:
        sections.append(("cells", "Cells", _cells(cells, len(run.scores), baseline is not None)))
    if run.scores:
        sections.append(("errors", "Errors", _errors(run, baseline)))
        diagrams = _diagrams(run, partner, folder)
        if diagrams is not None:
            sections.append(("topology", "Topology", diagrams))
    if run.trainings:
        sections.append(("training", "Training", _training(run, baseline)))
    if run.settings:
        shown = settings_table(run.settings, baseline.settings if baseline else None)
        words = "Settings that differ from the defaults have a bar at their left."
        sections.append(("settings", "Settings", [caption(words), shown]))
    subtitle = element("p", f"report of a run of shapr{' beside its baseline ' if baseline else ''}",
                       element("bdi", baseline.name) if baseline else None, class_="quiet")
    return page(run.name, subtitle, sections)


def _cells(cells: list[tuple[Cell, str]], total: int, with_baseline: bool) -> Content:
    words = (
        f"{len(cells)} of {total} cells, from best to worst overlap with the truth. Top: the surface, seen from "
        "above the first slice. Below: slices through the middle of the true shape, across the depth z and across "
        "the rows y; grey is the brightness of the truth and the probability that the network gives. White dashed "
        "lines are the true outline, coloured ones the predicted outline: the closer they run, the better."
    )
    entries = [("truth", "truth"), ("prediction", "prediction of this run")]
    if with_baseline:
        entries.insert(1, ("baseline", "prediction of the baseline"))
    return [caption(words), legend(*entries), gallery(cells)]


def _errors(run: Run, baseline: Run | None) -> Content:
    scores, before = run.scores, baseline.scores if baseline else []
    parts: list[Content] = []
    several = len({score.class_name for score in scores}) > 1
    note = "excluded: cells without a value, because their truth has nothing to be relative to."
    if baseline is not None and before and scores:
        both = pairs(before, scores)
        left_out = len(before) + len(scores) - 2 * len(both)
        parts += [
            caption(
                f"{len(both)} cells that both runs have, pair by pair. change: of the median against the baseline. "
                "p: Wilcoxon signed-rank test, paired, two-sided; below 0.05, chance alone seldom explains the "
                "difference. r: −1 if every cell is lower than in the baseline, +1 if every one is higher. d",
                element("sub", "z"),
                ": mean of the differences over their standard deviation. sd: standard deviation of the cells.",
                f" {left_out} cells that only one run has are left out." if left_out else None,
            ),
            paper_table(both, ("baseline", "this run")),
        ]
        if several:
            parts.append(details("Change in each class", class_changes(both)))
        parts.append(details("All cells of this run", [caption(note), statistics(scores)]))
    else:
        parts += [caption("Medians over all cells; lower is better unless said otherwise. ", note), statistics(scores)]
    if several:
        parts.append(details("Each class of this run", class_statistics(scores)))
    words = (
        "Every dot is a cell, the wide line the median, the shape how the cells are spread. Errors at 0 are perfect; "
        "what lies low is better, but for Dice, where 1 is perfect."
    )
    entries = [("prediction", "this run")]
    if before:
        entries.insert(0, ("baseline", "baseline"))
    parts += [element("h3", "Single cells"), caption(words), legend(*entries), violins(scores, before)]
    return parts


def _diagrams(run: Run, before: dict[Key, Score], data: Path | None) -> Content:
    """The diagrams of a few cells, from the largest distance to the median one."""
    if data is None:
        return None
    options = LossOptions.of(run.settings)
    blocks = []
    kinds: set[str] = set()
    for score, reason in by_distance(run.scores, max(options.dimensions)):
        cell = read_cell(score, data, before.get((score.seed, score.name)))
        charts = _cell_diagrams(cell, options)
        if not charts:
            continue
        kinds |= {shape.kind for shape in cell.shapes}
        note = element("span", reason, class_="quiet")
        heading = element("h3", element("bdi", score.name, class_="name"), " ", note)
        blocks.append(element("div", heading, element("div", charts, class_="diagrams")))
    if not blocks:
        return None
    words = (
        "Each point is a feature of a volume: it is born at one brightness and dies at another, and the further it lies "
        "from the diagonal, the longer it lives; what lies at the diagonal is noise. Lines join the features of the "
        "prediction with those of the truth, or with the diagonal where they have no partner; the lengths of all "
        "lines together are the distance W, in the sense of the loss. Few and short lines are better; a circle without "
        "a dot near it is a feature that the prediction lacks. Triangles never end. "
    )
    how = f"Filtration {options.filtration}, construction {options.construction}"
    what = f"{how}, as in the training; first at the resolution that the loss uses, then at full size."
    if options.resolution is None:
        what = f"{how}, at full size, as in the training."
    entries = [("truth-ring", "truth"), ("prediction", "prediction of this run")]
    if "baseline" in kinds:
        entries.append(("baseline", "prediction of the baseline"))
    return [caption(words, what), legend(*entries), blocks]


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
                charts += [drawing(found, shape.kind, where, options.order) for found in matched(one, other, options)]
    return charts


def _training(run: Run, baseline: Run | None) -> Content:
    before = baseline.trainings if baseline else []
    words = (
        "Losses after each epoch; lower is better. The ring marks the epoch with the lowest validation loss, whose "
        "weights are kept. Where validation rises while training falls, the network learns its cells by heart."
    )
    entries = [("train-line", "training cells"), ("validation-line", "validation cells")]
    if before:
        entries.append(("baseline-line", "validation cells, baseline"))
    parts: list[Content] = []
    if any(training.log for training in run.trainings):
        parts += [caption(words), legend(*entries), panels(run.trainings, before)]
    rows = []
    for training in run.trainings:
        rows.append(row(training.title, *_facts(training, run)))
    header = ["training", "train", "val", "test", "epochs", "best epoch", "best validation loss", "scored cells"]
    parts.append(table(header, rows))
    if len(run.trainings) > 1:
        for training in run.trainings:
            if training.log:
                same = [one for one in before if (one.seed, one.fold) == (training.seed, training.fold)]
                parts.append(details(f"Losses of {training.title}", panels([training], same)))
    return parts


def _facts(training: Training, run: Run) -> list[str]:
    best = best_epoch(training.log)
    lists = [str(len(training.split[name])) if name in training.split else "–" for name in ("train", "val", "test")]
    supervised = sum(epoch.stage != "adversarial" for epoch in training.log)
    adversarial = len(training.log) - supervised
    epochs = f"{supervised} + {adversarial} adversarial" if adversarial else str(supervised)
    if best is None:
        return [*lists, epochs, "–", "–", _scored(training.scores)]
    loss = training.log[best].losses.get("val_loss")
    return [*lists, epochs, str(best + 1), "–" if loss is None else f"{loss:.4f}", _scored(training.scores)]


def _scored(scores: list[Score] | None) -> str:
    return "not yet" if scores is None else str(len(scores))
