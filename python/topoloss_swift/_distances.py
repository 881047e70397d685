"""Distances between persistence diagrams, and numbers that describe one diagram."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _core
from ._diagrams import Diagram, Diagrams
from ._numpy import as_array
from ._options import (
    ESSENTIAL_CLASSES,
    GROUND_NORMS,
    as_buffer,
    choice,
    flag,
    integer,
    real,
    real_from,
    thread_count,
    watches_signals,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from ._options import _Array

    _GroundNorm: TypeAlias = Literal["maximum", "euclidean"]
    _EssentialClasses: TypeAlias = Literal["matched", "ignored", "extreme"]

# Kinds of distance, as in _core_distances.h.
_WASSERSTEIN, _BOTTLENECK, _SLICED = 0, 1, 2
_MAX_DIRECTIONS = 65536


@overload
def wasserstein(
    a: "Diagram | _Array",
    b: "Diagram | _Array",
    *,
    order: float = 2,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
    return_matching: Literal[False] = False,
) -> float: ...
@overload
def wasserstein(
    a: "Diagram | _Array",
    b: "Diagram | _Array",
    *,
    order: float = 2,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
    return_matching: Literal[True],
) -> "tuple[float, NDArray[np.int64]]": ...
def wasserstein(
    a: "Diagram | _Array",
    b: "Diagram | _Array",
    *,
    order: float = 2,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
    return_matching: bool = False,
) -> "float | tuple[float, NDArray[np.int64]]":
    """Compute the exact Wasserstein distance between two persistence diagrams.

    ``W_p = (min over matchings of the sum of norm^p)^(1/p)``, where a point may also be matched
    with the nearest point of the diagonal.

    Parameters
    ----------
    a, b : Diagram, or array of shape (n, 2)
        Births and deaths; an infinite death marks an essential class. Points with
        birth = death count for nothing.
    order : float
        p, at least 1; infinity gives the bottleneck distance.
    ground_norm : {"maximum", "euclidean"}
        The norm in which points move. A point lies |death - birth| / 2 from the diagonal in the
        maximum norm, |death - birth| / sqrt(2) in the Euclidean norm.
    essential_classes : {"matched", "ignored", "extreme"}
        Matched: among themselves, in the order of their births; their numbers must agree. Ignored:
        they count for nothing. Extreme: they end at the last value of their filtration and
        are then points like any other; this needs `Diagram` objects.
    return_matching : bool
        Also return an optimal matching (for a finite `order`).

    Returns
    -------
    distance : float
    matching : int64 array of shape (k, 2), if `return_matching`
        Each row has an index in `a` and an index in `b`, -1 for the diagonal. Every point that
        counts is in exactly one row: first those of `a` in their order, then the rows
        ``(-1, j)``.

    Raises
    ------
    TypeError
        An operand is no array of real numbers, or an option has the wrong type.
    ValueError
        A shape other than (n, 2), a NaN, an infinite birth (the message has its index),
        different numbers of essential classes, an unknown option.
    LimitError
        A 64-bit integer beyond ``2**53``.
    MemoryError, KeyboardInterrupt
        As for `persistence_diagrams`.

    Examples
    --------
    >>> import array
    >>> one = memoryview(array.array("d", [0.0, 2.0])).cast("B").cast("d", [1, 2])
    >>> other = memoryview(array.array("d", [0.5, 2.0])).cast("B").cast("d", [1, 2])
    >>> wasserstein(one, other)
    0.5
    """
    if not flag("return_matching", return_matching):
        return _distances([a], [b], order, ground_norm, essential_classes)[0]
    certificate = wasserstein_certificate(
        a, b, order=order, ground_norm=ground_norm, essential_classes=essential_classes
    )
    return certificate.distance, certificate.matching


def wasserstein_batch(
    first: "Sequence[Diagram | _Array]",
    second: "Sequence[Diagram | _Array]",
    *,
    order: float = 2,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
    threads: int | None = None,
) -> "NDArray[np.float64]":
    """Compute the Wasserstein distances of many pairs of diagrams in one call.

    Parameters
    ----------
    first, second : sequences of Diagram, or of arrays of shape (n, 2)
        Pair k is ``first[k]`` and ``second[k]``; both have the same length.
    order, ground_norm, essential_classes
        As for `wasserstein`.
    threads : int, optional
        At most this many threads, which share out the pairs; one per processor by default.

    Returns
    -------
    float64 array with one distance per pair
    """
    return as_array(  # type: ignore[no-any-return]
        _distance_block(first, second, order, ground_norm, essential_classes, threads)
    )


@dataclass(frozen=True, slots=True, eq=False)
class WassersteinCertificate:
    """A Wasserstein distance with a matching that attains it and a proof that none is better.

    Whatever u and v are, if ``u[i]`` and ``v[j]`` are at most the cost of sending their points to
    the diagonal and ``u[i] + v[j]`` is at most the cost of matching them, no matching costs less
    than the sum of all. Here that sum is ``distance ** order`` up to rounding. Of an essential class,
    u is the cost of its pair and v is 0.

    Attributes
    ----------
    distance : float
    matching : int64 array of shape (k, 2)
        As `wasserstein` returns it.
    potentials_a, potentials_b : float64 arrays
        u and v, one number per point.
    """

    distance: float
    matching: "NDArray[np.int64]"
    potentials_a: "NDArray[np.float64]"
    potentials_b: "NDArray[np.float64]"


def wasserstein_certificate(
    a: "Diagram | _Array",
    b: "Diagram | _Array",
    *,
    order: float = 2,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
) -> WassersteinCertificate:
    """Compute a Wasserstein distance with its matching and a certificate of optimality.

    Parameters
    ----------
    a, b, order, ground_norm, essential_classes
        As for `wasserstein`; the order must be finite.

    Returns
    -------
    WassersteinCertificate
    """
    norm, essential = _norm_and_essential(ground_norm, essential_classes)
    power = real("order", order)
    if power == math.inf:
        raise ValueError("the matching of the bottleneck distance is not computed: order=inf")
    distance, rows, potentials_a, potentials_b = _core.matching(
        _operand(a, essential_classes),
        _operand(b, essential_classes),
        real_from("order", order, 1),
        norm,
        essential,
        watches_signals(),
    )
    return WassersteinCertificate(
        distance, as_array(rows), as_array(potentials_a), as_array(potentials_b)
    )


def bottleneck(
    a: "Diagram | _Array",
    b: "Diagram | _Array",
    *,
    ground_norm: "_GroundNorm" = "maximum",
    essential_classes: "_EssentialClasses" = "matched",
) -> float:
    """Compute the exact bottleneck distance: the longest move, made as short as can be.

    It is the Wasserstein distance of order infinity.

    Parameters
    ----------
    a, b, ground_norm, essential_classes
        As for `wasserstein`.

    Returns
    -------
    float
    """
    return _distances([a], [b], math.inf, ground_norm, essential_classes)[0]


def sliced_wasserstein(
    a: "Diagram | _Array", b: "Diagram | _Array", *, directions: int = 50
) -> float:
    """Compute the sliced Wasserstein distance (Carriere, Cuturi, Oudot, ICML 2017).

    The mean over `directions` lines through the origin, at equal angles, of the distance of order
    1 between the projections of the points, each diagram completed by the other's points
    moved to the diagonal. Essential classes count for nothing.

    Parameters
    ----------
    a, b : Diagram, or array of shape (n, 2)
    directions : int
        Number of lines, at least 1.

    Returns
    -------
    float
    """
    lines = integer("directions", directions)
    if not 1 <= lines <= _MAX_DIRECTIONS:
        raise ValueError(f"directions must be 1 to {_MAX_DIRECTIONS}, not {lines}")
    operands = [_operand(a, "ignored")], [_operand(b, "ignored")]
    block = _core.distances(_SLICED, *operands, 1.0, 0, 1, lines, 1, watches_signals())
    return _floats(block)[0]


def total_persistence(diagram: "Diagram | _Array", *, order: float = 2) -> float:
    """Compute the sum of ``|death - birth| ** order`` over the points of a diagram.

    Parameters
    ----------
    diagram : Diagram, or array of shape (n, 2)
        Essential classes are left out.
    order : float
        A positive number.

    Returns
    -------
    float
    """
    power = real("order", order)
    if not 0 < power < math.inf:
        raise ValueError(f"order must be a finite number above 0, not {power:g}")
    return _core.total_persistence(_operand(diagram, "ignored")[0], power)


def persistent_entropy(diagram: "Diagram | _Array") -> float:
    """Compute the entropy (natural logarithm) of the persistences divided by their sum.

    Parameters
    ----------
    diagram : Diagram, or array of shape (n, 2)
        Essential classes are left out.

    Returns
    -------
    float
        0 for a diagram without points; at most the logarithm of their number.
    """
    return _core.persistent_entropy(_operand(diagram, "ignored")[0])


def _operand(diagram: Any, essential_classes: str) -> tuple[Any, float]:
    """The buffer of the points, and where the filtration ends (NaN: not known)."""
    if isinstance(diagram, Diagram):
        last = diagram.last_value
        return diagram._points_block, math.nan if last is None else last
    if isinstance(diagram, Diagrams):
        raise TypeError("these are the diagrams of all dimensions: choose one, as in diagrams[2]")
    if essential_classes == "extreme":
        raise TypeError(
            "essential_classes='extreme' needs Diagram objects: an array of points does not say "
            "where the filtration ends"
        )
    return as_buffer(diagram), math.nan


def _norm_and_essential(ground_norm: str, essential_classes: str) -> tuple[int, int]:
    return (
        choice("ground_norm", ground_norm, GROUND_NORMS),
        choice("essential_classes", essential_classes, ESSENTIAL_CLASSES),
    )


def _distance_block(
    first: "Sequence[Diagram | _Array]",
    second: "Sequence[Diagram | _Array]",
    order: float,
    ground_norm: str,
    essential_classes: str,
    threads: int | None,
) -> Any:
    norm, essential = _norm_and_essential(ground_norm, essential_classes)
    power = real("order", order)
    kind = _BOTTLENECK if power == math.inf else _WASSERSTEIN
    return _core.distances(
        kind,
        [_operand(diagram, essential_classes) for diagram in first],
        [_operand(diagram, essential_classes) for diagram in second],
        1.0 if kind == _BOTTLENECK else real_from("order", order, 1),
        norm,
        essential,
        1,
        thread_count(threads),
        watches_signals(),
    )


def _distances(
    first: "Sequence[Diagram | _Array]",
    second: "Sequence[Diagram | _Array]",
    order: float,
    ground_norm: str,
    essential_classes: str,
) -> list[float]:
    return _floats(_distance_block(first, second, order, ground_norm, essential_classes, 1))


def _floats(block: Any) -> list[float]:
    numbers: list[Any] = memoryview(block).tolist()
    return numbers
