"""The report of a run: its parts in their order."""

from pathlib import Path

from .cells import Cell, data_folder, partners, read_cell
from .choice import chosen
from .comparison import pairs
from .gallery import gallery
from .headline import headline
from .markup import Content, element
from .page import caption, details, legend, page
from .run_folder import Run
from .settings_table import settings_table
from .tables import class_changes, class_statistics, paper_table, statistics
from .topology import topology
from .training import training_part
from .violins import violins


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
        missing.append(
            "The data folder was not found: say where it is by --data to see images and true shapes."
        )
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
        diagrams = topology(run, partner, folder)
        if diagrams is not None:
            sections.append(("topology", "Topology", diagrams))
    if run.trainings:
        sections.append(("training", "Training", training_part(run, baseline)))
    if run.settings:
        shown = settings_table(run.settings, (baseline.settings or None) if baseline else None)
        words = "Settings that differ from the defaults have a bar at their left."
        sections.append(("settings", "Settings", [caption(words), shown]))
    subtitle = element(
        "p",
        f"report of a run of shapr{' beside its baseline ' if baseline else ''}",
        element("bdi", baseline.name) if baseline else None,
        class_="quiet",
    )
    return page(run.name, subtitle, sections)


def _cells(cells: list[tuple[Cell, str]], total: int, with_baseline: bool) -> Content:
    words = (
        f"{len(cells)} of {total} cells, from best to worst overlap with the truth. Top: the surface, seen "
        "from above the first slice. Below: slices through the middle of the true shape, across the depth z "
        "and across the rows y; grey is the brightness of the truth and the probability that the network "
        "gives. White dashed lines are the true outline, coloured ones the predicted outline: the closer "
        "they run, the better."
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
                f"{len(both)} cells that both runs have, pair by pair. change: of the median against the "
                "baseline. p: Wilcoxon signed-rank test, paired, two-sided; below 0.05, chance alone "
                "seldom explains the difference (of twelve errors, it may still explain one). r: −1 if "
                "every cell is lower than in the baseline, +1 if every one is higher. d",
                element("sub", "z"),
                ": mean of the differences over their standard deviation. sd: standard deviation of cells.",
                f" {left_out} cells that only one run has are left out." if left_out else None,
            ),
            paper_table(both, ("baseline", "this run")),
        ]
        if several:
            parts.append(details("Change in each class", class_changes(both)))
        parts.append(details("All cells of this run", [caption(note), statistics(scores)]))
    else:
        parts += [
            caption("Medians over all cells; lower is better unless said otherwise. ", note),
            statistics(scores),
        ]
    if several:
        parts.append(details("Each class of this run", class_statistics(scores)))
    words = (
        "Every dot is a cell, the wide line the median, the shape how the cells are spread. Errors at 0 are "
        "perfect; what lies low is better, but for Dice, where 1 is perfect."
    )
    entries = [("prediction", "this run")]
    if before:
        entries.insert(0, ("baseline", "baseline"))
    parts += [element("h3", "Single cells"), caption(words), legend(*entries), violins(scores, before)]
    return parts
