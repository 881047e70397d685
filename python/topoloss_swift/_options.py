"""What all functions of the package share: checks of options, buffers, numbers of topoloss.h."""

import operator
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from . import _core
from ._numpy import numpy_or_none

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Buffer

    class _SupportsArray(Protocol):
        def __array__(self) -> Any: ...

    _Array: TypeAlias = Buffer | _SupportsArray

# Numbers as in topoloss.h.
FILTRATIONS = {"superlevel": 0, "sublevel": 1}
CONSTRUCTIONS = {"T": 0, "V": 1}
GROUND_NORMS = {"maximum": 0, "euclidean": 1}
ESSENTIAL_CLASSES = {"matched": 0, "ignored": 1, "extreme": 2}
DIMENSION_REDUCTIONS = {"sum": 0, "root": 1}
MAX_SPATIAL_DIMS = 3
_MAX_INT32 = 2**31 - 1


def choice(name: str, value: object, numbers: Mapping[str, int]) -> int:
    """The number that stands for the value; an error that lists the valid ones."""
    number = numbers.get(value) if isinstance(value, str) else None
    if number is not None:
        return number
    *most, last = (repr(key) for key in numbers)
    valid = f"{', '.join(most)} or {last}"
    if not isinstance(value, str):
        raise TypeError(f"{name} must be {valid}, not {type(value).__name__}")
    raise ValueError(f"{name} must be {valid}, not {value!r}")


def integer(name: str, value: object) -> int:
    """The value as an int; TypeError for bool and for what is no integer."""
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not bool")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None


def number_or_zero(name: str, value: int | None, lowest: int, highest: int = _MAX_INT32) -> int:
    """The value, or 0 for None; ValueError outside lowest ... highest."""
    if value is None:
        return 0
    number = integer(name, value)
    if not lowest <= number <= highest:
        raise ValueError(f"{name} must be None or {lowest} to {highest}, not {number}")
    return number


def thread_count(threads: int | None) -> int:
    """At least 1, or 0, which stands for one per processor, for None."""
    return number_or_zero("threads", threads, 1)


def real(name: str, value: object) -> float:
    """The value as a float; TypeError for bool, text and what is no number."""
    kind = type(value).__name__
    if isinstance(value, (bool, str, bytes, bytearray)):
        raise TypeError(f"{name} must be a number, not {kind}")
    try:
        return float(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be a number, not {kind}") from None


def real_from(name: str, value: object, lowest: float) -> float:
    """The value as a finite float of at least `lowest`."""
    number = real(name, value)
    if not lowest <= number < float("inf"):
        raise ValueError(f"{name} must be a finite number of at least {lowest:g}, not {number:g}")
    return number


def flag(name: str, value: object) -> bool:
    """True or False; anything else, such as a swapped argument, is a TypeError."""
    if value is True or value is False:
        return value
    raise TypeError(f"{name} must be True or False, not {type(value).__name__}")


def dimension_list(dimensions: Iterable[int]) -> list[int]:
    """The homology dimensions, in the order given; at least one.

    Whether each lies below the number of axes is checked in C, where that number is known.
    """
    if isinstance(dimensions, (str, bytes)) or not isinstance(dimensions, Iterable):
        kind = type(dimensions).__name__
        raise TypeError(f"dimensions must be an iterable of integers such as (0, 2), not {kind}")
    numbers = [integer("each of dimensions", dimension) for dimension in dimensions]
    for number in numbers:
        if not 0 <= number < MAX_SPATIAL_DIMS:
            raise ValueError(f"dimensions must lie in 0 ... spatial_dims - 1, {number} does not")
    if not numbers:
        raise ValueError("dimensions is empty: there is nothing to compute")
    return numbers


def dimension_mask(dimensions: Iterable[int] | None) -> int:
    """One bit per dimension; 0, which stands for all of them, for None."""
    mask = 0
    if dimensions is not None:
        for number in dimension_list(dimensions):
            mask |= 1 << number
    return mask


def watches_signals() -> bool:
    """Whether a call from this thread is to run Python's signal handlers.

    Only the main thread runs them; another one would wait for the GIL in vain.
    """
    return threading.get_ident() == threading.main_thread().ident


def as_buffer(array: Any) -> Any:
    """The array itself if it has the buffer protocol, else the NumPy array it becomes."""
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(array, masked.MaskedArray):
        raise TypeError("a masked array lacks masked values: pass array.filled(value)")
    if _core.has_buffer(array):
        return array
    kind = type(array).__name__
    convertible = ("__array__", "__array_interface__", "__dlpack__")
    if isinstance(array, type) or not any(hasattr(array, name) for name in convertible):
        raise TypeError(
            f"expected an array or another object with the buffer protocol, not {kind}; "
            "numpy.asarray(...) makes an array of nested lists"
        )
    numpy = numpy_or_none()
    if numpy is None:
        raise TypeError(f"NumPy is needed to read {kind}, and it is not installed")
    try:
        if getattr(array, "requires_grad", False):
            array = array.detach()
        if hasattr(array, "__array__") or hasattr(array, "__array_interface__"):
            return numpy.asarray(array)
        return numpy.from_dlpack(array)
    except (RuntimeError, ValueError) as error:
        raise TypeError(f"{kind} cannot be read as an array: {error}") from error


def nested(flat: list[Any], leading: tuple[int, ...]) -> Any:
    """The flat list as nested lists over the leading axes; its only item without any."""
    for extent in reversed(leading[1:]):
        flat = [flat[i : i + extent] for i in range(0, len(flat), extent)]
    return flat if leading else flat[0]
