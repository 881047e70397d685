"""Cells for the trainer: arrays, which of them validate, and folders of files."""

import json
import os
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from . import _core
from ._files import open_regular, read_text
from ._options import as_buffer, integer, real, watches_signals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ENDS = (".tif", ".tiff", ".npy", ".png")


class Cells(NamedTuple):
    """The cells of a folder.

    Attributes
    ----------
    images, masks : ndarray, shape (n, h, w)
    objects : ndarray, shape (n, 64, h, w)
    names : list of str
        In the order of their bytes, without the ends of the files.
    """

    images: "NDArray[Any]"
    masks: "NDArray[Any]"
    objects: "NDArray[Any]"
    names: list[str]


def stacked(array: Any) -> "NDArray[Any]":
    """The buffer as a NumPy array."""
    import numpy

    return numpy.asarray(array)


def split_cells(
    arrays: Sequence[Any], validation: Any, seed: int
) -> tuple[Sequence[Any], list[int], list[int]]:
    """The arrays, and the cells that train and validate; validating arrays are put behind the others."""
    import numpy

    count = _core.shape(arrays[0])[0]
    if isinstance(validation, tuple) and len(validation) == 3 and _core.has_buffer(validation[0]):
        others = [stacked(as_buffer(array)) for array in validation]
        pairs = list(zip((stacked(array) for array in arrays), others))
        for array, other in pairs:
            # Another type would have another white.
            if array.dtype != other.dtype:
                raise TypeError(f"validation has elements of {other.dtype}, training {array.dtype}")
        joined = [numpy.concatenate(pair) for pair in pairs]
        return joined, list(range(count)), list(range(count, len(joined[0])))
    if isinstance(validation, (Sequence, numpy.ndarray)) and not isinstance(validation, str):
        chosen = [integer("each of validation", cell) for cell in validation]
        held = set(chosen)
        return arrays, [cell for cell in range(count) if cell not in held], chosen
    share = real("validation", validation)
    if not 0 < share < 1:
        raise ValueError(f"validation must be a share between 0 and 1, not {share:g}")
    size = min(max(1, round(share * count)), count - 1)
    if size < 1:
        raise ValueError("one cell cannot both train and validate")
    chosen = sorted(random.Random(seed).sample(range(count), size))
    held = set(chosen)
    return arrays, [cell for cell in range(count) if cell not in held], chosen


def measured(settings: dict[str, Any], predictions: Any, objects: Any) -> dict[str, Any]:
    """The scores of predictions by name, one number per cell."""
    import numpy

    rows = numpy.asarray(
        _core.evaluate(
            json.dumps(settings), as_buffer(predictions), as_buffer(objects), 0, 0, watches_signals()
        )
    )
    return {name: rows[:, place].copy() for place, name in enumerate(_core.measure_names())}


def read_folder(folder: "str | os.PathLike[str]") -> Cells:
    """Reads ``image/``, ``mask/`` and ``obj/``: one file of the same name per cell in each.

    TIFF files are read by tifffile, NumPy's by NumPy, PNG by Pillow.

    Parameters
    ----------
    folder : path

    Returns
    -------
    Cells

    Raises
    ------
    FormatError
        A cell that lacks a file, or files of different sizes or element types.
    FileNotFoundError
        A folder that is not there.
    """
    parts = {part: _files(os.path.join(folder, part)) for part in ("image", "mask", "obj")}
    names = sorted(parts["image"], key=os.fsencode)
    for part, files in parts.items():
        if files.keys() != parts["image"].keys():
            name = min(files.keys() ^ parts["image"].keys())
            raise _core.FormatError(f"{name!r} is not in each of image/, mask/ and obj/ ({part}/)")
    if not names:
        raise _core.FormatError(f"{os.fspath(folder)!r} holds no cells")
    images, masks, objects = (_stack([files[name] for name in names]) for files in parts.values())
    return Cells(images, masks, objects, names)


def read_split(path: str, names: list[str]) -> tuple[list[int], list[int], list[int]]:
    """The lists ``train``, ``val`` and ``test`` of a JSON file as indices into `names`."""
    text = read_text(path)
    try:
        lists = json.loads(text)
    except (ValueError, RecursionError) as error:  # also a number too long, lists too deep
        raise _core.FormatError(f"{path!r} is not JSON: {error}") from None
    if not isinstance(lists, dict):
        raise _core.FormatError(f"{path!r} is not a JSON object with lists train and val")
    places = {name: place for place, name in enumerate(names)}

    def cells(key: str) -> list[int]:
        found = []
        entries = lists.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(name, str) for name in entries):
            raise _core.FormatError(f"{path!r}: {key} is not a list of names")
        for name in entries:
            stem = _stem(name)
            if stem not in places:
                raise _core.FormatError(f"{path!r}: {key} names {name!r}, which is not among the cells")
            found.append(places[stem])
        return found

    return cells("train"), cells("val"), cells("test")


def _files(folder: str) -> dict[str, str]:
    """Paths by the cells' names."""
    files = {}
    for file in sorted(os.listdir(folder)):
        if file.lower().endswith(_ENDS) and not file.startswith("."):
            name = _stem(file)
            if name in files:
                raise _core.FormatError(f"{folder!r}: {name!r} has two files")
            files[name] = os.path.join(folder, file)
    return files


def _stem(file: str) -> str:
    stem, end = os.path.splitext(file)
    return stem if end.lower() in _ENDS else file


def _stack(files: list[str]) -> "NDArray[Any]":
    import numpy

    arrays: list[NDArray[Any]] = []
    for file in files:
        array = _read(file)
        first = arrays[0] if arrays else array
        if (array.shape, array.dtype) != (first.shape, first.dtype):
            raise _core.FormatError(
                f"{file!r} is {array.shape} of {array.dtype}, but {files[0]!r} is {first.shape} of "
                f"{first.dtype}"
            )
        arrays.append(array)
    return numpy.stack(arrays)


def _read(path: str) -> "NDArray[Any]":
    try:
        with open_regular(path) as file:
            return _decoded(file, os.path.splitext(path)[1].lower())
    except (MemoryError, ModuleNotFoundError):
        raise
    except Exception as error:  # the readers' own, which have no class in common
        # Readers raise OSError without a number for files that are damaged.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise _core.FormatError(f"{path!r}: {reason[:200]!r}") from None


def _decoded(file: BinaryIO, end: str) -> "NDArray[Any]":
    import numpy

    if end == ".npy":
        return numpy.asarray(numpy.load(file, allow_pickle=False))
    if end == ".png":
        from PIL import Image

        with Image.open(file) as image:
            return numpy.asarray(image)
    import tifffile

    return numpy.asarray(tifffile.imread(file))
