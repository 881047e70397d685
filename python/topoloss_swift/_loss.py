"""The topological loss of volumes and its gradient, on any arrays, without a framework."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from . import _core
from ._loss_options import (
    LossOptions,
    loss_options,
    resolution_numbers,
    spatial_axes,
    wanted_dimensions,
)
from ._loss_target import diagrams_by_volume, is_diagrams
from ._numpy import as_array
from ._options import as_buffer, choice, dimension_mask, flag, thread_count
from ._options import watches_signals
from ._persistence import diagrams_of
from ._resample import resample_adjoint as resample_adjoint  # for those who build on the loss

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from ._diagrams import Diagrams
    from ._loss_target import _LossTarget
    from ._options import _Array

    _Filtration: TypeAlias = Literal["superlevel", "sublevel"]
    _Construction: TypeAlias = Literal["T", "V"]
    _EssentialClasses: TypeAlias = Literal["matched", "ignored", "extreme"]
    _DimensionReduction: TypeAlias = Literal["sum", "root"]
    _Reduction: TypeAlias = Literal["mean", "sum", "none"]
    _Resolution: TypeAlias = int | Sequence[int | None] | None
    _Weights: TypeAlias = Sequence[float] | Mapping[int, float] | None
    _Value: TypeAlias = "float | NDArray[np.float64]"

_REDUCTIONS = {"mean": 0, "sum": 1, "none": 2}


def topological_loss(
    prediction: "_Array",
    target: "_LossTarget",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    essential_classes: "_EssentialClasses" = "extreme",
    weights: "_Weights" = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: "_DimensionReduction" = "sum",
    reduction: "_Reduction" = "mean",
    threads: int | None = None,
) -> "_Value":
    """Compute the topological loss between predicted and true volumes.

    Of one volume it is the sum over the wanted dimensions k of
    ``weight_k (W_p(D_k(prediction), D_k(target)) + Pers_p(D_k(prediction)))`` (Waibel et al.,
    MICCAI 2022, eq. 3): the Wasserstein distance of the persistence diagrams and the total
    persistence of the prediction's.

    Parameters
    ----------
    prediction : array or buffer of shape (..., z, y, x)
        Finite numbers of any type, strides and byte order; leading axes are a batch.
    target : array or buffer of the same shape, or diagrams
        The truth, or what `target_diagrams` made of it with the same options.
    spatial_dims : int
        How many of the last axes are one volume, 1 to 3.
    resolution : int, None, or one of them per spatial axis
        Volumes are first resampled to this many voxels along each axis, by trilinear
        interpolation with aligned corners. None: full size. Volumes are never enlarged.
    dimensions : iterable of int, or None for all
        The homology dimensions that count. 0: components, 1: tunnels, 2: cavities.
    order : float
        p of the distance and of the total persistence, at least 1.
    total_persistence : bool
        Whether to add ``Pers_p``, the sum of ``|death - birth| ** p``.
    filtration : {"superlevel", "sublevel"}
    construction : {"T", "V"}
        As for `persistence_diagrams`.
    essential_classes : {"extreme", "matched", "ignored"}
        Extreme: the class that never ends is ended at the filtration's last value. Matched: it can
        only be matched with the other volume's. Ignored: it counts for nothing.
    weights : sequence with one number for each of `dimensions`, or mapping, optional
        Weights of the dimensions, 1 where none is given.
    minimum_persistence : float
        Points with a smaller ``|death - birth|`` are left out of both diagrams; the
        ``"pruning_bound"`` of `topological_loss_terms` says how much that can change.
    dimension_reduction : {"sum", "root"}
        Root: ``(sum of weight_k W_p^p)^(1/p) + mean of weight_k Pers_p`` instead of the sum.
    reduction : {"mean", "sum", "none"}
        Over all volumes.
    threads : int, optional
        At most this many threads; one per processor by default. The result does not depend on it.

    Returns
    -------
    float, or float64 array
        With ``reduction="none"`` an array over the leading axes, if there are any.

    Raises
    ------
    TypeError
        An operand is no array of real numbers, or an option has the wrong type.
    ValueError
        A NaN or an infinity (the message has its flat index), different shapes, diagrams that do
        not fit the prediction, an unknown option.
    LimitError, MemoryError, BufferError, KeyboardInterrupt
        As for `persistence_diagrams`.
    """
    options = loss_options(
        spatial_dims=spatial_dims,
        resolution=resolution,
        dimensions=dimensions,
        order=order,
        total_persistence=total_persistence,
        filtration=filtration,
        construction=construction,
        essential_classes=essential_classes,
        weights=weights,
        minimum_persistence=minimum_persistence,
        dimension_reduction=dimension_reduction,
        threads=threads,
    )
    choice("reduction", reduction, _REDUCTIONS)
    values = _evaluate(as_buffer(prediction), target, spatial_dims, options, 0)[0]
    return _reduced(values, reduction)


@overload
def topological_loss_and_gradient(
    prediction: "_Array",
    target: "_LossTarget",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    essential_classes: "_EssentialClasses" = "extreme",
    weights: "_Weights" = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: "_DimensionReduction" = "sum",
    reduction: "_Reduction" = "mean",
    threads: int | None = None,
    target_gradient: Literal[False] = False,
) -> "tuple[_Value, NDArray[Any]]": ...
@overload
def topological_loss_and_gradient(
    prediction: "_Array",
    target: "_Array",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    essential_classes: "_EssentialClasses" = "extreme",
    weights: "_Weights" = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: "_DimensionReduction" = "sum",
    reduction: "_Reduction" = "mean",
    threads: int | None = None,
    target_gradient: Literal[True],
) -> "tuple[_Value, NDArray[Any], NDArray[Any]]": ...
def topological_loss_and_gradient(
    prediction: "_Array",
    target: "_LossTarget",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    essential_classes: "_EssentialClasses" = "extreme",
    weights: "_Weights" = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: "_DimensionReduction" = "sum",
    reduction: "_Reduction" = "mean",
    threads: int | None = None,
    target_gradient: bool = False,
) -> "tuple[_Value, NDArray[Any]] | tuple[_Value, NDArray[Any], NDArray[Any]]":
    """Compute the topological loss and its gradient with respect to the prediction.

    Parameters
    ----------
    prediction : array or buffer
        As for `topological_loss`, but of float16, float32 or float64.
    target, spatial_dims, resolution, dimensions, order, total_persistence, filtration,\
 construction, essential_classes, weights, minimum_persistence, dimension_reduction, threads
        As for `topological_loss`.
    reduction : {"mean", "sum", "none"}
        The gradient is that of the mean or of the sum; with "none", that of each volume's own
        loss, which is the gradient of the sum.
    target_gradient : bool
        Also return the gradient with respect to the target, which must then be such an array, too.

    Returns
    -------
    value : float, or float64 array
        As `topological_loss` returns it.
    gradient : array of the prediction's shape and type
    target_gradient : array of the target's shape and type, if asked for

    Notes
    -----
    A distance of 0 has gradient 0. Where both coordinates of a point attain the maximum norm,
    each takes half.
    """
    options = loss_options(
        spatial_dims=spatial_dims,
        resolution=resolution,
        dimensions=dimensions,
        order=order,
        total_persistence=total_persistence,
        filtration=filtration,
        construction=construction,
        essential_classes=essential_classes,
        weights=weights,
        minimum_persistence=minimum_persistence,
        dimension_reduction=dimension_reduction,
        threads=threads,
    )
    both = flag("target_gradient", target_gradient)
    if both and is_diagrams(target):
        raise ValueError("target_gradient=True needs the target's volumes, not their diagrams")
    buffer = as_buffer(prediction)
    if choice("reduction", reduction, _REDUCTIONS) == 0:
        volumes = math.prod(_core.shape(buffer)[:-spatial_dims])
        # (No volumes at all is an error that the library names.)
        options = options._replace(gradient_scale=1 / max(volumes, 1))
    values, _, *gradients = _evaluate(buffer, target, spatial_dims, options, 2 if both else 1)
    value, gradient = _reduced(values, reduction), as_array(gradients[0])
    return (value, gradient, as_array(gradients[1])) if both else (value, gradient)


def topological_loss_terms(
    prediction: "_Array",
    target: "_LossTarget",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    essential_classes: "_EssentialClasses" = "extreme",
    minimum_persistence: float = 0.0,
    threads: int | None = None,
) -> "dict[str, NDArray[np.float64]]":
    """Compute the terms of the topological loss, before weights, sums and means.

    Parameters
    ----------
    prediction, target, spatial_dims, resolution, dimensions, order, filtration, construction,\
 essential_classes, minimum_persistence, threads
        As for `topological_loss`.

    Returns
    -------
    dict of float64 arrays
        ``"wasserstein"``, ``"total_persistence"`` (of the prediction) and ``"pruning_bound"``
        (the most by which `minimum_persistence` has changed the distance). Each has the leading
        axes and one more, with the wanted dimensions in rising order.
    """
    options = loss_options(
        spatial_dims=spatial_dims,
        resolution=resolution,
        dimensions=dimensions,
        order=order,
        filtration=filtration,
        construction=construction,
        essential_classes=essential_classes,
        minimum_persistence=minimum_persistence,
        threads=threads,
    )
    terms = _evaluate(as_buffer(prediction), target, spatial_dims, options, 0)[1]
    names = ("wasserstein", "total_persistence", "pruning_bound")
    return {name: as_array(block) for name, block in zip(names, terms)}


def target_diagrams(
    target: "_Array",
    *,
    spatial_dims: int = 3,
    resolution: "_Resolution" = 16,
    dimensions: Iterable[int] | None = (2,),
    filtration: "_Filtration" = "superlevel",
    construction: "_Construction" = "T",
    threads: int | None = None,
) -> "Diagrams | list[Any]":
    """Compute the diagrams of true volumes, for a loss that meets the same truth many times.

    Parameters
    ----------
    target : array or buffer of shape (..., z, y, x)
        Finite numbers; leading axes are a batch.
    spatial_dims, resolution, dimensions, filtration, construction, threads
        As for `topological_loss`, which must later be called with the same.

    Returns
    -------
    Diagrams, or nested lists of Diagrams
        With a batch, a list over the first axis (of lists over the second, and so on). They can
        be pickled.
    """
    axes = spatial_axes(spatial_dims)
    mask = dimension_mask(range(axes) if dimensions is None else dimensions)
    small = _core.resample(as_buffer(target), axes, resolution_numbers(resolution, axes))
    return diagrams_of(small, filtration, construction, mask, axes, thread_count(threads))


def working_gradients(
    prediction: "_Array",
    target: "_LossTarget",
    spatial_dims: int,
    options: LossOptions,
    gradients: int,
) -> "tuple[NDArray[np.float64], NDArray[Any] | None, NDArray[Any] | None]":
    """What frameworks build on: the value of every volume, and that many gradients as arrays.

    `gradients` is 0, 1 (of the prediction) or 2 (of the target, too). They are those of each
    volume's own loss, at the working resolution if the options say so.
    """
    found = _evaluate(as_buffer(prediction), target, spatial_dims, options, gradients)
    one, other = (None if block is None else as_array(block) for block in found[2:])
    return as_array(found[0]), one, other


def _evaluate(
    buffer: Any, target: "_LossTarget", spatial_dims: int, options: LossOptions, gradients: int
) -> tuple[Any, tuple[Any, Any, Any], Any, Any]:
    """(values, terms, gradient or None, target's gradient or None), all of them Blocks."""
    if is_diagrams(target):
        truth: Any = diagrams_by_volume(target, _core.shape(buffer), spatial_dims, options)
    else:
        truth = as_buffer(target)
    return _core.topological_loss(
        buffer, truth, spatial_dims, options, gradients, watches_signals()
    )


def _reduced(values: Any, reduction: str) -> "_Value":
    """The mean or the sum of a Block as a float; else the Block's array, a float if it is one."""
    view = memoryview(values)
    if reduction == "none" and view.ndim > 0:
        return as_array(values)  # type: ignore[no-any-return]
    numbers = view.cast("B").cast("d").tolist()
    if len(numbers) == 1:
        return numbers[0]  # type: ignore[no-any-return]
    total = math.fsum(numbers)
    return total / len(numbers) if reduction == "mean" else total
