"""A run directory as docs/run-directory.md describes it: finished, or as far as it came."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .failure import Failure, unreadable
from .files import read_text
from .scores import Score, read_scores
from .training_log import Epoch, read_log


@dataclass(frozen=True)
class Training:
    """One training: a fold of a cross-validation, with one seed.

    Attributes
    ----------
    seed : str or None
        None where the run has only one.
    fold : str
        ``"fold-0"``
    split : dict
        Names of the cells in ``train``, ``val`` and ``test``; empty where it is not known.
    log : list of Epoch
    scores : list of Score, or None
        None as long as the cells are not scored.
    """

    seed: str | None
    fold: str
    split: dict[str, list[str]]
    log: list[Epoch]
    scores: list[Score] | None

    @property
    def title(self) -> str:
        fold = self.fold.replace("-", " ")
        return fold if self.seed is None else f"seed {self.seed}, {fold}"


@dataclass(frozen=True)
class Run:
    """What a run directory holds.

    Attributes
    ----------
    path : Path
    settings : dict
        What settings.json says; empty without it.
    trainings : list of Training
    missing : list of str
        Sentences: what is not there (yet).
    """

    path: Path
    settings: dict[str, Any]
    trainings: list[Training]
    missing: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.resolve().name or str(self.path)

    @property
    def scores(self) -> list[Score]:
        """Those of all trainings."""
        return [score for training in self.trainings for score in training.scores or []]


def read_run(path: Path) -> Run:
    """Read a run directory.

    Raises
    ------
    Failure
        66 when there is none, 65 or 78 when a file in it is not what it must be.
    """
    missing: list[str] = []
    settings: dict[str, Any] = {}
    roots = _numbered(path, "seed") or {"": path}
    if (path / "settings.json").exists():
        settings = _object(path / "settings.json", 78, "CONFIG")
    elif not any(_numbered(root, "fold") for root in roots.values()):
        raise Failure(66, "IO", f"{path}: holds no run: neither settings.json nor fold-0 is there")
    trainings = []
    for seed in settings.get("seeds") or []:
        if "" not in roots and str(seed) not in roots:
            missing.append(f"Seed {seed} has not begun.")
    for seed, root in roots.items():
        trainings += _trainings(root, seed or None, settings.get("fold"), missing)
    if not trainings:
        missing.append("No training has begun.")
    # Guesses without a network, as by shapr baseline, have scores but neither logs nor settings.
    if not settings and any(training.log for training in trainings):
        missing.append("settings.json is missing.")
    return Run(path, settings, trainings, missing)


def _trainings(root: Path, seed: str | None, only: Any, missing: list[str]) -> list[Training]:
    splits: dict[str, Any] = {}
    if (root / "split.json").exists():
        splits = _object(root / "split.json", 65, "FORMAT")
    folders = {f"fold-{number}": folder for number, folder in _numbered(root, "fold").items()}
    trainings = []
    of_seed = "" if seed is None else f"seed {seed}, "
    for name in sorted({*splits, *folders}, key=lambda name: (len(name), name)):
        if name not in folders:
            # A run of one fold alone was never meant to have the others.
            if only is None or name == f"fold-{only}":
                missing.append(_sentence(f"{of_seed}{name}: the training has not begun."))
            continue
        folder = folders[name]
        log = read_log(folder / "log.csv") if (folder / "log.csv").exists() else []
        scores = read_scores(folder, seed) if (folder / "scores.csv").exists() else None
        training = Training(seed, name, _split(splits.get(name), root / "split.json"), log, scores)
        if not log and scores is None:
            missing.append(_sentence(f"{training.title}: no epoch is finished yet."))
        elif scores is None:
            epochs = f"{len(log)} epoch{'s' * (len(log) > 1)} trained"
            missing.append(_sentence(f"{training.title}: {epochs}, no cell is scored yet."))
        trainings.append(training)
    if any(training.scores for training in trainings) and not (root / "scores.csv").exists():
        missing.append(
            _sentence(f"{of_seed}the scores of the folds are not merged yet: shapr merge does it.")
        )
    return trainings


def _numbered(path: Path, kind: str) -> dict[str, Path]:
    """The folders ``kind-NUMBER``, by number, rising."""
    try:
        found = [entry for entry in path.iterdir() if re.fullmatch(rf"{kind}-[0-9]{{1,20}}", entry.name)]
    except OSError as error:
        raise unreadable(path, error) from None
    folders = {entry.name.partition("-")[2]: entry for entry in found if entry.is_dir()}
    return dict(sorted(folders.items(), key=lambda item: int(item[0])))


def _object(path: Path, code: int, name: str) -> dict[str, Any]:
    """The JSON object in a file."""
    text = read_text(path)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure(code, name, f"{path}, {error.lineno}:{error.colno}: {error.msg}") from None
    except (ValueError, RecursionError):  # a number too long, lists too deep
        raise Failure(code, name, f"{path}: is not JSON that can be read") from None
    if not isinstance(value, dict):
        raise Failure(code, name, f"{path}: is not a JSON object: {{ ... }}")
    return value


def _split(value: Any, path: Path) -> dict[str, list[str]]:
    if value is None:
        return {}
    good = isinstance(value, dict) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names) for names in value.values()
    )
    if not good:
        raise Failure(65, "FORMAT", f"{path}: a fold is not an object of lists of names")
    return value  # type: ignore[no-any-return]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
