"""The topological loss of tensors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from .._loss import working_gradients
from .._loss_options import LossOptions, loss_options
from .._loss_target import is_diagrams
from ._arrays import arrays_of, tensor_on
from ._op import packed, refuse_second_derivatives, resample_adjoint_op, topological_loss_op

_REDUCTIONS = ("mean", "sum", "none")


def topological_loss(
    prediction: Tensor,
    target: Any,
    *,
    spatial_dims: int = 3,
    resolution: int | Sequence[int | None] | None = 16,
    dimensions: Iterable[int] | None = (2,),
    order: float = 2,
    total_persistence: bool = True,
    filtration: Literal["superlevel", "sublevel"] = "superlevel",
    construction: Literal["T", "V"] = "T",
    essential_classes: Literal["extreme", "matched", "ignored"] = "extreme",
    weights: Sequence[float] | Mapping[int, float] | None = None,
    minimum_persistence: float = 0.0,
    dimension_reduction: Literal["sum", "root"] = "sum",
    reduction: Literal["mean", "sum", "none"] = "mean",
    threads: int | None = None,
) -> Tensor:
    """Compute the topological loss between predicted and true volumes, with gradients.

    Parameters
    ----------
    prediction : tensor of shape (..., z, y, x)
        Finite numbers; leading axes are batch and channels. Half precision is computed in float32.
    target : tensor of the same shape, or diagrams
        The truth, of any real type, or what `topoloss_swift.target_diagrams` made of it with
        the same options. With a tensor nothing breaks the graph of torch.compile; with diagrams
        the loss is left to eager mode.
    spatial_dims, resolution, dimensions, order, total_persistence, filtration, construction,\
 essential_classes, weights, minimum_persistence, dimension_reduction, reduction, threads
        As for `topoloss_swift.topological_loss`.

    Returns
    -------
    tensor
        Float64 for a float64 prediction, else float32, on the prediction's device. One number or,
        with ``reduction="none"``, one for each volume.

    Raises
    ------
    TypeError
        `prediction` is no tensor of floating-point numbers, or an option has the wrong type.
    ValueError, LimitError, MemoryError, KeyboardInterrupt
        As for `topoloss_swift.topological_loss`.

    Notes
    -----
    Runs on the CPU; CUDA tensors are copied once each way. The gradient has the prediction's
    type, and a target that requires a gradient gets one. There are no second derivatives.
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
    check_reduction(reduction)
    return reduced(loss_of_volumes(prediction, target, spatial_dims, options), reduction)


def check_reduction(reduction: str) -> None:
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def reduced(values: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return values
    return values.mean() if reduction == "mean" else values.sum()


def readable(tensor: Tensor) -> Tensor:
    """The tensor in a type that the library computes in; autocast does not change it."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.to(torch.float32)


def loss_of_volumes(
    prediction: Tensor, target: Any, spatial_dims: int, options: LossOptions
) -> Tensor:
    """The loss of every volume."""
    if not isinstance(prediction, Tensor) or not prediction.is_floating_point():
        kind = _kind(prediction)
        raise TypeError(f"the prediction must be a tensor of floating-point numbers, not {kind}")
    prediction = readable(prediction)
    values: Tensor
    if is_diagrams(target):
        values = _to_diagrams(prediction, target, spatial_dims, options)
        return values
    if not isinstance(target, Tensor) or target.is_complex():
        kind = _kind(target)
        raise TypeError(f"the target must be a tensor of real numbers or diagrams, not {kind}")
    if prediction.shape != target.shape or prediction.ndim < spatial_dims:
        raise ValueError(
            f"prediction and target must have the same shape with at least {spatial_dims} axes; "
            f"they have {tuple(prediction.shape)} and {tuple(target.shape)}"
        )
    target = target.to(prediction.dtype)
    gradients = 0
    if torch.is_grad_enabled() and (prediction.requires_grad or target.requires_grad):
        gradients = 2 if target.requires_grad else 1
    values, _, _ = topological_loss_op(
        prediction, target, spatial_dims, *packed(options), gradients
    )
    return values


def _kind(found: object) -> str:
    return str(found.dtype) if isinstance(found, Tensor) else type(found).__name__


# Diagrams are no tensors, so this stays outside of compiled graphs.
@torch.compiler.disable
def _to_diagrams(
    prediction: Tensor, target: Any, spatial_dims: int, options: LossOptions
) -> Tensor:
    values: Tensor = _LossToDiagrams.apply(prediction, target, spatial_dims, options)  # type: ignore[no-untyped-call]
    return values


class _LossToDiagrams(torch.autograd.Function):
    """The operator of `_op`, for a target given as diagrams."""

    @staticmethod
    def forward(
        ctx: Any, prediction: Tensor, target: Any, spatial_dims: int, options: LossOptions
    ) -> Tensor:
        (volumes,) = arrays_of(prediction)
        values, gradient, _ = working_gradients(
            volumes,
            target,
            spatial_dims,
            options._replace(gradient_at_resolution=True),
            int(ctx.needs_input_grad[0]),
        )
        if gradient is not None:
            ctx.save_for_backward(torch.from_numpy(gradient))
        ctx.extents = prediction.shape[-spatial_dims:]
        return tensor_on(prediction.device, values).to(prediction.dtype)

    @staticmethod
    def backward(ctx: Any, factors: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivatives()
        return resample_adjoint_op(*ctx.saved_tensors, factors, ctx.extents), None, None, None
