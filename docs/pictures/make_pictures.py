"""Draws the pictures of docs/conventions.md and docs/concepts.md and, from the example, the one of the README.

Run from anywhere: .venv/bin/python docs/pictures/make_pictures.py [NAME ...]
Numbers in the pictures are computed with the installed package where it can compute them, so a
picture that disagrees with the library is not made: the assertions below stop it.
"""

import sys

import numpy as np
import topoloss_swift
from concept_pictures import CONCEPTS
from matplotlib.patches import Polygon, Rectangle
from PIL import Image
from style import BLUE, GREEN, GREY, HERE, INK, ORANGE, arrow, canvas, save


def axes_picture():
    """A 2 x 3 x 4 volume as a box of voxels with their flat indices."""
    figure, axes = canvas(1, (5.2, 2.9))
    shift = np.array([0.62, -0.5])  # one step along z, into the page

    def place(z, y, x):
        return np.array([x, y]) + shift * z

    for z in (1, 0):
        for y in range(3):
            for x in range(4):
                near = place(z, y, x)
                face = near + [[0, 0], [1, 0], [1, 1], [0, 1]]
                shade = "#dbeafe" if z == 0 else "#bfdbfe"
                axes.add_patch(Polygon(face, fc=shade, ec=INK, lw=0.8))
                if y == 0:
                    axes.add_patch(Polygon(near + [[0, 0], shift, shift + [1, 0], [1, 0]], fc="#eff6ff", ec=INK, lw=0.8))
                if x == 3:
                    axes.add_patch(Polygon(near + [[1, 0], shift + [1, 0], shift + [1, 1], [1, 1]], fc="#93c5fd", ec=INK, lw=0.8))
                if z == 0:
                    axes.text(*(near + 0.5), (z * 3 + y) * 4 + x, ha="center", va="center")
    for start, end, name, at in [((-0.1, 3.25), (4, 3.25), "x  (last axis, fastest)", (2, 3.62)),
                                 ((-0.3, 0), (-0.3, 3.05), "y", (-0.55, 1.5)),
                                 ((-0.3, -0.12), np.array([-0.3, -0.12]) + 2 * shift, "z  (first axis)", (-0.5, -0.75))]:
        arrow(axes, start, end)
        axes.text(*at, name, ha="right" if name[0] == "z" else "center", va="center", weight="bold")
    axes.text(5.75, 0.6, "shape (Z, Y, X) = (2, 3, 4)\n\nflat index of (z, y, x):\n(z · Y + y) · X + x\n\n"
              "voxel (0, 1, 2)  →  6\nvoxel (1, 0, 0)  →  12", va="top", linespacing=1.35)
    axes.set(xlim=(-2.3, 9.8), ylim=(3.9, -1.2), aspect="equal")
    axes.axis("off")
    save(figure, "axes")


PROFILE = np.array([1, 3, 6, 8, 6, 4, 3, 4, 5, 5.5, 4, 2], float)


def steps(axes, values, level=None, above=True):
    """Draws a 1-D volume as bars, one per voxel; those already there at `level` are dark."""
    for i, value in enumerate(values):
        there = level is None or (value >= level if above else value <= level)
        axes.add_patch(Rectangle((i - 0.5, 0), 1, value, fc="#93c5fd" if there else "#e5e7eb", ec="white", lw=1))
    axes.set(xlim=(-0.6, len(values) - 0.4), ylim=(0, 9.6), xlabel="voxel", ylabel="value")


