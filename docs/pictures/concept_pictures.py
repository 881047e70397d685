"""The pictures of docs/concepts.md: filtration, diagram, matching, gradient, essential class, resolution."""

import numpy as np
import topoloss_swift
from style import BLUE, GREY, INK, ORANGE, canvas, save

COLOURS, MARKS = [BLUE, ORANGE], ["o", "s"]  # shapes as well as colours, for who sees no difference in hue


def soft(distance):
    """Bright inside (positive distance in pixels), dark outside, with a border of some pixels."""
    return 1 / (1 + np.exp(-1.2 * distance))


def ring_and_spot():
    """A ring whose upper part is dimmer, and a spot: one image for the first two pictures."""
    y, x = np.mgrid[0:40, 0:56].astype(float)
    angle = np.arctan2(y - 20, x - 19)
    ring = soft(4 - np.abs(np.hypot(y - 20, x - 19) - 11)) * (0.75 + 0.25 * np.sin(angle))
    spot = 0.7 * soft(5 - np.hypot(y - 26, x - 45))
    haze = 0.25 * soft(8 - np.hypot(y - 22, x - 34))  # joins the two
    return np.max([ring, spot, haze], axis=0)


def superlevel_picture():
    image = ring_and_spot()
    diagrams = topoloss_swift.persistence_diagrams(image)
    figure, panels = canvas(5, (9.6, 2.1))
    panels[0].imshow(image, cmap="gray", vmin=0, vmax=1)
    panels[0].set_title("the image")
    for axes, level, expected in zip(panels[1:], (0.85, 0.6, 0.4, 0.15), ((1, 0), (2, 0), (2, 1), (1, 1))):
        alive = tuple(int(np.sum((d.points[:, 0] >= level) & (d.points[:, 1] < level))) for d in diagrams)
        assert alive == expected, (level, alive)
        axes.imshow(image >= level, cmap="Blues", vmin=0, vmax=1.6)
        axes.set_title(f"brighter than {level}\n{alive[0]} component{'s' * (alive[0] > 1)}, "
                       f"{alive[1]} hole{'s' * (alive[1] != 1)}")
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    save(figure, "superlevel")


def diagonal(axes, title):
    axes.axline((0, 0), slope=1, color=GREY, lw=1)
    axes.set(xlim=(-0.12, 1.12), ylim=(-0.12, 1.12), aspect="equal", xlabel="birth", ylabel="death", title=title)


def diagram_picture():
    image = ring_and_spot() + np.random.default_rng(0).normal(0, 0.03, (40, 56))
    diagrams = topoloss_swift.persistence_diagrams(image)
    figure, (left, right) = canvas(2, (7.2, 3.1))
    left.imshow(image, cmap="gray", vmin=0, vmax=1)
    left.set(title="the same image with noise", xticks=[], yticks=[])
    left.spines[:].set_visible(False)
    diagonal(right, "its diagram")
    strong = []
    for diagram, colour, mark, name in zip(diagrams, COLOURS, MARKS, ("components (H0)", "holes (H1)")):
        points = np.where(np.isinf(diagram.points), diagrams[0].last_value, diagram.points)
        right.scatter(*points.T, s=14, marker=mark, color=colour, alpha=0.75, lw=0, label=f"{len(points)} {name}")
        strong += [(birth, death, mark, colour) for birth, death in points.tolist() if birth - death > 0.3]
    assert len(strong) == 3, strong  # ring, spot, hole of the ring
    for birth, death, mark, colour in strong:
        right.plot(birth, death, mark, ms=9, color=colour, mec=INK)
    right.legend(loc="upper left", frameon=False, fontsize=8)
    right.text(1.08, 0.42, "far from it:\nthree features", ha="right", fontsize=8)
    right.text(-0.06, 0.42, "near it: noise", fontsize=8)
    save(figure, "diagram")


def matching_picture():
    prediction = np.array([[0.92, 0.25], [0.8, 0.45], [0.55, 0.43], [0.4, 0.33], [0.75, 0.68]])
    truth = np.array([[0.97, 0.05], [0.7, 0.35]])
    distance, matching = topoloss_swift.wasserstein(prediction, truth, return_matching=True)
    figure, axes = canvas(1, (4.6, 4.1))
    diagonal(axes, f"matching, W_2 = {distance:.3f}")
    for i, j in matching.tolist():
        point = prediction[i] if i >= 0 else truth[j]
        goal = truth[j] if i >= 0 and j >= 0 else np.full(2, point.mean())
        axes.plot(*np.array([point, goal]).T, color=GREY, lw=1.4, zorder=1, ls="-" if min(i, j) >= 0 else ":")
    axes.plot(*prediction.T, "o", ms=8, color=ORANGE, mec=INK, label="prediction")
    axes.plot(*truth.T, "s", ms=8, color=BLUE, mec=INK, label="truth")
    assert sorted(map(tuple, matching.tolist())) == [(0, 0), (1, 1), (2, -1), (3, -1), (4, -1)]
    axes.legend(loc="upper left", frameon=False)
    axes.text(1.05, 0.55, "solid: pairs\ndotted: to the diagonal", ha="right", fontsize=8)
    save(figure, "matching")


