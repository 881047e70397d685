"""The function `persistence_diagrams`: checks the options, finds the buffer, calls C."""

import operator
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from . import _core
from ._diagrams import Diagram, Diagrams
from ._numpy import numpy_or_none

if TYPE_CHECKING:
    from typing_extensions import Buffer
    from typing import TypeAlias

    class _SupportsArray(Protocol):
        def __array__(self) -> Any: ...

    _Array: TypeAlias = Buffer | _SupportsArray

# Numbers as in topoloss.h.
_FILTRATIONS = {"superlevel": 0, "sublevel": 1}
_CONSTRUCTIONS = {"T": 0, "V": 1}
_MAX_SPATIAL_DIMS = 3
_MAX_INT32 = 2**31 - 1


@overload
def persistence_diagrams(
    field: "_Array",
    *,
    filtration: Literal["superlevel", "sublevel"] = "superlevel",
    construction: Literal["T", "V"] = "T",
    dimensions: Iterable[int] | None = None,
    spatial_dims: None = None,
    threads: int | None = None,
) -> Diagrams: ...
@overload
def persistence_diagrams(
    field: "_Array",
    *,
    filtration: Literal["superlevel", "sublevel"] = "superlevel",
    construction: Literal["T", "V"] = "T",
    dimensions: Iterable[int] | None = None,
    spatial_dims: int,
    threads: int | None = None,
) -> Diagrams | list[Any]: ...
def persistence_diagrams(
    field: "_Array",
    *,
    filtration: Literal["superlevel", "sublevel"] = "superlevel",
    construction: Literal["T", "V"] = "T",
    dimensions: Iterable[int] | None = None,
    spatial_dims: int | None = None,
    threads: int | None = None,
) -> Diagrams | list[Any]:
    """Compute the exact persistence diagrams of a volume, or of a batch of volumes.

    Parameters
    ----------
    field : array or buffer
        Bool, integer or float16/32/64 values with 1 to 3 axes: ``(x,)``, ``(y, x)`` or
        ``(z, y, x)``; more axes with `spatial_dims`. Any strides and either byte order;
        it is only read. NumPy arrays, memoryviews, ``array.array``, CPU tensors.
        Infinities are values like any other.
    filtration : {"superlevel", "sublevel"}
        Superlevel: high values enter first, so birth >= death. Sublevel: low ones first.
    construction : {"T", "V"}
        T: voxels are the top-dimensional cells (in 3-D, components are 26-connected).
        V: voxels are the vertices (6-connected).
    dimensions : iterable of int, optional
        The homology dimensions to compute, each below the number of axes of a volume;
        all by default. Fewer are faster.
    spatial_dims : int, optional
        How many of the last axes are one volume, 1 to 3; leading axes are a batch. By
        default all axes are one volume.
    threads : int, optional
        At most this many threads, at least 1; one per processor by default. The result
        does not depend on it.

    Returns
    -------
    Diagrams, or nested lists of Diagrams
        With a batch, a list over the first axis (of lists over the second, and so on).

    Raises
    ------
    TypeError
        `field` is not an array of real numbers, or is a masked array, or an option has
        the wrong type.
    ValueError
        No axes, an empty axis, a NaN (the message has its flat index), more than 3 axes
        without `spatial_dims`, an unknown option.
    LimitError
        A 64-bit integer beyond 2**53, an axis beyond 2**21, or a volume beyond 2**31 - 1
        voxels.
    MemoryError
        The message has the bytes needed.
    BufferError
        The object describes its memory in a way that contradicts itself.
    KeyboardInterrupt
        Ctrl-C is answered during the call (in the main thread); so is any other
        exception that a Python signal handler raises.

    Notes
    -----
    The GIL is released while the call computes. Pairs whose birth and death have the same
    value are left out.

    Examples
    --------
    >>> import array
    >>> field = array.array("d", [0, 3, 1, 2, 0])
    >>> persistence_diagrams(field)[0].points.tolist()
    [[3.0, -inf], [2.0, 1.0]]
    """
    filtration_number = _choice("filtration", filtration, _FILTRATIONS)
    construction_number = _choice("construction", construction, _CONSTRUCTIONS)
    mask = _dimension_mask(dimensions)
    axes = _number("spatial_dims", spatial_dims, 1, _MAX_SPATIAL_DIMS)
    thread_count = _number("threads", threads, 1, _MAX_INT32)
    # Only the main thread runs signal handlers; another one would wait for the GIL in vain.
    watch_signals = threading.get_ident() == threading.main_thread().ident

    shape, axes, volumes = _core.persistence_diagrams(
        _buffer(field),
        filtration_number,
        construction_number,
        mask,
        axes,
        thread_count,
        watch_signals,
    )
    leading, volume_shape = shape[:-axes], shape[-axes:]
    flat: list[Any] = [
        Diagrams(
            [Diagram(*parts, volume_shape, filtration, construction) for parts in volume],
            volume_shape,
            filtration,
            construction,
        )
        for volume in volumes
    ]
    return _nested(flat, leading)


