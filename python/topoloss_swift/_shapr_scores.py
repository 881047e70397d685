"""The comparison of two runs on the same cells: the paper's table."""

import csv
import io
import os
from collections.abc import Mapping
from typing import Any

from . import _core
from ._files import read_text
from ._options import choice

_FORMATS = {"text": 0, "csv": 1, "markdown": 2, "rows": 1}


def compare(
    baseline: "Mapping[str, Any] | str | os.PathLike[str]",
    candidate: "Mapping[str, Any] | str | os.PathLike[str]",
    *,
    title: str = "cells",
    format: str = "text",
) -> Any:
    """Sets two runs on the same cells against each other, as ``shapr compare`` does.

    Cells are paired by name (or, without names, by place). Medians, means, Wilcoxon's signed-rank
    test, a bootstrap interval of the median difference and effect sizes.

    Parameters
    ----------
    baseline, candidate : mapping or path
        Scores as of `Shapr.evaluate` or `cross_validate`; or a ``scores.csv``, or the folder it is in.
    title : str
        What the cells are.
    format : {"text", "csv", "markdown", "rows"}

    Returns
    -------
    str or list of dict
        The table; of ``"rows"`` one dict per line of the CSV, with numbers as floats.

    Raises
    ------
    FormatError
        A table that is malformed, or two without a common cell or measure.
    """
    number = choice("format", format, _FORMATS)
    text = _core.compare(_table(baseline), _table(candidate), title, number)
    if format != "rows":
        return text
    return [
        {name: _value(name, value) for name, value in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


def _value(name: str, text: str) -> Any:
    if name in ("data_set", "class", "error"):
        return text
    return float(text or "nan")


def _table(scores: "Mapping[str, Any] | str | os.PathLike[str]") -> str:
    """The scores as the text of scores.csv."""
    if not isinstance(scores, Mapping):
        path = os.fspath(scores)
        if not path.endswith(".csv"):
            path = os.path.join(path, "scores.csv")
        return read_text(path)
    measures = [name for name in _core.measure_names() if name in scores]
    if not measures:
        raise ValueError("the scores hold none of the measures of Shapr.evaluate")
    count = len(scores[measures[0]])
    names = [str(name) for name in scores.get("name", range(count))]
    classes = scores.get("class") or [name.rstrip("0123456789") for name in names]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["name", "class", *measures])
    for place in range(count):
        values = (float(scores[measure][place]) for measure in measures)
        writer.writerow([names[place], classes[place], *(repr(value) for value in values)])
    return text.getvalue()
