"""Pixels as pictures inside a page."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import find_contours

from .markup import Markup, element
from .volumes import Floats


def data_address(image: Image.Image) -> str:
    """A picture as an address that holds it."""
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def grey(plane: Floats) -> str:
    """A plane of values, 0 black and 1 white."""
    values = (np.clip(plane, 0, 1) * 255 + 0.5).astype(np.uint8)
    return data_address(Image.fromarray(values))


def tinted(pixels: NDArray[np.uint8]) -> str:
    """Red, green, blue, opacity: in 96 colours, since a shaded surface has few."""
    image = Image.fromarray(pixels, "RGBA")
    return data_address(image.quantize(96, method=Image.Quantize.FASTOCTREE))


def outline(plane: Floats, level: float, kind: str) -> Markup | None:
    """The lines where a plane crosses `level`, in its pixels; None where it does not."""
    if not plane.min() < level < plane.max():
        return None
    parts = []
    # Closed at the border, too.
    padded = np.pad(plane, 1, constant_values=plane.min())
    for line in find_contours(padded, level):
        points = [f"{x - 0.5:.1f} {y - 0.5:.1f}" for y, x in line]
        parts.append("M" + "L".join(points) + "Z")
    return element("path", d="".join(parts), class_=f"outline {kind}")
