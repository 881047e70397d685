"""What every contestant of `network.py` starts from: one batch, and random weights.

Three safetensors files: ``batch`` (``x``, ``y``), ``generator`` and ``discriminator``, whose tensors
have the names of the reference's state dicts.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file

from network_torch import Discriminator, Generator

BATCH, SIZE = 6, 64


def batch(seed=0):
    """Masks and images, ``(6, 2, 1, 64, 64)``, and volumes, ``(6, 1, 64, 64, 64)``, float32 in 0 ... 1.

    Balls with grey edges, noise as their texture; enough for training to have something to do.
    """
    rng = np.random.default_rng(seed)
    axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
    distance = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    radius = rng.uniform(0.3, 0.8, (BATCH, 1, 1, 1)).astype(np.float32)
    volumes = np.clip((radius - distance) * SIZE / 4 + 0.5, 0, 1)
    masks = volumes.max(axis=1)
    images = masks * rng.random(masks.shape, dtype=np.float32)
    return np.stack([masks, images], axis=1)[:, :, np.newaxis], volumes[:, np.newaxis]


def with_statistics(model, x):
    """The model with running statistics of this batch: with fresh ones, all predictions are alike."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm3d)]
    for norm in norms:
        norm.momentum = None  # an average over all batches, of which there is one
    with torch.no_grad():
        model.train()(torch.from_numpy(x))
    return model


def write(folder):
    """Writes the three files into a folder."""
    folder = Path(folder)
    x, y = batch()
    save_arrays({"x": x, "y": y}, folder / "batch.safetensors")
    torch.manual_seed(0)
    save_file(with_statistics(Generator(), x).state_dict(), folder / "generator.safetensors")
    save_file(with_statistics(Discriminator(), y).state_dict(), folder / "discriminator.safetensors")
