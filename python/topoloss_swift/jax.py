"""The topological loss for JAX.

    >>> from topoloss_swift.jax import topological_loss
    >>> value, gradient = jax.value_and_grad(topological_loss)(prediction, target)

Works under jit, grad, value_and_grad and vmap. The loss is computed on the CPU, in a callback.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from ._loss import resample_adjoint, working_gradients
from ._loss_options import LossOptions, extents_at, loss_options
from ._loss_target import diagrams_by_volume, is_diagrams


def topological_loss(
    prediction: jax.Array,
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
) -> jax.Array:
    """Compute the topological loss between predicted and true volumes, with gradients.

    Parameters
    ----------
    prediction : array of shape (..., z, y, x)
        Floating-point numbers; leading axes are a batch. Half precision is computed in float32.
    target : array of the same shape, or diagrams
        The truth, of any real type, or what `topoloss_swift.target_diagrams` made of it with
        the same options.
    spatial_dims, resolution, dimensions, order, total_persistence, filtration, construction,\
 essential_classes, weights, minimum_persistence, dimension_reduction, reduction, threads
        As for `topoloss_swift.topological_loss`; constants under jit.

    Returns
    -------
    array
        Float64 for a float64 prediction, else float32. One number or, with ``reduction="none"``,
        one for each volume.

    Raises
    ------
    TypeError, ValueError
        Types, shapes or options are wrong. This is found before anything is computed.

    Notes
    -----
    Values cannot cause an error here: a volume with a NaN or an infinity, in the prediction or in
    the target, has the value NaN, and NaN is its gradient (`jax.debug_nans` finds it). The other
    volumes are not affected. A target for which a gradient is asked gets one. There are no
    second derivatives, and no forward mode (`jvp`).
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
        gradient_at_resolution=True,
    )
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    prediction = jnp.asarray(prediction)
    if not jnp.issubdtype(prediction.dtype, jnp.floating):
        raise TypeError(f"the prediction must have a floating-point type, not {prediction.dtype}")
    if prediction.dtype not in (jnp.float32, jnp.float64):
        prediction = prediction.astype(jnp.float32)
    if prediction.ndim < spatial_dims or prediction.size == 0:
        raise ValueError(
            f"the prediction has shape {prediction.shape}: at least {spatial_dims} axes and one "
            "voxel are needed"
        )
    if max(wanted for wanted in range(3) if options.dimensions >> wanted & 1) >= spatial_dims:
        raise ValueError(f"dimensions must lie in 0 ... {spatial_dims - 1}, below spatial_dims")
    if is_diagrams(target):
        diagrams_by_volume(target, prediction.shape, spatial_dims, options)  # checks them
        values = _loss(_Setting(spatial_dims, options, _Diagrams(target)), prediction, None)
    else:
        values = _loss(_Setting(spatial_dims, options), prediction, _truth(target, prediction))
    if reduction == "none":
        return values
    return values.mean() if reduction == "mean" else values.sum()


def _truth(target: Any, prediction: jax.Array) -> jax.Array:
    truth = jnp.asarray(target)
    if jnp.issubdtype(truth.dtype, jnp.complexfloating):
        raise TypeError(f"the target must have a real type, not {truth.dtype}")
    if truth.shape != prediction.shape:
        raise ValueError(
            f"prediction and target differ in shape: {prediction.shape} and {truth.shape}"
        )
    return truth.astype(prediction.dtype)


@dataclass(frozen=True, eq=False)
class _Diagrams:
    """A target given as diagrams; equal to itself only, so that JAX can use it as a key."""

    nested: Any


@dataclass(frozen=True)
class _Setting:
    """All that is constant for JAX."""

    spatial_dims: int
    options: LossOptions
    diagrams: _Diagrams | None = field(default=None)

    def split(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The leading axes and the extents of one volume."""
        return shape[: -self.spatial_dims], shape[-self.spatial_dims :]

    def call(self, gradients: int, prediction: jax.Array, target: jax.Array | None) -> Any:
        """Calls the library: values, then as many gradients at the working resolution."""
        leading, extents = self.split(prediction.shape)
        working = (*leading, *extents_at(self.options.resolution, extents))
        shapes = [leading, *[working] * gradients]
        # Volumes that vmap adds are one more leading axis; but the diagrams have none there.
        batching = "broadcast_all" if self.diagrams is None else "sequential"
        return jax.pure_callback(
            partial(_compute, self, gradients),
            [jax.ShapeDtypeStruct(shape, prediction.dtype) for shape in shapes],
            *((prediction,) if target is None else (prediction, target)),
            vmap_method=batching,
        )


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _loss(setting: _Setting, prediction: jax.Array, target: jax.Array | None) -> jax.Array:
    return setting.call(0, prediction, target)[0]  # type: ignore[no-any-return]


def _forward(setting: _Setting, prediction: Any, target: Any) -> tuple[jax.Array, Any]:
    # With symbolic_zeros the arguments say whether anybody wants their gradient.
    wanted = 2 if target is not None and target.perturbed else 1
    truth = None if target is None else target.value
    values, *gradients = setting.call(wanted, prediction.value, truth)
    extents = setting.split(prediction.value.shape)[1]
    return values, (gradients, jnp.zeros((0, *extents)))  # the second only for its shape


def _backward(setting: _Setting, kept: Any, factors: Any) -> tuple[Any, Any]:
    gradients, shape_only = kept
    if isinstance(factors, jax.custom_derivatives.SymbolicZero):
        return None, None
    leading, extents = factors.shape, shape_only.shape[1:]
    carried = [
        jax.pure_callback(
            partial(_carry_back, setting.spatial_dims, extents),
            jax.ShapeDtypeStruct((*leading, *extents), gradient.dtype),
            gradient,
            factors,
            vmap_method="broadcast_all",
        )
        for gradient in gradients
    ]
    return carried[0], carried[1] if len(carried) == 2 else None


_loss.defvjp(_forward, _backward, symbolic_zeros=True)


# ---------------------------------------------------------------- in the callback: NumPy arrays


def _compute(setting: _Setting, gradients: int, *arrays: Any) -> list[Any]:
    arrays = tuple(np.asarray(array) for array in arrays)
    axes = tuple(range(-setting.spatial_dims, 0))
    finite = np.logical_and.reduce([np.isfinite(array).all(axis=axes) for array in arrays])
    if not finite.all():
        mask = np.expand_dims(finite, axes)
        arrays = tuple(np.where(mask, array, 0) for array in arrays)
    prediction = arrays[0]
    target = arrays[1] if setting.diagrams is None else setting.diagrams.nested
    values, *found = working_gradients(
        prediction, target, setting.spatial_dims, setting.options, gradients
    )
    results: list[Any] = [values.astype(prediction.dtype), *found[:gradients]]
    if not finite.all():
        for result in results:
            result[~finite] = np.nan
    return results


def _carry_back(spatial_dims: int, extents: tuple[int, ...], gradient: Any, factors: Any) -> Any:
    return resample_adjoint(np.asarray(gradient), extents, np.ravel(factors).astype(np.float64))