def signs_picture():
    figure, panels = canvas(2, (7.2, 2.9))
    for axes, filtration, level in zip(panels, ("superlevel", "sublevel"), (4.9, 3.5)):
        above = filtration == "superlevel"
        diagram = topoloss_swift.persistence_diagrams(PROFILE, filtration=filtration, construction="V")[0]
        steps(axes, PROFILE, level, above)
        pair = next(i for i, (creator, _) in enumerate(diagram.voxels) if creator in (6, 9))
        (birth, death), (creator, destroyer) = diagram.points[pair], diagram.voxels[pair]
        assert (birth, death) == ((5.5, 3) if above else (3, 5.5)) and {creator, destroyer} == {6, 9}
        axes.axhline(level, color=ORANGE, lw=1.3, ls="--")
        arrow(axes, (11.2, level), (11.2, level - 1.7 if above else level + 1.7), color=ORANGE, lw=2)
        axes.plot(creator, birth, "o", color=GREEN, ms=8, mec="white", clip_on=False, zorder=4)
        axes.plot(destroyer, death, "X", color="#ef4444", ms=9, mec="white", zorder=4)
        for voxel, value, word, colour in (creator, birth, "birth", "#047857"), (destroyer, death, "death", "#b91c1c"):
            upwards = voxel == 9  # the label of the peak above it, that of the valley below
            axes.annotate(f"{word} {value:g}", (voxel, value), (0, 8 if upwards else -8), textcoords="offset points",
                          ha="center", va="bottom" if upwards else "top", color=colour, weight="bold")
        words = "bright first: birth > death" if above else "dark first: birth < death"
        axes.set_title(f'filtration="{filtration}"\n{words}')
    save(figure, "signs")


