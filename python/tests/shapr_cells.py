"""Small made-up cells for the tests of the trainer: balls under a bright lid, 16 x 16 pixels."""

import numpy as np

SETTINGS = {"base_filters": 2, "epochs": 2, "batch_size": 2, "topological_resolution": 8, "threads": 2}


def cells(count=8, seed=0):
    """Images, masks and objects."""
    rng = np.random.default_rng(seed)
    z, y, x = np.ogrid[:64, :16, :16]
    objects = np.empty((count, 64, 16, 16), np.uint8)
    images = np.empty((count, 16, 16), np.uint8)
    for i in range(count):
        place, radius = rng.uniform((28, 6, 6), (36, 10, 10)), rng.uniform(3, 6)
        distance = np.sqrt((z - place[0]) ** 2 + (y - place[1]) ** 2 + (x - place[2]) ** 2)
        objects[i] = np.clip(radius - distance + 0.5, 0, 1) * 255
        images[i] = rng.uniform(100, 255, (16, 16))
    return images, objects.max(axis=1) > 127, objects
