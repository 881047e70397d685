"""The function `persistence_diagrams`: checks the options, finds the buffer, calls C."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _core
from ._diagrams import Diagram, Diagrams
from ._options import (
    CONSTRUCTIONS,
    FILTRATIONS,
    MAX_SPATIAL_DIMS,
    as_buffer,
    choice,
    dimension_mask,
    nested,
    number_or_zero,
    thread_count,
    watches_signals,
)

if TYPE_CHECKING:
    from ._options import _Array


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
        A 64-bit integer beyond ``2**53``, an axis beyond ``2**21``, or a volume beyond
        ``2**31 - 1`` voxels.
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
    return diagrams_of(
        as_buffer(field),
        filtration,
        construction,
        dimension_mask(dimensions),
        number_or_zero("spatial_dims", spatial_dims, 1, MAX_SPATIAL_DIMS),
        thread_count(threads),
    )


def diagrams_of(
    buffer: Any, filtration: str, construction: str, mask: int, spatial_dims: int, threads: int
) -> Diagrams | list[Any]:
    """`persistence_diagrams` of a buffer, with numbers as in topoloss.h."""
    shape, axes, volumes = _core.persistence_diagrams(
        buffer,
        choice("filtration", filtration, FILTRATIONS),
        choice("construction", construction, CONSTRUCTIONS),
        mask,
        spatial_dims,
        threads,
        watches_signals(),
    )
    leading, volume_shape = shape[:-axes], shape[-axes:]
    flat = [
        Diagrams(
            [
                Diagram(dimension, points, voxels, volume_shape, filtration, construction, *last)
                for dimension, points, voxels, last in volume
            ],
            volume_shape,
            filtration,
            construction,
        )
        for volume in volumes
    ]
    result: Diagrams | list[Any] = nested(flat, leading)
    return result
