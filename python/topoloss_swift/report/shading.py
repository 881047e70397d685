"""Shaded pictures of meshes, drawn without a screen: every triangle into a buffer of depths."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from .surface import Mesh
from .volumes import Floats, resampled

# Pixels are drawn so many times finer, along both axes, and then averaged.
FINER = 2
# The camera looks at the first slice from above, so that x goes right and z down, from this direction.
TURN, TILT = math.radians(-28), math.radians(34)
# Towards the light, seen from the camera: right, up, to the camera.
LIGHT = np.array([-0.45, 0.65, 0.62]) / np.linalg.norm([-0.45, 0.65, 0.62])


def projected(mesh: Mesh) -> Floats:
    """The vertices as the camera sees them: right, up, towards it; shape (n, 3)."""
    return mesh.vertices @ _camera().T


def frame(meshes: list[Mesh]) -> tuple[float, float, float]:
    """The square that holds all meshes: its middle (right, up), and the length of its sides."""
    points = np.concatenate([projected(mesh)[:, :2] for mesh in meshes])
    low, high = points.min(0), points.max(0)
    right, up = (low + high) / 2
    return float(right), float(up), float((high - low).max()) * 1.06 + 1e-6


def shaded(
    mesh: Mesh, where: tuple[float, float, float], pixels: int, colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """A picture of a mesh.

    Parameters
    ----------
    where
        What the picture shows, as `frame` returns it.
    pixels : int
        Of each side.
    colour : tuple of int
        Red, green, blue of the surface where the light falls straight on it.

    Returns
    -------
    uint8 array (pixels, pixels, 4)
        Red, green, blue and opacity; around the mesh there is nothing.
    """
    size = pixels * FINER
    depth, normals = _buffers(mesh, where, size)
    covered = np.isfinite(depth)
    light = _light(depth, normals, covered, where[2] / size)
    tones = _tones(light, np.array([part / 255 for part in colour], dtype=np.float32))
    # Averages of what is covered only, so that edges do not darken.
    shape = (pixels, FINER, pixels, FINER)
    opacity = covered.reshape(shape).mean((1, 3))
    mean = (tones * covered[..., None]).reshape(*shape, 3).mean((1, 3))
    mean /= np.maximum(opacity, 1e-6)[..., None]
    picture = np.dstack([mean, opacity])
    return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, dtype=np.uint8)


def _camera() -> Floats:
    """Rows: right, up, towards the camera, each as (x, y, z)."""
    turn = np.array(
        [
            [math.cos(TURN), math.sin(TURN), 0],
            [-math.sin(TURN), math.cos(TURN), 0],
            [0, 0, 1],
        ]
    )
    sine, cosine = math.sin(TILT), math.cos(TILT)
    # Without the turn: x goes right, z down, and y comes nearer.
    look = np.array([[1, 0, 0], [0, -sine, -cosine], [0, cosine, -sine]])
    return np.asarray(look @ turn, dtype=np.float32)


def _buffers(mesh: Mesh, where: tuple[float, float, float], size: int) -> tuple[Floats, Floats]:
    """For each pixel how near the surface is (-inf: none) and its normal, as the camera sees them."""
    right, up, side = where
    scale = size / side
    points = projected(mesh)
    across = (points[:, 0] - right) * scale + size / 2
    down = size / 2 - (points[:, 1] - up) * scale
    seen = np.stack([across, down, points[:, 2]], 1)[mesh.faces]
    normals = mesh.normals @ _camera().T
    edges = seen[:, 1:, :2] - seen[:, :1, :2]
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    # Rows go down in pictures, so triangles that face the camera have a negative area.
    facing = area < -1e-9
    seen, faces, area = seen[facing], mesh.faces[facing], area[facing]
    depth = np.full(size * size, -np.inf, dtype=np.float32)
    picture = np.zeros((size * size, 3), dtype=np.float32)
    low = np.floor(seen[:, :, :2].min(1)).astype(np.int32)
    reach = np.ceil(seen[:, :, :2].max(1)).astype(np.int32) - low
    extent = reach.max(1, initial=0)
    pieces = []
    # Triangles of a like size together: each is tried on all pixels of a square that holds it.
    for limit in sorted(set(_rounded_up(extent).tolist())):
        group = np.flatnonzero(_rounded_up(extent) == limit)
        for start in range(0, len(group), max(1, 400_000 // limit**2)):
            some = group[start : start + max(1, 400_000 // limit**2)]
            pieces.append(_covered(seen[some], area[some], low[some], int(limit), size, some))
    if pieces:
        place, near, weights, triangle = (np.concatenate(part) for part in zip(*pieces))
        np.maximum.at(depth, place, near)
        front = depth[place] == near
        place, weights, triangle = place[front], weights[front], triangle[front]
        picture[place] = np.einsum("nk,nkc->nc", weights, normals[faces[triangle]])
    lengths = np.linalg.norm(picture, axis=1, keepdims=True)
    picture /= np.maximum(lengths, 1e-6)
    return depth.reshape(size, size), picture.reshape(size, size, 3)


def _rounded_up(extent: NDArray[np.int32]) -> NDArray[np.int64]:
    """To 2, 4, 6, ..., and large ones to powers of 2: so that there are few groups."""
    even = (np.maximum(extent, 1) + 1) // 2 * 2
    power = 2 ** np.ceil(np.log2(even))
    return np.where(even <= 16, even, power).astype(np.int64)


def _covered(
    seen: Floats, area: Floats, low: NDArray[np.int32], limit: int, size: int, names: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats, Floats, NDArray[np.int64]]:
    """The pixels whose centres lie in these triangles: place, nearness, weights of the corners, triangle."""
    offsets = np.arange(limit)
    x = low[:, None, 0] + np.tile(offsets, limit)
    y = low[:, None, 1] + np.repeat(offsets, limit)
    a, b, c = seen[:, 0, :, None], seen[:, 1, :, None], seen[:, 2, :, None]
    px, py = (x + 0.5).astype(np.float32), (y + 0.5).astype(np.float32)

    def share(first: Floats, second: Floats) -> Floats:
        across, down = second[:, 0] - first[:, 0], second[:, 1] - first[:, 1]
        return np.asarray((across * (py - first[:, 1]) - down * (px - first[:, 0])) / area[:, None])

    wa, wb = share(b, c), share(c, a)
    wc = 1 - wa - wb
    # A hair of overlap, so that rounding leaves no gaps along edges.
    inside = (wa > -1e-4) & (wb > -1e-4) & (wc > -1e-4) & (x >= 0) & (x < size) & (y >= 0) & (y < size)
    row, column = np.nonzero(inside)
    weights = np.stack([wa[row, column], wb[row, column], wc[row, column]], 1).astype(np.float32)
    near = (weights * seen[row, :, 2]).sum(1).astype(np.float32)
    place = y[row, column].astype(np.int64) * size + x[row, column]
    return place, near, weights, names[row]


def _light(depth: Floats, normals: Floats, covered: NDArray[np.bool_], pixel: float) -> Floats:
    """How bright each pixel is, about 0 to 1: a lamp, the sky, and dents that get less of both."""
    lamp = np.clip(normals @ LIGHT, 0, None)
    sky = 0.5 + 0.5 * normals[..., 1]
    facing = np.clip(normals[..., 2], 0, 1)
    light = 0.16 + 0.52 * lamp + 0.20 * sky + 0.14 * facing
    light -= _dents(depth, covered, pixel)
    half = LIGHT + [0, 0, 1]
    shine = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1) ** 40
    return np.asarray(np.where(covered, light + 0.18 * shine, 0), dtype=np.float32)


def _dents(depth: Floats, covered: NDArray[np.bool_], pixel: float) -> Floats:
    """How much light is missing because what is around a place is nearer to the camera than it is."""
    # Shadows are soft: a grid of every fourth pixel is enough for them.
    grid = covered[::4, ::4].astype(np.float32)
    ground = np.where(covered, depth, 0).astype(np.float32)
    missing = np.zeros_like(ground)
    for voxels, strength in ((1.2, 0.09), (5.0, 0.045)):
        width = voxels / pixel / 4
        share = gaussian_filter(grid, width, truncate=3)
        around = gaussian_filter(ground[::4, ::4], width, truncate=3) / np.maximum(share, 1e-3)
        fine = resampled(around, ground.shape)
        missing += np.clip((fine - ground) * strength, -0.05, 0.22)
    return missing


def _tones(light: Floats, colour: Floats) -> Floats:
    """From the colour's shadow through the colour to white."""
    shadow = colour * 0.30
    amount = np.clip(light, 0, 1.3)[..., None]
    lit = shadow + (colour - shadow) * np.minimum(amount / 0.85, 1)
    return np.asarray(lit + (1 - lit) * np.clip(amount - 0.85, 0, 0.45) * 0.9, dtype=np.float32)
