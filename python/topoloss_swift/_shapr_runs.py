"""Trainings of a whole folder, and one for each fold of a cross-validation."""

import os
from typing import TYPE_CHECKING, Any

from . import _core
from ._options import as_buffer
from ._shapr_data import read_folder, read_split, split_cells, stacked
from ._shapr_model import Shapr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._options import _Array
    from ._shapr_model import _OnRecord, _Path, _Settings


def train(
    folder: "_Path",
    settings: "_Settings" = None,
    *,
    split: "_Path | None" = None,
    on_epoch: "_OnRecord | None" = None,
    on_step: "_OnRecord | None" = None,
    checkpoint: "_Path | None" = None,
    resume: bool = False,
    **overrides: Any,
) -> Shapr:
    """Trains on a folder with ``image/``, ``mask/`` and ``obj/``, one file per cell in each.

    Parameters
    ----------
    folder : path
    settings, **overrides
        As for `Shapr`.
    split : path, optional
        JSON file with lists ``train``, ``val`` and optionally ``test``; by default ``split.json`` in
        the folder or, if there is none, a quarter of the cells validates.
    on_epoch, on_step, checkpoint, resume
        As for `Shapr.fit`.

    Returns
    -------
    Shapr
    """
    shapr = Shapr(settings, **overrides)
    cells = read_folder(folder)
    file = os.fspath(split) if split is not None else os.path.join(folder, "split.json")
    arrays: Sequence[Any] = cells[:3]
    if split is not None or os.path.exists(file):
        lists = read_split(file, cells.names)
    else:
        arrays, *rest = split_cells(arrays, 0.25, int(shapr.settings["seeds"][0]))
        lists = (rest[0], rest[1], [])
    shapr._fit(arrays, cells.names, lists, on_epoch, on_step, checkpoint, resume, None)
    return shapr


def cross_validate(
    images: "_Array",
    masks: "_Array",
    objects: "_Array",
    names: "Iterable[str] | None" = None,
    *,
    settings: "_Settings" = None,
    on_fold: "Callable[[int, Shapr], object] | None" = None,
    on_epoch: "_OnRecord | None" = None,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains once per fold, so that every cell is tested on once; the program's folds and numbers.

    ``cross_validate(*read_folder("cells"))`` does it for a folder.

    Parameters
    ----------
    images, masks, objects
        As for `Shapr.fit`.
    names : iterable of str, optional
        In ascending order; a name without the digits at its end is the cell's class, and classes are
        spread over the folds evenly.
    settings, **overrides
        As for `Shapr`; ``folds=5`` says how many.
    on_fold : callable, optional
        Called with the fold's number and its trained `Shapr`.
    on_epoch : callable, optional
        As for `Shapr.fit`.

    Returns
    -------
    dict
        The scores as of `Shapr.evaluate`, with ``name``, ``class`` and ``fold`` of each cell; a table
        for `compare`, or for ``pandas.DataFrame``.
    """
    import numpy

    chosen = Shapr(settings, **overrides).settings
    arrays = [as_buffer(array) for array in (images, masks, objects)]
    count = _core.shape(arrays[0])[0]
    name_list = [str(index) for index in range(count)] if names is None else list(map(str, names))
    if len(name_list) != count:
        raise ValueError(f"{len(name_list)} names for {count} cells")
    folds = int(chosen["folds"])
    parts = numpy.asarray(_core.folds(name_list, folds, int(chosen["seeds"][0])))
    scores: dict[str, Any] = {
        "name": name_list,
        "class": [name.rstrip("0123456789") for name in name_list],
        "fold": parts,
        **{name: numpy.full(count, numpy.nan) for name in _core.measure_names()},
    }
    if chosen["fold"] is not None and chosen["fold"] >= folds:
        raise ValueError(f"fold {chosen['fold']} is not in 0 ... {folds - 1}")
    for fold in range(folds) if chosen["fold"] is None else [int(chosen["fold"])]:
        test = numpy.flatnonzero(parts == fold)
        validation = numpy.flatnonzero(parts == (fold + 1) % folds)
        train_cells = numpy.flatnonzero((parts != fold) & (parts != (fold + 1) % folds))
        shapr = Shapr(chosen)
        split = (train_cells.tolist(), validation.tolist(), test.tolist())
        shapr._fit(arrays, name_list, split, on_epoch, None, None, False, None)
        if on_fold is not None:
            on_fold(fold, shapr)
        for name, values in shapr.evaluate(*(stacked(array)[test] for array in arrays)).items():
            scores[name][test] = values
    return scores
