"""The loss and its gradient at full resolution: a batch of two volumes of 64 x 64 x 64 voxels.

Often volumes are first shrunk to 16 x 16 x 16, because topology is said to be slow. Here are both:
what is narrow can fall between the coarse samples, and then the loss is blind to it.
"""

import time

import numpy as np
import torch
from topoloss_swift.torch import TopologicalLoss


def cell(cavities):
    """A soft ball with round cavities, given as centre and radius; brightness from 0 to 1."""
    grid = np.mgrid[0:64, 0:64, 0:64].astype(np.float32)
    distance = lambda centre: np.sqrt(sum((axis - c) ** 2 for axis, c in zip(grid, centre)))
    inside = 25 - distance((32, 32, 32))
    for centre, radius in cavities:
        inside = np.minimum(inside, distance(centre) - radius)
    return 0.5 + 0.5 * np.tanh(1.5 * inside)


large, narrow = ((30, 28, 24), 6), ((31, 31, 44), 2)
whole = cell([large, narrow])
truth = np.stack([whole, whole])[:, None]  # batch, channel, z, y, x
prediction = 0.6 * truth + 0.4 * np.stack([cell([narrow]), cell([large])])[:, None]  # one cavity each is faint
prediction += np.random.default_rng(1).normal(0, 0.02, prediction.shape)
truth, prediction = torch.from_numpy(truth), torch.from_numpy(prediction).requires_grad_()

for resolution in 16, None:  # None: all voxels
    # Cavities, without the thousands of tiny ones that are noise. What is left of the loss at 16 for
    # the narrow cavity, with a gradient of its own, comes from noise around the large one.
    topology = TopologicalLoss(dimensions=(2,), resolution=resolution, minimum_persistence=0.2,
                               total_persistence=False, reduction="none")
    start = time.perf_counter()
    values = topology(prediction, truth)
    (gradient,) = torch.autograd.grad(values.sum(), prediction)
    elapsed = time.perf_counter() - start
    print(f"{resolution or 64} x {resolution or 64} x {resolution or 64}:")
    for faint, value, norm in zip(("large", "narrow"), values, gradient.flatten(1).norm(dim=1)):
        print(f"  {faint} cavity is faint: loss {value.item():.3f}, gradient norm {norm:.3f}")
    print(f"  {1000 * elapsed:.1f} ms for both, with gradient")
