"""Resampling of volumes as the topological loss does it, and its adjoint."""

import array as arrays
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from . import _core
from ._loss_options import resolution_numbers, spatial_axes
from ._numpy import as_array
from ._options import as_buffer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._options import _Array


def resample(
    array: "_Array", *, spatial_dims: int = 3, resolution: int | Sequence[int | None] | None = 16
) -> "NDArray[Any]":
    """Resample volumes as the topological loss does.

    Trilinear interpolation with aligned corners: the first and the last voxel of an axis keep
    their places. (Linear along one, bilinear along two spatial axes.)

    Parameters
    ----------
    array : array or buffer of shape (..., z, y, x)
        Finite numbers.
    spatial_dims, resolution
        As for `topological_loss`.

    Returns
    -------
    array of the same leading axes
        Of the same type if that is floating-point, else float64.
    """
    axes = spatial_axes(spatial_dims)
    block = _core.resample(as_buffer(array), axes, resolution_numbers(resolution, axes))
    return as_array(block)  # type: ignore[no-any-return]


def resample_adjoint(
    gradient: "_Array", extents: Sequence[int], factors: Iterable[float] | None = None
) -> "NDArray[Any]":
    """The adjoint of `resample`: carries gradients at resampled voxels back to all voxels.

    Parameters
    ----------
    gradient : array or buffer of float16, float32 or float64
    extents : sequence of 1 to 3 int
        Those of the volumes before they were resampled.
    factors : iterable of float, optional
        One per volume, by which its gradient is multiplied.

    Returns
    -------
    array of the gradient's leading axes, then `extents`
    """
    axes = spatial_axes(len(extents))
    one, two, three = (*extents, *[0] * (3 - axes))
    each = None if factors is None else arrays.array("d", factors).tobytes()
    block = _core.resample_adjoint(as_buffer(gradient), axes, (one, two, three), each)
    return as_array(block)  # type: ignore[no-any-return]
