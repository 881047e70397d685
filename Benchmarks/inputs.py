"""The volumes that are timed: made from a seed, or real cells where they are at hand."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

CELLS = Path(__file__).resolve().parents[2] / "shared" / "data" / "shapr-sample" / "obj"


@lru_cache(maxsize=1)  # at 256^3 the three volumes are 200 MB: keep one size
def _drawn(n):
    """Noise, smooth and network-like volumes of n^3 float32 voxels, drawn in this order."""
    rng = np.random.default_rng(0)
    shape = (n, n, n)
    noise = rng.random(shape, dtype=np.float32)
    smooth = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 4)
    # A saturated sigmoid with a little noise: what the last layer of a segmentation network gives.
    network = 1 / (1 + np.exp(-10 * smooth / smooth.std())) + 0.01 * rng.random(shape, dtype=np.float32)
    return {"noise": noise, "smooth": smooth, "network-like": network}


def volume(kind, n):
    """One volume, shape ``(n, n, n)``, float32; `kind` is "noise", "smooth" or "network-like"."""
    return _drawn(n)[kind]


def plane(n):
    """2-D noise, shape ``(n, n)``, float32."""
    return np.random.default_rng(0).random((n, n), dtype=np.float32)


def noise_batch(count, n):
    """`count` different noise volumes, shape ``(count, n, n, n)``; the first is ``volume("noise", n)``."""
    return np.random.default_rng(0).random((count, n, n, n), dtype=np.float32)


def cells_at_hand():
    """The files of the real cells, sorted by name; empty where the sample is absent."""
    return sorted(CELLS.glob("*.tif"))


def read_stack(path):
    """A multi-page TIFF of uint8 as float32 in 0 ... 1, shape ``(pages, rows, columns)``."""
    from PIL import Image, ImageSequence  # comes with matplotlib

    with Image.open(path) as image:
        return np.stack([np.asarray(page, dtype=np.float32) for page in ImageSequence.Iterator(image)]) / 255


def real_cell():
    """The first cell of the sample, blurred by two voxels, shape ``(64, 64, 64)``."""
    return ndimage.gaussian_filter(read_stack(cells_at_hand()[0]), 2)


def small_cells(n):
    """All cells, trilinear with aligned corners, shape ``(cells, n, n, n)``.

    The values are negated: a cavity of a bright cell is then a class of the sublevel filtration,
    the only one that the peers know.
    """
    stacks = [read_stack(path) for path in cells_at_hand()]
    return -np.stack([ndimage.zoom(stack, n / len(stack), order=1) for stack in stacks])


def training_batch():
    """Predictions and true volumes as in training, two arrays of shape ``(6, 1, 64, 64, 64)``, float32.

    The truth is six real cells with their grey voxels; a prediction is the blurred cell with a smooth
    and a rough disturbance, through a sigmoid.
    """
    cells = [read_stack(path) for path in cells_at_hand()[:6]]
    rng = np.random.default_rng(0)
    smooth = volume("smooth", 64)

    def prediction(cell):
        rough = rng.standard_normal(cell.shape, dtype=np.float32)
        return 1 / (1 + np.exp(-(8 * (ndimage.gaussian_filter(cell, 2) - 0.5) + 1.5 * smooth + 0.05 * rough)))

    batches = np.stack([prediction(cell) for cell in cells]), np.stack(cells)
    return tuple(batch[:, np.newaxis].astype(np.float32) for batch in batches)
