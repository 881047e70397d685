"""Synthetic images of vessels."""

import numpy as np
import torch


def draw_vessels(seed, count):
    """Images of 48 x 48 pixels and their truth: curves between neighbours of nine shaken knots."""
    rng, drawn = np.random.default_rng(seed), []
    t, (y, x) = np.linspace(0, 1, 40)[:, None], np.mgrid[:48, :48]
    for _ in range(count):
        knots = np.mgrid[8:41:16, 8:41:16].reshape(2, 9).T + rng.uniform(-4, 4, (9, 2))
        distance, fading = np.inf, 1
        for a, b in [(k, k + 1) for k in range(9) if k % 3 < 2] + [(k, k + 3) for k in range(6)]:
            if rng.random() < 0.75:
                path = knots[a] * (1 - t) + knots[b] * t + np.sin(np.pi * t) * rng.uniform(-3, 3, 2)
                away = np.hypot(y[..., None] - path[:, 0], x[..., None] - path[:, 1])
                distance = np.minimum(distance, away.min(axis=2))
                fading = fading * (1 - 0.9 * np.exp(-away[..., rng.integers(8, 32)] ** 2 / 8))  # a gap
        image = fading / (1 + np.exp(2 * (distance - 1.5))) + rng.normal(0, 0.4, (48, 48))
        drawn.append((image, distance < 1.5))
    return [torch.from_numpy(np.stack(arrays)[:, None]).float() for arrays in zip(*drawn)]
