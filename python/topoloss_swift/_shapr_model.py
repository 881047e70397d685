"""The class Shapr: a network, its settings, and its training on arrays."""

import json
import os
from typing import TYPE_CHECKING, Any

from . import _core
from ._options import as_buffer, number_or_zero, watches_signals
from ._shapr_data import measured, split_cells
from ._shapr_settings import complete_settings
from ._shapr_training import open_checkpoint, run_training

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from ._options import _Array

    _Record: TypeAlias = dict[str, Any]
    _OnRecord: TypeAlias = Callable[[_Record], object]
    _Path: TypeAlias = str | os.PathLike[str]
    _Settings: TypeAlias = Mapping[str, Any] | _Path | None
    _Validation: TypeAlias = float | tuple[_Array, _Array, _Array] | Sequence[int]


class Shapr:
    """A network that predicts the shapes of cells, and how it is trained.

    Parameters
    ----------
    settings : mapping or path, optional
        Settings by name, or a JSON file with them; the others keep the paper's values.
        ``{"preset": "reference"}`` takes those of the published code.
    **overrides
        Single settings, such as ``epochs=30``; they come before ``settings``.

    Raises
    ------
    ConfigError
        For an unknown name (with the nearest one) or a value out of range, with line and column.

    Attributes
    ----------
    settings : dict
        Every setting, defaults included. Of ``seeds`` the first counts; ``threads=0`` means one per
        processor. The names are explained by ``shapr train --help``.
    history : list of dict
        One record per epoch: ``stage``, ``epoch``, ``rate``, ``train_loss``, ``val_loss``, their
        parts and ``is_best``; the lines of the program's ``log.jsonl``.
    """

    def __init__(self, settings: "_Settings" = None, **overrides: Any) -> None:
        self.settings: dict[str, Any] = complete_settings(settings, overrides)
        self.history: list[_Record] = []
        self._model: Any = None
        self._training: Any = None  # while fit runs

    def __repr__(self) -> str:
        state = "not fitted" if self._model is None else f"{len(self.history)} epochs"
        return f"<Shapr, {self.settings['base_filters']} base filters, {state}>"

    def fit(
        self,
        images: "_Array",
        masks: "_Array",
        objects: "_Array",
        *,
        validation: "_Validation" = 0.25,
        names: "Iterable[str] | None" = None,
        on_epoch: "_OnRecord | None" = None,
        on_step: "_OnRecord | None" = None,
        checkpoint: "_Path | None" = None,
        resume: bool = False,
        max_memory: int | None = None,
    ) -> "Shapr":
        """Trains, and keeps the weights with the lowest validation loss.

        Arrays are read where they lie, of any strides, without a copy; they must stay unchanged
        meanwhile. Values are fractions of 255 (uint8), 65535 (uint16) or 1 (floating point, bool).

        Parameters
        ----------
        images, masks : array, shape (n, h, w)
            h and w multiples of 4.
        objects : array, shape (n, 64, h, w)
            The shapes to be found.
        validation : float, three arrays, or sequence of int
            The share of the cells that is set aside to choose the best weights (which ones, the seed
            decides); or images, masks and objects to use for that; or the cells' indices.
        names : iterable of str, optional
            The cells' names, for messages; by default their indices.
        on_epoch, on_step : callable, optional
            Called with a dict after each epoch or step. An exception ends the training and comes out of
            this method. ``predict`` works inside, with the best weights so far.
        checkpoint : path, optional
            File that the state is written to after each epoch, and when Ctrl-C ends the training.
        resume : bool
            Go on from ``checkpoint`` if it is there, to the same bits as without a break.
        max_memory : int, optional
            Bytes that the training may hold; by default the machine's memory.

        Returns
        -------
        Shapr
            This object.

        Raises
        ------
        ValueError
            Shapes that do not fit together, a value outside [0, 1] (with its flat index), a loss that
            is no number.
        TypeError
            An element type of which nothing says what is white.
        FileExistsError
            A checkpoint that is there already, without ``resume``.
        CorruptError, FormatError
            A checkpoint that is damaged, or of another training.
        MemoryError
            More memory than ``max_memory`` or the machine has.
        """
        given = [as_buffer(array) for array in (images, masks, objects)]
        seed = int(self.settings["seeds"][0])
        arrays, *lists = split_cells(given, validation, seed)
        name_list = None if names is None else [str(name) for name in names]
        self._fit(
            arrays, name_list, (lists[0], lists[1], []), on_epoch, on_step, checkpoint, resume,
            max_memory,
        )  # fmt: skip
        return self

    def _fit(
        self,
        arrays: "Sequence[Any]",
        names: list[str] | None,
        split: "tuple[Sequence[int], Sequence[int], Sequence[int]]",
        on_epoch: "_OnRecord | None",
        on_step: "_OnRecord | None",
        checkpoint: "_Path | None",
        resume: bool,
        max_memory: int | None,
    ) -> None:
        images, masks, objects = arrays
        lists = [_bytes_of(cells) for cells in split]
        training = _core.training(
            json.dumps(self.settings), images, masks, objects, names, lists[0], lists[1], lists[2],
            0, number_or_zero("max_memory", max_memory, 1, 2**63 - 1), watches_signals(),
        )  # fmt: skip
        path = open_checkpoint(training, checkpoint, resume)
        self._training = training
        try:
            run_training(training, path, on_epoch, on_step)
        finally:
            self._training = None
            self._model = training.model()
            self.history = [json.loads(line) for line in training.log().splitlines()]

    def predict(self, images: "_Array", masks: "_Array") -> "NDArray[np.float32]":
        """The shapes of cells, as probabilities.

        Parameters
        ----------
        images, masks : array, shape (n, h, w)

        Returns
        -------
        ndarray, shape (n, 64, h, w), float32
        """
        import numpy

        model = self._training.model() if self._training is not None else self._model
        if model is None:
            raise RuntimeError("there is nothing to predict with: call fit() or Shapr.load() first")
        return numpy.asarray(
            model.predict(as_buffer(images), as_buffer(masks), watches_signals())
        )

    def evaluate(
        self, images: "_Array", masks: "_Array", objects: "_Array"
    ) -> "dict[str, NDArray[np.float64]]":
        """Predicts cells and compares them with their true shapes.

        Returns
        -------
        dict of ndarray
            One number per cell under each name of ``scores.csv``: ``iou_error``, ``volume_error``,
            ``surface_error``, ``roughness_error``, ``dice``, ``betti0_error``, ``wasserstein2``, ...;
            NaN where the truth leaves a measure undefined.
        """
        return self.score(self.predict(images, masks), objects)

    def score(
        self, predictions: "_Array", objects: "_Array"
    ) -> "dict[str, NDArray[np.float64]]":
        """Compares predictions, shape (n, d, h, w), with true shapes; as `evaluate`."""
        return measured(self.settings, predictions, objects)

    def save(self, path: "_Path") -> None:
        """Writes weights and settings as a safetensors file, with the published network's names."""
        if self._model is None:
            raise RuntimeError("there is nothing to save: call fit() first")
        self._model.save(os.fsencode(path))

    @classmethod
    def load(cls, path: "_Path", *, threads: int = 0) -> "Shapr":
        """Reads what `save` or the program wrote (``best.safetensors``), or a published network.

        Raises
        ------
        FileNotFoundError, FormatError, CorruptError
            A file that is not there, is no safetensors file, or is damaged.
        """
        model = _core.model_load(os.fsencode(path), threads, 0)
        shapr = cls(json.loads(model.settings()), threads=threads)
        shapr._model = model
        return shapr


def _bytes_of(cells: "Sequence[int]") -> bytes:
    """Indices as the extension reads them."""
    import numpy

    return numpy.asarray(cells, dtype=numpy.int64).tobytes()
