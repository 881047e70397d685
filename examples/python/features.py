"""The topology of a made-up microscope volume, in numbers and in one picture.

The volume is 64 x 64 x 64 voxels: a cell with two cavities and a ring beside it, blurred and
noisy. Its persistence diagrams name two components (H0), one tunnel (H1) and two cavities (H2);
everything else in them is noise and lies near the diagonal.
"""

import pathlib
import time

import matplotlib
import numpy as np
import topoloss_swift

matplotlib.use("Agg")  # no screen is needed
import matplotlib.pyplot as plt

COLOURS = ["#3b82f6", "#f59e0b", "#10b981"]
NAMES = ["H0 components", "H1 tunnels", "H2 cavities"]
SHOWN = 0.3  # features that persist over at least this much brightness are listed and drawn


def ball(grid, centre, radius):
    """Signed distance to a sphere in voxels, positive inside."""
    return radius - np.sqrt(sum((axis - c) ** 2 for axis, c in zip(grid, centre)))


def make_volume(size=64, noise=0.02, seed=1):
    """Brightness from about 0 to 1, shape (z, y, x)."""
    grid = z, y, x = np.mgrid[0:size, 0:size, 0:size].astype(float)
    cell = ball(grid, (32, 30, 20), 16)
    large, small = ball(grid, (32, 28, 13), 6), ball(grid, (33, 37, 26), 4.5)
    cell = np.minimum(cell, -np.maximum(large, small))
    ring = 2.8 - np.hypot(np.hypot(y - 34, x - 50) - 9, z - 32)
    veil = np.minimum(9 - np.hypot(y - 34, x - 50), 1.5 - np.abs(z - 32))  # spans the ring's hole
    soft = lambda distance: 1 / (1 + np.exp(-1.5 * distance))  # the blur of the microscope
    bright = np.max([0.9 * soft(cell), 0.75 * soft(ring), 0.3 * soft(veil), 0.2 * soft(small)], axis=0)
    return bright + np.random.default_rng(seed).normal(0, noise, bright.shape)


def main_pairs(diagram):
    """(birth, death, creator, destroyer) of the features that persist, longest first."""
    pairs = zip(diagram.points.tolist(), diagram.voxels.tolist())
    pairs = [(b, d, c, e) for (b, d), (c, e) in pairs if b - d >= SHOWN]
    return sorted(pairs, key=lambda pair: pair[1] - pair[0])


def draw(volume, diagrams, path):
    """Two views of the volume with the voxels that create and destroy, and the diagram."""
    figure, (top, side, plot) = plt.subplots(1, 3, figsize=(13, 4.4), layout="constrained")
    views = [(top, 0, "z = 32", "x", "y"), (side, 1, "y = 34", "x", "z")]
    for view, axis, name, across, down in views:
        view.imshow(volume.take({0: 32, 1: 34}[axis], axis), cmap="gray", vmin=-0.1, vmax=1)
        view.set(title=f"slice {name}", xlabel=f"{across} (voxels)", ylabel=f"{down} (voxels)")
    for diagram, colour, name in zip(diagrams, COLOURS, NAMES):
        finite = diagram.points[np.isfinite(diagram.points[:, 1])]
        plot.scatter(*finite.T, s=5, color=colour, alpha=0.4, linewidths=0)
        for birth, death, creator, destroyer in main_pairs(diagram):
            for flat, marker, size in (creator, "o", 8), (destroyer, "X", 9):
                if flat < 0:
                    continue  # an essential class is never destroyed
                place = np.unravel_index(flat, volume.shape)
                style = dict(ms=size, mfc=colour, mec="white", mew=1.2, clip_on=False, zorder=4)
                for view, row, near in (top, 1, place[0] - 32), (side, 0, place[1] - 34):
                    if abs(near) <= 6:  # voxels far from this slice belong to the other one
                        view.plot(place[2], place[row], marker, **style)
            floor = max(death, -0.3)
            plot.plot(birth, floor, "o" if np.isfinite(death) else "v", ms=9, mfc=colour, mec="black", zorder=5)
        plot.plot([], [], "o", color=colour, label=name)
    top.plot([], [], "o", color="0.5", mec="white", label="creates")
    top.plot([], [], "X", color="0.5", mec="white", label="destroys")
    top.legend(loc="lower left", fontsize=8)
    plot.axline((0, 0), slope=1, color="0.6", lw=1, zorder=0)
    plot.axhline(-0.3, color="0.6", lw=1, ls=":", zorder=0)
    plot.text(-0.2, -0.29, "never ends", color="0.4", fontsize=8, va="bottom")
    plot.set(title="persistence diagram (superlevel)", xlabel="birth (brightness)",
             ylabel="death (brightness)", xlim=(-0.22, 1.15), ylim=(-0.36, 1.15), aspect="equal")
    plot.legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=110)


def main():
    volume = make_volume()
    start = time.perf_counter()
    diagrams = topoloss_swift.persistence_diagrams(volume)
    elapsed = time.perf_counter() - start
    print(f"A 64 x 64 x 64 volume, all diagrams in {1000 * elapsed:.0f} ms.")
    print(f"Features that persist over at least {SHOWN} of brightness (voxels are z, y, x):\n")
    print(f"  {'':14} {'birth':>6} {'death':>6}   {'created at':14} destroyed at")
    for diagram, name in zip(diagrams, NAMES):
        for birth, death, *voxels in main_pairs(diagram):
            places = [tuple(map(int, np.unravel_index(v, volume.shape))) if v >= 0 else "never" for v in voxels]
            print(f"  {name:14} {birth:6.3f} {death:6.3f}   {places[0]!s:14} {places[1]}")
        print(f"  {'':14} and {len(diagram.points) - len(main_pairs(diagram))} short-lived ones\n")
    path = pathlib.Path("demo-output") / "diagrams.png"
    path.parent.mkdir(exist_ok=True)
    draw(volume, diagrams, path)
    print(f"Picture: {path}")


if __name__ == "__main__":
    main()
