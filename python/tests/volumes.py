"""Random volumes of several kinds, and diagrams in a form that can be compared."""

import numpy as np
from scipy import ndimage, special

KINDS = ("noise", "smooth", "plateaus", "binary", "network")


def random_shape(rng, longest, ranks=(1, 2, 3)):
    """Extents from 1 to `longest`, so axes of length one occur."""
    return tuple(int(n) for n in rng.integers(1, longest + 1, size=rng.choice(ranks)))


def volume(rng, shape, kind):
    """A float64 volume; its values are different from one another in "noise" only."""
    noise = rng.standard_normal(shape)
    if kind == "noise":
        return noise
    smooth = ndimage.gaussian_filter(noise, 1.5)
    if kind == "smooth":
        return smooth
    if kind == "plateaus":
        return np.round(6 * smooth / max(np.abs(smooth).max(), 1e-9))
    if kind == "binary":
        return (noise > 0.3).astype(float)
    if kind == "network":  # saturated, with a little noise: what a segmentation network gives
        return np.round(special.expit(10 * smooth / max(smooth.std(), 1e-9)), 3) + 0.01 * rng.random(shape)
    raise ValueError(kind)


def strict_order(rng, shape):
    """A volume without ties: there the pairs of voxels do not hang on any convention."""
    return rng.permutation(int(np.prod(shape))).reshape(shape).astype(float)


def sorted_rows(rows):
    """The rows of a 2-D array in lexicographic order: equal arrays are equal multisets."""
    rows = np.asarray(rows)
    return rows[np.lexsort(rows.T[::-1])]


def finite(points):
    """The sorted points of all but the essential classes (their death is infinite)."""
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    return sorted_rows(points[np.isfinite(points[:, 1])])


class Cases:
    """Counts cases and keeps the first that failed, in full."""

    def __init__(self):
        self.run = self.passed = 0

    def check(self, holds, *description):
        self.run += 1
        self.passed += bool(holds)
        if not holds and self.run - self.passed == 1:
            print("first failure:", *description)  # pytest shows it when the test fails
