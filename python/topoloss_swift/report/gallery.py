"""The gallery: each cell as the microscope saw it, as it is, and as it was predicted."""

from collections.abc import Sequence

import numpy as np

from .cells import Cell, Shape
from .markup import Content, Markup, element
from .numbers import fixed
from .pictures import grey, outline, tinted
from .shading import frame, shaded
from .surface import Mesh, surface, threshold
from .volumes import Floats

# Pixels along the sides of a rendering: more than the page shows, for fine screens.
PIXELS = 240
# Where the light falls straight; the page has the same colours for lines and words.
COLOURS = {"truth": (186, 180, 167), "prediction": (72, 142, 203), "baseline": (226, 152, 52)}
# What the numbers above a cell are called: the line is short.
SHOWN = {
    "iou_error": "1 − IoU",
    "dice": "Dice",
    "volume_error": "volume",
    "surface_error": "surface",
    "roughness_error": "roughness",
}


def gallery(cells: Sequence[tuple[Cell, str]]) -> Markup:
    """The cards of all cells."""
    return element("div", [card(cell, reason) for cell, reason in cells], class_="cards")


def card(cell: Cell, reason: str) -> Markup:
    """One cell: a column for each volume, with its surface and two slices."""
    score = cell.score
    numbers = [
        element("span", title, " ", element("b", fixed(score.values[key])))
        for key, title in SHOWN.items()
        if key in score.values
    ]
    # Names of cells mostly begin with their class.
    origin = [] if score.name.startswith(score.class_name) else [score.class_name]
    if score.seed is not None:
        origin.append(f"seed {score.seed}")
    heading = element(
        "header",
        element("span", reason, class_="badge") if reason else None,
        element("bdi", score.name, class_="name"),
        element("span", element("bdi", " · ".join(origin)), class_="quiet"),
    )
    columns = [_input(cell)] if cell.image is not None or cell.mask is not None else []
    columns += volumes(cell.shapes)
    return element(
        "article",
        heading,
        element("p", numbers, class_="facts"),
        element("div", columns, class_="columns") if columns else None,
        [element("p", note, class_="note") for note in cell.notes],
        class_="card",
    )


def volumes(shapes: Sequence[Shape]) -> list[Markup]:
    """A column for each volume; all show the same slices, and the surfaces at the same scale."""
    if not shapes:
        return []
    levels = [threshold(shape.volume) for shape in shapes]
    meshes = [surface(shape.volume, level) for shape, level in zip(shapes, levels)]
    found = [mesh for mesh in meshes if mesh is not None]
    where = frame(found) if found else (0.0, 0.0, 1.0)
    truth = next((place for place, shape in enumerate(shapes) if shape.kind == "truth"), None)
    z, y = _middle(shapes[truth or 0].volume, levels[truth or 0])
    columns = []
    for place, (shape, level, mesh) in enumerate(zip(shapes, levels, meshes)):
        tiles = [_rendering(mesh, where, shape)]
        for axis, index, name in ((0, z, "z"), (1, y, "y")):
            plane = _slice(shape, axis, index)
            lines = [outline(plane, level, shape.kind)]
            if truth is not None and place != truth:
                lines.insert(0, outline(_slice(shapes[truth], axis, index), levels[truth], "truth"))
            words = f"{shape.title or shape.kind}, slice {name} = {index}"
            tiles.append(tile(plane, lines, f"{name} = {index}", words, "volume"))
        columns.append(column(shape.title, shape.kind, tiles))
    return columns


def column(title: str, kind: str, tiles: Sequence[Content]) -> Markup:
    heading = element("h4", title, class_=f"ink-{kind}") if title else None
    return element("div", heading, tiles, class_="column")


def tile(plane: Floats, lines: Sequence[Markup | None], corner: str, words: str, kind: str) -> Markup:
    """A plane of grey values with lines over it; `kind` is image, or volume for a dimmer grey."""
    height, width = plane.shape
    picture = element("image", href=grey(plane), width=width, height=height, class_=f"pixels {kind}")
    return element(
        "figure",
        element(
            "svg",
            picture,
            lines,
            viewBox=f"0 0 {width} {height}",
            role="img",
            aria_label=words,
        ),
        element("span", corner, class_="corner"),
        class_="tile",
    )


def _slice(shape: Shape, axis: int, index: int) -> Floats:
    return np.asarray(shape.volume.take(index, axis))


def _rendering(mesh: Mesh | None, where: tuple[float, float, float], shape: Shape) -> Markup:
    if mesh is None:
        return element("figure", element("span", "no surface", class_="empty"), class_="tile model")
    address = tinted(shaded(mesh, where, PIXELS, COLOURS[shape.kind]))
    words = f"{shape.title or shape.kind}, surface"
    return element("figure", element("img", src=address, alt=words), class_="tile model")


def _input(cell: Cell) -> Markup:
    """What the network was given: the image with the outline, and the mask."""
    tiles = []
    if cell.image is not None:
        bright = cell.image / max(float(cell.image.max()), 1e-6)
        same = cell.mask is not None and cell.mask.shape == cell.image.shape
        lines = [outline(cell.mask, 0.5, "mask")] if same and cell.mask is not None else []
        tiles.append(tile(bright, lines, "image", "the image", "image"))
    if cell.mask is not None:
        tiles.append(tile(cell.mask, [], "mask", "the mask", "volume"))
    return column("input", "input", tiles)


def _middle(volume: Floats, level: float) -> tuple[int, int]:
    """The slices through the middle of an object, along z and y; of the volume, where there is none."""
    inside = np.argwhere(volume > level)
    if not len(inside):
        return volume.shape[0] // 2, volume.shape[1] // 2
    z, y, _ = inside.mean(0)
    return round(z), round(y)
