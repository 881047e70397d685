"""The Wasserstein distance of diagrams with gradients, called as in torch_topological."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from .._distances import wasserstein
from ._arrays import arrays_of, tensor_on
from ._complex import PersistenceInformation
from ._op import refuse_second_derivatives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Array = NDArray[np.float64]


class WassersteinDistance(nn.Module):
    """The exact Wasserstein distance between persistence diagrams, with gradients.

    Called like torch_topological's class of the same name. Of lists of diagrams it is
    ``(sum over k of W_q(X[k], Y[k])^q)^(1/q)``. The gradient is 0 where the distance is 0, and
    where both coordinates attain the maximum norm each takes half.

    Parameters
    ----------
    p : float
        The norm in which points move: infinity (maximum norm) or 2 (Euclidean).
    q : float
        The order of the distance, at least 1.
    """

    def __init__(self, p: float = math.inf, q: float = 1) -> None:
        super().__init__()
        if p not in (math.inf, 2):
            raise ValueError(f"p must be torch.inf (maximum norm) or 2 (Euclidean norm), not {p!r}")
        if not 1 <= q < math.inf:
            raise ValueError(f"q must be a finite number of at least 1, not {q!r}")
        self.p = p
        self.q = q

    @torch.compiler.disable
    def forward(
        self,
        X: PersistenceInformation | Sequence[PersistenceInformation],
        Y: PersistenceInformation | Sequence[PersistenceInformation],
    ) -> Tensor:
        """Compute the distance.

        Parameters
        ----------
        X, Y : PersistenceInformation, or lists of them
            Of one image each, as `CubicalComplex` returns them; lists of the same length.

        Returns
        -------
        tensor
            One number.
        """
        first, second = _diagrams_of(X), _diagrams_of(Y)
        if len(first) != len(second) or not first:
            raise ValueError(f"{len(first)} diagrams cannot be compared with {len(second)}")
        distance: Tensor = _Distance.apply(  # type: ignore[no-untyped-call]
            float(self.q), "euclidean" if self.p == 2 else "maximum", *first, *second
        )
        return distance


def _diagrams_of(information: Any) -> list[Tensor]:
    items = information if isinstance(information, (list, tuple)) else [information]
    return [item.diagram for item in items]


class _Distance(torch.autograd.Function):
    """The value and, since the matching is at hand then, its gradient for every diagram."""

    @staticmethod
    def forward(ctx: Any, order: float, norm: str, *diagrams: Tensor) -> Tensor:
        points = arrays_of(*(diagram.to(torch.float64) for diagram in diagrams))
        half = len(points) // 2
        pairs = list(zip(points[:half], points[half:], strict=True))
        if not all(np.isfinite(array).all() for array in points):
            raise ValueError(
                "births and deaths must be finite: CubicalComplex ends the class that never "
                "ends at the voxel that enters last"
            )
        found = [
            wasserstein(a, b, order=order, ground_norm=norm, return_matching=True)  # type: ignore[call-overload]
            for a, b in pairs
        ]
        total = max(distance for distance, _ in found)
        if total > 0:  # the largest is taken out, so that no power overflows
            total *= math.fsum((distance / total) ** order for distance, _ in found) ** (1 / order)
        moves = [_gradients(a, b, m, total, order, norm) for (a, b), (_, m) in zip(pairs, found)]
        ctx.gradients = [first for first, _ in moves] + [second for _, second in moves]
        ctx.likes = [(diagram.device, diagram.dtype) for diagram in diagrams]
        return torch.tensor(total, dtype=diagrams[0].dtype, device=diagrams[0].device)

    @staticmethod
    def backward(ctx: Any, factor: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivatives()
        scaled = (
            factor.to(device, dtype) * tensor_on(device, gradient).to(dtype) if wanted else None
            for gradient, (device, dtype), wanted in zip(
                ctx.gradients, ctx.likes, ctx.needs_input_grad[2:]
            )
        )
        return (None, None, *scaled)


def _gradients(
    a: "_Array", b: "_Array", matching: "NDArray[np.int64]", total: float, order: float, norm: str
) -> tuple["_Array", "_Array"]:
    """The derivatives of `total`, the order-th root of a sum over all matched pairs, with respect
    to the points of one pair of diagrams."""
    gradients = np.zeros_like(a), np.zeros_like(b)
    if total == 0:
        return gradients
    i, j = matching[(matching >= 0).all(axis=1)].T
    pull = _pull(a[i] - b[j], total, order, norm)
    gradients[0][i], gradients[1][j] = pull, -pull
    for points, gradient, own, other in ((a, gradients[0], 0, 1), (b, gradients[1], 1, 0)):
        alone = matching[matching[:, other] < 0, own]
        # To the diagonal both coordinates move by half the persistence.
        to_diagonal = (points[alone] - points[alone][:, ::-1]) / 2
        gradient[alone] = _pull(to_diagonal, total, order, norm)
    return gradients


def _pull(moves: "_Array", total: float, order: float, norm: str) -> "_Array":
    """The derivative of `total` with respect to each move, for a norm of the move."""
    size = np.abs(moves)
    if norm == "euclidean":
        length = np.hypot(moves[:, :1], moves[:, 1:])
        direction = np.divide(moves, length, out=np.zeros_like(moves), where=length > 0)
    else:
        length = size.max(axis=1, keepdims=True)
        attained = size == length
        direction = np.sign(moves) * attained / attained.sum(axis=1, keepdims=True)
    return np.asarray((length / total) ** (order - 1) * direction)