def _choice(name: str, value: object, numbers: Mapping[str, int]) -> int:
    number = numbers.get(value) if isinstance(value, str) else None
    if number is not None:
        return number
    valid = " or ".join(repr(key) for key in numbers)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be {valid}, not {type(value).__name__}")
    raise ValueError(f"{name} must be {valid}, not {value!r}")


def _integer(name: str, value: object) -> int:
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, not bool")
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None


def _number(name: str, value: int | None, lowest: int, highest: int) -> int:
    """The value, or 0 for None; ValueError outside lowest ... highest."""
    if value is None:
        return 0
    number = _integer(name, value)
    if not lowest <= number <= highest:
        raise ValueError(f"{name} must be None or {lowest} to {highest}, not {number}")
    return number


def _dimension_mask(dimensions: Iterable[int] | None) -> int:
    """One bit per dimension; 0, which stands for all of them, for None.

    Whether each lies below the number of axes is checked in C, where that number is known.
    """
    if dimensions is None:
        return 0
    if isinstance(dimensions, (str, bytes)) or not isinstance(dimensions, Iterable):
        kind = type(dimensions).__name__
        raise TypeError(f"dimensions must be an iterable of integers such as (0, 2), not {kind}")
    mask = 0
    for dimension in dimensions:
        number = _integer("each of dimensions", dimension)
        if not 0 <= number < _MAX_SPATIAL_DIMS:
            raise ValueError(f"dimensions must lie in 0 ... spatial_dims - 1, {number} does not")
        mask |= 1 << number
    if mask == 0:
        raise ValueError("dimensions is empty: there is nothing to compute")
    return mask


def _buffer(field: Any) -> Any:
    """The field itself if it has the buffer protocol, else the NumPy array it becomes."""
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(field, masked.MaskedArray):
        raise TypeError("a masked array lacks values at masked voxels: pass field.filled(value)")
    if _core.has_buffer(field):
        return field
    kind = type(field).__name__
    convertible = ("__array__", "__array_interface__", "__dlpack__")
    if isinstance(field, type) or not any(hasattr(field, name) for name in convertible):
        raise TypeError(
            f"expected an array or another object with the buffer protocol, not {kind}; "
            "numpy.asarray(...) makes an array of nested lists"
        )
    numpy = numpy_or_none()
    if numpy is None:
        raise TypeError(f"NumPy is needed to read {kind}, and it is not installed")
    try:
        if getattr(field, "requires_grad", False):
            field = field.detach()
        if hasattr(field, "__array__") or hasattr(field, "__array_interface__"):
            return numpy.asarray(field)
        return numpy.from_dlpack(field)
    except (RuntimeError, ValueError) as error:
        raise TypeError(f"{kind} cannot be read as an array: {error}") from error


def _nested(flat: list[Any], leading: tuple[int, ...]) -> Diagrams | list[Any]:
    """The flat list as nested lists over the leading axes; its only item without any."""
    for extent in reversed(leading[1:]):
        flat = [flat[i : i + extent] for i in range(0, len(flat), extent)]
    if leading:
        return flat
    only: Diagrams = flat[0]
    return only
