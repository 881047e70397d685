"""The loss as operators of PyTorch, so that torch.compile, autocast and DDP know what it does.

One operator computes the values of all volumes and the gradients at the working resolution, both
at once, since the gradient is a by-product of the value. A second one, run by backward(), carries
a gradient back to full size. The shapes of all outputs follow from those of the inputs.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .._loss import resample_adjoint, working_gradients
from .._loss_options import LossOptions, extents_at
from ._arrays import arrays_of, tensor_on


def packed(options: LossOptions) -> tuple[Sequence[int], Sequence[int], Sequence[float]]:
    """The options in the fewest arguments: PyTorch's time per call grows with their square."""
    choices = (
        options.filtration,
        options.construction,
        options.dimensions,
        options.essential_classes,
        int(options.total_persistence),
        options.dimension_reduction,
        options.threads,
    )
    return (
        options.resolution,
        choices,
        (options.order, options.minimum_persistence, *options.weights),
    )


def _unpacked(
    resolution: Sequence[int], choices: Sequence[int], numbers: Sequence[float]
) -> LossOptions:
    """The inverse of `packed`, with gradients at the working resolution."""
    filtration, construction, dimensions, essential_classes, total, reduction, threads = choices
    order, minimum_persistence, *weights = numbers
    return LossOptions(
        filtration=filtration,
        construction=construction,
        dimensions=dimensions,
        essential_classes=essential_classes,
        order=order,
        total_persistence=bool(total),
        dimension_reduction=reduction,
        resolution=tuple(resolution),  # type: ignore[arg-type]
        weights=tuple(weights),  # type: ignore[arg-type]
        minimum_persistence=minimum_persistence,
        gradient_scale=1.0,
        gradient_at_resolution=True,
        threads=threads,
    )


@torch.library.custom_op("topoloss_swift::topological_loss", mutates_args=())
def topological_loss_op(
    prediction: Tensor,
    target: Tensor,
    spatial_dims: int,
    resolution: Sequence[int],
    choices: Sequence[int],
    numbers: Sequence[float],
    gradients: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """(values, gradient, gradient of the target).

    `resolution`, `choices` and `numbers` are what `packed` makes of the options. `gradients` says
    how many are computed: 0, 1 or 2. One that is not has no elements. They stay on the CPU until
    the second operator needs them.
    """
    options = _unpacked(resolution, choices, numbers)
    volumes, truth = arrays_of(prediction, target)
    values, *found = working_gradients(volumes, truth, spatial_dims, options, gradients)
    first, second = (
        torch.empty(0, dtype=prediction.dtype) if one is None else torch.from_numpy(one)
        for one in found
    )
    return tensor_on(prediction.device, values).to(prediction.dtype), first, second


@topological_loss_op.register_fake
def _(
    prediction: Tensor,
    target: Tensor,
    spatial_dims: int,
    resolution: Sequence[int],
    choices: Sequence[int],
    numbers: Sequence[float],
    gradients: int,
) -> tuple[Tensor, Tensor, Tensor]:
    leading, extents = prediction.shape[:-spatial_dims], prediction.shape[-spatial_dims:]
    working = [*leading, *extents_at(resolution, extents)]
    device = "meta" if prediction.is_meta else "cpu"
    first, second = (
        prediction.new_empty(working if gradients > i else [0], device=device) for i in range(2)
    )
    return prediction.new_empty(leading), first, second


@torch.library.custom_op("topoloss_swift::resample_adjoint", mutates_args=())
def resample_adjoint_op(gradient: Tensor, factors: Tensor, extents: Sequence[int]) -> Tensor:
    """Carries `gradient` to volumes of `extents`, each multiplied by its factor, in one pass."""
    (each,) = arrays_of(factors.to(torch.float64).reshape(-1))
    return tensor_on(factors.device, resample_adjoint(gradient.numpy(), extents, each))


@resample_adjoint_op.register_fake
def _(gradient: Tensor, factors: Tensor, extents: Sequence[int]) -> Tensor:
    return factors.new_empty([*factors.shape, *extents], dtype=gradient.dtype)


def refuse_second_derivatives() -> None:
    """Called in backward(), which records what it does only under create_graph=True.

    (Without this a gradient penalty would silently lack the part that belongs to the loss.)
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            "the topological loss has first derivatives only: create_graph=True, gradient "
            "penalties and Hessians cannot go through it"
        )


def _keep_gradients(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    prediction, target, spatial_dims = inputs[:3]
    ctx.save_for_backward(*output[1:])
    ctx.mark_non_differentiable(*output[1:])
    ctx.set_materialize_grads(False)
    ctx.extents = prediction.shape[-spatial_dims:]
    ctx.devices = prediction.device, target.device
    ctx.others = len(inputs) - 2


def _carry_back(ctx: Any, factors: Tensor | None, *_: None) -> tuple[Tensor | None, ...]:
    refuse_second_derivatives()
    carried = (
        resample_adjoint_op(gradient, factors.to(device), ctx.extents)
        if factors is not None and wanted
        else None
        for gradient, device, wanted in zip(ctx.saved_tensors, ctx.devices, ctx.needs_input_grad)
    )
    return (*carried, *[None] * ctx.others)


topological_loss_op.register_autograd(_carry_back, setup_context=_keep_gradients)
