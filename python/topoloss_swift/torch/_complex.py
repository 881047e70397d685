"""Persistence diagrams whose points have gradients, called as in torch_topological."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .._persistence import persistence_diagrams
from ._arrays import arrays_of


@dataclass(frozen=True, slots=True, eq=False)
class PersistenceInformation:
    """The persistence diagram of one homology dimension of one image or volume.

    Attributes
    ----------
    pairing : int64 tensor of shape (n, 2 * spatial dimensions)
        The indices of the voxel that creates each feature, then of the one that destroys it.
    diagram : tensor of shape (n, 2)
        Births and deaths; gradients flow through it to the values of those voxels.
    dimension : int or None
        The homology dimension.
    """

    pairing: Tensor
    diagram: Tensor
    dimension: int | None = None


class CubicalComplex(nn.Module):
    """Persistence diagrams of images and volumes, with gradients.

    Called like torch_topological's class of the same name, and with the same results, except that
    pairs are found for any shape, ties follow this library's rule and the order of the pairs
    is another. Voxels are top-dimensional cells (T). Runs on the CPU; a CUDA tensor is copied
    once each way. Not traced by torch.compile: sizes of diagrams depend on the data.

    Parameters
    ----------
    superlevel : bool
        Superlevel sets instead of sublevel sets. As in torch_topological the diagrams are
        then those of the sublevel sets of ``-x``: births and deaths are values of ``-x``.
        (`topoloss_swift.persistence_diagrams` does not negate.)
    dim : int, optional
        How many of the last axes are one image, 1 to 3. By default 2, and the input has
        2 to 4 axes.
    """

    def __init__(self, superlevel: bool = False, dim: int | None = None) -> None:
        super().__init__()
        if dim is not None and dim not in (1, 2, 3):
            raise ValueError(f"dim must be None, 1, 2 or 3, not {dim!r}")
        self.superlevel = superlevel
        self.dim = dim

    @torch.compiler.disable
    def forward(self, x: Tensor) -> list[Any]:
        """Compute the diagrams of all homology dimensions of every image.

        Parameters
        ----------
        x : tensor
            An image, images with a channel axis, or with a batch and a channel axis. The class
            that never ends is paired with the voxel that enters last.

        Returns
        -------
        list of PersistenceInformation, or nested lists of them
            Of one image: one entry per homology dimension. With channels: a list of such
            lists; with a batch, a list of those.
        """
        rank = 2 if self.dim is None else self.dim
        if not rank <= x.ndim <= rank + 2:
            raise ValueError(
                f"expected {rank} to {rank + 2} axes (batch, channels, image), got shape "
                f"{tuple(x.shape)}; `dim` says how many axes an image has"
            )
        leading, extents = x.shape[:-rank], x.shape[-rank:]
        volumes = x.reshape(-1, *extents)
        readable = volumes if x.dtype in (torch.float32, torch.float64) else volumes.float()
        found: Any = persistence_diagrams(
            arrays_of(readable)[0],
            filtration="superlevel" if self.superlevel else "sublevel",
            spatial_dims=rank,
        )
        voxels = [_finite_pairs(diagram) for volume in found for diagram in volume]
        # One look-up for all of them: backward() then fills one gradient of the size of x.
        size = extents.numel()
        places = [pairs + i // rank * size for i, pairs in enumerate(voxels)]
        index = torch.from_numpy(np.concatenate(places)).to(x.device)
        values = volumes.reshape(-1)[index]
        points = torch.split(-values if self.superlevel else values, [len(p) for p in voxels])
        flat = [
            PersistenceInformation(_indices(pairs, extents, x.device), diagram, i % rank)
            for i, (pairs, diagram) in enumerate(zip(voxels, points, strict=True))
        ]
        nested: list[Any] = flat
        for extent in (rank, *reversed(leading[1:])):
            nested = [nested[i : i + extent] for i in range(0, len(nested), extent)]
        return nested if leading else nested[0]


def _finite_pairs(diagram: Any) -> Any:
    """The pairs of voxels; the class that never ends is given the voxel that enters last."""
    voxels = diagram.voxels
    if diagram.dimension > 0:
        return voxels
    return np.where(voxels < 0, diagram.last_voxel, voxels)


def _indices(pairs: Any, extents: torch.Size, device: torch.device) -> Tensor:
    """Flat indices of creators and destroyers as rows of their indices along each axis."""
    along_axes = np.stack(np.unravel_index(pairs, extents), axis=-1)
    return torch.from_numpy(along_axes.reshape(len(pairs), 2 * len(extents))).to(device)
