"""The table scores.csv: what was measured of each cell."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from .failure import Failure
from .files import read_text
from .measures import MEASURES


@dataclass(frozen=True)
class Score:
    """What was measured of one predicted cell.

    Attributes
    ----------
    name, class_name : str
        As they stand in the file: any text.
    seed : str or None
        Of the network that predicted it, where a run has several.
    fold : str
        The folder of the fold, ``"fold-0"``.
    values : dict
        By key of the measure; NaN where it is undefined.
    prediction : Path or None
        The file of the predicted volume, if it is there.
    """

    name: str
    class_name: str
    seed: str | None
    fold: str
    values: dict[str, float]
    prediction: Path | None


def read_scores(folder: Path, seed: str | None) -> list[Score]:
    """The table of one fold.

    Raises
    ------
    Failure
        66 when it cannot be read, 65 (with the line) when it is not such a table.
    """
    path = folder / "scores.csv"
    rows = csv.reader(io.StringIO(read_text(path)), strict=True)
    scores = []
    try:
        header = next(rows, [])
        if len(set(header)) < len(header) or not {"name", "class"} <= set(header):
            raise Failure(65, "FORMAT", f"{path}, line 1: the columns name and class are needed, each once")
        keys = [measure.key for measure in MEASURES if measure.key in header]
        for row in rows:
            if len(row) != len(header):
                message = f"the header calls for {len(header)} fields, got {len(row)}"
                raise Failure(65, "FORMAT", f"{path}, line {rows.line_num}: {message}")
            fields = dict(zip(header, row))
            values = {key: _number(fields[key], key, path, rows.line_num) for key in keys}
            name = fields["name"]
            prediction = _prediction(folder, name)
            scores.append(Score(name, fields["class"], seed, folder.name, values, prediction))
    except csv.Error as error:
        raise Failure(65, "FORMAT", f"{path}, line {rows.line_num}: {error}") from None
    return scores


def _number(field: str, key: str, path: Path, line: int) -> float:
    if field in ("", "nan"):
        return math.nan
    try:
        value = float(field)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        message = f"{key} is a finite number or nan, got {field[:40]!r}"
        raise Failure(65, "FORMAT", f"{path}, line {line}: {message}")
    return value


def _prediction(folder: Path, name: str) -> Path | None:
    """The file of a predicted volume. A name that would lead elsewhere has none."""
    if not name or "/" in name or "\\" in name or "\0" in name:
        return None
    path = folder / "predictions" / f"{name}.tif"
    try:
        return path if path.is_file() else None
    except OSError:  # a name longer than a file system takes
        return None
