"""The options of the topological loss, checked once and in the form in which C reads them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ._options import (
    CONSTRUCTIONS,
    DIMENSION_REDUCTIONS,
    ESSENTIAL_CLASSES,
    FILTRATIONS,
    MAX_SPATIAL_DIMS,
    choice,
    dimension_list,
    flag,
    integer,
    number_or_zero,
    real_from,
    thread_count,
)


class LossOptions(NamedTuple):
    """Numbers as in topoloss.h, in the order of read_loss_options in _core_loss.h."""

    filtration: int
    construction: int
    dimensions: int  # one bit each
    essential_classes: int
    order: float
    total_persistence: bool
    dimension_reduction: int
    resolution: tuple[int, int, int]  # along the spatial axes, then zeros; 0: the extent
    weights: tuple[float, float, float]
    minimum_persistence: float
    gradient_scale: float
    gradient_at_resolution: bool
    threads: int


def loss_options(
    *,
    spatial_dims: int = 3,
    resolution: int | Sequence[int | None] | None = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: str = "superlevel",
    construction: str = "T",
    essential_classes: str = "extreme",
    weights: Sequence[float] | Mapping[int, float] | None = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: str = "sum",
    threads: int | None = None,
    gradient_scale: float = 1.0,
    gradient_at_resolution: bool = False,
) -> LossOptions:
    """Checks every option of `topological_loss`; the last two are for those who build on it."""
    axes = spatial_axes(spatial_dims)
    wanted = range(axes) if dimensions is None else dimension_list(dimensions)
    mask = 0
    for dimension in wanted:
        mask |= 1 << dimension
    return LossOptions(
        choice("filtration", filtration, FILTRATIONS),
        choice("construction", construction, CONSTRUCTIONS),
        mask,
        choice("essential_classes", essential_classes, ESSENTIAL_CLASSES),
        real_from("order", order, 1),
        flag("total_persistence", total_persistence),
        choice("dimension_reduction", dimension_reduction, DIMENSION_REDUCTIONS),
        resolution_numbers(resolution, axes),
        _weights(weights, list(wanted)),
        real_from("minimum_persistence", minimum_persistence, 0),
        gradient_scale,
        gradient_at_resolution,
        thread_count(threads),
    )


def spatial_axes(spatial_dims: int) -> int:
    """The number of axes of a volume: 1, 2 or 3."""
    axes = integer("spatial_dims", spatial_dims)
    if not 1 <= axes <= MAX_SPATIAL_DIMS:
        raise ValueError(f"spatial_dims must be 1 to {MAX_SPATIAL_DIMS}, not {axes}")
    return axes


def resolution_numbers(
    resolution: int | Sequence[int | None] | None, axes: int
) -> tuple[int, int, int]:
    """One number per axis, 0 for None: the extent itself."""
    if isinstance(resolution, (list, tuple)):
        if len(resolution) != axes:
            raise ValueError(f"resolution has {len(resolution)} entries for {axes} spatial axes")
        numbers = [number_or_zero("each of resolution", one, 1) for one in resolution]
    else:
        numbers = [number_or_zero("resolution", resolution, 1)] * axes  # type: ignore[arg-type]
    one, two, three = numbers + [0] * (MAX_SPATIAL_DIMS - axes)
    return one, two, three


def extents_at(resolution: Sequence[int], extents: tuple[int, ...]) -> tuple[int, ...]:
    """The extents of the volumes that the loss works on; they are never enlarged."""
    return tuple(
        extent if number == 0 else min(number, extent)
        for number, extent in zip(resolution, extents)
    )


def wanted_dimensions(options: LossOptions) -> list[int]:
    """The homology dimensions that count, rising."""
    return [k for k in range(MAX_SPATIAL_DIMS) if options.dimensions >> k & 1]


def _weights(weights: Any, dimensions: list[int]) -> tuple[float, float, float]:
    """One weight per homology dimension, 1 where none is given."""
    if weights is None:
        pairs = []
    elif isinstance(weights, Mapping):
        pairs = [(integer("each key of weights", key), value) for key, value in weights.items()]
        for key, _ in pairs:
            if key not in dimensions:
                raise ValueError(f"weights has one for H_{key}, dimensions={tuple(dimensions)}")
    else:
        if isinstance(weights, (str, bytes)) or not isinstance(weights, Iterable):
            kind = type(weights).__name__
            raise TypeError(f"weights must be numbers, one for each of dimensions, not {kind}")
        values = list(weights)
        if len(values) != len(dimensions) or len(set(dimensions)) != len(dimensions):
            raise ValueError(
                f"{len(values)} weights cannot be matched with dimensions={tuple(dimensions)}"
            )
        pairs = list(zip(dimensions, values))
    by_dimension = [1.0] * MAX_SPATIAL_DIMS
    for dimension, weight in pairs:
        by_dimension[dimension] = real_from("each of weights", weight, 0)
    zero, one, two = by_dimension
    return zero, one, two
