"""Who computes the topological loss of a batch with its gradient: functions that return both.

W2 + total persistence of superlevel sets, construction T, mean over the batch; the diagrams of the
targets are computed in every run. Each function returns the value and the norm of the gradient.
"""

from functools import partial

import cripser
import gudhi.wasserstein
import numpy as np
import torch

import topoloss_swift

OURS, OURS_NUMPY = "ours, PyTorch", "ours, NumPy"
REFERENCE, CRIPSER = "torch_topological", "CubicalRipser"

# The peers add float32 numbers, this package float64 ones.
TOLERANCE = 1e-4


def in_torch(loss, prediction, target):
    """One training step's share of a loss: forward and backward."""
    prediction = torch.from_numpy(prediction).requires_grad_()
    target = torch.from_numpy(target)

    def run():
        prediction.grad = None
        value = loss(prediction, target)
        value.backward()
        return value.detach(), prediction.grad

    return run


def ours_in_torch(prediction, target, resolution, dimensions):
    """This package's PyTorch module."""
    from topoloss_swift.torch import TopologicalLoss

    loss = TopologicalLoss(resolution=resolution, dimensions=dimensions, threads=1)
    return in_torch(loss, prediction, target)


def ours_in_numpy(prediction, target, resolution, dimensions, threads=1):
    """This package's function of arrays."""
    return partial(
        topoloss_swift.topological_loss_and_gradient,
        prediction,
        target,
        resolution=resolution,
        dimensions=dimensions,
        threads=threads,
    )


def distance_with_gudhis_matching(found, true):
    """W2 of two diagrams; GUDHI finds the matching, torch follows it."""
    pair = found.detach().numpy(), true.detach().numpy()
    _, rows = gudhi.wasserstein.wasserstein_distance(*pair, order=2, internal_p=np.inf, matching=True)
    first, second = torch.from_numpy(rows.T)
    both = (first >= 0) & (second >= 0)
    squares = [(found[first[both]] - true[second[both]]).abs().amax(dim=1) ** 2]
    for points, alone in ((found, first[second < 0]), (true, second[first < 0])):
        squares.append(((points[alone, 1] - points[alone, 0]) / 2) ** 2)
    return torch.cat(squares).sum().sqrt()


def by_cripser(prediction, target, resolution, gudhis_matching=False):
    """CubicalRipser's functions for PyTorch, top dimension alone (`top_dim`).

    It knows sublevel sets only, hence the sign; its distance is told the maximum norm. That distance
    makes matrices of all points by all points, which do not fit into memory at full resolution: there,
    `gudhis_matching` replaces it.
    """

    def loss(*batches):
        if resolution is not None:
            size = (resolution,) * 3
            resample = partial(torch.nn.functional.interpolate, size=size, mode="trilinear", align_corners=True)
            batches = [resample(batch) for batch in batches]
        total = 0
        for pair in zip(*batches, strict=True):
            found, true = (cripser.compute_ph_torch(-one[0], filtration="T", top_dim=True) for one in pair)
            if gudhis_matching:
                total = total + distance_with_gudhis_matching(found[:, 1:3], true[:, 1:3])
            else:
                total = total + cripser.wasserstein_distance(found, true, dim=2, p=2, q=float("inf"))
            total = total + (cripser.finite_lifetimes(found, dim=2) ** 2).sum()
        return total / len(prediction)

    return in_torch(loss, prediction, target)


def read(answer):
    """Value and gradient's norm as plain numbers, outside the clock."""
    value, gradient = answer
    return float(value), float(np.linalg.norm(np.asarray(gradient, dtype=np.float64)))
