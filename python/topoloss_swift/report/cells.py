"""The files of a cell: what the microscope saw, the true shape, the prediction, the baseline's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from .failure import Failure
from .run_folder import Run
from .scores import Score
from .volumes import Floats, find, read_plane, read_volume, resampled

# Seed and name of a cell.
Key: TypeAlias = tuple[str | None, str]


@dataclass(frozen=True)
class Shape:
    """One volume of a cell and how the page calls it: `kind` is truth, prediction or baseline."""

    kind: str
    title: str
    volume: Floats


@dataclass(frozen=True)
class Cell:
    """A scored cell with the files that could be read; `notes` say what could not."""

    score: Score
    image: Floats | None
    mask: Floats | None
    shapes: list[Shape]
    notes: list[str] = field(default_factory=list)

    def shape(self, kind: str) -> Floats | None:
        return next((shape.volume for shape in self.shapes if shape.kind == kind), None)


def data_folder(run: Run, given: Path | None) -> Path | None:
    """The folder with image/, mask/ and obj/: the one given, else the one in the settings if it is there.

    Raises
    ------
    Failure
        66 when a folder was given that is none.
    """
    if given is not None:
        if not given.is_dir():
            raise Failure(66, "IO", f"{given}: is not a folder")
        return given
    named = run.settings.get("data")
    if not isinstance(named, str) or "\0" in named:
        return None
    # Relative to where the training was started: often here, or beside the run.
    for place in (Path(named), run.path.parent / named):
        if place.is_dir():
            return place
    return None


def read_cell(score: Score, data: Path | None, baseline: Score | None) -> Cell:
    """The files of a cell; none of them is a reason to stop."""
    notes: list[str] = []
    shapes = []
    image = mask = None
    prediction = _read(score.prediction, read_volume, notes)
    if data is not None:
        image = _read(find(data / "image", score.name), read_plane, notes)
        mask = _read(find(data / "mask", score.name), read_plane, notes)
        truth = _read(find(data / "obj", score.name), read_volume, notes)
        if truth is not None:
            if prediction is not None:
                truth = resampled(truth, prediction.shape)
            shapes.append(Shape("truth", "truth", truth))
        else:
            notes.append("The true shape was not found.")
    if baseline is not None:
        before = _read(baseline.prediction, read_volume, notes)
        if before is not None and (prediction is None or before.shape == prediction.shape):
            shapes.append(Shape("baseline", "baseline", before))
    if prediction is not None:
        shapes.append(Shape("prediction", "prediction", prediction))
    else:
        notes.append("The predicted volume was not found.")
    return Cell(score, image, mask, shapes, notes)


def partners(run: Sequence[Score], baseline: Sequence[Score]) -> dict[Key, Score]:
    """For each cell of the run (by seed and name) the same one of the baseline, of any seed if need be."""
    exact = {(score.seed, score.name): score for score in baseline}
    by_name = {score.name: score for score in reversed(baseline)}
    found = {}
    for score in run:
        key = (score.seed, score.name)
        partner = exact.get(key) or by_name.get(score.name)
        if partner is not None:
            found[key] = partner
    return found


def _read(path: Path | None, reader: Callable[[Path], Floats], notes: list[str]) -> Floats | None:
    if path is None:
        return None
    try:
        return reader(path)
    except Failure as failure:
        notes.append(f"{failure}.")
        return None