def hollow_cell(size, cavities):
    """A bright ball with dark balls in it: (centre, radius, depth) each, in voxels."""
    grid = np.mgrid[0:size, 0:size, 0:size].astype(float)
    radius = lambda centre: np.sqrt(sum((axis - c) ** 2 for axis, c in zip(grid, centre)))
    middle = (size - 1) / 2
    volume = 0.9 * soft(0.4 * size - radius((middle,) * 3))
    for centre, extent, depth in cavities:
        volume -= depth * soft(extent - radius(centre))
    return volume


def gradient_picture():
    """One true cavity that is too shallow, one false cavity; where the loss pushes."""
    true, false = (16, 15, 11), (16, 17, 22)
    truth = hollow_cell(33, [(true, 3.5, 0.8)])
    prediction = hollow_cell(33, [(true, 3.5, 0.45), (false, 2, 0.3)])
    value, gradient = topoloss_swift.topological_loss_and_gradient(
        prediction, truth, resolution=None, total_persistence=False, minimum_persistence=0.05)
    cavities = topoloss_swift.persistence_diagrams(prediction, dimensions=(2,))[2]
    strong = cavities.points[:, 0] - cavities.points[:, 1] > 0.1
    assert strong.sum() == 2 and np.count_nonzero(gradient) == 3
    # Descent makes the true cavity darker and closes the false one, whose centre gets brighter.
    assert max(gradient[15:18, 14:17, 10:13].ravel(), key=abs) > 0 > max(gradient[15:18, 16:19, 21:24].ravel(), key=abs)
    figure, panels = canvas(3, (8.4, 3.0))
    for axes, volume, title in zip(panels, (truth, prediction), ("truth: one cavity", "prediction: a shallow one, a false one")):
        axes.imshow(volume[16], cmap="gray", vmin=0, vmax=1)
        axes.set_title(title)
    panels[2].imshow(prediction[16], cmap="gray", vmin=0, vmax=1, alpha=0.35)
    panels[2].set_title("a step: 3 voxels move")
    for pair in cavities.voxels[strong].tolist():
        for flat in pair:
            z, y, x = np.unravel_index(flat, prediction.shape)
            if gradient[z, y, x] == 0:
                continue
            up = gradient[z, y, x] < 0
            panels[2].plot(x, y, "^" if up else "v", ms=10, color=ORANGE if up else BLUE, mec=INK)
    panels[2].plot([], [], "^", color=ORANGE, mec=INK, label="brighter")
    panels[2].plot([], [], "v", color=BLUE, mec=INK, label="darker")
    panels[2].legend(loc="lower center", frameon=False, ncols=2, fontsize=8, bbox_to_anchor=(0.5, -0.2))
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    save(figure, "gradient")


def resolution_picture():
    """A cell of 64 voxels per axis with a wide and a narrow cavity, at full size and resampled."""
    volume = hollow_cell(64, [((32, 30, 20), 7, 0.85), ((32, 34, 48.3), 1.8, 0.85)])
    figure, panels = canvas(3, (8.4, 3.0))
    for axes, extent, expected in zip(panels, (None, 32, 16), (2, 2, 1)):
        shown = volume if extent is None else topoloss_swift.resample(volume, resolution=extent)
        cavities = topoloss_swift.persistence_diagrams(np.ascontiguousarray(shown), dimensions=(2,))[2].points
        count = int(np.sum(cavities[:, 0] - cavities[:, 1] > 0.2))
        assert count == expected, (extent, count, cavities)
        axes.imshow(shown[shown.shape[0] // 2], cmap="gray", vmin=0, vmax=1)
        axes.set_title(f"{'full size, 64' if extent is None else f'M = {extent}'}: {count} cavit{'y' if count == 1 else 'ies'}")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    save(figure, "resolution")


CONCEPTS = {"superlevel": superlevel_picture, "diagram": diagram_picture, "matching": matching_picture,
            "gradient": gradient_picture, "resolution": resolution_picture}
