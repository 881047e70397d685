"""Cleans a noisy image with nothing but the topological loss: no blur, no network, only NumPy.

The loss is told what shall be there (one disc, one ring) but not where: its target is a sketch of
which it sees the persistence diagrams alone. Usage: smooth_image.py [FOLDER for the picture]
"""

import pathlib
import sys

import numpy as np
from matplotlib.figure import Figure
from topoloss_swift import persistence_diagrams, target_diagrams, topological_loss_and_gradient

OPTIONS = dict(spatial_dims=2, dimensions=(0, 1), resolution=None)  # components, loops; every pixel


def disc_and_ring(disc, ring, radius, size=96):
    """True inside the shapes; `disc` and `ring` are their centres (y, x)."""
    y, x = np.mgrid[0:size, 0:size]
    return (np.hypot(y - disc[0], x - disc[1]) < 13) | (abs(np.hypot(y - ring[0], x - ring[1]) - radius) < 4.5)


def betti_numbers(image, threshold=0.5):
    """How many components and loops the pixels of at least `threshold` form."""
    births_deaths = [diagram.points.T for diagram in persistence_diagrams(image)]
    return [int(((birth >= threshold) & (death < threshold)).sum()) for birth, death in births_deaths]


def clean_up(image, sketch, steps=200, rate=0.5):
    image, wanted = image.copy(), target_diagrams(sketch, **OPTIONS)  # the target never changes
    for step in range(steps):
        # Total persistence would pull the true features down, too; the distance leaves them.
        loss, gradient = topological_loss_and_gradient(image, wanted, total_persistence=False, **OPTIONS)
        image -= rate * loss * gradient  # times the loss: descent on its square, whose steps shrink
        if step % 50 == 0:
            print(f"step {step:3}: loss {loss:.2f}")
    return image


def main(folder):
    truth = disc_and_ring(disc=(20, 20), ring=(58, 58), radius=25)
    noisy = 0.15 + 0.7 * truth + np.random.default_rng(1).normal(0, 0.15, truth.shape)
    cleaned = clean_up(noisy, sketch=disc_and_ring(disc=(70, 24), ring=(36, 60), radius=20))
    figure = Figure(figsize=(10, 2.7), layout="constrained")
    axes = figure.subplots(1, 4)
    for name, image, (left, right) in ("before", noisy, axes[:2]), ("after", cleaned, axes[2:]):
        counted = "components {}, loops {}".format(*betti_numbers(image))
        wrong = np.count_nonzero((image >= 0.5) != truth)
        print(f"{name}: {counted}; {wrong} pixels on the wrong side of 0.5")
        for view, pixels, title in (left, image, name), (right, image >= 0.5, f"above 0.5: {counted}"):
            view.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            view.set_title(title, fontsize=9)
            view.set_axis_off()
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "smooth_image.png", dpi=80)
    print(f"picture: {folder / 'smooth_image.png'}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "demo-output"))
