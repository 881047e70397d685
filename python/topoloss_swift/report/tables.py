"""The statistics: a table of one run, and the paper's tables of two."""

from collections.abc import Sequence

from .comparison import Compared, Pair, compared
from .markup import Content, Markup, element
from .measures import MEASURES
from .numbers import change, digits_for, fixed, probability
from .scores import Score
from .summaries import Summary, summary

# A p-value below this is taken as a difference that is hardly chance.
SIGNIFICANT = 0.05


def table(header: Sequence[Content], *rows: Content, kind: str = "") -> Markup:
    """A table that scrolls by itself where the page is too narrow."""
    head = element("thead", element("tr", [element("th", one, scope="col") for one in header]))
    bodies = rows if rows and str(rows[0]).startswith("<tbody") else (element("tbody", rows),)
    return element("div", element("table", head, bodies, class_=kind or None), class_="scroll")


def row(name: Content, *cells: Content, kind: str | None = None) -> Markup:
    return element("tr", element("th", name, scope="row"), [element("td", one) for one in cells], class_=kind)


def statistics(scores: Sequence[Score]) -> Markup:
    """Each measure over all cells: n, excluded, median, mean and standard deviation."""
    return table(["error", "cells", "excluded", "median", "mean ± sd", ""], _measure_rows(scores, True))


def class_statistics(scores: Sequence[Score]) -> Markup:
    """The same for each class."""
    bodies = []
    for name in sorted({score.class_name for score in scores}):
        cells = [score for score in scores if score.class_name == name]
        bodies.append(_group(name, len(cells), 6, _measure_rows(cells, False)))
    return table(["error", "cells", "excluded", "median", "mean ± sd", ""], *bodies)


def _measure_rows(scores: Sequence[Score], with_meaning: bool) -> list[Markup]:
    rows = []
    for measure in MEASURES:
        values = [score.values[measure.key] for score in scores if measure.key in score.values]
        if not values:
            continue
        found = summary(values)
        digits = digits_for([found.median, found.mean, found.sd])
        rows.append(
            row(
                _title(measure.title, measure.higher_is_better),
                str(found.count),
                str(found.excluded) if found.excluded else "",
                fixed(found.median, digits),
                _mean(found, digits),
                element("span", measure.meaning, class_="meaning") if with_meaning else None,
            )
        )
    return rows


def paper_table(cells: Sequence[Pair], names: tuple[str, str]) -> Markup:
    """The paper's Table 1: two lines for each error, with the p-value of their difference."""
    rows = []
    for found in compared(cells):
        digits = _digits(found)
        effects = [
            probability(found.p),
            fixed(found.rank_biserial, 2),
            fixed(found.cohens_d, 2),
        ]
        rows += [
            row(
                _title(found.measure.title, found.measure.higher_is_better),
                element("span", names[0], class_="ink-baseline"),
                str(found.baseline.count),
                fixed(found.baseline.median, digits),
                _mean(found.baseline, digits),
                "",
                "",
                "",
                "",
                kind="first",
            ),
            row(
                element("span", f"{found.excluded} excluded", class_="quiet") if found.excluded else "",
                element("span", names[1], class_="ink-prediction"),
                str(found.candidate.count),
                fixed(found.candidate.median, digits),
                _mean(found.candidate, digits),
                _tested_change(found),
                *effects,
                kind="second",
            ),
        ]
    header: list[Content] = [
        "relative error",
        "run",
        "cells",
        "median",
        "mean ± sd",
        "change",
        "p",
        "r",
        ["d", element("sub", "z")],
    ]
    return table(header, rows, kind="pairs")


def class_changes(cells: Sequence[Pair]) -> Markup:
    """The change per class."""
    bodies = []
    for name in sorted({before.class_name for before, _ in cells}):
        of_class = [pair for pair in cells if pair[0].class_name == name]
        rows = []
        for found in compared(of_class):
            digits = _digits(found)
            rows.append(
                row(
                    _title(found.measure.title, found.measure.higher_is_better),
                    str(found.baseline.count),
                    fixed(found.baseline.median, digits),
                    fixed(found.candidate.median, digits),
                    change(found.change_of_median),
                    fixed(found.baseline.mean, digits),
                    fixed(found.candidate.mean, digits),
                    change(found.change_of_mean),
                )
            )
        bodies.append(_group(name, len(of_class), 8, rows))
    header = [
        "error",
        "cells",
        "median: baseline",
        "this run",
        "change",
        "mean: baseline",
        "this run",
        "change",
    ]
    return table(header, *bodies)


def _group(name: str, count: int, columns: int, rows: Sequence[Markup]) -> Markup:
    cells = f"{count} cell{'s' * (count != 1)}"
    heading = element("bdi", name or "no class"), " ", element("span", cells, class_="quiet")
    top = element("tr", element("th", heading, colspan=columns, scope="rowgroup"), class_="group")
    return element("tbody", top, rows)


def _title(title: str, higher_is_better: bool) -> Content:
    note = element("span", "higher is better", class_="quiet")
    return [title, " ", note] if higher_is_better else title


def _mean(found: Summary, digits: int) -> str:
    return f"{fixed(found.mean, digits)} ± {fixed(found.sd, digits)}"


def _digits(found: Compared) -> int:
    return digits_for(
        [number for one in (found.baseline, found.candidate) for number in (one.median, one.mean, one.sd)]
    )


def verdict(found: Compared) -> str:
    """better or worse, where the test says that it is hardly chance; else nothing."""
    if not found.p < SIGNIFICANT:
        return ""
    return "better" if (found.rank_biserial > 0) == found.measure.higher_is_better else "worse"


def _tested_change(found: Compared) -> Content:
    """The change of the median, in words too whether it is for the better: not all readers see colours."""
    kind = verdict(found)
    words = change(found.change_of_median)
    if not kind:
        return words
    # From a median of 0 there is no relative change, but there may be a difference.
    return [None if words == "–" else f"{words} ", element("span", kind, class_=kind)]