def constructions_picture():
    """Four voxels around a dark one: one ring in T, four pieces in V."""
    image = np.array([[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], float)
    figure, panels = canvas(3, (7.2, 2.75))
    words = {"T": "{} component, {} hole", "V": "{} components, {} holes"}
    panels[0].imshow(image, cmap="gray", vmin=-0.15, vmax=1.1)
    panels[0].set_title("the volume\nbright voxels on dark")
    for axes, construction in zip(panels[1:], "TV"):
        diagrams = topoloss_swift.persistence_diagrams(image, construction=construction)
        betti = [sum(birth == 1 for birth, _ in diagrams[k].points.tolist()) for k in (0, 1)]
        assert betti == {"T": [1, 1], "V": [4, 0]}[construction]
        for y, x in np.ndindex(image.shape):
            bright = image[y, x] == 1
            if construction == "T":
                style = dict(fc="#93c5fd", ec=BLUE, lw=1.5, zorder=2) if bright else dict(fc="none", ec="#e5e7eb", lw=0.8)
                axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **style))
            else:
                for dy, dx in ((0, 1), (1, 0)):
                    axes.plot([x, min(x + dx, 4)], [y, min(y + dy, 4)], color="#e5e7eb", lw=1, zorder=1)
                axes.plot(x, y, "o", ms=9 if bright else 4, color=BLUE if bright else "#d1d5db", zorder=2)
        axes.set_title(f'construction="{construction}"\n' + words[construction].format(*betti))
    panels[1].set_xlabel("voxels are squares: a shared\ncorner connects")
    panels[2].set_xlabel("voxels are points: only axis\nneighbours connect")
    for axes in panels:
        axes.set(xlim=(-0.7, 4.7), ylim=(4.7, -0.7), aspect="equal", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    save(figure, "constructions")


def essential_picture():
    diagram = topoloss_swift.persistence_diagrams(PROFILE)[0]
    order = np.argsort(diagram.points[:, 1])  # the essential class first
    assert diagram.points[order[0]].tolist() == [8, -np.inf] and diagram.voxels[order[0]].tolist() == [3, -1]
    figure, (bars, plot) = canvas(2, (7.2, 2.9))
    steps(bars, PROFILE)
    birth, death = diagram.points[order[1]]
    creator, destroyer = diagram.voxels[order[1]].tolist()
    assert (birth, death, creator) == (5.5, 3, 9)
    arrow(bars, (3, 8), (3, 0), color=BLUE, lw=2.2)
    bars.plot(3, 8, "o", color=BLUE, ms=8, mec="white", zorder=4)
    bars.text(3, 8.4, "born at 8, never ends", ha="center", va="bottom", color="#1d4ed8", weight="bold")
    arrow(bars, (creator, birth), (creator, death), color=ORANGE, lw=2.2)
    bars.plot(creator, birth, "o", color=ORANGE, ms=8, mec="white", zorder=4)
    bars.text(creator + 0.1, birth + 0.4, "born at 5.5,\njoined at 3", ha="center", va="bottom", color="#b45309", weight="bold")
    plot.axline((0, 0), slope=1, color=GREY, lw=1)
    plot.axhline(-1.5, color=GREY, lw=1, ls=":")
    plot.plot(birth, death, "o", color=ORANGE, ms=8)
    plot.plot(8, -1.5, "v", color=BLUE, ms=10, zorder=4)
    plot.annotate("(5.5, 3)  voxels [9, 6]", (birth, death), (8, -10), textcoords="offset points", color="#b45309")
    plot.annotate("(8, −inf)  voxels [3, −1]", (8, -1.5), (-10, 6), textcoords="offset points", ha="right", color="#1d4ed8")
    assert destroyer == 6
    plot.set(xlim=(0, 10.5), ylim=(-2.2, 9.5), xlabel="birth", ylabel="death",
             yticks=[-1.5, 0, 2, 4, 6, 8], yticklabels=["−inf", 0, 2, 4, 6, 8], title="its diagram (superlevel, H0)")
    bars.set_title("one component stays to the end")
    save(figure, "essential")


def ties_picture():
    row = np.array([1, 5, 3, 3, 5, 1], float)
    figure, panels = canvas(2, (7.2, 2.9))
    for axes, construction in zip(panels, "VT"):
        diagram = topoloss_swift.persistence_diagrams(row, construction=construction)[0]
        finite = np.isfinite(diagram.points[:, 1])
        assert sorted(diagram.points.tolist()) == [[5, -np.inf], [5, 3]]
        (creator, destroyer), elder = diagram.voxels[finite][0].tolist(), int(diagram.voxels[~finite][0, 0])
        assert (elder, creator, destroyer) == {"V": (1, 4, 3), "T": (4, 1, 2)}[construction]
        steps(axes, row)
        order = sorted(range(6), key=lambda i: (-row[i], i if construction == "V" else -i))
        for rank, i in enumerate(order, 1):
            axes.text(i, row[i] / 2 if row[i] > 1 else 0.5, f"{rank}", ha="center", va="center", weight="bold", fontsize=11)
        for i, name, mark, colour in [(elder, "never\nends", "v", "#1d4ed8"), (creator, "creates", "o", "#b45309"),
                                      (destroyer, "destroys", "X", "#b45309")]:
            axes.plot(i, row[i], mark, color=colour, ms=9, mec="white", zorder=4)
            axes.text(i, row[i] + 0.5, name, ha="center", va="bottom", color=colour, fontsize=8)
        first = "lower" if construction == "V" else "higher"
        axes.set(title=f'construction="{construction}": the {first} flat index first', ylim=(0, 8), ylabel="value",
                 xlabel="voxel (the numbers tell the order of entry)")
    save(figure, "ties")


def features_picture():
    sys.path.insert(0, str(HERE.parent.parent / "examples" / "python"))
    import features

    volume = features.make_volume()
    features.draw(volume, topoloss_swift.persistence_diagrams(volume), HERE / "features.png")
    with Image.open(HERE / "features.png") as picture:  # a palette is enough, and half the bytes
        small = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(HERE / "features.png", optimize=True)


CONVENTIONS = {
    "axes": axes_picture, "signs": signs_picture, "constructions": constructions_picture,
    "essential": essential_picture, "ties": ties_picture, "features": features_picture}

for name, draw in {**CONVENTIONS, **CONCEPTS}.items():
    if name in sys.argv[1:] or len(sys.argv) == 1:
        draw()
