"""The gallery of any folder of volumes: predictions of new images, whose true shapes nobody knows."""

from pathlib import Path

import numpy as np

from .cells import Shape
from .failure import Failure, unreadable
from .gallery import volumes
from .markup import Markup, element
from .page import caption, page
from .surface import threshold
from .volumes import read_volume

ENDS = (".tif", ".tiff", ".npy")


def volume_gallery(folder: Path) -> bytes:
    """A page with the rendering and two slices of each volume.

    Raises
    ------
    Failure
        66 when the folder cannot be read or holds no volume.
    """
    paths = volume_files(folder)
    if not paths:
        raise Failure(66, "IO", f"{folder}: holds no volumes ({', '.join(ENDS)})")
    cards = [_card(path) for path in paths]
    words = (
        "The surface, seen from above the first slice, and slices through the middle of the shape, across "
        "the depth z and across the rows y: grey is the probability that the cell is there, the coloured "
        "line the outline by Otsu's threshold, which also gives the volume."
    )
    content = [caption(words), element("div", cards, class_="cards volumes")]
    count = f"{len(paths)} volume{'s' * (len(paths) != 1)}"
    name = folder.resolve().name or str(folder)
    return page(name, element("p", count, class_="quiet"), [("volumes", "", content)])


def volume_files(folder: Path) -> list[Path]:
    """The volumes in a folder, by name."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDS and path.is_file())
    except OSError as error:
        raise unreadable(folder, error) from None


def _card(path: Path) -> Markup:
    heading = element("header", element("bdi", path.name, class_="name"))
    try:
        volume = read_volume(path)
    except Failure as failure:
        return element("article", heading, element("p", str(failure), class_="note"), class_="card")
    inside = int(np.count_nonzero(volume > threshold(volume)))
    extents = " × ".join(map(str, volume.shape))
    facts = [element("span", f"{extents} voxels"), element("span", f"volume {inside} voxels")]
    shape = Shape("prediction", "", volume)
    return element("article", heading, element("p", facts, class_="facts"), _row(shape), class_="card")


def _row(shape: Shape) -> Markup:
    return element("div", volumes([shape]), class_="row")
